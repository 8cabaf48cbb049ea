"""Six words that two people can compare: 66 bits of a catalogue's id (threat T54).

1. The words are the English BIP39 list's, in every language of the interface: one poster serves a whole country.
2. Comparing forgives case, spaces, punctuation and words cut after four letters (no two share their first four).
"""

from __future__ import annotations

import re
from functools import lru_cache

COUNT = 6
_BITS = 11


@lru_cache(maxsize=1)
def _list() -> tuple[str, ...]:
    from mnemonic import Mnemonic

    return tuple(Mnemonic("english").wordlist)


def words(catalogue: bytes) -> str:
    """Six words for a catalogue's 32-byte id, parted by spaces."""
    number = int.from_bytes(catalogue, "big") >> (len(catalogue) * 8 - COUNT * _BITS)
    picks = [number >> (_BITS * n) & (1 << _BITS) - 1 for n in reversed(range(COUNT))]
    return " ".join(_list()[pick] for pick in picks)


def same_words(said: str, catalogue: bytes) -> bool:
    """Whether what a person typed or read out are this catalogue's words."""
    found = re.findall(r"[^\W\d_]+", said.casefold())
    real = words(catalogue).split()
    return len(found) == COUNT and all(_same(f, r) for f, r in zip(found, real, strict=True))


def _same(found: str, real: str) -> bool:
    return found == real or (len(found) >= 4 and real.startswith(found))

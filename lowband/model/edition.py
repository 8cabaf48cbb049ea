"""An edition's content: layers of entries, and the hash that names a layer.

1. An entry is a path, a size and the SHA-256 of its bytes; its place in the listing is its index.
2. A listing is sorted by the UTF-8 bytes of its paths; equal listings have equal hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lowband.errors import FormatError
from lowband.model.names import check_names
from lowband.model.wire import text, varint

HIDDEN = ".lowband/"  # entries under this folder are structure: carried, never exported
MAX_ENTRIES = 100_000
MAX_ENTRY_SIZE = 1 << 36


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an edition."""

    path: str
    size: int
    sha256: bytes

    @property
    def hidden(self) -> bool:
        """True for structure that lowband made, not the course's author."""
        return self.path.startswith(HIDDEN)


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries of one layer, in order of their paths' bytes."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Listing:
        """A listing from entries in any order. Raises `FormatError` for unsafe or clashing names."""
        ordered = tuple(sorted(entries, key=lambda e: e.path.encode()))
        if len(ordered) > MAX_ENTRIES:
            raise FormatError("layer", f"more than {MAX_ENTRIES} entries")
        check_names((e.path for e in ordered), "layer")
        return cls(ordered)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def digest(self) -> bytes:
        """SHA-256 over the listing (docs/format.md section 5)."""
        h = hashlib.sha256(b"lowband layer 1\0")
        for e in self.entries:
            h.update(text(e.path) + varint(e.size) + e.sha256)
        return h.digest()


def closure(kinds: Iterable[str], langs: Iterable[str] | None, offered: Iterable[str]) -> tuple[str, ...]:
    """Which of the `offered` layers a device takes that asked for `kinds` (`core` is always among them).

    A layer without language goes to everyone; one with a language to those who asked for it, or for all (None).
    A language asked for as `pt` also takes `pt-br`.
    """
    wanted = {"core", *kinds}
    tongues = None if langs is None else tuple(langs)

    def taken(layer: str) -> bool:
        kind, _, lang = layer.partition(".")
        fits = not lang or tongues is None or any(lang == t or lang.startswith(t + "-") for t in tongues)
        return kind in wanted and fits

    return tuple(layer for layer in sorted(offered) if taken(layer))

"""The smallest group within the time that it is worth.

1. What is small is tried in several ways, and the smallest is kept; noise is not tried hard.
2. Tables are bounded, so that a publisher's laptop is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from lowband.bundle.compress import Tune, pack

PREFIX_LEAST = 8  # bytes: libzstd ignores a shorter prefix
LITTLE = 1 << 20  # bytes of prefix and content together that are tried with every setting
TRIED = 4 << 20  # the same, tried with every order of the prefix
LARGE = 8 << 20  # the same, beyond which the search is kept shallow
_BEST: Tune = {"target_length": 4096}
_SHALLOW: Tune = {"chain_log": 25, "hash_log": 23, "search_log": 6}
_SETTINGS: tuple[tuple[int, Tune], ...] = ((19, {}), (22, {"target_length": 4096, "min_match": 4}))


@dataclass(frozen=True, slots=True)
class Way:
    """A prefix, and the preamble that names it."""

    preamble: bytes
    prefix: bytes


def squeeze(content: bytes, ways: list[Way], noise: bool) -> bytes:
    """A group's travelling bytes: the smallest found; `noise`: no hard try is worth its time."""
    reach = len(content) + len(ways[0].prefix)
    if noise and not ways[0].prefix:
        return ways[0].preamble + pack(content, level=5)
    if reach > TRIED:
        return ways[0].preamble + pack(content, ways[0].prefix, 22, _SHALLOW if reach > LARGE else None)
    found = [(way.preamble + pack(content, way.prefix, 22, _BEST), n) for n, way in enumerate(ways)]
    best, n = min(found, key=lambda f: (len(f[0]), f[1]))
    if reach > LITTLE:
        return best
    way = ways[n]
    return min((best, *(way.preamble + pack(content, way.prefix, *s) for s in _SETTINGS)), key=len)

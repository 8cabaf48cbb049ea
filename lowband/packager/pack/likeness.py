"""How alike two pieces of content are, wherever they were and whatever they were called.

1. An anchor is a place chosen by the bytes around it alone, so equal stretches have equal anchors at any offset.
2. What is known of a stretch (anchors, how far it shrinks) depends on its bytes only, and is kept for the next bundle.
3. Anchors of large entries are thinned, so that gigabytes cost megabytes of memory.
Source: content-defined places as in rsync's and LBFS's chunking, found here by one compiled expression.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from zlib import crc32

from lowband.bundle.compress import pack
from lowband.packager.pack.content import Read

SPAN = 24  # bytes from an anchor that must be equal
THIN_FROM = 8 << 20  # bytes: larger entries keep one anchor of THIN
THIN = 64
LEAST = 2  # anchors that a stretch must add
MANY = 12  # places of one anchor that are kept
_ONE = bytes(b for b in range(256) if (b * 167 + 13) % 256 < 32)
_TWO = bytes(b for b in range(256) if (b * 101 + 77) % 256 < 48 and b not in _ONE)
_PLACE = re.compile(b"[" + re.escape(_ONE) + b"][" + re.escape(_TWO) + b"]")
Allowed = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Nature:
    """What is known of a stretch of bytes."""

    anchors: Sequence[int]
    packed: int  # bytes after quick compression alone


def anchors_of(data: bytes, thin: bool = False) -> Sequence[int]:
    """Hashes of the bytes at each anchor of `data`; about one for every 64 bytes, or for every 4096 when `thin`."""
    last = len(data) - SPAN
    found = (crc32(data[m.start() : m.start() + SPAN]) for m in _PLACE.finditer(data) if m.start() <= last)
    return array("I", (a for a in found if a % THIN == 0) if thin else found)


class Likeness:
    """Natures of stretches by entry hash and offset, kept between bundles of one course."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, int, int], Nature] = {}

    def nature(self, sha256: bytes, offset: int, length: int, size: int, read: Read) -> Nature:
        """Of `length` bytes at `offset` of the entry of `size` bytes; `read` answers them when not known yet."""
        key = (sha256, offset, length)
        if key not in self._known:
            data = read(sha256, offset, length)
            self._known[key] = Nature(anchors_of(data, size > THIN_FROM), len(pack(data, level=1)))
        return self._known[key]


class Index:
    """Which stretches hold an anchor."""

    def __init__(self) -> None:
        self._places: dict[int, list[int]] = {}

    def add(self, place: int, anchors: Iterable[int]) -> None:
        """Stretch number `place` holds `anchors`."""
        for anchor in anchors:
            places = self._places.setdefault(anchor, [])
            if len(places) < MANY and (not places or places[-1] != place):
                places.append(place)

    def seen(self, anchors: Sequence[int], allowed: Allowed) -> int:
        """How many of `anchors` are in an allowed stretch."""
        return sum(any(allowed(p) for p in self._places.get(a, ())) for a in anchors)

    def covering(self, anchors: Iterable[int], allowed: Allowed) -> list[int]:
        """Stretches that hold `anchors` between them, the one that adds most first."""
        holders = {a: places for a in anchors if (places := [p for p in self._places.get(a, ()) if allowed(p)])}
        held: dict[int, list[int]] = {}
        for anchor, places in holders.items():
            for place in places:
                held.setdefault(place, []).append(anchor)
        # Counts only fall, so the top of the heap is the best place when its count is still true.
        heap = [(-len(found), -place) for place, found in held.items()]
        heapify(heap)
        chosen: list[int] = []
        while heap:
            count, place = heap[0]
            open_anchors = [a for a in held[-place] if a in holders]
            if len(open_anchors) < LEAST:
                heappop(heap)
            elif len(open_anchors) < -count:
                heapreplace(heap, (-len(open_anchors), place))
                held[-place] = open_anchors
            else:
                heappop(heap)
                chosen.append(-place)
                for anchor in open_anchors:
                    del holders[anchor]
        return chosen

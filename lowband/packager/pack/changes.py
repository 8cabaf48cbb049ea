"""What became of each layer between two editions, in the fewest words.

1. An entry whose bytes the layer's base has under another path is moved, not sent.
2. An entry larger than `PIECE` is cut at fixed places, so that a device never holds more than a piece of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lowband.bundle.format import Move, Put
from lowband.model.edition import Listing
from lowband.packager.pack.content import Content, Item

PIECE = 8 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an entry that is sent."""

    item: Item
    put: Put


@dataclass(frozen=True, slots=True)
class Change:
    """What a bundle must do to one layer."""

    layer: str
    base: Listing
    new: Listing
    removed: tuple[int, ...]
    moved: tuple[Move, ...]
    pieces: tuple[Piece, ...]  # in learning order

    @property
    def entries(self) -> int:
        """Entries removed, moved and sent."""
        return len(self.removed) + len(self.moved) + sum(p.put.offset == 0 for p in self.pieces)


def changes(base: Content | None, new: Content) -> Iterator[Change]:
    """Of every layer that differs, in order of names."""
    items: dict[str, list[Item]] = {}
    for item in new.items:
        items.setdefault(item.layer, []).append(item)
    for layer in sorted({*new.layers, *(base.layers if base else ())}):
        old = base.listing(layer) if base else Listing()
        if old != new.listing(layer):
            yield _change(layer, old, new.listing(layer), items.get(layer, []))


def _change(layer: str, base: Listing, new: Listing, items: list[Item]) -> Change:
    index = {e.path: n for n, e in enumerate(base)}
    paths = {e.path for e in new}
    # Of equal entries the one that goes away is named first: a rename is then seen as one.
    holders = {e.sha256: n for n, e in sorted(enumerate(base), key=lambda x: (x[1].path not in paths, -x[0]))}
    moved: list[Move] = []
    sent: list[Piece] = []
    for item in sorted(items, key=order):
        n = index.get(item.path)
        if n is not None and base.entries[n].sha256 == item.sha256:
            continue
        if item.sha256 in holders:
            moved.append(Move(holders[item.sha256], item.path))
        else:
            sent += _cut(item, n)
    removed = tuple(n for path, n in index.items() if path not in paths)
    return Change(layer, base, new, tuple(sorted(removed)), tuple(moved), tuple(sent))


def order(item: Item) -> tuple[object, ...]:
    """Learning order, the same on every machine."""
    return item.rank, item.layer, item.path.encode()


def _cut(item: Item, index: int | None) -> Iterator[Piece]:
    path, n = (item.path, 0) if index is None else ("", index)
    for offset in range(0, max(1, item.size), PIECE):
        yield Piece(item, Put(path, n, item.size, offset, min(PIECE, item.size - offset)))

"""How pieces fall into groups, in learning order.

1. The first group of a layer is its structure and its first lesson, no more; what follows grows from small to large.
2. Media travel apart from text, larger ones alone, so that one can be fetched or left for later by itself.
3. A layer whose change is small as a whole is one group: each group costs some hundred bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lowband.model.names import LAYERS
from lowband.packager.pack.changes import PIECE, Change, Piece, order
from lowband.packager.pack.content import MEDIA, STRUCTURE

LESSON = 2  # numbers of a rank that entries of one lesson share
FIRST = 20 << 10  # packed bytes: beyond it the first lesson takes no further entry
SMALL = 64 << 10  # packed bytes of a layer's change that is one group
FULL_SIZES = (16 << 10, 64 << 10, 256 << 10, 1 << 20)  # packed bytes of a layer's groups from nothing, the last repeats
# The same from another edition: that one stays readable until the new one is whole, so small groups would gain nothing.
STEP_SIZES = (1 << 20,)
FULL_MEDIA = (64 << 10, 128 << 10, 256 << 10)  # the same for media, which also travel alone from the largest of these


def place(piece: Piece, whole: bool) -> tuple[object, ...]:
    """Where a piece stands in the bundle.

    From nothing, in learning order. From another edition, layers that others may lean on come before these.
    """
    kind, _, lang = piece.item.layer.partition(".")
    return (() if whole else (LAYERS.index(kind), lang)), *order(piece.item), piece.put.offset


@dataclass(slots=True)
class Bunch:
    """Pieces of one layer that will be one group."""

    change: Change
    whole: bool  # the bundle is from nothing
    first: bool = False  # carries the layer's removals and moves
    pieces: list[Piece] = field(default_factory=list)
    packed: int = 0  # bytes, estimated
    content: int = 0  # bytes

    def add(self, piece: Piece, packed: int) -> None:
        """Take a piece."""
        self.pieces.append(piece)
        self.packed += packed
        self.content += piece.put.length

    @property
    def order(self) -> tuple[object, ...]:
        """Where the group stands in the bundle: with its first piece."""
        return place(self.pieces[0], self.whole) if self.pieces else ((), (0,), self.change.layer)


def bunches(change: Change, packed: Iterable[int], whole: bool) -> list[Bunch]:
    """The groups of one layer; `packed` estimates the bytes of each of its pieces; `whole`: from nothing."""
    sizes = list(packed)
    pieces = list(zip(change.pieces, sizes, strict=True))
    if sum(sizes) < SMALL and not whole and sum(p.put.length for p in change.pieces) <= PIECE:
        only = Bunch(change, whole, first=True)
        for piece, size in pieces:
            only.add(piece, size)
        return [only]
    lesson, rest = _first_lesson(pieces) if whole else ([], pieces)
    out: list[Bunch] = []
    if lesson or not rest:
        out.append(Bunch(change, whole))
        for piece, size in lesson:
            out[0].add(piece, size)
    out += _run(change, [p for p in rest if p[0].item.kind != MEDIA], FULL_SIZES if whole else STEP_SIZES, whole)
    out += _run(change, [p for p in rest if p[0].item.kind == MEDIA], FULL_MEDIA if whole else STEP_SIZES, whole)
    out.sort(key=lambda b: b.order)
    out[0].first = True
    return out


def _first_lesson(pieces: list[tuple[Piece, int]]) -> tuple[list[tuple[Piece, int]], list[tuple[Piece, int]]]:
    """Structure and the entries of the first lesson, as far as they stay small; and the rest."""
    rank: tuple[int, ...] | None = None
    packed = count = 0
    for piece, size in pieces:
        item = piece.item
        if item.kind == MEDIA or piece.put.length > PIECE // 2:
            break
        if item.kind != STRUCTURE or rank is not None:
            rank = rank or item.rank[:LESSON]
            if item.rank[:LESSON] != rank:
                break
        if packed and packed + size > FIRST:
            break
        packed, count = packed + size, count + 1
    return pieces[:count], pieces[count:]


def _run(change: Change, pieces: list[tuple[Piece, int]], sizes: tuple[int, ...], whole: bool) -> Iterator[Bunch]:
    """Groups that grow to the given sizes."""
    number = 0
    bunch = Bunch(change, whole)
    for piece, size in pieces:
        alone = piece.put.length < piece.put.size or (piece.item.kind == MEDIA and size >= sizes[-1])
        target = sizes[min(number, len(sizes) - 1)]
        full = bunch.packed + size > target or bunch.content + piece.put.length > PIECE
        if bunch.pieces and (alone or full):
            yield bunch
            number, bunch = number + 1, Bunch(change, whole)
        bunch.add(piece, size)
        if alone:
            yield bunch
            bunch = Bunch(change, whole)
    if bunch.pieces:
        yield bunch

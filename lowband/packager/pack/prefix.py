"""What a group leans on: the stretches most alike, of what every device has that takes the group.

1. A group leans on its own layer, and on layers that no device lacks that has its own (`leans`).
2. While all there is is little, all of it is leaned on; beyond that, what shares anchors, then what lies near in kind.
3. Prefix and content together stay under the bundle's memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from lowband.bundle.format import NewRun, NewSlice, OldRun, OldSlice, Prefix
from lowband.packager.pack.changes import Piece
from lowband.packager.pack.content import Content, Read
from lowband.packager.pack.likeness import Index, Likeness, Nature

ALL = 8 << 20  # bytes of everything there is that are leaned on without a choice
NEAR = 12  # times its own bytes that a group leans on for nearness only: what is read is then worth its time
NEAR_LEAST, NEAR_MOST = 2 << 20, 12 << 20  # bytes
WHOLE = 1 << 20  # bytes: larger stretches are seen in slices
SLICE = 256 << 10  # bytes
BASE, LATER = -1, 1 << 62
CLOSE = (64, 20, 0)  # stretches, the most alike, that may stand next to the content: more cost more to name
NOISE = 4 << 20  # bytes of content
NOISY = 0.98
SHRINKS = 0.9  # packed over plain: above it a stretch is noise to others


def leans(layer: str) -> frozenset[str]:
    """The layers that every device has that has `layer`: see `lowband.model.edition.closure`."""
    kind, dot, lang = layer.partition(".")
    kinds = {"core", kind}
    return frozenset({*kinds, *(k + dot + lang for k in kinds)})


@dataclass(slots=True, eq=False)
class Stretch:
    """Bytes that a device has: of an entry of the base, or of a piece sent before."""

    layer: str
    number: int  # index of the base entry, or of the piece in its layer
    offset: int  # in the entry or piece
    length: int
    total: int  # bytes of the entry or piece
    sha256: bytes
    start: int  # of the piece in its entry
    read: Read
    nature: Nature
    turn: int  # number of the group that brings it; `BASE`: the base has it; `LATER`: not settled yet

    def bytes(self) -> bytes:
        """The stretch itself."""
        return self.read(self.sha256, self.start + self.offset, self.length)

    @property
    def place(self) -> tuple[bool, str, int, int]:
        """Order in a prefix: old before new, then as listed."""
        return self.turn != BASE, self.layer, self.number, self.offset


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a group leans on."""

    stretches: tuple[Stretch, ...]  # in the order of their places
    alike: tuple[Stretch, ...]  # of these, those that share anchors with the group, most alike first
    noise: bool  # the group does not shrink

    def orders(self) -> tuple[tuple[Stretch, ...], ...]:
        """The prefix in several orders, the most promising first: what lies near the content is cheap to point at."""
        return tuple(dict.fromkeys(self._last(count) for count in CLOSE))

    def _last(self, count: int) -> tuple[Stretch, ...]:
        close = {s.place for s in self.alike[:count]}
        return tuple(sorted(self.stretches, key=lambda s: (s.place in close, s.place)))


class Shelf:
    """All stretches of one bundle: the base's at first, then pieces as they come."""

    def __init__(self, likeness: Likeness, base: Content | None, layers: Iterable[str]) -> None:
        self._likeness = likeness
        self._index = Index()
        self.stretches: list[Stretch] = []
        self._of_path: dict[tuple[str, str], list[int]] = {}
        self._of_piece: dict[int, range] = {}
        for layer in sorted(layers) if base else ():
            for n, e in enumerate(base.listing(layer) if base else ()):
                made = self._add(layer, n, (e.sha256, e.size, 0, e.size), base.read, BASE) if base else range(0)
                self._of_path[layer, e.path] = list(made)

    def _add(self, layer: str, number: int, what: tuple[bytes, int, int, int], read: Read, turn: int) -> range:
        sha256, size, start, total = what
        first = len(self.stretches)
        step = total if total <= WHOLE else SLICE
        for offset in range(0, max(1, total), max(1, step)):
            length = min(step, total - offset)
            nature = self._likeness.nature(sha256, start + offset, length, size, read)
            self._index.add(len(self.stretches), nature.anchors)
            self.stretches.append(Stretch(layer, number, offset, length, total, sha256, start, read, nature, turn))
        return range(first, len(self.stretches))

    def estimate(self, number: int, piece: Piece, read: Read) -> int:
        """Put piece `number` (counted over the bundle) on the shelf; the bytes it will cost, roughly."""
        layers, known = leans(piece.item.layer), len(self.stretches)
        what = (piece.item.sha256, piece.put.size, piece.put.offset, piece.put.length)
        made = self._add(piece.item.layer, number, what, read, LATER)
        self._of_piece[number] = made
        packed = 16
        for n in made:
            nature = self.stretches[n].nature
            seen = self._index.seen(nature.anchors, lambda p: p < known and self.stretches[p].layer in layers)
            packed += int(nature.packed * (1 - seen / (len(nature.anchors) + 1)))
        return packed

    def place(self, number: int, turn: int, in_layer: int) -> None:
        """Piece `number` comes with group `turn`, as piece `in_layer` of its layer."""
        for n in self._of_piece[number]:
            self.stretches[n].turn = turn
            self.stretches[n].number = in_layer

    def choose(self, turn: int, layer: str, pieces: Sequence[tuple[int, Piece]], room: int) -> Chosen:
        """What group `turn` of `layer`, holding `pieces`, leans on: at most `room` bytes."""
        layers: AbstractSet[str] = leans(layer)

        def allowed(place: int) -> bool:
            stretch = self.stretches[place]
            return stretch.turn < turn and stretch.layer in layers

        own = [n for number, _ in pieces for n in self._of_piece[number]]
        alike = self._index.covering((a for n in own for a in self.stretches[n].nature.anchors), allowed)
        layers = {
            layer,
            *(self.stretches[n].layer for n in alike),
        }  # to need a layer costs, so it must be for something
        here = [n for n in range(len(self.stretches)) if allowed(n)]
        if sum(self.stretches[n].length for n in here) <= min(room, ALL):
            found = here
        else:
            same = [n for _, p in pieces for n in self._same_path(p)]
            late = here[::-1]
            near = () if self._is_noise(own) else ([n for n in late if self._shrinks(n)], late)
            found = self._fitting(
                room, alike, same, *near, bytes_near=NEAR * sum(self.stretches[n].length for n in own)
            )
        found.sort(key=lambda n: self.stretches[n].place)
        kept = set(found)
        close = tuple(self.stretches[n] for n in alike if n in kept)
        return Chosen(tuple(self.stretches[n] for n in found), close, self._is_noise(own))

    def _fitting(self, room: int, alike: list[int], same: list[int], *near: list[int], bytes_near: int) -> list[int]:
        chosen: dict[int, None] = {}
        share = max(NEAR_LEAST, min(NEAR_MOST, bytes_near))
        for found, most in ((alike, room), (same, room), *((n, share) for n in near)):
            left = min(room, most)
            for n in found:
                length = self.stretches[n].length
                if n not in chosen and length <= left:
                    chosen[n] = None
                    left -= length
                    room -= length
        return list(chosen)

    def _is_noise(self, stretches: Sequence[int]) -> bool:
        """Much that does not shrink, such as film: the time of a hard try is better spent elsewhere."""
        plain = sum(self.stretches[n].length for n in stretches)
        return plain >= NOISE and sum(self.stretches[n].nature.packed for n in stretches) > NOISY * plain

    def _same_path(self, piece: Piece) -> list[int]:
        """The base's entry of that path, around the piece's place in it."""
        put = piece.put
        near = self._of_path.get((piece.item.layer, piece.item.path)) or []
        low, high = put.offset - WHOLE, put.offset + put.length + WHOLE
        return [
            n
            for n in near
            if low < self.stretches[n].offset + self.stretches[n].length and self.stretches[n].offset < high
        ]

    def _shrinks(self, n: int) -> bool:
        stretch = self.stretches[n]
        return stretch.nature.packed < SHRINKS * stretch.length


def items_of(stretches: Iterable[Stretch], layers: Mapping[str, int]) -> tuple[Prefix, ...]:
    """`stretches`, in the prefix's order, as a group names them; `layers` numbers the bundle's layers."""
    spans = list(_spans(stretches))
    out: list[Prefix] = []
    for new, layer, number, start, end, total in spans:
        n, last = layers[layer], out[-1] if out else None
        whole = start == 0 and end == total
        if not whole:
            out.append((NewSlice if new else OldSlice)(n, number, start, end - start))
        elif isinstance(last, NewRun if new else OldRun) and (last.layer, last.first + last.count) == (n, number):
            out[-1] = type(last)(n, last.first, last.count + 1)
        else:
            out.append((NewRun if new else OldRun)(n, number, 1))
    return tuple(out)


def _spans(stretches: Iterable[Stretch]) -> Iterator[tuple[bool, str, int, int, int, int]]:
    """Neighbouring stretches of one entry or piece, joined: (new, layer, number, start, end, total)."""
    last: tuple[bool, str, int, int, int, int] | None = None
    for s in stretches:
        new, layer, number, start = s.place
        if last and last[:3] == (new, layer, number) and last[4] == start:
            last = (*last[:4], start + s.length, s.total)
            continue
        if last:
            yield last
        last = (new, layer, number, start, start + s.length, s.total)
    if last:
        yield last

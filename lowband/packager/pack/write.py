"""A bundle from one edition to the next, as files.

1. The plan (groups, prefixes) comes first and depends on the content only; frames are then made side by side.
2. Everything is read in the caller's thread; memory holds the groups being made, no more.
3. Parts are written last to first, because each names the next by hash.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lowband.bundle.format import MEMORY_MADE, RESULT, RUN, First, GroupLine, LayerLine, Part, Preamble, Table
from lowband.model.depot import BUNDLE_PART, part_name
from lowband.model.edition import Listing
from lowband.packager.pack.changes import Change, changes
from lowband.packager.pack.content import Content, Made
from lowband.packager.pack.groups import Bunch, bunches, place
from lowband.packager.pack.likeness import Likeness
from lowband.packager.pack.prefix import Chosen, Shelf, items_of, leans
from lowband.packager.pack.squeeze import PREFIX_LEAST, TRIED, Way, squeeze

Progress = Callable[[int, int], None]
NO_BASE = bytes(4)


@dataclass(frozen=True, slots=True)
class Plan:
    """A group before it is made."""

    bunch: Bunch
    table: Table
    chosen: Chosen


def pack_bundle(
    base: Content | None,
    new: Content,
    folder: Path,
    *,
    progress: Progress | None = None,
    processes: int = 2,
    likeness: Likeness | None = None,
) -> Made:
    """Write the bundle from `base` (None: from nothing) to `new` into `folder`, as `bundle`, `bundle.1` …

    `progress` hears bytes of content done and in all; `processes` frames are made side by side; `likeness`, kept
    from one bundle of a course to the next, saves looking at the same content again. An edition equal to its base
    gives a bundle without layers.
    """
    done = list(changes(base, new))
    plans = _plans(base, new, done, likeness or Likeness())
    lines = _layers(base, new, done, plans)
    numbers = {line.name: n for n, line in enumerate(lines)}
    spool = folder / "bundle.groups"
    found: list[GroupLine] = []
    total, packed = sum(p.bunch.content for p in plans), 0
    with spool.open("wb") as out:
        for plan, blob in _made(plans, new, numbers, processes):
            out.write(blob)
            found.append(GroupLine(numbers[plan.bunch.change.layer], len(blob), hashlib.sha256(blob).digest()))
            packed += plan.bunch.content
            if progress:
                progress(packed, total)
    first, later = _parts(base, new, _stored(lines, found), found)
    paths, length = _assemble(folder, spool, first, later, [g.length for g in found])
    spool.unlink()
    head = first.encode()
    return Made(
        base=first.base,
        edition=new.number,
        length=length,
        part_length=len(head),
        part_hash=hashlib.sha256(head).digest(),
        parts=paths,
        stored={line.name: line.stored for line in first.layers if line.result},
        changed=sum(c.entries for c in done),
        groups=len(found),
        first_lesson=len(head) + (found[0].length if found else 0),
    )


def _plans(base: Content | None, new: Content, done: list[Change], likeness: Likeness) -> list[Plan]:
    layers = frozenset(layer for c in done for layer in leans(c.layer))
    shelf = Shelf(likeness, base, layers & frozenset(base.layers if base else ()))
    pieces = sorted((p for c in done for p in c.pieces), key=lambda p: place(p, base is None))
    numbers = {(p.item.layer, p.item.path, p.put.offset): n for n, p in enumerate(pieces)}
    costs = [shelf.estimate(n, p, new.read) for n, p in enumerate(pieces)]

    def number(layer: str, path: str, offset: int) -> int:
        return numbers[layer, path, offset]

    found: list[Bunch] = []
    for change in done:
        estimates = (costs[number(change.layer, p.item.path, p.put.offset)] for p in change.pieces)
        found += bunches(change, estimates, base is None)
    found.sort(key=lambda b: b.order)
    counts: dict[str, int] = {}
    plans = []
    for turn, bunch in enumerate(found):
        layer = bunch.change.layer
        own = [(number(layer, p.item.path, p.put.offset), p) for p in bunch.pieces]
        for n, _ in own:
            shelf.place(n, turn, counts.setdefault(layer, 0))
            counts[layer] += 1
        table = _table(bunch)
        room = (MEMORY_MADE << 20) - bunch.content - len(table.encode())
        plans.append(Plan(bunch, table, shelf.choose(turn, layer, own, room) if own else Chosen((), (), False)))
    return plans


def _table(bunch: Bunch) -> Table:
    puts = tuple(p.put for p in bunch.pieces)
    return Table(bunch.change.removed, bunch.change.moved, puts) if bunch.first else Table(puts=puts)


def _layers(base: Content | None, new: Content, done: list[Change], plans: list[Plan]) -> tuple[LayerLine, ...]:
    """The first part's layers: those changed, and those that groups lean on."""
    changed = {c.layer: c for c in done}
    needs: dict[str, set[str]] = {name: set() for name in changed}
    for plan in plans:
        needs[plan.bunch.change.layer] |= {s.layer for s in plan.chosen.stretches} - {plan.bunch.change.layer}
    names = sorted({*changed, *(n for found in needs.values() for n in found)})
    numbers = {name: n for n, name in enumerate(names)}
    out = []
    for name in names:
        leaned = tuple(sorted(numbers[n] for n in needs.get(name, ())))
        old = base.listing(name) if base else Listing()
        check = old.digest()[:4] if len(old) else NO_BASE
        result = new.listing(name).digest()[:RESULT] if name in changed else b""
        out.append(LayerLine(name, leaned, check, result, 0, sum(e.size for e in new.listing(name))))
    return tuple(out)


def _stored(lines: tuple[LayerLine, ...], found: list[GroupLine]) -> tuple[LayerLine, ...]:
    sums = [sum(g.length for g in found if g.layer == n) for n in range(len(lines))]
    return tuple(
        LayerLine(y.name, y.needs, y.base_check, y.result, stored, y.size)
        for y, stored in zip(lines, sums, strict=True)
    )


def _made(plans: list[Plan], new: Content, numbers: dict[str, int], workers: int) -> Iterator[tuple[Plan, bytes]]:
    """Each plan with its group's bytes, in order; `workers` are made side by side."""
    waiting: deque[tuple[Plan, Future[bytes]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for plan in plans:
            if len(waiting) > workers:
                done, future = waiting.popleft()
                yield done, future.result()
            data = [new.read(p.item.sha256, p.put.offset, p.put.length) for p in plan.bunch.pieces if p.put.length]
            content = b"".join([plan.table.encode(), *data])
            ways = _ways(plan, len(content), numbers)
            waiting.append((plan, pool.submit(squeeze, content, ways, plan.chosen.noise)))
        for done, future in waiting:
            yield done, future.result()


def _ways(plan: Plan, length: int, numbers: dict[str, int]) -> list[Way]:
    """The orders of prefix to try, each with the preamble that names it."""
    table = len(plan.table.encode())
    reach = sum(s.length for s in plan.chosen.stretches)
    if reach < PREFIX_LEAST:
        return [Way(Preamble(length, table, ()).encode(), b"")]
    orders = plan.chosen.orders()
    bodies = {s.place: s.bytes() for s in plan.chosen.stretches}
    return [
        Way(Preamble(length, table, items_of(order, numbers)).encode(), b"".join(bodies[s.place] for s in order))
        for order in (orders if length + reach <= TRIED else orders[:1])
    ]


def _parts(
    base: Content | None, new: Content, lines: tuple[LayerLine, ...], found: list[GroupLine]
) -> tuple[First, list[bytes]]:
    """The first part, and the bytes of the later ones."""
    runs: list[tuple[GroupLine, ...]] = []
    at, number = 0, 0
    while at < len(found) or not runs:
        size = RUN[min(number, len(RUN) - 1)]
        runs.append(tuple(found[at : at + size]))
        at, number = at + size, number + 1
    later: list[bytes] = []
    link = (0, b"")
    for run in reversed(runs[1:]):
        later.insert(0, Part(run, *link).encode())
        link = (len(later[0]), hashlib.sha256(later[0]).digest())
    return First(base.number if base else 0, new.number, MEMORY_MADE, lines, Part(runs[0], *link)), later


def _assemble(
    folder: Path, spool: Path, first: First, later: list[bytes], lengths: list[int]
) -> tuple[tuple[Path, ...], int]:
    """Write parts and groups in turn, in files of a GiB; the files, and the bytes in all."""
    out = Files(folder)
    at = 0
    with spool.open("rb") as groups:
        for number, part in enumerate([first.encode(), *later]):
            out.write(part)
            size = RUN[min(number, len(RUN) - 1)]
            for length in lengths[at : at + size]:
                out.write(groups.read(length))
            at += size
    return out.close()


class Files:
    """One stream of bytes as files of at most `BUNDLE_PART`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths = [folder / part_name("bundle", 0)]
        self._file = self._paths[0].open("wb")
        self._length = 0

    def write(self, data: bytes) -> None:
        """Append."""
        view = memoryview(data)
        while view:
            room = BUNDLE_PART * len(self._paths) - self._length
            if room == 0:
                self._file.close()
                self._paths.append(self._folder / part_name("bundle", len(self._paths)))
                self._file = self._paths[-1].open("wb")
                continue
            self._file.write(view[:room])
            self._length += len(view[:room])
            view = view[room:]

    def close(self) -> tuple[tuple[Path, ...], int]:
        """The files, in order, and the bytes in all."""
        self._file.close()
        return tuple(self._paths), self._length

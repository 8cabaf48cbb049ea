"""From a course folder to its next edition in a depot.

1. Bundles first, then the record, the state and the head: until the head is there, nothing has changed for anyone.
2. The same source makes no edition; a stopped publish is simply run again.
3. What cannot be rewritten without loss is sent as it is, and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lowband.errors import CarrierError, DamagedError, FormatError, IntegrityError, SourceError
from lowband.model.depot import object_name, part_name
from lowband.model.edition import HIDDEN
from lowband.model.names import check_names
from lowband.model.trust import Offer
from lowband.packager.catalogue import Catalogue
from lowband.packager.normal import NormalCache, normalise_all
from lowband.packager.pack import DOCUMENT, MEDIA, STRUCTURE, TEXT, Content, Item, Likeness, Made, pack_bundle
from lowband.packager.recover import recover
from lowband.packager.scan import LeftOut, Source, SourceFile, scan
from lowband.packager.workshop import Workshop

WHOLE = 256 << 20  # bytes; a larger file is never in memory, and travels as it is
_KINDS = dict.fromkeys(("text", "quiz", "captions", "calendar", "data", "code", "note"), TEXT) | {"media": MEDIA}

Step = Callable[[str, int, int], None]
"""Progress: what is being done, units done, units in all."""


@dataclass(frozen=True, slots=True)
class Heavy:
    """One of the heaviest entries."""

    path: str
    size: int  # bytes as it travels unpacked
    source: int  # bytes in the folder


@dataclass
class Published:
    """What a publish did, and what it costs."""

    course: str
    edition: int
    new: bool  # False: nothing changed, no edition was made
    entries: int = 0
    changed: int = 0
    made: list[Made] = field(default_factory=list)
    alone: list[tuple[str, str]] = field(default_factory=list)  # path and reason: sent as they are
    left_out: tuple[LeftOut, ...] = ()
    heaviest: list[Heavy] = field(default_factory=list)


def bases(edition: int) -> list[int]:
    """The editions that deltas start from: N-1, N-2, N-4, N-8 …, and 0 for the full bundle."""
    steps, step = [], 1
    while edition - step >= 1:
        steps.append(edition - step)
        step *= 2
    return [*steps, 0]


class Publisher:
    """Publishes into one catalogue. `workshop` is this catalogue's memory, `cache` everyone's normal forms."""

    def __init__(
        self, catalogue: Catalogue, workshop: Workshop, cache: NormalCache, step: Step, processes: int
    ) -> None:
        self._catalogue = catalogue
        self._workshop = workshop
        self._cache = cache
        self._step = step
        self._processes = processes
        self._likeness = Likeness()

    def publish(self, folder: Path, course_id: str | None, exact: bool, now: int) -> Published:
        """The next edition of the course in `folder`. Raises `SourceError` and the depot's errors."""
        source = scan(folder, course_id)
        course = source.course.id
        self._catalogue.demand_keys(course)  # better now than after an hour of packing
        number = self._catalogue.next_edition(course)
        line = self._catalogue.state.line(course)
        last = self._past(course, line.edition) if line else None
        report = Published(course, number, new=True, left_out=source.left_out)
        content = self._content(source, number, exact, report)
        if last is not None and _same(last, content):
            report.edition, report.new = last.number, False
            return report
        self._likeness = Likeness()
        offers = [self._offer(base, last, content, course, report) for base in bases(number)]
        kept = [o for o in offers if o is not None]
        self._catalogue.publish_record(course, number, sorted(kept, key=lambda o: o.base), now)
        self._workshop.remember(course, content, exact)
        self._workshop.tidy()
        return report

    def _past(self, course: str, edition: int) -> Content | None:
        """An edition published before: from this machine's memory, else from the depot."""
        known = self._workshop.edition(course, edition)
        if known is not None:
            return known
        try:
            found = recover(self._catalogue, course, edition, self._workshop)
        except (CarrierError, IntegrityError, FormatError, DamagedError):
            return None
        if found is not None:
            self._workshop.remember(course, found, exact=False)
        return found

    def _content(self, source: Source, number: int, exact: bool, report: Published) -> Content:
        structure = [
            Item("core", s.path, len(s.data), self._workshop.keep(s.data), s.rank, STRUCTURE) for s in source.structure
        ]
        files = {f.path: f for f in source.files}
        items = structure + [
            Item(f.layer, f.path, size, sha, f.rank, _KINDS.get(f.kind, DOCUMENT))
            for f, size, sha in self._forms(source.files, exact, report)
        ]
        check_names((i.path for i in items), source.course.id)
        report.entries = len(files)
        shown = sorted((i for i in items if not i.path.startswith(HIDDEN)), key=lambda i: -i.size)
        report.heaviest = [Heavy(i.path, i.size, files[i.path].size) for i in shown[:10]]
        return Content(number, tuple(sorted(items, key=lambda i: (i.rank, i.path))), self._workshop.read)

    def _forms(
        self, files: Sequence[SourceFile], exact: bool, report: Published
    ) -> Iterator[tuple[SourceFile, int, bytes]]:
        """Each file with the size and hash of the form in which it travels."""
        by_path = {f.path: f for f in files}
        whole = [f for f in files if exact or f.size > WHOLE]
        rest = [f for f in files if f not in whole] if whole else list(files)
        done = 0
        for f in whole:
            yield f, f.size, self._kept(f)
            done += f.size
            self._step("reading", done, sum(x.size for x in files))
        total = sum(x.size for x in files)

        def progress(name: str, size: int) -> None:
            nonlocal done
            done += size
            self._step("normal form", done, total)

        wanted = [(f.path, f.file) for f in rest]
        for path, normal in normalise_all(wanted, self._cache, processes=self._processes, progress=progress):
            if normal.why_not:
                report.alone.append((path, normal.why_not))
            yield by_path[path], len(normal.data), self._workshop.keep(normal.data)

    def _kept(self, f: SourceFile) -> bytes:
        try:
            return self._workshop.keep_file(f.file)
        except OSError as error:
            raise SourceError(name=f.path, detail=error.strerror) from error

    def _offer(self, base: int, last: Content | None, content: Content, course: str, report: Published) -> Offer | None:
        """Make the bundle from `base` and put it into the depot; None when that base is not to be had."""
        past = last if last is not None and base == last.number else (self._past(course, base) if base else None)
        if base and past is None:
            return None
        self._step("bundle", len(report.made), len(bases(content.number)))
        folder = self._workshop.bundles
        made = pack_bundle(past, content, folder, processes=self._processes, likeness=self._likeness)
        for number, part in enumerate(made.parts):
            name = part_name(object_name(made.part_hash), number)
            self._catalogue.carrier.write(name, _chunks(part))
        report.made.append(made)
        if base and base == content.number - 1:
            report.changed = made.changed
        return Offer(base, made.length, made.part_length, made.part_hash)


def _same(last: Content, new: Content) -> bool:
    return {(i.layer, i.path, i.sha256) for i in last.items} == {(i.layer, i.path, i.sha256) for i in new.items}


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk

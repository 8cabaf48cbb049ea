"""One sync of one catalogue: newest word, newest records, cheapest path for each course.

1. Depots are asked in order; the newest verified head wins, whoever brought it.
2. A course that fails does not stop the others; the first failure is raised at the end.
3. Running it again is safe, and fetches nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from lowband.bundle.format import RESULT, First
from lowband.errors import (
    BudgetSpent,
    CarrierError,
    EquivocationError,
    FormatError,
    LowbandError,
    MissingError,
    RollbackError,
    TrustError,
    WrongBaseError,
)
from lowband.model.edition import Listing
from lowband.model.trust import CourseLine, Offer, Record
from lowband.store.catalogues import Catalogue
from lowband.store.courses import Course
from lowband.store.fetches import Fetch
from lowband.store.store import Store
from lowband.sync.choice import Choice, from_base, from_nothing
from lowband.sync.fetch import Downloader
from lowband.sync.refresh import refresh
from lowband.sync.route import next_hop
from lowband.sync.sources import Source, Sources
from lowband.trust import chain
from lowband.trust.sign import verify

EMPTY = Listing().digest()[:RESULT]


@dataclass
class CourseReport:
    """What a sync did for one course."""

    id: str
    start: int
    end: int = 0
    newest: int = 0
    bytes: int = 0
    left: int = 0
    problem: LowbandError | None = None


@dataclass
class Report:
    """What a sync did for one catalogue."""

    name: str
    courses: list[CourseReport] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    fresh: bool = False  # some depot answered with a head that holds
    stale_days: int | None = None


@dataclass
class Watcher:
    """What the roof wants to hear while a sync runs."""

    progress: Callable[[str, int, int], None] = lambda course, done, total: None
    arrived: Callable[[str], None] = lambda course: None


class Sync:
    """Brings one catalogue of `store` up to date."""

    def __init__(
        self, store: Store, sources: Sources, choice: Choice, *, now: int, clock: Callable[[], float], watcher: Watcher
    ) -> None:
        self._store = store
        self._sources = sources
        self._choice = choice
        self._now = now
        self._clock = clock
        self._watcher = watcher

    def run(self, catalogue: Catalogue, only: Iterable[str] = ()) -> Report:
        """Sync the courses named (all when none is). When no depot answered, the report's sources say why."""
        report = Report(catalogue.root.name, sources=self._sources.all)
        known = self._newest_word(catalogue, report)
        state, delegations = known.state, known.delegations
        if state is None or delegations is None or not any(s.usable for s in self._sources.all):
            return report
        wanted = set(only)
        for line in state.courses:
            if not wanted or line.course in wanted:
                report.courses.append(self._course(known, line))
        if known.head is not None:
            report.stale_days = chain.staleness(known.head, chain.best_now(self._now, known.head.issued))
        return report

    def heal(self, catalogue: Catalogue, damaged: Mapping[int, set[str]]) -> Report:
        """Fetch again the layers (by course) whose bytes were found damaged; what is sound stays readable meanwhile."""
        report = Report(catalogue.root.name, sources=self._sources.all)
        known = self._newest_word(catalogue, report)
        for line in known.state.courses if known.state else ():
            key = self._store.courses.note(known.id, line.course)
            if key in damaged:
                report.courses.append(self._course(known, line, damaged[key]))
        return report

    def _newest_word(self, known: Catalogue, report: Report) -> Catalogue:
        """Ask every depot; keep the newest word that holds."""
        behind: list[tuple[Source, LowbandError]] = []
        for source in list(self._sources.all):
            try:
                fresh = refresh(source.carrier, known, self._now)
            except EquivocationError as problem:
                self._store.catalogues.keep_proof(known.id, problem.proof)
                self._sources.set_aside(source, problem)
                continue
            except RollbackError as problem:
                # What it has is immutable and named by hash: good for content, not for news.
                behind.append((source, problem))
                continue
            except LowbandError as problem:
                self._sources.set_aside(source, problem)
                continue
            report.fresh = True
            source.head = fresh.head_bytes
            if fresh != known:
                self._store.catalogues.keep(fresh)
                known = fresh
        for source, stale in behind:
            source.problem = stale
        self._sources.all.sort(key=lambda s: s.problem is not None)
        return known

    def _course(self, known: Catalogue, line: CourseLine, damaged: set[str] | None = None) -> CourseReport:
        key = self._store.courses.note(known.id, line.course)
        course = self._store.courses.by_key(key)
        report = CourseReport(line.course, course.edition, course.edition, line.edition)
        before = self._sources.budget.spent()
        try:
            record = self._record(known, line, course)
            if damaged:
                self._refetch(key, record, damaged)
            self._bring(key, record)
        except BudgetSpent as spent:
            report.left = int(spent.facts["left"]) if spent.facts["left"].isdigit() else 0
            report.problem = spent
        except LowbandError as problem:
            if isinstance(problem, TrustError):
                self._store.courses.set_flag(key, problem.code)
            report.problem = problem
        report.end = self._store.courses.by_key(key).edition
        report.bytes = self._sources.budget.spent() - before
        return report

    def _record(self, known: Catalogue, line: CourseLine, course: Course) -> Record:
        """The newest record of a course, verified and kept."""
        delegations = known.delegations
        if delegations is None:
            raise TrustError(name=line.course)
        kept = self._store.courses.record_bytes(course.key) or b""
        same = hashlib.sha256(kept).digest() == line.record_hash
        data = kept if same else self._sources.fetch(line.record_hash, line.record_length)
        # A thief may have run the numbers up: once her key is revoked, they start again.
        withdrawn = any(_signed_by(kept, key, known.id) for key in chain.revoked_keys(delegations)) if kept else False
        seen = 0 if course.record is None or withdrawn else course.record.edition
        record = chain.accept_record(data, line, delegations, known.id, seen)
        if not same or course.flag:
            if kept and not _signed_by(kept, delegations.publishers[line.publisher].key, known.id):
                # What is under way was vouched for by a key that no longer counts.
                self._store.fetches.drop(course.key)
            self._store.courses.keep_record(course.key, data)
        return record

    def _bring(self, key: int, newest: Record) -> None:
        """Hop to the newest edition, then add or let go of layers as chosen."""
        full_only = False
        while (here := self._store.courses.by_key(key).edition) != newest.edition:
            hop = next_hop(newest, 0 if full_only else here, self._earlier)
            fetch = self._under_way(key)
            try:
                if fetch and hop and not full_only and self._left(fetch, newest) <= hop.total:
                    self._complete(fetch, newest.course)
                elif hop:
                    self._hop(key, hop.record, hop.offer)
                full_only = False
            except (WrongBaseError, FormatError, MissingError):
                # The delta cannot serve; what it brought is let go, and the full bundle can.
                self._store.fetches.drop(key)
                if full_only or (hop and hop.offer.base == 0):
                    raise
                full_only = True
        fetch = self._store.fetches.of(key)
        if fetch and fetch.name == newest.offers[0].part_hash and fetch.have == self._choice.spelled():
            self._complete(fetch, newest.course)  # a repair that was stopped
        self._fit_choice(key, newest)

    def _under_way(self, key: int) -> Fetch | None:
        """The bundle under way, for the layers that are wanted now; what it brought is not asked for again."""
        fetch = self._store.fetches.of(key)
        if fetch and fetch.base == 0 and fetch.have != self._choice.spelled():
            return self._store.fetches.refit(fetch, from_nothing(fetch.first, self._choice), self._choice.spelled())
        return fetch

    def _left(self, fetch: Fetch, newest: Record) -> int:
        """Bytes to the newest edition by way of the bundle that is under way; nothing of it is fetched twice."""
        rest = next_hop(newest, fetch.edition, self._earlier)
        return fetch.left() + (rest.total if rest else 0)

    def _earlier(self, record: Record) -> Record | None:
        """The record before `record`; vouched for by the hash in it."""
        if not record.previous_length:
            return None
        try:
            return Record.parse(self._sources.fetch(record.previous_hash, record.previous_length))[0]
        except (CarrierError, FormatError):
            return None

    def _hop(self, key: int, record: Record, offer: Offer) -> None:
        here = self._store.courses.layers(key)
        fetch = self._store.fetches.of(key)
        if fetch is None or fetch.name != offer.part_hash or (offer.base == 0 and fetch.have != self._choice.spelled()):
            first = self._first(offer, record, go_on=True)
            layers = from_base(first[1], self._choice, here) if offer.base else from_nothing(first[1], self._choice)
            have = self._store.courses.by_key(key).have if offer.base else self._choice.spelled()
            fetch = self._store.fetches.begin(key, offer, record.edition, first[0], layers, have)
        self._complete(fetch, record.course)

    def _complete(self, fetch: Fetch, course: str) -> None:
        report = self._watcher.progress
        Downloader(self._store, self._sources, self._clock, lambda done, total: report(course, done, total)).run(fetch)
        self._store.fetches.finish(fetch)
        self._watcher.arrived(course)

    def _refetch(self, key: int, newest: Record, damaged: set[str]) -> None:
        """Take damaged layers from the full bundle; all layers, when the edition here is not the newest."""
        offer = newest.offers[0]
        data, first = self._first(offer, newest)
        layers = from_nothing(first, self._choice)
        if self._store.courses.by_key(key).edition == newest.edition:
            sound = self._store.courses.layers(key).keys() - damaged
            layers = from_nothing(first, self._choice, sound)
        fetch = self._store.fetches.begin(key, offer, newest.edition, data, layers, self._choice.spelled())
        self._complete(fetch, newest.course)

    def _first(self, offer: Offer, record: Record, go_on: bool = False) -> tuple[bytes, First]:
        """The first part of a bundle; with `go_on`, all of it is asked for when every layer is wanted."""
        total = offer.length if go_on and self._choice.everything else None
        data = self._sources.first_part(offer.part_hash, offer.part_length, total)
        first = First.parse(data)
        if (first.base, first.edition) != (offer.base, record.edition):
            raise FormatError("bundle", "not the editions that its record names")
        return data, first

    def _fit_choice(self, key: int, newest: Record) -> None:
        """Add layers that were not asked for when the course came, and let go of those no longer asked for."""
        if self._store.courses.by_key(key).have == self._choice.spelled():
            return
        offer = newest.offers[0]
        data, first = self._first(offer, newest)
        asked = {first.layers[n].name for n in self._choice.layers(first)}
        self._store.courses.narrow(key, asked)
        missing = from_nothing(first, self._choice, self._store.courses.layers(key))
        missing = frozenset(n for n in missing if first.layers[n].result != EMPTY)
        fetch = self._store.fetches.of(key)
        if missing:
            if fetch is None or fetch.name != offer.part_hash or fetch.layers != missing:
                fetch = self._store.fetches.begin(key, offer, newest.edition, data, missing, self._choice.spelled())
            self._complete(fetch, newest.course)
        self._store.courses.set_have(key, self._choice.spelled())


def _signed_by(record: bytes, key: bytes, catalogue: bytes) -> bool:
    _, body, signature = Record.parse(record)
    return verify(key, "record", catalogue, body, signature)

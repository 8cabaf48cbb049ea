"""Several depots of one catalogue: the best answer of each is used, a bad one is named and poisons nothing.

1. What comes from a depot is checked against its signed hash before anything else sees it.
2. A depot that fails is set aside for this run, with its problem kept for the report; one that lacks a file, or has a
   wrong one, is set aside for that file: a stick with one bad sector still brings all the rest.
3. The budget is asked before bytes are, and counts what really came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field

from lowband.carriers.base import Carrier
from lowband.errors import (
    BudgetSpent,
    CarrierError,
    IntegrityError,
    LimitError,
    LowbandError,
    MissingError,
    TrustError,
    UnreachableError,
)
from lowband.model.depot import object_name, spans

STRIKES = 10
REST = 0.25  # seconds; doubles with each strike, up to
MOST_REST = 1.0  # seconds: a line that drops for a moment is taken up again soon after it is back


@dataclass
class Source:
    """A depot in this run."""

    address: str
    carrier: Carrier
    problem: LowbandError | None = None
    usable: bool = True
    head: bytes = b""  # the head it showed, when that holds
    strikes: int = 0  # failures in a row without a byte
    without: dict[str, LowbandError] = field(default_factory=dict)  # files that it lacks or has wrong, and why


@dataclass
class Budget:
    """Bytes that may come down in this run; None = without end."""

    most: int | None = None
    spent: Callable[[], int] = field(default=lambda: 0)

    def clip(self, count: int) -> int:
        """At most `count`, and no more than the budget leaves. Raises `BudgetSpent` when nothing is left."""
        if self.most is None:
            return count
        left = self.most - self.spent()
        if left <= 0:
            raise BudgetSpent(left="?")
        return min(count, left)

    def demand(self, count: int) -> None:
        """Raise `BudgetSpent` unless the budget leaves room for `count` bytes."""
        if self.clip(count) < count:
            raise BudgetSpent(left="?")


@dataclass
class _Live:
    """A transfer that is still open behind a bundle's first part."""

    source: Source
    bundle: bytes
    at: int  # where in the bundle `early` starts
    end: int
    early: bytes
    chunks: Generator[bytes]


class Sources:
    """The depots that can be asked, best first."""

    def __init__(self, sources: list[Source], budget: Budget, sleep: Callable[[float], None]) -> None:
        self.all = sources
        self.budget = budget
        self._sleep = sleep
        self._live: _Live | None = None
        budget.spent = lambda: sum(s.carrier.ledger.down for s in sources)

    def best(self, file: str) -> Source:
        """The first depot to ask for `file`. Raises the last problem when there is none."""
        found = next((s for s in self.all if s.usable and file not in s.without), None)
        if found is None:
            problems = [s.without.get(file) or s.problem for s in self.all]
            told = [p for p in problems if p]
            raise told[-1] if told else UnreachableError(depot="?", detail="no depot")
        return found

    def set_aside(self, source: Source, problem: LowbandError) -> None:
        """Do not ask this depot again in this run."""
        source.problem, source.usable = problem, False

    def refuse(self, source: Source, file: str, problem: LowbandError) -> None:
        """Do not ask this depot for `file` again in this run, and ask others first for all else."""
        source.without[file] = problem
        if not isinstance(source.problem, TrustError):  # a depot that is behind lacks what is new: that is told already
            source.problem = problem
        self.all.sort(key=lambda s: len(s.without))

    def well(self, source: Source) -> None:
        """A depot did what it was asked: a line that dropped and came back is no problem to report."""
        if source.strikes:
            source.strikes, source.problem = 0, None

    def struck(self, source: Source, file: str, problem: CarrierError, moved: bool) -> None:
        """A depot failed: let it rest and try again, another first if there is one; after `STRIKES` set it aside.

        `moved` tells that bytes came before it failed: then it is a line that drops, not a dead one.
        """
        if isinstance(problem, MissingError):
            self.refuse(source, file, problem)
            return
        source.problem = problem
        source.strikes = 1 if moved else source.strikes + 1
        if not problem.retry or source.strikes >= STRIKES:
            self.set_aside(source, problem)
            return
        self.all.sort(key=lambda s: s.strikes)
        if self.all[0].strikes:
            self._sleep(min(MOST_REST, REST * 2 ** (self.all[0].strikes - 1)))

    def fetch(self, digest: bytes, length: int) -> bytes:
        """The object with that SHA-256 and length, from the first depot that has it right."""
        name = object_name(digest)

        def getting(source: Source, held: bytearray) -> None:
            read_capped(source.carrier, name, length, held)

        return self._first_right(name, length, digest, getting)

    def first_part(self, bundle: bytes, length: int, total: int | None = None) -> bytes:
        """The first `length` bytes of a bundle, which its name vouches for.

        With `total`, all of the bundle is asked for, and `stream` goes on in the same transfer: one round trip less.
        """
        name = object_name(bundle)

        def opening(source: Source, held: bytearray) -> None:
            if total is not None:
                self._opened(source, bundle, length, total, held)
                return
            with closing(source.carrier.read(name, len(held), length - len(held))) as chunks:
                for chunk in chunks:
                    held += chunk

        return self._first_right(name, length, bundle, opening)

    def _opened(self, source: Source, bundle: bytes, length: int, total: int, held: bytearray) -> None:
        chunks = self.stream(source, bundle, len(held), total)
        for chunk in chunks:
            held += chunk
            if len(held) >= length:
                break
        self._live = _Live(source, bundle, length, total, bytes(held[length:]), chunks)
        del held[length:]

    def _first_right(self, name: str, length: int, digest: bytes, get: Callable[[Source, bytearray], None]) -> bytes:
        """Until a depot gave the right bytes; of a line that drops the bytes are held, depot by depot."""
        parts: dict[int, bytearray] = {}
        while True:
            source = self.best(name)
            held = parts.setdefault(id(source), bytearray())
            before = len(held)
            self.budget.demand(length - before)
            try:
                if before < length:
                    get(source, held)
                data = _demand(name, bytes(held), length, digest)
            except (IntegrityError, LimitError) as problem:
                self.refuse(source, name, problem)
            except CarrierError as problem:
                self.struck(source, name, problem, moved=len(held) > before)
            else:
                self.well(source)
                return data

    def stream(self, source: Source, bundle: bytes, start: int, end: int) -> Generator[bytes]:
        """Bytes `start` … `end` of a bundle as they arrive from one depot, within the budget."""
        live, self._live = self._live, None
        if live:
            if live.source is source and (live.bundle, live.at, live.end) == (bundle, start, end):
                if live.early:
                    yield live.early
                yield from live.chunks
                return
            live.chunks.close()
        for file, offset, size in spans(object_name(bundle), start, end):
            at = 0
            while at < size:
                most = self.budget.clip(size - at)
                before = at
                with closing(source.carrier.read(file, offset + at, most)) as chunks:
                    for chunk in chunks:
                        at += len(chunk)
                        yield chunk
                if at == before:
                    return


def _demand(name: str, data: bytes, length: int, digest: bytes) -> bytes:
    if len(data) != length or hashlib.sha256(data).digest() != digest:
        raise IntegrityError(name=name)
    return data


def read_capped(carrier: Carrier, file: str, most: int, held: bytearray | None = None) -> bytes:
    """All of `file`, which may have at most `most` bytes; no more is read than shows that it has more.

    It goes on after the bytes that are `held` of it, and puts there what comes, also when the line then drops.
    """
    out = bytearray() if held is None else held
    # No range is asked for at first: the request stays small, and closing the iterator ends an endless answer.
    with closing(carrier.read(file, len(out))) as chunks:
        for chunk in chunks:
            out += chunk
            if len(out) > most:
                raise LimitError(file, f"more than {most} bytes")
    return bytes(out)


def read_on(carrier: Carrier, digest: bytes, most: int) -> bytes:
    """All of the object with that hash, of at most `most` bytes, over a line that drops as long as bytes come."""
    held = bytearray()
    while True:
        before = len(held)
        try:
            return read_capped(carrier, object_name(digest), most, held)
        except CarrierError as problem:
            if not problem.retry or len(held) == before:
                raise
            if len(held) == most:
                return bytes(held)

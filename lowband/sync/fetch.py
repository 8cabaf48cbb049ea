"""One bundle from depots into the store: continue at the byte, verify, apply, switch.

1. Bytes that arrived are on disk within `FLUSH_SECONDS`, or at once when the line drops or the user stops.
2. A step (group or part) is used only after its hash holds; a wrong one costs its depot the run, nothing else.
3. The order of bytes is the order of learning, so whatever arrived is the most useful there is.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from contextlib import closing

from lowband.bundle.format import Part
from lowband.bundle.group import open_group
from lowband.errors import BudgetSpent, CarrierError, FormatError, IntegrityError
from lowband.model.depot import object_name
from lowband.store.fetches import Fetch
from lowband.store.store import Store
from lowband.sync.sources import Source, Sources
from lowband.sync.walk import Step, run_end, wanted

FLUSH_SECONDS = 1.0
FLUSH_BYTES = 1 << 20

Progress = Callable[[int, int], None]
"""Bytes of the bundle that are here, bytes wanted in all."""


class Downloader:
    """Moves bundles into `store`, one after the other."""

    def __init__(self, store: Store, sources: Sources, clock: Callable[[], float], progress: Progress) -> None:
        """`clock` answers seconds that only grow."""
        self._store = store
        self._sources = sources
        self._clock = clock
        self._progress = progress

    def run(self, fetch: Fetch) -> None:
        """Fetch and apply all that is wanted of a bundle. Raises what stopped it; what arrived is kept."""
        while True:
            way = _Way(self._store, fetch)
            if not way.todo:
                return
            file = object_name(fetch.name)
            source = self._sources.best(file)
            start = way.here
            try:
                self._from(source, way)
                self._sources.well(source)
            except BudgetSpent:
                raise BudgetSpent(left=way.needed - way.here) from None
            except IntegrityError as problem:
                self._sources.refuse(source, file, problem)
            except CarrierError as problem:
                self._sources.struck(source, file, problem, moved=way.here > start)
            fetch = _again(self._store, fetch)

    def _from(self, source: Source, way: _Way) -> None:
        """Take steps from one stream of one depot, until it ends or another run of bytes is wanted."""
        buffer = _Buffer(way, self._clock)
        if not self._take(way, buffer):
            return
        everything = len(way.fetch.layers) == len(way.fetch.first.layers)
        begin, end = buffer.end, run_end(list(way.todo), way.fetch.length, everything)
        try:
            with closing(self._sources.stream(source, way.fetch.name, buffer.end, end)) as chunks:
                for chunk in chunks:
                    buffer.add(chunk)
                    self._progress(way.here, way.needed)
                    if not self._take(way, buffer):
                        return
        finally:
            buffer.flush()
        # Carriers end early only where the file does. A part that arrived now may want more than was asked for.
        if buffer.end < end:
            raise IntegrityError(name=object_name(way.fetch.name))
        if begin == end:
            raise FormatError("bundle", "longer than its record says")

    def _take(self, way: _Way, buffer: _Buffer) -> bool:
        """Verify and apply every step that the buffer holds whole; whether its run of bytes goes on."""
        while way.todo and way.todo[0].start == buffer.start:
            step = way.todo[0]
            if len(buffer.data) < step.length:
                return True
            try:
                way.use(step, bytes(buffer.data[: step.length]))
            except (IntegrityError, FormatError):
                buffer.clear()
                raise
            buffer.drop(step.length)
        return False


class _Way:
    """What is left to take of a bundle; `here` counts its bytes on this device, of `needed`."""

    def __init__(self, store: Store, fetch: Fetch) -> None:
        self.store = store
        self.fetch = fetch
        self.needed = fetch.needed()
        self.todo = self._todo()
        self.kept = store.fetches.spooled(fetch, self.todo[0].start) if self.todo else b""
        self.here = self.needed - fetch.left() + len(self.kept)

    def _todo(self) -> deque[Step]:
        f = self.fetch
        return deque(wanted(f.first, f.first_length, f.parts, f.layers, f.done))

    def use(self, step: Step, data: bytes) -> None:
        """Verify and apply one step."""
        fetches, fetch = self.store.fetches, self.fetch
        if step.group is not None:
            group = open_group(data, step.group, fetch.first.memory, lambda item: fetches.prefix(fetch, item))
            fetches.apply(fetch, step.number, step.group.layer, group)
            self.todo.popleft()
            return
        if hashlib.sha256(data).digest() != step.digest:
            raise IntegrityError(name=f"part {step.number}")
        Part.parse(data, len(fetch.first.layers))
        fetches.keep_part(fetch, data)
        self.here -= len(data)  # parts are not among the bytes of groups that `needed` counts
        self.fetch = _again(self.store, fetch)
        self.todo = self._todo()


def _again(store: Store, fetch: Fetch) -> Fetch:
    found = store.fetches.of(fetch.course)
    if found is None:
        raise RuntimeError("a fetch is gone while it runs")
    return found


class _Buffer:
    """Bytes of the bundle from `start` that are not used yet; the first `_kept` of them are on disk."""

    def __init__(self, way: _Way, clock: Callable[[], float]) -> None:
        self._way, self._clock = way, clock
        self.start = way.todo[0].start
        self.data = bytearray(way.kept)
        self._kept = len(self.data)
        self._flushed = clock()

    @property
    def end(self) -> int:
        return self.start + len(self.data)

    def add(self, chunk: bytes) -> None:
        self.data += chunk
        self._way.here += len(chunk)
        if self._clock() - self._flushed >= FLUSH_SECONDS or len(self.data) - self._kept >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        fresh = bytes(self.data[self._kept :])
        self._way.store.fetches.spool(self._way.fetch, self.start + self._kept, fresh)
        self._kept = len(self.data)
        self._flushed = self._clock()

    def drop(self, count: int) -> None:
        """`count` bytes were used, and the store let go of all that it had spooled."""
        del self.data[:count]
        self.start += count
        self._kept = 0

    def clear(self) -> None:
        """Let go of bytes that are wrong."""
        self._way.store.fetches.unspool(self._way.fetch)
        self._way.here -= len(self.data)
        self.data.clear()
        self._kept = 0

"""What is on its way: parts, groups and bytes of a bundle that is not whole yet.

1. Every byte that arrived is kept until its group is verified; so nothing is fetched twice.
2. A group is applied in one transaction, once; applying it again changes nothing.
3. Nothing here is an edition until every layer's digest is the signed one (`finish`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lowband.bundle.format import First, LayerLine, NewRun, NewSlice, OldRun, OldSlice, Part, Prefix, Put
from lowband.bundle.group import Group
from lowband.errors import FormatError, WrongBaseError
from lowband.model.trust import Offer
from lowband.store.blobs import Blobs
from lowband.store.courses import Courses, Held
from lowband.store.db import Db


@dataclass(frozen=True, slots=True)
class Fetch:
    """A bundle on its way to this device."""

    key: int
    course: int
    base: int
    edition: int
    name: bytes  # the hash of its first part
    length: int
    first: First
    first_length: int
    parts: tuple[Part, ...]  # later parts that are here
    layers: frozenset[int]  # indexes of the layers that are fetched
    done: frozenset[int]  # numbers of the groups applied
    have: str

    def needed(self) -> int:
        """Bytes of the groups that this device fetches in all."""
        return sum(self.first.layers[n].stored for n in self.layers)

    def left(self) -> int:
        """Bytes of those groups that are not applied yet."""
        known = (line for part in (self.first.part, *self.parts) for line in part.groups)
        return self.needed() - sum(line.length for number, line in enumerate(known) if number in self.done)


class Fetches:
    """Bundles on their way, at most one a course."""

    def __init__(self, db: Db, blobs: Blobs, courses: Courses) -> None:
        self._db = db
        self._blobs = blobs
        self._courses = courses
        self._bases: dict[tuple[int, int], list[Held]] = {}

    def of(self, course: int) -> Fetch | None:
        """The bundle on its way for a course."""
        row = self._db.one(
            "SELECT id, base, edition, name, length, first, layers, have FROM fetch WHERE course=?", course
        )
        if row is None:
            return None
        key, base, edition, name, length, first, layers, have = row
        parsed = First.parse(first)
        rows = self._db.all("SELECT data FROM fetch_part WHERE fetch=? ORDER BY number", key)
        parts = tuple(Part.parse(data, len(parsed.layers)) for (data,) in rows)
        done = frozenset(n for (n,) in self._db.all("SELECT number FROM fetch_group WHERE fetch=?", key))
        picked = frozenset(json.loads(layers))
        return Fetch(key, course, base, edition, name, length, parsed, len(first), parts, picked, done, have)

    def begin(self, course: int, offer: Offer, edition: int, first: bytes, layers: frozenset[int], have: str) -> Fetch:
        """Start fetching the bundle of `offer`, whose verified first part is `first`. An older fetch is let go."""
        with self._db.transaction():
            self.drop(course)
            self._db.run(
                "INSERT INTO fetch (course, base, edition, name, length, first, layers, have) VALUES (?,?,?,?,?,?,?,?)",
                *(course, offer.base, edition, offer.part_hash, offer.length, first, json.dumps(sorted(layers)), have),
            )
        found = self.of(course)
        if found is None:
            raise RuntimeError("a fetch just begun is gone")
        return found

    def refit(self, fetch: Fetch, layers: frozenset[int], have: str) -> Fetch:
        """Take other layers of the same bundle from here on; what is here of it stays."""
        self._db.run("UPDATE fetch SET layers=?, have=? WHERE id=?", json.dumps(sorted(layers)), have, fetch.key)
        return replace(fetch, layers=layers, have=have)

    def drop(self, course: int) -> None:
        """Forget the bundle on its way for a course; its content is swept later."""
        key = self._db.value("SELECT id FROM fetch WHERE course=?", course)
        if key is None:
            return
        self._bases.clear()
        with self._db.transaction():
            for table in ("fetch_part", "fetch_group", "fetch_piece", "fetch_change", "spool"):
                self._db.run(f"DELETE FROM {table} WHERE fetch=?", key)
            self._db.run("DELETE FROM fetch WHERE id=?", key)

    def keep_part(self, fetch: Fetch, data: bytes) -> None:
        """Keep a verified later part."""
        with self._db.transaction():
            self._db.run("INSERT INTO fetch_part VALUES (?,?,?)", fetch.key, len(fetch.parts), data)
            self._db.run("DELETE FROM spool WHERE fetch=?", fetch.key)

    def spooled(self, fetch: Fetch, start: int) -> bytes:
        """Bytes kept from `start` on, without a gap."""
        out, at = [], start
        for first, data in self._db.all("SELECT start, data FROM spool WHERE fetch=? ORDER BY start", fetch.key):
            if first == at:
                out.append(data)
                at += len(data)
        return b"".join(out)

    def spool(self, fetch: Fetch, start: int, data: bytes) -> None:
        """Keep unverified bytes of the bundle; on disk when this returns."""
        if data:
            self._db.run("INSERT INTO spool (fetch, start, data) VALUES (?,?,?)", fetch.key, start, data)

    def unspool(self, fetch: Fetch) -> None:
        """Let go of unverified bytes."""
        self._db.run("DELETE FROM spool WHERE fetch=?", fetch.key)

    def prefix(self, fetch: Fetch, item: Prefix) -> Iterator[bytes]:
        """The bytes that a prefix item names. Raises `FormatError` when they are not here."""
        if isinstance(item, OldRun | OldSlice):
            held = self._base(fetch, item.layer)
            run = range(item.first, item.first + item.count) if isinstance(item, OldRun) else (item.index,)
            if not run or run[-1] >= len(held):
                raise FormatError("group.prefix", "no such entry")
            for index in run:
                start, length = (item.offset, item.length) if isinstance(item, OldSlice) else (0, None)
                yield from self._blobs.read(held[index].blob, start, length)
            return
        yield from self._new(fetch, item)

    def _new(self, fetch: Fetch, item: NewRun | NewSlice) -> Iterator[bytes]:
        first, count = (item.first, item.count) if isinstance(item, NewRun) else (item.piece, 1)
        rows = self._db.all(
            "SELECT blob, start, length FROM fetch_piece"
            " WHERE fetch=? AND layer=? AND number>=? AND number<? ORDER BY number",
            *(fetch.key, item.layer, first, first + count),
        )
        if len(rows) != count:
            raise FormatError("group.prefix", "no such piece")
        for blob, start, length in rows:
            if isinstance(item, NewSlice):
                yield from self._blobs.read(blob, start + item.offset, min(item.length, length - item.offset))
            else:
                yield from self._blobs.read(blob, start, length)

    def _base(self, fetch: Fetch, layer: int) -> list[Held]:
        if layer >= len(fetch.first.layers):
            raise FormatError("group.prefix", "no such layer")
        if fetch.base == 0:
            return []
        # The base stays as it is until the switch: read once, not once a group.
        at = (fetch.key, layer)
        if at not in self._bases:
            self._bases[at] = self._courses.held(fetch.course, fetch.first.layers[layer].name)
        return self._bases[at]

    def apply(self, fetch: Fetch, number: int, layer: int, group: Group) -> None:
        """Take a verified group in: its changes and its bytes, in one transaction."""
        name = fetch.first.layers[layer].name
        base = self._base(fetch, layer)
        with self._db.transaction():
            if self._db.value("SELECT 1 FROM fetch_group WHERE fetch=? AND number=?", fetch.key, number):
                return
            for index in group.table.removed:
                self._change(fetch, name, _nth(base, index).path, None, 0, 0)
            for move in group.table.moved:
                source = _nth(base, move.index)
                self._change(fetch, name, move.path, source.blob, source.size, source.size)
            for put, data in group.pieces():
                path = put.path or _nth(base, put.index).path
                self._put(fetch, (layer, name), path, put, data)
            self._db.run("INSERT INTO fetch_group VALUES (?,?)", fetch.key, number)
            self.unspool(fetch)

    def _put(self, fetch: Fetch, layer: tuple[int, str], path: str, put: Put, data: bytes) -> None:
        index, name = layer
        if put.offset == 0:
            blob = self._blobs.add(data) if put.length == put.size else self._blobs.start(put.size)
        else:
            row = self._db.one(
                "SELECT blob, arrived, size FROM fetch_change WHERE fetch=? AND layer=? AND path=?",
                fetch.key,
                name,
                path,
            )
            if row is None or row[0] is None or row[1:] != (put.offset, put.size):
                raise FormatError("table.put", "a piece out of order")
            blob = row[0]
        if put.length != put.size:
            self._blobs.write(blob, put.offset, data)
        number = self._db.value(
            "SELECT coalesce(max(number) + 1, 0) FROM fetch_piece WHERE fetch=? AND layer=?", fetch.key, index
        )
        self._db.run(
            "INSERT INTO fetch_piece VALUES (?,?,?,?,?,?)", fetch.key, index, number, blob, put.offset, put.length
        )
        if put.length != put.size and put.offset + put.length == put.size:
            whole = self._blobs.finish(blob)
            self._db.run("UPDATE fetch_piece SET blob=? WHERE fetch=? AND blob=?", whole, fetch.key, blob)
            blob = whole
        self._change(fetch, name, path, blob, put.size, put.offset + put.length)

    def _change(self, fetch: Fetch, layer: str, path: str, blob: int | None, size: int, arrived: int) -> None:
        self._db.run(
            "INSERT OR REPLACE INTO fetch_change VALUES (?,?,?,?,?,?)", fetch.key, layer, path, blob, size, arrived
        )

    def finish(self, fetch: Fetch) -> int:
        """Switch the course to the fetched edition, if every layer's digest is the signed one; bytes freed.

        Raises `WrongBaseError` when a digest differs: then nothing was switched, and the fetch is let go.
        """
        layers: dict[str, tuple[bytes, list[Held] | None]] = {}
        # From nothing, an edition replaces what is here; layers added to the edition that is here leave the others.
        kept = fetch.base > 0 or fetch.edition == self._courses.by_key(fetch.course).edition
        unchanged = self._courses.layers(fetch.course) if kept else {}
        for index in fetch.layers:
            line = fetch.first.layers[index]
            if not line.result:
                continue
            entries = self._result(fetch, line)
            digest = self._courses.listing_of(entries).digest()
            if digest[: len(line.result)] != line.result:
                self.drop(fetch.course)
                raise WrongBaseError(name=line.name)
            unchanged.pop(line.name, None)
            if entries:
                layers[line.name] = (digest, entries)
        for name, digest in unchanged.items():
            layers[name] = (digest, None)
        with self._db.transaction():
            self._courses.install(fetch.course, fetch.edition, layers, fetch.have)
            self.drop(fetch.course)
            freed = self._blobs.sweep()
        self._db.give_back()
        return freed

    def _result(self, fetch: Fetch, line: LayerLine) -> list[Held]:
        base = [] if fetch.base == 0 else self._courses.held(fetch.course, line.name)
        entries = {h.path: h for h in base}
        rows = self._db.all(
            "SELECT path, size, blob, arrived FROM fetch_change WHERE fetch=? AND layer=?", fetch.key, line.name
        )
        for path, size, blob, arrived in rows:
            if blob is None:
                entries.pop(path, None)
            elif arrived == size:
                entries[path] = Held(line.name, path, size, blob)
        return list(entries.values())


def _nth(held: list[Held], index: int) -> Held:
    if index >= len(held):
        raise FormatError("table", "no such entry")
    return held[index]

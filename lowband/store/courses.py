"""Courses and their installed editions.

1. All installed layers of a course are of one edition; they switch together, in one transaction.
2. What a reader sees is the installed edition; before the first one is whole, the verified groups that are here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lowband.errors import FormatError, NotHereError
from lowband.model.edition import Entry, Listing
from lowband.model.trust import Record
from lowband.store.blobs import Blobs
from lowband.store.db import Db


@dataclass(frozen=True, slots=True)
class Course:
    """One course as this device knows it."""

    key: int
    catalogue: bytes
    name: str
    record: Record | None  # the newest verified one
    edition: int  # installed; 0 = none yet
    have: str  # what was asked for when it was installed, as `sync` spelled it
    flag: str  # why its publisher is no longer trusted; empty when all is well


@dataclass(frozen=True, slots=True)
class Held:
    """An entry on this device."""

    layer: str
    path: str
    size: int
    blob: int


class Courses:
    """Editions on this device."""

    def __init__(self, db: Db, blobs: Blobs) -> None:
        self._db = db
        self._blobs = blobs

    def all(self, catalogue: bytes | None = None) -> list[Course]:
        """Every course known, by name."""
        where, values = ("WHERE catalogue=?", (catalogue,)) if catalogue else ("", ())
        rows = self._db.all(
            f"SELECT id, catalogue, name, record, have, flag FROM course {where} ORDER BY name", *values
        )
        return [self._course(row) for row in rows]

    def named(self, name: str) -> Course:
        """The course called `name`. Raises `NotHereError`."""
        found = [c for c in self.all() if c.name == name]
        if not found:
            raise NotHereError(name=name)
        return found[0]

    def by_key(self, key: int) -> Course:
        """The course with that number in this store."""
        return self._course(self._db.one("SELECT id, catalogue, name, record, have, flag FROM course WHERE id=?", key))

    def _course(self, row: tuple[int, bytes, str, bytes | None, str, str]) -> Course:
        key, catalogue, name, record, have, flag = row
        edition = self._db.value("SELECT max(edition) FROM layer WHERE course=?", key) or 0
        return Course(key, catalogue, name, _parsed(record), edition, have, flag)

    def note(self, catalogue: bytes, name: str) -> int:
        """The number of the course, made known if it was not."""
        self._db.run("INSERT OR IGNORE INTO course (catalogue, name) VALUES (?,?)", catalogue, name)
        return int(self._db.value("SELECT id FROM course WHERE catalogue=? AND name=?", catalogue, name))

    def record_bytes(self, key: int) -> bytes | None:
        """The newest verified record as it travelled; None when there is none, or what is kept of it is damaged."""
        found: bytes | None = self._db.value("SELECT record FROM course WHERE id=?", key)
        return found if _parsed(found) else None

    def keep_record(self, key: int, record: bytes) -> None:
        """Keep a verified record; the course's flag is lifted."""
        self._db.run("UPDATE course SET record=?, flag='' WHERE id=?", record, key)

    def set_flag(self, key: int, flag: str) -> None:
        """Say why the course's publisher is not trusted now."""
        self._db.run("UPDATE course SET flag=? WHERE id=?", flag, key)

    def layers(self, key: int) -> dict[str, bytes]:
        """Installed layers and the digests of their listings."""
        return dict(self._db.all("SELECT name, digest FROM layer WHERE course=? ORDER BY name", key))

    def held(self, key: int, layer: str | None = None) -> list[Held]:
        """Entries of the installed edition, by path."""
        clause, values = (" AND layer=?", (layer,)) if layer is not None else ("", ())
        sql = f"SELECT layer, path, size, blob FROM entry WHERE course=?{clause} ORDER BY path"
        return [Held(*row) for row in self._db.all(sql, key, *values)]

    def visible(self, key: int) -> list[Held]:
        """What a reader may open: the installed edition, else what has arrived whole of the first one."""
        held = self.held(key)
        if held:
            return held
        sql = (
            "SELECT c.layer, c.path, c.size, c.blob FROM fetch_change c JOIN fetch f ON f.id = c.fetch"
            " WHERE f.course=? AND c.blob IS NOT NULL AND c.arrived = c.size ORDER BY c.path"
        )
        return [Held(*row) for row in self._db.all(sql, key)]

    def find(self, key: int, path: str) -> Held:
        """The visible entry at `path`. Raises `NotHereError`."""
        found = next((h for h in self.visible(key) if h.path == path), None)
        if found is None:
            raise NotHereError(name=path)
        return found

    def listing(self, key: int, layer: str) -> Listing:
        """The installed listing of a layer, in the order that bundles count by."""
        return self.listing_of(self.held(key, layer))

    def listing_of(self, held: Iterable[Held]) -> Listing:
        """A listing with the hashes of what is held."""
        return Listing.of(Entry(h.path, h.size, self._blobs.about(h.blob)[0] or b"") for h in held)

    def install(self, key: int, edition: int, layers: Mapping[str, tuple[bytes, list[Held] | None]], have: str) -> None:
        """Switch the course to `edition`: per layer its digest and its entries (None: unchanged). One transaction.

        Layers not named are let go.
        """
        with self._db.transaction():
            for (gone,) in self._db.all("SELECT DISTINCT layer FROM entry WHERE course=?", key):
                if gone not in layers:
                    self._db.run("DELETE FROM entry WHERE course=? AND layer=?", key, gone)
            self._db.run("DELETE FROM layer WHERE course=?", key)
            for name, (digest, entries) in layers.items():
                self._db.run("INSERT INTO layer VALUES (?,?,?,?)", key, name, edition, digest)
                if entries is not None:
                    self._db.run("DELETE FROM entry WHERE course=? AND layer=?", key, name)
                    for e in entries:
                        self._db.run("INSERT INTO entry VALUES (?,?,?,?,?)", key, name, e.path, e.blob, e.size)
            self._db.run("UPDATE course SET have=? WHERE id=?", have, key)

    def narrow(self, key: int, layers: set[str]) -> None:
        """Let go of installed layers that are not among `layers`, and of the bytes that only they had."""
        kept: dict[str, tuple[bytes, list[Held] | None]] = {
            name: (digest, None) for name, digest in self.layers(key).items() if name in layers
        }
        course = self.by_key(key)
        if kept and kept.keys() != self.layers(key).keys():
            with self._db.transaction():
                self.install(key, course.edition, kept, course.have)
                self._blobs.sweep()
            self._db.give_back()

    def set_have(self, key: int, have: str) -> None:
        """Remember what the installed layers were chosen by."""
        self._db.run("UPDATE course SET have=? WHERE id=?", have, key)


def _parsed(record: bytes | None) -> Record | None:
    """A record kept here; damage makes it as good as none, and the next sync brings it again."""
    try:
        return Record.parse(record)[0] if record else None
    except FormatError:
        return None

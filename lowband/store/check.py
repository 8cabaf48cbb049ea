"""Finding damage: every byte that the store keeps is read and held against its hash.

1. Looking changes nothing; `disown` and `forget_words` are what makes damaged things fetchable again.
2. A file that SQLite itself calls damaged is salvaged into a new one: what is sound is copied, the rest is fetched.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lowband.errors import LowbandError
from lowband.model.trust import Record, Root
from lowband.store.catalogues import Catalogue
from lowband.store.store import Store
from lowband.trust import chain

Progress = Callable[[int, int], None]
"""Bytes checked, bytes in all."""


@dataclass(frozen=True, slots=True)
class Damage:
    """An entry whose bytes are not what was published, or (blob 0, the layer's name as path) a list of entries."""

    course: int
    layer: str
    path: str
    blob: int


def file_is_sound(store: Store) -> str:
    """Empty when SQLite finds its file whole, else its first complaint."""
    answer = str(store.db.value("PRAGMA integrity_check(1)"))
    return "" if answer == "ok" else answer


def find_damage(store: Store, progress: Progress) -> list[Damage]:
    """Every entry with damaged bytes."""
    blobs = store.db.all("SELECT id, size FROM blob WHERE id IN (SELECT blob FROM entry)")
    total, done, bad = sum(size for _, size in blobs), 0, set()
    for blob, size in blobs:
        if not store.blobs.sound(blob):
            bad.add(blob)
        done += size
        progress(done, total)
    rows = store.db.all("SELECT course, layer, path, blob FROM entry ORDER BY course, path")
    here = {blob for blob, _ in blobs} - bad
    return [Damage(*row) for row in rows if row[3] not in here] + _damaged_lists(store)


def _damaged_lists(store: Store) -> list[Damage]:
    """Layers whose entries are not those that their digest was made from."""
    digests = {(c, name): digest for c, name, digest in store.db.all("SELECT course, name, digest FROM layer")}
    known = digests.keys() | {tuple(row) for row in store.db.all("SELECT DISTINCT course, layer FROM entry")}
    return [Damage(c, name, name, 0) for c, name in sorted(known) if _digest(store, c, name) != digests.get((c, name))]


def _digest(store: Store, course: int, layer: str) -> bytes:
    try:
        return store.courses.listing(course, layer).digest()
    except LowbandError:  # names that no listing may have
        return b""


def broken_words(store: Store) -> list[tuple[str, str]]:
    """Signed words that no longer hold: (table, name of the catalogue or course)."""
    found = [("catalogue", c.id.hex()[:16]) for c in store.catalogues.all() if not _holds(c)]
    lines = {}
    for c in store.catalogues.all():
        if _holds(c) and c.state:
            lines.update({(c.id, line.course): line for line in c.state.courses})
    for catalogue, name, record in store.db.all("SELECT catalogue, name, record FROM course WHERE record NOTNULL"):
        line = lines.get((catalogue, name))
        try:
            edition = Record.parse(record)[0].edition
        except LowbandError:
            found.append(("course", name))
            continue
        if line and line.edition == edition and line.record_hash != hashlib.sha256(record).digest():
            found.append(("course", name))
    return found


def _holds(c: Catalogue) -> bool:
    try:
        root = Root.parse(c.root_bytes)[0]
        if root.version == 1:
            chain.accept_first_root(c.root_bytes, c.id)
        if c.head_bytes:
            state = chain.accept_state(c.state_bytes, chain.accept_head(c.head_bytes, root, c.id, chain.Seen()))
            chain.accept_delegations(c.delegations_bytes, state, root, c.id, chain.Seen())
    except LowbandError:
        return False
    return True


def forget_words(store: Store, broken: list[tuple[str, str]]) -> list[str]:
    """Let go of words that do not hold, so that a depot tells them again; the catalogues that must be joined again.

    Courses and content stay; so does the number of the newest head that was seen.
    """
    lost = []
    with store.db.transaction():
        for table, name in broken:
            if table == "course":
                store.db.run("UPDATE course SET record=NULL WHERE name=?", name)
                continue
            c = next(c for c in store.catalogues.all() if c.id.hex()[:16] == name)
            store.db.run("UPDATE catalogue SET head=NULL, state=NULL, delegations=NULL WHERE id=?", c.id)
            if not _holds(next(x for x in store.catalogues.all() if x.id == c.id)):
                store.db.run("DELETE FROM catalogue WHERE id=?", c.id)
                lost.append(name)
    return lost


def disown(store: Store, damage: list[Damage]) -> None:
    """Take their hashes from damaged blobs, so that fetched bytes are kept beside them and not mistaken for known."""
    with store.db.transaction():
        for blob in {d.blob for d in damage}:
            store.db.run("UPDATE blob SET sha=NULL WHERE id=?", blob)


_TABLES = ("catalogue", "depot", "setting", "course", "layer", "entry", "blob", "piece")


def salvage(damaged: Path, fresh: Path) -> int:
    """Copy what can be read of a damaged store into a new one at `fresh`; the number of rows copied.

    Downloads that were under way and the search index are left behind: both are made again.
    """
    Store(fresh).close()
    target = sqlite3.connect(fresh, isolation_level=None)
    source = sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)
    copied = 0
    try:
        target.execute("BEGIN")
        for table in _TABLES:
            copied += _copy(source, target, table)
        # Rows may be missing: what was asked for counts as not yet looked at, so that the next sync looks.
        target.execute("UPDATE course SET have=''")
        for table in ("layer", "entry"):
            target.execute(f"DELETE FROM {table} WHERE course NOT IN (SELECT id FROM course)")
        target.execute("COMMIT")
    finally:
        source.close()
        target.close()
    return copied


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    """Row by row from both ends, so that one bad page costs the rows on it and no others."""
    names = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    sql = f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    key = "course {0}, layer {0}, path {0}" if table == "entry" else "rowid {0}"
    count = 0
    for direction in ("ASC", "DESC"):
        try:
            rows = source.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {key.format(direction)}")
            while (row := rows.fetchone()) is not None:
                count += target.execute(sql, row).rowcount
            break
        except sqlite3.DatabaseError:
            continue
    return count

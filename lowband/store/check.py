"""Finding damage: every byte that the store keeps is read and held against its hash.

1. Looking changes nothing; `disown` is what makes a damaged blob fetchable again.
2. A file that SQLite itself calls damaged is salvaged into a new one: what is sound is copied, the rest is fetched.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lowband.errors import LowbandError
from lowband.store.store import Store

Progress = Callable[[int, int], None]
"""Bytes checked, bytes in all."""


@dataclass(frozen=True, slots=True)
class Damage:
    """An entry whose bytes are not what was published."""

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
    return [Damage(*row) for row in rows if row[3] in bad]


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
        target.execute("COMMIT")
    finally:
        source.close()
        target.close()
    return copied


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    """Row by row, so that one bad page costs the rows on it and no others."""
    names = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    sql = f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    count = 0
    try:
        rows = source.execute(f"SELECT {', '.join(names)} FROM {table}")
        while (row := rows.fetchone()) is not None:
            target.execute(sql, row)
            count += 1
    except (sqlite3.DatabaseError, LowbandError):
        return count
    return count

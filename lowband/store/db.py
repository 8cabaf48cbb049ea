"""The one SQLite file: opened safely, or refused with a clear word.

1. WAL and synchronous=FULL, and the pragma's answer is checked: what a transaction committed survives a power cut.
2. Every error of SQLite leaves here as a `StoreError`.
3. A file that cannot be written, or is damaged, opens read-only and says so.
Source: SQLite documentation (WAL, "How To Corrupt"); measured in notes on reliability.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lowband.errors import DamagedError, DiskFullError, LockedError, LowbandError, StoreError, VersionError

KEPT = 8  # one page of so many may be free
BATCH = 4096  # pages given back at once
SCHEMA = 1
"""The newest schema this program knows (PRAGMA user_version)."""


class Db:
    """A guarded connection to the store at `path`."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        with self._guard():
            self._conn = self._connect()
            self._prepare()

    def _connect(self) -> sqlite3.Connection:
        mode = "ro" if self.read_only else "rwc"
        # SQLite wants to write beside the file even to read it, unless it is told that nobody writes.
        still = self.read_only and not os.access(self.path.parent, os.W_OK)
        uri = f"{self.path.absolute().as_uri()}?mode={mode}{'&immutable=1' if still else ''}"
        conn = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10, check_same_thread=False)
        conn.execute("PRAGMA cache_size=-4096")
        conn.execute("PRAGMA temp_store=MEMORY")
        return conn

    def _prepare(self) -> None:
        found = self._conn.execute("PRAGMA user_version").fetchone()[0]
        if found > SCHEMA:
            raise VersionError(self.path.name, f"store {found}")
        if self.read_only:
            return
        if found == 0:
            # Pages must be asked to be given back before the first table exists.
            self._conn.execute("PRAGMA auto_vacuum=INCREMENTAL")
        if self._conn.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
            raise StoreError(detail="this disk does not keep a write-ahead log")
        self._conn.execute("PRAGMA synchronous=FULL")
        if found < SCHEMA:
            from lowband.store.migrations import migrate

            migrate(self._conn, SCHEMA)

    def run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Execute one statement."""
        with self._guard():
            return self._conn.execute(sql, values)

    def all(self, sql: str, *values: Any) -> list[Any]:
        """All rows of a query."""
        with self._guard():
            return self._conn.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> Any:
        """The first row of a query, or None."""
        with self._guard():
            return self._conn.execute(sql, values).fetchone()

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.one(sql, *values)
        return row[0] if row else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; safe on disk when it ends. Nested ones join the outer."""
        if self._inside():
            yield
            return
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        finally:
            if self._inside():
                self._conn.execute("ROLLBACK")

    def _inside(self) -> bool:
        return self._conn.in_transaction

    def give_back(self) -> None:
        """Return freed pages to the disk where they are many, and fold the log into the file.

        A few stay: the next edition needs them. They go back bit by bit, so that the log stays small.
        """
        with self._guard():
            free, before = self._count("freelist_count"), -1
            while free != before and free * KEPT > self._count("page_count"):
                # One page comes back with each step, and `execute` steps once where no columns are answered.
                self._conn.executescript(f"PRAGMA incremental_vacuum({BATCH})")
                self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                free, before = self._count("freelist_count"), free
            self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def _count(self, pragma: str) -> int:
        return int(self._conn.execute(f"PRAGMA {pragma}").fetchone()[0])

    def close(self) -> None:
        """Close the connection; may be called twice."""
        self._conn.close()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except LowbandError:
            raise
        except sqlite3.Error as error:
            raise self._turned(error) from error

    def _turned(self, error: sqlite3.Error) -> LowbandError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _free(self.path) < 1 << 20):
            return DiskFullError(needed="1 MB", free=f"{_free(self.path) // 1000} kB")
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return LockedError(name=self.path.name)
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return DamagedError(name=self.path.name, detail=error)
        return StoreError(detail=error)


def _free(path: Path) -> int:
    try:
        return shutil.disk_usage(path.parent).free
    except OSError as error:
        return 0 if error.errno == errno.ENOSPC else 1 << 62

"""The device's store: one file, its rooms, and the lock that one writer holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from lowband.store.blobs import Blobs
from lowband.store.catalogues import Catalogues
from lowband.store.courses import Courses
from lowband.store.db import Db
from lowband.store.fetches import Fetches
from lowband.store.lock import held
from lowband.store.words import Words


class Store:
    """Everything that this device keeps."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        """Open the store at `path`, made when it is not there. Raises `StoreError` and its kind."""
        self.path = path
        self.db = Db(path, read_only)
        self.blobs = Blobs(self.db)
        self.catalogues = Catalogues(self.db)
        self.courses = Courses(self.db, self.blobs)
        self.fetches = Fetches(self.db, self.blobs, self.courses)
        self.words = Words(self.db, self.courses)

    def setting(self, name: str, default: str = "") -> str:
        """A setting that the user chose."""
        found = self.db.value("SELECT value FROM setting WHERE name=?", name)
        return default if found is None else str(found)

    def choose(self, name: str, value: str) -> None:
        """Remember a setting."""
        self.db.run("INSERT OR REPLACE INTO setting VALUES (?,?)", name, value)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Only one lowband at a time does what follows. Raises `LockedError`."""
        with held(self.path.with_suffix(".lock")):
            yield

    def close(self) -> None:
        """Close the file; may be called twice."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

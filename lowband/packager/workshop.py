"""What the packager remembers of the editions it made: their entries, and the bytes behind them.

1. Bytes are kept once, by hash, in plain files; a damaged or missing one is found when it is read.
2. An edition is remembered after its record is in the depot: what is remembered was published.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from pathlib import Path

from lowband.errors import DamagedError
from lowband.packager.pack import Content, Item


class Workshop:
    """The packager's folder for one catalogue."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "objects").mkdir(parents=True, exist_ok=True)

    @property
    def bundles(self) -> Path:
        """Where bundles are made before they go to the depot."""
        path = self.folder / "bundles"
        path.mkdir(exist_ok=True)
        return path

    def keep(self, data: bytes) -> bytes:
        """The SHA-256 of `data`, which is kept."""
        sha = hashlib.sha256(data).digest()
        path = self._path(sha)
        if not path.exists():
            self._write(path, data)
        return sha

    def keep_file(self, source: Path) -> bytes:
        """The SHA-256 of a large file, which is kept without ever being in memory."""
        with source.open("rb") as file:
            sha = hashlib.file_digest(file, "sha256").digest()
        path = self._path(sha)
        if not path.exists():
            new = self._new(path)
            shutil.copyfile(source, new)
            new.replace(path)
        return sha

    def read(self, sha256: bytes, offset: int = 0, length: int | None = None) -> bytes:
        """Bytes of what has that hash. Raises `DamagedError`."""
        try:
            with self._path(sha256).open("rb") as file:
                file.seek(offset)
                return file.read() if length is None else file.read(length)
        except OSError as error:
            raise DamagedError(name=self._path(sha256), detail=error.strerror) from error

    def remember(self, course: str, content: Content, exact: bool) -> None:
        """Keep the list of a published edition."""
        rows = [[i.layer, i.path, i.size, i.sha256.hex(), list(i.rank), i.kind] for i in content.items]
        path = self._list(course, content.number)
        self._write(path, json.dumps({"exact": exact, "items": rows}, ensure_ascii=False).encode())

    def edition(self, course: str, number: int) -> Content | None:
        """A remembered edition; None when it was not made here or its bytes are gone."""
        found = self._load(course, number)
        if found is None:
            return None
        items = tuple(Item(y, p, size, bytes.fromhex(h), tuple(r), k) for y, p, size, h, r, k in found["items"])
        if any(not self._path(i.sha256).exists() for i in items):
            return None
        return Content(number, items, self.read)

    def was_exact(self, course: str, number: int) -> bool:
        """Whether that edition was published as it was, byte for byte."""
        found = self._load(course, number)
        return bool(found and found["exact"])

    def tidy(self) -> None:
        """Let go of bundles that were made; content stays, as later editions lean on it."""
        shutil.rmtree(self.bundles, ignore_errors=True)

    def _load(self, course: str, number: int) -> dict[str, list[tuple[str, str, int, str, list[int], str]]] | None:
        try:
            found = json.loads(self._list(course, number).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and "items" in found else None

    def _list(self, course: str, number: int) -> Path:
        return self.folder / "editions" / course / f"{number}.json"

    def _path(self, sha: bytes) -> Path:
        name = sha.hex()
        return self.folder / "objects" / name[:2] / name[2:]

    def _new(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.with_name(f"new-{secrets.token_hex(6)}")

    def _write(self, path: Path, data: bytes) -> None:
        new = self._new(path)
        try:
            with new.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)

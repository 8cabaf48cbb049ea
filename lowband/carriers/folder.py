"""A depot in a folder: on a disk, a network drive, a stick with FAT32.

1. Reading touches plain files under the folder, with a depot's names, and nothing else: no link is followed.
2. What `write` has returned from survives a power cut, on FAT too: temporary file, fsync, rename, reopen, fsync, fsync
   the folder, read back. On Linux vfat the steps up to the rename keep nothing.
3. Writing twice is writing once: a file that already holds the bytes is compared and left alone, a wrong one replaced.
4. Times, links, case and permissions mean nothing here.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from lowband.carriers.base import Ledger
from lowband.carriers.disk import Disk
from lowband.carriers.naming import check_depot_file
from lowband.errors import (
    CarrierError,
    CutError,
    DeniedError,
    DiskFullError,
    LowbandError,
    MissingError,
    UnreachableError,
)

CHUNK = 1 << 16  # bytes
_TEMPORARY = ".tmp"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_GONE = {errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.ESTALE, getattr(errno, "ENOMEDIUM", errno.ENODEV)}
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR}


class FolderCarrier:
    """The depot in folder `path`. Raises `CarrierError` and its kind; `DiskFullError` where writing finds no room."""

    def __init__(self, path: Path, name: str | None = None, disk: Disk | None = None) -> None:
        self.path = path
        self.name = name or str(path)
        self.ledger = Ledger()
        self.unless = self.tag = ""
        self._disk = disk or Disk()

    def read(self, file: str, start: int = 0, most: int | None = None) -> Generator[bytes, None, None]:
        """See `Carrier.read`; chunks of at most 64 KiB."""
        path = self.path / check_depot_file(file)
        self.ledger.requests += 1
        with self._telling(file, writing=False), self._open(path) as handle:
            if start:
                self._disk.seek(handle, start)
            while most is None or most > 0:
                chunk = self._disk.read(handle, CHUNK if most is None else min(CHUNK, most))
                if not chunk:
                    return
                self.ledger.down += len(chunk)
                most = None if most is None else most - len(chunk)
                yield chunk

    def write(self, file: str, chunks: Iterator[bytes]) -> None:
        """See `Carrier.write`; a file that already holds the same bytes is left alone."""
        path = self.path / check_depot_file(file)
        self.ledger.requests += 1
        with self._telling(file, writing=True):
            made = self._folder_of(path)
            meant = _Meant(chunks)
            same, rest = self._compare(path, iter(meant))
            if rest is None:
                self._settle_again(path, made)
                return
            self._replace(path, same, rest)
            self._settle(path, made)
            self._read_back(path, meant)

    def has(self, file: str) -> bool:
        """See `Carrier.has`; an empty file, a link or a folder counts as not there."""
        path = self.path / check_depot_file(file)
        self.ledger.requests += 1
        try:
            with self._telling(file, writing=False):
                found = self._status(path)
        except MissingError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size > 0

    def size(self, file: str) -> int:
        """Bytes of `file`. Raises as `read` does."""
        with self._telling(file, writing=False), self._open(self.path / check_depot_file(file)) as handle:
            return self._disk.measure(handle).st_size

    def close(self) -> None:
        """Nothing is held open."""

    def tidy(self) -> int:
        """Remove the temporary files that a power cut left; how many. Nobody else may be writing here."""
        removed = 0
        with self._telling("", writing=True):
            folders = [self.path / name for name in self._disk.names(self.path)]
            for folder in [self.path, *(f for f in folders if stat.S_ISDIR(self._disk.status(f).st_mode))]:
                for name in self._disk.names(folder):
                    if name.startswith("~") and name.endswith(_TEMPORARY):
                        self._disk.remove(folder / name)
                        removed += 1
        return removed

    def _status(self, path: Path) -> os.stat_result:
        """What a depot's file is; a folder between here and there that is a link counts as absent."""
        if path.parent != self.path and not stat.S_ISDIR(self._disk.status(path.parent).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "not a folder")
        return self._disk.status(path)

    @contextmanager
    def _open(self, path: Path) -> Iterator[int]:
        """A descriptor of the plain file `path`; anything else counts as absent."""
        if not stat.S_ISREG(self._status(path).st_mode):  # also where the system has no O_NOFOLLOW
            raise FileNotFoundError(errno.ENOENT, "not a plain file")
        handle = self._disk.open_reading(path)
        try:
            if not stat.S_ISREG(self._disk.measure(handle).st_mode):
                raise FileNotFoundError(errno.ENOENT, "not a plain file")
            yield handle
        finally:
            with suppress(OSError):  # a stick that is gone fails here too, and has nothing to keep
                self._disk.close(handle)

    def _folder_of(self, path: Path) -> bool:
        """Make the folder of `path` where it lacks; whether it was made."""
        if path.parent == self.path:
            return False
        with suppress(FileExistsError):
            self._disk.make_folder(path.parent)
            return True
        if not stat.S_ISDIR(self._disk.status(path.parent).st_mode):
            raise FileExistsError(errno.EEXIST, "something else has the folder's name")
        return False

    def _compare(self, path: Path, chunks: Iterator[bytes]) -> tuple[int, Iterator[bytes] | None]:
        """How many bytes the file already has in common with `chunks`, and what comes after; None when it has all."""
        try:
            with self._open(path) as handle:
                same, other = self._common(handle, chunks)
                if other is not None:
                    return same, chain([other], chunks)
                if self._disk.measure(handle).st_size == same > 0:
                    return same, None
                return same, iter(())
        except FileNotFoundError:
            return 0, chunks

    def _common(self, handle: int, chunks: Iterator[bytes]) -> tuple[int, bytes | None]:
        """Bytes alike from the front, and the first chunk that is not."""
        same = 0
        for chunk in chunks:
            try:
                alike = self._take(handle, len(chunk)) == chunk
            except OSError:  # a sector that cannot be read is a wrong one: write it anew
                alike = False
            if not alike:
                return same, chunk
            same += len(chunk)
        return same, None

    def _take(self, handle: int, count: int) -> bytes:
        """`count` bytes, fewer only at the end of the file."""
        got = b""
        while len(got) < count and (more := self._disk.read(handle, count - len(got))):
            got += more
        return got

    def _prefix(self, path: Path, length: int) -> Iterator[bytes]:
        """The first `length` bytes of what is there."""
        if length:
            with self._open(path) as handle:
                while length and (chunk := self._disk.read(handle, min(CHUNK, length))):
                    length -= len(chunk)
                    yield chunk

    def _replace(self, path: Path, same: int, rest: Iterator[bytes]) -> None:
        """Write `same` bytes of the present file and `rest` beside it, sync, and rename."""
        beside = path.with_name(f"~{secrets.token_hex(6)}{_TEMPORARY}")
        handle = self._disk.create(beside)
        try:
            try:
                length = self._pour(handle, chain(self._prefix(path, same), rest))
                if self._disk.measure(handle).st_size != length:
                    raise OSError(errno.EIO, "the file has another length than was written")
                self._disk.sync(handle)
            finally:
                self._disk.close(handle)
            self._disk.rename(beside, path)
        except BaseException:
            with suppress(OSError):
                self._disk.remove(beside)
            raise

    def _pour(self, handle: int, chunks: Iterator[bytes]) -> int:
        """Write all of `chunks`; their length."""
        length = 0
        for chunk in chunks:
            left = memoryview(chunk)
            while left:
                done = self._disk.write(handle, left)
                if done <= 0:
                    raise OSError(errno.EIO, "nothing was written")
                left = left[done:]
            length += len(chunk)
            self.ledger.up += len(chunk)
        return length

    def _settle(self, path: Path, made: bool) -> None:
        """Have file and names reach the device: FAT writes a renamed file's size only when it is synced again."""
        handle = self._disk.open_syncing(path)
        try:
            self._disk.sync(handle)
        finally:
            self._disk.close(handle)
        self._disk.sync_folder(path.parent)
        if made:
            self._disk.sync_folder(self.path)

    def _settle_again(self, path: Path, made: bool) -> None:
        """Settle a file that was there; on a device that is read-only there is nothing to settle."""
        try:
            self._settle(path, made)
        except OSError as error:
            if error.errno != errno.EROFS:
                raise

    def _read_back(self, path: Path, meant: _Meant) -> None:
        """Compare what the device holds with what was meant; a wrong file is removed."""
        found, count = hashlib.sha256(), 0
        with self._open(path) as handle:
            self._disk.forget(handle)
            while chunk := self._disk.read(handle, CHUNK):
                found.update(chunk)
                count += len(chunk)
        if count != meant.length or found.digest() != meant.digest.digest():
            with suppress(OSError):
                self._disk.remove(path)
            detail = f"read back other bytes than were written ({count} of {meant.length} B)"
            raise CarrierError(depot=self.name, name=path.name, detail=detail)

    # what the system's errors mean

    @contextmanager
    def _telling(self, file: str, writing: bool) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._meaning(error, file, writing) from error

    def _meaning(self, error: OSError, file: str, writing: bool) -> LowbandError:
        facts = {"depot": self.name, "name": file, "detail": error.strerror or type(error).__name__}
        number = error.errno
        if number in _FULL:
            return DiskFullError(**facts, needed="more", free=self._free())
        if number in _GONE:
            return CutError(**facts)
        if not self._disk.is_folder(self.path):
            return UnreachableError(**{**facts, "detail": "no such folder"})
        if number in _ABSENT and not writing:
            return MissingError(**facts)
        if number in (errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG):
            return DeniedError(**facts)
        return CarrierError(**facts)

    def _free(self) -> str:
        try:
            return f"{self._disk.free(self.path)} B"
        except OSError:
            return "?"


class _Meant:
    """The bytes a caller hands over, and their SHA-256 and length so far: what a file is held against in the end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.digest = hashlib.sha256()
        self.length = 0
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.digest.update(chunk)
            self.length += len(chunk)
            yield chunk

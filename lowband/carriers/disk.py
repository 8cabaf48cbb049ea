"""The few operations on a file system that a folder carrier needs; tests put a failing one in its place.

1. One method, one system call: what can fail can be made to fail.
2. Links are never followed, and a FIFO or a device never blocks an opening.
3. What a system does not offer (syncing a folder, dropping the cache) is left out in silence; what fails is not.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}  # file systems that cannot sync a folder say so with these


class Disk:
    """The real file system. Every method raises `OSError` as the system does."""

    def status(self, path: Path) -> os.stat_result:
        """What `path` is, a link not followed."""
        return os.lstat(path)

    def is_folder(self, path: Path) -> bool:
        """Whether `path` is a folder, or a link to one (a mount point may be)."""
        return path.is_dir()

    def open_reading(self, path: Path) -> int:
        """A descriptor that reads an existing file."""
        return os.open(path, os.O_RDONLY | _PLAIN)

    def open_syncing(self, path: Path) -> int:
        """A descriptor of an existing file that may be synced (Windows asks for the right to write)."""
        return os.open(path, os.O_RDWR | _PLAIN)

    def create(self, path: Path) -> int:
        """A descriptor that writes a file which was not there."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN, 0o644)

    def measure(self, handle: int) -> os.stat_result:
        """What the open file is."""
        return os.fstat(handle)

    def seek(self, handle: int, offset: int) -> None:
        """Go to byte `offset`."""
        os.lseek(handle, offset, os.SEEK_SET)

    def read(self, handle: int, count: int) -> bytes:
        """Up to `count` bytes; none at the end."""
        return os.read(handle, count)

    def write(self, handle: int, data: bytes | memoryview) -> int:
        """Write some of `data`; how many bytes."""
        return os.write(handle, data)

    def sync(self, handle: int) -> None:
        """Have the file's bytes reach the device."""
        os.fsync(handle)

    def forget(self, handle: int) -> None:
        """Drop the cached bytes, so that reading asks the device."""
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)

    def close(self, handle: int) -> None:
        """Let the descriptor go."""
        os.close(handle)

    def rename(self, old: Path, new: Path) -> None:
        """Put `old` in the place of `new`."""
        os.replace(old, new)

    def remove(self, path: Path) -> None:
        """Remove one file."""
        os.unlink(path)

    def make_folder(self, path: Path) -> None:
        """Make one folder."""
        os.mkdir(path, 0o755)

    def sync_folder(self, path: Path) -> None:
        """Have the folder's names reach the device, where the system can."""
        if not hasattr(os, "O_DIRECTORY"):
            return
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in _NO_SYNC:
                raise
        finally:
            os.close(handle)

    def names(self, path: Path) -> list[str]:
        """The names in a folder."""
        return os.listdir(path)

    def free(self, path: Path) -> int:
        """Bytes free where `path` lies."""
        return shutil.disk_usage(path).free

"""A stick that fails at a chosen operation: the disk under a folder carrier, with one fault in it.

1. Operations are counted as the carrier makes them; the fault strikes before operation `at`.
2. Nothing is truly synced: the fault decides what reaches the device, not this machine's disk.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from lowband.carriers.disk import Disk

MUTATING = {"create", "open_syncing", "write", "sync", "rename", "remove", "make_folder", "sync_folder"}
FAULTS = ["yank", "eio", "erofs", "enospc", "short", "lie", "zero", "vanish"]


class FaultyDisk(Disk):
    """`target`'s file system, where `fault` strikes at operation `at`; `count` operations were made."""

    def __init__(self, target: Path, fault: str = "", at: int = -1) -> None:
        self.target, self.fault, self.at = target, fault, at
        self.count = 0
        self.names_made: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        method = super().__getattribute__(name)
        return _Operation(self, name, method) if hasattr(Disk, name) and not name.startswith("_") else method

    def strike(self, name: str) -> None:
        """Do what the fault does before operation `name`, the one numbered `count`."""
        fault, now, after = self.fault, self.count == self.at, 0 <= self.at <= self.count
        if after and fault == "yank":
            raise OSError(errno.ENODEV if self.count % 2 else errno.EIO, "gone")
        if now and fault == "eio":
            raise OSError(errno.EIO, "Input/output error")
        if after and fault in ("erofs", "enospc") and name in MUTATING - {"remove", "sync_folder"}:
            number = errno.EROFS if fault == "erofs" else errno.ENOSPC
            raise OSError(number, os.strerror(number))
        if now and fault == "zero":
            for file in self._struck():
                os.truncate(file, 0)
        if now and fault == "vanish":
            for file in self._struck():
                file.unlink()

    def _struck(self) -> list[Path]:
        """The file that is meant, and what is being written beside it."""
        with suppress(OSError):
            return [f for f in Path(self.target).parent.iterdir() if f == self.target or f.name.startswith("~")]
        return []


class _Operation:
    """One method of the disk, counted and struck."""

    def __init__(self, disk: FaultyDisk, name: str, method: Callable[..., Any]) -> None:
        self._disk, self._name, self._method = disk, name, method

    def __call__(self, *arguments: Any) -> Any:
        disk, name = self._disk, self._name
        if name in ("is_folder", "free"):  # asked only to tell what an error means
            return self._method(*arguments)
        now = disk.count == disk.at
        disk.names_made.append(name)
        try:
            disk.strike(name)
        except OSError:
            if name == "close":
                os.close(arguments[0])
            raise
        finally:
            disk.count += 1
        if name in ("sync", "sync_folder", "forget"):
            return None
        if now and name == "write" and disk.fault in ("short", "lie"):
            return self._write_badly(*arguments)
        if now and name == "read" and disk.fault == "short":
            return self._method(arguments[0], max(1, arguments[1] // 3))
        return self._method(*arguments)

    def _write_badly(self, handle: int, data: memoryview) -> int:
        if self._disk.fault == "short":
            return os.write(handle, data[: max(1, len(data) // 3)])
        return os.write(handle, bytes(len(data)))

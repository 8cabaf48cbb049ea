"""Work in a child process that kill -9 ends at a chosen seam.

1. A seam is every statement to the store (BEGIN and COMMIT among them), every chunk from a depot, every operation on a
   depot's files, every fsync and rename: the child dies before the one numbered `at`.
2. What the child fetched is counted in memory that outlives it.
"""

from __future__ import annotations

import gc
import mmap
import os
import signal
from collections.abc import Callable, Generator
from typing import Any

from lowband.carriers.disk import Disk
from lowband.store.db import Db
from tests.world_depots import Files, Listed


class Tally:
    """A number shared with children."""

    def __init__(self) -> None:
        self._room = mmap.mmap(-1, 8)

    def add(self, count: int) -> None:
        """Count."""
        self._room[:8] = (self.value + count).to_bytes(8, "little")

    @property
    def value(self) -> int:
        """The sum so far."""
        return int.from_bytes(self._room[:8], "little")


class Counted(Listed):
    """A depot that tells a tally of every byte of its `bundles`."""

    def __init__(self, files: Files, bundles: set[str], tally: Tally, seam: Callable[[], None], step: int) -> None:
        super().__init__(files, "depot", step)
        self._bundles, self._tally, self._seam = bundles, tally, seam

    def read(self, file: str, start: int = 0, most: int | None = None) -> Generator[bytes, None, None]:
        """See `Carrier.read`."""
        for chunk in super().read(file, start, most):
            self._seam()
            if file in self._bundles:
                self._tally.add(len(chunk))
            yield chunk


class Seams:
    """Counts seams; at number `at` the process is no more."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, owner: Any, *names: str) -> None:
        """Put a seam before each call of `owner`'s functions so named. For good: only a child does this."""
        for name in names:
            original = getattr(owner, name)

            def struck(*given: Any, _original: Callable[..., Any] = original, **named: Any) -> Any:
                self()
                return _original(*given, **named)

            setattr(owner, name, struck)

    def everywhere(self) -> None:
        """All seams of store, depots and files."""
        self.before(Db, "run", "give_back")
        self.before(Disk, "create", "write", "sync", "rename", "sync_folder", "make_folder", "open_syncing")
        self.before(os, "fsync", "replace")


def killed(at: int, work: Callable[[Seams], None]) -> bool:
    """Do `work` in a child that dies at seam `at`; whether it died. An exception in the child fails the test."""
    gc.collect(0)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            seams = Seams(at)
            work(seams)
            status = 0
        except BaseException:  # noqa: BLE001  the child tells by its status, and must never return into the test
            import traceback

            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False

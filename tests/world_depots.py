"""Depots that are cut, that corrupt, lie, stall or never end; but for its fault each keeps the contract of `Carrier`.

1. Each has one fault, at a place that the test chooses; what it gives is counted to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from lowband.carriers.memory import MemoryCarrier
from lowband.errors import CutError, SlowError, UnreachableError

Files = dict[str, bytes]


class Listed(MemoryCarrier):
    """A sound depot that hands over `step` bytes at a time and remembers what was asked: (file, start, bytes given)."""

    def __init__(self, files: Files, name: str = "listed", step: int = 1 << 14) -> None:
        super().__init__(files, name)
        self.step = step
        self.asked: list[list[object]] = []

    def read(self, file: str, start: int = 0, most: int | None = None) -> Generator[bytes, None, None]:
        """See `Carrier.read`."""
        entry: list[object] = [file, start, 0]
        self.asked.append(entry)
        given = 0
        before = self.ledger.down
        for chunk in super().read(file, start, most):
            self.ledger.down = before + given  # what the reader did not take was not fetched
            for at in range(0, len(chunk), self.step):
                part = chunk[at : at + self.step]
                given += len(part)
                self.ledger.down = before + given
                entry[2] = given
                yield part

    def bytes_of(self, file: str) -> int:
        """Bytes handed over of one file."""
        return sum(int(str(given)) for name, _, given in self.asked if name == file)


class Cut(Listed):
    """The line drops after each `at` bytes of any file but the one named `whole`."""

    def __init__(self, files: Files, at: int, name: str = "cut", step: int = 1 << 14, whole: str = "") -> None:
        super().__init__(files, name, step)
        self.at, self.whole = at, whole
        self.cuts = 0

    def read(self, file: str, start: int = 0, most: int | None = None) -> Generator[bytes, None, None]:
        """See `Carrier.read`."""
        room = 1 << 60 if file == self.whole else self.at
        yield from super().read(file, start, room if most is None else min(room, most))
        left = len(self.files[file]) - start
        wanted = left if most is None else min(most, left)
        if wanted > room:
            self.cuts += 1
            raise CutError(depot=self.name, detail="cut")


class Once(Listed):
    """The line drops once, after `at` bytes in all."""

    def __init__(self, files: Files, at: int, name: str = "once", step: int = 64) -> None:
        super().__init__(files, name, step)
        self.left: int | None = at

    def read(self, file: str, start: int = 0, most: int | None = None) -> Generator[bytes, None, None]:
        """See `Carrier.read`."""
        for chunk in super().read(file, start, most):
            if self.left is not None and len(chunk) > self.left:
                given, self.left = chunk[: self.left], None
                self.ledger.down -= len(chunk) - len(given)
                if given:
                    yield given
                raise CutError(depot=self.name, detail="cut")
            if self.left is not None:
                self.left -= len(chunk)
            yield chunk


Change = Callable[[str, bytes], bytes]


class Changed(MemoryCarrier):
    """A depot whose files are what `change` makes of them."""

    def __init__(self, files: Files, change: Change, name: str = "changed") -> None:
        super().__init__({file: change(file, content) for file, content in files.items()}, name)


def flipped(file: str, at: int, mask: int = 1) -> Change:
    """Byte `at` of `file` with the bits of `mask` turned."""

    def change(name: str, content: bytes) -> bytes:
        if name != file:
            return content
        return content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :]

    return change


class Endless(MemoryCarrier):
    """A depot whose files of more than `least` bytes never end: after their own bytes come zeros, for ever."""

    def __init__(self, files: Files, name: str = "endless", least: int = 0) -> None:
        super().__init__(files, name)
        self.least = least

    def read(self, file: str, start: int = 0, most: int | None = None) -> Generator[bytes, None, None]:
        """Breaks the contract: `most` means nothing to it."""
        yield from super().read(file, start, None)
        while len(self.files.get(file, b"")) > self.least:
            self.ledger.down += 1 << 12
            yield bytes(1 << 12)


class Dead(MemoryCarrier):
    """A depot that never answers."""

    def read(self, file: str, start: int = 0, most: int | None = None) -> Generator[bytes, None, None]:
        """Raises."""
        self.ledger.requests += 1
        yield from self._nothing()

    def _nothing(self) -> Generator[bytes, None, None]:
        if self.name:
            raise UnreachableError(depot=self.name, detail="no answer")
        yield b""


class Slow(Listed):
    """A line that brings `bytes_first` bytes of each answer and then nothing worth waiting for."""

    def __init__(self, files: Files, bytes_first: int, name: str = "slow") -> None:
        super().__init__(files, name, 16)
        self.first = bytes_first

    def read(self, file: str, start: int = 0, most: int | None = None) -> Generator[bytes, None, None]:
        """See `Carrier.read`; raises SlowError as a carrier with a least useful rate does."""
        given = 0
        for chunk in super().read(file, start, most):
            given += len(chunk)
            yield chunk
            if given >= self.first:
                raise SlowError(depot=self.name, detail="3 B/s")


class Full(MemoryCarrier):
    """A depot that takes `room` bytes more and then has none left; what it holds already it still gives."""

    def __init__(self, files: Files, room: int, name: str = "full") -> None:
        super().__init__(files, name)
        self.room = room

    def write(self, file: str, chunks: Iterator[bytes]) -> None:
        """See `Carrier.write`."""
        from lowband.errors import DiskFullError

        content = b"".join(chunks)
        if self.files.get(file) != content and len(content) > self.room:
            raise DiskFullError(depot=self.name, needed=f"{len(content)} B", free=f"{self.room} B")
        self.room -= len(content)
        super().write(file, iter([content]))

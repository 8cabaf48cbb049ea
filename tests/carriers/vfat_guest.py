"""What runs inside the machine whose power is cut: a depot written, or checked, on a mounted stick.

1. `write FOLDER careful|careless` writes objects and heads for ever, one line for each that was acknowledged.
2. `check FOLDER COUNT` says how many of the first COUNT are there, whole.
"""

from __future__ import annotations

import hashlib
import itertools
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lowband.carriers.disk import Disk
from lowband.carriers.folder import FolderCarrier
from lowband.errors import CarrierError
from lowband.model.depot import object_name, part_name

SIZES = (300_000, 180, 70_000, 5_000)


class Careless(Disk):
    """A disk that leaves out what comes after the rename, as most programs do."""

    def open_syncing(self, path: Path) -> int:
        """A descriptor that nobody syncs for real."""
        return self.open_reading(path)

    def sync(self, handle: int) -> None:
        """Only what is being written is synced."""
        import fcntl
        import os

        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY:
            super().sync(handle)

    def sync_folder(self, path: Path) -> None:
        """Nothing."""

    def forget(self, handle: int) -> None:
        """Nothing."""


def item(number: int) -> tuple[str, bytes]:
    """Name and content of the file that is written as the `number`th."""
    seed = hashlib.sha256(b"%d" % number).digest()
    if number % 7 == 6:
        return "head", b"head %06d" % number + seed
    content = seed * (SIZES[number % len(SIZES)] // 32) + b"%d" % number
    return part_name(object_name(hashlib.sha256(content).digest()), number % 3), content


def chunks(content: bytes) -> Iterator[bytes]:
    """`content` in pieces."""
    for place in range(0, len(content), 65_536):
        yield content[place : place + 65_536]


def write(folder: Path, careful: bool) -> None:
    """Write for ever, a line after each file that `write` has returned from."""
    folder.mkdir(exist_ok=True)
    carrier = FolderCarrier(folder, disk=Disk() if careful else Careless())
    for number in itertools.count():
        name, content = item(number)
        carrier.write(name, chunks(content))
        print("W", number, flush=True)


def check(folder: Path, count: int) -> None:
    """Count the files of the first `count` that are whole; a head counts when it is this one or a later one."""
    carrier = FolderCarrier(folder)
    heads = [item(number)[1] for number in range(count + 50) if number % 7 == 6]
    whole, head = 0, b""
    with suppress(CarrierError):
        head = b"".join(carrier.read("head"))
    for number in range(count):
        name, content = item(number)
        if name == "head":
            whole += head in heads and heads.index(head) >= heads.index(content)
            continue
        with suppress(CarrierError):
            whole += b"".join(carrier.read(name)) == content
    print(f"RESULT {whole} of {count}", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]), sys.argv[3] == "careful")
    else:
        check(Path(sys.argv[2]), int(sys.argv[3]))

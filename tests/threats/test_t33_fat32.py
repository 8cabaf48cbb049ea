"""T33, FAT32: no name, size, time, case or link that it cannot keep is needed by a depot."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path

import pytest

from lowband.carriers.disk import Disk
from lowband.carriers.folder import FolderCarrier
from lowband.errors import CarrierError, DeniedError, MissingError
from lowband.model.depot import BUNDLE_PART, HEAD, object_name, part_name, root_name, spans

NAMES = [HEAD, root_name(1), root_name(999), object_name(bytes(32)), part_name(object_name(b"\xaf" * 32), 63)]
FORBIDDEN = set('"*+,/:;<=>?[\\]|') | {chr(number) for number in range(32)}
LARGEST = (1 << 32) - 1  # bytes of a file on FAT32


class FatDisk(Disk):
    """A disk that can do no more than FAT32: no case, no links, no long or strange names, no 4 GiB, coarse times."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def create(self, path: Path) -> int:
        """Refuse what vfat refuses."""
        name = path.name
        if set(name) & FORBIDDEN or name[-1] in ". " or not name.isascii() or len(name) > 255:
            raise OSError(errno.EINVAL, "Invalid argument")
        if any(other.lower() == name.lower() for other in os.listdir(path.parent)):
            raise FileExistsError(errno.EEXIST, "File exists")
        self.made.append(name)
        return super().create(path)

    def rename(self, old: Path, new: Path) -> None:
        """Times are as coarse as there, and mean nothing."""
        super().rename(old, new)
        os.utime(new, (0, 0))

    def write(self, handle: int, data: bytes | memoryview) -> int:
        """No file grows to 4 GiB."""
        if os.fstat(handle).st_size + len(data) > LARGEST:
            raise OSError(errno.EFBIG, "File too large")
        return super().write(handle, data)


@pytest.mark.parametrize("name", NAMES)
def test_names_fit(name: str) -> None:
    """Every depot name is lower-case ASCII that FAT32 keeps as it is, whatever the case of its letters."""
    parts = name.split("/")
    assert len(parts) <= 2
    for part in parts:
        assert part == part.lower()
        assert part.isascii()
        assert len(part) <= 70
        assert not set(part) & FORBIDDEN
        assert part[-1] not in ". "


def test_folders_are_few() -> None:
    """However many objects a depot holds, it has at most 256 folders of them, and one of roots."""
    dice = random.Random(33)
    folders = {object_name(dice.randbytes(32)).split("/")[0] for _ in range(20_000)}
    assert len(folders) == 256


def test_no_file_reaches_two_gib() -> None:
    """A bundle of any size is cut into files of at most 1 GiB."""
    name = object_name(bytes(32))
    pieces = list(spans(name, 0, 5 << 30))
    assert len(pieces) == 5
    assert all(start + size <= BUNDLE_PART <= 1 << 30 for _, start, size in pieces)


def test_writing_and_reading(tmp_path: Path) -> None:
    """A depot is written to such a disk, again and over itself, and read back; its temporary names fit too."""
    disk = FatDisk()
    carrier = FolderCarrier(tmp_path, disk=disk)
    for turn in range(2):
        for name in NAMES:
            content = name.encode() * 3000 + (b"%d" % turn if name == HEAD else b"")
            carrier.write(name, iter([content]))
            assert b"".join(carrier.read(name)) == content
    assert len(disk.made) == len(NAMES) + 1
    assert all(len(name) <= 20 for name in disk.made)
    assert not list(tmp_path.rglob("~*"))


def test_file_too_large(tmp_path: Path) -> None:
    """Where a file would grow past what the stick holds in one, writing ends in one clear error."""

    class Nearly(FatDisk):
        """A disk whose largest file is small."""

        def write(self, handle: int, data: bytes | memoryview) -> int:
            """Refuse beyond 100 bytes."""
            if os.fstat(handle).st_size + len(data) > 100:
                raise OSError(errno.EFBIG, "File too large")
            return super().write(handle, data)

    carrier = FolderCarrier(tmp_path, disk=Nearly())
    with pytest.raises(DeniedError, match="too large"):
        carrier.write(NAMES[3], iter([b"x" * 60, b"x" * 60]))
    assert [entry.name for entry in tmp_path.rglob("*") if entry.is_file()] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no links and pipes here")
def test_only_plain_files(tmp_path: Path) -> None:
    """A link, a pipe, a folder in a file's place is not there; a link in a folder's place is not entered."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / ("1" * 62)).write_bytes(b"secret")
    depot = tmp_path / "depot"
    (depot / "ab").mkdir(parents=True)
    os.symlink(secret / ("1" * 62), depot / "ab" / ("1" * 62))
    os.symlink(secret, depot / "cd")
    os.mkfifo(depot / "ab" / ("2" * 62))
    (depot / "ab" / ("3" * 62)).mkdir()
    os.symlink("head", depot / "head")
    carrier = FolderCarrier(depot)
    for name in ("ab/" + "1" * 62, "cd/" + "1" * 62, "ab/" + "2" * 62, "ab/" + "3" * 62, "head"):
        with pytest.raises(MissingError):
            next(carrier.read(name))
        assert not carrier.has(name)
    assert carrier.ledger.down == 0
    with pytest.raises(CarrierError):
        carrier.write("cd/" + "4" * 62, iter([b"x"]))
    carrier.write("ab/" + "1" * 62, iter([b"ours"]))
    assert (secret / ("1" * 62)).read_bytes() == b"secret"
    assert sorted(os.listdir(secret)) == ["1" * 62]
    assert b"".join(carrier.read("ab/" + "1" * 62)) == b"ours"

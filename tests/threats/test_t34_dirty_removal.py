"""T34, dirty removal: a stick's files are empty, cut, filled with others' bytes, or gone; writing again mends each."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.errors import MissingError
from lowband.model.depot import object_name

DICE = random.Random(34)
CONTENTS = [DICE.randbytes(size) for size in (1, 500, 65_536, 65_537, 200_000)]
FILES = {object_name(hashlib.sha256(content).digest()): content for content in CONTENTS} | {"head": b"head" * 30}

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
    "last byte": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "longer": lambda content: content + bytes(32_768),
    "another's": lambda content: random.Random(35).randbytes(70_000),
}


def filled(folder: Path) -> FolderCarrier:
    """A depot that holds all of the files."""
    carrier = FolderCarrier(folder)
    for name, content in FILES.items():
        carrier.write(name, iter([content]))
    return carrier


@pytest.mark.parametrize("damage", [*DAMAGE, "gone", "leftovers"])
def test_every_file_damaged_in_turn(tmp_path: Path, damage: str) -> None:
    """The other files are read as before, and the damaged one is written anew, all the others left alone."""
    carrier = filled(tmp_path)
    for broken, content in FILES.items():
        path = tmp_path / broken
        if damage in DAMAGE:
            path.write_bytes(DAMAGE[damage](content))
        elif damage == "leftovers":
            (path.parent / "~0123456789ab.tmp").write_bytes(content[:10])
        else:
            path.unlink()
        for name, right in FILES.items():
            if name != broken:
                assert b"".join(carrier.read(name)) == right
        before = carrier.ledger.up
        for name, right in FILES.items():
            carrier.write(name, iter([right[:100], right[100:]]))
        assert carrier.ledger.up - before == (0 if damage == "leftovers" else len(content))
        assert all(b"".join(carrier.read(name)) == right for name, right in FILES.items())
    assert carrier.tidy() == (len({(tmp_path / name).parent for name in FILES}) if damage == "leftovers" else 0)
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()) == sorted(FILES)


def test_empty_file_is_none(tmp_path: Path) -> None:
    """An empty file, what FAT keeps of one whose writing was cut, counts as not there."""
    carrier = filled(tmp_path)
    name = object_name(hashlib.sha256(CONTENTS[1]).digest())
    (tmp_path / name).write_bytes(b"")
    assert not carrier.has(name)
    assert b"".join(carrier.read(name)) == b""


def test_lost_folder(tmp_path: Path) -> None:
    """A folder that is gone, or is a file now, takes only its own objects with it."""
    carrier = filled(tmp_path)
    lost = next(name for name in FILES if name != "head")
    (tmp_path / lost).unlink()
    (tmp_path / lost).parent.rmdir()
    (tmp_path / lost).parent.write_bytes(b"")
    with pytest.raises(MissingError):
        next(carrier.read(lost))
    assert not carrier.has(lost)
    (tmp_path / lost).parent.unlink()
    carrier.write(lost, iter([FILES[lost]]))
    assert b"".join(carrier.read(lost)) == FILES[lost]

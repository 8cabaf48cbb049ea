"""F6: a stick that is pulled, errs, is read-only, full, short, lying, cut to nothing or empty, at every operation."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.errors import CarrierError, DiskFullError
from tests.faults.stick import FAULTS, FaultyDisk

FILE = "ab/" + "1" * 62
OTHER = "ab/" + "2" * 62
CONTENT = random.Random(6).randbytes(150_000)
HEADS = b"old head", b"new head"


@dataclass(frozen=True)
class Work:
    """Something done with a stick: what its file holds before (None: nothing), and is to hold after (None: a read)."""

    name: str
    file: str
    before: bytes | None
    after: bytes | None


WORKS = [
    Work("read", FILE, CONTENT, None),
    Work("write", FILE, None, CONTENT),
    Work("write again", FILE, CONTENT, CONTENT),
    Work("mend empty", FILE, b"", CONTENT),
    Work("mend wrong", FILE, CONTENT[:70_000] + bytes(80_001), CONTENT),
    Work("new head", "head", *HEADS),
]


@dataclass
class Result:
    """What came of doing a work once."""

    error: Exception | None
    got: bytes
    disk: FaultyDisk


def pieces(content: bytes) -> Iterator[bytes]:
    """`content` as a writer hands it over."""
    for place in range(0, len(content), 40_000):
        yield content[place : place + 40_000]


def fresh(root: Path, work: Work) -> None:
    """A stick as it was before the work."""
    shutil.rmtree(root, ignore_errors=True)
    (root / "ab").mkdir(parents=True)
    (root / OTHER).write_bytes(b"bystander")
    (root / "head").write_bytes(HEADS[0])
    if work.before is not None:
        (root / work.file).write_bytes(work.before)


def do(root: Path, work: Work, fault: str, at: int) -> Result:
    """Do `work` once, the fault striking at one operation; only our own errors may come out."""
    disk = FaultyDisk(root / work.file, fault, at)
    carrier = FolderCarrier(root, disk=disk)
    got = bytearray()
    try:
        if work.after is None:
            for chunk in carrier.read(work.file):
                got += chunk
        else:
            carrier.write(work.file, pieces(work.after))
    except (CarrierError, DiskFullError) as error:
        return Result(error, bytes(got), disk)
    return Result(None, bytes(got), disk)


def content_of(root: Path, work: Work) -> bytes | None:
    """What the stick's file holds now."""
    with suppress(FileNotFoundError):
        return (root / work.file).read_bytes()
    return None


def struck_after_proof(result: Result) -> bool:
    """Whether the fault came when the last byte had been read back: no writer can know of that."""
    names = list(enumerate(result.disk.names_made))
    reads = [number for number, name in names if name == "read"]
    opened = max(number for number, name in names if name == "open_reading")
    return result.disk.at > (reads[-2] if result.disk.fault == "zero" else opened)  # the last read finds the end


def check(root: Path, work: Work, result: Result) -> None:
    """What must hold after the fault: nothing wrong is handed over, kept as right, or left behind."""
    where = f"{work.name}, {result.disk.fault} at operation {result.disk.at} of {result.disk.names_made}"
    now = content_of(root, work)
    self_made = result.disk.fault in ("zero", "vanish", "lie")
    if work.after is None:
        assert CONTENT.startswith(result.got), where
        assert result.error or result.disk.fault == "zero" or result.got == CONTENT, where
    elif result.error is None:
        late = result.disk.fault in ("zero", "vanish") and struck_after_proof(result)
        assert now == work.after or late, where
    else:
        assert now in (work.before, work.after) or self_made, where
    assert (root / OTHER).read_bytes() == b"bystander", where
    assert result.disk.fault != "short" or result.error is None, where
    if result.disk.fault != "yank":  # where removing fails too, the leftover is tidied later
        assert not list(root.rglob("~*")), where


def finish(root: Path, work: Work) -> None:
    """Put right: tidy and do it again on a stick that works; everything is as it should be."""
    carrier = FolderCarrier(root)
    if work.after is None:
        fresh(root, work)
    carrier.tidy()
    carrier = FolderCarrier(root, disk=FaultyDisk(root / work.file))
    carrier.write(work.file, pieces(work.after or CONTENT))
    assert b"".join(carrier.read(work.file)) == (work.after or CONTENT)
    assert not list(root.rglob("~*"))


def operations(root: Path, work: Work) -> int:
    """How many operations the work takes on a stick that works."""
    fresh(root, work)
    result = do(root, work, "", -1)
    assert result.error is None
    return result.disk.count


def test_every_operation_every_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At every operation of reading and writing, every fault ends in our errors or in the right bytes, and mends."""
    root = tmp_path / "stick"
    tried: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for work in WORKS:
        steps = operations(root, work)
        assert steps >= 8
        for fault in FAULTS:
            for at in range(steps):
                fresh(root, work)
                result = do(root, work, fault, at)
                check(root, work, result)
                finish(root, work)
                tried[work.name] += 1
                failed[fault] += result.error is not None
    with capsys.disabled():
        print(f"\nF6: {sum(tried.values())} faults at {dict(tried)}; refused cleanly: {dict(failed)}; 0 bad")
    assert all(failed[fault] for fault in FAULTS if fault != "short")


@pytest.mark.slow
def test_a_second_fault_while_mending(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stick that fails again, anywhere, while the first failure is being mended, is mended the third time."""
    root = tmp_path / "stick"
    tried = 0
    for work in [w for w in WORKS if w.after is not None]:
        steps = operations(root, work)
        for first in FAULTS:
            for at in range(0, steps, 3):
                for then in FAULTS:
                    for again in range(at % 5, steps, 5):
                        fresh(root, work)
                        do(root, work, first, at)
                        do(root, work, then, again)
                        finish(root, work)
                        tried += 1
    with capsys.disabled():
        print(f"\nF6 long: {tried} pairs of faults; 0 bad")
    assert tried > 10_000

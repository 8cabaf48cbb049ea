"""What other ways would cost, and whether what came out is what was published.

1. Whole files are counted as kindly as can be: only content that the device lacks, deflated where that is smaller.
2. Two files are the same when they are the same byte for byte, or when one is the other's normal form byte for byte.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CHUNK = 1 << 20

Normal = Callable[[Sequence[tuple[str, Path]]], Iterable[tuple[str, bytes]]]
"""Each (path in the course, file) with the bytes of its normal form, in any order."""


@dataclass(frozen=True, slots=True)
class Whole:
    """Files sent whole."""

    files: int
    size: int  # bytes as they are
    bytes: int  # bytes on the wire


def whole_files(old: Mapping[str, Path], new: Mapping[str, Path]) -> Whole:
    """What sending whole files costs a device that has `old` and wants `new`."""
    known = {_digest(file) for file in old.values()}
    lacking = {digest: file for file in new.values() if (digest := _digest(file)) not in known}
    sizes = [file.stat().st_size for file in lacking.values()]
    wire = [min(size, _deflated(file)) for size, file in zip(sizes, lacking.values(), strict=True)]
    return Whole(len(lacking), sum(sizes), sum(wire))


def _digest(file: Path) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def _deflated(file: Path) -> int:
    packer, total = zlib.compressobj(6), 0
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            total += len(packer.compress(chunk))
    return total + len(packer.flush())


@dataclass
class Compared:
    """What a comparison found: numbers of files, and the paths of those that differ, lack or should not be there."""

    same: int = 0
    normal: int = 0
    differ: list[str] = field(default_factory=list)


def compare(published: Mapping[str, Path], exported: Path, normal: Normal) -> Compared:
    """Compare the folder `exported` with the files that were published."""
    found, unlike = Compared(), []
    there = {p.relative_to(exported).as_posix(): p for p in exported.rglob("*") if p.is_file()}
    found.differ = sorted(published.keys() ^ there.keys())
    for path in sorted(published.keys() & there.keys()):
        if _digest(published[path]) == _digest(there[path]):
            found.same += 1
        else:
            unlike.append((path, published[path]))
    for path, data in normal(unlike) if unlike else ():
        if hashlib.sha256(data).digest() == _digest(there[path]):
            found.normal += 1
        else:
            found.differ.append(path)
    return found

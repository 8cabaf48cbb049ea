"""Groups that would cost a device dearly if it believed them: small to fetch, endless to unpack. Run as a program it
opens each of them and prints its name, the error, and the peak of resident memory in KiB.

1. Each bomb has a right hash: only bounded unpacking stands in its way.
2. Frames are spelled by hand where no honest compressor would make them (RFC 8878 section 3.1.1).
"""

from __future__ import annotations

import hashlib
import resource
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import zstandard

from lowband.bundle.compress import unpack_at_rest
from lowband.bundle.format import GroupLine, OldRun, Preamble, Prefix
from lowband.bundle.group import open_group
from lowband.errors import LowbandError
from lowband.model.wire import varint

MEMORY = 64  # MiB that the bundle allows, the most that the format does
MAGIC = b"\x28\xb5\x2f\xfd"
HUGE = 256 << 20


@cache
def zeros(size: int, level: int = 19, checksum: bool = True) -> bytes:
    """One frame of zeros."""
    return zstandard.ZstdCompressor(level=level, write_checksum=checksum).compress(bytes(size))


def frame(blocks: bytes, *, size: int | None, window: int = 0, checksum: bool = True, dictionary: bytes = b"") -> bytes:
    """A frame by hand: `window` is its descriptor byte (0: single segment), `size` the size that it declares."""
    kinds = {0: 0, 1: 1, 2: 2, 4: 3}
    flag = kinds[len(dictionary)] | (4 if checksum else 0) | (0 if window else 0x20)
    flag |= 0xC0 if size is not None else 0
    declared = size.to_bytes(8, "little") if size is not None else (b"\0" if not window else b"")
    return MAGIC + bytes([flag]) + (bytes([window]) if window else b"") + dictionary + declared + blocks + bytes(4)


def rle(size: int, last: bool = True) -> bytes:
    """A block of one byte, many times."""
    return (int(last) | 1 << 1 | size << 3).to_bytes(3, "little") + b"A"


def many(count: int, size: int = 128 << 10) -> bytes:
    """`count` blocks of one byte `size` times each."""
    return rle(size, last=False) * (count - 1) + rle(size)


def group(body: bytes, content: int, table: int = 3, items: tuple[Prefix, ...] = ()) -> bytes:
    """A group whose preamble says what is given."""
    return Preamble(content, table, items).encode() + body


def skippable(size: int) -> bytes:
    """A frame that a decoder skips."""
    return b"\x50\x2a\x4d\x18" + size.to_bytes(4, "little") + bytes(size)


def good() -> bytes:
    """A frame with an empty table, right in all."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(bytes(3))


def raw_table(*counts: int) -> bytes:
    """A group whose table says these counts, and nothing follows."""
    table = b"".join(map(varint, counts))
    return group(zstandard.ZstdCompressor(write_checksum=True).compress(table), len(table), len(table))


BOMBS: dict[str, Callable[[], bytes]] = {
    "8 KB to 256 MB, declared rightly": lambda: Preamble(0, 0, ()).encode()[:0] + varint(HUGE) + b"\3\0" + zeros(HUGE),
    "8 KB to 256 MB, preamble says 1 KB": lambda: group(zeros(HUGE), 1000),
    "8 KB to 256 MB, preamble says 60 MB": lambda: group(zeros(HUGE), 60 << 20),
    "60 MB in the frame, 10 bytes in the preamble": lambda: group(zeros(60 << 20), 10),
    "10 bytes in the frame, 60 MB in the preamble": lambda: group(zeros(10), 60 << 20),
    "a frame that declares little and holds much": lambda: group(frame(many(2000), size=1000), 1000),
    "a frame that declares much and holds little": lambda: group(frame(rle(10), size=60 << 20), 60 << 20),
    "a frame that declares one byte less": lambda: group(frame(rle(1001), size=1000), 1000),
    "a frame that declares one byte more": lambda: group(frame(rle(999), size=1000), 1000),
    "a frame that declares nothing": lambda: group(frame(many(2000), size=None, window=0x58), 1000),
    "a frame that declares 2^63": lambda: group(frame(rle(10), size=1 << 63), 10),
    "a frame that declares 2^64-1": lambda: group(frame(rle(10), size=(1 << 64) - 1), 10),
    "a window of 2^28": lambda: group(frame(rle(1000), size=1000, window=18 << 3), 1000),
    "a window of 2^31": lambda: group(frame(rle(1000), size=1000, window=21 << 3), 1000),
    "a window of 2^41": lambda: group(frame(rle(1000), size=1000, window=31 << 3 | 7), 1000),
    "a single segment of 256 MB": lambda: group(frame(many(2048), size=HUGE), 1000),
    "two frames": lambda: group(good() + good(), 3),
    "two frames, sizes added": lambda: group(good() + good(), 6),
    "a good frame and a bomb": lambda: group(good() + zeros(HUGE), 3),
    "a bomb and a good frame": lambda: group(zeros(HUGE) + good(), 3),
    "a skippable frame first": lambda: group(skippable(100) + good(), 3),
    "a skippable frame last": lambda: group(good() + skippable(100), 3),
    "only a skippable frame": lambda: group(skippable(100), 3),
    "a thousand empty frames": lambda: group(zstandard.ZstdCompressor().compress(b"") * 1000 + good(), 3),
    "bytes after the frame": lambda: group(good() + b"\0", 3),
    "a dictionary id": lambda: group(frame(rle(1000), size=1000, dictionary=b"\x07"), 1000),
    "a dictionary id of four bytes": lambda: group(frame(rle(1000), size=1000, dictionary=b"\1\2\3\4"), 1000),
    "no checksum": lambda: group(zeros(1000, 19, checksum=False), 1000),
    "a wrong checksum": lambda: group(good()[:-1] + bytes([good()[-1] ^ 1]), 3),
    "a frame cut in its last block": lambda: group(zeros(100_000)[:-6], 100_000),
    "a frame of nothing but its header": lambda: group(good()[:6], 3),
    "a block of the reserved kind": lambda: group(frame((7 | 10 << 3).to_bytes(3, "little") + bytes(10), size=10), 10),
    "a block larger than a block may be": lambda: group(frame(rle(1 << 20), size=1 << 20), 1 << 20),
    "a million empty blocks": lambda: group(frame(bytes(3) * 1_000_000 + rle(3), size=3), 3),
    "an old format's magic": lambda: group(b"\x27\xb5\x2f\xfd" + good()[4:], 3),
    "no frame": lambda: group(b"", 3),
    "noise for a frame": lambda: group(hashlib.sha512(b"noise").digest() * 99, 3),
    "prefix beyond the cap": lambda: group(good(), 3, items=(OldRun(0, 0, 1),)),
    "prefix named a hundred thousand times": lambda: group(good(), 3, items=(OldRun(0, 0, 1),) * 100_000),
    "a prefix of runs without bytes, for hours": lambda: group(good(), 3, items=(OldRun(1, 0, 99_999),) * 50_000),
    "more prefix items than there may be": lambda: varint(3) + varint(3) + varint(1 << 40),
    "content beyond the cap": lambda: group(good(), (64 << 20) - 1)[:0] + varint(1 << 40) + b"\3\0" + good(),
    "a table longer than its content": lambda: varint(3) + varint(4) + b"\0" + good(),
    "a table of a hundred thousand removals": lambda: raw_table(100_000),
    "a table of more removals than there may be": lambda: raw_table(1 << 50),
    "a table of a hundred thousand moves": lambda: raw_table(0, 100_000),
    "a table of a hundred thousand puts": lambda: raw_table(0, 0, 100_000),
    "a put of 2^36 bytes": lambda: raw_table(0, 0, 1, 1, 0, 1 << 36),
}


def prefix_of(item: Prefix) -> list[bytes]:
    """Every base entry of layer 0 is 8 MiB; those of layer 1 are empty, and there are many."""
    if item.layer:
        return [b""] * getattr(item, "count", 1)
    return [bytes(8 << 20)] * 9


def opened(bomb: bytes) -> str:
    """What opening it comes to: the code of the error, or `opened`."""
    line = GroupLine(0, len(bomb), hashlib.sha256(bomb).digest())
    try:
        open_group(bomb, line, MEMORY, prefix_of)
    except LowbandError as error:
        return error.code
    return "opened"


def at_rest(bomb: bytes) -> str:
    """The same for bytes in a damaged store: its frame, in the place of one of 1,000 bytes."""
    try:
        unpack_at_rest(b"\1" + bomb[bomb.find(MAGIC) :], 1000)
    except LowbandError as error:
        return error.code
    return "opened"


def peak() -> int:
    """The most memory that this program had resident so far, in KiB.

    The system's own count is asked: getrusage's begins with that of whoever started the program.
    """
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    found = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return found[0] if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """One line for each bomb: name, what came of it, and by how many KiB it raised the peak."""
    opened(group(good(), 3))
    name = sys.argv[1]
    bomb = sys.stdin.buffer.read()
    before = peak()
    print(f"{name}\t{opened(bomb)}\t{at_rest(bomb)}\t{peak() - before}")


if __name__ == "__main__":
    main()

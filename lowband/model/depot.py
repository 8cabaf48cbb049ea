"""What a depot's files are called: the same in a folder, on a stick, on a web server, in a bucket.

1. Only `head` ever changes; every other file is named by its hash or its number and never changes.
2. Names are lower-case, short, without links, times or case: FAT32 keeps them.
3. No file is larger than 1 GiB; a larger bundle is cut into parts.
"""

from __future__ import annotations

from collections.abc import Iterator

HEAD = "head"
BUNDLE_PART = 1 << 30  # bytes


def root_name(version: int) -> str:
    """The file of root `version`."""
    return f"root/{version}"


def object_name(digest: bytes) -> str:
    """The file of the object (state, delegations, record, bundle) whose SHA-256 is `digest`."""
    name = digest.hex()
    return f"{name[:2]}/{name[2:]}"


def part_name(name: str, number: int) -> str:
    """The file of a bundle's part `number`, counted from 0."""
    return name if number == 0 else f"{name}.{number}"


def spans(name: str, start: int, end: int, part: int = BUNDLE_PART) -> Iterator[tuple[str, int, int]]:
    """Where bytes `start` … `end` of a bundle lie: (file, first byte in it, bytes)."""
    while start < end:
        number, offset = divmod(start, part)
        size = min(end - start, part - offset)
        yield part_name(name, number), offset, size
        start += size

"""One group: made whole, opened whole, or refused.

1. The hash of the travelling bytes is checked before anything in them is looked at.
2. Memory is counted (prefix + content) before the prefix is read.
3. A group opened is a table and the bytes of its puts; applying it is the store's work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lowband.bundle.compress import pack, unpack
from lowband.bundle.format import (
    GroupLine,
    NewRun,
    OldRun,
    Preamble,
    Prefix,
    Put,
    Table,
)
from lowband.errors import FormatError, IntegrityError, LimitError
from lowband.model.edition import MAX_ENTRIES

Fetch = Callable[[Prefix], Iterable[bytes]]
"""Answers the bytes of a prefix item; raises `FormatError` when it names what is not there."""


@dataclass(frozen=True, slots=True)
class Group:
    """An opened group."""

    table: Table
    data: memoryview

    def pieces(self) -> Iterable[tuple[Put, bytes]]:
        """Each put with its bytes."""
        view, at = self.data, 0
        for put in self.table.puts:
            yield put, bytes(view[at : at + put.length])
            at += put.length


def make_group(table: Table, data: bytes, items: tuple[Prefix, ...], prefix: bytes, level: int = 19) -> bytes:
    """The travelling bytes of a group; `prefix` is what `items` name, in order."""
    head = table.encode()
    return Preamble(len(head) + len(data), len(head), items).encode() + pack(head + data, prefix, level)


def open_group(blob: bytes, line: GroupLine, memory: int, fetch: Fetch) -> Group:
    """The group in `blob`, which must be the one that `line` names.

    `memory` is the bundle's cap in MiB; `fetch` answers prefix items.
    Raises `IntegrityError` for other bytes, `FormatError` for a group that breaks the format.
    """
    if len(blob) != line.length or hashlib.sha256(blob).digest() != line.digest:
        raise IntegrityError(name="a group")
    preamble, start = Preamble.parse(blob)
    room = (memory << 20) - preamble.content
    if room < 0:
        raise LimitError("group", f"content of {preamble.content} bytes")
    # The prefix is handed over, not kept: the library copies it, and two copies would cost the device too much.
    plain = unpack(memoryview(blob)[start:], preamble.content, _gather(preamble.prefix, room, fetch))
    table = Table.parse(bytes(plain[: preamble.table]))
    data = memoryview(plain)[preamble.table :]
    if table.length != len(data):
        raise FormatError("group", "table and data differ in length")
    return Group(table, data)


def _gather(items: tuple[Prefix, ...], room: int, fetch: Fetch) -> bytearray:
    # Empty entries take no room: a small group could name them for hours.
    if sum(item.count for item in items if isinstance(item, OldRun | NewRun)) > MAX_ENTRIES:
        raise LimitError("group.prefix", f"more than {MAX_ENTRIES} entries")
    out = bytearray()
    for item in items:
        for piece in fetch(item):
            if len(out) + len(piece) > room:
                raise LimitError("group.prefix", f"more than {room} bytes")
            out += piece
    return out

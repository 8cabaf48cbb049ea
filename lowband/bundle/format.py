"""The bundle's bytes (docs/format.md section 4): parts, groups, tables.

1. A part names its groups and the next part by hash, so one signed hash vouches for the whole bundle.
2. Parsing checks every limit before it is spent, and answers a value or `FormatError`.
3. Format 1 is read for ever: a later version adds a magic, it never changes this one.
"""

from __future__ import annotations

from dataclasses import dataclass

from lowband.errors import FormatError
from lowband.model.edition import MAX_ENTRIES, MAX_ENTRY_SIZE
from lowband.model.names import is_layer
from lowband.model.wire import HASH, Reader, text, varint

FIRST_MAX = 64 * 1024  # bytes of a first part
PART_MAX = 256 * 1024  # bytes of a later part
GROUP_MAX = 64 << 20  # bytes of a group as it travels
MEMORY_MAX = 64  # MiB of prefix and content together that a reader accepts
MEMORY_MADE = 32  # MiB that a writer stays under
RUN = (8, 32, 128, 512, 2048)  # groups in the first part, the second, …; the last figure repeats
WINDOW_LOG_MAX = 27
RESULT = 16  # bytes: groups are vouched for in full by their parts; this proves that they were put on the right base


@dataclass(frozen=True, slots=True)
class LayerLine:
    """What a bundle does to one layer."""

    name: str
    needs: tuple[int, ...]  # other layers of this table whose content its groups lean on
    base_check: bytes  # first four bytes of the base layer's digest; zeros when there is no base
    result: bytes  # first RESULT bytes of the digest of the layer after the bundle; empty when it is only leant on
    stored: int  # bytes of this layer's groups
    size: int  # bytes of the layer's entries after the bundle


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group as a part lists it."""

    layer: int  # index into the first part's layers
    length: int
    digest: bytes  # SHA-256 of the group as it travels


@dataclass(frozen=True, slots=True)
class Part:
    """A part: some groups, and where the next part is."""

    groups: tuple[GroupLine, ...]
    next_length: int  # 0: this is the last part
    next_hash: bytes

    @property
    def stored(self) -> int:
        """Bytes of the groups that follow this part."""
        return sum(g.length for g in self.groups)

    def tail(self) -> bytes:
        """The list of groups and the link to the next part."""
        out = [varint(len(self.groups))]
        for g in self.groups:
            out += [varint(g.layer), varint(g.length), g.digest]
        return b"".join([*out, varint(self.next_length), self.next_hash])

    def encode(self) -> bytes:
        """A later part."""
        return b"LBP1" + self.tail()

    @classmethod
    def parse(cls, data: bytes, layers: int) -> Part:
        """A later part of a bundle that has `layers` layers."""
        r = Reader(data, "part")
        r.magic(b"LBP1")
        part = _tail(r, layers)
        r.end()
        return part


@dataclass(frozen=True, slots=True)
class First:
    """The first part: what the bundle is, its layers, and the first groups."""

    base: int
    edition: int
    memory: int  # MiB that prefix and content of any group stay under
    layers: tuple[LayerLine, ...]
    part: Part

    def encode(self) -> bytes:
        """The bytes whose SHA-256 the record names."""
        out = [b"LBB1", varint(self.base), varint(self.edition), varint(self.memory), varint(len(self.layers))]
        for y in self.layers:
            out += [text(y.name), varint(len(y.needs)), *map(varint, y.needs), y.base_check]
            out += [varint(len(y.result)), y.result, varint(y.stored), varint(y.size)]
        return b"".join([*out, self.part.tail()])

    @classmethod
    def parse(cls, data: bytes) -> First:
        """A first part."""
        r = Reader(data, "bundle")
        r.magic(b"LBB1")
        base, edition = r.varint("base"), r.varint("edition", least=1)
        memory, count = r.varint("memory", MEMORY_MAX, 1), r.varint("layers", 128)
        layers = tuple(_layer(r, count) for _ in range(count))
        names = [y.name for y in layers]
        if names != sorted(set(names)):
            raise r.fail("layers", "not in order")
        if base >= edition:
            raise r.fail("base", "not before the edition")
        part = _tail(r, count)
        r.end()
        return cls(base, edition, memory, layers, part)


def _layer(r: Reader, count: int) -> LayerLine:
    name = r.text("layer", 24)
    if not is_layer(name):
        raise r.fail("layer", "not a layer's name")
    needs = tuple(r.varint("needs", count - 1) for _ in range(r.varint("needs", count)))
    check = r.raw(4, "base check")
    length = r.varint("result", RESULT)
    if length not in (0, RESULT):
        raise r.fail("result", "not a digest")
    return LayerLine(name, needs, check, r.raw(length, "result"), r.varint("stored"), r.varint("size"))


def _tail(r: Reader, layers: int) -> Part:
    groups = tuple(_group_line(r, layers) for _ in range(r.varint("groups", 8192)))
    length = r.varint("next", PART_MAX)
    return Part(groups, length, r.raw(HASH if length else 0, "next"))


def _group_line(r: Reader, layers: int) -> GroupLine:
    layer = r.varint("group layer", 127)
    if layer >= layers:
        raise r.fail("group layer", "no such layer")
    return GroupLine(layer, r.varint("group length", GROUP_MAX, 1), r.raw(HASH, "group hash"))


@dataclass(frozen=True, slots=True)
class OldRun:
    """Prefix: `count` whole entries of base layer `layer`, from index `first`."""

    layer: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class OldSlice:
    """Prefix: `length` bytes from `offset` of one base entry."""

    layer: int
    index: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class NewRun:
    """Prefix: pieces `first` … `first + count - 1` of earlier groups of `layer`, counted through that layer's groups.

    Counted by layer, because a device that skips a layer cannot count its pieces.
    """

    layer: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class NewSlice:
    """Prefix: `length` bytes from `offset` of one earlier piece of `layer`."""

    layer: int
    piece: int
    offset: int
    length: int


Prefix = OldRun | OldSlice | NewRun | NewSlice
_KINDS: tuple[tuple[type[Prefix], int], ...] = ((OldRun, 3), (NewRun, 3), (OldSlice, 4), (NewSlice, 4))


@dataclass(frozen=True, slots=True)
class Preamble:
    """What a device must know before it can open a group's frame."""

    content: int  # bytes of table and data together, unpacked
    table: int  # bytes of the table at their start
    prefix: tuple[Prefix, ...]

    def encode(self) -> bytes:
        """The bytes before the frame."""
        out = [varint(self.content), varint(self.table), varint(len(self.prefix))]
        for item in self.prefix:
            kind = next(n for n, (cls, _) in enumerate(_KINDS) if type(item) is cls)
            out += [varint(kind), *(varint(getattr(item, name)) for name in item.__slots__)]
        return b"".join(out)

    @classmethod
    def parse(cls, data: bytes) -> tuple[Preamble, int]:
        """The preamble of a group, and where its frame starts."""
        r = Reader(data, "group")
        content = r.varint("content", MEMORY_MAX << 20)
        table = r.varint("table", content)
        prefix = tuple(_prefix(r) for _ in range(r.varint("prefix", MAX_ENTRIES)))
        return cls(content, table, prefix), r.at


def _prefix(r: Reader) -> Prefix:
    cls, count = _KINDS[r.varint("prefix kind", len(_KINDS) - 1)]
    return cls(*(r.varint("prefix", MAX_ENTRY_SIZE) for _ in range(count)))


@dataclass(frozen=True, slots=True)
class Move:
    """The entry at `path` has the content of base entry `index` of the same layer."""

    index: int
    path: str


@dataclass(frozen=True, slots=True)
class Put:
    """Bytes for one entry: all of it, or one piece of a large one."""

    path: str  # empty: the entry keeps the path of base entry `index`
    index: int
    size: int  # bytes of the whole entry
    offset: int  # where this piece starts
    length: int  # bytes of this piece


@dataclass(frozen=True, slots=True)
class Table:
    """What a group does to its layer; its puts' bytes follow in order."""

    removed: tuple[int, ...] = ()  # base indexes, rising
    moved: tuple[Move, ...] = ()
    puts: tuple[Put, ...] = ()

    def encode(self) -> bytes:
        """The table's bytes."""
        out = [varint(len(self.removed))]
        last = 0
        for index in self.removed:
            out.append(varint(index - last))
            last = index
        out.append(varint(len(self.moved)))
        for m in self.moved:
            out += [varint(m.index), text(m.path)]
        out.append(varint(len(self.puts)))
        out += [_put_bytes(p) for p in self.puts]
        return b"".join(out)

    @classmethod
    def parse(cls, data: bytes) -> Table:
        """A group's table."""
        r = Reader(data, "table")
        removed: list[int] = []
        for n in range(r.varint("removed", MAX_ENTRIES)):
            step = r.varint("removed", MAX_ENTRIES, 1 if n else 0)
            removed.append((removed[-1] if removed else 0) + step)
        moves = range(r.varint("moves", MAX_ENTRIES))
        moved = tuple(Move(r.varint("moved", MAX_ENTRIES), r.text("path")) for _ in moves)
        puts = tuple(_put(r) for _ in range(r.varint("puts", MAX_ENTRIES)))
        r.end()
        return cls(tuple(removed), moved, puts)

    @property
    def length(self) -> int:
        """Bytes of data that follow the table."""
        return sum(p.length for p in self.puts)


def _put_bytes(p: Put) -> bytes:
    whole = p.offset == 0 and p.length == p.size
    out = varint((0 if p.path else 1) + (0 if whole else 2))
    out += text(p.path) if p.path else varint(p.index)
    return out + varint(p.size) + (b"" if whole else varint(p.offset) + varint(p.length))


def _put(r: Reader) -> Put:
    kind = r.varint("put kind", 3)
    path, index = ("", r.varint("put", MAX_ENTRIES)) if kind & 1 else (r.text("path"), 0)
    if not kind & 1 and not path:
        raise r.fail("path", "empty")
    size = r.varint("size", MAX_ENTRY_SIZE)
    if not kind & 2:
        return Put(path, index, size, 0, size)
    offset, length = r.varint("offset", size), r.varint("length", size)
    if offset + length > size or length == size:
        raise FormatError("table.put", "piece outside its entry")
    return Put(path, index, size, offset, length)

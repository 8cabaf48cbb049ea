"""Every value of the bundle's format is spelled in one way, and read back as it was."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowband.bundle.compress import pack, pack_at_rest, unpack, unpack_at_rest
from lowband.bundle.format import (
    RESULT,
    First,
    GroupLine,
    LayerLine,
    Move,
    NewRun,
    NewSlice,
    OldRun,
    OldSlice,
    Part,
    Preamble,
    Put,
    Table,
)
from lowband.bundle.group import make_group, open_group
from lowband.errors import FormatError
from lowband.model.names import is_layer
from tests.world import sha

SMALL = st.integers(0, 100_000)
LARGE = st.integers(0, 1 << 36)
HASH = st.binary(min_size=32, max_size=32)
PATH = st.text(string.ascii_lowercase + "éñ/ .-", min_size=1, max_size=60)
QUICK = settings(max_examples=120, deadline=None)


@st.composite
def part(draw: st.DrawFn, layers: int) -> Part:
    """A part of a bundle with `layers` layers."""
    line = st.builds(GroupLine, st.integers(0, layers - 1), st.integers(1, 64 << 20), HASH)
    groups = tuple(draw(st.lists(line, max_size=9))) if layers else ()
    length = draw(st.integers(0, 256 << 10))
    return Part(groups, length, draw(HASH) if length else b"")


@st.composite
def first(draw: st.DrawFn) -> First:
    """A first part."""
    names = sorted(draw(st.sets(st.sampled_from(["core", "core.fr", "core.pt-br", "full", "full.fr", "lite"]))))
    count = len(names)
    needs = st.lists(st.integers(0, max(0, count - 1)), max_size=count).map(tuple)
    result = st.one_of(st.just(b""), st.binary(min_size=RESULT, max_size=RESULT))
    lines = tuple(
        LayerLine(n, draw(needs), draw(st.binary(min_size=4, max_size=4)), draw(result), draw(LARGE), draw(LARGE))
        for n in names
    )
    base = draw(SMALL)
    edition = base + draw(st.integers(1, 9))
    return First(base, edition, draw(st.integers(1, 64)), lines, draw(part(count)))


prefix = st.one_of(
    st.builds(OldRun, LARGE, LARGE, LARGE),
    st.builds(NewRun, LARGE, LARGE, LARGE),
    st.builds(OldSlice, LARGE, LARGE, LARGE, LARGE),
    st.builds(NewSlice, LARGE, LARGE, LARGE, LARGE),
)


@st.composite
def put(draw: st.DrawFn) -> Put:
    """A whole entry or a piece of one, under a path of its own or a base entry's."""
    path, index = (draw(PATH), 0) if draw(st.booleans()) else ("", draw(SMALL))
    size = draw(st.integers(0, 1 << 36))
    if draw(st.booleans()) or size == 0:
        return Put(path, index, size, 0, size)
    offset = draw(st.integers(0, size - 1))
    length = draw(st.integers(0, size - offset))
    return Put(path, index, size, offset, min(length, size - 1))


table = st.builds(
    Table,
    st.sets(st.integers(0, 5000), max_size=9).map(sorted).map(tuple),
    st.lists(st.builds(Move, SMALL, PATH), max_size=5).map(tuple),
    st.lists(put(), max_size=6).map(tuple),
)


@QUICK
@given(first())
def test_first_parts(value: First) -> None:
    """Spelled and read again it is the same value and the same bytes."""
    assert First.parse(value.encode()) == value
    assert First.parse(value.encode()).encode() == value.encode()


@QUICK
@given(part(5))
def test_later_parts(value: Part) -> None:
    """The same for a later part; and a layer beyond the end is refused."""
    assert Part.parse(value.encode(), 5) == value
    beyond = [g for g in value.groups if g.layer == 4]
    if beyond:
        with pytest.raises(FormatError):
            Part.parse(value.encode(), 4)


@QUICK
@given(st.integers(0, 64 << 20), st.data(), st.lists(prefix, max_size=6).map(tuple), st.binary(max_size=9))
def test_preambles(content: int, data: Any, items: tuple[Any, ...], rest: bytes) -> None:
    """A preamble is read from the front of a group, and says where the frame begins."""
    value = Preamble(content, data.draw(st.integers(0, content)), items)
    assert Preamble.parse(value.encode() + rest) == (value, len(value.encode()))


@QUICK
@given(table)
def test_tables(value: Table) -> None:
    """The same for tables; a byte more is refused."""
    assert Table.parse(value.encode()) == value
    with pytest.raises(FormatError):
        Table.parse(value.encode() + b"\0")


@QUICK
@given(first(), st.integers(0, 400))
def test_a_first_part_cut_anywhere_is_refused(value: First, at: int) -> None:
    """No prefix of it is one."""
    data = value.encode()
    if at < len(data):
        with pytest.raises(FormatError):
            First.parse(data[:at])


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=3000), st.one_of(st.just(b""), st.binary(min_size=8, max_size=3000)), st.sampled_from([1, 3, 19])
)
def test_frames(content: bytes, known: bytes, level: int) -> None:
    """What was packed with a prefix is unpacked with it; with a byte of it turned it is refused, or does not matter."""
    frame = pack(content, known, level)
    assert unpack(frame, len(content), known) == content
    for size in (len(content) + 1, max(0, len(content) - 1)):
        if size != len(content):
            with pytest.raises(FormatError):
                unpack(frame, size, known)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000))
def test_content_at_rest(content: bytes) -> None:
    """What the store keeps comes back; another length is refused."""
    kept = pack_at_rest(content)
    assert unpack_at_rest(kept, len(content)) == content
    with pytest.raises(FormatError):
        unpack_at_rest(kept, len(content) + 1)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(PATH, st.binary(max_size=200), max_size=5), st.binary(min_size=8, max_size=300))
def test_groups(files: dict[str, bytes], known: bytes) -> None:
    """A group is opened to the table and the bytes that it was made of."""
    puts = tuple(Put(path, 0, len(content), 0, len(content)) for path, content in files.items())
    items = (OldRun(0, 0, 1),)
    blob = make_group(Table(puts=puts), b"".join(files.values()), items, known, 3)
    asked = []

    def fetch(item: object) -> list[bytes]:
        asked.append(item)
        return [known]

    opened = open_group(blob, GroupLine(0, len(blob), sha(blob)), 1, fetch)
    assert [(p.path, content) for p, content in opened.pieces()] == list(files.items())
    assert asked == list(items)


def test_layer_names_in_use_are_layer_names() -> None:
    """The names drawn above are ones that the format has."""
    assert all(is_layer(name) for name in ("core", "core.fr", "core.pt-br", "full", "full.fr", "lite"))

"""The signed objects as bytes: one spelling each, and no other outcome than a value or a FormatError."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowband.errors import FormatError
from lowband.model.trust import (
    STATE_MAX,
    CourseLine,
    Delegations,
    Head,
    Offer,
    Publisher,
    Record,
    Root,
    Signed,
    State,
)
from lowband.model.wire import MAX_VARINT, Reader, text, varint

NUMBER = st.integers(0, MAX_VARINT)
SOME = st.integers(1, MAX_VARINT)
HASH = st.binary(min_size=32, max_size=32)
SIGNATURE = st.binary(min_size=64, max_size=64)
NAME = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12).map(
    lambda t: unicodedata.normalize("NFC", t)
)
COURSE = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


@st.composite
def roots(draw: st.DrawFn) -> Root:
    """Any root that the format allows."""
    keys = tuple(draw(st.lists(HASH, min_size=1, max_size=16, unique=True)))
    heads = tuple(draw(st.lists(HASH, min_size=1, max_size=16)))
    return Root(draw(SOME), draw(NUMBER), draw(NAME), keys, draw(st.integers(1, len(keys))), heads, draw(HASH))


HEADS = st.builds(
    Head,
    root=SOME,
    epoch=NUMBER,
    seq=SOME,
    issued=st.integers(0, 1 << 40),
    valid_days=st.integers(0, 36_500),
    state_length=st.integers(0, STATE_MAX),
    state_hash=HASH,
    key=st.integers(0, 15),
)
PUBLISHERS = st.builds(Publisher, id=NAME, key=HASH, scopes=st.lists(NAME, max_size=3).map(tuple))
DELEGATIONS = st.builds(
    Delegations,
    version=SOME,
    publishers=st.lists(PUBLISHERS, max_size=5, unique_by=lambda p: p.id).map(tuple),
)
LINES = st.builds(
    CourseLine,
    course=COURSE,
    edition=SOME,
    publisher=st.integers(0, 999),
    record_length=st.integers(0, 16_384),
    record_hash=HASH,
)
STATES = st.builds(
    State,
    delegations_length=st.integers(0, 65_536),
    delegations_hash=HASH,
    courses=st.lists(LINES, max_size=5, unique_by=lambda c: c.course).map(
        lambda cs: tuple(sorted(cs, key=lambda c: c.course))
    ),
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Any record that the format allows."""
    edition = draw(SOME)
    bases = sorted({0, *draw(st.lists(st.integers(0, edition - 1), max_size=4))})
    parts = [draw(st.integers(1, 65_536)) for _ in bases]
    offers = tuple(
        Offer(base, draw(st.integers(part, MAX_VARINT)), part, draw(HASH))
        for base, part in zip(bases, parts, strict=True)
    )
    length = draw(st.integers(0, 16_384))
    return Record(draw(COURSE), edition, draw(st.integers(0, 1 << 40)), length, draw(HASH) if length else b"", offers)


@given(roots(), st.lists(st.tuples(st.binary(min_size=4, max_size=4), SIGNATURE), max_size=4))
def test_a_root_comes_back_as_it_was(root: Root, signatures: list[tuple[bytes, bytes]]) -> None:
    """Spelled and parsed, a root and its signatures are the same; and the body is the bytes that are signed."""
    signed = Signed(root.body(), tuple(signatures))
    found, again = Root.parse(signed.encode())
    assert (found, again) == (root, signed)
    assert again.encode() == signed.encode()


@given(HEADS, SIGNATURE)
def test_a_head_comes_back_as_it_was(head: Head, signature: bytes) -> None:
    """Spelled and parsed, a head is the same."""
    assert Head.parse(head.body() + signature) == (head, head.body(), signature)


@given(DELEGATIONS, SIGNATURE)
def test_delegations_come_back_as_they_were(delegations: Delegations, signature: bytes) -> None:
    """Spelled and parsed, delegations are the same."""
    body = delegations.body()
    assert Delegations.parse(body + signature) == (delegations, body, signature)


@given(STATES)
def test_a_state_comes_back_as_it_was(state: State) -> None:
    """Spelled and parsed, a state is the same, and each course is found by its id."""
    assert State.parse(state.encode()) == state
    assert all(state.line(line.course) == line for line in state.courses)
    assert state.line("no-such-course-" + "x" * 20) is None


@given(records(), SIGNATURE)
def test_a_record_comes_back_as_it_was(record: Record, signature: bytes) -> None:
    """Spelled and parsed, a record is the same."""
    assert Record.parse(record.body() + signature) == (record, record.body(), signature)


PARSERS: dict[bytes, Callable[[bytes], object]] = {
    b"LBR1": Root.parse,
    b"LBH1": Head.parse,
    b"LBD1": Delegations.parse,
    b"LBS1": State.parse,
    b"LBC1": Record.parse,
}


@pytest.mark.parametrize("magic", PARSERS)
@given(data=st.binary(max_size=300), with_magic=st.booleans())
def test_any_bytes_answer_a_value_or_a_format_error(magic: bytes, data: bytes, with_magic: bool) -> None:
    """F2: no bytes at all lead to another error, and what parses is spelled with the same bytes again."""
    whole = magic + data if with_magic else data
    try:
        found = PARSERS[magic](whole)
    except FormatError:
        return
    assert _spelled(found) == whole


@given(state=STATES, place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_state_has_one_spelling(state: State, place: int, byte: int) -> None:
    """A state with any byte changed is refused, or is another state with exactly those bytes."""
    data = bytearray(state.encode())
    data[place % len(data)] = byte
    try:
        found = State.parse(bytes(data))
    except FormatError:
        return
    assert found.encode() == bytes(data)


@given(record=records(), place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_record_has_one_spelling(record: Record, place: int, byte: int) -> None:
    """A record with any byte changed is refused, or is another record with exactly those bytes."""
    data = bytearray(record.body() + bytes(64))
    data[place % len(data)] = byte
    try:
        found = Record.parse(bytes(data))
    except FormatError:
        return
    assert found[0].body() + found[2] == bytes(data)


def _spelled(found: object) -> bytes:
    if isinstance(found, State):
        return found.encode()
    assert isinstance(found, tuple)
    if isinstance(found[0], Root):
        assert found[0].body() == found[1].body
        return bytes(found[1].encode())
    assert found[0].body() == found[1]
    return bytes(found[1] + found[2])


@given(NUMBER)
def test_a_number_has_one_spelling(value: int) -> None:
    """Written and read it is the same; written longer than need be it is refused."""
    data = varint(value)
    assert Reader(data, "test").varint("n") == value
    longer = data[:-1] + bytes([data[-1] | 0x80, 0])
    with pytest.raises(FormatError):
        Reader(longer, "test").varint("n")


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 9 + b"\x01", b"\xff" * 20, b"\x80\x00", b"\x80\x80\x00"])
def test_numbers_that_are_none_are_refused(data: bytes) -> None:
    """Cut short, above 2^63-1, or with idle bytes at the end."""
    with pytest.raises(FormatError):
        Reader(data, "test").varint("n")


@pytest.mark.parametrize("value", [-1, MAX_VARINT + 1])
def test_numbers_outside_the_range_cannot_be_written(value: int) -> None:
    """Nothing is written that could not be read."""
    with pytest.raises(ValueError, match="not a varint"):
        varint(value)


@pytest.mark.parametrize("data", [b"\x02e\xcc", b"\x03e\xcc\x81", b"\x01\x00", b"\x01\x1b", b"\x02\xc2\x85", b"\x05ab"])
def test_texts_that_are_none_are_refused(data: bytes) -> None:
    """Not UTF-8, not NFC, with control characters, or cut short."""
    with pytest.raises(FormatError):
        Reader(data, "test").text("t")


def test_texts_are_written_in_nfc() -> None:
    """Equal names are equal bytes."""
    assert text("e\u0301") == text("\u00e9") == b"\x02\xc3\xa9"


def _root(**changes: object) -> bytes:
    facts: dict[str, object] = {"keys": [b"a" * 32], "threshold": 1, "heads": [b"h" * 32], "version": 1, **changes}
    keys, heads, threshold, version = facts["keys"], facts["heads"], facts["threshold"], facts["version"]
    assert isinstance(keys, list)
    assert isinstance(heads, list)
    assert isinstance(threshold, int)
    assert isinstance(version, int)
    lists = [varint(len(found)) + b"".join(found) for found in (keys, heads)]
    return b"LBR1" + varint(version) + b"\0\1n" + lists[0] + varint(threshold) + lists[1] + b"r" * 32 + b"\0"


@pytest.mark.parametrize(
    "changes",
    [
        {"keys": []},
        {"keys": [b"a" * 32] * 2},
        {"keys": [bytes([n]) * 32 for n in range(17)]},
        {"threshold": 0},
        {"threshold": 2},
        {"heads": []},
        {"version": 0},
    ],
)
def test_roots_that_make_no_sense_are_refused(changes: dict[str, object]) -> None:
    """No keys, one key twice, too many, a threshold out of reach, no head key, no version."""
    assert Root.parse(_root())
    with pytest.raises(FormatError):
        Root.parse(_root(**changes))


def _record(bases: list[int], edition: int = 5) -> bytes:
    offers = tuple(Offer(base, 100, 10, bytes(32)) for base in bases)
    return Record("tax", edition, 0, 0, b"", offers).body() + bytes(64)


@pytest.mark.parametrize("bases", [[], [1], [1, 0], [0, 0], [0, 2, 1], [0, 5], [0, 6]])
def test_offers_out_of_order_or_without_a_full_bundle_are_refused(bases: list[int]) -> None:
    """The full bundle is always there, bases grow, and none is the edition itself."""
    assert Record.parse(_record([0, 1, 4]))
    with pytest.raises(FormatError):
        Record.parse(_record(bases))


def test_courses_out_of_order_or_twice_are_refused() -> None:
    """A state lists each course once, in order of ids."""
    a, b = (CourseLine(c, 1, 0, 1, bytes(32)) for c in "ab")
    assert State.parse(State(0, bytes(32), (a, b)).encode())
    for courses in ((b, a), (a, a)):
        with pytest.raises(FormatError):
            State.parse(State(0, bytes(32), courses).encode())


def test_one_publisher_twice_is_refused() -> None:
    """Delegations name each publisher once."""
    anna = Publisher("anna", bytes(32), ("*",))
    with pytest.raises(FormatError):
        Delegations.parse(Delegations(1, (anna, anna)).body() + bytes(64))


def test_a_part_longer_than_its_bundle_is_refused() -> None:
    """An offer's first part fits in its bundle."""
    record = Record("tax", 1, 0, 0, b"", (Offer(0, 9, 10, bytes(32)),))
    with pytest.raises(FormatError):
        Record.parse(record.body() + bytes(64))


def test_the_sizes_stay_within_what_was_promised() -> None:
    """A head is at most 128 B, a root of 3 keys signed by 2 at most 400 B, a record with 3 offers at most 300 B."""
    head = Head(3, 2, 40_000, 1_900_000_000, 30, 9000, bytes(32), 0)
    root = Root(3, 2, "Ministry of Labour", tuple(bytes([n]) * 32 for n in range(3)), 2, (bytes(32),), bytes(32))
    offers = tuple(Offer(base, 3_000_000, 900, bytes(32)) for base in (0, 4, 5))
    record = Record("2020-37", 6, 1_900_000_000, 280, bytes(32), offers)
    assert len(head.body()) + 64 <= 128
    assert len(Signed(root.body(), ((bytes(4), bytes(64)),) * 2).encode()) <= 400
    assert len(record.body()) + 64 <= 300

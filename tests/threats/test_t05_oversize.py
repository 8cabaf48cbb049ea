"""T05: what is larger than allowed is refused before it is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lowband.carriers.memory import MemoryCarrier
from lowband.errors import FormatError, IntegrityError, LimitError
from lowband.model.trust import (
    DELEGATIONS_MAX,
    HEAD_MAX,
    RECORD_MAX,
    ROOT_MAX,
    STATE_MAX,
    CourseLine,
    Delegations,
    Head,
    Record,
    Root,
    State,
)
from lowband.model.wire import MAX_VARINT, varint
from lowband.packager.snapshot import fetch
from lowband.trust.chain import Seen, accept_delegations, accept_first_root, accept_head, accept_record, accept_state
from tests.trust.world import World

WORLD = World()


def test_the_caps_are_those_of_the_format() -> None:
    """What a carrier may fetch unseen is what docs/format.md says."""
    assert (HEAD_MAX, ROOT_MAX, RECORD_MAX) == (512, 4096, 16_384)
    assert (DELEGATIONS_MAX, STATE_MAX) == (65_536, 1_048_576)


def test_each_object_above_its_cap_is_refused() -> None:
    """One byte above the cap is refused before anything is parsed or verified."""
    head = Head(1, 0, 1, 0, 30, STATE_MAX, bytes(32), 0)
    state = State(DELEGATIONS_MAX, bytes(32), ())
    line = CourseLine("tax", 1, 0, RECORD_MAX, bytes(32))
    nobody = Delegations(1, ())
    judges = (
        (ROOT_MAX, lambda d: accept_first_root(d, None)),
        (HEAD_MAX, lambda d: accept_head(d, WORLD.root, WORLD.catalogue, Seen())),
        (STATE_MAX, lambda d: accept_state(d, head)),
        (DELEGATIONS_MAX, lambda d: accept_delegations(d, state, WORLD.root, WORLD.catalogue, Seen())),
        (RECORD_MAX, lambda d: accept_record(d, line, nobody, WORLD.catalogue)),
    )
    for cap, judge in judges:
        with pytest.raises(LimitError):
            judge(bytes(cap + 1))


def test_a_fetch_stops_one_byte_above_its_cap() -> None:
    """An endless file costs at most its cap and one byte."""
    carrier = MemoryCarrier({"head": bytes(10_000_000)})
    with pytest.raises(LimitError):
        fetch(carrier, "head", HEAD_MAX)
    assert carrier.ledger.down == HEAD_MAX + 1


@pytest.mark.parametrize("count", [1 << 20, 1 << 40, MAX_VARINT])
def test_a_count_that_lies_costs_nothing(count: int) -> None:
    """A list that says it has 2^63-1 members is refused at its count."""
    lies = (
        b"LBS1" + varint(10) + bytes(32) + varint(count),
        b"LBD1" + varint(1) + varint(count),
        b"LBC1" + b"\3tax" + varint(1) + varint(0) + varint(0) + varint(count),
        b"LBR1" + varint(1) + varint(0) + b"\1n" + varint(count),
    )
    for data, parse in zip(lies, (State.parse, Delegations.parse, Record.parse, Root.parse), strict=True):
        with pytest.raises(LimitError):
            parse(data)


def test_a_head_cannot_ask_for_more_than_the_caps() -> None:
    """The lengths in signed objects are capped too: a stolen head key cannot make a device fetch gigabytes."""
    assert Head.parse(WORLD.make().head)[0].state_length == len(WORLD.make().state)
    body = b"LBH1" + b"".join(map(varint, (1, 0, 1, 0, 30, STATE_MAX + 1))) + bytes(32) + varint(0)
    with pytest.raises(LimitError):
        Head.parse(body + bytes(64))
    with pytest.raises(FormatError):
        State.parse(b"LBS1" + varint(DELEGATIONS_MAX + 1) + bytes(32) + varint(0))


def test_an_object_exactly_at_its_cap_is_judged() -> None:
    """The cap itself is allowed: what stops such an object is what it holds."""
    with pytest.raises(FormatError) as refusal:
        accept_head(bytes(HEAD_MAX), WORLD.root, WORLD.catalogue, Seen())
    assert not isinstance(refusal.value, LimitError)


def test_a_length_that_lies_about_the_right_bytes_is_refused() -> None:
    """Length and hash must both hold: a carrier is told the length before it fetches."""
    files = WORLD.make()
    honest = Head.parse(files.head)[0]
    for wrong in (honest.state_length - 1, honest.state_length + 1):
        with pytest.raises(IntegrityError):
            accept_state(files.state, replace(honest, state_length=wrong))


def test_one_byte_more_than_the_signed_length_is_refused() -> None:
    """A state, or any object named by length and hash, ends where the signature says."""
    files = WORLD.make()
    with pytest.raises(IntegrityError):
        accept_state(files.state + b"\0", Head.parse(files.head)[0])

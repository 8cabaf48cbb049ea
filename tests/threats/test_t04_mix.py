"""T04: parts of different moments do not fit together."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from lowband.errors import IntegrityError, LowbandError, MixedError
from lowband.model.trust import Delegations, Head, Publisher, State
from tests.trust.world import Files, World, device_of, public, sha, signed


def _moment(n: int) -> Files:
    listed = Delegations(n, (Publisher("main", public("main"), ("*",)),))
    return replace(World(seq=n).with_record("tax", n).with_record("work", n), delegations=listed).make()


MOMENTS = [_moment(n) for n in (1, 2, 3)]


@pytest.mark.parametrize("picks", [p for p in product(range(3), repeat=4) if len(set(p)) > 1])
def test_every_mix_of_moments_is_refused(picks: tuple[int, int, int, int]) -> None:
    """Head i with state j, delegations k, records l is refused unless all are of one moment."""
    head, state, listed, records = (MOMENTS[n] for n in picks)
    with pytest.raises(IntegrityError):
        device_of(World()).take(Files(head.head, state.state, listed.delegations, records.records))


def test_each_moment_by_itself_is_accepted() -> None:
    """The moments are good, one after the other."""
    device = device_of(World())
    assert [len(device.take(files)) for files in MOMENTS] == [2, 2, 2]


def test_the_record_of_one_course_in_the_line_of_another_is_refused() -> None:
    """A head key cannot pass off one course's signed record as another's."""
    files = World().with_record("work", 1).make()
    swapped = _with_line(files, "tax", 1)
    with pytest.raises(MixedError):
        device_of(World()).take(swapped)


def test_an_edition_in_the_line_of_another_is_refused() -> None:
    """A head key cannot pass off edition 1 as edition 9, nor the other way round."""
    files = World().with_record("work", 4).make()
    for edition in (3, 5):
        with pytest.raises(MixedError):
            device_of(World()).take(_with_line(files, "work", edition))


def test_a_line_that_names_no_publisher_is_refused() -> None:
    """A state whose line points past the delegations' end is refused by an error of ours."""
    with pytest.raises(MixedError):
        device_of(World()).take(World().with_record("tax", 1, place=1).make())


def test_a_refusal_leaves_the_memory_as_it_was() -> None:
    """What was seen moves only when everything holds."""
    device = device_of(World())
    device.take(MOMENTS[0])
    before = device.seen
    with pytest.raises(LowbandError):
        device.take(Files(MOMENTS[1].head, MOMENTS[1].state, MOMENTS[0].delegations, MOMENTS[1].records))
    assert device.seen == before


def _with_line(files: Files, course: str, edition: int) -> Files:
    """The one record of `files` under a line for another course or edition, with a rightly signed head."""
    world = World()
    state = State.parse(files.state)
    line = replace(state.courses[0], course=course, edition=edition)
    data = State(state.delegations_length, state.delegations_hash, (line,)).encode()
    body = replace(Head.parse(files.head)[0], state_length=len(data), state_hash=sha(data)).body()
    record = next(iter(files.records.values()))
    return Files(signed(body, "head", "head", world.catalogue), data, files.delegations, {course: record})

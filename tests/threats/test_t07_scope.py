"""T07: a publisher signs the courses she was given, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lowband.errors import FormatError, ScopeError, TrustError, UsageError
from lowband.model.trust import Delegations, Publisher, Record
from lowband.packager.roles import check_publisher
from tests.trust.world import OFFER, World, device_of, public

ANNA = Publisher("anna", public("anna"), ("tax", "health-*"))
BEN = Publisher("ben", public("ben"), ("work",))
WORLD = World(delegations=Delegations(1, (ANNA, BEN)))


@pytest.mark.parametrize("course", ["tax", "health-1", "health-care", "health-0"])
def test_courses_in_scope_are_taken(course: str) -> None:
    """An exact id, and every id that goes on after the prefix."""
    world = WORLD.with_record(course, 1, "anna", 0)
    assert device_of(world).take(world.make())[0].course == course


@pytest.mark.parametrize("course", ["work", "tax1", "tax-1", "ta", "taxes", "x-tax", "health", "healthy-1", "ealth-1"])
def test_near_matches_are_refused_by_name(course: str) -> None:
    """An id that only looks like hers is refused, naming publisher and course."""
    world = WORLD.with_record(course, 1, "anna", 0)
    with pytest.raises(ScopeError) as refusal:
        device_of(world).take(world.make())
    assert (refusal.value.facts["publisher"], refusal.value.facts["course"]) == ("anna", course)


def test_her_signature_in_another_publishers_line_is_refused() -> None:
    """Anna cannot sign Ben's course by having the line say that Ben did."""
    world = WORLD.with_record("work", 1, "anna", 1)
    with pytest.raises(TrustError):
        device_of(world).take(world.make())


@pytest.mark.parametrize(
    "course", ["Tax", "tax ", "tax\u200b", "täx", "t\u0430x", "tax/", "../tax", "tax.", "-tax", ""]
)
def test_ids_that_only_look_alike_cannot_be_spelled(course: str) -> None:
    """Capitals, spaces, invisible and foreign letters are no course ids at all, so nothing can be passed off so."""
    data = Record(course, 1, 0, 0, b"", (OFFER,)).body() + bytes(64)
    with pytest.raises(FormatError):
        Record.parse(data)


def test_a_star_alone_is_every_course() -> None:
    """The scope `*` covers all ids; it is what a lone expert's publisher has."""
    world = replace(WORLD, delegations=Delegations(1, (Publisher("main", public("main"), ("*",)),)))
    assert device_of(world).take(world.with_record("anything", 1).make())


@pytest.mark.parametrize("scope", ["", "Tax", "tax*x", "**", "*tax", "tax/*", "täx", "-"])
def test_scopes_that_mean_nothing_cannot_be_given(scope: str) -> None:
    """A scope is a course id, the beginning of one with a star, or a star."""
    with pytest.raises(UsageError):
        check_publisher("anna", [scope])

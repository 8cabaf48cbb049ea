"""T08: a stolen head key can hide what is new; it cannot make a device accept content."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lowband.errors import MixedError, RollbackError, ScopeError, TrustError
from lowband.model.trust import Delegations, Publisher
from tests.trust.world import World, device_of, public

WORLD = World().with_record("tax", 5)


def test_content_of_the_thief_is_refused() -> None:
    """The thief's own record under the right publisher's name is refused."""
    device = device_of(WORLD)
    device.take(WORLD.make())
    for key in ("head", "thief"):
        with pytest.raises(TrustError):
            device.take(World(seq=2).with_record("tax", 6, key).make())


def test_a_publisher_of_the_thief_is_refused() -> None:
    """The thief cannot list a publisher: that takes the registrar's signature."""
    listed = Delegations(2, (Publisher("main", public("thief"), ("*",)),))
    for registrar in ("head", "thief"):
        forged = World(delegations=listed, registrar_key=registrar, seq=2).with_record("tax", 6, "thief")
        with pytest.raises(TrustError):
            device_of(WORLD).take(forged.make())


def test_a_genuine_publisher_cannot_be_stretched() -> None:
    """A genuine record under a publisher's line who was not given that course is refused."""
    listed = Delegations(1, (Publisher("anna", public("anna"), ("work",)), Publisher("main", public("main"), ("*",))))
    world = World(delegations=listed).with_record("tax", 6, "main", 0)
    with pytest.raises(ScopeError):
        device_of(world).take(world.make())


def test_genuine_old_content_is_refused_where_newer_was_seen() -> None:
    """Old editions that are genuine are still older than what this device saw."""
    device = device_of(WORLD)
    device.take(WORLD.make())
    with pytest.raises(RollbackError):
        device.take(World(seq=99).with_record("tax", 4).make())


def test_the_thief_cannot_invent_an_epoch() -> None:
    """The epoch is the root's: a head that claims another one is refused, so the theft can be undone."""
    for epoch in (1, 2**62):
        with pytest.raises(MixedError):
            device_of(WORLD).take(replace(WORLD, epoch=epoch).make())


def test_hiding_a_course_takes_nothing_from_the_device() -> None:
    """A state without the course is accepted, and the device still remembers the course's edition."""
    device = device_of(WORLD)
    device.take(WORLD.make())
    assert device.take(World(seq=2).make()) == []
    assert device.editions == {"tax": 5}

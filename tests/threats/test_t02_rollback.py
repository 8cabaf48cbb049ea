"""T02: a head, a course or a root older than what was seen is refused, and what was seen stays."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from lowband.errors import EquivocationError, RollbackError
from lowband.model.trust import Root
from lowband.trust.chain import accept_head, accept_next_root
from tests.trust.world import Device, World, device_of, public, root_file


def test_every_older_head_is_refused_in_any_order() -> None:
    """After head 40, heads 1 to 39 are refused however they come, and the memory does not move."""
    heads = [World(seq=n).with_record("tax", n).make() for n in range(1, 41)]
    device = device_of(World())
    device.take(heads[-1])
    before = device.seen
    older = heads[:-1]
    random.Random(2).shuffle(older)
    for files in older:
        with pytest.raises(RollbackError) as refusal:
            device.take(files)
        assert refusal.value.facts["seen"] == "0.40"
        assert device.seen == before
        device = Device(device.root, device.catalogue, device.seen, dict(device.editions))  # as after a restart


def test_the_same_head_again_is_fine() -> None:
    """Taking what was taken before changes nothing and is no error."""
    device, files = device_of(World()), World(seq=5).make()
    device.take(files)
    before = device.seen
    device.take(files)
    assert device.seen == before


def test_a_head_dated_earlier_with_a_higher_number_is_taken() -> None:
    """Numbers decide, dates do not; the date that was vouched for never goes back."""
    device = device_of(World())
    device.take(World(seq=1, issued=2_000).make())
    device.take(World(seq=2, issued=1_000).make())
    assert (device.seen.seq, device.seen.floor) == (2, 2_000)


def test_two_states_for_one_number_are_equivocation() -> None:
    """Two different states under one (epoch, seq), both rightly signed, are refused by that name."""
    device = device_of(World())
    device.take(World(seq=7).with_record("tax", 1).make())
    with pytest.raises(EquivocationError):
        device.take(World(seq=7).with_record("tax", 2).make())


def test_the_same_state_signed_again_under_one_number_is_fine() -> None:
    """A fresh date over the same state and number is no equivocation."""
    device = device_of(World())
    device.take(World(seq=7).make())
    device.take(World(seq=7, issued=World().issued + 86_400).make())
    assert device.seen.floor == World().issued + 86_400


def test_an_older_edition_under_a_newer_head_is_refused() -> None:
    """A newer head that takes a course back to an older edition of it is refused."""
    device = device_of(World())
    device.take(World(seq=1).with_record("tax", 5).make())
    with pytest.raises(RollbackError) as refusal:
        device.take(World(seq=2).with_record("tax", 4).make())
    assert (refusal.value.facts["seen"], refusal.value.facts["offered"]) == ("5", "4")
    device.take(World(seq=3).with_record("tax", 5).make())


def test_a_head_under_an_older_root_is_refused() -> None:
    """Once root 2 is known, heads made under root 1 are refused though their key is still listed."""
    world = World()
    two = replace(world.root, version=2)
    known = accept_next_root(root_file(two, ["r1"], world.catalogue), world.root, world.catalogue)
    with pytest.raises(RollbackError):
        accept_head(world.make().head, known, world.catalogue, device_of(world).seen)


@pytest.mark.parametrize("version", [1, 2])
def test_a_root_that_is_not_newer_is_refused(version: int) -> None:
    """Roots at or below the known one are refused, even rightly signed."""
    known = Root(2, 0, "Ministry", (public("r1"),), 1, (public("head"),), public("registrar"))
    world = World()
    with pytest.raises(RollbackError):
        accept_next_root(root_file(replace(known, version=version), ["r1"], world.catalogue), known, world.catalogue)


def test_a_root_that_lowers_the_epoch_is_refused() -> None:
    """The epoch is above all numbers, so it never falls."""
    world = World()
    known = replace(world.root, version=2, epoch=3)
    with pytest.raises(RollbackError):
        accept_next_root(root_file(replace(known, version=3, epoch=2), ["r1"], world.catalogue), known, world.catalogue)

"""T11: a thief who pushes the numbers to their end is undone by a new root."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lowband.carriers.memory import MemoryCarrier
from lowband.errors import RollbackError, TrustError, UsageError
from lowband.model.trust import Delegations
from lowband.model.wire import MAX_VARINT
from lowband.packager.catalogue import new_catalogue, open_catalogue
from lowband.packager.roles import next_number
from lowband.trust.chain import accept_next_root
from tests.trust.world import NOON, World, device_of, public, root_file

FAR = (1 << 40) - 1


def test_a_new_epoch_recovers_from_the_highest_number() -> None:
    """After seq 2^63-1, dated far ahead, root 2 with epoch 1 and a new head key makes seq 1 newer."""
    world = World()
    device = device_of(world)
    device.take(replace(world, seq=MAX_VARINT, issued=FAR).make())
    with pytest.raises(RollbackError):
        device.take(replace(world, seq=2).make())
    second = replace(world.root, version=2, epoch=1, heads=(public("head 2"),))
    device.root = accept_next_root(root_file(second, ["r1"], world.catalogue), device.root, device.catalogue)
    mended = replace(world, root=second, epoch=1, seq=1, head_key="head 2")
    device.take(mended.make())
    assert (device.seen.number, device.seen.floor) == ((1, 1), NOON)


def test_the_old_head_key_is_dead_after_the_new_root() -> None:
    """The thief's key signs nothing any more, in either epoch."""
    world = World()
    device = device_of(world)
    second = replace(world.root, version=2, epoch=1, heads=(public("head 2"),))
    device.root = accept_next_root(root_file(second, ["r1"], world.catalogue), device.root, device.catalogue)
    for epoch in (0, 1):
        with pytest.raises(TrustError):
            device.take(replace(world, root=second, epoch=epoch, seq=MAX_VARINT).make())


def test_delegations_run_up_by_a_stolen_registrar_key_are_undone() -> None:
    """A version counts under one registrar key: with a new one it starts again, and the old key's are refused."""
    world = World()
    device = device_of(world)
    device.take(replace(world, delegations=Delegations(MAX_VARINT, world.delegations.publishers)).make())
    second = replace(world.root, version=2, epoch=1, registrar=public("registrar 2"))
    device.root = accept_next_root(root_file(second, ["r1"], world.catalogue), device.root, device.catalogue)
    with pytest.raises(TrustError):
        device.take(replace(world, root=second, epoch=1).make())
    device.take(replace(world, root=second, epoch=1, registrar_key="registrar 2").make())
    assert device.seen.delegations == 1


def test_the_publishing_side_says_when_the_numbers_are_used_up() -> None:
    """Beyond the last number of an epoch it asks for a new head key; a new epoch begins at 1."""
    with pytest.raises(UsageError):
        next_number(0, (0, MAX_VARINT))
    assert next_number(0, (0, MAX_VARINT - 1)) == (0, MAX_VARINT)
    assert next_number(1, (0, MAX_VARINT)) == (1, 1)
    assert next_number(1, (0, 9), (1, 4), (1, 6)) == (1, 7)


@pytest.mark.parametrize("role", ["head", "registrar"])
def test_rotating_head_or_registrar_raises_the_epoch(tmp_path: Path, role: str) -> None:
    """The publishing side starts a new epoch, and devices that saw the old one follow."""
    carrier = MemoryCarrier()
    made = new_catalogue(carrier, tmp_path, "Ministry", NOON)
    for n in range(3):
        made.refresh_head(NOON + n)
    assert made.head.number == (0, 4)
    made.rotate("head" if role == "head" else "registrar", NOON + 9)
    assert open_catalogue(carrier, tmp_path).head.number == (1, 1)

"""T10 on a device: roots are followed one by one; a gap is asked for, never skipped."""

from __future__ import annotations

import pytest

from lowband.model.depot import root_name
from tests.world import Device, World, lesson
from tests.world_depots import Listed


def _rotated(times: int) -> tuple[World, Device]:
    world = World()
    world.publish("a-course", {"01-a.md": lesson(1, 20)})
    device = Device().join(world.files)
    device.sync(world.files)
    for n in range(times):
        world.catalogue.rotate(("head", "root", "registrar")[n % 3], world.now + n + 1)
    return world, device


def test_a_device_that_slept_through_three_rotations_follows_them_all() -> None:
    """It asks for roots 2, 3 and 4 in order, and then takes what is published under the last."""
    world, device = _rotated(3)
    made = world.publish("a-course", {"01-a.md": lesson(2, 20)})
    depot = Listed(world.files)
    device.sync(depot)
    asked = [str(name) for name, _, _ in depot.asked if str(name).startswith("root/")]
    assert asked == [root_name(n) for n in (2, 3, 4)]
    assert device.tree("a-course") == made.files
    assert device.store.catalogues.all()[0].root.version == 4


@pytest.mark.parametrize("missing", [2, 3, 4])
def test_a_gap_in_the_chain_ends_it(missing: int) -> None:
    """Without one of the roots nothing newer is believed, and what is here opens."""
    world, device = _rotated(3)
    before = device.tree("a-course")
    world.publish("a-course", {"01-a.md": lesson(2, 20)})
    files = {name: content for name, content in world.files.items() if name != root_name(missing)}
    report = device.sync(files)
    assert report.fresh is False
    assert device.store.catalogues.all()[0].root.version == 1
    assert device.tree("a-course") == before
    device.sync(world.files)
    assert device.tree("a-course") != before


def test_a_root_in_the_place_of_another_is_refused() -> None:
    """Root 3 shown as root 2, and root 1 as root 2."""
    world, device = _rotated(3)
    for other in (1, 3, 4):
        report = device.sync({**world.files, root_name(2): world.files[root_name(other)]})
        assert report.fresh is False
        assert device.store.catalogues.all()[0].root.version == 1

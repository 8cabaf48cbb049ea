"""T13: bombs in a bundle that the publisher signed: refused, nothing of them kept, the edition here opens."""

from __future__ import annotations

import pytest

from lowband.bundle.format import LayerLine
from tests.faults.bombs import BOMBS
from tests.world import Device, device_at, pensions
from tests.world_forge import Bundle, full, publish


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_that_the_publisher_signed_installs_nothing(name: str) -> None:
    """Whatever the bomb, the device names the course, keeps its edition, and its store does not grow."""
    world = pensions().again()
    publish(world, "pensions", full({"x.md": b"x"}, [BOMBS[name]()]))
    device = device_at(5)
    rows = device.store.db.value("SELECT count(*) FROM blob")
    report = device.sync(world.files)
    codes = [c.problem.code for c in report.courses if c.problem]
    assert codes in (["E-FORMAT"], ["E-LIMIT"], ["E-BASE"])
    assert device.store.db.value("SELECT count(*) FROM blob") == rows
    assert device.tree("pensions") == pensions().editions[4].files


def test_a_bundle_that_says_it_is_endless_is_not_stored_beforehand() -> None:
    """Sizes of exabytes in the first part are words: nothing is reserved for them."""
    world = pensions().again()
    line = LayerLine("core", (), bytes(4), bytes(16), 0, (1 << 63) - 1)
    publish(world, "pensions", Bundle(0, (line,), ((0, BOMBS["no frame"]()),)))
    device = Device().join(world.files)
    report = device.sync(world.files)
    assert [c.problem.code for c in report.courses if c.problem] == ["E-FORMAT"]
    assert device.path.stat().st_size < 1 << 20

"""T06 on a device: a line kept slow on purpose gives way to another, within bounds, and its bytes are kept."""

from __future__ import annotations

from lowband.model.depot import object_name
from tests.world import device_at, pensions
from tests.world_depots import Listed, Slow


def test_a_slow_depot_alone_is_given_up_in_bounded_time_and_nothing_is_lost() -> None:
    """It brings 40 bytes an answer, then stalls: every byte counts, and a later sync fetches only the others."""
    made = pensions().editions[4]
    name = object_name(next(o for o in made.record.offers if o.base == 4).part_hash)
    length = made.length(4)
    device = device_at(4)
    start = device.clock.at
    slow = Slow(made.depot, 400)
    device.sync(slow)
    assert device.clock.at - start < 120
    good = Listed(made.depot, "good")
    report = device.sync(good)
    assert report.courses[0].problem is None
    assert device.tree("pensions") == made.files
    assert slow.bytes_of(name) + good.bytes_of(name) <= length + 400


def test_a_slow_depot_among_others_costs_one_try() -> None:
    """With another depot at hand the slow one is left at once."""
    made = pensions().editions[4]
    device = device_at(0)
    start = device.clock.at
    report = device.sync(Slow(made.depot, 700), Listed(made.depot, "good"))
    assert report.courses[0].problem is None
    assert device.clock.at - start < 5
    assert device.tree("pensions") == made.files

"""T03 on a device: a hub that shows one head for 400 days locks nobody out, and a stick unmasks it."""

from __future__ import annotations

from tests.world import DAY, device_at, pensions
from tests.world_depots import Listed


def test_four_hundred_days_of_one_head_then_a_newer_one_on_a_stick() -> None:
    """The banner counts the days, the course opens on each of them; with the stick the hub is named as behind."""
    made = pensions().editions
    hub, stick = Listed(made[3].depot, "hub"), Listed(made[4].depot, "stick")
    device = device_at(4)
    banners: list[int] = []
    for _ in range(0, 400, 10):
        device.clock.sleep(10 * DAY)
        report = device.sync(hub)
        assert device.tree("pensions") == made[3].files
        assert report.courses[0].problem is None
        banners.append(report.stale_days or 0)
    assert banners[0] == 0
    assert banners == sorted(banners)
    assert 360 <= banners[-1] <= 400
    report = device.sync(hub, stick)
    assert device.tree("pensions") == made[4].files
    report = device.sync(hub, stick)
    problems = {s.address: s.problem.code for s in report.sources if s.problem}
    assert problems == {"hub": "E-ROLLBACK"}


def test_a_stopped_or_turned_back_clock_changes_nothing_but_the_banner() -> None:
    """1970: the date that was verified counts instead, so nothing looks fresher than it was."""
    made = pensions().editions
    device = device_at(3)
    device.clock.at = 0
    report = device.sync(made[4].depot)
    assert report.stale_days is None
    assert device.tree("pensions") == made[4].files

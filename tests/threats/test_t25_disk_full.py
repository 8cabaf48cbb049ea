"""T25: a full disk is said before the old edition is touched, with what is needed and what there is."""

from __future__ import annotations

from lowband.errors import DiskFullError
from tests.world import device_at, pensions


def test_a_full_disk_leaves_the_old_edition_and_says_what_is_needed() -> None:
    """The store cannot grow by a page: one error with figures; the edition here opens, after a restart too."""
    made = pensions().editions
    device = device_at(2)
    pages = device.store.db.value("PRAGMA page_count")
    device.store.db.run(f"PRAGMA max_page_count={pages}")
    try:
        problem = device.sync(made[3].depot).courses[0].problem
    except DiskFullError as raised:
        problem = raised
    assert isinstance(problem, DiskFullError)
    assert "{" not in problem.line()
    assert "?" not in problem.line()
    assert device.tree("pensions") == made[1].files
    device.restart()
    assert device.tree("pensions") == made[1].files
    assert device.whole("pensions")


def test_with_room_again_the_same_sync_goes_on() -> None:
    """Nothing has to be mended by hand."""
    made = pensions().editions
    device = device_at(2)
    device.store.db.run(f"PRAGMA max_page_count={device.store.db.value('PRAGMA page_count') + 2}")
    device.sync(made[3].depot)
    device.store.db.run("PRAGMA max_page_count=100000")
    device.sync(made[3].depot)
    assert device.tree("pensions") == made[3].files

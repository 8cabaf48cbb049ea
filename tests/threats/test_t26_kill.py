"""T26: kill -9 before every single step of an update, one after the other."""

from __future__ import annotations

from lowband.store.check import file_is_sound
from tests.faults.killing import Seams, killed
from tests.world import Device, pensions, quick_folder, synced
from tests.world_depots import Listed


def test_an_update_killed_before_every_step() -> None:
    """Seam 1, 2, 3 … until none is left: the edition is the old or the new one, whole, and the next sync ends it."""
    made = pensions().editions
    path = quick_folder() / "store.db"

    def work(seams: Seams) -> None:
        seams.everywhere()
        device = Device(path)
        report = device.sync(Listed(made[3].depot, step=900))
        assert [c.problem for c in report.courses] == [None]

    points = 0
    for at in range(1, 1000):
        for old in path.parent.glob("store*"):
            old.unlink()
        path.write_bytes(synced(3))
        if not killed(at, work):
            break
        points += 1
        device = Device(path)
        assert file_is_sound(device.store) == ""
        assert device.edition("pensions") in (3, 4)
        assert device.tree("pensions") == made[device.edition("pensions") - 1].files
        assert device.whole("pensions")
        if at % 4 == 0:
            device.sync(made[3].depot)
            assert device.tree("pensions") == made[3].files
        device.store.close()
    print(f"T26: killed before each of {points} steps; bad: 0")
    assert points > 30

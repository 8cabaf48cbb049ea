"""F3: kill -9 at seams of join, sync, apply, switch and publish; after each the promises hold, and it goes on."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.model.depot import object_name
from lowband.packager.catalogue import open_catalogue
from lowband.packager.normal import NormalCache
from lowband.packager.publish import Publisher
from lowband.packager.workshop import Workshop
from lowband.store.check import file_is_sound
from tests.faults.killing import Counted, Seams, Tally, killed
from tests.world import DAY, Device, World, lesson, pensions, quick_folder
from tests.world_depots import Listed

LEGS = (1, 3, 4, 5)
CHUNK = 700  # bytes at once from the depot
GROUP = (16 << 10) + 200  # bytes of the largest group: what had not reached the disk of one group may come again


class _Leg:
    """A device on its way to one edition, killed again and again."""

    def __init__(self, path: Path, edition: int) -> None:
        self.path = path
        self.made = pensions().editions[edition - 1]
        self.bundles = {object_name(o.part_hash) for e in pensions().editions for o in e.record.offers}
        self.fetched = Tally()
        self.kills = 0

    def work(self, seams: Seams) -> None:
        """What the child does."""
        seams.everywhere()
        device = Device(self.path)
        if not device.store.catalogues.all():
            device.join(self.made.depot)
        report = device.sync(Counted(self.made.depot, self.bundles, self.fetched, seams, CHUNK))
        assert [c.problem for c in report.courses] == [None]
        device.store.close()

    def check(self, before: int) -> int:
        """I1 to I4 after a kill; the installed edition."""
        device = Device(self.path)
        assert file_is_sound(device.store) == ""
        edition = device.edition("pensions")
        assert edition in range(before, self.made.number + 1)
        if edition:
            assert device.tree("pensions") == pensions().editions[edition - 1].files
            assert device.whole("pensions")
        else:
            assert all(self.made.files[p] == c for p, c in device.tree("pensions").items())
        device.store.close()
        return edition


def _kill_down(points: int, seed: int) -> None:
    dice = random.Random(seed)
    kills = runs = twice = 0
    while kills < points:
        path, edition = quick_folder() / "store.db", 0
        for target in LEGS:
            leg = _Leg(path, target)
            done = False
            # A leg that dies forty times is let through: a device that is killed at every step gets nowhere, rightly.
            while not done:
                at = int(2 ** dice.uniform(0, 7)) if leg.kills < 40 else 0
                done = not killed(at, leg.work)
                leg.kills += not done
                edition = leg.check(edition)
            assert edition == target
            kills += leg.kills
            spare = leg.fetched.value - _useful(target)
            twice = max(twice, spare // max(1, leg.kills))
            assert spare <= leg.kills * (GROUP + CHUNK)
        runs += 1
        shutil.rmtree(path.parent)
    print(f"F3: kill -9 at {kills} points in {runs} journeys; bytes fetched again per kill, at most: {twice}; bad: 0")
    assert kills >= points > 0


def _useful(target: int) -> int:
    """Bytes of bundles that a device takes which is never killed."""
    before = LEGS[LEGS.index(target) - 1] if target != LEGS[0] else 0
    from tests.world import device_at

    device = device_at(before)
    depot = Listed(pensions().editions[target - 1].depot)
    device.sync(depot)
    names = {object_name(o.part_hash) for e in pensions().editions for o in e.record.offers}
    return sum(depot.bytes_of(name) for name in names)


def test_kill_while_taking_editions() -> None:
    """A thousand kills on the way through four editions: never damaged, never half, hardly a byte twice."""
    _kill_down(1000, 3)


@pytest.mark.slow
def test_kill_while_taking_editions_ten_thousand_times() -> None:
    """The same, ten thousand times with other dice."""
    _kill_down(10_000, 4)


def _kill_publish(points: int, seed: int) -> None:
    shared = World()
    first = shared.publish("a-course", {"01-a.md": lesson(1, 30), "02-b.md": lesson(2, 30)})
    dice, kills, tries = random.Random(seed), 0, 0
    source = quick_folder() / "a-course"
    source.mkdir()
    after = {"01-a.md": lesson(1, 30) + b"More.\n", "03-c.md": lesson(3, 30)}
    for name, content in after.items():
        (source / name).write_bytes(content)
    while kills < points:
        folder = quick_folder()
        shutil.copytree(shared.folder, folder, dirs_exist_ok=True)
        for name, content in first.depot.items():
            (folder / "depot" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "depot" / name).write_bytes(content)

        def work(seams: Seams, folder: Path = folder) -> None:
            seams.everywhere()
            catalogue = open_catalogue(FolderCarrier(folder / "depot"), folder / "keys")
            shop, cache = Workshop(folder / "shop"), NormalCache(folder / "normal")
            publisher = Publisher(catalogue, shop, cache, lambda what, done, total: None, processes=1)
            publisher.publish(source, "a-course", exact=True, now=shared.now + DAY)

        done = False
        while not done:
            done = not killed(dice.randrange(1, 60) if tries % 4 else 0, work)
            tries += 1
            kills += not done
            device = Device().join(FolderCarrier(folder / "depot"))
            report = device.sync(FolderCarrier(folder / "depot"))
            assert [c.problem for c in report.courses] == [None]
            assert device.tree("a-course") == (first.files, after)[device.edition("a-course") > 1]
        assert device.tree("a-course") == after
        shutil.rmtree(folder)
    print(f"F3: publisher killed at {kills} points; each time the depot served a whole edition; bad: 0")
    assert kills >= points > 0


def test_kill_while_publishing() -> None:
    """Whenever the publisher dies, devices find an edition whole, the old or the new; publishing again ends it."""
    _kill_publish(40, 5)


@pytest.mark.slow
def test_kill_while_publishing_a_thousand_times() -> None:
    """The same, a thousand times."""
    _kill_publish(1000, 6)

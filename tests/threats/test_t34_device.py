"""T34 on a device: a stick pulled out carelessly: the bad file is named, all the rest is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.model.depot import object_name
from tests.world import Device, Files, World, lesson, noise, quick_folder
from tests.world_depots import Listed

COURSES = ["a-course", "b-course", "c-course"]
DAMAGE = ["empty", "half", "zeros", "another's", "gone"]


def _world() -> World:
    world = World()
    for n, course in enumerate(COURSES):
        world.publish(course, {"01-a.md": lesson(n, 30), "film.mp4": noise(n, 5000)})
    return world


WORLD = _world()


def _written(files: Files) -> Path:
    folder = quick_folder()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def _hurt(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
        return
    made = {
        "empty": b"",
        "half": content[: len(content) // 2],
        "zeros": bytes(len(content)),
        "another's": noise(9, 999),
    }
    path.write_bytes(made[how])


@pytest.mark.parametrize("how", DAMAGE)
def test_one_bundle_is_bad_and_the_other_courses_come(how: str) -> None:
    """Each course's bundle in turn: its course waits and is named, the two others are whole."""
    for made in WORLD.editions:
        folder = _written(WORLD.files)
        _hurt(folder / object_name(made.record.offers[0].part_hash), how)
        device = Device().join(FolderCarrier(folder))
        report = device.sync(FolderCarrier(folder))
        assert {c.id for c in report.courses if c.problem} == {made.course}
        for other in WORLD.editions:
            if other is not made:
                assert device.tree(other.course) == other.files
        web = Listed(WORLD.files, "web")
        report = device.sync(FolderCarrier(folder), web)
        assert [c.problem for c in report.courses] == [None] * 3
        assert device.tree(made.course) == made.files


@pytest.mark.parametrize("how", DAMAGE)
def test_every_file_of_the_stick_bad_in_turn(how: str) -> None:
    """Whichever it is, what is shown is whole or absent; with a good depot beside it everything comes."""
    tried = 0
    for name in sorted(WORLD.files):
        folder = _written(WORLD.files)
        device = Device().join(WORLD.files)
        _hurt(folder / name, how)
        device.sync(FolderCarrier(folder))
        for made in WORLD.editions:
            assert device.tree(made.course).items() <= made.files.items()
        report = device.sync(FolderCarrier(folder), Listed(WORLD.files, "web"))
        assert [c.problem for c in report.courses] == [None] * 3
        assert all(device.tree(made.course) == made.files for made in WORLD.editions)
        tried += 1
    print(f"T34: files made bad ({how}): {tried}")
    assert tried > 8

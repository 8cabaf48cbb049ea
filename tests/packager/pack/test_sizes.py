"""What changes cost, on small made-up courses."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowband.bundle.format import MEMORY_MADE, First
from lowband.packager.pack import changes, groups, write
from tests.packager.pack.applier import apply_bundle
from tests.packager.pack.made import bundle, edition, noise, prose

MIB = 1 << 20
COURSE = {f"core:{n}/lesson.md": prose(n) for n in range(1, 30)} | {
    f"full:{n}/p.png": noise(n, 20_000) for n in range(1, 10)
}


def cost(old: dict[str, bytes], new: dict[str, bytes], folder: Path) -> int:
    """Bytes of the bundle, which is also applied."""
    base, after = edition(1, old), edition(2, new)
    made = bundle(base, after, folder)
    apply_bundle(base, after, made)
    return made.length


def test_a_word_changed_costs_little_more_than_the_word(tmp_path: Path) -> None:
    """Header, group and frame together stay below 200 bytes."""
    assert cost(COURSE, {**COURSE, "core:7/lesson.md": prose(7) + b" corrected"}, tmp_path) < 200


def test_a_file_renamed_and_edited_costs_its_edit(tmp_path: Path) -> None:
    """Likeness finds the old file under its old name."""
    new = {**COURSE, "core:7/renamed-lesson.md": prose(7).replace(b"pension1", b"pension2")}
    del new["core:7/lesson.md"]
    assert cost(COURSE, new, tmp_path) < 250


def test_a_folder_renamed_costs_its_names(tmp_path: Path) -> None:
    """Moves carry paths, no content."""
    new = {name.replace("/lesson", "/text/lesson"): data for name, data in COURSE.items()}
    assert cost(COURSE, new, tmp_path) < 400


def test_a_file_that_goes_to_another_layer_is_leaned_on(tmp_path: Path) -> None:
    """What `core` had, `full` need not send."""
    old = {**COURSE, "core:3/data.bin": noise(99, 50_000)}
    new = {**COURSE, "full:3/data.bin": noise(99, 50_000)}
    assert cost(old, new, tmp_path) < 400


def test_equal_files_from_nothing_are_sent_once(tmp_path: Path) -> None:
    """The second copy leans on the first, also when it travels in a group of its own."""
    made = bundle(None, edition(1, {f"full:{n}/p.png": noise(1, 100_000) for n in range(5)}), tmp_path)
    assert made.length < 101_500


@pytest.mark.parametrize("piece", [1 << 18, pytest.param(8 << 20, marks=pytest.mark.slow)])
def test_a_large_file_with_a_part_inserted_costs_the_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    """Pieces lean on the right slices of the old entry, though every piece has shifted."""
    for module in (changes, groups):
        monkeypatch.setattr(module, "PIECE", piece)
    old, part = noise(1, 5 * piece // 2), noise(2, 10_000)
    new = old[: piece // 2] + part + old[piece // 2 :]
    assert cost({"full:1/film.mp4": old}, {"full:1/film.mp4": new}, tmp_path) < 16_000


@pytest.mark.parametrize("memory", [2, pytest.param(MEMORY_MADE, marks=pytest.mark.slow)])
def test_no_group_needs_more_memory_than_the_header_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int
) -> None:
    """Prefix and content stay under the cap however large the course: the applier checks each group."""
    monkeypatch.setattr(write, "MEMORY_MADE", memory)
    for module in (changes, groups):
        monkeypatch.setattr(module, "PIECE", memory * MIB // 4)
    size = memory * MIB // 10
    old = {f"full:{n}/a.mp4": noise(n, size) for n in range(12)}
    new = {f"full:{n}/b.mp4": noise(n, size)[1000:] + b"x" for n in range(12)}
    assert cost(old, new, tmp_path) < 20_000


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_the_first_lesson_arrives_first_whatever_the_size_of_the_course(tmp_path: Path, count: int) -> None:
    """However many the entries, structure and first lesson are readable within 30 KB."""
    files = {f"core:{n}/lesson.md": prose(n, 60) for n in range(count)}
    files |= {"core:.lowband/plan": b"".join(b"%d/lesson.md\n" % n for n in range(count))}
    made = bundle(None, edition(1, files), tmp_path)
    assert made.first_lesson < 30_000
    assert made.first_lesson < made.length / 3


def test_groups_grow_from_small_to_large(tmp_path: Path) -> None:
    """A newcomer's first groups are small; later ones cost less in sum by being larger."""
    files = {f"core:{n}/lesson.md": prose(n, 3000) for n in range(60)}
    made = bundle(None, edition(1, files), tmp_path)
    lengths = [g.length for g in First.parse(made.parts[0].read_bytes()[: made.part_length]).part.groups]
    assert lengths[0] < 12_000
    assert lengths[1] < 40_000
    assert max(lengths) == max(lengths[2:])


def test_large_media_travel_alone(tmp_path: Path) -> None:
    """Each picture of some size is a group, so one can be fetched by itself."""
    made = bundle(None, edition(1, {f"full:{n}/p.png": noise(n, 300_000) for n in range(5)}), tmp_path)
    assert made.groups == 5

"""The real courses: each is read as a person would read it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lowband.packager.scan import Source, scan

CORPORA = Path(os.environ.get("LOWBAND_CORPORA", Path(__file__).parents[4] / "shared" / "corpora"))


def course(name: str) -> Source:
    """The edition `name` of a real course, or a skip that says it is not here."""
    folder = CORPORA / name
    if not folder.is_dir():
        pytest.skip(f"real course {name} is not here (LOWBAND_CORPORA)")
    return scan(folder, "c")


@pytest.mark.parametrize(
    ("name", "languages", "title", "start"),
    [
        ("weather-training/v3", "ar en es fr ru zh", "WIS2 in a box training", "documentation/docs/ar/index.md"),
        ("weather-training/v1", "ar en es fr ru zh", "WIS2 in a box training", "documentation/docs/ar/index.md"),
        ("incident-cards/v1", "en fr", "IRM-2022 (Incident Response Methodologies 2022)", "README.md"),
        ("incident-cards/v4", "en es fr ru", "IRM-2022 (Incident Response Methodologies 2022)", "README.md"),
        ("python-lesson/v1", "", "Programming with Python", "index.md"),
        ("python-lesson/v4", "", "Programming with Python", "index.md"),
        ("compliance-slides/v3", "en", "OpenChain Curriculum", "README.md"),
        ("cloud-workshop/v3", "", "Cosmos DB real-time advanced analytics", "README.md"),
    ],
)
def test_a_real_course_is_understood(name: str, languages: str, title: str, start: str) -> None:
    """Languages, title and first lesson are right, and every file is in one layer with a rank of its own."""
    source = course(name)
    files = [f.path for f in source.files]
    assert " ".join(source.course.languages) == languages
    assert source.course.title() == title
    assert source.lessons[0].path == start
    assert len(files) == len(set(files)) == len({f.rank for f in source.files})
    assert sorted(files) == sorted(
        str(f.relative_to(CORPORA / name)) for f in (CORPORA / name).rglob("*") if f.is_file()
    )
    assert {lesson.path for lesson in source.lessons} <= set(files)
    assert all(lesson.title for lesson in source.lessons)


def test_the_weather_course_keeps_its_order_in_every_language() -> None:
    """The order in `.pages` holds, each language's lessons side by side; what is no page of the manual is no lesson."""
    source = course("weather-training/v3")
    english = [lesson for lesson in source.lessons if lesson.lang == "en"]
    assert [x.path.rpartition("/")[2] for x in english[:4]] == [
        "index.md", "connecting-to-wis2-over-mqtt.md", "accessing-your-student-vm.md", "initializing-wis2box.md",
    ]  # fmt: skip
    assert {x.module for x in english[1:4]} == {"Practical Sessions"}
    assert {lesson.lang for lesson in source.lessons[:6]} == {"ar", "en", "es", "fr", "ru", "zh"}
    assert all(lesson.path.startswith("documentation/docs/") for lesson in source.lessons)


def test_the_python_lesson_goes_by_its_episodes() -> None:
    """Episodes follow the index in order; instructors' pages come last."""
    found = [lesson.path for lesson in course("python-lesson/v4").lessons]
    assert found[1:4] == ["episodes/01-intro.md", "episodes/02-numpy.md", "episodes/03-matplotlib.md"]
    assert found.index("learners/setup.md") < found.index("instructors/instructor-notes.md")


def test_incident_cards_are_counted_as_numbers() -> None:
    """Card 10 comes after card 9, in layer `full.en`."""
    cards = [x for x in course("incident-cards/v4").lessons if x.lang == "en"]
    assert [x.path.split("-")[1] for x in cards] == [str(n) for n in range(1, 23)]
    assert {x.layer for x in cards} == {"full.en"}


def test_an_archive_comes_last() -> None:
    """In compliance-slides, meeting notes of the archive are after everything else."""
    found = [lesson.module for lesson in course("compliance-slides/v3").lessons]
    assert found.index("Archive") == len(found) - found.count("Archive")

"""The course's card and plans: exact, stable under change, deaf to hostile bytes."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowband.errors import FormatError, LimitError, UnsafeNameError
from lowband.model.course import (
    CARD,
    MAX_CARD,
    Course,
    Lesson,
    best,
    plan_path,
    plans,
    read_card,
    read_plan,
    read_structure,
    structure_entries,
)
from lowband.model.shown import is_shown, one_line, shown

WORDS = st.text(max_size=40).map(one_line)
LANGS = st.sampled_from(["en", "fr", "pt-br", "zh-hans"])
TEXTS = st.dictionaries(LANGS | st.just(""), WORDS.filter(bool), max_size=3)
ROWS = st.lists(st.dictionaries(WORDS, WORDS, max_size=3), max_size=3).map(tuple)
COURSES = st.builds(
    Course,
    id=st.just("c-1"),
    titles=TEXTS,
    summaries=TEXTS,
    code=WORDS,
    kind=WORDS,
    institution=WORDS,
    country=WORDS,
    themes=st.lists(WORDS, max_size=3).map(tuple),
    languages=st.lists(LANGS, max_size=3).map(tuple),
    calendar=ROWS,
    team=ROWS,
    competencies=ROWS,
    licence=WORDS,
)


def lessons(count: int) -> list[Lesson]:
    """A course of `count` lessons."""
    return [Lesson(f"en/{n:05}-a-lesson.md", f"What lesson {n} teaches", "en", "Part", "core.en") for n in range(count)]


@given(COURSES, st.lists(st.builds(Lesson, st.just("a.md"), WORDS, LANGS, WORDS, st.just("core.fr")), max_size=4))
def test_structure_comes_back_as_written(course: Course, steps: list[Lesson]) -> None:
    """What was written is read again, value for value, and writes the same bytes."""
    entries = structure_entries(course, steps)
    again, back = read_structure(entries)
    assert (again, list(back)) == (course, steps)
    assert structure_entries(again, back) == entries


def outcome(read: Callable[[bytes], object], data: bytes) -> str:
    """The type of what `read` answers, or the place that it refuses."""
    try:
        return type(read(data)).__name__
    except FormatError as error:
        return error.facts["place"]


@given(st.binary(max_size=300) | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "titles", "lessons", "path", "title", "team"]) | st.text(), inner)).map(lambda v: json.dumps(v).encode()))  # noqa: E501  # fmt: skip
def test_any_bytes_give_a_value_or_a_format_error(data: bytes) -> None:
    """Hostile bytes never raise anything but `FormatError`, whose place is the entry."""
    for name, read in ((CARD, read_card), (plan_path(1), lambda d: read_plan(plan_path(1), d))):
        assert outcome(read, data).startswith((name, "Course", "tuple"))


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b'{"id":"a","id":"b"}', CARD),
        (b'{"id":"Not An Id"}', f"{CARD}.id"),
        (b'{"id":"a","titles":{"en":3}}', f"{CARD}.titles.en"),
        (b'{"id":"a","titles":{"not a tag":"x"}}', f"{CARD}.languages"),
        (b'{"id":"a","themes":"x"}', f"{CARD}.themes"),
        (b'{"id":"a","team":["x"]}', f"{CARD}.team[0]"),
        (b'{"id":"a","code":"\\u001b[2J"}', f"{CARD}.code"),
        (b'{"id":"a","code":"\\ud800"}', f"{CARD}.code"),
        (b'{"id":NaN}', CARD),
        (b"[" * 100_000, CARD),
        (b"\xff", CARD),
    ],
)
def test_a_wrong_card_is_refused_with_its_place(data: bytes, place: str) -> None:
    """Each mistake in a card is refused, and the error names where."""
    with pytest.raises(FormatError) as refused:
        read_card(data)
    assert refused.value.facts["place"] == place


def test_a_card_beyond_the_limit_is_refused_unread() -> None:
    """Size is checked before anything is parsed."""
    with pytest.raises(LimitError):
        read_card(b" " * (MAX_CARD + 1))


def test_a_plan_cannot_lead_out_of_the_course() -> None:
    """A lesson whose path climbs out of the course is refused by its name."""
    with pytest.raises(UnsafeNameError) as refused:
        read_plan(plan_path(1), b'{"lessons":[{"path":"../../etc/passwd","title":"x"}]}')
    assert refused.value.facts["place"] == ".lowband/plan-0001.json.lessons[0].path"


def test_fields_of_a_later_version_are_ignored() -> None:
    """A card and a plan with fields that this version does not know still open."""
    assert read_card(b'{"id":"a","mood":["new"]}') == Course("a")
    assert read_plan(plan_path(1), b'{"lessons":[{"path":"a.md","title":"A","mood":1}],"more":2}') == (
        Lesson("a.md", "A"),
    )


def test_a_course_of_ten_thousand_lessons_starts_with_a_small_plan() -> None:
    """Card and first plan stay small when a course is large: under 6 KB packed for 10,000 lessons."""
    entries = structure_entries(Course("big", {"en": "A large course"}), lessons(10_000))
    start = zlib.compress(entries[CARD] + entries[plan_path(1)], 9)
    assert len(start) < 6000
    assert all(len(read_plan(path, data)) <= 200 for path, data in entries.items() if path != CARD)


def test_an_inserted_lesson_changes_one_plan() -> None:
    """Plans are cut by content: a lesson put into the middle leaves all but two of the other plans' contents alone."""
    steps = lessons(3000)
    more = [*steps[:1500], Lesson("en/new.md", "New", "en"), *steps[1500:]]
    before, after = (set(structure_entries(Course("c"), s).values()) for s in (steps, more))
    assert len(after - before) <= 2
    assert len(plans(steps)) > 15


def test_lessons_are_there_before_all_plans_are() -> None:
    """While a course arrives, the plans that are here can be read."""
    entries = structure_entries(Course("c"), lessons(1000))
    first = {path: entries[path] for path in (CARD, plan_path(1))}
    assert read_structure(first)[1] == plans(lessons(1000))[0]


def test_the_best_text_for_a_reader() -> None:
    """Her languages in her order, near ones too; then what has no language, English, or anything."""
    texts = {"en": "Hello", "fr": "Bonjour", "pt-br": "Olá"}
    assert best(texts, ["fr", "en"]) == "Bonjour"
    assert best(texts, ["pt"]) == "Olá"
    assert best(texts, ["ru"]) == "Hello"
    assert best({"fr": "Bonjour"}, ["ru"]) == "Bonjour"
    assert best({}, ["ru"]) == ""


@given(st.text())
def test_what_may_be_shown_cannot_move_the_cursor(text: str) -> None:
    """`shown` is stable and leaves no control character or override; `one_line` no line end either."""
    kept = shown(text)
    assert shown(kept) == kept
    assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E for c in kept)
    assert is_shown(one_line(text))


def test_arabic_and_emoji_survive_being_shown() -> None:
    """Joiners stay where scripts need them; escape codes go."""
    assert shown("می‌خواهم") == "می‌خواهم"
    assert shown("a\x1b[31mb\u202ec") == "a[31mbc"

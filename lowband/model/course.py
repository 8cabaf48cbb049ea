"""What a device knows of a course: its card, and its lessons in learning order (docs/format.md section 5).

1. The card is one small entry, the lessons are plans of at most 200: a course of 10,000 starts as fast as one of 10.
2. A plan ends where the content says so, so an inserted lesson changes one plan and leaves the others as they are.
3. Reading answers a value or raises `FormatError` naming the place; fields of later versions are ignored.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from lowband.errors import FormatError, LimitError, UnsafeNameError
from lowband.model.edition import HIDDEN
from lowband.model.names import is_course_id, is_language, is_layer, why_unsafe
from lowband.model.shown import is_shown

CARD = HIDDEN + "course.json"
MAX_CARD = 256 * 1024  # bytes
MAX_PLAN = 512 * 1024  # bytes
MAX_PLANS = 5000
PLAN_LESSONS = 200
MAX_TEXT = 4000  # characters
_LEAST_LESSONS = 40
_PLAN = re.compile(re.escape(HIDDEN) + r"plan-(\d{4})\.json")
_NONE: Mapping[str, str] = MappingProxyType({})

Texts = Mapping[str, str]
"""A text by language (BCP 47, lower case); the key "" is the text whose language is not known."""


@dataclass(frozen=True, slots=True)
class Course:
    """A course's card. Calendar, team and competencies are rows of named texts; times are ISO 8601."""

    id: str
    titles: Texts = field(default_factory=lambda: _NONE)
    summaries: Texts = field(default_factory=lambda: _NONE)
    code: str = ""
    kind: str = ""
    institution: str = ""
    country: str = ""
    themes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    calendar: tuple[Texts, ...] = ()
    team: tuple[Texts, ...] = ()
    competencies: tuple[Texts, ...] = ()
    licence: str = ""

    def title(self, langs: Iterable[str] = ()) -> str:
        """The title in the first of `langs` that has one."""
        return best(self.titles, langs) or self.id


@dataclass(frozen=True, slots=True)
class Lesson:
    """One step of a course: the entry to open, and what to call it."""

    path: str
    title: str
    lang: str = ""  # "" = for every language
    module: str = ""  # the part of the course it belongs to, as shown
    layer: str = "core"


def best(texts: Texts, langs: Iterable[str] = ()) -> str:
    """The text in the first of `langs` that has one (`pt` and `pt-br` serve each other), else what there is.

    What there is: the one without language, English, or the first by code."""
    for lang in langs:
        near = [key for key in sorted(texts) if key.partition("-")[0] == lang.partition("-")[0]]
        for key in (lang, *near):
            if texts.get(key):
                return texts[key]
    return next((texts[key] for key in ("", "en", *sorted(texts)) if texts.get(key)), "")


def plan_path(number: int) -> str:
    """The entry of plan `number`, counted from 1."""
    return f"{HIDDEN}plan-{number:04}.json"


def plans(lessons: Sequence[Lesson]) -> tuple[tuple[Lesson, ...], ...]:
    """`lessons` cut into plans of 40 to 200: after a lesson whose path says so (1 in 64), wherever it stands."""
    cuts: list[tuple[Lesson, ...]] = []
    current: list[Lesson] = []
    for lesson in lessons:
        current.append(lesson)
        ends = hashlib.sha256(lesson.path.encode()).digest()[0] < 4 and len(current) >= _LEAST_LESSONS
        if ends or len(current) == PLAN_LESSONS:
            cuts.append(tuple(current))
            current = []
    return tuple(cuts) + ((tuple(current),) if current else ())


def structure_entries(course: Course, lessons: Sequence[Lesson]) -> dict[str, bytes]:
    """The entries that carry the structure: path → bytes. Raises `LimitError` for a course beyond the limits."""
    entries = {CARD: _dump(_card(course))}
    if len(entries[CARD]) > MAX_CARD:
        raise LimitError(CARD, f"{len(entries[CARD])} > {MAX_CARD}")
    for number, plan in enumerate(plans(lessons), 1):
        if number > MAX_PLANS:
            raise LimitError("plans", f"more than {MAX_PLANS}")
        entries[plan_path(number)] = _dump({"lessons": [_row(lesson) for lesson in plan]})
    return entries


def read_structure(entries: Mapping[str, bytes]) -> tuple[Course, tuple[Lesson, ...]]:
    """The card and the lessons of those plans that are in `entries` (a download that is under way may lack some).

    Raises `FormatError`; entries that are not structure known to this version are ignored."""
    if CARD not in entries:
        raise FormatError(CARD, "missing")
    course = read_card(entries[CARD])
    lessons: list[Lesson] = []
    for path in sorted(p for p in entries if _PLAN.fullmatch(p)):
        lessons += read_plan(path, entries[path])
    return course, tuple(lessons)


def read_card(data: bytes) -> Course:
    """The card. Raises `FormatError`."""
    value, place = _load(CARD, data, MAX_CARD), CARD
    course = Course(
        id=_string(value, "id", place),
        titles=_texts(value.get("titles", {}), f"{place}.titles"),
        summaries=_texts(value.get("summaries", {}), f"{place}.summaries"),
        code=_string(value, "code", place),
        kind=_string(value, "kind", place),
        institution=_string(value, "institution", place),
        country=_string(value, "country", place),
        themes=_strings(value, "themes", place),
        languages=_strings(value, "languages", place),
        calendar=_rows(value, "calendar", place),
        team=_rows(value, "team", place),
        competencies=_rows(value, "competencies", place),
        licence=_string(value, "licence", place),
    )
    if not is_course_id(course.id):
        raise FormatError(f"{place}.id", "not a course id")
    for lang in (*course.languages, *filter(None, (*course.titles, *course.summaries))):
        if not is_language(lang):
            raise FormatError(f"{place}.languages", "not a language")
    return course


def read_plan(path: str, data: bytes) -> tuple[Lesson, ...]:
    """The lessons of one plan. Raises `FormatError`."""
    rows = _list(_load(path, data, MAX_PLAN), "lessons", path)
    if len(rows) > PLAN_LESSONS:
        raise LimitError(f"{path}.lessons", f"more than {PLAN_LESSONS}")
    return tuple(_lesson(row, f"{path}.lessons[{n}]") for n, row in enumerate(rows))


def _lesson(row: object, place: str) -> Lesson:
    value = _object(row, place)
    path, title, lang, module, layer = (_string(value, f.name, place) for f in fields(Lesson))
    lesson = Lesson(path, title, lang, module, layer or "core")
    if why := why_unsafe(lesson.path):
        raise UnsafeNameError(f"{place}.path", why)
    if lesson.lang and not is_language(lesson.lang):
        raise FormatError(f"{place}.lang", "not a language")
    if not is_layer(lesson.layer):
        raise FormatError(f"{place}.layer", "not a layer")
    return lesson


def _card(course: Course) -> dict[str, Any]:
    plain = {f.name: getattr(course, f.name) for f in fields(Course)}
    for name in ("calendar", "team", "competencies"):
        plain[name] = [dict(row) for row in plain[name]]
    plain |= {"titles": dict(course.titles), "summaries": dict(course.summaries)}
    return {name: value for name, value in plain.items() if value}


def _row(lesson: Lesson) -> dict[str, str]:
    row = {f.name: getattr(lesson, f.name) for f in fields(Lesson)}
    return {name: value for name, value in row.items() if value and (name, value) != ("layer", "core")}


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _load(place: str, data: bytes, most: int) -> dict[str, Any]:
    if len(data) > most:
        raise LimitError(place, f"{len(data)} > {most}")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            raise FormatError(place, "one name twice")
        return value

    def refuse(constant: str) -> None:
        raise FormatError(place, f"{constant} is not JSON")

    try:
        value = json.loads(data.decode(), object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise FormatError(place, "not JSON in UTF-8") from None
    return _object(value, place)


def _object(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormatError(place, "not an object")
    return value


def _list(value: dict[str, Any], name: str, place: str) -> list[Any]:
    found = value.get(name, [])
    if not isinstance(found, list):
        raise FormatError(f"{place}.{name}", "not a list")
    return found


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise FormatError(place, "not a text")
    if len(value) > MAX_TEXT:
        raise LimitError(place, f"more than {MAX_TEXT} characters")
    if not is_shown(value):
        raise FormatError(place, "a character that may not be shown")
    return value


def _string(value: dict[str, Any], name: str, place: str) -> str:
    return _text(value.get(name, ""), f"{place}.{name}")


def _strings(value: dict[str, Any], name: str, place: str) -> tuple[str, ...]:
    return tuple(_text(item, f"{place}.{name}[{n}]") for n, item in enumerate(_list(value, name, place)))


def _texts(value: object, place: str) -> Texts:
    pairs = _object(value, place).items()
    return {_text(name, place): _text(item, f"{place}.{name}") for name, item in pairs}


def _rows(value: dict[str, Any], name: str, place: str) -> tuple[Texts, ...]:
    return tuple(_texts(row, f"{place}.{name}[{n}]") for n, row in enumerate(_list(value, name, place)))

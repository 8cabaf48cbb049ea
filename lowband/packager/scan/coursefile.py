"""course.toml: what an author may say about a course, checked line by line.

1. Everything is optional; what is there must be right, and a mistake is named with its line.
2. A field that lowband does not know is reported, not refused: a later version may know it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, NoReturn

from lowband.errors import SourceError
from lowband.model.course import Texts
from lowband.model.names import is_course_id, is_language
from lowband.model.shown import one_line
from lowband.packager.scan.kinds import words

NAME = "course.toml"
_MOST = 2000  # characters of a summary
_KNOWN = words(
    "id title summary code kind institution country themes languages order calendar team competencies licence license"
)


@dataclass(frozen=True, slots=True)
class CourseFile:
    """course.toml as written; every field may be empty."""

    id: str = ""
    titles: Texts = field(default_factory=dict)
    summaries: Texts = field(default_factory=dict)
    code: str = ""
    kind: str = ""
    institution: str = ""
    country: str = ""
    licence: str = ""
    themes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    calendar: tuple[Texts, ...] = ()
    team: tuple[Texts, ...] = ()
    competencies: tuple[Texts, ...] = ()
    unknown: tuple[str, ...] = ()


def parse(text: str) -> CourseFile:
    """course.toml. Raises `SourceError` naming the line."""
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        line = f"line {where[1]}" if where else "at its end"
        raise SourceError(name=NAME, detail=f"{line} is not TOML ({str(error).partition(' (at')[0]})") from None
    except RecursionError:
        raise SourceError(name=NAME, detail="it is nested too deep") from None
    return _Reader(text, value).read()


class _Reader:
    def __init__(self, text: str, value: dict[str, Any]) -> None:
        self._lines = text.splitlines()
        self._value = value

    def read(self) -> CourseFile:
        get = self._text
        return CourseFile(
            id=self._id(),
            titles=self._texts("title", 200),
            summaries=self._texts("summary", _MOST),
            code=get("code"),
            kind=get("kind"),
            institution=get("institution"),
            country=get("country"),
            licence=get("licence") or get("license"),
            themes=self._strings("themes"),
            languages=tuple(map(self._language, self._strings("languages"))),
            order=self._strings("order", 1000),
            calendar=self._rows("calendar"),
            team=self._rows("team"),
            competencies=self._rows("competencies"),
            unknown=tuple(sorted(self._value.keys() - _KNOWN)),
        )

    def _fail(self, name: str, reason: str) -> NoReturn:
        pattern = re.compile(rf"\s*(\[{{0,2}}\s*)?[\"']?{re.escape(name)}\b")
        line = next((n for n, text in enumerate(self._lines, 1) if pattern.match(text)), 0)
        raise SourceError(name=NAME, detail=f"{f'line {line}: ' if line else ''}{name} {reason}")

    def _id(self) -> str:
        value = self._text("id")
        if value and not is_course_id(value):
            self._fail("id", "must be lower-case letters, digits and inner hyphens, at most 40")
        return value

    def _text(self, name: str) -> str:
        value = self._value.get(name, "")
        if not isinstance(value, str):
            self._fail(name, 'must be a text in quotes, such as "…"')
        return one_line(value)

    def _language(self, value: str) -> str:
        tag = value.replace("_", "-").lower()
        if not is_language(tag):
            self._fail("languages", f"has {value!r}, which is no language code such as en or pt-br")
        return tag

    def _strings(self, name: str, most: int = 200) -> tuple[str, ...]:
        value = self._value.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._fail(name, 'must be a list of texts, such as ["…", "…"]')
        return tuple(one_line(item, most) for item in value)

    def _texts(self, name: str, most: int) -> Texts:
        value = self._value.get(name, {})
        if isinstance(value, str):
            return {"": one_line(value, most)} if value.strip() else {}
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            self._fail(name, 'must be a text, or one text for each language, such as fr = "…"')
        return {self._language_of(name, key): one_line(item, most) for key, item in value.items() if item.strip()}

    def _language_of(self, name: str, key: str) -> str:
        tag = key.replace("_", "-").lower()
        if not is_language(tag):
            self._fail(name, f"has {key!r}, which is no language code such as en or pt-br")
        return tag

    def _rows(self, name: str) -> tuple[Texts, ...]:
        value = self._value.get(name, [])
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            self._fail(name, f"must be written as [[{name}]]")
        return tuple(_flat(row) for row in value)


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """A row as named texts: inner tables become `title.fr`, times ISO 8601."""
    out: dict[str, str] = {}
    for key, value in row.items():
        name = one_line(prefix + key, 100)
        if isinstance(value, dict):
            out |= _flat(value, name + ".")
        elif isinstance(value, list):
            out[name] = one_line(", ".join(map(_spelt, value)), _MOST)
        else:
            out[name] = one_line(_spelt(value), _MOST)
    return out


def _spelt(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)

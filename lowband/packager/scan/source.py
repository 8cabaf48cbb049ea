"""A course folder as it will be published: its card, its lessons, and every file with layer and learning rank.

1. Each file is in exactly one layer and has exactly one rank; the same folder always gives the same answer.
2. Ranks say what a learner needs next: first lesson, other texts, small data, pictures and documents, heavy media.
3. A folder that cannot be published stops here with one sentence that says what to mend.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lowband.errors import SourceError
from lowband.model.course import Course, Lesson, plan_path, plans, structure_entries
from lowband.model.names import is_course_id
from lowband.packager.scan import coursefile
from lowband.packager.scan.coursefile import CourseFile
from lowband.packager.scan.kinds import layer_of
from lowband.packager.scan.order import Placed, lessons_of
from lowband.packager.scan.ranks import ranks_of
from lowband.packager.scan.texts import plain, pretty
from lowband.packager.scan.tree import Tree
from lowband.packager.scan.walk import Found, LeftOut, walk

UNKNOWN_FIELD = "a field that lowband does not know"
_ID_RULE = "a course id is made of lower-case letters, digits and inner hyphens, at most 40"
_FRONT_PAGES = ("readme.md", "readme.rst", "readme.html", "index.md", "index.html", "index.rst")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to publish."""

    path: str
    file: Path
    size: int  # bytes
    layer: str
    lang: str
    rank: tuple[int, ...]  # learning order: smaller is needed earlier
    kind: str  # see kinds.kind_of


@dataclass(frozen=True, slots=True)
class StructureEntry:
    """An entry that lowband adds (layer `core`): the card or a plan."""

    path: str
    data: bytes
    rank: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A course folder, read; `files` in learning order, `structure` made from course and lessons."""

    course: Course
    lessons: tuple[Lesson, ...]
    files: tuple[SourceFile, ...]
    structure: tuple[StructureEntry, ...]
    left_out: tuple[LeftOut, ...] = ()


def scan(folder: Path, course_id: str | None = None) -> Source:
    """Read `folder`. The course's id is `course_id`, else course.toml's, else made from the folder's name.

    Raises `SourceError`: no folder, empty, unsafe or clashing names, unreadable files, mistakes in course.toml."""
    found, left_out = walk(folder)
    written = _course_file(found)
    tree = Tree(found, written.languages)
    placed = lessons_of(tree, written.order)
    layers = {path: _layer(tree, path) for path in tree.found}
    lessons = tuple(
        Lesson(p.path, title, tree.marks[p.path].lang, p.module, layers[p.path])
        for p, title in zip(placed, _titles(tree, placed), strict=True)
    )
    course = _course(folder, course_id, written, tree)
    ranks = ranks_of(tree, lessons)
    files = (
        SourceFile(path, f.file, f.size, layers[path], tree.marks[path].lang, ranks[path], tree.kinds[path])
        for path, f in tree.found.items()
    )
    unknown = tuple(LeftOut(f"{coursefile.NAME}: {name}", UNKNOWN_FIELD) for name in written.unknown)
    in_order = tuple(sorted(files, key=lambda f: f.rank))
    return Source(course, lessons, in_order, _structure(course, lessons), left_out + unknown)


def _course_file(found: Iterable[Found]) -> CourseFile:
    file = next((f.file for f in found if f.path == coursefile.NAME), None)
    if file is None:
        return CourseFile()
    try:
        return coursefile.parse(file.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        raise SourceError(name=coursefile.NAME, detail="it is not text in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise SourceError(name=coursefile.NAME, detail=f"it cannot be read ({error.strerror})") from error


def _layer(tree: Tree, path: str) -> str:
    layer, lang = layer_of(tree.kinds[path], tree.found[path].size), tree.marks[path].lang
    return f"{layer}.{lang}" if lang else layer


def _titles(tree: Tree, placed: Iterable[Placed]) -> list[str]:
    """One title for each lesson; where one title would stand for several formats of a thing, each names its own."""
    rows = [(p, p.title or tree.title(p.path)) for p in placed]
    seen: dict[tuple[str, str, str], int] = {}
    for p, title in rows:
        key = (title, tree.marks[p.path].lang, p.module)
        seen[key] = seen.get(key, 0) + 1
    return [
        f"{title} ({p.path.rpartition('.')[2].upper()})"
        if seen[title, tree.marks[p.path].lang, p.module] > 1 and tree.kinds[p.path] in ("document", "media")
        else title
        for p, title in rows
    ]


def _course(folder: Path, course_id: str | None, written: CourseFile, tree: Tree) -> Course:
    found = sorted({mark.lang for mark in tree.marks.values() if mark.lang})
    summaries = written.summaries or _found_summary(tree)
    return Course(
        id=_course_id(folder, course_id, written),
        titles=written.titles or _found_titles(folder, tree),
        summaries=summaries,
        code=written.code,
        kind=written.kind,
        institution=written.institution,
        country=written.country,
        themes=written.themes,
        languages=written.languages or tuple(found),
        calendar=written.calendar,
        team=written.team,
        competencies=written.competencies,
        licence=written.licence,
    )


def _course_id(folder: Path, course_id: str | None, written: CourseFile) -> str:
    if course_id is not None:
        if not is_course_id(course_id):
            raise SourceError(name=course_id, detail=_ID_RULE)
        return course_id
    return written.id or slug(folder.resolve().name)


def slug(name: str) -> str:
    """A course id from a folder name: `Protection sociale 2027` → `protection-sociale-2027`."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    plain_letters = "".join(c for c in bare if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", plain_letters).strip("-")[:40].strip("-") or "course"


def _found_titles(folder: Path, tree: Tree) -> dict[str, str]:
    """What the authoring tool calls the course, else README's or index's heading by language, else the folder name."""
    for names, key in ((("mkdocs.yml", "mkdocs.yaml"), "site_name"), (("_config.yml", "config.yaml"), "title")):
        for path in tree.named(*names):
            if isinstance(title := tree.yaml(path).get(key), str) and title:
                return {"": plain(title)}
    fronts = [p for p, mark in tree.marks.items() if "/" not in p and mark.key.lower() in _FRONT_PAGES]
    titles: dict[str, str] = {}
    for path in sorted(fronts, key=lambda p: (_FRONT_PAGES.index(tree.marks[p].key.lower()), p)):
        if title := tree.facts(path).heading:
            titles.setdefault(tree.marks[path].lang, title)
    return titles or {"": pretty(folder.resolve().name, folder=True)}


def _found_summary(tree: Tree) -> dict[str, str]:
    for path in tree.named("mkdocs.yml", "mkdocs.yaml"):
        if isinstance(text := tree.yaml(path).get("site_description"), str) and text:
            return {"": plain(text)}
    return {}


def _structure(course: Course, lessons: tuple[Lesson, ...]) -> tuple[StructureEntry, ...]:
    """The card and the first plan before everything, each later plan just before the first lesson it lists."""
    starts: dict[str, tuple[int, ...]] = {}
    at = 0
    for number, plan in enumerate(plans(lessons), 1):
        starts[plan_path(number)] = (1, at, -1) if at else (0,)
        at += len(plan)
    made = structure_entries(course, lessons)
    return tuple(StructureEntry(path, data, starts.get(path, (0,))) for path, data in made.items())

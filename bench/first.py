"""What a newcomer pays: the whole course beside 7z and zstd -19, and the bytes until the first lesson can be read.

1. Whole course: the newest edition published from nothing, one device takes all of it; 7z and zstd get the same tree.
2. First lesson: a new device behind a line that dies after so many bytes; the least after which `lowband show` has
   the first lesson's text just as a complete device does. Joining is included, HTTP headers are not.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import made, options, peers, tables, tars, tools
from bench.corpora import PNG_COURSES, Course, fingerprint
from bench.depot import Fetched, fetched
from bench.program import Home
from bench.scene import EVERYTHING, Scene, heard, join, scene
from bench.shaper import Line

TITLE = "A newcomer"
FIRST_LESSON = 30_000  # bytes
SEARCHED = 400_000  # the search ends here: a first lesson beyond is not found
STEP = 250  # bytes: how fine the search is
PROBE_SECONDS = 30.0
PNG_TARGET, OTHER_TARGET = 0.8, 0.98


@dataclass(frozen=True, slots=True)
class First:
    """One course: what all of it costs, and what its first lesson costs (None: not found)."""

    course: str
    got: Fetched
    first: int | None


def seven_zip(folder: Path, work: Path) -> int:
    """7z at its best level, on the tree, without times."""
    archive = work / "course.7z"
    tools.run(("7z", "a", "-mx=9", "-mtm=off", "-mmt=1", "-bd", archive, "."), cwd=folder)
    return archive.stat().st_size


def zstd(folder: Path, work: Path) -> int:
    """zstd -19 with a long window, on the sorted tar."""
    tar, packed = work / "course.tar", work / "course.tar.zst"
    tars.write(folder, tar)
    tools.run(("zstd", "-q", "-f", "-19", "--long=31", "--single-thread", tar, "-o", packed))
    return packed.stat().st_size


PACKERS = (("7z -mx=9", "7z", seven_zip), ("zstd -19 --long=31", "zstd", zstd))


def packed(folder: Path, cache: Path | None) -> list[int | None]:
    """Bytes of the tree by each packer; None where the packer is missing."""
    costs: list[int | None] = []
    for title, tool, cost in PACKERS:
        version = tools.version(tool)
        with tempfile.TemporaryDirectory(prefix="lowband-pack-") as work:
            key = f"{fingerprint(folder) if cache else ''}-{title}-{version}"
            todo = partial(cost, folder, Path(work))
            costs.append(None if version is None else peers.remembered(cache, key, todo))
    return costs


def measure(folder: Path, name: str, *, exact: bool, lesson: bool) -> First:
    """Publish one edition and take it as a newcomer; with `lesson`, search the price of the first lesson too."""
    options.progress(name, "exact" if exact else "default", "whole")
    with scene(exact=exact) as at:
        at.publish(folder, name)
        device = at.device("whole")
        with at.line(Line()) as line:
            join(device, line)
            device.run(*EVERYTHING)
            got = fetched(at.depot, heard(line, 0))
        return First(name, got, first_lesson(at, device, name) if lesson else None)


def first_lesson(at: Scene, whole: Home, course: str) -> int | None:
    """The least bytes of bodies after which the first lesson reads as on the complete device, to within STEP."""
    lesson = first_path(whole, course)
    wanted = text_of(whole, course, lesson)
    if not wanted:
        raise tools.ToolError(f"lesson {lesson} of {course} has no text on a complete device")
    low, high, found = 0, SEARCHED // STEP, None
    while low < high:
        middle = (low + high) // 2
        got = probe(at, course, lesson, wanted, middle * STEP)
        options.progress(course, "first lesson within", middle * STEP, "no" if got is None else "yes")
        if got is None:
            low = middle + 1
        else:
            high, found = middle, got
    return found


def first_path(device: Home, course: str) -> str:
    """The path of a course's first lesson, as `show --json` lists them."""
    lessons = device.run("show", course, "--json").answer().get("lessons")
    if not isinstance(lessons, list) or not lessons or not isinstance(lessons[0], dict):
        raise tools.ToolError(f"`lowband show {course} --json` lists no lessons")
    return str(lessons[0]["path"])


def text_of(device: Home, course: str, lesson: str) -> object:
    """A lesson's text as `show` has it; None when it cannot be read (yet)."""
    return device.run("show", course, lesson, "--json", expect=False).answer().get("text")


def probe(at: Scene, course: str, lesson: str, wanted: object, limit: int) -> int | None:
    """Bytes of bodies that came within `limit` bytes of line, if they were enough for the first lesson."""
    device = at.device(f"probe-{limit}")
    with at.line(Line(down_limit=limit)) as line:
        url = f"http://127.0.0.1:{line.port}"
        if device.run("join", url, "--yes", expect=False, timeout=PROBE_SECONDS).code == 0:
            device.run(*EVERYTHING, expect=False, timeout=PROBE_SECONDS)
        return heard(line, 0).body if text_of(device, course, lesson) == wanted else None


def whole_table(courses: tuple[Course, ...], cache: Path | None) -> tuple[tables.Table, list[First]]:
    """The whole newest edition of each course, both modes, beside the packers; and what was found of first lessons."""
    columns = ("course", *(title for title, _, _ in PACKERS), "lowband", "ratio", "target", "", "--exact", "ratio")
    lines, firsts = [], []
    for course in courses:
        folder = course.editions[-1]
        default = measure(folder, course.name, exact=False, lesson=True)
        exact = measure(folder, course.name, exact=True, lesson=False)
        costs = packed(folder, cache)
        best = min((cost for cost in costs if cost is not None), default=None)
        target = PNG_TARGET if course.name in PNG_COURSES else OTHER_TARGET
        sizes = [one.got.bundle + one.got.other for one in (default, exact)]
        share = sizes[0] / best if best else None
        line = [f"{course.name} {folder.name}", *map(tables.number, costs), tables.number(sizes[0])]
        line += [tables.ratio(sizes[0], best), f"{target:g}", tables.verdict(share, target)]
        line += [tables.number(sizes[1]), tables.ratio(sizes[1], best)]
        lines.append(line)
        firsts.append(default)
    note = "lowband: everything a new device fetches (bundle, head, root, state, delegations, record), bytes"
    return tables.Table("The whole course, bytes", columns, lines, (note,)), firsts


def lesson_table(firsts: list[First]) -> tables.Table:
    """Bytes until the first lesson can be read."""
    lines = [
        [one.course, tables.number(one.first), tables.number(FIRST_LESSON), tables.verdict(one.first, FIRST_LESSON)]
        for one in firsts
    ]
    notes = (f"searched to within {STEP} bytes, up to {SEARCHED:,}; a dash: not readable within that",)
    return tables.Table("Until the first lesson can be read", ("course", "bytes", "target", ""), lines, notes)


@contextmanager
def made_up(lessons: int) -> Iterator[Path]:
    """A made-up course of so many files."""
    with tempfile.TemporaryDirectory(prefix="lowband-made-") as folder:
        made.text_course(Path(folder), lessons)
        yield Path(folder)


def main() -> None:
    """Measure, print, and write when asked."""
    asked = options.read(__doc__)
    if not options.can_measure(asked, "nginx"):
        return
    whole, firsts = whole_table(asked.courses, asked.cache)
    for lessons in (10, 10_000):
        with made_up(lessons) as folder:
            firsts.append(measure(folder, f"made-{lessons}-files", exact=False, lesson=True))
    tables.publish("first", TITLE, (whole, lesson_table(firsts)), tools.named("7z", "zstd", "nginx"), write=asked.write)


if __name__ == "__main__":
    main()

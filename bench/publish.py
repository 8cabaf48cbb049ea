"""What publishing takes: seconds and memory for each course, first, again, and the next edition.

1. First: an empty depot and a publisher's home that remembers nothing. Again: the same source, at most a tenth.
2. The next edition shows what an expert waits for after a day's work; no target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench import options, tables, tools
from bench.corpora import Course
from bench.program import Run
from bench.scene import scene

TITLE = "Publishing"
AGAIN = 0.1


@dataclass(frozen=True, slots=True)
class Published:
    """Three runs of one course."""

    name: str
    exact: bool
    first: Run
    again: Run
    following: Run


def measure(course: Course, *, exact: bool) -> Published:
    """Publish the edition before the newest, the same once more, then the newest."""
    old, new = course.editions[-2:]
    options.progress(course.name, "exact" if exact else "default")
    with scene(exact=exact, remember=False) as at:
        runs = [at.publish(folder, course.name) for folder in (old, old, new)]
    return Published(f"{course.name} {old.name}, {new.name}", exact, *runs)


def table(found: Sequence[Published]) -> tables.Table:
    """Seconds and peak memory."""
    lines = []
    for one in found:
        share = one.again.seconds / one.first.seconds
        line = [one.name, "exact" if one.exact else "default", *_figures(one.first), *_figures(one.again)]
        lines.append([*line, f"{share:.3f}", tables.verdict(share, AGAIN), *_figures(one.following)])
    columns = ("course", "mode", "first, s", "MiB", "again, s", "MiB", "ratio", "", "next edition, s", "MiB")
    notes = (f"target: again at most {AGAIN} of first", "MiB: peak of the largest process")
    return tables.Table("Seconds and memory", columns, lines, notes)


def _figures(run: Run) -> list[str]:
    return [f"{run.seconds:.1f}", f"{run.peak / 2**20:.0f}"]


def main() -> None:
    """Measure, print, and write when asked."""
    asked = options.read(__doc__)
    if not options.can_measure(asked, "nginx"):
        return
    found = [measure(course, exact=exact) for course in asked.courses for exact in (False, True)]
    tables.publish("publish", TITLE, (table(found),), tools.named("nginx"), write=asked.write)


if __name__ == "__main__":
    main()

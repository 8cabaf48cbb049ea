"""What a device must have: memory and time of the largest updates, time to start, bytes when there is nothing new.

1. Memory is the kernel's peak of resident bytes of the process, time is that of the wall, line as fast as it goes.
2. Nothing new is measured at the socket: requests, and all bytes both ways, headers included.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import made, options, tables, tools
from bench.corpora import Course
from bench.program import Home, Run
from bench.scene import EVERYTHING, Scene, heard, join, scene
from bench.shaper import Line

TITLE = "A device"
MEMORY = 150 << 20
VERSION_SECONDS, STATUS_SECONDS = 0.150, 0.250
STARTS = 20
NOTHING_NEW_BYTES, NOTHING_NEW_REQUESTS = 300, 1
LARGEST = ("weather-training", "compliance-slides", "cloud-workshop")  # the courses with the largest steps
MADE, MADE_BIG = 200_000_000, 2_000_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    """One sync: what was taken, its bytes down, what it took."""

    name: str
    down: int
    run: Run


@dataclass(frozen=True, slots=True)
class Quiet:
    """A sync with nothing new, as the socket saw it."""

    requests: int
    up: int
    down: int


def take(at: Scene, device: Home, name: str) -> Taken:
    """One sync of `device`, through a line of its own that only counts."""
    with at.line(Line(), record=False) as line:
        run = device.run(*EVERYTHING, "--from", f"http://127.0.0.1:{line.port}")
        return Taken(name, line.down, run)


def two_editions(at: Scene, course: str, old: Path, following: Callable[[], Path]) -> list[Taken]:
    """A newcomer takes `old`, then the update to the folder that `following` answers."""
    options.progress(course, "publish")
    at.publish(old, course)
    device = at.device(course)
    with at.line(Line(), record=False) as line:
        join(device, line)
    options.progress(course, "sync")
    first = take(at, device, f"{course}, from nothing")
    options.progress(course, "publish the next edition, sync")
    at.publish(following(), course)
    return [first, take(at, device, f"{course}, update")]


def of_course(course: Course) -> list[Taken]:
    """The largest step of these courses is their first."""
    with scene(remember=False) as at:
        return two_editions(at, course.name, course.editions[0], lambda: course.editions[1])


def of_made(size: int) -> list[Taken]:
    """A made-up course of `size` bytes, revised in place between its editions."""
    with tempfile.TemporaryDirectory(prefix="lowband-made-") as folder, scene(remember=False) as at:
        options.progress("making", tables.number(size), "bytes")
        source = Path(folder)
        made.large_course(source, size)

        def revised() -> Path:
            made.revise(source, 2)
            return source

        return two_editions(at, f"made-{size // 1_000_000}-mb", source, revised)


def quiet_and_starts() -> tuple[Quiet, dict[str, float]]:
    """A small course, taken; then nothing new, and the medians of starting, on that device."""
    with tempfile.TemporaryDirectory(prefix="lowband-made-") as folder, scene(remember=False) as at:
        made.text_course(Path(folder), 10)
        at.publish(Path(folder), "made")
        device = at.device("quiet")
        with at.line(Line()) as line:
            join(device, line)
            device.run(*EVERYTHING)
            since = len(line.talks)
            device.run("sync")
            talks = line.talks[since:]
            quiet = Quiet(heard(line, since).requests, sum(t.up for t in talks), sum(t.down for t in talks))
        starts = {word: _median(device, word) for word in ("--version", "status")}
    return quiet, starts


def _median(device: Home, word: str) -> float:
    return statistics.median(device.run(word).seconds for _ in range(STARTS))


def taken_table(found: Sequence[Taken]) -> tables.Table:
    """Memory and time of each sync."""
    lines = []
    for one in found:
        line = [one.name, tables.number(one.down), f"{one.run.seconds:.1f}", f"{one.run.peak / 2**20:.0f}"]
        lines.append([*line, f"{MEMORY >> 20}", tables.verdict(one.run.peak, MEMORY)])
    return tables.Table("Taking an edition", ("what", "bytes down", "seconds", "peak MiB", "target", ""), lines)


def small_table(quiet: Quiet, starts: dict[str, float]) -> tables.Table:
    """Starting, and nothing new."""
    both = quiet.up + quiet.down
    limits = {"--version": VERSION_SECONDS, "status": STATUS_SECONDS}
    lines = [
        [
            f"`lowband {word}`, ms",
            f"{took * 1000:.0f}",
            f"{limits[word] * 1000:.0f}",
            tables.verdict(took, limits[word]),
        ]
        for word, took in starts.items()
    ]
    requests = tables.verdict(quiet.requests, NOTHING_NEW_REQUESTS)
    lines.append(["nothing new, requests", str(quiet.requests), str(NOTHING_NEW_REQUESTS), requests])
    size = tables.verdict(both, NOTHING_NEW_BYTES)
    lines.append([f"nothing new, bytes both ways ({quiet.up} up, {quiet.down} down)", str(both), "300", size])
    notes = (
        f"starting: median of {STARTS}, from the shell's point of view",
        "bytes at the socket, HTTP headers included",
    )
    return tables.Table("Starting, and nothing new", ("what", "measured", "target", ""), lines, notes)


def _own(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--big", action="store_true", help="a made-up course of 2 GB (some 8 GB of disk), not 200 MB")


def main() -> None:
    """Measure, print, and write when asked."""
    asked = options.read(__doc__, _own)
    if not options.can_measure(None, "nginx"):
        return
    small = small_table(*quiet_and_starts())
    chosen = [course for course in asked.courses if course.name in LARGEST]
    found = [one for course in chosen for one in of_course(course)]
    found += of_made(MADE_BIG if asked.own.big else MADE)
    tables.publish("device", TITLE, (taken_table(found), small), tools.named("nginx"), write=asked.write)


if __name__ == "__main__":
    main()

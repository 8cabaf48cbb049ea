"""A course over a bad line: 64 kbit/s, 600 ms, a cut every minute; beside it rsync --partial and curl -C -.

1. Every tool has such a line to itself, starts from nothing, and is started again whenever it gives up.
2. Of use is each byte once: for lowband and curl the distinct bytes of bodies, for rsync what is in its files.
3. The line could carry its rate times the seconds it was up, joining and starting included.
4. Hours at real speed: by default each tool gets some minutes, with `--full` all the time it wants.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import options, servers, tables, tars, tools
from bench.corpora import Course, files
from bench.program import lowband
from bench.scene import EVERYTHING, Scene, scene
from bench.shaper import BAD_LINE, Line, Shaper
from bench.wire import traffic

TITLE = "A bad line"
USEFUL_TARGET = 0.9
BETWEEN_TRIES = 1.0  # seconds
SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one tool got over its line. `twice` is None where it cannot be told; `share` of what it had to fetch."""

    tool: str
    seconds_up: float
    could_carry: float
    down: int
    cuts: int
    useful: int
    twice: int | None
    share: float
    starts: int


def outcome(tool: str, line: Shaper, useful: int, whole: int, twice: int | None, starts: int) -> Outcome:
    """What the line tells at this moment, with what the caller counted; `whole` is all that the tool had to fetch."""
    up = line.seconds_up()
    carried = up * line.line.down_kbit * 1000 / 8
    return Outcome(tool, up, carried, line.down, line.cuts, useful, twice, min(1.0, useful / whole), starts)


def keep_trying(commands: Sequence[Sequence[str]], env: dict[str, str], seconds: float, log: Path) -> int:
    """Run each command until it succeeds, then the next, for at most `seconds`; how many starts that took."""
    end, starts = time.monotonic() + seconds, 0
    with log.open("ab") as said:
        for command in commands:
            code: int | None = 1
            while code != 0 and time.monotonic() < end:
                starts += 1
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=env, start_new_session=True
                )
                code = _until(process, end)
                if code != 0:
                    time.sleep(BETWEEN_TRIES)
    return starts


def _until(process: subprocess.Popen[bytes], end: float) -> int | None:
    try:
        return process.wait(max(0.0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return None


def by_lowband(at: Scene, work: Path, seconds: float, bad: Line = BAD_LINE) -> Outcome:
    """Join and sync."""
    full = max(path.stat().st_size for _, path in files(at.depot))
    with Shaper(bad, at.port, record=True) as line:
        join = (*lowband(), "join", f"http://127.0.0.1:{line.port}", "--yes")
        env = {**os.environ, "LOWBAND_HOME": str(work / "device")}
        starts = keep_trying((join, (*lowband(), *EVERYTHING)), env, seconds, work / "lowband.log")
        got = traffic(line.talks)
        return outcome("lowband", line, got.distinct(), full, got.twice(), starts)


def by_curl(packed: Path, work: Path, seconds: float, bad: Line = BAD_LINE) -> Outcome:
    """`curl -C -` of one archive of the course, from nginx."""
    (work / "conf").mkdir()
    with servers.nginx(packed.parent, work / "conf") as port, Shaper(bad, port, record=True) as line:
        url = f"http://127.0.0.1:{line.port}/{packed.name}"
        command = ("curl", "-s", "-S", "-f", "-C", "-", "-o", str(work / "got"), url)
        starts = keep_trying((command,), dict(os.environ), seconds, work / "curl.log")
        got = traffic(line.talks)
        return outcome("curl -C -", line, got.distinct(), packed.stat().st_size, got.twice(), starts)


def by_rsync(folder: Path, work: Path, seconds: float, bad: Line = BAD_LINE) -> Outcome:
    """`rsync --partial` of the folder, from its daemon."""
    (work / "conf").mkdir()
    with servers.rsync_daemon(folder, work / "conf") as port, Shaper(bad, port) as line:
        source, target = f"rsync://127.0.0.1:{line.port}/course/", work / "got"
        command = ("rsync", "-rt", "--partial", "--timeout=30", source, f"{target}/")
        starts = keep_trying((command,), dict(os.environ), seconds, work / "rsync.log")
        useful = min(_size(target), line.down)
        return outcome("rsync --partial", line, useful, _size(folder), None, starts)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for _, path in files(folder)) if folder.exists() else 0


@dataclass(frozen=True, slots=True)
class Ready:
    """A course, published and packed, about to go over the line."""

    course: Course
    at: Scene
    packed: Path


def prepare(course: Course, at: Scene) -> Ready:
    """Publish the newest edition, and pack it for curl."""
    folder = course.editions[-1]
    options.progress(course.name, "publish")
    at.publish(folder, course.name)
    packed = at.work / "archive" / "course.tar.zst"
    packed.parent.mkdir()
    tar = at.work / "course.tar"
    tars.write(folder, tar)
    tools.run(("zstd", "-q", "-19", "--long=27", tar, "-o", packed))
    return Ready(course, at, packed)


def runs_of(ready: Ready, seconds: float) -> list[Callable[[], Outcome]]:
    """One run for each tool there is, each in a folder of its own."""
    folder = ready.course.editions[-1]
    found: list[Callable[[], Outcome]] = []

    def add(run: Callable[[Path], Outcome]) -> None:
        work = ready.at.work / f"run-{len(found)}"
        work.mkdir()
        found.append(lambda: run(work))

    add(lambda work: by_lowband(ready.at, work, seconds))
    if tools.version("rsync"):
        add(lambda work: by_rsync(folder, work, seconds))
    if tools.version("curl"):
        add(lambda work: by_curl(ready.packed, work, seconds))
    return found


def measure(courses: Sequence[Course], seconds: float) -> dict[str, list[Outcome]]:
    """The newest editions by each tool: all at the same time, each on its own line, once all are published."""
    with ExitStack() as stack:
        ready = [prepare(course, stack.enter_context(scene())) for course in courses]
        options.progress("all", f"up to {seconds:.0f} s")
        runs = {one.course.name: runs_of(one, seconds) for one in ready}
        with ThreadPoolExecutor(sum(map(len, runs.values()))) as pool:
            going = {name: [pool.submit(run) for run in some] for name, some in runs.items()}
            return {name: [run.result() for run in some] for name, some in going.items()}


def table(found: dict[str, list[Outcome]], seconds: float) -> tables.Table:
    """All courses and tools."""
    columns = ("course", "tool", "seconds up", "could carry", "came down", "of use", "of use / could carry", "target")
    lines = []
    for name, outcomes in found.items():
        for one in outcomes:
            share = one.useful / one.could_carry
            mine = one.tool == "lowband"
            met = "met" if share >= USEFUL_TARGET and one.twice == 0 else "missed"
            line = [name, one.tool, f"{one.seconds_up:.0f}", tables.number(round(one.could_carry))]
            line += [tables.number(one.down), tables.number(one.useful), f"{share:.3f}", met if mine else tables.DASH]
            line += [tables.number(one.twice), f"{one.share:.0%}", str(one.starts), str(one.cuts)]
            lines.append(line)
    limit = "until done" if seconds == float("inf") else f"stopped after {seconds:.0f} s"
    notes = (
        f"64 kbit/s each way, 600 ms, a cut every {BAD_LINE.cut_every:.0f} s for {BAD_LINE.down_for:.0f} s; {limit}",
        f"target: lowband at least {USEFUL_TARGET} of what the line could carry, and no byte twice (the head apart)",
        "lowband's bytes of use are compressed, as are curl's (one tar.zst); rsync's are the files themselves",
    )
    return tables.Table("Newcomer, newest edition", (*columns, "twice", "fetched", "starts", "cuts"), lines, notes)


def _own(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=SECONDS, help="time for each course and tool")
    parser.add_argument("--full", action="store_true", help="no limit of time: hours")


def main() -> None:
    """Measure, print, and write when asked."""
    asked = options.read(__doc__, _own)
    if not options.can_measure(asked, "nginx", "zstd"):
        return
    seconds = float("inf") if asked.own.full else float(asked.own.seconds)
    found = measure(asked.courses, seconds)
    named = tools.named("nginx", "rsync", "curl", "zstd")
    tables.publish("line", TITLE, (table(found, seconds),), named, write=asked.write)


if __name__ == "__main__":
    main()

"""A publisher, a depot behind real nginx, and devices: what most benchmarks start from.

1. Everything lives in one temporary folder and is gone afterwards; the courses are only read.
2. Devices reach the depot through a line of their own (`bench.shaper`), so that bytes are counted outside the program.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import servers
from bench.program import Home, Run
from bench.shaper import Line, Shaper
from bench.wire import Traffic, traffic

EVERYTHING = ("sync", "--lang", "all", "--layers", "core,lite,full")  # as the other tools do; a device may take less


@dataclass(frozen=True, slots=True)
class Scene:
    """A catalogue in `depot`, served on `port`; `exact` says how its editions are published."""

    work: Path
    port: int
    exact: bool = False

    @property
    def depot(self) -> Path:
        return self.work / "depot"

    @property
    def publisher(self) -> Home:
        return Home(self.work / "publisher")

    def publish(self, folder: Path, course: str) -> Run:
        """Publish a folder as the course's next edition."""
        exact = ("--exact",) if self.exact else ()
        return self.publisher.run("publish", folder, "--to", self.depot, "--course", course, *exact, "--json")

    @contextmanager
    def line(self, line: Line, *, record: bool = True) -> Iterator[Shaper]:
        """A line to the depot."""
        with Shaper(line, self.port, record=record) as shaper:
            yield shaper

    def device(self, name: str) -> Home:
        """A device with nothing on it."""
        return Home(self.work / f"device-{name}")


@contextmanager
def scene(*, exact: bool = False, remember: bool = True) -> Iterator[Scene]:
    """A new catalogue with an empty depot, served by nginx.

    With `remember`, normal forms are kept in the folder that LOWBAND_BENCH_FORMS names, if any: it saves time and
    changes no byte; what takes the time itself does without.
    """
    with tempfile.TemporaryDirectory(prefix="lowband-bench-") as folder:
        work = Path(folder)
        (work / "depot").mkdir()
        (work / "nginx").mkdir()
        forms = os.environ.get("LOWBAND_BENCH_FORMS")
        if remember and forms:
            (work / "publisher" / "workshop").mkdir(parents=True)
            (work / "publisher" / "workshop" / "normal").symlink_to(forms)
        with servers.nginx(work / "depot", work / "nginx") as port:
            made = Scene(work, port, exact)
            made.publisher.run("catalogue", "new", made.depot, "--name", "Bench")
            yield made


def join(device: Home, line: Shaper) -> Run:
    """Join the depot's catalogue through a line, taking its words as they are."""
    return device.run("join", f"http://127.0.0.1:{line.port}", "--yes")


def heard(line: Shaper, since: int) -> Traffic:
    """The traffic of the line's connections from number `since` on."""
    return traffic(line.talks[since:])

"""What every benchmark is asked on its command line, and when it measures nothing.

1. Without the corpora, the command line or a server it needs, a benchmark says so, writes nothing and ends with 0.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import corpora, program, tools


@dataclass(frozen=True, slots=True)
class Options:
    """The answers: which courses, where figures of other tools are kept, whether to write, and the module's own."""

    courses: tuple[corpora.Course, ...]
    cache: Path | None
    write: bool
    own: argparse.Namespace


def read(doc: str | None, add: Callable[[argparse.ArgumentParser], None] | None = None) -> Options:
    """Parse the command line; `add` adds a module's own options."""
    parser = argparse.ArgumentParser(description=(doc or "").strip().splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--course", action="append", default=[], help="only this course; again for more")
    parser.add_argument("--cache", type=Path, help="keep what other tools cost here, by content and version")
    if add:
        add(parser)
    own = parser.parse_args()
    cache = own.cache.resolve() if own.cache else None
    return Options(corpora.courses(tuple(own.course)), cache, own.write, own)


def can_measure(options: Options | None, *needed: str) -> bool:
    """Whether courses (when `options` is given), the program and the `needed` tools are here; says what is not."""
    lacking = [f"{tool} is not on this machine" for tool in needed if tools.version(tool) is None]
    if options is not None and not options.courses:
        lacking.append("the corpora are not on this machine (LOWBAND_CORPORA names their folder)")
    if not program.ready():
        lacking.append("this lowband has no publish, join and sync yet")
    for line in lacking:
        print(f"nothing measured: {line}", file=sys.stderr)
    return not lacking


def progress(*words: object) -> None:
    """Say what is being measured, beside the tables."""
    print("…", *words, file=sys.stderr, flush=True)

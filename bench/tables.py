"""Tables of measurements, printed and kept in `docs/benchmarks.md`.

1. A table holds what was measured in this run and nothing else; a figure that was not measured is a dash.
2. Writing replaces one section between its two markers and leaves every other byte of the file alone.
3. A section states date, kind of machine and versions of the tools, never a path or a host's name.
"""

from __future__ import annotations

import datetime
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.corpora import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "benchmarks.md"
DASH = "–"
OPENING = "# Benchmarks\n\nWritten by the modules in `bench/` (see `bench/README.md`): run them with `--write`.\n"


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; the first column is text, the others are set to the right."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = field(default_factory=tuple)

    def markdown(self) -> str:
        rule = ["---", *("---:" for _ in self.columns[1:])]
        lines = [_line(self.columns), _line(rule), *(_line(row) for row in self.rows)]
        notes = "".join(f"\n- {note}" for note in self.notes)
        return f"### {self.title}\n\n" + "\n".join(lines) + "\n" + (notes + "\n" if notes else "")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def number(value: int | None) -> str:
    """A count with thousands set apart; a dash when it was not measured."""
    return DASH if value is None else f"{value:,}"


def ratio(part: float | None, whole: float | None) -> str:
    """Part over whole with three places; a dash when either is missing or the whole is nothing."""
    return DASH if part is None or not whole else f"{part / whole:.3f}"


def verdict(value: float | None, most: float) -> str:
    """`met` when the value is at most `most`, else `missed`; a dash when there is no value."""
    return DASH if value is None else ("met" if value <= most else "missed")


def machine() -> str:
    """The kind of machine this ran on, without its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = platform.python_version()
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {python}"


def section(tables: Sequence[Table], tools: Sequence[str], today: datetime.date) -> str:
    """The text of a section: when and where it was measured, by what, then the tables."""
    by = f"; {', '.join(tools)}" if tools else ""
    return f"Measured {today.isoformat()} on {machine()}{by}.\n\n" + "\n".join(table.markdown() for table in tables)


def replace(document: str, name: str, title: str, body: str) -> str:
    """The document with section `name` replaced, or added at the end when it has none yet."""
    opening, closing = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    fresh = f"{opening}\n{body.strip()}\n{closing}"
    start, end = document.find(opening), document.find(closing)
    if start >= 0 and end > start:
        return document[:start] + fresh + document[end + len(closing) :]
    return f"{document.rstrip()}\n\n## {title}\n\n{fresh}\n"


def publish(name: str, title: str, tables: Sequence[Table], tools: Sequence[str], *, write: bool) -> None:
    """Print the tables; with `write`, also put them into their section of the document."""
    body = section(tables, tools, datetime.date.today())
    print(body)
    if write:
        DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
        before = DOCUMENT.read_text("utf-8") if DOCUMENT.exists() else OPENING
        write_whole(DOCUMENT, replace(before, name, title, body))
        print(f"written to docs/{DOCUMENT.name}, section {name}", file=sys.stderr)


def write_whole(path: Path, text: str) -> None:
    """Replace a file at once, so that an interrupted run leaves the old one."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)

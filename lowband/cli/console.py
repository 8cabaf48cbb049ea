"""What people and programs see: lines, tables, progress, one JSON object; and how errors end a command.

1. With `--json`, standard output holds exactly one object; everything else goes to standard error.
2. Progress is shown on a terminal only.
3. An error is one line and an exit code; a traceback is a bug.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from lowband.cli.tongue import say
from lowband.errors import LowbandError

if TYPE_CHECKING:
    from rich.console import Console

SAID_UNITS = ("kB", "MB", "GB", "TB")
Step = Callable[[int, int | None], None]
"""Progress: units done, and units in all when known."""


class Out:
    """Standard output of one command."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json

    @property
    def rich(self) -> Console:
        """The terminal for people; standard error when the output is JSON."""
        from rich.console import Console

        return Console(stderr=self.as_json, highlight=False)

    def line(self, template: str, **facts: object) -> None:
        """One line in the user's language; silent under `--json`."""
        if not self.as_json:
            print(say(template, **facts), flush=True)

    def result(self, value: dict[str, Any]) -> None:
        """The command's one JSON object; nothing without `--json`."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False, sort_keys=True), flush=True)

    def table(self, heads: list[str], rows: list[list[str]]) -> None:
        """A table with heads in the user's language."""
        if self.as_json:
            return
        from rich.table import Table

        grid = Table(box=None, pad_edge=False, header_style="bold")
        for head in heads:
            grid.add_column(say(head), overflow="fold")  # an id cut short cannot be typed
        for row in rows:
            grid.add_row(*row)
        self.rich.print(grid)

    @contextmanager
    def progress(self, title: str, unit_bytes: bool = True) -> Iterator[Step]:
        """A bar with amount, rate and time left on standard error; nothing when that is no terminal."""
        if not sys.stderr.isatty():
            yield lambda done, total: None
            return
        from rich import progress as bars
        from rich.console import Console
        from rich.text import Text

        class Amounts(bars.ProgressColumn):
            """Bytes so far, in all, a second: in the user's own units."""

            def render(self, task: bars.Task) -> Text:
                so_far = " / ".join(amount(int(x)) for x in (task.completed, task.total) if x is not None)
                return Text(f"{so_far}  {amount(int(task.speed or 0))}/s")

        middle = Amounts() if unit_bytes else bars.MofNCompleteColumn()
        columns = [bars.TextColumn("{task.description}"), bars.BarColumn(), middle, bars.TimeRemainingColumn()]
        with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(say(title), total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


def fail(error: LowbandError, as_json: bool = False) -> NoReturn:
    """End the command: one line on standard error, the error's exit code."""
    line = error.line(say)
    if as_json:
        print(json.dumps({"error": error.code, "message": line, "facts": error.facts}, ensure_ascii=False), flush=True)
    print(f"lowband: {line} [{error.code}]", file=sys.stderr, flush=True)
    raise SystemExit(error.exit_code)


def amount(count: int) -> str:
    """A count of bytes for people: `934 B`, `3.6 kB`, `1.7 MB` (decimal, as lines and operators count)."""
    if count < 1000:
        return say("{value} {unit}", value=count, unit=say("B"))
    value = float(count)
    for unit in SAID_UNITS:
        value /= 1000
        if value < 999.5 or unit == "TB":
            break
    return say("{value} {unit}", value=decimal(value) if value < 100 else f"{value:.0f}", unit=say(unit))


def decimal(value: float, form: str = ".1f") -> str:
    """A number with the decimal sign of the user's language."""
    return f"{value:{form}}".replace(".", say("decimal point|.").removeprefix("decimal point|"))


def agreed(question: str) -> bool:
    """Whether the user says yes, in her language or in English; no answer is no."""
    print(f"{question} {say('[y/N]')} ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in {"y", "yes", *say("y yes").split()}


def duration(seconds: float) -> str:
    """A span for people: `4 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"

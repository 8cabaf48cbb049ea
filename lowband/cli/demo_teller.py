"""How the demo's story looks: chapters, lines, what was typed, what was read, progress.

1. On a terminal lines are wrapped at words and coloured; elsewhere they are plain lines that come as things happen.
2. Under `--json` the story is silent.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.padding import Padding
from rich.text import Text

from lowband.cli.console import Out, Step, amount
from lowband.cli.tongue import say

INDENT = 3


class Teller:
    """Tells the story on `out`."""

    def __init__(self, out: Out) -> None:
        self.out = out
        self._console = out.rich
        self._pretty = self._console.is_terminal and not out.as_json
        self._chapter = 0
        self._quarter = 0

    def heading(self, template: str) -> None:
        """Begin a chapter."""
        self._chapter += 1
        title = f"{self._chapter}. {say(template)}"
        if self._pretty:
            self._console.print()
            self._console.rule(Text(title, style="bold cyan"), align="left", style="cyan")
        else:
            self._plain(f"\n{title}")

    def line(self, template: str, style: str = "", **facts: object) -> None:
        """One or more sentences."""
        self._put(say(template, **facts), style)

    def typed(self, command: str) -> None:
        """What somebody types."""
        self._put(f"$ {command}", "bold green", INDENT * 2)

    def quote(self, text: str) -> None:
        """A line that the participant reads."""
        self._put(say("| {text}", text=text), "italic", INDENT * 2)

    def table(self, heads: list[str], rows: list[list[str]]) -> None:
        """A table with heads in the user's language."""
        self.out.table(heads, rows)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """A sign on a terminal that something is done meanwhile."""
        if not self._pretty:
            yield
            return
        with self._console.status(say("working")):
            yield

    @contextmanager
    def progress(self) -> Iterator[Step]:
        """A bar on a terminal; elsewhere a line each quarter."""
        if self.out.as_json or sys.stderr.isatty():
            with self.out.progress("fetching") as step:
                yield step
        else:
            yield self._quarters

    def _quarters(self, done: int, total: int | None) -> None:
        quarter = 4 * done // total if total else 0
        if quarter > self._quarter:
            self.line("{done} of {total} so far", done=amount(done), total=amount(total or 0))
        self._quarter = quarter

    def _put(self, text: str, style: str, indent: int = INDENT) -> None:
        if self._pretty:
            self._console.print(Padding(Text(text, style=style), (0, 0, 0, indent)))
        else:
            self._plain(" " * indent + text)

    def _plain(self, text: str) -> None:
        if not self.out.as_json:
            print(text, flush=True)

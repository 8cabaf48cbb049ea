"""Blocks of a lesson as rich lays them out on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule as Line
from rich.syntax import Syntax
from rich.table import Table as Grid
from rich.text import Text

from lowband.cli.console import amount
from lowband.cli.tongue import say
from lowband.reader.blocks import (
    Block,
    Code,
    File,
    Heading,
    Image,
    Paragraph,
    Points,
    Question,
    Quote,
    Rule,
    Span,
    Spans,
    Table,
)

_STYLES = {"bold": "bold", "italic": "italic", "code": "cyan", "strike": "strike"}
SAID_ASKED = {
    "choice": "choose one",
    "choices": "choose all that are right",
    "truefalse": "true or false",
    "short": "answer in a few words",
    "number": "answer with a number",
    "match": "join each with its match",
    "essay": "write a text",
}


def page(blocks: Iterable[Block]) -> Group:
    """A lesson, ready to print."""
    return Group(*_laid(blocks))


def _laid(blocks: Iterable[Block]) -> Iterator[RenderableType]:
    for block in blocks:
        yield _one(block)
        if not isinstance(block, Heading):
            yield Text("")


def _one(block: Block) -> RenderableType:
    found: RenderableType
    match block:
        case Heading(level, spans):
            found = Padding(_text(spans, "bold underline" if level == 1 else "bold"), (1 if level > 1 else 0, 0, 1, 0))
        case Paragraph(spans):
            found = _text(spans)
        case Points(first, items):
            found = _points(first, items)
        case Quote(title, inner):
            found = Panel(page(inner), title=title or None, title_align="left")
        case Code(lang, text):
            found = Padding(Syntax(text, lang or "text", theme="ansi_dark", word_wrap=True), (0, 0, 0, 2))
        case Table(head, rows):
            found = _table(head, rows)
        case Image(alt, path, size):
            found = Text(f"[{say('picture')}: {alt or path}, {_size(size)}]", style="dim")
        case File(title, path, size):
            found = Text(f"[{title or path}, {_size(size)}]", style="dim")
        case Question():
            found = _question(block)
        case Rule():
            found = Line(style="dim")
    return found


def _table(head: tuple[Spans, ...], rows: tuple[tuple[Spans, ...], ...]) -> Grid:
    grid = Grid(show_header=bool(head))
    for cell in head:
        grid.add_column(_text(cell))
    for row in rows:
        grid.add_row(*(_text(cell) for cell in row))
    return grid


def _size(size: int | None) -> str:
    return say("not here yet") if size is None else amount(size)


def _text(spans: Iterable[Span], style: str = "") -> Text:
    out = Text(style=style)
    for span in spans:
        marks = [_STYLES[s] for s in sorted(span.style) if s in _STYLES]
        if span.href:
            marks.append("underline")
        out.append(span.text, " ".join(marks) or None)
    return out


def _points(first: int | None, items: tuple[tuple[Block, ...], ...]) -> RenderableType:
    grid = Grid.grid(padding=(0, 1))
    for number, inner in enumerate(items, first or 0):
        grid.add_row("•" if first is None else f"{number}.", Group(*(_one(b) for b in inner)))
    return Padding(grid, (0, 0, 0, 1))


def _question(q: Question) -> RenderableType:
    parts: list[RenderableType] = [page(q.text)]
    if q.lefts:
        parts += [Text(f"  {left}  →  …") for left in q.lefts]
    parts += [Text(f"  ○ {choice}") for choice in q.choices]
    asked = say(SAID_ASKED[q.kind]) if q.kind in SAID_ASKED else None
    return Panel(Group(*parts), title=q.title or None, title_align="left", subtitle=asked, subtitle_align="right")

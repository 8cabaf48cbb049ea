"""What a page is made of, whatever it was written in: blocks that the terminal, or another screen, can lay out.

1. Every text in a block may be shown as it is: control characters and overrides are gone (`lowband.model.shown`).
2. A block never holds markup of its source or of its screen.
3. A quiz question holds no answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

Lookup = Callable[[str], int | None]
"""Path of an entry → its size in bytes when it is on this device, else None."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style: any of bold, italic, code, strike. `href` is a URL, or a path in the course."""

    text: str
    style: frozenset[str] = frozenset()
    href: str = ""


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 … 6."""

    level: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; a line end in a span is a line end on the screen."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Points:
    """A list; `first` is the number of the first point of an ordered list, else None."""

    first: int | None
    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Blocks set apart: a quotation, a note, a box; `title` may be empty."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Text to keep as it is; `lang` may be empty."""

    lang: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; `head` is empty when the table has none."""

    head: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture in words. `path` is the entry, or a URL; `size` its bytes, None when it is not on this device."""

    alt: str
    path: str
    size: int | None


@dataclass(frozen=True, slots=True)
class File:
    """Something that a text screen cannot show (document, video): its entry or URL, its size as for pictures."""

    title: str
    path: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


@dataclass(frozen=True, slots=True)
class Question:
    """A quiz question without its answers.

    `kind`: choice (one), choices (several), truefalse, short, number, match, essay or note (nothing to answer).
    `choices` are what can be chosen; for `match`, `lefts` are to be joined with `choices`."""

    title: str
    kind: str
    text: tuple[Block, ...]
    choices: tuple[str, ...] = ()
    lefts: tuple[str, ...] = ()


Block = Heading | Paragraph | Points | Quote | Code | Table | Image | File | Rule | Question


def plain_of(blocks: Iterable[Block]) -> Iterator[str]:
    """The words of `blocks`, one text for each line or cell: what search looks through."""
    for block in blocks:
        match block:
            case Heading(_, spans) | Paragraph(spans):
                yield joined(spans)
            case Points(_, items):
                for item in items:
                    yield from plain_of(item)
            case Quote(title, inner):
                yield from (title, *plain_of(inner))
            case Code(_, text):
                yield text
            case Table(head, rows):
                yield from (joined(cell) for row in (head, *rows) for cell in row)
            case Image(alt, _, _):
                yield alt
            case File(title, _, _):
                yield title
            case Question(title, _, inner, choices, lefts):
                yield from (title, *plain_of(inner), *choices, *lefts)
            case Rule():
                pass


def joined(spans: Spans) -> str:
    """The text of `spans` without style."""
    return "".join(span.text for span in spans)

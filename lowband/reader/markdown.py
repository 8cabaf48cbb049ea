"""Markdown to HTML, with what course tools add to it: front matter, boxes, attributes, templates.

1. CommonMark with tables and strike-through (markdown-it-py); HTML inside passes on, and is judged like any HTML.
2. What a site builder would have eaten (`{: .class}`, `{% … %}`, `:::`) is taken out or made a box; not in code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from lowband.reader.trees import MAX_CHARS

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_FRONT = re.compile(r"\ufeff?\s{0,10}---[ \t]*\r?\n.{0,20000}?\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FENCE = re.compile(r"\s{0,12}(`{3,}|~{3,})")
_COLONS = re.compile(r" {0,3}:{3,}\s*(.{0,200}?)\s*:*\s*")
_BOX = re.compile(r"( {0,12})(?:!!!|\?\?\?\+?)\s+([\w-]{1,40})[^\"]{0,80}(?:\"([^\"]{0,200})\")?\s*")
_EATEN = re.compile(r"\s{0,12}(\{:[^{}]{0,400}\}|\{%.{0,400}%\})\s*")
_ATTRIBUTES = re.compile(r"(?<=[)\]*_`])\{[:.#a-z][^{}\n]{0,500}\}")


def body_of(text: str) -> str:
    """`text` without its front matter."""
    match = _FRONT.match(text)
    return text[match.end() :] if match else text


def to_html(text: str) -> str:
    """The HTML of a Markdown text, at most 4 million characters of it."""
    return str(_markdown().render("\n".join(_without_additions(body_of(text[:MAX_CHARS])))))


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _without_additions(text: str) -> Iterator[str]:
    fence = ""
    box = -1  # how far the lines of the box under way are indented; -1 outside
    for line in text.splitlines():
        if box >= 0 and line.strip() and not line.startswith(" " * box):
            box = -1
            yield ""
        body = "> " + line[box:] if box >= 0 else line
        if match := _FENCE.match(line):
            fence = "" if fence and match[1].startswith(fence) else fence or match[1]
            yield body
        elif fence:
            yield body
        elif match := _BOX.fullmatch(line):
            box = len(match[1]) + 4
            yield from ("", f"> **{match[3] or match[2].capitalize()}**", ">")
        else:
            yield from _prose(body)


def _prose(line: str) -> Iterator[str]:
    if _EATEN.fullmatch(line):
        return
    match = _COLONS.fullmatch(line)
    if match is None:
        yield _ATTRIBUTES.sub("", line)
        return
    name = re.sub(r"[{}.#:]|\w+=\S+", " ", match[1]).strip()
    yield from ("", f"**{name[:1].upper()}{name[1:]}**" if name else "", "")

"""Quiz questions as they are asked: GIFT and Moodle XML, without answers, weights and feedback.

1. Nothing that tells right from wrong is kept: choices come in an order of their own, the same on every device.
2. A question that cannot be understood is left out; it never stops the others.
Source: Moodle docs, "GIFT format" and "Moodle XML format".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator

from lowband.model.shown import one_line, shown
from lowband.reader.blocks import Block, Heading, Lookup, Paragraph, Question, Span, joined
from lowband.reader.markdown import to_html
from lowband.reader.markup import html_blocks
from lowband.reader.trees import Node, xml_tree

_MAX_CHARS = 1_000_000
_ESCAPED = re.compile(r"\\([~=#{}:n\\])")
_TITLE = re.compile(r"::(.{0,500}?)::", re.DOTALL)
_FORMAT = re.compile(r"\s*\[(html|markdown|plain|moodle)\]")
_PART = re.compile(r"([~=])([^~=]*)")
_WEIGHT = re.compile(r"\s*%(-?[0-9.]{1,12})%")
_NO_MARK = "\ue000"  # private use: stands for an escaped character while a question is cut up
_GAP = "_____"


def gift_blocks(text: str, folder: str, lookup: Lookup) -> tuple[Block, ...]:
    """The questions of a GIFT file; a category is a heading."""
    out: list[Block] = []
    for chunk in _chunks(text[:_MAX_CHARS]):
        if chunk.startswith("$CATEGORY:"):
            out.append(Heading(2, (Span(one_line(chunk.partition(":")[2]).removeprefix("$course$/")),)))
        elif question := _gift_question(chunk, folder, lookup):
            out.append(question)
    return tuple(out)


def _chunks(text: str) -> Iterator[str]:
    """Questions and `$CATEGORY` lines; a blank line ends a question."""
    lines: list[str] = []
    for line in (*text.replace("\r\n", "\n").split("\n"), ""):
        bare = line.strip()
        if bare.startswith("//"):
            continue
        if bare.startswith("$CATEGORY:"):
            yield bare
        elif bare:
            lines.append(line)
        elif lines:
            yield "\n".join(lines)
            lines = []


def _gift_question(chunk: str, folder: str, lookup: Lookup) -> Question | None:
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append("\n" if match[1] == "n" else match[1])
        return _NO_MARK

    def show(text: str, start: str) -> str:
        """`text` with the escaped characters back; `start` is all that comes before it."""
        at = start.count(_NO_MARK)
        parts = text.split(_NO_MARK)
        return parts[0] + "".join(hidden[at + n] + part for n, part in enumerate(parts[1:]))

    body = _ESCAPED.sub(hide, chunk.replace(_NO_MARK, ""))
    match = _TITLE.match(body.lstrip())
    lead = len(body) - len(body.lstrip()) + (match.end() if match else 0)
    title = show(match[1], "") if match else ""
    before, brace, rest = body[lead:].partition("{")
    answers, closed, after = rest.partition("}")
    asked = show(before, body[:lead])
    start = body[:lead] + before + brace
    if after.strip(" .\n?!"):
        asked += f" {_GAP} " + show(after, start + answers + closed)
    kind, choices, lefts = _gift_answers(answers, bool(brace), lambda text, at: show(text, start + answers[:at]))
    blocks = _formatted(asked, folder, lookup)
    return Question(one_line(title), kind, blocks, choices, lefts) if blocks or choices else None


def _gift_answers(
    text: str, asked: bool, show: Callable[[str, int], str]
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Kind, choices and left sides. `show(text, at)` puts escaped characters back."""
    bare = re.split(r"#", text, maxsplit=1)[0].strip()
    if not asked:
        return "note", (), ()
    if text.strip().startswith("#") and not text.strip().startswith("##"):
        return "number", (), ()
    if bare.upper() in ("T", "F", "TRUE", "FALSE"):
        return "truefalse", (), ()
    found = list(_PART.finditer(text.split("####", maxsplit=1)[0]))
    marks = {m[1] for m in found}
    words = [show(_WEIGHT.sub("", m[2].partition("#")[0], count=1), m.start(2)).strip() for m in found]
    if marks == {"="} and all("->" in word for word in words):
        pairs = [word.partition("->") for word in words]
        lefts = (one_line(_plain(left), 1000) for left, _, _ in pairs)
        return "match", _shuffled(right for _, _, right in pairs), tuple(filter(None, lefts))
    if "~" in marks:
        return "choice" if "=" in marks else "choices", _shuffled(words), ()
    return ("short" if found else "essay"), (), ()


def _shuffled(texts: Iterable[str]) -> tuple[str, ...]:
    """`texts` once each, in an order that has nothing to do with the one they were written in."""
    lines = {one_line(_plain(text), 1000) for text in texts} - {""}
    return tuple(sorted(lines, key=lambda line: hashlib.sha256(line.encode()).digest()))


def _plain(text: str) -> str:
    """The words of a text that may be HTML."""
    if "<" not in text and "&" not in text:
        return _FORMAT.sub("", text, count=1)
    blocks = html_blocks(_FORMAT.sub("", text, count=1), "", lambda path: None)
    return " ".join(joined(b.spans) for b in blocks if isinstance(b, Paragraph | Heading))


def _formatted(text: str, folder: str, lookup: Lookup) -> tuple[Block, ...]:
    match = _FORMAT.match(text)
    body = text[match.end() :] if match else text
    if match and match[1] == "markdown":
        return html_blocks(to_html(body), folder, lookup)
    if match and match[1] == "plain":
        return (Paragraph((Span(shown(body).strip()),)),) if body.strip() else ()
    return html_blocks(body, folder, lookup)


_XML_KINDS = {
    "truefalse": "truefalse", "shortanswer": "short", "numerical": "number", "calculated": "number",
    "calculatedsimple": "number", "matching": "match", "essay": "essay", "description": "note", "cloze": "short",
}  # fmt: skip
_CLOZE = re.compile(r"\{[0-9]{0,6}:[A-Z_]{1,30}:(?:[^{}\\]|\\.){0,5000}\}")


def xml_quiz_blocks(data: bytes, folder: str, lookup: Lookup) -> tuple[Block, ...]:
    """The questions of a Moodle XML file; a category is a heading."""
    quiz = xml_tree(data).first("quiz") or Node("quiz")
    out: list[Block] = []
    for node in quiz.nodes():
        if node.tag != "question":
            continue
        if node.attrs.get("type") == "category":
            name = one_line(_inner_text(node, "category").removeprefix("$course$/").removeprefix("$module$/"))
            out.append(Heading(2, (Span(name),)))
        else:
            out.append(_xml_question(node, folder, lookup))
    return tuple(out)


def _xml_question(node: Node, folder: str, lookup: Lookup) -> Question:
    kind = _XML_KINDS.get(node.attrs.get("type", ""), "short")
    answers = [_inner_text(n, "") for n in node.nodes() if n.tag == "answer"]
    pairs = [n for n in node.nodes() if n.tag == "subquestion"]
    choices: tuple[str, ...] = ()
    if node.attrs.get("type") == "multichoice":
        single = _inner_text(node, "single", "").strip() != "false"
        kind, choices = ("choice" if single else "choices"), _shuffled(answers)
    lefts = tuple(filter(None, (one_line(_plain(_inner_text(n, "")), 1000) for n in pairs)))
    if kind == "match":
        choices = _shuffled(_inner_text(n, "answer") for n in pairs)
    text = _CLOZE.sub(_GAP, _inner_text(node, "questiontext").replace("@@PLUGINFILE@@/", ""))
    return Question(
        one_line(_plain(_inner_text(node, "name"))), kind, html_blocks(text, folder, lookup), choices, lefts
    )


def _inner_text(node: Node, *path: str) -> str:
    """The text at `path` below `node`, and there in `<text>` when there is one; empty when there is nothing."""
    at: Node | None = node
    for tag in path:
        at = at.first(tag) if at and tag else at
    found = at.first("text") or at if at else None
    return found.text() if found else ""

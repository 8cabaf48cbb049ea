"""Tables of contents that course tools keep: YAML outlines and lists of links, read without a YAML library.

1. Only what outlines use is understood (nested lists and names, quoted texts, one-line lists); all else is passed over,
   so that `!!python` tags, anchors and mistakes neither run nor stop anything.
2. A tool's file is a hint: what cannot be read is as if it were not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_KEY = re.compile(r"(?P<key>\"[^\"]*\"|'[^']*'|[^\s\"'#\[\]{},&*!|>%@`-][^#]*?|-[^\s#][^#]*?)\s*:(?:\s+(?P<rest>.*))?")
_QUOTED = re.compile(r"\"(?P<d>(?:[^\"\\]|\\.)*)\"|'(?P<s>(?:[^']|'')*)'")
_MAX_LINES = 20_000
_MAX_NESTING = 40


@dataclass(frozen=True, slots=True)
class _Line:
    indent: int
    text: str


def read_yaml(text: str) -> Any:
    """`text` as dicts, lists and texts, as far as it is an outline; None when nothing was understood."""
    lines = list(_lines(text))
    return _block(lines, 0, 0)[0] if lines else None


def _lines(text: str) -> Iterator[_Line]:
    """Lines that mean something; the lines of block texts (`|`, `>`) are left out."""
    skip_deeper_than: int | None = None
    for raw in text.splitlines()[:_MAX_LINES]:
        body = raw[:1000].replace("\t", "    ").rstrip()
        bare = body.lstrip()
        indent = len(body) - len(bare)
        if skip_deeper_than is not None and (not bare or indent > skip_deeper_than):
            continue
        skip_deeper_than = None
        if not bare or bare.startswith(("#", "---", "...", "%")):
            continue
        if re.search(r":\s+[|>][+-]?\d*$", bare):
            skip_deeper_than = indent
        yield _Line(indent, bare)


def _block(lines: list[_Line], at: int, depth: int) -> tuple[Any, int]:
    """The list or mapping that starts at line `at`, and the line after it."""
    if depth > _MAX_NESTING:
        return None, len(lines)
    indent = lines[at].indent
    read = _list if _is_item(lines[at].text) else _mapping
    return read(lines, at, indent, depth)


def _is_item(text: str) -> bool:
    return text == "-" or text.startswith("- ")


def _list(lines: list[_Line], at: int, indent: int, depth: int) -> tuple[list[Any], int]:
    out: list[Any] = []
    while at < len(lines) and lines[at].indent == indent and _is_item(lines[at].text):
        rest = lines[at].text[1:].lstrip()
        inner = indent + len(lines[at].text) - len(rest)
        if not rest:
            value, at = _below(lines, at + 1, indent, depth)
        elif _is_item(rest) or _KEY.fullmatch(rest):
            lines[at] = _Line(inner, rest)
            value, at = _block(lines, at, depth + 1)
        else:
            value, at = _scalar(rest), at + 1
        out.append(value)
    return out, _over(lines, at, indent)


def _mapping(lines: list[_Line], at: int, indent: int, depth: int) -> tuple[dict[str, Any], int]:
    out: dict[str, Any] = {}
    while at < len(lines) and lines[at].indent == indent and not _is_item(lines[at].text):
        match = _KEY.fullmatch(lines[at].text)
        at += 1
        if match is None:
            continue
        rest = re.sub(r"\s+#.*$", "", match["rest"] or "").strip()
        if rest and not rest.startswith(("|", ">", "&", "!")):
            value, at = _scalar(rest), _over(lines, at, indent)
        else:
            value, at = _below(lines, at, indent, depth)
        out.setdefault(str(_scalar(match["key"])), value)
    return out, _over(lines, at, indent)


def _below(lines: list[_Line], at: int, indent: int, depth: int) -> tuple[Any, int]:
    """The value on the lines under a name: deeper, or a list at the same depth."""
    if at < len(lines) and (lines[at].indent > indent or (lines[at].indent == indent and _is_item(lines[at].text))):
        return _block(lines, at, depth + 1)
    return "", at


def _over(lines: list[_Line], at: int, indent: int) -> int:
    """Past lines deeper than `indent` that belong to nothing that was understood."""
    while at < len(lines) and lines[at].indent > indent:
        at += 1
    return at


def _scalar(text: str) -> Any:
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    match = _QUOTED.match(text)
    if match:
        single = match["s"]
        return re.sub(r"\\(.)", r"\1", match["d"]) if single is None else single.replace("''", "'")
    return re.sub(r"\s+#.*$", "", text).strip()


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a table of contents: what it names (a path, a folder, a link), its title, the part it stands in."""

    target: str
    title: str = ""
    module: str = ""


def yaml_steps(value: Any, module: str = "") -> Iterator[Step]:
    """The steps of an outline (mkdocs `nav`, Jupyter Book `_toc.yml`, sandpaper lists) in the order written."""
    if isinstance(value, list):
        for item in value:
            yield from yaml_steps(item, module)
    elif isinstance(value, str) and value:
        yield Step(value, "", module)
    elif isinstance(value, dict):
        yield from _dict_steps(value, module)


def _dict_steps(value: dict[str, Any], module: str) -> Iterator[Step]:
    title = value.get("title")
    name = next((value[k] for k in ("root", "file", "path", "href") if isinstance(value.get(k), str)), "")
    if name:
        yield Step(name, title if isinstance(title, str) else "", module)
    caption = value.get("caption")
    part = caption if isinstance(caption, str) and caption else module
    for key, inner in value.items():
        if isinstance(inner, list) and key in ("parts", "chapters", "sections", "items", "children", "nav", "contents"):
            yield from yaml_steps(inner, part)
        elif isinstance(inner, list):
            yield from yaml_steps(inner, key)
        elif isinstance(inner, str) and inner and not name and key not in ("caption", "title", "format", "glob", "url"):
            yield Step(inner, key, module)


_LINK = re.compile(
    r"\[(?P<title>[^\[\]]{0,300})\]\("
    r"(?:<(?P<angle>[^<>]{1,300})>|(?P<plain>[^()<>\s]{1,300}(?:\([^()\s]{0,100}\)[^()<>\s]{0,200})?))"
    r"[^()]{0,300}\)"
)
_HEADING = re.compile(r"#{1,6}\s+(?P<title>.{1,300}?)\s*#*")


def link_steps(text: str) -> Iterator[Step]:
    """The links of a `SUMMARY.md` in the order written, those to elsewhere too; headings are the parts."""
    module = ""
    for line in text.splitlines()[:_MAX_LINES]:
        heading = _HEADING.fullmatch(line.strip())
        if heading:
            module = heading["title"]
        for match in _LINK.finditer(line[:4000]):
            yield Step(match["angle"] or match["plain"], match["title"], module)

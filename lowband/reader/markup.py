"""HTML to blocks, and Markdown to HTML: one way for both, so that they read alike.

1. Links and pictures are resolved inside the course; other links stay when they are http, https or mailto.
2. What a text screen cannot show becomes words: a picture its description, a video its name and size.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from lowband.model.shown import one_line, shown
from lowband.reader.blocks import (
    Block,
    Code,
    File,
    Heading,
    Image,
    Lookup,
    Paragraph,
    Points,
    Quote,
    Rule,
    Span,
    Spans,
    Table,
)  # fmt: skip
from lowband.reader.trees import Node, html_tree

_STYLES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "cite": "italic", "code": "code", "kbd": "code",
    "samp": "code", "tt": "code", "s": "strike", "del": "strike",
}  # fmt: skip
_MEDIA = frozenset(("video", "audio", "iframe", "object", "embed"))
_ELSEWHERE = re.compile(r"(https?://|mailto:)\S", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_MAX_COLUMNS = 50


def resolve(target: str, folder: str, lookup: Lookup) -> tuple[str, int | None]:
    """What `target`, written in a page of `folder`, means: a path in the course and its size, or a URL and None.

    A path that is not there is tried from the course's root and from each folder above, as site builders do."""
    clean = one_line(target.strip(), 1000)
    if _ELSEWHERE.match(clean):
        return clean, None
    bare = unquote(clean.partition("#")[0].partition("?")[0]).replace("\\", "/")
    if not bare or _SCHEME.match(clean) or "\0" in bare:
        return "", None
    inner = bare.lstrip("/")
    above = [folder] if not bare.startswith("/") else []
    up = folder
    while up:
        up = posixpath.dirname(up)
        above.append(up)
    tries = [posixpath.normpath(posixpath.join(base, inner)) for base in (*above, "")]
    for path in tries:
        size = lookup(path) if not path.startswith("..") else None
        if size is not None:
            return one_line(path, 1000), size
    first = tries[0]
    return ("" if first.startswith("..") else one_line(first, 1000)), None


@dataclass(slots=True)
class _Page:
    """Where blocks are gathered: the paragraph under way, and what is complete."""

    folder: str
    lookup: Lookup
    done: list[Block] = field(default_factory=list)
    line: list[Span] = field(default_factory=list)

    def add(self, block: Block) -> None:
        self.flush()
        self.done.append(block)

    def flush(self) -> None:
        spans = tidy(self.line)
        self.line = []
        if spans:
            self.done.append(Paragraph(spans))

    def inner(self) -> _Page:
        return _Page(self.folder, self.lookup)


def html_blocks(text: str, folder: str, lookup: Lookup) -> tuple[Block, ...]:
    """The blocks of an HTML text that stands in `folder`."""
    page = _Page(folder, lookup)
    _walk(page, html_tree(text), frozenset(), "")
    page.flush()
    return tuple(page.done)


def tidy(spans: Iterable[Span]) -> Spans:
    """Spans with spaces collapsed across them, none at the ends, and neighbours of one style joined."""
    out: list[Span] = []
    space = True
    for span in spans:
        text = re.sub(r"[^\S\n\u00a0\u202f]+", " ", span.text)
        text = re.sub(r" ?\n ?", "\n", text)
        text = text.lstrip(" \n") if space else text
        if not text:
            continue
        space = text[-1] in " \n"
        if out and (out[-1].style, out[-1].href) == (span.style, span.href):
            out[-1] = Span(out[-1].text + text, span.style, span.href)
        else:
            out.append(Span(text, span.style, span.href))
    while out and not out[-1].text.rstrip():
        out.pop()
    if out:
        out[-1] = Span(out[-1].text.rstrip(), out[-1].style, out[-1].href)
    return tuple(out)


def _walk(page: _Page, node: Node, style: frozenset[str], href: str) -> None:
    for child in node.children:
        if isinstance(child, str):
            page.line.append(Span(shown(child).replace("\n", " "), style, href))
        elif child.tag in _HANDLERS:
            _HANDLERS[child.tag](page, child)
        elif child.tag == "br":
            page.line.append(Span("\n", style, href))
        elif child.tag == "a":
            target, _ = resolve(child.attrs.get("href", ""), page.folder, page.lookup)
            _walk(page, child, style, target or href)
        elif child.tag in _INLINE:
            _walk(page, child, style | {_STYLES[child.tag]} if child.tag in _STYLES else style, href)
        else:
            page.flush()
            _walk(page, child, style, href)
            page.flush()


_INLINE = frozenset(
    (*_STYLES, "span", "u", "small", "big", "sub", "sup", "q", "abbr", "mark", "label", "font", "time", "var", "dfn",
     "ins", "bdi", "bdo", "ruby", "rt", "rp", "center", "wbr", "data", "button", "input", "math")
)  # fmt: skip


def _inside(page: _Page, node: Node) -> tuple[Block, ...]:
    inner = page.inner()
    _walk(inner, node, frozenset(), "")
    inner.flush()
    return tuple(inner.done)


def _spans(page: _Page, node: Node) -> Spans:
    """The running text of a heading or cell; pictures in it become their words."""
    found: list[Span] = []
    for block in _inside(page, node):
        found += (Span(" "), *_as_spans(block))
    return tidy(found)


def _as_spans(block: Block) -> Spans:
    match block:
        case Paragraph(spans) | Heading(_, spans):
            return spans
        case Code(_, text):
            return (Span(text, frozenset(("code",))),)
        case Image(alt, path, _):
            return (Span(f"[{alt or path}]", frozenset(("italic",))),)
        case Points(_, items):
            inner = (block for item in items for block in item)
            return tuple(s for block in inner for s in (Span(" • "), *_as_spans(block)))
        case Quote(title, blocks):
            return (Span(title + " "), *(s for inner in blocks for s in (Span(" "), *_as_spans(inner))))
        case _:
            return ()


def _heading(page: _Page, node: Node) -> None:
    if spans := _spans(page, node):
        page.add(Heading(int(node.tag[1]), spans))


def _points(page: _Page, node: Node) -> None:
    items = tuple(_inside(page, child) for child in node.nodes())
    start = node.attrs.get("start", "")
    first = int(start) if re.fullmatch(r"[0-9]{1,6}", start) else 1
    if items:
        page.add(Points(first if node.tag == "ol" else None, items))


def _quote(page: _Page, node: Node) -> None:
    summary = node.first("summary")
    title = one_line(summary.text()) if summary else ""
    rest = Node("", {}, [child for child in node.children if child is not summary])
    page.add(Quote(title, _inside(page, rest)))


def _code(page: _Page, node: Node) -> None:
    inner = node.first("code")
    match = re.search(r"language-([\w+-]{1,30})", inner.attrs.get("class", "")) if inner else None
    page.add(Code(match[1] if match else "", shown(node.text()).strip("\n")))


def _table(page: _Page, node: Node) -> None:
    head: tuple[Spans, ...] = ()
    rows: list[tuple[Spans, ...]] = []
    for row in _rows(node):
        cells = [c for c in row.nodes() if c.tag in ("td", "th")][:_MAX_COLUMNS]
        spans = tuple(_spans(page, cell) for cell in cells)
        if not rows and not head and cells and all(c.tag == "th" for c in cells):
            head = spans
        elif cells:
            rows.append(spans)
    if head or rows:
        page.add(Table(head, tuple(rows)))


def _rows(node: Node) -> Iterable[Node]:
    for child in node.nodes():
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from _rows(child)


def _image(page: _Page, node: Node) -> None:
    path, size = resolve(node.attrs.get("src", ""), page.folder, page.lookup)
    alt = one_line(node.attrs.get("alt", "") or node.attrs.get("title", ""), 2000)
    if alt or path:
        page.add(Image(alt, path, size))


def _media(page: _Page, node: Node) -> None:
    sources = (node.attrs.get("src") or node.attrs.get("data"), *(n.attrs.get("src") for n in node.nodes()))
    path, size = resolve(next((s for s in sources if s), ""), page.folder, page.lookup)
    title = one_line(node.attrs.get("title", "") or posixpath.basename(path))
    if path:
        page.add(File(title, path, size))


def _rule(page: _Page, node: Node) -> None:
    page.add(Rule())


def _term(page: _Page, node: Node) -> None:
    if spans := _spans(page, node):
        page.add(Paragraph(tuple(Span(s.text, s.style | {"bold"}, s.href) for s in spans)))


_Handler = Callable[[_Page, Node], None]
_HANDLERS: dict[str, _Handler] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _heading),
    **dict.fromkeys(("ul", "ol", "menu"), _points),
    **dict.fromkeys(("blockquote", "details"), _quote),
    **dict.fromkeys(_MEDIA, _media),
    "dd": _quote,
    "dt": _term,
    "pre": _code,
    "table": _table,
    "img": _image,
    "hr": _rule,
}

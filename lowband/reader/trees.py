"""HTML and XML as small trees, built so that no input can cost more than its size.

1. Anything is a tree: broken markup makes a smaller tree, never an error; XML with a fault or a DTD ends there.
2. Depth and number of nodes are capped; entities of a DTD are never expanded (threats: billion laughs, deep nesting).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.parsers import expat


def words(text: str) -> frozenset[str]:
    """The words of `text`: how this room spells its lists."""
    return frozenset(text.split())


MAX_DEPTH = 60
MAX_NODES = 200_000
MAX_CHARS = 4_000_000
_VOID = words("area base br col embed hr img input link meta param source track wbr")
_DROPPED = words("script style head template noscript svg iframe object canvas")
_BLOCKS = words(
    "address article aside blockquote details div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header"
    " hr main nav ol p pre section table ul"
)
_CLOSES = {
    "li": ("li",), "dt": ("dt", "dd"), "dd": ("dt", "dd"), "tr": ("tr", "td", "th"), "td": ("td", "th"),
    "th": ("td", "th"), "thead": ("tr",), "tbody": ("thead", "tbody", "tr"), "tfoot": ("tbody", "tr"),
    "option": ("option",),
}  # fmt: skip
_STOPS = words("ul ol dl table body html")


@dataclass(slots=True)
class Node:
    """An element: name in lower case, attributes, children (nodes and texts)."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def nodes(self) -> Iterator[Node]:
        """The children that are elements."""
        return (child for child in self.children if isinstance(child, Node))

    def text(self) -> str:
        """All text inside."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    def first(self, tag: str) -> Node | None:
        """The first child element called `tag`."""
        return next((node for node in self.nodes() if node.tag == tag), None)


class _Builder:
    """Grows a tree from starts, ends and texts; what is nested too deep stays flat."""

    def __init__(self) -> None:
        self.root = Node("")
        self.open = [self.root]
        self.count = 0

    def start(self, tag: str, attrs: dict[str, str], void: bool = False) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            return
        node = Node(tag, attrs)
        self.open[-1].children.append(node)
        if not void and len(self.open) < MAX_DEPTH:
            self.open.append(node)

    def end(self, tag: str) -> None:
        tags = [node.tag for node in self.open]
        if tag in tags[1:]:
            del self.open[len(tags) - 1 - tags[::-1].index(tag) :]

    def text(self, data: str) -> None:
        self.count += 1
        if self.count <= MAX_NODES:
            self.open[-1].children.append(data)


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out = _Builder()
        self._dropping = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropping:
            self._depth += tag == self._dropping
            return
        values = {name: value or "" for name, value in reversed(attrs)}
        if tag in _DROPPED:
            self._dropping, self._depth = tag, 1
            if values.get("src") or values.get("data"):
                self.out.start(tag, values, void=True)
            return
        self._close_implied(tag)
        self.out.start(tag, values, tag in _VOID)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._dropping:
            self._depth -= tag == self._dropping
            if not self._depth:
                self._dropping = ""
        else:
            self.out.end(tag)

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self.out.text(data)

    def _close_implied(self, tag: str) -> None:
        """End what HTML lets an author leave open: `<li>` by the next `<li>`, `<p>` by any block, and so on."""
        ends = _CLOSES.get(tag, ())
        while ends and (tags := [n.tag for n in self._inner()]) and (hit := next((t for t in tags if t in ends), "")):
            self.out.end(hit)
        if tag in _BLOCKS and self.out.open[-1].tag == "p":
            self.out.end("p")

    def _inner(self) -> list[Node]:
        """The open elements up to the nearest list or table, innermost first."""
        found: list[Node] = []
        for node in reversed(self.out.open):
            if node.tag in _STOPS:
                break
            found.append(node)
        return found


def html_tree(text: str) -> Node:
    """The tree of an HTML text; scripts, styles and the like are left out."""
    parser = _Html()
    source = text[:MAX_CHARS]
    try:
        parser.feed(source)
        parser.close()
    except AssertionError:  # what html.parser raises at `<![x` in Python 3.11
        rest = Node("p", {}, [re.sub(r"<[^<>]{0,2000}>?", " ", source)])
        parser.out.root.children = [rest]
    return parser.out.root


class XmlStop(Exception):
    """Raised inside expat's handlers to stop at a DTD."""


def xml_events(data: bytes) -> Iterator[tuple[str, str, dict[str, str]]]:
    """("start", name, attributes), ("end", name, {}), ("text", text, {}) for an XML file, names without prefix.

    Stops quietly where the file is broken, or at a DTD."""
    events: list[tuple[str, str, dict[str, str]]] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def stop(*_: object) -> None:
        raise XmlStop

    def local(name: str) -> str:
        return name.rpartition(" ")[2]

    def start(name: str, attrs: dict[str, str]) -> None:
        events.append(("start", local(name), {local(k): v for k, v in attrs.items()}))

    parser.StartDoctypeDeclHandler = stop
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: events.append(("end", local(name), {}))
    parser.CharacterDataHandler = lambda text: events.append(("text", text, {}))
    for at in range(0, max(len(data), 1), 65536):
        chunk = data[at : at + 65536]
        try:
            parser.Parse(chunk, at + 65536 >= len(data))
        except (expat.ExpatError, XmlStop, ValueError):
            yield from events
            return
        yield from events
        events.clear()


def xml_tree(data: bytes) -> Node:
    """The tree of an XML file, as far as it can be read."""
    out = _Builder()
    for event, name, attrs in xml_events(data[:MAX_CHARS]):
        if event == "start":
            out.start(name.lower(), attrs)
        elif event == "end":
            out.end(name.lower())
        else:
            out.text(name)
    return out.root

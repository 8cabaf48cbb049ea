"""The words of office documents (PPTX, DOCX, XLSX, ODF, EPUB) for search and for a text screen.

1. A document is a zip that may be hostile: members and bytes are capped before they are spent, a DTD ends the reading.
2. A damaged document has the words that could be read before the damage, or none; never an error.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from lowband.model.shown import one_line, shown
from lowband.reader.blocks import Block, Heading, Image, Paragraph, Span, joined
from lowband.reader.markup import html_blocks
from lowband.reader.trees import xml_events

MAX_MEMBER = 8 * 1024 * 1024  # bytes, unpacked
MAX_TOTAL = 32 * 1024 * 1024
MAX_MEMBERS = 2000
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, KeyError,
)  # fmt: skip
_MEMBERS = {
    "pptx": r"ppt/slides/slide(\d{1,5})\.xml", "ppsx": r"ppt/slides/slide(\d{1,5})\.xml", "docx": r"word/document\.xml",
    "xlsx": r"xl/sharedStrings\.xml", "odt": r"content\.xml", "odp": r"content\.xml", "ods": r"content\.xml",
    "odg": r"content\.xml", "epub": r".{1,200}\.x?html?",
}  # fmt: skip
OFFICE = frozenset(_MEMBERS)


def office_blocks(ext: str, data: bytes) -> tuple[Block, ...]:
    """The paragraphs of a document with extension `ext` (one of `OFFICE`), slides under headings."""
    out: list[Block] = []
    for name, content in _members(data, re.compile(_MEMBERS[ext], re.IGNORECASE)):
        if ext == "epub":
            page = html_blocks(content.decode("utf-8", "replace"), "", lambda path: None)
            out += (block for block in page if not isinstance(block, Image))
            continue
        number = re.search(r"slide(\d+)\.xml", name)
        if number:
            out += _slide(number[1].lstrip("0"), list(_paragraphs(ext, content)))
        else:
            out += _paragraphs(ext, content)
    return tuple(out)


def _slide(number: str, paragraphs: list[Block]) -> Iterator[Block]:
    """A slide under its number and first line, which is its title."""
    first = paragraphs[0] if paragraphs else None
    title = one_line(joined(first.spans)) if isinstance(first, Paragraph) else ""
    yield _heading(2, f"{number}. {title}".strip())
    yield from paragraphs[1:]


def _members(data: bytes, wanted: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    """Name and content of the members wanted, in natural order of their names, within the caps."""
    left = MAX_TOTAL
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [i for i in archive.infolist()[:MAX_MEMBERS] if wanted.fullmatch(i.filename)]
            for info in sorted(infos, key=lambda i: [(len(p), p) for p in re.split(r"(\d+)", i.filename)]):
                if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.file_size > MAX_MEMBER:
                    continue
                with archive.open(info) as member:
                    content = member.read(min(MAX_MEMBER, left))
                left -= len(content)
                yield info.filename, content
                if left <= 0:
                    return
    except _BROKEN:
        return


def _paragraphs(ext: str, content: bytes) -> Iterator[Block]:
    """One block for each paragraph that has words."""
    odf = ext.startswith("od")
    ends = {"p", "h"} if odf else {"p", "si"}
    words: list[str] = []
    inside = 0
    pages = 0
    for event, name, attrs in xml_events(content):
        if event == "text":
            if inside:
                words.append(name)
        elif event == "start":
            inside += name in ends if odf else name == "t"
            words += {"tab": [" "], "br": ["\n"], "line-break": ["\n"], "s": [" "]}.get(name, [])
            if odf and name == "page":
                pages += 1
                yield _heading(2, one_line(attrs.get("name", "")) or f"{pages}")
        else:
            inside -= name in ends if odf else name == "t"
            if name in ends:
                text = "\n".join(" ".join(line.split()) for line in shown("".join(words)).split("\n")).strip()
                words = []
                if text:
                    yield _heading(3, text) if name == "h" else Paragraph((Span(text),))


def _heading(level: int, text: str) -> Heading:
    return Heading(level, (Span(text),))

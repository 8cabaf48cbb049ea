"""A lesson as blocks, whatever file it is.

1. Any bytes give blocks; what has no words here (PDF, video) is one `File` block with its size.
2. Nothing is fetched, opened or run: pictures and links are only named, and looked up among the entries that are here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from lowband.model.shown import one_line, shown
from lowband.reader.blocks import Block, Code, File, Heading, Image, Lookup, Paragraph, Span, Table
from lowband.reader.markdown import to_html
from lowband.reader.markup import html_blocks, resolve
from lowband.reader.office import OFFICE, office_blocks
from lowband.reader.quizzes import gift_blocks, xml_quiz_blocks
from lowband.reader.trees import MAX_CHARS, words

_MARKDOWN = words("md markdown mdown mkd rmd qmd")
_HTML = words("html htm xhtml")
_CODE = words(
    "py js ts css sh bat ps1 c h cpp cs java r sql php rb go rs json toml yml yaml xml ini cfg conf env tex csproj sln"
)
_TABLE_ROWS = 500
_TIMING = re.compile(r"[0-9:.,]{5,14}\s+-->\s+[0-9:.,]{5,14}.*")
_PICTURES = words("png jpg jpeg gif svg webp avif bmp tif tiff")


def decoded(data: bytes) -> str:
    """The text of `data`: UTF-8, UTF-16 with its mark, else Windows-1252; at most 4 million characters."""
    head = data[: 4 * MAX_CHARS]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")[:MAX_CHARS]
    try:
        return head.decode("utf-8-sig")[:MAX_CHARS]
    except UnicodeDecodeError as error:
        cut = len(data) > len(head) and error.start > len(head) - 4
        return head.decode("utf-8-sig" if cut else "cp1252", "replace")[:MAX_CHARS]


def extension(path: str) -> str:
    """What follows the last dot of the file's name, lower case; empty when there is none."""
    stem, dot, ext = path.rpartition("/")[2].rpartition(".")
    return ext.lower() if dot and stem else ""


def blocks(path: str, data: bytes, lookup: Lookup) -> list[Block]:
    """The blocks of the entry `path` with content `data`; `lookup` tells which other entries are on this device."""
    ext = extension(path)
    folder = path.rpartition("/")[0]
    if ext in _MARKDOWN:
        return list(html_blocks(to_html(decoded(data)), folder, lookup))
    if ext in _HTML:
        return list(html_blocks(decoded(data), folder, lookup))
    if ext in OFFICE:
        return [*office_blocks(ext, data), _file(path, data)]
    if ext == "gift" or path.lower().endswith(".gift.txt"):
        return list(gift_blocks(decoded(data), folder, lookup))
    if ext == "xml" and b"<quiz" in data[:4096]:
        return list(xml_quiz_blocks(data, folder, lookup))
    return _simple(ext, path, data, lookup)


def _simple(ext: str, path: str, data: bytes, lookup: Lookup) -> list[Block]:
    """Files without markup of their own."""
    readers: dict[str, Callable[[str], Iterator[Block]]] = {
        "txt": _text,
        "vtt": _captions,
        "srt": _captions,
        "csv": _table,
        "tsv": _table,
        "rst": lambda text: _restructured(text, path.rpartition("/")[0], lookup),
        "adoc": _text,
        "ics": _text,
        "ipynb": lambda text: _notebook(text, path.rpartition("/")[0], lookup),
    }
    if ext in readers:
        return list(readers[ext](decoded(data)))
    if ext in _PICTURES:
        return [Image("", one_line(path, 1000), len(data))]
    if ext in _CODE or (b"\0" not in data and _is_utf8(data)):
        return [Code(ext if ext in _CODE else "", shown(decoded(data)))]
    return [_file(path, data)]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _file(path: str, data: bytes) -> File:
    return File(one_line(path.rpartition("/")[2]), one_line(path, 1000), len(data))


def _text(text: str) -> Iterator[Block]:
    """Plain text: a paragraph for each run of lines, kept as they are."""
    for part in re.split(r"\n\s*\n", shown(text)):
        if part.strip():
            yield Paragraph((Span(part.strip("\n").rstrip()),))


def _captions(text: str) -> Iterator[Block]:
    """Subtitles: what is said, without times and numbers."""
    for cue in re.split(r"\n\s*\n", shown(text)):
        lines = [line for line in cue.split("\n") if line.strip()]
        at = next((n for n, line in enumerate(lines) if _TIMING.fullmatch(line.strip())), None)
        if at is not None and (words := re.sub(r"<[^<>]{0,100}>", "", "\n".join(lines[at + 1 :])).strip()):
            yield Paragraph((Span(words),))


def _table(text: str) -> Iterator[Block]:
    """The first rows of a table of values; the rest is in the file."""
    import csv
    import io

    sample = shown(text)
    sign = max(",;\t", key=sample[:2000].count)
    rows: list[tuple[tuple[Span, ...], ...]] = []
    try:
        for row in csv.reader(io.StringIO(sample), delimiter=sign):
            rows.append(tuple((Span(one_line(cell)),) for cell in row[:50]))
            if len(rows) > _TABLE_ROWS:
                break
    except csv.Error:
        yield Code("", sample)
        return
    if rows:
        yield Table(rows[0], tuple(rows[1:]))


_RST_UNDER = re.compile(r"([=\-~^\"'*+#.:_`])\1{2,}\s*")
_RST_IMAGE = re.compile(r"\s*\.\. (?:image|figure)::\s+(\S+)\s*")
_RST_ALT = re.compile(r"^\s+:alt:\s*(.+)$", re.MULTILINE)
_RST_MARK = re.compile(
    r"``([^`\n]{1,300})``|:[\w:-]{1,40}:`([^`\n]{1,300})`|`([^`\n<]{1,300}?)\s*(?:<[^<>`\n]{1,500}>)?`_{0,2}"
)


def _restructured(text: str, folder: str, lookup: Lookup) -> Iterator[Block]:
    """reStructuredText, as far as headings, pictures, literal blocks and paragraphs go."""
    levels: dict[str, int] = {}
    literal = False
    for part in re.split(r"\n\s*\n", shown(text)):
        lines = [line for line in part.split("\n") if line.strip()]
        if not lines:
            continue
        if len(lines) == 3 and _RST_UNDER.fullmatch(lines[0]) and _RST_UNDER.fullmatch(lines[2]):
            lines = lines[1:]
        image = _RST_IMAGE.fullmatch(lines[0])
        if literal and lines[0].startswith(" "):
            yield Code("", "\n".join(lines))
        elif image:
            alt = _RST_ALT.search(part)
            yield Image(one_line(alt[1]) if alt else "", *resolve(image[1], folder, lookup))
        elif not lines[0].lstrip().startswith(".. "):
            literal = lines[-1].rstrip().endswith("::")
            yield from _rst_prose(lines, levels)
            continue
        literal = literal and lines[0].startswith(" ")


def _rst_prose(lines: list[str], levels: dict[str, int]) -> Iterator[Block]:
    if len(lines) > 1 and _RST_UNDER.fullmatch(lines[1]):
        level = levels.setdefault(lines[1].strip()[0], len(levels) + 1)
        yield Heading(min(level, 6), (Span(_rst_plain(lines[0])),))
        lines = lines[2:]
    if text := _rst_plain("\n".join(lines)):
        yield Paragraph((Span(text),))


def _rst_plain(text: str) -> str:
    return re.sub(r"\*{1,2}(\S[^*\n]{0,300})\*{1,2}", r"\1", _RST_MARK.sub(r"\1\2\3", text)).replace("::", ":").strip()


def _notebook(text: str, folder: str, lookup: Lookup) -> Iterator[Block]:
    """A Jupyter notebook: its prose and its code, not its output."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        yield Code("", shown(text))
        return
    cells = value.get("cells") if isinstance(value, dict) else None
    for cell in cells if isinstance(cells, list) else []:
        source = cell.get("source", "") if isinstance(cell, dict) else ""
        body = "".join(map(str, source)) if isinstance(source, list) else str(source)
        if isinstance(cell, dict) and cell.get("cell_type") == "markdown":
            yield from html_blocks(to_html(body), folder, lookup)
        elif body.strip():
            yield Code("python", shown(body))

"""The two proofs of a rewritten PDF: object by object, and page by page.

1. Objects: both documents are walked together from their trailers; a number must stand for one other throughout.
2. A stream is equal when its packed bytes and filters are, or its opened bytes, or, for a JPEG, its samples.
3. Pages: pdfium draws both and every pixel must agree, at a modest scale, for the objects are proven already.
"""

from __future__ import annotations

import copy
import hashlib
import re
from typing import TYPE_CHECKING

from lowband.packager.normal import jpeg, limits

if TYPE_CHECKING:
    import pikepdf

_PACKING = ("/Filter", "/DecodeParms", "/Length")
_REFERENCE = re.compile(rb"(\((?:[^()\\]|\\.)*\))|(?<![^\s\[<])(\d+) (\d+) R(?![^\s\]>/])", re.DOTALL)
_TRAILER = ("/Root", "/Info", "/ID")

SCALE = 0.4
"""Pixels per point: A4 is drawn at 238 by 337."""


def same_objects(before: pikepdf.Pdf, after: pikepdf.Pdf) -> bool:
    """True when everything reachable from both trailers is equal but for packing and numbering."""
    pairs: dict[tuple[int, int], tuple[int, int]] = {}
    work = []
    for key in _TRAILER:
        a, refs = _text(_value(before.trailer, key))
        b, others = _text(_value(after.trailer, key))
        if a != b or len(refs) != len(others):
            return False
        work += list(zip(refs, others, strict=True))
    while work:
        here, there = work.pop()
        if here in pairs:
            if pairs[here] != there:
                return False
            continue
        pairs[here] = there
        found = _same(before.get_object(here), after.get_object(there))
        if found is None:
            return False
        work += found
    return len(set(pairs.values())) == len(pairs)


def _value(holder: pikepdf.Object, key: str) -> bytes:
    """`key` of the trailer as text, references kept."""
    found = holder.get(key)
    if found is None:
        return b"null"
    return b"%d %d R" % found.objgen if found.objgen != (0, 0) else found.unparse()


def _text(raw: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """`raw` with its references taken out, and these."""
    found: list[tuple[int, int]] = []

    def taken(match: re.Match[bytes]) -> bytes:
        if match[1] is not None:
            return match[1]
        found.append((int(match[2]), int(match[3])))
        return b"R"

    return _REFERENCE.sub(taken, raw), found


def _same(a: pikepdf.Object, b: pikepdf.Object) -> list[tuple[tuple[int, int], tuple[int, int]]] | None:
    """The pairs that two equal objects refer to; None when they differ."""
    import pikepdf

    if isinstance(a, pikepdf.Stream) or isinstance(b, pikepdf.Stream):
        if not (isinstance(a, pikepdf.Stream) and isinstance(b, pikepdf.Stream) and _same_content(a, b)):
            return None
        shown = [_dictionary(a), _dictionary(b)]
    else:
        shown = [a.unparse(resolved=True), b.unparse(resolved=True)]
    (text, refs), (other, others) = map(_text, shown)
    if text != other or len(refs) != len(others):
        return None
    return list(zip(refs, others, strict=True))


def _dictionary(item: pikepdf.Stream) -> bytes:
    """A stream's dictionary as text, without what tells how its bytes are packed."""
    shown = copy.copy(item.stream_dict)
    for key in _PACKING:
        if key in shown:
            del shown[key]
    return shown.unparse(resolved=True)


def _same_content(a: pikepdf.Stream, b: pikepdf.Stream) -> bool:
    import pikepdf

    packing = [[item.get(key) for key in _PACKING[:2]] for item in (a, b)]
    raw, new = a.read_raw_bytes(), b.read_raw_bytes()
    if packing[0] == packing[1]:
        if raw == new:
            return True
        return a.get("/Filter") == "/DCTDecode" and jpeg.same_samples(raw, new)
    opened = pikepdf.StreamDecodeLevel.generalized
    return bool(a.read_bytes(opened) == b.read_bytes(opened))


def same_pages(before: bytes, after: bytes) -> bool:
    """True when pdfium draws the same pages from both; of a very long document, of a sample spread evenly."""
    return _drawn(before) == _drawn(after)


def _drawn(data: bytes) -> list[tuple[int, int, bytes]]:
    import pypdfium2  # type: ignore[import-untyped]

    document = pypdfium2.PdfDocument(data)
    try:
        count = len(document)
        step = max(1, -(-count // limits.MAX_PAGES))
        return [(count, index, _page(document, index)) for index in range(0, count, step)]
    finally:
        document.close()


def _page(document: object, index: int) -> bytes:
    import pypdfium2

    assert isinstance(document, pypdfium2.PdfDocument)
    page = document[index]
    try:
        width, height = page.get_size()
        scale = min(SCALE, (limits.MAX_PAGE_PIXELS / max(1.0, width * height)) ** 0.5)
        bitmap = page.render(scale=scale)
        shown = hashlib.sha256(bytes(bitmap.buffer)).digest()
        bitmap.close()
        return shown
    finally:
        page.close()

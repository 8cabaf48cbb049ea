"""PDF: page, font and object streams opened by qpdf, images left as they are.

1. Encrypted (owner-only too), signed, repaired and oversized documents are left alone.
2. The file's /ID stays, so that nothing but the packing changes.
3. Proven twice: object by object against the source, and page by page as pdfium draws them.
"""

from __future__ import annotations

import io
import re
import zlib
from typing import TYPE_CHECKING

from lowband.errors import SourceError
from lowband.packager.normal import jpeg, limits, pdf_proof, pdf_xref

if TYPE_CHECKING:
    import pikepdf

_OPENED = {"/FlateDecode", "/Fl", "/LZWDecode", "/LZW", "/ASCII85Decode", "/A85", "/ASCIIHexDecode", "/AHx"}
_ID = re.compile(rb"/ID \[<[0-9a-f]*><[0-9a-f]*>\]")
_HARMLESS = "has offset 0"
"""What qpdf says of a table entry that stands for no object; every program reads it as null."""

_PDFA1 = re.compile(rb":part(?:[^>]*>|=[\"'])\s*1")
_PDFA_NAMES = b"http://www.aiim.org/pdfa/ns/id/"


def rewrite(data: bytes) -> bytes:
    """The opened form of `data`. Raises SourceError: "encrypted", "signed", "broken", "bomb", "not proven"."""
    if not data.startswith(b"%PDF-"):
        raise limits.refuse("data around it")
    with source(data) as document:
        _check(document)
        modern = document.pdf_version >= "1.5" and not _is_pdfa1(document)
        identity = _identity(document)
        _open_streams(document)
        new = _saved(document, identity)
    if modern:
        new = pdf_xref.as_differences(new)
    if new == data:
        return data
    with source(data) as before, source(new) as after:
        if not pdf_proof.same_objects(before, after):
            raise limits.refuse("not proven")
    if not pdf_proof.same_pages(data, new):
        raise limits.refuse("not proven")
    return new


def source(data: bytes) -> pikepdf.Pdf:
    """`data` opened without any repair, under qpdf's limits. Raises SourceError."""
    import pikepdf

    pikepdf.settings.set_qpdf_limits(
        flate_max_memory=limits.MAX_STREAM,
        png_max_memory=limits.MAX_STREAM,
        tiff_max_memory=limits.MAX_STREAM,
        run_length_max_memory=limits.MAX_STREAM,
        max_stream_filters=4,
    )
    try:
        document = pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError:
        raise limits.refuse("encrypted") from None
    except pikepdf.PdfError:
        raise limits.refuse("broken") from None
    if any(_HARMLESS not in str(warning) for warning in document.get_warnings()):
        document.close()
        raise limits.refuse("broken")
    return document


def _check(document: pikepdf.Pdf) -> None:
    if document.is_encrypted:
        raise limits.refuse("encrypted")
    if len(document.objects) > limits.MAX_OBJECTS:
        raise limits.refuse("too large")
    if _is_signed(document):
        raise limits.refuse("signed")


def _is_signed(document: pikepdf.Pdf) -> bool:
    """A signature field, a usage right, or any dictionary that names a range of the file's bytes."""
    import pikepdf

    root = document.Root
    form = root.get("/AcroForm")
    flags = form.get("/SigFlags", 0) if isinstance(form, pikepdf.Dictionary) else 0
    if "/Perms" in root or (isinstance(flags, int) and flags & 1):
        return True
    return any(isinstance(item, pikepdf.Dictionary) and "/ByteRange" in item for item in document.objects)


def _is_pdfa1(document: pikepdf.Pdf) -> bool:
    """PDF/A-1 forbids cross-reference streams."""
    import pikepdf

    metadata = document.Root.get("/Metadata")
    if not isinstance(metadata, pikepdf.Stream):
        return False
    text = metadata.read_bytes()
    return _PDFA_NAMES in text and _PDFA1.search(text) is not None


def _identity(document: pikepdf.Pdf) -> tuple[bytes, bytes] | None:
    found = document.trailer.get("/ID")
    if found is None:
        return None
    first, second = (bytes(part) for part in found)
    return first, second


def _open_streams(document: pikepdf.Pdf) -> None:
    """Unpack in place every stream that is no image; pictures in JPEG are rewritten as files would be."""
    import pikepdf

    total = 0
    for item in document.objects:
        if not isinstance(item, pikepdf.Stream):
            continue
        filters = _filters(item)
        if filters == ["/DCTDecode"] and "/DecodeParms" not in item:
            _shrink_jpeg(item)
        elif filters and set(filters) <= _OPENED and item.get("/Subtype") != "/Image":
            try:
                content = item.read_bytes(pikepdf.StreamDecodeLevel.generalized)
            except (pikepdf.PdfError, zlib.error):
                raise limits.refuse("broken") from None
            total += len(content)
            if total > limits.MAX_PDF:
                raise limits.refuse("bomb")
            item.write(content)


def _filters(item: pikepdf.Stream) -> list[str]:
    import pikepdf

    found = item.get("/Filter")
    if found is None or "/F" in item:
        return []
    return [str(name) for name in found] if isinstance(found, pikepdf.Array) else [str(found)]


def _shrink_jpeg(item: pikepdf.Stream) -> None:
    import pikepdf

    raw = item.read_raw_bytes()
    try:
        new = jpeg.rewrite(raw)
    except (SourceError, OSError, ValueError):
        return
    if len(new) < len(raw):
        item.write(new, filter=pikepdf.Name.DCTDecode)


def _saved(document: pikepdf.Pdf, identity: tuple[bytes, bytes] | None) -> bytes:
    import pikepdf

    out = io.BytesIO()
    document.save(
        out,
        fix_metadata_version=False,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        deterministic_id=True,
    )
    head, _, tail = out.getvalue().rpartition(b"\ntrailer ")
    kept = b"/ID [<%s><%s>]" % (identity[0].hex().encode(), identity[1].hex().encode()) if identity else b""
    return head + b"\ntrailer " + _ID.sub(kept, tail)

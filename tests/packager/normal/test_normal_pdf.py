"""PDF in normal form: opened streams, the same objects, the same pages."""

from __future__ import annotations

import io
import lzma
import zlib
from typing import Any

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest

from lowband.packager.normal import limits, normal_form, pdf_proof
from tests.packager.normal.made import document_pdf, jpeg


def _drawn(data: bytes) -> list[bytes]:
    document = pypdfium2.PdfDocument(data)
    return [bytes(document[index].render(scale=1.5).buffer) for index in range(len(document))]


def _text(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    return "".join(document[index].get_textpage().get_text_range() for index in range(len(document)))


def _changed(data: bytes, version: str = "1.7", **options: Any) -> bytes:
    """`data` saved again by qpdf with other packing."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        document.save(out, min_version=version, **options)
    return out.getvalue()


@pytest.mark.parametrize("modern", [False, True])
def test_pages_look_the_same_and_streams_are_open(modern: bool) -> None:
    """Page streams are readable bytes, pages draw the same, the text and the /ID are the same, twice is once."""
    source = document_pdf()
    if modern:
        source = _changed(source, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    normal = normal_form("a.pdf", source)
    assert normal.rewritten
    assert b"social protection" not in source
    assert b"benefit" in normal.data
    assert (b"/Type /XRef" in normal.data) is modern
    assert _drawn(normal.data) == _drawn(source)
    assert _text(normal.data) == _text(source)
    with pikepdf.open(io.BytesIO(source)) as before, pikepdf.open(io.BytesIO(normal.data)) as after:
        assert [bytes(part) for part in before.trailer.ID] == [bytes(part) for part in after.trailer.ID]
        assert not after.get_warnings()
        assert not after.check_pdf_syntax()
    assert normal_form("a.pdf", normal.data).data == normal.data


def test_an_edit_costs_what_was_edited() -> None:
    """One line more on each page: most of the opened file is found again, which is not so in the packed one."""
    before, after = document_pdf(6, 30), document_pdf(6, 31)
    opened = [normal_form("a.pdf", data).data for data in (before, after)]

    def update(old: bytes, new: bytes) -> int:
        return len(lzma.compress(old + new)) - len(lzma.compress(old))

    assert update(*opened) < update(before, after) / 3


def _encrypted(owner_only: bool) -> bytes:
    return _changed(document_pdf(1), encryption=pikepdf.Encryption(owner="o", user="" if owner_only else "u"))


def _signed(how: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document_pdf(1))) as document:
        value = pikepdf.Dictionary(
            Type=pikepdf.Name.Sig,
            Filter=pikepdf.Name("/Adobe.PPKLite"),
            ByteRange=pikepdf.Array([0, 100, 200, 300]),
            Contents=pikepdf.String(b"\0" * 64),
        )
        if how == "field":
            field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, T=pikepdf.String("S"), V=document.make_indirect(value))
            fields = pikepdf.Array([document.make_indirect(field)])
            document.Root.AcroForm = pikepdf.Dictionary(Fields=fields, SigFlags=3)
        elif how == "rights":
            document.Root.Perms = pikepdf.Dictionary(DocMDP=document.make_indirect(value))
        else:
            document.Root.Kept = document.make_indirect(value)
        document.save(out)
    return out.getvalue()


def _with_stream(raw: bytes, **keys: object) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document_pdf(1))) as document:
        stream = document.make_stream(b"")
        stream.write(raw, filter=pikepdf.Name.FlateDecode)
        document.Root.Extra = stream
        document.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("why", "data"),
    [
        ("encrypted", _encrypted(owner_only=False)),
        ("encrypted", _encrypted(owner_only=True)),
        ("signed", _signed("field")),
        ("signed", _signed("rights")),
        ("signed", _signed("loose")),
        ("broken", document_pdf(1).replace(b"startxref\n", b"startxref\n9")),
        ("broken", document_pdf(1)[:-200]),
        ("data around it", b"\n\n" + document_pdf(1)),
        ("broken", _with_stream(zlib.compress(bytes(limits.MAX_STREAM + 1), 9))),
        ("broken", _with_stream(b"not deflate at all")),
    ],
)
def test_what_cannot_be_proven_is_left_alone_and_named(why: str, data: bytes) -> None:
    """Secrets, signatures, damage and bombs: the bytes come back as they are, with the reason."""
    normal = normal_form("a.pdf", data)
    assert (normal.data, normal.rewritten, normal.why_not) == (data, False, why)


def test_many_streams_together_are_a_bomb_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cap on opened bytes holds for a document."""
    monkeypatch.setattr(limits, "MAX_PDF", 4000)
    assert normal_form("a.pdf", document_pdf(5)).why_not == "bomb"


def test_jpegs_inside_are_repacked() -> None:
    """A JPEG inside keeps its samples and loses bytes; a raster image under deflate keeps its bytes."""
    from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

    out = io.BytesIO()
    canvas = Canvas(out, invariant=True)
    canvas.drawImage(ImageReader(io.BytesIO(jpeg())), 100, 100)
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as document:
        for item in document.objects:
            if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image":
                item.write(jpeg(), filter=pikepdf.Name.DCTDecode)
        plain = io.BytesIO()
        document.save(plain)
    normal = normal_form("a.pdf", plain.getvalue())
    assert normal.rewritten
    with pikepdf.open(io.BytesIO(normal.data)) as document:
        (image,) = [
            item for item in document.objects if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image"
        ]
        assert image.read_raw_bytes() == normal_form("a.jpg", jpeg()).data
    assert _drawn(normal.data) == _drawn(plain.getvalue())


def test_the_proof_of_objects_finds_every_difference() -> None:
    """A changed word, number, name, reference or stream is no proof; other packing and numbering is."""
    source = document_pdf(2)

    def other(change: str) -> bytes:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(source)) as document:
            page = document.pages[0].obj
            if change == "word":
                document.docinfo["/Title"] = "another"
            elif change == "number":
                page.Rotate = 90
            elif change == "reference":
                page.Contents = document.pages[1].obj.Contents
            elif change == "stream":
                page.Contents.write(page.Contents.read_bytes() + b" ")
            out = io.BytesIO()
            document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue()

    def same(data: bytes) -> bool:
        with pikepdf.open(io.BytesIO(source)) as before, pikepdf.open(io.BytesIO(data)) as after:
            after.trailer.ID = pikepdf.Array([pikepdf.String(bytes(part)) for part in before.trailer.ID])
            return pdf_proof.same_objects(before, after)

    assert same(other("packing"))
    assert [change for change in ("word", "number", "reference", "stream") if same(other(change))] == []


def test_the_proof_of_pages_finds_a_difference() -> None:
    """One more line on the last page is seen."""
    assert pdf_proof.same_pages(document_pdf(2), _changed(document_pdf(2)))
    assert not pdf_proof.same_pages(document_pdf(2, 30), document_pdf(2, 31))


def test_pdf_a_1_keeps_a_classic_table() -> None:
    """PDF/A-1 forbids cross-reference streams, so its normal form has none."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document_pdf())) as document:
        with document.open_metadata() as metadata:
            metadata["pdfaid:part"] = "1"
        document.save(out, min_version="1.6")
    normal = normal_form("a.pdf", out.getvalue())
    assert normal.rewritten
    assert b"/XRef" not in normal.data

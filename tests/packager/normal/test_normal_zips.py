"""Zip families in normal form: what is kept, what comes first, what is left alone."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib

import pytest

from lowband.packager.normal import limits, normal_form
from tests.packager.normal.made import WHEN, archive, members, picture, png, saved, words

TEXT = words(4000).encode()


def _order(data: bytes) -> list[zipfile.ZipInfo]:
    return zipfile.ZipFile(io.BytesIO(data)).infolist()


def test_a_zip_comes_out_stored_with_the_same_members() -> None:
    """Members are stored, sorted, equal byte for byte, and a plain zip keeps its dates and modes."""
    source = archive({"b.txt": TEXT, "a/c.txt": b"short", "a/": b""})
    normal = normal_form("x.zip", source)
    assert normal.rewritten
    assert members(normal.data) == members(source)
    infos = _order(normal.data)
    assert [info.filename for info in infos] == ["a/", "a/c.txt", "b.txt"]
    assert all(info.compress_type == zipfile.ZIP_STORED and info.date_time == WHEN for info in infos)
    assert all(info.external_attr == 0o100644 << 16 for info in infos)
    assert normal_form("x.zip", normal.data).data == normal.data


@pytest.mark.parametrize("mime", ["application/vnd.oasis.opendocument.text", "application/epub+zip"])
def test_mimetype_stays_first_and_plain(mime: str) -> None:
    """ODF and EPUB readers find `mimetype` at byte 38, without extra fields; dates of documents become 1980."""
    normal = normal_form("x.odt", archive({"mimetype": mime.encode(), "META-INF/manifest.xml": b"<m/>", "a.xml": TEXT}))
    assert normal.rewritten
    assert normal.data[30:].startswith(b"mimetype" + mime.encode())
    assert {info.date_time for info in _order(normal.data)} == {(1980, 1, 1, 0, 0, 0)}


def test_dates_of_a_save_do_not_show() -> None:
    """Two saves of one document at different times have one normal form."""
    document = {"[Content_Types].xml": b"<Types/>", "word/document.xml": TEXT}
    late = archive(document)
    early = bytearray(late)
    for at in _find(late, b"PK\x03\x04"):
        early[at + 10 : at + 14] = b"\0\0\x21\x40"
    for at in _find(late, b"PK\x01\x02"):
        early[at + 12 : at + 16] = b"\0\0\x21\x40"
    assert normal_form("x.docx", bytes(early)).data == normal_form("x.docx", late).data


def _find(data: bytes, what: bytes) -> list[int]:
    return [at for at in range(len(data)) if data.startswith(what, at)]


def test_a_deck_opens_in_python_pptx_before_and_after() -> None:
    """A PPTX opens with the same words and pictures, its pictures equal pixel for pixel."""
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    for number in range(3):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = f"Lesson {number}"
        slide.placeholders[1].text = words(60, number)
        slide.shapes.add_picture(io.BytesIO(png()), Inches(1), Inches(4))
    out = io.BytesIO()
    deck.save(out)
    normal = normal_form("deck.pptx", out.getvalue())
    assert normal.rewritten
    assert _order(normal.data)[0].filename == "[Content_Types].xml"
    shown = [
        [shape.text_frame.text if shape.has_text_frame else _pixels(shape.image.blob) for shape in slide.shapes]
        for data in (out.getvalue(), normal.data)
        for slide in Presentation(io.BytesIO(data)).slides
    ]
    assert shown[:3] == shown[3:]
    assert len(members(normal.data)["ppt/media/image1.png"]) < len(members(out.getvalue())["ppt/media/image1.png"])


def _pixels(data: bytes) -> bytes:
    from PIL import Image

    return Image.open(io.BytesIO(data)).convert("RGBA").tobytes()


def test_zips_within_zips_are_opened_to_a_depth() -> None:
    """Nested zips are opened, those beyond the depth limit carried as bytes, and a second run changes nothing."""
    data = archive({"deep.txt": TEXT})
    for level in range(limits.MAX_DEPTH + 2):
        data = archive({f"{level}.zip": data, "also.txt": TEXT})
    normal = normal_form("x.zip", data)
    assert normal_form("x.zip", normal.data).data == normal.data
    opened = []
    inner = normal.data
    for level in reversed(range(limits.MAX_DEPTH + 2)):
        opened.append(_order(inner)[0].compress_type == zipfile.ZIP_STORED)
        inner = members(inner)[f"{level}.zip"]
    assert opened == [True] * (limits.MAX_DEPTH + 1) + [False]
    assert members(inner) == {"deep.txt": TEXT}


def test_members_named_or_listed_by_hash_stay_as_they_are() -> None:
    """A Moodle backup's files and a bag's payload keep their bytes, for their hashes are written elsewhere."""
    shot = png()
    by_name = archive({"files/ab/" + "ab" * 20: shot, "moodle_backup.xml": TEXT})
    by_list = archive({"data/shot.png": shot, "manifest-sha256.txt": TEXT})
    free = archive({"data/shot.png": shot, "notes.txt": TEXT})
    assert shot in normal_form("x.mbz", by_name).data
    assert shot in normal_form("x.zip", by_list).data
    assert shot not in normal_form("x.zip", free).data


def _wrong_crc() -> bytes:
    data = bytearray(archive({"a.txt": TEXT}))
    for magic, at in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        data[data.find(magic) + at] ^= 1
    return bytes(data)


def _encrypted() -> bytes:
    data = bytearray(archive({"a.txt": TEXT}))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(magic) + at] |= 1
    return bytes(data)


def _lies_about_size() -> bytes:
    """Says 100 bytes, opens into 40 MB."""
    data = bytearray(archive({"a.txt": bytes(40_000_000)}))
    for magic, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.find(magic) + at, 100)
    return bytes(data)


def _twice() -> bytes:
    """Two members of one name, made of two names of one length."""
    return archive({"a.txt": TEXT, "b.txt": b"another"}).replace(b"b.txt", b"a.txt")


ALONE = {
    "bad checksum": _wrong_crc(),
    "encrypted": _encrypted(),
    "bomb": archive({"a.txt": bytes(limits.RATIO_FREE + 1)}, level=9),
    "duplicate names": _twice(),
    "data around it": archive({"a.txt": TEXT}) + b"trailing",
    "broken": archive({"a.txt": TEXT})[:-30],
}


@pytest.mark.parametrize("why", ALONE)
def test_a_zip_that_cannot_be_proven_is_left_alone_and_named(why: str) -> None:
    """Damage, secrets, bombs and ambiguity: the bytes come back as they are, with the reason."""
    data = ALONE[why]
    normal = normal_form("x.zip", data)
    assert (normal.data, normal.rewritten, normal.why_not) == (data, False, why)


def test_a_member_larger_than_it_says_is_left_alone() -> None:
    """The declared size is what is unpacked, and a member that differs from it is named."""
    data = _lies_about_size()
    normal = normal_form("x.zip", data)
    assert (normal.data, normal.why_not) == (data, "bad checksum")


def test_a_bomb_inside_a_zip_stays_packed() -> None:
    """A bomb one level down is carried as bytes, while what is beside it is opened."""
    bomb = ALONE["bomb"]
    normal = normal_form("x.zip", archive({"bomb.zip": bomb, "a.txt": TEXT}))
    assert normal.rewritten
    assert members(normal.data)["bomb.zip"] == bomb
    assert len(normal.data) < 2 * (len(bomb) + len(TEXT))


def test_many_nested_zips_share_one_allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cap on opened bytes holds for a whole file: nested zips cannot each spend it anew."""
    monkeypatch.setattr(limits, "MAX_OPENED", 1 << 20)
    noise = random.Random(1).randbytes(100_000)
    parts = {f"{n}.zip": archive({"a.bin": noise + bytes(500_000)}) for n in range(5)}
    normal = normal_form("x.zip", archive(parts))
    assert len(normal.data) <= 2 << 20
    assert {len(content) for content in members(normal.data).values()} >= {len(parts["4.zip"])}


@pytest.mark.parametrize(
    "signature",
    ["_xmlsignatures/sig1.xml", "META-INF/documentsignatures.xml", "META-INF/CERT.SF", "META-INF/signatures.xml"],
)
def test_signed_packages_are_left_alone(signature: str) -> None:
    """OOXML, ODF, JAR and EPUB signatures: the file stays byte for byte."""
    data = archive({"a.xml": TEXT, signature: b"<Signature/>"})
    normal = normal_form("x.docx", data)
    assert (normal.data, normal.why_not) == (data, "signed")


def test_encrypted_odf_and_office_files_are_left_alone() -> None:
    """ODF says it in its manifest; Office hides the document in an OLE container."""
    odf = archive({"mimetype": b"application/x", "META-INF/manifest.xml": b"<m:encryption-data/>", "content.xml": TEXT})
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert normal_form("x.odt", odf).why_not == "encrypted"
    assert normal_form("x.docx", ole).why_not == "encrypted"
    assert normal_form("x.doc", ole[:600]).why_not == ""


def test_links_and_programs_keep_their_modes() -> None:
    """Attributes are carried as they are, so that a link stays a link."""
    data = archive({"run.sh": TEXT}, external_attr=0o120777 << 16)
    assert _order(normal_form("x.zip", data).data)[0].external_attr == 0o120777 << 16


def test_names_in_old_code_pages_come_back_byte_for_byte() -> None:
    """A name without the UTF-8 flag keeps its bytes and its lack of a flag."""
    data = archive({"lecon_.txt": TEXT}).replace(b"lecon_", b"le\x87on\x82")
    normal = normal_form("x.zip", data)
    assert normal.rewritten
    assert b"le\x87on\x82.txt" in normal.data
    assert list(members(normal.data)) == list(members(data))


def test_what_would_cost_more_is_left_alone() -> None:
    """Opening a zip that deflate had packed better than the check can is not done."""
    noise = random.Random(2).randbytes(3000)
    data = archive({"a.bin": zlib.compress(noise)}, level=9)
    normal = normal_form("x.zip", data)
    assert len(normal.data) <= len(data)


def test_h5p_and_pictures_within() -> None:
    """An H5P package keeps its members, its PNG and JPEG pictures in their own normal form."""
    photo = saved(picture("RGB", (200, 160)), "JPEG", quality=92)
    source = archive({"h5p.json": b"{}", "content/content.json": TEXT, "content/images/p.jpg": photo, "q.png": png()})
    found = members(normal_form("x.h5p", source).data)
    assert list(found) == sorted(found)
    assert _pixels(found["content/images/p.jpg"]) == _pixels(photo)
    assert len(found["content/images/p.jpg"]) < len(photo)
    assert found["h5p.json"] == b"{}"

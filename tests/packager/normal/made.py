"""Makers of the files that the normal form's tests feed it; none is copied from anywhere."""

from __future__ import annotations

import io
import os
import random
import struct
import time
import zipfile
import zlib
from collections.abc import Mapping

from PIL import Image

from lowband.packager.normal import Normal

WHEN = (2021, 5, 6, 7, 8, 10)


def words(count: int, seed: int = 1) -> str:
    """`count` words that compress like prose."""
    lexicon = (
        "social",
        "protection",
        "floor",
        "benefit",
        "coverage",
        "contribution",
        "pension",
        "health",
        "care",
        "work",
    )
    pick = random.Random(seed)
    return " ".join(pick.choice(lexicon) for _ in range(count))


def picture(mode: str = "RGB", size: tuple[int, int] = (96, 64), seed: int = 3) -> Image.Image:
    """A picture with flat parts, a ramp and some noise."""
    pick = random.Random(seed)
    image = Image.new("RGB", size, (240, 240, 230))
    for x in range(size[0]):
        for y in range(size[1] // 2):
            image.putpixel((x, y), (x * 2 % 256, y * 3 % 256, pick.randrange(8)))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """`image` as a file of `kind`."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png(mode: str = "RGB", **options: object) -> bytes:
    """A PNG with room to be smaller."""
    return saved(picture(mode), "PNG", **{"compress_level": 1, **options})


def jpeg(mode: str = "RGB", **options: object) -> bytes:
    """A baseline JPEG with room to be smaller."""
    return saved(picture(mode, (160, 120)), "JPEG", **{"quality": 90, **options})


def deep_png(colour: int, channels: int, interlaced: bool = False) -> bytes:
    """A 16-bit PNG, which Pillow cannot write in colour: low bytes differ from high ones."""
    width, height = 32, 24
    rows = b"".join(
        b"\0"
        + b"".join(
            struct.pack(">H", (x * 521 + y * 77 + c * 13) & 65535) for x in range(width) for c in range(channels)
        )
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, int(interlaced))
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, body) for kind, body in parts)


def chunk(kind: bytes, body: bytes) -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def archive(members: Mapping[str, bytes], level: int = 6, **attributes: int) -> bytes:
    """A deflated zip of `members`, in their order, with dates."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as target:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, WHEN)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            info.external_attr = attributes.get("external_attr", 0o100644 << 16)
            target.writestr(info, content)
    return out.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    """What a zip holds."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        assert source.testzip() is None
        return {name: source.read(name) for name in source.namelist()}


def document_pdf(pages: int = 3, lines: int = 30, seed: int = 1, picture_too: bool = True) -> bytes:
    """A PDF by reportlab: text, a drawing, a picture."""
    from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

    out = io.BytesIO()
    canvas = Canvas(out, invariant=True, pageCompression=1)
    for page in range(pages):
        for line in range(lines):
            canvas.drawString(60, 780 - 20 * line, f"{page + 1}.{line + 1} {words(9, seed * 1000 + page * 50 + line)}")
        canvas.circle(300, 120, 20 + page, fill=1)
        if picture_too:
            canvas.drawImage(ImageReader(picture()), 400, 60, 96, 64)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def dies(name: str, data: bytes) -> Normal:
    """Work that takes its process along when the file says so, as a crash in C would."""
    if b"die" in data:
        os._exit(139)
    return Normal(data + b"!", True, "")


def stalls(name: str, data: bytes) -> Normal:
    """Work that never ends when the file says so."""
    if b"stall" in data:
        time.sleep(600)
    return Normal(data + b"!", True, "")

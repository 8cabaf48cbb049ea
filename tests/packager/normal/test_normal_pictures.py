"""PNG and JPEG in normal form, alone and inside text: fewer bytes, the same pixels, the same metadata."""

from __future__ import annotations

import base64
import io
import json
import lzma
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from lowband.packager.normal import NormalCache, limits, normal_form
from tests.packager.normal.made import archive, chunk, deep_png, jpeg, members, picture, png, saved


def _pixels(data: bytes) -> tuple[str, bytes]:
    image = Image.open(io.BytesIO(data))
    return image.mode, image.tobytes()


def _rgba(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGBA").tobytes()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_png_kinds_keep_their_pixels(mode: str) -> None:
    """Every kind of PNG gets smaller, decodes to the same colours, and a second run changes nothing."""
    source = png(mode)
    normal = normal_form("a.png", source)
    assert normal.rewritten
    assert len(normal.data) < len(source)
    assert _rgba(normal.data) == _rgba(source)
    assert normal_form("a.png", normal.data).data == normal.data


@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_sixteen_bit_colour_keeps_its_scanlines(colour: int, channels: int) -> None:
    """16-bit colour, of which Pillow sees 8 bits, is only deflated anew."""
    import zlib

    source = deep_png(colour, channels)
    normal = normal_form("a.png", source)
    assert len(normal.data) < len(source)
    lines = [zlib.decompress(data[data.index(b"IDAT") + 4 : -16]) for data in (source, normal.data)]
    assert lines[0] == lines[1]
    assert normal_form("a.png", normal.data).data == normal.data


def test_sixteen_bit_grey_keeps_all_bits() -> None:
    """16-bit grey is proven at full depth."""
    image = Image.new("I;16", (64, 64))
    for x in range(64):
        for y in range(64):
            image.putpixel((x, y), x * 997 + y)
    source = saved(image, "PNG", compress_level=0)
    normal = normal_form("a.png", source)
    assert len(normal.data) < len(source)
    assert _pixels(normal.data) == _pixels(source)


def test_hidden_colours_and_metadata_stay() -> None:
    """Colours under full transparency, texts, density and gamma come through."""
    image = picture("RGBA")
    image.putalpha(0)
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "Ana")
    notes.add_itxt("Título", "Proteção")
    source = saved(image, "PNG", pnginfo=notes, dpi=(144, 144), compress_level=0)
    source = source[:33] + chunk(b"gAMA", (45455).to_bytes(4, "big")) + source[33:]
    found = Image.open(io.BytesIO(normal_form("a.png", source).data))
    assert found.convert("RGBA").tobytes() == image.tobytes()
    assert (found.info["Author"], found.info["Título"]) == ("Ana", "Proteção")
    assert found.info["gamma"] == pytest.approx(0.45455)
    assert round(found.info["dpi"][0]) == 144


def test_animations_keep_their_frames() -> None:
    """An APNG keeps every frame and its timing."""
    frames = [picture("RGB", seed=seed) for seed in (1, 2, 3)]
    out = io.BytesIO()
    frames[0].save(
        out, "PNG", save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=2, compress_level=0
    )
    found = Image.open(io.BytesIO(normal_form("a.png", out.getvalue()).data))
    assert isinstance(found, PngImagePlugin.PngImageFile)
    assert (found.n_frames, found.info["loop"]) == (3, 2)
    for number, frame in enumerate(frames):
        found.seek(number)
        assert found.convert("RGB").tobytes() == frame.tobytes()
        assert found.info["duration"] == 100 * (number + 1)


def test_a_png_with_a_wrong_checksum_more_data_or_too_many_pixels_is_left_alone() -> None:
    """Damage and size are named, and nothing is decoded to find out."""
    good = png()
    broken = good.replace(good[40:44], bytes(b ^ 1 for b in good[40:44]), 1)
    huge = good[:8] + chunk(b"IHDR", (60000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0") + good[33:]
    for data, why in ((broken, "bad checksum"), (good + b"more", "data around it"), (huge, "too large")):
        normal = normal_form("a.png", data)
        assert (normal.data, normal.rewritten, normal.why_not) == (data, False, why)


def test_interlaced_png_keeps_its_pixels() -> None:
    """Interlacing, which Pillow reads but does not write, is undone without changing a pixel."""
    import oxipng

    source = oxipng.optimize_from_memory(png(), level=0, interlace=oxipng.Interlacing.Adam7, force=True)
    assert source[28] == 1
    normal = normal_form("a.png", source)
    assert _rgba(normal.data) == _rgba(source)


@pytest.mark.parametrize(("mode", "options"), [("RGB", {}), ("L", {}), ("CMYK", {}), ("RGB", {"progressive": True})])
def test_jpeg_kinds_keep_their_samples(mode: str, options: dict[str, object]) -> None:
    """Baseline, grey, CMYK and progressive: never larger, equal samples, a second run changes nothing."""
    source = jpeg(mode, **options)
    normal = normal_form("a.jpg", source)
    assert normal.rewritten or options
    assert len(normal.data) <= len(source)
    assert _pixels(normal.data) == _pixels(source)
    assert normal_form("a.jpg", normal.data).data == normal.data


def test_jpeg_keeps_its_markers() -> None:
    """EXIF (the camera's turn of the picture), colour profile, density and comment come through."""
    exif = Image.Exif()
    exif[0x0112] = 6
    source = jpeg(exif=exif, dpi=(300, 300), comment="Aula 1", icc_profile=bytes(range(256)) * 3)
    normal = normal_form("a.jpg", source)
    assert normal.rewritten
    before, after = (Image.open(io.BytesIO(data)) for data in (source, normal.data))
    assert after.getexif()[0x0112] == 6
    for key in ("icc_profile", "comment", "dpi"):
        assert before.info[key] == after.info[key]


def test_a_jpeg_with_something_behind_it_is_left_alone() -> None:
    """A second picture (MPO, Ultra HDR, a phone's video) would be lost."""
    source = jpeg() + jpeg()
    normal = normal_form("a.jpg", source)
    assert (normal.data, normal.why_not) == (source, "data around it")
    assert normal_form("a.jpg", jpeg()[:-400]).why_not == "broken"


def _uri(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize("name", ["a.html", "a.md", "a.svg", "a.ipynb"])
def test_pictures_in_text_shrink_and_nothing_else_changes(name: str) -> None:
    """Only the base64 of pictures changes; the text around it stays byte for byte."""
    fake = _uri(b"no" * 50, "png")
    before = f'<p>é</p>\r\n<img src="{_uri(png(), "png")}"> ![x]({_uri(jpeg(), "jpeg")}) <img src="{fake}">\n'
    normal = normal_form(name, before.encode())
    assert normal.rewritten
    expected = before.replace(_uri(png(), "png"), _uri(normal_form("a.png", png()).data, "png"))
    expected = expected.replace(_uri(jpeg(), "jpeg"), _uri(normal_form("a.jpg", jpeg()).data, "jpeg"))
    assert normal.data.decode() == expected
    assert normal_form(name, normal.data).data == normal.data
    assert normal_form("a.txt", before.encode()).data == before.encode()


@pytest.mark.parametrize("wrapped", [False, True])
def test_notebooks_keep_everything_but_the_packing_of_pictures(wrapped: bool) -> None:
    """Output pictures shrink, in one line or in lines of 76; the notebook is the same JSON otherwise."""
    packed = base64.encodebytes(png()) if wrapped else base64.b64encode(png()) + b"\n"
    output = {"output_type": "display_data", "data": {"image/png": packed.decode(), "text/plain": "<Figure>"}}
    book = {"cells": [{"cell_type": "code", "outputs": [output], "source": "plot()"}], "nbformat": 4}
    source = json.dumps(book, indent=1).encode()
    normal = normal_form("a.ipynb", source)
    assert normal.rewritten
    found = json.loads(normal.data)
    shown = found["cells"][0]["outputs"][0]["data"].pop("image/png")
    assert _rgba(base64.b64decode(shown)) == _rgba(png())
    assert shown.endswith("\n")
    assert max(map(len, shown.splitlines())) == (76 if wrapped else len(shown) - 1)
    output["data"] = {"text/plain": "<Figure>"}
    assert found == book
    assert normal_form("a.ipynb", normal.data).data == normal.data


def test_the_cap_on_pixels_counts_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small frames are one large picture."""
    monkeypatch.setattr(limits, "MAX_PIXELS", 96 * 64 * 2)
    frames = [picture(seed=seed) for seed in (1, 2, 3)]
    source = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    assert normal_form("a.png", source).why_not == "too large"
    assert normal_form("a.png", png()).rewritten


def _screens() -> list[bytes]:
    """Two screenshots of one program: the same icon in several places, and one icon that differs."""
    screens = []
    for seed in (1, 2):
        screen = Image.new("RGB", (640, 400), (230, 230, 230))
        for row in range(4):
            screen.paste(picture(size=(96, 64), seed=seed if row == 3 else 9), (100, 20 + 90 * row))
        screens.append(saved(screen, "PNG"))
    return screens


def test_open_pictures_are_valid_steady_and_cost_less_together(tmp_path: Path) -> None:
    """With `open_pictures` a PNG shows the same pixels, is itself the second time, and two alike cost less."""
    screens = _screens()
    packed, opened = ([normal_form("a.png", it, open_pictures=how).data for it in screens] for how in (False, True))
    for screen, it in zip(screens, opened, strict=True):
        assert len(it) > len(screen)
        assert _rgba(it) == _rgba(screen)
        assert normal_form("a.png", it, open_pictures=True).data == it
    assert len(lzma.compress(b"".join(opened))) < 0.8 * len(lzma.compress(b"".join(packed)))
    keys = {NormalCache(tmp_path, open_pictures=how).key("a.png", screens[0]) for how in (False, True)}
    assert len(keys) == 2


def test_a_picture_is_opened_only_where_it_pays() -> None:
    """A small or blank picture stays packed; a deck's pictures are opened like others, and twice is once."""
    blank = saved(Image.new("RGB", (2000, 2000)), "PNG")
    assert len(normal_form("a.png", blank, open_pictures=True).data) <= len(blank)
    deck = archive({"[Content_Types].xml": b"<Types/>", "ppt/a.png": _screens()[0], "ppt/b.png": _screens()[1]})
    normal = normal_form("a.pptx", deck, open_pictures=True)
    assert [_rgba(it) for name, it in members(normal.data).items() if name.endswith("png")] == [
        _rgba(it) for it in _screens()
    ]
    assert len(normal.data) > len(deck)
    assert normal_form("a.pptx", normal.data, open_pictures=True).data == normal.data

"""The demo course's pictures: four kinds of PNG and one SVG.

1. A picture is drawn from words alone; equal words give equal bytes.
2. Colours keep a contrast of 4.5 to 1 with the words on them, and never carry a meaning alone.
"""

from __future__ import annotations

import io
from html import escape
from pathlib import Path
from typing import Any

import reportlab
from PIL import Image, ImageColor, ImageDraw, ImageFont

Words = dict[str, Any]
Size = tuple[int, int]

FONTS = Path(reportlab.__file__).parent / "fonts"  # Bitstream Vera, the same on every machine
NAVY, TEAL, AMBER, PALE, INK, GREY, WHITE = "#12355B", "#0B6E6E", "#F2B134", "#E8EFF6", "#16212E", "#5A6B7B", "#FFFFFF"
SCALE = 2  # pictures are drawn twice as large, then reduced, so that edges are smooth


def mixed(one: str, other: str, share: float) -> tuple[int, int, int]:
    """A colour between two, `share` of the first."""
    pairs = zip(ImageColor.getrgb(one)[:3], ImageColor.getrgb(other)[:3], strict=True)
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in pairs)
    return red, green, blue


def palette() -> Image.Image:
    """The sixteen colours of every picture: the seven, and what lies between them at the edges of letters."""
    between = [
        (INK, 0.66),
        (INK, 0.33),
        (NAVY, 0.75),
        (NAVY, 0.5),
        (NAVY, 0.25),
        (TEAL, 0.66),
        (TEAL, 0.33),
        (GREY, 0.5),
    ]
    shades = [ImageColor.getrgb(c)[:3] for c in (NAVY, TEAL, AMBER, PALE, INK, GREY, WHITE)]
    shades += [mixed(c, WHITE, share) for c, share in between] + [mixed(INK, AMBER, 0.5)]
    holder = Image.new("P", (1, 1))
    holder.putpalette([v for shade in shades for v in shade])
    return holder


class Canvas:
    """A white picture with a few shapes and words on top; all measures in final pixels."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.image = Image.new("RGB", (size[0] * SCALE, size[1] * SCALE), WHITE)
        self.draw = ImageDraw.Draw(self.image)
        self.words: list[tuple[float, float, str, int, str, bool, str]] = []

    def box(
        self, x: float, y: float, w: float, h: float, fill: str | None, radius: int = 10, edge: str | None = None
    ) -> None:
        """A rounded rectangle."""
        at = [v * SCALE for v in (x, y, x + w, y + h)]
        self.draw.rounded_rectangle(at, radius * SCALE, fill=fill, outline=edge, width=2 * SCALE if edge else 0)

    def text(
        self, x: float, y: float, words: str, size: int, fill: str = INK, bold: bool = False, anchor: str = "mm"
    ) -> None:
        """Words at a point, `anchor` as in Pillow; lines are parted by a newline."""
        lines = words.replace("\u00a0", " ").split("\n")
        for n, line in enumerate(lines):
            self.words.append((x, y + (n - (len(lines) - 1) / 2) * size * 1.35, line, size, fill, bold, anchor))

    def shape(self, points: list[tuple[float, float]], fill: str) -> None:
        """A filled polygon."""
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def round(self, x: float, y: float, r: float, fill: str | None, edge: str | None = None) -> None:
        """A circle about a point."""
        at = [v * SCALE for v in (x - r, y - r, x + r, y + r)]
        self.draw.ellipse(at, fill=fill, outline=edge, width=2 * SCALE if edge else 0)

    def png(self) -> bytes:
        """The picture as a small PNG; letters come last and on whole pixels, so that equal letters compress."""
        small = self.image.resize(self.size, Image.Resampling.LANCZOS)
        pen = ImageDraw.Draw(small)
        for x, y, line, size, fill, bold, anchor in self.words:
            font = ImageFont.truetype(str(FONTS / ("VeraBd.ttf" if bold else "Vera.ttf")), size)
            pen.text((round(x), round(y)), line, font=font, fill=fill, anchor=anchor)
        out = io.BytesIO()
        small.quantize(palette=palette(), dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        return out.getvalue()


def draw_life_cycle(words: Words) -> bytes:
    """Five stages of life, each with its risks, over a band of health care."""
    life, c = words["life"], Canvas((880, 330))
    c.text(20, 28, life["caption"], 20, NAVY, bold=True, anchor="lm")
    for n, (stage, risks) in enumerate(life["stages"]):
        x = 16 + n * 170
        tip = 18
        c.shape(
            [(x, 60), (x + 150, 60), (x + 150 + tip, 95), (x + 150, 130), (x, 130), (x + (tip if n else 0), 95)], NAVY
        )
        c.text(x + 84, 95, stage, 14, WHITE, bold=True)
        c.box(x + 2, 146, 148, 96, PALE, edge=NAVY)
        c.text(x + 76, 194, risks, 13)
    c.box(16, 262, 848, 48, TEAL)
    c.text(440, 286, life["always"], 17, WHITE, bold=True)
    return c.png()


def draw_coverage(words: Words) -> bytes:
    """Horizontal bars, each with its figure; the whole population stands out."""
    cover, c = words["coverage"], Canvas((880, 400))
    c.text(20, 28, cover["caption"], 18, NAVY, bold=True, anchor="lm")
    for n, (label, value) in enumerate(cover["bars"]):
        y = 58 + n * 50
        c.text(312, y + 18, label, 15, anchor="rm")
        c.box(324, y, 500, 36, PALE, radius=4)
        c.box(324, y, 500 * value / 100, 36, TEAL if n == 1 else NAVY, radius=4)
        c.text(324 + 500 * value / 100 + 12, y + 18, str(value), 17, bold=True, anchor="lm")
    c.text(20, 380, cover["source"], 13, GREY, anchor="lm")
    return c.png()


def draw_chain(words: Words) -> bytes:
    """Six steps, two bands below, and an arrow back to the first."""
    chain, c = words["chain"], Canvas((880, 360))
    c.text(20, 28, chain["caption"], 20, NAVY, bold=True, anchor="lm")
    for n, step in enumerate(chain["steps"]):
        x = 16 + n * 144
        c.box(x, 60, 124, 100, NAVY)
        c.round(x + 62, 86, 15, AMBER)
        c.text(x + 62, 86, str(n + 1), 16, INK, bold=True)
        c.text(x + 62, 128, step, 15, WHITE, bold=True)
        if n < 5:
            c.shape([(x + 127, 100), (x + 141, 110), (x + 127, 120)], GREY)
    c.box(76, 160, 6, 38, GREY, radius=0)
    c.shape([(79, 164), (69, 182), (89, 182)], GREY)
    c.box(795, 160, 6, 38, GREY, radius=0)
    c.box(76, 192, 725, 6, GREY, radius=0)
    c.box(330, 180, 220, 30, WHITE, radius=0)
    c.text(440, 195, chain["back"], 15, INK)
    for n, (band, fill) in enumerate(zip(chain["bands"], (TEAL, PALE), strict=True)):
        c.box(16, 226 + n * 62, 848, 50, fill, edge=TEAL)
        c.text(440, 251 + n * 62, band, 16, INK if n else WHITE, bold=True)
    return c.png()


def draw_hundred() -> bytes:
    """A hundred people, 52 of them filled in; no words."""
    c = Canvas((880, 244))
    for n in range(100):
        x, y = 34 + n % 25 * 33.8, 30 + n // 25 * 56
        fill, edge = (NAVY, None) if n < 52 else (None, GREY)
        c.round(x, y, 7, fill, edge)
        c.box(x - 10, y + 10, 20, 24, fill, 8, edge)
    return c.png()


def draw_floor(words: Words) -> bytes:
    """The staircase, as SVG with a title for screen readers."""
    floor = words["floor"]
    steps = [(250, 560, 0, NAVY, WHITE), (160, 400, 160, TEAL, WHITE), (70, 220, 340, AMBER, INK)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 55 720 335" role="img" lang="{words["lang"]}" '
        'font-family="Verdana, DejaVu Sans, sans-serif" font-size="15" text-anchor="middle">',
        f"<title>{escape(floor['title'])}</title>",
        '<rect y="55" width="720" height="335" fill="#fff"/>',
    ]
    for (y, w, dx, fill, ink), step, note in zip(steps, floor["steps"], floor["notes"], strict=True):
        x, mid = 90 + dx, 90 + dx + w / 2
        parts.append(f'<rect x="{x}" y="{y}" width="{w}" height="80" rx="6" fill="{fill}"/>')
        parts.append(f'<text x="{mid:g}" y="{y + 36}" fill="{ink}" font-weight="bold">{escape(step)}</text>')
        parts.append(f'<text x="{mid:g}" y="{y + 59}" fill="{ink}">{escape(note)}</text>')
    parts.append(f'<path d="M90 352h545" stroke="{INK}" stroke-width="3"/><path d="M634 344l18 8-18 8z" fill="{INK}"/>')
    parts.append(f'<text x="370" y="377" fill="{INK}">{escape(floor["wide"])}</text>')
    parts.append(f'<path d="M64 330V88" stroke="{INK}" stroke-width="3"/><path d="M56 90l8-18 8 18z" fill="{INK}"/>')
    parts.append(f'<text transform="translate(48 205) rotate(-90)" fill="{INK}">{escape(floor["high"])}</text>')
    return ("\n".join([*parts, "</svg>"]) + "\n").encode()

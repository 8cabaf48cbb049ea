"""Draw the demo course's pictures, handouts and decks again, from `demo_course_words.toml`.

1. Run twice, or on another day, it writes the same bytes: no clock, no random number, fixed zip times.
2. Lessons, quizzes, calendar and course.toml are written by hand; this script never touches them.
3. Used by maintainers only: it needs Pillow, reportlab and python-pptx.

Usage: python scripts/make_demo_course.py [FOLDER]     (default: lowband/demo_course)
"""

from __future__ import annotations

import io
import sys
import tomllib
import zipfile
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from demo_course_pictures import (
    AMBER,
    GREY,
    INK,
    NAVY,
    TEAL,
    WHITE,
    Words,
    draw_chain,
    draw_coverage,
    draw_floor,
    draw_hundred,
    draw_life_cycle,
)
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import PP_ALIGN
from pptx.util import Emu, Inches, Pt
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, ListFlowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

HERE = Path(__file__).resolve().parent
WRITTEN = datetime(2027, 1, 4, 8, 0, 0)  # the date of every document
PICTURES = ("life-cycle", "coverage", "delivery-chain")


def words_of(all_words: Words, lang: str, edition: int) -> Words:
    """The words of one language as they stand in `edition`."""

    def settle(value: Any) -> Any:
        if isinstance(value, list):
            return [settle(v) for v in value if not (isinstance(v, dict) and v.get("since", 1) > edition)]
        if not isinstance(value, dict):
            return value
        kept = {k: settle(v) for k, v in value.items() if not k.endswith("_2") and k != "since"}
        if edition >= 2:
            kept |= {k.removesuffix("_2"): settle(v) for k, v in value.items() if k.endswith("_2")}
        return kept

    settled: Words = settle(all_words[lang])
    return settled | {"lang": lang, "edition": edition}


# -- handout --------------------------------------------------------------------------------------------------------

BODY = ParagraphStyle(
    "body", fontName="Helvetica", fontSize=11.5, leading=16, textColor=colors.HexColor(INK), spaceAfter=6
)
CELL = ParagraphStyle("cell", parent=BODY, fontSize=10.5, leading=14, spaceAfter=0)
HEAD = ParagraphStyle("head", parent=CELL, fontName="Helvetica-Bold", textColor=colors.white)
STRONG = ParagraphStyle("strong", parent=CELL, fontName="Helvetica-Bold")
H1 = ParagraphStyle("h1", parent=BODY, fontName="Helvetica-Bold", fontSize=16, leading=20, spaceBefore=4, spaceAfter=10)
H2 = ParagraphStyle("h2", parent=H1, fontSize=12.5, leading=16, spaceBefore=10, spaceAfter=6)


class Tick(Flowable):  # type: ignore[misc]  # reportlab has no types
    """An empty box to tick with a pen."""

    def __init__(self) -> None:
        super().__init__()
        self.width = self.height = 12

    def draw(self) -> None:
        """Called by reportlab when the table is laid out."""
        self.canv.rect(0, 0, self.width, self.height)


class Stairs(Flowable):  # type: ignore[misc]  # reportlab has no types
    """The staircase of lesson 1, drawn in lines and words that can be selected."""

    def __init__(self, floor: Words) -> None:
        super().__init__()
        self.width, self.height, self.floor = 483, 196, floor

    def draw(self) -> None:
        """Called by reportlab when the page is laid out."""
        look = [(0, 0, 483, NAVY, WHITE), (100, 66, 383, TEAL, WHITE), (260, 132, 223, AMBER, INK)]
        for (x, y, w, fill, ink), step, note in zip(look, self.floor["steps"], self.floor["notes"], strict=True):
            self.canv.setFillColor(colors.HexColor(fill))
            self.canv.roundRect(x, y, w, 62, 5, stroke=0, fill=1)
            self.canv.setFillColor(colors.HexColor(ink))
            self.canv.setFont("Helvetica-Bold", 11.5)
            self.canv.drawCentredString(x + w / 2, y + 35, step)
            self.canv.setFont("Helvetica", 10.5)
            self.canv.drawCentredString(x + w / 2, y + 17, note)


def grid(rows: list[list[Any]], widths: list[float], bold_column: int) -> Table:
    """A table with a dark head row, repeated on a new page."""
    styled = [[Paragraph(cell, HEAD) if isinstance(cell, str) else cell for cell in rows[0]]]
    for row in rows[1:]:
        styled.append(
            [Paragraph(c, STRONG if n == bold_column else CELL) if isinstance(c, str) else c for n, c in enumerate(row)]
        )
    look = [
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor(NAVY)),
        ("LINEBELOW", (0, 1), (-1, -1), 0.5, colors.HexColor(GREY)),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 8),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
    ]
    return Table(styled, colWidths=widths, style=look, repeatRows=1, hAlign="LEFT")


def page_frame(words: Words, canvas: Any, doc: Any) -> None:
    """The band at the head of each page, its number, and its line in the outline."""
    hand, (wide, high) = words["handout"], A4
    canvas.saveState()
    canvas.setFillColor(colors.HexColor(NAVY))
    canvas.rect(0, high - 44, wide, 44, stroke=0, fill=1)
    canvas.setFillColor(colors.white)
    canvas.setFont("Helvetica-Bold", 13)
    canvas.drawString(62, high - 28, words["title"])
    canvas.setFillColor(colors.HexColor(GREY))
    canvas.setFont("Helvetica", 9)
    canvas.drawString(62, 30, words["author"])
    canvas.drawRightString(wide - 50, 30, hand["page"].format(n=doc.page))
    canvas.restoreState()
    canvas.bookmarkPage(f"p{doc.page}")
    canvas.addOutlineEntry(hand[("one", "two", "three")[doc.page - 1]], f"p{doc.page}")


def make_handout(words: Words) -> bytes:
    """Three pages: the ideas, a checklist, the words in both languages."""
    hand, out = words["handout"], io.BytesIO()
    doc = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=56, rightMargin=56, topMargin=66, bottomMargin=56, invariant=1, lang=words["lang"],
        title=words["title"], author=words["author"], subject=hand["subject"], displayDocTitle=1,
    )  # fmt: skip
    items = [Paragraph(g, BODY) for g in hand["guarantees"]]
    checks = [hand["head"], *([Tick(), f"<b>{step}</b>", line, ""] for step, line in hand["checks"])]
    story: list[Any] = [
        Paragraph(hand["one"], H1), Paragraph(hand["lead"], BODY), Paragraph(hand["floor"], BODY),
        ListFlowable(items, bulletFontName="Helvetica-Bold", leftIndent=20),
        Spacer(1, 6), Stairs(words["floor"]),
        Paragraph(hand["kinds"], H2), grid(hand["table"], [83, 200, 200], 0), Spacer(1, 14),
        Paragraph(hand["remember"], BODY),
        PageBreak(),
        Paragraph(hand["two"], H1), Paragraph(hand["how"], BODY), grid(checks, [26, 82, 275, 100], 1),
        Spacer(1, 14), Paragraph(hand["figures"], BODY), PageBreak(),
        Paragraph(hand["three"], H1), grid([hand["terms_head"], *hand["terms"]], [140, 140, 203], 0),
    ]  # fmt: skip
    frame: Callable[..., None] = partial(page_frame, words)
    doc.build(story, onFirstPage=frame, onLaterPages=frame)
    return out.getvalue()


# -- deck -----------------------------------------------------------------------------------------------------------


def rgb(value: str) -> RGBColor:
    """A `#RRGGBB` colour for python-pptx."""
    red, green, blue = bytes.fromhex(value[1:])
    return RGBColor(red, green, blue)


def write(frame: Any, lines: list[str], lang: str, size: int, ink: str, bold: bool = False) -> None:
    """Fill a text frame, one paragraph a line, each marked with its language."""
    frame.word_wrap = True
    for n, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
        run = paragraph.add_run()
        run.text, run.font.size, run.font.bold = line, Pt(size), bold
        run.font.color.rgb = rgb(ink)
        run._r.get_or_add_rPr().set("lang", {"en": "en-GB", "fr": "fr-FR"}[lang])
        paragraph.space_after = Pt(size // 2)


def place(shape: Any, x: float, y: float, w: float, h: float) -> None:
    """Put a shape at a place, in inches."""
    shape.left, shape.top, shape.width, shape.height = Inches(x), Inches(y), Inches(w), Inches(h)


def add_slide(deck: Any, slide_words: Words, words: Words, pictures: dict[str, bytes]) -> None:
    """One slide: title, points, perhaps a picture with its alt text, and the speaker's notes."""
    slide, picture = deck.slides.add_slide(deck.slide_layouts[1]), slide_words.get("picture")
    bar = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, 0, 0, Inches(0.25), deck.slide_height)
    bar.fill.solid()
    bar.fill.fore_color.rgb = rgb(TEAL)
    bar.line.fill.background()
    bar.shadow.inherit = False
    title, body = slide.shapes.title, slide.placeholders[1]
    place(title, 0.7, 0.35, 11.9, 1.0)
    write(title.text_frame, [slide_words["title"]], words["lang"], 34, NAVY, bold=True)
    title.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT
    place(body, 0.7, 5.75 if picture else 1.7, 11.9, 1.5 if picture else 5.0)
    write(body.text_frame, slide_words["points"], words["lang"], 20 if picture else 28, INK)
    if picture:
        shown = slide.shapes.add_picture(io.BytesIO(pictures[picture]), Inches(0.7), Inches(1.35), height=Inches(4.25))
        shown.left = Emu((deck.slide_width - shown.width) // 2)
        shown._element.nvPicPr.cNvPr.set("descr", slide_words["alt"])
    slide.notes_slide.notes_text_frame.text = slide_words["notes"]


def add_cover(deck: Any, words: Words) -> None:
    """The first slide: title and subtitle on a dark ground."""
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = rgb(NAVY)
    place(slide.shapes.title, 0.9, 2.2, 11.5, 1.6)
    write(slide.shapes.title.text_frame, [words["title"]], words["lang"], 46, WHITE, bold=True)
    place(slide.placeholders[1], 0.9, 4.2, 11.5, 1.3)
    write(slide.placeholders[1].text_frame, [words["deck"]["subtitle"], words["author"]], words["lang"], 24, WHITE)
    slide.notes_slide.notes_text_frame.text = words["title"]


def slim(deck: Any) -> None:
    """Leave out what the template brings and no slide uses: other layouts, the thumbnail, printer settings."""
    used = {slide.slide_layout.name for slide in deck.slides}
    for layout in [x for x in deck.slide_layouts if x.name not in used]:
        deck.slide_layouts.remove(layout)
    for part in (deck.part, deck.part.package):
        for rid, rel in list(part._rels.items()):
            if rel.reltype.endswith(("/thumbnail", "/printerSettings")):
                part._rels.pop(rid)


def make_deck(words: Words, pictures: dict[str, bytes]) -> bytes:
    """The slide deck, 16:9, with fixed dates inside and out."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    add_cover(deck, words)
    for slide_words in words["deck"]["slides"]:
        add_slide(deck, slide_words, words, pictures)
    slim(deck)
    core = deck.core_properties
    core.title, core.author, core.language, core.last_modified_by = words["title"], words["author"], words["lang"], ""
    core.created = core.modified = WRITTEN
    core.revision = words["edition"]
    raw, out = io.BytesIO(), io.BytesIO()
    deck.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, source.read(name))
    return out.getvalue()


def make_edition(edition: int, all_words: Words) -> dict[str, bytes]:
    """Every generated file of one edition, by its path in the course."""
    files = {"img/hundred-people.png" if edition == 1 else "img/52-of-100.png": draw_hundred()}
    for lang in ("en", "fr"):
        words = words_of(all_words, lang, edition)
        drawn = dict(zip(PICTURES, (draw_life_cycle(words), draw_coverage(words), draw_chain(words)), strict=True))
        files |= {f"img/{name}.{lang}.png": data for name, data in drawn.items()}
        files[f"img/floor.{lang}.svg"] = draw_floor(words)
        files[f"{lang}/{words['handout']['file']}"] = make_handout(words)
        files[f"{lang}/{words['deck']['file']}"] = make_deck(words, drawn)
    return files


def main(folder: Path) -> None:
    """Write both editions under `folder`."""
    all_words = tomllib.loads((HERE / "demo_course_words.toml").read_text(encoding="utf-8"))
    for edition in (1, 2):
        for path, data in make_edition(edition, all_words).items():
            file = folder / f"edition-{edition}" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "lowband" / "demo_course")

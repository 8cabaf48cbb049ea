"""The demo course that ships with the package: whole, bilingual, small, and drawn again to the same bytes."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image
from pptx import Presentation

import lowband
from lowband.packager.scan.coursefile import CourseFile, parse

DEMO = Path(lowband.__file__).parent / "demo_course"
SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "make_demo_course.py"
EDITIONS = (DEMO / "edition-1", DEMO / "edition-2")
LANGS = ("en", "fr")
MOST_BYTES = 220_000  # some 27 s on 64 kbit/s, before any compression
DECKS = {"en": "slides.pptx", "fr": "diaporama.pptx"}
HANDOUTS = {"en": "handout.pdf", "fr": "fiche.pdf"}
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
KINDS = {"multichoice", "truefalse", "match", "shortanswer", "numerical", "essay"}

each_edition = pytest.mark.parametrize("folder", EDITIONS, ids=lambda f: f.name)
each_language = pytest.mark.parametrize("lang", LANGS)


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a course folder, by path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def course(folder: Path) -> CourseFile:
    """The folder's course.toml as the packager reads it."""
    return parse((folder / "course.toml").read_text(encoding="utf-8"))


def lessons(folder: Path, lang: str) -> list[Path]:
    """The lessons of one language in order."""
    return sorted((folder / lang).glob("*.md"))


def links(page: Path) -> Iterator[tuple[bool, str, str]]:
    """(is a picture, words, target) of each link of a lesson."""
    for mark, words, target in LINK.findall(page.read_text(encoding="utf-8")):
        yield mark == "!", words, target


def questions(folder: Path, lang: str) -> dict[str, tuple[str, str]]:
    """The quiz by question number: (kind, answers as written). A simple check of GIFT, not a parser for all of it."""
    text = (folder / lang / "quiz.gift").read_text(encoding="utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.startswith(("//", "$CATEGORY:")))
    found = {}
    for block in re.split(r"\n\s*\n", bare.strip()):
        match = re.fullmatch(
            r"::(Q\d\d) [^:]+::(?:\[markdown\])?((?:\\.|[^{}~=#:\\])+)\{(.*?)\}([^{}]*)", block, re.DOTALL
        )
        assert match, f"not GIFT: {block[:60]}"
        found[match[1]] = (gift_kind(match[3]), match[3])
    return found


def gift_kind(answers: str) -> str:
    """The kind of question that its answers make."""
    body = answers.partition("####")[0].strip()
    if not body:
        return "essay"
    if body.startswith("#"):
        return "numerical"
    if re.match(r"(T|F|TRUE|FALSE)\b", body):
        return "truefalse"
    if "->" in body:
        return "match"
    return "multichoice" if "~" in body else "shortanswer"


def slides(folder: Path, lang: str) -> list[tuple[str, str, str]]:
    """(title, all words, notes) of each slide of a deck."""
    deck = Presentation(str(folder / lang / DECKS[lang]))
    rows = []
    for slide in deck.slides:
        words = "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
        rows.append((slide.shapes.title.text_frame.text, words, slide.notes_slide.notes_text_frame.text))
    return rows


def pages(folder: Path, lang: str) -> list[str]:
    """The words of each page of a handout."""
    document = pypdfium2.PdfDocument(folder / lang / HANDOUTS[lang])
    return [document[n].get_textpage().get_text_bounded() for n in range(len(document))]


@each_edition
def test_a_pretend_line_carries_an_edition_in_under_half_a_minute(folder: Path) -> None:
    """All files of an edition stay under the cap."""
    assert 50_000 < sum(map(len, files(folder).values())) < MOST_BYTES


@each_edition
def test_course_file_names_lessons_that_exist_and_nothing_unknown(folder: Path) -> None:
    """course.toml is read without complaint, in two languages, and its order names every lesson, quiz and document."""
    card = course(folder)
    assert card.id == "social-protection-start"
    assert card.unknown == ()
    assert card.languages == LANGS
    assert set(card.titles) == set(card.summaries) == set(LANGS)
    assert all((card.code, card.kind, card.institution, card.country, card.licence, card.themes, card.team))
    assert len(card.competencies) == 3
    assert sorted(card.order) == [p for p in files(folder) if p.startswith(("en/", "fr/"))]


@each_edition
def test_calendar_says_the_same_as_the_course_file(folder: Path) -> None:
    """Both sessions have the same ids and times in calendar.ics and course.toml; lines fold as RFC 5545 asks."""
    raw = (folder / "calendar.ics").read_bytes()
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in raw.split(b"\r\n"))
    events = dict(re.findall(r"UID:(\S+).*?DTSTART:(\S+)", raw.decode(), re.DOTALL))
    rows = tomllib.loads((folder / "course.toml").read_text(encoding="utf-8"))["calendar"]
    assert len(rows) == 2
    assert events == {row["uid"]: f"{row['start']:%Y%m%dT%H%M%SZ}" for row in rows}


@each_edition
@each_language
def test_every_link_and_picture_resolves(folder: Path, lang: str) -> None:
    """What a lesson links to is in the same edition, and every picture is used by some lesson."""
    for page in lessons(folder, lang):
        for _, _, target in links(page):
            assert (page.parent / target).resolve().is_relative_to(folder.resolve())
            assert (page.parent / target).is_file(), f"{page.name}: {target}"
    used = {Path(t).name for p in folder.rglob("*.md") for picture, _, t in links(p) if picture}
    assert used == {p.name for p in (folder / "img").iterdir()}


@each_edition
@each_language
def test_every_picture_has_an_alt_text_that_says_what_it_shows(folder: Path, lang: str) -> None:
    """Pictures of lessons and slides carry a sentence, not a file name."""
    alts = [words for page in lessons(folder, lang) for picture, words, _ in links(page) if picture]
    deck = Presentation(str(folder / lang / DECKS[lang]))
    shown = [shape for slide in deck.slides for shape in slide.shapes if shape.shape_type == 13]
    alts += [shape._element.nvPicPr.cNvPr.get("descr") for shape in shown]
    assert len(alts) == 7
    assert all(len(alt.split()) >= 12 for alt in alts)


@each_edition
def test_lessons_exist_in_both_languages_with_the_same_build(folder: Path) -> None:
    """Lesson by lesson, English and French have as many headings, table rows, list items, links and pictures."""

    def build(page: Path) -> list[int]:
        lines = page.read_text(encoding="utf-8").splitlines()
        starts = [re.match(r"#+ |\||- |\d\. |!\[", line) for line in lines]
        marks = [match[0].strip("0123456789") for match in starts if match]
        return [marks.count(mark) for mark in ("# ", "## ", "|", "- ", ". ", "![")] + [len(list(links(page)))]

    pairs = list(zip(*(lessons(folder, lang) for lang in LANGS), strict=True))
    assert len(pairs) == 3
    for english, french in pairs:
        assert build(english) == build(french)
        assert min(build(english)[:3]) >= 1
        assert all(500 <= len(p.read_text(encoding="utf-8").split()) <= 1200 for p in (english, french))


@each_edition
def test_quizzes_are_gift_of_every_kind_and_explain_every_question(folder: Path) -> None:
    """Both quizzes ask the same questions in the same kinds; each has feedback; choices add up to a full mark."""
    english, french = (questions(folder, lang) for lang in LANGS)
    assert {n: kind for n, (kind, _) in english.items()} == {n: kind for n, (kind, _) in french.items()}
    assert {kind for kind, _ in english.values()} == KINDS
    for kind, answers in (*english.values(), *french.values()):
        assert "#" in answers.removeprefix("#")
        if kind == "multichoice":
            shares = [float(share) for share in re.findall(r"~%([\d.]+)%", answers)]
            assert answers.count("=") == 1 or sum(shares) == pytest.approx(100, abs=0.001)


@each_edition
@each_language
def test_decks_open_and_speak(folder: Path, lang: str) -> None:
    """A deck has five or six slides, each with a title and notes, and says its language and title."""
    rows = slides(folder, lang)
    assert 5 <= len(rows) <= 6
    assert all(title and notes for title, _, notes in rows)
    properties = Presentation(str(folder / lang / DECKS[lang])).core_properties
    assert (properties.language, properties.title) == (lang, course(folder).titles[lang])


@each_edition
@each_language
def test_handouts_open_with_accents_title_and_language(folder: Path, lang: str) -> None:
    """A handout has three pages whose words come out right, and names its title and language."""
    text = "\n".join(pages(folder, lang))
    assert text.count("bénéficiaire") >= 1
    assert "erreur d’exclusion" in text
    document = pypdfium2.PdfDocument(folder / lang / HANDOUTS[lang])
    assert len(document) == 3
    assert document.get_metadata_value("Title") == course(folder).titles[lang]
    assert f"/Lang ({lang})".encode() in (folder / lang / HANDOUTS[lang]).read_bytes()


@each_edition
def test_pictures_open(folder: Path) -> None:
    """PNG pictures decode at the width that lessons expect; SVG pictures are XML with a title and no script."""
    for path in (folder / "img").glob("*.png"):
        with Image.open(path) as picture:
            picture.load()
            assert picture.width == 880
    for path in (folder / "img").glob("*.svg"):
        tags = [element.tag.rpartition("}")[2] for element in ElementTree.parse(path).iter()]
        assert tags[:2] == ["svg", "title"]
        assert set(tags) <= {"svg", "title", "rect", "text", "path"}


def test_second_edition_is_a_revision_of_the_first() -> None:
    """Lessons, quizzes, charts, decks and handouts changed; a picture was renamed; the rest is the same."""
    old, new = (files(folder) for folder in EDITIONS)
    mended = {lang: [page.name for page in lessons(DEMO / "edition-2", lang)[1:]] for lang in LANGS}
    changed = {
        lang: [f"{lang}/{name}" for name in (*mended[lang], HANDOUTS[lang], DECKS[lang], "quiz.gift")] for lang in LANGS
    }
    assert old.keys() - new.keys() == {"img/hundred-people.png"}
    assert new.keys() - old.keys() == {"img/52-of-100.png"}
    assert old["img/hundred-people.png"] == new["img/52-of-100.png"]
    assert {p for p in old.keys() & new.keys() if old[p] != new[p]} == {
        *changed["en"],
        *changed["fr"],
        "img/coverage.en.png",
        "img/coverage.fr.png",
    }


@each_language
def test_second_edition_corrects_one_figure_everywhere(lang: str) -> None:
    """Lesson, slide and quiz say 18.6 in edition 1 and 16.7 in edition 2."""
    for folder, right, wrong in zip(EDITIONS, ("18.6", "16.7"), ("16.7", "18.6"), strict=True):
        lesson = lessons(folder, lang)[1].read_text(encoding="utf-8").replace(",", ".")
        deck = "\n".join(words for _, words, _ in slides(folder, lang)).replace(",", ".")
        assert (right in lesson, wrong in lesson) == (True, False)
        assert (right in deck, wrong in deck) == (True, False)
        assert f"\t={right}:0.5 #" in questions(folder, lang)["Q05"][1]


@each_language
def test_second_edition_adds_a_section_a_question_and_a_slide(lang: str) -> None:
    """Lesson 2 has one more section, the quiz one more question, the deck one more slide and one edited."""
    old, new = EDITIONS
    sections = [lessons(folder, lang)[1].read_text(encoding="utf-8").count("\n## ") for folder in EDITIONS]
    assert sections[1] == sections[0] + 1
    assert questions(new, lang).keys() - questions(old, lang).keys() == {"Q10"}
    before, after = (slides(folder, lang) for folder in EDITIONS)
    assert len(after) == len(before) + 1
    assert len(set(before) - set(after)) == 1


@each_language
def test_second_edition_changes_one_page_of_the_handout(lang: str) -> None:
    """Only the page with the checklist differs."""
    before, after = (pages(folder, lang) for folder in EDITIONS)
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True]


def test_script_draws_the_same_bytes_every_time(tmp_path: Path) -> None:
    """Two runs give equal files, and these are the pictures, decks and handouts of the shipped editions."""
    runs = []
    for name in ("one", "two"):
        subprocess.run([sys.executable, str(SCRIPT), str(tmp_path / name)], check=True, timeout=120)
        runs.append(files(tmp_path / name))
    assert runs[0] == runs[1]
    shipped = files(DEMO)
    assert {p for p in shipped if not p.endswith((".md", ".gift", ".toml", ".ics"))} == set(runs[0])
    assert all(content(p, data) == content(p, shipped[p]) for p, data in runs[0].items())


def content(path: str, data: bytes) -> Any:
    """What a generated file says, apart from how this machine's zlib packs it."""
    if path.endswith(".pptx"):
        with zipfile.ZipFile(io.BytesIO(data)) as deck:
            return [(name, content(name, deck.read(name))) for name in deck.namelist()]
    if path.endswith(".png"):
        with Image.open(io.BytesIO(data)) as picture:
            return picture.size, picture.convert("RGB").tobytes()
    if path.endswith(".pdf"):
        document = pypdfium2.PdfDocument(data)
        return [document[n].get_textpage().get_text_bounded() for n in range(len(document))]
    return data

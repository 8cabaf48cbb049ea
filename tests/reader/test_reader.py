"""Lessons as blocks and as words: real formats, and hostile bytes."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowband.model.shown import shown
from lowband.reader.blocks import (
    Block,
    Code,
    File,
    Heading,
    Image,
    Paragraph,
    Points,
    Question,
    Quote,
    Rule,
    Span,
    Table,
    joined,
    plain_of,
)
from lowband.reader.pages import blocks
from lowband.reader.plain import text_of

CORPORA = Path(os.environ.get("LOWBAND_CORPORA", Path(__file__).parents[3] / "shared" / "corpora"))
DEMO = Path(__file__).parents[2] / "lowband" / "demo_course" / "edition-1"
EXTENSIONS = "md html txt rst gift xml csv vtt pptx docx odt xlsx epub ipynb py pdf png unknown"


def nothing(path: str) -> None:
    """A device that has no other entry."""


def read(text: str, path: str = "fr/lesson.md", held: dict[str, int] | None = None) -> list[Block]:
    """The blocks of `text`, with the entries `held` on the device."""
    return blocks(path, text.encode(), (held or {}).get)


def test_markdown_becomes_blocks() -> None:
    """Headings, emphasis, links, lists, tables, code, quotes and rules keep their meaning."""
    page = read(
        "---\ntitle: x\n---\n# A *b*\n\nText **bold** and [link](b.md \"t\").\n\n3. one\n4. two\n   - deep\n\n"
        "| h | i |\n|---|---|\n| `c` | d |\n\n```python\nx = 1\n```\n\n> said\n\n---\n"
    )  # fmt: skip
    assert page[0] == Heading(1, (Span("A "), Span("b", frozenset(("italic",)))))
    assert page[1] == Paragraph(
        (
            Span("Text "),
            Span("bold", frozenset(("bold",))),
            Span(" and "),
            Span("link", frozenset(), "fr/b.md"),
            Span("."),
        )
    )
    assert isinstance(page[2], Points)
    assert page[2].first == 3
    assert page[2].items[1][1] == Points(None, ((Paragraph((Span("deep"),)),),))
    assert page[3] == Table(((Span("h"),), (Span("i"),)), (((Span("c", frozenset(("code",))),), (Span("d"),)),))
    assert page[4:] == [Code("python", "x = 1"), Quote("", (Paragraph((Span("said"),)),)), Rule()]


def test_pictures_are_words_and_sizes() -> None:
    """A picture says its description, entry and size, or that it is not here; one from elsewhere keeps its URL."""
    page = read(
        "![A map](../img/map.png)\n\n<img src='/assets/x.png' alt=X>\n\n![far](https://x.org/a.png)\n\n![gone](no.png)",
        held={"img/map.png": 1200, "docs/assets/x.png": 7},
    )
    assert page == [
        Image("A map", "img/map.png", 1200),
        Image("X", "assets/x.png", None),
        Image("far", "https://x.org/a.png", None),
        Image("gone", "fr/no.png", None),
    ]
    found = read("<img src='/assets/x.png' alt=X>", "docs/en/deep/a.md", {"docs/assets/x.png": 7})
    assert found == [Image("X", "docs/assets/x.png", 7)]


def test_no_link_leads_out_of_the_course() -> None:
    """A path above the course, a script and a file URL are not links."""
    page = read(
        "[a](../../../etc/passwd) <a href='javascript:b()'>b</a> <a href='file:///c'>c</a> <a href='data:x'>d</a>"
    )
    assert page == [Paragraph((Span("a b c d"),))]
    refused = read("[b](javascript:b())")
    assert all(not span.href for block in refused if isinstance(block, Paragraph) for span in block.spans)


def test_course_tools_additions_are_read() -> None:
    """Boxes, fences of divs, attributes and templates are understood, and left alone inside code."""
    page = read(
        "::::::: objectives\n\n- Do it\n\n:::::::\n\n!!! note \"Mind\"\n\n    Inside.\n\nAfter. ![x](a.png){alt='y'}\n"
        "{: .class}\n{% include x %}\n\n```\n{% kept %}\n::: kept\n```\n"
    )  # fmt: skip
    assert page[0] == Paragraph((Span("Objectives", frozenset(("bold",))),))
    assert page[2] == Quote("", (Paragraph((Span("Mind", frozenset(("bold",))),)), Paragraph((Span("Inside."),))))
    assert page[3] == Paragraph((Span("After."),))
    assert page[-1] == Code("", "{% kept %}\n::: kept")


def test_html_is_read_without_scripts() -> None:
    """Scripts and styles vanish; what authors leave unclosed is closed; a video is a file."""
    page = read(
        "<script>bad()</script><style>b{}</style><p>One<p>Two<ul><li>a<li>b</ul><table><tr><th>h<tr><td>c</table>"
        "<details><summary>More</summary>hidden</details><video src='v.mp4' title='Film'></video><h2>End</h2>",
        "a.html",
        {"v.mp4": 99},
    )
    assert page == [
        Paragraph((Span("One"),)),
        Paragraph((Span("Two"),)),
        Points(None, ((Paragraph((Span("a"),)),), (Paragraph((Span("b"),)),))),
        Table(((Span("h"),),), (((Span("c"),),),)),
        Quote("More", (Paragraph((Span("hidden"),)),)),
        File("Film", "v.mp4", 99),
        Heading(2, (Span("End"),)),
    ]


def test_t16_no_text_moves_the_cursor() -> None:
    """Escape codes in text, attributes, links and names are gone from every block."""
    evil = "\x1b]0;pwned\x07\x9b2J\u202etxt"
    code, picture = f"```\n{evil}\n```\n\n", f"![{evil}](a{evil}.png) [l](b{evil}.md)\n\n"
    page = read(f"# {evil}\n\n{picture}{code}<b title='{evil}'>{evil}&#27;[2J</b>")
    assert len(page) >= 4
    assert not any(escape in repr(page) for escape in ("\\x1b", "\\x07", "\\x9b", "\\u202e"))


def test_gift_questions_are_asked_and_not_answered() -> None:
    """Each kind of question keeps its text and choices, and loses answers, weights and feedback."""
    gift = (
        "// secret comment\n$CATEGORY: $course$/Part one\n\n::T1:: What is 1 \\= 1? "
        "{ =yes # right! ~no ~%50%per\\{haps }\n\n"
        "Sky is blue.{T}\n\nHow many? {#5:1}\n\nCapital? {=Paris =%50%paris}\n\nJoin {=a -> b =c -> d}\n\nWrite {}\n\n"
        "Two {~%50%x ~%50%y ~z}\n\nIt is {~one =two} today.\n\nJust a note.\n"
    )
    first, *questions = blocks("q.gift", gift.encode(), nothing)
    assert first == Heading(2, (Span("Part one"),))
    assert all(isinstance(q, Question) for q in questions)
    found = [q for q in questions if isinstance(q, Question)]
    assert [q.kind for q in found] == [
        "choice", "truefalse", "number", "short", "match", "essay", "choices", "choice", "note",
    ]  # fmt: skip
    assert found[0].title == "T1"
    assert found[0].text == (Paragraph((Span("What is 1 = 1?"),)),)
    assert set(found[0].choices) == {"yes", "no", "per{haps"}
    assert (set(found[4].choices), found[4].lefts) == ({"b", "d"}, ("a", "c"))
    assert found[7].text == (Paragraph((Span("It is _____ today."),)),)
    words = text_of("q.gift", gift.encode())
    assert not any(secret in words for secret in ("secret", "right", "%", "Paris", "5:1", "->"))


def test_moodle_xml_questions_are_asked_and_not_answered() -> None:
    """Moodle XML gives questions; a cloze text has gaps; a document type is refused."""
    xml = (
        "<quiz><question type='category'><category><text>$course$/Cat</text></category></question>"
        "<question type='multichoice'><name><text>N</text></name>"
        "<questiontext><text><![CDATA[<p>Which?</p>]]></text></questiontext><single>false</single>"
        "<answer fraction='100'><text>A</text><feedback><text>F!</text></feedback></answer>"
        "<answer fraction='0'><text>B</text></answer></question>"
        "<question type='cloze'><name><text>C</text></name>"
        "<questiontext><text>Paris is in {1:SHORTANSWER:=France}.</text></questiontext></question></quiz>"
    )  # fmt: skip
    page = blocks("q.xml", xml.encode(), nothing)
    assert page[0] == Heading(2, (Span("Cat"),))
    assert isinstance(page[1], Question)
    assert (page[1].kind, set(page[1].choices), page[1].title) == ("choices", {"A", "B"}, "N")
    assert page[2] == Question("C", "short", (Paragraph((Span("Paris is in _____."),)),))
    laughs = "<!DOCTYPE quiz [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>" + xml.replace("Which?", "&b;")
    assert blocks("q.xml", laughs.encode(), nothing) == []


def office(members: dict[str, str]) -> bytes:
    """An office document with `members`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_slides_come_in_order_under_their_titles() -> None:
    """Slide 10 comes after slide 2; the first line is the title; notes and masters are not read."""
    slide = "<s xmlns:a='a'><a:p><a:r><a:t>Title {}</a:t></a:r></a:p><a:p><a:t>Body </a:t><a:t>text</a:t></a:p></s>"
    data = office({f"ppt/slides/slide{n}.xml": slide.format(n) for n in (10, 2, 1)} | {"ppt/slideMasters/m.xml": "x"})
    page = blocks("deck.pptx", data, nothing)
    assert [joined(b.spans) for b in page if isinstance(b, Heading)] == ["1. Title 1", "2. Title 2", "10. Title 10"]
    assert page[1] == Paragraph((Span("Body text"),))
    assert page[-1] == File("deck.pptx", "deck.pptx", len(data))
    assert "Title 10" in text_of("deck.pptx", data)


def test_a_zip_bomb_and_a_dtd_cost_nothing() -> None:
    """A member beyond the cap and a document type are passed over."""
    bomb = office({"word/document.xml": "<w:p xmlns:w='w'><w:t>" + "a" * (9 << 20) + "</w:t></w:p>"})
    assert len(bomb) < 20_000
    assert text_of("b.docx", bomb) == "b.docx"
    dtd = office({"content.xml": "<!DOCTYPE x [<!ENTITY e 'boom'>]><p>&e;</p>"})
    assert "boom" not in text_of("d.odt", dtd)


def test_captions_tables_notebooks_and_rst() -> None:
    """Captions lose their times, tables get rows, notebooks show prose and code, rst its headings."""
    assert text_of("a.vtt", b"WEBVTT\n\n1\n00:01.000 --> 00:02.000 line:0\n<v A>Hello\nyou\n") == "Hello\nyou"
    assert read("a;b\n1;2\n", "t.csv") == [Table(((Span("a"),), (Span("b"),)), (((Span("1"),), (Span("2"),)),))]
    code = '{"cell_type":"code","source":"x=1","outputs":[{"text":"9"}]}'
    book = '{"cells":[{"cell_type":"markdown","source":["# H"]},' + code + "]}"
    assert read(book, "n.ipynb") == [Heading(1, (Span("H"),)), Code("python", "x=1")]
    page = read(
        "Title\n=====\n\nText ``code``::\n\n    kept\n\n.. image:: a.png\n   :alt: Pic\n\n.. note to self\n", "d/a.rst"
    )
    assert page == [
        Heading(1, (Span("Title"),)),
        Paragraph((Span("Text code:"),)),
        Code("", "    kept"),
        Image("Pic", "d/a.png", None),
    ]


def test_what_has_no_words_is_named() -> None:
    """A PDF is a file with its size, a picture itself, code is code; search looks into none of them."""
    assert blocks("a/b.pdf", b"%PDF-1.7\0", nothing) == [File("b.pdf", "a/b.pdf", 9)]
    assert blocks("a.png", b"\x89PNG\0", nothing) == [Image("", "a.png", 5)]
    assert blocks("x.py", b"print(1)\n", nothing) == [Code("py", "print(1)\n")]
    assert text_of("b.pdf", b"%PDF") == text_of("x.py", b"print(1)") == ""


def test_old_encodings_are_read() -> None:
    """Windows-1252 and UTF-16 texts keep their accents."""
    assert text_of("a.txt", "déjà".encode("cp1252")) == text_of("a.txt", "déjà".encode("utf-16")) == "déjà"


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EXTENSIONS.split(" ")), st.binary(max_size=400))
def test_any_bytes_can_be_read(ext: str, data: bytes) -> None:
    """Whatever an entry holds, it gives blocks and words, all of which may be shown."""
    page = blocks(f"a/b.{ext}", data, nothing)
    assert all(shown(text) == text for text in plain_of(page))
    assert isinstance(text_of(f"a/b.{ext}", data), str)


MARKS = [
    "<", ">", "</", "<p>", "<li>", "<table>", "<td>", "<pre>", "<![", "<!--", "'", "&#27;", "{", "}", "~", "=",
    "::", "#", "\n", "\n\n", "```", "|", "---", "![a](", ")", "[", "]", "\\", "%50%", "->", "x", "é", "\x1b",
    "\u202e", "<script>", "<svg", "..",
    "<a href='", "- ", "> ", "!!! x\n    ", "::: a\n", " ",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["md", "html", "gift", "rst", "vtt", "csv"]), st.lists(st.sampled_from(MARKS), max_size=60))
def test_any_markup_can_be_read(ext: str, parts: list[str]) -> None:
    """Broken markup of every kind gives blocks whose words may be shown."""
    page = blocks(f"b.{ext}", "".join(parts).encode(), lambda path: 1)
    assert all(shown(text) == text for text in plain_of(page))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 400))
def test_a_damaged_document_has_the_words_before_the_damage(noise: bytes, at: int) -> None:
    """A slide deck with any bytes overwritten still opens."""
    whole = office({"ppt/slides/slide1.xml": "<s><p><t>word</t></p></s>", "mimetype": "x"})
    data = whole[:at] + noise + whole[at + len(noise) :]
    assert blocks("d.pptx", data, nothing)[-1] == File("d.pptx", "d.pptx", len(data))


DEEP = [
    ("html", "<div>" * 20_000), ("html", "<b>" * 20_000 + "x"), ("html", "<![" * 3000), ("html", "<ul><li>" * 5000),
    ("html", "<p>" * 20_000), ("md", "> " * 5000), ("md", "[" * 5000), ("md", "- " * 2000), ("md", "*a" * 5000),
    ("gift", "{" * 20_000),
]  # fmt: skip


@pytest.mark.parametrize(("ext", "text"), DEEP)
def test_deep_nesting_is_flat_and_quick(ext: str, text: str) -> None:
    """Nesting beyond any page's need neither overflows nor hangs."""
    assert isinstance(blocks(f"a.{ext}", text.encode(), nothing), list)


def test_the_demo_course_reads_well() -> None:
    """Every lesson of the shipped course gives blocks; its pictures are found with their descriptions."""

    def size(path: str) -> int | None:
        file = DEMO / path
        return file.stat().st_size if file.is_file() else None

    files = [f for f in DEMO.rglob("*") if f.suffix in (".md", ".gift", ".pptx")]
    assert len(files) >= 8
    for file in files:
        page = blocks(str(file.relative_to(DEMO)), file.read_bytes(), size)
        assert len(page) > 3
        assert all(b.alt and b.size for b in page if isinstance(b, Image))


@pytest.mark.slow
def test_every_real_file_can_be_read() -> None:
    """Every file of the real courses and packages gives blocks and words that may be shown."""
    files = [f for f in CORPORA.rglob("*") if f.is_file() and f.stat().st_size < 3 << 20]
    if not files:
        pytest.skip("the real courses are not here (LOWBAND_CORPORA)")
    for file in files:
        page = blocks(file.relative_to(CORPORA).as_posix(), file.read_bytes(), nothing)
        assert all(shown(text) == text for text in plain_of(page)), file

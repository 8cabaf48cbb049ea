"""A folder becomes a course: order, titles, languages, layers, ranks, and what is left out."""

from __future__ import annotations

import os
import random
import socket
import tempfile
from pathlib import Path

import pytest

from lowband.errors import SourceError
from lowband.model.course import read_structure
from lowband.packager.scan import Source, scan
from lowband.packager.scan.languages import languages_of, tag_of
from lowband.packager.scan.natural import natural
from lowband.packager.scan.source import slug
from lowband.packager.scan.texts import heading, pretty, targets
from tests.packager.scan.made import made


def paths(source: Source) -> list[str]:
    """The lessons' paths in order."""
    return [lesson.path for lesson in source.lessons]


def layers(source: Source) -> dict[str, str]:
    """Path → layer."""
    return {f.path: f.layer for f in source.files}


def test_a_folder_without_metadata_becomes_a_course(tmp_path: Path) -> None:
    """README first, then numbers as numbers, then the rest; titles from headings, else from names."""
    folder = made(
        tmp_path / "Protection sociale 2027",
        {
            "10-end.md": "---\ntitle: 'The end'\n---\ntext",
            "2-middle.md": "Middle\n======\n",
            "1-start.html": "<html><head><title>T</title></head><body><h1>The <b>start</b> &amp; more</h1>",
            "README.md": "```\n# not this\n```\n# My [course](x.md)\n",
            "annex/extra_material.pdf": b"%PDF-1.4 \0",
            "LICENSE": "free",
            "img/a.png": b"\x89PNG\0",
        },
    )
    source = scan(folder)
    assert [(x.path, x.title) for x in source.lessons] == [
        ("README.md", "My course"),
        ("1-start.html", "The start & more"),
        ("2-middle.md", "Middle"),
        ("10-end.md", "The end"),
        ("annex/extra_material.pdf", "Extra material"),
    ]
    assert source.course.id == "protection-sociale-2027"
    assert source.course.titles == {"": "My course"}
    assert layers(source) == {
        "README.md": "core", "1-start.html": "core", "2-middle.md": "core", "10-end.md": "core", "LICENSE": "core",
        "annex/extra_material.pdf": "full", "img/a.png": "full",
    }  # fmt: skip


def test_course_toml_says_order_titles_and_people(tmp_path: Path) -> None:
    """What course.toml says comes first; a lesson it forgot comes after; a field unknown is reported."""
    toml = """
id = "my-course"
order = ["b.md", "part/", "a.pdf"]
languages = ["en", "fr"]
themes = ["Floors"]
licence = "CC BY 4.0"
colour = "blue"
[title]
en = "Mine"
fr = "Le mien"
[summary]
fr = "Court."
[[calendar]]
title = "Opening"
start = 2027-02-02T09:00:00Z
[[team]]
name = "Awa"
role = {en = "Lead", fr = "Autrice"}
"""
    folder = made(
        tmp_path,
        {"course.toml": toml, "a.pdf": b"%PDF\0", "b.md": "# B", "c.md": "# C", "part/2.md": "x", "part/1.md": "y"},
    )
    source = scan(folder)
    assert paths(source) == ["b.md", "part/1.md", "part/2.md", "a.pdf", "c.md"]
    course = source.course
    assert (course.id, course.titles, course.summaries) == (
        "my-course",
        {"en": "Mine", "fr": "Le mien"},
        {"fr": "Court."},
    )
    assert course.calendar == ({"title": "Opening", "start": "2027-02-02T09:00:00Z"},)
    assert course.team == ({"name": "Awa", "role.en": "Lead", "role.fr": "Autrice"},)
    assert (course.languages, course.themes, course.licence) == (("en", "fr"), ("Floors",), "CC BY 4.0")
    assert [x.path for x in source.left_out] == ["course.toml: colour"]
    assert scan(folder, "other").course.id == "other"


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('id = "a"\ntitle = \n', ("course.toml", "line 2")),
        ('id = "a"\nthemes = "x"\n', ("line 2", "themes", "list")),
        ('\n\nid = "Not an id"\n', ("line 3", "lower-case")),
        ('order = ["lessn.md"]\n', ("lessn.md", "lesson.md")),
        ('[title]\nfrançais = "x"\n', ("course.toml",)),
        ('languages = ["english"]\n', ("languages", "english", "line 1")),
        ("calendar = 3\n", ("line 1", "[[calendar]]")),
    ],
)
def test_a_mistake_in_course_toml_is_named(tmp_path: Path, toml: str, words: tuple[str, ...]) -> None:
    """A mistake stops the publishing with one line that names the file, the line and the remedy."""
    with pytest.raises(SourceError) as refused:
        scan(made(tmp_path, {"course.toml": toml, "lesson.md": "# L"}))
    assert all(word in str(refused.value) for word in words), str(refused.value)


@pytest.mark.parametrize(
    ("files", "order"),
    [
        (
            {
                "SUMMARY.md": "# Summary\n- [One](z.md)\n- [Two](<b c.md>)\n- [Out](https://x.org)\n",
                "z.md": "", "b c.md": "", "a.md": "",
            },
            [("z.md", "One"), ("b c.md", "Two"), ("a.md", "A")],
        ),
        (
            {
                "_toc.yml": "format: jb-book\nroot: intro\nparts:\n  - caption: First\n    chapters:\n"
                "    - file: z\n      title: Zed\n    - file: a\n",
                "intro.md": "# I", "a.md": "# A", "z.md": "",
            },
            [("intro.md", "I"), ("z.md", "Zed"), ("a.md", "A")],
        ),
        (
            {
                "mkdocs.yml": "site_name: S\nplugins:\n  - x: !!python/name:os.system\nnav:\n  - Home: index.md\n"
                "  - Guide:\n    - 'Zed': g/z.md\n    - g/a.md\n",
                "docs/index.md": "", "docs/g/z.md": "", "docs/g/a.md": "# A", "README.md": "# repo",
            },
            [("docs/index.md", "Home"), ("docs/g/z.md", "Zed"), ("docs/g/a.md", "A")],
        ),
        (
            {
                "config.yaml": "title: T\nepisodes:\n- z.md\n- a.md\n\nlearners:\n", "index.md": "# I",
                "episodes/a.md": "# A", "episodes/z.md": "# Z", "learners/setup.md": "# S", "site/README.md": "",
            },
            [("index.md", "I"), ("episodes/z.md", "Z"), ("episodes/a.md", "A"), ("learners/setup.md", "S")],
        ),
        (
            {"README.md": "# R\n[z](z.md) and [b](b.pdf)", "z.md": "# Z", "b.pdf": b"%PDF\0", "a.md": "# A"},
            [("README.md", "R"), ("z.md", "Z"), ("b.pdf", "B"), ("a.md", "A")],
        ),
        (
            {"m/.pages": "title: The part\nnav:\n  - z.md\n  - ...\n", "m/a.md": "# A", "m/z.md": "# Z"},
            [("m/z.md", "Z"), ("m/a.md", "A")],
        ),
        (
            {
                "_quarto.yml": "book:\n  chapters:\n    - index.qmd\n    - z.qmd\n",
                "index.qmd": "# I", "z.qmd": "# Z", "a.qmd": "# A",
            },
            [("index.qmd", "I"), ("z.qmd", "Z"), ("a.qmd", "A")],
        ),
    ],
    ids=["summary", "jupyter-book", "mkdocs", "sandpaper", "readme", "pages", "quarto"],
)  # fmt: skip
def test_the_authors_own_order_is_found(
    tmp_path: Path, files: dict[str, str | bytes], order: list[tuple[str, str]]
) -> None:
    """Tables of contents of the tools that courses are written with give order and titles."""
    assert [(x.path, x.title) for x in scan(made(tmp_path, files)).lessons] == order


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"fr/a.md": "", "es/a.md": ""}, {"fr/a.md": "fr", "es/a.md": "es"}),
        ({"EN/a.pdf": "", "RU/README.md": "", "b.md": ""}, {"EN/a.pdf": "en", "RU/README.md": "ru", "b.md": ""}),
        ({"js/a.md": "", "css/a.md": "", "it/notes.md": ""}, {"js/a.md": "", "css/a.md": "", "it/notes.md": ""}),
        ({"it/a.md": "", "fr/a.md": ""}, {"it/a.md": "it", "fr/a.md": "fr"}),
        ({"translations/it/a.md": ""}, {"translations/it/a.md": "it"}),
        ({"cs/main.cs": "", "ts/main.ts": ""}, {"cs/main.cs": "", "ts/main.ts": ""}),
        ({"README.md": "", "README.fr.md": ""}, {"README.md": "", "README.fr.md": "fr"}),
        ({"quiz.pt-BR.gift": ""}, {"quiz.pt-BR.gift": "pt-br"}),
        ({"leaflet-en.pdf": "", "leaflet-jp.pdf": ""}, {"leaflet-en.pdf": "en", "leaflet-jp.pdf": ""}),
        ({"hub-uk.png": "", "hub.png": ""}, {"hub-uk.png": "", "hub.png": ""}),
        ({"what-it-is.md": "", "log-in.md": ""}, {"what-it-is.md": "", "log-in.md": ""}),
        ({"name_fr.md": "", "name.md": "", "alone_fr.md": ""}, {"name_fr.md": "fr", "name.md": "", "alone_fr.md": ""}),
        ({"Français/a.md": "", "English/a.md": ""}, {"Français/a.md": "fr", "English/a.md": "en"}),
        ({"fr/img.en.png": "", "fr/x.md": ""}, {"fr/img.en.png": "en", "fr/x.md": "fr"}),
        ({"zh-Hans/a.md": "", "zh_TW/a.md": ""}, {"zh-Hans/a.md": "zh-hans", "zh_TW/a.md": "zh-tw"}),
    ],
)  # fmt: skip
def test_languages_are_found_where_they_are_and_nowhere_else(files: dict[str, str], found: dict[str, str]) -> None:
    """Folders and endings in a real language count; look-alikes do not."""
    known = {"png": "image", "cs": "code", "ts": "code", "pdf": "document"}
    kinds = {path: known.get(path.rpartition(".")[2], "text") for path in files}
    assert {path: mark.lang for path, mark in languages_of(kinds).items()} == found


def test_declared_languages_are_the_only_ones(tmp_path: Path) -> None:
    """When course.toml names the languages, no other is guessed."""
    folder = made(tmp_path, {"course.toml": 'languages = ["it"]', "it/a.md": "", "en/a.md": ""})
    assert {f.path: f.lang for f in scan(folder).files} == {"course.toml": "", "it/a.md": "it", "en/a.md": ""}


def test_translations_stand_together_and_each_language_starts_first(tmp_path: Path) -> None:
    """Lesson one in every language comes before lesson two in any; ranks follow."""
    names = {"en": ("01-start.md", "02-end.md"), "fr": ("01-debut.md", "02-fin.md")}
    folder = made(tmp_path, {f"{lang}/{name}": "#  T" for lang, both in names.items() for name in both})
    source = scan(folder)
    assert paths(source) == ["fr/01-debut.md", "en/01-start.md", "en/02-end.md", "fr/02-fin.md"]
    assert {x.layer for x in source.lessons} == {"core.en", "core.fr"}
    assert [f.path for f in source.files] == paths(source)


def test_ranks_bring_text_then_pictures_then_media(tmp_path: Path) -> None:
    """All text comes before any picture, pictures in the order of lessons, media last; no two ranks are equal."""
    folder = made(
        tmp_path,
        {
            "1.md": "# One\n![b](img/b.png) <img src='img/c%20d.png'>",
            "2.md": "# Two\n![a](./img/a.png) [data](data/x.csv) ![b](img/b.png)",
            "3.mp4": b"\0",
            "data/x.csv": "1,2",
            "data/big.csv": "1,2\n" * 100_000,
            "notes/y.py": "x = 1",
            "img/a.png": b"\0", "img/b.png": b"\0", "img/c d.png": b"\0", "img/unused.png": b"\0",
        },
    )  # fmt: skip
    source = scan(folder)
    assert [f.path for f in source.files] == [
        "1.md", "2.md", "data/x.csv", "notes/y.py", "img/b.png", "img/c d.png", "img/a.png", "data/big.csv",
        "img/unused.png", "3.mp4",
    ]  # fmt: skip
    assert len({f.rank for f in source.files}) == len(source.files)
    assert min(f.rank for f in source.files) > (0,)
    assert layers(source)["data/big.csv"] == "full"


def test_structure_reads_back_as_the_course(tmp_path: Path) -> None:
    """The entries that lowband adds say what the scan found; the card and first plan come before all files."""
    source = scan(made(tmp_path, {f"{n:03}.md": f"# Lesson {n}" for n in range(300)}))
    assert read_structure({s.path: s.data for s in source.structure}) == (source.course, source.lessons)
    ranks = {s.path: s.rank for s in source.structure}
    assert ranks[".lowband/course.json"] == ranks[".lowband/plan-0001.json"] == (0,)
    later = sorted(rank for rank in ranks.values() if rank != (0,))
    assert later
    assert all(any(f.rank < rank for f in source.files) for rank in later)


def test_litter_and_links_stay_out_and_are_named(tmp_path: Path) -> None:
    """Version control, editors' litter, links and sockets are left out with the reason; ordinary dotfiles stay in."""
    folder = made(
        tmp_path / "c",
        {
            "a.md": "# A", ".mailmap": "x", ".github/x.yml": "y", ".git/config": "z", ".lowband/old.json": "{}",
            "Thumbs.db": b"\0", "~$deck.pptx": b"\0", "x.tmp": "", "d/.DS_Store": b"\0",
        },
    )  # fmt: skip
    (folder / "link.md").symlink_to("a.md")
    short = Path(tempfile.mkdtemp())
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(short / "s"))
        os.rename(short / "s", folder / "socket")
    source = scan(folder)
    assert {f.path for f in source.files} == {"a.md", ".mailmap", ".github/x.yml"}
    reasons = {x.path: x.reason for x in source.left_out}
    assert set(reasons) == {".git", ".lowband", "Thumbs.db", "~$deck.pptx", "x.tmp", "d/.DS_Store", "link.md", "socket"}
    assert "link" in reasons["link.md"]
    assert paths(source) == ["a.md"]


def test_the_order_of_the_disk_does_not_matter(tmp_path: Path) -> None:
    """Two folders with the same files, made in another order, scan alike."""
    files = {f"{lang}/{n}-x.md": f"# {n}\n![p](../img/{n}.png)" for lang in ("en", "fr") for n in range(12)}
    files |= {f"img/{n}.png": "p" for n in range(12)}
    mixed = list(files.items())
    random.Random(5).shuffle(mixed)
    one, two = scan(made(tmp_path / "one" / "c", files)), scan(made(tmp_path / "two" / "c", dict(mixed)))
    assert (one.course, one.lessons, one.structure) == (two.course, two.lessons, two.structure)
    assert [(f.path, f.rank) for f in one.files] == [(f.path, f.rank) for f in two.files]


def test_a_course_of_pictures_alone_has_lessons(tmp_path: Path) -> None:
    """Whatever a folder holds, there is something to open."""
    assert paths(scan(made(tmp_path, {"img/b.png": b"\0", "img/a.png": b"\0"}))) == ["img/a.png", "img/b.png"]
    assert paths(scan(made(tmp_path / "x", {"data.bin": b"\0"}))) == ["data.bin"]


def test_formats_of_one_thing_are_told_apart(tmp_path: Path) -> None:
    """A deck in two formats is two lessons whose titles say which is which."""
    source = scan(made(tmp_path, {"deck.pptx": b"PK\0", "deck.odp": b"PK\0", "other.pdf": b"%PDF\0"}))
    assert [x.title for x in source.lessons] == ["Deck (ODP)", "Deck (PPTX)", "Other"]


def test_small_things() -> None:
    """Names, tags, headings and targets, one by one."""
    assert (slug("École d’été 2027!"), slug("中文"), slug("a" * 50)) == ("ecole-d-ete-2027", "course", "a" * 40)
    assert (tag_of("pt_BR"), tag_of("jp"), tag_of("zh-Hant-TW"), tag_of("xx")) == ("pt-br", "", "zh-hant-tw", "")
    assert pretty("a/02-who_is-covered.md") == "Who is covered"
    assert pretty("2016-06-20.txt") == "2016 06 20"
    assert sorted(["IRM-10", "IRM-2", "Irm-1"], key=natural) == ["Irm-1", "IRM-2", "IRM-10"]
    assert heading("a.rst", "Title\n=====\n") == "Title"
    assert heading("a.md", "# **Bold** `code` [l](x) {#id}") == "Bold code l"
    assert targets('![a](x.png "t") <a href="y%20z.pdf#p">[r]: w.md\n\n[r]: w.md') == ["x.png", "y%20z.pdf#p", "w.md"]

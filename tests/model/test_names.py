"""Names: what may be a file on every system (docs/format.md section 6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowband.errors import UnsafeNameError
from lowband.model.names import (
    MAX_DEPTH,
    MAX_PATH,
    check_names,
    folded,
    is_course_id,
    is_language,
    is_layer,
    why_unsafe,
)

GOOD = [
    "a",
    "README.md",
    "01 Welcome.md",
    "cours/leçon-1.md",
    "فصل/درس.md",
    "課程/第一課.pdf",
    "a.b.c",
    "some.nul.jpg",
    "foo.d/bar.txt",
    "console.txt",
    "com10.txt",
    "auxiliary/nullable.md",
    "gitignore",
    ".gitignore",
    ".github/workflows/ci.yml",
    "git~x",
    "-rf",
    "x" * MAX_PATH,
    "/".join("a" * MAX_DEPTH),
]


@pytest.mark.parametrize("path", GOOD)
def test_ordinary_names_are_kept(path: str) -> None:
    """Names in any script, with dots, spaces inside and hyphens, are good."""
    assert why_unsafe(path) == ""
    check_names([path], "test")


@given(st.text(max_size=60))
def test_every_text_gets_an_answer(path: str) -> None:
    """Any text, lone surrogates too, is judged without another error than ours."""
    if why_unsafe(path):
        with pytest.raises(UnsafeNameError):
            check_names([path], "test")
    else:
        check_names([path], "test")


@given(st.text(min_size=1, max_size=30).filter(lambda p: not why_unsafe(p)))
def test_a_good_name_stays_inside(path: str) -> None:
    """What is called good has no way up, no root, no drive and no device."""
    parts = path.split("/")
    assert not path.startswith("/")
    assert all(part not in ("", ".", "..") for part in parts)
    assert not set('\\:*?"<>|\0') & set(path)
    assert all(part == part.strip(" ").rstrip(".") for part in parts)


def test_folding_joins_what_some_systems_join() -> None:
    """Case and the forms of an accent do not tell two files apart."""
    assert folded("Straße/É.md") == folded("STRASSE/e\u0301.md".replace("e\u0301", "É"))
    assert folded("A") == folded("a") != folded("b")


@pytest.mark.parametrize("value", ["a", "tax-basics", "2020-37", "a" * 40, "0"])
def test_course_ids(value: str) -> None:
    """Lower-case letters, digits and inner hyphens, at most 40."""
    assert is_course_id(value)


@pytest.mark.parametrize("value", ["", "-a", "a-", "A", "a b", "a.b", "a/b", "é", "a" * 41, "a\n", "*", "..", "٣"])
def test_other_texts_are_no_course_ids(value: str) -> None:
    """Anything else is none, a final newline and digits of other scripts included."""
    assert not is_course_id(value)


def test_layers_and_languages() -> None:
    """A layer is core, lite or full, alone or with a language tag in lower case."""
    assert all(map(is_layer, ["core", "lite", "full", "core.fr", "full.pt-br"]))
    assert not any(map(is_layer, ["", "Core", "core.", "core.f", "core.FR", "huge", "core.fr.fr", ".fr", "core\n"]))
    assert all(map(is_language, ["en", "fr", "pt-br", "zh-hant-tw"]))
    assert not any(map(is_language, ["", "e", "EN", "en-", "en_us", "en\n"]))

"""French, Portuguese and Spanish: whole catalogues, and screens without a word of English."""

from __future__ import annotations

import gettext
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowband.cli.console import agreed, amount
from lowband.cli.tongue import LANGUAGES, LOCALE, say
from lowband.errors import FormatError, LowbandError, SourceError, UnreachableError, UsageError
from tests.cli.conftest import Run

OTHERS = [language for language in LANGUAGES if language != "en"]
MORE_ANSWERS = [("fr", "y", True), ("fr", "", False), ("fr", "non", False), ("en", "o", False)]
COMMAND = r"\blowband (?:join|sync|courses|publish|doctor|demo|catalogue)\b"
MAKER = Path(__file__).parents[2] / "scripts" / "make_locale.py"


def catalogue(language: str) -> dict[str, str]:
    """Sentences and their translations, as they are compiled."""
    with (LOCALE / language / "LC_MESSAGES" / "lowband.mo").open("rb") as file:
        found: dict[str, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {english: other for english, other in found.items() if english}


def english_in(screen: str, language: str) -> list[str]:
    """English sentences on a screen, facts aside: those of two words at least that are other words in `language`."""
    flat = " ".join(screen.replace("│", " ").split())
    found = []
    for sentence, other in catalogue(language).items():
        for part in re.split(r"\n+|\x08|\{\w*\}", sentence):
            words = " ".join(part.split()).strip(" :;.()")
            told = words.count(" ") > 0 and len(words) > 7 and not words.startswith("lowband ")
            if told and words not in " ".join(other.split()) and re.search(rf"\b{re.escape(words)}\b", flat):
                found.append(words)
    return found


def examples(text: str) -> list[str]:
    """The command lines of a help's examples, but for the people's names in them."""
    lines: list[str] = re.findall(r"^  lowband .*", text.partition("\x08")[2], re.MULTILINE)
    return [re.sub(r"--name '[^']*'", "--name", line) for line in lines]


@pytest.fixture
def french(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Commands for a French-speaking user on a terminal of 80 columns."""
    monkeypatch.setenv("LOWBAND_LANG", "fr")
    monkeypatch.setenv("COLUMNS", "80")
    return run


def test_every_sentence_is_translated_with_its_facts_and_compiled() -> None:
    """Nothing is missing, gone, old, or has other facts than its sentence, in any language."""
    done = subprocess.run([sys.executable, MAKER, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("language", OTHERS)
def test_edges_examples_and_names_stay(language: str) -> None:
    """Leading blanks, unwrapped blocks, the examples in them, options and files are what they were."""
    for english, other in catalogue(language).items():
        assert len(english) - len(english.lstrip(" ")) == len(other) - len(other.lstrip(" ")) or english[0] == ";"
        assert english.count("\x08") == other.count("\x08")
        assert examples(english) == examples(other)
        for kind in (r"--[a-z][a-z-]+", r"\b[\w*-]+\.(?:toml|key)\b", COMMAND, r"\bkill -9\b"):
            assert set(re.findall(kind, english)) <= set(re.findall(kind, other))


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_holds_what_facts_may_not(language: str) -> None:
    """A sentence can be a fact of another one, and facts show only printable characters."""
    for english, other in catalogue(language).items():
        assert all(c.isprintable() or c in "\n\x08" for c in other), english


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["sync", "--help"],
        ["publish", "--help"],
        ["catalogue"],
        ["catalogue", "new", "--help"],
        ["catalogue", "rotate", "--help"],
        ["hub", "serve", "--help"],
        ["demo", "--help"],
        ["status"],
        ["courses"],
    ],
)
def test_french_helps_hold_no_english(french: Run, words: list[str]) -> None:
    """What lowband and typer say in a help is French."""
    answer = french(*words)
    assert answer.out.strip()
    assert english_in(answer.out + answer.err, "fr") == []


@pytest.mark.parametrize("language", OTHERS)
def test_first_help_in_each_language(run: Run, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    """The titles of typer's panels, its Usage and its --help are in the user's language, and then English again."""
    monkeypatch.setenv("LOWBAND_LANG", language)
    screen = run("sync", "--help").out
    assert english_in(screen, language) == []
    for typers in ("Usage: ", "Show this message and exit."):
        assert typers.strip() not in screen
        assert say(typers).strip() in " ".join(screen.replace("│", " ").split())
    monkeypatch.setenv("LOWBAND_LANG", "en")
    assert "Usage: lowband sync [OPTIONS] [COURSE]..." in run("sync", "--help").out


@pytest.mark.parametrize(
    "words",
    [
        ["show", "nothing"],
        ["publsh"],
        ["sync", "--budgt", "5MB"],
        ["sync", "--budget", "much"],
        ["sync", "--budget"],
        ["sync", "--every", "x"],
        ["hub", "serve", "x", "--port", "99999"],
        ["export", "pensions"],
        ["join", "ftp://example.org"],
        ["join", "https://"],
        ["join", "nowhere"],
        ["join", "http://127.0.0.1:9/"],
        ["courses", "too", "many"],
    ],
)
def test_refusals_are_one_line_of_french(french: Run, words: list[str]) -> None:
    """Wrong use that typer finds and errors of lowband alike: one line, an exit code, no English."""
    answer = french(*words)
    assert answer.code != 0
    assert answer.err.count("\n") == 1
    assert answer.err.startswith("lowband: ")
    assert english_in(answer.err, "fr") == []
    assert not re.search(r"\b(the|is|not|such|of|and|for|invalid|missing|required|argument\.)\b", answer.err)


def test_a_story_in_french(french: Run, published: Path, depot: Path, tmp_path: Path) -> None:
    """New, publish, join, sync, courses, status, show, search, export, doctor: French throughout."""
    own = str(tmp_path / "own")
    screens = [
        french("catalogue", "new", own, "--name", "Ministère"),
        french("publish", str(published / "v1"), "--to", own, "--course", "pensions"),
        french("publish", str(published / "v1"), "--to", own, "--course", "pensions"),
        french("catalogue", "keys", own),
        french("catalogue", "delegate", own, "anna", "--courses", "tax-*"),
        french("join", str(depot), "--yes"),
        french("sync", "--budget", "900"),
        french("sync"),
        french("sync"),
        *(french(*words.split()) for words in ("courses", "status", "show pensions", "show pensions 2", "doctor")),
        french("search", "xyzzy"),
        french("export", "pensions", str(tmp_path / "out")),
    ]
    told = "\n".join(s.out + s.err for s in screens)
    assert english_in(told, "fr") == []
    assert "l'édition 2 est là (" in told
    assert not re.search(r"\d\.\d [kKM]", told)


def test_numbers_have_the_decimal_sign_of_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comma in all three, octets in French."""
    shown = []
    for language in LANGUAGES:
        monkeypatch.setenv("LOWBAND_LANG", language)
        shown.append((amount(934), amount(3600)))
    bytes_ = ("934 B", "3,6 kB")
    assert shown == [("934 B", "3.6 kB"), ("934 o", "3,6 ko"), bytes_, bytes_]


@pytest.mark.parametrize(
    ("language", "typed", "agrees"),
    [("fr", "oui", True), ("fr", "O", True), ("pt", "sim", True), ("es", "Sí", True), ("en", "y", True), *MORE_ANSWERS],
)
def test_a_yes_is_said_in_the_users_language(
    monkeypatch: pytest.MonkeyPatch, language: str, typed: str, agrees: bool
) -> None:
    """Her own yes counts, and the English one everywhere; the end of the input is a no."""
    monkeypatch.setenv("LOWBAND_LANG", language)
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed and typed + "\n"))
    assert agreed("?") is agrees


def test_reasons_from_below_are_french(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason with facts in it, one within another, one of the system: known again by its template."""
    monkeypatch.setenv("LOWBAND_LANG", "fr")
    cases: list[tuple[LowbandError, str]] = [
        (SourceError(name="c", detail="it holds more than 9 files"), "il contient plus de 9 fichiers"),
        (
            SourceError(name="c", detail="it cannot be read (Permission denied)"),
            "il ne peut pas être lu (accès refusé)",
        ),
        (UnreachableError(depot="d", detail="[Errno 111] Connection refused"), "connexion refusée (erreur 111)"),
        (FormatError("head", "not in order"), "pas dans l'ordre"),
        (UsageError(detail="lowband show: No such option: --x"), "lowband show: l'option --x n'existe pas"),
    ]
    for error, reason in cases:
        assert reason in error.line(say)


def test_names_are_not_taken_for_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A course called `size` keeps its name; a reason nobody knows is shown as it came."""
    monkeypatch.setenv("LOWBAND_LANG", "fr")
    assert say("{name} is not on this device", name="size") == "size n'est pas sur cet appareil"
    assert "record n'est pas signé" not in UsageError(detail="size").line(say)
    assert UsageError(detail="SQLITE_BUSY").line(say).startswith("SQLITE_BUSY ;")


@given(st.text(max_size=40))
def test_any_reason_can_be_shown(text: str) -> None:
    """No text, braces and brackets included, breaks a message."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOWBAND_LANG", "es")
        assert UsageError(detail=text).line(say).endswith("; no se cambió nada; ver --help")

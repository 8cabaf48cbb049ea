"""The document's sections are replaced one by one, and figures that were not measured are dashes."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from bench import corpora, tables

A = "<!-- bench:a -->\nold a\n<!-- /bench:a -->"
B = "<!-- bench:b -->\nold b\n<!-- /bench:b -->"
DOCUMENT = f"# T\n\nintro\n\n## A\n\n{A}\n\nbetween\n\n{B}\nend\n"


def test_replace_touches_its_own_section_only() -> None:
    """Every byte outside the two markers stays as it was."""
    fresh = tables.replace(DOCUMENT, "a", "A", "new\n")
    assert fresh == DOCUMENT.replace("old a", "new")


def test_replace_twice_is_replace_once() -> None:
    """Writing the same section again changes nothing."""
    once = tables.replace(DOCUMENT, "b", "B", "new")
    assert tables.replace(once, "b", "B", "new") == once


def test_a_new_section_goes_to_the_end_with_its_title() -> None:
    """A section that the document lacks is added after all others."""
    assert tables.replace(DOCUMENT, "c", "C", "new").endswith(
        "end\n\n## C\n\n<!-- bench:c -->\nnew\n<!-- /bench:c -->\n"
    )


def test_table_is_markdown_with_numbers_to_the_right() -> None:
    """Title, header, rule, rows and notes; a bar inside a cell is escaped."""
    text = tables.Table("T", ("step", "bytes"), (("a|b", "1"),), ("said",)).markdown()
    assert text == "### T\n\n| step | bytes |\n| --- | ---: |\n| a\\|b | 1 |\n\n- said\n"


def test_what_was_not_measured_is_a_dash() -> None:
    """Missing figures give dashes in numbers, ratios and verdicts."""
    assert tables.number(None) == tables.ratio(None, 3) == tables.ratio(1, 0) == tables.verdict(None, 1) == "–"
    assert (tables.number(1234), tables.ratio(1, 3)) == ("1,234", "0.333")
    assert (tables.verdict(1.0, 1.0), tables.verdict(1.1, 1.0)) == ("met", "missed")


def test_section_names_date_machine_and_tools() -> None:
    """A section says when, on what kind of machine and by which versions."""
    text = tables.section((), ("zstd 1.5",), datetime.date(2026, 1, 2))
    assert text.startswith("Measured 2026-01-02 on ")
    assert "cores" in text
    assert "zstd 1.5." in text


def test_absent_corpora_are_no_courses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where there are no corpora there are no courses, and nothing fails."""
    monkeypatch.setenv("LOWBAND_CORPORA", str(tmp_path / "none"))
    assert corpora.courses() == ()


def test_corpora_are_found_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """LOWBAND_CORPORA names the folder; editions come in the order of their numbers, steps between neighbours."""
    for edition in ("v2", "v10", "v1", "notes"):
        (tmp_path / "python-lesson" / edition).mkdir(parents=True)
    monkeypatch.setenv("LOWBAND_CORPORA", str(tmp_path))
    (course,) = corpora.courses()
    assert [edition.name for edition in course.editions] == ["v1", "v2", "v10"]
    assert [step.name for step in course.steps()] == ["python-lesson v1-v2", "python-lesson v2-v10"]


def test_changed_counts_added_altered_and_removed_entries(tmp_path: Path) -> None:
    """One of each and one untouched entry make three changes."""
    before, after = {"same": "s", "gone": "g", "alter": "1"}, {"same": "s", "alter": "2", "add": "a"}
    contents = {f"old/{name}": text for name, text in before.items()} | {
        f"new/{name}": text for name, text in after.items()
    }
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert corpora.changed(tmp_path / "old", tmp_path / "new") == 3

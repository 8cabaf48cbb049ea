"""docs/threats.md says of each threat which test shows it, and says it truly."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "threats.md").read_text("utf-8")
ROW = re.compile(r"^\| (T\d\d) \|.*\| ([^|]*) \|$", re.MULTILINE)


def test_every_threat_has_one_row() -> None:
    """T01 to T54, in order, each once."""
    assert [name for name, _ in ROW.findall(PAGE)] == [f"T{n:02}" for n in range(1, 55)]


def test_every_test_that_the_page_names_exists() -> None:
    """No row points to a file that is not there."""
    named = re.findall(r"`(tests/[^`…]*)`", PAGE)
    assert named
    assert [path for path in named if not (REPOSITORY / path).is_file()] == []


def test_every_test_of_a_threat_is_on_the_page() -> None:
    """A file tests/threats/test_tNN_….py is named in the row of its threat."""
    cells = dict(ROW.findall(PAGE))
    files = sorted(Path(__file__).parent.glob("test_t[0-9][0-9]_*.py"))
    missing = [f.name for f in files if f"`tests/threats/{f.name}`" not in cells[f.name[5:8].upper()]]
    assert missing == []

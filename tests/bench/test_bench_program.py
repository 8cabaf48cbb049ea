"""Programs are measured from outside: their code, outputs, seconds and peak memory."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import corpora, made
from bench.program import measured


def python(code: str) -> tuple[str, ...]:
    """A command that runs a line of Python."""
    return (sys.executable, "-S", "-c", code)


def test_peak_memory_is_the_childs_own() -> None:
    """A child that touches 100 MB shows them; one that does nothing shows far less, however large its parent is."""
    ballast = bytearray(200 << 20)
    small, large = measured(python("pass"), {}, 30), measured(python("b = b'x' * (100 << 20)"), {}, 30)
    assert len(ballast) > small.peak
    assert small.peak < 40 << 20
    assert 100 << 20 < large.peak < 140 << 20


def test_outputs_code_and_seconds_are_reported() -> None:
    """Both streams, the exit code and the time come back."""
    run = measured(python("import sys,time; time.sleep(0.3); print('{\"a\": 1}'); sys.exit('bad')"), {}, 30)
    assert (run.code, run.answer(), run.err.strip()) == (1, {"a": 1}, "bad")
    assert 0.3 <= run.seconds < 2


def test_a_run_beyond_its_time_is_stopped() -> None:
    """After its time a run is killed and has no code."""
    run = measured(python("import time; time.sleep(60)"), {}, 0.5)
    assert run.code is None


@pytest.mark.parametrize("lessons", [10, 250])
def test_made_courses_are_the_same_every_time(tmp_path: Path, lessons: int) -> None:
    """The same figures make the same course."""
    made.text_course(tmp_path / "one", lessons)
    made.text_course(tmp_path / "two", lessons)
    assert corpora.fingerprint(tmp_path / "one") == corpora.fingerprint(tmp_path / "two")
    assert len(corpora.digests(tmp_path / "one")) == lessons


def test_large_course_has_its_size_and_its_revision_changes_a_part(tmp_path: Path) -> None:
    """3 MB asked are 3 MB made, within a tenth; a revision changes some entries and leaves most."""
    made.large_course(tmp_path, 3_000_000)
    before = corpora.digests(tmp_path)
    assert sum((tmp_path / name).stat().st_size for name in before) == pytest.approx(3_000_000, rel=0.1)
    made.revise(tmp_path, 2)
    after = corpora.digests(tmp_path)
    assert 0 < sum(before[name] != after[name] for name in before) < len(before) / 2

"""The tools beside lowband really work over a line that is cut, so that their figures mean something."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench import corpora, line, tables, tools
from bench.shaper import Line

CUT_OFTEN = Line(down_kbit=400, up_kbit=400, delay=0.02, cut_every=0.7, down_for=0.2)
SIZE = 60_000


def test_curl_goes_on_where_it_was_cut(tmp_path: Path) -> None:
    """60 kB at 50 kB/s with a cut every 0.7 s arrive whole, each byte once, after more than one start."""
    if tools.version("curl") is None or tools.version("nginx") is None:
        pytest.skip("curl and nginx are needed")
    packed = tmp_path / "archive" / "course.tar.zst"
    packed.parent.mkdir()
    packed.write_bytes(os.urandom(SIZE))
    (tmp_path / "work").mkdir()
    got = line.by_curl(packed, tmp_path / "work", 30, CUT_OFTEN)
    assert (tmp_path / "work" / "got").read_bytes() == packed.read_bytes()
    assert (got.useful, got.share) == (SIZE, 1.0)
    assert got.twice is not None
    assert got.twice < SIZE / 10
    assert got.starts >= 2
    assert got.cuts >= 1


def test_rsync_partial_arrives_over_a_line_that_is_cut(tmp_path: Path) -> None:
    """The folder arrives whole; what is of use is never more than what came down."""
    if tools.version("rsync") is None:
        pytest.skip("rsync is needed")
    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "work").mkdir()
    for name in ("a", "b", "c"):
        (source / name).write_bytes(os.urandom(400_000))
    # rsync keeps literal data by 32 KiB: a connection that carries less leaves nothing, so this line is faster.
    got = line.by_rsync(source, tmp_path / "work", 30, replace(CUT_OFTEN, down_kbit=4000, cut_every=1.6))
    assert corpora.fingerprint(tmp_path / "work" / "got") == corpora.fingerprint(source)
    assert got.useful <= got.down
    assert got.share == 1.0


def test_a_tool_is_tried_until_its_time_is_over(tmp_path: Path) -> None:
    """A command that fails is started again until the time is up; one that hangs is stopped."""
    fails, hangs = (sys.executable, "-S", "-c", "raise SystemExit(1)"), ("sleep", "60")
    assert line.keep_trying((fails,), dict(os.environ), 2.5, tmp_path / "log") in {2, 3}
    assert line.keep_trying((hangs,), dict(os.environ), 0.3, tmp_path / "log") == 1


def test_table_judges_lowband_only() -> None:
    """Lowband meets the target with nine tenths and no byte twice; the others are shown without a verdict."""
    good = line.Outcome("lowband", 100, 1000, 960, 1, 950, 0, 0.5, 2)
    twice = line.Outcome("lowband", 100, 1000, 960, 1, 950, 7, 0.5, 2)
    other = line.Outcome("curl -C -", 100, 1000, 900, 1, 800, 3, 0.4, 2)
    rows = line.table({"c": [good, twice, other]}, 180).rows
    assert [row[7] for row in rows] == ["met", "missed", tables.DASH]
    assert len({len(row) for row in rows} | {len(line.table({}, 1).columns)}) == 1

"""Amounts, rates, quiet hours, rests."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowband.cli.console import amount, duration
from lowband.cli.options import parse_amount, parse_rate
from lowband.cli.watching import MOST_REST, QuietHours, rest_after
from lowband.errors import UsageError


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("5MB", 5_000_000),
        ("300 kB", 300_000),
        ("1.5M", 1_500_000),
        ("1,5M", 1_500_000),
        ("64KiB", 65_536),
        ("900", 900),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, count: int) -> None:
    """Decimal units, binary ones with an i, comma or point."""
    assert parse_amount(text) == count


@pytest.mark.parametrize(
    ("text", "rate"), [("64kbit/s", 8000), ("64kbit", 8000), ("1Mbit/s", 125_000), ("8kB/s", 8000)]
)
def test_rates_are_bits_or_bytes(text: str, rate: float) -> None:
    """A line is sold in bits and counted in bytes."""
    assert parse_rate(text) == rate


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_wrong_use(text: str) -> None:
    """Nothing else is raised."""
    with suppress(UsageError):
        assert parse_amount(text) >= 0


def test_amounts_and_spans_are_shown_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three figures and a unit."""
    monkeypatch.setenv("LOWBAND_LANG", "en")
    assert [amount(n) for n in (999, 1000, 78_432, 999_600, 2_000_000_000)] == [
        "999 B",
        "1.0 kB",
        "78.4 kB",
        "1.0 MB",
        "2.0 GB",
    ]
    assert [duration(s) for s in (0, 59.6, 200, 7500)] == ["0 s", "1 min 0 s", "3 min 20 s", "2 h 5 min"]


def test_quiet_hours_run_over_midnight() -> None:
    """From ten in the evening to six: minutes left from any moment."""
    night = QuietHours.parse("22:00-06:00")
    assert [night.left(m) for m in (21 * 60 + 59, 22 * 60, 0, 5 * 60 + 59, 6 * 60)] == [0, 480, 360, 1, 0]


def test_rests_grow_and_stop_growing() -> None:
    """Backoff doubles up to an hour, spread so that an office's devices do not come at once."""
    rests = [rest_after(n, 0.5) for n in range(2000)]
    assert rests[:3] == [5.0, 10.0, 20.0]
    assert max(rests) == MOST_REST
    assert rest_after(3, 0.0) < rest_after(3, 1.0)

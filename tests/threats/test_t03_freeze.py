"""T03: a mirror that always shows the same head locks nobody out; it makes a dated banner."""

from __future__ import annotations

from lowband.model.trust import Head
from lowband.trust.chain import DAY, best_now, staleness
from tests.trust.world import NOON, World, device_of


def test_one_head_for_400_days_is_accepted_every_day() -> None:
    """The clock decides nothing: the same head is taken on each of 400 days, and is stale from day 31 on."""
    files, device = World().make(), device_of(World())
    head = Head.parse(files.head)[0]
    for day in range(400):
        device.take(files)
        over = staleness(head, NOON + day * DAY + 1)
        assert over == (None if day < 30 else day - 30)


def test_the_last_second_of_the_valid_days_is_fresh() -> None:
    """Thirty days to the second are within thirty days."""
    head = Head.parse(World().make().head)[0]
    assert staleness(head, NOON + 30 * DAY) is None
    assert staleness(head, NOON + 30 * DAY + 1) == 0


def test_a_clock_in_the_past_counts_from_the_last_verified_date() -> None:
    """A clock of 1970 cannot make an old head look fresh: the newest verified date is the least possible now."""
    device = device_of(World())
    device.take(World(seq=2, issued=NOON + 90 * DAY).make())
    old = Head.parse(World().make().head)[0]
    assert staleness(old, 0) is None
    assert staleness(old, best_now(0, device.seen.floor)) == 60


def test_a_clock_ahead_is_taken_at_its_word() -> None:
    """A clock later than every verified date is used as it is."""
    assert best_now(NOON + 5, NOON) == NOON + 5

"""Which bundle to take next: the cheapest path by bytes from what is here to the newest edition.

1. Pure: records in, a hop out. Earlier records are asked for only when no offer leads straight on.
2. From nothing is always a path; it wins whenever it is the cheapest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lowband.model.trust import Offer, Record

FARTHEST = 40  # records walked back at most; each costs some 300 B


@dataclass(frozen=True, slots=True)
class Hop:
    """Take `offer`, which leads to `record`'s edition; `total` bytes lie between here and the newest edition."""

    record: Record
    offer: Offer
    total: int


def next_hop(newest: Record, here: int, earlier: Callable[[Record], Record | None]) -> Hop | None:
    """The first hop from edition `here` (0 = nothing) towards `newest`; None when it is here.

    `earlier` answers the record before a record, or None when it cannot be had.
    """
    if here == newest.edition:
        return None
    full = Hop(newest, newest.offers[0], newest.offers[0].length)
    straight = next((o for o in newest.offers if o.base == here and here > 0), None)
    if straight is not None:
        return min(full, Hop(newest, straight, straight.length), key=lambda hop: hop.total)
    if here == 0 or here > newest.edition or newest.edition - here > FARTHEST:
        return full
    paths = _paths(_records(newest, here, earlier), here, newest)
    return min([full, *paths], key=lambda hop: hop.total)


def _records(newest: Record, here: int, earlier: Callable[[Record], Record | None]) -> list[Record]:
    found = [newest]
    while found[-1].edition > here + 1:
        before = earlier(found[-1])
        # Numbers that do not fall would be a walk without end, made by whoever signs the course.
        if before is None or before.edition >= found[-1].edition or before.course != newest.course:
            break
        found.append(before)
    return found[::-1]


def _paths(records: list[Record], here: int, newest: Record) -> list[Hop]:
    """The cheapest path over deltas, as its first hop; empty when there is none."""
    cost = {here: 0}
    first: dict[int, tuple[Record, Offer]] = {}
    for record in records:  # editions rise, so one pass settles each
        ways = [(cost[o.base] + o.length, o) for o in record.offers if o.base in cost and o.base > 0]
        if ways:
            cost[record.edition], offer = min(ways, key=lambda way: way[0])
            first[record.edition] = first.get(offer.base, (record, offer))
    if newest.edition not in first:
        return []
    return [Hop(*first[newest.edition], cost[newest.edition])]

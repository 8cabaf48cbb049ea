"""Where in a bundle the next bytes are wanted.

1. Pure: what is known of the bundle in, the next step and the run of bytes around it out.
2. Only layers that were asked for are wanted; later parts are wanted while groups of theirs are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lowband.bundle.format import First, GroupLine, Part


@dataclass(frozen=True, slots=True)
class Step:
    """The next thing to verify: group `number`, or a later part when `group` is None."""

    number: int
    start: int
    length: int
    digest: bytes
    group: GroupLine | None


def steps(first: First, first_length: int, parts: tuple[Part, ...], layers: frozenset[int]) -> Iterator[Step]:
    """Every step that is known now, in the bundle's order; done or not."""
    at, number = first_length, 0
    missing = sum(first.layers[n].stored for n in layers)
    known = (first.part, *parts)
    for place, part in enumerate(known):
        for line in part.groups:
            if line.layer in layers:
                missing -= line.length
                yield Step(number, at, line.length, line.digest, line)
            at += line.length
            number += 1
        if place == len(known) - 1 and part.next_length and missing > 0:
            yield Step(place, at, part.next_length, part.next_hash, None)
        at += part.next_length


def wanted(
    first: First, first_length: int, parts: tuple[Part, ...], layers: frozenset[int], done: frozenset[int]
) -> list[Step]:
    """The steps still to take, in order."""
    return [s for s in steps(first, first_length, parts, layers) if s.group is None or s.number not in done]


def run_end(todo: list[Step], total: int, everything: bool) -> int:
    """Up to where bytes are wanted without a gap from the first step on: the end of one request.

    With every layer wanted and nothing done out of order, that is the end of the bundle (`total` bytes).
    """
    end = todo[0].start
    for step in todo:
        if step.start != end:
            return end
        end += step.length
    return total if everything else end

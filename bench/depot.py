"""What the files of a depot are, told by their bytes as `docs/format.md` lays them out.

1. A depot is read as a folder, from outside the program: what is counted here is what any reader of the format finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.wire import Traffic
from lowband.bundle.format import First, Part
from lowband.model.depot import object_name
from lowband.model.trust import Offer, Record

KINDS = {b"LBH1": "head", b"LBR1": "root", b"LBS1": "state", b"LBD1": "delegations", b"LBC1": "record"}
OVERHEAD = ("head", "root", "state", "delegations", "record")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one sync brought down, by kind of file; `described` is the part of the bundles that is not groups."""

    kinds: dict[str, int]
    described: int
    refused: int
    requests: int

    @property
    def bundle(self) -> int:
        return self.kinds.get("bundle", 0)

    @property
    def other(self) -> int:
        """All bytes of bodies that were not a bundle's, refusals included."""
        return sum(self.kinds.get(kind, 0) for kind in OVERHEAD) + self.refused

    @property
    def metadata(self) -> int:
        """What the budget of an update counts: everything but the groups."""
        return self.other + self.described


def kind(path: Path) -> str:
    """The kind of a depot's file: one of OVERHEAD, else `bundle`, of which only the first file has a magic."""
    with path.open("rb") as source:
        return KINDS.get(source.read(4), "bundle")


def fetched(depot: Path, traffic: Traffic) -> Fetched:
    """Sort a run's distinct bytes by what they were."""
    kinds: dict[str, int] = {}
    described = 0
    for url, count in traffic.by_path().items():
        name = url.partition("?")[0].strip("/")
        what = kind(depot / name)
        kinds[what] = kinds.get(what, 0) + count
        if what == "bundle":
            described += description(depot, name)
    refused = sum(answer.body for answer in traffic.answers if answer.status >= 400)
    return Fetched(kinds, described, refused, traffic.requests)


def records(depot: Path) -> Iterator[Record]:
    """Every course record in the depot."""
    for path in sorted(depot.rglob("*")):
        if path.is_file() and kind(path) == "record":
            yield Record.parse(path.read_bytes())[0]


def description(depot: Path, name: str) -> int:
    """Bytes of a bundle's parts: all of it that is not groups; 0 when the name is no bundle's first file."""
    for record in records(depot):
        for offer in record.offers:
            if object_name(offer.part_hash) == name:
                return _parts(depot / name, offer)
    return 0


def _parts(bundle: Path, offer: Offer) -> int:
    with bundle.open("rb") as source:
        first = First.parse(source.read(offer.part_length))
        total, part = offer.part_length, first.part
        while part.next_length:
            source.seek(part.stored, 1)
            total += part.next_length
            part = Part.parse(source.read(part.next_length), len(first.layers))
    return total

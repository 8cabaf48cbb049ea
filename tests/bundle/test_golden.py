"""Depots of every format that was ever released are read for ever (F14)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.model.depot import HEAD
from lowband.model.edition import Listing
from tests.world import Device, Files

GOLDEN = sorted(p for p in (Path(__file__).parents[1] / "golden").glob("format-*") if p.is_dir())


def _depot(folder: Path, moment: int) -> Files:
    """The golden depot as it was at a moment."""
    root = folder / "depot"
    files = {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    return {**files, HEAD: (folder / f"head-{moment}").read_bytes()}


def _wanted(folder: Path) -> list[dict[str, dict[str, str]]]:
    found: list[dict[str, dict[str, str]]] = json.loads((folder / "digests.json").read_text())
    return found


def _digests(device: Device) -> dict[str, dict[str, str]]:
    """Digests of what is here, made anew from its bytes."""
    out: dict[str, dict[str, str]] = {}
    for c in device.store.courses.all():
        assert device.whole(c.name)
        layers = device.store.courses.layers(c.key)
        listings: dict[str, Listing] = {y: device.store.courses.listing(c.key, y) for y in layers}
        out[c.name] = {y: listing.digest().hex() for y, listing in listings.items()}
    return out


def test_there_is_a_golden_depot() -> None:
    """Format 1 has one."""
    assert [p.name for p in GOLDEN] == ["format-1"]


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda p: p.name)
def test_every_moment_from_every_earlier_one(folder: Path) -> None:
    """From nothing and from each moment to each later one: the digests are those of the day it was made."""
    wanted, tried = _wanted(folder), 0
    for start in range(-1, len(wanted)):
        for end in range(max(start, 0), len(wanted)):
            device = Device().join(_depot(folder, end))
            for moment in [start, end] if start >= 0 else [end]:
                report = device.sync(_depot(folder, moment))
                assert [c.problem for c in report.courses if c.problem] == []
                assert _digests(device) == wanted[moment]
            device.store.close()
            tried += 1
    print(f"F14: {folder.name}: ways {tried}")
    assert tried > 10


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda p: p.name)
def test_step_by_step_and_as_a_plain_folder(folder: Path) -> None:
    """All moments one after the other; the last one through the folder carrier, as it lies there."""
    wanted = _wanted(folder)
    device = Device().join(FolderCarrier(folder / "depot"))
    for moment in range(len(wanted)):
        device.sync(_depot(folder, moment))
        assert _digests(device) == wanted[moment]
    device.sync(FolderCarrier(folder / "depot"))
    assert _digests(device) == wanted[-1]


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda p: p.name)
def test_every_kind_of_prefix_and_of_put_is_in_it(folder: Path) -> None:
    """The delta spelled by hand is the one that a device takes, and it has every kind there is."""
    from lowband.bundle.format import First, NewRun, NewSlice, OldRun, OldSlice, Preamble, Prefix
    from lowband.model.depot import object_name
    from lowband.model.trust import Record
    from tests.world_depots import Listed

    wanted = _wanted(folder)
    device = Device().join(_depot(folder, 0))
    device.sync(_depot(folder, len(wanted) - 2))
    depot = Listed(_depot(folder, len(wanted) - 1))
    device.sync(depot)
    record = device.store.courses.named("kinds").record
    assert isinstance(record, Record)
    offer = next(o for o in record.offers if o.base == 1)
    assert depot.bytes_of(object_name(offer.part_hash)) == offer.length
    data = depot.files[object_name(offer.part_hash)]
    at, found = offer.part_length, set[type[Prefix]]()
    for line in First.parse(data[:at]).part.groups:
        found |= {type(item) for item in Preamble.parse(data[at : at + line.length])[0].prefix}
        at += line.length
    assert found == {OldRun, OldSlice, NewRun, NewSlice}

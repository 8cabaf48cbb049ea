"""T01 on a device: whatever file of a depot is forged, nothing of it is installed, and the edition here still opens."""

from __future__ import annotations

import pytest

from lowband.model.depot import HEAD, object_name
from tests.world import Files, device_at, noise, pensions, sha
from tests.world_depots import Listed
from tests.world_forge import full, group, put, rehead, relined, signed_record

OLD, NEW = 3, 4
FORGERIES = ["noise", "empty", "longer", "another object", "a bit"]


def _forged(kind: str, name: str, files: Files) -> bytes:
    content = files[name]
    other = next(c for n, c in sorted(files.items()) if n != name and c != content)
    made = {"noise": noise(1, len(content)), "empty": b"", "longer": content + b"x", "another object": other}
    return made.get(kind, bytes([content[0] ^ 4]) + content[1:])


@pytest.mark.parametrize("kind", FORGERIES)
def test_every_file_of_the_depot_forged_in_turn(kind: str) -> None:
    """One file is another: the device has the old edition or, by a way round it, the new one; never anything else."""
    made = pensions().editions
    before, after = made[OLD - 1], made[NEW - 1]
    files = dict(after.depot)
    tried = 0
    for name in sorted(files):
        device = device_at(OLD)
        forged = {**files, name: _forged(kind, name, files)}
        device.sync(forged)
        device.restart()
        assert device.tree("pensions") in (before.files, after.files)
        assert device.edition("pensions") in (OLD, NEW)
        assert device.whole("pensions")
        tried += 1
    print(f"T01: files forged: {tried}")
    assert tried > 10


def test_a_bundle_that_nobody_signed_is_not_even_asked_for() -> None:
    """A bundle beside the signed ones, under its own hash, is never looked at."""
    made = pensions().editions[NEW - 1]
    offer, data = full({"x.md": b"x"}, [group([put("x.md", b"x")])]).made(NEW)
    depot = Listed({**made.depot, object_name(offer.part_hash): data})
    device = device_at(OLD)
    device.sync(depot)
    assert depot.bytes_of(object_name(offer.part_hash)) == 0
    assert device.tree("pensions") == made.files


@pytest.mark.parametrize("kind", ["stranger", "head", "root", "delegations"])
def test_a_record_signed_by_a_stranger_or_as_something_else_installs_nothing(kind: str) -> None:
    """Head and state are right; the record's signature is of another key, or of another kind of object."""
    shared = pensions()
    world = shared.again()
    offer, data = full({"x.md": b"x"}, [group([put("x.md", b"x")])]).made(6)
    newest = shared.editions[-1].record
    record = type(newest)("pensions", 6, 1, 0, b"", (offer,))
    key = world.catalogue.delegations.publishers[0].key
    forged = record.body() + bytes(64) if kind == "stranger" else signed_record(world, record, key, kind)
    objects = {object_name(sha(forged)): forged, object_name(offer.part_hash): data}
    files = rehead(world, relined(world, "pensions", forged, 6), files=world.files | objects)
    device = device_at(5)
    depot = Listed(files)
    report = device.sync(depot)
    assert [c.problem.code for c in report.courses if c.problem] == ["E-TRUST"]
    assert depot.bytes_of(object_name(offer.part_hash)) == 0
    assert device.tree("pensions") == shared.editions[-1].files


def test_a_head_that_is_not_signed_changes_nothing() -> None:
    """The newest head with its signature zeroed: the depot is named, the old word stays."""
    made = pensions().editions
    head = made[NEW - 1].depot[HEAD]
    device = device_at(OLD)
    report = device.sync({**made[NEW - 1].depot, HEAD: head[:-64] + bytes(64)})
    assert [s.problem.code for s in report.sources if s.problem] == ["E-TRUST"]
    assert device.tree("pensions") == made[OLD - 1].files

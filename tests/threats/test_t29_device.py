"""T29 on a device: what a newer lowband wrote is refused by that name, and not one byte of it is rewritten."""

from __future__ import annotations

import sqlite3

import pytest

from lowband.errors import VersionError
from lowband.model.depot import HEAD, object_name, root_name
from lowband.store.store import Store
from tests.world import Device, Files, device_at, pensions, quick_folder, sha, synced
from tests.world_forge import full, group, put, rehead, relined, secret_of


def test_a_newer_store_is_refused_and_left_as_it_is() -> None:
    """The file's bytes are the same afterwards, whether it was opened to read or to write."""
    path = quick_folder() / "store.db"
    path.write_bytes(synced(3))
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA journal_mode=DELETE")
    base.execute("PRAGMA user_version=2")
    base.close()
    before = path.read_bytes()
    for read_only in (True, False):
        with pytest.raises(VersionError) as refusal:
            Store(path, read_only=read_only)
        assert refusal.value.code == "E-VERSION"
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["store.db"]


def _newer(files: Files, name: str) -> Files:
    content = files[name]
    return {**files, name: content[:3] + b"2" + content[4:]}


def _judged(files: Files) -> list[str]:
    """The codes of a sync from edition 3; edition and store content must be as before."""
    device = device_at(3)
    rows = device.store.db.all("SELECT * FROM entry") + device.store.db.all("SELECT id, sha FROM blob")
    words = device.store.db.all("SELECT root, head, state FROM catalogue")
    report = device.sync(files)
    assert device.tree("pensions") == pensions().editions[2].files
    assert rows == device.store.db.all("SELECT * FROM entry") + device.store.db.all("SELECT id, sha FROM blob")
    found = [s.problem.code for s in report.sources if s.problem] + [
        c.problem.code for c in report.courses if c.problem
    ]
    if not report.courses:
        assert words == device.store.db.all("SELECT root, head, state FROM catalogue")
    return found


def test_a_newer_head_is_refused_by_name() -> None:
    """Format 2 in the head's first bytes."""
    assert _judged(_newer(pensions().files, HEAD)) == ["E-VERSION"]


def test_a_newer_state_under_a_good_head_is_refused_by_name() -> None:
    """The head is right, its state of a later format."""
    world = pensions().again()
    assert _judged(rehead(world, b"LBS2" + b"whatever comes")) == ["E-VERSION"]


def test_a_newer_record_is_refused_by_name() -> None:
    """The record is signed by the publisher and of a later format."""
    from lowband.trust.sign import sign

    world = pensions().again()
    body = b"LBC2" + b"whatever comes"
    secret = secret_of(world, world.catalogue.delegations.publishers[0].key)
    record = body + sign(secret, "record", world.catalogue.id, body)
    files = rehead(world, relined(world, "pensions", record, 6), files=world.files | {object_name(sha(record)): record})
    assert _judged(files) == ["E-VERSION"]


def test_a_newer_bundle_is_refused_by_name() -> None:
    """Record and hash are right, the bundle of a later format."""
    world = pensions().again()
    offer, data = full({"x.md": b"x"}, [group([put("x.md", b"x")])]).made(6)
    newer = b"LBB2" + data[4:]
    name = sha(newer[: offer.part_length])
    world.carrier.write(object_name(name), iter([newer]))
    made = type(offer)(0, offer.length, offer.part_length, name)
    world.catalogue.publish_record("pensions", 6, [made], world.now)
    assert _judged(world.files) == ["E-VERSION"]


def test_a_newer_root_is_refused_when_joining() -> None:
    """Joining a catalogue of a later format says so, and joins nothing."""
    device = Device()
    with pytest.raises(VersionError):
        device.join(_newer(pensions().files, root_name(1)))
    assert device.store.catalogues.all() == []

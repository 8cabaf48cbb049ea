"""T09 on a device: a stolen publisher's key works until it is revoked; then nothing it signed is taken."""

from __future__ import annotations

from lowband.model.depot import object_name
from tests.world import Device, World, device_at, pensions, sha
from tests.world_forge import full, group, put, rehead, relined, signed_record


def _revoked() -> tuple[World, bytes]:
    world = pensions().again()
    key = world.catalogue.delegations.publishers[0].key
    world.catalogue.revoke("main", world.now + 5)
    return world, key


def test_after_the_revocation_the_installed_copy_opens_and_is_flagged() -> None:
    """The course's record is by a revoked key: flagged, refused for newcomers, readable where it is installed."""
    world, _ = _revoked()
    device = device_at(5)
    report = device.sync(world.files)
    assert [c.problem.code for c in report.courses if c.problem] == ["E-REVOKED"]
    device.restart()
    assert device.tree("pensions") == pensions().editions[4].files
    assert device.store.courses.named("pensions").flag == "E-REVOKED"
    new = Device().join(world.files)
    new.sync(world.files)
    assert new.tree("pensions") == {}


def test_records_by_the_old_key_new_and_back_dated_are_refused() -> None:
    """Whatever date and number the thief writes."""
    world, key = _revoked()
    offer, data = full({"x.md": b"evil"}, [group([put("x.md", b"evil")])]).made(6)
    for edition, issued in ((6, 1 << 39), (6, 0), (5, 0), (1, 0), (1 << 60, 1)):
        record = type(pensions().editions[0].record)("pensions", edition, issued, 0, b"", (offer,))
        forged = signed_record(world, record, key)
        objects = {object_name(sha(forged)): forged, object_name(offer.part_hash): data}
        files = rehead(world, relined(world, "pensions", forged, edition), files=world.files | objects)
        device = device_at(5)
        report = device.sync(files)
        assert [c.problem.code for c in report.courses if c.problem] == ["E-REVOKED"]
        assert device.tree("pensions") == pensions().editions[4].files


def test_the_registrars_older_list_does_not_bring_the_key_back() -> None:
    """A thief with the head key too shows the delegations from before the revocation: a rollback."""
    world, _ = _revoked()
    device = device_at(5)
    device.sync(world.files)
    old = pensions().catalogue.state
    files = rehead(world, old, seq=world.catalogue.head.seq + 1)
    report = device.sync(files)
    assert [s.problem.code for s in report.sources if s.problem] == ["E-ROLLBACK"]
    assert device.store.courses.named("pensions").flag == "E-REVOKED"


def test_signed_again_by_another_the_flag_is_lifted_and_the_thiefs_numbers_count_no_more() -> None:
    """The thief had run the numbers up to 1,000; after the revocation edition 6 by the new publisher is taken."""
    world = pensions().again()
    key = world.catalogue.delegations.publishers[0].key
    files = {"x.md": b"evil"}
    offer, data = full(files, [group([put("x.md", b"evil")])]).made(1000)
    record = type(pensions().editions[0].record)("pensions", 1000, 1, 0, b"", (offer,))
    forged = signed_record(world, record, key)
    objects = {object_name(sha(forged)): forged, object_name(offer.part_hash): data}
    device = device_at(5)
    device.sync(rehead(world, relined(world, "pensions", forged, 1000), files=world.files | objects))
    assert device.tree("pensions") == files
    world.catalogue.refresh_head(world.now + 1)
    world.catalogue.revoke("main", world.now + 5)
    world.catalogue.delegate("bea", None, ["*"], world.now + 6)
    world.catalogue.sign_again(["pensions"], world.now + 7, "bea")
    report = device.sync(world.files)
    assert [c.problem for c in report.courses] == [None]
    assert device.tree("pensions") == pensions().editions[4].files
    assert device.store.courses.named("pensions").flag == ""

"""T08 on a device: with the head key alone a thief can freeze and hide, and install nothing."""

from __future__ import annotations

from dataclasses import replace

from lowband.model.depot import object_name
from lowband.model.trust import Delegations, Publisher, Record
from lowband.trust.sign import public_of, sign
from tests.world import Device, device_at, pensions, sha
from tests.world_depots import Listed
from tests.world_forge import full, group, put, rehead, relined

THIEF = bytes(range(32))


def test_a_record_of_the_thiefs_installs_nothing() -> None:
    """Her own record and bundle under a rightly signed head: no byte of the bundle is fetched, here or by newcomers."""
    world = pensions().again()
    offer, data = full({"x.md": b"evil"}, [group([put("x.md", b"evil")])]).made(6)
    body = Record("pensions", 6, 1, 0, b"", (offer,)).body()
    forged = body + sign(THIEF, "record", world.catalogue.id, body)
    objects = {object_name(sha(forged)): forged, object_name(offer.part_hash): data}
    files = rehead(world, relined(world, "pensions", forged, 6), files=world.files | objects)
    for device in (device_at(5), Device().join(files)):
        before = device.tree("pensions")
        depot = Listed(files)
        report = device.sync(depot)
        assert [c.problem.code for c in report.courses if c.problem] == ["E-TRUST"]
        assert depot.bytes_of(object_name(offer.part_hash)) == 0
        assert device.tree("pensions") == before
        assert b"evil" not in device.path.read_bytes()


def test_delegations_of_the_thiefs_install_nothing() -> None:
    """She lists her own key as the publisher: the registrar did not sign that, so the depot is set aside."""
    world = pensions().again()
    listed = Delegations(99, (Publisher("main", public_of(THIEF), ("*",)),))
    data = listed.body() + sign(THIEF, "delegations", world.catalogue.id, listed.body())
    state = replace(world.catalogue.state, delegations_length=len(data), delegations_hash=sha(data))
    files = rehead(world, state, files=world.files | {object_name(sha(data)): data})
    device = device_at(5)
    report = device.sync(files)
    assert [s.problem.code for s in report.sources if s.problem] == ["E-TRUST"]
    assert device.tree("pensions") == pensions().editions[4].files


def test_hiding_a_course_deletes_nothing() -> None:
    """A state without the course: what is here stays and opens."""
    world = pensions().again()
    device = device_at(5)
    device.sync(rehead(world, replace(world.catalogue.state, courses=())))
    device.restart()
    assert device.tree("pensions") == pensions().editions[4].files


def test_two_heads_for_one_number_are_kept_as_proof() -> None:
    """A second truth under a number that was seen: refused, and the head itself is kept, even if it is gone at once."""
    world = pensions().again()
    head = world.catalogue.head
    files = rehead(world, replace(world.catalogue.state, courses=()), seq=head.seq)
    device = device_at(5)
    depot = Listed(files)
    report = device.sync(depot, Listed(world.files, "good"))
    assert [s.problem.code for s in report.sources if s.problem] == ["E-TWO-HEADS"]
    assert device.store.catalogues.proof(world.catalogue.id) == files["head"]
    assert [name for name, _, _ in depot.asked].count("head") == 1
    assert device.tree("pensions") == pensions().editions[4].files

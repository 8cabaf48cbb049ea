"""T07 on a device: a publisher's signature on a course that is not hers installs nothing."""

from __future__ import annotations

import pytest

from lowband.model.depot import object_name
from tests.world import World, device_at, pensions, sha
from tests.world_depots import Listed
from tests.world_forge import full, group, put, rehead, relined, signed_record


def _with_ana() -> tuple[World, bytes]:
    world = pensions().again()
    key = world.catalogue.delegate("ana", None, ["pensions-new", "tax-*", "ensions"], world.now + 1)
    return world, key


@pytest.mark.parametrize("course", ["pensions", "pension", "pensions-news", "tax"])
def test_a_course_outside_her_scope_is_refused_by_name(course: str) -> None:
    """Her key signs the course and the near matches of it: refused, naming her and the course; no bundle is fetched."""
    world, key = _with_ana()
    offer, data = full({"x.md": b"x"}, [group([put("x.md", b"x")])]).made(9)
    record = type(pensions().editions[0].record)(course, 9, 1, 0, b"", (offer,))
    forged = signed_record(world, record, key)
    objects = {object_name(sha(forged)): forged, object_name(offer.part_hash): data}
    files = rehead(world, relined(world, course, forged, 9, publisher=1), files=world.files | objects)
    device = device_at(5)
    depot = Listed(files)
    report = device.sync(depot)
    problem = next(c.problem for c in report.courses if c.id == course)
    assert problem is not None
    assert problem.code == "E-SCOPE"
    assert problem.facts["publisher"] == "ana"
    assert problem.facts["course"] == course
    assert depot.bytes_of(object_name(offer.part_hash)) == 0
    assert device.tree("pensions") == pensions().editions[4].files


def test_within_her_scope_she_publishes() -> None:
    """The same key on a course of hers is taken, so that the refusals above mean something."""
    world, key = _with_ana()
    offer, data = full({"x.md": b"x"}, [group([put("x.md", b"x")])]).made(9)
    record = type(pensions().editions[0].record)("tax-basics", 9, 1, 0, b"", (offer,))
    forged = signed_record(world, record, key)
    objects = {object_name(sha(forged)): forged, object_name(offer.part_hash): data}
    files = rehead(world, relined(world, "tax-basics", forged, 9, publisher=1), files=world.files | objects)
    device = device_at(5)
    device.sync(files)
    assert device.tree("tax-basics") == {"x.md": b"x"}

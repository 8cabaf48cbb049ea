"""T02 on a device: older heads, courses and roots are refused, however often, in any order, after any restart."""

from __future__ import annotations

import random

from lowband.model.depot import HEAD, object_name
from tests.world import World, device_at, lesson, pensions
from tests.world_forge import rehead, relined


def test_every_older_head_replayed_in_random_order_with_restarts() -> None:
    """Sixty replays of four older depots: each named as a rollback, not one byte of memory moved."""
    made = pensions().editions
    device, dice = device_at(5), random.Random(2)
    believed = device.store.catalogues.all()[0]
    for _ in range(60):
        report = device.sync(made[dice.randrange(4)].depot)
        assert [s.problem.code for s in report.sources if s.problem] == ["E-ROLLBACK"]
        if dice.random() < 0.5:
            device.restart()
        kept = device.store.catalogues.all()[0]
        assert (kept.head_bytes, kept.state_bytes, kept.root_bytes) == (
            believed.head_bytes,
            believed.state_bytes,
            believed.root_bytes,
        )
    assert device.tree("pensions") == made[4].files


def test_an_older_edition_under_a_newer_head_is_refused() -> None:
    """Whoever has the head key points the course at its genuine older record: refused, and the newer edition stays."""
    shared = pensions()
    world = shared.again()
    old = shared.editions[2]
    line = world.catalogue.state.line("pensions")
    assert line is not None
    name = next(n for n, c in old.depot.items() if n not in shared.editions[1].depot and c[:4] == b"LBC1")
    files = rehead(world, relined(world, "pensions", world.files[name], 3))
    device = device_at(5)
    for _ in range(3):
        report = device.sync(files)
        assert [c.problem.code for c in report.courses if c.problem] == ["E-ROLLBACK"]
        device.restart()
    assert device.tree("pensions") == shared.editions[4].files


def test_a_head_of_an_older_root_is_refused_after_a_rotation() -> None:
    """The keys were changed; the depot as it was before, root and head and all, is a rollback."""
    world = World()
    made = world.publish("a-course", {"01-a.md": lesson(1, 20)})
    before = dict(world.files)
    world.catalogue.rotate("head", world.now + 10)
    from tests.world import Device

    device = Device().join(before)
    device.sync(world.files)
    assert device.store.catalogues.all()[0].root.version == 2
    for _ in range(3):
        report = device.sync(before)
        assert [s.problem.code for s in report.sources if s.problem] == ["E-ROLLBACK"]
        device.restart()
    assert device.store.catalogues.all()[0].root.version == 2
    assert device.tree("a-course") == made.files
    assert object_name(world.catalogue.head.state_hash) in world.files
    assert before[HEAD] != world.files[HEAD]

"""T11 on a device: a thief runs the head's numbers to their end; a new root's epoch brings the device back."""

from __future__ import annotations

from lowband.model.wire import MAX_VARINT
from tests.world import Device, World, lesson
from tests.world_forge import rehead


def test_numbers_run_to_their_end_are_left_behind_by_a_new_epoch() -> None:
    """Seq 2^63-1 was seen; under the next root epoch 1, seq 1 counts as newer, and the old numbers never again."""
    world = World()
    world.publish("a-course", {"01-a.md": lesson(1, 20)})
    device = Device().join(world.files)
    stolen = rehead(world, world.catalogue.state, seq=MAX_VARINT)
    device.sync(stolen)
    head = device.store.catalogues.all()[0].head
    assert head is not None
    assert head.number == (0, MAX_VARINT)
    world.catalogue.rotate("head", world.now + 10)
    made = world.publish("a-course", {"01-a.md": lesson(2, 20)})
    device.restart()
    report = device.sync(world.files)
    assert [s.problem for s in report.sources] == [None]
    assert device.tree("a-course") == made.files
    head = device.store.catalogues.all()[0].head
    assert head is not None
    assert head.epoch == 1
    report = device.sync(stolen)
    assert [s.problem.code for s in report.sources if s.problem] == ["E-ROLLBACK"]

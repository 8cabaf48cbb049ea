"""T05 on a device: files that never end cost a bounded number of bytes, and never the edition that is here."""

from __future__ import annotations

import pytest

from lowband.model.depot import HEAD, object_name, root_name
from tests.world import Device, World, device_at, lesson, pensions, tiny
from tests.world_depots import Endless, Listed

SLACK = 64 << 10


class _OneEndless(Endless):
    """Only one file never ends."""

    def __init__(self, files: dict[str, bytes], which: str) -> None:
        super().__init__(files, which)
        self.which = which

    def read(self, file: str, start: int = 0, most: int | None = None):  # type: ignore[no-untyped-def]
        """See `Endless.read`."""
        return super().read(file, start, most) if file == self.which else Listed.read(_plain(self), file, start, most)


def _plain(depot: _OneEndless) -> Listed:
    plain = Listed(depot.files, depot.name)
    plain.ledger = depot.ledger
    return plain


@pytest.mark.parametrize("what", ["head", "state", "record", "bundle"])
def test_an_endless_file_ends_at_its_cap(what: str) -> None:
    """Head, state, record and bundle in turn: no more than the signed length (the head's cap) and 64 KiB come down."""
    made = pensions().editions[4]
    state = pensions().catalogue.head.state_hash
    line = pensions().catalogue.state.line("pensions")
    assert line is not None
    offer = next(o for o in made.record.offers if o.base == 4)
    name = {
        "head": HEAD,
        "state": object_name(state),
        "record": object_name(line.record_hash),
        "bundle": object_name(offer.part_hash),
    }[what]
    device = device_at(4)
    device.sync(_OneEndless(made.depot, name))
    assert device.down <= 2000 + offer.length + made.length() + 2 * SLACK
    assert device.tree("pensions") in (made.files, pensions().editions[3].files)


def test_an_endless_root_ends_at_its_cap() -> None:
    """The same for a root that a new head calls for."""
    world = World()
    world.publish("a-course", {"01-a.md": lesson(1, 20)})
    device = Device().join(world.files)
    device.sync(world.files)
    world.catalogue.rotate("head", world.now + 5)
    device.sync(_OneEndless(dict(world.files), root_name(2)))
    assert device.down <= 4096 + SLACK
    assert device.store.catalogues.all()[0].root.version == 1


def test_a_head_that_calls_for_a_billion_roots_costs_one_request() -> None:
    """The number in an unsigned head is a hint: the first root that is not there ends the walk."""
    from lowband.model.wire import varint

    made = tiny().editions[1]
    head = made.depot[HEAD]
    device = Device().join(made.depot)
    device.sync({**made.depot, HEAD: head[:4] + varint(1 << 40) + head[5:]})
    assert device.requests == 2

"""T14: a bundle whose publisher signed nonsense is refused, whatever the nonsense; the edition here stays.

Source: the cases of git's t5303 and t5324 (packs and deltas that lie), turned to lowband's groups.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from lowband.bundle.format import Move, NewRun, NewSlice, OldRun, OldSlice, Put, Table
from lowband.model.depot import object_name
from lowband.model.trust import Record
from lowband.model.wire import varint
from tests.world import Device, Edition, Files, World, lesson, sha
from tests.world_depots import Listed
from tests.world_forge import Bundle, core_of, delta, full, group, layer, publish, put, rehead, relined, signed_record


@cache
def _world() -> tuple[World, Edition, Files]:
    world = World()
    made = world.publish("a-course", {"01-a.md": lesson(1, 30), "02-b.md": lesson(2, 30), "03-c.md": lesson(3, 30)})
    return world, made, core_of(made)


def _piece(path: str, size: int, offset: int, length: int) -> tuple[Put, bytes]:
    return Put(path, 0, size, offset, length), bytes(length)


BASE = 5  # entries of the base's core: three lessons, the card, a plan
NEW = "04-new.md"
TEXT = b"# New\n"
ONE = put(NEW, TEXT)

GROUPS: dict[str, list[bytes]] = {
    "removes an entry that is not there": [group([ONE], Table((BASE,), (), (ONE[0],)))],
    "removes an entry far beyond the end": [group([ONE], Table((99_999,), (), (ONE[0],)))],
    "moves an entry that is not there": [group([ONE], Table((), (Move(BASE, "x.md"),), (ONE[0],)))],
    "puts the bytes of an entry that is not there": [group([(Put("", BASE, 6, 0, 6), TEXT)])],
    "prefix of entries past the end": [group([ONE], items=(OldRun(0, BASE - 1, 2),), prefix=b"x" * 99)],
    "prefix of no entry": [group([ONE], items=(OldRun(0, 0, 0),), prefix=b"x" * 99)],
    "prefix run that begins past the end": [group([ONE], items=(OldRun(0, 1 << 35, 1),), prefix=b"x" * 99)],
    "prefix run that is endless": [group([ONE], items=(OldRun(0, 0, 1 << 35),), prefix=b"x" * 99)],
    "prefix slice of no entry": [group([ONE], items=(OldSlice(0, BASE, 0, 9),), prefix=b"x" * 9)],
    "prefix slice past its entry": [group([ONE], items=(OldSlice(0, 0, 1 << 30, 64),), prefix=TEXT * 30)],
    "prefix of a layer that is not there": [group([ONE], items=(OldRun(7, 0, 1),), prefix=b"x" * 99)],
    "prefix of its own pieces": [group([ONE], items=(NewRun(0, 0, 1),), prefix=TEXT * 30)],
    "prefix of later pieces": [group([ONE], items=(NewRun(0, 1, 1),), prefix=TEXT * 5), group([put("x.md", TEXT)])],
    "prefix slice of no piece": [group([ONE], items=(NewSlice(0, 9, 0, 30),), prefix=TEXT * 5)],
    "other prefix than it was made with": [
        group([put(NEW, lesson(1, 30))], items=(OldRun(0, 0, 1),), prefix=lesson(1, 30))
    ],
    "data after the puts": [group([ONE], data=TEXT + b"more")],
    "data shorter than the puts": [group([ONE], data=TEXT[:-1])],
    "table longer than the group": [group([ONE], table_length=1 << 20)],
    "table that ends early": [group([ONE], table_length=3)],
    "table with more puts than it has": [group(table=varint(0) + varint(0) + varint(90_000), data=b"")],
    "table with more removals than it has": [group(table=varint(90_000), data=b"")],
    "table with bytes after its end": [group(table=Table().encode() + b"\0", data=b"")],
    "table that removes one entry twice": [group(table=varint(2) + varint(0) + varint(0) + bytes(2), data=b"")],
    "table of an unknown kind of put": [group(table=bytes(2) + varint(1) + varint(9), data=b"")],
    "put without a path": [group(table=bytes(2) + varint(1) + bytes(3), data=b"")],
    "piece that begins in the middle": [group([_piece(NEW, 20, 10, 10)])],
    "piece out of order": [group([_piece(NEW, 30, 0, 10), _piece(NEW, 30, 20, 10)])],
    "piece twice": [group([_piece(NEW, 30, 0, 10), _piece(NEW, 30, 0, 10), _piece(NEW, 30, 20, 10)])],
    "piece of another size": [group([_piece(NEW, 30, 0, 10), _piece(NEW, 31, 10, 20)])],
    "piece past its entry": [
        group(table=_t, data=bytes(10))
        for _t in [bytes(2) + varint(1) + varint(2) + varint(9) + NEW.encode() + varint(30) + varint(25) + varint(10)]
    ],
    "pieces that never end": [group([_piece(NEW, 30, 0, 10), _piece(NEW, 30, 10, 10)])],
    "a piece of an entry put whole": [group([ONE, _piece(NEW, 12, 6, 6)])],
    "an entry larger than the format allows": [
        group(table=bytes(2) + varint(1) + varint(2) + varint(9) + NEW.encode() + varint(1 << 40) + bytes(2), data=b"")
    ],
    "nothing of what was promised": [group([put("other.md", b"other")])],
    "no groups at all": [],
}


def _judged(world: World, files: Files, tree: Files) -> str:
    """What a device that has edition 1 says of the world's newest; it must still open its own."""
    device = Device().join(files)
    device.sync(_world()[1].depot)
    assert device.tree("a-course", hidden=True) == tree
    report = device.sync(files)
    assert device.edition("a-course") == 1
    device.restart()
    assert device.tree("a-course", hidden=True) == tree
    assert device.whole("a-course")
    assert report.courses[0].problem is not None
    return report.courses[0].problem.code


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("kind", ["delta", "full"])
def test_a_hostile_bundle_is_refused(name: str, kind: str) -> None:
    """Each lie, in a delta and in the full bundle: one clear code, nothing installed."""
    shared, made, tree = _world()
    world = shared.again()
    after = {**tree, NEW: TEXT}
    bad_full = full(after, GROUPS[name])
    bundles = [bad_full] if kind == "full" else [bad_full, delta(made, after, GROUPS[name])]
    publish(world, "a-course", *bundles)
    assert _judged(world, world.files, tree) in {"E-FORMAT", "E-BASE", "E-LIMIT", "E-INTEGRITY"}


def test_a_hostile_delta_is_no_obstacle_to_a_good_full_bundle() -> None:
    """The delta is nonsense, the full bundle is right: the device takes that, and is whole."""
    shared, made, tree = _world()
    world = shared.again()
    after = {**tree, NEW: TEXT}
    good = full(after, [group([put(path, content) for path, content in after.items()])])
    publish(world, "a-course", good, delta(made, after, GROUPS["piece out of order"]))
    device = Device().join(world.files)
    device.sync(made.depot)
    report = device.sync(world.files)
    assert report.courses[0].problem is None
    assert device.tree("a-course", hidden=True) == after


def test_the_way_these_bundles_are_made_is_sound() -> None:
    """An honest delta made by the same hands is taken, so that the refusals above mean something."""
    shared, made, tree = _world()
    world = shared.again()
    after = {**tree, NEW: TEXT}
    hopeless = full(after, GROUPS["no groups at all"])
    padded = replace(hopeless, tail=bytes(50_000))  # so that the delta is the cheaper way
    publish(world, "a-course", padded, delta(made, after, [group([ONE])]))
    device = Device().join(world.files)
    device.sync(made.depot)
    assert device.sync(world.files).courses[0].problem is None
    assert device.tree("a-course", hidden=True) == after


FIRSTS: dict[str, Callable[[Bundle], Bundle]] = {
    "memory beyond the limit": lambda b: replace(b, memory=1 << 20),
    "needs that go in a circle": lambda b: replace(b, layers=tuple(replace(y, needs=(0,)) for y in b.layers)),
    "needs of a layer beyond the end": lambda b: replace(b, layers=tuple(replace(y, needs=(9,)) for y in b.layers)),
    "another result": lambda b: replace(b, layers=tuple(replace(y, result=bytes(len(y.result))) for y in b.layers)),
    "a group of a layer that is not there": lambda b: replace(b, groups=((3, b.groups[0][1]),)),
}


@pytest.mark.parametrize("name", FIRSTS)
def test_a_hostile_first_part_is_refused_or_harmless(name: str) -> None:
    """What describes the bundle lies: refused, or (a circle of needs) taken as far as it is true."""
    shared, _, tree = _world()
    world = shared.again()
    after = {**tree, NEW: TEXT}
    good = full(after, [group([put(path, content) for path, content in after.items()])])
    publish(world, "a-course", FIRSTS[name](good)) if name != "a group of a layer that is not there" else _raw(world)
    device = Device().join(world.files)
    device.sync(_world()[1].depot)
    report = device.sync(world.files)
    if name == "needs that go in a circle":
        assert device.tree("a-course", hidden=True) == after
        return
    assert report.courses[0].problem is not None
    assert device.tree("a-course", hidden=True) == tree


def _raw(world: World) -> None:
    """A first part that lists a group of layer 3 of 1."""
    good = full({NEW: TEXT}, [group([ONE])])
    offer, data = good.made(2)
    at = offer.part_length - 34 - len(varint(len(good.groups[0][1]))) + 1
    assert data[at - 1] == 0
    bad = data[: at - 1] + b"\3" + data[at:]
    name = sha(bad[: offer.part_length])
    world.carrier.write(object_name(name), iter([bad]))
    world.catalogue.publish_record("a-course", 2, [replace(offer, part_hash=name)], world.now)


def test_a_bundle_of_other_editions_than_its_record_says_is_refused() -> None:
    """The record offers a bundle of edition 2 as one that leads to edition 3."""
    shared, _, tree = _world()
    world = shared.again()
    offer, data = full({NEW: TEXT}, [group([ONE])]).made(7)
    world.carrier.write(object_name(offer.part_hash), iter([data]))
    world.catalogue.publish_record("a-course", 2, [offer], world.now)
    assert _judged(world, world.files, tree) == "E-FORMAT"


def test_a_bundle_that_goes_on_beyond_what_its_record_says_is_refused() -> None:
    """The record says it ends before its last group: no byte after that is asked for."""
    shared, _, tree = _world()
    world = shared.again()
    after = {**tree, NEW: TEXT}
    offer, data = full(after, [group([put(p, c) for p, c in tree.items()]), group([ONE])]).made(2)
    name = object_name(offer.part_hash)
    short = replace(offer, length=offer.length - len(group([ONE])))
    world.carrier.write(name, iter([data]))
    world.catalogue.publish_record("a-course", 2, [short], world.now)
    device = Device().join(world.files)
    depot = Listed(world.files)
    report = device.sync(depot)
    assert [c.problem.code for c in report.courses if c.problem] == ["E-FORMAT"]
    assert depot.bytes_of(name) <= short.length


def test_a_chain_of_records_that_does_not_fall_is_not_followed() -> None:
    """Five thousand earlier records that all say edition 3: the device asks for a few, not for all."""
    shared, made, _ = _world()
    world = shared.again()
    offer = made.record.offers[0]
    key = world.catalogue.delegations.publishers[0].key
    length, digest = 0, b""
    data = b""
    files: Files = {}
    for n in range(5000):
        record = Record("a-course", 3 if n < 4999 else 4, n, length, digest, (offer,))
        data = signed_record(world, record, key)
        files[object_name(sha(data))] = data
        length, digest = len(data), sha(data)
    hostile = rehead(world, relined(world, "a-course", data, 4), files=world.files | files)
    device = Device().join(world.files)
    device.sync(made.depot)
    depot = Listed(hostile)
    device.sync(depot)
    assert len(depot.asked) < 60
    assert device.edition("a-course") == 1


def test_layers_of_one_bundle_that_lean_on_one_another_in_a_circle() -> None:
    """Two layers that need each other are both taken, in the bundle's order, and never twice."""
    shared, _, tree = _world()
    world = shared.again()
    lines = (layer("core", tree, needs=(1,)), layer("full", {"x.mp4": TEXT}, needs=(0,)))
    groups = ((0, group([put(p, c) for p, c in tree.items()])), (1, group([put("x.mp4", TEXT)])))
    publish(world, "a-course", Bundle(0, lines, groups))
    device = Device().join(world.files)
    assert device.sync(world.files).courses[0].problem is None
    assert device.tree("a-course", hidden=True) == {**tree, "x.mp4": TEXT}

"""T12: bad mirrors in any order and number neither stop a good one nor leave anything behind."""

from __future__ import annotations

from itertools import permutations

from lowband.carriers.base import Carrier
from lowband.model.depot import HEAD
from tests.world import Device, device_at, noise, pensions, tiny
from tests.world_depots import Changed, Dead, Endless, Listed, Slow
from tests.world_forge import rehead


def _bad() -> list[Carrier]:
    made, world = pensions().editions[4], pensions()
    two_truths = rehead(world.again(), world.catalogue.state, seq=world.catalogue.head.seq)
    return [
        Changed(made.depot, lambda name, c: c if name == HEAD else noise(1, len(c)), "garbage"),
        Listed(tiny().files, "another catalogue"),
        Endless(made.depot, "endless", least=600),
        Changed(made.depot, lambda name, c: two_truths.get(name, c) if name == HEAD else c[:-1], "cut short"),
    ]


def test_four_bad_mirrors_and_a_good_one_in_every_order() -> None:
    """120 orders: the edition comes each time, no bad one blocks it, each is judged by itself."""
    made, tried = pensions().editions[4], 0
    for order in permutations(range(5)):
        device = device_at(4)
        found = [Listed(made.depot, "good"), *_bad()]
        report = device.sync(*(found[n] for n in order))
        assert [c.problem for c in report.courses] == [None]
        assert device.tree("pensions") == made.files
        assert {s.address for s in report.sources if not s.problem} >= {"good"}
        tried += 1
    print(f"T12: orders {tried}")
    assert tried == 120


def test_nothing_of_a_bad_mirror_stays_in_the_store() -> None:
    """Bad mirrors alone, for days; then the good one costs as many bytes as it would have at first."""
    made = pensions().editions[4]
    fresh = device_at(4)
    fresh.sync(made.depot)
    price = fresh.down
    device = device_at(4)
    before = device.tree("pensions", hidden=True)
    for _ in range(5):
        device.sync(*(d for d in _bad() if d.name != "endless"), Dead(made.depot, "dead"))
        device.restart()
        assert device.tree("pensions", hidden=True) == before
        assert device.whole("pensions")
    device.sync(made.depot)
    assert device.tree("pensions") == made.files
    assert device.down <= price


def test_a_mirror_that_gives_right_bytes_and_then_wrong_ones_costs_one_group_each_time() -> None:
    """Its good groups are kept; the wrong bytes are dropped and come from the other mirror."""
    made = pensions().editions[4]
    name = max(made.depot, key=lambda n: len(made.depot[n]))
    half = len(made.depot[name]) // 2
    bad = Changed(made.depot, lambda n, c: c[:half] + noise(5, len(c) - half) if n == name else c, "half")
    good = Listed(made.depot, "good")
    device = Device().join(made.depot)
    report = device.sync(bad, good)
    assert [c.problem for c in report.courses] == [None]
    assert {s.address: s.problem.code for s in report.sources if s.problem} == {"half": "E-INTEGRITY"}
    assert device.tree("pensions") == made.files
    assert good.bytes_of(name) < len(made.depot[name])


def test_a_slow_mirror_first_among_many_does_not_hold_the_others() -> None:
    """One slow, one dead, one good: within seconds of the clock."""
    made = pensions().editions[4]
    device = device_at(3)
    start = device.clock.at
    device.sync(Slow(made.depot, 350), Dead(made.depot, "dead"), Listed(made.depot, "good"))
    assert device.tree("pensions") == made.files
    assert device.clock.at - start < 10

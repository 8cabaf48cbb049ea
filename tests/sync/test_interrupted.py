"""The way down when it is cut, killed, limited or fed by bad depots: nothing twice, nothing lost, nothing wrong."""

from __future__ import annotations

from itertools import permutations

import pytest

from lowband.errors import BudgetSpent, LowbandError
from lowband.model.depot import HEAD, object_name
from lowband.store.store import Store
from lowband.sync.fetch import Downloader
from tests.world import NOON, Clock, Device, Edition, Files, device_at, pensions, tiny
from tests.world_depots import Changed, Cut, Dead, Listed, Once, Slow, flipped


def _bundles(made: Edition) -> list[str]:
    return [object_name(o.part_hash) for o in made.record.offers]


def _tiny_device() -> tuple[Device, Edition]:
    made = tiny().editions[1]
    return Device().join(made.depot), made


def test_a_line_cut_after_every_single_byte() -> None:
    """All but the head arrives one byte at a time, over a line that drops after each; every byte is fetched once."""
    device, made = _tiny_device()
    depot = Cut(made.depot, 1, whole=HEAD)
    report = device.sync(depot, only=["tiny"])
    names = {str(file) for file, _, _ in depot.asked}
    twice = device.down - sum(len(made.depot[name]) for name in names)
    print(f"F7: cut after every byte: {depot.cuts} cuts; bytes fetched twice: {twice}")
    assert twice == 0
    assert depot.cuts > 900
    assert [c.problem for c in report.courses] == [None]
    assert device.tree("tiny") == made.files
    assert depot.bytes_of(_bundles(made)[0]) == made.length()


def test_one_cut_at_every_place_of_a_whole_sync() -> None:
    """Wherever in a sync the line drops once, the same sync goes on by itself, and only small objects come again."""
    device, made = _tiny_device()
    sizes = len(made.depot[HEAD]) + 900 + made.length()
    tried = 0
    for at in range(len(made.depot[HEAD]), sizes, 23):
        device, _ = _tiny_device()
        depot = Once(made.depot, at)
        report = device.sync(depot)
        tried += 1
        assert not [c.problem for c in report.courses if c.problem] or depot.left is None
        if any(c.problem for c in report.courses) or not report.courses:
            device.sync(depot)
        assert device.tree("tiny") == made.files
    print(f"cuts tried: {tried}")
    assert tried > 20


class _Stop(Exception):
    """The program ends here."""


@pytest.mark.parametrize("start", [0, 3])
def test_a_stop_between_any_two_steps(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program ends after step n, for all n; the next one goes on there, and no byte of a bundle comes twice."""
    made = pensions().editions[3]
    original = Downloader._take
    count = [0]

    def stopping(self: Downloader, way: object, buffer: object) -> bool:
        count[0] -= 1
        if count[0] == 0:
            raise _Stop
        return original(self, way, buffer)  # type: ignore[arg-type]

    monkeypatch.setattr(Downloader, "_take", stopping)
    tried = 0
    for stop in range(1, 200):
        device = device_at(start)
        depot = Listed(made.depot, step=1500)
        count[0] = stop
        try:
            device.sync(depot)
        except _Stop:
            tried += 1
            device.restart()
            assert device.tree("pensions") == pensions().editions[2].files or start == 0
            count[0] = 0
            device.sync(depot)
        assert device.tree("pensions") == made.files
        # What had not reached the disk comes again: here less than one chunk.
        fetched = sum(depot.bytes_of(name) for name in set(_bundles(made)))
        assert fetched <= made.length(start) + 1500
        if count[0] > 0:
            break
    print(f"stops tried: {tried}")
    assert tried >= 2


def test_a_budget_stops_at_its_byte_and_says_what_is_left() -> None:
    """Never a byte more than allowed; what is left shrinks to nothing over many small runs; nothing comes twice."""
    device, made = device_at(0), pensions().editions[4]
    depot = Listed(made.depot)
    lefts: list[int] = []
    total = 0
    while device.edition("pensions") == 0:
        report = device.sync(depot, budget=depot.ledger.down + 3000)
        course = report.courses[0]
        if course.problem:
            assert isinstance(course.problem, BudgetSpent)
            lefts.append(course.left)
        total = depot.ledger.down
        assert len(lefts) < 50
    assert lefts == sorted(set(lefts), reverse=True)
    assert lefts[-1] > 0
    assert depot.bytes_of(_bundles(made)[0]) == made.length()
    assert total < made.length() + 3000
    assert device.tree("pensions") == made.files


def test_a_budget_is_kept_to_the_byte() -> None:
    """For any budget above the bytes of head, state and delegations, no byte more is fetched."""
    made = pensions().editions[4]
    for budget in range(500, 12_000, 411):
        device = device_at(0)
        device.sync(made.depot, budget=budget)
        assert device.down <= budget


def _bad_depots(made: Edition, old: Files) -> list[Listed | Changed | Dead]:
    """Four bad ones: dead, behind, one with every bundle wrong, one with a wrong state."""
    state = object_name(pensions().catalogue.head.state_hash)
    bundles = set(_bundles(made))
    return [
        Dead(made.depot, "dead"),
        Listed(old, "behind"),
        Changed(made.depot, lambda name, c: c[:300] + bytes(len(c) - 300) if name in bundles else c, "zeros"),
        Changed(made.depot, flipped(state, 20), "state"),
    ]


def test_four_bad_depots_and_a_good_one_in_every_order() -> None:
    """Wherever the good one stands, the edition comes, whole; each bad one is named by what is wrong with it."""
    made, old = pensions().editions[4], pensions().editions[2].depot
    tried = 0
    for order in permutations(range(5)):
        device = device_at(3)
        found = [Listed(made.depot, "good"), *_bad_depots(made, old)]
        report = device.sync(*(found[n] for n in order))
        tried += 1
        assert [c.problem for c in report.courses] == [None]
        assert device.tree("pensions") == made.files
        problems = {s.address: s.problem.code for s in report.sources if s.problem}
        assert "good" not in problems
        assert problems["dead"] == "E-UNREACHABLE"
    print(f"orders tried: {tried}")
    assert tried == 120


def test_a_depot_that_is_behind_still_gives_its_content() -> None:
    """The web has the newest word but its bundles are slow to come; the stick, one edition behind, has some of them."""
    made = pensions().editions
    web = Listed({n: c for n, c in made[3].depot.items() if n not in _bundles(made[2])}, "web")
    stick = Listed(made[2].depot, "stick")
    device = device_at(0)
    device.sync(stick, budget=20_000)
    taken = stick.bytes_of(_bundles(made[2])[0])
    report = device.sync(web, stick)
    assert {s.address: s.problem.code if s.problem else None for s in report.sources}["stick"] == "E-ROLLBACK"
    assert device.tree("pensions") == made[3].files
    assert stick.bytes_of(_bundles(made[2])[0]) == made[2].length() or web.bytes_of(_bundles(made[3])[0]) > 0
    assert taken > 0


def test_the_newest_word_wins_whoever_brings_it() -> None:
    """Two depots, in both orders: the newer head is believed and its edition installed."""
    made = pensions().editions
    for order in ((0, 1), (1, 0)):
        device = device_at(1)
        depots = [Listed(made[2].depot, "old"), Listed(made[4].depot, "new")]
        device.sync(*(depots[n] for n in order))
        assert device.tree("pensions") == made[4].files


def test_a_depot_without_one_file_still_gives_the_others() -> None:
    """One bundle is gone or damaged on the only depot: that course waits, all other courses come."""
    world = tiny()
    record = world.catalogue.record("other")
    assert record is not None
    name = object_name(record.offers[0].part_hash)
    for broken in ({n: c for n, c in world.files.items() if n != name}, world.files | {name: bytes(300)}):
        device = Device().join(broken)
        report = device.sync(broken)
        assert {c.id: c.problem is None for c in report.courses} == {"other": False, "tiny": True}
        assert [s.problem is None for s in report.sources] == [False]


def test_a_line_that_drops_and_comes_back_is_no_problem_to_report() -> None:
    """After a sync that got all it wanted over a dropping line, no depot is blamed."""
    device, made = _tiny_device()
    report = device.sync(Cut(made.depot, 100, whole=HEAD))
    assert [c.problem for c in report.courses] == [None]
    assert [s.problem for s in report.sources] == [None]


def test_waits_between_tries_are_bounded() -> None:
    """A depot that is never there is given up within seconds, and the device says why."""
    device = device_at(3)
    clock = device.clock
    start = clock.at
    bundles = set(_bundles(pensions().editions[3]))
    files = pensions().editions[3].depot
    depot = Cut(files, 0, "gone")
    depot.files.update({n: c for n, c in files.items() if n not in bundles})
    report = device.sync(depot)
    assert report.fresh is False
    assert clock.at - start < 60
    assert device.tree("pensions") == pensions().editions[2].files


def test_a_slow_depot_gives_way_to_a_good_one_and_its_bytes_are_kept() -> None:
    """What the slow one brought is not fetched again from the good one."""
    device, made = device_at(0), pensions().editions[4]
    slow, good = Slow(made.depot, 600), Listed(made.depot, "good")
    report = device.sync(slow, good)
    assert [c.problem for c in report.courses] == [None]
    name = _bundles(made)[0]
    assert slow.bytes_of(name) > 0
    assert slow.bytes_of(name) + good.bytes_of(name) == made.length()


def test_a_wrong_base_takes_the_full_bundle() -> None:
    """A device whose layer is not what the delta starts from takes the whole edition instead, and is right again."""
    device, made = device_at(3), pensions().editions[3]
    device.store.db.run("UPDATE layer SET digest=? WHERE name='core'", bytes(32))
    report = device.sync(made.depot)
    assert [c.problem for c in report.courses] == [None]
    assert device.tree("pensions") == made.files
    assert device.whole("pensions")


def test_a_base_damaged_where_the_delta_leans_on_it_takes_the_full_bundle() -> None:
    """The listing is right but a byte under it is not: no wrong edition comes of it."""
    device, made = device_at(3), pensions().editions[3]
    rows = device.store.db.all("SELECT id, kept FROM piece")
    for piece, kept in rows:
        device.store.db.run("UPDATE piece SET kept=? WHERE id=?", kept[:-1] + bytes([kept[-1] ^ 1]), piece)
    device.restart()
    try:
        device.sync(made.depot)
    except LowbandError as problem:
        assert problem.code == "E-DAMAGED"  # noqa: PT017
    if device.edition("pensions") == 4:
        assert device.whole("pensions")


def test_a_device_whose_clock_is_wrong_syncs_as_well() -> None:
    """1970 or 2100: no date decides what is taken."""
    made = pensions().editions[4]
    for now in (0, NOON * 2):
        device = Device(clock=Clock(now)).join(made.depot)
        report = device.sync(made.depot)
        assert device.tree("pensions") == made.files
        assert (report.stale_days is not None) == (now > NOON)


def test_a_second_start_finds_what_the_first_one_kept() -> None:
    """Bytes kept by one process are those that the next one counts as here."""
    device, made = device_at(0), pensions().editions[4]
    device.sync(made.depot, budget=7000)
    device.store.close()
    with Store(device.path) as store:
        course = store.courses.named("pensions")
        fetch = store.fetches.of(course.key)
        assert fetch is not None
        assert fetch.needed() - fetch.left() > 0

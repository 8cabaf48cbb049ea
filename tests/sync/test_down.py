"""The way down when all is well: whole, cheapest, in learning order, and nothing twice."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from lowband.model.depot import HEAD, object_name
from lowband.sync.choice import Choice
from tests.world import ALL, CORE, Device, device_at, lesson, noise, pensions, sha, tiny
from tests.world_depots import Listed

EDITIONS = range(1, 6)


@pytest.mark.parametrize("start", [0, *EDITIONS])
@pytest.mark.parametrize("end", EDITIONS)
def test_from_any_edition_to_any_later_one(start: int, end: int) -> None:
    """A device at any edition, or at none, ends with exactly what the author published."""
    if end < start:
        return
    device, made = device_at(start), pensions().editions
    report = device.sync(made[end - 1].depot)
    assert [(c.start, c.end, c.problem) for c in report.courses] == [(start, end, None)]
    assert device.tree("pensions") == made[end - 1].files
    assert device.whole("pensions")


def test_nothing_new_is_one_request() -> None:
    """A device that is up to date asks for the head and for nothing else."""
    device = device_at(5)
    device.sync(pensions().files)
    assert (device.requests, device.down) == (1, len(pensions().files[HEAD]))


def test_every_byte_of_a_bundle_is_fetched_once() -> None:
    """What comes down is head, state, record and bundle, each once; the delegations are known."""
    world, device = pensions(), device_at(4)
    depot = Listed(world.files)
    device.sync(depot)
    record = world.editions[4].record
    offer = next(o for o in record.offers if o.base == 4)
    line = world.catalogue.state.line("pensions")
    assert line is not None
    head = world.catalogue.head
    sizes = [len(world.files[HEAD]), head.state_length, line.record_length, offer.length]
    assert device.down == sum(sizes)
    assert depot.bytes_of(object_name(offer.part_hash)) == offer.length


def test_the_cheapest_path_is_taken_over_several_hops() -> None:
    """From edition 2 to 5 no bundle leads straight; of all paths over deltas the cheapest is fetched."""
    world, device = pensions(), device_at(2)
    depot = Listed(world.files)
    device.sync(depot)
    ways = {(o.base, e.number): o for e in world.editions for o in e.record.offers if o.base}
    paths = [[2, *between, 5] for n in range(3) for between in combinations((3, 4), n)]
    costs = [sum(ways[step].length for step in pairwise(p)) for p in paths if all(s in ways for s in pairwise(p))]
    fetched = sum(depot.bytes_of(object_name(o.part_hash)) for e in world.editions for o in e.record.offers)
    assert len(costs) > 1
    assert fetched == min(costs) < world.editions[4].length()


def test_the_full_bundle_is_taken_when_it_is_smaller() -> None:
    """After a large film gave way to a short text, the whole course is less than the changes are worth."""
    world = tiny().again()
    world.publish("tiny", {f"{n}.md": lesson(n, 60) for n in range(30)})
    device = Device().join(world.files)
    device.sync(world.files)
    made = world.publish("tiny", {"1.md": b"# All gone\n"})
    assert made.length(0) < made.length(made.number - 1) + 100
    depot = Listed(world.files)
    device.sync(depot)
    cheapest = min(made.record.offers, key=lambda o: o.length if o.base in (0, made.number - 1) else 1 << 60)
    assert depot.bytes_of(object_name(cheapest.part_hash)) == cheapest.length
    assert device.tree("tiny") == made.files


def test_a_bundle_on_its_way_is_left_for_a_cheaper_way_or_finished() -> None:
    """A newer edition comes out in the middle: whatever is chosen, no byte is fetched twice, and the end is right."""
    world, made = pensions(), pensions().editions
    for budget in (900, 20_000, 46_000):
        device = device_at(0)
        first = Listed(made[3].depot)
        device.sync(first, budget=budget)
        second = Listed(world.files)
        report = device.sync(second)
        assert report.courses[0].problem is None
        assert device.tree("pensions") == made[4].files
        name = object_name(made[3].record.offers[0].part_hash)
        assert first.bytes_of(name) + second.bytes_of(name) <= made[3].length()


def test_a_newcomer_nearly_done_finishes_the_older_bundle_and_hops() -> None:
    """With 46 of 47 kB here, the rest and a small delta are cheaper than beginning the new full bundle."""
    made = pensions().editions
    device = device_at(0)
    device.sync(made[3].depot, budget=46_000)
    depot = Listed(made[4].depot)
    device.sync(depot)
    assert device.down < 6000
    assert device.tree("pensions") == made[4].files


def test_the_first_lesson_is_readable_before_the_rest_is_here() -> None:
    """With the first group of a newcomer's bundle its first lesson opens, while no edition is installed yet."""
    device, made = device_at(0), pensions().editions[4]
    full = made.published.made[-1]
    seen: list[int] = []
    metadata = 1200
    report = device.sync(made.depot, budget=full.first_lesson + metadata)
    assert report.courses[0].end == 0
    seen.append(len(device.tree("pensions")))
    assert device.tree("pensions")["01-lesson.md"] == made.files["01-lesson.md"]
    for budget in range(6000, 60_000, 8000):
        device.sync(made.depot, budget=budget)
        seen.append(len(device.tree("pensions")))
        assert all(made.files[path] == content for path, content in device.tree("pensions").items())
    assert all(a <= b for a, b in pairwise(seen))
    assert seen[-1] == len(made.files)


def test_the_old_edition_is_readable_until_the_switch() -> None:
    """At every report of progress of an update a reader sees the old edition, whole."""
    device, made = device_at(3), pensions().editions
    looks = 0

    def look(course: str, done: int, total: int) -> None:
        nonlocal looks
        looks += 1
        assert device.tree("pensions") == made[2].files

    device.progress = look
    device.sync(Listed(made[3].depot, step=50))
    assert looks > 5
    assert device.tree("pensions") == made[3].files


def test_equal_bytes_are_kept_once() -> None:
    """An entry copied to a second path costs no second blob, in one edition and from one course to the next."""
    device = device_at(2)
    count = "SELECT count(*) FROM blob WHERE sha=?"
    assert device.store.db.value(count, sha(noise(2, 3000))) == 1
    assert device.store.db.value("SELECT count(*) FROM blob") == len(
        {sha(content) for content in device.tree("pensions", hidden=True).values()}
    )


def test_switching_lets_go_of_what_no_edition_needs() -> None:
    """After an update the store holds the new edition's bytes and no others."""
    device = device_at(1)
    for made in pensions().editions[1:]:
        device.sync(made.depot)
        kept = {row[0] for row in device.store.db.all("SELECT sha FROM blob")}
        assert kept == {sha(content) for content in device.tree("pensions", hidden=True).values()}
    for table in ("fetch", "fetch_part", "fetch_group", "fetch_piece", "fetch_change", "spool"):
        assert device.store.db.value(f"SELECT count(*) FROM {table}") == 0


def test_core_only_then_everything_then_core_again() -> None:
    """Layers left out cost nothing; asked for later they come alone; no longer asked for they are let go."""
    made = pensions().editions[4]
    device = device_at(0)
    device.sync(made.depot, choice=CORE)
    texts = {path: content for path, content in made.files.items() if path.endswith(".md")}
    assert device.tree("pensions") == texts
    assert device.down < 8000
    device.sync(made.depot, choice=ALL)
    assert device.tree("pensions") == made.files
    assert device.down < made.published.made[-1].stored["full"] + 1000
    device.sync(made.depot, choice=CORE)
    assert device.tree("pensions") == texts
    assert device.whole("pensions")
    assert device.store.db.value("SELECT count(*) FROM blob WHERE size > 9000") == 0


def test_an_update_of_some_layers_brings_these_and_no_others() -> None:
    """A device without films pays nothing for a film that changed."""
    made = pensions().editions
    device = device_at(3, ("core",))
    depot = Listed(made[3].depot)
    device.sync(depot, choice=CORE)
    offer = next(o for o in made[3].record.offers if o.base == 3)
    assert 0 < depot.bytes_of(object_name(offer.part_hash)) < offer.length
    assert device.tree("pensions") == {p: c for p, c in made[3].files.items() if p.endswith(".md")}


def test_languages_are_taken_by_choice() -> None:
    """Who reads English pays for no French; French comes when it is asked for."""
    made = pensions().editions[4]
    device = device_at(0)
    device.sync(made.depot, choice=Choice(("core",), ("en",)))
    without = {p for p in made.files if p.endswith(".md") and not p.startswith("fr/")}
    assert set(device.tree("pensions")) == without
    device.sync(made.depot, choice=Choice(("core",), ("en", "fr")))
    assert set(device.tree("pensions")) == {p for p in made.files if p.endswith(".md")}
    device.sync(made.depot, choice=Choice(("core",), ("fr",)))
    assert {p for p in device.tree("pensions") if p.startswith("fr/")} == {p for p in made.files if p.startswith("fr/")}
    assert device.whole("pensions")


def test_a_course_that_fails_does_not_stop_the_others() -> None:
    """With the bundle of one course gone from the depot, the other course still comes, and the first is named."""
    world = tiny()
    files = dict(world.files)
    record = world.catalogue.record("other")
    assert record is not None
    del files[object_name(record.offers[0].part_hash)]
    device = Device().join(files)
    report = device.sync(files, files)
    problems = {c.id: c.problem.code if c.problem else None for c in report.courses}
    assert device.edition("tiny") == 2 or problems["tiny"] is not None
    assert problems["other"] == "E-MISSING"


def test_only_the_courses_named_are_synced() -> None:
    """Naming one course leaves the others for later."""
    device = Device().join(tiny().files)
    device.sync(tiny().files, only=["other"])
    assert (device.edition("other"), device.edition("tiny")) == (1, 0)

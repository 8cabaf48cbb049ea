"""What an update costs: lowband beside every other tool, for each step of the real courses, default and --exact.

1. Editions are really published and a device really syncs over HTTP from nginx; bytes are counted on the line.
2. The bundle is compared with the best peer; all else that was fetched is counted against its own budget.
3. A step's targets are those of the project; met or missed is said in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench import options, peers, tables, tools
from bench.corpora import Course, Step, changed
from bench.depot import Fetched, fetched
from bench.scene import EVERYTHING, heard, join, scene
from bench.shaper import Line

TITLE = "Updates"
# Bundle over best peer in default mode, at most; everywhere else and with --exact: 1.
TARGETS = {
    "incident-cards v1-v2": 0.3,
    "compliance-slides v1-v2": 0.6,
    "cloud-workshop v2-v3": 0.15,
    "python-lesson v1-v2": 0.96,
    "python-lesson v2-v3": 0.96,
    "python-lesson v3-v4": 0.96,
}
DOCUMENTS = ("incident-cards", "compliance-slides", "cloud-workshop")
DOCUMENTS_AVERAGE = 0.5
METADATA, METADATA_PER_ENTRY = 600, 6  # bytes


@dataclass(frozen=True, slots=True)
class Update:
    """One step in one mode: what came down, and what the program says came down."""

    step: Step
    exact: bool
    got: Fetched
    told: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One step: peers, both modes, how many entries changed."""

    step: Step
    costs: dict[str, int | None]
    default: Update
    exact: Update
    entries: int

    @property
    def best(self) -> int | None:
        return peers.best(self.costs)

    @property
    def budget(self) -> int:
        return METADATA + METADATA_PER_ENTRY * self.entries


def measure(course: Course, *, exact: bool) -> list[Update]:
    """Publish a course edition by edition; a device takes each as it comes."""
    updates: list[Update] = []
    with scene(exact=exact) as at, at.line(Line()) as line:
        device = at.device("one")
        at.publish(course.editions[0], course.name)
        join(device, line)
        device.run(*EVERYTHING, "--json")
        for step in course.steps():
            options.progress(step.name, "exact" if exact else "default")
            at.publish(step.new, course.name)
            since = len(line.talks)
            told = device.run(*EVERYTHING, "--json").answer().get("bytes_down")
            got = fetched(at.depot, heard(line, since))
            updates.append(Update(step, exact, got, told if isinstance(told, int) else None))
    return updates


def rows(course: Course, asked: options.Options) -> list[Row]:
    """All steps of a course, both modes and all peers."""
    both = zip(measure(course, exact=False), measure(course, exact=True), strict=True)
    made = []
    for default, exact in both:
        step = default.step
        options.progress(step.name, "peers")
        costs = peers.measure(step.old, step.new, asked.cache)
        made.append(Row(step, costs, default, exact, changed(step.old, step.new)))
    return made


def against_best(found: Sequence[Row]) -> tables.Table:
    """Bundle and best peer, with the targets."""
    columns = ("step", "best peer", "bundle", "ratio", "target", "", "bundle --exact", "ratio", "target", "")
    lines = []
    for row in found:
        most = TARGETS.get(row.step.name, 1.0)
        line = [row.step.name, tables.number(row.best)]
        for update, target in ((row.default, most), (row.exact, 1.0)):
            size = update.got.bundle
            share = size / row.best if row.best else None
            line += [tables.number(size), tables.ratio(size, row.best), f"{target:g}", tables.verdict(share, target)]
        lines.append(line)
    return tables.Table("The bundle against the best of the other tools, bytes", columns, lines, averages(found))


def averages(found: Sequence[Row]) -> list[str]:
    """Mean ratios in default mode: all steps, and courses with documents."""
    notes = []
    for name, wanted in (("all steps", None), ("courses with documents", DOCUMENTS)):
        chosen = [row for row in found if wanted is None or row.step.course in wanted]
        shares = [row.default.got.bundle / row.best for row in chosen if row.best]
        if shares:
            mean = sum(shares) / len(shares)
            most = f" (target {DOCUMENTS_AVERAGE}: {tables.verdict(mean, DOCUMENTS_AVERAGE)})" if wanted else ""
            notes.append(f"mean ratio over {name}, default: {mean:.3f}{most}")
    return notes


def all_peers(found: Sequence[Row]) -> tables.Table:
    """Every peer's bytes."""
    titles = [peer.title for peer in peers.PEERS]
    lines = [
        [
            row.step.name,
            *(tables.number(row.costs[title]) for title in titles),
            tables.number(row.default.got.bundle),
            tables.number(row.exact.got.bundle),
        ]
        for row in found
    ]
    recipes = [f"{peer.title}: {peer.recipe}" for peer in peers.PEERS]
    columns = ("step", *titles, "lowband", "lowband --exact")
    return tables.Table("All tools, same pairs, bytes", columns, lines, recipes)


def everything_else(found: Sequence[Row]) -> tables.Table:
    """What came down beside the bundle's groups, against the budget."""
    counted = ("head", "root", "state", "delegations", "record")
    last = ("refusals", "bundle's parts", "all", "changed entries", "budget", "", "requests")
    lines = []
    for row in found:
        for update in (row.default, row.exact):
            got = update.got
            kinds = [tables.number(got.kinds.get(kind, 0)) for kind in counted]
            lines.append(
                [
                    row.step.name,
                    "exact" if update.exact else "default",
                    *kinds,
                    tables.number(got.refused),
                    tables.number(got.described),
                    tables.number(got.metadata),
                    tables.number(row.entries),
                    tables.number(row.budget),
                    tables.verdict(got.metadata, row.budget),
                    str(got.requests),
                ]
            )
    columns = ("step", "mode", *counted, *last)
    return tables.Table("All else that was fetched, bytes", columns, lines, agreement(found))


def agreement(found: Sequence[Row]) -> list[str]:
    """Steps where the program's own count is not that of the line."""
    notes = ["head, root, state, delegations and record apart from the bundle; the bundle's parts are inside it"]
    for row in found:
        for update in (row.default, row.exact):
            seen = update.got.bundle + update.got.other
            if update.told != seen:
                notes.append(f"{row.step.name}: `sync --json` says {tables.number(update.told)}, the line {seen:,}")
    return notes


def main() -> None:
    """Measure, print, and write when asked."""
    asked = options.read(__doc__)
    if not options.can_measure(asked, "nginx"):
        return
    found = [row for course in asked.courses for row in rows(course, asked)]
    named = tools.named(*dict.fromkeys(peer.tool for peer in peers.PEERS if peer.tool))
    made = (against_best(found), all_peers(found), everything_else(found))
    tables.publish("updates", TITLE, made, named, write=asked.write)


if __name__ == "__main__":
    main()

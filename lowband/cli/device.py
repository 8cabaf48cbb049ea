"""Commands of participants: join a catalogue, sync."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lowband.cli.console import Out, agreed, amount
from lowband.cli.options import (
    LEAST_OF_MANY,
    LEAST_RATE,
    Json,
    StoreFile,
    now,
    open_depot,
    open_store,
    parse_amount,
    parse_rate,
)
from lowband.cli.reading import index_new
from lowband.cli.tongue import say
from lowband.cli.watching import QuietHours, watch
from lowband.errors import BudgetSpent, LowbandError, NotHereError, UsageError

if TYPE_CHECKING:
    from lowband.carriers.base import Carrier
    from lowband.store.catalogues import Catalogue
    from lowband.store.store import Store
    from lowband.sync.choice import Choice
    from lowband.sync.run import Report

DAY = 86_400


@dataclass(frozen=True, slots=True)
class _Ask:
    """What one sync was asked for."""

    budget: int | None  # bytes
    rate: float | None  # bytes a second
    timeout: float  # seconds
    courses: list[str]

    def open(self, address: str, others: bool = False) -> Carrier:
        """The carrier of a depot, as fast and as patient as asked; less patient when there are others to ask."""
        return open_depot(address, self.rate, self.timeout, LEAST_OF_MANY if others else LEAST_RATE)


def add_to(app: typer.Typer) -> None:
    """Add the participants' commands to `app`."""
    app.command()(join)
    app.command()(sync)


def join(
    depot: Annotated[str, typer.Argument(metavar="DEPOT", help="A folder, a stick's folder, or http(s)://…")],
    yes: Annotated[bool, typer.Option("--yes", help="Take its six words as they are, without asking.")] = False,
    store: StoreFile = None,
    as_json: Json = False,
) -> None:
    """Add a catalogue to this device, or one more depot of a catalogue that is here.

    Compare the six words with those on your institution's poster or letter: they are the catalogue's fingerprint.

    \b
    Examples:
      lowband join https://courses.example.org/depot
      lowband join /media/stick/depot
    """
    from lowband.sync.refresh import first_root
    from lowband.trust.words import words as six_words

    out = Out(as_json)
    carrier = open_depot(depot)
    address = depot if "://" in depot else str(Path(depot).resolve())
    with open_store(store) as device:
        catalogue, root = first_root(carrier, None)
        known = {c.id: c for c in device.catalogues.all()}
        words = six_words(catalogue)
        name = known[catalogue].root.name if catalogue in known else _name_of(root)
        if catalogue in known:
            device.catalogues.add_depot(catalogue, address)
            out.line("{name} is on this device already; {depot} is one more way to it.", name=name, depot=depot)
        else:
            out.line("{name}. Its six words:", name=name)
            out.line("    {words}", words=words)
            if not yes and not _confirmed(as_json):
                raise UsageError(detail=say("not joined; compare the six words first, then join again"))
            device.catalogues.join(catalogue, root, address)
            out.line("Joined. Next: lowband sync")
        out.result({"catalogue": catalogue.hex(), "name": name, "words": words, "depot": address})


def _name_of(root: bytes) -> str:
    from lowband.model.trust import Root

    return Root.parse(root)[0].name


def _confirmed(as_json: bool) -> bool:
    if as_json or not sys.stdin.isatty():
        raise UsageError(detail=say("nobody is there to compare the six words; add --yes to take them as they are"))
    return agreed(say("Are these the words on your institution's poster or letter?"))


def sync(
    courses: Annotated[list[str] | None, typer.Argument(metavar="[COURSE]...", help="Only these courses.")] = None,
    from_depot: Annotated[
        list[str] | None, typer.Option("--from", metavar="DEPOT", help="Ask this depot first, this time.")
    ] = None,
    budget: Annotated[str | None, typer.Option(help="Stop after so many bytes, such as 5MB.")] = None,
    layers: Annotated[
        str | None, typer.Option(help="What to take: core (texts, quizzes), lite, full (pictures, documents, media).")
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="Languages to take, such as fr or fr,en; all takes every one.")
    ] = None,
    max_rate: Annotated[str | None, typer.Option(help="At most so fast, such as 64kbit/s or 8kB/s.")] = None,
    timeout: Annotated[
        float, typer.Option(min=1, max=86_400, help="Seconds of silence after which a line counts as cut.")
    ] = 60.0,
    watch_on: Annotated[
        bool, typer.Option("--watch", help="Go on for days: wait for a connection, try again, look for news.")
    ] = False,
    quiet: Annotated[
        str | None, typer.Option("--quiet-hours", metavar="HH:MM-HH:MM", help="With --watch: rest at these hours.")
    ] = None,
    every: Annotated[
        int, typer.Option(min=1, max=100_000, help="With --watch: minutes between looks once all is here.")
    ] = 60,
    store: StoreFile = None,
    as_json: Json = False,
) -> None:
    """Bring courses up to date: the cheapest way by bytes, continued at the byte after any cut.

    The choice of --layers and --lang is remembered. Stop with Ctrl-C whenever you like: nothing is lost.

    \b
    Examples:
      lowband sync --budget 5MB
      lowband sync --layers core --lang fr
      lowband sync --watch --quiet-hours 08:00-17:00
    """
    out = Out(as_json)
    hours = QuietHours.parse(quiet) if quiet else None
    ask = _Ask(
        parse_amount(budget) if budget else None, parse_rate(max_rate) if max_rate else None, timeout, courses or []
    )

    def once() -> int:
        with open_store(store) as device, device.alone():
            choice = _choice(device, layers, lang)
            depots = _depots(device, from_depot or [], ask)
            return _run_all(out, device, depots, choice, ask)

    with _stopping():
        if watch_on:
            watch(once, out, hours, every * 60)
        else:
            raise SystemExit(once())


@contextmanager
def _stopping() -> Iterator[None]:
    """A polite kill is a Ctrl-C: what arrived is kept either way."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _choice(device: Store, layers: str | None, lang: str | None) -> Choice:
    from lowband.model.names import LAYERS, is_language

    if layers:
        kinds = [part.strip() for part in layers.split(",")]
        if any(kind not in LAYERS for kind in kinds):
            raise UsageError(detail=say("layers are core, lite and full, not {given}", given=layers))
        device.choose("layers", ",".join(kinds))
    if lang:
        tongues = [] if lang == "all" else [part.strip().lower() for part in lang.split(",")]
        if any(not is_language(tongue) for tongue in tongues):
            raise UsageError(detail=say("not a language: {given}", given=lang))
        device.choose("langs", ",".join(tongues))
    return choice_of(device)


def choice_of(device: Store) -> Choice:
    """The layers and languages that this device was told to take."""
    from lowband.sync.choice import Choice

    kinds = device.setting("layers", "core,lite,full").split(",")
    tongues = [t for t in device.setting("langs").split(",") if t]
    return Choice(tuple(kinds), tuple(tongues) or None)


def depots_of(device: Store) -> dict[bytes, list[str]]:
    """Addresses by catalogue, those that cost no bytes first."""
    return _depots(device, [], _Ask(None, None, 60.0, []))


def _depots(device: Store, first: list[str], ask: _Ask) -> dict[bytes, list[str]]:
    """Addresses by catalogue: those given now first, then folders and sticks (no bytes spent), then the others."""
    from lowband.sync.refresh import first_root

    catalogues = device.catalogues.all()
    if not catalogues:
        raise UsageError(detail=say("no catalogue on this device yet; begin with lowband join DEPOT"))
    found: dict[bytes, list[str]] = {c.id: [] for c in catalogues}
    for address in first:
        if len(catalogues) == 1:
            found[catalogues[0].id].append(address)
            continue
        catalogue, _ = first_root(ask.open(address), None)
        if catalogue not in found:
            raise UsageError(detail=say("{depot} is of a catalogue that was not joined", depot=address))
        found[catalogue].append(address)
    for depot in sorted(device.catalogues.depots(), key=lambda d: "://" in d.address):
        if depot.address not in found[depot.catalogue]:
            found[depot.catalogue].append(depot.address)
    return found


def _run_all(out: Out, device: Store, depots: dict[bytes, list[str]], choice: Choice, ask: _Ask) -> int:
    """Sync every catalogue; the exit code."""
    code, told = 0, []
    for catalogue in device.catalogues.all():
        report, ledger = _run(out, device, catalogue, depots[catalogue.id], choice, ask)
        code = code or _worst(report)
        told.append((report, ledger))
    index_new(device)
    out.result(_as_json(told))
    for name in sorted(set(ask.courses) - {c.id for report, _ in told for c in report.courses}):
        unknown = NotHereError(name=name)
        print(f"lowband: {unknown.line(say)} [{unknown.code}]", file=sys.stderr)
        code = code or unknown.exit_code
    return code


def _run(
    out: Out, device: Store, catalogue: Catalogue, addresses: list[str], choice: Choice, ask: _Ask
) -> tuple[Report, dict[str, int]]:
    from lowband.sync.run import Sync, Watcher
    from lowband.sync.sources import Budget, Source, Sources

    sources = Sources([Source(a, ask.open(a, len(addresses) > 1)) for a in addresses], Budget(ask.budget), time.sleep)
    tags = {depot.address: depot.tag for depot in device.catalogues.depots(catalogue.id)}
    for source in sources.all:
        source.carrier.unless = tags.get(source.address, "")
    try:
        with out.progress("fetching") as bar:
            watcher = Watcher(progress=lambda course, done, total: bar(done, total))
            run = Sync(device, sources, choice, now=now(), clock=time.monotonic, watcher=watcher)
            report = run.run(catalogue, ask.courses)
    finally:
        for source in sources.all:
            problem = source.problem.line(say) if source.problem else ""
            device.catalogues.set_problem(catalogue.id, source.address, problem)
            newest = device.catalogues.get(catalogue.id).head_bytes
            tag = source.carrier.tag if source.head == newest else ""
            if tag != tags.get(source.address, ""):
                device.catalogues.set_tag(catalogue.id, source.address, tag)
            source.carrier.close()
    down = sum(s.carrier.ledger.down for s in sources.all)
    ledger = {
        "bytes_down": down,
        "bytes_up": sum(s.carrier.ledger.up for s in sources.all),
        "requests": sum(s.carrier.ledger.requests for s in sources.all),
    }
    _show(out, report, down)
    return report, ledger


def _show(out: Out, report: Report, down: int) -> None:
    for c in report.courses:
        if isinstance(c.problem, BudgetSpent):
            out.line("{course}: {left} left of edition {edition}", course=c.id, left=amount(c.left), edition=c.newest)
        elif c.problem:
            print(f"{c.id}: {c.problem.line(say)} [{c.problem.code}]", file=sys.stderr)
        elif c.end != c.start:
            out.line("{course}: edition {edition} is here ({bytes})", course=c.id, edition=c.end, bytes=amount(c.bytes))
        elif c.bytes:
            out.line(
                "{course}: more of edition {edition} is here ({bytes})",
                course=c.id,
                edition=c.end,
                bytes=amount(c.bytes),
            )
    for source in report.sources:
        if source.problem:
            print(f"{source.address}: {source.problem.line(say)} [{source.problem.code}]", file=sys.stderr)
    if report.courses and all(c.end == c.newest and not c.bytes and not c.problem for c in report.courses):
        out.line("{name}: nothing new ({bytes})", name=report.name, bytes=amount(down))
    if report.stale_days is not None:
        out.line(
            "The newest word from {name} is {days} days overdue; what is here stays usable.",
            name=report.name,
            days=report.stale_days,
        )


def _worst(report: Report) -> int:
    for c in report.courses:
        if c.problem:
            return c.problem.exit_code
    if not report.fresh:
        problems: list[LowbandError] = [s.problem for s in report.sources if s.problem]
        return problems[0].exit_code if problems else 0
    return 0


def _as_json(told: list[tuple[Report, dict[str, int]]]) -> dict[str, Any]:
    total = {name: sum(ledger[name] for _, ledger in told) for name in ("bytes_down", "bytes_up", "requests")}
    courses = [
        {
            "id": c.id,
            "from": c.start,
            "to": c.end,
            "newest": c.newest,
            "bytes": c.bytes,
            "left": c.left,
            "error": c.problem.code if c.problem else None,
        }
        for report, _ in told
        for c in report.courses
    ]
    depots = [
        {"address": s.address, "error": s.problem.code if s.problem else None, "bytes_down": s.carrier.ledger.down}
        for report, _ in told
        for s in report.sources
    ]
    stale = {report.name: report.stale_days for report, _ in told if report.stale_days is not None}
    return {**total, "courses": courses, "depots": depots, "stale_days": stale}

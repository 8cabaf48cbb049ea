"""`lowband doctor`: verify everything, name what is damaged, fetch it again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lowband.cli.console import Out
from lowband.cli.device import choice_of, depots_of
from lowband.cli.options import Json, StoreFile, now, open_depot, open_store
from lowband.cli.settings import home
from lowband.cli.tongue import say
from lowband.errors import DamagedError, LowbandError, StoreError

if TYPE_CHECKING:
    from lowband.store.check import Damage
    from lowband.store.store import Store


def add_to(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command()(doctor)


def doctor(
    look_only: Annotated[bool, typer.Option("--look-only", help="Find damage, change nothing.")] = False,
    store: StoreFile = None,
    as_json: Json = False,
) -> None:
    """Check every byte on this device against its hash, and fetch again what is damaged.

    Ends with 0 when all is sound or was mended, with 43 when damage is left.

    \b
    Examples:
      lowband doctor
      lowband doctor --look-only --json
    """
    from lowband.store.check import broken_words, disown, find_damage, forget_words

    out = Out(as_json)
    path = store or home().store
    complaint = _file_complaint(path)
    if complaint and not look_only:
        _salvage(out, path)
    with open_store(store, read_only=look_only) as device:
        words = broken_words(device)
        for _, name in words:
            out.line("damaged: the signed word of {name}", name=name)
        if words and not look_only:
            with device.alone():
                for name in forget_words(device, words):
                    out.line("Join the catalogue {name} again: lowband join DEPOT", name=name)
        with out.progress("checking") as bar:
            found = find_damage(device, bar)
        for damage in found:
            out.line("damaged: {course} {path}", course=device.courses.by_key(damage.course).name, path=damage.path)
        left = found
        if found and not look_only:
            with device.alone():
                disown(device, found)
                left = list(_mended(out, device, found))
    sound = not left and not ((complaint or words) and look_only)
    out.line(
        "All is sound." if sound and not found and not words else "Mended." if sound else "Damage is left; see above."
    )
    names = [d.path for d in found] + [name for _, name in words]
    out.result({"damaged": names, "left": [d.path for d in left], "file": complaint, "sound": sound})
    if not sound:
        raise SystemExit(DamagedError.exit_code)


def _file_complaint(path: Path) -> str:
    """What SQLite says against its file; empty when it finds it whole."""
    from lowband.store.check import file_is_sound
    from lowband.store.store import Store

    if not path.exists():
        return ""
    try:
        with Store(path, read_only=True) as device:
            return file_is_sound(device)
    except StoreError as problem:
        return problem.line(say)


def _salvage(out: Out, path: Path) -> None:
    """Put the damaged file aside and carry over what can be read of it."""
    from lowband.store.check import salvage

    fresh = path.with_suffix(".new.db")
    fresh.unlink(missing_ok=True)
    rows = salvage(path, fresh)
    aside = next(p for n in range(1, 1000) if not (p := path.with_suffix(f".damaged-{n}.db")).exists())
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        log = path.with_name(path.name + suffix)
        if log.exists():
            log.replace(aside.with_name(aside.name + suffix))
    fresh.replace(path)
    if not rows:
        raise DamagedError(
            name=path.name, detail=say("nothing of it can be read; it is kept as {aside}; join again", aside=aside.name)
        )
    out.line(
        "The store's file was damaged. {rows} rows were saved; the old file is kept as {aside}.", rows=rows, aside=aside
    )


def _mended(out: Out, device: Store, found: list[Damage]) -> Iterator[Damage]:
    """Fetch damaged layers again; answers the damage that is left."""
    from lowband.store.check import find_damage
    from lowband.sync.run import Sync, Watcher
    from lowband.sync.sources import Budget, Source, Sources

    layers: dict[int, set[str]] = {}
    for damage in found:
        layers.setdefault(damage.course, set()).add(damage.layer)
    for catalogue in device.catalogues.all():
        sources = Sources([Source(a, open_depot(a)) for a in depots_of(device)[catalogue.id]], Budget(), time.sleep)
        with out.progress("fetching") as bar:
            watcher = Watcher(progress=lambda course, done, total: bar(done, total))
            run = Sync(device, sources, choice_of(device), now=now(), clock=time.monotonic, watcher=watcher)
            try:
                report = run.heal(catalogue, layers)
                problems: list[LowbandError] = [c.problem for c in report.courses if c.problem]
            except LowbandError as unreachable:
                problems = [unreachable]
        for problem in problems:
            out.line("{problem}", problem=problem.line(say))
    yield from find_damage(device, lambda done, total: None)

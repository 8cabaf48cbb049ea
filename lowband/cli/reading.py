"""Commands for whoever learns: what is here, and getting it out."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lowband.cli.console import Out, amount
from lowband.cli.options import Json, StoreFile, now, open_store
from lowband.cli.tongue import chosen, say
from lowband.errors import UsageError

if TYPE_CHECKING:
    from lowband.model.course import Course as Card
    from lowband.model.course import Lesson
    from lowband.store.courses import Course, Held
    from lowband.store.store import Store


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command()(courses)
    app.command()(status)
    app.command()(export)


def structure(store: Store, course: Course) -> tuple[Card, tuple[Lesson, ...]]:
    """Card and lessons of a course, as far as they are here."""
    from lowband.model.course import Course as Card
    from lowband.model.course import read_structure
    from lowband.model.edition import HIDDEN

    found = [h for h in store.courses.visible(course.key) if h.path.startswith(HIDDEN)]
    entries = {h.path: store.blobs.bytes_of(h.blob) for h in found}
    return read_structure(entries) if entries else (Card(course.name), ())


def index_new(store: Store) -> None:
    """Bring the search index up to date with what is here."""
    from lowband.model.edition import HIDDEN
    from lowband.reader.plain import MAX_INDEXED, text_of

    for course in store.courses.all():
        new, gone = store.words.stale(course.key)
        if not new and not gone:
            continue
        titles = {lesson.path: lesson.title for lesson in structure(store, course)[1]}
        with store.db.transaction():
            for layer, path in gone:
                store.words.forget(course.key, layer, path)
            for held in new:
                skip = held.path.startswith(HIDDEN) or held.size > MAX_INDEXED
                text = "" if skip else text_of(held.path, store.blobs.bytes_of(held.blob))
                store.words.add(course.key, held, titles.get(held.path, ""), text)


def courses(store: StoreFile = None, as_json: Json = False) -> None:
    """What is on this device, and what is on its way."""
    out = Out(as_json)
    with open_store(store) as device:
        rows = [_row(device, course) for course in device.courses.all()]
    out.table(
        ["course", "title", "edition", "newest", "size", "state"],
        [[r["id"], r["title"], str(r["edition"]), str(r["newest"]), amount(r["bytes"]), r["state"]] for r in rows],
    )
    if not rows:
        out.line("No course is here yet. Next: lowband sync")
    out.result({"courses": rows})


def _row(device: Store, course: Course) -> dict[str, Any]:
    card, lessons = structure(device, course)
    visible = device.courses.visible(course.key)
    fetch = device.fetches.of(course.key)
    newest = course.record.edition if course.record else 0
    left = fetch.left() if fetch else 0
    if course.flag:
        state = say("its publisher's key was withdrawn")
    elif left:
        state = say("{left} on the way", left=amount(left))
    elif course.edition == newest:
        state = say("up to date")
    else:
        state = say("edition {newest} is out", newest=newest)
    return {
        "id": course.name,
        "title": card.title((chosen(),)),
        "edition": course.edition,
        "newest": newest,
        "bytes": sum(h.size for h in visible),
        "lessons": len(lessons),
        "left": left,
        "flag": course.flag,
        "state": state,
    }


def status(store: StoreFile = None, as_json: Json = False) -> None:
    """Catalogues, their depots, the date of the newest word, and what is left to fetch."""
    from lowband.trust.chain import best_now, staleness

    out = Out(as_json)
    told = []
    with open_store(store) as device:
        for catalogue in device.catalogues.all():
            head = catalogue.head
            depots = [{"address": d.address, "problem": d.problem} for d in device.catalogues.depots(catalogue.id)]
            late = staleness(head, best_now(now(), head.issued)) if head else None
            issued = _date(head.issued) if head else None
            late_clock = bool(head and now() < head.issued - 86_400)
            left = sum(f.left() for c in device.courses.all(catalogue.id) if (f := device.fetches.of(c.key)))
            count = len(device.courses.all(catalogue.id))
            out.line("{name}: {count} courses", name=catalogue.root.name, count=count)
            if issued:
                out.line("  newest word of {date}", date=issued)
            if late is not None:
                out.line("  overdue by {days} days; what is here stays usable", days=late)
            if late_clock:
                out.line("  the clock of this device looks wrong: it is before that date")
            if device.catalogues.proof(catalogue.id):
                out.line("  two different words carry one number: tell your field office, the head key may be stolen")
            for depot in depots:
                out.line("  {address}  {problem}", address=depot["address"], problem=depot["problem"] or say("well"))
            if left:
                out.line("  {left} on the way", left=amount(left))
            told.append(
                {
                    "name": catalogue.root.name,
                    "catalogue": catalogue.id.hex(),
                    "issued": issued,
                    "stale_days": late,
                    "clock_wrong": late_clock,
                    "depots": depots,
                    "left": left,
                    "courses": count,
                }
            )
    if not told:
        out.line("No catalogue is here yet. Next: lowband join DEPOT")
    out.result({"catalogues": told})


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def export(
    course: Annotated[str, typer.Argument(metavar="COURSE", help="The course's id.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="An empty or new folder.")],
    store: StoreFile = None,
    as_json: Json = False,
) -> None:
    """Write a course's files into a folder, as they were published."""
    out = Out(as_json)
    with open_store(store) as device:
        found = device.courses.named(course)
        held = [h for h in device.courses.visible(found.key) if not h.path.startswith(".lowband/")]
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(detail=say("{folder} is not an empty folder", folder=folder))
        with out.progress("exporting") as bar:
            total, done = sum(h.size for h in held), 0
            for h in held:
                done += _write(device, h, folder)
                bar(done, total)
    out.line("{count} files, {bytes}, in {folder}", count=len(held), bytes=amount(total), folder=folder)
    out.result({"course": course, "edition": found.edition, "files": len(held), "bytes": total, "folder": str(folder)})


def _write(device: Store, held: Held, folder: Path) -> int:
    from lowband.errors import DiskFullError, StoreError, UnsafeNameError
    from lowband.model.names import why_unsafe

    # Judged when it was published and when it arrived; judged again where it becomes a file.
    if why := why_unsafe(held.path):
        raise UnsafeNameError(held.path, why)
    path = folder.joinpath(*held.path.split("/"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            for piece in device.blobs.read(held.blob):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno == 28:  # ENOSPC
            raise DiskFullError(needed=amount(held.size), free="0 B") from error
        raise StoreError(detail=f"{path}: {error.strerror}") from error
    return held.size

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


MAX_INDEXED = 4 << 20  # bytes; larger files are found by their lesson's title only


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command()(courses)
    app.command()(status)
    app.command()(show)
    app.command()(search)
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
    from lowband.reader.plain import text_of

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
    """What is on this device, and what is on its way.

    \b
    Examples:
      lowband courses
      lowband courses --json
    """
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
    """Catalogues, their depots, the date of the newest word, and what is left to fetch.

    \b
    Examples:
      lowband status
      lowband status --json
    """
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
            out.line("{name} (courses: {count})", name=catalogue.root.name, count=count)
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


def show(
    course: Annotated[str, typer.Argument(metavar="COURSE", help="The course's id.")],
    lesson: Annotated[
        str | None, typer.Argument(metavar="[LESSON]", help="A lesson's number or path; without it, the plan.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="Only lessons in this language.")] = None,
    store: StoreFile = None,
    as_json: Json = False,
) -> None:
    """Read a course in the terminal: its plan, or one lesson.

    \b
    Examples:
      lowband show social-protection-start
      lowband show social-protection-start 2 --lang fr
    """
    out = Out(as_json)
    with open_store(store) as device:
        found = device.courses.named(course)
        card, lessons = structure(device, found)
        numbered = [(n, x) for n, x in enumerate(lessons, 1) if not lang or x.lang in ("", lang)]
        held = {h.path: h for h in device.courses.visible(found.key)}
        if lesson is None:
            _show_plan(out, card, numbered, held)
        else:
            _show_lesson(out, device, lesson, numbered, held)


def _show_plan(out: Out, card: Card, numbered: list[tuple[int, Lesson]], held: dict[str, Held]) -> None:
    rows = []
    for number, x in numbered:
        here = held.get(x.path)
        rows.append([str(number), x.title, x.module, x.lang, amount(here.size) if here else say("not here yet")])
    out.line("{title}", title=card.title((chosen(),)))
    out.table(["#", "lesson", "part", "language", "size"], rows)
    lessons = [
        {"number": n, "title": x.title, "path": x.path, "lang": x.lang, "module": x.module, "here": x.path in held}
        for n, x in numbered
    ]
    out.result({"course": card.id, "title": card.title((chosen(),)), "lessons": lessons})


def _show_lesson(
    out: Out, device: Store, asked: str, numbered: list[tuple[int, Lesson]], held: dict[str, Held]
) -> None:
    from lowband.errors import NotHereError
    from lowband.reader.blocks import plain_of
    from lowband.reader.pages import blocks

    position = int(asked) if asked.isdigit() else 0
    path = asked
    if position:
        # Within one language people count from 1; the plan's own numbers work as well.
        by_number = dict(numbered)
        if position in by_number:
            path = by_number[position].path
        elif position <= len(numbered):
            path = numbered[position - 1][1].path
    if path not in held:
        raise NotHereError(name=path)
    data = device.blobs.bytes_of(held[path].blob)
    found = blocks(path, data, lambda p: held[p].size if p in held else None)
    if out.as_json:
        out.result({"path": path, "bytes": len(data), "text": "\n".join(plain_of(found))})
        return
    from lowband.cli.pages import page

    console = out.rich
    if console.is_terminal:
        os.environ.setdefault("LESS", "-R")  # or less would show the styles' codes as text
        with console.pager(styles=True):
            console.print(page(found))
    else:
        console.print(page(found))


def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="All of these; accents do not matter.")],
    most: Annotated[int, typer.Option(min=1, max=1000, help="How many places at most.")] = 20,
    store: StoreFile = None,
    as_json: Json = False,
) -> None:
    """Find words in all courses on this device, in every language.

    \b
    Example:
      lowband search protection sociale
    """
    from lowband.store.words import MARK

    out = Out(as_json)
    with open_store(store) as device:
        if not device.db.read_only:
            index_new(device)
        names = {c.key: c.name for c in device.courses.all()}
        hits = device.words.search(" ".join(words), most)
    for hit in hits:
        snippet = " ".join(hit.snippet.split())
        if not as_json:
            from rich.text import Text

            line = Text(f"{names[hit.course]}  {hit.path}  {hit.title}\n    ", style="bold")
            for n, part in enumerate(snippet.replace(MARK[1], MARK[0]).split(MARK[0])):
                line.append(part, "bold yellow not dim" if n % 2 else "not bold")
            out.rich.print(line)
    if not hits:
        out.line("Nothing found.")
    found = [
        {
            "course": names[h.course],
            "path": h.path,
            "title": h.title,
            "layer": h.layer,
            "snippet": " ".join(h.snippet.replace(MARK[0], "[").replace(MARK[1], "]").split()),
        }
        for h in hits
    ]
    out.result({"hits": found})


def export(
    course: Annotated[str, typer.Argument(metavar="COURSE", help="The course's id.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="An empty or new folder.")],
    store: StoreFile = None,
    as_json: Json = False,
) -> None:
    """Write a course's files into a folder, as they were published.

    \b
    Example:
      lowband export social-protection-start my-copy
    """
    from lowband.sync.choice import Choice

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
    whole = found.edition > 0 and found.have == Choice().spelled()
    out.line("{count} files, {bytes}, in {folder}", count=len(held), bytes=amount(total), folder=folder)
    if not whole:
        out.line(
            "Part of the course only: the rest is not on this device."
            " Next: lowband sync --layers core,lite,full --lang all"
        )
    told = {"course": course, "edition": found.edition, "files": len(held), "bytes": total, "folder": str(folder)}
    out.result(told | {"complete": whole})


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

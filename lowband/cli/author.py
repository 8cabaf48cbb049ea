"""Commands of experts: publish courses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lowband.cli.catalogue import ask
from lowband.cli.console import Out, amount, duration
from lowband.cli.options import Json, now, open_depot
from lowband.cli.settings import home
from lowband.cli.tongue import say
from lowband.errors import UsageError

if TYPE_CHECKING:
    from lowband.packager.publish import Published

LINE = 8000  # bytes a second: 64 kbit/s


def add_to(app: typer.Typer) -> None:
    """Add the experts' commands to `app`."""
    app.command()(publish)


def publish(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The course: a folder of texts, PDF, slides, media.")],
    to: Annotated[str, typer.Option("--to", metavar="DEPOT", help="The depot to publish into: a folder.")],
    course: Annotated[
        str | None, typer.Option(help="The course's id; by default from course.toml or the folder.")
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Send every file byte for byte; costs more than the lossless normal form.")
    ] = False,
    keys_from: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER", help="Another folder with keys, such as a stick.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the next edition of a course, and say what it costs.

    Publishing the same source again makes no edition.

    \b
    Example:
      lowband publish courses/social-protection --to /srv/depot
    """
    from lowband.packager.catalogue import open_catalogue
    from lowband.packager.normal import NormalCache
    from lowband.packager.publish import Publisher
    from lowband.packager.workshop import Workshop

    out = Out(as_json)
    folder = _source(source, to)
    carrier = open_depot(to)
    catalogue = open_catalogue(carrier, home().keys, more=keys_from or (), ask=ask)
    workshop = Workshop(home().workshop / catalogue.id.hex()[:16])
    cache = NormalCache(home().workshop / "normal")
    with out.progress("publishing", unit_bytes=False) as bar:
        publisher = Publisher(catalogue, workshop, cache, lambda what, done, total: bar(done, total), processes=2)
        report = publisher.publish(folder, course, exact, now())
    _show(out, report)
    out.result(_as_json(report))


def _source(source: str, to: str) -> Path:
    """The course's folder. An empty name would mean the folder one stands in, and a depot is no part of a course."""
    if not source.strip():
        raise UsageError(detail=say("name the course's folder; a dot means the folder you are in"))
    folder = Path(source)
    for place in (Path(to), home().root):
        if "://" not in to and place.resolve().is_relative_to(folder.resolve()):
            raise UsageError(
                detail=say("{place} lies inside {folder}, and would be published with it", place=place, folder=folder)
            )
    return folder


def _show(out: Out, r: Published) -> None:
    from lowband.packager.scan.walk import LITTER

    if not r.new:
        out.line("{course}: nothing changed since edition {edition}", course=r.course, edition=r.edition)
        return
    facts = {"course": r.course, "edition": r.edition, "entries": r.entries}
    out.line("{course}: edition {edition} (files: {entries})", **facts)
    rows = []
    for made in r.made:
        who = say("from edition {base}", base=made.base) if made.base else say("a newcomer")
        rows.append([who, amount(made.length), duration(made.length / LINE)])
    out.table(["who", "bytes", "on 64 kbit/s"], rows)
    out.table(
        ["heaviest files", "size"], [[heavy.path, amount(heavy.size)] for heavy in r.heaviest] if r.heaviest else []
    )
    for path, why in r.alone:
        out.line("sent as it is: {path} ({why})", path=path, why=say(why))
    for left in r.left_out:
        if left.reason == LITTER:
            continue  # nobody meant to publish it
        out.line("left out: {path} ({why})", path=left.path, why=say(left.reason))


def _as_json(r: Published) -> dict[str, Any]:
    return {
        "course": r.course,
        "edition": r.edition,
        "new": r.new,
        "entries": r.entries,
        "changed": r.changed,
        "bundles": [
            {
                "from": m.base,
                "bytes": m.length,
                "header": m.part_length,
                "groups": m.groups,
                "changed": m.changed,
                "first_lesson": m.first_lesson,
                "layers": dict(m.stored),
                "seconds_64kbit": round(m.length / LINE, 1),
            }
            for m in r.made
        ],
        "heaviest": [{"path": x.path, "bytes": x.size, "source_bytes": x.source} for x in r.heaviest],
        "as_is": [{"path": p, "why": why} for p, why in r.alone],
        "left_out": [{"path": x.path, "why": x.reason} for x in r.left_out],
    }

"""The commands, gathered."""

from __future__ import annotations

import typer

from lowband.cli import author, care, catalogue, device, hub, reading

app = typer.Typer(
    name="lowband",
    help="Courses over thin lines, sticks and hubs: signed, offline first, and you pay only for what changed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for room in (author, catalogue, device, reading, care, hub):
    room.add_to(app)

"""The commands, gathered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from lowband.cli import author, care, catalogue, demo, device, hub, reading
from lowband.cli.tongue import chosen, say, turn_helps

if TYPE_CHECKING:
    from typer._click.core import Command

app = typer.Typer(
    name="lowband",
    help="Courses over thin lines, sticks and hubs: signed, offline first, and you pay only for what changed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for room in (demo, author, catalogue, device, reading, care, hub):
    room.add_to(app)


def command(helping: bool = True) -> Command:
    """The program as one command; when somebody asks for help, with that in the user's language."""
    from typer.main import get_command

    found = get_command(app)
    if helping and chosen() != "en":
        from typer import rich_utils

        turn_helps(found)
        rich_utils.ARGUMENTS_PANEL_TITLE = say("Arguments")
        rich_utils.OPTIONS_PANEL_TITLE = say("Options")
        rich_utils.COMMANDS_PANEL_TITLE = say("Commands")
        rich_utils.ERRORS_PANEL_TITLE = say("Error")
    return found

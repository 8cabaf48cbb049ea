"""The commands, gathered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer._click.core import Context
from typer._click.formatting import HelpFormatter

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


def command() -> Command:
    """The program as one command, its help in the user's language."""
    from typer.main import get_command

    found = get_command(app)
    Context.formatter_class = _Formatter
    if chosen() != "en":
        turn_helps(found)
    return found


class _Formatter(HelpFormatter):
    """Typer makes one for every help, and only then: the moment to put its own words into the user's language."""

    def __init__(self, *given: Any, **named: Any) -> None:
        from typer import rich_utils  # dear to import: a command that just runs does not wait for it

        super().__init__(*given, **named)
        rich_utils.ARGUMENTS_PANEL_TITLE = say("Arguments")
        rich_utils.OPTIONS_PANEL_TITLE = say("Options")
        rich_utils.COMMANDS_PANEL_TITLE = say("Commands")
        rich_utils.DEFAULT_STRING = say("[default: {}]")
        rich_utils.REQUIRED_LONG_STRING = say("[required]")

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line that begins with Usage."""
        super().write_usage(prog, args, prefix or say("Usage: "))

"""Commands of field offices: a hub for the office network."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from lowband.cli.console import Out

hub = typer.Typer(no_args_is_help=True, help="Serve a depot to the people of an office, over its own network.")


def add_to(app: typer.Typer) -> None:
    """Add the field offices' commands to `app`."""
    app.add_typer(hub, name="hub")


@hub.callback()
def _hub() -> None:
    """Keep `serve` a command of its own while it is the only one."""


@hub.command()
def serve(
    depot: Annotated[Path, typer.Argument(metavar="DEPOT", help="The depot's folder.")],
    host: Annotated[str, typer.Option(help="Address to listen at; 127.0.0.1 keeps it on this machine.")] = "0.0.0.0",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes a free one.")] = 8765,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Serve DEPOT over HTTP until Ctrl-C: participants join the address that is printed.

    \b
    Examples:
      lowband hub serve /srv/depot
      lowband hub serve /media/stick/depot --port 8080
    """
    from lowband.hub.serve import Hub

    out = Out(as_json)
    running = Hub(depot, host, port)
    out.line("Serving {depot}. Participants type one of:", depot=depot)
    for address in running.addresses:
        out.line("    lowband join {address}", address=address)
    out.line("Stop with Ctrl-C.")
    out.result({"depot": str(depot), "addresses": running.addresses, "port": running.port})
    with suppress(KeyboardInterrupt):
        running.run()
    out.line("Stopped.")

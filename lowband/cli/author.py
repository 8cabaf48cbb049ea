"""Commands of experts: make a catalogue, publish courses."""

from __future__ import annotations

import typer


def add_to(app: typer.Typer) -> None:
    """Add the experts' commands to `app`."""

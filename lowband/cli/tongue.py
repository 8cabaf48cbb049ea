"""The user's language: English sentences in the code are the keys of the other languages' catalogues.

1. `say` translates a template first and fills in facts after, so facts never need translating.
2. A missing sentence falls back to English; a test finds it before a user does.
"""

from __future__ import annotations

import gettext
import inspect
import locale
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lowband.errors import fill

if TYPE_CHECKING:
    from typer._click.core import Command

LANGUAGES = ("en", "fr", "pt", "es")


def chosen() -> str:
    """The language of the interface: LOWBAND_LANG, else the system's, else English."""
    wanted = [os.environ.get(name, "") for name in ("LOWBAND_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")]
    wanted.append(locale.getlocale()[0] or "")
    for value in wanted:
        for tag in value.split(":"):
            if tag[:2].lower() in LANGUAGES:
                return tag[:2].lower()
            if tag:
                break
    return "en"


def helps_of(command: Command) -> Iterator[str]:
    """Every help text of a command, its parameters and its sub-commands."""
    if command.help:
        yield inspect.cleandoc(command.help)
    for param in command.params:
        if text := getattr(param, "help", None):
            yield text
    for name in sorted(getattr(command, "commands", {})):
        yield from helps_of(command.commands[name])  # type: ignore[attr-defined]


def turn_helps(command: Command) -> None:
    """Put a command's help, and all below it, into the user's language."""
    if command.help:
        command.help = say(inspect.cleandoc(command.help))
    for param in command.params:
        if text := getattr(param, "help", None):
            param.help = say(text)  # type: ignore[attr-defined]
    for below in getattr(command, "commands", {}).values():
        turn_helps(below)


@lru_cache(maxsize=4)
def _catalogue(language: str) -> gettext.NullTranslations:
    folder = Path(__file__).parent / "locale"
    return gettext.translation("lowband", folder, [language], fallback=True)


def say(template: str, **facts: object) -> str:
    """`template` in the user's language, filled with `facts`."""
    turned = _catalogue(chosen()).gettext(template) if template else ""
    return fill(turned, {k: str(v) for k, v in facts.items()}) if facts else turned

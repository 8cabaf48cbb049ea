"""The user's language: English sentences in the code are the keys of the other languages' catalogues.

1. `say` translates a template first and fills in facts after, so names, numbers and paths never need translating.
2. A reason made far below (`it holds more than 9 files`) is known again by its template and said anew.
3. A missing sentence falls back to English; a test finds it before a user does.
"""

from __future__ import annotations

import gettext
import inspect
import locale
import os
import re
from collections.abc import Iterator
from copy import copy
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lowband.errors import fill

if TYPE_CHECKING:
    from typer._click.core import Command

LANGUAGES = ("en", "fr", "pt", "es")
LOCALE = Path(__file__).parent / "locale"
LONGEST_REASON = 1000  # characters; longer ones are nobody's sentence

# What others say: reasons that come through us from the system, from httpx and from typer.
SAID_BY_OTHERS = (
    "No such file or directory",
    "Permission denied",
    "Operation not permitted",
    "No space left on device",
    "Disk quota exceeded",
    "Read-only file system",
    "Input/output error",
    "Not a directory",
    "Is a directory",
    "File exists",
    "File name too long",
    "Address already in use",
    "Connection refused",
    "Connection reset by peer",
    "Network is unreachable",
    "No route to host",
    "Name or service not known",
    "Temporary failure in name resolution",
    "timed out",
    "[Errno {number}] {why}",
    "line {line}: {rest}",
    "{command}: {rest}",
    "Missing argument '{name}'",
    "Missing option '{name}'",
    "Missing command",
    "No such command '{name}'",
    "No such command '{name}'. Did you mean {names}?",
    "No such option: {name}",
    "No such option: {name} (Possible options: {names})",
    "Option '{name}' requires an argument",
    "Option '{name}' requires {count} arguments",
    "Option '{name}' does not take a value",
    "Got unexpected extra argument(s) ({names})",
    "Invalid value for '{name}': {why}",
    "'{value}' is not a valid {kind}",
    "{value} is not in the range {range}",
)
SAID_IN_HELPS = (
    "Usage: ",
    "Arguments",
    "Options",
    "Commands",
    "[OPTIONS]",
    "COMMAND [ARGS]...",
    "[default: {}]",
    "[required]",
    "Show this message and exit.",
    "str",
    "int",
    "int range",
    "float",
    "path",
)


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
        yield from filter(None, (getattr(param, "help", None), param.metavar))
    for name in sorted(getattr(command, "commands", {})):
        yield from helps_of(command.commands[name])  # type: ignore[attr-defined]


def turn_helps(command: Command) -> None:
    """Put a command's help, and all below it, into the user's language."""
    from typer._click.core import Context

    if command.help:
        command.help = say(inspect.cleandoc(command.help))
    command.options_metavar = say(command.options_metavar or "")
    if hasattr(command, "subcommand_metavar"):
        command.subcommand_metavar = say(command.subcommand_metavar)
    for param in [*command.params, command.get_help_option(Context(command))]:
        if param is None:
            continue
        if text := getattr(param, "help", None):
            param.help = say(text)  # type: ignore[attr-defined]
        if param.metavar:
            param.metavar = say(param.metavar)
        if param.type.name in SAID_IN_HELPS:
            param.type = copy(param.type)  # typer's own is shared by all commands
            param.type.name = say(param.type.name)
    for below in getattr(command, "commands", {}).values():
        turn_helps(below)


@lru_cache(maxsize=4)
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("lowband", LOCALE, [language], fallback=True)


def say(template: str, **facts: object) -> str:
    """`template` in the user's language, filled with `facts`; or a reason whose template is known."""
    turned = _catalogue(chosen()).gettext(template) if template else ""
    if facts:
        return fill(turned, {k: str(v) for k, v in facts.items()})
    # gettext gives back the very object when it has no translation.
    return _reason(template) if turned is template and template and chosen() != "en" else turned


def _reason(text: str) -> str:
    if len(text) > LONGEST_REASON:
        return text
    for pattern, template in _reasons():
        if found := pattern.fullmatch(text):
            # One word is a name; several may be a reason within the reason.
            return say(template, **{k: say(v) if " " in v else v for k, v in found.groupdict().items()})
    return text


@lru_cache(maxsize=1)
def _reasons() -> list[tuple[re.Pattern[str], str]]:
    """Patterns of the known reasons with facts in them, those with most words first."""
    templates = (LOCALE / "reasons.txt").read_text("utf-8").splitlines()
    found = [(re.split(r"\{(\w+)\}", template), template) for template in templates]
    found.sort(key=lambda item: -sum(map(len, item[0][::2])))
    return [(re.compile(_pattern(parts), re.DOTALL), template) for parts, template in found]


def _pattern(parts: list[str]) -> str:
    """A pattern from text, name, text, name … text."""
    return "".join(f"(?P<{part}>.*?)" if n % 2 else re.escape(part) for n, part in enumerate(parts))

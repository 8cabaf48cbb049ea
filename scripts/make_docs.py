"""Write docs/cli.md and docs/errors.md from the program: `python scripts/make_docs.py [--check]`.

1. The pages hold what the program says of itself, in English, and nothing else; nobody edits them by hand.
2. `--check` writes nothing, and ends with 1 when a page is out of date or a command lacks help or an example.
3. `tests/test_docs.py` calls the same functions, so what it refuses is what this writes.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lowband import errors

if TYPE_CHECKING:
    from typer._click.core import Command, Parameter

DOCS = Path(__file__).resolve().parents[1] / "docs"
FAULTS = {
    errors.Fault.USER: "how it was asked",
    errors.Fault.PUBLISHER: "the publisher",
    errors.Fault.CARRIER: "the way: a line, a server, a stick",
    errors.Fault.DEVICE: "this device",
    errors.Fault.ATTACK: "perhaps an attack",
    errors.Fault.NOBODY: "nobody",
}


def program() -> Command:
    """The program, its help in English."""
    os.environ["LOWBAND_LANG"] = "en"
    from lowband.cli.app import command

    return command()


def commands(command: Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Command]]:
    """Every command that does something: its words, and itself, in the program's order."""
    below = getattr(command, "commands", None)
    if below is None:
        yield " ".join(words), command
        return
    for name, inner in below.items():
        yield from commands(inner, (*words, name))


def told(command: Command) -> tuple[str, list[str]]:
    """A command's explanation as Markdown paragraphs, and its examples."""
    text, _, shown = inspect.cleandoc(command.help or "").partition("\b")
    examples = [line.strip() for line in shown.splitlines() if line.strip().startswith("lowband")]
    return text.strip(), examples


def lacks(name: str, command: Command) -> list[str]:
    """What a command fails to say of itself."""
    text, examples = told(command)
    found = [] if text else [f"{name}: no help"]
    found += [] if any(line.startswith(f"lowband {name}") for line in examples) else [f"{name}: no example"]
    return found + [f"{name}: {p.name} has no help" for p in command.params if not getattr(p, "help", None)]


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def _row(param: Parameter) -> str:
    argument = param.param_type_name == "argument"
    plain = getattr(param, "is_flag", False) or argument
    value = "" if plain else f" {(param.metavar or param.name or '').upper()}"
    name = (param.metavar or param.name or "").upper() if argument else param.opts[0] + value
    notes = []
    if param.required and not argument:
        notes.append("needed")
    if getattr(param, "multiple", False):
        notes.append("may be given several times")
    if not plain and param.default not in (None, "", [], ()):
        notes.append(f"default {param.default}")
    more = f" ({'; '.join(notes)})" if notes else ""
    return f"| `{_cell(name)}` | {_cell(getattr(param, 'help', '') or '')}{more} |"


def _usage(name: str, command: Command) -> str:
    words = ["lowband", name]
    for param in command.params:
        shown = (param.metavar or param.name or "").upper()
        if param.param_type_name == "argument":
            words.append(shown if param.required or shown.startswith("[") else f"[{shown}]")
        elif param.required:
            words += [param.opts[0], shown]
    return " ".join([*words, "[OPTIONS]"])


def _command(name: str, command: Command) -> str:
    text, examples = told(command)
    parts = [f"## lowband {name}", f"```\n{_usage(name, command)}\n```", text]
    if examples:
        parts.append("```\n" + "\n".join(examples) + "\n```")
    if command.params:
        parts.append("| | |\n|---|---|\n" + "\n".join(map(_row, command.params)))
    return "\n\n".join(parts)


def cli_page() -> str:
    """docs/cli.md."""
    found = list(commands(program()))
    head = (
        "# The commands\n\nMade from the program by `python scripts/make_docs.py`; do not edit.\n\n"
        "Every command takes `--help`. `--json` prints one object on standard output and nothing else there; its names "
        "are stable.\n`LOWBAND_HOME` moves keys, settings and store to another folder. `LOWBAND_LANG` chooses the "
        "language: en, fr, pt, es.\nExit codes are in [errors.md](errors.md)."
    )
    index = "\n".join(f"- [lowband {name}](#lowband-{name.replace(' ', '-')})" for name, _ in found)
    return "\n\n".join([head, index, *(_command(*pair) for pair in found)]) + "\n"


def kinds() -> list[type[errors.LowbandError]]:
    """Every error, in the order of exit codes."""
    found = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.LowbandError)]
    return sorted(found, key=lambda kind: (kind.exit_code, kind.__name__))


def _sentence(template: str) -> str:
    return _cell(re.sub(r"\{(\w+)\}", r"*\1*", template))


def errors_page() -> str:
    """docs/errors.md."""
    head = (
        "# Errors and exit codes\n\nMade from `lowband/errors.py` by `python scripts/make_docs.py`; do not edit.\n\n"
        "A command ends with 0 when it did what was asked, and with 130 after Ctrl-C. Any other end is one line on "
        "standard error:\nwhat failed; what is safe; what to do next; and the error's name in brackets. With `--json` "
        "the same is an object with `error`, `message` and `facts`.\nWords in *italics* stand for facts.\n\n"
        "| exit | name | what failed | what is safe | what to do next | whose doing | try again |\n"
        "|---:|---|---|---|---|---|---|"
    )
    rows = [
        f"| {k.exit_code} | {k.code} | {_sentence(k.what)} | {_sentence(k.safe)} | {_sentence(k.todo)} | "
        f"{FAULTS[k.fault]} | {'yes' if k.retry else 'no'} |"
        for k in kinds()
    ]
    return "\n".join([head, *rows]) + "\n"


def pages() -> dict[Path, str]:
    """Every page and what it must hold."""
    return {DOCS / "cli.md": cli_page(), DOCS / "errors.md": errors_page()}


def complaints() -> list[str]:
    """Pages that are out of date, and what commands fail to say."""
    stale = [
        f"docs/{path.name} is out of date: python scripts/make_docs.py"
        for path, text in pages().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    return stale + [line for name, command in commands(program()) for line in lacks(name, command)]


def main() -> int:
    """Write the pages, or check them."""
    if "--check" not in sys.argv:
        for path, text in pages().items():
            path.write_text(text, "utf-8")
    found = complaints()
    print("\n".join(found) or "docs/cli.md and docs/errors.md are up to date")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())

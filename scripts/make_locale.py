"""Gather the interface's sentences, and compile their translations: `python scripts/make_locale.py [--check]`.

1. A sentence is a literal given to `say`, `.line` or `.table`, a template of the error tree, or a command's help.
2. `lowband/cli/locale/xx.po` is edited by people; `xx/LC_MESSAGES/lowband.mo` is made from it, and both are committed.
3. `--check` changes nothing and fails when a language lacks a sentence, or keeps one that is gone.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "lowband" / "cli" / "locale"
LANGUAGES = ("fr", "pt", "es")
_CHATTER = (
    "-Date:",
    "Generated-By",
    "Report-Msgid",
    "Last-Translator",
    "Language-Team",
    "# FIRST AUTHOR",
    "# Copyright",
    "Project-Id",
)
CALLS = {"say", "line", "progress", "heading", "step"}


def literals(node: ast.expr) -> Iterator[str]:
    """The texts of a literal, a conditional or a list of literals."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from literals(body)
            yield from literals(other)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            for part in parts:
                yield from literals(part)


def called(tree: ast.AST) -> Iterator[str]:
    """First arguments of the calls that show text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in CALLS | {"table"}:
                yield from literals(node.args[0])


def marked(tree: ast.AST) -> Iterator[str]:
    """Texts in module constants that are shown through `say` later; such a constant's name starts with `SAID`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id.startswith("SAID") for t in node.targets
        ):
            for part in ast.walk(node.value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def errors() -> Iterator[str]:
    """The templates of the error tree."""
    from lowband import errors as tree

    for kind in vars(tree).values():
        if isinstance(kind, type) and issubclass(kind, tree.LowbandError):
            yield from (kind.what, kind.safe, kind.todo)


def helps() -> Iterator[str]:
    """Help of every command and option."""
    from lowband.cli.app import command
    from lowband.cli.tongue import helps_of

    yield from helps_of(command())


def sentences() -> list[str]:
    """Every sentence once, in order."""
    found: dict[str, None] = {}
    for path in sorted(p for room in ("cli", "demo") for p in (ROOT / "lowband" / room).rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        found.update(dict.fromkeys([*called(tree), *marked(tree)]))
    found.update(dict.fromkeys([*errors(), *helps()]))
    return sorted(text for text in found if any(c.isalpha() for c in text.replace("{", "").replace("}", "")))


def catalogue(language: str) -> Catalog:
    """The translations that there are."""
    path = LOCALE / f"{language}.po"
    return read_po(io.BytesIO(path.read_bytes()), language) if path.exists() else Catalog(language)


def problems(language: str, wanted: list[str]) -> list[str]:
    """What is missing, gone, or has other facts than its sentence."""
    have = {str(m.id): str(m.string) for m in catalogue(language) if m.id}
    missing = [f"{language}: not translated: {text!r}" for text in wanted if not have.get(text)]
    gone = [f"{language}: no longer said: {text!r}" for text in have if text not in wanted]
    facts = [f"{language}: other facts: {t!r}" for t in wanted if have.get(t) and fields(t) != fields(have[t])]
    return missing + gone + facts


def fields(text: str) -> set[str]:
    """Names in braces."""
    return {part.partition("}")[0] for part in text.split("{")[1:]}


def update(language: str, wanted: list[str]) -> None:
    """Bring the .po up to date with the sentences, and compile it."""
    old = {str(m.id): str(m.string) for m in catalogue(language) if m.id}
    new = Catalog(language, project="lowband", fuzzy=False)
    for text in wanted:
        new.add(text, old.get(text, ""))
    out = io.BytesIO()
    write_po(out, new, width=0, omit_header=False, sort_output=True)
    lines = [x for x in out.getvalue().decode().splitlines() if not any(mark in x for mark in _CHATTER)]
    (LOCALE / f"{language}.po").write_text("\n".join(lines) + "\n", "utf-8")
    folder = LOCALE / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lowband.mo").open("wb") as file:
        write_mo(file, catalogue(language))


def main() -> int:
    """Update everything, or check it."""
    wanted = sentences()
    if "--check" in sys.argv:
        found = [problem for language in LANGUAGES for problem in problems(language, wanted)]
        print("\n".join(found) or f"{len(wanted)} sentences in {len(LANGUAGES)} languages")
        return bool(found)
    for language in LANGUAGES:
        update(language, wanted)
        print(language, sum(1 for p in problems(language, wanted)), "problems")
    return 0


if __name__ == "__main__":
    sys.exit(main())

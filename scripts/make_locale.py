"""Gather the interface's sentences, and compile their translations: `python scripts/make_locale.py [--check]`.

1. A sentence is a literal given to `say`, `.line` or `.table`, a template of the error tree, a command's help, or a
   reason that an error carries; an f-string is the template `it holds more than {most} files`.
2. `lowband/cli/locale/xx.po` is edited by people; `xx/LC_MESSAGES/lowband.mo` is made from it, and `reasons.txt` (the
   reasons with facts in them) from the code; all are committed.
3. `--check` changes nothing and fails when a language lacks a sentence, or keeps one that is gone, or a file is old.
"""

from __future__ import annotations

import ast
import gettext
import io
import re
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
REASONS = {"refuse": 0, "denied": 0, "mixed_up": 0, "Normal": 2} | dict.fromkeys(
    ("FormatError", "LimitError", "UnsafeNameError", "fail", "_fail", "LeftOut"), 1
)
REASONS |= dict.fromkeys(("OSError", "NotADirectoryError", "FileNotFoundError", "FileExistsError"), 1)
"""Calls that carry a reason, and at which place."""
HOLDERS = ("LINK", "detail", "hint", "_ID_RULE", "self.verdict")
"""Names that hold a reason until it is given."""
NAMED = {"detail", "reason", "why", "name", "needed"}


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
            for value in node.value.values if isinstance(node.value, ast.Dict) else [node.value]:
                yield from literals(value)


def reasons() -> list[str]:
    """The reasons that errors and reports carry, made far below the command line."""
    found: dict[str, None] = {}
    for path in sorted((ROOT / "lowband").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            found.update(dict.fromkeys(text for part in carried(node) for text in templates(part)))
    return [text for text in found if worded(text)]


def carried(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions under a node that are, or hold, a reason."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = REASONS.get(name, len(node.args))
        if name == "_fail" and len(node.args) > 1:  # puts the name of the setting before it
            said = node.args[1]
            parts = said.values if isinstance(said, ast.JoinedStr) else [said]
            yield ast.JoinedStr([ast.FormattedValue(ast.Name("name"), -1), ast.Constant(" "), *parts])
        elif place < len(node.args):
            yield node.args[place]
        if name.endswith("Error"):
            yield from (word.value for word in node.keywords if word.arg in NAMED and spaced(word))
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "detail":
                yield value
    elif isinstance(node, ast.FunctionDef) and re.match(r"_?(why|file_is_sound)", node.name):
        for part in ast.walk(node):
            if isinstance(part, ast.Return) and part.value:
                yield part.value
            elif isinstance(part, ast.Tuple) and len(part.elts) == 2:  # a test and its reason
                yield part.elts[1]
    elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).strip("(").split(",")[0] in HOLDERS:
        yield node.value


def spaced(word: ast.keyword) -> bool:
    """Whether an argument may be prose: a name of one word is a name."""
    return word.arg != "name" or any(" " in text for text in templates(word.value))


def templates(node: ast.expr) -> Iterator[str]:
    """The texts of an expression, f-strings as templates."""
    match node:
        case ast.JoinedStr(values=values):
            taken: list[str] = []
            yield "".join(p.value if isinstance(p, ast.Constant) else fact(p, taken) for p in values)
        case ast.IfExp(body=body, orelse=other):
            yield from templates(body)
            yield from templates(other)
        case ast.Tuple(elts=parts):
            for part in parts:
                yield from templates(part)
        case _:
            yield from literals(node)


def fact(node: ast.expr, taken: list[str]) -> str:
    """`{name}` for a value in an f-string, after the last name in it."""
    name = re.sub(r"\W", "_", naming(node).strip("_").lower())
    name += str(taken.count(name) + 1) if name in taken else ""
    taken.append(name)
    return "{" + name + "}"


def naming(node: ast.expr) -> str:
    """The name of what an expression shows: the object of a method, the argument of a function, the key of a dict."""
    match node:
        case ast.FormattedValue(value=inner) | ast.Call(args=[inner, *_]) | ast.Call(func=ast.Attribute(value=inner)):
            return naming(inner)
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return key
        case ast.Subscript(value=inner):
            return naming(inner)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return "fact"


def worded(text: str) -> bool:
    """Whether there is a word in it."""
    return re.search(r"[^\W\d_]{3}", re.sub(r"\{\w*\}", "", text)) is not None


def patterns() -> str:
    """What `reasons.txt` holds: one reason with facts a line."""
    from lowband.cli.tongue import SAID_BY_OTHERS

    return "".join(f"{text}\n" for text in sorted({*reasons(), *SAID_BY_OTHERS}) if "{" in text)


def errors() -> Iterator[str]:
    """The templates of the error tree."""
    from lowband import errors as tree

    for kind in vars(tree).values():
        if isinstance(kind, type) and issubclass(kind, tree.LowbandError):
            yield from (kind.what, kind.safe, kind.todo)
    yield from (tree.JOINT, *(tree.FormatError.__init__.__defaults__ or ()))


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
    found.update(dict.fromkeys([*errors(), *helps(), *reasons()]))
    return sorted(text for text in found if re.search(r"[^\W\d_]|^; $", re.sub(r"\{\w*\}", "", text)))


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
    compiled = LOCALE / language / "LC_MESSAGES" / "lowband.mo"
    with compiled.open("rb") as file:
        made = gettext.GNUTranslations(file)
    old = [f"{language}: {compiled.name} is old: {t!r}" for t in wanted if have.get(t) and made.gettext(t) != have[t]]
    return missing + gone + facts + old


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
    known = LOCALE / "reasons.txt"
    if "--check" in sys.argv:
        found = [problem for language in LANGUAGES for problem in problems(language, wanted)]
        found += [] if known.read_text("utf-8") == patterns() else [f"{known.name} is old"]
        print("\n".join(found) or f"{len(wanted)} sentences in {len(LANGUAGES)} languages")
        return bool(found)
    known.write_text(patterns(), "utf-8")
    for language in LANGUAGES:
        update(language, wanted)
        print(language, sum(1 for p in problems(language, wanted)), "problems")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The house's floor plan, held as data: who may import whom, which library lives where, how long things may be.

1. No exceptions are kept here: a rule that needs one is changed, in docs/architecture.md too.
2. Code is read as a tree, never as text, so a word in a comment breaks nothing.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ROOT / "lowband"

# A floor uses floors below: never above, never beside. Longest matching name wins.
GROUND = {"errors"}
FIRST = GROUND | {"model"}
SECOND = FIRST | {"bundle", "trust"}
THIRD = SECOND | {"carriers", "store"}
MAY: dict[str, set[str]] = {
    "errors": set(),
    "model": GROUND,
    "bundle": FIRST,
    "trust": FIRST,
    "carriers": SECOND,
    "store": SECOND,
    "packager": THIRD,
    "sync": THIRD,
    "reader": THIRD,
    "hub": THIRD,
    "demo": {""},
    "cli": {""},
    "__main__": {"cli"},
    "__init__": set(),
}
ROOF = {"cli", "demo", "__main__"}

# One outside library, one room: it can be replaced, or be missing, in one place.
LIBRARIES: dict[str, set[str]] = {
    "zstandard": {"bundle.compress"},
    "backports": {"bundle.compress"},
    "compression": {"bundle.compress"},
    "nacl": {"trust"},
    "mnemonic": {"trust.words"},
    "httpx": {"carriers.http"},
    "truststore": {"carriers.http"},
    "sqlite_utils": {"store.migrations"},
    "pikepdf": {"packager.normal"},
    "pypdfium2": {"packager.normal"},
    "PIL": {"packager.normal"},
    "oxipng": {"packager.normal"},
    "mozjpeg_lossless_optimization": {"packager.normal"},
    "yaml": {"packager.scan"},
    "markdown_it": {"reader"},
    "starlette": {"hub"},
    "uvicorn": {"hub"},
    "typer": {"cli"},
    "rich": {"cli", "demo"},
    "platformdirs": {"cli.settings"},
}

# Values and rules touch nothing: no files, no clock, no chance, no network, no other process.
WORLDLY = {
    "asyncio", "io", "logging", "multiprocessing", "os", "random", "secrets", "shutil", "signal", "socket",
    "sqlite3", "subprocess", "tempfile", "threading", "time", "urllib.request",
}  # fmt: skip

# Only the roof looks at the environment, the terminal and the wall clock, and only the roof ends the program.
ROOF_ONLY = {
    "os.environ", "os.getenv", "os._exit", "sys.argv", "sys.exit", "sys.stdin", "sys.stdout", "sys.stderr",
    "time.time", "time.time_ns", "time.localtime", "time.gmtime", "datetime.now", "datetime.utcnow",
    "datetime.today", "date.today", "datetime.datetime.now", "datetime.date.today", "locale.getlocale",
}  # fmt: skip
ROOF_ONLY_CALLS = {"print", "input", "exit", "quit"}

LONGEST_FILE = 350
LONGEST_FUNCTION = 60
MEDIAN_FUNCTION = 10


def under(name: str, prefixes: set[str]) -> bool:
    """Whether a dotted name is one of the prefixes, or inside one."""
    return any(p in ("", name) or name.startswith(p + ".") for p in prefixes)


def python_files(*folders: str) -> list[Path]:
    """Every module below the folders, in a steady order."""
    return sorted(p for folder in folders for p in (ROOT / folder).rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    """A file's syntax tree, read once."""
    return ast.parse(path.read_text("utf-8"))


def name_of(path: Path) -> str:
    """A module's dotted name inside lowband: `model.names`, `errors`, `__main__`."""
    return ".".join(path.relative_to(CODE).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """Every name a module imports, in full, wherever in the module."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: write imports in full"
            yield from (f"{node.module}.{a.name}" for a in node.names)


def complaints(module: str, imported: str) -> str:
    """Why `module` may not import `imported`; empty when it may."""
    top, _, rest = imported.partition(".")
    if top == "lowband":
        allowed = MAY[max((floor for floor in MAY if under(module, {floor})), key=len)]
        at_home = rest.startswith(module.partition(".")[0] + ".")
        return "" if rest == "__version__" or at_home or under(rest, allowed) else "a floor above or beside"
    if top in LIBRARIES:
        return "" if under(module, LIBRARIES[top]) else f"{top} lives in {', '.join(sorted(LIBRARIES[top]))}"
    if top not in sys.stdlib_module_names:
        return f"{top} has no room in LIBRARIES"
    return "the model touches nothing" if under(module, {"model"}) and under(imported, WORLDLY) else ""


def dotted(node: ast.AST) -> str:
    """`a.b.c` for such an expression; empty for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def roof_work(path: Path) -> Iterator[str]:
    """What a module does that is the roof's alone."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute) and dotted(node) in ROOF_ONLY:
            yield dotted(node)
        elif isinstance(node, ast.Call) and dotted(node.func) in ROOF_ONLY_CALLS:
            yield f"{dotted(node.func)}()"
        elif isinstance(node, ast.Raise) and node.exc is not None:
            raised = dotted(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
            if raised == "SystemExit":
                yield raised
    yield from (name for name in imports(path) if name in ROOF_ONLY)


def docstring_lines(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines of a module or function are the docstring it opens with."""
    if ast.get_docstring(node, clean=False) is None:
        return 0
    return (node.body[0].end_lineno or 0) - node.body[0].lineno + 1


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length of every function, without its docstring."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1 - docstring_lines(node)


SHIPPED = python_files("lowband")
ALL = python_files("lowband", "bench", "scripts", "tests")


def test_every_package_has_its_floor() -> None:
    """Nothing in lowband stands outside the floor plan."""
    tops = {name_of(p).partition(".")[0] for p in SHIPPED if p != CODE / "__init__.py"}
    assert tops <= MAY.keys()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.relative_to(CODE).as_posix())
def test_imports_stay_on_their_floor(path: Path) -> None:
    """A module imports floors below its own, and outside libraries in their one room."""
    module = name_of(path)
    found = {f"{name}: {why}" for name in imports(path) if (why := complaints(module, name))}
    assert not found, f"{module} imports {sorted(found)}"


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("model.names", "lowband.store.db.Db"),
        ("bundle.group", "lowband.trust.sign.verify"),
        ("store.blobs", "lowband.carriers.base.Carrier"),
        ("sync.run", "lowband.packager.publish.Publisher"),
        ("reader.pages", "lowband.cli.console.Out"),
        ("store.blobs", "zstandard"),
        ("hub.app", "httpx"),
        ("model.wire", "os.path"),
        ("packager.publish", "requests"),
    ],
)
def test_wrong_imports_are_seen(module: str, imported: str) -> None:
    """The plan itself refuses each kind of wrong import."""
    assert complaints(module, imported)


@pytest.mark.parametrize(
    "path", [p for p in SHIPPED if not under(name_of(p), ROOF)], ids=lambda p: p.relative_to(CODE).as_posix()
)
def test_only_the_roof_touches_the_world_of_the_user(path: Path) -> None:
    """Below the roof nothing reads the environment or the wall clock, prints, or ends the program."""
    assert not set(roof_work(path))


@pytest.mark.parametrize("path", ALL, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_files_and_functions_stay_small(path: Path) -> None:
    """A file has 350 lines at most and a function 60, besides the docstrings they open with."""
    lines = path.read_text("utf-8").count("\n") - docstring_lines(tree_of(path))
    assert lines <= LONGEST_FILE, f"{path.name} has {lines} lines"
    long = {name: length for name, length in functions(path) if length > LONGEST_FUNCTION}
    assert not long


def test_the_median_function_is_short() -> None:
    """Half of all shipped functions are shorter than ten lines."""
    lengths = sorted(length for path in SHIPPED for _, length in functions(path))
    assert lengths[len(lengths) // 2] < MEDIAN_FUNCTION


@pytest.mark.parametrize("path", [p for p in ALL if p.stat().st_size], ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_module_opens_with_its_rules(path: Path) -> None:
    """Every module that holds anything says first what it is for."""
    assert ast.get_docstring(tree_of(path))


@pytest.mark.parametrize("path", python_files("tests"), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_test_is_a_sentence(path: Path) -> None:
    """Every test says in its docstring which behaviour it holds."""
    silent = [
        node.name
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not (ast.get_docstring(node) or "").strip().endswith(".")
    ]
    assert not silent

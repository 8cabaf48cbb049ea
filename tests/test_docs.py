"""Documents and program cannot part: what the pages show is run, named commands and files exist, figures were measured.

1. A block that opens with ```bash is run as it stands, page by page, in a fresh folder that holds `my-course`.
2. Other blocks and inline code are read: each `lowband` command in them must exist with its options.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lowband.cli.app import command

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
RUN_IN = [page for page in PAGES if any(kind == "bash" for kind, _ in FENCE.findall(page.read_text("utf-8")))]


def ids(page: Path) -> str:
    """A page's name in the list of tests."""
    return page.relative_to(ROOT).as_posix()


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script of bash in `folder` as a user who installed lowband and has a home of her own."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    here = {
        "LOWBAND_HOME": str(folder / "home"),
        "LOWBAND_LANG": "en",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
    }
    return subprocess.run(
        [bash, "-euo", "pipefail", "-c", script], cwd=folder, env=os.environ | here, capture_output=True, text=True,
        encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip


def blocks(page: Path) -> str:
    """What a page says to type, one block after the other."""
    return "\n".join(body for kind, body in FENCE.findall(page.read_text("utf-8")) if kind == "bash")


@pytest.fixture(scope="module")
def readme(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A folder in which somebody typed all that the README says."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "lowband" / "demo_course" / "edition-1", folder / "my-course")
    return folder, run(blocks(README), folder)


def test_the_readme_works_as_it_stands(readme: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """The README's blocks run one after the other, and show what the text around them promises."""
    done = readme[1]
    assert done.returncode == 0, done.stderr
    assert "edition 1" in done.stdout
    assert "nothing changed since edition 1" in done.stdout
    assert "up to date" in done.stdout
    assert "What social protection is" in done.stdout


@pytest.mark.parametrize("page", [page for page in RUN_IN if page != README], ids=ids)
def test_a_guide_works_as_it_stands(
    page: Path, readme: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """The blocks of every other page run in a folder that holds a published depot."""
    shutil.copytree(readme[0] / "depot", tmp_path / "depot")
    done = run(blocks(page), tmp_path)
    assert done.returncode == 0, done.stderr


def test_generated_pages_are_up_to_date_and_complete() -> None:
    """docs/cli.md and docs/errors.md are what the program says; every command explains itself by an example."""
    script = [sys.executable, str(ROOT / "scripts" / "make_docs.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def commands_in(text: str) -> Iterator[str]:
    """Every line of code that calls lowband, in blocks and in running text."""
    without = FENCE.sub("", text)
    for body in [b for _, b in FENCE.findall(text)] + re.findall(r"`([^`]+)`", without):
        yield from (line.strip() for line in body.splitlines() if line.strip().startswith("lowband "))


def unknown(line: str) -> str:
    """What of a command line the program does not know; empty when it knows all."""
    found = command()
    for word in line.partition("  #")[0].split()[1:]:
        below = getattr(found, "commands", None)
        if word.startswith("--"):
            options = {name for param in found.params for name in param.opts} | {"--help", "--version"}
            if word.partition("=")[0] not in options:
                return word
        elif below is not None:
            if word not in below:
                return word
            found = below[word]
    return ""


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_named_commands_exist(page: Path) -> None:
    """A page names no command and no option that the program lacks."""
    text = re.sub(r"^```\n(?:lowband .*\n)+```$", "", page.read_text("utf-8"), flags=re.MULTILINE)
    wrong = {line: word for line in commands_in(text) if (word := unknown(line))}
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link between the project's own files finds its file."""
    targets = [link.partition("#")[0] for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]
    lost = [target for target in targets if target and not (page.parent / target).exists()]
    assert not lost


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_named_files_exist(page: Path) -> None:
    """A module, test or script that a page names by its path is there."""
    named = re.findall(r"`((?:\w+/)+\w+\.py|(?:scripts|tests|bench|docs)/[\w./-]+)`", page.read_text("utf-8"))
    lost = [name for name in named if not any((base / name).exists() for base in (ROOT, ROOT / "lowband"))]
    assert not lost


def test_every_document_can_be_found() -> None:
    """Each page and picture in docs/ is linked from the README, or from a page that is."""
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in LINK.findall(page.read_text("utf-8"))
        if "://" not in link
    }
    folders = {path for path in linked if path.is_dir()}
    pages = [p for p in (ROOT / "docs").rglob("*") if p.is_file() and p.resolve() not in linked]
    assert not [p.name for p in pages if p.parent.resolve() not in folders]


def test_the_readme_says_it_in_thirty_lines() -> None:
    """What lowband does and saves stands before the first command, in thirty lines."""
    before = README.read_text("utf-8").partition("## Try it")[0]
    assert before.count("\n") <= 30
    assert "| lowband |" in before


def test_figures_in_the_readme_were_measured() -> None:
    """The README's bytes are those of the latest run of bench.updates."""
    measured = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    if "<!-- bench:updates -->" not in measured:
        pytest.skip("bench.updates was not written yet: python -m bench.updates --write")
    figures = re.findall(r"\d[\d,]{3,}", README.read_text("utf-8").partition("## Try it")[0])
    assert figures
    assert not [figure for figure in figures if figure not in measured]


def test_ci_runs_what_the_readme_says() -> None:
    """The README's second command is the test command, and CI calls exactly that."""
    assert "\nscripts/test " in README.read_text("utf-8")
    assert (ROOT / ".ci" / "run").read_text("utf-8").rstrip().endswith("\nscripts/test")


def test_versions_are_pinned_without_naming_a_host() -> None:
    """constraints.txt pins everything that pyproject.toml asks for, within its bounds, and holds no address."""
    text = (ROOT / "constraints.txt").read_text("utf-8")
    assert "/" not in text
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    asked = project["project"]["dependencies"] + extras["publish"] + extras["hub"] + project["dependency-groups"]["dev"]
    for wanted in map(Requirement, asked):
        name = re.sub(r"[._]", "-", wanted.name).lower()
        assert wanted.specifier.contains(pins[name]), name

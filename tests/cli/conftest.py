"""A published course and a fresh device, driven through the command line as a user would."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lowband.cli.main import main

COURSE = {
    "README.md": "# Pensions for all\n\nStart here: [first lesson](01-rights.md).\n",
    "01-rights.md": "# A right\n\nSocial security is a right, said Ana.\n\n![A staircase](img/stairs.png)\n",
    "02-money.md": "# Who pays\n\nContributions and taxes.\n",
    "fr/01-droits.md": "# Un droit\n\nLa sécurité sociale protège les travailleurs âgés.\n",
    "quiz.gift": "::Q1::Is it a right? {T}\n",
}


@dataclass
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.out)


Run = Callable[..., Answer]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in a home of its own (`home` names another one)."""
    monkeypatch.setenv("LOWBAND_LANG", "en")

    def command(*words: str, home: str = "device") -> Answer:
        monkeypatch.setenv("LOWBAND_HOME", str(tmp_path / home))
        capfd.readouterr()
        code = 0
        try:
            main(list(words))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1 if end.code else 0
        said = capfd.readouterr()
        return Answer(code, said.out, said.err)

    return command


def write_course(folder: Path, files: dict[str, str]) -> Path:
    """A course folder with those files and one small picture."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    (folder / "img").mkdir(exist_ok=True)
    (folder / "img" / "stairs.png").write_bytes(_png())
    return folder


def _png() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 40, 40)).save(out, "PNG")
    return out.getvalue()


def _well(*words: str) -> None:
    """Run a command that must end well."""
    with pytest.raises(SystemExit) as end:
        main(list(words))
    assert end.value.code == 0


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a depot (one course, two editions), its author's home and the course's sources; never changed."""
    root = tmp_path_factory.mktemp("published")
    patch = pytest.MonkeyPatch()
    patch.setenv("LOWBAND_HOME", str(root / "author"))
    patch.setenv("LOWBAND_LANG", "en")
    try:
        write_course(root / "v1", COURSE)
        changed = COURSE | {
            "02-money.md": COURSE["02-money.md"] + "\nAnd solidarity.\n",
            "03-new.md": "# New\n\nMore.\n",
        }
        write_course(root / "v2", changed)
        depot = str(root / "depot")
        _well("catalogue", "new", depot, "--name", "Ministry of Labour")
        _well("publish", str(root / "v1"), "--to", depot, "--course", "pensions")
        shutil.copytree(root / "depot", root / "depot-1")
        _well("publish", str(root / "v2"), "--to", depot, "--course", "pensions")
    finally:
        patch.undo()
    return root


@pytest.fixture
def depot(published: Path, tmp_path: Path) -> Path:
    """A copy of the depot with both editions."""
    return Path(shutil.copytree(published / "depot", tmp_path / "depot"))


@pytest.fixture
def joined(run: Run, depot: Path) -> Run:
    """A device that joined the depot."""
    assert run("join", str(depot), "--yes").code == 0
    return run

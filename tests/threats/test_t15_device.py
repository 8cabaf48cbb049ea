"""T15 on a device: names in a bundle that the publisher signed never become a file outside the export's folder."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from lowband.cli.main import main
from lowband.model.depot import object_name
from lowband.model.names import why_unsafe
from tests.world import Device, Files, World, lesson, quick_folder
from tests.world_forge import Bundle, full, group, layer, publish, put

NAMES = [
    "../up.md", "a/../../up.md", "/etc/passwd", "//server/share", "\\\\server\\share", "a\\..\\..\\up.md", "C:up.md",
    "c:/up.md", "a/./b.md", "a//b.md", "a/", ".", "..", "con", "CON.md", "a/nul.txt", "lpt1", "COM¹.md", "aux/b.md",
    ".git/hooks/post-checkout", "a/.GIT/config", "git~1/x", ".g\u200cit/x", "x\u202egpj.exe", "a.md.", "a.md ", " a.md",
    "a:stream", "a|b", "a?b", "a*b", 'a"b', "<a>", "a\x00b", "a\nb", "a\x1b[2Jb", "x" * 201,
    "/".join("d" * 17), "a\ue000b", "prn ", "conin$",
]  # fmt: skip
CLASHES: list[Files] = [
    {"a.md": b"1", "A.md": b"2"},
    {"stra\u00dfe.md": b"1", "strasse.md": b"2"},
    {"a": b"1", "a/b.md": b"2"},
    {"A": b"1", "a/b.md": b"2"},
    {"\u00e9.md": b"1", "\u00c9.md": b"2"},
    {"\ufb01n.md": b"1", "fin.md": b"2"},
]


@cache
def _world() -> World:
    world = World()
    world.publish("a-course", {"01-a.md": lesson(1, 20)})
    return world


def _around(folder: Path) -> set[str]:
    return {str(p) for p in folder.rglob("*")}


def _code(*words: str) -> object:
    try:
        main(list(words))
    except SystemExit as end:
        return end.code or 0
    return 0


def _tried(files: Files, patch: pytest.MonkeyPatch, *, whole: bool) -> None:
    """Sync and export what was signed; nothing may appear but below the export's folder, and no unsafe name there."""
    world = _world().again()
    groups = [group([put(path, content)]) for path, content in files.items()]
    bundle = full(files, groups)
    if not whole:  # the last group never comes: what is here shows before any edition is whole
        later = ((0, group([put("zz.md", b"zz")])),)
        bundle = Bundle(0, (layer("core", {**files, "zz.md": b"zz"}),), (*bundle.groups, *later))
    record = publish(world, "hostile", bundle)
    home = quick_folder()
    (home / "cwd").mkdir()
    device = Device(home / "store.db").join(world.files)
    name = object_name(record.offers[0].part_hash)
    device.sync(world.files | ({} if whole else {name: world.files[name][:-9]}), only=["hostile"])
    assert whole or device.tree("hostile") == files
    assert device.edition("hostile") == 0
    device.store.close()
    patch.chdir(home / "cwd")
    patch.setenv("LOWBAND_HOME", str(home / "home"))
    before = _around(home)
    assert _code("export", "hostile", str(home / "out"), "--store", str(home / "store.db")) == (0 if whole else 12)
    new = {p for p in _around(home) - before if not p.startswith(str(home / "home"))}
    outside = {p for p in new if not p.startswith(str(home / "out")) and not Path(p).name.startswith("store.")}
    assert outside == set()
    for path in new:
        inside = os.path.relpath(path, home / "out")
        assert inside == "." or path.startswith(str(home / "store")) or not why_unsafe(inside)


@pytest.mark.parametrize("name", NAMES)
def test_an_unsafe_name_is_refused_on_arrival(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed, hashed, listed, and refused: no edition is installed, no file is made anywhere else."""
    assert why_unsafe(name)
    _tried({name: b"evil"}, monkeypatch, whole=True)


@pytest.mark.parametrize("name", ["../up.md", "/etc/passwd", "a/../../up.md", "con", ".git/hooks/post-checkout"])
def test_an_unsafe_name_of_a_course_that_is_not_whole_makes_no_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What arrived before the listing is judged may be looked at, and is judged again before it becomes a file."""
    _tried({name: b"evil"}, monkeypatch, whole=False)


@pytest.mark.parametrize("files", CLASHES)
def test_names_that_clash_are_refused_on_arrival(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two names that are one on some systems, or a file that is also a folder."""
    _tried(files, monkeypatch, whole=True)

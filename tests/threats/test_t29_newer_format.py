"""T29: what a newer lowband wrote is refused by that name, and nothing is rewritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.errors import VersionError
from lowband.model.trust import Delegations, Head, Record, Root, State
from lowband.packager.catalogue import new_catalogue, open_catalogue
from lowband.trust.keys import load
from tests.trust.world import NOON, World, root_file

WORLD = World().with_record("tax", 1)
FILES = WORLD.make()
NEXT = {
    "root": (root_file(WORLD.root, ["r1"], WORLD.catalogue), Root.parse),
    "head": (FILES.head, Head.parse),
    "delegations": (FILES.delegations, Delegations.parse),
    "state": (FILES.state, State.parse),
    "record": (FILES.records["tax"], Record.parse),
}


@pytest.mark.parametrize("kind", NEXT)
def test_the_next_version_of_each_object_is_named(kind: str) -> None:
    """The same object with the next version letter answers E-VERSION, whatever comes after it."""
    data, parse = NEXT[kind]
    for newer in (data[:3] + b"2" + data[4:], data[:3] + b"2", data[:3] + b"2 something else entirely"):
        with pytest.raises(VersionError) as refusal:
            parse(newer)
        assert refusal.value.code == "E-VERSION"


def test_a_newer_depot_is_left_untouched(tmp_path: Path) -> None:
    """The publishing side meets a newer head: it refuses, and no byte of depot or keys has changed."""
    depot = tmp_path / "depot"
    depot.mkdir()
    new_catalogue(FolderCarrier(depot), tmp_path / "keys", "Ministry", NOON)
    head = (depot / "head").read_bytes()
    (depot / "head").write_bytes(b"LBH2" + head[4:])
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(VersionError):
        open_catalogue(FolderCarrier(depot), tmp_path / "keys").refresh_head(NOON)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_newer_key_file_is_left_untouched(tmp_path: Path) -> None:
    """A key in a later format is named so, not called damaged."""
    path = tmp_path / "head-1.key"
    path.write_text("lowband key 2\nalgorithm: something better\n")
    with pytest.raises(VersionError):
        load(path)

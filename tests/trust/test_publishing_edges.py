"""Names, numbers and files of a catalogue: what is refused before anything is signed, and what lies where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.carriers.memory import MemoryCarrier
from lowband.errors import (
    MixedError,
    UsageError,
)
from lowband.model.depot import object_name
from lowband.packager.catalogue import folder_of, new_catalogue, open_catalogue
from lowband.packager.keyring import KeyRing, Memory
from tests.trust.world import NOON, OFFER, made_catalogue, sha


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "x" * 201])
def test_names_that_cannot_be_shown_are_refused(tmp_path: Path, name: str) -> None:
    """A catalogue's name is one printable line."""
    with pytest.raises(UsageError):
        new_catalogue(MemoryCarrier(), tmp_path, name, NOON)


@pytest.mark.parametrize(("count", "threshold"), [(0, 0), (1, 0), (1, 2), (17, 1), (2, 3)])
def test_thresholds_out_of_reach_are_refused(tmp_path: Path, count: int, threshold: int) -> None:
    """At least one key signs, and never more than there are."""
    with pytest.raises(UsageError):
        new_catalogue(MemoryCarrier(), tmp_path, "Ministry", NOON, root_keys=count, threshold=threshold)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("publisher", ["../anna", "anna/x", "", "Anna", "a b", "anna~1a2b3c4d"])
def test_a_publishers_name_cannot_leave_the_keys_folder(tmp_path: Path, publisher: str) -> None:
    """Names of publishers become names of files, so they are plain."""
    carrier, keys = made_catalogue(tmp_path)
    desk = open_catalogue(carrier, keys)
    with pytest.raises(UsageError):
        desk.new_publisher_key(publisher)
    with pytest.raises(UsageError):
        desk.delegate(publisher, None, ["*"], NOON)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    """Unknown publishers, courses, root keys and folders are refused before anything is signed."""
    carrier, keys = made_catalogue(tmp_path)
    desk, before = open_catalogue(carrier, keys), dict(carrier.files)
    for change in (
        lambda: desk.revoke("nobody", NOON),
        lambda: desk.sign_again(["tax"], NOON),
        lambda: desk.rotate("root", NOON, lost=bytes(32)),
        lambda: desk.rotate("publisher", NOON, publisher="nobody"),
        lambda: open_catalogue(carrier, keys, more=[tmp_path / "none"]),
    ):
        with pytest.raises(UsageError):
            change()
    assert carrier.files == before
    assert desk.record("tax") is None


def test_signing_again_refuses_a_record_of_another_course(tmp_path: Path) -> None:
    """A thief's state that shows one course's record as another's is not vouched for by signing it again."""
    carrier, keys = made_catalogue(tmp_path)
    desk = open_catalogue(carrier, keys)
    desk.publish_record("tax", 1, [OFFER], NOON)
    line = desk.state.line("tax")
    assert line is not None
    desk.at = replace(desk.at, state=replace(desk.state, courses=(replace(line, course="work"),)))
    with pytest.raises(MixedError):
        desk.signed_again(replace(line, course="work"), 0, desk.delegations.publishers[0].key)


def test_a_depot_in_a_folder_holds_what_the_format_says(tmp_path: Path) -> None:
    """Files are `head`, `root/N`, and objects named by their SHA-256; nothing else lies about."""
    depot = tmp_path / "depot"
    depot.mkdir()
    desk = new_catalogue(FolderCarrier(depot), tmp_path / "keys", "Ministry", NOON)
    desk.publish_record("tax", 1, [OFFER], NOON)
    desk.rotate("head", NOON)
    names = {path.relative_to(depot).as_posix() for path in depot.rglob("*") if path.is_file()}
    objects = names - {"head", "root/1", "root/2"}
    assert {"head", "root/1", "root/2"} < names
    assert objects
    assert all(object_name(sha((depot / name).read_bytes())) == name for name in objects)


def test_the_memory_comes_back_and_damage_is_named(tmp_path: Path) -> None:
    """What keys remember is written whole; a damaged memory refuses rather than forgets."""
    ring = KeyRing(tmp_path)
    memory = Memory((3, 9), (3, 8), 4, {"tax": 7, "2020-37": 1})
    ring.remember(memory)
    assert KeyRing(tmp_path).memory() == memory
    text = memory.spell()
    for wrong in ("", "something else\n", text.replace("3 9", "3"), text.replace("signed", "sign"), text + "x: y\n"):
        with pytest.raises(Exception, match="damaged data at memory"):
            Memory.parse(wrong)


def test_keys_live_in_a_folder_of_the_catalogue(tmp_path: Path) -> None:
    """The first sixteen hex digits of the id name it."""
    carrier, keys = made_catalogue(tmp_path)
    made = open_catalogue(carrier, keys)
    assert folder_of(keys, made.id) == keys / made.id.hex()[:16] == made.ring.folder

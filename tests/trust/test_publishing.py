"""The publishing side of trust: what it writes, in which order, and what it refuses to sign."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lowband.carriers.memory import MemoryCarrier
from lowband.errors import (
    CarrierError,
    LockedError,
    NoKeyError,
    OldDepotError,
    OtherCatalogueError,
    PassphraseError,
    UsageError,
)
from lowband.model.trust import Root
from lowband.packager.catalogue import Catalogue, new_catalogue, open_catalogue
from lowband.packager.keyring import KeyRing
from lowband.packager.snapshot import load_snapshot
from lowband.trust.chain import Seen, accept_head, accept_next_root, roots_needed
from tests.trust.world import NOON, OFFER, made_catalogue


def test_a_new_catalogue_is_good_to_a_device_and_ready_to_publish(tmp_path: Path) -> None:
    """Empty, named, under root 1, with one publisher for everything, at number 1."""
    carrier, keys = made_catalogue(tmp_path)
    made = open_catalogue(carrier, keys)
    assert (made.name, made.root.version, made.head.number, made.state.courses) == ("Ministry", 1, (0, 1), ())
    assert [(p.id, p.scopes) for p in made.delegations.publishers] == [("main", ("*",))]
    assert made.publish_record("tax", 1, [OFFER], NOON + 1).edition == 1


def test_editions_follow_one_another_and_name_the_one_before(tmp_path: Path) -> None:
    """Each record names the hash of the record before; each head is one number higher."""
    carrier, keys = made_catalogue(tmp_path)
    desk = open_catalogue(carrier, keys)
    desk.publish_record("tax", desk.next_edition("tax"), [OFFER], NOON + 1)
    before = desk.state.line("tax")
    desk.publish_record("tax", desk.next_edition("tax"), [OFFER], NOON + 2)
    record = open_catalogue(carrier, keys).record("tax")
    assert before is not None
    assert record is not None
    assert (record.edition, record.previous_length, record.previous_hash) == (
        2,
        before.record_length,
        before.record_hash,
    )
    assert desk.head.number == (0, 3)


def test_objects_come_before_the_head_that_reaches_them(tmp_path: Path) -> None:
    """Cut after any number of writes, the depot is whole: the old state or the new one, never between."""
    carrier, keys = made_catalogue(tmp_path)
    open_catalogue(carrier, keys).publish_record("tax", 1, [OFFER], NOON)
    for count in range(10):
        files, home = dict(carrier.files), tmp_path / f"keys{count}"
        shutil.copytree(keys, home)
        cut = _Cut(files, count)
        whole = True
        try:
            open_catalogue(cut, home).publish_record("tax", 2, [OFFER], NOON + 1)
        except CarrierError:
            whole = False
        found = open_catalogue(MemoryCarrier(files), home).record("tax")
        assert found is not None
        assert found.edition == (2 if whole else 1)
        if whole:
            assert count == 3  # record, state, head; the delegations were there
            return
        desk = open_catalogue(MemoryCarrier(files), home)
        desk.publish_record("tax", 2, [OFFER], NOON + 1)
        assert desk.head.number > (0, 3)  # the number of the cut attempt is never used again
    raise AssertionError("never whole")


class _Cut(MemoryCarrier):
    """A depot whose line breaks after `count` new files."""

    def __init__(self, files: dict[str, bytes], count: int) -> None:
        super().__init__(files)
        self.left = count

    def write(self, file: str, chunks: Iterator[bytes]) -> None:
        content = b"".join(chunks)
        if self.files.get(file) == content:
            return
        if self.left == 0:
            raise CarrierError(depot=self.name, detail="cut")
        self.left -= 1
        super().write(file, iter([content]))


@pytest.mark.parametrize("role", ["root", "head", "registrar", "publisher"])
def test_a_cut_rotation_is_completed_by_the_next_change(tmp_path: Path, role: str) -> None:
    """Cut after any number of writes, a rotation leaves a catalogue that devices follow and that can be changed."""
    first = NOON + 1
    for count in range(10):
        home = tmp_path / f"{count}"
        carrier, keys = made_catalogue(home)
        open_catalogue(carrier, keys).publish_record("tax", 1, [OFFER], first)
        try:
            _rotate(open_catalogue(_Cut(carrier.files, count), keys), role)
        except CarrierError:
            pass
        else:
            assert count > 1
            return
        mended = open_catalogue(carrier, keys)
        mended.refresh_head(NOON + 3)
        assert mended.record("tax") is not None
        mended.publish_record("tax", 2, [OFFER], NOON + 4)
        assert load_snapshot(carrier, mended.id).state.courses[0].edition == 2
    raise AssertionError("never whole")


def _rotate(desk: Catalogue, role: str) -> None:
    for known in ("root", "head", "registrar", "publisher"):
        if known == role:
            desk.rotate(known, NOON + 2)


@pytest.mark.parametrize("role", ["root", "head", "registrar", "publisher"])
def test_a_device_follows_every_rotation(tmp_path: Path, role: str) -> None:
    """A device that knows the catalogue from before takes the new roots and head; the old key's file is gone."""
    carrier, keys = made_catalogue(tmp_path)
    desk = open_catalogue(carrier, keys)
    desk.publish_record("tax", 1, [OFFER], NOON)
    old_root, old_head, old_keys = desk.root, desk.head, {k.public for k in desk.listed_keys()}
    _rotate(desk, role)
    seen = Seen(*old_head.number, old_head.state_hash)
    data, known = carrier.files["head"], old_root
    for version in roots_needed(data, known):
        known = accept_next_root(carrier.files[f"root/{version}"], known, desk.id)
    assert accept_head(data, known, desk.id, seen).number > old_head.number
    listed = {k.public: k for k in open_catalogue(carrier, keys).listed_keys() if not k.revoked}
    assert len(set(listed) - old_keys) == 1
    assert all(k.file and k.file.is_file() for k in listed.values())
    assert len(list(desk.ring.folder.glob("*.key"))) == len(listed)
    record = open_catalogue(carrier, keys).record("tax")
    assert record is not None
    desk.publish_record("tax", 2, [OFFER], NOON + 5)


def test_one_lost_root_key_of_three_is_replaced_by_the_other_two(tmp_path: Path) -> None:
    """With the lost key's file gone, two keys in two further folders replace it; one of them alone cannot."""
    carrier, keys = made_catalogue(tmp_path, root_keys=3, threshold=2)
    desk = open_catalogue(carrier, keys)
    files = {info.public: info.file for info in desk.listed_keys() if info.role == "root"}
    lost, *others = files
    sticks = [tmp_path / "stick1", tmp_path / "stick2"]
    for public_key, stick in zip(others, sticks, strict=True):
        stick.mkdir()
        path = files[public_key]
        assert path is not None
        shutil.move(path, stick / path.name)
    lost_file = files[lost]
    assert lost_file is not None
    lost_file.unlink()
    before = dict(carrier.files)
    with pytest.raises(NoKeyError):
        open_catalogue(carrier, keys, more=[sticks[0]]).rotate("root", NOON + 1, lost=lost)
    assert carrier.files == before
    open_catalogue(carrier, keys, more=sticks).rotate("root", NOON + 1, lost=lost)
    root = open_catalogue(carrier, keys).root
    assert lost not in root.keys
    assert set(others) < set(root.keys)
    assert (root.version, root.threshold, len(root.keys)) == (2, 2, 3)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_any_root_key_can_be_the_lost_one(tmp_path: Path, place: int) -> None:
    """With all keys at hand, each place of the list is replaced, and the root stays small: no signature is idle."""
    carrier, keys = made_catalogue(tmp_path, root_keys=3, threshold=2)
    desk = open_catalogue(carrier, keys)
    before = desk.root.keys
    desk.rotate("root", NOON, lost=before[place])
    assert [a == b for a, b in zip(before, desk.root.keys, strict=True)].count(False) == 1
    assert desk.root.keys[place] != before[place]
    assert len(Root.parse(carrier.files["root/2"])[1].signatures) <= 3


def test_daily_work_needs_neither_root_nor_registrar(tmp_path: Path) -> None:
    """With only head and publisher keys at hand one publishes and refreshes; a change of keys names what is missing."""
    carrier, keys = made_catalogue(tmp_path)
    folder = open_catalogue(carrier, keys).ring.folder
    for path in [*folder.glob("root-*"), *folder.glob("registrar-*")]:
        path.unlink()
    desk = open_catalogue(carrier, keys)
    desk.publish_record("tax", 1, [OFFER], NOON)
    desk.refresh_head(NOON + 1)
    for change, role in (
        (lambda: desk.rotate("head", NOON), "root"),
        (lambda: desk.delegate("anna", None, ["tax"], NOON), "registrar"),
        (lambda: desk.revoke("main", NOON), "registrar"),
        (lambda: desk.rotate("publisher", NOON), "registrar"),
    ):
        with pytest.raises(NoKeyError) as refusal:
            change()
        assert refusal.value.facts["role"] == role
    assert sorted(path.name.split("-")[0] for path in folder.glob("*.key")) == ["head", "publisher"]


def test_a_restored_depot_is_not_signed_on_top_of(tmp_path: Path) -> None:
    """An older depot is refused until one says to go on; then numbers and editions continue above the lost ones."""
    carrier, keys = made_catalogue(tmp_path)
    desk = open_catalogue(carrier, keys)
    desk.publish_record("tax", 1, [OFFER], NOON)
    backup = dict(carrier.files)
    desk.publish_record("tax", 2, [OFFER], NOON)
    carrier.files.clear()
    carrier.files.update(backup)
    with pytest.raises(OldDepotError):
        open_catalogue(carrier, keys).refresh_head(NOON)
    with pytest.raises(OldDepotError):
        open_catalogue(carrier, keys).publish_record("tax", 3, [OFFER], NOON)
    assert carrier.files == backup
    open_catalogue(carrier, keys, go_on=True).refresh_head(NOON)
    again = open_catalogue(carrier, keys)
    assert again.head.number == (0, 4)
    assert again.next_edition("tax") == 3


def test_a_depot_from_before_a_new_root_cannot_be_gone_on_with(tmp_path: Path) -> None:
    """Devices follow roots one by one: a lost root can only be copied back."""
    carrier, keys = made_catalogue(tmp_path)
    backup = dict(carrier.files)
    open_catalogue(carrier, keys).rotate("root", NOON)
    carrier.files.clear()
    carrier.files.update(backup)
    with pytest.raises(OldDepotError):
        open_catalogue(carrier, keys, go_on=True).refresh_head(NOON)


def test_an_edition_that_somebody_published_meanwhile_is_refused(tmp_path: Path) -> None:
    """Two at work on one course: the second is told, and the first's edition stays."""
    carrier, keys = made_catalogue(tmp_path)
    one, two = open_catalogue(carrier, keys), open_catalogue(carrier, keys)
    number = two.next_edition("tax")
    one.publish_record("tax", one.next_edition("tax"), [OFFER], NOON)
    with pytest.raises(LockedError):
        two.publish_record("tax", number, [OFFER], NOON + 1)
    two.publish_record("work", 1, [OFFER], NOON + 2)
    assert [line.course for line in open_catalogue(carrier, keys).state.courses] == ["tax", "work"]


def test_one_process_signs_at_a_time(tmp_path: Path) -> None:
    """While the lock is held nobody else signs; when it is let go they do."""
    carrier, keys = made_catalogue(tmp_path)
    desk = open_catalogue(carrier, keys)
    with KeyRing(desk.ring.folder).locked(), pytest.raises(LockedError):
        desk.refresh_head(NOON)
    desk.refresh_head(NOON)


def test_a_wrong_clock_never_dates_a_head_back(tmp_path: Path) -> None:
    """A head is dated no earlier than the one before, so that devices do not take it for stale."""
    carrier, keys = made_catalogue(tmp_path)
    assert open_catalogue(carrier, keys).refresh_head(0).issued == NOON


def test_a_passphrase_is_asked_for_once_and_only_for_rare_work(tmp_path: Path) -> None:
    """Root and registrar keys are sealed, daily keys are not; a wrong passphrase signs nothing."""
    carrier, keys = MemoryCarrier(), tmp_path / "keys"
    new_catalogue(carrier, keys, "Ministry", NOON, passphrase="correct horse")
    asked: list[str] = []

    def right(file: str) -> str:
        asked.append(file)
        return "correct horse"

    desk = open_catalogue(carrier, keys, ask=right)
    desk.publish_record("tax", 1, [OFFER], NOON)
    assert asked == []
    desk.delegate("anna", None, ["tax"], NOON)
    desk.revoke("anna", NOON)
    assert [name.split("-")[0] for name in asked] == ["registrar"]
    with pytest.raises(PassphraseError):
        open_catalogue(carrier, keys, ask=lambda _: "wrong").revoke("main", NOON)
    with pytest.raises(PassphraseError):
        open_catalogue(carrier, keys).revoke("main", NOON)


def test_a_second_catalogue_does_not_go_over_the_first(tmp_path: Path) -> None:
    """A depot that has a catalogue is refused; another depot takes another id, and keys do not mix."""
    carrier, keys = made_catalogue(tmp_path)
    before = dict(carrier.files)
    with pytest.raises(UsageError):
        new_catalogue(carrier, keys, "Ministry", NOON)
    assert carrier.files == before
    other = MemoryCarrier()
    second = new_catalogue(other, keys, "Ministry", NOON)
    first = open_catalogue(carrier, keys)
    assert second.id != first.id
    with pytest.raises(UsageError):
        open_catalogue(carrier, keys, more=[second.ring.folder])
    with pytest.raises(OtherCatalogueError):
        load_snapshot(other, first.id)

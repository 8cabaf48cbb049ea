"""Publishers: who signs what, from where, until when."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lowband.errors import IntegrityError, NoKeyError, ScopeError, TrustError, UsageError
from lowband.model.depot import object_name
from lowband.packager.catalogue import open_catalogue
from tests.trust.world import NOON, OFFER, made_catalogue, public


def test_a_publisher_on_her_own_machine(tmp_path: Path) -> None:
    """She makes her key, is delegated by its public half, and publishes once she has a copy of the head key too."""
    carrier, office = made_catalogue(tmp_path)
    hers = tmp_path / "hers"
    public_key = open_catalogue(carrier, hers).new_publisher_key("anna")
    open_catalogue(carrier, office).delegate("anna", public_key, ["tax*"], NOON)
    with pytest.raises(NoKeyError) as refusal:
        open_catalogue(carrier, hers).demand_keys("tax")
    assert refusal.value.facts["role"] == "head"
    with pytest.raises(NoKeyError):
        open_catalogue(carrier, hers).publish_record("tax", 1, [OFFER], NOON)
    folder = open_catalogue(carrier, office).ring.folder
    for path in folder.glob("head-*.key"):
        shutil.copy(path, open_catalogue(carrier, hers).ring.folder)
    desk = open_catalogue(carrier, hers)
    desk.demand_keys("tax")
    desk.publish_record("tax", 1, [OFFER], NOON)
    with pytest.raises(ScopeError):
        desk.publish_record("work", 1, [OFFER], NOON, "anna")
    with pytest.raises(NoKeyError):
        desk.publish_record("work", 1, [OFFER], NOON)
    assert open_catalogue(carrier, office).elsewhere
    open_catalogue(carrier, office).refresh_head(NOON)
    assert not open_catalogue(carrier, office).elsewhere


def test_delegating_again_changes_scopes_and_keeps_the_key(tmp_path: Path) -> None:
    """Without a key she keeps hers; with a new one the old counts as revoked, and cannot come back."""
    carrier, keys = made_catalogue(tmp_path)
    desk = open_catalogue(carrier, keys)
    first = desk.delegate("anna", None, ["tax"], NOON)
    assert desk.delegate("anna", None, ["tax", "work-*"], NOON) == first
    desk.publish_record("tax", 1, [OFFER], NOON, "anna")
    desk.delegate("anna", public("anna"), ["tax"], NOON)
    assert first in {info.public for info in desk.listed_keys() if info.revoked}
    with pytest.raises(TrustError):
        desk.record("tax")
    with pytest.raises(UsageError):
        desk.delegate("anna", first, ["tax"], NOON)
    desk.sign_again(["tax"], NOON, "main")
    assert desk.record("tax") is not None


def test_a_course_stays_with_its_publisher(tmp_path: Path) -> None:
    """Where several at hand may sign a course, whoever signed it last signs it next, unless another is asked for."""
    carrier, keys = made_catalogue(tmp_path)
    desk = open_catalogue(carrier, keys)
    for name in ("anna", "ben"):
        desk.delegate(name, None, ["tax"], NOON)
    for edition, asked, place in ((1, "ben", 2), (2, None, 2), (3, "anna", 1), (4, None, 1), (5, "main", 0)):
        desk.publish_record("tax", edition, [OFFER], NOON, asked)
        line = desk.state.line("tax")
        assert line is not None
        assert line.publisher == place


def test_a_publisher_outside_her_courses_is_named(tmp_path: Path) -> None:
    """The refusal names whoever was asked for, and no one when nobody may."""
    carrier, keys = made_catalogue(tmp_path)
    desk = open_catalogue(carrier, keys)
    desk.delegate("anna", None, ["tax"], NOON)
    with pytest.raises(ScopeError) as refusal:
        desk.publish_record("work", 1, [OFFER], NOON, "anna")
    assert (refusal.value.facts["publisher"], refusal.value.facts["course"]) == ("anna", "work")
    desk.revoke("main", NOON)
    with pytest.raises(ScopeError) as refusal:
        desk.publish_record("work", 1, [OFFER], NOON)
    assert refusal.value.facts["publisher"] == "-"


def test_revocation_is_once_and_hinders_nobody_else(tmp_path: Path) -> None:
    """A revoked entry cannot be revoked again, her name is free for a new key, and others are delegated as before."""
    carrier, keys = made_catalogue(tmp_path)
    desk = open_catalogue(carrier, keys)
    first = desk.delegate("anna", None, ["tax"], NOON)
    desk.revoke("anna", NOON)
    for gone in ("anna", f"anna~{first.hex()[:8]}"):
        with pytest.raises(UsageError):
            desk.revoke(gone, NOON)
    assert desk.delegate("ben", None, ["tax"], NOON) != first
    assert desk.delegate("anna", None, ["tax"], NOON) != first
    assert [p.id for p in desk.delegations.publishers if p.scopes] == ["main", "ben", "anna"]
    with pytest.raises(UsageError):
        desk.delegate("anna", None, [], NOON)


def test_signing_again_refuses_a_damaged_record(tmp_path: Path) -> None:
    """What is signed again is what the state names, not what the depot happens to hold under that name."""
    carrier, keys = made_catalogue(tmp_path)
    desk = open_catalogue(carrier, keys)
    desk.publish_record("tax", 1, [OFFER], NOON)
    line = desk.state.line("tax")
    assert line is not None
    name = object_name(line.record_hash)
    carrier.files[name] = carrier.files[name].replace(OFFER.part_hash, bytes(32))
    before = dict(carrier.files)
    with pytest.raises(IntegrityError):
        desk.sign_again(["tax"], NOON)
    assert carrier.files == before

"""T09: once a publisher's key is revoked, nothing that it signs is taken, whatever date or number it bears."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from lowband.carriers.memory import MemoryCarrier
from lowband.errors import RevokedError, RollbackError, TrustError
from lowband.model.trust import Delegations, Publisher
from lowband.packager.catalogue import new_catalogue, open_catalogue
from lowband.packager.roles import granted, revoked
from lowband.trust.chain import edition_floor, revoked_keys
from tests.trust.world import NOON, OFFER, World, device_of, public

ANNA = Publisher("anna", public("anna"), ("tax*",))
MAIN = Publisher("main", public("main"), ("*",))
BEFORE = Delegations(1, (ANNA, MAIN))
AFTER = Delegations(2, (revoked(ANNA), MAIN))
WORLD = World(delegations=BEFORE).with_record("tax", 5, "anna", 0)


@pytest.mark.parametrize("edition", [5, 6, 2**60])
@pytest.mark.parametrize("issued", [0, NOON - 10**6, NOON, NOON + 10**6])
def test_records_of_a_revoked_key_are_refused_new_and_back_dated(edition: int, issued: int) -> None:
    """No date and no number saves a record of the old key."""
    device = device_of(WORLD)
    device.take(WORLD.make())
    world = replace(WORLD, delegations=AFTER, seq=2, records=()).with_record("tax", edition, "anna", 0)
    record, key, place = world.records[0]
    world = replace(world, records=((replace(record, issued=issued), key, place),))
    with pytest.raises(RevokedError):
        device.take(world.make())


def test_a_revoked_key_cannot_hide_behind_another_publishers_line() -> None:
    """The old key's record in a remaining publisher's line is refused as revoked too."""
    world = replace(WORLD, delegations=AFTER, seq=2, records=()).with_record("tax", 6, "anna", 1)
    with pytest.raises(RevokedError):
        device_of(WORLD).take(world.make())


def test_a_stranger_is_not_called_revoked() -> None:
    """A key that was never listed is refused as a stranger's."""
    world = replace(WORLD, delegations=AFTER, seq=2, records=()).with_record("tax", 6, "thief", 0)
    with pytest.raises(TrustError) as refusal:
        device_of(WORLD).take(world.make())
    assert type(refusal.value) is TrustError


def test_the_old_delegations_are_refused_once_the_new_were_seen() -> None:
    """A thief with the head key too cannot bring back the delegations that still list her."""
    device = device_of(WORLD)
    device.take(WORLD.make())
    device.take(replace(WORLD, delegations=AFTER, seq=2, records=()).make())
    with pytest.raises(RollbackError) as refusal:
        device.take(replace(WORLD, seq=3).make())
    assert (refusal.value.facts["seen"], refusal.value.facts["offered"]) == ("2", "1")


def test_the_record_signed_again_by_another_publisher_is_taken() -> None:
    """The same edition, signed by a publisher who remains, is good again."""
    device = device_of(WORLD)
    device.take(WORLD.make())
    again = replace(WORLD, delegations=AFTER, seq=2, records=()).with_record("tax", 5, "main", 1)
    assert device.take(again.make())[0].edition == 5


def test_a_key_listed_and_revoked_at_once_counts_as_revoked() -> None:
    """Listing a revoked key again under another name does not bring it back."""
    both = Delegations(3, (revoked(ANNA), MAIN, replace(ANNA, id="anne")))
    world = replace(WORLD, delegations=both, seq=2, records=()).with_record("tax", 6, "anna", 2)
    with pytest.raises(RevokedError):
        device_of(WORLD).take(world.make())


def test_a_replaced_key_is_listed_as_revoked_and_places_stay() -> None:
    """A new key for a publisher keeps everybody's place, which states rely on, and lists the old key without scopes."""
    listed = granted(BEFORE.publishers, replace(ANNA, key=public("anna 2")))
    assert [p.id for p in listed[:2]] == ["anna", "main"]
    assert revoked_keys(Delegations(2, tuple(listed))) == {public("anna")}


def test_a_thief_who_ran_the_edition_up_is_undone_by_revocation() -> None:
    """Edition 2^60 of a revoked key no longer stands above the honest edition 6."""
    assert edition_floor(2**60, public("anna"), BEFORE) == 2**60
    assert edition_floor(2**60, public("anna"), AFTER) == 0


def test_revoke_and_sign_again_from_the_publishing_side(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The whole way through a depot: delegate, publish, revoke, flagged, signed again, taken."""
    clock = itertools.count(NOON)
    carrier, home = MemoryCarrier(), tmp_path_factory.mktemp("keys")
    new_catalogue(carrier, home, "Ministry", next(clock))
    desk = open_catalogue(carrier, home)
    desk.delegate("anna", None, ["tax*"], next(clock))
    desk.publish_record("tax", 1, [OFFER], next(clock), "anna")
    assert desk.flagged() == []
    assert desk.revoke("anna", next(clock)) == ["tax"]
    with pytest.raises(RevokedError):
        open_catalogue(carrier, home).record("tax")
    desk.sign_again(["tax"], next(clock))
    record = open_catalogue(carrier, home).record("tax")
    assert record is not None
    assert (record.edition, desk.flagged()) == (1, [])

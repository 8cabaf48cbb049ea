"""T01: what was not signed by the right key, as the right kind of object, is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lowband.errors import IntegrityError, LowbandError, TrustError
from lowband.model.trust import Delegations, Head, Record, Root, Signed, State
from lowband.trust.chain import Seen, accept_delegations, accept_first_root, accept_head, accept_record, accept_state
from lowband.trust.sign import Kind, sign, verify
from tests.trust.world import Files, World, device_of, public, root_file, secret, sha, signed

WORLD = World().with_record("tax-basics", 3)
GOOD = WORLD.make()


def _judge(kind: str, data: bytes) -> object:
    """One object judged in the place of the good one."""
    root, catalogue = WORLD.root, WORLD.catalogue
    if kind == "root":
        return accept_first_root(data, catalogue)
    if kind == "head":
        return accept_head(data, root, catalogue, Seen())
    head = accept_head(GOOD.head, root, catalogue, Seen())
    if kind == "state":
        return accept_state(data, head)
    state = accept_state(GOOD.state, head)
    if kind == "delegations":
        return accept_delegations(data, state, root, catalogue, Seen())
    delegations = accept_delegations(GOOD.delegations, state, root, catalogue, Seen())
    return accept_record(data, state.courses[0], delegations, catalogue)


OBJECTS = {
    "root": root_file(WORLD.root, ["r1"], WORLD.catalogue),
    "head": GOOD.head,
    "state": GOOD.state,
    "delegations": GOOD.delegations,
    "record": GOOD.records["tax-basics"],
}


@pytest.mark.parametrize("kind", OBJECTS)
def test_the_good_object_is_accepted(kind: str) -> None:
    """Each untouched object passes, so that the refusals below mean something."""
    assert _judge(kind, OBJECTS[kind]) is not None


@pytest.mark.parametrize("kind", OBJECTS)
def test_every_single_bit_flip_is_refused(kind: str) -> None:
    """F1: no bit of any object may change, and the refusal is one of our errors."""
    data, tried = OBJECTS[kind], 0
    for position in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(LowbandError):
            _judge(kind, bytes(flipped))
        tried += 1
    assert tried == len(data) * 8 > 0


@pytest.mark.parametrize("kind", OBJECTS)
def test_every_truncation_and_every_extension_is_refused(kind: str) -> None:
    """F1: an object cut short at any byte, or with a byte after its end, is refused."""
    data = OBJECTS[kind]
    for wrong in [*(data[:n] for n in range(len(data))), data + b"\0"]:
        with pytest.raises(LowbandError):
            _judge(kind, wrong)


@pytest.mark.parametrize("kind", ["head", "delegations", "record"])
def test_no_signature_at_all_is_refused(kind: str) -> None:
    """Sixty-four zero bytes are no signature, even where the hash above vouches for them."""
    files = _resigned(kind, lambda body: body + bytes(64))
    with pytest.raises(TrustError):
        device_of(WORLD).take(files)


@pytest.mark.parametrize("kind", ["head", "delegations", "record"])
def test_the_wrong_key_is_refused(kind: str) -> None:
    """A stranger's signature is refused, even where the hash above vouches for the object."""
    files = _resigned(kind, lambda body: signed(body, "stranger", _kind(kind), WORLD.catalogue))
    with pytest.raises(TrustError):
        device_of(WORLD).take(files)


@pytest.mark.parametrize("kind", ["head", "delegations", "record"])
@pytest.mark.parametrize("other", ["root", "head", "delegations", "record"])
def test_a_signature_of_another_kind_is_refused(kind: str, other: str) -> None:
    """The right key signing the right bytes as another kind of object is refused."""
    names = {"head": "head", "delegations": "registrar", "record": "main"}
    files = _resigned(kind, lambda body: signed(body, names[kind], _kind(other), WORLD.catalogue))
    if kind == other:
        assert device_of(WORLD).take(files)
        return
    with pytest.raises(TrustError):
        device_of(WORLD).take(files)


@pytest.mark.parametrize("kind", ["head", "delegations", "record"])
def test_a_signature_for_another_catalogue_is_refused(kind: str) -> None:
    """The same keys in another catalogue sign nothing here."""
    names = {"head": "head", "delegations": "registrar", "record": "main"}
    files = _resigned(kind, lambda body: signed(body, names[kind], _kind(kind), sha(b"another catalogue")))
    with pytest.raises(TrustError):
        device_of(WORLD).take(files)


def test_a_root_without_enough_signatures_is_refused() -> None:
    """Root 1 must be signed by its own threshold, even when its id is the expected one."""
    two = Root(1, 0, "Ministry", (public(1), public(2)), 2, (public("head"),), public("registrar"))
    world = World(root=two)
    for signers in ([], [1], [2], [1, 1], ["stranger", 1]):
        with pytest.raises(TrustError):
            accept_first_root(root_file(two, signers, world.catalogue), world.catalogue)
    assert accept_first_root(root_file(two, [1, 2], world.catalogue), world.catalogue) == two


def test_a_key_id_alone_proves_nothing() -> None:
    """A signature under the right key's id, made by another key, counts for nothing."""
    body = WORLD.root.body()
    hint = OBJECTS["root"][len(body) + 1 : len(body) + 5]
    forged = Signed(body, ((hint, sign(secret("stranger"), "root", WORLD.catalogue, body)),)).encode()
    with pytest.raises(TrustError):
        accept_first_root(forged, WORLD.catalogue)


def test_a_small_order_key_verifies_nothing() -> None:
    """The all-zero key and signature, which a careless Ed25519 accepts for any message, are refused."""
    for key in (bytes(32), b"\1" + bytes(31)):
        assert not verify(key, "head", WORLD.catalogue, b"anything", bytes(64))
        assert not verify(key, "head", WORLD.catalogue, b"anything", b"\1" + bytes(63))


def test_another_state_under_a_good_head_is_refused() -> None:
    """The head binds its state by hash and length."""
    other = World(seq=9).with_record("tax-basics", 4).make()
    with pytest.raises(IntegrityError):
        device_of(WORLD).take(Files(GOOD.head, other.state, GOOD.delegations, GOOD.records))


def _kind(name: str) -> Kind:
    kinds: dict[str, Kind] = {"root": "root", "head": "head", "delegations": "delegations", "record": "record"}
    return kinds[name]


def _resigned(kind: str, spell: Callable[[bytes], bytes]) -> Files:
    """The good world with one object spelled by `spell(body)`, and everything above it rightly signed."""
    record = Record.parse(GOOD.records["tax-basics"])[1]
    listed = Delegations.parse(GOOD.delegations)[1]
    data = spell(record) if kind == "record" else GOOD.records["tax-basics"]
    delegations = spell(listed) if kind == "delegations" else GOOD.delegations
    line = State.parse(GOOD.state).courses[0]
    new = replace(line, record_length=len(data), record_hash=sha(data))
    state = State(len(delegations), sha(delegations), (new,)).encode()
    head = replace(Head.parse(GOOD.head)[0], state_length=len(state), state_hash=sha(state)).body()
    top = spell(head) if kind == "head" else signed(head, "head", "head", WORLD.catalogue)
    return Files(top, state, delegations, {"tax-basics": data})

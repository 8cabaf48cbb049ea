"""Keys, their files, passphrases, signatures."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowband.errors import FormatError, LimitError, NoKeyError, PassphraseError
from lowband.trust.keys import Key, generate, key_of, load, parse, save, spell
from lowband.trust.lock import MEMORY_MAX, OPS_MAX, seal, unseal
from lowband.trust.sign import context, key_id, public_of, sign, verify
from tests.trust.world import public, secret, sha

CHEAP = {"ops": 1, "memory": 8192}
CATALOGUE = sha(b"catalogue")


def test_rfc_8032_test_1() -> None:
    """The signatures are Ed25519's: the first key of RFC 8032 section 7.1."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert public_of(seed).hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


def test_what_a_signature_covers_is_fixed() -> None:
    """The signed bytes are those of docs/format.md, and a known signature stays valid for ever."""
    assert context("head", b"I" * 32, b"body") == b"lowband/1 head\0" + b"I" * 32 + b"body"
    known = sign(bytes(32), "head", bytes(32), b"body")
    assert sha(known).hex()[:16] == "69960a9f61f9a9d4"
    assert verify(public_of(bytes(32)), "head", bytes(32), b"body", known)
    assert not verify(public_of(bytes(32)), "record", bytes(32), b"body", known)
    assert key_id(bytes(32)) == sha(bytes(32))[:4]


def test_a_key_comes_back_from_its_file(tmp_path: Path) -> None:
    """Saved and loaded, a key is the same and signs the same."""
    key = generate("publisher", CATALOGUE, "anna")
    path = save(key, tmp_path / "keys")
    assert load(path) == key
    assert public_of(load(path).secret()) == key.public
    assert path.name == f"publisher-anna-{key.public.hex()[:8]}.key"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_key_file_is_private(tmp_path: Path) -> None:
    """File 0600, folder 0700, whatever the umask."""
    before = os.umask(0)
    try:
        path = save(generate("head", CATALOGUE), tmp_path / "keys")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    """Saving the same key again is fine; another key with the name of a file that is there is refused."""
    key = generate("head", CATALOGUE)
    path = save(key, tmp_path)
    before = path.read_bytes()
    assert save(key, tmp_path) == path
    twin = replace(key, public=key.public[:4] + bytes(28))
    with pytest.raises(NoKeyError):
        save(twin, tmp_path)
    assert path.read_bytes() == before


def test_a_passphrase_opens_a_sealed_key_and_no_other_does(tmp_path: Path) -> None:
    """The file holds no secret in the clear; the right passphrase opens it, a wrong or no passphrase does not."""
    key = key_of(secret("r1"), "root", CATALOGUE, "", "correct horse", 1, 8192)
    path = save(key, tmp_path)
    assert secret("r1").hex() not in path.read_text()
    assert load(path).secret("correct horse") == secret("r1")
    for wrong in ("Correct horse", "", None):
        with pytest.raises(PassphraseError):
            load(path).secret(wrong)


def test_a_damaged_box_does_not_open() -> None:
    """Any changed byte of the sealed secret is noticed."""
    box = seal(secret("r1"), "p", **CHEAP)
    for place in range(0, len(box.sealed), 7):
        sealed = bytearray(box.sealed)
        sealed[place] ^= 1
        assert unseal(replace(box, sealed=bytes(sealed)), "p") is None
    assert unseal(box, "p") == secret("r1")


def test_an_absurd_cost_is_refused_before_it_is_spent() -> None:
    """A key file cannot make a machine work for hours or fill its memory."""
    box = seal(secret("r1"), "p", **CHEAP)
    for greedy in (replace(box, ops=OPS_MAX + 1), replace(box, memory=MEMORY_MAX + 1)):
        with pytest.raises(LimitError):
            unseal(greedy, "p")
    assert unseal(replace(box, memory=1), "p") is None


def test_a_public_key_that_is_not_the_secrets_own_is_refused() -> None:
    """A file whose halves do not belong together signs nothing."""
    with pytest.raises(PassphraseError):
        Key("head", "", CATALOGUE, public("other"), secret("head")).secret()


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_key_may_be_copied_by_hand(ending: str) -> None:
    """Windows line ends, spaces and the order of lines do not matter."""
    key = key_of(secret("head"), "head", CATALOGUE)
    first, *lines = spell(key).splitlines()
    typed = [first, *(line.replace(": ", " :   ") for line in reversed(lines))]
    assert parse(ending.join(typed) + ending) == key


@given(st.text(max_size=200), st.booleans())
def test_any_text_is_a_key_or_a_format_error(data: str, start: bool) -> None:
    """No text leads to another error than ours."""
    try:
        parse("lowband key 1\n" + data if start else data)
    except FormatError:
        return
    raise AssertionError("random text is no key")


@pytest.mark.parametrize("line", ["role", "catalogue", "public", "secret"])
def test_a_key_without_one_of_its_lines_is_refused(line: str) -> None:
    """Each line is needed."""
    full = spell(key_of(secret("head"), "head", CATALOGUE)).splitlines()
    with pytest.raises(FormatError):
        parse("\n".join(entry for entry in full if not entry.startswith(line)))


def test_a_file_that_is_no_text_or_not_there(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are damaged; a file that cannot be read says which key is missing; a large one is cut."""
    path = tmp_path / "x.key"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(FormatError):
        load(path)
    with pytest.raises(NoKeyError):
        load(tmp_path / "none.key")
    path.write_bytes(b"a" * 10_000)
    with pytest.raises(LimitError):
        load(path)

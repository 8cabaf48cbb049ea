"""T54: the first trust in a catalogue is six words that two people compare."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lowband.errors import MixedError, OtherCatalogueError
from lowband.trust.chain import accept_first_root, catalogue_id
from lowband.trust.words import same_words, words
from tests.trust.world import World, public, root_file, sha

WORLD = World()


def test_the_same_name_with_other_keys_has_other_words() -> None:
    """A false catalogue of the same name differs in all that is compared."""
    false = replace(WORLD.root, keys=(public("thief"),))
    assert words(catalogue_id(false.body())) != words(WORLD.catalogue)


def test_another_catalogue_is_refused_where_one_is_expected() -> None:
    """A depot of another catalogue is refused by that name, however well it is signed."""
    false = replace(WORLD.root, keys=(public("thief"),))
    data = root_file(false, ["thief"], catalogue_id(false.body()))
    assert accept_first_root(data, None) == false
    with pytest.raises(OtherCatalogueError):
        accept_first_root(data, WORLD.catalogue)


def test_a_later_root_is_no_first_root() -> None:
    """The id is that of root 1: a later root in its place is refused."""
    with pytest.raises(MixedError):
        accept_first_root(root_file(replace(WORLD.root, version=2), ["r1"], WORLD.catalogue), None)


def test_words_are_the_first_66_bits() -> None:
    """Each of six words stands for eleven bits of the id, in order; known answers keep posters valid for ever."""
    assert words(bytes(32)) == "abandon abandon abandon abandon abandon abandon"
    assert words(b"\xff" * 32) == "zoo zoo zoo zoo zoo zoo"
    assert words(bytes([0, 1, *[0] * 30])) == "abandon amount abandon abandon abandon abandon"
    assert words(bytes(8) + b"\x3f" + b"\xff" * 23) == "abandon abandon abandon abandon abandon abandon"
    assert words(bytes(8) + b"\x40" + bytes(23)) == "abandon abandon abandon abandon abandon ability"


def test_comparing_forgives_how_people_type() -> None:
    """Case, spaces, commas, lines and words cut after four letters are forgiven; a missing or wrong word is not."""
    real = words(sha(b"some catalogue"))
    six = real.split()
    for said in (real.upper(), "  " + ", ".join(six) + ".", "\n".join(six), " ".join(w[:4] for w in six)):
        assert same_words(said, sha(b"some catalogue"))
    wrong = (" ".join(six[:5]), " ".join([*six, six[0]]), " ".join([*six[:5], "zebra"]), "", " ".join(reversed(six)))
    for said in (*wrong, " ".join(w[:3] for w in six)):
        assert not same_words(said, sha(b"some catalogue"))

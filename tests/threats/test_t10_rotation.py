"""T10: roots follow one another by a threshold of the old and of the new keys; none is skipped.

The table is python-tuf's `root_rotation_cases` (tests/test_updater_key_rotations.py, MIT or Apache-2.0), row by row,
and one row of ours. A step is (keys, threshold, signatures); `False` says that the last root is refused.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from lowband.errors import RootNeededError, TrustError
from lowband.model.trust import Root
from lowband.trust.chain import Seen, accept_first_root, accept_head, accept_next_root, catalogue_id, roots_needed
from tests.trust.world import World, public, root_file

Step = tuple[list[int], int, list[int]]
FIVE = [0, 1, 2, 3, 4]
OTHER = [0, 1, 3, 4, 5]
LAST = [5, 6, 7, 8, 9]

TABLE: dict[str, tuple[bool, list[Step]]] = {
    "1-of-1": (True, [([1], 1, [1]), ([2], 1, [2, 1]), ([2], 1, [2])]),
    "1-of-1, unused signatures": (True, [([1], 1, [3, 1, 4]), ([2], 1, [3, 2, 1, 4]), ([2], 1, [3, 2, 4])]),
    "1-of-1, not signed with the old key": (False, [([1], 1, [1]), ([2], 1, [2, 3, 4])]),
    "1-of-1, not signed with the new key": (False, [([1], 1, [1]), ([2], 1, [1, 3, 4])]),
    "3-of-5, different keys sign": (
        True,
        [(FIVE, 3, [0, 2, 4]), (FIVE, 3, [0, 4, 1]), (FIVE, 3, [0, 1, 3]), (FIVE, 3, [0, 1, 3])],
    ),
    "3-of-5, one key rotated": (True, [(FIVE, 3, [0, 2, 4]), (OTHER, 3, [0, 4, 1])]),
    "3-of-5, not signed with 3 new keys": (False, [(FIVE, 3, [0, 2, 4]), (OTHER, 3, [0, 2, 4])]),
    "3-of-5, not signed with 3 old keys": (False, [(FIVE, 3, [0, 2, 4]), (OTHER, 3, [0, 4, 5])]),
    "3-of-5, one key rotated, step between": (
        True,
        [(FIVE, 3, [0, 2, 4]), (OTHER, 3, [0, 2, 4, 5]), (OTHER, 3, [0, 4, 5])],
    ),
    "3-of-5, all keys rotated, step between": (
        True,
        [(FIVE, 3, [0, 2, 4]), (LAST, 3, [0, 2, 4, 5, 6, 7]), (LAST, 3, [5, 6, 7])],
    ),
    "1-of-3 to 2-of-3": (True, [([1, 2, 3], 1, [1]), ([1, 2, 3], 2, [1, 2])]),
    "1-of-3 to 2-of-3, new threshold not reached": (False, [([1, 2, 3], 1, [1]), ([1, 2, 3], 2, [2])]),
    "2-of-3 to 1-of-3": (True, [([1, 2, 3], 2, [1, 2]), ([1, 2, 3], 1, [1, 2]), ([1, 2, 3], 1, [1])]),
    "2-of-3 to 1-of-3, old threshold not reached": (False, [([1, 2, 3], 2, [1, 2]), ([1, 2, 3], 1, [1])]),
    "1-of-2 to 2-of-2": (True, [([1], 1, [1]), ([1, 2], 2, [1, 2])]),
    "2-of-3, one key signing twice": (False, [([1, 2, 3], 2, [1, 2]), ([1, 2, 3], 2, [1, 1])]),
}


def _root(version: int, step: Step) -> Root:
    keys, threshold, _ = step
    return Root(
        version, 0, "Ministry", tuple(public(k) for k in keys), threshold, (public("head"),), public("registrar")
    )


@pytest.mark.parametrize("case", TABLE)
def test_python_tufs_rotation_table(case: str) -> None:
    """Each chain of roots is walked as far as it holds; a root that is refused leaves the one before in force."""
    holds, steps = TABLE[case]
    roots = [_root(n, step) for n, step in enumerate(steps, 1)]
    catalogue = catalogue_id(roots[0].body())
    files = [root_file(root, step[2], catalogue) for root, step in zip(roots, steps, strict=True)]
    known = accept_first_root(files[0], catalogue)
    for data in files[1:-1]:
        known = accept_next_root(data, known, catalogue)
    if holds:
        assert accept_next_root(files[-1], known, catalogue) == roots[-1]
    else:
        with pytest.raises(TrustError):
            accept_next_root(files[-1], known, catalogue)
        assert known == roots[-2]


def test_a_skipped_version_is_asked_for() -> None:
    """Root 3 is refused by a device at root 1, naming root 2, even when root 1's keys signed it."""
    world = World()
    third = root_file(replace(world.root, version=3), ["r1"], world.catalogue)
    with pytest.raises(RootNeededError) as refusal:
        accept_next_root(third, world.root, world.catalogue)
    assert refusal.value.facts["offered"] == "2"


def test_a_head_under_a_newer_root_says_which_roots_come_first() -> None:
    """A device at root 1 that meets a head of root 4 asks for roots 2, 3 and 4, and judges the head only then."""
    world = World()
    data = replace(world, root=replace(world.root, version=4)).make().head
    assert list(roots_needed(data, world.root)) == [2, 3, 4]
    with pytest.raises(RootNeededError):
        accept_head(data, world.root, world.catalogue, Seen())
    known = world.root
    for version in roots_needed(data, world.root):
        file = root_file(replace(world.root, version=version), ["r1"], world.catalogue)
        known = accept_next_root(file, known, world.catalogue)
    assert accept_head(data, known, world.catalogue, Seen()).root == 4


@pytest.mark.parametrize("stolen", [1, 2, 3])
def test_one_stolen_key_of_three_changes_nothing(stolen: int) -> None:
    """With 2 of 3 needed, a thief with one key can neither add keys nor lower the threshold; the others remove it."""
    first = _root(1, ([1, 2, 3], 2, []))
    catalogue = catalogue_id(first.body())
    for keys, threshold in (([stolen, "thief"], 1), ([1, 2, 3], 1), (["thief", "friend"], 2)):
        evil = replace(_root(2, ([], 1, [])), keys=tuple(public(k) for k in keys), threshold=threshold)
        with pytest.raises(TrustError):
            accept_next_root(root_file(evil, [stolen, "thief", "friend"], catalogue), first, catalogue)
    others = [k for k in (1, 2, 3) if k != stolen]
    mended = _root(2, ([*others, 9], 2, []))
    assert accept_next_root(root_file(mended, others, catalogue), first, catalogue) == mended


def test_a_root_of_another_catalogue_does_not_follow() -> None:
    """The same keys in another catalogue cannot lend it their roots."""
    world = World()
    other = World(root=replace(world.root, name="Another"))
    data = root_file(replace(world.root, version=2), ["r1"], other.catalogue)
    with pytest.raises(TrustError):
        accept_next_root(data, world.root, world.catalogue)

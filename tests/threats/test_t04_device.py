"""T04 on a device: head, state, record and bundle of different moments, in every mixture."""

from __future__ import annotations

from itertools import product

from lowband.model.depot import HEAD, object_name
from tests.world import Edition, Files, device_at, pensions, sha

MOMENTS = (1, 2, 3, 4)


def _names(made: Edition) -> dict[str, str]:
    """The files of a moment by what they are."""
    from lowband.model.trust import Head, State

    state = object_name(Head.parse(made.depot[HEAD])[0].state_hash)
    line = State.parse(made.depot[state]).line("pensions")
    assert line is not None
    return {"state": state, "record": object_name(line.record_hash)}


def _mixed(head: Edition, state: Edition, record: Edition, bundle: Edition) -> Files:
    """The depot of `head`, whose names hold the state, record and bundles of the other moments."""
    files = dict(head.depot)
    names = _names(head)
    files[names["state"]] = state.depot[_names(state)["state"]]
    files[names["record"]] = record.depot[_names(record)["record"]]
    for offer, other in zip(head.record.offers, reversed(bundle.record.offers), strict=False):
        files[object_name(offer.part_hash)] = bundle.depot[object_name(other.part_hash)]
    return files


def test_all_mixtures_of_four_moments() -> None:
    """What is installed is always a whole edition, and a newer one only where head, state and record agree."""
    made = pensions().editions
    taken = refused = 0
    for i, j, k, m in product(MOMENTS, repeat=4):
        if len({i, j, k, m}) > 2 and (i + j + k + m) % 3:
            continue  # a third of the mixtures of three and four moments, all of two
        device = device_at(1)
        device.sync(_mixed(made[i], made[j], made[k], made[m]))
        tree = device.tree("pensions")
        if device.edition("pensions") == 1:
            assert tree == made[0].files
            refused += 1
        else:
            # A hop of genuine bundles is taken as far as it leads.
            assert tree == made[device.edition("pensions") - 1].files
            assert i == j == k
            taken += 1
    print(f"T04: mixtures refused {refused}, taken {taken}")
    assert refused > 60


def test_a_delta_on_another_base_gives_way_to_the_full_bundle() -> None:
    """What is here is not the edition that the numbers say: the delta is refused, the whole edition comes."""
    made = pensions().editions
    device = device_at(2)
    device.store.db.run("UPDATE layer SET edition=3")
    report = device.sync(made[3].depot)
    assert report.courses[0].problem is None
    assert device.tree("pensions") == made[3].files
    assert device.down > made[3].length()
    assert sha(made[3].depot[HEAD]) != sha(made[2].depot[HEAD])

"""Every peer is measured by running it, on a small made-up pair of editions."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bench import peers, tars, tools

TEXT = 60_000


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two editions: 60 kB of noise of which 20 bytes change, a small text that changes, a file that moves."""
    noise = random.Random(1).randbytes(TEXT)
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, middle, said in ((old, b"o" * 20, "first"), (new, b"n" * 20, "second")):
        (folder / "lesson").mkdir(parents=True)
        (folder / "lesson" / "noise.bin").write_bytes(noise[: TEXT // 2] + middle + noise[TEXT // 2 :])
        (folder / "read.md").write_text(f"# {said}\n")
    (old / "a.bin").write_bytes(noise[:9000])
    (new / "b.bin").write_bytes(noise[:9000])
    return old, new


@pytest.mark.parametrize("peer", peers.PEERS, ids=lambda peer: peer.title.replace(" ", "-"))
def test_peer_sends_the_change_not_the_world(peer: peers.Peer, pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Whole files cost about the altered ones, casync a few chunks, every delta tool under a tenth of them."""
    if peer.tool and tools.version(peer.tool) is None:
        pytest.skip(f"{peer.tool} is not on this machine")
    old_tar, new_tar, work = tmp_path / "old.tar", tmp_path / "new.tar", tmp_path / "work"
    tars.write(pair[0], old_tar)
    tars.write(pair[1], new_tar)
    work.mkdir()
    cost = peer.cost(peers.Pair(*pair, old_tar, new_tar, work))
    most = {"whole files": TEXT + 100, "casync": 150_000, "rsync -z": 13_000}.get(peer.title, 6_000)
    assert cost is not None
    assert 40 < cost < most


def test_missing_tool_is_none_and_never_kept(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool that is absent gives no figure, and none is remembered for the day it is there."""
    monkeypatch.setattr(tools, "version", lambda tool: None)
    costs = peers.measure(*pair, cache=tmp_path / "cache")
    assert {title for title, cost in costs.items() if cost is not None} == {"whole files"}
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_cache_answers_without_measuring_again(tmp_path: Path) -> None:
    """A figure is made once for a key; another key makes its own."""
    made = iter((10, 20))
    assert [peers.remembered(tmp_path, key, lambda: next(made)) for key in ("a", "a", "b", "a")] == [10, 10, 20, 10]


def test_best_is_the_least_of_the_peers_that_count() -> None:
    """Extra columns and missing tools are not the best peer."""
    assert peers.best({"bsdiff": 30, "casync": None, "zstd -22 patch": 5, "xdelta3": 20}) == 20
    assert peers.best({"bsdiff": None}) is None


def test_tar_depends_on_names_and_contents_only(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Other times and modes give the same tar."""
    tars.write(pair[0], tmp_path / "one.tar")
    (pair[0] / "read.md").touch()
    (pair[0] / "read.md").chmod(0o600)
    tars.write(pair[0], tmp_path / "two.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_failed_tool_is_an_error_that_quotes_it(tmp_path: Path) -> None:
    """A size is never taken from a run that failed."""
    with pytest.raises(tools.ToolError, match="git ended with"):
        tools.run(("git", "-C", tmp_path, "no-such-command"))

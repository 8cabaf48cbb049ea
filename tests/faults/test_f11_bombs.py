"""F11: no bomb is opened, and none costs a device more than 64 MiB above what it has in use."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.bombs import BOMBS, good, group, opened

ROOT = Path(__file__).parents[2]
CAP = 64 << 10  # KiB above what is in use


def _measured(name: str) -> tuple[str, str, str, int]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.faults.bombs", name]
    done = subprocess.run(command, input=BOMBS[name](), env=env, capture_output=True, timeout=60, check=True)
    said = done.stdout.decode().rstrip("\n").split("\t")
    return said[0], said[1], said[2], int(said[3])


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(name: str) -> None:
    """Each is refused with one of our errors."""
    assert opened(BOMBS[name]()) in {"E-FORMAT", "E-LIMIT"}


def test_a_group_that_is_no_bomb_opens() -> None:
    """So that the refusals mean something."""
    assert opened(group(good(), 3)) == "opened"


HEAVY = [name for name in BOMBS if "MB" in name or "bomb" in name or "2^" in name or "prefix" in name or "much" in name]


def test_memory_stays_bounded() -> None:
    """The heaviest ones, each in a process of its own: the peak rises by less than 64 MiB."""
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(_measured, HEAVY))
    worst = max(found, key=lambda f: f[3])
    print(f"F11: bombs {len(BOMBS)}, measured {len(found)}; the worst, {worst[0]!r}, took {worst[3] >> 10} MiB")
    for name, said, rest, cost in found:
        assert said != "opened"
        assert rest != "opened" or "MB" not in name
        assert cost < CAP, name
    assert len(BOMBS) >= 40


@pytest.mark.slow
def test_memory_stays_bounded_for_all() -> None:
    """The same for every one."""
    for name in BOMBS:
        assert _measured(name)[3] < CAP

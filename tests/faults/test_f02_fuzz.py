"""F2: any bytes, and genuine bytes with changes, into everything that parses: a value or a FormatError, in bounds."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.bombs import peak
from tests.faults.targets import TARGETS, judged, mutated, seeds

SHORT = 10_000  # inputs, shared by all targets
LONG = 10_000  # inputs for each
GROWTH = 96 << 10  # KiB


def _fuzz(target: str, count: int, seed: int) -> None:
    dice = random.Random(seed)
    before, taken, slowest = peak(), 0, 0.0
    for n in range(count):
        data = mutated(dice.choice(seeds(target)), dice) if n % 10 else dice.randbytes(dice.randrange(300))
        start = time.process_time()
        taken += judged(target, data)
        slowest = max(slowest, time.process_time() - start)
    print(f"F2: {target}: inputs {count}, still good {taken}, others refused; slowest {slowest * 1000:.1f} ms")
    assert count > 0
    assert slowest < 1
    assert peak() - before < GROWTH


@pytest.mark.parametrize("target", TARGETS)
def test_changed_bytes(target: str) -> None:
    """Genuine bytes with one to four changes each."""
    _fuzz(target, SHORT // len(TARGETS), 2)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_changed_bytes_ten_thousand_for_each(target: str) -> None:
    """The same, ten thousand for each target."""
    _fuzz(target, LONG, 22)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(TARGETS)), st.binary(max_size=200))
def test_any_bytes(target: str, data: bytes) -> None:
    """Whatever Hypothesis can think of, alone and behind a genuine beginning."""
    judged(target, data)
    for seed in seeds(target)[:1]:
        judged(target, seed[: len(data)] + data)


@pytest.mark.parametrize("target", TARGETS)
def test_the_genuine_bytes_are_taken(target: str) -> None:
    """So that the refusals mean something; a name list with `con` in it is meant to be refused."""
    taken = [judged(target, seed) for seed in seeds(target)]
    assert all(taken) == (target != "names")


PROGRAM = """
import sys, atheris
with atheris.instrument_imports(include=["lowband.model", "lowband.bundle"]):
    from tests.faults.targets import judged
name = sys.argv.pop(1)
atheris.Setup(sys.argv, lambda data: judged(name, data))
atheris.Fuzz()
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.parametrize("target", TARGETS)
def test_an_hour_of_fuzzing_guided_by_coverage(target: str, tmp_path: Path) -> None:
    """With atheris, where it is installed: guided by what the parser looks at."""
    for n, seed in enumerate(seeds(target)):
        (tmp_path / str(n)).write_bytes(seed)
    command = [sys.executable, "-c", PROGRAM, target, "-max_total_time=3600", "-rss_limit_mb=256", str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]

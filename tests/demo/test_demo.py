"""`lowband demo` from end to end, as a user runs it: real processes, a real socket, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lowband.cli import demo as room
from lowband.errors import UsageError

DEMO = (sys.executable, "-m", "lowband", "demo")
LONG = 240  # seconds; a machine that is busy with much else


def environment(temporary: Path) -> dict[str, str]:
    """What a demo is given: its temporary folders in `temporary`, and a home that it must not touch."""
    temporary.mkdir(exist_ok=True)
    own = {"TMPDIR": str(temporary), "LOWBAND_HOME": str(temporary.parent / "home"), "LOWBAND_LANG": "en"}
    return {**os.environ, **own}


def finished(temporary: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A demo that has run to its end."""
    env = environment(temporary)
    return subprocess.run([*DEMO, *words], env=env, capture_output=True, text=True, timeout=LONG, check=False)


def in_the_middle(temporary: Path) -> subprocess.Popen[str]:
    """A demo whose participant has just begun to fetch."""
    running = subprocess.Popen(DEMO, env=environment(temporary), stdout=subprocess.PIPE, text=True)
    assert running.stdout
    for line in running.stdout:
        if line.strip() == "$ lowband sync":
            return running
    raise AssertionError(f"the demo ended with {running.wait()}")


def processes(temporary: Path) -> list[str]:
    """Commands that run with `temporary` in what they were given."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(temporary).encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text("utf-8").replace("\0", " "))
        except OSError:
            continue
    return [command for command in found if command]  # one that has ended but was not waited for has none


def gone(temporary: Path, seconds: float = 15) -> bool:
    """Whether every process is gone, after some time."""
    end = time.monotonic() + seconds
    while processes(temporary) and time.monotonic() < end:
        time.sleep(0.1)
    return not processes(temporary)


needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system does not list processes")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """The figures of one demo of the course in the package, on a fast line."""
    temporary = tmp_path_factory.mktemp("demo") / "tmp"
    done = finished(temporary, "--rate", "2Mbit/s", "--delay-ms", "10", "--json")
    assert done.returncode == 0, done.stderr
    assert list(temporary.iterdir()) == []
    assert not (temporary.parent / "home" / "store.db").exists()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_figure_of_the_story_is_sensible(told: Mapping[str, Any]) -> None:
    """The first lesson is early, the update small, and both cheaper than whole files."""
    visit, update = told["first_visit"], told["update"]
    assert told["words_agree"]
    assert told["well"]
    assert told["line"] == {"bits_per_second": 2_000_000, "delay_ms": 10}
    assert told["first_lesson"]["path"].endswith(".md")
    assert told["first_lesson"]["seconds"] <= visit["seconds"]
    assert told["first_lesson"]["bytes"] <= visit["bytes"]
    assert told["edition_1"]["bundle_bytes"] < visit["bytes"] < visit["whole_files"]["bytes"]
    assert told["edition_2"]["bundle_bytes"] < update["bytes"] < 0.3 * update["whole_files"]["bytes"]
    assert visit["seconds_on_line"] == pytest.approx(visit["bytes"] / 250_000, abs=0.06)
    assert not visit["line_ran_free"]


def test_drop_costs_no_byte_and_the_kill_at_most_its_last_second(told: Mapping[str, Any]) -> None:
    """After a drop the sync goes on at the byte; after kill -9 with what was on disk."""
    assert told["drop"]["bytes_twice"] == 0
    assert 0 < told["drop"]["resumed_at"] < told["edition_1"]["bundle_bytes"]
    assert told["drop"]["after"] < told["kill"]["after"] < told["edition_1"]["bundle_bytes"]
    assert told["kill"]["resumed_at"] > 0
    assert told["kill"]["bytes_twice"] < told["kill"]["after"] - told["drop"]["after"] + 10_000


def test_export_holds_what_was_published(told: Mapping[str, Any]) -> None:
    """Every file is the same, or its lossless normal form; asking again costs one request of 300 bytes at most."""
    export = told["export"]
    assert export["differ"] == []
    assert export["same"] + export["normal_form"] == told["edition_2"]["files"]
    assert export["normal_form"] >= 4  # decks and handouts
    assert told["nothing_new"]["requests"] == 1
    assert told["nothing_new"]["bytes"] <= 300


def test_own_editions_run_free_when_patience_is_over_and_are_kept(tmp_path: Path) -> None:
    """Two folders of the reader's own, on a line too thin for them: the story ends, and all of it can be looked at."""
    for edition, words in (("2025", "first"), ("2026", "second")):
        lesson = tmp_path / f"course-{edition}" / "01-start.md"
        lesson.parent.mkdir()
        lesson.write_text(f"# Start\n\nThe {words} edition.\n", "utf-8")
        (lesson.parent / "noise.bin").write_bytes(bytes(i * i * 7919 % 251 for i in range(60_000)) + os.urandom(60_000))
    (tmp_path / "course-2026" / "es").mkdir()  # a language that comes with the second edition
    (tmp_path / "course-2026" / "es" / "01-inicio.md").write_text("# Inicio\n", "utf-8")
    folders = (str(tmp_path / "course-2025"), str(tmp_path / "course-2026"))
    keep = tmp_path / "kept"
    thin = ("--rate", "64kbit/s", "--delay-ms", "20", "--patience", "3")
    done = finished(tmp_path / "tmp", "--course", *folders, *thin, "--keep", str(keep))
    assert done.returncode == 0, done.stderr
    assert "after 3 s the line will run free" in done.stdout
    assert "the line ran free" in done.stdout
    assert "The first edition." in done.stdout
    assert "Different: 0" in done.stdout
    assert "second" in (keep / "exported" / "01-start.md").read_text("utf-8")
    assert finished(tmp_path / "tmp", "--keep", str(keep)).returncode == 2


@needs_proc
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "kill"])
def test_demo_that_is_stopped_leaves_nothing_behind(tmp_path: Path, how: signal.Signals) -> None:
    """Stopped while a sync runs, it ends in 130, without processes and folders."""
    temporary = tmp_path / "tmp"
    with in_the_middle(temporary) as running:
        assert len(processes(temporary)) >= 2
        running.send_signal(how)
        assert running.wait(30) == 130
    assert gone(temporary)
    assert list(temporary.iterdir()) == []


@needs_proc
def test_demo_that_is_killed_takes_its_processes_along(tmp_path: Path) -> None:
    """Even kill -9 leaves no process: those it started notice that it is gone."""
    temporary = tmp_path / "tmp"
    with in_the_middle(temporary) as running:
        running.kill()
        running.wait(30)
    assert gone(temporary)


def test_wrong_use_is_one_clear_line(tmp_path: Path) -> None:
    """A folder that is not there and a line without a rate are refused before anything is started."""
    lacking = str(tmp_path / "nowhere")
    done = finished(tmp_path / "tmp", "--course", lacking, lacking)
    assert done.returncode == 60
    assert done.stderr.count("\n") == 1
    assert finished(tmp_path / "tmp", "--rate", "0").returncode == 2
    assert list((tmp_path / "tmp").iterdir()) == []


def test_missing_extras_are_named_with_the_command_that_brings_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an extra's library the demo says which and how to install it."""
    monkeypatch.setitem(room.NEEDED, "no_such.library", True)
    with pytest.raises(UsageError, match=r"no_such\.library.*pip install"):
        room._need_extras()

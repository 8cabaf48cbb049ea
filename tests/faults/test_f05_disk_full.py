"""F5: no room left at each write of join, sync, export and publish: one clear word, and the old edition stays."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.errors import DiskFullError, LowbandError
from lowband.model.depot import HEAD
from lowband.store.check import file_is_sound
from tests.faults.stick import FaultyDisk
from tests.world import Device, Files, World, device_at, lesson, pensions, quick_folder

HERE = Path(__file__).parent


@pytest.mark.parametrize("start", [0, 3])
def test_the_store_runs_out_of_pages_at_every_page(start: int) -> None:
    """Page by page: DiskFullError, the old edition whole; with room again the same sync ends well."""
    made = pensions().editions
    tried = refused = 0
    least = int(device_at(start).store.db.value("PRAGMA page_count"))
    for pages in range(least, 400):
        device = device_at(start)
        device.store.db.run(f"PRAGMA max_page_count={pages}")
        codes: list[str] = []
        try:
            report = device.sync(made[4].depot)
            codes = [c.problem.code for c in report.courses if c.problem]
        except DiskFullError as problem:
            codes = [problem.code]
        tried += 1
        if not codes:
            assert device.tree("pensions") == made[4].files
            break
        refused += 1
        assert codes == ["E-FULL"]
        assert start == 0 or device.tree("pensions") == made[start - 1].files
        assert file_is_sound(device.store) == ""
        device.restart()
        device.sync(made[4].depot)
        assert device.tree("pensions") == made[4].files
    print(f"F5: sync from edition {start}: limits tried {tried}, refused cleanly {refused}")
    assert refused > 0


def test_the_depot_is_full_at_every_operation_of_a_publish() -> None:
    """ENOSPC from operation n on, for all n: an error of ours, and devices still find the old edition whole."""
    shared = World()
    first = shared.publish("a-course", {"01-a.md": lesson(1, 30)})
    after: Files = {"01-a.md": lesson(1, 30) + b"More.\n", "02-b.md": lesson(2, 30)}
    world = shared.again()
    second = world.publish("a-course", after)
    new = [n for n in second.depot if n not in first.depot and n != HEAD] + [HEAD]
    tried = 0
    for at in range(400):
        folder = quick_folder()
        for name, content in first.depot.items():
            FolderCarrier(folder).write(name, iter([content]))
        disk = FaultyDisk(folder / HEAD, "enospc", at)
        carrier = FolderCarrier(folder, disk=disk)
        try:
            for name in new:  # the order in which a publisher writes
                carrier.write(name, iter([second.depot[name]]))
        except LowbandError as problem:
            assert problem.code in ("E-FULL", "E-CARRIER")  # noqa: PT017
            tried += 1
        else:
            break
        device = Device().join(FolderCarrier(folder))
        device.sync(FolderCarrier(folder))
        assert device.tree("a-course") in (first.files, after)
        shutil.rmtree(folder)
    print(f"F5: publish: operations refused {tried}")
    assert tried > 10


@cache
def _shim() -> Path | None:
    compiler = shutil.which("cc")
    if not compiler or sys.platform != "linux":
        return None
    made = quick_folder() / "full.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(HERE / "full.c"), "-ldl"]
    return made if subprocess.run(command, capture_output=True, check=False).returncode == 0 else None


def _lowband(home: Path, at: int, *words: str, once: bool = False) -> tuple[int, str, int]:
    """Exit code, standard error and number of writes of the real program, whose disk is full from write `at` on."""
    shim = _shim()
    assert shim is not None
    env = {**os.environ, "LOWBAND_HOME": str(home), "LOWBAND_LANG": "en", "LD_PRELOAD": str(shim)}
    env |= {"LOWBAND_FULL_AT": str(at), "LOWBAND_FULL_COUNT": str(home.parent / "count")}
    if once:
        env["LOWBAND_FULL_TO"] = str(at)
    root = str(HERE.parents[1])
    command = [sys.executable, "-B", "-m", "lowband", *words]
    done = subprocess.run(command, env=env, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr, int((home.parent / "count").read_text() or 0)


def _stage() -> tuple[Path, Path]:
    folder = quick_folder()
    for name, content in pensions().editions[4].depot.items():
        (folder / "depot" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "depot" / name).write_bytes(content)
    return folder / "depot", folder / "home"


def _real_process(step: int, *, once: bool) -> None:
    depot, home = _stage()
    assert _lowband(home, 1 << 40, "join", str(depot), "--yes")[0] == 0
    shutil.copytree(home, home.with_name("joined"))
    writes = _lowband(home, 1 << 40, "sync")[2]
    shutil.copytree(home, home.with_name("synced"))
    out = str(home.with_name("out"))
    exports = _lowband(home, 1 << 40, "export", "pensions", out)[2]
    shutil.rmtree(out)
    tried = 0
    scenes = [("joined", writes, ("sync",)), ("synced", exports, ("export", "pensions", out))]
    for scene, most, words in scenes:
        for at in range(1, most + 1, step):
            shutil.rmtree(home)
            shutil.copytree(home.with_name(scene), home)
            code, said, _ = _lowband(home, at, *words, once=once)
            shutil.rmtree(out, ignore_errors=True)
            assert "Traceback" not in said
            assert code in (0, 40, 42, 43, 50)
            assert code == 0 or "[E-" in said
            device = Device(home / "store.db")
            assert file_is_sound(device.store) == ""
            device.store.close()
            assert _lowband(home, 1 << 40, "sync")[0] == 0
            device = Device(home / "store.db")
            assert device.tree("pensions") == pensions().editions[4].files
            device.store.close()
            tried += 1
    print(
        f"F5: the real program, {errno.errorcode[errno.ENOSPC]} at {tried} of {writes + exports} writes, once: {once}"
    )
    assert tried > 3


@pytest.mark.skipif(_shim() is None, reason="no C compiler, or not Linux")
def test_the_real_program_finds_no_room() -> None:
    """At some of the writes of sync and export, by a C library that says so."""
    _real_process(45, once=False)


@pytest.mark.slow
@pytest.mark.skipif(_shim() is None, reason="no C compiler, or not Linux")
@pytest.mark.parametrize("once", [False, True])
def test_the_real_program_finds_no_room_at_every_write(once: bool) -> None:
    """At every write, for good and only once."""
    _real_process(1, once=once)

"""The story of the first issue, on the real course, over real nginx, with real processes.

`python -m pytest -m slow tests/test_story.py`; `LOWBAND_CORPORA` names the folder of real courses.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lowband.demo.line import Line, Shaper
from tests.carriers.servers import nginx

CORPORA = Path(os.environ.get("LOWBAND_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))
COURSE = "compliance-slides"


class People:
    """An author and a participant, each with a home of her own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def start(self, who: str, *words: str) -> subprocess.Popen[str]:
        """Start a command."""
        home = {"LOWBAND_HOME": str(self.root / who), "LOWBAND_LANG": "en"}
        command = [sys.executable, "-m", "lowband", *words]
        return subprocess.Popen(
            command, env=os.environ | home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, who: str, *words: str) -> tuple[int, str, str]:
        """Run a command to its end: exit code, output, errors."""
        process = self.start(who, *words)
        out, err = process.communicate()
        return process.returncode, out, err

    def json(self, who: str, *words: str) -> Any:
        """What a command that ends well answers."""
        code, out, err = self.run(who, *words, "--json")
        assert code == 0, err
        return json.loads(out)


def hashes(folder: Path, read: Callable[[str, bytes], bytes]) -> dict[str, str]:
    """Every file's hash, after `read`."""
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {name: hashlib.sha256(read(name, p.read_bytes())).hexdigest() for name, p in files.items()}


def normal(name: str, data: bytes) -> bytes:
    """A file's content in the form in which it is published."""
    from lowband.packager.normal import normal_form

    return normal_form(name, data).data


@pytest.mark.slow
@pytest.mark.parametrize("exact", [False, True], ids=["normal", "exact"])
def test_a_device_is_cut_killed_and_comes_back_two_editions_later(tmp_path: Path, exact: bool) -> None:
    """Joined at 1, killed in the middle of 2, back at 3: nothing twice, content equal, a flipped bit refused."""
    editions = CORPORA / COURSE
    if not editions.is_dir():
        pytest.skip(f"the real course is not at {editions}")
    people, depot, mode = People(tmp_path), tmp_path / "depot", ["--exact"] if exact else []
    people.json("author", "catalogue", "new", str(depot), "--name", "Office")

    def publish(version: str) -> Any:
        return people.json("author", "publish", str(editions / version), "--to", str(depot), "--course", COURSE, *mode)

    publish("v1")
    (tmp_path / "www").mkdir()
    with nginx(depot, tmp_path / "www") as address:
        port = int(address.rpartition(":")[2])
        people.json("device", "join", address, "--yes")
        assert people.json("device", "sync")["courses"][0]["to"] == 1
        second = publish("v2")
        step = next(b["bytes"] for b in second["bundles"] if b["from"] == 1)
        with Shaper(Line(down_kbit=8000, up_kbit=8000, delay=0.01), port, clock=time.monotonic) as line:
            device = people.start("device", "sync", "--from", f"http://127.0.0.1:{line.port}")
            line.at(step // 2, lambda: device.send_signal(signal.SIGKILL))
            device.communicate()
        assert device.returncode == -signal.SIGKILL
        assert people.json("device", "courses")["courses"][0]["edition"] == 1
        third = publish("v3")
        report = people.json("device", "sync")
        assert report["courses"][0] | {"bytes": 0} == {
            "id": COURSE, "from": 1, "to": 3, "newest": 3, "bytes": 0, "left": 0, "error": None,
        }  # fmt: skip
        straight = next(b["bytes"] for b in third["bundles"] if b["from"] == 1)
        assert report["courses"][0]["bytes"] <= straight + 1000  # the cheapest path, what arrived before counted in
        people.json("device", "export", COURSE, str(tmp_path / "out"))
        same = (lambda name, data: data) if exact else normal
        wanted = hashes(editions / "v3", same)
        assert hashes(tmp_path / "out", lambda name, data: data) == wanted
        assert people.json("device", "doctor")["sound"] is True
        print(f"{COURSE} {'exact' if exact else 'normal'}: {step} B for v1-v2, {straight} B for v1-v3,", end=" ")
        print(f"{report['courses'][0]['bytes']} B fetched after the kill, {len(wanted)} files equal")
        flipped(people, depot, address)


def flipped(people: People, depot: Path, address: str) -> None:
    """A flipped bit in any file of the depot is refused with one line; the device still opens what it has."""
    files = sorted(p for p in depot.rglob("*") if p.is_file() and p.parent.name != "root")
    refused = 0
    for number, file in enumerate(files):
        late = f"late-{number}"
        people.json(late, "join", address, "--yes")
        whole = file.read_bytes()
        data = bytearray(whole)
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        code, _, err = people.run(late, "sync")
        assert "Traceback" not in err
        if code:
            refused += 1
            assert 1 <= len([row for row in err.splitlines() if row]) <= 2, err  # the course's line and the depot's
        file.write_bytes(whole)
        assert people.run("device", "show", COURSE, "1")[0] == 0
    assert refused >= 5  # head, state, delegations, record, the bundle from nothing
    assert people.run("late-0", "sync")[0] == 0

"""`lowband hub serve` as a user runs it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.carriers.http import HttpCarrier

COMMAND = [sys.executable, "-m", "lowband", "hub", "serve"]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
def test_serve_until_stopped(tmp_path: Path) -> None:
    """It says where it serves as one JSON object, serves, and ends well at Ctrl-C."""
    FolderCarrier(tmp_path).write("head", iter([b"the head"]))
    command = [*COMMAND, str(tmp_path), "--host", "127.0.0.1", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert said["addresses"] == [f"http://127.0.0.1:{said['port']}"]
        carrier = HttpCarrier(said["addresses"][0])
        assert b"".join(carrier.read("head")) == b"the head"
        carrier.close()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "", "")


def test_no_depot(tmp_path: Path) -> None:
    """A folder that holds no depot is wrong use: one line, exit code 2."""
    done = subprocess.run([*COMMAND, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "is not a depot" in done.stderr

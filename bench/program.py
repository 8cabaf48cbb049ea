"""Drive the lowband command as a user would, from outside.

1. Only the command line is used, with a home of its own for every publisher and device.
2. A command that fails is an error that quotes it, unless the caller says that failing is expected.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.corpora import REPOSITORY
from bench.tools import ToolError

LONG = 3600.0


@dataclass(frozen=True, slots=True)
class Run:
    """One run: exit code (None when it was stopped), both outputs, seconds, peak resident bytes."""

    code: int | None
    out: str
    err: str
    seconds: float
    peak: int

    def answer(self) -> dict[str, object]:
        """The object that `--json` printed; empty when there is none."""
        try:
            found = json.loads(self.out)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Home:
    """A user of lowband: a folder of its own for keys, settings and store."""

    folder: Path

    def run(self, *arguments: str | Path, expect: bool = True, timeout: float = LONG) -> Run:
        """Run `lowband ARGUMENTS…`; raise ToolError when it fails and `expect` says it should not."""
        done = measured((*lowband(), *(str(part) for part in arguments)), {"LOWBAND_HOME": str(self.folder)}, timeout)
        if expect and done.code != 0:
            last = (done.err or done.out).strip()[-600:]
            raise ToolError(f"lowband {' '.join(str(part) for part in arguments)} ended with {done.code}: {last}")
        return done


def lowband() -> tuple[str, ...]:
    """The command: the one installed beside this Python, else the module."""
    script = Path(sys.executable).with_name("lowband")
    return (str(script),) if script.exists() else (sys.executable, "-m", "lowband")


def measured(command: tuple[str, ...], env: Mapping[str, str], timeout: float) -> Run:
    """Run a command through `bench.spawn`; after `timeout` seconds it and all its children are killed."""
    with tempfile.TemporaryDirectory(prefix="lowband-run-") as folder:
        report, out, err = (Path(folder) / name for name in ("report", "out", "err"))
        with out.open("wb") as out_file, err.open("wb") as err_file:
            process = subprocess.Popen(
                (sys.executable, "-m", "bench.spawn", str(report), *command),
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
                cwd=REPOSITORY,
                env={**os.environ, **env},
                start_new_session=True,
            )
            code = _wait(process, timeout)
        figures = json.loads(report.read_text("utf-8")) if report.exists() else {"seconds": timeout, "peak": 0}
        said, complained = (path.read_text("utf-8", "replace") for path in (out, err))
        return Run(code, said, complained, float(figures["seconds"]), int(figures["peak"]))


def _wait(process: subprocess.Popen[bytes], timeout: float) -> int | None:
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None
    except KeyboardInterrupt:
        os.killpg(process.pid, signal.SIGKILL)
        raise


def ready() -> bool:
    """Whether the command line has what the benchmarks need."""
    with tempfile.TemporaryDirectory(prefix="lowband-home-") as folder:
        said = Home(Path(folder)).run("--help", expect=False, timeout=60).out
    return all(word in said for word in ("catalogue", "publish", "join", "sync"))

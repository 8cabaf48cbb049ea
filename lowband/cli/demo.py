"""`lowband demo`: the whole story in a minute, with real processes and a real socket on a pretend line.

1. Every number that is printed is measured in this run, or is bytes divided by the line's rate, and then says so.
2. The reader's own keys, settings and store are never touched; nothing is left behind, however the demo ends.
3. A story larger than a reader's patience says so first, and then lets the line run free.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from lowband.cli.console import Out
from lowband.cli.options import Json, parse_rate
from lowband.cli.tongue import say
from lowband.errors import DemoError, UsageError

NEEDED = {
    "backports.zstd": sys.version_info < (3, 14),
    **dict.fromkeys(("pikepdf", "pypdfium2", "oxipng", "mozjpeg_lossless_optimization", "PIL"), True),
    **dict.fromkeys(("starlette", "uvicorn"), True),
}


def add_to(app: typer.Typer) -> None:
    """Add the demo to `app`."""
    app.command()(demo)


def demo(
    course: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="FOLDER1 FOLDER2", help="Two editions of a course of your own, the older one first."),
    ] = None,
    rate: Annotated[str, typer.Option(help="The line's rate, such as 64kbit/s or 1Mbit/s.")] = "64kbit/s",
    delay_ms: Annotated[int, typer.Option(min=0, max=10_000, help="The line's delay one way, in milliseconds.")] = 300,
    patience: Annotated[
        int, typer.Option(min=1, help="Seconds that a download may take before the line runs free.")
    ] = 40,
    keep: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep everything here to look at: a new or empty folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """See the whole story in about a minute, on a pretend line of 64 kbit/s.

    A participant joins over a bad line. The line drops, her laptop dies, a second edition comes. See what each costs.

    Everything is real but the line. It runs on this machine, and is removed at the end.

    \b
    Examples:
      lowband demo
      lowband demo --rate 256kbit/s --course course-2025 course-2026
    """
    from lowband.cli.demo_stage import Stage, Wanted
    from lowband.cli.demo_story import Story

    speed = parse_rate(rate)
    if speed < 125:
        raise UsageError(detail=say("the line needs at least 1 kbit/s"))
    _need_extras()
    old, new = course or _own_editions()
    with _stopping(), _folder(keep) as work:
        wanted = Wanted(old.resolve(), new.resolve(), speed, delay_ms / 1000, float(patience))
        out = Out(as_json)
        with Stage(work, wanted, _environment()) as stage:
            found = Story(out, stage).tell()
        if keep:
            out.line("Everything is in {folder}.", folder=keep)
        out.result(found)
        if not found["well"]:
            raise SystemExit(DemoError.exit_code)


def _need_extras() -> None:
    lacking = [name for name, wanted in NEEDED.items() if wanted and not _installed(name)]
    if lacking:
        names = ", ".join(lacking)
        raise UsageError(detail=say('the demo needs {names}: pip install "lowband[publish,hub]"', names=names))


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is not there
        return False


def _own_editions() -> tuple[Path, Path]:
    import lowband

    folder = Path(lowband.__file__).parent / "demo_course"
    return folder / "edition-1", folder / "edition-2"


def _environment() -> dict[str, str]:
    """What the processes are given: as here, but no proxy stands between this machine and itself."""
    here = "127.0.0.1"
    spared = ",".join(x for x in (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), here) if x)
    return {**os.environ, "NO_PROXY": spared, "no_proxy": spared}


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where the demo works: a temporary folder that goes, or the one to keep."""
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        if any(keep.iterdir()):
            raise UsageError(detail=say("{folder} is not an empty folder", folder=keep))
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="lowband-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _stopping() -> Iterator[None]:
    """A polite kill, or a terminal that closes, is a Ctrl-C; a second one does not disturb the tidying up."""
    stopped = False

    def stop(signum: int, frame: FrameType | None) -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            raise KeyboardInterrupt

    kinds = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = [(kind, signal.signal(kind, stop)) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in before:
            signal.signal(kind, handler)

"""Outside programs: which version is here, and running them.

1. A tool that is absent is named as missing; it never silently drops out of a table.
2. A tool that fails is an error that quotes it; a size is never taken from a failed run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

# How each tool says its version; bsdiff has no way to, so its package is asked.
VERSION_QUESTIONS: dict[str, tuple[str, ...]] = {
    "rsync": ("rsync", "--version"),
    "git": ("git", "--version"),
    "casync": ("casync", "--version"),
    "xdelta3": ("xdelta3", "-V"),
    "bsdiff": ("dpkg-query", "-W", "-f", "${Version}", "bsdiff"),
    "zstd": ("zstd", "--version"),
    "7z": ("7z",),
    "nginx": ("nginx", "-v"),
    "curl": ("curl", "--version"),
}


class ToolError(Exception):
    """An outside program failed: its name and its last words."""


@cache
def version(tool: str) -> str | None:
    """The tool's version such as `3.5.0`, `?` when it will not say, None when it is absent."""
    if path(tool) is None:
        return None
    question = VERSION_QUESTIONS[tool]
    if shutil.which(question[0]) is None and path(question[0]) is None:
        return "?"
    asked = (path(question[0]) or question[0], *question[1:])
    said = subprocess.run(asked, capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+|(?<=casync )\d+", said.stdout + said.stderr)
    return found.group() if found else "?"


def path(tool: str) -> str | None:
    """Where the tool is; servers are often outside a user's PATH."""
    return shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


def named(*tools: str) -> tuple[str, ...]:
    """`tool version` for each, or `tool missing`, for the head of a section."""
    return tuple(f"{tool} {version(tool) or 'missing'}" for tool in tools)


def run(command: Sequence[str | Path], *, given: bytes | None = None, cwd: Path | None = None) -> bytes:
    """Run to the end and answer standard output; raise ToolError when it fails."""
    done = subprocess.run([str(part) for part in command], input=given, cwd=cwd, capture_output=True, check=False)
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip()[-400:]
        raise ToolError(f"{command[0]} ended with {done.returncode}: {last}")
    return done.stdout

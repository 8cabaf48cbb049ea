"""Course folders made for a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def made(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """`folder` with `files` in it."""
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder

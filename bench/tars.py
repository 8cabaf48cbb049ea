"""Tars that depend on names and contents only.

1. Sorted by path, no times, no owners, one mode: the same tree gives the same bytes on every machine.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

from bench.corpora import files


def write(folder: Path, target: Path) -> int:
    """Write the folder as a tar to `target`; its size in bytes."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, path in files(folder):
            entry = tarfile.TarInfo(name)
            entry.size = path.stat().st_size
            with path.open("rb") as source:
                tar.addfile(entry, source)
    return target.stat().st_size

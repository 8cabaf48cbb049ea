"""Every file under a course folder, in one order on every machine, and what stays out with the reason.

1. What comes out is what was published: only version control, `.lowband`, litter, links and special files stay out.
2. A name that some system could not keep stops the publishing and says what to rename (`lowband.model.names`).
3. Nothing is read here but folders: what a file holds is another module's work.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lowband.errors import SourceError, UnsafeNameError
from lowband.model.edition import MAX_ENTRIES, MAX_ENTRY_SIZE
from lowband.model.names import check_names, why_unsafe

_FOLDERS = re.compile(r"\.git|\.hg|\.svn|\.lowband|__pycache__|\.ipynb_checkpoints|__MACOSX", re.IGNORECASE)
_LITTER = re.compile(
    r"Thumbs\.db|ehthumbs\.db|desktop\.ini|\.DS_Store|\._.*|~\$.*|\.~lock\..*#|.*\.(tmp|swp|swo|pyc|crdownload|part)|.*~|\.git",
    re.IGNORECASE,
)
LINK, SPECIAL, LITTER = "a link, not a file", "not an ordinary file", "left by an editor or system"


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the course: its path in the course (NFC, `/`), the file, its size in bytes."""

    path: str
    file: Path
    size: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in the folder that is not published, and why."""

    path: str
    reason: str


def walk(folder: Path) -> tuple[tuple[Found, ...], tuple[LeftOut, ...]]:
    """Files and what is left out, in order of their paths. Raises `SourceError`."""
    if not folder.is_dir():
        raise SourceError(name=folder, detail="it is not a folder")
    found: list[Found] = []
    left: list[LeftOut] = []
    for item in _under(folder, ""):
        if isinstance(item, Found):
            found.append(item)
        else:
            left.append(item)
        if len(found) > MAX_ENTRIES:
            raise SourceError(name=folder, detail=f"it holds more than {MAX_ENTRIES} files")
    if not found:
        raise SourceError(name=folder, detail="the folder holds no file to publish")
    _check(found)
    return tuple(sorted(found, key=lambda f: f.path)), tuple(sorted(left, key=lambda x: x.path))


def _under(folder: Path, prefix: str) -> Iterator[Found | LeftOut]:
    try:
        with os.scandir(folder) as scan:
            items = sorted(scan, key=lambda e: e.name)
    except OSError as error:
        raise SourceError(name=prefix or folder, detail=f"it cannot be read ({error.strerror})") from error
    for item in items:
        path = prefix + unicodedata.normalize("NFC", item.name)
        if (reason := _why_out(item)) is not None:
            yield LeftOut(path, reason)
        elif item.is_dir(follow_symlinks=False):
            yield from _under(Path(item.path), _safe(path) + "/")
        else:
            yield _file(item, path)


def _why_out(item: os.DirEntry[str]) -> str | None:
    if item.is_symlink():
        return LINK
    if item.is_dir(follow_symlinks=False):
        return LITTER if _FOLDERS.fullmatch(item.name) else None
    if _LITTER.fullmatch(item.name):
        return LITTER
    return None if item.is_file(follow_symlinks=False) else SPECIAL


def _file(item: os.DirEntry[str], path: str) -> Found:
    size = item.stat(follow_symlinks=False).st_size
    if size > MAX_ENTRY_SIZE:
        raise SourceError(name=path, detail="it is larger than 64 GiB")
    if not os.access(item.path, os.R_OK):
        raise SourceError(name=path, detail="it cannot be read (no permission)")
    return Found(_safe(path), Path(item.path), size)


def _safe(path: str) -> str:
    """`path`, checked while walking, so that an endless chain of folders ends at the depth limit."""
    if why := why_unsafe(path):
        raise SourceError(name=path, detail=f"{why}; rename it, so that every system can keep it")
    return path


def _check(found: list[Found]) -> None:
    try:
        check_names((f.path for f in found), "folder")
    except UnsafeNameError as error:
        raise SourceError(name="folder", detail=f"{error.facts['reason']}; rename one of them") from None

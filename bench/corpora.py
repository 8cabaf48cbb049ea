"""Where the real courses are, and which steps they make.

1. They are found by LOWBAND_CORPORA, else in `../shared/corpora` beside the repository; never copied into it.
2. Absent corpora are said to be absent, and nothing is measured.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
COURSES = ("python-lesson", "weather-training", "incident-cards", "compliance-slides", "cloud-workshop")
# Courses whose images are mostly PNG: a lossless re-encoding has something to win there.
PNG_COURSES = frozenset({"python-lesson", "weather-training", "cloud-workshop"})


@dataclass(frozen=True, slots=True)
class Course:
    """One course: its name and the folders of its editions, oldest first."""

    name: str
    editions: tuple[Path, ...]

    def steps(self) -> tuple[Step, ...]:
        """Every update from one edition to the next."""
        pairs = zip(self.editions, self.editions[1:], strict=False)
        return tuple(Step(self.name, number, old, new) for number, (old, new) in enumerate(pairs, start=1))


@dataclass(frozen=True, slots=True)
class Step:
    """An update of `course` from edition `number` (folder `old`) to the next (folder `new`)."""

    course: str
    number: int
    old: Path
    new: Path

    @property
    def name(self) -> str:
        return f"{self.course} {self.old.name}-{self.new.name}"


def root() -> Path | None:
    """The corpora's folder, or None when this machine has none."""
    given = os.environ.get("LOWBAND_CORPORA")
    path = Path(given).resolve() if given else REPOSITORY.parent / "shared" / "corpora"
    return path if path.is_dir() else None


def courses(names: tuple[str, ...] = ()) -> tuple[Course, ...]:
    """The folder courses present, only `names` when given; empty when the corpora are absent."""
    base = root()
    if base is None:
        return ()
    wanted = names or COURSES
    return tuple(Course(name, editions(base / name)) for name in wanted if (base / name).is_dir())


def editions(course: Path) -> tuple[Path, ...]:
    """The folders v1, v2 … of a course, by number."""
    found = [path for path in course.iterdir() if path.is_dir() and path.name[1:].isdigit()]
    return tuple(sorted(found, key=lambda path: int(path.name[1:])))


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every regular file as (path inside, path), sorted by the path inside; links are left out."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    yield from sorted((path.relative_to(folder).as_posix(), path) for path in found)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file, by path inside the folder."""
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files(folder)}


def fingerprint(folder: Path) -> str:
    """One hash of a folder's names and contents; times and modes aside."""
    lines = "".join(f"{digest} {name}\n" for name, digest in digests(folder).items())
    return hashlib.sha256(lines.encode()).hexdigest()


def changed(old: Path, new: Path) -> int:
    """Entries that were added, altered or removed between two folders, by path."""
    before, after = digests(old), digests(new)
    return sum(before.get(name) != after.get(name) for name in before.keys() | after.keys())

"""A world in small: a publisher with real keys, depots in memory, devices with real stores, and a clock.

1. Everything is the program's own; only groups and pieces are made small, so that small courses have many of them.
2. What is published is made once in a run and shared; what a test changes is a copy of a depot's files.
3. Stores lie in memory where the system has such a place: what a power cut does is asked elsewhere.
Source: the idea of python-tuf's repository_simulator.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from lowband.carriers.base import Carrier
from lowband.carriers.memory import MemoryCarrier
from lowband.model.trust import Record
from lowband.packager.catalogue import Catalogue, new_catalogue, open_catalogue
from lowband.packager.normal import NormalCache
from lowband.packager.pack import changes, groups
from lowband.packager.publish import Published, Publisher
from lowband.packager.workshop import Workshop
from lowband.store.store import Store
from lowband.sync.choice import Choice
from lowband.sync.refresh import first_root
from lowband.sync.run import Report, Sync, Watcher
from lowband.sync.sources import Budget, Source, Sources

NOON = 1_700_000_000
DAY = 86_400
ALL = Choice()
CORE = Choice(("core",))

Files = dict[str, bytes]
"""A depot's files, or a course's, by name."""


def quick_folder() -> Path:
    """A new folder for this run, in memory where the system has such a place; gone when the run ends."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="lowband-test-", dir=place))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class Clock:
    """Seconds that pass only when a test, or somebody who sleeps, says so."""

    def __init__(self, now: float = NOON) -> None:
        self.at = now

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.at += seconds


@dataclass(frozen=True)
class Edition:
    """One publish: what the author had, and what the depot held right after it."""

    course: str
    number: int
    files: Files
    depot: Files
    published: Published
    record: Record

    def length(self, base: int = 0) -> int:
        """Bytes of the bundle from `base`."""
        return next(o.length for o in self.record.offers if o.base == base)


class World:
    """A publisher and her depot. `files` is the depot, as it is now."""

    def __init__(self, name: str = "Ministry of Labour") -> None:
        self.folder = quick_folder()
        self.files: Files = {}
        self.carrier = MemoryCarrier(self.files, "publisher")
        self.catalogue: Catalogue = new_catalogue(self.carrier, self.keys, name, NOON)
        self.now = NOON
        self.editions: list[Edition] = []

    @property
    def keys(self) -> Path:
        """Where the keys are."""
        return self.folder / "keys"

    def publish(self, course: str, files: Files, small: int = 2 << 10) -> Edition:
        """The next edition of `course`; groups of some `small` packed bytes, pieces of eight times that."""
        source = Path(tempfile.mkdtemp(dir=self.folder)) / course
        for name, content in files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(content)
        workshop, memory = Workshop(self.folder / "shop"), NormalCache(self.folder / "normal")
        self.now += DAY
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(changes, "PIECE", small * 8)
            patch.setattr(groups, "SMALL", 0)
            for sizes in ("FULL_SIZES", "FULL_MEDIA", "STEP_SIZES"):
                patch.setattr(groups, sizes, (small,))
            publisher = Publisher(self.catalogue, workshop, memory, lambda what, done, total: None, processes=1)
            published = publisher.publish(source, course, exact=True, now=self.now)
        record = self.catalogue.record(course)
        assert record is not None
        made = Edition(course, published.edition, dict(files), dict(self.files), published, record)
        self.editions.append(made)
        return made

    def again(self) -> World:
        """The same publisher, to go on from here without touching what is shared."""
        other = object.__new__(World)
        other.folder = quick_folder()
        shutil.copytree(self.folder, other.folder, dirs_exist_ok=True)
        other.files = dict(self.files)
        other.carrier = MemoryCarrier(other.files, "publisher")
        other.catalogue = open_catalogue(other.carrier, other.keys)
        other.now = self.now
        other.editions = list(self.editions)
        return other


Progress = Callable[[str, int, int], None]


@dataclass
class Device:
    """A participant's device: one store, and what its last sync spent."""

    path: Path = field(default_factory=lambda: quick_folder() / "store.db")
    clock: Clock = field(default_factory=Clock)
    sources: list[Source] = field(default_factory=list)
    progress: Progress = lambda course, done, total: None

    def __post_init__(self) -> None:
        self.store = Store(self.path)

    def join(self, depot: Carrier | Files) -> Device:
        """Trust the catalogue in `depot`."""
        carrier = MemoryCarrier(depot) if isinstance(depot, dict) else depot
        catalogue, root = first_root(carrier, None)
        self.store.catalogues.join(catalogue, root, carrier.name)
        return self

    def sync(
        self, *depots: Carrier | Files, choice: Choice = ALL, budget: int | None = None, only: Sequence[str] = ()
    ) -> Report:
        """One sync of the one catalogue here, as the roof does it."""
        carriers = [MemoryCarrier(d, f"depot {n}") if isinstance(d, dict) else d for n, d in enumerate(depots)]
        self.sources = [Source(c.name, c) for c in carriers]
        sources = Sources(list(self.sources), Budget(budget), self.clock.sleep)
        watcher = Watcher(progress=self.progress)
        run = Sync(self.store, sources, choice, now=int(self.clock()), clock=self.clock, watcher=watcher)
        return run.run(self.store.catalogues.all()[0], only)

    def restart(self) -> None:
        """Stop the program and start it again."""
        self.store.close()
        self.store = Store(self.path)

    @property
    def down(self) -> int:
        """Bytes that the last sync fetched, from all depots."""
        return sum({id(s.carrier.ledger): s.carrier.ledger.down for s in self.sources}.values())

    @property
    def requests(self) -> int:
        """Requests that the last sync made."""
        return sum({id(s.carrier.ledger): s.carrier.ledger.requests for s in self.sources}.values())

    def edition(self, course: str) -> int:
        """The installed edition; 0 when there is none."""
        return next((c.edition for c in self.store.courses.all() if c.name == course), 0)

    def tree(self, course: str, hidden: bool = False) -> Files:
        """What a reader may open of a course now."""
        found = [c for c in self.store.courses.all() if c.name == course]
        held = [h for c in found for h in self.store.courses.visible(c.key)]
        return {h.path: self.store.blobs.bytes_of(h.blob) for h in held if hidden or not h.path.startswith(".lowband/")}

    def whole(self, course: str) -> bool:
        """Whether every installed layer is what its digest says, byte by byte."""
        for c in self.store.courses.all():
            if c.name != course:
                continue
            for layer, digest in self.store.courses.layers(c.key).items():
                held = self.store.courses.held(c.key, layer)
                if not all(self.store.blobs.sound(h.blob) for h in held):
                    return False
                if self.store.courses.listing_of(held).digest() != digest:
                    return False
        return True


def prose(seed: int, words: int = 120) -> bytes:
    """Text that compresses like text, and is like no other seed's."""
    rng = random.Random(seed)
    stock = ["benefit", "pension", "family", "worker", "claim", "office", "record", "income", "child", "care", "rule"]
    return " ".join(rng.choice(stock) + str(rng.randrange(99)) * rng.randrange(2) for _ in range(words)).encode()


def noise(seed: int, size: int) -> bytes:
    """Bytes that do not compress."""
    return random.Random(seed).randbytes(size)


def lesson(number: int, words: int = 120) -> bytes:
    """A lesson in Markdown."""
    return b"# Lesson %d\n\n" % number + prose(number, words) + b"\n"


@cache
def pensions() -> World:
    """Course `pensions` in five editions: texts in two languages, renames, removals, copies, a film in pieces."""
    world = World()
    files: Files = {f"{n:02}-lesson.md": lesson(n) for n in range(1, 7)}
    files |= {f"fr/{n:02}-lesson.md": lesson(50 + n) for n in range(1, 4)}
    files |= {"film.mp4": noise(1, 40_000), "sound.mp3": noise(2, 3000), "empty.md": b""}
    world.publish("pensions", files)
    files = files | {"02-lesson.md": files["02-lesson.md"] + b"One more sentence.\n"}
    files["kept/02-copy.mp3"] = files["sound.mp3"]
    world.publish("pensions", files)
    files = {name.replace("03-", "13-"): content for name, content in files.items() if name != "sound.mp3"}
    world.publish("pensions", files)
    film = files["film.mp4"]
    files = files | {"film.mp4": film[:9000] + b"a new scene" + film[9000:], "07-lesson.md": lesson(7)}
    world.publish("pensions", files)
    files = files | {"08-lesson.md": lesson(8), "fr/02-lesson.md": lesson(99)}
    del files["empty.md"]
    world.publish("pensions", files)
    return world


@cache
def tiny() -> World:
    """Course `tiny` in two editions of a few hundred bytes, and course `other` in one."""
    world = World()
    world.publish("tiny", {"01-a.md": lesson(1, 20), "02-b.md": lesson(2, 20), "c.mp4": noise(3, 200)})
    world.publish("tiny", {"01-a.md": lesson(1, 20) + b"More.\n", "02-b.md": lesson(2, 20), "d.mp4": noise(3, 200)})
    world.publish("other", {"01-x.md": lesson(9, 20)})
    return world


@cache
def synced(edition: int, kinds: tuple[str, ...] = ("core", "lite", "full")) -> bytes:
    """The store's file of a device that took `pensions` at `edition`."""
    device = Device().join(pensions().editions[0].depot)
    report = device.sync(pensions().editions[edition - 1].depot, choice=Choice(kinds))
    assert report.courses[0].problem is None
    device.store.db.give_back()
    device.store.close()
    return device.path.read_bytes()


def device_at(edition: int, kinds: tuple[str, ...] = ("core", "lite", "full")) -> Device:
    """A device that has `pensions` at `edition`; 0: joined only."""
    if edition == 0:
        return Device().join(pensions().editions[0].depot)
    path = quick_folder() / "store.db"
    path.write_bytes(synced(edition, kinds))
    return Device(path)


def sha(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()

"""The contract of `Carrier`, held to every way that bytes travel.

1. One suite, every carrier; web servers are the real ones, fed through the folder they serve.
"""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from lowband.carriers.base import Carrier
from lowband.carriers.folder import FolderCarrier
from lowband.carriers.http import HttpCarrier
from lowband.carriers.memory import MemoryCarrier
from lowband.carriers.wrap import Limited
from lowband.errors import CutError, DeniedError, MissingError, UnchangedError, UnsafeNameError
from lowband.hub.serve import Hub
from tests.carriers.servers import nginx

BIG = "ab/" + "1" * 62
SMALL = "cd/" + "2" * 62 + ".1"
KINDS = ["memory", "folder", "nginx", "hub", "limited folder", "limited hub"]


class Clock:
    """Time that passes only in sleep."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Case:
    """A carrier, how its depot is filled from behind, and whether it writes."""

    carrier: Carrier
    put: Callable[[str, bytes], None]
    writes: bool


@dataclass
class Place:
    """A depot's folder and how it is reached; servers live as long as this file's tests of one kind."""

    kind: str
    depot: Path
    url: str


@pytest.fixture(scope="module", params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Each kind of depot, served where it is to be served."""
    work = tmp_path_factory.mktemp("contract")
    depot = work / "depot"
    depot.mkdir()
    FolderCarrier(depot).write("head", iter([b"the head"]))
    with ExitStack() as stack:
        url = ""
        if request.param == "nginx":
            url = stack.enter_context(nginx(depot, work))
        elif request.param.endswith("hub"):
            url = stack.enter_context(Hub(depot, "127.0.0.1", 0).running())
        yield Place(request.param, depot, url)


@pytest.fixture
def case(place: Place) -> Iterator[Case]:
    """A carrier over a depot that holds nothing but a head."""
    shutil.rmtree(place.depot)
    place.depot.mkdir()
    memory = MemoryCarrier()

    def put(file: str, content: bytes) -> None:
        FolderCarrier(place.depot).write(file, iter([content]))

    fill = memory.files.__setitem__ if place.kind == "memory" else put
    fill("head", b"the head")
    carrier: Carrier = HttpCarrier(place.url) if place.url else FolderCarrier(place.depot)
    if place.kind == "memory":
        carrier = memory
    if place.kind.startswith("limited"):
        clock = Clock()
        carrier = Limited(carrier, 1000.0, clock, clock.sleep)
    yield Case(carrier, fill, not place.url)
    carrier.close()


def noise(count: int) -> bytes:
    """Bytes that no compression shortens, the same each time."""
    return random.Random(count).randbytes(count)


def test_whole_file_comes_in_small_chunks(case: Case) -> None:
    """A file of a megabyte arrives byte for byte, in chunks of 64 KiB at most."""
    content = noise(1_000_003)
    case.put(BIG, content)
    chunks = list(case.carrier.read(BIG))
    assert b"".join(chunks) == content
    assert max(map(len, chunks)) <= 1 << 16
    assert min(map(len, chunks)) > 0


SIZE = 200_000
RANGES = [
    (start, most)
    for start in (0, 1, 65_535, 65_536, SIZE - 1, SIZE, SIZE + 7)
    for most in (None, 0, 1, 5000, SIZE, 10 * SIZE)
]


def test_any_range(case: Case) -> None:
    """Any start and any length give exactly those bytes, fewer only where the file ends, and the ledger says so."""
    content = noise(SIZE)
    case.put(BIG, content)
    for start, most in RANGES:
        before = case.carrier.ledger.down
        want = content[start:] if most is None else content[start : start + most]
        assert b"".join(case.carrier.read(BIG, start, most)) == want, (start, most)
        assert case.carrier.ledger.down - before == len(want), (start, most)


def test_missing_file(case: Case) -> None:
    """A depot without the file is told apart from a way that failed, by the depot's name and the file's."""
    for start in (0, 10):
        with pytest.raises(MissingError) as caught:
            list(case.carrier.read(BIG, start, 5))
        assert caught.value.facts["depot"] == case.carrier.name
        assert caught.value.facts["name"] == BIG
    assert not case.carrier.has(BIG)


def test_has(case: Case) -> None:
    """A file that is there is there; an empty one is as good as none."""
    case.put(BIG, b"x")
    assert case.carrier.has(BIG)
    assert case.carrier.has("head")
    assert not case.carrier.has(SMALL)


def test_closing_stops_the_transfer(case: Case) -> None:
    """Closing the iterator stops reading, and the carrier goes on to serve."""
    content = noise(8_000_000)
    case.put(BIG, content)
    chunks = case.carrier.read(BIG)
    first = next(chunks)
    chunks.close()
    assert content.startswith(first)
    assert case.carrier.ledger.down < len(content) // 2
    assert b"".join(case.carrier.read(BIG, 3, 4)) == content[3:7]


def test_two_at_once(case: Case) -> None:
    """Two reads of one carrier, one begun inside the other, do not disturb each other."""
    content = noise(400_000)
    case.put(BIG, content)
    case.put(SMALL, b"small")
    outer = case.carrier.read(BIG)
    got = next(outer)
    assert b"".join(case.carrier.read(SMALL)) == b"small"
    assert got + b"".join(outer) == content


STRANGE = ["", "/etc/passwd", "../head", "ab/../head", "head ", "HEAD", "ab", "root/0", "root/01", "ab/" + "g" * 62]
STRANGE += [
    "AB/" + "1" * 62,
    "ab/" + "1" * 61,
    BIG + ".0",
    BIG + ".tmp",
    "ab\\" + "1" * 62,
    "con/" + "1" * 62,
    BIG + "\n",
]


@pytest.mark.parametrize("name", STRANGE)
def test_names(case: Case, name: str) -> None:
    """A name that is no depot's is refused before anything is asked or touched."""
    with pytest.raises(UnsafeNameError):
        list(case.carrier.read(name))
    with pytest.raises(UnsafeNameError):
        case.carrier.has(name)
    if case.writes:
        with pytest.raises(UnsafeNameError):
            case.carrier.write(name, iter([b"x"]))
    assert case.carrier.ledger.down == 0


def test_reading_again_is_the_same(case: Case) -> None:
    """A request is one request, and reading is free of effects."""
    case.put(SMALL, b"small")
    before = case.carrier.ledger.requests
    assert [b"".join(case.carrier.read(SMALL)) for _ in range(5)] == [b"small"] * 5
    assert case.carrier.ledger.requests - before == 5


def test_writing(case: Case) -> None:
    """What is written is read; writing again costs nothing; other bytes replace; who cannot write says so."""
    content = noise(150_000)
    chunks = [content[:70_000], b"", content[70_000:]]
    if not case.writes:
        with pytest.raises(DeniedError):
            case.carrier.write(BIG, iter(chunks))
        assert not case.carrier.has(BIG)
        return
    for wrong in (None, b"", b"garbage", content + b"more", content[:-1], content[:-1] + b"\0"):
        if wrong is not None:
            case.put(BIG, wrong)
        case.carrier.write(BIG, iter(chunks))
        assert b"".join(case.carrier.read(BIG)) == content
    before = case.carrier.ledger.up
    case.carrier.write(BIG, iter([content]))
    assert case.carrier.ledger.up == before


def test_head_is_replaced_whole(case: Case) -> None:
    """A reader sees the old head or the new one, never none, while it is replaced again and again."""
    heads = [bytes([number]) * 120 for number in range(10)]
    case.put("head", heads[0])
    ending = threading.Event()

    def replace() -> None:
        while not ending.is_set():
            for head in heads:
                case.put("head", head)

    thread = threading.Thread(target=replace)
    thread.start()
    try:
        seen = [b"".join(case.carrier.read("head", 0, 512)) for _ in range(40)]
    finally:
        ending.set()
        thread.join()
    assert set(seen) <= set(heads)


def test_source_that_fails_leaves_nothing(case: Case) -> None:
    """When the bytes to write stop coming, the old file stays and nothing else is left."""
    if not case.writes:
        return

    def cut() -> Iterator[bytes]:
        yield noise(100_000)
        raise CutError(depot="elsewhere", detail="gone")

    case.put(SMALL, b"old")
    for file in (SMALL, BIG):
        with pytest.raises(CutError):
            case.carrier.write(file, cut())
    assert b"".join(case.carrier.read(SMALL)) == b"old"
    assert not case.carrier.has(BIG)


def test_closing_twice(case: Case) -> None:
    """A carrier may be closed twice, and used again after."""
    assert b"".join(case.carrier.read("head")) == b"the head"
    case.carrier.close()
    case.carrier.close()
    assert b"".join(case.carrier.read("head")) == b"the head"


def test_a_head_that_is_known_is_not_sent_again(case: Case) -> None:
    """With the tag it came by, an unchanged head costs no body, a changed one comes; without tags it just comes."""
    assert b"".join(case.carrier.read("head")) == b"the head"
    case.carrier.unless = case.carrier.tag
    before = case.carrier.ledger.down
    if case.carrier.tag:
        with pytest.raises(UnchangedError):
            next(case.carrier.read("head"))
        assert case.carrier.ledger.down == before
    case.put("head", b"another head")
    assert b"".join(case.carrier.read("head")) == b"another head"
    case.carrier.unless = ""
    case.put("head", b"the head")

"""The hub as a server of depots: what any client may ask, over real connections."""

from __future__ import annotations

import hashlib
import http.client
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.carriers.http import HttpCarrier
from lowband.errors import RefusedError, UsageError
from lowband.hub.ranges import BeyondEnd, names_tag, wanted
from lowband.hub.serve import Hub, addresses, checked_depot, take_port

FILE = "ab/" + "8" * 62
TAG = '"' + FILE.replace("/", "")[:16] + '"'
CONTENT = random.Random(8).randbytes(100_000)
HEAD = bytes(113)  # as long as a head with one key


@pytest.fixture(scope="module")
def depot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A depot with a head and an object, and things beside them that are none of the world's business."""
    folder = tmp_path_factory.mktemp("hub") / "depot"
    folder.mkdir()
    carrier = FolderCarrier(folder)
    carrier.write("head", iter([HEAD]))
    carrier.write(FILE, iter([CONTENT]))
    (folder / "secret.key").write_bytes(b"secret")
    (folder.parent / "outside").write_bytes(b"secret")
    return folder


@pytest.fixture(scope="module")
def url(depot: Path) -> Iterator[str]:
    """The depot, served."""
    with Hub(depot, "127.0.0.1", 0).running() as address:
        yield address


def ask(url: str, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers (lower case) and body of one request."""
    line = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    line.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = line.getresponse()
    body = answer.read()
    line.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


RANGES: list[tuple[str, int, slice | None]] = [
    ("bytes=0-0", 206, slice(0, 1)),
    ("bytes=5-9", 206, slice(5, 10)),
    ("bytes=99990-", 206, slice(99_990, None)),
    ("bytes=99990-5000000", 206, slice(99_990, None)),
    ("bytes=-7", 206, slice(-7, None)),
    ("bytes=-5000000", 206, slice(0, None)),
    ("bytes=100000-", 416, None),
    ("bytes=-0", 416, None),
    ("bytes=9-5", 200, slice(0, None)),
    ("bytes=0-1,5-9", 200, slice(0, None)),
    ("lines=1-2", 200, slice(0, None)),
    ("bytes=" + "9" * 30 + "-", 200, slice(0, None)),
    ("bytes=a-b", 200, slice(0, None)),
]


@pytest.mark.parametrize(("header", "status", "part"), RANGES)
def test_ranges(url: str, header: str, status: int, part: slice | None) -> None:
    """One range gives 206 and its bytes, one beyond the end 416, what is no single range the whole file."""
    got, headers, body = ask(url, "/" + FILE, Range=header)
    assert got == status
    assert body == (b"" if part is None else CONTENT[part])
    assert headers["content-length"] == str(len(body))
    if status == 206 and part is not None:
        first, end, _ = part.indices(len(CONTENT))
        assert headers["content-range"] == f"bytes {first}-{end - 1}/{len(CONTENT)}"
    if status == 416:
        assert headers["content-range"] == f"bytes */{len(CONTENT)}"


def test_objects_may_be_kept_for_ever(url: str) -> None:
    """An object has a strong tag and never expires; who has it is told so; an old tag's range is not joined on."""
    status, headers, body = ask(url, "/" + FILE)
    assert (status, body, headers["etag"]) == (200, CONTENT, TAG)
    assert "immutable" in headers["cache-control"]
    for known in (TAG, "*", f'"x", {TAG}', "W/" + TAG):
        assert ask(url, "/" + FILE, If_None_Match=known)[0] == 304
    assert ask(url, "/" + FILE, If_None_Match='"x"')[0] == 200
    assert ask(url, "/" + FILE, Range="bytes=0-9", If_Range=TAG)[0] == 206
    assert ask(url, "/" + FILE, Range="bytes=0-9", If_Range='"x"')[2] == CONTENT


def test_head_is_asked_for_each_time(depot: Path, url: str) -> None:
    """The head is never kept without asking, and its tag changes with its bytes."""
    _, headers, body = ask(url, "/head")
    assert body == HEAD
    assert headers["cache-control"] == "no-cache"
    assert headers["etag"] == f'"{hashlib.sha256(HEAD).hexdigest()[:16]}"'
    assert ask(url, "/head", If_None_Match=headers["etag"])[0] == 304
    FolderCarrier(depot).write("head", iter([b"x" * 113]))
    assert ask(url, "/head", If_None_Match=headers["etag"])[2] == b"x" * 113
    FolderCarrier(depot).write("head", iter([HEAD]))


@pytest.mark.parametrize("path", ["/head", "/" + FILE])
def test_head_method(url: str, path: str) -> None:
    """HEAD gives the headers of GET and no body."""
    status, headers, body = ask(url, path, "HEAD")
    assert (status, headers, body) == (200, ask(url, path)[1], b"")


STRANGE = [
    "/",
    "/secret.key",
    "/../outside",
    "/%2e%2e/outside",
    "/ab/../head",
    "/ab/..%2f..%2foutside",
    "/HEAD",
    "//head",
]
STRANGE += ["/head/", "/ab/", "/ab/" + "9" * 62, "/" + FILE + ".1", "/ab%00", "/etc/passwd", "/%ff", "/root/0"]


@pytest.mark.parametrize("path", STRANGE)
def test_nothing_else_is_there(url: str, path: str) -> None:
    """Whatever is not a depot's name, or is not there, is 404 without a body."""
    status, _, body = ask(url, path)
    assert (status, body) == (404, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_reading(url: str, method: str) -> None:
    """Nothing can be changed."""
    assert ask(url, "/head", method)[0] == 405


def test_depot_that_went_away(tmp_path: Path) -> None:
    """While the depot's stick is out, clients are told to come back; when it is in again, they are served."""
    folder = tmp_path / "depot"
    folder.mkdir()
    FolderCarrier(folder).write("head", iter([HEAD]))
    with Hub(folder, "127.0.0.1", 0).running() as url:
        folder.rename(tmp_path / "away")
        carrier = HttpCarrier(url)
        with pytest.raises(RefusedError) as caught:
            next(carrier.read("head", 0, 512))
        assert caught.value.facts["retry_after"] == "60"
        (tmp_path / "away").rename(folder)
        assert b"".join(carrier.read("head", 0, 512)) == HEAD
        carrier.close()


def test_many_at_once(url: str) -> None:
    """Fifty clients at once get their bytes."""
    wrong: list[int] = []

    def client(number: int) -> None:
        carrier = HttpCarrier(url)
        for turn in range(5):
            start = (number * 977 + turn * 7919) % 90_000
            if b"".join(carrier.read(FILE, start, 10_000)) != CONTENT[start : start + 10_000]:
                wrong.append(number)
        carrier.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_stopping_ends_the_thread(depot: Path) -> None:
    """A hub stops within its grace though a client still holds a connection, and its port is free again."""
    before = time.monotonic()
    hub = Hub(depot, "127.0.0.1", 0)
    with hub.running() as url:
        carrier = HttpCarrier(url)
        assert b"".join(carrier.read("head")) == HEAD
    assert time.monotonic() - before < 5
    take_port("127.0.0.1", hub.port).close()
    carrier.close()


def test_wrong_use(tmp_path: Path, depot: Path) -> None:
    """No folder, no depot in it, a port in use: each is told in one line before anything is served."""
    with pytest.raises(UsageError, match="no such folder"):
        Hub(tmp_path / "none", "127.0.0.1", 0)
    with pytest.raises(UsageError, match="no file named head"):
        checked_depot(tmp_path)
    with take_port("127.0.0.1", 0) as place, pytest.raises(UsageError, match="cannot listen"):
        Hub(depot, "127.0.0.1", place.getsockname()[1])


def test_addresses() -> None:
    """A hub for all of the network names addresses that can be typed, never 0.0.0.0; the own machine's comes last."""
    with take_port("0.0.0.0", 0) as place:
        found = addresses(place)
        port = place.getsockname()[1]
    assert found[-1] == f"http://127.0.0.1:{port}"
    assert all("0.0.0.0" not in address for address in found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("size", [1, 2, 10])
def test_range_rules_against_slices(size: int) -> None:
    """For every range of a small file, the rules agree with Python's slices."""
    content = os.urandom(size)
    for first in range(size + 2):
        for last in range(size + 2):
            header = f"bytes={first}-{last}"
            if first >= size and first <= last:
                with pytest.raises(BeyondEnd):
                    wanted(header, size)
            elif last < first:
                assert wanted(header, size) is None
            else:
                start, count = wanted(header, size) or (0, 0)
                assert content[start : start + count] == content[first : last + 1]
    assert not names_tag(None, '"a"')

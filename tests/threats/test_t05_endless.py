"""T05, endless data: whatever a server or a stick sends, no more is taken than was asked for."""

from __future__ import annotations

import itertools
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.carriers.http import HttpCarrier
from lowband.errors import CarrierError, CutError, RefusedError
from tests.carriers.servers import scripted

FILE = "ab/" + "5" * 62
SLACK = 64 * 1024  # bytes that may have been on their way when enough had come

ENDLESS = {
    "no length": b"HTTP/1.1 200 OK\r\n\r\n",
    "a length that lies": b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
    "chunks for ever": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a range without end": b"HTTP/1.1 206 P\r\nContent-Range: bytes 0-511/512\r\n\r\n",
}


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("file", ["head", FILE])
def test_endless_body(kind: str, file: str) -> None:
    """An infinite body ends where `most` bytes have come; hardly more was read off the line."""
    piece = b"2000\r\n" + bytes(0x2000) + b"\r\n" if kind.startswith("chunks") else bytes(0x2000)

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        line.sendall(ENDLESS[kind])
        while True:
            line.sendall(piece)

    with scripted(script) as url:
        carrier = HttpCarrier(url, timeout=10)
        assert b"".join(carrier.read(file, 0, 512)) == bytes(512)
        carrier.close()
    assert carrier.ledger.down <= 512 + SLACK


@pytest.mark.parametrize("kind", ["one header", "many headers", "status line", "answers before the answer"])
def test_endless_headers(kind: str) -> None:
    """Headers without end are given up, after a bounded count of bytes or a bounded time."""
    sent = 0

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        nonlocal sent
        line.sendall(b"" if kind in ("status line", "answers before the answer") else b"HTTP/1.1 200 OK\r\nA: ")
        with suppress(OSError):
            for count in itertools.count():
                piece = {
                    "many headers": b"x\r\nA%d: " % count,
                    "answers before the answer": b"HTTP/1.1 103 Early\r\n\r\n" * 10,
                }.get(kind, b"x" * 100)
                line.sendall(piece)
                sent += len(piece)
        return False

    with scripted(script) as url:
        carrier = HttpCarrier(url, timeout=0.5)
        with pytest.raises(CutError):
            next(carrier.read("head", 0, 512))
        carrier.close()
    assert carrier.ledger.down == 0
    assert sent < 64 << 20  # what a loop-back line can carry in the second that it was given


@pytest.mark.parametrize("answer", ["short", "long"])
def test_length_that_lies(answer: str) -> None:
    """A body shorter than its Content-Length is a cut line; of a longer one only what was declared is taken."""
    declared = 100 if answer == "short" else 10

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % declared + b"y" * 50)
        return False

    got = bytearray()
    with scripted(script) as url:
        carrier = HttpCarrier(url, timeout=10)
        error: CarrierError | None = None
        try:
            for chunk in carrier.read(FILE, 0, 4096):
                got += chunk
        except CarrierError as caught:
            error = caught
        carrier.close()
    assert bytes(got) == b"y" * min(declared, 50)
    assert isinstance(error, CutError) == (answer == "short")


def test_whole_file_in_place_of_its_end() -> None:
    """A server without Range is used where little is thrown away, and refused where much would be."""
    content = bytes(range(256)) * 4000

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        line.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content)
        return False

    with scripted(script) as url:
        carrier = HttpCarrier(url, timeout=10)
        assert b"".join(carrier.read(FILE, 60_000, 100)) == content[60_000:60_100]
        assert carrier.ledger.down <= 60_100 + SLACK
        spent = carrier.ledger.down
        with pytest.raises(RefusedError) as caught:
            next(carrier.read(FILE, 70_000, 100))
        carrier.close()
    assert "Range" in caught.value.facts["detail"]
    assert not caught.value.retry
    assert carrier.ledger.down == spent


def test_login_page_of_a_network() -> None:
    """A page that stands in the place of every file is named for what it is, and worth another try."""
    page = b"<!DOCTYPE html><html><body>Welcome to the hotel</body></html>"

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(page)
        line.sendall(head + page)
        return True

    with scripted(script) as url:
        carrier = HttpCarrier(url, timeout=10)
        for file in ("head", FILE):
            with pytest.raises(RefusedError, match="log in") as caught:
                next(carrier.read(file, 0, 512))
            assert caught.value.retry
        carrier.close()


def test_huge_file_on_a_stick(tmp_path: Path) -> None:
    """Of a sparse terabyte on a stick only what was asked for is read."""
    (tmp_path / "ab").mkdir()
    with (tmp_path / FILE).open("wb") as file:
        file.truncate(1 << 40)
    carrier = FolderCarrier(tmp_path)
    assert b"".join(carrier.read(FILE, 1 << 39, 100_000)) == bytes(100_000)
    assert carrier.ledger.down == 100_000

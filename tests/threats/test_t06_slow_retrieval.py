"""T06, slow retrieval: a server that trickles is given up in bounded time, what came is kept, nothing comes twice."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

import pytest

from lowband.carriers.http import HttpCarrier
from lowband.errors import CutError, SlowError
from tests.carriers.servers import proper, scripted

FILE = "ab/" + "6" * 62
CONTENT = bytes(range(250)) * 40


class Slowed:
    """A clock on which each byte that a trickling server sends takes five seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        self.now += 5 * (self.asked % 2 == 0)  # asked before and after each wait
        return self.now


def trickle(line: socket.socket, request: bytes, number: int) -> bool:
    """Send the body byte by byte, the first time; properly after."""
    head, body = proper(request, CONTENT)
    line.sendall(head)
    if number:
        line.sendall(body)
        return True
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError):
        for byte in body:
            line.sendall(bytes([byte]))
            time.sleep(0.002)
    return False


def test_one_byte_in_five_seconds() -> None:
    """A byte every five seconds is given up within a window, and the rest comes later, each byte once."""
    clock = Slowed()
    got = bytearray()
    with scripted(trickle) as url:
        carrier = HttpCarrier(url, timeout=30, least_rate=20.0, window=60.0, clock=clock)
        with pytest.raises(SlowError) as caught:
            got.extend(b"".join(_keep(carrier, got)))
        assert 60 <= clock.now <= 130
        assert caught.value.retry
        assert 0 < len(got) < 100
        assert carrier.ledger.down - len(got) <= 1  # the byte whose coming showed that it was late
        rest = b"".join(carrier.read(FILE, len(got)))
        carrier.close()
    assert bytes(got) + rest == CONTENT


def _keep(carrier: HttpCarrier, got: bytearray) -> list[bytes]:
    for chunk in carrier.read(FILE):
        got += chunk
    return []


def test_slow_reader_is_not_a_slow_server() -> None:
    """Time that the caller takes between chunks (to open a group, to hold a rate) is not held against the server."""
    now = 0.0

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        line.sendall(b"".join(proper(request, CONTENT * 20)))
        return True

    with scripted(script) as url:
        carrier = HttpCarrier(url, timeout=30, least_rate=1000.0, window=60.0, clock=lambda: now)
        got = b""
        for chunk in carrier.read(FILE):
            got += chunk
            now += 1000.0
        carrier.close()
    assert got == CONTENT * 20


def test_silence_ends() -> None:
    """A server that says nothing, or nothing more, is given up after the timeout."""

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        head, body = proper(request, CONTENT)
        line.sendall(head[:30] if number else head + body[:100])
        time.sleep(3)
        return False

    with scripted(script) as url:
        carrier = HttpCarrier(url, timeout=0.3)
        for _ in range(2):
            before = time.monotonic()
            with pytest.raises(CutError):
                list(carrier.read(FILE))
            assert time.monotonic() - before < 2
        carrier.close()
    assert carrier.ledger.down == 100


def test_headers_that_trickle() -> None:
    """Headers that come a byte at a time, each within the timeout, are given up after twice the timeout."""

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        with suppress(OSError):
            for byte in b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000:
                line.sendall(bytes([byte]))
                time.sleep(0.05)
        return False

    with scripted(script) as url:
        carrier = HttpCarrier(url, timeout=0.4)
        before = time.monotonic()
        with pytest.raises(CutError):
            next(carrier.read("head", 0, 512))
        assert time.monotonic() - before < 3
        carrier.close()

"""F7: a web server, or what stands before it, that cuts, errs, lies, loops and stalls, over a real connection."""

from __future__ import annotations

import hashlib
import random
import socket
import struct
from collections import Counter
from collections.abc import Callable

import pytest

from lowband.carriers.http import HOPS, HttpCarrier
from lowband.errors import CarrierError, CutError, DeniedError, RefusedError, UnreachableError
from tests.carriers.servers import proper, scripted

FILE = "ab/" + "7" * 62
SIZE = 24 * 1024 + 5
CONTENT = random.Random(7).randbytes(SIZE)


class Line:
    """What a server has sent of the file's bytes, and the fault of each answer."""

    def __init__(self, fault_of: Callable[[int], tuple[str, int]]) -> None:
        self.fault_of = fault_of
        self.sent = 0
        self.answers = 0

    def script(self, line: socket.socket, request: bytes, number: int) -> bool:
        """Answer as the fault of this answer says: cut headers or body after some bytes, or an error status."""
        self.answers += 1
        fault, amount = self.fault_of(number)
        head, body = proper(request, CONTENT)
        if fault == "status":
            line.sendall(b"HTTP/1.1 %d No\r\nContent-Length: 4\r\nRetry-After: 7\r\n\r\nsorr" % amount)
            return True
        if fault == "headers":
            line.sendall(head[:amount])
            return False
        if fault in ("body", "reset"):
            body = body[:amount]
        self.sent += len(body)
        line.sendall(head + body)
        if fault == "reset":
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return fault not in ("body", "reset")


def fetch(carrier: HttpCarrier, tries: int) -> tuple[bytes, list[CarrierError]]:
    """The whole file, going on at the byte after every failure that is worth another try; the failures."""
    got = bytearray()
    errors: list[CarrierError] = []
    while len(got) < SIZE:
        try:
            for chunk in carrier.read(FILE, len(got), SIZE - len(got)):
                got += chunk
        except CarrierError as error:
            errors.append(error)
            if not error.retry or len(errors) > tries:
                raise
    return bytes(got), errors


def cut_once(fault: str, amount: int) -> tuple[Line, list[CarrierError], HttpCarrier]:
    """Fetch the file over a line whose first answer has a fault; it must arrive whole."""
    line = Line(lambda number: (fault, amount) if number == 0 else ("", 0))
    with scripted(line.script) as url:
        carrier = HttpCarrier(url, timeout=10)
        got, errors = fetch(carrier, 1)
        carrier.close()
    assert got == CONTENT
    return line, errors, carrier


def test_cut_at_every_byte_of_the_headers(capsys: pytest.CaptureFixture[str]) -> None:
    """A line cut anywhere in the headers is a cut line, and nothing is fetched twice after it."""
    head, _ = proper(b"\r\nRange: bytes=0-99999\r\n", CONTENT)
    for amount in range(len(head)):
        line, errors, carrier = cut_once("headers", amount)
        assert [type(error) for error in errors] == [CutError]
        assert (line.sent, carrier.ledger.down, carrier.ledger.requests) == (SIZE, SIZE, 2)
    with capsys.disabled():
        print(f"\nF7: {len(head)} cuts in headers, 0 bytes fetched twice")


def test_cut_at_every_kib_of_the_body(capsys: pytest.CaptureFixture[str]) -> None:
    """A line cut after any KiB keeps all that came, and goes on at the byte."""
    points = [*range(0, SIZE, 1024), SIZE - 1]
    for amount in points:
        line, errors, carrier = cut_once("body", amount)
        assert [type(error) for error in errors] == [CutError]
        assert (line.sent, carrier.ledger.down) == (SIZE, SIZE), amount
    with capsys.disabled():
        print(f"\nF7: {len(points)} cuts in the body, 0 bytes fetched twice")


def test_reset_at_every_kib_of_the_body() -> None:
    """A line reset after any KiB loses at most what the reset threw away on its way here."""
    for amount in range(0, SIZE, 1024):
        line, errors, carrier = cut_once("reset", amount)
        assert all(type(error) is CutError for error in errors)
        assert carrier.ledger.down == SIZE
        assert line.sent - SIZE <= amount


@pytest.mark.parametrize("seed", range(6))
def test_half_of_the_answers_are_errors(seed: int) -> None:
    """With every second answer a 500, 503, 408 or 429, and every fourth a cut, the file comes, each byte once."""
    dice = random.Random(seed)

    def fault_of(number: int) -> tuple[str, int]:
        if dice.random() < 0.5:
            return "status", dice.choice([500, 503, 408, 429])
        return ("body", dice.randrange(4000)) if number % 4 else ("", 0)

    line = Line(fault_of)
    with scripted(line.script) as url:
        got, errors = fetch(HttpCarrier(url, timeout=10), 400)
    assert got == CONTENT
    assert line.sent == SIZE
    refused = [error for error in errors if isinstance(error, RefusedError)]
    assert {error.facts["retry_after"] for error in refused} <= {"7"}


LIES: dict[str, tuple[bytes, type[CarrierError]]] = {
    "another offset": (b"206 P\r\nContent-Range: bytes 9-18/24581\r\nContent-Length: 10", RefusedError),
    "before the start": (b"206 P\r\nContent-Range: bytes 0-9/24581\r\nContent-Length: 10", RefusedError),
    "longer than asked": (b"206 P\r\nContent-Range: bytes 10-20/24581\r\nContent-Length: 11", RefusedError),
    "backwards": (b"206 P\r\nContent-Range: bytes 10-9/24581\r\nContent-Length: 10", RefusedError),
    "beyond its end": (b"206 P\r\nContent-Range: bytes 10-19/15\r\nContent-Length: 10", RefusedError),
    "no range": (b"206 P\r\nContent-Length: 10", RefusedError),
    "strange range": (b"206 P\r\nContent-Range: lines 10-19/24581\r\nContent-Length: 10", RefusedError),
    "huge range": (b"206 P\r\nContent-Range: bytes 10-" + b"9" * 40 + b"/*\r\nContent-Length: 10", RefusedError),
    "parts": (b"206 P\r\nContent-Type: multipart/byteranges; boundary=x\r\nContent-Length: 10", RefusedError),
    "gzip": (b"200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20", DeniedError),
    "416 inside": (b"416 N\r\nContent-Range: bytes */24581\r\nContent-Length: 0", RefusedError),
    "no content": (b"204 N", DeniedError),
    "forbidden": (b"403 N\r\nContent-Length: 0", DeniedError),
    "login": (b"511 N\r\nContent-Length: 0", RefusedError),
    "odd status": (b"999 N\r\nContent-Length: 0", RefusedError),
    "unasked 304": (b"304 N", DeniedError),
    "two lengths": (b"200 OK\r\nContent-Length: 20\r\nContent-Length: 30", CutError),
    "bad length": (b"200 OK\r\nContent-Length: -1", CutError),
    "bad header": (b"200 OK\r\nContent Length 20", CutError),
    "bad chunks": (b"200 OK\r\nTransfer-Encoding: chunked", CutError),
    "loop": (b"302 F\r\nLocation: /ab/x\r\nContent-Length: 0", DeniedError),
    "to a file": (b"302 F\r\nLocation: file:///etc/passwd\r\nContent-Length: 0", DeniedError),
    "to nowhere": (b"302 F\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0", UnreachableError),
    "no place": (b"302 F\r\nContent-Length: 0", DeniedError),
}


@pytest.mark.parametrize("lie", LIES)
def test_lies(lie: str) -> None:
    """An answer that is none is refused by its kind, and not one byte of it is handed over."""
    answer, kind = LIES[lie]

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        line.sendall(b"HTTP/1.1 " + answer + b"\r\n\r\n" + b"z" * 30 + b"\r\n")
        return True

    with scripted(script) as url:
        carrier = HttpCarrier(url, timeout=10)
        with pytest.raises(kind) as caught:
            next(carrier.read(FILE, 10, 10))
        carrier.close()
    assert type(caught.value) is kind
    assert caught.value.facts["depot"] == url
    assert carrier.ledger.requests == {"loop": HOPS + 1, "to nowhere": 2}.get(lie, 1)


def test_file_changed_while_resuming() -> None:
    """When the server's file changes between two parts, the bytes come as they are; their hash tells."""
    other = bytes(SIZE)

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        head, body = proper(request, CONTENT if number in (0, 2) else other)
        tag = b'\r\nETag: "%d"\r\n\r\n' % number
        line.sendall(head.replace(b"\r\n\r\n", tag) + (body[:9000] if number == 0 else body))
        return number != 0

    with scripted(script) as url:
        carrier = HttpCarrier(url, timeout=10)
        mixed, _ = fetch(carrier, 1)
        again, _ = fetch(carrier, 0)
        carrier.close()
    assert mixed == CONTENT[:9000] + other[9000:]
    assert hashlib.sha256(mixed).digest() != hashlib.sha256(CONTENT).digest()
    assert again == CONTENT


def test_answer_sent_twice() -> None:
    """A duplicate of an answer is not taken for the answer to the next request, and the try after is served."""

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        head, body = proper(request, CONTENT)
        line.sendall((head + body) * (2 if number == 0 else 1))
        return True

    with scripted(script) as url:
        carrier = HttpCarrier(url, timeout=10)
        assert b"".join(carrier.read(FILE, 5, 7)) == CONTENT[5:12]
        with pytest.raises(RefusedError) as caught:
            next(carrier.read(FILE, 100, 9))
        assert caught.value.retry
        assert b"".join(carrier.read(FILE, 100, 9)) == CONTENT[100:109]
        carrier.close()


def storm(exchanges: int, seed: int) -> Counter[str]:
    """Fetch over lines with random faults until `exchanges` answers were given; how often each fault was met."""
    dice = random.Random(seed)
    met: Counter[str] = Counter()
    kinds = ["", "headers", "body", "body", "reset", "status"]

    def fault_of(number: int) -> tuple[str, int]:
        fault = dice.choice(kinds)
        met[fault or "none"] += 1
        amounts = {"headers": 80, "body": 9000, "reset": 9000, "status": 1}
        amount = dice.randrange(amounts.get(fault, 1))
        return fault, 503 if fault == "status" else amount

    line = Line(fault_of)
    lost = 0
    with scripted(line.script) as url:
        while line.answers < exchanges:
            before = line.sent
            carrier = HttpCarrier(url, timeout=10)
            got, _ = fetch(carrier, 1000)
            carrier.close()
            assert got == CONTENT
            assert carrier.ledger.down == SIZE
            lost += line.sent - before - SIZE
    assert lost <= met["reset"] * 9000
    met["bytes a reset threw away"] = lost
    return met


def test_storm(capsys: pytest.CaptureFixture[str]) -> None:
    """Over 2,000 exchanges with random faults, every file arrives whole, and only resets cost bytes."""
    met = storm(2000, 1)
    with capsys.disabled():
        print(f"\nF7: {dict(met)}")
    assert sum(met.values()) > 2000


@pytest.mark.slow
def test_long_storm(capsys: pytest.CaptureFixture[str]) -> None:
    """The same over 50,000 exchanges."""
    met = storm(50_000, 2)
    with capsys.disabled():
        print(f"\nF7 long: {dict(met)}")
    assert sum(met.values()) > 50_000

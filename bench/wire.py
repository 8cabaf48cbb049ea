"""What a recorded HTTP conversation carried: requests, answers, ranges, and bytes that came twice.

1. Only what left the line at its far end counts: an answer that was cut counts for the part that arrived.
2. HTTP/1.1 with Content-Length or chunks, as static servers speak it; requests on one connection in order.
3. A byte came twice when the same byte of the same file arrived before; `head`, which changes, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bench.shaper import Talk

HEADERS_END = b"\r\n\r\n"
CHANGING = "head"  # the one file of a depot that is asked for again and again


@dataclass(frozen=True, slots=True)
class Answer:
    """One request and what came back: `start` is the first byte's place in the file, sizes in bytes."""

    path: str
    status: int
    start: int
    body: int
    headers: int
    asked: int

    @property
    def end(self) -> int:
        return self.start + self.body


@dataclass(frozen=True, slots=True)
class Traffic:
    """All answers of a run."""

    answers: tuple[Answer, ...]

    @property
    def requests(self) -> int:
        return len(self.answers)

    @property
    def body(self) -> int:
        """Bytes of bodies that came down, of good answers and of refusals."""
        return sum(answer.body for answer in self.answers)

    def by_path(self) -> dict[str, int]:
        """Distinct bytes by path, of good answers."""
        return {path: _distinct(spans) for path, spans in self._spans().items()}

    def distinct(self) -> int:
        """Bytes that were of use: each byte of each file once."""
        return sum(self.by_path().values())

    def twice(self) -> int:
        """Bytes of files that never change that arrived again."""
        spans = self._spans()
        return sum(
            sum(end - start for start, end in pieces) - _distinct(pieces)
            for path, pieces in spans.items()
            if path.rsplit("/", 1)[-1] != CHANGING
        )

    def _spans(self) -> dict[str, list[tuple[int, int]]]:
        spans: dict[str, list[tuple[int, int]]] = {}
        for answer in self.answers:
            if answer.status in {200, 206}:
                spans.setdefault(answer.path, []).append((answer.start, answer.end))
        return spans


def _distinct(spans: Iterable[tuple[int, int]]) -> int:
    total, reached = 0, 0
    for start, end in sorted(spans):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total


def traffic(talks: Iterable[Talk]) -> Traffic:
    """Read all recorded connections."""
    return Traffic(tuple(answer for talk in talks for answer in read(bytes(talk.sent), bytes(talk.received))))


def read(sent: bytes, received: bytes) -> list[Answer]:
    """The answers of one connection; a request without any answer is an answer of status 0 without bytes."""
    answers = []
    for request in _requests(sent):
        parts = request.split(b"\r\n", 1)[0].split()
        method, path = parts[0].decode("latin-1"), parts[1].decode("latin-1")
        head, found, rest = received.partition(HEADERS_END)
        if not found:
            answers.append(Answer(path, 0, 0, 0, len(received), len(request)))
            received = b""
            continue
        body, used = _body(head, rest, method)
        status = int(head.split(b" ", 2)[1])
        answers.append(Answer(path, status, _start(head), body, len(head) + len(HEADERS_END), len(request)))
        received = rest[used:]
    return answers


def _requests(sent: bytes) -> Iterable[bytes]:
    while sent:
        head, found, rest = sent.partition(HEADERS_END)
        if not found:
            return
        length = int(_header(head, b"content-length") or 0)
        yield head + found + rest[:length]
        sent = rest[length:]


def _header(head: bytes, name: bytes) -> bytes | None:
    found = re.search(rb"(?im)^" + name + rb":\s*(.*?)\r?$", head)
    return found.group(1) if found else None


def _start(head: bytes) -> int:
    found = re.match(rb"bytes (\d+)-", _header(head, b"content-range") or b"")
    return int(found.group(1)) if found else 0


def _body(head: bytes, rest: bytes, method: str) -> tuple[int, int]:
    """(bytes of the body that arrived, bytes of `rest` that they took)."""
    status = int(head.split(b" ", 2)[1])
    if method == "HEAD" or status in {204, 304}:
        return 0, 0
    if (_header(head, b"transfer-encoding") or b"").lower() == b"chunked":
        return _chunks(rest)
    length = _header(head, b"content-length")
    size = len(rest) if length is None else min(len(rest), int(length))
    return size, size


def _chunks(rest: bytes) -> tuple[int, int]:
    total, place = 0, 0
    while True:
        line = rest.find(b"\r\n", place)
        if line < 0:
            return total, len(rest)
        size = int(rest[place:line].split(b";")[0] or b"0", 16)
        arrived = min(size, max(0, len(rest) - line - 2))
        total += arrived
        place = line + 2 + size + 2
        if size == 0 or place > len(rest):
            return total, min(place, len(rest))

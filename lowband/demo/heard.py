"""What the HTTP talk on a line carried, heard piece by piece: which bytes of which file, and which came twice.

1. Only what left the line at its far end counts: an answer that was cut counts for the part that arrived.
2. HTTP/1.1 with Content-Length, as the hub speaks it; requests on one connection in order.
3. A byte came twice when the same byte of the same file arrived before; `head`, which changes, is left out.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from dataclasses import dataclass, field

END = b"\r\n\r\n"
CHANGING = "head"  # the one file of a depot that is asked for again and again


@dataclass(slots=True)
class Answer:
    """What has come of one answer: bytes `start` … `end` of the file `path`."""

    path: str
    start: int
    end: int


@dataclass(slots=True)
class _Talk:
    """One connection: headers not whole yet, requests not answered yet, the answer under way."""

    up: bytearray = field(default_factory=bytearray)
    down: bytearray = field(default_factory=bytearray)
    asked: deque[tuple[str, str]] = field(default_factory=deque)
    answer: Answer | None = None
    left: int = 0


class Heard:
    """Listens to a line; may be asked from another thread."""

    def __init__(self) -> None:
        self.requests = 0
        self._answers: list[Answer] = []
        self._talks: dict[int, _Talk] = {}
        self._lock = threading.Lock()

    def __call__(self, connection: int, down: bool, data: bytes) -> None:
        """A piece arrived."""
        with self._lock:
            talk = self._talks.setdefault(connection, _Talk())
            if down:
                self._listen_down(talk, data)
            else:
                self._listen_up(talk, data)

    def count(self) -> int:
        """How many answers were heard so far."""
        return len(self._answers)

    def twice(self) -> int:
        """Bytes of files that never change that arrived again."""
        spans: dict[str, list[tuple[int, int]]] = {}
        with self._lock:
            for answer in self._answers:
                if answer.path.rsplit("/", 1)[-1] != CHANGING:
                    spans.setdefault(answer.path, []).append((answer.start, answer.end))
        return sum(sum(end - start for start, end in pieces) - distinct(pieces) for pieces in spans.values())

    def resumed(self, since: int) -> int | None:
        """The place in its file where the transfer went on that was under way when `since` answers had been heard."""
        with self._lock:
            broken = self._answers[since - 1].path if 0 < since <= len(self._answers) else None
            return next((a.start for a in self._answers[since:] if a.path == broken), None)

    def _listen_up(self, talk: _Talk, data: bytes) -> None:
        talk.up += data
        while END in talk.up:
            head, _, rest = bytes(talk.up).partition(END)
            method, path = head.split(b" ", 2)[:2]
            talk.asked.append((method.decode("latin-1"), path.decode("latin-1")))
            self.requests += 1
            talk.up = bytearray(rest)

    def _listen_down(self, talk: _Talk, data: bytes) -> None:
        while data:
            if talk.left:
                taken = min(talk.left, len(data))
                talk.left -= taken
                if talk.answer is not None:
                    talk.answer.end += taken
                data = data[taken:]
                continue
            talk.down += data
            if END not in talk.down:
                return
            head, _, data = bytes(talk.down).partition(END)
            talk.down.clear()
            self._begin(talk, head)

    def _begin(self, talk: _Talk, head: bytes) -> None:
        """An answer's headers are whole: what follows is its body."""
        method, path = talk.asked.popleft() if talk.asked else ("", "")
        status = int(head.split(b" ", 2)[1])
        bare = method == "HEAD" or status in {204, 304}
        talk.left = 0 if bare else _number(rb"content-length:\s*(\d+)", head)
        talk.answer = None
        if status in {200, 206}:
            start = _number(rb"content-range:\s*bytes (\d+)-", head)
            talk.answer = Answer(path, start, start)
            self._answers.append(talk.answer)


def _number(pattern: bytes, head: bytes) -> int:
    found = re.search(rb"(?im)^" + pattern, head)
    return int(found[1]) if found else 0


def distinct(spans: list[tuple[int, int]]) -> int:
    """Bytes covered by `spans`, each once."""
    total, reached = 0, 0
    for start, end in sorted(spans):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total

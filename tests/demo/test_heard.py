"""What the demo says came over the line, and came twice, is what did."""

from __future__ import annotations

import pytest

from lowband.demo.heard import Heard, distinct


def request(path: str) -> bytes:
    """A request as a client sends it."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def answer(start: int, body: bytes, status: int = 206) -> bytes:
    """An answer with a range."""
    head = f"HTTP/1.1 {status} OK\r\nContent-Length: {len(body)}\r\n"
    head += f"Content-Range: bytes {start}-{start + len(body) - 1}/999\r\n" if status == 206 else ""
    return f"{head}\r\n".encode() + body


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_ranges_are_heard_however_the_pieces_fall(step: int) -> None:
    """Two answers on one connection, in pieces of any size: 30 bytes again of 100, and where the second went on."""
    heard = Heard()
    heard(0, False, request("/a/b") + request("/a/b"))
    stream = answer(0, bytes(100)) + answer(70, bytes(50))
    for place in range(0, len(stream), step):
        heard(0, True, stream[place : place + step])
    assert heard.requests == 2
    assert heard.count() == 2
    assert heard.twice() == 30
    assert heard.resumed(1) == 70


def test_answer_that_was_cut_counts_for_what_came() -> None:
    """40 of 100 bytes came, then the rest on another connection: nothing came twice."""
    heard = Heard()
    heard(0, False, request("/a/b"))
    heard(0, True, answer(0, bytes(100))[:-60])
    assert heard.resumed(1) is None
    heard(1, False, request("/a/b"))
    heard(1, True, answer(40, bytes(60)))
    assert heard.twice() == 0
    assert heard.resumed(1) == 40


def test_head_refusals_and_empty_answers_are_no_content() -> None:
    """The head may come again and again; 304 has no body, and 404's is nobody's file."""
    heard = Heard()
    for _ in range(2):
        heard(0, False, request("/head") + request("/x") + request("/head"))
        heard(0, True, answer(0, b"h" * 60, 200) + answer(0, b"no", 404) + b"HTTP/1.1 304 Same\r\n\r\n")
    assert heard.requests == 6
    assert heard.count() == 2
    assert heard.twice() == 0


def test_spans_that_overlap_count_once() -> None:
    """Bytes covered are counted once, whatever the order."""
    assert distinct([(5, 10), (0, 6), (7, 8), (20, 21)]) == 11
    assert distinct([]) == 0

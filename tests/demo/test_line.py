"""The pretend line keeps its plans to the byte, changes its figures under way, and tells what arrived."""

from __future__ import annotations

import threading
import time

import pytest

from lowband.demo.line import Cut, Line, Shaper
from tests.demo.talk import BODY, ask, read, server


def test_line_passes_every_byte_and_tells_what_arrived() -> None:
    """What is heard of both directions is what was sent, and the counts agree."""
    heard: dict[bool, bytes] = {True: b"", False: b""}

    def hear(connection: int, down: bool, data: bytes) -> None:
        assert connection == 0
        heard[down] += data

    with server() as port, Shaper(Line(), port, clock=time.monotonic, hear=hear) as line, ask(line.port) as near:
        assert read(near, len(BODY)) == BODY
        assert heard == {False: b"please\n", True: BODY}
        assert (line.up, line.down) == (7, len(BODY))


def test_rate_and_delay_cost_their_time() -> None:
    """10,240 bytes at 80 kbit/s take 1.024 s, after four delays of 0.1 s: handshake, question, answer."""
    with server() as port, Shaper(Line(80, 80, delay=0.1), port, clock=time.monotonic) as line:
        start = time.monotonic()
        with ask(line.port) as near:
            assert read(near, len(BODY)) == BODY
        assert 1.4 <= time.monotonic() - start < 2.5


def test_plan_to_drop_lets_no_byte_through_after_its_place() -> None:
    """A drop planned at 3,000 bytes comes within one piece of it; later the line is mended and works."""
    dropped = threading.Event()

    with server() as port, Shaper(Line(down_kbit=80), port, clock=time.monotonic) as line:

        def drop() -> None:
            line.drop()
            dropped.set()

        line.at(3000, drop)
        with ask(line.port) as near:
            got = read(near, 3000)
            with pytest.raises(ConnectionResetError):
                read(near, len(BODY))
        assert dropped.wait(5)
        assert 3000 <= line.down < 3000 + 512
        assert got == BODY[:3000]
        line.mend()
        with ask(line.port) as near:
            assert read(near, 500) == BODY[:500]
        assert line.cuts == 1


def test_forgotten_plan_is_not_done() -> None:
    """A plan that was forgotten does nothing."""
    with server() as port, Shaper(Line(), port, clock=time.monotonic) as line:
        line.at(100, line.die)
        line.forget_plans()
        with ask(line.port) as near:
            assert read(near, len(BODY)) == BODY
            near.sendall(b"again\n")
            assert read(near, len(BODY)) == BODY


def test_reshaped_line_hurries_what_is_under_way() -> None:
    """A transfer that would take 10 s ends at once when the line is opened up in its middle."""
    with server() as port, Shaper(Line(down_kbit=8), port, clock=time.monotonic) as line:
        start = time.monotonic()
        with ask(line.port) as near:
            assert read(near, 500) == BODY[:500]
            line.reshape(Line())
            assert read(near, len(BODY) - 500) == BODY[500:]
        assert time.monotonic() - start < 6


def test_stalled_line_gives_bytes_later() -> None:
    """A stall breaks nothing: the same connection goes on where it stood."""
    with server() as port, Shaper(Line(80, cut=Cut.STALL), port, clock=time.monotonic) as line, ask(line.port) as near:
        first = read(near, 1000)
        with line.outage():
            time.sleep(0.2)
            before = line.down
            time.sleep(0.3)
            assert line.down == before
        assert first + read(near, len(BODY) - 1000) == BODY

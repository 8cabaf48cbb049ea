"""The user-space line carries what it says, as slowly as it says, and breaks when it says."""

from __future__ import annotations

import socket
import time

import pytest

from bench.shaper import Cut, Line, Shaper
from tests.demo.talk import BODY, ask, read, server


def test_unshaped_line_passes_every_byte_and_counts_both_ways() -> None:
    """With no rate, bytes come through unaltered, are counted each way and are recorded."""
    with server() as port, Shaper(Line(), port, record=True) as line, ask(line.port) as near:
        assert read(near, len(BODY)) == BODY
        talk = line.talks[0]
        assert (talk.up, talk.down) == (len(b"please\n"), len(BODY))
        assert (bytes(talk.sent), bytes(talk.received)) == (b"please\n", BODY)


def test_rate_is_kept_within_a_tenth() -> None:
    """10,240 bytes at 80 kbit/s take 1.024 s, or somewhat more on a busy machine."""
    with server() as port, Shaper(Line(down_kbit=80), port) as line:
        start = time.monotonic()
        with ask(line.port) as near:
            assert read(near, len(BODY)) == BODY
        assert 0.95 < time.monotonic() - start < 4


def test_two_connections_share_one_rate() -> None:
    """The line's rate is for all connections together, not for each."""
    with server() as port, Shaper(Line(down_kbit=160), port) as line:
        start = time.monotonic()
        with ask(line.port) as one, ask(line.port) as two:
            assert read(one, len(BODY)) == read(two, len(BODY)) == BODY
        assert 0.95 < time.monotonic() - start < 4


def test_delay_costs_a_round_trip_for_the_handshake_and_one_for_the_question() -> None:
    """With 0.1 s each way the first answer takes 0.4 s, and the next on the same connection 0.2 s."""
    with server(b"x") as port, Shaper(Line(delay=0.1), port) as line:
        start = time.monotonic()
        with ask(line.port) as near:
            assert read(near, 1) == b"x"
            assert 0.39 < time.monotonic() - start < 2
            start = time.monotonic()
            near.sendall(b"again\n")
            assert read(near, 1) == b"x"
            assert 0.19 < time.monotonic() - start < 2


def test_reset_cut_breaks_connections_and_refuses_new_ones_until_the_line_is_back() -> None:
    """A cut resets what is open, new connections fail while it lasts, then all works; the time down is not counted."""
    with server() as port, Shaper(Line(down_kbit=80), port) as line, ask(line.port) as near:
        assert read(near, 1000) == BODY[:1000]
        with line.outage():
            with pytest.raises(ConnectionResetError):
                read(near, len(BODY))
            with pytest.raises(OSError, match=r"reset|Broken pipe"), ask(line.port) as other:
                assert read(other, 1)
            time.sleep(0.3)
            up = line.seconds_up()
        with ask(line.port) as after:
            assert read(after, 1000) == BODY[:1000]
        assert line.cuts == 1
        assert line.refused == 1
        assert line.seconds_up() - up < 0.5
        assert line.down < len(BODY)


def test_stall_holds_bytes_and_gives_them_later() -> None:
    """A stalled line breaks nothing: the same connection goes on where it stood."""
    with server() as port, Shaper(Line(down_kbit=80, cut=Cut.STALL), port) as line, ask(line.port) as near:
        first = read(near, 1000)
        with line.outage():
            time.sleep(0.2)
            before = line.down
            time.sleep(0.3)
            assert line.down == before
        assert first + read(near, len(BODY) - 1000) == BODY


def test_cuts_by_the_clock_come_at_the_given_interval() -> None:
    """A line with a cut every 0.3 s is cut three times in some 1.1 s."""
    with Shaper(Line(cut_every=0.3, down_for=0.05), port=9) as line:
        time.sleep(1.2)
        assert line.cuts in {2, 3}
        assert line.seconds_up() == pytest.approx(1.2 - 0.05 * line.cuts, abs=0.08)


def test_limit_lets_exactly_that_many_bytes_down_then_the_line_is_dead() -> None:
    """With a limit of 5,000 bytes the client gets those and no more, ever."""
    with server() as port, Shaper(Line(down_limit=5000), port) as line:
        with ask(line.port) as near, pytest.raises(ConnectionResetError):
            read(near, len(BODY))
        with pytest.raises(OSError, match=r"reset|Broken pipe"), ask(line.port) as near:
            assert read(near, 1)
        assert line.down == 5000


def test_a_client_that_leaves_is_noticed_by_the_server() -> None:
    """The end of a connection passes through the line in both directions."""
    with socket.create_server(("127.0.0.1", 0)) as listener, Shaper(Line(), listener.getsockname()[1]) as line:
        with socket.create_connection(("127.0.0.1", line.port)) as near:
            far, _ = listener.accept()
            near.sendall(b"bye")
        with far:
            far.settimeout(5)
            assert read(far, 10) == b"bye"

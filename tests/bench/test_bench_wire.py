"""Conversations recorded on the line are read as the bytes that really came down."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bench import servers, tools, wire
from bench.shaper import Line, Shaper, Talk

ASK = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"


def answer(body: bytes, status: bytes = b"200 OK", more: bytes = b"", length: int | None = None) -> bytes:
    """An answer whose Content-Length may promise more than arrives."""
    size = len(body) if length is None else length
    return b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n" % size + more + b"\r\n" + body


def test_answers_are_matched_to_requests_in_order() -> None:
    """Two requests on one connection are two answers with their own path, status and size."""
    got = wire.read(ASK % b"a" + ASK % b"b", answer(b"12345") + answer(b"no", b"404 Not Found"))
    assert [(one.path, one.status, one.body) for one in got] == [("/a", 200, 5), ("/b", 404, 2)]


def test_cut_answer_counts_what_arrived() -> None:
    """A body that was cut counts for its part, an answer without a whole head for nothing."""
    got = wire.read(ASK % b"a" + ASK % b"b", answer(b"123", length=9))
    assert [(one.status, one.body) for one in got] == [(200, 3), (0, 0)]


def test_bytes_that_came_twice_are_counted_by_range() -> None:
    """A resumed range overlaps by what was fetched again; the head may be asked for again."""
    part = b"Content-Range: bytes 2-4/5\r\n"
    talk = Talk(sent=bytearray(ASK % b"f" + ASK % b"head"), received=bytearray(answer(b"123", length=5)))
    again = Talk(
        sent=bytearray(ASK % b"f" + ASK % b"head" + ASK % b"head"),
        received=bytearray(answer(b"345", b"206 Partial Content", part) + answer(b"hh") + answer(b"hh")),
    )
    traffic = wire.traffic((talk, again))
    assert traffic.twice() == 1
    assert traffic.by_path() == {"/f": 5, "/head": 2}
    assert (traffic.distinct(), traffic.body, traffic.requests) == (7, 10, 5)


def test_chunked_answers_and_answers_without_a_body() -> None:
    """Chunks count for their contents; 304 and HEAD have no body."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    none = b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"
    got = wire.read(ASK % b"a" + ASK % b"b" + ASK % b"c", chunked + none + answer(b"z"))
    assert [(one.status, one.body) for one in got] == [(200, 5), (304, 0), (200, 1)]


def test_curl_through_the_line_from_nginx_is_read_right(tmp_path: Path) -> None:
    """A real client and a real server: a whole file and a range, the range being bytes that came twice."""
    if tools.version("nginx") is None or tools.version("curl") is None:
        pytest.skip("nginx and curl are needed")
    (tmp_path / "root").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "root" / "f").write_bytes(os.urandom(300_000))
    with servers.nginx(tmp_path / "root", tmp_path / "work") as port, Shaper(Line(), port, record=True) as line:
        url = f"http://127.0.0.1:{line.port}/f"
        got = tools.run(("curl", "-s", url, "-r", "1000-1999", "--next", "-s", url))
        assert len(got) == 301_000
        traffic = wire.traffic(line.talks)
        assert (traffic.requests, traffic.distinct(), traffic.twice()) == (2, 300_000, 1000)


def test_rsync_daemon_serves_a_folder(tmp_path: Path) -> None:
    """The daemon gives the folder that it was started for, through a line."""
    if tools.version("rsync") is None:
        pytest.skip("rsync is needed")
    (tmp_path / "root").mkdir()
    (tmp_path / "work").mkdir()
    shutil.copy(__file__, tmp_path / "root" / "f.py")
    with servers.rsync_daemon(tmp_path / "root", tmp_path / "work") as port, Shaper(Line(), port) as line:
        tools.run(("rsync", "-r", f"rsync://127.0.0.1:{line.port}/course/", f"{tmp_path}/copy/"))
        assert (tmp_path / "copy" / "f.py").read_bytes() == Path(__file__).read_bytes()
        assert line.down > Path(__file__).stat().st_size

"""Real servers for tests: nginx as it comes, and a scripted one that misbehaves as told.

1. Everything listens on the loop only, on a port the system chose, and is gone when the block ends.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

Script = Callable[[socket.socket, bytes, int], bool]
"""Answers a request on a connection, given its bytes and its number from 0; whether to keep the connection."""


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        port: int = place.getsockname()[1]
        return port


@contextmanager
def nginx(folder: Path, work: Path, extra: str = "") -> Iterator[str]:
    """nginx serving `folder` as any administrator would; its address. Skips the test where nginx is not installed."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    config = work / "nginx.conf"
    config.write_text(_nginx_config(program, folder, work, port, extra))
    process = subprocess.Popen(
        [program, "-p", str(work), "-e", str(work / "error.log"), "-c", str(config)], stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _nginx_config(program: str, folder: Path, work: Path, port: int, extra: str) -> str:
    built = subprocess.run([program, "-V"], capture_output=True, text=True, check=True).stderr
    kinds = ["client_body", *set(re.findall(r"--http-(proxy|fastcgi|uwsgi|scgi)-temp-path", built))]
    temporary = "\n".join(f"  {kind}_temp_path {work}/{kind};" for kind in kinds)
    user = "user root;" if os.name == "posix" and os.geteuid() == 0 else ""
    return f"""
daemon off; {user} worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
{temporary}
  server {{ listen 127.0.0.1:{port}; {extra} location / {{ root {folder}; }} }}
}}
"""


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        if process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}")
        time.sleep(0.02)
    raise AssertionError("the server did not come up")


@contextmanager
def scripted(script: Script) -> Iterator[str]:
    """A server that answers each request as `script` says; its address."""
    place = socket.create_server(("127.0.0.1", 0))
    numbers = iter(range(1 << 30))
    ending = threading.Event()

    def talk(line: socket.socket) -> None:
        with line, suppress(OSError):
            line.settimeout(20)
            while not ending.is_set():
                request = b""
                while b"\r\n\r\n" not in request:
                    more = line.recv(1 << 16)
                    if not more:
                        return
                    request += more
                if not script(line, request, next(numbers)):
                    return

    def listen() -> None:
        with suppress(OSError):
            while not ending.is_set():
                threading.Thread(target=talk, args=(place.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield "http://127.0.0.1:" + str(place.getsockname()[1])
    finally:
        ending.set()
        with suppress(OSError):
            place.shutdown(socket.SHUT_RDWR)
        place.close()
        thread.join(5)


def range_of(request: bytes, size: int) -> tuple[int, int] | None:
    """First and last byte that a request asks for of `size` bytes, None for the whole."""
    found = re.search(rb"\r\nRange: bytes=(\d+)-(\d*)\r\n", request)
    return (int(found[1]), min(size - 1, int(found[2] or size - 1))) if found else None


def proper(request: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Headers and body of a right answer to `request` from a file holding `content`."""
    asked = range_of(request, len(content))
    if asked is None:
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content), content
    first, last = asked
    if first >= len(content):
        return b"HTTP/1.1 416 No\r\nContent-Length: 0\r\nContent-Range: bytes */%d\r\n\r\n" % len(content), b""
    head = b"HTTP/1.1 206 Part\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\n\r\n"
    return head % (last - first + 1, first, last, len(content)), content[first : last + 1]

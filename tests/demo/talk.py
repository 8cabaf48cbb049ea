"""A server that answers and a client that asks, for tests of the pretend line."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

BODY = bytes(range(256)) * 40  # 10,240 bytes


@contextmanager
def server(body: bytes = BODY) -> Iterator[int]:
    """A server that answers every line it reads with `body`, until the client leaves."""

    def answer(near: socket.socket) -> None:
        with near, near.makefile("rb") as lines:
            try:
                for _ in lines:
                    near.sendall(body)
            except OSError:
                pass

    def accept(listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(near,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def ask(port: int) -> socket.socket:
    """A connection on which one question has been sent."""
    near = socket.create_connection(("127.0.0.1", port), timeout=20)
    near.sendall(b"please\n")
    return near


def read(near: socket.socket, size: int) -> bytes:
    """Up to `size` bytes, fewer when the connection ends first."""
    got = b""
    while len(got) < size:
        piece = near.recv(size - len(got))
        if not piece:
            break
        got += piece
    return got

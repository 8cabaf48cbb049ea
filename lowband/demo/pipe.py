"""One connection through the pretend line: two sockets, and for each direction a wait for rate and delay.

1. A piece is counted before it is handed on, so that who has the bytes finds them counted.
2. An end that breaks breaks both at once, as a line that went away and a router that says so.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lowband.demo.line import Shaper

UNSHAPED_CHUNK = 64 << 10
LINGER_RESET = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Talk:
    """One connection as the far ends saw it: bytes and, when recording, their text."""

    up: int = 0
    down: int = 0
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)

    def add(self, data: bytes, down: bool, record: bool) -> None:
        """Count a piece that reached its end, and keep it when recording."""
        if down:
            self.down += len(data)
        else:
            self.up += len(data)
        if record:
            (self.received if down else self.sent).extend(data)


class Lane:
    """One direction: `turn` answers when a chunk has been put on the wire, one after another."""

    def __init__(self, kbit: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._free = 0.0
        self._lock = threading.Lock()
        self.shape(kbit)

    def shape(self, kbit: float) -> None:
        """So many kbit/s from now on; 0: as fast as it goes."""
        self._rate = kbit * 1000 / 8
        self.chunk = max(128, min(UNSHAPED_CHUNK, int(self._rate * 0.025))) if kbit else UNSHAPED_CHUNK

    def turn(self, size: int) -> float:
        now = self._clock()
        if not self._rate:
            return now
        with self._lock:
            self._free = max(now, self._free) + size / self._rate
            return self._free


class Connection:
    """Two sockets and the threads between them."""

    def __init__(self, shaper: Shaper, number: int, near: socket.socket, far: socket.socket) -> None:
        self.talk = Talk()
        self.gone = threading.Event()
        self._shaper, self._number, self._near, self._far = shaper, number, near, far
        self._ended = threading.Semaphore(1)

    def start(self) -> None:
        born = self._shaper.clock() + 2 * self._shaper.line.delay
        for down in (False, True):
            under_way: queue.Queue[tuple[float, bytes]] = queue.Queue(maxsize=4096)
            threading.Thread(target=self._take, args=(down, born, under_way), daemon=True).start()
            threading.Thread(target=self._give, args=(down, under_way), daemon=True).start()

    def _until(self, when: float) -> bool:
        """Wait for a moment; True when the connection went away meanwhile."""
        return self.gone.wait(max(0.0, when - self._shaper.clock()))

    def _take(self, down: bool, born: float, under_way: queue.Queue[tuple[float, bytes]]) -> None:
        lane = self._shaper.lanes[down]
        source = self._far if down else self._near
        self._until(born)
        data = b"first"
        while data and not self.gone.is_set():
            try:
                data = source.recv(lane.chunk)
            except OSError:
                self.reset()
                return
            if not self._shaper.wait_up(self.gone):
                return
            on_wire = lane.turn(len(data))
            self._until(on_wire)
            under_way.put((on_wire + self._shaper.line.delay, data))

    def _give(self, down: bool, under_way: queue.Queue[tuple[float, bytes]]) -> None:
        target = self._near if down else self._far
        while not self.gone.is_set():
            try:
                when, data = under_way.get(timeout=0.5)
            except queue.Empty:
                continue
            if self._until(when) or not self._shaper.wait_up(self.gone):
                return
            try:
                if not data:
                    self._end(target)
                    return
                self._arrive(target, data, down)
            except OSError:
                self.reset()

    def _arrive(self, target: socket.socket, data: bytes, down: bool) -> None:
        if down:
            self._shaper.keep_plans()
        if self.gone.is_set():
            return
        allowed = data[: self._shaper.allow(len(data))] if down else data
        self._shaper.arrived(self._number, self.talk, allowed, down)
        target.sendall(allowed)
        if len(allowed) < len(data):
            self._shaper.die()

    def _end(self, target: socket.socket) -> None:
        """Pass on the end of one direction; the second end closes the connection."""
        target.shutdown(socket.SHUT_WR)
        if not self._ended.acquire(blocking=False):
            self.gone.set()
            self._near.close()
            self._far.close()

    def reset(self) -> None:
        """Break both ends at once, as a line that went away and a router that says so."""
        self.gone.set()
        for end in (self._near, self._far):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
                end.shutdown(socket.SHUT_RD)
            end.close()

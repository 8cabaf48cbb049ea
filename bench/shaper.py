"""A bad line in user space: a TCP proxy with a rate, a delay and cuts, without root.

1. Each direction is one queue for all connections: a byte waits its turn at the rate, then travels for the delay.
2. A new connection first pays the round trip that a handshake would; then every wait is that of the line itself.
3. While the line is down nothing passes: a RESET cut breaks every connection and what was under way is lost, a STALL
   holds everything as it is. The same seed gives the same cuts.
4. What is counted and recorded is what left the line at its far end, not what a socket's buffer took in.
"""

from __future__ import annotations

import contextlib
import queue
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

UNSHAPED_CHUNK = 64 << 10
SMALL_BUFFER = 4096  # else the kernel swallows what the line has not yet carried
LINGER_RESET = struct.pack("ii", 1, 0)


class Cut(Enum):
    """What a cut does to the connections."""

    RESET = "reset"
    STALL = "stall"


@dataclass(frozen=True, slots=True)
class Line:
    """A line's figures. Rates in kbit/s (0: as fast as it goes); `delay` one way in seconds; `cut_every` seconds up
    between cuts (0: never), varied by the share `jitter`; `down_for` seconds each; after `down_limit` bytes down the
    line is dead for good."""

    down_kbit: float = 0
    up_kbit: float = 0
    delay: float = 0
    cut_every: float = 0
    down_for: float = 3
    cut: Cut = Cut.RESET
    jitter: float = 0
    seed: int = 1
    down_limit: int | None = None


BAD_LINE = Line(down_kbit=64, up_kbit=64, delay=0.3, cut_every=60)


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


class _Lane:
    """One direction: `turn` answers when a chunk has been put on the wire, one after another."""

    def __init__(self, kbit: float) -> None:
        self._rate = kbit * 1000 / 8
        self._free = 0.0
        self._lock = threading.Lock()
        self.chunk = max(128, min(UNSHAPED_CHUNK, int(self._rate * 0.025))) if kbit else UNSHAPED_CHUNK

    def turn(self, size: int) -> float:
        now = time.monotonic()
        if not self._rate:
            return now
        with self._lock:
            self._free = max(now, self._free) + size / self._rate
            return self._free


class _Connection:
    """Two sockets and the threads between them."""

    def __init__(self, shaper: Shaper, near: socket.socket, far: socket.socket) -> None:
        self.talk = Talk()
        self.gone = threading.Event()
        self._shaper, self._near, self._far = shaper, near, far
        self._ended = threading.Semaphore(1)

    def start(self) -> None:
        born = time.monotonic() + 2 * self._shaper.line.delay
        for down in (False, True):
            under_way: queue.Queue[tuple[float, bytes]] = queue.Queue(maxsize=4096)
            threading.Thread(target=self._take, args=(down, born, under_way), daemon=True).start()
            threading.Thread(target=self._give, args=(down, under_way), daemon=True).start()

    def _take(self, down: bool, born: float, under_way: queue.Queue[tuple[float, bytes]]) -> None:
        lane = self._shaper.down_lane if down else self._shaper.up_lane
        source = self._far if down else self._near
        self.gone.wait(max(0.0, born - time.monotonic()))
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
            self.gone.wait(max(0.0, on_wire - time.monotonic()))
            under_way.put((on_wire + self._shaper.line.delay, data))

    def _give(self, down: bool, under_way: queue.Queue[tuple[float, bytes]]) -> None:
        target = self._near if down else self._far
        while not self.gone.is_set():
            try:
                when, data = under_way.get(timeout=0.5)
            except queue.Empty:
                continue
            if self.gone.wait(max(0.0, when - time.monotonic())) or not self._shaper.wait_up(self.gone):
                return
            try:
                if not data:
                    self._end(target)
                    return
                self._arrive(target, data, down)
            except OSError:
                self.reset()

    def _arrive(self, target: socket.socket, data: bytes, down: bool) -> None:
        allowed = self._shaper.allow(len(data)) if down else len(data)
        self.talk.add(
            data[:allowed], down, self._shaper.record
        )  # before the send: who has the bytes finds them counted
        target.sendall(data[:allowed])
        if allowed < len(data):
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


class Shaper:
    """The line to `host:port`; a context manager that listens on `port` of 127.0.0.1.

    `talks` holds every connection's counts, and their bytes when `record` is true. Source of the measure: rule 4.
    """

    def __init__(self, line: Line, port: int, host: str = "127.0.0.1", *, record: bool = False) -> None:
        self.line, self.record = line, record
        self.down_lane, self.up_lane = _Lane(line.down_kbit), _Lane(line.up_kbit)
        self.cuts = 0
        self.refused = 0
        self._goal = (host, port)
        self._up, self._closing, self._dead = threading.Event(), threading.Event(), threading.Event()
        self._up.set()
        self._lock = threading.Lock()
        self._connections: list[_Connection] = []
        self._left = line.down_limit
        self._started = time.monotonic()
        self._outages: list[tuple[float, float]] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        if line.up_kbit:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Shaper:
        threading.Thread(target=self._accept, daemon=True).start()
        if self.line.cut_every:
            threading.Thread(target=self._cut_by_the_clock, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.close()
        self._break_all()

    @property
    def talks(self) -> tuple[Talk, ...]:
        with self._lock:
            return tuple(connection.talk for connection in self._connections)

    @property
    def down(self) -> int:
        """Bytes that came down so far."""
        return sum(talk.down for talk in self.talks)

    @property
    def up(self) -> int:
        """Bytes that went up so far."""
        return sum(talk.up for talk in self.talks)

    def seconds_up(self) -> float:
        """Seconds since the start in which the line was up."""
        now = time.monotonic()
        return now - self._started - sum(min(end, now) - start for start, end in tuple(self._outages))

    def restart_clock(self) -> None:
        """Count `seconds_up` from now, for a setup that should not weigh on the measure."""
        self._started = time.monotonic()
        self._outages.clear()

    def wait_up(self, gone: threading.Event) -> bool:
        """Wait until the line is up; False when the connection went away meanwhile."""
        while not self._up.wait(0.05):
            if gone.is_set() or self._closing.is_set():
                return False
        return not gone.is_set()

    def allow(self, size: int) -> int:
        """How many of `size` bytes may still come down, and take them off what is left."""
        if self._left is None:
            return size
        with self._lock:
            allowed = min(size, self._left)
            self._left -= allowed
        return allowed

    def die(self) -> None:
        """From now on nothing passes, and new connections are broken."""
        self._dead.set()
        self._break_all()

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """Take the line down for the length of a `with` block."""
        start = time.monotonic()
        self._outages.append((start, float("inf")))
        self.cuts += 1
        self._up.clear()
        if self.line.cut is Cut.RESET:
            self._break_all()
        try:
            yield
        finally:
            self._outages[-1] = (start, time.monotonic())
            self._up.set()

    def _cut_by_the_clock(self) -> None:
        dice = random.Random(self.line.seed)
        while True:
            vary = 1 + self.line.jitter * dice.uniform(-1, 1)
            if self._closing.wait(self.line.cut_every * vary):
                return
            with self.outage():
                self._closing.wait(self.line.down_for)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._dead.is_set() or (self.line.cut is Cut.RESET and not self._up.is_set()):
                self._refuse(near)
                continue
            try:
                far = self._dial()
            except OSError:
                self._refuse(near)
                continue
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(self, near, far)
            with self._lock:
                self._connections.append(connection)
            connection.start()

    def _refuse(self, near: socket.socket) -> None:
        self.refused += 1
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        near.close()

    def _dial(self) -> socket.socket:
        far = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if self.line.down_kbit:
                far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            far.connect(self._goal)
        except OSError:
            far.close()
            raise
        return far

    def _break_all(self) -> None:
        with self._lock:
            connections = tuple(self._connections)
        for connection in connections:
            connection.reset()

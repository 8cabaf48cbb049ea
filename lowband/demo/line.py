"""A bad line in user space: a TCP proxy with a rate, a delay and cuts, without root.

1. Each direction is one queue for all connections: a byte waits its turn at the rate, then travels for the delay.
2. A new connection first pays the round trip that a handshake would; then every wait is that of the line itself.
3. While the line is down nothing passes: a RESET cut breaks every connection and what was under way is lost, a STALL
   holds everything as it is. The same seed gives the same cuts.
4. What is counted, heard and recorded is what left the line at its far end, not what a socket's buffer took in.
"""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from lowband.demo.pipe import LINGER_RESET, Connection, Lane, Talk

__all__ = ["BAD_LINE", "Cut", "Hear", "Line", "Shaper", "Talk"]

SMALL_BUFFER = 4096  # else the kernel swallows what the line has not yet carried

Hear = Callable[[int, bool, bytes], None]
"""Told of every piece that arrives: number of the connection, whether it went down, the bytes."""


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


class Shaper:
    """The line to `host:port`; a context manager that listens on `port` of 127.0.0.1.

    `talks` holds every connection's counts, and their bytes when `record` is true; `hear` is told of every piece that
    arrives, from the line's own threads. `clock` answers seconds that only grow.
    """

    def __init__(
        self,
        line: Line,
        port: int,
        host: str = "127.0.0.1",
        *,
        clock: Callable[[], float],
        record: bool = False,
        hear: Hear | None = None,
    ) -> None:
        self.line, self.record, self.clock = line, record, clock
        self.lanes = (Lane(line.up_kbit, clock), Lane(line.down_kbit, clock))
        self.cuts = 0
        self.refused = 0
        self._goal = (host, port)
        self._cut_every = line.cut_every
        self._hear = hear
        self._up, self._closing, self._dead = threading.Event(), threading.Event(), threading.Event()
        self._up.set()
        self._lock = threading.Lock()
        self._connections: list[Connection] = []
        self._plans: list[tuple[int, Callable[[], None]]] = []
        self._left = line.down_limit
        self._started = clock()
        self._outages: list[tuple[float, float]] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        if line.up_kbit:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Shaper:
        threading.Thread(target=self._accept, daemon=True).start()
        if self._cut_every:
            threading.Thread(target=self._cut_by_the_clock, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else a thread goes on waiting in accept
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
        now = self.clock()
        return now - self._started - sum(min(end, now) - start for start, end in tuple(self._outages))

    def restart_clock(self) -> None:
        """Count `seconds_up` from now, for a setup that should not weigh on the measure."""
        self._started = self.clock()
        self._outages.clear()

    def at(self, down: int, act: Callable[[], None]) -> None:
        """Call `act` once, from the line's thread, when `down` bytes have come down: before any more is handed on."""
        with self._lock:
            self._plans.append((down, act))

    def forget_plans(self) -> None:
        """Whatever `at` planned is not done any more."""
        with self._lock:
            self._plans.clear()

    def reshape(self, line: Line) -> None:
        """Other figures from now on, for what is under way too; cuts by the clock and the limit stay as they were."""
        self.line = line
        for lane, kbit in zip(self.lanes, (line.up_kbit, line.down_kbit), strict=True):
            lane.shape(kbit)

    def keep_plans(self) -> None:
        """Do what `at` planned for what has come down by now."""
        if not self._plans:
            return
        total = self.down
        with self._lock:
            due = [act for place, act in self._plans if place <= total]
            self._plans = [plan for plan in self._plans if plan[0] > total]
        for act in due:
            act()

    def arrived(self, number: int, talk: Talk, data: bytes, down: bool) -> None:
        """Count a piece that is about to be handed on at the far end, and tell of it."""
        talk.add(data, down, self.record)
        if self._hear:
            self._hear(number, down, data)

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

    def drop(self) -> None:
        """Take the line down until `mend`."""
        self._outages.append((self.clock(), float("inf")))
        self.cuts += 1
        self._up.clear()
        if self.line.cut is Cut.RESET:
            self._break_all()

    def mend(self) -> None:
        """Bring the line back."""
        self._outages[-1] = (self._outages[-1][0], self.clock())
        self._up.set()

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """Take the line down for the length of a `with` block."""
        self.drop()
        try:
            yield
        finally:
            self.mend()

    def _cut_by_the_clock(self) -> None:
        dice = random.Random(self.line.seed)
        while True:
            vary = 1 + self.line.jitter * dice.uniform(-1, 1)
            if self._closing.wait(self._cut_every * vary):
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
            with self._lock:
                connection = Connection(self, len(self._connections), near, far)
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

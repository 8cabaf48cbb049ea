"""The demo's stage: an institution, a hub, a pretend line, a participant, and what is measured of them.

1. The line's own counters are the measure of bytes; a command's start and end are the measure of its seconds.
2. The line drops and the process is killed at places fixed by bytes, so that every run tells the same story.
3. Leaving the stage ends every process on it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lowband.cli.console import Step
from lowband.cli.options import open_store
from lowband.cli.reading import structure
from lowband.cli.tongue import chosen
from lowband.demo.crew import Crew, Player
from lowband.demo.heard import Heard
from lowband.demo.line import Line, Shaper
from lowband.errors import NotHereError

if TYPE_CHECKING:
    from lowband.model.course import Lesson

DOWN_FOR = 2  # seconds
TICK = 0.1  # seconds between two looks
BESIDE = 2000  # bytes that come with a first lesson: head, state, record, headers of HTTP
FIRST_CUT, SECOND_CUT = 0.3, 0.65  # of what comes after the first lesson


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader asked for; rate in bytes a second, delay one way and patience in seconds."""

    old: Path
    new: Path
    rate: float
    delay: float
    patience: float

    def line(self) -> Line:
        """The pretend line."""
        return Line(down_kbit=self.rate / 125, up_kbit=self.rate / 125, delay=self.delay)

    def seconds(self, count: int) -> float:
        """What so many bytes take at the line's rate, and nothing else."""
        return count / self.rate


@dataclass
class Fetch:
    """One coming down of `total` bytes as the participant lives it, from the moment `began`."""

    total: int
    began: float
    carried_before: int
    requests_before: int
    bytes: int = 0  # both ways
    seconds: float = 0.0
    requests: int = 0
    ran_free: bool = False
    done: bool = False


@dataclass(frozen=True, slots=True)
class Resumed:
    """A transfer that broke: how far it was, where it went on (None: nowhere), bytes that came again."""

    at: int
    place: int | None
    twice: int


class Stage:
    """The stage in the folder `work`; `env` is what every process is given."""

    def __init__(self, work: Path, wanted: Wanted, env: Mapping[str, str]) -> None:
        self.wanted = wanted
        self.work, self.device, self.depot = work, work / "participant", work / "depot"
        self.heard = Heard()
        self.dropped, self.killed = threading.Event(), threading.Event()
        self._institution = work / "institution"
        self._stack = ExitStack()
        self._crew = self._stack.enter_context(Crew(work / "said", env, time.monotonic))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def institution(self, *words: str) -> dict[str, Any]:
        """The institution runs a command; what it answers."""
        return self._crew.run(self._institution, *words)

    def participant(self, *words: str) -> dict[str, Any]:
        """The participant runs a command; what it answers."""
        return self._crew.run(self.device, *words)

    def serve(self) -> str:
        """Start the hub, and the line to it; the address at which the participant finds it."""
        words = ("hub", "serve", str(self.depot), "--host", "127.0.0.1", "--port", "0")
        port = int(self._crew.start(self._institution, *words).first_answer()["port"])
        self._line = Shaper(self.wanted.line(), port, clock=time.monotonic, hear=self.heard)
        self._stack.enter_context(self._line)
        return f"http://127.0.0.1:{self._line.port}"

    # what comes down

    def begin(self, total: int) -> Fetch:
        """From now on what the line carries counts for a new coming down."""
        self._line.reshape(self.wanted.line())
        return Fetch(total, time.monotonic(), self._carried(), self.heard.requests)

    def sync(self) -> Player:
        """The participant starts a sync."""
        return self._crew.start(self.device, "sync")

    def watch(self, sync: Player, fetch: Fetch, step: Step, ready: Callable[[], bool]) -> bool:
        """Look on until `ready`, or until the sync has ended; whether `ready`. The line runs free after a while."""
        while not (found := ready()) and not sync.ended(TICK):
            self.look(fetch)
            step(min(fetch.bytes, fetch.total), fetch.total)
            if fetch.seconds > self.wanted.patience and not fetch.ran_free:
                fetch.ran_free = True
                self._line.reshape(Line())
        return found or ready()

    def look(self, fetch: Fetch) -> None:
        """Bring the figures of a coming down up to now."""
        if not fetch.done:
            fetch.bytes = self._carried() - fetch.carried_before
            fetch.requests = self.heard.requests - fetch.requests_before
            fetch.seconds = time.monotonic() - fetch.began

    def finish(self, sync: Player, fetch: Fetch) -> dict[str, Any]:
        """The sync's answer, and the figures at its end."""
        answer = sync.answer()
        self.look(fetch)
        fetch.done = True
        self._line.forget_plans()
        return answer

    def _carried(self) -> int:
        return self._line.down + self._line.up

    # what goes wrong

    def plan(self, sync: Player, bundle: Mapping[str, Any]) -> None:
        """Fix the places where the line drops and where the sync is killed, by bytes from now."""

        def drop() -> None:
            self._line.drop()
            self.dropped.set()

        def kill() -> None:
            sync.kill()
            self.killed.set()

        now, most = self._line.down, int(self.wanted.rate * self.wanted.patience)
        span = min(int(bundle["bytes"]), most)
        lesson = min(int(bundle["first_lesson"] or 0) + BESIDE, span // 2)
        self._line.at(now + lesson + int((span - lesson) * FIRST_CUT), drop)
        self._line.at(now + lesson + int((span - lesson) * SECOND_CUT), kill)

    def mend(self) -> None:
        """The line is back after a while."""
        time.sleep(DOWN_FOR)
        self._line.mend()

    # what is there

    def readable(self, course: str) -> Lesson | None:
        """The first lesson that the participant can open now, in the reader's language if it is there."""
        with open_store(self.device / "store.db", read_only=True) as store:
            try:
                found = store.courses.named(course)
            except NotHereError:
                return None
            held = {h.path for h in store.courses.visible(found.key)}
            here = [lesson for lesson in structure(store, found)[1] if lesson.path in held] if held else []
        return next((x for x in here if x.lang == chosen()), here[0] if here else None)

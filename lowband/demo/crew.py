"""Real `lowband` processes for the demo, each with a home of its own, none of which outlives it.

1. A process is driven by its command line and answers by `--json`, as any program could.
2. Ending the crew kills whatever still runs, and waits for it; a crew that is killed itself takes its processes along.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from lowband.errors import DemoError


class Player:
    """One running command. `seconds` is how long it ran, once it has ended."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], said: Path, clock: Callable[[], float]) -> None:
        self._name, self._process, self._said, self._clock = name, process, said, clock
        self._started = clock()
        self.seconds = 0.0

    def ended(self, wait: float) -> bool:
        """Whether it has ended, after at most `wait` seconds."""
        try:
            self._process.wait(wait)
        except subprocess.TimeoutExpired:
            return False
        self.seconds = self.seconds or self._clock() - self._started
        return True

    def first_answer(self) -> dict[str, Any]:
        """The object that a command prints while it goes on running. Raises `DemoError` when it ends instead."""
        while not (out := self._said.read_text("utf-8")).endswith("\n"):
            if self.ended(0.05):
                return self.answer()
        return _object(out)

    def answer(self) -> dict[str, Any]:
        """Wait for the end; the object it printed. Raises `DemoError` when it failed."""
        code = self._process.wait()
        self.ended(0)
        if code != 0:
            complaint = self._said.with_suffix(".err").read_text("utf-8", "replace").strip().splitlines()
            detail = complaint[-1].removeprefix("lowband: ") if complaint else f"exit code {code}"
            raise DemoError(command=self._name, detail=detail)
        return _object(self._said.read_text("utf-8"))

    def kill(self) -> None:
        """End it as a power cut would: no word of warning."""
        self._process.kill()

    def end(self) -> None:
        """End it and all that it started; may be called twice."""
        if self._process.poll() is None:
            if os.name == "posix":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


class Crew:
    """Starts commands; what they say goes to files in `folder`. `env` is what every process is given."""

    def __init__(self, folder: Path, env: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._folder, self._env, self._clock = folder, dict(env), clock
        self._players: list[Player] = []
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for player in self._players:
            player.end()

    def start(self, home: Path, *words: str) -> Player:
        """Start `lowband WORDS… --json` as the user whose things are in `home`."""
        said = self._folder / f"{len(self._players):02}-{words[0]}.out"
        command = (sys.executable, "-m", "lowband.demo.leash", "lowband", *words, "--json")
        with said.open("wb") as out, said.with_suffix(".err").open("wb") as err:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                env={**self._env, "LOWBAND_HOME": str(home)},
                start_new_session=True,
            )
        player = Player(f"lowband {' '.join(words)}", process, said, self._clock)
        self._players.append(player)
        return player

    def run(self, home: Path, *words: str) -> dict[str, Any]:
        """Run such a command to its end; the object it printed. Raises `DemoError` when it failed."""
        return self.start(home, *words).answer()


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {}

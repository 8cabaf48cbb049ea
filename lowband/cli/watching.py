"""`sync --watch`: wait for a connection, try again with longer rests, keep quiet hours; for days."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from lowband.cli.console import Out, duration
from lowband.cli.tongue import say
from lowband.errors import LowbandError, UsageError

LEAST_REST = 5.0
MOST_REST = 3600.0


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end`, minutes after midnight by the device's clock; may run over midnight."""

    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """From `08:00-17:00`. Raises `UsageError`."""
        found = re.fullmatch(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)", text.strip())
        hours = [int(n) for n in found.groups()] if found else []
        if not hours or hours[0] > 24 or hours[2] > 24 or hours[1] > 59 or hours[3] > 59:
            raise UsageError(detail=say("quiet hours are written like 08:00-17:00, not {given}", given=text))
        return cls((hours[0] * 60 + hours[1]) % 1440, (hours[2] * 60 + hours[3]) % 1440)

    def left(self, minute: int) -> int:
        """Minutes of rest from `minute` of the day on; 0 outside the quiet hours."""
        length, into = (self.end - self.start) % 1440, (minute - self.start) % 1440
        return length - into if into < length else 0


def rest_after(failures: int, spread: float) -> float:
    """Seconds to rest after so many failures in a row; `spread` (0 … 1) keeps an office's devices apart."""
    return min(MOST_REST, LEAST_REST * float(2 ** min(failures, 12))) * (0.75 + spread / 2)


def watch(once: Callable[[], int], out: Out, quiet: QuietHours | None, every: int) -> None:
    """Run `once` again and again until Ctrl-C; `every` seconds apart while all is well."""
    failures = 0
    while True:
        clock = time.localtime()
        rest = quiet.left(clock.tm_hour * 60 + clock.tm_min) * 60.0 if quiet else 0.0
        if rest:
            out.line("Quiet hours: going on in {rest}.", rest=duration(rest))
            time.sleep(rest)
            continue
        try:
            failed = once() != 0
        except UsageError:
            raise
        except LowbandError as problem:
            out.line("{problem}", problem=problem.line(say))
            failed = True
        failures = failures + 1 if failed else 0
        pause = rest_after(failures - 1, random.random()) if failed else float(every)
        out.line("Next look in {rest}.", rest=duration(pause))
        time.sleep(pause)

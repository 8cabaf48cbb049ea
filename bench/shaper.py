"""The bad line of the benchmarks is the demo's, by this machine's clock."""

from __future__ import annotations

import time

from lowband.demo import line as demo
from lowband.demo.line import BAD_LINE, Cut, Line, Talk

__all__ = ["BAD_LINE", "Cut", "Line", "Shaper", "Talk"]


class Shaper(demo.Shaper):
    """The line to `host:port`, see there."""

    def __init__(self, line: Line, port: int, host: str = "127.0.0.1", *, record: bool = False) -> None:
        super().__init__(line, port, host, clock=time.monotonic, record=record)

    def __enter__(self) -> Shaper:
        super().__enter__()
        return self

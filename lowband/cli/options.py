"""Options that many commands share, and the three things every command opens: output, store, depot."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lowband.cli.settings import home
from lowband.cli.tongue import say
from lowband.errors import UsageError

if TYPE_CHECKING:
    from lowband.carriers.base import Carrier
    from lowband.store.store import Store

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
StoreFile = Annotated[
    Path | None, typer.Option("--store", metavar="FILE", help="The device's store; by default the one in LOWBAND_HOME.")
]
MOST = 1 << 60  # bytes
LEAST_RATE = 50.0  # bytes a second: below it a depot only pretends to serve
LEAST_OF_MANY = 400.0  # the same where another depot may do better
_AMOUNT = re.compile(r"(\d+(?:[.,]\d+)?)\s*([kKmMgG]?)(i?)[bB]?(?:/s|ps)?")


def open_store(path: Path | None, read_only: bool = False) -> Store:
    """The store that a command works on."""
    from lowband.store.store import Store

    file = path or home().store
    # What cannot be written can still be read: a disk that went read-only locks nobody out.
    return Store(file, read_only or (file.exists() and not os.access(file.parent, os.W_OK)))


def open_depot(
    where: str, max_rate: float | None = None, timeout: float = 60.0, least_rate: float = LEAST_RATE
) -> Carrier:
    """The carrier of a depot that the user named; rates in bytes a second, `timeout` in seconds of silence."""
    from lowband.carriers.open import open_carrier

    # A line that the user slows down herself is not to be left for being slow.
    least = least_rate if max_rate is None else 0.0
    return open_carrier(
        where, clock=time.monotonic, sleep=time.sleep, max_rate=max_rate, timeout=timeout, least_rate=least
    )


def parse_amount(text: str) -> int:
    """Bytes from `5MB`, `300 kB`, `1.5M`, `64KiB`, `900`. Raises `UsageError`."""
    found = _AMOUNT.fullmatch(text.strip())
    if not found:
        raise UsageError(detail=say("not an amount of bytes: {text}", text=text))
    number, unit, binary = found.groups()
    step = 1024 if binary else 1000
    count = float(number.replace(",", ".")) * step ** " kmg".index(unit.lower() or " ")
    if not 1 <= count <= MOST:
        raise UsageError(detail=say("not an amount of bytes: {text}", text=text))
    return int(count)


def parse_rate(text: str) -> float:
    """Bytes a second from `8kB/s`, or from bits a second: `64kbit`, `64kbit/s`. Raises `UsageError`."""
    bits = re.fullmatch(r"(.*?)\s*(k?|M)bit(?:/s)?", text.strip())
    if bits:
        return parse_amount(bits[1] + bits[2]) / 8
    return float(parse_amount(text))


def now() -> int:
    """Seconds since 1970 by this device's clock."""
    return int(time.time())

"""From what a user typed to a carrier.

1. An address with a scheme is a web server's; all else is a folder's path.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lowband.carriers.base import Carrier
from lowband.carriers.folder import FolderCarrier
from lowband.carriers.naming import without_secret
from lowband.carriers.wrap import Limited
from lowband.errors import UsageError

LEAST_BUFFER = 1 << 14  # bytes


def open_carrier(
    where: str,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    timeout: float = 60.0,
    least_rate: float = 0.0,
    max_rate: float | None = None,
) -> Carrier:
    """The carrier of the depot at `where`: a folder, `http://…` or `https://…`. Nothing is fetched yet.

    `clock` gives monotonic seconds, `sleep` waits; rates are bytes a second, `timeout` seconds of silence. Raises
    `UsageError` for another scheme or an address that is none.
    """
    carrier: Carrier
    scheme, mark, _ = where.partition("://")
    if not mark:
        carrier = FolderCarrier(Path(where))
    elif scheme.lower() in ("http", "https"):
        from lowband.carriers.http import HttpCarrier

        ahead = None if max_rate is None else max(LEAST_BUFFER, int(max_rate))
        carrier = HttpCarrier(where, timeout=timeout, least_rate=least_rate, clock=clock, ahead=ahead)
    else:
        raise UsageError(detail=f"{without_secret(where)}: a depot is a folder, http://… or https://…, not {scheme}://")
    return carrier if max_rate is None else Limited(carrier, max_rate, clock, sleep)

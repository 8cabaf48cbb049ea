"""The hub as a running server: uvicorn around the application, quiet on the wire and on the terminal.

1. The port listens before anything is announced, and a port in use is the user's error, told plainly.
2. Stopping lets answers under way end, for a few seconds.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lowband.carriers.folder import FolderCarrier
from lowband.errors import CarrierError, UsageError
from lowband.model.depot import HEAD

if TYPE_CHECKING:
    import uvicorn

GRACE = 5  # seconds for answers under way
KEEP = 75  # seconds a silent connection is kept: a new one costs a thin line a whole round trip
MOST = 1000  # connections at once; those above are told to come back


def checked_depot(folder: Path) -> Path:
    """`folder`, when it holds a depot. Raises `UsageError`."""
    try:
        found = FolderCarrier(folder).has(HEAD)
    except CarrierError as error:
        raise UsageError(detail=f"{folder} is not a depot: {error.facts.get('detail', '?')}") from error
    if not found:
        raise UsageError(detail=f"{folder} is not a depot: it holds no file named {HEAD}")
    return folder


def take_port(host: str, port: int) -> socket.socket:
    """A listening place at `host`, `port` (0: any free one). Raises `UsageError` when it cannot be had."""
    # the protocol is named because asyncio sends headers at once, not after the next acknowledgement, only where it is
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    place = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere this would let two servers share one port
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((host, port))
        place.listen(128)  # who comes before the server is up waits, and is not turned away
    except (OSError, OverflowError) as error:
        place.close()
        raise UsageError(detail=f"cannot listen at {host} port {port}: {error}") from error
    return place


def addresses(place: socket.socket) -> list[str]:
    """What participants can type to reach the server at `place`, the likeliest first."""
    host, port = place.getsockname()[:2]
    if host not in ("0.0.0.0", "::"):
        return [f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"]
    return [f"http://{each}:{port}" for each in _own_hosts()]


class Hub:
    """The depot in `folder` at `host`, `port` (0: any free one), ready to run.

    Raises `UsageError` when the folder holds no depot, the port is taken, or the server is not installed.
    """

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self._server = _server(checked_depot(folder))
        self._place = take_port(host, port)
        self.addresses = addresses(self._place)
        self.port: int = self._place.getsockname()[1]

    def run(self) -> None:
        """Serve until the process is told to stop (Ctrl-C, SIGTERM)."""
        with self._place:
            self._server.run(sockets=[self._place])

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve from a thread while the block lasts; gives the first address."""
        thread = threading.Thread(target=self.run, daemon=True)
        thread.start()
        try:
            yield self.addresses[0]
        finally:
            self._server.should_exit = True
            thread.join(GRACE + 5)


def _server(folder: Path) -> uvicorn.Server:
    try:
        import uvicorn

        from lowband.hub.app import depot_app
    except ModuleNotFoundError as error:
        raise UsageError(detail=f'the hub needs {error.name}: pip install "lowband[hub]"') from error
    return uvicorn.Server(
        uvicorn.Config(
            depot_app(folder),
            http="h11",
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP,
            timeout_graceful_shutdown=GRACE,
            limit_concurrency=MOST,
        )
    )


def _own_hosts() -> list[str]:
    """This machine's IPv4 addresses: the one it would leave by, the others it knows, its own loop last."""
    found: list[str] = []
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address for documents: nothing is sent, only the way out is chosen
        found.append(probe.getsockname()[0])
    with suppress(OSError):
        found += socket.gethostbyname_ex(socket.gethostname())[2]
    return list(dict.fromkeys([*(host for host in found if not host.startswith("127.")), "127.0.0.1"]))

"""A depot on any web server that can send part of a file.

1. A request is its line, Host and, where a part is wanted, Range: nothing else is sent.
2. The server may lie about anything: what is read is bounded by what was asked, and every wait by a time.
3. Bytes go on as they arrive; what arrived before a failure has been handed over.
4. Proxies and certificates are the system's; a secure address never falls back to an open one.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from lowband.carriers.answers import Asked, Body, is_page, judge, length_of, refuse
from lowband.carriers.base import Ledger
from lowband.carriers.naming import check_depot_file, without_secret
from lowband.errors import (
    CarrierError,
    CutError,
    DeniedError,
    MissingError,
    RefusedError,
    SlowError,
    UnchangedError,
    UnreachableError,
    UsageError,
)
from lowband.model.depot import HEAD

if TYPE_CHECKING:
    import ssl

    import httpx

CHUNK = 1 << 14  # bytes
HOPS = 5  # redirects followed for one request
_MOVED = {301, 302, 303, 307, 308}
_FOR_GOOD = {301, 308}
_SAME = 304
_UNSURE = {405, 501}  # what servers say that know no HEAD


class HttpCarrier:
    """The depot at `url`, to be read only.

    `timeout`: seconds of silence that end a transfer; an answer's first line and headers may take twice as long. With a
    `clock` (monotonic seconds), waiting `window` seconds in all for fewer than `least_rate` bytes a second raises
    `SlowError`. `ahead`: bytes the system may take in before they are asked for, which is what makes a limit of rate be
    felt by the sender. Raises `UsageError` for an address that is none, later only `CarrierError` and its kind.
    """

    def __init__(
        self,
        url: str,
        name: str | None = None,
        *,
        timeout: float = 60.0,
        least_rate: float = 0.0,
        window: float = 60.0,
        clock: Callable[[], float] | None = None,
        ahead: int | None = None,
    ) -> None:
        self.name = name or without_secret(url)
        self.ledger = Ledger()
        self.unless = self.tag = ""
        self._base = _checked(url)
        self._timeout, self._least_rate, self._window, self._clock = timeout, least_rate, window, clock
        self._clients: dict[str, httpx.Client] = {}
        self._lines = _Lines(ahead)

    def read(self, file: str, start: int = 0, most: int | None = None) -> Generator[bytes, None, None]:
        """See `Carrier.read`; chunks of at most 16 KiB. A server without Range serves only starts below 64 KiB."""
        asked = Asked(self.name, check_depot_file(file), start, most)
        if most is not None and most <= 0:
            return
        whole = file == HEAD and start == 0  # smaller than the two headers of a range
        condition = {"If-None-Match": self.unless} if self.unless else {}
        headers = condition if whole else asked.header()
        with self._telling(file), self._answer("GET", file, headers) as answer:
            if whole and self.unless and answer.status_code == _SAME:
                self.tag = self.unless
                raise UnchangedError(depot=self.name)
            if whole:
                self.tag = _tag_of(answer)
            body = judge(asked, answer.status_code, answer.headers)
            if body.take == 0:
                return
            yield from self._body(answer, asked, body)

    def write(self, file: str, chunks: Iterator[bytes]) -> None:
        """Raises `DeniedError`: a web server is read, not written."""
        raise DeniedError(depot=self.name, name=file, detail="a web address can be read, not written")

    def has(self, file: str) -> bool:
        """See `Carrier.has`; an empty file counts as not there."""
        asked = Asked(self.name, check_depot_file(file), 0, 1)
        with self._telling(file), self._answer("HEAD", file, {}) as answer:
            status, headers = answer.status_code, dict(answer.headers)
        if status in _UNSURE:
            try:
                return any(self.read(file, 0, 1))
            except MissingError:
                return False
        try:
            refuse(asked, status, headers)
        except MissingError:
            return False
        return length_of(headers) != 0

    def close(self) -> None:
        """See `Carrier.close`."""
        while self._clients:
            self._clients.popitem()[1].close()

    # one request

    @contextmanager
    def _answer(self, method: str, file: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """The answer to a request, redirects followed; closed at the end."""
        address = f"{self._base}/{file}"
        for _ in range(HOPS + 1):
            answer = self._send(method, address, headers)
            try:
                where = answer.headers.get("location")
                if answer.status_code not in _MOVED or not where:
                    yield answer
                    return
                moved = self._next_address(address, where)
                if answer.status_code in _FOR_GOOD and moved.endswith("/" + file):
                    self._base = moved.removesuffix("/" + file)
                address = moved
            finally:
                answer.close()
        raise DeniedError(depot=self.name, name=file, detail=f"more than {HOPS} redirects")

    def _send(self, method: str, address: str, headers: dict[str, str]) -> httpx.Response:
        import httpx

        client = self._client(address.partition("://")[0])
        request = httpx.Request(method, address, headers=headers, extensions={"trace": self._lines.trace})
        self.ledger.requests += 1
        with self._lines.cut_after(2 * self._timeout):
            return client.send(request, stream=True)

    def _next_address(self, address: str, where: str) -> str:
        import httpx

        moved = httpx.URL(address).join(where)
        if moved.scheme not in ("https", address.partition("://")[0]) or not moved.host:
            raise DeniedError(depot=self.name, detail=f"a redirect to {without_secret(str(moved))[:100]}")
        return str(moved)

    def _client(self, scheme: str) -> httpx.Client:
        if scheme not in self._clients:
            import httpx

            self._clients[scheme] = httpx.Client(verify=_certificates(scheme), timeout=self._timeout)
        return self._clients[scheme]

    # the bytes

    def _body(self, answer: httpx.Response, asked: Asked, body: Body) -> Iterator[bytes]:
        """The wanted bytes of `answer`; the connection is kept where the answer was read to its end."""
        skip, left, got, declared = body.skip, body.take, 0, length_of(answer.headers)
        for piece in self._arriving(answer):
            if got == 0 and is_page(answer.headers, piece):
                detail = "a web page came instead; does this network ask you to log in?"
                raise RefusedError(depot=self.name, name=asked.file, detail=detail)
            got += len(piece)
            self.ledger.down += len(piece)
            wanted = piece[skip:] if left is None else piece[skip : skip + left]
            skip = max(0, skip - len(piece))
            left = None if left is None else left - len(wanted)
            for place in range(0, len(wanted), CHUNK):
                yield wanted[place : place + CHUNK]
            if left == 0 and got != declared:
                break
        if body.sure and left:
            raise CutError(depot=self.name, name=asked.file, detail=f"{left} B were still to come")
        if body.more:
            raise CutError(depot=self.name, name=asked.file, detail="it sent less than was asked for")

    def _arriving(self, answer: httpx.Response) -> Iterator[bytes]:
        """The body as it comes off the line, watched for slowness; only time spent waiting counts."""
        pieces, waited, came = answer.iter_raw(), 0.0, 0
        clock = self._clock if self._least_rate > 0 else None
        before = clock() if clock else 0.0
        for piece in pieces:
            if clock:
                waited, came = waited + clock() - before, came + len(piece)
                if waited >= self._window:
                    if came < self._least_rate * waited:
                        rate = f"{came / waited:.0f} B/s"
                        raise SlowError(depot=self.name, detail=f"{rate} over {waited:.0f} s")
                    waited, came = 0.0, 0
            yield piece
            before = clock() if clock else 0.0

    @contextmanager
    def _telling(self, file: str) -> Iterator[None]:
        """Turn the library's errors into ours."""
        import httpx

        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            raise UnreachableError(depot=self.name, name=file, detail=_words(error)) from error
        except (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError) as error:
            raise CutError(depot=self.name, name=file, detail=_words(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            raise CarrierError(depot=self.name, name=file, detail=_words(error)) from error


class _Lines:
    """The open connections of a carrier: what ends an answer whose headers trickle in, each byte within the timeout."""

    def __init__(self, ahead: int | None) -> None:
        self._streams: list[Any] = []
        self._ahead = ahead

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """httpx's hook: told of each new connection."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._streams = [s for s in self._streams if _socket(s) is not None] + [info["return_value"]]
            line = _socket(info["return_value"])
            if self._ahead is not None and line is not None:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._ahead)

    @contextmanager
    def cut_after(self, seconds: float) -> Iterator[None]:
        """Cut all connections when the block takes longer than `seconds`."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        for stream in self._streams:
            line = _socket(stream)
            if line is not None:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)


def _socket(stream: Any) -> Any:
    """The socket under a connection, None once it is closed."""
    line = stream.get_extra_info("socket")
    return line if line is not None and line.fileno() >= 0 else None


def _checked(url: str) -> str:
    """`url` as the start of every address. Raises `UsageError`."""
    import httpx

    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise UsageError(detail=f"{without_secret(url)} is not an address: {error}") from error
    plain = parsed.scheme in ("http", "https") and not parsed.query and not parsed.fragment
    if not plain or not parsed.host or "%" in parsed.host or not 0 < (parsed.port or 80) < 65536:
        raise UsageError(detail=f"{without_secret(url)} is not the address of a depot on a web server")
    return str(parsed).rstrip("/")


def _certificates(scheme: str) -> ssl.SSLContext:
    """The system's certificates; none at all for plain HTTP, whose client has nothing to trust."""
    import ssl

    if scheme != "https":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _words(error: Exception) -> str:
    """What the library says of an error, or at least its kind."""
    return (str(error) or type(error).__name__)[:200]


def _tag_of(answer: httpx.Response) -> str:
    """The entity tag of an answer (RFC 9110 section 8.8.3), when it is one that can be sent back."""
    tag = str(answer.headers.get("etag", ""))
    return tag if answer.status_code == 200 and len(tag) <= 100 and tag.isascii() and tag.isprintable() else ""

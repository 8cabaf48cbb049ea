"""What really goes over the wire: every byte of a request and its answer, the limit of rate, the certificates.

1. Bytes are counted by a relay between the carrier and a real server.
"""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.carriers.http import HttpCarrier, _certificates
from lowband.carriers.memory import MemoryCarrier
from lowband.carriers.open import open_carrier
from lowband.carriers.wrap import Limited
from lowband.errors import DeniedError, MissingError, UnreachableError, UsageError
from lowband.hub.serve import Hub
from tests.carriers.servers import free_port, nginx, proper, scripted

HEAD = bytes(range(113))  # as long as a head with one key
LONGEST_HOST = "192.168.100.200:65535"
BUDGET = 300  # bytes both ways when nothing is new, headers included


class Relay:
    """Bytes that went to a server and came from it."""

    def __init__(self) -> None:
        self.up = b""
        self.down = b""
        self.lines = 0


@contextmanager
def relay(url: str) -> Iterator[tuple[str, Relay]]:
    """A relay before the server at `url`: its address, and what it saw."""
    host, _, port = url.removeprefix("http://").partition(":")
    seen = Relay()
    place = socket.create_server(("127.0.0.1", 0))

    def copy(source: socket.socket, target: socket.socket, up: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if up:
                    seen.up += data
                else:
                    seen.down += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def talk(near: socket.socket) -> None:
        with near, socket.create_connection((host, int(port))) as far:
            back = threading.Thread(target=copy, args=(far, near, False), daemon=True)
            back.start()
            copy(near, far, True)
            back.join(5)

    def listen() -> None:
        with suppress(OSError):
            while True:
                line = place.accept()[0]
                seen.lines += 1
                threading.Thread(target=talk, args=(line,), daemon=True).start()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{place.getsockname()[1]}", seen
    finally:
        with suppress(OSError):
            place.shutdown(socket.SHUT_RDWR)
        place.close()
        thread.join(5)


def nothing_new(url: str) -> Relay:
    """Ask the server at `url` for its head, once, over a relay."""
    with relay(url) as (address, seen):
        carrier = HttpCarrier(address)
        assert b"".join(carrier.read("head", 0, 512)) == HEAD
        carrier.close()
        assert carrier.ledger.requests == 1
    assert seen.up == b"GET /head HTTP/1.1\r\nHost: " + address.removeprefix("http://").encode() + b"\r\n\r\n"
    return seen


def test_nothing_new_on_the_hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing new costs one request of line and Host, and with the hub's answer at most 300 bytes both ways."""
    FolderCarrier(tmp_path).write("head", iter([HEAD]))
    with Hub(tmp_path, "127.0.0.1", 0).running() as url:
        seen = nothing_new(url)
        longer = len(LONGEST_HOST) - len(url.removeprefix("http://"))
    total = len(seen.up) + len(seen.down) + longer
    with capsys.disabled():
        print(f"\nhub: nothing new costs {len(seen.up)} B up, {len(seen.down)} B down; {total} B with the longest host")
    assert total <= BUDGET


def test_nothing_new_on_nginx(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On a plain nginx the request is the same; its own headers are what it adds."""
    depot = tmp_path / "depot"
    depot.mkdir()
    FolderCarrier(depot).write("head", iter([HEAD]))
    with nginx(depot, tmp_path) as url:
        seen = nothing_new(url)
    with capsys.disabled():
        print(f"\nnginx: nothing new costs {len(seen.up)} B up, {len(seen.down)} B down")
    assert len(seen.up) + len(seen.down) < 450


def test_one_connection_for_all(tmp_path: Path) -> None:
    """Heads, objects, ranges and misses go over one connection, one after the other."""
    depot = tmp_path / "depot"
    depot.mkdir()
    file = "ab/" + "3" * 62
    for name in ("head", file):
        FolderCarrier(depot).write(name, iter([HEAD * 100]))
    with nginx(depot, tmp_path) as url, relay(url) as (address, seen):
        carrier = HttpCarrier(address)
        for start in range(0, 11_300, 1000):
            assert b"".join(carrier.read(file, start, 1000)) == (HEAD * 100)[start : start + 1000]
        assert b"".join(carrier.read("head")) == HEAD * 100
        assert carrier.has(file)
        carrier.close()
    assert seen.lines == 1


def test_limit_of_rate_is_felt_by_the_sender() -> None:
    """Under a limit of rate, the server gets hardly more off its hands than the limit lets through."""
    rate, sent, content = 100_000, 0, bytes(20_000_000)

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        nonlocal sent
        head, _ = proper(request, content)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 14)
        line.sendall(head)
        with suppress(OSError):
            while True:
                sent += line.send(bytes(4096))
        return False

    with scripted(script) as url:
        carrier = open_carrier(url, clock=time.monotonic, sleep=time.sleep, max_rate=rate)
        got, before = 0, time.monotonic()
        for chunk in carrier.read("ab/" + "4" * 62, 0, len(content)):
            got += len(chunk)
            if time.monotonic() - before > 2:
                break
        took = time.monotonic() - before
        at_end = sent
        carrier.close()
    assert got <= rate * took + 32_768
    assert at_end <= rate * took + 700_000  # what two systems' buffers may hold between them


def test_limited_keeps_time() -> None:
    """A limit holds on average, and idle time is not saved up."""
    now = 0.0
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    file = "ab/" + "5" * 62
    carrier = Limited(MemoryCarrier({file: bytes(160_000)}), 1000.0, lambda: now, sleep)
    assert len(b"".join(carrier.read(file))) == 160_000
    assert now == pytest.approx(160)
    now += 1000
    assert len(b"".join(carrier.read(file))) == 160_000
    assert now == pytest.approx(1320)
    assert max(slept) <= 17


def test_what_a_user_may_type(tmp_path: Path) -> None:
    """A folder and web addresses are depots; anything else is wrong use, and no password is repeated."""

    def opened(where: str) -> str:
        return type(open_carrier(where, clock=time.monotonic, sleep=time.sleep)).__name__

    assert opened(str(tmp_path)) == "FolderCarrier"
    assert opened("http://hub.example:8765/depot/") == opened("HTTPS://hub.example") == "HttpCarrier"
    for wrong in ("s3://bucket/x", "ftp://a/b", "http://", "http://a/b?c=d", "https://a:99999999/", "http://a b/"):
        with pytest.raises(UsageError):
            opened(wrong)
    with pytest.raises(UsageError) as caught:
        opened("ftp://me:hunter2@host/")
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in HttpCarrier("http://me:hunter2@host/").name


def test_proxy_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's proxy is asked, and a proxy that is not there is a depot that cannot be reached."""
    asked: list[bytes] = []

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        asked.append(request.split(b"\r\n")[0])
        line.sendall(b"".join(proper(request, HEAD)))
        return True

    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    with scripted(script) as url:
        monkeypatch.setenv("http_proxy", url)
        carrier = HttpCarrier("http://depot.example/x")
        assert b"".join(carrier.read("head", 0, 512)) == HEAD
        carrier.close()
    assert asked == [b"GET http://depot.example/x/head HTTP/1.1"]
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(UnreachableError):
        next(HttpCarrier("http://depot.example/x").read("head"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine that no system knows, with its key in one file."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    command = [program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem"]
    subprocess.run([*command, "-out", "cert.pem"], cwd=folder, check=True, capture_output=True)
    (folder / "both.pem").write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return folder / "both.pem"


@contextmanager
def secure(url: str, certificate: Path, moved_to: str = "") -> Iterator[str]:
    """nginx with TLS before the depot at `url`, or sending all to `moved_to`; its address."""
    port = free_port()
    action = f"return 302 {moved_to}$request_uri;" if moved_to else f"location / {{ proxy_pass {url}; }}"
    work = certificate.parent / f"tls{port}"
    work.mkdir()
    lines = f"ssl_certificate {certificate}; ssl_certificate_key {certificate}; {action} }} server {{ listen 127.0.0.1:"
    extra = f"}} server {{ listen 127.0.0.1:{port} ssl; {lines}{free_port()};"
    with nginx(work, work, extra):
        yield f"https://127.0.0.1:{port}"


def test_certificates(tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that the system does not know is refused; one that it knows is taken; HTTPS is never left."""
    FolderCarrier(tmp_path).write("head", iter([HEAD]))
    with Hub(tmp_path, "127.0.0.1", 0).running() as plain:
        with secure(plain, certificate) as url:
            with pytest.raises(UnreachableError, match=r"(?i)certificate"):
                next(HttpCarrier(url).read("head"))
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            carrier = HttpCarrier(url)
            assert b"".join(carrier.read("head", 0, 512)) == HEAD
            with pytest.raises(MissingError):
                next(carrier.read("root/7"))
            carrier.close()
        with secure(plain, certificate, moved_to=plain) as url, pytest.raises(DeniedError, match="redirect"):
            next(HttpCarrier(url).read("head"))


def test_moved_for_good() -> None:
    """A depot that moved for good is asked at its new place from then on."""
    asked: list[bytes] = []

    def script(line: socket.socket, request: bytes, number: int) -> bool:
        asked.append(request.split(b" ")[1])
        if request.startswith(b"GET /old"):
            where = asked[-1].replace(b"/old", b"/new")
            line.sendall(b"HTTP/1.1 301 M\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % where)
        else:
            line.sendall(b"".join(proper(request, HEAD)))
        return True

    with scripted(script) as url:
        carrier = HttpCarrier(url + "/old")
        for _ in range(3):
            assert b"".join(carrier.read("head", 0, 512)) == HEAD
        carrier.close()
    assert asked == [b"/old/head", b"/new/head", b"/new/head", b"/new/head"]


def test_context_of_plain_http_trusts_nobody() -> None:
    """The client for plain HTTP could not be led to a secure server that nobody vouches for."""
    context = _certificates("http")
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.get_ca_certs() == []

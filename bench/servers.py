"""Real servers for a folder: nginx as anyone would set it up, and rsync's daemon.

1. They listen on 127.0.0.1 only, on a port that was free, and leave nothing behind.
2. nginx runs with its own defaults: keep-alive, Range, ETag; no tuning for lowband.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import tools

NGINX_CONF = """daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log; {user}
events {{ worker_connections 256; }}
http {{
  types {{ text/html html; }}  default_type application/octet-stream;  access_log {work}/access.log;
  client_body_temp_path {work}/t1; proxy_temp_path {work}/t2; fastcgi_temp_path {work}/t3;
  uwsgi_temp_path {work}/t4; scgi_temp_path {work}/t5;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""
RSYNC_CONF = "use chroot = no\nport = {port}\naddress = 127.0.0.1\n{user}\n[course]\npath = {root}\nread only = yes\n"


@contextmanager
def nginx(root: Path, work: Path) -> Iterator[int]:
    """Serve `root` by nginx; the port. `work` is an empty folder for its files."""
    port = free_port()
    conf = work / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # else its worker could not read a private temporary folder
    conf.write_text(NGINX_CONF.format(work=work, port=port, root=root, user=user), "utf-8")
    with _running((tools.path("nginx") or "nginx", "-c", str(conf), "-e", str(work / "error.log")), port):
        yield port


@contextmanager
def rsync_daemon(root: Path, work: Path) -> Iterator[int]:
    """Serve `root` as rsync module `course`; the port."""
    port = free_port()
    conf = work / "rsyncd.conf"
    user = "uid = root\ngid = root" if os.geteuid() == 0 else ""
    conf.write_text(RSYNC_CONF.format(port=port, root=root, user=user), "utf-8")
    with _running(("rsync", "--daemon", "--no-detach", f"--config={conf}"), port):
        yield port


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _running(command: tuple[str, ...], port: int) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as server:
        try:
            _wait_for(port, server)
            yield
        finally:
            server.terminate()
            server.wait(10)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if server.poll() is not None:
            raise tools.ToolError(f"{server.args!r} ended with {server.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise tools.ToolError(f"no answer on port {port}")

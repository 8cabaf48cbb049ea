"""A depot over HTTP, to be read: what any static server does, with headers cut to what a thin line can bear.

1. Only a depot's names are answered, only from plain files of its folder; nothing is written.
2. What never changes may be kept for ever by anyone on the way; `head` is asked for each time.
3. A file leaves in chunks: memory does not grow with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from lowband.carriers.folder import FolderCarrier
from lowband.carriers.naming import is_depot_file
from lowband.errors import LowbandError, MissingError
from lowband.hub.ranges import BeyondEnd, names_tag, wanted
from lowband.model.depot import HEAD

FOREVER = "public, max-age=31536000, immutable"
HEAD_MOST = 1 << 12  # bytes read of `head`; the format allows 512


def depot_app(folder: Path) -> Starlette:
    """The ASGI application that serves the depot in `folder`."""

    def answer(request: Request) -> Response:
        file = request.path_params["file"]
        if not is_depot_file(file):
            return Response(status_code=404)
        try:
            return _head(folder, request) if file == HEAD else _object(folder, file, request)
        except MissingError:
            return Response(status_code=404)
        except LowbandError:
            return Response(status_code=503, headers={"Retry-After": "60"})

    return Starlette(routes=[Route("/{file:path}", answer, methods=["GET"])])


def _head(folder: Path, request: Request) -> Response:
    content = b"".join(FolderCarrier(folder).read(HEAD, 0, HEAD_MOST))
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if names_tag(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers)


def _object(folder: Path, file: str, request: Request) -> Response:
    size = FolderCarrier(folder).size(file)
    tag = f'"{file.replace("/", "")[:16]}"'
    headers = {"Cache-Control": FOREVER, "ETag": tag}
    if names_tag(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    asked = request.headers.get("range") if request.headers.get("if-range", tag) == tag else None
    try:
        part = wanted(asked, size)
    except BeyondEnd:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    start, count = part or (0, size)
    headers["Content-Length"] = str(count)
    if part:
        headers["Content-Range"] = f"bytes {start}-{start + count - 1}/{size}"
    chunks: Iterator[bytes] = FolderCarrier(folder).read(file, start, count) if request.method == "GET" else iter(())
    return StreamingResponse(chunks, status_code=206 if part else 200, headers=headers)

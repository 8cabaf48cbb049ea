"""What a web server's answer to a request for a range means: pure rules, no network.

1. Only 200 and 206 carry the file's bytes; anything else ends in an error that says whether to try again.
2. The answer says which bytes it holds; bytes from another place than asked for are refused, never guessed at.
3. Nothing here believes a length: it only says how many bytes may be taken, and how many must come.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from lowband.errors import DeniedError, MissingError, RefusedError

SKIP_MOST = 1 << 16  # bytes that may be thrown away when a server sends the whole file instead of a range
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", re.ASCII)
_LATER = {408, 425, 429}
_PAGE = (b"<!doctype html", b"<html", b"<head", b"<script")


@dataclass(frozen=True)
class Asked:
    """A request: `most` None stands for all from `start` on."""

    depot: str
    file: str
    start: int
    most: int | None

    def header(self) -> dict[str, str]:
        """The Range header, none where the whole file is wanted."""
        if self.start == 0 and self.most is None:
            return {}
        end = "" if self.most is None else str(self.start + self.most - 1)
        return {"Range": f"bytes={self.start}-{end}"}

    def denied(self, detail: str) -> NoReturn:
        """Refuse an answer that would be the same again."""
        raise DeniedError(depot=self.depot, name=self.file, detail=detail)

    def mixed_up(self, detail: str) -> NoReturn:
        """Refuse an answer to another question; a connection out of step gives such, and a new one does not."""
        raise RefusedError(depot=self.depot, name=self.file, detail=detail)


@dataclass(frozen=True)
class Body:
    """Throw away `skip` bytes, then take at most `take` (None: all); `sure`: so many must come, else the line was cut.

    `more` tells that the file goes on where the answer ends, though more was asked for.
    """

    skip: int
    take: int | None
    sure: bool
    more: bool = False


NOTHING = Body(0, 0, sure=False)


def judge(asked: Asked, status: int, headers: Mapping[str, str]) -> Body:
    """Where the wanted bytes are in an answer. Raises `MissingError`, `RefusedError` (try later), `DeniedError`."""
    refuse(asked, status, headers)
    if status == 416:
        return _beyond(asked, headers)
    if headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        asked.denied(f"an encoding nobody asked for: {headers['content-encoding'][:40]}")
    return _part(asked, headers) if status == 206 else _whole(asked, headers)


def refuse(asked: Asked, status: int, headers: Mapping[str, str]) -> None:
    """Raise what a status means, unless it is 200, 206 or 416."""
    if status in (200, 206, 416):
        return
    if status in (404, 410):
        raise MissingError(depot=asked.depot, name=asked.file)
    if status >= 500 or status in _LATER:
        wait = headers.get("retry-after", "")
        facts = {"retry_after": wait} if wait.isascii() and wait.isdigit() and len(wait) < 10 else {}
        raise RefusedError(depot=asked.depot, name=asked.file, detail=f"HTTP {status}", status=status, **facts)
    asked.denied(f"HTTP {status}")


def is_page(headers: Mapping[str, str], first: bytes) -> bool:
    """Whether an answer is a web page, as a network's login sends in the place of everything."""
    kind = headers.get("content-type", "").lower()
    return kind.startswith("text/html") and first[:256].lstrip().lower().startswith(_PAGE)


def length_of(headers: Mapping[str, str]) -> int | None:
    """The declared length, None where there is none."""
    declared = headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 19 else None


def _whole(asked: Asked, headers: Mapping[str, str]) -> Body:
    if asked.start > SKIP_MOST:
        asked.denied(f"no Range: the whole file came in place of what follows byte {asked.start}")
    length = length_of(headers)
    if length is None:
        return Body(asked.start, asked.most, sure=False)
    there = max(0, length - asked.start)
    return Body(asked.start, there if asked.most is None else min(there, asked.most), sure=True)


def _part(asked: Asked, headers: Mapping[str, str]) -> Body:
    given = headers.get("content-range", "")
    match = _CONTENT_RANGE.fullmatch(given)
    if not match or match[1] is None:
        asked.mixed_up(f"a part without saying which: Content-Range {given[:60]!r}")
    first, last = int(match[1]), int(match[2])
    total = None if match[3] == "*" else int(match[3])
    if first != asked.start or last < first or (total is not None and last >= total):
        asked.mixed_up(f"another range than bytes {asked.start}-: Content-Range {given[:60]!r}")
    count = last - first + 1
    if asked.most is not None and count > asked.most:
        asked.mixed_up(f"more than the {asked.most} bytes asked for: Content-Range {given[:60]!r}")
    stops_short = (asked.most is None or count < asked.most) and total is not None and last + 1 < total
    return Body(0, count, sure=True, more=stops_short)


def _beyond(asked: Asked, headers: Mapping[str, str]) -> Body:
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    if match and match[3] != "*" and int(match[3]) > asked.start:
        asked.mixed_up(f"HTTP 416 for byte {asked.start} of {match[3]}")
    return NOTHING

"""What a request's Range, If-Range and If-None-Match ask for: pure rules.

1. One range is served; several, or a range that is none, are ignored as RFC 9110 allows.
2. A tag is strong: names are hashes, so equal tags are equal bytes.
"""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=\s*(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))\s*", re.ASCII | re.IGNORECASE)


class BeyondEnd(Exception):
    """The range starts after the last byte."""


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and count of the range in `header` for a file of `size` bytes; None: the whole file.

    Raises `BeyondEnd`.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None:
        return None
    first, last, tail = match.groups()
    if tail is not None:
        count = min(int(tail), size)
        if count == 0:
            raise BeyondEnd
        return size - count, count
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise BeyondEnd
    return int(first), (min(int(last), size - 1) if last else size - 1) - int(first) + 1


def names_tag(header: str | None, tag: str) -> bool:
    """Whether the list of tags in If-None-Match holds `tag` (with its quotes), or is `*`."""
    if header is None:
        return False
    tags = [part.strip().removeprefix("W/") for part in header.split(",")]
    return tag in tags or tags == ["*"]

"""What rewriting one file may spend, stated before it is spent.

1. Every number here is checked against a declared or measured size before memory or time goes to it.
2. A file beyond a limit is left alone and named; it still travels as it is.
3. `refuse` is how the rest of this folder says so: the reason is a stable short English phrase.
"""

from __future__ import annotations

from lowband.errors import SourceError

MAX_SOURCE = 256 << 20
"""Bytes of one source file that are looked into."""

MAX_OPENED = 512 << 20
"""Bytes that one source, nested zips included, may open into."""

MAX_RATIO = 200
"""Opened bytes over packed bytes, once past `RATIO_FREE`: XML and logs reach 30, bombs reach 1000."""

RATIO_FREE = 32 << 20
"""Opened bytes that need no ratio check."""

MAX_MEMBERS = 20_000
"""Members of one zip."""

MAX_DEPTH = 3
"""Zips within zips; deeper ones are carried as bytes."""

MAX_PIXELS = 50_000_000
"""Pixels of one picture, all frames together."""

MAX_OPEN_PICTURE = 24 << 20
"""Bytes of scanlines of a picture that is opened."""

MAX_PICTURE_GROWTH = 100
"""Opened over packed bytes of a picture: a blank page gains nothing and a bomb nothing either."""

MAX_STREAM = 64 << 20
"""Bytes that one PDF stream may open into."""

MAX_PDF = 96 << 20
"""Bytes that all streams of one PDF may open into."""

MAX_OBJECTS = 400_000
"""Objects of one PDF."""

MAX_PAGES = 300
"""Pages of one PDF that are rendered for the proof; of longer ones, as many spread evenly."""

MAX_PAGE_PIXELS = 4_000_000
"""Pixels that one page is drawn with; larger pages are drawn smaller."""

LARGE = 16 << 20
"""Bytes from which a size is only estimated quickly."""

SLACK = 1.1
"""How many times the source's size, once compressed by the stand-ins for zstd, a rewriting's may be."""


class Allowance:
    """Bytes that one source, whatever is nested in it, may still open into."""

    def __init__(self) -> None:
        self.left = MAX_OPENED

    def spend(self, opened: int, packed: int) -> None:
        """Take `opened` bytes, which `packed` bytes claim to hold. Raises SourceError "bomb" before they are spent."""
        if opened > self.left or (opened > RATIO_FREE and opened > MAX_RATIO * packed):
            raise refuse("bomb")
        self.left -= opened


def refuse(why: str) -> SourceError:
    """The error that leaves a file alone; `why` becomes `Normal.why_not`."""
    return SourceError(name="it", detail=why)

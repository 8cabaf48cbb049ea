"""The words of an entry, for search.

1. Any bytes give a text, empty when there are no words; it holds no markup and nothing that may not be shown.
2. Code and numbers are not words: a search for "total" finds lessons, not programs.
"""

from __future__ import annotations

from lowband.reader.blocks import plain_of
from lowband.reader.office import OFFICE
from lowband.reader.pages import blocks, extension
from lowband.reader.trees import words

MAX_TEXT = 2_000_000  # characters
_WORDS = OFFICE | words("md markdown mdown mkd rmd qmd html htm xhtml rst txt adoc gift csv tsv vtt srt ics ipynb")


def has_words(path: str, data: bytes) -> bool:
    """True when `text_of` would look into the entry."""
    return extension(path) in _WORDS or (extension(path) == "xml" and b"<quiz" in data[:4096])


def text_of(path: str, data: bytes) -> str:
    """The words of the entry `path` with content `data`, one line for each paragraph, point or cell."""
    if not has_words(path, data):
        return ""
    lines = (line.strip() for line in plain_of(blocks(path, data, lambda path: None)))
    return "\n".join(filter(None, lines))[:MAX_TEXT]

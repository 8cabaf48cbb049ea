"""Which characters of a course may reach a screen (threat T16: a title that moves the cursor or turns text round).

1. Control characters, bidirectional overrides, private and unassigned code points never pass; line ends do.
2. Joiners and direction marks pass: Arabic, Persian and Indic scripts cannot be written without them.
Source: Unicode UAX 9 section 2, UTR 36 section 2.
"""

from __future__ import annotations

import re
import unicodedata

_PLAIN = re.compile(r"[\n -~]*")
_KEPT = frozenset("\n\u200c\u200d\u200e\u200f")  # line end; joiners and direction marks
_GONE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))


def shown(text: str) -> str:
    """`text` as it may be shown, in NFC: line ends kept, tabs as four spaces, what is not printable dropped."""
    if _PLAIN.fullmatch(text):
        return text
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    plain = plain.replace("\u2028", "\n").replace("\u2029", "\n")
    kept = "".join(c for c in plain if c in _KEPT or unicodedata.category(c) not in _GONE)
    return unicodedata.normalize("NFC", kept)


def one_line(text: str, most: int = 200) -> str:
    """`text` as one line of at most `most` characters, spaces collapsed."""
    line = " ".join(shown(text[: most * 20]).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def is_shown(text: str) -> bool:
    """True when `text` is one line that `shown` would leave as it is."""
    return "\n" not in text and shown(text) == text

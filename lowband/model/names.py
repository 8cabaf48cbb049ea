"""Which names may exist, so that every course opens on FAT32, Windows, macOS, Linux and phones.

1. A name is refused, never mended: two devices must not mend it differently.
2. The same rule judges names when they are published and when they arrive.
3. Names are shown and exported; they never say where the store keeps bytes.
Source: MS "Naming Files, Paths, and Namespaces"; git t1014 and t7450; threat T15.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from lowband.errors import UnsafeNameError

MAX_PATH = 200  # bytes of UTF-8
MAX_DEPTH = 16
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)
_GIT = re.compile(r"\.git|git~\d+", re.IGNORECASE)
_BAD = set('<>:"\\|?*')
_REFUSED = ("Cc", "Cs", "Co", "Zl", "Zp")  # control, surrogate, private use, line and paragraph separators
_INVISIBLE = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x061C, 0xFEFF)
_IGNORED_BY_HFS = dict.fromkeys(_INVISIBLE)
_LANG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_COURSE = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
LAYERS = ("core", "lite", "full")


def why_unsafe(path: str) -> str:
    """Why `path` (parts joined by `/`) cannot be a file everywhere; empty when it can."""
    if not path or len(path.encode("utf-8", "surrogatepass")) > MAX_PATH:
        return "empty or longer than 200 bytes"
    if unicodedata.normalize("NFC", path) != path:
        return "not in NFC"
    parts = path.split("/")
    if len(parts) > MAX_DEPTH:
        return "too many folders"
    return next((why for part in parts if (why := _why_part_unsafe(part))), "")


def _why_part_unsafe(part: str) -> str:
    plain = part.translate(_IGNORED_BY_HFS)
    tests = (
        (part in ("", ".", ".."), "empty part, . or .."),
        (any(c in _BAD or unicodedata.category(c) in _REFUSED for c in part), "a character that some systems refuse"),
        (part[-1:] in (".", " ") or part[:1] == " ", "space or dot at the edge"),
        (_RESERVED.fullmatch(part), "a name that Windows keeps for devices"),
        (_GIT.fullmatch(plain), "a version control folder"),
        (plain != part, "an invisible character"),
    )
    return next((why for bad, why in tests if bad), "")


def folded(path: str) -> str:
    """The key under which a case- and accent-form-blind file system would keep `path`."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", path).casefold())


def check_names(paths: Iterable[str], place: str) -> None:
    """Raise `UnsafeNameError` for the first unsafe name, clash, or file that is also a folder."""
    seen: dict[str, str] = {}
    folders: set[str] = set()
    for path in paths:
        if why := why_unsafe(path):
            raise UnsafeNameError(place, f"{path!r}: {why}")
        key = folded(path)
        if key in seen:
            raise UnsafeNameError(place, f"{path!r} and {seen[key]!r} are one name on some systems")
        seen[key] = path
        parts = key.split("/")
        folders.update("/".join(parts[:n]) for n in range(1, len(parts)))
    for key in folders & seen.keys():
        raise UnsafeNameError(place, f"{seen[key]!r} is a file and a folder")


def is_course_id(value: str) -> bool:
    """Lower-case letters, digits and inner hyphens, at most 40."""
    return _COURSE.fullmatch(value) is not None


def is_language(value: str) -> bool:
    """A BCP 47 tag in lower case, such as `fr` or `pt-br`."""
    return _LANG.fullmatch(value) is not None


def is_layer(value: str) -> bool:
    """`core`, `lite` or `full`, alone or with a language: `core.fr`."""
    kind, dot, lang = value.partition(".")
    return kind in LAYERS and (not dot or is_language(lang))

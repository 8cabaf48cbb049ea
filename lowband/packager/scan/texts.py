"""What a text file says about itself: its title, its front matter, the files it uses.

1. At most 2 MiB of a file are read, as UTF-8 (UTF-16 with its mark, else Windows-1252): no text stops publishing.
2. Patterns are bounded, so that no text takes long.
"""

from __future__ import annotations

import html
import posixpath
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lowband.model.shown import one_line
from lowband.packager.scan.kinds import extension
from lowband.packager.scan.outline import read_yaml

_READ = 2 * 1024 * 1024  # bytes
_FRONT = re.compile(r"\ufeff?\s{0,10}---[ \t]*\r?\n(.{0,20000}?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}#{1,6}[ \t]+(.{1,400}?)[ \t]*#*[ \t]*")
_MD_UNDER = re.compile(r" {0,3}(=+|-+)[ \t]*")
_RST_UNDER = re.compile(r"([=\-~^\"'*+#.:_`])\1{2,}[ \t]*")
_HTML_TITLE = (
    re.compile(r"<h1\b[^>]{0,500}>(.{1,2000}?)</h1", re.IGNORECASE | re.DOTALL),
    re.compile(r"<title\b[^>]{0,500}>(.{1,2000}?)</title", re.IGNORECASE | re.DOTALL),
)
_MARKUP = (
    (re.compile(r"<[^<>]{0,500}>"), ""),
    (re.compile(r"!\[[^\[\]]{0,300}\](?:\([^()]{0,500}\)|\[[^\[\]]{0,100}\])"), ""),
    (re.compile(r"\[([^\[\]]{0,300})\](?:\([^()]{0,500}\)|\[[^\[\]]{0,100}\])"), r"\1"),
    (re.compile(r"\{[:#.][^{}]{0,200}\}"), ""),
    (re.compile(r"[*`]{1,3}"), ""),
    (re.compile(r"(?<!\w)_{1,2}|_{1,2}(?!\w)"), ""),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
)
_TARGETS = (  # each with what a text must hold for it to be worth looking
    ("](", re.compile(r"\]\(\s{0,3}<([^<>\n]{1,500})>")),
    ("](", re.compile(r"\]\(\s{0,3}([^()<>\s]{1,500}(?:\([^()\s]{0,100}\)[^()<>\s]{0,200})?)")),
    ("]:", re.compile(r"^ {0,3}\[[^\[\]]{1,200}\]:\s{0,4}<?([^<>\s]{1,500})", re.MULTILINE)),
    ("<", re.compile(r"\b(?:src|href|poster|data)\s{0,2}=\s{0,2}\"([^\"\n]{1,500})\"", re.IGNORECASE)),
    ("<", re.compile(r"\b(?:src|href|poster|data)\s{0,2}=\s{0,2}'([^'\n]{1,500})'", re.IGNORECASE)),
    (
        "::",
        re.compile(r"^[ \t]{0,40}\.\. (?:image|figure|literalinclude|include|video)::\s{1,4}(\S{1,500})", re.MULTILINE),
    ),
    ("read_csv(", re.compile(r"read_csv\(['\"]([^'\"\n]{1,300})['\"]")),
)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]{1,20}:|//|#", re.IGNORECASE)


def read_text(file: Path) -> str:
    """The text of `file`, at most 2 MiB of it."""
    with file.open("rb") as f:
        data = f.read(_READ)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut = error.start > _READ - 4
        return data.decode("utf-8-sig", "replace") if cut else data.decode("cp1252", "replace")


def front_matter(text: str) -> Mapping[str, Any]:
    """The YAML between the `---` lines at the start; empty when there is none."""
    match = _FRONT.match(text)
    value = read_yaml(match[1]) if match else None
    return value if isinstance(value, dict) else {}


def heading(path: str, text: str) -> str:
    """The first heading of a Markdown, HTML or reStructuredText file; empty when it has none."""
    ext = extension(path)
    body = text[:200_000]
    if ext in ("html", "htm", "xhtml"):
        found = next((m[1] for pattern in _HTML_TITLE if (m := pattern.search(body))), "")
    else:
        if match := _FRONT.match(body):
            body = body[match.end() :]
        found = _line_heading(body.splitlines(), _RST_UNDER if ext == "rst" else _MD_UNDER, atx=ext != "rst")
        if not found and (match := _HTML_TITLE[0].search(body)):
            found = match[1]
    return plain(found)


def _line_heading(lines: list[str], under: re.Pattern[str], atx: bool) -> str:
    fence = ""
    before = ""
    for line in lines[:400]:
        if match := _FENCE.match(line):
            fence = "" if fence and line.strip().startswith(fence) else fence or match[1]
        elif not fence:
            if atx and (match := _ATX.fullmatch(line)):
                return match[1]
            if before.strip() and under.fullmatch(line) and not under.fullmatch(before):
                return before
        before = line if not fence else ""
    return ""


def plain(text: str) -> str:
    """One line of `text` without Markdown and HTML marks."""
    for pattern, by in _MARKUP:
        text = pattern.sub(by, text)
    return one_line(html.unescape(text))


def pretty(path: str, folder: bool = False) -> str:
    """A title from a file or folder name: `02-who_is-covered.md` → `Who is covered`."""
    name = path.rpartition("/")[2]
    ext = "" if folder else extension(name)
    stem = name[: -len(ext) - 1] if ext else name
    words = re.sub(r"[-_\s]+", " ", re.sub(r"^\d{1,4}[a-z]?[-_. )]+(?=\D)", "", stem)).strip()
    return one_line((words[:1].upper() + words[1:]) if words else name)


def targets(text: str) -> list[str]:
    """The places in its own tree that a Markdown, HTML or reStructuredText file points to, in order, once each."""
    patterns = [pattern for mark, pattern in _TARGETS if mark in text]
    hits = sorted((m.start(), m[1]) for pattern in patterns for m in pattern.finditer(text))
    return list(dict.fromkeys(t for _, t in hits if not _ELSEWHERE.match(t)))


class Paths:
    """Finds the file that a link means among the course's files."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._all = frozenset(paths)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._all):
            self._by_name[path.rpartition("/")[2].casefold()].append(path)

    def find(self, target: str, folder: str, roots: Iterable[str] = ("",)) -> str | None:
        """The path that `target`, written in a file of `folder`, means: exactly, from one of `roots`, with an extension
        left out, as a folder's index, or as the one file of that name."""
        wanted = unicodedata.normalize("NFC", unquote(html.unescape(target))).partition("#")[0].partition("?")[0]
        wanted = wanted.replace("\\", "/")
        if not wanted.strip("/. "):
            return None
        tries = [posixpath.join(folder, wanted)] if not wanted.startswith("/") else []
        tries += [posixpath.join(root, wanted.lstrip("/")) for root in roots]
        for base in map(posixpath.normpath, tries):
            for path in _variants(base):
                if path in self._all:
                    return path
        same = self._by_name.get(posixpath.basename(wanted).casefold(), []) if extension(wanted) else []
        return same[0] if len(same) == 1 else None


def _variants(base: str) -> Iterator[str]:
    yield base
    stem = base[:-5] if base.endswith(".html") else base
    yield from (stem + ext for ext in (".md", ".rst", ".ipynb", ".html"))
    yield from (f"{base}/{name}" for name in ("index.md", "README.md", "index.html", "index.rst"))

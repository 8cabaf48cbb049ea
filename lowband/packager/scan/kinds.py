"""What kind of thing a file is, by its name and first bytes; and which layer it belongs to.

1. Text, quizzes, captions and calendars are always `core`; data and code are while small; the rest is `full`.
2. The same name and bytes always give the same kind: an edition must not move files between layers unasked.
"""

from __future__ import annotations

from pathlib import Path

SMALL = 256 * 1024  # bytes: larger data and code are not needed to read a lesson
_SNIFF = 8192


def words(text: str) -> frozenset[str]:
    """The words of `text`: how this room spells its lists."""
    return frozenset(text.split())


_BY_KIND = {
    "text": "md markdown mdown mkd html htm xhtml rst txt adoc rmd qmd",
    "quiz": "gift",
    "captions": "vtt srt",
    "calendar": "ics",
    "data": "csv tsv json geojson jsonl toml yml yaml xml ini cfg conf env bib ipynb cff",
    "code": "py js ts css scss sh bat ps1 c h cpp hpp cs java r jl go rs rb php sql lua m pl kt swift tex sln csproj",
    "image": "png jpg jpeg gif svg webp avif bmp tif tiff ico heic",
    "document": "pdf pptx ppt odp docx doc odt xlsx xls ods odg epub h5p rtf ppsx pps key pages",
    "media": "mp4 m4v webm mov avi mkv ogv mp3 m4a ogg oga opus wav flac aac",
    "archive": "zip gz tgz xz bz2 7z tar rar zst mbz imscc",
    "other": "ttf otf woff woff2 eot bin exe dll so jar class pyc iso img db sqlite grib grib2 nc bufr bufr4",
}
_KIND = {ext: kind for kind, exts in _BY_KIND.items() for ext in exts.split()}
_ALWAYS_CORE = frozenset(("text", "quiz", "captions", "calendar"))
_CORE_WHEN_SMALL = frozenset(("data", "code", "note"))
LESSON_KINDS = frozenset(("text", "quiz", "document", "media"))
READABLE = frozenset(("md", "markdown", "mdown", "mkd", "html", "htm", "xhtml", "rst", "rmd", "qmd"))


def extension(path: str) -> str:
    """The part after the last dot of the file's name, lower case, without the dot; empty for `.mailmap`, `LICENSE`."""
    stem, dot, ext = path.rpartition("/")[2].rpartition(".")
    return ext.lower() if dot and stem else ""


def kind_of(path: str, file: Path) -> str:
    """text, quiz, captions, calendar, data, code, note (other small text), image, document, media, archive or other."""
    ext = extension(path)
    if ext == "xml" and b"<quiz>" in _head(file).lower().replace(b" ", b""):
        return "quiz"
    known = _KIND.get(ext)
    if known == "text" and ext == "txt" and path.lower().endswith(".gift.txt"):
        return "quiz"
    return known or ("note" if _is_text(_head(file)) else "other")


def layer_of(kind: str, size: int) -> str:
    """`core` or `full`, without language."""
    core = kind in _ALWAYS_CORE or (kind in _CORE_WHEN_SMALL and size <= SMALL)
    return "core" if core else "full"


def _head(file: Path) -> bytes:
    with file.open("rb") as f:
        return f.read(_SNIFF)


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) == _SNIFF and error.start > _SNIFF - 4
    return True

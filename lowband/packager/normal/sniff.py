"""Which rewriting a file gets, by what is in it.

1. Content decides; the suffix only tells text that may carry pictures from other text.
2. A few first bytes are enough for everything but text, so that a caller need not read a film to hear "none".
"""

from __future__ import annotations

HEAD = 1024
"""First bytes that `kind_of` needs."""

TEXT_SUFFIXES = (".html", ".htm", ".xhtml", ".md", ".markdown", ".svg", ".css", ".ipynb", ".rst")

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
)
_ENCRYPTED_OLE = "EncryptedPackage".encode("utf-16-le")


def kind_of(name: str, head: bytes) -> str:
    """The rewriting for file `name` that begins with `head`: png, jpeg, pdf, zip, text, ole, or "" for none."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if b"%PDF-" in head[:HEAD]:
        return "pdf"
    if name.lower().endswith(TEXT_SUFFIXES):
        return "text"
    return ""


def is_encrypted_office(data: bytes) -> bool:
    """True for an OLE container that wraps a document behind a password."""
    return _ENCRYPTED_OLE in data

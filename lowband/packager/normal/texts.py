"""Text with pictures inside: `data:` URIs of HTML, Markdown, SVG, CSS, and notebooks' outputs.

1. Only the base64 of a PNG or JPEG changes; every other byte of the text stays as it is.
2. A picture whose base64 does not come back the same when encoded again is left alone.
3. Only smaller pictures replace; line breaks that a notebook wrote into the base64 are written again at the same width.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from lowband.errors import SourceError
from lowband.packager.normal import jpeg, png

_URI = re.compile(rb"(data:image/(?:png|jpe?g)(?:;[a-z-]+=[^;,\s\"']*)*;base64,)([A-Za-z0-9+/]{64,}={0,2})")
_OUTPUT = re.compile(rb'("image/(?:png|jpeg)"\s*:\s*")([A-Za-z0-9+/\\]{64,}?={0,2}(?:\\n)?)(?=")')
_REWRITE: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\x89PNG", png.rewrite),
    (b"\xff\xd8\xff", jpeg.rewrite),
)


def rewrite(data: bytes) -> bytes:
    """`data` with its PNG and JPEG pictures in their normal form."""
    for pattern in (_URI, _OUTPUT):
        data = pattern.sub(lambda m: m[1] + _smaller(m[2]), data)
    return data


def _smaller(text: bytes) -> bytes:
    """The base64 of the picture's normal form, or `text` itself."""
    end = b"\\n" if text.endswith(b"\\n") else b""
    lines = text.removesuffix(end).split(b"\\n")
    width = len(lines[0])
    try:
        picture = base64.b64decode(b"".join(lines), validate=True)
    except (binascii.Error, ValueError):
        return text
    if _wrapped(picture, width, end) != text:
        return text
    new = _normal(picture)
    return _wrapped(new, width if len(lines) > 1 else 0, end) if len(new) < len(picture) else text


def _wrapped(picture: bytes, width: int, end: bytes) -> bytes:
    plain = base64.b64encode(picture)
    width = width or len(plain)
    return b"\\n".join(plain[i : i + width] for i in range(0, len(plain), width)) + end


def _normal(picture: bytes) -> bytes:
    for magic, rewriting in _REWRITE:
        if picture.startswith(magic):
            try:
                return rewriting(picture)
            except SourceError:
                return picture
    return picture

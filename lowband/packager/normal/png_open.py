"""PNG whose scanlines zstd can see: the same chunks, the deflate inside of stored blocks.

Screenshots of one program share most of their scanlines; deflate hides that, and so a newcomer and an update pay again.

1. A picture is opened when that costs clearly less, by a stand-in for zstd, and does not grow beyond its caps.
2. An opened picture is told by its first bytes, which no other encoder writes, and is never touched again.
3. Proven by unpacking: what it holds are the packed picture's scanlines, byte for byte.
"""

from __future__ import annotations

import lzma
import zlib

from lowband.packager.normal import limits

SIGNATURE = b"\x89PNG\r\n\x1a\n"

PAYS = 0.93
"""Opened under a fast LZMA over packed: below it a picture is opened."""

_BLOCK = 65535
_HEAD = b"\x78\xda"
"""A zlib header that promises best compression; before a stored block it is ours alone."""


def is_open(data: bytes) -> bool:
    """True for a picture that `opened` has made."""
    at = data.find(b"IDAT") + 4
    return at > 4 and data[at : at + 2] == _HEAD and data[at + 2] in (0, 1)


def opened(packed: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    """The picture `packed`, whose chunks are `chunks`, opened where that pays; else `packed`."""
    if any(kind == b"acTL" for kind, _ in chunks):
        return packed
    unpack = zlib.decompressobj()
    cap = min(limits.MAX_OPEN_PICTURE, limits.MAX_PICTURE_GROWTH * len(packed))
    lines = unpack.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"), cap)
    if not unpack.eof or len(lzma.compress(lines, preset=1)) > PAYS * len(packed):
        return packed
    stream = stored(lines)
    if zlib.decompress(stream) != lines:
        raise limits.refuse("not proven")
    return with_data(chunks, stream)


def stored(lines: bytes) -> bytes:
    """`lines` as a zlib stream of stored blocks, the same whatever zlib is installed (RFC 1950, RFC 1951)."""
    out = [_HEAD]
    for at in range(0, len(lines), _BLOCK):
        piece = lines[at : at + _BLOCK]
        last = at + _BLOCK >= len(lines)
        out += [bytes([last]), len(piece).to_bytes(2, "little"), (len(piece) ^ 0xFFFF).to_bytes(2, "little"), piece]
    return b"".join([*out, zlib.adler32(lines).to_bytes(4, "big")])


def with_data(chunks: list[tuple[bytes, bytes]], stream: bytes) -> bytes:
    """The picture of `chunks` with `stream` as its only data chunk."""
    out, placed = [SIGNATURE], False
    for kind, body in chunks:
        if kind != b"IDAT":
            out.append(_chunk(kind, body))
        elif not placed:
            out.append(_chunk(kind, stream))
            placed = True
    return b"".join(out)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

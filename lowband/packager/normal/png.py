"""PNG: the same pixels in fewer bytes, by oxipng.

1. Nothing a viewer may look at is dropped: ancillary chunks stay, animations keep every frame.
2. Proven by Pillow's decoding of both, hidden colours included; where Pillow sees 8 of 16 bits, by equal scanlines.
3. The smaller of the two is kept, and rewriting goes on until it stops shrinking: a second run changes nothing.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Iterator

from lowband.packager.normal import limits, png_open

LEVEL = 2
"""oxipng's effort: 4 costs five times the seconds for 1 % of the bytes (weather-training, cloud-workshop)."""

ROUNDS = 6
_MAY_CHANGE = {b"IHDR", b"PLTE", b"tRNS", b"bKGD", b"sBIT", b"hIST", b"IDAT", b"fdAT", b"fcTL", b"IEND"}
"""Chunks that follow the pixel format; the pixels themselves prove them."""


def rewrite(data: bytes, open_pictures: bool = False) -> bytes:
    """The PNG with the pixels of `data` that costs least: the smallest, or with `open_pictures` maybe an open one.

    Raises SourceError: "broken", "bad checksum", "data around it", "too large", "not proven".
    """
    if open_pictures and png_open.is_open(data):
        return data
    packed = _packed(data)
    return png_open.opened(packed, list(_chunks(packed))) if open_pictures else packed


def _packed(data: bytes) -> bytes:
    for _ in range(ROUNDS):
        smaller = _once(data)
        if len(smaller) >= len(data):
            break
        data = smaller
    return data


def _once(data: bytes) -> bytes:
    import oxipng

    chunks = list(_chunks(data))
    depth, colour = _header(chunks)
    if depth == 16 and colour:
        return _repacked(chunks)
    new: bytes = oxipng.optimize_from_memory(data, level=LEVEL)
    if len(new) >= len(data):
        return data
    if _kept(chunks) != _kept(list(_chunks(new))) or _pixels(data) != _pixels(new):
        raise limits.refuse("not proven")
    return new


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(png_open.SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if len(body) != length or data[at + 8 + length : at + 12 + length] != _crc(kind, body):
            raise limits.refuse("bad checksum")
        yield kind, body
        at += 12 + length
        if kind == b"IEND":
            break
    if at != len(data):
        raise limits.refuse("data around it")


def _crc(kind: bytes, body: bytes) -> bytes:
    return zlib.crc32(kind + body).to_bytes(4, "big")


def _header(chunks: list[tuple[bytes, bytes]]) -> tuple[int, int]:
    """Bit depth and whether there is more than one channel, after the size check."""
    kind, body = chunks[0]
    if kind != b"IHDR" or len(body) != 13:
        raise limits.refuse("broken")
    width, height, depth, colour = struct.unpack_from(">IIBB", body)
    frames = next((struct.unpack_from(">I", b)[0] for k, b in chunks if k == b"acTL"), 1)
    if width * height * max(1, frames) > limits.MAX_PIXELS:
        raise limits.refuse("too large")
    return depth, int(colour)


def _kept(chunks: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The chunks that must come through unchanged, a colour profile unpacked, sorted: their order is free."""
    return sorted((k, _profile(b) if k == b"iCCP" else b) for k, b in chunks if k not in _MAY_CHANGE)


def _profile(body: bytes) -> bytes:
    """The colour profile in `body`, unpacked; its label is free text that oxipng replaces."""
    _, _, packed = body.partition(b"\0")
    return zlib.decompressobj().decompress(packed[1:], limits.MAX_STREAM)


def _repacked(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """The same scanlines under a better deflate: proof enough for 16-bit colour, which Pillow would round."""
    packed = b"".join(body for kind, body in chunks if kind == b"IDAT")
    if any(kind == b"acTL" for kind, _ in chunks):
        raise limits.refuse("not proven")
    unpack = zlib.decompressobj()
    lines = unpack.decompress(packed, 8 * limits.MAX_PIXELS)
    if not unpack.eof:
        raise limits.refuse("broken")
    best = min(zlib.compress(lines, 9), packed, key=len)
    return png_open.with_data(chunks, best)


def _pixels(data: bytes) -> list[object]:
    """Size, count, colours and timing of every frame, hashed."""
    from PIL import Image

    seen: list[object] = []
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        frames = getattr(image, "n_frames", 1)
        seen += [image.size, frames, image.info.get("loop"), image.info.get("gamma")]
        for frame in range(frames):
            image.seek(frame)
            deep = image.mode in ("I", "I;16", "F")
            pixels = image.convert("I") if deep else image.convert("RGBA")
            timing = [image.info.get(key) for key in ("duration", "disposal", "blend")]
            seen += [pixels.mode, hashlib.sha256(pixels.tobytes()).digest(), timing]
    return seen

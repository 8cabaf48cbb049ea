"""JPEG: the same coefficients in fewer bytes, by mozjpeg.

1. Every marker stays: EXIF, ICC, comments, Adobe's colour mark.
2. Proven by Pillow: both decode to the same samples in the same mode.
3. Files that hold more than one picture after one another are left alone: mozjpeg would keep only the first.
"""

from __future__ import annotations

import io
from collections import Counter

from lowband.packager.normal import limits

_SOI, _EOI, _SOS, _APP0, _APP14, _COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xEE, 0xFE


def rewrite(data: bytes) -> bytes:
    """The smaller JPEG with the samples of `data`. Raises SourceError: "broken", "data around it", "not proven"."""
    from mozjpeg_lossless_optimization import COPY_MARKERS, optimize  # type: ignore[import-untyped]

    notes = _notes(data)
    new: bytes = optimize(data, COPY_MARKERS.ALL)
    if len(new) >= len(data):
        return data
    if _notes(new) != notes or not same_samples(data, new):
        raise limits.refuse("not proven")
    return new


def same_samples(data: bytes, new: bytes) -> bool:
    """True when both decode to the same samples in the same mode."""
    return _samples(data) == _samples(new)


def _notes(data: bytes) -> Counter[tuple[int, bytes]]:
    """The application and comment segments, but for the two that every encoder writes anew."""
    notes: Counter[tuple[int, bytes]] = Counter()
    at = 2
    while True:
        at = _next_marker(data, at)
        mark = data[at + 1]
        if mark == _EOI:
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(data):
            raise limits.refuse("broken")
        if (_APP0 < mark <= 0xEF and mark != _APP14) or mark == _COM:
            notes[mark, data[at + 4 : at + 2 + length]] += 1
        at += 2 + length
    if at + 2 != len(data):
        raise limits.refuse("data around it")
    return notes


def _next_marker(data: bytes, at: int) -> int:
    """Where the next marker stands that is no stuffing, fill or restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise limits.refuse("broken")
        mark = data[at + 1]
        if mark == 0xFF:
            at += 1
        elif mark in (0x00, 0x01, _SOI) or 0xD0 <= mark <= 0xD7:
            at += 2
        else:
            return at


def _samples(data: bytes) -> tuple[object, ...]:
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        if image.width * image.height > limits.MAX_PIXELS:
            raise limits.refuse("too large")
        known = [image.info.get(key) for key in ("dpi", "jfif_density", "jfif_unit", "adobe_transform")]
        return image.size, image.mode, known, image.tobytes()

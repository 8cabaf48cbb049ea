"""The spelling of numbers, texts and hashes in every lowband object (docs/format.md section 2).

1. Each value has exactly one spelling: what parses and is written again gives the same bytes.
2. Reading answers a value or raises `FormatError` naming the place; nothing else.
3. Nothing is taken at its word: every length has a limit that is checked before it is used.
"""

from __future__ import annotations

import unicodedata

from lowband.errors import FormatError, LimitError, VersionError

HASH = 32
SIGNATURE = 64
KEY = 32
MAX_VARINT = (1 << 63) - 1


def varint(value: int) -> bytes:
    """`value` (0 … 2^63-1) as unsigned LEB128 in the fewest bytes."""
    if not 0 <= value <= MAX_VARINT:
        raise ValueError(f"not a varint: {value}")
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value: str) -> bytes:
    """`value` as its UTF-8 length and bytes; in NFC, so that equal names are equal bytes."""
    data = unicodedata.normalize("NFC", value).encode()
    return varint(len(data)) + data


class Reader:
    """A cursor over `data`; `place` names the object for error messages."""

    def __init__(self, data: bytes, place: str) -> None:
        self._data = data
        self._at = 0
        self.place = place

    @property
    def at(self) -> int:
        """Bytes read so far."""
        return self._at

    def left(self) -> int:
        """Bytes not yet read."""
        return len(self._data) - self._at

    def fail(self, name: str, reason: str) -> FormatError:
        """The error for a bad value called `name`."""
        return FormatError(f"{self.place}.{name}", reason)

    def raw(self, count: int, name: str) -> bytes:
        """Exactly `count` bytes."""
        if count > self.left():
            raise self.fail(name, "cut short")
        start, self._at = self._at, self._at + count
        return self._data[start : self._at]

    def magic(self, expected: bytes) -> None:
        """The four bytes that open an object: three for its kind, one for its format version."""
        found = self.raw(4, "magic")
        if found[:3] != expected[:3]:
            raise self.fail("magic", "another kind of file")
        if found != expected:
            raise VersionError(self.place, f"format {found[3:].decode('latin-1')}")

    def varint(self, name: str, most: int = MAX_VARINT, least: int = 0) -> int:
        """A number between `least` and `most`, in its one spelling."""
        value = shift = 0
        while True:
            byte = self.raw(1, name)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 56:
                raise self.fail(name, "number too long")
        if byte == 0 and shift:
            raise self.fail(name, "number not in its shortest form")
        if value > most:
            raise LimitError(f"{self.place}.{name}", f"{value} > {most}")
        if value < least:
            raise self.fail(name, f"{value} < {least}")
        return value

    def text(self, name: str, most: int = 200) -> str:
        """A UTF-8 text of at most `most` bytes, in NFC, without control characters."""
        data = self.raw(self.varint(name, most), name)
        try:
            value = data.decode()
        except UnicodeDecodeError:
            raise self.fail(name, "not UTF-8") from None
        if unicodedata.normalize("NFC", value) != value:
            raise self.fail(name, "not in NFC")
        if any(unicodedata.category(c) == "Cc" for c in value):
            raise self.fail(name, "control character")
        return value

    def end(self) -> None:
        """Nothing may follow."""
        if self.left():
            raise self.fail("end", f"{self.left()} bytes too many")

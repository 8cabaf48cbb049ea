"""zstd, never past the declared size. The one room of zstandard and backports.zstd.

1. Decoding trusts nothing: one frame, declared size, checksum, window and size capped before memory is spent
   (the library's own defaults do not protect: a declared size beats `max_output_size`).
2. Frames are made with a prefix by reference (`as_prefix`), which zstandard cannot do; zstandard decodes them.
3. Frames differ between libzstd versions: sign what was made, never expect to make it again.
Source: RFC 8878.
"""

from __future__ import annotations

from collections.abc import Mapping

import zstandard

from lowband.bundle.format import WINDOW_LOG_MAX
from lowband.errors import FormatError, LimitError

CHUNK = 1 << 20
_RLE = 1  # a block that is one byte many times
_CHECKSUM = 4  # bytes


def unpack(frame: bytes | memoryview, size: int, prefix: bytes | bytearray = b"", place: str = "group") -> bytearray:
    """The `size` bytes in the one zstd `frame`, made with `prefix` before it.

    Raises `FormatError` for anything but exactly one whole, checksummed frame of exactly `size` bytes.
    """
    view = memoryview(frame)
    _check_frame(view, size, place)
    # A prefix shorter than 8 bytes is no prefix to libzstd; the packer leaves such a one out.
    known = zstandard.ZstdCompressionDict(prefix, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if prefix else None
    del prefix  # the library has its copy
    opener = zstandard.ZstdDecompressor(dict_data=known, max_window_size=1 << WINDOW_LOG_MAX)
    out, at = bytearray(size), 0
    try:
        # Read into a buffer of the declared size: a frame that lies about it never gets more memory than that.
        with opener.stream_reader(view, read_across_frames=False) as reader, memoryview(out) as room:
            while at < size and (count := reader.readinto(room[at : at + CHUNK])):
                at += count
            more = reader.read(1)
    except zstandard.ZstdError as error:
        raise FormatError(place, f"zstd: {error}") from None
    if at != size or more:
        raise FormatError(place, f"does not unpack to {size} bytes")
    return out


def _check_frame(frame: memoryview, size: int, place: str) -> None:
    if len(frame) < 9 or bytes(frame[:4]) != zstandard.FRAME_HEADER:
        raise FormatError(place, "not a zstd frame")
    try:
        found = zstandard.get_frame_parameters(frame)
        start = zstandard.frame_header_size(frame)
    except zstandard.ZstdError as error:
        raise FormatError(place, f"zstd: {error}") from None
    if found.content_size != size:
        raise FormatError(place, f"declares {found.content_size} bytes, expected {size}")
    if found.window_size > 1 << WINDOW_LOG_MAX:
        raise LimitError(place, f"window of {found.window_size} bytes")
    if found.dict_id or not found.has_checksum:
        raise FormatError(place, "dictionary, or no checksum")
    if _frame_end(frame, start) != len(frame):
        raise FormatError(place, "not one whole frame")


def _frame_end(frame: memoryview, at: int) -> int:
    """Where the frame ends whose first block is at `at` (RFC 8878 section 3.1.1.2); -1 when it is cut short.

    The library stops at the end of a frame without a word about what follows, and at the end of the input as well.
    """
    while at + 3 <= len(frame):
        head = int.from_bytes(frame[at : at + 3], "little")
        last, kind, size = head & 1, head >> 1 & 3, head >> 3
        at += 3 + (1 if kind == _RLE else size)
        if last:
            return at + _CHECKSUM
    return -1


Tune = Mapping[str, int]
"""zstd's parameters by their names (`chain_log`, `target_length` …) over what the level sets."""


def pack(content: bytes, prefix: bytes = b"", level: int = 19, tune: Tune | None = None) -> bytes:
    """`content` as one checksummed frame that leans on `prefix`.

    The window covers prefix and content, so that every byte of both can be matched.
    """
    from backports import zstd

    option = zstd.CompressionParameter
    reach = len(content) + len(prefix)
    options: dict[int, int] = {
        option.compression_level: level,
        option.window_log: max(10, min(WINDOW_LOG_MAX, reach.bit_length())),
        option.checksum_flag: 1,
        option.content_size_flag: 1,
        option.enable_long_distance_matching: 1 if reach > 1 << 20 else 0,
    }
    options |= {option[name]: value for name, value in (tune or {}).items()}
    base = zstd.ZstdDict(prefix, is_raw=True).as_prefix if prefix else None
    worker = zstd.ZstdCompressor(options=options, zstd_dict=base)
    worker.set_pledged_input_size(len(content))
    return worker.compress(content, mode=worker.FLUSH_FRAME)


def pack_at_rest(content: bytes) -> bytes:
    """`content` as a quick frame for the store; as it is (marked by a leading zero byte) when it does not shrink."""
    frame = zstandard.ZstdCompressor(level=6, write_checksum=True, write_content_size=True).compress(content)
    return b"\1" + frame if len(frame) < len(content) else b"\0" + content


def unpack_at_rest(kept: bytes, size: int) -> bytes | bytearray:
    """What `pack_at_rest` was given. Raises `FormatError` when the bytes kept are damaged."""
    if kept[:1] == b"\0":
        if len(kept) != size + 1:
            raise FormatError("store", "wrong length")
        return kept[1:]
    return unpack(memoryview(kept)[1:], size, place="store")

"""Zip families: every member stored, in one order, so that a delta sees what changed.

1. Names, bytes, attributes and comments are kept; documents' dates, which every save would change, become 1980.
2. `mimetype` and `[Content_Types].xml` come first, where ODF, EPUB and OOXML want them; then names in byte order.
3. Signed, encrypted, self-extracting, damaged and ambiguous archives are left alone; sizes are checked first.
4. Members are rewritten in turn, unless the archive names members by hash or lists their hashes.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from lowband.packager.normal import limits

Inner = Callable[[str, bytes], bytes]

_FIRST = ("mimetype", "[Content_Types].xml")
_DOCUMENT = {*_FIRST, "h5p.json"}
_SIGNED = re.compile(
    r"_xmlsignatures/|META-INF/(?:[^/]*signatures\.xml|[^/]+\.(?:SF|RSA|DSA|EC))$|.*vbaProjectSignature", re.IGNORECASE
)
_LISTS_HASHES = re.compile(
    r"(?:.*/)?(?:manifest-(?:md5|sha\d+)\.txt|RECORD|MANIFEST\.MF|(?:MD5|SHA\d+)SUMS.*|[^/]+\.(?:md5|sha\d+))$",
    re.IGNORECASE,
)
_NAMED_BY_HASH = re.compile(r"(?:.*/)?[0-9a-f]{32,128}(?:\.\w+)?$")
_ODF_MANIFEST = "META-INF/manifest.xml"
_APK_SIGNATURE = b"APK Sig Block 42"
_1980 = (1 << 5) | 1
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_UTF8, _ENCRYPTED = 0x800, 0x2041
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}


@dataclass(frozen=True)
class _Member:
    name: bytes
    content: bytes
    flags: int
    time: int
    date: int
    system: int
    attributes: int
    comment: bytes


def rewrite(data: bytes, inner: Inner | None, allowance: limits.Allowance) -> bytes:
    """`data` with members stored and rewritten by `inner` (None: as they are), within `allowance`.

    Raises SourceError: "signed", "encrypted", "bad checksum", "bomb", "duplicate names", "data around it", "broken".
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as source:
            infos = source.infolist()
            _check(data, source, infos)
            allowance.spend(sum(info.file_size for info in infos), len(data))
            names = {info.filename for info in infos}
            if _ODF_MANIFEST in names and b"encryption-data" in source.read(_ODF_MANIFEST):
                raise limits.refuse("encrypted")
            dated = not names & _DOCUMENT
            nested = None if any(map(_LISTS_HASHES.match, names)) else inner
            members, total = [], 0
            for info in sorted(infos, key=_rank):
                members.append(_member(source, info, nested, dated))
                total += len(members[-1].content)
                if total > limits.MAX_OPENED:
                    raise limits.refuse("too large")
            return _written(members, source.comment)
    except zipfile.BadZipFile as error:
        raise limits.refuse("bad checksum" if "CRC" in str(error) else "broken") from None
    except (zlib.error, EOFError, NotImplementedError, struct.error, UnicodeError) as error:
        raise limits.refuse("broken") from error


def _rank(info: zipfile.ZipInfo) -> tuple[int, str]:
    return (_FIRST.index(info.filename) if info.filename in _FIRST else len(_FIRST)), info.orig_filename


def _check(data: bytes, source: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> None:
    """Everything that can be told before a byte is unpacked."""
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        raise limits.refuse("encrypted")
    if any(_SIGNED.match(info.filename) for info in infos) or _APK_SIGNATURE in data[-(1 << 20) :]:
        raise limits.refuse("signed")
    if len({info.filename for info in infos}) != len(infos):
        raise limits.refuse("duplicate names")
    ends_at = data.rfind(b"PK\x05\x06") + _END.size + len(source.comment)
    if not infos or min(info.header_offset for info in infos) != 0 or ends_at != len(data):
        raise limits.refuse("data around it")
    if any(info.compress_type not in _METHODS or b"\x75\x70" in info.extra[:2] for info in infos):
        raise limits.refuse("unknown method")
    if len(infos) > limits.MAX_MEMBERS:
        raise limits.refuse("bomb")


def _member(source: zipfile.ZipFile, info: zipfile.ZipInfo, inner: Inner | None, dated: bool) -> _Member:
    with source.open(info) as stream:
        content = stream.read(info.file_size)
        if len(content) != info.file_size or stream.read(1):
            raise limits.refuse("broken")
    if inner is not None and not _NAMED_BY_HASH.match(info.filename):
        content = inner(info.filename, content)
    flags = info.flag_bits & _UTF8
    year, month, day, hour, minute, second = info.date_time
    date, time = (max(year - 1980, 0) << 9) | (month << 5) | day, (hour << 11) | (minute << 5) | (second // 2)
    return _Member(
        name=info.orig_filename.encode("utf-8" if flags else "cp437"),
        content=content,
        flags=flags,
        time=time if dated else 0,
        date=date if dated else _1980,
        system=info.create_system,
        attributes=info.external_attr,
        comment=info.comment,
    )


def _written(members: list[_Member], comment: bytes) -> bytes:
    """A plain zip: no extra fields, no data descriptors, no zip64 (sizes are capped below it)."""
    out, central, at = [], [], 0
    for m in members:
        crc, size = zlib.crc32(m.content), len(m.content)
        common = (20, m.flags, 0, m.time, m.date, crc, size, size, len(m.name), 0)
        out += [_LOCAL.pack(b"PK\x03\x04", *common), m.name, m.content]
        made = (m.system << 8) | 20
        tail = (len(m.comment), 0, 0, m.attributes, at)
        central += [_CENTRAL.pack(b"PK\x01\x02", made, *common, *tail), m.name, m.comment]
        at += _LOCAL.size + len(m.name) + size
    listing = b"".join(central)
    count = len(members)
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(listing), at, len(comment))
    return b"".join([*out, listing, end, comment])

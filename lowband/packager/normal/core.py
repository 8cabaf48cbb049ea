"""One file to its normal form, whatever it holds.

1. Content chooses the rewriting; a rewriting returns the new bytes or raises `SourceError` with a reason.
2. Any other exception of any library on hostile bytes becomes a reason too: this is the one place that catches all.
3. An opened file that would cost more once compressed than the source is left alone.
"""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from lowband.errors import SourceError
from lowband.packager.normal import jpeg, limits, pdf, png, sniff, texts, zips

_STANDS_ALONE = ("png", "jpeg", "pdf")


@dataclass(frozen=True)
class Normal:
    """The bytes to publish for one source.

    `data`: the normal form, or the source's own bytes. `rewritten`: they differ from the source's.
    `why_not`: "" when rewritten or when there was nothing to do; else a stable short English phrase such as
    "encrypted", "signed", "bad checksum", "bomb", "broken", "not proven", "costs more".
    """

    data: bytes
    rewritten: bool
    why_not: str


class Memory(Protocol):
    """What was made before: `cache.NormalCache`."""

    def key(self, name: str, data: bytes) -> str: ...

    def get(self, key: str, data: bytes) -> Normal | None: ...

    def put(self, key: str, normal: Normal, *, sync: bool = True) -> None: ...


def normal_form(name: str, data: bytes, *, open_pictures: bool = False, memory: Memory | None = None) -> Normal:
    """The normal form of `data`. Of file `name` the suffix matters, and only for text. Never raises on bad bytes.

    `open_pictures`: PNG with their scanlines in the open, where that makes bundles smaller; the files get larger.
    `memory`: asked for pictures and documents inside, so that an edited deck keeps the normal form of its old pictures.
    """
    return _normal(name, data, 0, _Rules(limits.Allowance(), open_pictures, memory))


@dataclass(frozen=True)
class _Rules:
    """What holds for a source and all that is nested in it."""

    allowance: limits.Allowance
    open_pictures: bool
    memory: Memory | None


def costs_more(new: bytes, data: bytes) -> bool:
    """True when `new` would cost more than `data` once compressed, by deflate and, where that doubts it, by LZMA.

    Both stand in for zstd, which is another room's: at a bundle's levels it does better than either of them here.
    """
    effort = 6 if len(new) < limits.LARGE else 1
    sizes: tuple[Callable[[bytes], bytes], ...] = (zlib.compress, lambda it: lzma.compress(it, preset=effort))
    return all(len(size(new)) > limits.SLACK * len(size(data)) for size in sizes)


def _normal(name: str, data: bytes, depth: int, rules: _Rules) -> Normal:
    kind = sniff.kind_of(name, data[: sniff.HEAD])
    if not kind:
        return Normal(data, False, "")
    try:
        new = _rewrite(kind, data, depth, rules)
    except SourceError as error:
        return Normal(data, False, error.facts["detail"])
    except (KeyboardInterrupt, SystemExit):
        raise
    except MemoryError:
        return Normal(data, False, "out of memory")
    except BaseException:  # noqa: BLE001  a Rust panic is no Exception, and hostile bytes find every other one
        return Normal(data, False, "broken")
    return Normal(new, True, "") if new != data else Normal(data, False, "")


def _remembered(name: str, data: bytes, depth: int, rules: _Rules) -> Normal:
    """As `_normal`, by way of the memory for what stands alone: a nested zip counts against its source's allowance."""
    if rules.memory is None or sniff.kind_of(name, data[: sniff.HEAD]) not in _STANDS_ALONE:
        return _normal(name, data, depth, rules)
    key = rules.memory.key(name, data)
    known = rules.memory.get(key, data)
    if known is None:
        known = _normal(name, data, depth, rules)
        rules.memory.put(key, known, sync=False)
    return known


def _rewrite(kind: str, data: bytes, depth: int, rules: _Rules) -> bytes:
    if len(data) > limits.MAX_SOURCE:
        raise limits.refuse("too large")

    def inner(member: str, content: bytes) -> bytes:
        return _remembered(member, content, depth + 1, rules).data

    opened: Mapping[str, Callable[[], bytes]] = {
        "zip": lambda: zips.rewrite(data, inner if depth < limits.MAX_DEPTH else None, rules.allowance),
        "pdf": lambda: pdf.rewrite(data),
    }
    if kind in opened:
        new = opened[kind]()
        if new != data and costs_more(new, data):
            raise limits.refuse("costs more")
        return new
    if kind == "ole":
        if sniff.is_encrypted_office(data):
            raise limits.refuse("encrypted")
        return data
    if kind == "png":
        return png.rewrite(data, rules.open_pictures)
    return {"jpeg": jpeg.rewrite, "text": texts.rewrite}[kind](data)

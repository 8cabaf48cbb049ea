"""Small editions made up for tests."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from lowband.packager.pack import MEDIA, STRUCTURE, TEXT, Content, Item, Made, pack_bundle

WORDS = (
    "benefit",
    "pension",
    "family",
    "worker",
    "claim",
    "office",
    "record",
    "social",
    "protection",
    "income",
    "child",
    "care",
    "plan",
    "rule",
    "step",
)


def prose(seed: int, words: int = 400) -> bytes:
    """Text that compresses like text, and is like no other seed's."""
    rng = random.Random(seed)
    return " ".join(rng.choice(WORDS) + str(rng.randrange(99)) * rng.randrange(2) for _ in range(words)).encode()


def noise(seed: int, size: int) -> bytes:
    """Bytes that do not compress."""
    return random.Random(seed).randbytes(size)


def edition(number: int, files: dict[str, bytes]) -> Content:
    """An edition from `layer:path` to bytes; kinds and ranks by the path's look."""
    data = {hashlib.sha256(d).digest(): d for d in files.values()}
    items = []
    for name, content in files.items():
        layer, _, path = name.partition(":")
        kind = STRUCTURE if path.startswith(".lowband/") else MEDIA if path.endswith((".png", ".mp4")) else TEXT
        lesson = int("".join(c for c in path.split("/")[0] if c.isdigit()) or 1)
        rank = (0,) if kind == STRUCTURE else (2, lesson) if kind == MEDIA else (1, lesson)
        items.append(Item(layer, path, len(content), hashlib.sha256(content).digest(), rank, kind))

    def read(sha256: bytes, offset: int = 0, length: int | None = None) -> bytes:
        return data[sha256][offset : None if length is None else offset + length]

    return Content(number, tuple(items), read)


def bundle(base: Content | None, new: Content, folder: Path) -> Made:
    """The bundle, in an empty folder below `folder`."""
    target = folder / f"{base.number if base else 0}-{new.number}"
    target.mkdir(exist_ok=True)
    return pack_bundle(base, new, target)

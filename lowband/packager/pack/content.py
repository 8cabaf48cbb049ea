"""What the packer is given, and what it answers.

1. An edition is its items and a way to read their bytes, whole or in part: nothing large is held in memory.
2. The packer decides nothing about a course: layers, learning order and kinds come with the items.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from lowband.model.edition import Entry, Listing

STRUCTURE, TEXT, DOCUMENT, MEDIA = "structure", "text", "document", "media"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of an edition, with what the packer must know of it."""

    layer: str  # "core", "core.fr", "full", "full.fr"
    path: str
    size: int  # bytes
    sha256: bytes
    rank: tuple[int, ...]  # learning order; (0,) is structure; entries of one lesson share the first two numbers
    kind: str  # "structure", "text", "document", or "media" (compressed already, or sound or film)


class Read(Protocol):
    """Answers `length` bytes from `offset` of the entry with that SHA-256; all the rest when `length` is None."""

    def __call__(self, sha256: bytes, offset: int = 0, length: int | None = None) -> bytes:
        """Called from one thread only."""


@dataclass(frozen=True)
class Content:
    """One edition: its number, its items, and how to read them."""

    number: int
    items: tuple[Item, ...]
    read: Read

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that have entries, in order."""
        return tuple(sorted(self._listings))

    def listing(self, layer: str) -> Listing:
        """The layer's listing; empty when there is none of that name."""
        return self._listings.get(layer, Listing())

    @cached_property
    def _listings(self) -> dict[str, Listing]:
        entries: dict[str, list[Entry]] = {}
        for item in self.items:
            entries.setdefault(item.layer, []).append(Entry(item.path, item.size, item.sha256))
        return {layer: Listing.of(found) for layer, found in entries.items()}


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle, written."""

    base: int  # 0: from nothing
    edition: int
    length: int  # bytes of the bundle
    part_length: int  # bytes of its first part
    part_hash: bytes  # SHA-256 of its first part: its name in a depot
    parts: tuple[Path, ...]  # the bundle's files, in order
    stored: Mapping[str, int]  # bytes of groups, by layer
    changed: int  # entries removed, moved and put
    groups: int
    first_lesson: int  # bytes from the front until the first lesson of `core` is here

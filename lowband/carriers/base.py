"""How bytes travel: the seam between lowband and folders, web servers, buckets.

1. A carrier moves bytes and verifies nothing; whoever asks verifies.
2. A carrier raises only `CarrierError` and its kind, naming itself (and `DiskFullError` from `write`); it never retries
   by itself.
3. Every call may be made again: reads are free of effects, writes are idempotent (names are hashes; `head` is
   replaced whole).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass
class Ledger:
    """Bytes and requests that a carrier really spent, bodies only."""

    down: int = 0
    up: int = 0
    requests: int = 0


class Carrier(Protocol):
    """A way to a depot. `name` is what the user typed; `ledger` counts what was spent."""

    name: str
    ledger: Ledger
    unless: str
    """What this depot called the `head` that the caller has, set by the caller; empty when it has none.

    A carrier that can ask for "the head, unless it is still that one" raises `UnchangedError` when it is.
    """
    tag: str
    """What this depot called the `head` that was read last; empty when it gives it no name."""

    def read(self, file: str, start: int = 0, most: int | None = None) -> Generator[bytes]:
        """The bytes of `file` from `start`, at most `most` of them, in chunks as they arrive.

        Ends early only where the file ends. Closing the iterator stops the transfer. Raises `MissingError` when the
        depot lacks the file, another `CarrierError` when the way fails; what was yielded before stays valid.
        """
        ...

    def write(self, file: str, chunks: Iterator[bytes]) -> None:
        """Keep `chunks` as `file`, whole or not at all, and safe from a power cut when this returns."""
        ...

    def has(self, file: str) -> bool:
        """Whether the depot has `file`."""
        ...

    def close(self) -> None:
        """Let go of connections; may be called twice."""
        ...

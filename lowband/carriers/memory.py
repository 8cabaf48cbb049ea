"""A depot in memory: the reference that every other carrier is compared with, and the quickest one for tests.

1. It does what the contract says and nothing more.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from lowband.carriers.base import Ledger
from lowband.carriers.naming import check_depot_file
from lowband.errors import MissingError

CHUNK = 1 << 14  # bytes


class MemoryCarrier:
    """The depot in `files`, a dictionary from depot file to bytes, which may be shared with other carriers."""

    def __init__(self, files: dict[str, bytes] | None = None, name: str = "memory") -> None:
        self.files = {} if files is None else files
        self.name = name
        self.ledger = Ledger()
        self.unless = self.tag = ""

    def read(self, file: str, start: int = 0, most: int | None = None) -> Generator[bytes, None, None]:
        """See `Carrier.read`; chunks of at most 16 KiB."""
        content = self.files.get(check_depot_file(file))
        self.ledger.requests += 1
        if content is None:
            raise MissingError(depot=self.name, name=file)
        end = len(content) if most is None else min(len(content), start + most)
        for place in range(start, end, CHUNK):
            chunk = content[place : min(end, place + CHUNK)]
            self.ledger.down += len(chunk)
            yield chunk

    def write(self, file: str, chunks: Iterator[bytes]) -> None:
        """See `Carrier.write`."""
        check_depot_file(file)
        self.ledger.requests += 1
        content = b"".join(chunks)
        if self.files.get(file) != content:
            self.files[file] = content
            self.ledger.up += len(content)

    def has(self, file: str) -> bool:
        """See `Carrier.has`."""
        self.ledger.requests += 1
        return bool(self.files.get(check_depot_file(file)))

    def close(self) -> None:
        """Nothing is held open."""

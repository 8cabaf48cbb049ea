"""Carriers around carriers: what holds for any way bytes travel is written once.

1. A wrapper keeps the contract of `Carrier`, and shares the ledger of what it wraps.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from lowband.carriers.base import Carrier


class Limited:
    """`carrier` at no more than `bytes_per_second` on average, both ways.

    `clock` gives monotonic seconds, `sleep` waits for seconds. Time not used is not saved up for later.
    """

    def __init__(
        self, carrier: Carrier, bytes_per_second: float, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self.name = carrier.name
        self.ledger = carrier.ledger
        self._carrier, self._rate, self._clock, self._sleep = carrier, bytes_per_second, clock, sleep
        self._free_at = clock()

    @property
    def tag(self) -> str:
        """See `Carrier.tag`."""
        return self._carrier.tag

    @tag.setter
    def tag(self, tag: str) -> None:
        self._carrier.tag = tag

    @property
    def unless(self) -> str:
        """See `Carrier.unless`."""
        return self._carrier.unless

    @unless.setter
    def unless(self, tag: str) -> None:
        self._carrier.unless = tag

    def read(self, file: str, start: int = 0, most: int | None = None) -> Generator[bytes, None, None]:
        """See `Carrier.read`; a chunk is handed over at once, and the next one is waited for."""
        with closing(self._carrier.read(file, start, most)) as chunks:
            yield from self._paced(chunks)

    def write(self, file: str, chunks: Iterator[bytes]) -> None:
        """See `Carrier.write`."""
        self._carrier.write(file, self._paced(chunks))

    def has(self, file: str) -> bool:
        """See `Carrier.has`."""
        return self._carrier.has(file)

    def close(self) -> None:
        """See `Carrier.close`."""
        self._carrier.close()

    def _paced(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            yield chunk
            now = self._clock()
            self._free_at = max(self._free_at, now) + len(chunk) / self._rate
            if self._free_at > now:
                self._sleep(self._free_at - now)

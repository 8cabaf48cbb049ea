"""Content by hash, in pieces, compressed at rest.

1. A blob is reachable by its SHA-256 only after all its pieces are there and the hash was computed from them.
2. Bytes are kept once, however many entries, editions and courses have them.
3. What comes out is checked: a damaged piece is an error that names the blob, never wrong bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from lowband.bundle.compress import pack_at_rest, unpack_at_rest
from lowband.errors import DamagedError, FormatError
from lowband.store.db import Db

PIECE = 1 << 19  # bytes; a range read unpacks at most two pieces too many


class Blobs:
    """The bytes of all entries."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, data: bytes) -> int:
        """The number of the blob that holds `data`; kept if it is not there yet."""
        sha = hashlib.sha256(data).digest()
        known = self.find(sha)
        if known is not None:
            return known
        blob = self.start(len(data))
        self.write(blob, 0, data)
        self._db.run("UPDATE blob SET sha=? WHERE id=?", sha, blob)
        return blob

    def start(self, size: int) -> int:
        """A new blob of `size` bytes without content; not reachable by hash until `finish`."""
        return int(self._db.run("INSERT INTO blob (size) VALUES (?)", size).lastrowid or 0)

    def write(self, blob: int, start: int, data: bytes) -> None:
        """Keep `data` at `start` of an unfinished blob."""
        for at in range(0, len(data), PIECE):
            piece = data[at : at + PIECE]
            values = (blob, start + at, len(piece), pack_at_rest(piece))
            self._db.run("INSERT OR REPLACE INTO piece (blob, start, size, kept) VALUES (?,?,?,?)", *values)

    def finish(self, blob: int) -> int:
        """Give a blob its hash; the number of the blob to use, which is an older one when the bytes were known."""
        digest = self._digest(blob)
        known = self.find(digest)
        if known is not None:
            self.drop(blob)
            return known
        self._db.run("UPDATE blob SET sha=? WHERE id=?", digest, blob)
        return blob

    def find(self, sha: bytes) -> int | None:
        """The blob with that SHA-256, if it is here."""
        found = self._db.value("SELECT id FROM blob WHERE sha=?", sha)
        return None if found is None else int(found)

    def about(self, blob: int) -> tuple[bytes | None, int]:
        """SHA-256 (None while unfinished) and size of a blob."""
        sha, size = self._db.one("SELECT sha, size FROM blob WHERE id=?", blob) or (None, 0)
        return sha, size

    def read(self, blob: int, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Bytes `start` … `start + length` of a blob, piece by piece. Raises `DamagedError`."""
        size = self.about(blob)[1]
        end = size if length is None else min(size, start + length)
        at = start
        while at < end:
            row = self._db.one(
                "SELECT start, size, kept FROM piece WHERE blob=? AND start<=? ORDER BY start DESC LIMIT 1", blob, at
            )
            if row is None or row[0] + row[1] <= at:
                raise DamagedError(name=self._name(blob), detail=f"no byte {at}")
            first, count, kept = row
            try:
                plain = unpack_at_rest(kept, count)
            except FormatError as error:
                raise DamagedError(name=self._name(blob), detail=error.facts["reason"]) from error
            yield bytes(plain[at - first : end - first])
            at = min(end, first + count)

    def bytes_of(self, blob: int) -> bytes:
        """All bytes of a blob."""
        return b"".join(self.read(blob))

    def sound(self, blob: int) -> bool:
        """Whether a finished blob's bytes still have its hash."""
        try:
            return self._digest(blob) == self.about(blob)[0]
        except DamagedError:
            return False

    def drop(self, blob: int) -> None:
        """Forget a blob."""
        self._db.run("DELETE FROM piece WHERE blob=?", blob)
        self._db.run("DELETE FROM blob WHERE id=?", blob)

    def sweep(self) -> int:
        """Forget what no entry and no fetch uses; the number of bytes (unpacked) forgotten."""
        unused = self._db.all(
            "SELECT id, size FROM blob WHERE id NOT IN (SELECT blob FROM entry)"
            " AND id NOT IN (SELECT blob FROM fetch_change WHERE blob IS NOT NULL)"
            " AND id NOT IN (SELECT blob FROM fetch_piece)"
        )
        for blob, _ in unused:
            self.drop(blob)
        return sum(size for _, size in unused)

    def _digest(self, blob: int) -> bytes:
        h = hashlib.sha256()
        for piece in self.read(blob):
            h.update(piece)
        return h.digest()

    def _name(self, blob: int) -> str:
        row = self._db.one("SELECT path FROM entry WHERE blob=? LIMIT 1", blob)
        return str(row[0]) if row else f"blob {blob}"

"""Normal forms remembered by what they were made from, so that a newer library changes nothing unasked.

1. A value's name is the SHA-256 of its source and the kind of rewriting; it is written whole or not at all.
2. A value carries its own SHA-256, checked at every reading; a damaged one is made again.
3. A source that was left alone is remembered with the reason, without its bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

from lowband.packager.normal.core import Normal, normal_form
from lowband.packager.normal.sniff import HEAD, kind_of

_LINE = 512


class NormalCache:
    """A folder of normal forms. Two processes may share it: a value once written is never changed."""

    def __init__(self, folder: Path, *, open_pictures: bool = False) -> None:
        self.folder, self.open_pictures = folder, open_pictures

    def key(self, name: str, data: bytes) -> str:
        """The value's name for source `data`, or "" where there is nothing to rewrite."""
        kind = kind_of(name, data[:HEAD])
        how = "-open" if self.open_pictures and kind in ("png", "zip") else ""
        return f"{hashlib.sha256(data).hexdigest()}-{kind}{how}" if kind else ""

    def get(self, key: str, data: bytes) -> Normal | None:
        """The remembered normal form of source `data`; None when unknown or damaged."""
        try:
            with self._path(key).open("rb") as file:
                head = json.loads(file.readline(_LINE))
                body = file.read()
            rewritten, why, sha = bool(head["rewritten"]), str(head["why"]), str(head["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if hashlib.sha256(body).hexdigest() != sha:
            return None
        return Normal(body if rewritten else data, rewritten, why)

    def put(self, key: str, normal: Normal, *, sync: bool = True) -> None:
        """Remember `normal`: temporary file, fsync unless told not to, rename. Raises OSError.

        Without `sync` a power cut may leave a damaged value, which the next `get` notices.
        """
        body = normal.data if normal.rewritten else b""
        sha = hashlib.sha256(body).hexdigest()
        head = json.dumps({"rewritten": normal.rewritten, "sha256": sha, "why": normal.why_not}).encode()
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(head + b"\n" + body)
                if sync:
                    file.flush()
                    os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def normal_form(self, name: str, data: bytes) -> Normal:
        """As the function of that name, remembered."""
        key = self.key(name, data)
        if not key:
            return Normal(data, False, "")
        known = self.get(key, data)
        if known is None:
            known = normal_form(name, data, open_pictures=self.open_pictures, memory=self)
            self.put(key, known)
        return known

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key

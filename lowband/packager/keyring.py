"""The keys at hand for one catalogue, and what they remember of having signed.

1. A secret is opened only to sign; a passphrase is asked for then, once for each file.
2. The memory says the highest number ever signed and ever published, so that no number is given to two states and
   no restored depot is signed on top of.
3. One process signs at a time: a lock beside the keys, let go by the system when the process dies.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from lowband.errors import FormatError, LockedError, NoKeyError, UsageError
from lowband.trust.keys import Key, Role, load, save, sync_folder, write_private

Ask = Callable[[str], str | None]
"""Asks a person for the passphrase of the key file so named."""

MEMORY = "memory"
LOCK = "lock"
_MEMORY_FIRST = "lowband memory 1"
_MEMORY_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Memory:
    """What was signed with these keys."""

    signed: tuple[int, int] = (0, 0)  # the highest (epoch, seq) ever signed
    published: tuple[int, int] = (0, 0)  # the highest known to have reached the depot
    root: int = 0  # the newest root they were published under
    editions: dict[str, int] = field(default_factory=dict)  # course id: highest edition ever signed

    def spell(self) -> str:
        """The memory's file."""
        pairs = (("signed", self.signed), ("published", self.published), ("root", (self.root, 0)))
        numbers = [f"{name}: {first} {second}" for name, (first, second) in pairs]
        courses = [f"course: {course} {edition}" for course, edition in sorted(self.editions.items())]
        return "\n".join([_MEMORY_FIRST, *numbers, *courses]) + "\n"

    @classmethod
    def parse(cls, text: str) -> Memory:
        """The memory of a file's text. Raises FormatError."""
        first, *lines = text.splitlines() or [""]
        if first != _MEMORY_FIRST:
            raise FormatError("memory", "another kind of file")
        try:
            rows = [line.replace(":", "").split() for line in lines]
            numbers = {name: (int(a), int(b)) for name, a, b in rows if name != "course"}
            editions = {course: int(edition) for name, course, edition in rows if name == "course"}
            return cls(numbers["signed"], numbers["published"], numbers["root"][0], editions)
        except (ValueError, KeyError):
            raise FormatError("memory") from None


class KeyRing:
    """The key files in `folder` and in the folders of `more`; new keys go to `folder`."""

    def __init__(self, folder: Path, more: Sequence[Path] = (), ask: Ask | None = None) -> None:
        self.folder = folder
        self._ask = ask
        self._opened: dict[bytes, bytes] = {}
        self._files = [path for place in (folder, *more) for path in _key_files(place, place is not folder)]
        self._keys = [(load(path), path) for path in self._files]

    def check(self, catalogue: bytes) -> None:
        """Raise UsageError when a key here is of another catalogue."""
        for key, path in self._keys:
            if key.catalogue != catalogue:
                raise UsageError(detail=f"{path} is a key of another catalogue")

    def path_of(self, role: Role, public: bytes) -> Path | None:
        """Where the secret of `public` is; None when it is not at hand."""
        return next((path for key, path in self._keys if (key.role, key.public) == (role, public)), None)

    def held(self, role: Role, publics: Sequence[bytes]) -> list[bytes]:
        """Those of `publics` whose secrets are at hand, in their order."""
        return [public for public in publics if self.path_of(role, public)]

    def publishers(self, name: str) -> list[bytes]:
        """The public keys of the publisher keys here called `name`."""
        return [key.public for key, _ in self._keys if (key.role, key.name) == ("publisher", name)]

    def secret(self, role: Role, public: bytes) -> bytes:
        """The secret of `public`. Raises NoKeyError, PassphraseError."""
        key = next((key for key, _ in self._keys if (key.role, key.public) == (role, public)), None)
        if key is None:
            raise NoKeyError(role=role, folder=self.folder)
        if public not in self._opened:
            asked = self._ask(key.file_name) if self._ask and not isinstance(key.held, bytes) else None
            self._opened[public] = key.secret(asked)
        return self._opened[public]

    def add(self, key: Key) -> bytes:
        """Save a new key; its public half."""
        self._keys.append((key, save(key, self.folder)))
        return key.public

    def drop(self, public: bytes) -> None:
        """Delete the file of a key that was replaced."""
        for _, path in [pair for pair in self._keys if pair[0].public == public]:
            path.unlink(missing_ok=True)
        self._keys = [pair for pair in self._keys if pair[0].public != public]

    # what these keys remember

    def memory(self) -> Memory:
        """What was signed; all zero when these keys have signed nothing yet. Raises FormatError."""
        try:
            data = (self.folder / MEMORY).read_bytes()[:_MEMORY_MAX]
        except FileNotFoundError:
            return Memory()
        return Memory.parse(data.decode(errors="replace"))

    def remember(self, memory: Memory) -> None:
        """Replace the memory, whole or not at all, safe from a power cut."""
        beside = self.folder / f"~{secrets.token_hex(4)}.tmp"
        write_private(beside, memory.spell().encode())
        os.replace(beside, self.folder / MEMORY)
        sync_folder(self.folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else signs with this folder meanwhile. Raises LockedError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                _lock(handle)
            except OSError:
                raise LockedError(name=self.folder) from None
            yield
        finally:
            os.close(handle)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _key_files(folder: Path, must_be: bool) -> list[Path]:
    if must_be and not folder.is_dir():
        raise UsageError(detail=f"{folder} is not a folder")
    with suppress(OSError):
        return sorted(path for path in folder.iterdir() if path.suffix == ".key" and path.is_file())
    return []

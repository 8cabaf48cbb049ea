"""Signing keys in files: one key a file, so that they can be kept apart (on sticks, in safes).

1. A file is made with 0600, synced with its folder, and never written over: a key that was lost is never a bug's work.
2. The format is plain lines `name: value` that a person can read out and copy by hand.
3. A key's file says which catalogue it is for; the public key in it must be the secret's own.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from lowband.errors import FormatError, LimitError, NoKeyError, PassphraseError, VersionError
from lowband.model.wire import KEY
from lowband.trust.lock import MEMORY, OPS, Box, seal, unseal
from lowband.trust.sign import new_secret, public_of

Role = Literal["root", "registrar", "head", "publisher"]
ROLES: tuple[Role, ...] = get_args(Role)
FILE_MAX = 4096
_FIRST = "lowband key "
_FORMAT = "1"


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key as its file holds it: open, or in a box that a passphrase opens."""

    role: Role
    name: str  # the publisher's id; empty for other roles
    catalogue: bytes  # empty for a key made before its catalogue
    public: bytes
    held: bytes | Box

    @property
    def file_name(self) -> str:
        """Such as `root-1a2b3c4d.key` or `publisher-main-1a2b3c4d.key`."""
        return "-".join(filter(None, [self.role, self.name, self.public.hex()[:8]])) + ".key"

    def secret(self, passphrase: str | None = None) -> bytes:
        """The 32-byte seed. Raises PassphraseError, or NoKeyError when a passphrase is needed and none is given."""
        if isinstance(self.held, bytes):
            found: bytes | None = self.held
        elif passphrase is None:
            raise PassphraseError(name=self.file_name, role=self.role)
        else:
            found = unseal(self.held, passphrase)
        if found is None or len(found) != KEY or public_of(found) != self.public:
            raise PassphraseError(name=self.file_name, role=self.role)
        return found


def generate(
    role: Role, catalogue: bytes, name: str = "", passphrase: str | None = None, ops: int = OPS, memory: int = MEMORY
) -> Key:
    """A fresh key; sealed when a passphrase is given, at the stated cost."""
    return key_of(new_secret(), role, catalogue, name, passphrase, ops, memory)


def key_of(
    secret: bytes,
    role: Role,
    catalogue: bytes,
    name: str = "",
    passphrase: str | None = None,
    ops: int = OPS,
    memory: int = MEMORY,
) -> Key:
    """The key of a given secret."""
    held = secret if passphrase is None else seal(secret, passphrase, ops, memory)
    return Key(role, name, catalogue, public_of(secret), held)


def spell(key: Key) -> str:
    """The file's text."""
    lines = [_FIRST + _FORMAT, f"role: {key.role}", f"name: {key.name}", f"catalogue: {key.catalogue.hex()}"]
    lines.append(f"public: {key.public.hex()}")
    if isinstance(key.held, bytes):
        lines.append(f"secret: {key.held.hex()}")
    else:
        lines.append(f"cost: {key.held.ops} {key.held.memory}")
        lines.append(f"salt: {key.held.salt.hex()}")
        lines.append(f"sealed: {key.held.sealed.hex()}")
    return "\n".join(lines) + "\n"


def parse(text: str, place: str = "key") -> Key:
    """The key of a file's text. Raises FormatError, VersionError, LimitError."""
    if len(text) > FILE_MAX:
        raise LimitError(place, f"{len(text)} > {FILE_MAX}")
    first, _, rest = text.replace("\r\n", "\n").partition("\n")
    if not first.startswith(_FIRST):
        raise FormatError(place, "not a key of lowband")
    if first.rstrip() != _FIRST + _FORMAT:
        raise VersionError(place, first)
    fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in rest.splitlines())}
    role = next((r for r in ROLES if r == fields.get("role")), None)
    if role is None:
        raise FormatError(f"{place}.role")
    catalogue, public = _hex(fields, "catalogue", place, (0, KEY)), _hex(fields, "public", place, (KEY,))
    return Key(role, fields.get("name", ""), catalogue, public, _held(fields, place))


def _hex(fields: dict[str, str], name: str, place: str, sizes: tuple[int, ...]) -> bytes:
    try:
        value = bytes.fromhex(fields[name])
    except (KeyError, ValueError):
        raise FormatError(f"{place}.{name}") from None
    if len(value) not in sizes:
        raise FormatError(f"{place}.{name}", f"{len(value)} bytes")
    return value


def _held(fields: dict[str, str], place: str) -> bytes | Box:
    if "secret" in fields:
        return _hex(fields, "secret", place, (KEY,))
    cost = fields.get("cost", "").split()
    if len(cost) != 2 or not all(c.isascii() and c.isdigit() for c in cost):
        raise FormatError(f"{place}.cost")
    salt, sealed = _hex(fields, "salt", place, (16,)), _hex(fields, "sealed", place, (24 + 16 + KEY,))
    return Box(int(cost[0]), int(cost[1]), salt, sealed)


def save(key: Key, folder: Path) -> Path:
    """Write the key's file into `folder` (made with 0700), synced; a file of that name is left as it is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / key.file_name
    with suppress(FileExistsError):
        write_private(path, spell(key).encode())
    if load(path).public != key.public:
        raise NoKeyError(role=key.role, folder=folder)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Write `data` as a new file for its owner only; sync it and its folder. Raises FileExistsError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have a folder's names reach the disk, where the system can open folders (not Windows)."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def load(path: Path) -> Key:
    """The key of a file. Raises FormatError, VersionError, NoKeyError when it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX + 1)
    except OSError as error:
        raise NoKeyError(role=path.name, folder=path.parent) from error
    try:
        return parse(data.decode(), path.name)
    except UnicodeDecodeError:
        raise FormatError(path.name, "not text") from None

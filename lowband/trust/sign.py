"""Ed25519 signatures over signed objects (docs/format.md section 3).

1. Every signature covers the kind of object and the catalogue's id, so none can be moved to another place.
2. Keys are 32 bytes; a secret is the 32-byte seed of RFC 8032.
3. PyNaCl is imported when first used: `lowband status` needs no signature.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from lowband.model.trust import KEY_ID

Kind = Literal["root", "head", "delegations", "record"]


def context(kind: Kind, catalogue: bytes, body: bytes) -> bytes:
    """The bytes that a signature covers: domain, kind, catalogue id (32 bytes), body."""
    return b"lowband/1 " + kind.encode() + b"\0" + catalogue + body


def sign(secret: bytes, kind: Kind, catalogue: bytes, body: bytes) -> bytes:
    """The 64-byte signature of `body` by `secret`."""
    from nacl.signing import SigningKey

    return bytes(SigningKey(secret).sign(context(kind, catalogue, body)).signature)


def verify(key: bytes, kind: Kind, catalogue: bytes, body: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of `key` over `body`, as this kind of object of this catalogue."""
    from nacl.exceptions import BadSignatureError
    from nacl.signing import VerifyKey

    try:
        VerifyKey(key).verify(context(kind, catalogue, body), signature)
    except BadSignatureError:
        return False
    return True


def new_secret() -> bytes:
    """A fresh secret, 32 bytes from the system's generator."""
    from nacl.signing import SigningKey

    return bytes(SigningKey.generate())


def public_of(secret: bytes) -> bytes:
    """The 32-byte key that belongs to `secret`."""
    from nacl.signing import SigningKey

    return bytes(SigningKey(secret).verify_key)


def key_id(key: bytes) -> bytes:
    """The first four bytes of the key's SHA-256: a hint where to look, never a proof."""
    return hashlib.sha256(key).digest()[:KEY_ID]

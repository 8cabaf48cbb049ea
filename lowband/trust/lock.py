"""A secret under a passphrase: Argon2id and XSalsa20-Poly1305 (libsodium's SecretBox).

1. The cost travels with the box, so that it may rise later; what a box may ask for is capped before it is spent.
2. A wrong passphrase and a damaged box look alike: both refuse.
Source: RFC 9106 section 4, the second recommended option, for machines with little memory.
"""

from __future__ import annotations

from dataclasses import dataclass

from lowband.errors import LimitError

OPS, OPS_MAX = 3, 16
MEMORY, MEMORY_MAX = 64 << 20, 1 << 30  # bytes


@dataclass(frozen=True, slots=True)
class Box:
    """A sealed secret, with the cost of opening it."""

    ops: int
    memory: int  # bytes
    salt: bytes  # 16 bytes
    sealed: bytes  # nonce, ciphertext, tag


def seal(secret: bytes, passphrase: str, ops: int = OPS, memory: int = MEMORY) -> Box:
    """`secret` under `passphrase`."""
    from nacl.secret import SecretBox
    from nacl.utils import random

    salt = random(16)
    return Box(ops, memory, salt, bytes(SecretBox(_key(passphrase, salt, ops, memory)).encrypt(secret)))


def unseal(box: Box, passphrase: str) -> bytes | None:
    """The secret; None when the passphrase is wrong or the box is damaged. Raises LimitError for an absurd cost."""
    from nacl.exceptions import CryptoError
    from nacl.secret import SecretBox

    if box.ops > OPS_MAX or box.memory > MEMORY_MAX:
        raise LimitError("key.cost", f"{box.ops} rounds, {box.memory} bytes")
    try:
        return SecretBox(_key(passphrase, box.salt, box.ops, box.memory)).decrypt(box.sealed)
    except (CryptoError, ValueError):
        return None


def _key(passphrase: str, salt: bytes, ops: int, memory: int) -> bytes:
    from nacl.pwhash import argon2id

    return argon2id.kdf(32, passphrase.encode(), salt, opslimit=ops, memlimit=memory)

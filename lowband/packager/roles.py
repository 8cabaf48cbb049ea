"""Who may sign: making and changing roots, delegations and heads, as values and as signed bytes.

1. Pure but for the secrets it is handed: nothing here reads or writes a depot.
2. A root carries just as many signatures as it needs: a threshold of the old root's keys and a threshold of its own.
3. A key that is taken back stays listed without scopes, so that devices can tell a revoked key from a stranger's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from lowband.errors import UsageError
from lowband.model.names import is_course_id
from lowband.model.trust import Delegations, Head, Publisher, Root, Signed
from lowband.model.wire import MAX_VARINT
from lowband.trust.keys import Role
from lowband.trust.sign import key_id, sign

Secret = Callable[[Role, bytes], bytes]
"""Answers the secret of a role's public key; raises NoKeyError."""


def rotated(old: Root, role: Role, gone: Sequence[bytes], fresh: Sequence[bytes]) -> Root:
    """The root after `old`, with `gone` keys of `role` replaced by `fresh` ones; see `Catalogue.rotate`."""
    root = replace(old, version=old.version + 1)
    if role == "root":
        swap = dict(zip(gone, fresh, strict=True))
        return replace(root, keys=tuple(swap.get(key, key) for key in old.keys))
    if role == "head":
        return replace(root, heads=tuple(fresh), epoch=old.epoch + 1)
    return replace(root, registrar=fresh[0], epoch=old.epoch + 1)


def signers(judges: Sequence[Root], held: Sequence[bytes]) -> list[bytes] | None:
    """The fewest of the `held` root keys that reach every judge's threshold; None when they cannot."""
    chosen: list[bytes] = []
    for judge in judges:
        missing = judge.threshold - sum(key in judge.keys for key in chosen)
        more = [key for key in judge.keys if key in held and key not in chosen]
        if missing > len(more):
            return None
        chosen += more[: max(0, missing)]
    return chosen


def signed_root(root: Root, chosen: Sequence[bytes], secret: Secret, catalogue: bytes) -> bytes:
    """The root's file, signed by the keys of `chosen`."""
    body = root.body()
    found = tuple((key_id(key), sign(secret("root", key), "root", catalogue, body)) for key in chosen)
    return Signed(body, found).encode()


def signed_head(head: Head, key: bytes, secret: Secret, catalogue: bytes) -> bytes:
    """The head's file."""
    return head.body() + sign(secret("head", key), "head", catalogue, head.body())


def signed_delegations(delegations: Delegations, registrar: bytes, secret: Secret, catalogue: bytes) -> bytes:
    """The delegations' object."""
    body = delegations.body()
    return body + sign(secret("registrar", registrar), "delegations", catalogue, body)


def next_number(epoch: int, *seen: tuple[int, int]) -> tuple[int, int]:
    """The (epoch, seq) after all of `seen`. Raises UsageError when a thief has used the numbers up."""
    seq = max((s for e, s in seen if e == epoch), default=0) + 1
    if seq > MAX_VARINT:
        raise UsageError(detail="this epoch's numbers are used up: rotate the head key")
    return epoch, seq


def revoked(publisher: Publisher) -> Publisher:
    """How a key that was taken back stays listed: without scopes, under a name that no publisher can have."""
    return Publisher(f"{publisher.id}~{publisher.key.hex()[:8]}", publisher.key, ())


def granted(listed: Sequence[Publisher], entry: Publisher) -> list[Publisher]:
    """`listed` with `entry` in the place of the publisher of its id; a key that this replaces is listed as revoked.

    Nobody's place changes, as states name publishers by their place. Raises UsageError for a key revoked before.
    """
    if any(p.key == entry.key and not p.scopes for p in listed):
        raise UsageError(detail=f"the key {entry.key.hex()[:8]} was revoked: make a new one")
    result = [entry if p.id == entry.id else p for p in listed]
    replaced = [revoked(p) for p in listed if p.id == entry.id and p.key != entry.key]
    return result + replaced + ([] if entry in result else [entry])


def check_publisher(publisher: str, scopes: Sequence[str]) -> None:
    """Raise UsageError unless the id and every scope can be listed."""
    if not is_course_id(publisher):
        raise UsageError(detail=f"{publisher!r} is no publisher's name: use lower-case letters, digits, hyphens")
    if not scopes:
        raise UsageError(detail="name the courses that she may publish")
    for scope in scopes:
        prefix = scope.removesuffix("*")
        if not is_course_id(prefix.rstrip("-")) and scope != "*":
            raise UsageError(detail=f"{scope!r} is no course id, nor the beginning of one followed by *")

"""What a device accepts, in the order of docs/format.md section 8: bytes in, a verified value or an error out.

1. Pure: no clock, no files, no network. What was seen before is given, and what is to be remembered is answered.
2. Each step refuses with an error class of its own; nothing is used before its whole step holds.
3. No date decides acceptance: numbers only grow, keys count while they are listed.
Source: TUF 1.0.33 section 5; the deviations are in docs/adr/0003-trust.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from lowband.errors import (
    EquivocationError,
    IntegrityError,
    LimitError,
    MixedError,
    OtherCatalogueError,
    RevokedError,
    RollbackError,
    RootNeededError,
    ScopeError,
    TrustError,
)
from lowband.model.trust import (
    DELEGATIONS_MAX,
    HEAD_MAX,
    RECORD_MAX,
    ROOT_MAX,
    STATE_MAX,
    CourseLine,
    Delegations,
    Head,
    Record,
    Root,
    Signed,
    State,
)
from lowband.trust.sign import key_id, verify

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Seen:
    """What a device remembers of a catalogue; all zero on a new device. `after_…` answer what to remember next."""

    epoch: int = 0
    seq: int = 0
    state: bytes = b""  # the state hash of the head with that number
    registrar: bytes = b""  # the key under which `delegations` was counted
    delegations: int = 0
    floor: int = 0  # Unix seconds: the newest date a head of this epoch vouched for

    @property
    def number(self) -> tuple[int, int]:
        """The highest head seen."""
        return self.epoch, self.seq

    def after_head(self, head: Head) -> Seen:
        """With an accepted head. A new epoch starts the date again, for a stolen head key may have pushed it ahead."""
        floor = max(self.floor, head.issued) if head.epoch == self.epoch else head.issued
        return Seen(head.epoch, head.seq, head.state_hash, self.registrar, self.delegations, floor)

    def after_delegations(self, root: Root, delegations: Delegations) -> Seen:
        """With accepted delegations."""
        return Seen(self.epoch, self.seq, self.state, root.registrar, delegations.version, self.floor)


def catalogue_id(root1_body: bytes) -> bytes:
    """The catalogue's id: the SHA-256 of root 1's body."""
    return hashlib.sha256(root1_body).digest()


def accept_first_root(data: bytes, expected_id: bytes | None, depot: str = "the depot") -> Root:
    """Root 1 of a catalogue; its id must be `expected_id` unless that is None (the first trust: show its words)."""
    root, signed = _parse_root(data)
    if root.version != 1:
        raise MixedError(name="root/1", seen=1, offered=root.version)
    catalogue = catalogue_id(signed.body)
    if expected_id is not None and catalogue != expected_id:
        raise OtherCatalogueError(name=depot)
    _demand_threshold(root, root, signed, catalogue)
    return root


def accept_next_root(data: bytes, current: Root, catalogue: bytes) -> Root:
    """The root after `current`, signed by a threshold of both; none may be skipped."""
    root, signed = _parse_root(data)
    name = f"root {root.version}"
    if root.version <= current.version:
        raise RollbackError(name=name, seen=current.version, offered=root.version)
    if root.version != current.version + 1:
        raise RootNeededError(name=name, seen=current.version, offered=root.version - 1)
    _demand_threshold(root, current, signed, catalogue)
    _demand_threshold(root, root, signed, catalogue)
    if root.epoch < current.epoch:
        raise RollbackError(name=f"epoch of {name}", seen=current.epoch, offered=root.epoch)
    return root


def _parse_root(data: bytes) -> tuple[Root, Signed]:
    _cap("root", data, ROOT_MAX)
    return Root.parse(data)


def _cap(name: str, data: bytes, most: int) -> None:
    if len(data) > most:
        raise LimitError(name, f"{len(data)} > {most}")


def _demand_threshold(root: Root, judge: Root, signed: Signed, catalogue: bytes) -> None:
    valid = sum(any(_signed_by(key, signed, i, catalogue) for i in range(len(signed.signatures))) for key in judge.keys)
    if valid < judge.threshold:
        raise TrustError(name=f"root {root.version}")


def _signed_by(key: bytes, signed: Signed, index: int, catalogue: bytes) -> bool:
    hint, signature = signed.signatures[index]
    return hint == key_id(key) and verify(key, "root", catalogue, signed.body, signature)


def roots_needed(data: bytes, root: Root) -> range:
    """Which roots to fetch, in order, before a head can be judged; a hint, as nothing of the head is verified yet.

    The first of them that a depot lacks or that does not hold ends the walk, so a lying head costs one request.
    """
    _cap("head", data, HEAD_MAX)
    return range(root.version + 1, Head.parse(data)[0].root + 1)


def accept_head(data: bytes, root: Root, catalogue: bytes, seen: Seen) -> Head:
    """A head that is signed under `root` and not older than what was seen.

    Raises RootNeededError (roots up to `offered` come first), TrustError, RollbackError, EquivocationError (two
    states for one number), MixedError (a head key that invents an epoch), FormatError.
    """
    _cap("head", data, HEAD_MAX)
    head, body, signature = Head.parse(data)
    if head.root > root.version:
        raise RootNeededError(name="head", seen=root.version, offered=head.root)
    if head.root < root.version:
        raise RollbackError(name="root of head", seen=root.version, offered=head.root)
    if head.key >= len(root.heads) or not verify(root.heads[head.key], "head", catalogue, body, signature):
        raise TrustError(name="head")
    if head.epoch != root.epoch:
        raise MixedError(name="epoch of head", seen=root.epoch, offered=head.epoch)
    if head.number < seen.number:
        raise RollbackError(name="head", seen=_dotted(seen.number), offered=_dotted(head.number))
    if head.number == seen.number and head.state_hash != seen.state:
        raise EquivocationError(name="head", seq=_dotted(head.number))
    return head


def _dotted(number: tuple[int, int]) -> str:
    return f"{number[0]}.{number[1]}"


def accept_state(data: bytes, head: Head) -> State:
    """The state whose length and hash an accepted head names."""
    _cap("state", data, STATE_MAX)
    _demand_hash("state", data, head.state_length, head.state_hash)
    return State.parse(data)


def _demand_hash(name: str, data: bytes, length: int, digest: bytes) -> None:
    if len(data) != length or hashlib.sha256(data).digest() != digest:
        raise IntegrityError(name=name)


def accept_delegations(data: bytes, state: State, root: Root, catalogue: bytes, seen: Seen) -> Delegations:
    """The delegations that an accepted state names, signed by the root's registrar, not older than what was seen.

    The version counts under one registrar key: with a new one it starts again, as a stolen one may have run it up.
    """
    _cap("delegations", data, DELEGATIONS_MAX)
    _demand_hash("delegations", data, state.delegations_length, state.delegations_hash)
    delegations, body, signature = Delegations.parse(data)
    if not verify(root.registrar, "delegations", catalogue, body, signature):
        raise TrustError(name="delegations")
    if root.registrar == seen.registrar and delegations.version < seen.delegations:
        raise RollbackError(name="delegations", seen=seen.delegations, offered=delegations.version)
    return delegations


def accept_record(
    data: bytes, line: CourseLine, delegations: Delegations, catalogue: bytes, seen_edition: int = 0
) -> Record:
    """The record that a course's line names: in its publisher's scope, signed by her, not older than `seen_edition`.

    Raises ScopeError, IntegrityError, RevokedError (signed by a key listed without scopes), TrustError, MixedError
    (another course or edition), RollbackError, FormatError.
    """
    name = f"record of {line.course}"
    _cap(name, data, RECORD_MAX)
    if line.publisher >= len(delegations.publishers):
        raise MixedError(name=f"publisher of {line.course}", seen=len(delegations.publishers), offered=line.publisher)
    publisher = delegations.publishers[line.publisher]
    if publisher.scopes and not publisher.may_publish(line.course):
        raise ScopeError(publisher=publisher.id, course=line.course)
    _demand_hash(name, data, line.record_length, line.record_hash)
    record = _open_record(name, data, publisher.key, delegations, catalogue)
    if (record.course, record.edition) != (line.course, line.edition):
        offered = f"{record.course} {record.edition}"
        raise MixedError(name=name, seen=f"{line.course} {line.edition}", offered=offered)
    if record.edition < seen_edition:
        raise RollbackError(name=line.course, seen=seen_edition, offered=record.edition)
    return record


def _open_record(name: str, data: bytes, key: bytes, delegations: Delegations, catalogue: bytes) -> Record:
    record, body, signature = Record.parse(data)
    revoked = revoked_keys(delegations)
    if key not in revoked and verify(key, "record", catalogue, body, signature):
        return record
    if any(verify(old, "record", catalogue, body, signature) for old in revoked):
        raise RevokedError(name=name)
    raise TrustError(name=name)


def revoked_keys(delegations: Delegations) -> frozenset[bytes]:
    """The keys listed without any scope: once given, now taken back."""
    return frozenset(p.key for p in delegations.publishers if not p.scopes)


def edition_floor(seen_edition: int, key: bytes, delegations: Delegations) -> int:
    """The `seen_edition` to demand of a course whose newest accepted record was signed by `key`.

    It starts again once that key is revoked: a thief may have run the numbers up (threat T11 for editions).
    """
    return 0 if key in revoked_keys(delegations) else seen_edition


def staleness(head: Head, now: int) -> int | None:
    """Days by which `head` has outlived its valid days at `now`; None while it is fresh. Never a reason to refuse."""
    over = now - head.issued - head.valid_days * DAY
    return over // DAY if over > 0 else None


def best_now(clock: int, floor: int) -> int:
    """The time to reckon with: the clock, but never before a date that was verified (the clock is wrong then)."""
    return max(clock, floor)

"""Signing what changes in a catalogue, and writing it in the order that devices rely on.

1. Everything is signed before anything is written; objects go first, `head` last, so a cut leaves the old head whole.
2. Each change reads the depot anew under the keys' lock, and judges what it signed as a device would before writing it.
3. No number is signed twice for two states, and nothing is signed on top of a depot older than the keys remember.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from lowband.carriers.base import Carrier
from lowband.errors import IntegrityError, MixedError, NoKeyError, OldDepotError, ScopeError, UsageError
from lowband.model.depot import HEAD, object_name
from lowband.model.trust import CourseLine, Delegations, Head, Publisher, Record, Root, State
from lowband.packager import roles
from lowband.packager.keyring import KeyRing, Memory
from lowband.packager.snapshot import Snapshot, fetch_record, load_snapshot
from lowband.trust.chain import Seen, accept_delegations, accept_head, accept_record, accept_state
from lowband.trust.keys import Role
from lowband.trust.sign import sign


class Desk:
    """A depot, the keys at hand, and what the depot held when it was last read: `Catalogue` adds the verbs."""

    def __init__(self, carrier: Carrier, ring: KeyRing, catalogue: bytes, now: Snapshot, go_on: bool = False) -> None:
        self.carrier = carrier
        self.ring = ring
        self.id = catalogue
        self.at = now
        self._go_on = go_on

    @property
    def name(self) -> str:
        """What people call it."""
        return self.at.root.name

    @property
    def root(self) -> Root:
        """The newest root."""
        return self.at.root

    @property
    def head(self) -> Head:
        """The head in the depot."""
        return self.at.head

    @property
    def state(self) -> State:
        """The state in the depot."""
        return self.at.state

    @property
    def delegations(self) -> Delegations:
        """The delegations in the depot."""
        return self.at.delegations

    @property
    def elsewhere(self) -> bool:
        """Whether somebody with these keys has published since they last did here: a colleague, or a thief."""
        memory = self.ring.memory()
        return (0, 0) < max(memory.signed, memory.published) < self.head.number

    @contextmanager
    def changing(self, role: Role | None = None) -> Iterator[None]:
        """Hold the lock, see what the depot holds now, and that the keys that sign are at hand."""
        with self.ring.locked():
            self.at = load_snapshot(self.carrier, self.id)
            memory, root = self.ring.memory(), self.root
            lost_root = memory.root > root.version
            if lost_root or (self.head.number < memory.published and not self._go_on):
                offered, seen = (_dotted(n) for n in (self.head.number, memory.published))
                raise OldDepotError(name=self.carrier.name, offered=offered, seen=seen)
            if role == "registrar":
                self.ring.secret("registrar", root.registrar)
            yield

    def place_of(self, publisher: str) -> int:
        """The place of a publisher in the delegations. Raises UsageError."""
        found = [i for i, p in enumerate(self.delegations.publishers) if p.id == publisher and p.scopes]
        if not found:
            raise UsageError(detail=f"the catalogue has no publisher {publisher}")
        return found[0]

    def signer(self, course: str, wanted: str | None, line: CourseLine | None) -> tuple[int, bytes]:
        """Who signs a record of `course`: place and key of a publisher who may, and whose secret is at hand."""
        listed = enumerate(self.delegations.publishers)
        may = [(i, p.key) for i, p in listed if p.may_publish(course) and wanted in (None, p.id)]
        if not may:
            raise ScopeError(publisher=wanted or "-", course=course)
        here = [pair for pair in may if self.ring.path_of("publisher", pair[1])]
        if not here:
            raise NoKeyError(role="publisher", folder=self.ring.folder)
        return next((pair for pair in here if line and pair[0] == line.publisher), here[0])

    def head_key(self) -> bytes:
        """The public key of the head key that signs here. Raises NoKeyError, PassphraseError."""
        key = next(iter(self.ring.held("head", self.root.heads)), self.root.heads[0])
        self.ring.secret("head", key)
        return key

    def signed_record(self, record: Record, index: int, key: bytes) -> tuple[bytes, CourseLine]:
        """A record's file, signed by the publisher at place `index`, and the line that names it."""
        body = record.body()
        data = body + sign(self.ring.secret("publisher", key), "record", self.id, body)
        return data, CourseLine(record.course, record.edition, index, len(data), _hash(data))

    def signed_again(self, line: CourseLine, index: int, key: bytes) -> tuple[bytes, CourseLine]:
        """The record that a line names, with a new signature."""
        data = fetch_record(self.carrier, line)
        if _hash(data) != line.record_hash:
            raise IntegrityError(name=f"record of {line.course}")
        record = Record.parse(data)[0]
        if (record.course, record.edition) != (line.course, line.edition):
            raise MixedError(name=f"record of {line.course}", seen=line.edition, offered=record.edition)
        return self.signed_record(record, index, key)

    def commit(
        self,
        now: int,
        lines: Sequence[CourseLine] = (),
        *,
        objects: Sequence[bytes] = (),
        publishers: Sequence[Publisher] | None = None,
    ) -> None:
        """Sign the changed lines and publishers, judge the result as a device would, write it, `head` last."""
        at, memory = self.at, self.ring.memory()
        listed = self._listed(publishers)
        courses = {line.course: line for line in (*at.state.courses, *lines)}
        state = State(len(listed), _hash(listed), tuple(courses[course] for course in sorted(courses))).encode()
        number = roles.next_number(at.root.epoch, at.head.number, memory.signed, memory.published)
        issued = max(now, at.head.issued)
        key = self.head_key()
        place = at.root.heads.index(key)
        head = Head(at.root.version, *number, issued, at.head.valid_days, len(state), _hash(state), place)
        data = roles.signed_head(head, key, self.ring.secret, self.id)
        after = _judge(at.root, data, state, listed, self.id)
        for record, line in zip(objects, lines, strict=True):
            accept_record(record, line, after.delegations, self.id)
        editions = {**memory.editions, **{line.course: line.edition for line in lines}}
        self.ring.remember(replace(memory, signed=number, root=at.root.version))
        for content in (*objects, listed, state):
            self.carrier.write(object_name(_hash(content)), iter([content]))
        self.carrier.write(HEAD, iter([data]))
        self.ring.remember(Memory(number, number, at.root.version, editions))
        self.at = after

    def _listed(self, publishers: Sequence[Publisher] | None) -> bytes:
        """The delegations' object: as it is, or signed anew for other publishers or another registrar."""
        at = self.at
        if publishers is None and at.registrar == at.root.registrar:
            return at.delegations_data
        entries = at.delegations.publishers if publishers is None else tuple(publishers)
        delegations = Delegations(at.delegations.version + 1, entries)
        return roles.signed_delegations(delegations, at.root.registrar, self.ring.secret, self.id)


def _judge(root: Root, head: bytes, state: bytes, listed: bytes, catalogue: bytes) -> Snapshot:
    accepted = accept_head(head, root, catalogue, Seen())
    found = accept_state(state, accepted)
    delegations = accept_delegations(listed, found, root, catalogue, Seen())
    return Snapshot(root, accepted, found, delegations, listed, root.registrar)


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _dotted(number: tuple[int, int]) -> str:
    return f"{number[0]}.{number[1]}"

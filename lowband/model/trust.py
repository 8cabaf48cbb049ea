"""The signed objects as values: root, head, delegations, state, record (docs/format.md section 3).

1. `parse` answers the value or raises `FormatError`; `body` spells it again, byte for byte.
2. Nothing here signs or verifies (that is `trust/`), and nothing here reads a clock.
3. Sizes are capped before reading: HEAD_MAX and its like are what a carrier may fetch unseen.
Source: TUF specification 1.0.33 for the roles; deviations are in docs/adr/0003-trust.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from lowband.errors import FormatError
from lowband.model.names import is_course_id
from lowband.model.wire import HASH, KEY, SIGNATURE, Reader, text, varint

HEAD_MAX = 512
ROOT_MAX = 4096
DELEGATIONS_MAX = 64 * 1024
STATE_MAX = 1024 * 1024
RECORD_MAX = 16 * 1024
KEY_ID = 4


@dataclass(frozen=True, slots=True)
class Signed:
    """A body and its signatures: (first four bytes of the key's SHA-256, signature)."""

    body: bytes
    signatures: tuple[tuple[bytes, bytes], ...]

    def encode(self) -> bytes:
        """Body, count, signatures."""
        return self.body + varint(len(self.signatures)) + b"".join(k + s for k, s in self.signatures)


def _signatures(r: Reader, most: int) -> tuple[tuple[bytes, bytes], ...]:
    count = r.varint("signatures", most)
    found = tuple((r.raw(KEY_ID, "key id"), r.raw(SIGNATURE, "signature")) for _ in range(count))
    r.end()
    return found


@dataclass(frozen=True, slots=True)
class Root:
    """Who may sign what. Chain N → N+1 is signed by a threshold of both (TUF 5.3)."""

    version: int
    epoch: int
    name: str
    keys: tuple[bytes, ...]
    threshold: int
    heads: tuple[bytes, ...]
    registrar: bytes

    def body(self) -> bytes:
        """The bytes that are signed; the SHA-256 of root 1's body is the catalogue's id."""
        lists = [varint(len(keys)) + b"".join(keys) for keys in (self.keys, self.heads)]
        numbers = varint(self.version) + varint(self.epoch)
        return b"LBR1" + numbers + text(self.name) + lists[0] + varint(self.threshold) + lists[1] + self.registrar

    @classmethod
    def parse(cls, data: bytes) -> tuple[Root, Signed]:
        """The root and its signatures."""
        r = Reader(data, "root")
        r.magic(b"LBR1")
        version, epoch = r.varint("version", least=1), r.varint("epoch")
        name = r.text("name")
        keys = tuple(r.raw(KEY, "keys") for _ in range(r.varint("keys", 16, 1)))
        threshold = r.varint("threshold", len(keys), 1)
        heads = tuple(r.raw(KEY, "heads") for _ in range(r.varint("heads", 16, 1)))
        root = cls(version, epoch, name, keys, threshold, heads, r.raw(KEY, "registrar"))
        if len(set(keys)) != len(keys):
            raise r.fail("keys", "one key twice")
        body = data[: r.at]
        return root, Signed(body, _signatures(r, 32))


@dataclass(frozen=True, slots=True)
class Head:
    """The newest state, signed daily by an online key: TUF's timestamp and snapshot in one."""

    root: int
    epoch: int
    seq: int
    issued: int  # Unix seconds
    valid_days: int
    state_length: int
    state_hash: bytes
    key: int  # index into Root.heads

    @property
    def number(self) -> tuple[int, int]:
        """What only ever grows."""
        return self.epoch, self.seq

    def body(self) -> bytes:
        """The bytes that are signed."""
        numbers = (self.root, self.epoch, self.seq, self.issued, self.valid_days, self.state_length)
        return b"LBH1" + b"".join(map(varint, numbers)) + self.state_hash + varint(self.key)

    @classmethod
    def parse(cls, data: bytes) -> tuple[Head, bytes, bytes]:
        """The head, the signed body, the signature."""
        r = Reader(data, "head")
        r.magic(b"LBH1")
        head = cls(
            r.varint("root", least=1),
            r.varint("epoch"),
            r.varint("seq", least=1),
            r.varint("issued", 1 << 40),
            r.varint("valid days", 36_500),
            r.varint("state length", STATE_MAX),
            r.raw(HASH, "state hash"),
            r.varint("key", 15),
        )
        body = data[: r.at]
        signature = r.raw(SIGNATURE, "signature")
        r.end()
        return head, body, signature


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who may publish which courses. A scope is a course id, or a prefix that ends in `*`."""

    id: str
    key: bytes
    scopes: tuple[str, ...]

    def may_publish(self, course: str) -> bool:
        """True when a scope covers `course`."""
        return any(course == s or (s.endswith("*") and course.startswith(s[:-1])) for s in self.scopes)


@dataclass(frozen=True, slots=True)
class Delegations:
    """The registrar's list of publishers."""

    version: int
    publishers: tuple[Publisher, ...]

    def body(self) -> bytes:
        """The bytes that are signed."""
        out = [b"LBD1", varint(self.version), varint(len(self.publishers))]
        for p in self.publishers:
            out += [text(p.id), p.key, varint(len(p.scopes)), *map(text, p.scopes)]
        return b"".join(out)

    @classmethod
    def parse(cls, data: bytes) -> tuple[Delegations, bytes, bytes]:
        """The delegations, the signed body, the registrar's signature."""
        r = Reader(data, "delegations")
        r.magic(b"LBD1")
        version = r.varint("version", least=1)
        publishers = tuple(_publisher(r) for _ in range(r.varint("publishers", 1000)))
        if len({p.id for p in publishers}) != len(publishers):
            raise r.fail("publishers", "one publisher twice")
        body = data[: r.at]
        signature = r.raw(SIGNATURE, "signature")
        r.end()
        return cls(version, publishers), body, signature


def _publisher(r: Reader) -> Publisher:
    name, key = r.text("publisher", 64), r.raw(KEY, "key")
    return Publisher(name, key, tuple(r.text("scope", 64) for _ in range(r.varint("scopes", 64))))


@dataclass(frozen=True, slots=True)
class CourseLine:
    """One course in the state: its newest edition and the record that describes it."""

    course: str
    edition: int
    publisher: int  # index into Delegations.publishers
    record_length: int
    record_hash: bytes


@dataclass(frozen=True, slots=True)
class State:
    """All courses of a catalogue at one moment; bound by the head's hash, so not signed itself."""

    delegations_length: int
    delegations_hash: bytes
    courses: tuple[CourseLine, ...]

    def encode(self) -> bytes:
        """The state's bytes; courses in order of their ids."""
        out = [b"LBS1", varint(self.delegations_length), self.delegations_hash, varint(len(self.courses))]
        for c in self.courses:
            out += [text(c.course), varint(c.edition), varint(c.publisher), varint(c.record_length), c.record_hash]
        return b"".join(out)

    @classmethod
    def parse(cls, data: bytes) -> State:
        """The state. Course ids must be valid and in order."""
        r = Reader(data, "state")
        r.magic(b"LBS1")
        length, digest = r.varint("delegations length", DELEGATIONS_MAX), r.raw(HASH, "delegations hash")
        courses = tuple(_course_line(r) for _ in range(r.varint("courses", 10_000)))
        r.end()
        ids = [c.course for c in courses]
        if ids != sorted(set(ids)):
            raise r.fail("courses", "not in order")
        return cls(length, digest, courses)

    def line(self, course: str) -> CourseLine | None:
        """The line of `course`, if the catalogue has it."""
        return next((c for c in self.courses if c.course == course), None)


def _course_line(r: Reader) -> CourseLine:
    course = r.text("course", 40)
    if not is_course_id(course):
        raise r.fail("course", "not a course id")
    return CourseLine(
        course,
        r.varint("edition", least=1),
        r.varint("publisher", 999),
        r.varint("record length", RECORD_MAX),
        r.raw(HASH, "record hash"),
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """One bundle that leads to the record's edition."""

    base: int  # the edition it starts from; 0 = from nothing
    length: int  # bytes of the whole bundle
    part_length: int  # bytes of its first part
    part_hash: bytes  # SHA-256 of its first part, which is the bundle's name


@dataclass(frozen=True, slots=True)
class Record:
    """One edition of one course, signed by its publisher."""

    course: str
    edition: int
    issued: int  # Unix seconds, the publisher's word
    previous_length: int  # the record of edition - 1; 0 for edition 1
    previous_hash: bytes
    offers: tuple[Offer, ...]

    def body(self) -> bytes:
        """The bytes that are signed."""
        out = [b"LBC1", text(self.course), varint(self.edition), varint(self.issued), varint(self.previous_length)]
        out += [self.previous_hash, varint(len(self.offers))]
        for o in self.offers:
            out += [varint(o.base), varint(o.length), varint(o.part_length), o.part_hash]
        return b"".join(out)

    @classmethod
    def parse(cls, data: bytes) -> tuple[Record, bytes, bytes]:
        """The record, the signed body, the publisher's signature."""
        r = Reader(data, "record")
        r.magic(b"LBC1")
        course, edition = r.text("course", 40), r.varint("edition", least=1)
        if not is_course_id(course):
            raise r.fail("course", "not a course id")
        issued, length = r.varint("issued", 1 << 40), r.varint("previous length", RECORD_MAX)
        previous = r.raw(HASH if length else 0, "previous hash")
        offers = tuple(_offer(r, edition) for _ in range(r.varint("offers", 128, 1)))
        bases = [o.base for o in offers]
        if bases != sorted(set(bases)) or bases[0] != 0:
            raise r.fail("offers", "not in order, or no full bundle")
        body = data[: r.at]
        signature = r.raw(SIGNATURE, "signature")
        r.end()
        return cls(course, edition, issued, length, previous, offers), body, signature


def _offer(r: Reader, edition: int) -> Offer:
    base, length = r.varint("base", edition - 1), r.varint("length")
    offer = Offer(base, length, r.varint("part length", 64 * 1024, 1), r.raw(HASH, "part hash"))
    if offer.part_length > length:
        raise FormatError("record.offers", "part longer than its bundle")
    return offer

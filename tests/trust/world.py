"""A catalogue made by hand, key by key, so that a test can also make what no honest publisher would."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lowband.carriers.memory import MemoryCarrier
from lowband.model.trust import CourseLine, Delegations, Head, Offer, Publisher, Record, Root, Signed, State
from lowband.packager.catalogue import new_catalogue
from lowband.trust.chain import (
    Seen,
    accept_delegations,
    accept_head,
    accept_record,
    accept_state,
    catalogue_id,
)
from lowband.trust.sign import Kind, key_id, public_of, sign

NOON = 1_700_000_000
OFFER = Offer(0, 5000, 200, bytes(range(32)))


def secret(name: object) -> bytes:
    """The test key of that name, always the same."""
    return hashlib.sha256(f"test key {name}".encode()).digest()


def public(name: object) -> bytes:
    """Its public half."""
    return public_of(secret(name))


def sha(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def root_file(root: Root, signers: Sequence[object], catalogue: bytes) -> bytes:
    """A root's file, signed by the test keys so named, in that order."""
    body = root.body()
    found = tuple((key_id(public(n)), sign(secret(n), "root", catalogue, body)) for n in signers)
    return Signed(body, found).encode()


def signed(body: bytes, name: object, kind: Kind, catalogue: bytes) -> bytes:
    """A body and one signature, as heads, delegations and records have it."""
    return body + sign(secret(name), kind, catalogue, body)


@dataclass
class Files:
    """All that a depot shows at one moment."""

    head: bytes
    state: bytes
    delegations: bytes
    records: dict[str, bytes] = field(default_factory=dict)


@dataclass
class World:
    """A catalogue whose every number and key a test may choose. `make` signs and spells it."""

    root: Root = field(
        default_factory=lambda: Root(1, 0, "Ministry", (public("r1"),), 1, (public("head"),), public("registrar"))
    )
    delegations: Delegations = field(
        default_factory=lambda: Delegations(1, (Publisher("main", public("main"), ("*",)),))
    )
    records: tuple[tuple[Record, object, int], ...] = ()  # record, name of the signing key, place of the publisher
    seq: int = 1
    epoch: int = 0
    issued: int = NOON
    head_key: object = "head"
    registrar_key: object = "registrar"
    catalogue: bytes = b""

    def __post_init__(self) -> None:
        self.catalogue = self.catalogue or catalogue_id(self.root.body())

    def with_record(self, course: str, edition: int, key: object = "main", place: int = 0) -> World:
        """With one more record."""
        record = Record(course, edition, NOON, 0, b"", (OFFER,))
        return replace(self, records=(*self.records, (record, key, place)))

    def make(self) -> Files:
        """The signed files."""
        catalogue = self.catalogue
        delegations = signed(self.delegations.body(), self.registrar_key, "delegations", catalogue)
        made = [(r, p, signed(r.body(), key, "record", catalogue)) for r, key, p in self.records]
        lines = [CourseLine(r.course, r.edition, p, len(data), sha(data)) for r, p, data in made]
        ordered = tuple(sorted(lines, key=lambda line: line.course))
        state = State(len(delegations), sha(delegations), ordered).encode()
        head = Head(self.root.version, self.epoch, self.seq, self.issued, 30, len(state), sha(state), 0)
        data = signed(head.body(), self.head_key, "head", catalogue)
        return Files(data, state, delegations, {r.course: data for r, _, data in made})


@dataclass
class Device:
    """What a device does with files, in its order, and what it remembers; raises what the chain raises."""

    root: Root
    catalogue: bytes
    seen: Seen = field(default_factory=Seen)
    editions: dict[str, int] = field(default_factory=dict)

    def take(self, files: Files) -> list[Record]:
        """Judge all files; remember only when all of them hold."""
        head = accept_head(files.head, self.root, self.catalogue, self.seen)
        state = accept_state(files.state, head)
        delegations = accept_delegations(files.delegations, state, self.root, self.catalogue, self.seen)
        records = [
            accept_record(
                files.records[line.course], line, delegations, self.catalogue, self.editions.get(line.course, 0)
            )
            for line in state.courses
        ]
        self.seen = self.seen.after_head(head).after_delegations(self.root, delegations)
        self.editions |= {r.course: r.edition for r in records}
        return records


def device_of(world: World) -> Device:
    """A new device that trusts the world's root."""
    return Device(world.root, world.catalogue)


def made_catalogue(folder: Path, root_keys: int = 1, threshold: int = 1) -> tuple[MemoryCarrier, Path]:
    """A new catalogue in memory, and the folder of its keys inside `folder`."""
    carrier, keys = MemoryCarrier(), folder / "keys"
    new_catalogue(carrier, keys, "Ministry", NOON, root_keys=root_keys, threshold=threshold)
    return carrier, keys

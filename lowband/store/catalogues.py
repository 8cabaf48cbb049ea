"""Catalogues that this device joined, and the newest signed word of each.

1. Numbers seen (epoch, seq; versions; editions) only grow; they are kept in the transaction that uses them.
2. Bytes are kept as they travelled, after they were verified.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from lowband.errors import NotHereError
from lowband.model.trust import Delegations, Head, Root, State
from lowband.store.db import Db


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One catalogue as this device last saw it."""

    id: bytes
    root_bytes: bytes
    head_bytes: bytes
    state_bytes: bytes
    delegations_bytes: bytes
    checked: int  # Unix seconds of this device's clock when a depot last answered
    seen: tuple[int, int] = (0, 0)  # the number of the newest head; outlives the head itself when that is damaged

    @property
    def root(self) -> Root:
        """The newest root."""
        return Root.parse(self.root_bytes)[0]

    @property
    def head(self) -> Head | None:
        """The newest head, if one was seen."""
        return Head.parse(self.head_bytes)[0] if self.head_bytes else None

    @property
    def state(self) -> State | None:
        """The state under the newest head."""
        return State.parse(self.state_bytes) if self.state_bytes else None

    @property
    def delegations(self) -> Delegations | None:
        """Who may publish what."""
        return Delegations.parse(self.delegations_bytes)[0] if self.delegations_bytes else None


@dataclass(frozen=True, slots=True)
class Depot:
    """An address at which a catalogue's depot was joined."""

    catalogue: bytes
    address: str
    problem: str
    tag: str  # what it called the head that this device knows; empty when it has shown another


class Catalogues:
    """The catalogues of this device."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def all(self) -> list[Catalogue]:
        """Every catalogue joined, oldest first."""
        rows = self._db.all(
            "SELECT id, root, head, state, delegations, checked, epoch, seq FROM catalogue ORDER BY rowid"
        )
        return [Catalogue(i, r, h or b"", s or b"", d or b"", c, (e, n)) for i, r, h, s, d, c, e, n in rows]

    def get(self, catalogue: bytes) -> Catalogue:
        """The catalogue with that id. Raises `NotHereError`."""
        found = next((c for c in self.all() if c.id == catalogue), None)
        if found is None:
            raise NotHereError(name=catalogue.hex()[:16])
        return found

    def join(self, catalogue: bytes, root: bytes, address: str) -> None:
        """Remember a catalogue by its confirmed root, and a depot of it."""
        name = Root.parse(root)[0].name
        with self._db.transaction():
            self._db.run(
                "INSERT OR IGNORE INTO catalogue (id, name, root, epoch, seq, checked) VALUES (?,?,?,0,0,0)",
                *(catalogue, name, root),
            )
            self.add_depot(catalogue, address)

    def add_depot(self, catalogue: bytes, address: str) -> None:
        """Remember one more address."""
        self._db.run("INSERT OR IGNORE INTO depot (catalogue, address) VALUES (?,?)", catalogue, address)

    def depots(self, catalogue: bytes | None = None) -> list[Depot]:
        """The addresses joined, in that order."""
        where, values = ("WHERE catalogue=?", (catalogue,)) if catalogue else ("", ())
        heads = {c.id: hashlib.sha256(c.head_bytes).digest() for c in self.all()}
        rows = self._db.all(f"SELECT catalogue, address, problem, tag, head FROM depot {where} ORDER BY rowid", *values)
        return [
            Depot(c, address, problem, tag if head == heads.get(c) else "") for c, address, problem, tag, head in rows
        ]

    def set_problem(self, catalogue: bytes, address: str, problem: str) -> None:
        """Remember what was wrong with a depot last time; empty when all was well."""
        self._db.run("UPDATE depot SET problem=? WHERE catalogue=? AND address=?", problem, catalogue, address)

    def set_tag(self, catalogue: bytes, address: str, tag: str) -> None:
        """Remember what a depot calls the newest head known; it holds as long as that is the newest."""
        digest = hashlib.sha256(self.get(catalogue).head_bytes).digest()
        self._db.run("UPDATE depot SET tag=?, head=? WHERE catalogue=? AND address=?", tag, digest, catalogue, address)

    def keep(self, catalogue: Catalogue) -> None:
        """Keep newer verified bytes; the numbers seen are those of the head."""
        head = catalogue.head
        number = head.number if head else (0, 0)
        c = catalogue
        self._db.run(
            "UPDATE catalogue SET root=?, name=?, head=?, state=?, delegations=?, checked=?, epoch=?, seq=? WHERE id=?",
            *(c.root_bytes, c.root.name, c.head_bytes, c.state_bytes, c.delegations_bytes, c.checked, *number, c.id),
        )

    def keep_proof(self, catalogue: bytes, head: bytes) -> None:
        """Keep a second head with the newest one's number: proof that the head key signs two truths."""
        self._db.run("UPDATE catalogue SET proof=? WHERE id=?", head, catalogue)

    def proof(self, catalogue: bytes) -> bytes | None:
        """The second head, if one was ever seen."""
        found: bytes | None = self._db.value("SELECT proof FROM catalogue WHERE id=?", catalogue)
        return found

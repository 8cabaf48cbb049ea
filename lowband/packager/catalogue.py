"""The publishing side of trust: make a catalogue, publish in it, and change who may sign what.

1. Opening needs no key; each change says which key it lacks before it writes anything.
2. New keys are saved before they are listed, old ones deleted after: a cut never leaves a catalogue without its keys.
3. The format allows every arrangement of keys; `new_catalogue` picks one that an expert who works alone can ignore.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lowband.carriers.base import Carrier
from lowband.errors import LockedError, NoKeyError, UsageError
from lowband.model.depot import HEAD, root_name
from lowband.model.trust import Delegations, Head, Offer, Publisher, Record, Root, State
from lowband.packager import roles
from lowband.packager.desk import Desk
from lowband.packager.keyring import Ask, KeyRing
from lowband.packager.snapshot import Snapshot, catalogue_of, fetch_record, load_snapshot
from lowband.trust.chain import (
    accept_first_root,
    accept_next_root,
    accept_record,
    catalogue_id,
)
from lowband.trust.keys import Role, generate

VALID_DAYS = 30
MAIN = "main"


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """One key that a catalogue lists."""

    role: Role
    name: str  # the publisher's id
    public: bytes
    scopes: tuple[str, ...]
    revoked: bool
    file: Path | None  # where its secret is; None when not at hand


def folder_of(keys_home: Path, catalogue: bytes) -> Path:
    """Where the keys of a catalogue live."""
    return keys_home / catalogue.hex()[:16]


class Catalogue(Desk):
    """A catalogue in a depot, with the keys at hand. Made by `new_catalogue` and `open_catalogue`."""

    # what it holds

    def record(self, course: str) -> Record | None:
        """The newest record of `course`, judged as a device would; None when the catalogue does not have it."""
        line = self.state.line(course)
        if line is None:
            return None
        return accept_record(fetch_record(self.carrier, line), line, self.delegations, self.id)

    def next_edition(self, course: str) -> int:
        """The number that the next edition takes: above the depot's, and above all that were ever signed here."""
        line = self.state.line(course)
        return max(line.edition if line else 0, self.ring.memory().editions.get(course, 0)) + 1

    def listed_keys(self) -> list[KeyInfo]:
        """Every key that the catalogue lists, and where its secret is."""
        root, path = self.root, self.ring.path_of
        found = [KeyInfo("root", "", k, (), False, path("root", k)) for k in root.keys]
        found.append(KeyInfo("registrar", "", root.registrar, (), False, path("registrar", root.registrar)))
        found += [KeyInfo("head", "", k, (), False, path("head", k)) for k in root.heads]
        for p in self.delegations.publishers:
            found.append(KeyInfo("publisher", p.id, p.key, p.scopes, not p.scopes, path("publisher", p.key)))
        return found

    def flagged(self) -> list[str]:
        """Courses whose publisher's key was revoked: devices keep what they have, and take nothing new of them."""
        publishers = self.delegations.publishers
        return [line.course for line in self.state.courses if not publishers[line.publisher].scopes]

    def demand_keys(self, course: str, publisher: str | None = None) -> None:
        """See, before any long work, that an edition of `course` could be signed. Raises ScopeError, NoKeyError."""
        _, key = self.signer(course, publisher, self.state.line(course))
        self.ring.secret("publisher", key)
        self.head_key()

    # what changes it

    def new_publisher_key(self, publisher: str) -> bytes:
        """Make a key that `publisher` may be delegated with, here where she works; its public half."""
        roles.check_publisher(publisher, ["*"])
        return self.ring.add(generate("publisher", self.id, publisher))

    def publish_record(
        self, course: str, edition: int, offers: Sequence[Offer], now: int, publisher: str | None = None
    ) -> Record:
        """Sign edition `edition` of `course` and make it the newest. Its bundles must be in the depot already.

        Raises ScopeError (no publisher may), NoKeyError, LockedError (somebody published this edition meanwhile),
        OldDepotError, CarrierError.
        """
        with self.changing():
            if edition < self.next_edition(course):
                raise LockedError(name=course)
            old = self.state.line(course)
            length, digest = (old.record_length, old.record_hash) if old else (0, b"")
            record = Record(course, edition, now, length, digest, tuple(offers))
            data, line = self.signed_record(record, *self.signer(course, publisher, old))
            self.commit(now, [line], objects=[data])
            return record

    def refresh_head(self, now: int) -> Head:
        """Sign a new head over the same state, so that devices see a fresh date; completes a cut rotation too."""
        with self.changing():
            self.commit(now)
            return self.head

    def delegate(self, publisher: str, key: bytes | None, scopes: Sequence[str], now: int) -> bytes:
        """Let `publisher` sign the courses of `scopes` (ids, or prefixes ending in `*`); her public key.

        Without `key` she keeps hers, or takes one of hers that lies here, or one is made. A key that is replaced counts
        as revoked.
        """
        roles.check_publisher(publisher, scopes)
        with self.changing("registrar"):
            listed = self.delegations.publishers
            known = next((p.key for p in listed if p.id == publisher), None)
            new = key or known or self._spare_key(publisher) or self.new_publisher_key(publisher)
            self.commit(now, publishers=roles.granted(listed, Publisher(publisher, new, tuple(scopes))))
            return new

    def revoke(self, publisher: str, now: int) -> list[str]:
        """Take back the key of `publisher`; the courses that now wait for another to sign them (`sign_again`)."""
        with self.changing("registrar"):
            listed = list(self.delegations.publishers)
            index = self.place_of(publisher)
            listed[index] = roles.revoked(listed[index])
            self.commit(now, publishers=listed)
            return self.flagged()

    def sign_again(self, courses: Sequence[str], now: int, publisher: str | None = None) -> None:
        """Have a publisher at hand sign the newest records of `courses` as they are: look at their content first."""
        with self.changing():
            lines = [self.state.line(course) for course in courses]
            if None in lines:
                raise UsageError(detail=f"the catalogue has no course {courses[lines.index(None)]}")
            pairs = [self.signed_again(line, *self.signer(line.course, publisher, None)) for line in lines if line]
            self.commit(now, [line for _, line in pairs], objects=[data for data, _ in pairs])

    def rotate(
        self, role: Role, now: int, *, publisher: str = MAIN, lost: bytes | None = None, passphrase: str | None = None
    ) -> None:
        """Replace the key of a role by a new one made here, and take the old one out of the catalogue.

        For `root`, `lost` is the one public key to replace; all of them without it. Head and registrar keys start a new
        epoch, so that whatever a thief has numbered counts for nothing. A publisher's records are signed again.
        """
        with self.changing("registrar" if role == "publisher" else None):
            if role == "publisher":
                gone = self._rotate_publisher(publisher, now)
            else:
                gone = self._rotate_root(role, lost, passphrase)
                self.commit(now)
            for public in gone:
                self.ring.drop(public)

    # how it changes

    def _spare_key(self, publisher: str) -> bytes | None:
        listed = {p.key for p in self.delegations.publishers}
        return next((key for key in self.ring.publishers(publisher) if key not in listed), None)

    def _rotate_root(self, role: Role, lost: bytes | None, passphrase: str | None) -> list[bytes]:
        old = self.root
        if lost and lost not in old.keys:
            raise UsageError(detail=f"{lost.hex()} is no root key of this catalogue")
        gone = list(old.heads) if role == "head" else [old.registrar]
        if role == "root":
            gone = [lost] if lost else list(old.keys)
        held = self.ring.held("root", old.keys)
        if roles.signers([old], held) is None:
            raise NoKeyError(role="root", folder=self.ring.folder)
        count = len(gone) if role == "root" else 1
        fresh = [self.ring.add(generate(role, self.id, passphrase=passphrase)) for _ in range(count)]
        root = roles.rotated(old, role, gone, fresh)
        chosen = roles.signers([old, root], [*held, *fresh])
        if chosen is None:
            raise NoKeyError(role="root", folder=self.ring.folder)
        data = roles.signed_root(root, chosen, self.ring.secret, self.id)
        self.at = replace(self.at, root=accept_next_root(data, old, self.id))
        self.carrier.write(root_name(root.version), iter([data]))
        return gone

    def _rotate_publisher(self, publisher: str, now: int) -> list[bytes]:
        index = self.place_of(publisher)
        old = self.delegations.publishers[index]
        mine = [line for line in self.state.courses if line.publisher == index]
        for line in mine:
            accept_record(fetch_record(self.carrier, line), line, self.delegations, self.id)
        key = self.ring.add(generate("publisher", self.id, publisher))
        pairs = [self.signed_again(line, index, key) for line in mine]
        listed = roles.granted(self.delegations.publishers, replace(old, key=key))
        self.commit(now, [line for _, line in pairs], objects=[data for data, _ in pairs], publishers=listed)
        return [old.key]


def open_catalogue(
    carrier: Carrier, keys_home: Path, *, more: Sequence[Path] = (), ask: Ask | None = None, go_on: bool = False
) -> Catalogue:
    """The catalogue in a depot, verified, with the keys in `keys_home`/id and in the folders of `more`.

    `ask` answers passphrases; `go_on` continues above the numbers that a restored depot has lost. Opening needs no
    key; each change says which one it lacks. Raises TrustError, FormatError, CarrierError and their kinds.
    """
    catalogue = catalogue_of(carrier)
    ring = KeyRing(folder_of(keys_home, catalogue), more, ask)
    ring.check(catalogue)
    return Catalogue(carrier, ring, catalogue, load_snapshot(carrier, catalogue), go_on)


def new_catalogue(
    carrier: Carrier,
    keys_home: Path,
    name: str,
    now: int,
    *,
    root_keys: int = 1,
    threshold: int = 1,
    passphrase: str | None = None,
    valid_days: int = VALID_DAYS,
) -> Catalogue:
    """Keys and an empty catalogue in an empty depot, with one publisher `main` for all courses.

    `threshold` of `root_keys` must sign a change of keys. A passphrase seals the root and registrar keys, which are
    rarely needed; head and publisher keys sign daily and stay open. Raises UsageError when the depot has a catalogue.
    """
    if carrier.has(HEAD):
        raise UsageError(detail=f"{carrier.name} holds a catalogue already")
    if not 1 <= threshold <= root_keys <= 16:
        raise UsageError(detail="1 to 16 root keys, and no higher threshold than there are keys")
    if not name.strip() or not name.isprintable() or len(name.encode()) > 200:
        raise UsageError(detail="a catalogue's name is one line of 1 to 200 bytes")
    tops = [generate("root", b"", passphrase=passphrase) for _ in range(root_keys)]
    registrar, head = generate("registrar", b"", passphrase=passphrase), generate("head", b"")
    main = generate("publisher", b"", MAIN)
    root = Root(1, 0, name, tuple(k.public for k in tops), threshold, (head.public,), registrar.public)
    catalogue = catalogue_id(root.body())
    ring = KeyRing(folder_of(keys_home, catalogue), ask=lambda _: passphrase)
    with ring.locked():
        for key in (*tops, registrar, head, main):
            ring.add(replace(key, catalogue=catalogue))
        data = roles.signed_root(root, root.keys[:threshold], ring.secret, catalogue)
        carrier.write(root_name(1), iter([data]))
        nothing = Head(1, 0, 0, 0, valid_days, 0, bytes(32), 0)
        listed = Delegations(0, ())
        root = accept_first_root(data, catalogue)
        empty = Snapshot(root, nothing, State(0, bytes(32), ()), listed, b"", registrar.public)
        made = Catalogue(carrier, ring, catalogue, empty)
        made.commit(now, publishers=[Publisher(MAIN, main.public, ("*",))])
    return made

"""What no honest publisher makes: bundles by hand, signed by the publisher's own key, and heads by a thief's.

1. Everything above the forged thing is rightly signed and hashed, so that only the check under test can refuse it.
2. A group is spelled piece by piece; what is not said is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lowband.bundle.compress import pack
from lowband.bundle.format import RESULT, First, GroupLine, LayerLine, Part, Preamble, Prefix, Put, Table
from lowband.model.depot import HEAD, object_name
from lowband.model.edition import Entry, Listing
from lowband.model.trust import CourseLine, Offer, Record, State
from lowband.trust.sign import sign
from tests.world import Edition, Files, World, sha


def listing(files: Files) -> Listing:
    """The listing of some files; names that no listing may have are spelled all the same."""
    ordered = sorted(files.items(), key=lambda f: f[0].encode("utf-8", "surrogatepass"))
    return Listing(tuple(Entry(path, len(content), sha(content)) for path, content in ordered))


def layer(name: str, after: Files, base: Files | None = None, needs: tuple[int, ...] = ()) -> LayerLine:
    """A layer's line: `after` is what it holds after the bundle, `base` what before (None: the bundle is full)."""
    check = bytes(4) if base is None else listing(base).digest()[:4]
    return LayerLine(name, needs, check, listing(after).digest()[:RESULT], 0, sum(map(len, after.values())))


def put(path: str, content: bytes) -> tuple[Put, bytes]:
    """A whole entry and its bytes."""
    return Put(path, 0, len(content), 0, len(content)), content


def group(
    puts: Sequence[tuple[Put, bytes]] = (),
    table: Table | bytes | None = None,
    items: tuple[Prefix, ...] = (),
    prefix: bytes = b"",
    *,
    content: int | None = None,
    table_length: int | None = None,
    data: bytes | None = None,
    frame: bytes | None = None,
) -> bytes:
    """A group as it travels; each argument that is given takes the place of what would be right."""
    made = table if table is not None else Table(puts=tuple(p for p, _ in puts))
    head = made if isinstance(made, bytes) else made.encode()
    body = b"".join(b for _, b in puts) if data is None else data
    preamble = Preamble(
        len(head) + len(body) if content is None else content,
        len(head) if table_length is None else table_length,
        items,
    )
    return preamble.encode() + (pack(head + body, prefix, 3) if frame is None else frame)


@dataclass(frozen=True)
class Bundle:
    """A bundle by hand: groups as (index of their layer, bytes)."""

    base: int
    layers: tuple[LayerLine, ...]
    groups: tuple[tuple[int, bytes], ...]
    memory: int = 32
    tail: bytes = b""

    def made(self, edition: int) -> tuple[Offer, bytes]:
        """What the record says of it, and its bytes."""
        lines = tuple(GroupLine(n, len(g), sha(g)) for n, g in self.groups)
        stored = [sum(g.length for g in lines if g.layer == n) for n in range(len(self.layers))]
        layers = tuple(replace(y, stored=s) for y, s in zip(self.layers, stored, strict=True))
        first = First(self.base, edition, self.memory, layers, Part(lines, 0, b"")).encode()
        data = first + b"".join(g for _, g in self.groups) + self.tail
        return Offer(self.base, len(data), len(first), sha(first)), data


def publish(world: World, course: str, *bundles: Bundle) -> Record:
    """Put bundles into the depot and have the publisher sign them as the next edition; one must be from nothing."""
    edition = world.catalogue.next_edition(course)
    made = [b.made(edition) for b in bundles]
    for offer, data in made:
        world.carrier.write(object_name(offer.part_hash), iter([data]))
    return world.catalogue.publish_record(course, edition, [o for o, _ in made], world.now)


def full(files: Files, groups: Sequence[bytes], after: Files | None = None) -> Bundle:
    """A bundle from nothing with one layer, whose groups are given."""
    return Bundle(0, (layer("core", files if after is None else after),), tuple((0, g) for g in groups))


def delta(made: Edition, after: Files, groups: Sequence[bytes]) -> Bundle:
    """A bundle from edition `made` of a course that has one layer, `core`."""
    return Bundle(made.number, (layer("core", after, core_of(made)),), tuple((0, g) for g in groups))


def core_of(made: Edition) -> Files:
    """The whole of layer `core` of an edition, structure included, taken from a device."""
    from tests.world import Device

    device = Device().join(made.depot)
    device.sync(made.depot, only=[made.course])
    return device.tree(made.course, hidden=True)


def rehead(world: World, state: State | bytes, seq: int | None = None, files: Files | None = None) -> Files:
    """A depot that shows another state, under a head rightly signed by the head key (a thief's, say)."""
    data = state if isinstance(state, bytes) else state.encode()
    old = world.catalogue.head
    head = replace(old, seq=old.seq + 1 if seq is None else seq, state_length=len(data), state_hash=sha(data))
    body = head.body()
    secret = world.catalogue.ring.secret("head", world.catalogue.root.heads[head.key])
    signed = body + sign(secret, "head", world.catalogue.id, body)
    return {**(world.files if files is None else files), object_name(sha(data)): data, HEAD: signed}


def relined(world: World, course: str, record: bytes, edition: int, publisher: int = 0) -> State:
    """The world's state with `record` (any bytes) in the line of `course`."""
    state = world.catalogue.state
    line = CourseLine(course, edition, publisher, len(record), sha(record))
    rest = [c for c in state.courses if c.course != course]
    return replace(state, courses=tuple(sorted([*rest, line], key=lambda c: c.course)))


def signed_record(world: World, record: Record, key: bytes, kind: str = "record") -> bytes:
    """A record's file, signed with the secret half of `key`, which lies in the world's keys."""
    body = record.body()
    return body + sign(secret_of(world, key), kind, world.catalogue.id, body)  # type: ignore[arg-type]


def secret_of(world: World, key: bytes) -> bytes:
    """The secret half of a publisher's key."""
    return world.catalogue.ring.secret("publisher", key)

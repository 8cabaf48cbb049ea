"""What reads bytes from outside: each target takes any bytes, and answers or raises an error of the tree's FormatError.

1. Seeds are genuine bytes, so that a mutation gets past the first check.
2. A target behind a checksum is given bytes whose checksum holds: it is what comes after it that is asked.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import zstandard

from lowband.bundle.compress import unpack_at_rest
from lowband.bundle.format import First, GroupLine, Part, Preamble, Prefix, Table
from lowband.bundle.group import open_group
from lowband.errors import FormatError, SourceError
from lowband.model.course import CARD, plan_path, read_structure
from lowband.model.depot import HEAD, object_name, root_name
from lowband.model.names import check_names
from lowband.model.trust import Delegations, Head, Record, Root, State
from lowband.packager.scan import coursefile
from tests.world import device_at, pensions, sha
from tests.world_forge import group, put

Target = Callable[[bytes], object]


def _group(data: bytes) -> object:
    def fetch(item: Prefix) -> list[bytes]:
        return [b"prefix of nothing in particular" * 9]

    return open_group(data, GroupLine(0, len(data), sha(data)), 4, fetch)


def _inside(data: bytes) -> object:
    """Table (as long as the first byte says) and data of a group: the frame around them is right."""
    end = 1 + (data[0] if data else 0)
    return _group(group(table=data[1:end], data=data[end:]))


def _kept(data: bytes) -> object:
    return unpack_at_rest(data, 1000)


def _kept_inside(data: bytes) -> object:
    frame = zstandard.ZstdCompressor(write_checksum=True).compress(data)
    return unpack_at_rest(b"\1" + frame, len(data))


def _course_file(data: bytes) -> object:
    return coursefile.parse(data.decode("utf-8", "replace"))


def _names(data: bytes) -> object:
    names = data.decode("utf-8", "surrogateescape").split("\n")
    check_names(names, "layer")
    return names


TARGETS: dict[str, Target] = {
    "head": Head.parse,
    "root": Root.parse,
    "state": State.parse,
    "delegations": Delegations.parse,
    "record": Record.parse,
    "first": First.parse,
    "part": lambda data: Part.parse(data, 3),
    "preamble": Preamble.parse,
    "table": Table.parse,
    "group": _group,
    "group inside": _inside,
    "card": lambda data: read_structure({CARD: data}),
    "plan": lambda data: read_structure({CARD: b'{"id":"x"}', plan_path(1): data}),
    "course.toml": _course_file,
    "at rest": _kept,
    "at rest inside": _kept_inside,
    "names": _names,
}


@cache
def seeds(target: str) -> tuple[bytes, ...]:
    """Genuine bytes for a target."""
    files, world = pensions().files, pensions()
    bundles = [files[object_name(o.part_hash)] for o in world.editions[4].record.offers]
    firsts = [files[object_name(o.part_hash)][: o.part_length] for o in world.editions[4].record.offers]
    tree = device_at(5).tree("pensions", hidden=True)
    blob = group([put("a.md", b"# A\n" * 30), put("b/c.md", b"text")])
    line = First.parse(firsts[0]).part.groups[0]
    inside = Table((1,), (), (put("a", b"b")[0],)).encode()
    found: dict[str, tuple[bytes, ...]] = {
        "head": (files[HEAD],),
        "root": (files[root_name(1)],),
        "state": (files[object_name(world.catalogue.head.state_hash)],),
        "delegations": (files[object_name(world.catalogue.state.delegations_hash)],),
        "record": tuple(c for c in files.values() if c[:4] == b"LBC1"),
        "first": tuple(firsts),
        "part": (Part(First.parse(firsts[0]).part.groups, 99, bytes(32)).encode(),),
        "group": (blob, bundles[0][len(firsts[0]) : len(firsts[0]) + line.length]),
        "preamble": (blob,),
        "table": (Table((1, 5), (), (put("a", b"b")[0],)).encode(),),
        "group inside": (bytes([len(inside)]) + inside + b"b",),
        "card": (tree[CARD], b'{"id":"x","titles":{"fr":"y"},"team":[{"name":"z"}],"themes":["a"]}'),
        "plan": (tree[plan_path(1)],),
        "course.toml": (b'title = "A"\nlanguages = ["fr"]\n[titles]\nfr = "B"\n[[team]]\nname = "Z"\n',),
        "at rest": (b"\0" + bytes(1000), b"\1" + zstandard.ZstdCompressor(write_checksum=True).compress(bytes(1000))),
        "at rest inside": (b"text" * 50,),
        "names": (b"a.md\nb/c.md\ncon\n../x",),
    }
    return found[target]


def mutated(data: bytes, dice: random.Random) -> bytes:
    """`data` with a few changes of the kinds that parsers fear."""
    out = bytearray(data)
    for _ in range(dice.randrange(1, 5)):
        at, kind = dice.randrange(len(out) + 1), dice.randrange(7)
        if kind == 0 and out:
            out[at % len(out)] ^= 1 << dice.randrange(8)
        elif kind == 1:
            out[at:at] = dice.randbytes(dice.randrange(1, 9))
        elif kind == 2:
            del out[at : at + dice.randrange(1, 30)]
        elif kind == 3:
            out[at : at + 1] = dice.choice((b"\xff" * 9 + b"\x7f", b"\x80\x00", b"\xff\xff\x03", b"\0", b"\x7f"))
        elif kind == 4:
            out[at : at + 8] = out[: dice.randrange(1, 40)]
        elif kind == 5:
            out = out[:at]
        else:
            out += bytes(dice.randrange(1, 40))
    return bytes(out)


def judged(target: str, data: bytes) -> bool:
    """Whether the target took the bytes; raises what is none of our FormatErrors."""
    try:
        TARGETS[target](data)
    except FormatError:
        return False
    except SourceError:
        if target != "course.toml":  # there it is the word for a mistake of the author's
            raise
        return False
    return True

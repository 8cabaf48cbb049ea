"""A plain applier of bundles, from docs/format.md alone: slow, in memory, for tests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from lowband.bundle.format import First, GroupLine, NewRun, NewSlice, OldRun, OldSlice, Part, Prefix
from lowband.bundle.group import open_group
from lowband.model.edition import Entry, Listing
from lowband.packager.pack import Content, Made

Tree = dict[str, dict[str, bytes]]
"""Bytes by layer and path."""


def tree_of(content: Content | None) -> Tree:
    """All bytes of an edition."""
    out: Tree = {}
    for item in content.items if content else ():
        out.setdefault(item.layer, {})[item.path] = content.read(item.sha256) if content else b""
    return out


class Device:
    """Applies the groups of some layers of one bundle."""

    def __init__(self, base: Tree, first: First, layers: Iterable[str]) -> None:
        self.first = first
        self.layers = frozenset(layers)
        self.old = {layer: sorted(files.items(), key=lambda f: f[0].encode()) for layer, files in base.items()}
        self.now = {layer: dict(files) for layer, files in base.items() if layer in self.layers}
        self.pieces: dict[int, list[bytes]] = {}
        self.parts: dict[tuple[str, str], bytes] = {}

    def take(self, blob: bytes, line: GroupLine) -> None:
        """Apply one group."""
        name = self.first.layers[line.layer].name
        if name not in self.layers:
            return
        group = open_group(blob, line, self.first.memory, self.fetch)
        files, old = self.now.setdefault(name, {}), self.old.get(name, [])
        for index in group.table.removed:
            del files[old[index][0]]
        for move in group.table.moved:
            files[move.path] = old[move.index][1]
        for put, data in group.pieces():
            self.pieces.setdefault(line.layer, []).append(data)
            path = put.path or old[put.index][0]
            whole = self.parts.pop((name, path), b"")
            assert put.offset == len(whole)
            if len(whole) + put.length < put.size:
                self.parts[name, path] = whole + data
            else:
                files[path] = whole + data

    def fetch(self, item: Prefix) -> Iterator[bytes]:
        """The bytes that a prefix item names; only of layers that this device takes."""
        name = self.first.layers[item.layer].name
        assert name in self.layers
        match item:
            case OldRun(first=first, count=count):
                yield from (data for _, data in self.old[name][first : first + count])
            case OldSlice(index=index, offset=offset, length=length):
                yield self.old[name][index][1][offset : offset + length]
            case NewRun(layer=layer, first=first, count=count):
                assert first + count <= len(self.pieces[layer])
                yield from self.pieces[layer][first : first + count]
            case NewSlice(layer=layer, piece=piece, offset=offset, length=length):
                yield self.pieces[layer][piece][offset : offset + length]


def apply_bundle(base: Content | None, new: Content, made: Made, layers: Iterable[str] | None = None) -> Tree:
    """The edition after the bundle, on a device with `layers` (all when None); every check of the format is made."""
    blob = b"".join(p.read_bytes() for p in made.parts)
    assert len(blob) == made.length
    assert hashlib.sha256(blob[: made.part_length]).digest() == made.part_hash
    first = First.parse(blob[: made.part_length])
    names = {y.name for y in first.layers} | set(base.layers if base else ()) | set(new.layers)
    device = Device(tree_of(base), first, names if layers is None else layers)
    part, at = first.part, made.part_length
    while True:
        for line in part.groups:
            device.take(blob[at : at + line.length], line)
            at += line.length
        if not part.next_length:
            break
        data = blob[at : at + part.next_length]
        assert hashlib.sha256(data).digest() == part.next_hash
        at += len(data)
        part = Part.parse(data, len(first.layers))
    assert at == len(blob)
    _check(device, first, base, new)
    return {layer: files for layer, files in device.now.items() if files}


def _check(device: Device, first: First, base: Content | None, new: Content) -> None:
    assert not device.parts
    for line in first.layers:
        if line.name not in device.layers:
            continue
        entries = [Entry(p, len(d), hashlib.sha256(d).digest()) for p, d in device.now.get(line.name, {}).items()]
        if line.result:
            assert Listing.of(entries).digest()[: len(line.result)] == line.result
            assert sum(e.size for e in entries) == line.size
        old = base.listing(line.name) if base else Listing()
        assert line.base_check == (old.digest()[:4] if len(old) else bytes(4))
    wanted = tree_of(new)
    for layer in device.layers:
        assert device.now.get(layer, {}) == wanted.get(layer, {})

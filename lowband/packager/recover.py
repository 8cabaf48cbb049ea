"""A past edition from its bundle in the depot, when this machine did not make it.

1. The full bundle is read as a device reads it, every group verified, into a store that is thrown away.
2. What comes back has content and paths; learning order does not matter in a base.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from lowband.bundle.format import First, Part
from lowband.bundle.group import open_group
from lowband.errors import IntegrityError
from lowband.model.depot import object_name, spans
from lowband.model.trust import Offer, Record
from lowband.packager.catalogue import Catalogue
from lowband.packager.pack import DOCUMENT, Content, Item
from lowband.packager.workshop import Workshop
from lowband.store.store import Store


def recover(catalogue: Catalogue, course: str, edition: int, workshop: Workshop) -> Content | None:
    """Edition `edition` of a course, read from the depot into `workshop`; None when no record names it any more."""
    record = _record(catalogue, course, edition)
    if record is None:
        return None
    with tempfile.TemporaryDirectory(dir=workshop.folder) as folder, Store(Path(folder) / "store.db") as store:
        key = store.courses.note(catalogue.id, course)
        _read_full(catalogue, record, store, key)
        items = [
            Item(h.layer, h.path, h.size, workshop.keep(store.blobs.bytes_of(h.blob)), (0,), DOCUMENT)
            for h in store.courses.held(key)
        ]
    return Content(edition, tuple(items), workshop.read)


def _record(catalogue: Catalogue, course: str, edition: int) -> Record | None:
    record: Record | None = catalogue.record(course)
    while record is not None and record.edition > edition and record.previous_length:
        data = b"".join(catalogue.carrier.read(object_name(record.previous_hash), 0, record.previous_length))
        if hashlib.sha256(data).digest() != record.previous_hash:
            raise IntegrityError(name=f"record of {course}")
        record = Record.parse(data)[0]
    return record if record is not None and record.edition == edition else None


def _read_full(catalogue: Catalogue, record: Record, store: Store, key: int) -> None:
    offer = record.offers[0]
    first = _take(catalogue, offer, 0, offer.part_length, offer.part_hash)
    layers = frozenset(range(len(First.parse(first).layers)))
    fetch = store.fetches.begin(key, offer, record.edition, first, layers, "")
    at, number, part = offer.part_length, 0, fetch.first.part
    while True:
        for line in part.groups:
            blob = _take(catalogue, offer, at, line.length, line.digest)
            group = open_group(blob, line, fetch.first.memory, lambda item: store.fetches.prefix(fetch, item))
            store.fetches.apply(fetch, number, line.layer, group)
            at, number = at + line.length, number + 1
        if not part.next_length:
            break
        data = _take(catalogue, offer, at, part.next_length, part.next_hash)
        at, part = at + len(data), Part.parse(data, len(layers))
    store.fetches.finish(fetch)


def _take(catalogue: Catalogue, offer: Offer, start: int, length: int, digest: bytes) -> bytes:
    out = bytearray()
    for file, offset, size in spans(object_name(offer.part_hash), start, start + length):
        for chunk in catalogue.carrier.read(file, offset, size):
            out += chunk
    if hashlib.sha256(out).digest() != digest:
        raise IntegrityError(name="a bundle")
    return bytes(out)

"""F1: every byte of all that comes down is flipped, every length cut, blocks swapped: nothing wrong is accepted.

1. The device-level form goes through a whole sync; the quick form asks the functions that the sync asks.
2. Accepted means installed: a device that refuses and takes another way round is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lowband.bundle.format import First, GroupLine, Part, Prefix
from lowband.bundle.group import open_group
from lowband.errors import IntegrityError, LowbandError
from lowband.model.depot import HEAD, object_name, root_name
from tests.world import Device, Files, device_at, pensions, sha, tiny


def _bundle() -> tuple[str, bytes, int]:
    offer = pensions().editions[4].record.offers[0]
    name = object_name(offer.part_hash)
    return name, pensions().files[name], offer.part_length


def _pieces() -> Iterator[tuple[bytes, Callable[[bytes], object]]]:
    """Each part and group of a newcomer's bundle, and the check that a device makes of it."""
    _, data, length = _bundle()
    first = First.parse(data[:length])
    yield data[:length], _hashed(sha(data[:length]))
    part, at = first.part, length
    while True:
        for line in part.groups:
            yield data[at : at + line.length], _opened(line, first.memory)
            at += line.length
        if not part.next_length:
            return
        piece = data[at : at + part.next_length]
        yield piece, _hashed(part.next_hash)
        at += len(piece)
        part = Part.parse(piece, len(first.layers))


def _hashed(digest: bytes) -> Callable[[bytes], object]:
    def check(data: bytes) -> None:
        if sha(data) != digest:
            raise IntegrityError(name="a part")

    return check


def _opened(line: GroupLine, memory: int) -> Callable[[bytes], object]:
    def nothing(item: Prefix) -> list[bytes]:
        raise AssertionError("looked into before its hash was known")

    return lambda data: open_group(data, line, memory, nothing)


def test_every_byte_of_a_bundle_flipped() -> None:
    """One bit of every byte of parts and groups: none is opened, none is even looked into."""
    tried = accepted = 0
    for data, check in _pieces():
        for at in range(len(data)):
            flipped = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
            try:
                check(flipped)
                accepted += 1
            except IntegrityError:
                tried += 1
    print(f"F1: bytes of a bundle flipped {tried}, accepted {accepted}")
    assert accepted == 0
    assert tried == len(_bundle()[1])


def test_a_bundle_cut_at_every_length() -> None:
    """Every group and part shorter by any number of bytes, or longer by one."""
    tried = 0
    for data, check in _pieces():
        step = max(1, len(data) // 300)
        for wrong in [*(data[:n] for n in range(0, len(data), step)), data + b"\0"]:
            with pytest.raises(IntegrityError):
                check(wrong)
            tried += 1
    print(f"F1: lengths tried {tried}")
    assert tried > 1000


def _objects(files: Files) -> list[str]:
    """The files of a depot that are small: signed objects, and bundles of some hundred bytes."""
    return sorted(name for name, content in files.items() if len(content) < 1500)


def _through_a_sync(flips: Callable[[bytes], Iterator[bytes]]) -> tuple[int, int]:
    """Every variant of every small file of `tiny`'s depot through a whole sync; how many, how many taken."""
    made = tiny().editions
    old = Device().join(made[0].depot)
    old.sync(made[0].depot, only=["tiny"])
    old.store.db.give_back()
    kept = old.path.read_bytes()
    tried = taken = 0
    device = Device()
    for name in _objects(made[1].depot):
        for wrong in flips(made[1].depot[name]):
            device.store.close()
            device.path.write_bytes(kept)
            device = Device(device.path)
            device.sync({**made[1].depot, name: wrong}, only=["tiny"])
            edition = device.edition("tiny")
            assert device.tree("tiny") == made[edition - 1].files
            tried += 1
            taken += edition == 2
    return tried, taken


def _some(step: int) -> Callable[[bytes], Iterator[bytes]]:
    def flips(content: bytes) -> Iterator[bytes]:
        for at in range(0, len(content), step):
            yield content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :]

    return flips


def _cuts(step: int) -> Callable[[bytes], Iterator[bytes]]:
    def cuts(content: bytes) -> Iterator[bytes]:
        for at in range(0, len(content), step):
            yield content[:at]

    return cuts


def _swaps(content: bytes) -> Iterator[bytes]:
    for size in (4, 32, 100):
        blocks = [content[at : at + size] for at in range(0, len(content), size)]
        for n in range(0, len(blocks) - 1, 2):
            if blocks[n] != blocks[n + 1]:
                yield b"".join([*blocks[:n], blocks[n + 1], blocks[n], *blocks[n + 2 :]])


@pytest.mark.parametrize(("kind", "flips"), [("flips", _some(17)), ("cuts", _cuts(29)), ("swaps", _swaps)])
def test_wrong_files_through_a_whole_sync(kind: str, flips: Callable[[bytes], Iterator[bytes]]) -> None:
    """Head, roots, state, delegations, records, bundles: what is installed is always an edition, byte for byte."""
    tried, taken = _through_a_sync(flips)
    print(f"F1: {kind} through a sync: {tried}; where the edition came another way: {taken}; wrong: 0")
    assert tried > 50


@pytest.mark.slow
def test_every_byte_of_every_file_through_a_whole_sync() -> None:
    """All positions."""
    tried, taken = _through_a_sync(_some(1))
    print(f"F1: flips through a sync: {tried}; where the edition came another way: {taken}; wrong: 0")
    assert tried > 2000


def test_every_byte_of_the_head_and_of_what_it_reaches_is_refused_by_name() -> None:
    """Head, state, record: the device says which check failed, and its edition opens."""
    made = pensions().editions
    tried = 0
    for name in (HEAD, object_name(pensions().catalogue.head.state_hash)):
        device = device_at(3)
        content = made[4].depot[name]
        for at in range(len(content)):
            wrong = content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :]
            report = device.sync({**made[4].depot, name: wrong})
            assert [isinstance(s.problem, LowbandError) for s in report.sources] == [True]
            assert report.fresh is False
            tried += 1
        assert device.tree("pensions") == made[2].files
    print(f"F1: bytes of head and state flipped on a device: {tried}; accepted: 0")
    assert tried > 150


def test_every_byte_of_root_1_is_refused_when_joining() -> None:
    """A catalogue whose root was touched is another catalogue, or none: its words differ, or it is refused."""
    content = pensions().files[root_name(1)]
    genuine = pensions().catalogue.id
    tried = 0
    for at in range(len(content)):
        wrong = {root_name(1): content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]}
        device = Device()
        with pytest.raises(LowbandError):
            device.join(wrong)
        assert all(c.id != genuine for c in device.store.catalogues.all())
        device.store.close()
        tried += 1
    print(f"F1: bytes of root 1 flipped: {tried}; joined: 0")
    assert tried == len(content)

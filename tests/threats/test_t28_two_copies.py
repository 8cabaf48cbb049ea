"""T28: two copies of the program at once: one works, the others say so; a dead holder's lock is free again."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from lowband.errors import LockedError
from lowband.store.check import file_is_sound
from lowband.store.store import Store
from tests.world import Device, device_at, pensions, quick_folder, synced


def _child(path: Path, talk: int, hold: bool) -> int:
    """A process that takes the lock: says + or -, and with `hold` keeps it until it is killed."""
    child = os.fork()
    if child:
        return child
    try:
        with Store(path) as store, store.alone():
            os.write(talk, b"+")
            if hold:
                time.sleep(60)
    except LockedError:
        os.write(talk, b"-")
    except BaseException:  # noqa: BLE001  the child tells by its word, and must never return into the test
        os.write(talk, b"!")
    finally:
        os._exit(0)


@pytest.mark.parametrize("round_", range(3))
def test_twenty_starts_at_once_and_the_holder_killed(round_: int) -> None:
    """One holds; nineteen are refused by name at once; the holder is killed; the next start has the lock."""
    path = quick_folder() / "store.db"
    path.write_bytes(synced(3))
    listen, talk = os.pipe()
    holder = _child(path, talk, hold=True)
    assert os.read(listen, 1) == b"+"
    others = [_child(path, talk, hold=False) for _ in range(19)]
    for other in others:
        os.waitpid(other, 0)
    assert os.read(listen, 100) == b"-" * 19
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    with Store(path) as store, store.alone():
        assert file_is_sound(store) == ""
    os.close(listen)
    os.close(talk)


def test_twenty_syncs_at_once_without_the_lock_damage_nothing() -> None:
    """Even where nobody asks for the lock, the store's own keeps every process's transactions apart."""
    path = quick_folder() / "store.db"
    path.write_bytes(synced(3))
    children = []
    for _ in range(8):
        child = os.fork()
        if child == 0:
            try:
                Device(path).sync(pensions().editions[3].depot)
            except BaseException:  # noqa: BLE001  losing the race is no fault; damage would be, and is looked for below
                pass
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    device = Device(path)
    assert file_is_sound(device.store) == ""
    device.sync(pensions().editions[3].depot)
    assert device.tree("pensions") == pensions().editions[3].files
    assert device.whole("pensions")


def test_who_only_reads_needs_no_lock() -> None:
    """While one syncs, another reads: the old edition, whole."""
    device = device_at(3)
    with device.store.alone(), Store(device.path, read_only=True) as reader:
        key = reader.courses.named("pensions").key
        assert len(reader.courses.visible(key)) > 5

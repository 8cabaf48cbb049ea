"""The store by itself: content by hash, transactions, words, and opening what should not be opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowband.errors import DamagedError, LockedError, NotHereError, StoreError
from lowband.store.blobs import PIECE
from lowband.store.store import Store
from tests.world import device_at, noise, quick_folder


@pytest.fixture
def store() -> Store:
    """An empty store."""
    return Store(quick_folder() / "store.db")


def test_the_pragmas_are_what_was_asked_for(store: Store) -> None:
    """A write-ahead log, synced at each commit; no statement of a plugin runs inside."""
    assert store.db.value("PRAGMA journal_mode") == "wal"
    assert store.db.value("PRAGMA synchronous") == 2
    assert store.db.value("PRAGMA auto_vacuum") == 2


def test_equal_bytes_are_one_blob(store: Store) -> None:
    """However often they are added, whole or in pieces."""
    data = noise(1, 3000)
    first = store.blobs.add(data)
    assert store.blobs.add(data) == first
    other = store.blobs.start(len(data))
    for at in range(0, len(data), 700):
        store.blobs.write(other, at, data[at : at + 700])
    assert store.blobs.finish(other) == first
    assert store.db.value("SELECT count(*) FROM blob") == 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, PIECE * 2), st.integers(0, PIECE * 2 + 10), st.integers(0, PIECE * 2 + 10))
def test_any_range_of_a_blob(size: int, start: int, length: int) -> None:
    """A range is what slicing the bytes gives, across pieces and past the end."""
    data = (b"0123456789abcdef" * (PIECE // 8))[:size]
    with Store(quick_folder() / "store.db") as store:
        blob = store.blobs.add(data)
        assert b"".join(store.blobs.read(blob, start, length)) == data[start : start + length]
        assert store.blobs.bytes_of(blob) == data
        assert store.blobs.sound(blob)


def test_a_damaged_piece_is_an_error_that_names_its_entry() -> None:
    """Never wrong bytes: each byte of a kept piece turned is found out when it is read."""
    device = device_at(3)
    piece, kept, path = device.store.db.one(
        "SELECT p.id, p.kept, e.path FROM piece p JOIN entry e ON e.blob=p.blob WHERE e.path='04-lesson.md'"
    )
    blob = device.store.db.value("SELECT blob FROM entry WHERE path=?", path)
    right, found = device.store.blobs.bytes_of(blob), 0
    for at in range(len(kept)):
        wrong = kept[:at] + bytes([kept[at] ^ 1 << at % 8]) + kept[at + 1 :]
        device.store.db.run("UPDATE piece SET kept=? WHERE id=?", wrong, piece)
        try:
            assert device.store.blobs.bytes_of(blob) == right
        except DamagedError as problem:
            assert path in problem.line()  # noqa: PT017
            found += 1
    print(f"bytes at rest turned: {len(kept)}, found out {found}, the others without effect")
    assert found > len(kept) * 0.9


def test_an_unfinished_blob_is_not_reachable(store: Store) -> None:
    """Until it is finished its hash is unknown to all."""
    blob = store.blobs.start(10)
    store.blobs.write(blob, 0, b"half")
    assert store.blobs.about(blob) == (None, 10)
    with pytest.raises(DamagedError):
        store.blobs.bytes_of(blob)
    assert not store.blobs.sound(blob)


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    """An error in the middle leaves nothing; nested ones join the outer."""

    def cut_short() -> None:
        with store.db.transaction():
            store.choose("a", "1")
            with store.db.transaction():
                store.choose("b", "2")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cut_short()
    assert (store.setting("a"), store.setting("b")) == ("", "")
    with store.db.transaction():
        store.choose("a", "1")
    assert store.setting("a") == "1"


def test_what_another_process_holds_is_told_apart(store: Store) -> None:
    """A store whose write lock is held answers E-LOCKED after its patience, not a traceback."""
    store.db.run("PRAGMA busy_timeout=50")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LockedError):
        store.choose("a", "1")
    other.execute("ROLLBACK")
    other.close()
    store.choose("a", "1")


@pytest.mark.parametrize("content", [b"x" * 5000, b"SQLite format 3\0" + b"\xff" * 5000, b"\0" * 5000])
def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    """Garbage in the store's place: one of our errors, and its bytes stay."""
    path = tmp_path / "store.db"
    path.write_bytes(content)
    with pytest.raises(StoreError):
        Store(path)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    """And so is a store that is opened to be read only and was never made."""
    for read_only in (True, False):
        with pytest.raises(StoreError):
            Store(tmp_path / "nowhere" / "store.db", read_only=read_only)


def test_read_only_writes_nothing() -> None:
    """A reader can look at all, and change nothing."""
    device = device_at(3)
    device.store.close()
    before = device.path.read_bytes()
    with Store(device.path, read_only=True) as reader:
        assert reader.courses.named("pensions").edition == 3
        with pytest.raises(StoreError):
            reader.choose("a", "1")
    assert device.path.read_bytes() == before


def test_freed_room_goes_back_to_the_disk() -> None:
    """After a course of 47 kB gave way to three texts the file shrank."""
    from lowband.sync.choice import Choice
    from tests.world import pensions

    device = device_at(5)
    before = device.path.stat().st_size
    device.sync(pensions().files, choice=Choice(("core",)))
    device.store.close()
    assert device.path.stat().st_size < before - 20_000


def test_search_finds_words_without_their_accents_and_forgets_what_went(store: Store) -> None:
    """Accents folded, beginnings of words; an entry let go of is no longer found; any words are only words."""
    device = device_at(5)
    course = device.store.courses.named("pensions").key
    new, gone = device.store.words.stale(course)
    assert gone == []
    for held in new:
        device.store.words.add(course, held, "Leçon", "La sécurité sociale" if held.path == "04-lesson.md" else "")
    assert [h.path for h in device.store.words.search("securite soc")] == ["04-lesson.md"]
    assert device.store.words.stale(course) == ([], [])
    device.store.words.forget(course, "core", "04-lesson.md")
    assert device.store.words.search("securite") == []
    for words in ('"', "NEAR(a b)", "a AND", "*", "title:", "-", 'a"b', "\x00", "(", "x" * 5000):
        device.store.words.search(words)


def test_courses_and_catalogues_that_are_not_here_are_said_so(store: Store) -> None:
    """By name."""
    with pytest.raises(NotHereError):
        store.courses.named("nothing")
    with pytest.raises(NotHereError):
        store.catalogues.get(bytes(32))

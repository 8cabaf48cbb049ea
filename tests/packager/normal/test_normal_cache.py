"""The cache of normal forms and the pool that fills it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowband.packager.normal import Normal, NormalCache, normal_form, normalise_all
from tests.packager.normal.made import archive, dies, jpeg, members, png, stalls


def _files(folder: Path, files: dict[str, bytes]) -> list[tuple[str, Path]]:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [(name, folder / name) for name in files]


def _zip(word: str) -> bytes:
    return archive({"a.txt": word.encode() * 300})


def test_a_source_seen_before_keeps_its_normal_form(tmp_path: Path) -> None:
    """What was remembered is answered, whatever today's libraries would make."""
    cache, source = NormalCache(tmp_path), png()
    cache.put(cache.key("a.png", source), Normal(b"of an older library", True, ""))
    assert cache.normal_form("b.png", source) == Normal(b"of an older library", True, "")


def test_reasons_are_remembered_without_bytes(tmp_path: Path) -> None:
    """A file left alone is known next time, with its reason and its own bytes."""
    cache, source = NormalCache(tmp_path), png() + b"more"
    assert cache.normal_form("a.png", source) == Normal(source, False, "data around it")
    (kept,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept.stat().st_size < 200
    assert cache.get(cache.key("a.png", source), source) == Normal(source, False, "data around it")


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "garbage"])
def test_a_damaged_value_is_made_again(tmp_path: Path, damage: str) -> None:
    """A value cut, flipped or replaced is noticed by its hash and written anew."""
    cache, source = NormalCache(tmp_path), png()
    good = cache.normal_form("a.png", source)
    (kept,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    whole = kept.read_bytes()
    bad = {"cut": whole[:-3], "flip": whole[:-1] + bytes([whole[-1] ^ 1]), "empty": b"", "garbage": b"[1]\n2"}[damage]
    kept.write_bytes(bad)
    assert cache.get(cache.key("a.png", source), source) is None
    assert cache.normal_form("a.png", source) == good
    assert kept.read_bytes() == whole


def test_all_files_are_answered_and_again_without_a_worker(tmp_path: Path) -> None:
    """Each name is answered once, twins are made once, and a second run starts no work at all."""
    files = {"a.png": png(), "twin.png": png(), "b.zip": _zip("b"), "c.txt": b"text", "d.pdf": b"%PDF-no"}
    paths = _files(tmp_path / "course", files)
    cache = NormalCache(tmp_path / "cache")
    told: list[tuple[str, int]] = []
    first = dict(normalise_all(paths, cache, progress=lambda name, size: told.append((name, size))))
    assert first == {name: normal_form(name, data) for name, data in files.items()}
    assert sorted(told) == sorted((name, len(data)) for name, data in files.items())
    assert dict(normalise_all(paths, cache, work=dies)) == first
    assert list(dict(normalise_all(paths, cache))) == list(files)


def test_a_worker_that_dies_costs_only_its_file(tmp_path: Path) -> None:
    """The file that kills a worker is left alone and named; the others are done."""
    files = {f"{n}.zip": _zip(f"word{n}") for n in range(4)}
    files["bad.zip"] = b"PK\x03\x04 die"
    found = dict(normalise_all(_files(tmp_path / "c", files), NormalCache(tmp_path / "k"), work=dies))
    assert found.pop("bad.zip") == Normal(files["bad.zip"], False, "worker died")
    assert found == {name: Normal(files[name] + b"!", True, "") for name in found}
    assert len(found) == 4


def test_a_file_that_never_ends_is_given_up(tmp_path: Path) -> None:
    """A worker that finishes nothing in the time allowed is ended, and its file named."""
    files = {"ok.zip": _zip("word"), "bad.zip": b"PK\x03\x04 stall"}
    found = dict(normalise_all(_files(tmp_path / "c", files), NormalCache(tmp_path / "k"), work=stalls, stall=3))
    assert found["bad.zip"].why_not == "too slow"
    assert found["ok.zip"].rewritten


def test_stopping_early_leaves_no_worker(tmp_path: Path) -> None:
    """Closing the iterator, as Ctrl-C does, ends the workers; what was finished is remembered."""
    import multiprocessing

    files = {f"{n}.zip": _zip(f"word{n}") for n in range(6)}
    cache = NormalCache(tmp_path / "k")
    run = normalise_all(_files(tmp_path / "c", files), cache)
    name, normal = next(run)
    run.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []
    assert cache.get(cache.key(name, files[name]), files[name]) == normal


@pytest.mark.parametrize("picture", [png(), jpeg()])
def test_an_edited_deck_keeps_the_normal_form_of_its_pictures(tmp_path: Path, picture: bytes) -> None:
    """A picture seen inside one deck is answered from memory in the next, whatever today's libraries would make."""
    cache = NormalCache(tmp_path)
    cache.normal_form("a.pptx", archive({"[Content_Types].xml": b"<T/>", "p": picture, "t": b"one" * 99}))
    older = Normal(picture + b"as an older library made it", True, "")
    assert cache.get(cache.key("p", picture), picture) == normal_form("p", picture)
    cache.put(cache.key("p", picture), older)
    edited = cache.normal_form("a.pptx", archive({"[Content_Types].xml": b"<T/>", "p": picture, "t": b"two" * 99}))
    assert members(edited.data)["p"] == older.data

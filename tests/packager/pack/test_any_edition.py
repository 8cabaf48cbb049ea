"""Whatever became of a course between two editions, the bundle gives exactly the new one."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lowband.errors import UnsafeNameError
from lowband.packager.pack import Content, pack_bundle
from tests.packager.pack.applier import apply_bundle
from tests.packager.pack.made import edition, noise, prose

LAYERS = ("core", "core.en", "core.fr", "full", "full.fr")
PATHS = ("a.md", "A.md", "1/a.md", "2/b.md", "2/c.md", "2/é.md", "10/p.png", "3/x.mp4", "b", ".lowband/plan")


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Text, edited text, noise, nothing, or the like of each other."""
    seed = draw(st.integers(0, 5))
    text = prose(seed, draw(st.sampled_from((0, 1, 20, 400))))
    at = draw(st.integers(0, len(text)))
    edit = draw(st.sampled_from((b"", b"new words", noise(seed, 60), noise(seed, 3000))))
    return text[:at] + edit + text[at:]


def trees() -> st.SearchStrategy[dict[str, bytes]]:
    """Entries by `layer:path`."""
    names = st.builds("{}:{}".format, st.sampled_from(LAYERS), st.sampled_from(PATHS))
    return st.dictionaries(names, bodies(), max_size=12)


def made(number: int, files: dict[str, bytes]) -> Content | None:
    """The edition, or None when its names clash on some systems."""
    content = edition(number, files)
    try:
        content.listing("core")
    except UnsafeNameError:
        return None
    return content


@settings(max_examples=60, deadline=None)
@given(trees(), trees(), st.sets(st.sampled_from(tuple(range(12)))))
def test_every_pair_of_editions_is_bridged(old: dict[str, bytes], new: dict[str, bytes], kept: set[int]) -> None:
    """Added, edited, removed, moved, copied, between layers: base and bundle give the new edition."""
    names = list(old)
    carried = {names[n]: old[names[n]] for n in kept if n < len(names)}
    base, after = made(1, old), made(2, {**new, **carried})
    if base is None or after is None:
        return
    for start in (base, None):
        with tempfile.TemporaryDirectory() as folder:
            result = pack_bundle(start, after, Path(folder))
            apply_bundle(start, after, result)


@settings(max_examples=20, deadline=None)
@given(trees(), trees())
def test_a_device_without_a_language_needs_nothing_of_it(old: dict[str, bytes], new: dict[str, bytes]) -> None:
    """A device with `core`, `core.fr`, `full` and `full.fr` takes the bundle without ever asking for English."""
    base, after = made(1, old), made(2, new)
    if base is None or after is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        result = pack_bundle(base, after, Path(folder))
        for layers in (("core",), ("core", "core.fr"), ("core", "full"), ("core", "core.fr", "full", "full.fr")):
            apply_bundle(base, after, result, layers)


def test_an_equal_edition_costs_its_header_only(tmp_path: Path) -> None:
    """No layer, no group: nothing changed."""
    files = {"core:1/a.md": prose(1), "full:1/p.png": noise(1, 500)}
    result = pack_bundle(edition(1, files), edition(2, files), tmp_path)
    assert (result.groups, result.changed, result.length) == (0, 0, 10)


def test_the_same_editions_give_the_same_bytes(tmp_path: Path) -> None:
    """One library version, one answer, however many frames are made side by side."""
    old = edition(1, {f"core:{n}/a.md": prose(n, 3000) for n in range(20)})
    new = edition(2, {f"core:{n + 1}/a.md": prose(n, 3000) + b"!" for n in range(20)})
    seen = set()
    for processes in (1, 2, 3):
        made = pack_bundle(old, new, tmp_path, processes=processes)
        seen.add(made.parts[0].read_bytes())
    assert len(seen) == 1

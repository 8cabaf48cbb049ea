"""The normal form of anything at all: an answer, the same each time."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowband.packager.normal import HEAD, Normal, NormalCache, kind_of, normal_form, normalise_all
from tests.packager.normal.made import archive, document_pdf, jpeg, png

SUFFIXES = ["a.pdf", "a.zip", "a.pptx", "a.png", "a.jpg", "a.html", "a.ipynb", "a.svg", "a.doc", "a.xyz", ""]
SEEDS = [
    png(),
    jpeg(),
    document_pdf(1, 5),
    archive({"mimetype": b"application/x", "a.xml": b"<a/>" * 50, "p.png": png()}),
    b"<img src='data:image/png;base64,",
]


def _steady(name: str, data: bytes) -> Normal:
    normal = normal_form(name, data)
    assert normal == normal_form(name, data)
    assert normal_form(name, normal.data).data == normal.data
    assert normal.rewritten == (normal.data != data)
    assert not (normal.rewritten and normal.why_not)
    opened = normal_form(name, data, open_pictures=True)
    assert normal_form(name, opened.data, open_pictures=True).data == opened.data
    return normal


@given(st.sampled_from(SUFFIXES), st.sampled_from([b"", *(seed[:8] for seed in SEEDS)]), st.binary(max_size=600))
@settings(max_examples=150, deadline=None)
def test_any_bytes_have_a_normal_form(name: str, head: bytes, tail: bytes) -> None:
    """Any bytes under any name, with any known beginning, give an answer, and the answer's answer is itself."""
    _steady(name, head + tail)


@given(st.sampled_from(SEEDS), st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_files_have_a_normal_form(seed: bytes, data: st.DataObject) -> None:
    """A flipped, cut or repeated part of a real file gives an answer, never a traceback."""
    broken = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(broken) - 1))
        broken[at] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(1, len(broken)))
    source = bytes(broken[:cut]) if data.draw(st.booleans()) else bytes(broken)
    # Not held to itself: pages with a damaged font are not drawn alike twice, and what is not alike is left alone.
    normal = normal_form("a.bin", source)
    assert normal.rewritten or normal.data == source


def test_kind_is_told_by_content() -> None:
    """A wrong suffix does not mislead; text is told by its suffix alone; a film has no kind."""
    told = [kind_of("a.txt", seed[:HEAD]) for seed in SEEDS]
    assert told == ["png", "jpeg", "pdf", "zip", ""]
    assert kind_of("A.HTML", b"<p>") == "text"
    assert kind_of("a.mp4", b"\0\0\0\x18ftypmp42") == ""


CORPORA = Path(os.environ.get("LOWBAND_CORPORA") or Path(__file__).parents[4] / "shared" / "corpora")


@pytest.mark.slow
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the real courses are not here: set LOWBAND_CORPORA to their folder")
def test_every_real_file_is_proven_or_named(tmp_path: Path) -> None:
    """Over all real courses each file is rewritten, has nothing to rewrite, or is named; counts are printed."""
    found = sorted(path for path in CORPORA.rglob("*") if path.is_file())
    paths = [(str(path.relative_to(CORPORA)), path) for path in found]
    cache = NormalCache(tmp_path)
    counts: Counter[tuple[str, str]] = Counter()
    for name, normal in normalise_all(paths, cache):
        kind = kind_of(name, normal.data[:HEAD])
        counts[kind, "rewritten" if normal.rewritten else normal.why_not or "nothing to do"] += 1
        assert normal.data == normal_form(name, normal.data).data
    for (kind, what), count in sorted(counts.items()):
        print(f"{kind or 'other':8} {what:20} {count:6}")
    assert sum(counts.values()) == len(paths)
    assert counts["pdf", "rewritten"] > 100
    assert counts["", "nothing to do"] == sum(count for (kind, _), count in counts.items() if not kind)

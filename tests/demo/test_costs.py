"""What whole files cost, and the comparison of what came out with what was published."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from lowband.demo.costs import compare, whole_files


def folder(at: Path, files: dict[str, bytes]) -> dict[str, Path]:
    """A course folder with those files."""
    for name, content in files.items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_bytes(content)
    return {name: at / name for name in files}


def test_whole_files_are_new_content_only_and_deflated_where_smaller(tmp_path: Path) -> None:
    """A file that moved costs nothing, a copy once, a text deflated, noise as it is."""
    noise = os.urandom(1000)
    old = folder(tmp_path / "old", {"a.md": b"a" * 500, "b.md": b"b" * 500})
    new = folder(tmp_path / "new", {"c.md": b"a" * 500, "d.md": b"d" * 5000, "e.md": b"d" * 5000, "f.bin": noise})
    found = whole_files(old, new)
    assert (found.files, found.size) == (2, 6000)
    assert 1000 < found.bytes < 1100
    assert whole_files(new, new).bytes == 0


def test_comparison_tells_same_normal_form_and_different(tmp_path: Path) -> None:
    """Equal files, a normal form, another content, a lacking file and one too many are told apart."""
    published = folder(tmp_path / "p", {"a.md": b"a", "b.pdf": b"b", "c.pdf": b"c", "gone.md": b"g"})
    folder(tmp_path / "e", {"a.md": b"a", "b.pdf": b"B", "c.pdf": b"x", "sub/more.md": b"m"})

    def normal(files: Sequence[tuple[str, Path]]) -> Iterable[tuple[str, bytes]]:
        assert [path for path, _ in files] == ["b.pdf", "c.pdf"]
        return [(path, file.read_bytes().upper()) for path, file in files]

    found = compare(published, tmp_path / "e", normal)
    assert (found.same, found.normal) == (1, 1)
    assert sorted(found.differ) == ["c.pdf", "gone.md", "sub/more.md"]

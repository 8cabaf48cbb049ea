"""Folders that cannot be published are refused by name; any contents of files are survived."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowband.errors import SourceError
from lowband.model.course import read_structure
from lowband.packager.scan import scan
from lowband.packager.scan.outline import read_yaml, yaml_steps
from tests.packager.scan.made import made


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["aux.md"], ("aux.md", "rename")),
        (["a?.md"], ("a?.md", "rename")),
        (["Lesson.md", "lesson.md"], ("Lesson.md", "lesson.md", "rename")),
        (["end. "], ("end. ", "rename")),
        (["x" * 120 + "/" + "y" * 120], ("longer", "rename")),
        (["/".join("abcdefghijklmnopqrst")], ("too many folders",)),
    ],
)
def test_names_that_some_system_cannot_keep_are_refused(
    tmp_path: Path, names: list[str], words: tuple[str, ...]
) -> None:
    """The publisher, not a participant, learns of a bad name, and is told to rename it."""
    with pytest.raises(SourceError) as refused:
        scan(made(tmp_path, dict.fromkeys(names, "x")))
    assert all(word in str(refused.value) for word in words), str(refused.value)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A file name that is not UTF-8 is named and refused."""
    with open(os.fsencode(tmp_path) + b"/caf\xe9.md", "w") as f:
        f.write("x")
    with pytest.raises(SourceError):
        scan(tmp_path)


def test_names_from_a_mac_are_put_in_one_form(tmp_path: Path) -> None:
    """A decomposed name (macOS) is published composed, so that every device has one name."""
    made(tmp_path, {unicodedata.normalize("NFD", "café.md"): "# C"})
    source = scan(tmp_path)
    assert [f.path for f in source.files] == ["café.md"]
    assert source.files[0].file.read_text() == "# C"


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_folder_with_nothing_in_it_is_refused(tmp_path: Path, name: str) -> None:
    """No folder, and an empty one, each say so."""
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    with pytest.raises(SourceError):
        scan(tmp_path / name)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without read permission stops the publishing by name (asked of the system, as root may read all)."""
    made(tmp_path, {"secret.md": "x"})
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SourceError, match=r"secret\.md"):
        scan(tmp_path)


@given(st.text(max_size=300))
def test_any_text_is_an_outline_or_none(text: str) -> None:
    """The outline reader never raises, and its steps are texts."""
    assert all(isinstance(step.target, str) for step in yaml_steps(read_yaml(text)))


@given(
    st.lists(
        st.sampled_from(["- ", "a: ", "  ", "\n", "x", "'", "[", "]", "|", "!!python/x", "# c", ": ", "-"]), max_size=40
    )
)
def test_any_half_outline_is_read(parts: list[str]) -> None:
    """Broken YAML gives what can be understood."""
    assert isinstance(read_yaml("".join(parts)), dict | list | None)


NAMES = "a.md b.html SUMMARY.md _toc.yml mkdocs.yml docs/x.md fr/a.md q.gift c.rst config.yaml"
BYTES = [b"nav:\n - a.md\n", b"- [A](a.md)\n", b"---\ntitle: [\n---\n# \xff", b"\xff\xfe#\0 \0A\0"]


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES.split(" ")), st.binary(max_size=200) | st.sampled_from(BYTES), min_size=1))
def test_any_contents_scan(files: dict[str, str | bytes]) -> None:
    """Whatever the files hold, each lands in exactly one layer and has a title that may be shown."""
    with tempfile.TemporaryDirectory() as folder:
        source = scan(made(Path(folder), files))
        assert sorted(f.path for f in source.files) == sorted(files)
        assert source.lessons
        assert read_structure({s.path: s.data for s in source.structure})[1] == source.lessons

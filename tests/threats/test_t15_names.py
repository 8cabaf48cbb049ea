"""T15: no name in a course can leave its folder, hit a device, or be two names on one system and one on another.

The lists are git's t1014 and t7450, Microsoft's device names, and Syncthing's TestWindowsInvalidFilename.
"""

from __future__ import annotations

import unicodedata

import pytest

from lowband.errors import UnsafeNameError
from lowband.model.names import MAX_DEPTH, MAX_PATH, check_names, why_unsafe

WAY_OUT = ["..", ".", "", "/", "/etc/passwd", "../x", "a/../b", "a/..", "a/./b", "a//b", "a/", "~/../x", "./a"]
GIT = [".git", ".GIT", ".Git/config", "git~1", "GIT~2", "git~11/x", "a/.git/hooks/post-checkout", ".git ", ".git."]
GIT_HIDDEN = ["\u200c.Git", ".gI\u200cT", ".GiT\u200c", ".g\u200d\ufeffit", ".gi\u202et", ".\u2069git"]
GIT_WINDOWS = [".\\.GIT\\foobar", ".git\\foobar", ".git...:alternate-stream", ".git::$INDEX_ALLOCATION", "git~1:x"]
DEVICES = ["CON", "con", "PRN", "AUX", "NUL", "nul", "COM1", "com9", "LPT1", "lpt9", "COM0", "LPT0"]
DEVICES_MORE = ["COM¹", "COM²", "LPT³", "CONIN$", "CONOUT$", "nul.txt", "nul.jpg.txt", "Con.tar.gz", "aux.", "a/nul/b"]
WINDOWS = ["foo>bar.txt", "foo<bar", 'a"b', "a|b", "a?b", "a*b", "C:", "C:/x", "c:x", "a:b", "foo \\bar.txt", "a\\b"]
EDGES = ["foo ", "foo.", "foo./bar.txt", "foo /bar.txt", " foo", "a/ b", "foo. ", "foo .", "..."]
CONTROL = ["a\0b", "a\nb", "a\rb", "a\tb", "a\x1bb", "a\x7fb", "a\x85b", "\x9b31m", "a\u2028b", "a\u2029b"]
HIDDEN = [
    "a\u200bb",
    "a\u061cb",
    "a\u2060b",
    "a\u202egpj.exe",
    "\ufeffa",
    "a\u2066b",
    "a\ue000b",
    "a\ud800b",
    "\udfffa",
    "a\U000f0000b",
]
TOO_MUCH = ["x" * (MAX_PATH + 1), "é" * (MAX_PATH // 2 + 1), "/".join("a" * (MAX_DEPTH + 1))]
NOT_NFC = ["e\u0301", "a/\u1100\u1161", unicodedata.normalize("NFD", "leçon/été.md"), "\u212b"]
ALL = [WAY_OUT, GIT, GIT_HIDDEN, GIT_WINDOWS, DEVICES, DEVICES_MORE, WINDOWS, EDGES, CONTROL, HIDDEN, TOO_MUCH, NOT_NFC]


@pytest.mark.parametrize("path", [path for paths in ALL for path in paths])
def test_an_unsafe_name_is_refused(path: str) -> None:
    """Each name of the lists is refused by itself, at the end of a path, and as a folder on the way."""
    assert why_unsafe(path)
    for whole in (path, f"lessons/{path}", f"{path}/x"):
        with pytest.raises(UnsafeNameError):
            check_names([whole], "test")


@pytest.mark.parametrize(
    "pair",
    [
        ("README.md", "readme.md"),
        ("a/B/c", "A/b/C"),
        ("straße", "STRASSE"),
        ("ﬁle", "file"),
        ("Ⅳ", "iv"),
        ("ſ", "s"),
        ("K", "k"),
        ("same", "same"),
    ],
)
def test_two_names_that_some_system_takes_for_one_are_refused(pair: tuple[str, str]) -> None:
    """Names that differ only by case or by form are refused together, in either order."""
    for paths in (pair, pair[::-1]):
        with pytest.raises(UnsafeNameError):
            check_names(paths, "test")


@pytest.mark.parametrize("paths", [("a", "a/b"), ("a/b", "a"), ("A", "a/b"), ("x/y/z", "X/Y"), ("é", "É/a")])
def test_a_file_that_is_also_a_folder_is_refused(paths: tuple[str, str]) -> None:
    """No path goes through another, whatever its case."""
    with pytest.raises(UnsafeNameError):
        check_names(paths, "test")


def test_the_refusal_cannot_move_the_cursor() -> None:
    """A hostile name is shown with its control characters made visible."""
    with pytest.raises(UnsafeNameError) as refusal:
        check_names(["a\x1b[2Jb"], "layer core")
    assert "\x1b" not in str(refusal.value)
    assert refusal.value.facts["place"] == "layer core"

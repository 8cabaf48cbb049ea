"""A course folder as scanned: files with kind and language, and what their texts say, each text read once.

1. Everything here follows from the files alone; two machines with the same folder answer the same.
2. Only titles and links of a text are kept, never the text: a course may hold more text than memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lowband.errors import SourceError
from lowband.packager.scan.kinds import READABLE, extension, kind_of
from lowband.packager.scan.languages import Mark, languages_of
from lowband.packager.scan.outline import read_yaml
from lowband.packager.scan.texts import Paths, front_matter, heading, plain, pretty, read_text, targets
from lowband.packager.scan.walk import Found

_NO_TITLES = frozenset(("fixme", "todo", "untitled", "title"))


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text says of itself."""

    title: str = ""  # of its front matter
    heading: str = ""
    targets: tuple[str, ...] = ()


class Tree:
    """The files of a course and what is known of them."""

    def __init__(self, found: Iterable[Found], declared: Iterable[str] = ()) -> None:
        self.found: Mapping[str, Found] = {f.path: f for f in found}
        self.kinds: Mapping[str, str] = {path: self._kind(f) for path, f in self.found.items()}
        self.marks: Mapping[str, Mark] = languages_of(self.kinds, declared)
        self.paths = Paths(self.found)
        self._facts: dict[str, Facts] = {}

    def text(self, path: str) -> str:
        """The text of `path`; empty when the course has no such file. Raises `SourceError` when it cannot be read."""
        if path not in self.found:
            return ""
        try:
            return read_text(self.found[path].file)
        except OSError as error:
            raise SourceError(name=path, detail=f"it cannot be read ({error.strerror})") from error

    def yaml(self, path: str) -> dict[str, Any]:
        """The outline in `path`, when it is a mapping; else empty."""
        value = read_yaml(self.text(path))
        return value if isinstance(value, dict) else {}

    def facts(self, path: str) -> Facts:
        """Title and links of `path`; nothing for files that are no Markdown, HTML or reStructuredText."""
        if path not in self._facts:
            self._facts[path] = self._read_facts(path) if extension(path) in READABLE else Facts()
        return self._facts[path]

    def title(self, path: str) -> str:
        """What to call `path`: front matter, first heading, else its name."""
        facts = self.facts(path)
        return facts.title or facts.heading or pretty(self.marks[path].key)

    def named(self, *names: str) -> Iterator[str]:
        """The paths whose file name is one of `names` (lower case), nearest to the root first."""
        hits = (path for path in self.found if path.rpartition("/")[2].lower() in names)
        yield from sorted(hits, key=lambda p: (p.count("/"), p))

    def _read_facts(self, path: str) -> Facts:
        text = self.text(path)
        value = front_matter(text).get("title")
        title = plain(value) if isinstance(value, str) else ""
        return Facts("" if title.lower() in _NO_TITLES else title, heading(path, text), tuple(targets(text)))

    @staticmethod
    def _kind(found: Found) -> str:
        try:
            return kind_of(found.path, found.file)
        except OSError as error:
            raise SourceError(name=found.path, detail=f"it cannot be read ({error.strerror})") from error

"""Full-text search over what is on this device: accents folded, all languages, snippets (SQLite FTS5).

1. The index follows the content: an entry whose blob changed is indexed again, one that went is let go.
2. Words asked for are data, never FTS5 syntax.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lowband.store.courses import Courses, Held
from lowband.store.db import Db

MARK = ("\x02", "\x03")
"""Around the words found, in snippets; control characters, so that no text can hold them."""

TextOf = Callable[[str, bytes], tuple[str, str]]
"""Title and text of an entry's bytes; two empty texts for what has no words."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where the words were found."""

    course: int
    layer: str
    path: str
    title: str
    snippet: str


class Words:
    """The search index."""

    def __init__(self, db: Db, courses: Courses) -> None:
        self._db = db
        self._courses = courses

    def stale(self, course: int) -> tuple[list[Held], list[tuple[str, str]]]:
        """Entries to index, and (layer, path) to let go."""
        known = {
            (layer, path): blob
            for layer, path, blob in self._db.all("SELECT layer, path, blob FROM indexed WHERE course=?", course)
        }
        visible = {(h.layer, h.path): h for h in self._courses.visible(course)}
        new = [h for at, h in visible.items() if known.get(at) != h.blob]
        gone = [at for at in known if at not in visible or known[at] != visible[at].blob]
        return new, gone

    def add(self, course: int, held: Held, title: str, text: str) -> None:
        """Index one entry; with two empty texts, only remember that there was nothing to index."""
        line = 0
        if title or text:
            row = (title, text, course, held.layer, held.path)
            sql = "INSERT INTO words (title, body, course, layer, path) VALUES (?,?,?,?,?)"
            line = self._db.run(sql, *row).lastrowid or 0
        self._db.run("INSERT INTO indexed VALUES (?,?,?,?,?)", course, held.layer, held.path, held.blob, line)

    def forget(self, course: int, layer: str, path: str) -> None:
        """Let go of one entry's words."""
        where = "course=? AND layer=? AND path=?"
        line = self._db.value(f"SELECT line FROM indexed WHERE {where}", course, layer, path)
        if line:
            self._db.run("DELETE FROM words WHERE rowid=?", line)
        self._db.run(f"DELETE FROM indexed WHERE {where}", course, layer, path)

    def search(self, words: str, most: int = 20) -> list[Hit]:
        """The best places for all of `words`; each also matches as the beginning of a longer word."""
        terms = [term for term in words.replace('"', " ").split() if any(c.isalnum() for c in term)]
        if not terms:
            return []
        asked = " ".join(f'"{term}"*' for term in terms)
        sql = (
            "SELECT course, layer, path, title, snippet(words, 1, ?, ?, '…', 16) FROM words WHERE words MATCH ?"
            " ORDER BY bm25(words, 4.0, 1.0) LIMIT ?"
        )
        return [Hit(*row) for row in self._db.all(sql, *MARK, asked, most)]

"""The order of lessons when nobody wrote it down: by names, as a person would sort them.

1. README or index first, then what introduces, then numbers, then names; what is an appendix comes last.
2. A folder's `.pages` (mkdocs) or the like goes before names.
3. Translations of one lesson stand together: a language's folder or ending is no part of the order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from lowband.packager.scan.kinds import LESSON_KINDS, extension, words
from lowband.packager.scan.outline import yaml_steps
from lowband.packager.scan.tree import Tree

Part = tuple[int, int, tuple[tuple[int, int, str], ...]]

_PROJECT = re.compile(
    r"(?i:licen[cs]e|copying|contributing|code[-_ ]of[-_ ]conduct|changelog|requirements|robots|404|"
    r"(pull_request|issue)_template)|SUMMARY|LICENSE[-.].*"
)
_NO_LESSONS = re.compile(
    r"\..*|img|imgs|images?|pics|pictures?|figures?|figs?|assets?|static|css|js|fonts?|icons?|overrides|data|datasets?|"
    r"samples?|sample[-_ ]?data|code|libs?|scripts?|bin|node_modules|vendor|_site|_build|_static|_templates?|_layouts|"
    r"_includes|_sass|_data|_plugins"
)
_INDEX = ("index", "readme", "_index")
_FIRST = words(
    "welcome bienvenue bienvenida introduction intro introducción introdução introduccion introducao start getting"
    " overview about home prerequisites before setup preface syllabus"
)
_LAST = words(
    "appendix appendices annex annexe annexes anexo anexos extra extras glossary glossaire glosario glossário reference"
    " references références faq archive archives bibliography bibliographie credits old instructor instructors profiles"
    " discuss template templates"
)
_NUMBERED = re.compile(
    r"(\d|(lesson|leçon|lecon|lección|leccion|lição|licao|module|módulo|modulo|unit|unité|unidad|unidade|chapter|chapitre|"
    r"capítulo|capitulo|session|sesión|sessão|week|semaine|semana|day|jour|día|dia|part|partie|parte|step|étape|paso|etapa)"
    r"[-_ .]?\d)"
)
_SHOUTED = re.compile(r"[A-Z][A-Z_-]{3,}")


def is_lesson(tree: Tree, path: str) -> bool:
    """True for what a learner opens: text, quizzes, documents, media; not project papers, nor parts of other files."""
    *folders, name = path.split("/")
    kind = tree.kinds[path]
    if kind not in LESSON_KINDS or name.startswith(".") or any(_NO_LESSONS.fullmatch(f.lower()) for f in folders):
        return False
    if _PROJECT.fullmatch(_stem(name)):
        return False
    indexes = (f"{path[: -len(name)]}index.{ext}" for ext in ("md", "html", "rst"))
    return _stem(name).lower() != "readme" or not any(index in tree.found for index in indexes)


class Natural:
    """Sorts the paths of `tree` as a person would."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._pages = {path.rpartition("/")[0]: tree.yaml(path) for path in tree.named(".pages")}
        self._listed = {folder: _positions(pages) for folder, pages in self._pages.items()}

    def key(self, path: str) -> tuple[tuple[Part, ...], str, str]:
        """Sort by this. Of translations, the one without language is first; the path makes every key its own."""
        lang, steps = self._tree.marks[path].lang, self._tree.marks[path].steps
        last = len(steps) - 1
        parts = tuple(self._part(folder, name, n == last, path) for n, (folder, name) in enumerate(steps))
        return parts, lang, path

    def sort(self, paths: Iterable[str]) -> list[str]:
        """`paths` in order."""
        return sorted(paths, key=self.key)

    def module_title(self, folder: str) -> str:
        """What `.pages` calls `folder`; empty when it does not."""
        title = self._pages.get(folder, {}).get("title")
        return title if isinstance(title, str) else ""

    def _part(self, folder: str, name: str, is_file: bool, path: str) -> Part:
        listed = self._listed.get(folder)
        place = 0
        if listed:
            actual = path.rpartition("/")[2] if is_file else name
            place = listed.get(actual, listed.get("...", len(listed)))
        return place, _class(name, is_file), natural(_stem(name) if is_file else name) + natural(extension(name))


def _positions(pages: Mapping[str, object]) -> dict[str, int]:
    steps = yaml_steps(pages.get("nav", pages.get("arrange", [])))
    names: dict[str, int] = {}
    for step in steps:
        names.setdefault(step.target.strip("/"), len(names))
    return names


def _class(name: str, is_file: bool) -> int:
    """0 index, 1 introduction, 2 numbered, 3 file, 4 folder, 5 appendix, 6 a project paper IN CAPITALS."""
    stem = _stem(name) if is_file else name
    low = unicodedata.normalize("NFC", stem.lower())
    first = re.split(r"[-_. ]", low.lstrip("_"), maxsplit=1)[0]
    if is_file and low in _INDEX:
        return 0
    if _NUMBERED.match(low):
        return 2
    if first in _FIRST:
        return 1
    if first in _LAST:
        return 5
    shouted = is_file and _SHOUTED.fullmatch(stem)
    return 6 if shouted else 3 if is_file else 4


def _stem(name: str) -> str:
    ext = extension(name)
    return name[: -len(ext) - 1] if ext else name


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key in which `IRM-2` comes before `IRM-10`, and accents and case do not matter."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    parts = re.split(r"([0-9]{1,18})", bare)
    return tuple((0, int(p), "") if n % 2 else (1, 0, p) for n, p in enumerate(parts) if p)

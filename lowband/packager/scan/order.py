"""The lessons of a course in learning order, from what its author wrote down, else from names.

1. course.toml's `order` comes first, then the authoring tool's table of contents, a README's links, and names.
2. What the author listed is a lesson, whatever it is; a lesson forgotten there comes after, in natural order.
3. A listed lesson brings its translations along, next to it.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from lowband.errors import SourceError
from lowband.packager.scan.coursefile import NAME
from lowband.packager.scan.natural import Natural, is_lesson
from lowband.packager.scan.outline import Step, link_steps, yaml_steps
from lowband.packager.scan.texts import plain, pretty
from lowband.packager.scan.tree import Tree

_SANDPAPER = ("episodes", "learners", "instructors", "profiles")


@dataclass(frozen=True, slots=True)
class Placed:
    """A lesson in its place; title and module are what a table of contents calls them, or empty."""

    path: str
    title: str = ""
    module: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """A table of contents: its lessons, and the folders (`""` = all) outside which nothing is a lesson."""

    lessons: tuple[Placed, ...]
    roots: tuple[str, ...] = ("",)


def lessons_of(tree: Tree, order: Sequence[str] = ()) -> tuple[Placed, ...]:
    """The lessons in learning order, translations side by side. Raises `SourceError` for a wrong `order`."""
    natural = Natural(tree)
    contents = _contents(tree, order, natural)
    listed = _with_translations(tree, contents.lessons)
    taken = {p.path for p in listed}
    rest = [p for p in _candidates(tree, contents.roots) if p not in taken]
    placed = (*_side_by_side(tree, listed), *map(Placed, natural.sort(rest)))
    base = _base([p.path for p in placed])
    return tuple(p if p.module else replace(p, module=_module(tree, natural, p.path, base)) for p in placed)


def _candidates(tree: Tree, roots: Iterable[str]) -> list[str]:
    """What may be a lesson; when nothing looks like one, everything that is no structure of a tool."""
    inside = [path for path in tree.found if any(path.startswith(root) for root in roots)]
    found = [path for path in inside if is_lesson(tree, path)]
    if not found:
        found = [path for path in inside if tree.kinds[path] in ("text", "quiz", "document", "media", "image")]
    return found or [path for path in inside if path != NAME]


def _contents(tree: Tree, order: Sequence[str], natural: Natural) -> Contents:
    if order:
        return _written(tree, order, natural)
    readers: tuple[Callable[[Tree], Contents | None], ...] = (_summary, _toc, _mkdocs, _quarto, _sandpaper, _readme)
    return next((found for read in readers if (found := read(tree))), Contents(()))


def _written(tree: Tree, order: Sequence[str], natural: Natural) -> Contents:
    """course.toml's order; a folder there means its lessons."""
    out: list[Placed] = []
    for name in order:
        clean = name.replace("\\", "/").removeprefix("./").strip("/")
        inside = [p for p in tree.found if p.startswith(clean + "/")]
        if clean in tree.found:
            out.append(Placed(clean))
        elif inside:
            out += map(Placed, natural.sort(p for p in inside if is_lesson(tree, p)))
        else:
            near = difflib.get_close_matches(clean, tree.found, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SourceError(name=NAME, detail=f"order names {name}, which is not in the folder{hint}")
    return Contents(_once(out))


def _summary(tree: Tree) -> Contents | None:
    """SUMMARY.md of mdBook and GitBook; one for each language where there are several."""
    found = list(tree.named("summary.md"))
    files = [p for p in found if p.count("/") == found[0].count("/")]
    out: list[Placed] = []
    for file in files:
        out += _resolved(tree, link_steps(tree.text(file)), [_folder(file)])
    return Contents(_once(out), tuple(map(_folder, files))) if out else None


def _toc(tree: Tree) -> Contents | None:
    """_toc.yml of Jupyter Book."""
    return _outline(tree, tree.named("_toc.yml", "_toc.yaml"), lambda value: value)


def _quarto(tree: Tree) -> Contents | None:
    """_quarto.yml: the chapters of a book."""

    def chapters(value: object) -> object:
        book = value.get("book") if isinstance(value, dict) else None
        return book.get("chapters") if isinstance(book, dict) else None

    return _outline(tree, tree.named("_quarto.yml", "_quarto.yaml"), chapters)


def _outline(tree: Tree, files: Iterator[str], pick: Callable[[object], object]) -> Contents | None:
    for file in files:
        steps = yaml_steps(pick(tree.yaml(file)))
        if out := _resolved(tree, steps, [_folder(file)]):
            return Contents(_once(out), (_folder(file),))
    return None


def _mkdocs(tree: Tree) -> Contents | None:
    """mkdocs.yml: `nav`, and the folder that holds the pages; with one folder a language where it is set up so."""
    for file in tree.named("mkdocs.yml", "mkdocs.yaml"):
        value = tree.yaml(file)
        docs = value.get("docs_dir")
        root = f"{_folder(file)}{docs.strip('./') if isinstance(docs, str) else 'docs'}/"
        inside = [p for p in tree.found if p.startswith(root)]
        if inside:
            tongues = sorted({p[len(root) :].partition("/")[0] for p in inside if tree.marks[p].lang})
            folders = [root, *(f"{root}{tongue}/" for tongue in tongues)]
            return Contents(_once(_resolved(tree, yaml_steps(value.get("nav", [])), folders)), (root,))
    return None


def _sandpaper(tree: Tree) -> Contents | None:
    """config.yaml of The Carpentries' workbench: lists of names in folders, the index before them."""
    value = tree.yaml("config.yaml")
    if "episodes" not in value or not any(p.startswith("episodes/") for p in tree.found):
        return None
    out = [Placed("index.md")] if "index.md" in tree.found else []
    natural = Natural(tree)
    for name in _SANDPAPER:
        folder = f"{name}/"
        listed = _resolved(tree, yaml_steps(value.get(name) or []), [folder])
        rest = natural.sort(p for p in tree.found if p.startswith(folder) and is_lesson(tree, p))
        out += (replace(p, module=name.capitalize()) for p in (*listed, *map(Placed, rest)))
    return Contents(_once(out), ("episodes/",))


def _readme(tree: Tree) -> Contents | None:
    """The links of a README or index at the root, when they lead to at least half of what may be a lesson."""
    candidates = set(_candidates(tree, ("",)))
    for file in ("README.md", "readme.md", "index.md", "index.html", "README.rst"):
        links = [p for t in tree.facts(file).targets if (p := tree.paths.find(t, ""))] if file in tree.found else []
        listed = [p for p in dict.fromkeys(links) if p in candidates and p != file]
        if len(listed) >= 2 and 2 * len(listed) >= len(candidates) - 1:
            first = [Placed(file)] if is_lesson(tree, file) else []
            return Contents((*first, *map(Placed, listed)))
    return None


def _resolved(tree: Tree, steps: Iterable[Step], folders: Sequence[str]) -> list[Placed]:
    """The files that `steps` mean, seen from each of `folders`; steps that lead elsewhere are passed over."""
    out: list[Placed] = []
    for step in steps:
        hits = (tree.paths.find(step.target, folder, (folder,)) for folder in folders if "://" not in step.target)
        for path in dict.fromkeys(p for p in hits if p):
            own = len(folders) == 1
            out.append(Placed(path, plain(step.title) if own else "", plain(step.module) if own else ""))
    return out


def _with_translations(tree: Tree, listed: Iterable[Placed]) -> list[Placed]:
    """`listed`, each followed by its translations that are not listed themselves."""
    twins: dict[str, list[str]] = defaultdict(list)
    for path in tree.found:
        twins[tree.marks[path].key].append(path)
    placed = list(listed)
    taken = {p.path for p in placed}
    out: list[Placed] = []
    for p in placed:
        mark = tree.marks[p.path]
        others = [t for t in twins[mark.key] if t not in taken and tree.marks[t].lang != mark.lang]
        taken.update(others)
        out += (p, *(Placed(other) for other in sorted(others)))
    return out


def _side_by_side(tree: Tree, listed: Iterable[Placed]) -> list[Placed]:
    """An order written language by language, dealt out so that each language's first lesson comes first, and so on.

    A lesson without language stays after all that stood before it."""
    counts: dict[str, int] = {}
    floor = 0
    keyed: list[tuple[int, Placed]] = []
    for p in listed:
        lang = tree.marks[p.path].lang
        place = counts.get(lang, floor) if lang else max(counts.values(), default=floor)
        if lang:
            counts[lang] = place + 1
        else:
            floor, counts = place + 1, {}
        keyed.append((place, p))
    return [p for _, p in sorted(keyed, key=lambda k: k[0])]


def _module(tree: Tree, natural: Natural, path: str, base: int) -> str:
    """The part of the course that `path` stands in: its first folder below what all lessons share."""
    folders = tree.marks[path].steps[:-1]
    if len(folders) <= base:
        return ""
    above, name = folders[base]
    actual = "/".join(filter(None, (above, name)))
    return plain(natural.module_title(actual)) or pretty(name, folder=True)


def _base(paths: Sequence[str]) -> int:
    """How many folders all lessons share."""
    split = [p.split("/")[:-1] for p in paths]
    shared = 0
    while split and all(len(s) > shared and s[shared] == split[0][shared] for s in split):
        shared += 1
    return shared


def _once(placed: Iterable[Placed]) -> tuple[Placed, ...]:
    first: dict[str, Placed] = {}
    for p in placed:
        first.setdefault(p.path, p)
    return tuple(first.values())


def _folder(path: str) -> str:
    """The folder of `path` with its slash; empty at the root."""
    return path[: path.rfind("/") + 1]

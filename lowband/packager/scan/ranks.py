"""What a learner needs next: the rank of every file.

1. (1, lesson, …) texts lesson by lesson with the small data they show; (2, …) other small text;
   (3, lesson, …) pictures and documents lesson by lesson; (4, …) other pictures and documents;
   (5, lesson, …) heavy media. (0,) is left for the structure.
2. A file that several lessons use belongs to the first of them.
3. No two files have one rank: the last number is the file's place in the order of paths.
"""

from __future__ import annotations

from collections.abc import Sequence

from lowband.model.course import Lesson
from lowband.packager.scan.kinds import layer_of
from lowband.packager.scan.tree import Tree

HEAVY = 8 * 1024 * 1024  # bytes: beyond them a picture or document waits with the media
TEXT, NOTES, SHOWN, OTHER, MEDIA = 1, 2, 3, 4, 5


def ranks_of(tree: Tree, lessons: Sequence[Lesson]) -> dict[str, tuple[int, ...]]:
    """Path → rank, for every file of `tree`."""
    own = {lesson.path: number for number, lesson in enumerate(lessons)}
    used: dict[str, tuple[int, int]] = {}
    for number, lesson in enumerate(lessons):
        for nth, path in enumerate(uses(tree, lesson.path), 1):
            if path not in own:
                used.setdefault(path, (number, nth))
    ranks: dict[str, tuple[int, ...]] = {}
    for place, path in enumerate(sorted(tree.found, key=str.encode)):
        lesson_place = (own[path], 0) if path in own else used.get(path)
        late = (len(lessons), 0)
        ranks[path] = (_class(tree, path, lesson_place is not None), *(lesson_place or late), place)
    return ranks


def uses(tree: Tree, path: str) -> list[str]:
    """The files of the course that the text `path` shows or links to, in order."""
    folder = path[: path.rfind("/") + 1]
    hits = (tree.paths.find(target, folder) for target in tree.facts(path).targets)
    return [hit for hit in dict.fromkeys(hits) if hit and hit != path]


def _class(tree: Tree, path: str, in_lesson: bool) -> int:
    kind, size = tree.kinds[path], tree.found[path].size
    if layer_of(kind, size) == "core":
        return TEXT if in_lesson else NOTES
    if kind == "media" or size > HEAVY:
        return MEDIA
    return SHOWN if in_lesson else OTHER

"""Made-up courses of any size, the same on every machine.

1. Text is drawn from a small vocabulary, so that it packs as prose does; media are noise, as compressed media are.
2. Media are written by pieces: a course of gigabytes takes no memory to make.
"""

from __future__ import annotations

import random
from pathlib import Path

SAID = """the law of a country says who is insured and what is paid when work stops illness age birth or loss
each office keeps its register and sends what changed to the next one every month with a list of open cases
participants read the lesson answer four questions and write down how their own office would decide and why"""
WORDS = SAID.split()
PIECE = 1 << 20


def text_course(folder: Path, lessons: int, *, words: int = 300) -> None:
    """A course of `lessons` Markdown files, a hundred to a chapter, some `words` words each."""
    dice = random.Random(lessons)
    for number in range(lessons):
        chapter = folder / f"{number // 100 + 1:03}-chapter"
        chapter.mkdir(parents=True, exist_ok=True)
        body = prose(dice, words)
        (chapter / f"{number % 100 + 1:02}-lesson.md").write_text(f"# Lesson {number + 1}\n\n{body}\n", "utf-8")


def large_course(folder: Path, size: int) -> None:
    """A course of `size` bytes: one in a hundred is text, the rest recordings of up to 64 MiB."""
    text_course(folder, max(3, size // 200_000))
    media = folder / "media"
    media.mkdir()
    left, number = size - size // 100, 0
    while left > 0:
        take = min(left, 64 << 20)
        noise(media / f"recording-{number:03}.mp4", take, number)
        left, number = left - take, number + 1


def revise(folder: Path, seed: int) -> None:
    """Another edition, in place: every tenth lesson grows, of ten recordings one is replaced and one altered."""
    dice = random.Random(seed)
    for path in sorted(folder.rglob("*.md"))[::10]:
        path.write_text(path.read_text("utf-8") + "\n" + prose(dice, 20) + "\n", "utf-8")
    recordings = sorted((folder / "media").glob("*.mp4"))
    for number, path in enumerate(recordings):
        if number % 10 == 0:
            noise(path, path.stat().st_size, seed * 1000 + number)
        elif number % 10 == 1:
            with path.open("r+b") as target:
                target.seek(path.stat().st_size // 2)
                target.write(dice.randbytes(min(PIECE, path.stat().st_size // 4)))


def prose(dice: random.Random, words: int) -> str:
    """Sentences of a dozen words."""
    drawn = [dice.choice(WORDS) for _ in range(words)]
    return "\n".join(" ".join(drawn[at : at + 12]).capitalize() + "." for at in range(0, words, 12))


def noise(path: Path, size: int, seed: int) -> None:
    """A file of `size` bytes that nothing packs."""
    dice = random.Random(seed)
    with path.open("wb") as target:
        while size > 0:
            target.write(dice.randbytes(min(PIECE, size)))
            size -= PIECE

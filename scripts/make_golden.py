"""Make the golden depot of the present format: a small catalogue that every later lowband must read.

1. It is made once for each format and never again: the signatures in it are by keys that are thrown away.
2. Course `real` comes from the packager; course `kinds` is spelled by hand and has every kind of prefix and of put.

    python scripts/make_golden.py tests/golden/format-1
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from lowband.bundle.format import Move, NewRun, NewSlice, OldRun, OldSlice, Put, Table
from lowband.model.depot import HEAD
from tests.world import Device, Files, World, lesson, noise, prose
from tests.world_forge import Bundle, core_of, full, group, layer, publish, put


def _real(world: World) -> None:
    files: Files = {f"{n:02}-lesson.md": lesson(n, 40) for n in range(1, 5)}
    files |= {
        "fr/01-lesson.md": lesson(51, 40),
        "film.mp4": noise(1, 3000),
        "empty.md": b"",
        "sound.mp3": noise(2, 300),
    }
    world.publish("real", files, small=256)
    files = files | {"02-lesson.md": files["02-lesson.md"] + b"More.\n", "copy.mp3": files["sound.mp3"]}
    world.publish("real", files, small=256)
    files["13-lesson.md"] = files.pop("03-lesson.md")
    del files["empty.md"]
    files["film.mp4"] = files["film.mp4"][:1000] + b"a new scene" + files["film.mp4"][1000:]
    world.publish("real", files, small=256)


def _kinds(world: World) -> None:
    base = world.publish("kinds", {"01-a.md": lesson(1, 40), "02-b.md": lesson(2, 40), "03-c.md": lesson(3, 40)})
    old = core_of(base)
    paths = sorted(old, key=str.encode)
    place = {path: n for n, path in enumerate(paths)}
    a, b = place["01-a.md"], place["02-b.md"]
    first = prose(7, 60)
    film = noise(9, 900)
    changed = old["02-b.md"] + b"One more sentence.\n"
    slice_ = old["01-a.md"][10:150]
    both = old["01-a.md"] + old["02-b.md"]
    pieces = [(Put("", a, 900, at, 300), film[at : at + 300]) for at in (0, 300, 600)]
    more = [(Put("film.mp4", 0, 900, at, 450), film[at : at + 450]) for at in (0, 450)]
    table = Table((place["03-c.md"],), (Move(b, "moved.md"),), (Put("new.md", 0, len(first), 0, len(first)),))
    groups = [
        group([put("new.md", first)], table, (OldRun(0, a, 2),), both),
        group(
            [(Put("", b, len(changed), 0, len(changed)), changed)],
            None,
            (OldSlice(0, a, 10, 140), NewRun(0, 0, 1)),
            slice_ + first,
        ),
        group(pieces[:2], None, (NewSlice(0, 0, 5, 100),), first[5:105]),
        group([*pieces[2:], *more], None, (NewRun(0, 1, 2),), changed + film[:300]),
    ]
    after = {p: c for p, c in old.items() if p != "03-c.md"}
    after |= {"moved.md": old["02-b.md"], "new.md": first, "02-b.md": changed, "01-a.md": film, "film.mp4": film}
    straight = full(after, [group([put(path, content)]) for path, content in sorted(after.items())])
    # Bytes after the last group make the delta the cheaper way.
    publish(
        world,
        "kinds",
        replace(straight, tail=bytes(4000)),
        Bundle(1, (layer("core", after, old),), tuple((0, g) for g in groups)),
    )


def main(target: Path) -> None:
    """Write the depot, the head of each moment, and the digests that a device must find."""
    world = World("Golden catalogue")
    heads: list[bytes] = []
    wanted: list[dict[str, dict[str, str]]] = []
    for make in (_real, _kinds):
        before = len(world.editions)
        make(world)
        heads += [made.depot[HEAD] for made in world.editions[before:]]
    heads.append(world.files[HEAD])
    for head in heads:
        device = Device().join(world.files)
        device.sync({**world.files, HEAD: head})
        courses = device.store.courses.all()
        wanted.append({c.name: {y: d.hex() for y, d in device.store.courses.layers(c.key).items()} for c in courses})
    for name, content in world.files.items():
        (target / "depot" / name).parent.mkdir(parents=True, exist_ok=True)
        (target / "depot" / name).write_bytes(content)
    for n, head in enumerate(heads):
        (target / f"head-{n}").write_bytes(head)
    (target / "digests.json").write_text(json.dumps(wanted, indent=1) + "\n")
    print(f"{len(heads)} moments, {sum(len(c) for c in world.files.values())} B")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

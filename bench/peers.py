"""What other tools send for the same update.

1. Every peer gets its best fair chance: sorted tars without times for the binary deltas, unchanged files with unchanged
   times for rsync, one thread and fixed dates for git, names and contents only for casync.
2. A figure is what a device would fetch: for rsync both directions of the wire, for casync new chunks and the index.
3. The same pair and versions give the same figures, so they may be kept in a cache by content and version.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import tars, tools
from bench.corpora import digests, files, fingerprint

GIT_DATE = "2000-01-01T00:00:00Z"
BSDIFF_LARGEST = 64 << 20  # above, its suffix sort wants over a gigabyte and many minutes


@dataclass(frozen=True, slots=True)
class Pair:
    """Two editions, their sorted tars, and an empty folder to work in."""

    old: Path
    new: Path
    old_tar: Path
    new_tar: Path
    work: Path


@dataclass(frozen=True, slots=True)
class Peer:
    """A way to send an update: its column's title, tool, rule; `extra` ones are shown but not compared against."""

    title: str
    tool: str | None
    cost: Callable[[Pair], int | None]
    recipe: str
    extra: bool = False


def whole_files(pair: Pair) -> int:
    """Every file whose content the device lacks (Kolibri, the Moodle App), deflated as a good web server would."""
    known = set(digests(pair.old).values())
    lacking = {digest: name for name, digest in digests(pair.new).items() if digest not in known}
    return sum(_on_the_wire((pair.new / name).read_bytes()) for name in lacking.values())


def _on_the_wire(content: bytes) -> int:
    return min(len(content), len(zlib.compress(content, 6)))


def rsync(pair: Pair) -> int:
    """Bytes both ways of `rsync -z` from the new tree onto the old one."""
    source, target = pair.work / "new", pair.work / "old"
    before = digests(pair.old)
    _copy(pair.old, target, {})
    _copy(pair.new, source, {name: int(before.get(name) != digest) for name, digest in digests(pair.new).items()})
    flags = ("-rtz", "--delete", "--no-whole-file", "--stats", "--no-human-readable")
    said = tools.run(("rsync", *flags, f"{source}/", f"{target}/")).decode()
    if digests(target) != digests(pair.new):
        raise tools.ToolError("rsync left a tree that is not the new one")
    return sum(int(count.replace(",", "")) for count in re.findall(r"Total bytes (?:sent|received): ([\d,]+)", said))


def _copy(folder: Path, target: Path, newer: dict[str, int]) -> None:
    """Copy a tree; times are alike everywhere but for the entries that `newer` marks with 1."""
    for name, path in files(folder):
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        os.utime(copy, (0, 10 * newer.get(name, 0)))


def git_thin_pack(pair: Pair) -> int:
    """A thin pack of what the new commit has and the old one lacks, as `git fetch` sends it."""
    git = ("git", "-C", str(pair.work), "-c", "pack.threads=1", "-c", "core.compression=9")
    tools.run(("git", "init", "-q", "--bare", str(pair.work)))
    old = _commit(git, pair.old, pair.work / "index-old", ())
    new = _commit(git, pair.new, pair.work / "index-new", ("-p", old))
    flags = ("--thin", "--stdout", "--revs", "--delta-base-offset", "--no-sparse", "--window=50", "--depth=50", "-q")
    return len(tools.run((*git, "pack-objects", *flags), given=f"{new}\n^{old}\n".encode()))


def _commit(git: Sequence[str], folder: Path, index: Path, parent: Sequence[str]) -> str:
    """Commit a tree's bytes as they are (no filters, no ignore files); the commit's name."""
    names, paths = zip(*files(folder), strict=True)
    objects = tools.run((*git, "hash-object", "-w", "--no-filters", "--stdin-paths"), given=_lines(paths))
    entries = zip(objects.decode().split(), names, strict=True)
    env = ("env", f"GIT_INDEX_FILE={index}", f"GIT_AUTHOR_DATE={GIT_DATE}", f"GIT_COMMITTER_DATE={GIT_DATE}")
    person = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    told = "".join(f"100644 {digest}\t{name}\0" for digest, name in entries).encode()
    tools.run((*env, *git, "update-index", "-z", "--add", "--index-info"), given=told)
    tree = tools.run((*env, *git, "write-tree")).decode().strip()
    return tools.run((*env, *git, *person, "commit-tree", "-m", "edition", *parent, tree)).decode().strip()


def _lines(paths: Sequence[Path]) -> bytes:
    return "".join(f"{path}\n" for path in paths).encode()


def casync(pair: Pair) -> int:
    """The chunks that the new tree adds to the old one's store, and the new index."""
    store, index = pair.work / "store.castr", pair.work / "new.caidx"
    make = ("casync", "make", "--without=all", f"--store={store}")
    tools.run((*make, pair.work / "old.caidx", pair.old))
    before = _bytes_in(store)
    tools.run((*make, index, pair.new))
    return _bytes_in(store) - before + index.stat().st_size


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for _, path in files(folder))


def xdelta3(pair: Pair) -> int:
    """VCDIFF with lzma and a source window that holds the whole old tar."""
    patch = pair.work / "patch.xdelta"
    window = 1 << max(26, pair.old_tar.stat().st_size.bit_length())
    flags = ("-e", "-9", "-S", "lzma", "-f", "-A=", f"-B{window}", f"-W{16 << 20}")
    tools.run(("xdelta3", *flags, "-s", pair.old_tar, pair.new_tar, patch))
    return patch.stat().st_size


def bsdiff(pair: Pair) -> int | None:
    """bsdiff of the tars; None where they are too large for its suffix sort."""
    if max(pair.old_tar.stat().st_size, pair.new_tar.stat().st_size) > BSDIFF_LARGEST:
        return None
    patch = pair.work / "patch.bsdiff"
    tools.run(("bsdiff", pair.old_tar, pair.new_tar, patch))
    return patch.stat().st_size


def zstd_patch(*level: str) -> Callable[[Pair], int]:
    """`zstd --patch-from` at the given level, with a window that holds both tars."""

    def cost(pair: Pair) -> int:
        patch = pair.work / "patch.zst"
        source = f"--patch-from={pair.old_tar}"
        tools.run(("zstd", "-q", "-f", *level, "--long=31", "--single-thread", source, pair.new_tar, "-o", patch))
        return patch.stat().st_size

    return cost


PEERS = (
    Peer("whole files", None, whole_files, "files whose content is new, deflated where that is smaller"),
    Peer("rsync -z", "rsync", rsync, "-rtz --no-whole-file, both ways"),
    Peer("git thin pack", "git", git_thin_pack, "pack-objects --thin --no-sparse, window 50, depth 50"),
    Peer("casync", "casync", casync, "make --without=all, new chunks and index"),
    Peer("xdelta3", "xdelta3", xdelta3, "-9 -S lzma on sorted tars, window over all of the old one"),
    Peer("bsdiff", "bsdiff", bsdiff, "on sorted tars"),
    Peer("zstd -19 patch", "zstd", zstd_patch("-19"), "-19 --long=31 --patch-from on sorted tars"),
    Peer("zstd -22 patch", "zstd", zstd_patch("--ultra", "-22"), "--ultra -22 --long=31, beside the rest", extra=True),
)


def measure(old: Path, new: Path, cache: Path | None = None) -> dict[str, int | None]:
    """Bytes by peer's title for one update; None where the tool is missing or the pair too large for it."""
    key = f"{fingerprint(old)}-{fingerprint(new)}"
    with tempfile.TemporaryDirectory(prefix="lowband-peers-") as folder:
        base = Path(folder)
        old_tar, new_tar = base / "old.tar", base / "new.tar"
        tars.write(old, old_tar)
        tars.write(new, new_tar)
        costs: dict[str, int | None] = {}
        for number, peer in enumerate(PEERS):
            work = base / str(number)
            work.mkdir()
            pair = Pair(old, new, old_tar, new_tar, work)
            costs[peer.title] = remembered(cache, f"{key}-{_identity(peer)}", partial(_cost, peer, pair))
            shutil.rmtree(work)
    return costs


def _cost(peer: Peer, pair: Pair) -> int | None:
    return None if peer.tool and tools.version(peer.tool) is None else peer.cost(pair)


def _identity(peer: Peer) -> str:
    version = tools.version(peer.tool) if peer.tool else ""
    return f"{peer.title}-{version}-{peer.recipe}"


def remembered(cache: Path | None, key: str, make: Callable[[], int | None]) -> int | None:
    """The figure kept in `cache` under `key`, else a fresh one, which is then kept; missing tools are not kept."""
    if cache is None:
        return make()
    kept = cache / (hashlib.sha256(key.encode()).hexdigest()[:32] + ".json")
    if kept.exists():
        return int(json.loads(kept.read_text("utf-8"))["bytes"])
    value = make()
    if value is not None:
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({"key": key, "bytes": value}), "utf-8")
    return value


def best(costs: dict[str, int | None]) -> int | None:
    """The least of the peers that count; None when none could be measured."""
    extra = {peer.title for peer in PEERS if peer.extra}
    values = [value for title, value in costs.items() if value is not None and title not in extra]
    return min(values, default=None)

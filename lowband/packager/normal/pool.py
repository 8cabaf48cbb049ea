"""Many files to their normal forms, two processes sharing the cores.

1. What the cache knows is answered first and starts no process; the rest is done heaviest first.
2. A worker that dies or stalls costs only the file it was at: the suspects are tried once more, each alone.
3. Ctrl-C and an abandoned iterator end the workers; finished work is in the cache by then.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lowband.packager.normal.cache import NormalCache
from lowband.packager.normal.core import Normal, normal_form

Work = Callable[[str, bytes], Normal]

WEIGHT = {"png": 8, "pdf": 4, "zip": 4, "jpeg": 2, "text": 1, "ole": 1}
"""Seconds per byte, one kind beside another, to start the heaviest first."""

STALL = 900.0
"""Seconds without any file finished, after which the files in work are given up."""

MEMORY = 6 << 30
"""Bytes of address space of one worker, where the system can limit it."""


@dataclass(frozen=True)
class _Task:
    """One source to rewrite: its key in the cache, and the names and paths that hold it."""

    key: str
    files: tuple[tuple[str, Path, int], ...]

    @property
    def weight(self) -> int:
        return self.files[0][2] * WEIGHT[self.key.split("-")[1]]


def normalise_all(
    paths: Sequence[tuple[str, Path]],
    cache: NormalCache,
    *,
    processes: int = 2,
    progress: Callable[[str, int], None] | None = None,
    work: Work | None = None,
    stall: float = STALL,
) -> Iterator[tuple[str, Normal]]:
    """Each (name, path) of `paths` with its normal form: the known ones first in their order, then as they are done.

    `progress(name, size)` is called once per name, with the source's size in bytes. `work` must be importable by a
    fresh process; `stall` is in seconds. Raises OSError where a source cannot be read or the cache not written.
    """
    waiting: dict[str, list[tuple[str, Path, int]]] = {}
    for name, path in paths:
        data = path.read_bytes()
        key = cache.key(name, data)
        known = cache.get(key, data) if key else Normal(data, False, "")
        if known is None:
            waiting.setdefault(key, []).append((name, path, len(data)))
            continue
        if progress:
            progress(name, len(data))
        yield name, known
    work = work or partial(normal_form, open_pictures=cache.open_pictures, memory=cache)
    tasks = [_Task(key, tuple(files)) for key, files in waiting.items()]
    for task, died in _worked(tasks, cache, processes, work, stall):
        for name, path, size in task.files:
            if progress:
                progress(name, size)
            data = path.read_bytes()
            yield name, Normal(data, False, died) if died else cache.normal_form(name, data)


def _worked(
    tasks: list[_Task], cache: NormalCache, processes: int, work: Work, stall: float
) -> Iterator[tuple[_Task, str]]:
    """Every task with "" once its normal form is in the cache, or with the reason why its worker never finished."""
    todo = deque(sorted(tasks, key=lambda task: (-task.weight, task.key)))
    suspects: list[_Task] = []
    while todo:
        with _Crew(min(processes, len(todo)), cache, work, stall) as crew:
            yield from crew.run(todo, suspects)
    for task in suspects:
        with _Crew(1, cache, work, stall) as crew:
            again: list[_Task] = []
            yield from crew.run(deque([task]), again)
            if again:
                yield task, crew.verdict


class _Crew:
    """A pool of fresh processes that ends with its `with` block, whatever happened in it."""

    def __init__(self, size: int, cache: NormalCache, work: Work, stall: float) -> None:
        self.size, self.cache, self.work, self.stall = size, cache, work, stall
        self.verdict = ""
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(size, mp_context=context, initializer=_begin)

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, *_: object) -> None:
        workers = list((getattr(self._pool, "_processes", None) or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()

    def run(self, todo: deque[_Task], suspects: list[_Task]) -> Iterator[tuple[_Task, str]]:
        """Work through `todo`; when a worker dies or stalls, move what was in work to `suspects` and return."""
        running: dict[Future[None], _Task] = {}
        while todo or running:
            while todo and len(running) < self.size:
                task = todo.popleft()
                name, path, _ = task.files[0]
                running[self._pool.submit(_one, self.cache, name, path, self.work)] = task
            done, _ = wait(running, timeout=self.stall, return_when=FIRST_COMPLETED)
            if not done or any(isinstance(future.exception(), BrokenProcessPool) for future in done):
                self.verdict = "worker died" if done else "too slow"
                suspects += running.values()
                return
            for future in done:
                future.result()
                yield running.pop(future), ""


def _begin() -> None:
    """In a new worker: Ctrl-C is the parent's to handle, and memory is limited where that can be done."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard), hard))


def _one(cache: NormalCache, name: str, path: Path, work: Work) -> None:
    data = path.read_bytes()
    cache.put(cache.key(name, data), work(name, data))

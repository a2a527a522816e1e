"""Many replays at once, answered in the order in which they were given."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from service.replay.finding import Replayed

#: A process takes about a second to start; fewer replays than these are done by then.
_WORTH_A_PROCESS: Final = 40
#: Enough that a worker is rarely idle, few enough that progress is seen.
_CHUNK: Final = 8

One = Callable[[Path], Replayed]


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_processes(one: One, paths: Sequence[Path], jobs: int) -> Iterator[Replayed]:
    """For work of this machine; `one` must be something that another process can be given."""
    if jobs == 1 or len(paths) < _WORTH_A_PROCESS:
        yield from map(one, paths)
        return
    # Started afresh: a copy of a process with threads can hang.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(one, paths, chunksize=_CHUNK)


def in_threads(one: One, paths: Sequence[Path], jobs: int) -> Iterator[Replayed]:
    """For work of another machine; never more than `jobs` requests are on their way."""
    pool = ThreadPoolExecutor(jobs)
    try:
        yield from pool.map(one, paths)
    finally:
        # after a failure: what has not begun is dropped, since nobody would read its answers
        pool.shutdown(wait=True, cancel_futures=True)

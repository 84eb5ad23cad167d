"""A few threads that run kernels on ranges of rows.

Kernels release the interpreter lock, so threads of this process suffice. Work is cut into ranges by the
caller, from the size of the problem alone; results come back in the order of the ranges. Whatever the
number of threads, the arithmetic is the same.

``BYSTANDER_THREADS`` sets the number of threads; the default is the number of processors this process may
use, at most 8. A child made by ``fork`` starts its own threads.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")

_pool: ThreadPoolExecutor | None = None
_here = threading.local()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let everything called inside, on this thread, work on this thread alone."""
    before = getattr(_here, "alone", False)
    _here.alone = True
    try:
        yield
    finally:
        _here.alone = before


@contextmanager
def aside() -> Iterator[ThreadPoolExecutor]:
    """Let one more thread work beside this one; whoever leaves in between does not wait for it."""
    pool = ThreadPoolExecutor(1)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def thread_count() -> int:
    """Return the number of threads used."""
    if getattr(_here, "alone", False):
        return 1
    given = os.environ.get("BYSTANDER_THREADS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(available or 1, 8)


def ranges(size: int, parts: int) -> tuple[tuple[int, int], ...]:
    """Cut ``0 .. size - 1`` into that many consecutive ranges of nearly equal length, at least one."""
    parts = max(parts, 1)
    bounds = [size * k // parts for k in range(parts + 1)]
    return tuple(pairwise(bounds))


def shares(size: int, least: int) -> tuple[tuple[int, int], ...]:
    """Cut ``0 .. size - 1`` into a range for each thread, or into fewer that are not shorter than ``least``.

    For work whose results do not depend on how it is cut.
    """
    return ranges(size, min(thread_count(), size // least))


def run_ranges(task: Callable[[int, int], T], parts: Sequence[tuple[int, int]]) -> list[T]:
    """Call ``task(low, high)`` for every range, side by side, and return the results in order.

    The calling thread takes its share of the ranges, so that a task may itself call this function.
    """
    helpers = min(len(parts), thread_count()) - 1 if len(parts) > 1 else 0
    if helpers < 1:
        return [task(low, high) for low, high in parts]
    results: dict[int, T] = {}
    numbers = iter(range(len(parts)))

    def take_turns() -> None:
        for number in numbers:
            results[number] = task(*parts[number])

    waiting = [_threads().submit(take_turns) for _ in range(helpers)]
    take_turns()
    for helper in waiting:
        if not helper.cancel():
            helper.result()
    return [results[number] for number in range(len(parts))]


def run_each(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Call every task, side by side, and return the results in order; tasks that call this may not gain."""
    return run_ranges(lambda number, _: tasks[number](), ranges(len(tasks), len(tasks)) if tasks else ())


def _threads() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(max_workers=max(thread_count() - 1, 1), thread_name_prefix="bystander")
    return _pool


def _forget_threads() -> None:
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)

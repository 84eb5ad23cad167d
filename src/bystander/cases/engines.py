"""The one door to many cores and many machines.

A piece of work is a *task*, ``task(shared, payload) -> result`` (a function of a module, so that it can be
named to another process), something that all its calls share, and payloads by key. Results are handed to
``keep`` as they come, in any order, so that whoever keeps them on disk loses nothing that was finished,
whatever ends the work. A task is computed from its payload and what is shared alone, on one thread: the same
numbers for any number of workers and on either engine.

    here       one after the other, in this process
    threads    side by side in this process, each task on a thread of its own: nothing to begin, and kernels
               hold no interpreter; a task that kills its process kills this one
    processes  spawned: no memory, no threads and no locks are inherited; a pool whose worker dies is made
               again for what is left, `RESTARTS` times
    scheduler  a Dask scheduler at an address (the extra ``scale``): what is shared is sent to each worker
               once, payloads go in chunks of about `CHUNK_SECONDS`, at most `CHUNK` of them; a chunk whose
               worker dies goes to another

Cost: a spawned process takes about a second to begin, which `jobs` weighs against the work. Whoever can reach
a Dask scheduler can run code on its workers: use one that only you can reach
(docs/how-to/use-many-machines.md).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from bystander.errors import MissingExtraError, QueryError
from bystander.numerics.workers import one_thread, thread_count

Task = Callable[[Any, Any], Any]
Keep = Callable[[str, Any], None]

RESTARTS = 2
CHUNK, CHUNK_SECONDS = 50, 2.0
PATIENCE = 2e-4
"""Seconds for which a thread may hold the interpreter while another waits to start its next kernel."""
WAIT_SECONDS = 20.0
OUT_OF_TIME, DIED = "out of time", "a worker died repeatedly; is there enough memory?"
LOST = "the scheduler does not answer any more"

_scheduler: ContextVar[str] = ContextVar("scheduler", default="")


@contextmanager
def using_scheduler(address: str) -> Iterator[None]:
    """Send the work of everything called inside to a Dask scheduler; with "" nothing changes.

    Raises
    ------
    QueryError
        If the address is none.
    """
    if address:
        check_address(address)
    token = _scheduler.set(address or scheduler())
    try:
        yield
    finally:
        _scheduler.reset(token)


def scheduler() -> str:
    """Return the address in force, "" for none; ``BYSTANDER_SCHEDULER`` names one for a session."""
    return _scheduler.get() or os.environ.get("BYSTANDER_SCHEDULER", "")


def check_address(address: str) -> None:
    """Refuse what is no address of a scheduler."""
    parts = urlsplit(address)
    try:
        sound = (
            parts.scheme in {"tcp", "tls"} and bool(parts.hostname) and bool(parts.port) and not parts.path
        )
    except ValueError:
        sound = False
    if not sound:
        raise QueryError(
            f"'{address}' is no scheduler: write tcp://host:port, as `dask scheduler` prints it."
        )


def run_tasks(
    task: Task,
    shared: Any,
    payloads: Mapping[str, Any],
    keep: Keep,
    *,
    workers: int | None = None,
    deadline: float | None = None,
    threads: bool = False,
) -> str:
    """Run a task on every payload and hand each result to ``keep``.

    Parameters
    ----------
    workers
        Processes; as many as processors if None. One worker works in this process.
    deadline
        Time of `time.monotonic` after which nothing further is begun.
    threads
        Work on threads of this process instead: for tasks that are mostly kernels, and few.

    Returns
    -------
    str
        "" when everything was done, else why it ended.

    Raises
    ------
    MissingExtraError
        If a scheduler is asked for and Dask is not installed.
    QueryError
        If the scheduler cannot be reached.
    """
    if not payloads:
        return ""
    if scheduler():
        return _on_scheduler(scheduler(), task, shared, dict(payloads), keep, deadline)
    count = min(workers or thread_count(), len(payloads))
    if count <= 1:
        return _here(task, shared, payloads, keep, deadline)
    if threads:
        return _in_threads(task, shared, payloads, keep, deadline, count)
    left = dict(payloads)
    for _ in range(RESTARTS + 1):
        try:
            return _in_processes(task, shared, left, keep, deadline, count)
        except BrokenProcessPool:
            continue
    return DIED


def _here(task: Task, shared: Any, payloads: Mapping[str, Any], keep: Keep, deadline: float | None) -> str:
    for key, payload in payloads.items():
        if _late(deadline):
            return OUT_OF_TIME
        keep(key, task(shared, payload))
    return ""


def _in_threads(
    task: Task, shared: Any, payloads: Mapping[str, Any], keep: Keep, deadline: float | None, count: int
) -> str:
    """Work side by side on threads of this process; results are kept by the thread that called."""

    def call(payload: Any) -> Any:
        with one_thread():
            return task(shared, payload)

    waiting = list(payloads.items())[::-1]
    running: dict[Future[Any], str] = {}
    pool, patience = ThreadPoolExecutor(count, thread_name_prefix="bystander-task"), sys.getswitchinterval()
    sys.setswitchinterval(PATIENCE)
    try:
        while (waiting and not _late(deadline)) or running:
            while waiting and len(running) < count and not _late(deadline):
                key, payload = waiting.pop()
                running[pool.submit(call, payload)] = key
            done, _ = wait(running, timeout=1.0, return_when=FIRST_COMPLETED)
            for future in done:
                keep(running.pop(future), future.result())
    finally:
        sys.setswitchinterval(patience)
        pool.shutdown(wait=False, cancel_futures=True)
    return OUT_OF_TIME if waiting else ""


def _late(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() > deadline


_SHARED: list[Any] = []


def _begin(shared: Any) -> None:
    """Make a process ready: what is shared at hand, one thread, the interrupt key left to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["BYSTANDER_THREADS"] = "1"
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _SHARED[:] = [shared]


def _end_with_parent() -> None:
    """End this process once the one that asked for it is gone: nobody waits any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _call(task: Task, payload: Any) -> Any:
    return task(_SHARED[0], payload)


def _in_processes(
    task: Task, shared: Any, left: dict[str, Any], keep: Keep, deadline: float | None, count: int
) -> str:
    """Work on what is left, taking payloads off ``left`` as their results are kept."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(shared,))
    waiting = list(left.items())[::-1]
    running: dict[Future[Any], str] = {}
    hidden = _hide_main()
    try:
        while (waiting and not _late(deadline)) or running:
            while waiting and len(running) < 2 * count and not _late(deadline):
                key, payload = waiting.pop()
                running[pool.submit(_call, task, payload)] = key
            done, _ = wait(running, timeout=1.0, return_when=FIRST_COMPLETED)
            for future in done:
                key = running.pop(future)
                result = future.result()
                left.pop(key)
                keep(key, result)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        sys.modules["__main__"].__dict__.update(hidden)
    return OUT_OF_TIME if left else ""


def _hide_main() -> dict[str, Any]:
    """Keep spawned processes from running the program that called us, and return what to put back.

    A spawned process imports the main module again, so that a script or notebook without a guard would begin
    its own work once more in each. Tasks are functions of modules: nothing of the main module is needed.
    """
    main = sys.modules["__main__"].__dict__
    hidden: dict[str, Any] = {name: main[name] for name in ("__file__", "__spec__") if name in main}
    main.update({"__spec__": None})
    main.pop("__file__", None)
    return hidden


def _chunk(task: Task, shared: Any, payloads: list[tuple[str, Any]]) -> tuple[list[tuple[str, Any]], float]:
    """Results of a few payloads on a Dask worker, and the seconds that one took."""
    os.environ["BYSTANDER_THREADS"] = "1"
    began = time.perf_counter()
    results = [(key, task(shared, payload)) for key, payload in payloads]
    return results, (time.perf_counter() - began) / len(payloads)


def _on_scheduler(
    address: str, task: Task, shared: Any, left: dict[str, Any], keep: Keep, deadline: float | None
) -> str:
    try:
        from distributed import CancelledError, Client, KilledWorker, as_completed
        from distributed.comm import CommClosedError
    except ImportError as error:
        raise MissingExtraError("A scheduler needs Dask: pip install 'bystander[scale]'.") from error
    try:
        client = Client(address, timeout=WAIT_SECONDS, set_as_default=False)
    except OSError as error:
        raise QueryError(f"No Dask scheduler answers at {address}.") from error
    try:
        everywhere = client.scatter(shared, broadcast=True, hash=False)
        waiting, size, failures = list(left.items())[::-1], 1, 0
        running: dict[Any, list[tuple[str, Any]]] = {}
        coming = as_completed(loop=client.loop)

        def submit() -> None:
            chunk = [waiting.pop() for _ in range(min(size, len(waiting)))]
            future = client.submit(_chunk, task, everywhere, chunk, pure=False)
            running[future] = chunk
            coming.add(future)

        places = max(sum(client.nthreads().values()), 1)
        while (waiting and not _late(deadline)) or running:
            while waiting and len(running) < 2 * places and not _late(deadline):
                submit()
            future = next(coming)
            chunk = running.pop(future)
            if future.status == "error" and isinstance(future.exception(), KilledWorker):
                failures += 1
                if failures > RESTARTS:
                    return DIED
                waiting += chunk
                continue
            results, seconds = future.result()
            for key, result in results:
                left.pop(key)
                keep(key, result)
            size = max(
                1, min(CHUNK, int(CHUNK_SECONDS / max(seconds, 1e-6)), -(-len(waiting) // (2 * places)))
            )
        return OUT_OF_TIME if left else ""
    except (CancelledError, CommClosedError):
        return LOST
    finally:
        client.close()

"""How well tasks of a tenth of a second share two workers: ``python -m benchmarks.scale [--dask]``.

Efficiency is (time on one worker) / (2 x time on two), both measured in one run, one after the other, each
with its workers' beginning included. A task counts with the processor (no sleeping): sums of sines, sized
once to a tenth of a second on this machine.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from bystander.cases.engines import run_tasks, using_scheduler

SECONDS = 0.1


def turn(rounds: int, payload: int) -> float:
    """Do some arithmetic that does not gain from threads."""
    total = float(payload)
    numbers = np.arange(1.0, 2001.0)
    for _ in range(rounds):
        total += float(np.sin(numbers + total).sum())
    return total


def rounds_for(seconds: float) -> int:
    """How many rounds take this long."""
    began = time.perf_counter()
    turn(2000, 0)
    return max(1, int(2000 * seconds / (time.perf_counter() - began)))


def timed(rounds: int, tasks: int, workers: int) -> float:
    """Seconds that a pool of workers takes, from nothing to the last result."""
    found: dict[str, float] = {}
    began = time.perf_counter()
    run_tasks(turn, rounds, {str(i): i for i in range(tasks)}, found.__setitem__, workers=workers)
    assert len(found) == tasks
    return time.perf_counter() - began


def main() -> None:
    """Print seconds and efficiency."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--dask", action="store_true", help="also through a Dask scheduler with two workers")
    asked = parser.parse_args()
    rounds = rounds_for(SECONDS)
    one, two = timed(rounds, asked.tasks, 1), timed(rounds, asked.tasks, 2)
    print(f"{asked.tasks} tasks of {one / asked.tasks:.3f} s: one worker {one:.2f} s, two {two:.2f} s")
    print(f"efficiency on two spawned processes {one / two / 2:.2f}")
    if asked.dask:
        from distributed import LocalCluster

        with (
            LocalCluster(
                n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
            ) as cluster,
            using_scheduler(cluster.scheduler_address),
        ):
            through = timed(rounds, asked.tasks, 2)
            print(f"through Dask {through:.2f} s: efficiency {one / through / 2:.2f}")


if __name__ == "__main__":
    main()

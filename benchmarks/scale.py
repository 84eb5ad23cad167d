"""Many tasks: ``python -m benchmarks.scale [--dask] [--draws 300] [--table]``.

How well tasks of a tenth of a second share two workers, how long draws of Ferghana 2022 take, and a table.

Efficiency is (time on one worker) / (2 x time on two), both measured in one run, one after the other, each
with its workers' beginning included. A task counts with the processor (no sleeping): sums of sines, sized
once to a tenth of a second on this machine.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from bystander.cases.cases import solve_case
from bystander.cases.changes import Change
from bystander.cases.engines import run_tasks, using_scheduler
from bystander.cases.jobs import answer_changes
from bystander.cases.store import Store
from bystander.cases.templates import read_table, read_template
from bystander.evidence.pooled_table import PooledLikelihood
from bystander.policy.robustness import draw_parameters
from bystander.scenario import read_scenario

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


def draws(count: int, scheduler: str = "") -> tuple[float, list[Any]]:
    """Seconds that draws of Ferghana's headline outcomes take on two workers, and their answers."""
    scenario = read_scenario("crises/ferghana-2022")
    base = solve_case(scenario)
    asked = [name for name, outcome in scenario.outcomes.items() if outcome.headline]
    changes = [Change(draw=world) for world in draw_parameters(scenario, count, 0)]
    began = time.perf_counter()
    with using_scheduler(scheduler):
        done = answer_changes(
            base, changes, outcomes=asked, judgements=(), store=Store(None), workers=2, rough=True
        )
    return time.perf_counter() - began, [answers.outcomes for answers in done.answers if answers]


def table() -> tuple[int, float]:
    """Rows of the shipped study, and seconds of its likelihood with gradient once it has been weighed."""
    template = read_template("studies/requests-for-help")
    rows = read_table(template)
    likelihood = PooledLikelihood(rows, template.section.learn)
    written = np.array(list(likelihood.central().values()))
    for away in (1.0, 1.01):
        likelihood.at(written * away)
    began = time.perf_counter()
    likelihood.at(written * 1.02)
    return len(rows.rows), time.perf_counter() - began


def main() -> None:
    """Print seconds and efficiency."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--dask", action="store_true", help="also through a Dask scheduler with two workers")
    parser.add_argument("--draws", type=int, default=0, help="also this many draws of Ferghana 2022")
    parser.add_argument("--table", action="store_true", help="also the likelihood of the shipped table")
    asked = parser.parse_args()
    if asked.table:
        count, seconds = table()
        print(f"{count} cases, likelihood and gradient, warm: {seconds:.2f} s")
    here: list[Any] = []
    if asked.draws:
        seconds, here = draws(asked.draws)
        print(f"{asked.draws} draws on two workers: {seconds:.0f} s; 10,000: {_minutes(seconds, asked)}")
    if asked.tasks:
        rounds = rounds_for(SECONDS)
        one, two = timed(rounds, asked.tasks, 1), timed(rounds, asked.tasks, 2)
        print(f"{asked.tasks} tasks of {one / asked.tasks:.3f} s: one worker {one:.2f} s, two {two:.2f} s")
        print(f"efficiency on two spawned processes {one / two / 2:.2f}")
    if asked.dask:
        from distributed import LocalCluster

        with LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster:
            if asked.draws:
                seconds, there = draws(asked.draws, cluster.scheduler_address)
                said = "the same numbers" if there == here else "OTHER NUMBERS"
                print(f"through Dask {seconds:.0f} s, {said}; 10,000: {_minutes(seconds, asked)}")
            if asked.tasks:
                with using_scheduler(cluster.scheduler_address):
                    through = timed(rounds, asked.tasks, 2)
                print(f"through Dask {through:.2f} s: efficiency {one / through / 2:.2f}")


def _minutes(seconds: float, asked: argparse.Namespace) -> str:
    return f"about {seconds / asked.draws * 10_000 / 60:.0f} min"


if __name__ == "__main__":
    from benchmarks import scale  # tasks are sent by the name of their module, which "__main__" is not

    scale.main()

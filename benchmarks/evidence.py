"""How fast a record is weighed: ``python -m benchmarks.evidence [--large] [--msm FOLDER]``.

*Likelihood* of 50 dated observations (moves and readings in turn, one class covered) on 65,536 situations
under a behaviour that is known, and its gradient in every branch's rate as a multiple of it; then both at
other numbers, where the behaviour has to be found first (from the one before), and its gradient be taken back
through the equilibrium to every number of the game. The record of Ferghana under a known behaviour, warm, as
it is and with readings of the front between its observations until there are 60; with ``--large`` a record
of 2,000 observations on 65,536 situations, with the memory taken.

With ``--msm FOLDER`` (a folder with ``msm_cav.csv``, the columns of R's data set ``cav``): our likelihood of
622 patients beside that of R's msm in the same run, if Rscript and msm are installed.
"""

from __future__ import annotations

import argparse
import csv
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.families import random_crisis
from bystander.derivatives.implicit import linearise, number_gradients
from bystander.equilibrium.solve import solve
from bystander.evidence.binding import Bound
from bystander.evidence.checking import known_by
from bystander.evidence.filtering import run_filter
from bystander.evidence.layout import History, LaidRecord
from bystander.evidence.likelihood import Likelihood, per_option
from bystander.evidence.reading import read_record
from bystander.evidence.record import MoveClass, Observation, Record, Window
from bystander.evidence.tables import parse_table
from bystander.evidence.timeline import timeline
from bystander.process.chain import make_chain
from bystander.scenario import read_scenario, read_text

GAP = 14.0
R_CODE = """
library(msm)
q <- rbind(c(-0.5, 0.25, 0, 0.25), c(0.166, -0.498, 0.166, 0.166), c(0, 0.25, -0.5, 0.25), c(0, 0, 0, 0))
f <- function() msm(state ~ years, subject = PTNUM, data = cav, qmatrix = q, deathexact = 4, fixedpars = TRUE)
f(); t <- system.time(for (i in 1:10) m <- f())[["elapsed"]] / 10
cat(format(m$minus2loglik, digits = 15), t)
"""


def best_of(work: Callable[[], Any], times: int = 3) -> float:
    """Return the least of some timings, in seconds."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


def large(count: int) -> None:
    """Weigh a record of so many observations on 65,536 situations."""
    game = random_crisis([4] * 8, 6, hazards=10, actions=24)
    equilibrium = solve(game).require_converged()
    moves = [move.name for move in game.moves]
    owner = game.moves[-1].owner
    observations = []
    for k in range(count):
        moment = (k + 1) * GAP
        if k % 2:
            levels = {game.situations.names[0]: game.situations.level_names[0][:2]}
            observations.append(Observation(f"o{k}", "level", moment, moment, levels=levels, error=0.1))
        else:
            observations.append(Observation(f"o{k}", "move", moment, moment, of="any"))
    record = Record(
        "A record",
        tuple(observations),
        windows=(Window(f"{owner}.*", 0.0, (count + 1) * GAP, 0.5),),
        classes={"any": MoveClass((moves[len(moves) // 2], moves[0]))},
        dated=False,
        begin=0.0,
    )
    steps = timeline(record, "", observations)
    laid = LaidRecord(record, (Bound(game, record),), (History("", tuple(steps)),))
    chain = make_chain(equilibrium)

    def weigh(slopes: bool = False) -> Any:
        return run_filter(laid, [chain.branch_rate], [chain.start], slopes=slopes)

    def anew(slopes: bool = False) -> Any:
        there = solve(moved, warm=equilibrium)
        at = make_chain(there)
        found = run_filter(laid, [at.branch_rate], [at.start], slopes=slopes)
        if slopes:
            number_gradients(linearise(there), [per_option(at, found.branch_slopes[0])])

    moved = replace(game, numbers=replace(game.numbers, flow_worth=1.05 * game.numbers.flow_worth))
    times = 3 if count < 100 else 1
    for work, what in ((weigh, "under known behaviour"), (anew, "at other numbers")):
        work(True)
        one, two = best_of(work, times), best_of(partial(work, True), times)
        print(
            f"{count} observations, {game.size:,} situations, {what}: {one:.2f} s; with gradient {two:.2f} s"
        )
        print(f"  {two / one:.1f} likelihoods")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"  log-likelihood {weigh().log_likelihood:.3f}; peak memory {peak:.2f} GB")


def ferghana(wanted: int) -> None:
    """Weigh the shipped record under Ferghana 2022, filled up with readings between its observations."""
    scenario = read_scenario("crises/ferghana-2022")
    record, _ = known_by(read_record("kyrgyz-tajik-border"), scenario.as_of)
    moments = sorted(each.begin for each in record.observations)
    gaps = np.linspace(moments[0] + 0.3, moments[-1], wanted - len(moments) + 2)[1:-1]
    levels = {"front": tuple(scenario.variables["front"].level_names)[:1]}
    readings = [Observation(f"r{k}", "level", at, at, levels=levels, error=0.3) for k, at in enumerate(gaps)]
    observations = (*record.observations, *readings)
    for observed in (record, replace(record, observations=observations)):
        likelihood = Likelihood(scenario, observed)
        equilibria = likelihood.equilibria({})
        found = likelihood.filtered_under(equilibria)
        seconds = best_of(partial(likelihood.filtered_under, equilibria))
        print(
            f"Ferghana, {len(observed.observations)} observations, {equilibria[0].game.size:,} situations: "
            f"log-likelihood {found.log_likelihood:.3f}, warm {seconds:.3f} s"
        )


def transplants(folder: Path) -> None:
    """Weigh the heart transplant data beside msm."""
    levels = ["well", "mild", "severe", "dead"]
    rates = {
        (0, 1): 0.25,
        (0, 3): 0.25,
        (1, 0): 0.166,
        (1, 2): 0.166,
        (1, 3): 0.166,
        (2, 1): 0.25,
        (2, 3): 0.25,
    }
    text = "bystander: 1\ntitle: cav\nas_of: 2020-01-01\nhorizon: 1 year\nvariables:\n"
    text += (
        f"  stage: {{levels: [{', '.join(levels)}], start: {{{', '.join(f'{x}: 0.25' for x in levels)}}}}}\n"
    )
    text += (
        "parameters:\n" + "".join(f"  q{a}{b}: {v} per year\n" for (a, b), v in rates.items()) + "hazards:\n"
    )
    for a, b in rates:
        text += f"  go{a}{b}: {{when: stage == {levels[a]}, rate: q{a}{b}, then: {{stage: {levels[b]}}}}}\n"
    lines, seen, deaths = ["name,subject,kind,on,what,is", "die,,class,,*,into stage == dead"], set(), 0
    with (folder / "msm_cav.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            who, at, level = row["PTNUM"], f"{float(row['years'])!r} years", levels[int(row["state"]) - 1]
            if level == "dead":
                lines.append(f",{who},move,{at},die,")
                deaths += 1
            else:
                lines.append(f",{who},{'level' if who in seen else 'starts'},{at},stage,{level}")
            seen.add(who)
    scenario = read_text(text)
    likelihood = Likelihood(scenario, parse_table("\n".join(lines)))
    values = scenario.parameter_values()
    likelihood.value_and_gradient(values)
    one, two = (
        best_of(lambda: likelihood.value(values), 5),
        best_of(lambda: likelihood.value_and_gradient(values)),
    )
    value = -2 * (likelihood.value(values) + deaths * np.log(365.25))
    print(f"cav, 622 patients: -2 log L {value:.11f} in {1e3 * one:.1f} ms; with gradient {1e3 * two:.1f} ms")
    if shutil.which("Rscript"):
        told = subprocess.run(["Rscript", "-e", R_CODE], capture_output=True, text=True, check=False)
        if told.returncode == 0:
            theirs, seconds = told.stdout.split()[-2:]
            print(f"  msm: {theirs} in {1e3 * float(seconds):.1f} ms, its data frame read each time")
        else:
            print("  msm is not installed")


def main(words: list[str] | None = None) -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence")
    parser.add_argument("--large", action="store_true", help="2,000 observations on 65,536 situations")
    parser.add_argument("--msm", type=Path, help="folder with msm_cav.csv")
    chosen = parser.parse_args(words)
    ferghana(60)
    large(50)
    if chosen.large:
        large(2000)
    if chosen.msm:
        transplants(chosen.msm)
    return 0


if __name__ == "__main__":
    sys.exit(main())

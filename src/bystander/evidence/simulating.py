r"""Records that a scenario would have made: a history sampled, then seen the way the real one was.

Under the same start, regimes, length and coverage as a given record: a listed move of a covered class
becomes an observation of it; levels are read on the same days, with the same chance of error; counts and
tolls are made in the same windows. Moves that the real record has outside coverage are left out: nobody was
bound to list them.

Regimes pass the last situation on to the next. Reference for the sampling: Gillespie (1977).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from bystander.equilibrium.result import Equilibrium
from bystander.evidence.arcs import unseen
from bystander.evidence.binding import Bound
from bystander.evidence.likelihood import Likelihood
from bystander.evidence.record import Observation, Record
from bystander.game.arrays import Float
from bystander.process.chain import make_chain
from bystander.simulation.histories import simulate_paths

Fired = tuple[float, int, int, int, int]
"""A firing: moment, regime, option, situation before, situation after."""


def simulate_record(
    likelihood: Likelihood, equilibria: Sequence[Equilibrium], random: np.random.Generator
) -> Record:
    """Sample one record of the first subject under given behaviour."""
    record = likelihood.record
    subject = record.subjects[0]
    begin, end = record.span(subject)
    firings, situations = _history(likelihood, equilibria, begin, end, random)
    bounds = likelihood.laid.bounds
    seen = _listed(record, bounds, firings, subject, random)
    for each in record.observations:
        if each.subject != subject:
            continue
        if each.kind == "starts":
            seen.append(each)
        elif each.kind == "level":
            regime, situation = _at(situations, each.begin)
            seen.append(_read(bounds[regime], each, situation, random))
        elif each.kind in ("count", "toll"):
            seen.append(_counted(bounds, each, firings, random))
    return replace(record, observations=tuple(sorted(seen, key=lambda each: each.begin)))


def _history(
    likelihood: Likelihood,
    equilibria: Sequence[Equilibrium],
    begin: float,
    end: float,
    random: np.random.Generator,
) -> tuple[list[Fired], list[tuple[float, int, int]]]:
    """Sample a history through the regimes: firings, and (moment, regime, situation) at every change."""
    moments = [regime.begin for regime in likelihood.regimes]
    first = sum(moment <= begin for moment in moments)
    edges = [begin, *(m for m in moments if begin < m < end), end]
    firings: list[Fired] = []
    situations: list[tuple[float, int, int]] = []
    place: int | None = None
    for regime, (low, high) in enumerate(pairwise(edges), first):
        chain = make_chain(equilibria[regime])
        if place is None:
            start = likelihood.start_of(chain)
        else:
            start = np.zeros(chain.size)
            start[_same(equilibria[regime - 1], equilibria[regime], place)] = 1.0
        if high <= low:
            continue
        path = simulate_paths(chain, 1, high - low, random, start)
        now = int(path.first[0])
        situations.append((low, regime, now))
        for time, option, after in zip(path.times, path.options, path.situations, strict=True):
            firings.append((low + float(time), regime, int(option), now, int(after)))
            now = int(after)
            situations.append((low + float(time), regime, now))
        place = now
    return firings, situations


def _same(one: Equilibrium, two: Equilibrium, situation: int) -> int:
    codes = two.game.situations.codes
    return int(min(np.searchsorted(codes, one.game.situations.codes[situation]), len(codes) - 1))


def _at(situations: Sequence[tuple[float, int, int]], moment: float) -> tuple[int, int]:
    _, regime, situation = max((s for s in situations if s[0] <= moment), default=situations[0])
    return regime, situation


def _listed(
    record: Record,
    bounds: Sequence[Bound],
    firings: Sequence[Fired],
    subject: str,
    random: np.random.Generator,
) -> list[Observation]:
    out = []
    windows = [w for w in record.windows if w.subject in (subject, "")]
    chances: dict[tuple[int, str, float], Float] = {}
    for number, (moment, regime, option, _, after) in enumerate(firings):
        bound = bounds[regime]
        for window in windows:
            if not window.begin <= moment <= window.end:
                continue
            key = (regime, window.of, window.listed)
            if key not in chances:
                chances[key] = unseen(bound, ((window.of, window.listed),))
            chance = float(chances[key][_branch(bound, option, after)])
            if chance > 0.0 and random.random() < chance:
                name = f"{window.of} {number}"
                out.append(Observation(name, "move", moment, moment, of=window.of, subject=subject))
                break
    return out


def _branch(bound: Bound, option: int, after: int) -> int:
    first = int(np.searchsorted(bound.option, option))
    while bound.target[first] != after:
        first += 1
    return first


def _read(bound: Bound, each: Observation, situation: int, random: np.random.Generator) -> Observation:
    """Read the same variables as an observation did, where the history is."""
    levels = {}
    for variable in each.levels:
        column = bound.game.situations.names.index(variable)
        known = bound.game.situations.level_names[column]
        true = known[int(bound.game.situations.levels[situation, column])]
        if isinstance(each.error, str):
            row = bound.record.readings[each.error].get(true, {true: 1.0})
            levels[variable] = (str(random.choice(list(row), p=list(row.values()))),)
        elif random.random() < each.error:
            levels[variable] = (str(random.choice([level for level in known if level != true])),)
        else:
            levels[variable] = (true,)
    return replace(each, levels=levels)


def _counted(
    bounds: Sequence[Bound], each: Observation, firings: Sequence[Fired], random: np.random.Generator
) -> Observation:
    number = 0
    for moment, regime, option, _, after in firings:
        if each.begin <= moment <= each.end:
            chosen = bounds[regime].branches(each.of)
            number += chosen is not None and bool(chosen[_branch(bounds[regime], option, after)])
    if each.kind == "count":
        half = (each.high - each.low) / 2.0
        return replace(each, low=max(number - int(half), 0.0), high=number + float(int(half)))
    if each.law == "poisson":
        toll = float(random.poisson(each.each * number)) if number else 0.0
    else:
        toll = float(random.negative_binomial(number, 1.0 / (1.0 + each.each))) if number else 0.0
    share = (each.high - each.low) / max(each.high + each.low, 1.0)
    return replace(each, low=float(int(toll * (1.0 - share))), high=float(int(toll * (1.0 + share)) + 1))

r"""Explanations weighed on the same draws, and records that each of them would have made.

A sampled history is seen the way the real one was: under the same start, regimes, length and coverage as a
given record: a listed move of a covered class becomes an observation of it; levels are read on the same days,
with the same chance of error; counts and tolls are made in the same windows. Moves that the real record has
outside coverage are left out: nobody was bound to list them.

Regimes pass the last situation on to the next. Reference for the sampling: Gillespie (1977).

What an explanation changes is fixed in it; the other numbers have the same priors and, mostly, the same
posterior. So one climb serves all: points :math:`z_j` are drawn once from the proposal q around the
argument's mode (`bystander.evidence.learning.propose`), and each explanation k has

.. math:: Z_k = \frac1n \sum_j w_{kj}, \qquad w_{kj} = L_k(z_j)\, p(z_j) / q(z_j) .

Because the points are shared, so is most of the Monte Carlo error: with shares :math:`s_{kj} = w_{kj} /
\sum_j w_{kj}` the standard error of :math:`\log Z_a / Z_b` is :math:`(\sum_j (s_{aj} - s_{bj})^2)^{1/2}`. An
explanation that the proposal does not suit (an error of its own above `LOOSE`) gets a climb and points of its
own. Weights have no long tail: a tenth of the points come from the prior itself.

Numbers that are held at their values have priors too. To first order averaging over them adds half the
squared gradient on the scale of the priors to :math:`\log Z`: ``held``. What it differs by between two
explanations is what holding them may have cost.

Games are solved to `ROUGH`: on Ferghana 2022 a log-likelihood is then right to 1e-7.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from scipy import special

from bystander.equilibrium.result import Equilibrium
from bystander.evidence.binding import Bound
from bystander.evidence.coordinates import Coordinates, Journal, coordinates_of
from bystander.evidence.filtering import run_filter
from bystander.evidence.layout import unseen
from bystander.evidence.learning import (
    Laplace,
    Posterior,
    evidence_error,
    fit,
    importance_weights,
    weigh_points,
)
from bystander.evidence.likelihood import Likelihood, Pooled, pooled
from bystander.evidence.record import COUNTS, Observation, Record, day_number
from bystander.evidence.starting import has_dates_ahead, process_ahead
from bystander.game.arrays import Float
from bystander.process.chain import make_chain
from bystander.process.clocks import Clocks
from bystander.process.outcomes import responses
from bystander.scenario import Scenario, apply_measures
from bystander.scenario.varying import null
from bystander.seeds import stream
from bystander.simulation.paths import simulate_paths

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
        elif each.kind in COUNTS:
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


ARGUMENT = "the argument"
HABIT = "plain habit"
ROUGH = 1e-7
LOOSE = 0.35
WIDTHS = (0.5, 2.0)
AHEAD = (30.0, 182.0, 365.0)

Crises: TypeAlias = tuple[tuple[Scenario, Record], ...]
Behaviour: TypeAlias = tuple[tuple[Float, ...], tuple[Float, ...]]
"""Branch rates and starts of every regime of one crisis."""


@dataclass(frozen=True)
class Weighing:
    """What the records say of one explanation.

    Attributes
    ----------
    log_evidence, error
        Natural logarithm, and its Monte Carlo error taken alone.
    shares
        ``(n,)`` importance weights that add up to one; of the shared points unless ``own``.
    names, terms
        Terms of the likelihood, and what each adds to the log evidence given those before.
    by_width
        Log evidence with priors half and twice as wide.
    left_out
        Of several crises, the log chance of each one's record given those of the others.
    held
        What averaging over the numbers that are held would add to the log evidence, to first order.
    behaviours
        Of each crisis, at the mode.
    made
        Records sampled at the mode.
    ahead
        Chance of each move of the first crisis within each time ahead.
    """

    name: str
    log_evidence: float
    error: float
    shares: Float
    own: bool
    names: tuple[str, ...]
    terms: Float
    by_width: tuple[tuple[float, float], ...] = ()
    left_out: tuple[tuple[str, float], ...] = ()
    held: float = 0.0
    behaviours: tuple[Behaviour, ...] = ()
    made: tuple[tuple[Record, ...], ...] = ()
    ahead: Mapping[tuple[str, float], float] = field(default_factory=dict)


@dataclass(frozen=True)
class SharedDraws:
    """What all explanations are weighed on."""

    crises: Crises
    coordinates: Coordinates | None
    laplace: Laplace | None
    points: Float
    records: int
    seed: int
    journal: str = ""
    question: str = ""

    def kept_of(self, name: str) -> Journal:
        """Return the journal of one explanation; there is a file for each, beside the one named."""
        return Journal(f"{self.journal}.{name.replace(' ', '-')}" if self.journal else None, self.question)


def under(scenario: Scenario, name: str) -> Scenario:
    """Return a scenario under an explanation; as it stands if it does not know that one."""
    if name == HABIT:
        return null(scenario)
    if name in scenario.rivals or name in scenario.measures:
        return apply_measures(scenario, name)
    return scenario


def explained(crises: Crises, name: str) -> tuple[Likelihood, ...]:
    """Return the likelihood of each record under an explanation; what it sets stays set."""
    out = []
    for scenario, record in crises:
        changed = under(scenario, name)
        was, now = scenario.parameter_values(), changed.parameter_values()
        own = frozenset(each for each in now if was[each] != now[each])
        out.append(Likelihood(changed, record, fixed=own, tolerance=ROUGH))
    return tuple(out)


def weigh_explanation(shared: SharedDraws, name: str) -> Weighing:
    """Weigh one explanation on all records."""
    parts = explained(shared.crises, name)
    if shared.coordinates is None or shared.laplace is None:
        return _looked_ahead(shared, _at_a_point(name, pooled(parts)), parts, {})
    found, values = _averaged(shared, name, parts, shared.coordinates, shared.laplace)
    return _looked_ahead(shared, found, parts, values)


def _at_a_point(name: str, whole: Likelihood | Pooled) -> Weighing:
    """Weigh an explanation at its own values: nothing is averaged over."""
    whole.anchor({})
    bare = whole.weigh({}, slopes=False)
    if not math.isfinite(bare.log_likelihood):
        return _impossible(name, bare.names, bare.logs, 1, ())
    return Weighing(name, bare.log_likelihood, 0.0, np.ones(1), False, bare.names, bare.logs)


def _averaged(
    shared: SharedDraws, name: str, parts: Sequence[Likelihood], coordinates: Coordinates, laplace: Laplace
) -> tuple[Weighing, dict[str, float]]:
    """Average over the priors on the shared points, or on points of its own; return the mode too."""
    whole, values, points = pooled(parts), coordinates.values(laplace.mode), shared.points
    whole.anchor(values)
    posterior = Posterior(whole, coordinates, shared.kept_of(name))
    table = weigh_points(posterior, points)
    weights = importance_weights(points, table, laplace)
    if not np.isfinite(weights).any():
        at_mode = whole.weigh(values, slopes=False)
        if not math.isfinite(at_mode.log_likelihood):
            titles = [record.title for _, record in shared.crises]
            return _impossible(name, at_mode.names, at_mode.logs, len(points), titles), values
    own = not _suits(weights)
    log_evidence = float(special.logsumexp(weights)) - math.log(len(weights))
    error = evidence_error(_shares(weights))
    if own:
        learnt = fit(
            whole,
            coordinates,
            method="importance",
            draws=len(points),
            seed=shared.seed,
            start=values,
            rough=True,
            journal=posterior.journal,
        )
        assert learnt.draws is not None
        assert learnt.draws.proposals is not None
        points, weights, table = learnt.draws.proposals
        values, log_evidence, error = learnt.mode(), learnt.log_evidence, learnt.evidence_error
    terms = sequential(weights, table)
    names = posterior.names or whole.weigh(values, slopes=False).names
    found = Weighing(
        name,
        log_evidence,
        error,
        _shares(weights),
        own,
        names,
        terms + (log_evidence - terms.sum()) / len(terms),
        tuple((width, reweighed(points, weights, width)[0]) for width in WIDTHS),
        _left_out([record.title for _, record in shared.crises], names, weights, table),
        _held(whole, parts, coordinates.names, values),
    )
    return found, values


def _impossible(
    name: str, names: tuple[str, ...], logs: Float, count: int, titles: Sequence[str]
) -> Weighing:
    """Weigh an explanation under which what was observed cannot have happened, whatever its numbers."""
    first = int(np.argmin(np.isfinite(logs)))
    terms = np.where(np.arange(len(logs)) == first, -np.inf, 0.0)
    left_out = tuple((title, -np.inf) for title in titles) if len(titles) > 1 else ()
    widths = tuple((width, -np.inf) for width in WIDTHS)
    return Weighing(name, -np.inf, 0.0, np.zeros(count), False, names, terms, widths, left_out)


def _shares(weights: Float) -> Float:
    return np.asarray(np.exp(weights - special.logsumexp(weights)))


def reweighed(points: Float, weights: Float, width: float) -> tuple[float, float]:
    """Return log evidence and its error with priors ``width`` times as wide, from the same draws.

    Parameters
    ----------
    points, weights
        ``(n, p)`` proposals and ``(n,)`` their log importance weights.
    width
        Standard deviation of every prior on its own scale, where 1 is the prior as it stands.
    """
    squares = (points**2).sum(axis=1)
    moved = weights + 0.5 * squares * (1.0 - 1.0 / width**2) - points.shape[1] * math.log(width)
    total = float(special.logsumexp(moved))
    return total - math.log(len(points)), evidence_error(np.exp(moved - total))


def sequential(weights: Float, terms: Float) -> Float:
    """Return ``(m,)`` what each term adds to the log evidence, given those before it; they add up."""
    sums = np.cumsum(np.where(np.isfinite(terms), terms, -1e300), axis=1)
    whole = sums[:, -1]
    base = np.where(np.isfinite(weights), weights - whole, -np.inf)
    levels = [special.logsumexp(base), *(special.logsumexp(base + sums[:, k]) for k in range(terms.shape[1]))]
    steps = np.diff(np.array(levels))
    steps[0] += levels[0] - math.log(len(weights))
    return np.asarray(steps)


def _suits(weights: Float) -> bool:
    """Say whether a proposal suits: no few points carry the evidence."""
    if not np.isfinite(weights).any():
        return False
    return evidence_error(_shares(weights)) <= LOOSE


def _left_out(
    titles: Sequence[str], names: Sequence[str], weights: Float, table: Float
) -> tuple[tuple[str, float], ...]:
    """Return the log chance of each crisis' record given the others', from the same draws."""
    if len(titles) < 2:
        return ()
    whole, out = float(special.logsumexp(weights)), []
    for title in titles:
        own = np.array([name.startswith(f"{title}: ") for name in names])
        rest = np.where(np.isfinite(weights), weights - table[:, own].sum(axis=1), -np.inf)
        out.append((title, whole - float(special.logsumexp(rest))))
    return tuple(out)


def _held(
    whole: Likelihood | Pooled, parts: Sequence[Likelihood], free: Sequence[str], values: Mapping[str, float]
) -> float:
    """Return half the squared gradient in the numbers that are not free, on the scale of their priors."""
    total, seen = 0.0, set(free)
    at = {**whole.central(), **values}
    gradient = whole.weigh(at, slopes=True).gradient
    for part in parts:
        known = coordinates_of(part.scenario)
        steps = known.slopes(known.points([at[name] for name in known.names]))
        for name, step in zip(known.names, steps.tolist(), strict=True):
            if name not in seen:
                seen.add(name)
                total += 0.5 * (gradient.get(name, 0.0) * step) ** 2
    return total


def _looked_ahead(
    shared: SharedDraws, found: Weighing, parts: Sequence[Likelihood], values: Mapping[str, float]
) -> Weighing:
    """Add what takes solved games: behaviours, sampled records, and what is to come."""
    own = [{n: v for n, v in values.items() if n in part.names} for part in parts]
    solved = [part.equilibria(own[k]) for k, part in enumerate(parts)]
    chains = [[make_chain(each) for each in some] for some in solved]
    behaviours = tuple(
        (tuple(chain.branch_rate for chain in some), tuple(part.start_of(chain) for chain in some))
        for part, some in zip(parts, chains, strict=True)
    )
    random = stream(shared.seed, "power", found.name)
    made = tuple(
        tuple(simulate_record(part, some, random) for part, some in zip(parts, solved, strict=True))
        for _ in range(shared.records)
    )
    now = run_filter(parts[0].laid, *behaviours[0]).now[0]
    if not now.sum() > 0.0:
        return replace(found, behaviours=behaviours, made=made)
    answered = responses(_clocks_from(parts[0], own[0], solved[0][-1], now), None, AHEAD)
    ahead = {(f"{r.owner}.{r.move}", days): p for r in answered for days, p in r.within}
    return replace(found, behaviours=behaviours, made=made, ahead=ahead)


def _clocks_from(part: Likelihood, values: Mapping[str, float], last: Equilibrium, now: Float) -> Clocks:
    """Return the clocks of what is to come from where a record leaves off, known dates included."""
    chain = make_chain(last, np.asarray(now / now.sum()))
    scenario, record = part.scenarios[-1], part.record
    if not (record.dated and has_dates_ahead(scenario, scenario.as_of)):
        return Clocks(chain, max(AHEAD))
    end = record.span(record.subjects[0])[1] if part.until is None else part.until
    moment = max(end, day_number(scenario.as_of))
    course = process_ahead(part, values, last.game, now, moment, max(AHEAD))
    return Clocks(make_chain(course.announced.after), max(AHEAD), course=course)


@dataclass(frozen=True)
class MadeRecords:
    """Records sampled from every explanation, and how each explanation has everyone behave."""

    crises: Crises
    behaviours: Mapping[str, tuple[Behaviour, ...]]
    made: tuple[tuple[Record, ...], ...]


def weigh_made(shared: MadeRecords, name: str) -> Float:
    """Return ``(R,)`` the log-likelihood of each sampled record under one explanation."""
    parts = explained(shared.crises, name)
    out = np.zeros(len(shared.made))
    for place, records in enumerate(shared.made):
        for part, record, behaviour in zip(parts, records, shared.behaviours[name], strict=True):
            other = Likelihood(part.scenario, record)
            other.games, other.bounds = part.games, part.bounds
            out[place] += run_filter(other.laid, *behaviour).log_likelihood
    return out

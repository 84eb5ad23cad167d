r"""Several explanations weighed on the same draws, each by a process of its own.

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
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy import special

from bystander.evidence.coordinates import Coordinates, coordinates_of
from bystander.evidence.filtering import run_filter
from bystander.evidence.learning import (
    Laplace,
    Posterior,
    evidence_error,
    fit,
    importance_weights,
    reweighed,
    sequential,
    weigh_points,
)
from bystander.evidence.likelihood import Likelihood, Pooled, pooled
from bystander.evidence.record import Record
from bystander.evidence.simulating import simulate_record
from bystander.game.arrays import Float
from bystander.process.chain import make_chain
from bystander.process.clocks import Clocks
from bystander.process.outcomes import responses
from bystander.scenario import Scenario, apply_measures
from bystander.scenario.varying import null
from bystander.seeds import stream

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
    by_width: tuple[tuple[float, float], ...]
    left_out: tuple[tuple[str, float], ...]
    held: float
    behaviours: tuple[Behaviour, ...]
    made: tuple[tuple[Record, ...], ...]
    ahead: Mapping[tuple[str, float], float]


@dataclass(frozen=True)
class SharedDraws:
    """What all explanations are weighed on."""

    crises: Crises
    coordinates: Coordinates | None
    laplace: Laplace | None
    points: Float
    records: int
    seed: int


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
    alone = np.ones(1)
    return Weighing(
        name, bare.log_likelihood, 0.0, alone, False, bare.names, bare.logs, (), (), 0.0, (), (), {}
    )


def _averaged(
    shared: SharedDraws,
    name: str,
    parts: Sequence[Likelihood],
    coordinates: Coordinates,
    laplace: Laplace,
) -> tuple[Weighing, dict[str, float]]:
    """Average over the priors on the shared points, or on points of its own; return the mode too."""
    whole, values, points = pooled(parts), coordinates.values(laplace.mode), shared.points
    whole.anchor(values)
    posterior = Posterior(whole, coordinates)
    table = weigh_points(posterior, points)
    weights = importance_weights(points, table, laplace)
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
        )
        assert learnt.draws is not None
        assert learnt.draws.proposals is not None
        points, weights, table = learnt.draws.proposals
        values, log_evidence, error = learnt.mode(), learnt.log_evidence, learnt.evidence_error
    terms = sequential(weights, table)
    found = Weighing(
        name,
        log_evidence,
        error,
        _shares(weights),
        own,
        posterior.names,
        terms + (log_evidence - terms.sum()) / len(terms),
        tuple((width, reweighed(points, weights, width)[0]) for width in WIDTHS),
        _left_out([record.title for _, record in shared.crises], posterior.names, weights, table),
        _held(whole, parts, coordinates.names, values),
        (),
        (),
        {},
    )
    return found, values


def _shares(weights: Float) -> Float:
    return np.asarray(np.exp(weights - special.logsumexp(weights)))


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
    chain = make_chain(solved[0][-1], np.asarray(now / now.sum()))
    answered = responses(Clocks(chain, max(AHEAD)), None, AHEAD)
    ahead = {(f"{r.owner}.{r.move}", days): p for r in answered for days, p in r.within}
    return replace(found, behaviours=behaviours, made=made, ahead=ahead)


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
            other.games = part.games
            out[place] += run_filter(other.laid, *behaviour).log_likelihood
    return out

r"""How far answers may be off because the equilibrium is only solved so closely.

With e the defects of the value equations at the values found, the equilibrium lies :math:`dV` further on,
:math:`-\partial G/\partial V\, dV = e` to first order: one linear solve for all answers (its adjoint, asked
for one answer at a time, gives the same sums). Gains change by at most the range :math:`|dV_i|` of dV_i over
situations, so that the log of the rate of any action of i changes by at most :math:`2 \beta_i |dV_i|`, and
that of an adoption by at most :math:`\sum_m \beta_m |dV_m|` over those who vote. Let :math:`\epsilon` be the
largest.

If rates change by factors :math:`e^{\epsilon_o}`, the expectation of anything Z that the process does changes
by :math:`\mathrm{Cov}(Z, M)`, M the sum of :math:`\epsilon_o` times firings less those expected, a martingale
of variance at most :math:`\epsilon^2 \Lambda T` by T, with :math:`\Lambda` the largest rate at which moves
that are chosen fire. By Cauchy and Schwarz

    chance        epsilon sqrt(p (1 - p)) sqrt(Lambda T)          share   epsilon / 2 sqrt(Lambda T)
    total         epsilon T max |r| (sqrt(Lambda T) + 1)          time    epsilon E tau sqrt(2 Lambda h)
    before        epsilon / 2 sqrt(Lambda h)                      long run    2 epsilon Lambda h

with r what is collected per day and h the longest expected time to the target, until it is decided, or to the
situation where the process is found most. From an onset of probability P, Lambda T is divided by P. First
order in epsilon; assumes that the equations have a slope there, which they do not at a fold.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bystander.cases.cases import Case
from bystander.cases.verdicts import weigh
from bystander.derivatives.implicit import Linearisation
from bystander.equilibrium.defects import defects
from bystander.equilibrium.jacobian import solve_jacobian
from bystander.errors import NotConvergedError
from bystander.game.arrays import Game, MoveType
from bystander.numerics.absorption import longest_time
from bystander.numerics.bounds import Bounded
from bystander.process.chain import Chain, make_passage
from bystander.process.clocks import Clocks
from bystander.process.outcomes import Reading, Request, read_request, request_of, reward_of, withhold
from bystander.process.passage import expected_time_from_everywhere, long_run
from bystander.process.result import Estimate
from bystander.units import CHANCES

ROUGH = 0.01


def rate_error(line: Linearisation) -> float:
    """Return epsilon, the largest error of the log of a rate that is chosen.

    Raises
    ------
    NotConvergedError
        If the linear solve fails: the equilibrium is at or near a turning point.
    """
    equilibrium, game = line.equilibrium, line.game
    gap, _ = defects(game, equilibrium.values)
    if not gap.any():
        return 0.0
    found = solve_jacobian(line.matrix, gap.ravel(), tolerance=ROUGH)
    if not (found.converged and np.isfinite(found.x).all()):
        raise NotConvergedError(
            "The equilibrium is at or near a turning point, where its error has no bound."
        )
    moved = game.numbers.rationality * np.ptp(found.x.reshape(gap.shape), axis=0) * (1.0 + 2.0 * ROUGH)
    votes = (game.numbers.vote_weight > 0).any(axis=0)
    return float(max(2.0 * moved.max(initial=0.0), moved[votes].sum()))


def carry_residual(case: Case, clocks: Clocks, line: Linearisation) -> Case:
    """Return a case whose error bounds hold for the equilibrium itself, verdicts weighed anew."""
    epsilon = rate_error(line)
    if not epsilon:
        return case
    chosen = chosen_rate(clocks.chain)
    scenario = case.scenario
    outcomes = {}
    for name, result in case.outcomes.items():
        reading = read_request(clocks, Request(name, scenario.outcomes[name]))
        estimate = _widened(result.estimate, clocks, reading, epsilon, chosen)
        outcomes[name] = replace(result, estimate=estimate, curve=() if estimate.withheld else result.curve)
    answers = {
        query: _widened(
            answer,
            clocks,
            read_request(clocks, request_of(clocks, query, scenario.outcomes)),
            epsilon,
            chosen,
        )
        for query, answer in case.answers.items()
    }
    parameters = scenario.parameter_values()
    verdicts = {name: weigh(scenario.judgements[name], parameters, answers) for name in case.verdicts}
    return replace(case, outcomes=outcomes, answers=answers, verdicts=verdicts)


def chosen_rate(chain: Chain) -> float:
    """Return the largest rate, per day, at which moves that someone chooses fire in any situation."""
    game: Game = chain.game
    chosen = game.structure.move_type[chain.option_move] != MoveType.HAZARD
    place = np.repeat(np.arange(game.size), np.diff(game.structure.option_start))
    return float(np.bincount(place, chain.option_rate * chosen, game.size).max(initial=0.0))


def _widened(estimate: Estimate, clocks: Clocks, reading: Reading, epsilon: float, chosen: float) -> Estimate:
    if estimate.withheld or not np.isfinite(estimate.value):
        return estimate
    more = _error_of(clocks, reading, estimate.value, chosen) * epsilon
    kind = reading.question.kind
    error = estimate.error + (min(more, 1.0) if kind in CHANCES else more)
    return withhold(replace(estimate, error=error), Bounded(np.array([estimate.value]), error), kind)


def _error_of(clocks: Clocks, reading: Reading, value: float, chosen: float) -> float:
    """Return by how much an answer changes at most, per unit of epsilon."""
    question, chain, days = reading.question, clocks.chain, float(reading.times[-1])
    moves = np.sqrt(chosen * (days + (clocks.horizon if reading.clock.given else 0.0)) / reading.clock.chance)
    match question.sort:
        case "ever" | "fires" | "at":
            return float(np.sqrt(max(value * (1.0 - value), 0.0)) * moves)
        case "share":
            return float(moves) / 2.0
        case "accumulates" | "counts":
            return float(days * np.abs(reward_of(clocks, question)).max(initial=0.0) * (moves + 1.0))
        case "before":
            passage = make_passage(chain, question.target, avoid=question.than)
            return float(np.sqrt(chosen * longest_time(passage.generator))) / 2.0
        case "time_to":
            days_from = expected_time_from_everywhere(chain, question.target).value
            return float(value * np.sqrt(2.0 * chosen * days_from[np.isfinite(days_from)].max(initial=0.0)))
    most = np.zeros(chain.size, bool)
    for each in long_run(chain, start=reading.clock.start).classes:
        most[each.rows[int(np.argmax(each.shares.value))]] = True
    longest = expected_time_from_everywhere(chain, most).value
    return float(2.0 * chosen * longest[np.isfinite(longest)].max(initial=0.0))

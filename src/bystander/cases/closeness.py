r"""How far answers may be off because the equilibrium is only solved so closely.

With e the defects of the value equations at the values found, the equilibrium lies :math:`dV` further on,
:math:`-\partial G/\partial V\, dV = e` to first order: one linear solve for all answers (its adjoint, asked
for one answer at a time, gives the same sums). Gains change by at most the range :math:`|dV_i|` of dV_i over
situations, so that the log of the rate of any action of i changes by at most :math:`2 \beta_i |dV_i|`, and
that of an adoption by at most :math:`\sum_m \beta_m |dV_m|` over those who vote. Let :math:`\epsilon` be the
largest.

Where the iteration that found the values shows how far off it was before its last digits (`moved`,
`bystander.equilibrium.iteration`), that is taken for the largest beta_i |dV_i|: mostly fifty times too much,
and free. Only where an epsilon above `SHARP` comes of it, or one that would withhold an answer, or there is
no such stretch, is the system solved.

If rates change by factors :math:`e^{\epsilon_o}`, the expectation of anything Z that the process does changes
by :math:`\mathrm{Cov}(Z, M)`, M the sum of :math:`\epsilon_o` times firings less those expected, a martingale
of variance at most :math:`\epsilon^2 \Lambda T` by T, with :math:`\Lambda` the largest rate at which moves
that are chosen fire. By Cauchy and Schwarz

    chance, share epsilon sqrt(p (1 - p)) sqrt(Lambda T)
    total         epsilon (sqrt(2 T max |r| E Z) sqrt(Lambda T) + E Z)
    time          epsilon E tau sqrt(2 Lambda h)
    before        epsilon sqrt(p (1 - p)) sqrt(Lambda h)          long run    2 epsilon Lambda h

with p the answer (the variance of a share is at most that of a chance), r what is collected per day, of one
sign, so that :math:`E Z^2 \le 2 T \max |r| E Z` for what is collected by T (Z is at most T max |r|, and so is
its deviation, where r has both signs), and h the longest expected time to the target, until it is decided, or
to the situation where the process is found most. What must be in the long run, or cannot be, is so at
whatever rates. From an onset of probability P, Lambda T is divided by P. First order in epsilon; assumes that
the equations have a slope there, which they do not at a fold: there nothing bounds the error, and the answers
are withheld. Where known dates lie ahead |dV_i| is that of the behaviour after the last one and twice the
estimated error of values on the way, Lambda counts every opportunity, r is that of the first day, and h the
time after the last date and the days before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bystander.derivatives.implicit import linearise
from bystander.equilibrium.defects import defects
from bystander.equilibrium.jacobian import solve_jacobian
from bystander.equilibrium.result import Equilibrium
from bystander.game.arrays import Float, Game, MoveType
from bystander.game.questions import option_moves, option_situations
from bystander.numerics.absorption import longest_time
from bystander.numerics.bounds import Bounded
from bystander.process.chain import Bool, Chain, make_passage
from bystander.process.clocks import Clocks
from bystander.process.outcomes import Reading, Request, read_request, reward_of, withhold
from bystander.process.passage import expected_time_from_everywhere, long_run
from bystander.process.result import Estimate, OutcomeResult
from bystander.units import CHANCES

ROUGH = 0.01
SHARP = 1e-4
NO_BOUND = "The equilibrium is at or near a turning point, where its error has no bound."


def rate_error(equilibrium: Equilibrium, *, solved: bool = False) -> float:
    """Return epsilon, the largest error of the log of a rate that is chosen; infinite at a turning point.

    ``solved`` asks for the linear solve where the iteration has shown enough for most answers.
    """
    lasting, numbers = equilibrium.lasting, equilibrium.game.numbers
    votes = (numbers.vote_weight > 0).any(axis=0)
    announced = equilibrium.announced
    on_the_way = numbers.rationality * (0.0 if announced is None else 2.0 * announced.error)

    def epsilon(moved: Float) -> float:
        felt = moved + on_the_way
        return float(max(2.0 * felt.max(initial=0.0), felt[votes].sum()))

    seen = np.inf if lasting.moved is None else epsilon(np.full(len(numbers.rationality), lasting.moved))
    if seen <= SHARP and not solved:
        return seen
    gap, _ = defects(lasting.game, lasting.values)
    if not gap.any():
        return epsilon(np.zeros(gap.shape[1]))
    found = solve_jacobian(linearise(lasting).matrix, gap.ravel(), tolerance=ROUGH)
    if not (found.converged and np.isfinite(found.x).all()):
        return seen
    moved = np.ptp(found.x.reshape(gap.shape), axis=0) * (1.0 + 2.0 * ROUGH)
    return epsilon(numbers.rationality * moved)


def carry_residual(
    equilibrium: Equilibrium, clocks: Clocks, requests: Sequence[Request], found: Sequence[OutcomeResult]
) -> list[OutcomeResult]:
    """Return the answers to requests with error bounds that hold for the equilibrium itself."""
    chosen = chosen_rate(clocks.chain) if clocks.course is None else most_chosen(clocks.chain.game)

    def widen(epsilon: float) -> list[Estimate]:
        return [
            _widened(result.estimate, clocks, request, epsilon, chosen) if epsilon else result.estimate
            for request, result in zip(requests, found, strict=True)
        ]

    estimates = widen(rate_error(equilibrium))
    denied = any(e.withheld and not r.estimate.withheld for e, r in zip(estimates, found, strict=True))
    if denied and equilibrium.lasting.moved is not None:
        estimates = widen(rate_error(equilibrium, solved=True))
    return [
        replace(result, estimate=estimate, curve=() if estimate.withheld else result.curve)
        for result, estimate in zip(found, estimates, strict=True)
    ]


def chosen_rate(chain: Chain) -> float:
    """Return the largest rate, per day, at which moves that someone chooses fire in any situation."""
    game: Game = chain.game
    chosen = game.structure.move_type[chain.option_move] != MoveType.HAZARD
    return float(np.bincount(option_situations(game), chain.option_rate * chosen, game.size).max(initial=0.0))


def most_chosen(game: Game) -> float:
    """Return the largest rate, per day, at which moves that someone chooses could fire in any situation."""
    structure, numbers = game.structure, game.numbers
    decided = structure.move_type[option_moves(game)] == MoveType.DECISION
    rate = numbers.rate[structure.option_kind] * decided
    decisions = np.bincount(option_situations(game), rate, game.size)
    return float((decisions + numbers.pace[structure.pace_context].sum(axis=1)).max(initial=0.0))


def _widened(estimate: Estimate, clocks: Clocks, request: Request, epsilon: float, chosen: float) -> Estimate:
    if estimate.withheld or not np.isfinite(estimate.value):
        return estimate
    if not np.isfinite(epsilon):
        return replace(estimate, value=np.nan, error=np.inf, withheld=NO_BOUND)
    reading = read_request(clocks, request)
    kind = reading.question.kind
    more = _error_of(clocks, reading, estimate.value, chosen) * epsilon
    error = estimate.error + (min(more, 1.0) if kind in CHANCES else more)
    return withhold(replace(estimate, error=error), Bounded(np.array([estimate.value]), error), kind)


def _error_of(clocks: Clocks, reading: Reading, value: float, chosen: float) -> float:
    """Return by how much an answer changes at most, per unit of epsilon."""
    question, days, course = reading.question, float(reading.times[-1]), clocks.course
    chain, before = (clocks.chain, 0.0) if course is None else (course.after, course.last)
    moves = np.sqrt(chosen * (days + (clocks.horizon if reading.clock.given else 0.0)) / reading.clock.chance)
    match question.sort:
        case "ever" | "fires" | "at" | "share":
            return float(_deviation(value) * moves)
        case "accumulates" | "counts":
            return _error_of_total(reward_of(clocks, question), days, value, float(moves))
        case "before":
            passage = make_passage(chain, question.target, avoid=question.than)
            return float(_deviation(value) * np.sqrt(chosen * (before + longest_time(passage.generator))))
        case "time_to":
            longest = before + _longest(chain, question.target)
            with np.errstate(over="ignore"):
                return float(value * np.sqrt(2.0 * chosen * longest))
    assert question.target is not None
    ends = long_run(chain, start=reading.clock.start).classes
    held = {bool(h) for each in ends if each.probability.value > 0.0 for h in question.target[each.rows]}
    if course is None and len(held) == 1:
        return 0.0
    most = np.zeros(chain.size, bool)
    for each in ends:
        most[each.rows[int(np.argmax(each.shares.value))]] = True
    return float(2.0 * chosen * (before + _longest(chain, most)))


def _deviation(chance: float) -> float:
    """Return the standard deviation of what happens with a chance, the most of a share with that mean."""
    return float(np.sqrt(max(chance * (1.0 - chance), 0.0)))


def _error_of_total(reward: Float, days: float, value: float, moves: float) -> float:
    least, most = reward.min(initial=0.0), reward.max(initial=0.0)
    largest = days * max(-least, most)
    if least < 0.0 < most:
        return float(largest * (moves + 1.0))
    return float(np.sqrt(2.0 * largest * abs(value)) * moves + abs(value))


def _longest(chain: Chain, target: Bool | None) -> float:
    """Return the longest expected time, in days, to a target that is reached from there."""
    assert target is not None
    days = expected_time_from_everywhere(chain, target).value
    return float(days[np.isfinite(days)].max(initial=0.0))

r"""Derivatives of answers without a deadline: who comes first, expected times, long-run shares.

Pair integrals over unlimited time are products. For a killed process with live rows ``A``, expected days
:math:`x` (from :math:`x A = \pi`) and value :math:`v` (from :math:`A v = g`), :math:`X_{st} = x_s v_t`.
For the long run of a recurrent class with shares :math:`\mu`, :math:`X_{st} = \mu_s \varphi_t` where
:math:`\varphi` solves Poisson's equation :math:`Q \varphi = \bar f - f` (Meyer 1975).
"""

from __future__ import annotations

import numpy as np

from bystander.derivatives.assembling import Slope, assemble
from bystander.errors import QueryError
from bystander.game.arrays import Float, Int32
from bystander.numerics.absorption import collected, days_before_leaving, time_to_leave
from bystander.numerics.generators import inner, rate_of_entering, restrict
from bystander.numerics.linear import solve
from bystander.numerics.recurrent import find_classes, shares
from bystander.process.chain import Bool, Chain, Passage, make_passage


def slope_before(chain: Chain, first: Bool, than: Bool, start: Float) -> Slope:
    """Differentiate the probability that ``first`` is entered before ``than``."""
    passage = make_passage(chain, first, avoid=than)
    value = collected(passage.generator, passage.hit_rate).value
    return _killed(chain, passage, start, value, passage.target.astype(np.float64))


def slope_of_time(chain: Chain, target: Bool, start: Float) -> Slope:
    """Differentiate the expected days until ``target`` is entered."""
    passage = make_passage(chain, target)
    if passage.may_miss(start):
        raise QueryError(
            "The expected time is infinite (the condition may never hold): it has no derivative."
        )
    live, kept = restrict(passage.generator, passage.sure)
    sure = Passage(live, passage.rows[kept], passage.hit_rate[kept], target, passage.leaks[kept])
    return _killed(chain, sure, start, time_to_leave(live).value, np.zeros(chain.size))


def _killed(chain: Chain, passage: Passage, start: Float, value: Float, ends: Float) -> Slope:
    live, _ = passage.split(start)
    days = days_before_leaving(passage.generator, live).value
    here, spent, values = np.zeros(chain.size), np.zeros(chain.size), ends.copy()
    spent[passage.rows], values[passage.rows] = days, value
    here[passage.rows] = days * value
    return _assemble(chain, here, spent, values)


def slope_of_long_run(chain: Chain, condition: Bool, start: Float) -> Slope:
    """Differentiate the long-run share of time in which a condition holds."""
    found = find_classes(chain.generator)
    reward = condition.astype(np.float64)
    transient = found.of < 0
    live, rows = restrict(chain.generator, transient)
    value, weight, relative = np.zeros(chain.size), np.zeros(chain.size), np.zeros(chain.size)
    days = days_before_leaving(live, start[rows]).value
    weight[rows] = days
    for number in range(found.count):
        members = found.rows(number)
        inside = found.of == number
        share = shares(chain.generator, members).value
        value[members] = inner(share, reward[members])
        entering = rate_of_entering(chain.indptr, chain.indices, chain.rates, inside.astype(np.float64))
        probability = float(start[members].sum() + inner(days, entering[rows]))
        weight[members] = probability * share
        relative[members] = _poisson_equation(chain, members, reward, float(value[members[0]]))
    entering = rate_of_entering(chain.indptr, chain.indices, chain.rates, value)
    value[rows] = collected(live, entering[rows]).value
    relative[rows] = value[rows]
    before, after = np.where(transient, weight, 0.0), np.where(transient, 0.0, weight)
    until = _assemble(chain, before * relative, before, value)
    return until.plus(_assemble(chain, after * relative, after, relative))


def _assemble(chain: Chain, here: Float, days: Float, worth: Float) -> Slope:
    """Turn days and worths ``(N,)`` into the derivatives of one answer."""
    columns = (each[:, None] for each in (here, days, worth, worth))
    return assemble(chain, None, *columns)[0]


def _poisson_equation(chain: Chain, members: Int32, reward: Float, mean: float) -> Float:
    """Return ``(len(members),)`` the relative values of a class, 0 at its first situation."""
    out = np.zeros(len(members))
    if len(members) == 1:
        return out
    inside = np.zeros(chain.size, bool)
    inside[members[1:]] = True
    rest, rows = restrict(chain.generator, inside)
    found = solve(
        rest.indptr, rest.indices, rest.rates, rest.exit, reward[rows] - mean, tolerance=1e-12, limit=20_000
    )
    out[1:] = found.x
    return out

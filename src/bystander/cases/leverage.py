r"""How far draws may be off because they are only solved so closely: a bound that costs them nothing.

With e the defects of the value equations at the values found and :math:`\lambda` the adjoint of an answer y
(`bystander.derivatives.implicit`), y moves by :math:`\lambda \cdot e` to first order on the way to the
equilibrium. A residual r says that no :math:`|e_{si}|` exceeds :math:`r (\rho_i + q_s)`, with q the rate of
leaving, so that

.. math:: |y - y^*| \le r \sum_{si} |\lambda_{si}| (\rho_i + q_s) = r L .

L is worked out once, at the base, with as much work as a derivative of each answer; the residual of a draw is
that of its certificate. A draw is another game, whose L is another: that of the base is taken `FARTHER`
times, and as many times more as p (1 - p) of a chance, or the size of another number, is greater there than
at the base. (Of 440 answers to draws of three crises, solved to a residual of 1e-3, the worst was off by 3.3
times what L alone says; `tests/cases/test_leverage.py` solves them.)
Defects are neither all as large as the largest nor all of one sign, so that the bound is mostly a hundred
times the error. With each defect weighed by its own :math:`\lambda` it would be ten times nearer, for a
vector of all values for each answer; closer draws are cheaper.

Where the base has no derivative (a turning point, or known dates ahead), or an answer has none, bounds are
those of the process alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bystander.cases.cases import Case
from bystander.cases.verdicts import queries_in, weigh
from bystander.derivatives.implicit import linearise, multipliers
from bystander.derivatives.outcomes import slopes, source_of
from bystander.equilibrium.defects import defects
from bystander.errors import NotConvergedError, QueryError
from bystander.numerics.bounds import Bounded
from bystander.numerics.generators import inner
from bystander.process.outcomes import Request, answer_all, make_clocks, request_of, withhold
from bystander.process.result import Estimate
from bystander.scenario.expressions import Query
from bystander.units import CHANCES

FARTHER = 5.0
CLOSE = 1e-3
"""Relative residual of the linear solves: a bound wants no more."""


@dataclass(frozen=True)
class Leverage:
    """How far a residual moves answers at most.

    Attributes
    ----------
    most
        By outcome, and by what judgements ask: L, and the answer at the base.
    """

    most: Mapping[str | Query, tuple[float, float]]

    def carried(self, case: Case) -> Case | None:
        """Return a case solved near the base with bounds that hold for its equilibrium.

        None if they would withhold an answer or leave a verdict open: it is to be solved more closely.
        """
        residual = case.equilibrium.certificate.residual
        outcomes = {
            n: replace(o, estimate=self._wider(n, o.estimate, residual)) for n, o in case.outcomes.items()
        }
        answers = {query: self._wider(query, each, residual) for query, each in case.answers.items()}
        parameters, judgements = case.scenario.parameter_values(), case.scenario.judgements
        verdicts = {name: weigh(judgements[name], parameters, answers) for name in case.verdicts}
        before = [*(o.estimate for o in case.outcomes.values()), *case.answers.values()]
        after = [*(o.estimate for o in outcomes.values()), *answers.values()]
        denied = any(a.withheld and not b.withheld for a, b in zip(after, before, strict=True))
        if denied or any(verdicts[n].holds is None is not case.verdicts[n].holds for n in verdicts):
            return None
        return replace(case, outcomes=outcomes, answers=answers, verdicts=verdicts)

    def _wider(self, name: str | Query, estimate: Estimate, residual: float) -> Estimate:
        if estimate.withheld or not np.isfinite(estimate.value) or name not in self.most:
            return estimate
        leverage, before = self.most[name]
        chance = estimate.unit in CHANCES
        at_base, here = _room(before, chance), _room(estimate.value, chance)
        more = FARTHER * residual * leverage * (max(here / at_base, 1.0) if at_base > 0.0 else 1.0)
        error = estimate.error + (min(more, 1.0) if chance else more)
        wider = Bounded(np.array([estimate.value]), error)
        return withhold(replace(estimate, error=error), wider, estimate.unit)


def _room(value: float, chance: bool) -> float:
    return value * (1.0 - value) if chance else abs(value)


def leverage_at(
    base: Case, outcomes: Sequence[str] | None = None, judgements: Sequence[str] | None = None
) -> Leverage | None:
    """Return how far a residual moves answers near a base; None where the base has no derivative.

    Parameters
    ----------
    outcomes, judgements
        Names of those to be answered; all if None.
    """
    scenario, clocks = base.scenario, make_clocks(base.equilibrium)
    if clocks.course is not None or not base.game.actors:
        return None
    tested = scenario.judgements if judgements is None else judgements
    names = list(scenario.outcomes if outcomes is None else outcomes)
    queries = queries_in(scenario.judgements[name] for name in tested)
    requests = [Request(name, scenario.outcomes[name]) for name in names]
    requests += [request_of(clocks, query, scenario.outcomes) for query in queries]
    keys: list[str | Query] = [*names, *queries]
    found = [r.estimate for r in answer_all(clocks, requests)] if requests else []
    known = [n for n, each in enumerate(found) if not each.withheld and np.isfinite(each.value)]
    try:
        line = linearise(base.equilibrium)
        sources = [source_of(slope) for slope in slopes(clocks, [requests[n] for n in known], [])]
        moved = np.abs(multipliers(line, sources, tolerance=CLOSE)) if sources else np.zeros((0, 0))
    except (NotConvergedError, QueryError):
        return None
    _, leaving = defects(base.game, base.equilibrium.values)
    rates = (base.game.numbers.discount + leaving[:, None]).ravel()
    sums = [inner(np.ascontiguousarray(column), rates) for column in moved.T]
    return Leverage({keys[n]: (each, found[n].value) for n, each in zip(known, sums, strict=True)})

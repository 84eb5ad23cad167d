r"""Forecasts past dates that everybody knows: the process from where a record leaves off.

Until its day a record is weighed as if known dates were far ahead (`bystander.evidence.likelihood`), which
leaves :math:`\alpha`, the chance of every situation. From there on behaviour changes with the time to each
date, and dates lead where they lead (`bystander.process.announced`). A reading on a day weighs the
distribution then,

.. math:: P(x \mid R) = \alpha \, \Phi(T) \, w_x ,

with :math:`\Phi` the product of :math:`\exp(Q \Delta)` over pieces of days and of the lotteries of dates. Of
"at least n" moves, the same is done in n layers, one for each number counted
(`bystander.evidence.layout`); what is left in them is the chance of fewer. The effect of a date is no move:
it is counted by no class. Pieces are halved until answers agree to `CLOSELY`: an estimate, not a bound.

Fails where: the record was already made by people who acted for a date's sake.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bystander.equilibrium.announced import led_by
from bystander.evidence.binding import Bound
from bystander.evidence.layout import arcs_of
from bystander.evidence.likelihood import Likelihood
from bystander.evidence.record import day_number
from bystander.evidence.starting import process_ahead
from bystander.evidence.timeline import RateKey
from bystander.forecast.questions import ForecastQuestion
from bystander.game.arrays import Float
from bystander.numerics.observed import ObservedRates
from bystander.process.announced import CLOSELY, Begun, DatedProcess


@dataclass(frozen=True)
class Ahead:
    """What follows a record, known dates included.

    Attributes
    ----------
    entry
        Where the record leaves off.
    first
        The day of the game's clock, in days since 1970-01-01, on which it is 0.
    """

    process: DatedProcess
    bound: Bound
    entry: Begun
    first: float

    def probability(self, question: ForecastQuestion) -> float:
        """Return the chance that the answer is yes.

        Raises
        ------
        QueryError
            If the scenario has no words for what is asked.
        NotConvergedError
            If behaviour changes so fast that the answer does not settle.
        """
        observation, is_yes = question.hypothesis()
        if lacking := self.bound.missing(observation):
            raise question.unsaid(lacking)
        key = RateKey(0, (), ((question.of, question.yes_from, "enough"),) if question.of else ())
        arcs = arcs_of(self.bound, key)
        layers = [np.zeros((arcs.layers - 1) * self.process.game.size)]
        weights = self.bound.weights(observation)
        assert weights is not None

        def ask(parts: int) -> Float:
            x, log = np.concatenate([self.entry.mass, *layers]), 0.0
            end = question.end - self.first
            for piece in self.process.pieces(self.entry.day, self.entry.past, end, parts):
                if piece.end > piece.begin:
                    rates = ObservedRates(arcs.generator(self.process.chain(piece).branch_rate))
                    carried = rates.carry(x, piece.end - piece.begin)
                    x, log = carried.end, log + carried.log
                if piece.known is not None:
                    x = led_by(piece.known, x.reshape(arcs.layers, -1).T).T.ravel()
            left = x if question.of else x * weights
            return np.array([math.exp(min(log, 0.0)) * float(left.sum())])

        told = min(float(self.process.refine(ask, CLOSELY).value[0]), 1.0)
        return told if is_yes else 1.0 - told


def follow_ahead(base: Likelihood, values: Mapping[str, float], day: float, horizon: float) -> Ahead:
    """Start the process of a scenario with known dates where a record leaves off.

    Parameters
    ----------
    base
        The likelihood of what was known; its scenario speaks from the day on which is asked.
    day
        The moment at which it leaves off, in days since 1970-01-01.
    horizon
        Days that are asked about from then on.
    """
    found, equilibria = base.filtered(values)
    process = process_ahead(base, values, equilibria[-1].game, found.now[-1], day, horizon)
    scenario = base.scenarios[-1]
    bound = Bound(process.game, base.record, tuple(scenario.moves()))
    return Ahead(process, bound, process.start[0], day_number(scenario.as_of))

"""Evidence for a solution, recomputed from the game alone.

With e_i(s) the defect of the value equation of actor i in situation s (`bystander.equilibrium.defects`, which
shares no code with the solver):

*Residual*: max |e_i(s)| / (rho_i + total rate of leaving s): the change one application of the
contraction makes.

*Regret*: with the others' behaviour held, i faces a decision problem whose best value W_i obeys the same
equation with the best of i's choices, a contraction with modulus below 1 in continuous time at rate
rho_i. Hence W_i - V_i <= max e+ / rho_i for the defect e of that best-choice equation at V_i, and the
worth U_i of i's actual behaviour obeys V_i - U_i <= max e- / rho_i for the defect at actual behaviour.
Under private shocks the two equations are the same one, log-sum-exp being the best a chooser who sees its
shocks can get, and voting one's preference being best: regret_i <= (max e+ + max e-) / rho_i. Under noise
shocks move choices but are worth nothing, so that a player who ignored them would gain: the best-choice
problem is solved (`bystander.equilibrium.best_response`) and regret is the gain it finds, plus its own
defect bound.

Bounds hold in exact arithmetic; rounding adds about 1e-15 times the largest value over rho.
"""

from __future__ import annotations

import numpy as np

from bystander.equilibrium.defects import over_defects
from bystander.equilibrium.result import Certificate
from bystander.game.arrays import Float, Game


def certify(game: Game, values: Float) -> Certificate:
    """Recompute residual and regret of values.

    Parameters
    ----------
    game
        The compiled game.
    values
        ``(N, A)`` worth.

    Returns
    -------
    Certificate
        Infinite entries where a value is not finite.
    """
    if not np.isfinite(values).all():
        return Certificate(np.inf, (np.inf,) * len(game.actors))

    def extremes(defect: Float, leaving: Float) -> tuple[float, Float, Float]:
        change = np.abs(defect / (game.numbers.discount + leaving[:, None])).max()
        return float(change), defect.max(axis=0), defect.min(axis=0)

    changes, highs, lows = zip(*over_defects(game, values, extremes), strict=True)
    residual, high, low = max(changes), np.max(highs, axis=0), np.min(lows, axis=0)
    below = np.maximum(-low, 0.0) / game.numbers.discount
    if game.shocks == "private":
        gain = np.maximum(high, 0.0) / game.numbers.discount
    else:
        from bystander.equilibrium.best_response import best_gains

        gain = best_gains(game, values)
    return Certificate(residual, tuple((gain + below).tolist()))

r"""What someone who has only counted would have said: forecasts without a model of the crisis.

*Base rate* (Gamma-Poisson). Events come at an unknown steady rate r with prior Gamma(shape a, exposure b); n
events in an exposure of T leave Gamma(a + n, b + T). The number in a further exposure u is then negative
binomial,

    P(N = k) = NB(k; a + n, (b + T) / (b + T + u)),   P(N >= 1) = 1 - ((b + T) / (b + T + u))^(a + n).

The default prior is Jeffreys' (a = 1/2, b = 0), which nobody has chosen to fit anything; it needs T > 0.

*Last value*: what was last counted, again. *Conflictology* (VIEWS): the distribution of the last months'
counts as it stands, one equal weight a month (Hegre et al. 2025). *Climatology*: one probability for every
question, the share of yes answers among earlier ones. *No change*: things stay as they are on the day of the
forecast.

Fails where: rates change (that is what a model is for), and where counts come in bursts: the negative
binomial of a steady rate is then too narrow, which the score shows.

References: Gelman et al. 2013, section 2.6 (Gamma-Poisson); Hegre et al. 2025, J. Peace Research
(benchmarks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bystander.errors import QueryError

Array = NDArray[Any]
SHAPE, EXPOSURE = 0.5, 0.0


@dataclass(frozen=True, slots=True)
class BaseRate:
    """A steady rate known from counting: Gamma(shape, exposure), exposure in any unit of time.

    Attributes
    ----------
    shape
        Events seen, plus the prior's.
    exposure
        Time watched, plus the prior's.
    """

    shape: float
    exposure: float

    @property
    def mean(self) -> float:
        """Expected events per unit of time."""
        return self.shape / self.exposure

    def at_least(self, count: int, exposure: float) -> float:
        """Return the probability of ``count`` or more events in a further exposure."""
        from scipy.stats import nbinom

        if count <= 0:
            return 1.0
        return float(nbinom.sf(count - 1, self.shape, self.exposure / (self.exposure + exposure)))

    def probabilities(self, exposure: float, most: int) -> Array:
        """``(most + 1,)`` probabilities of 0, 1, .., ``most`` events in a further exposure."""
        from scipy.stats import nbinom

        found: Array = nbinom.pmf(np.arange(most + 1), self.shape, self.exposure / (self.exposure + exposure))
        return found

    def quantile(self, probability: ArrayLike, exposure: float) -> Array:
        """Smallest counts whose cumulative probability reaches the ones given."""
        from scipy.stats import nbinom

        return np.asarray(nbinom.ppf(probability, self.shape, self.exposure / (self.exposure + exposure)))


def base_rate(
    count: float, exposure: float, *, shape: float = SHAPE, prior_exposure: float = EXPOSURE
) -> BaseRate:
    """Learn a steady rate from a count over an exposure.

    Raises
    ------
    QueryError
        If the count is negative or nothing was watched.
    """
    if count < 0 or exposure + prior_exposure <= 0.0 or exposure < 0.0:
        raise QueryError("A base rate needs a count of at least 0 over a positive exposure.")
    return BaseRate(shape + count, prior_exposure + exposure)


def conflictology(history: Sequence[float], months: int = 12) -> Array:
    """Return the last months' values as equally likely draws, ``(months,)``.

    Raises
    ------
    QueryError
        If there are fewer.
    """
    if len(history) < months:
        raise QueryError(f"Conflictology needs {months} months; there are {len(history)}.")
    return np.asarray(history[-months:], float)


def climatology(earlier: ArrayLike) -> float:
    """Return the share of yes among earlier answers, with half a yes and half a no added (never 0 or 1)."""
    answers = np.asarray(earlier, float)
    return float((answers.sum() + 0.5) / (len(answers) + 1.0))

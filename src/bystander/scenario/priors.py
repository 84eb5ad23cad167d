"""Beliefs about parameters before any data.

====================================  ================================================================
written                               meaning
====================================  ================================================================
``lognormal(median=m, spread=s)``     log X is normal with mean log m and standard deviation log s (s > 1):
                                      two draws in three lie between m / s and m s
``normal(mean=m, sd=s)``              X is normal
``uniform(low=a, high=b)``            X is uniform on [a, b]
``beta(mean=m, n=n)``                 X is Beta(m n, (1 - m) n): as if seen in n trials
``gamma(mean=m, shape=k)``            X is Gamma with shape k and mean m: a rate as if k events were seen
====================================  ================================================================

Numbers without a unit are in the unit of the parameter's value: with ``value: 2.0 per year``, ``median=2``
means 2 per year. The word ``value`` stands for the parameter's own value, so that a prior follows a number
that is derived from facts: ``beta(mean=value, n=25)``. Draws come from uniform numbers made elsewhere through
the inverse distribution function (Devroye 1986), so that one set of numbers serves Monte Carlo, Latin
hypercubes and Sobol sequences alike.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.errors import Mark, Problem, ScenarioError
from bystander.units import NUMBER, PLAIN, Dimension, Quantity, parse_quantity

ARGUMENTS = {
    "lognormal": ("median", "spread"),
    "normal": ("mean", "sd"),
    "uniform": ("low", "high"),
    "beta": ("mean", "n"),
    "gamma": ("mean", "shape"),
}
UNITLESS = frozenset({"spread", "n", "shape"})
_BETWEEN = re.compile(r",(?!\d{3}(?!\d))")
"""A comma between arguments, none within a number: each argument begins with its name."""
_LEADING_NUMBER = re.compile(rf"^[+-]?\s*{NUMBER}\s*%?\s*")
_CALL = re.compile(r"\s*([a-z]+)\s*\(([^()]*)\)\s*")
_OWN_VALUE = "value"
_FIX = "write one of " + ", ".join(
    f"{name}({', '.join(f'{a}=' for a in names)})" for name, names in ARGUMENTS.items()
)


@dataclass(frozen=True, slots=True)
class Prior:
    """A distribution of a parameter, in days, people and dollars.

    Attributes
    ----------
    family
        ``lognormal``, ``normal``, ``uniform``, ``beta`` or ``gamma``.
    first, second
        Its two arguments in the order of the table above.
    text
        The prior with its numbers and their units.
    written
        The prior as written, where that is something else: with the word ``value`` in it.
    """

    family: str
    first: float
    second: float
    text: str = field(default="", compare=False)
    written: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Return the prior with its numbers."""
        return self.text

    def ppf(self, uniform: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the quantiles of numbers in (0, 1); give it uniform numbers to draw a sample."""
        from scipy import special

        u = np.asarray(uniform, dtype=float)
        match self.family:
            case "lognormal":
                return np.asarray(self.first * np.exp(math.log(self.second) * special.ndtri(u)))
            case "normal":
                return np.asarray(self.first + self.second * special.ndtri(u))
            case "uniform":
                return np.asarray(self.first + (self.second - self.first) * u)
            case "gamma":
                return np.asarray(special.gammaincinv(self.second, u) * self.first / self.second)
        return np.asarray(special.betaincinv(self.first * self.second, (1 - self.first) * self.second, u))

    def cdf(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of a smaller value; the inverse of `ppf`."""
        from scipy import special

        x = np.asarray(value, dtype=float)
        match self.family:
            case "lognormal":
                with np.errstate(divide="ignore"):
                    standard = np.log(np.maximum(x, 0.0) / self.first) / math.log(self.second)
                return np.asarray(special.ndtr(standard))
            case "normal":
                return np.asarray(special.ndtr((x - self.first) / self.second))
            case "uniform":
                return np.clip((x - self.first) / (self.second - self.first), 0.0, 1.0)
            case "gamma":
                return np.asarray(
                    special.gammainc(self.second, np.maximum(x, 0.0) * self.second / self.first)
                )
        a, b = self.first * self.second, (1 - self.first) * self.second
        return np.asarray(special.betainc(a, b, np.clip(x, 0.0, 1.0)))

    def log_density(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log density at values, minus infinity outside the support."""
        from scipy import special

        x = np.asarray(value, dtype=float)
        low, high = self.support
        inside = (x > low) & (x < high) if self.family != "uniform" else (x >= low) & (x <= high)
        y = np.where(inside, x, self.median)
        match self.family:
            case "lognormal":
                s = math.log(self.second)
                out = -0.5 * (np.log(y / self.first) / s) ** 2 - np.log(y * s) - 0.5 * math.log(2 * math.pi)
            case "normal":
                out = -0.5 * ((y - self.first) / self.second) ** 2 - math.log(
                    self.second * math.sqrt(2 * math.pi)
                )
            case "uniform":
                out = np.full_like(y, -math.log(self.second - self.first))
            case "gamma":
                rate = self.second / self.first
                out = self.second * math.log(rate) + special.xlogy(self.second - 1, y) - rate * y
                out = out - special.gammaln(self.second)
            case _:
                a, b = self.first * self.second, (1 - self.first) * self.second
                out = special.xlogy(a - 1, y) + special.xlog1py(b - 1, -y) - special.betaln(a, b)
        return np.where(inside, out, -np.inf)

    def density(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density at values, 0 outside the support."""
        return np.asarray(np.exp(self.log_density(value)))

    @property
    def support(self) -> tuple[float, float]:
        """Return the smallest and largest possible value."""
        match self.family:
            case "lognormal" | "gamma":
                return 0.0, math.inf
            case "normal":
                return -math.inf, math.inf
            case "uniform":
                return self.first, self.second
        return 0.0, 1.0

    @property
    def median(self) -> float:
        """Return the value that half of the draws exceed."""
        if self.family in ("lognormal", "normal"):
            return self.first
        return float(self.ppf(np.array(0.5)))


def parse_prior(source: Any, value: Quantity, mark: Mark) -> Prior:
    """Read a prior for a parameter whose value is ``value``.

    Raises
    ------
    ScenarioError
        For an unknown family, missing or impossible arguments, or the wrong unit.
    """
    text = " ".join(str(source).split())
    call = _CALL.fullmatch(text)
    if call is None or call[1] not in ARGUMENTS:
        raise _bad(mark, f"'{text[:60]}' is not a prior")
    family, names = call[1], ARGUMENTS[call[1]]
    if family == "beta" and value.dimension != PLAIN:
        message = f"beta is about a plain number from 0 to 1, but the parameter is {value.dimension}"
        raise _bad(mark, message, "Write lognormal(median=value, spread=1.5).")
    given: dict[str, float] = {}
    written: dict[str, str] = {}
    for piece in _BETWEEN.split(call[2]):
        name, equals, number = piece.partition("=")
        name = name.strip()
        if not equals or name not in names or name in given:
            raise _bad(
                mark, f"{family} takes {' and '.join(names)}, each once; '{piece.strip()[:40]}' is not that"
            )
        if number.strip() == _OWN_VALUE and name not in UNITLESS:
            given[name], written[name] = value.value, value.text
            continue
        unit = PLAIN if name in UNITLESS else value.dimension
        given[name], written[name] = _argument(number.strip(), unit, value, mark)
    if len(given) != len(names):
        missing = [name for name in names if name not in given]
        raise _bad(mark, f"{family} also needs {' and '.join(missing)}")
    numbers = f"{family}({', '.join(f'{name}={written[name]}' for name in names)})"
    followed = (
        text if _OWN_VALUE in (piece.partition("=")[2].strip() for piece in _BETWEEN.split(call[2])) else ""
    )
    prior = Prior(family, given[names[0]], given[names[1]], numbers, followed)
    complaint = "" if math.isnan(prior.first + prior.second) else _impossible(prior)
    if complaint:
        raise _bad(mark, f"{complaint} in '{numbers}'", "Correct that number.")
    return prior


def _argument(text: str, dimension: Dimension, value: Quantity, mark: Mark) -> tuple[float, str]:
    """Return an argument in days, people and dollars, and its text with the unit written out."""
    quantity = parse_quantity(text, mark)
    if quantity.dimension == dimension:
        return quantity.value, quantity.text
    if quantity.dimension != PLAIN:
        message = f"'{text}' is {quantity.dimension}, but the parameter is {dimension}"
        raise _bad(mark, message, "Leave its unit out, or give it that of the value.")
    unit = _LEADING_NUMBER.sub("", value.text.strip())
    if not unit or value.text.startswith("every"):
        raise _bad(mark, f"'{text}' needs a unit here", "Write its unit, as in '6 per year'.")
    with_unit = parse_quantity(f"{text} {unit}", mark)
    return with_unit.value, with_unit.text


def _impossible(prior: Prior) -> str:
    match prior.family:
        case "lognormal" if prior.first <= 0:
            return "the median must be positive"
        case "lognormal" if prior.second <= 1:
            return "the spread is a factor greater than 1"
        case "normal" if prior.second <= 0:
            return "the standard deviation must be positive"
        case "uniform" if prior.second <= prior.first:
            return "low must be less than high"
        case "beta" if not 0 < prior.first < 1:
            return "the mean must lie between 0 and 1"
        case "beta" if prior.second <= 0:
            return "n must be positive"
        case "gamma" if prior.first <= 0 or prior.second <= 0:
            return "mean and shape must be positive"
    return ""


def _bad(mark: Mark, message: str, fix: str = _FIX) -> ScenarioError:
    return ScenarioError(Problem(mark, message, fix, "bad-prior"))

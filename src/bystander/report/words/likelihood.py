"""Estimative language: one word for every probability, the number always beside it.

The yardstick of Intelligence Community Directive 203 (2015), with its bounds in percent::

    remote          very unlikely   unlikely   roughly even   likely   very likely   almost certain
    1 to 5          5 to 20         20 to 45   45 to 55       55 to 80 80 to 95      95 to 99

A bound belongs to the word above it: 5 percent is "very unlikely", 55 percent is "likely". Below 1 and
above 99 percent the outer words are used and the number says "under 1%" or "over 99%": the model never
claims certainty. Likelihood says nothing about confidence; that is `bystander.report.words.confidence`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan


@dataclass(frozen=True, slots=True)
class Band:
    """One word of the yardstick and the probabilities it covers, ``low <= p < high``."""

    word: str
    low: float
    high: float


YARDSTICK: tuple[Band, ...] = (
    Band("remote", 0.0, 0.05),
    Band("very unlikely", 0.05, 0.2),
    Band("unlikely", 0.2, 0.45),
    Band("roughly even", 0.45, 0.55),
    Band("likely", 0.55, 0.8),
    Band("very likely", 0.8, 0.95),
    Band("almost certain", 0.95, 1.0),
)


def band(probability: float) -> Band:
    """Find the band of the yardstick a probability lies in.

    Raises
    ------
    ValueError
        If the number is not a probability, give or take rounding error.
    """
    if isnan(probability) or not -1e-9 <= probability <= 1 + 1e-9:
        raise ValueError(f"{probability!r} is not a probability")
    return next((b for b in YARDSTICK if probability < b.high), YARDSTICK[-1])


def likelihood(probability: float) -> str:
    """Name a probability: ``0.07`` is ``very unlikely``; one that is withheld is ``not known``."""
    return "not known" if isnan(probability) else band(probability).word

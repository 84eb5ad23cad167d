r"""What each observation contributes to a log-likelihood, and how surprising it was.

The logarithms of a filter's scales, collected by what they belong to: :math:`\log p(y_i \mid y_{<i})` for
each observation, and for the silence of each stretch of coverage. They add up to the log-likelihood. For a
move at a moment the contribution is the log of a rate per day; ``expected`` is that rate just before: how
often such a move was to be expected given all that came before. Of a reading or a window it is the chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np

from bystander.evidence.layout import Filtered, LaidRecord
from bystander.evidence.timeline import RateKey
from bystander.game.arrays import Float, Int64

SILENCE = "silence"
TERMS = "terms of the log-likelihood"


@dataclass(frozen=True, slots=True)
class Contribution:
    """One term of a log-likelihood.

    Attributes
    ----------
    name
        An observation, or ``silence``.
    when, says
        Its date and text.
    log
        Logarithm of its chance, or density per day, given all before it.
    density
        Whether it is a density.
    """

    name: str
    when: str
    says: str
    log: float
    density: bool

    @property
    def expected(self) -> float:
        """Chance, or firings per year that were to be expected."""
        return math.exp(min(self.log, 700.0)) * (365.25 if self.density else 1.0)

    @property
    def bits(self) -> float:
        """How surprising it was, in bits; for a move, that it came on this very day."""
        return -self.log / math.log(2.0)


def contributions(laid: LaidRecord, found: Filtered) -> tuple[Contribution, ...]:
    """Return the terms of a log-likelihood in order of time, the silence of all coverage last."""
    out: dict[str, Contribution] = {}
    silence = 0.0
    for history, logs in zip(laid.histories, found.logs, strict=True):
        for step, log in zip(history.steps, logs.tolist(), strict=True):
            if step.kind == "begin":
                continue
            about = step.about
            if about is None:
                silence += log
                continue
            density = step.kind == "leap" and not about.perhaps
            name = about.called
            when = laid.record.told_of(about)
            before = out.get(name)
            total = log + (before.log if before else 0.0)
            out[name] = Contribution(
                name, when, about.says, total, density or bool(before and before.density)
            )
    keys = {step.key for history in laid.histories for step in history.steps}
    if any(isinstance(key, RateKey) and key.covered for key in keys):
        out[SILENCE] = Contribution(SILENCE, "", "no other move where all are listed", silence, False)
    elif silence:
        out[SILENCE] = Contribution(SILENCE, "", "the passing of time", silence, False)
    return tuple(out.values())


def parts_of(laid: LaidRecord, found: Filtered) -> tuple[tuple[str, ...], Float]:
    """Return the names and logs of a likelihood's terms."""
    if TERMS not in laid.kept:
        laid.kept[TERMS] = _places(laid)
    names, places = cast("tuple[tuple[str, ...], Int64]", laid.kept[TERMS])
    return names, np.bincount(places, np.concatenate(found.logs), minlength=len(names)).astype(np.float64)


def _places(laid: LaidRecord) -> tuple[tuple[str, ...], Int64]:
    """Return the names of terms, the silence last, and the term of each step of all histories."""
    names: dict[str, int] = {}
    places = []
    for history in laid.histories:
        for step in history.steps:
            about = step.about
            if about is None or step.kind == "begin":
                places.append(-1)
                continue
            places.append(names.setdefault(about.called, len(names)))
    found = np.array(places)
    return (*names, SILENCE), np.where(found < 0, len(names), found)


def at_moments(laid: LaidRecord, found: Filtered) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Return the smoothed course of each variable: by level, (moment, chance) of the first history."""
    situations = laid.bounds[0].game.situations
    wanted = dict(zip(situations.names, situations.level_names, strict=True))
    out: dict[str, dict[str, list[tuple[float, float]]]] = {
        name: {level: [] for level in levels} for name, levels in wanted.items()
    }
    regime = 0
    steps = laid.histories[0].steps
    for place, (moment, chances) in enumerate(found.courses[0]):
        step = steps[min(place, len(steps) - 1)]
        if isinstance(step.key, RateKey) and step.kind in ("begin", "pass"):
            regime = step.key.regime
        levels = laid.bounds[regime].game.situations.levels
        names = laid.bounds[regime].game.situations.names
        if len(chances) != len(levels):
            continue
        for name, wanted_levels in wanted.items():
            column = levels[:, names.index(name)]
            known = laid.bounds[regime].game.situations.level_names[names.index(name)]
            shares = np.bincount(column, chances, minlength=len(known))
            for level in wanted_levels:
                out[name][level].append((moment, float(shares[known.index(level)])))
    return out

r"""What a record taught, in numbers and words: prior beside posterior, and what it does not move.

On the scale of its prior a parameter has deviation 1 before any data. *Learnt* is the share of that which is
gone: :math:`1 - \text{sd}`. Directions tell more than parameters: with the curvature of the log-likelihood
alone (the Hessian less the prior's identity), an eigenvalue far below 1 is a combination that the record does
not move, one far above 1 a combination that it pins down, even where every parameter in it stays uncertain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bystander.evidence.learning import Fit
from bystander.game.arrays import Float

NOTHING, LITTLE, MUCH = 0.07, 0.25, 0.6
TOGETHER = 0.35
QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Taught:
    """One parameter before and after.

    Attributes
    ----------
    before, after
        5 %, 50 % and 95 % quantiles, in days, people and dollars.
    learnt
        Share of the prior's deviation that is gone; negative if the record makes it less certain.
    shift
        How far the median moved, in the prior's deviations.
    verdict
        In words.
    """

    name: str
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    learnt: float
    shift: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Direction:
    """A combination of parameters that the record pins down or leaves alone: weights by name."""

    weights: tuple[tuple[str, float], ...]
    curvature: float
    says: str


def taught(fit: Fit) -> tuple[Taught, ...]:
    """Return every parameter before and after, most learnt first."""
    z = fit.sample()
    out = []
    for place, (name, prior) in enumerate(zip(fit.names, fit.coordinates.priors, strict=True)):
        column = z[:, place]
        points = np.quantile(column, QUANTILES)
        low, middle, high = (fit.coordinates.values(_at(fit, place, q))[name] for q in points.tolist())
        first, second, third = prior.ppf(np.array(QUANTILES)).tolist()
        learnt = 1.0 - float(column.std())
        shift = float(points[1])
        told = _verdict(learnt, shift)
        out.append(Taught(name, (first, second, third), (low, middle, high), learnt, shift, told))
    return tuple(sorted(out, key=lambda each: -max(each.learnt, abs(each.shift) / 2.0)))


def _at(fit: Fit, place: int, point: float) -> Float:
    z = np.zeros(len(fit.names))
    z[place] = point
    return z


def _verdict(learnt: float, shift: float) -> str:
    moved = f", and moves it {'up' if shift > 0 else 'down'}" if abs(shift) > 0.3 else ""
    if learnt < NOTHING:
        return f"the record says next to nothing about it{moved}"
    if learnt < LITTLE:
        return f"the record narrows it a little{moved}"
    return f"the record {'pins it down' if learnt > MUCH else 'narrows it'}{moved}"


def directions(fit: Fit) -> tuple[Direction, ...]:
    """Return the combinations that the record moves together or not at all, strongest first."""
    curvature, vectors = np.linalg.eigh(fit.laplace.hessian - np.eye(len(fit.names)))
    found = []
    for value, vector in sorted(zip(curvature.tolist(), vectors.T, strict=True), key=lambda each: -each[0]):
        large = [
            (fit.names[k], float(vector[k])) for k in np.argsort(-np.abs(vector)) if abs(vector[k]) > TOGETHER
        ]
        if len(large) < 2:
            continue
        if value > 4.0:
            same = len({weight > 0 for _, weight in large}) == 1
            names = " and ".join(name for name, _ in large)
            how = "only what they do together" if same else "what they are to each other"
            found.append(Direction(tuple(large), value, f"of {names} the record tells {how}"))
    quiet = [fit.names[k] for k in range(len(fit.names)) if _is_quiet(fit, k)]
    if quiet:
        shown = ", ".join(quiet[:8]) + (f" and {len(quiet) - 8} more" if len(quiet) > 8 else "")
        found.append(
            Direction(
                tuple((name, 1.0) for name in quiet),
                0.0,
                f"the record does not move {shown} in any combination",
            )
        )
    return tuple(found)


def _is_quiet(fit: Fit, place: int) -> bool:
    """Say whether the likelihood has no curvature along a parameter, alone or with others."""
    row = fit.laplace.hessian[place] - np.eye(len(fit.names))[place]
    return bool(np.abs(row).max() < NOTHING)


def verdict(fit: Fit) -> str:
    """Say in two or three sentences what the fit is worth."""
    told = taught(fit)
    much = [each.name for each in told if each.learnt >= LITTLE]
    nothing = [each for each in told if each.learnt < NOTHING and abs(each.shift) <= 0.3]
    parts = []
    if much:
        parts.append(f"The record teaches most about {_listed(much[:4])}.")
    else:
        parts.append("The record teaches little about any of these numbers.")
    if nothing:
        parts.append(f"It says next to nothing about {len(nothing)} of {len(told)}.")
    if fit.laplace.flat_directions:
        parts.append(
            f"In {fit.laplace.flat_directions} direction{'s' * (fit.laplace.flat_directions > 1)} the "
            "likelihood is "
            "flat or bends the wrong way at the mode: there the prior decides."
        )
    if fit.folds:
        parts.append(
            f"{fit.folds} of {fit.evaluations} evaluations jumped to another equilibrium on the way: "
            "the likelihood "
            "is not smooth there, and averages over it mean less."
        )
    if fit.failed:
        parts.append(f"{fit.failed} points had no equilibrium and were left out.")
    if fit.draws is not None and not fit.draws.believed:
        parts.append(
            "The draws are not to be believed: the tail of their weights has shape "
            f"{fit.draws.pareto_k:.2f}, "
            "and averages need less than 0.7."
        )
    return " ".join(parts)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

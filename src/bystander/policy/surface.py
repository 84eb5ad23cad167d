r"""A response surface: what a scenario answers anywhere in the range of its levers, without solving it.

The scenario is solved at points of a scrambled Sobol sequence over the box of its levers (Owen 1998), and at
today's values. Each answer y is put on a scale without ends (log-odds for chances, asinh for amounts) and
interpolated by kriging with a linear trend (Sacks, Welch, Mitchell & Wynn 1989): with x the levers in
[-1, 1],

    y(x) = b_0 + b' x + sum_n w_n k(|x - x_n| / l),      k(r) = (1 + sqrt(5) r + 5 r^2 / 3) exp(-sqrt(5) r)

(Matern 5/2; ``l`` is one length for each lever and answer, by maximum likelihood on the first `LEARNERS`
points, which saves nine tenths of the time and loses nothing that was measured). A millionth is added to
the diagonal of the correlations, so that weights stay small enough for 32-bit floats, in which the surface
is kept and measured; through the points solved it passes to about that. The first points of the sequence
are held back: the largest and the 95th percentile of the error there are the *stated error*, for chances in
points of probability, for amounts as a share of the amount's range. Points are added until the stated error
is small enough or there are `MOST_POINTS`; it is stated either way.

A point at which no equilibrium was found, or that was reached by a jump to another one, is left out and
counted: a surface is smooth and a jump is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from bystander.cases.cases import Case
from bystander.cases.changes import Change
from bystander.cases.jobs import Answers, answer_changes
from bystander.cases.store import Store
from bystander.errors import QueryError
from bystander.policy.levers import Lever
from bystander.progress import Progress, silent
from bystander.seeds import key
from bystander.units import CHANCES

Array = NDArray[np.float64]

BATCH = 64
HELD_BACK = 48
MOST_POINTS = 464
LEARNERS = 128
GOOD_ENOUGH = 0.008
TINY = 1e-9
ROOT5 = 5.0**0.5
SHORTEST, LONGEST = 0.3, 40.0


@dataclass(frozen=True, slots=True)
class SurfaceError:
    """The error of one answer on points held back: largest and 95th percentile."""

    outcome: str
    largest: float
    usual: float


@dataclass(frozen=True)
class Surface:
    """Answers anywhere in a box of levers.

    Attributes
    ----------
    levers
        The axes.
    outcomes, chance
        The answers, and whether each is a chance.
    points
        ``(n, k)`` points solved, in [-1, 1].
    lengths
        ``(m, k)`` lengths of each answer.
    trend
        ``(m, k + 1)`` constant and slopes of each answer.
    weights
        ``(m, n)`` weights of the kernel.
    errors
        The stated errors, on ``held_back`` points.
    failed
        How many points had no equilibrium or were reached by a jump.
    """

    levers: tuple[Lever, ...]
    outcomes: tuple[str, ...]
    chance: tuple[bool, ...]
    points: Array
    lengths: Array
    trend: Array
    weights: Array
    errors: tuple[SurfaceError, ...]
    held_back: int
    failed: int

    @property
    def worst_chance(self) -> float:
        """The largest error of any chance on the points held back; 0 where there is no chance."""
        pairs = zip(self.errors, self.chance, strict=True)
        return max((error.largest for error, chance in pairs if chance), default=0.0)

    def at(self, place: Sequence[float]) -> dict[str, float]:
        """Return every answer at a place in [-1, 1] on each lever."""
        x = np.asarray(place, dtype=float)[None, :]
        found = {}
        for row, name in enumerate(self.outcomes):
            k = kernel(x, self.points, self.lengths[row])
            y = self.trend[row, 0] + x @ self.trend[row, 1:] + k @ self.weights[row]
            found[name] = float(unscaled(y, self.chance[row])[0])
        return found


def scaled(values: Array, chance: bool) -> Array:
    """Put answers on a scale without ends."""
    if chance:
        inside = np.clip(values, TINY, 1.0 - TINY)
        return np.asarray(np.log(inside / (1.0 - inside)))
    return np.asarray(np.arcsinh(values))


def unscaled(y: Array, chance: bool) -> Array:
    """Return answers from that scale."""
    return np.asarray(1.0 / (1.0 + np.exp(-y)) if chance else np.sinh(y))


def kernel(one: Array, two: Array, lengths: Array) -> Array:
    """Return the Matern 5/2 correlations of ``(a, k)`` with ``(b, k)`` points, ``(a, b)``."""
    gaps = (one[:, None, :] - two[None, :, :]) / lengths
    r = np.sqrt((gaps * gaps).sum(axis=2))
    return np.asarray((1.0 + ROOT5 * r + 5.0 / 3.0 * r * r) * np.exp(-ROOT5 * r))


def response_surface(
    case: Case,
    levers: Sequence[Lever],
    *,
    outcomes: Sequence[str] | None = None,
    most: int = MOST_POINTS,
    good_enough: float = GOOD_ENOUGH,
    seed: int = 0,
    store: Store | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Surface:
    """Solve a scenario over the range of its levers and interpolate.

    Parameters
    ----------
    outcomes
        The answers wanted; all headline outcomes if None.
    most
        Most points to solve, besides those held back.
    good_enough
        Largest error of a chance, in points of probability, at which no further points are added.

    Raises
    ------
    QueryError
        If there are no levers or no outcomes, or too few points can be solved.
    """
    asked = [n for n, r in case.outcomes.items() if r.headline] if outcomes is None else list(outcomes)
    if not levers or not asked:
        raise QueryError("A response surface needs at least one lever and one outcome.")
    tell = progress or silent
    chance = tuple(case.outcomes[name].estimate.unit in CHANCES for name in asked)
    places = _design(len(levers), HELD_BACK + most, seed)
    today = np.array([_today(lever) for lever in levers])
    middle = np.array([[case.value(name) for name in asked]])
    found: Array = np.empty((0, len(asked)))
    taken, surface = 0, None
    lengths: list[Array] = []
    while taken < len(places):
        until = min(HELD_BACK + BATCH if taken == 0 else taken + BATCH, len(places))
        total = len(places)

        def told(step: str, share: float, low: int = taken, high: int = until, of: int = total) -> None:
            tell(step, 0.98 * (low + share * (high - low)) / of)

        changes = [Change(sets=_sets(levers, place)) for place in places[taken:until]]
        done = answer_changes(
            case,
            changes,
            outcomes=asked,
            judgements=(),
            store=store,
            workers=workers,
            progress=told,
            step="Tabulating the response",
            rough=True,
        )
        found = np.vstack((found, np.array([_row(answer, asked) for answer in done.answers])))
        taken = until
        at, values = np.vstack((today, places[:taken])), np.vstack((middle, found))
        surface = _fit(levers, asked, chance, at, values, lengths)
        if surface.worst_chance <= good_enough or done.ended:
            break
    assert surface is not None
    tell("Tabulating the response", 1.0)
    return surface


def _design(width: int, count: int, seed: int) -> Array:
    """Return ``(count, width)`` points of a scrambled Sobol sequence in [-1, 1]."""
    from scipy.stats import qmc

    random = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=key("response surface")))
    sequence = qmc.Sobol(width, scramble=True, seed=random)
    return np.asarray(2.0 * sequence.random_base2(int(np.ceil(np.log2(count))))[:count] - 1.0)


def _today(lever: Lever) -> float:
    low, high = lever.scale[0], lever.scale[-1]
    return float(2.0 * (lever.scale[lever.middle] - low) / (high - low) - 1.0)


def _sets(levers: Sequence[Lever], place: Array) -> dict[str, float]:
    """Return the value of each parameter at a place, read between the steps of its lever."""
    sets = {}
    for lever, x in zip(levers, place, strict=True):
        low, high = lever.scale[0], lever.scale[-1]
        z = low + (x + 1.0) / 2.0 * (high - low)
        sets[lever.parameter] = float(np.interp(z, lever.scale, lever.values))
    return sets


def _row(answer: Answers | None, asked: Sequence[str]) -> list[float]:
    if answer is None or answer.failure or answer.jump > 0.0:
        return [np.nan] * len(asked)
    return [answer.outcomes[name] for name in asked]


def _fit(
    levers: Sequence[Lever],
    asked: Sequence[str],
    chance: Sequence[bool],
    places: Array,
    values: Array,
    learnt: list[Array],
) -> Surface:
    """Fit every answer; the points after today's are held back first, so that they never change.

    ``learnt`` holds the lengths of each answer once all `LEARNERS` points are there: more change nothing.
    """
    back = np.zeros(len(places), dtype=bool)
    back[1 : 1 + HELD_BACK] = True
    solved = ~np.isnan(values).any(axis=1)
    fit, test = solved & ~back, solved & back
    if fit.sum() < len(levers) + 2:
        raise QueryError("Too few points of the levers' range have an equilibrium to interpolate between.")
    x = places[fit].astype(np.float32).astype(float)
    lengths, trends, weights, errors = [], [], [], []
    for column, (name, is_chance) in enumerate(zip(asked, chance, strict=True)):
        found = krige(x, scaled(values[fit, column], is_chance), learnt[column] if learnt else None)
        length, trend, weight = (part.astype(np.float32).astype(float) for part in found)
        lengths.append(length)
        trends.append(trend)
        weights.append(weight)
        k = kernel(places[test], x, length)
        told = unscaled(trend[0] + places[test] @ trend[1:] + k @ weight, is_chance)
        gap = np.abs(told - values[test, column])
        if not is_chance:
            gap = gap / max(float(np.ptp(values[solved, column])), TINY)
        usual = float(np.quantile(gap, 0.95)) if gap.size else 0.0
        errors.append(SurfaceError(name, float(gap.max(initial=0.0)), usual))
    if len(x) >= LEARNERS and not learnt:
        learnt += lengths
    return Surface(
        tuple(levers),
        tuple(asked),
        tuple(chance),
        x,
        np.array(lengths),
        np.array(trends),
        np.array(weights),
        tuple(errors),
        int(test.sum()),
        int((~solved).sum()),
    )


def krige(x: Array, y: Array, lengths: Array | None = None) -> tuple[Array, Array, Array]:
    """Return lengths, trend and weights of a kriging interpolator.

    Parameters
    ----------
    x
        ``(n, k)`` points in [-1, 1].
    y
        ``(n,)`` answers there.
    lengths
        Those learnt from the first `LEARNERS` of the points before; None learns them.

    Returns
    -------
    tuple
        ``(k,)`` lengths, ``(k + 1,)`` trend, ``(n,)`` weights.
    """
    trend = np.hstack((np.ones((len(x), 1)), x))
    few = slice(0, LEARNERS)
    if np.ptp(y) < 1e-12:
        flat = np.zeros(trend.shape[1])
        flat[0] = y[0]
        return np.full(x.shape[1], LONGEST), flat, np.zeros(len(y))
    if lengths is None:
        lengths = _learn(x[few], trend[few], y[few])
    _, beta, weights, _ = _solve(kernel(x, x, lengths), trend, y)
    return lengths, beta, weights


def _learn(x: Array, trend: Array, y: Array) -> Array:
    """Return the lengths of greatest likelihood."""
    best = optimize.minimize(
        _likelihood,
        np.full(x.shape[1], np.log(4.0)),
        args=((x[:, None, :] - x[None, :, :]) ** 2, trend, y),
        jac=True,
        method="L-BFGS-B",
        bounds=[(np.log(SHORTEST), np.log(LONGEST))] * x.shape[1],
        options={"maxiter": 30},
    )
    return np.asarray(np.exp(best.x))


NUGGET = 1e-6


def _solve(k: Array, trend: Array, y: Array) -> tuple[Any, Array, Array, float]:
    """Return the factor of the correlations, the trend by least squares, the weights and the variance."""
    factor = linalg.cho_factor(k + NUGGET * np.eye(len(k)), lower=True)
    inside = linalg.cho_solve(factor, trend)
    beta = np.asarray(linalg.solve(trend.T @ inside, inside.T @ y, assume_a="pos"))
    rest = y - trend @ beta
    weights = np.asarray(linalg.cho_solve(factor, rest))
    return factor, beta, weights, float(rest @ weights / len(y))


def _likelihood(logs: Array, square: Array, trend: Array, y: Array) -> tuple[float, Array]:
    """Return minus the concentrated log likelihood and its derivatives in the logs of the lengths."""
    scale = np.exp(-2.0 * logs)
    r = np.sqrt(square @ scale)
    fall = np.exp(-ROOT5 * r)
    k = (1.0 + ROOT5 * r + 5.0 / 3.0 * r * r) * fall
    try:
        factor, _, weights, variance = _solve(k, trend, y)
    except linalg.LinAlgError:
        return 1e10, np.zeros_like(logs)
    n = len(y)
    value = 0.5 * n * np.log(max(variance, 1e-300)) + np.log(np.diag(factor[0])).sum()
    inverse = linalg.cho_solve(factor, np.eye(n))
    lead = 5.0 / 3.0 * (1.0 + ROOT5 * r) * fall  # dk / d(log l_j) = lead * square_j / l_j^2
    pull = lead * (inverse - np.outer(weights, weights) / max(variance, 1e-300))
    slope = 0.5 * np.einsum("ab,abj->j", pull, square) * scale
    return float(value), np.asarray(slope)


def plain_surface(surface: Surface, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return a surface as plain values for JSON; arrays are base64 of 32-bit floats, row by row."""
    import base64

    def packed(array: Array) -> str:
        return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode("ascii")

    return {
        "levers": [lever.parameter for lever in surface.levers],
        "outcomes": [(names or {}).get(name, name) for name in surface.outcomes],
        "chance": list(surface.chance),
        "count": len(surface.points),
        "points": packed(surface.points),
        "lengths": packed(surface.lengths),
        "trend": packed(surface.trend),
        "weights": packed(surface.weights),
        "errors": [[error.largest, error.usual] for error in surface.errors],
        "heldBack": surface.held_back,
        "failed": surface.failed,
    }

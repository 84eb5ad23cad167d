"""The few assumptions that matter most, and what a scenario answers anywhere in their range.

A parameter with a prior matters by how far one standard deviation of its prior moves the chances asked for.
A chance counts on the arcsine scale, on which equal distances are equally hard to tell apart by counting
cases (Fisher 1954): with p the chance, dy/dz its derivative in standard deviations of the parameter,

    influence = ( sum over chances of ( dy/dz / (2 sqrt(p (1 - p))) )^2 )^(1/2)

Where a scenario asks for no chance, amounts count instead, each as a share of itself.

A lever is moved in steps along the scale of its prior: as many to either side of today's value, from one
standard deviation below the prior's median to one above it. Where today's value lies outside these, the range
is extended by half a standard deviation beyond it.

The response surface answers without solving. The scenario is solved at points of a scrambled Sobol sequence
over the box of its levers (Owen 1998), and at today's values. Each answer y is put on a scale without ends
(log-odds for chances, asinh for amounts) and interpolated by kriging with a linear trend (Sacks, Welch,
Mitchell & Wynn 1989): with x the levers in [-1, 1],

    y(x) = b_0 + b' x + sum_n w_n k(x, x_n),
    k(x, x') = prod_j (1 + a_j exp(-(x_j - x'_j)^2 / (2 l_j^2))) / (1 + a_j)

the kernel of an analysis of variance (Durrande, Ginsbourger, Roustant & Carraro 2013): multiplied out it is a
sum over levers alone, pairs, triples and so on, which is what responses are made of; a distance over all
levers at once would need far more points. A nugget is added to the diagonal of the correlations: an answer
has bends that no smooth function follows (a cap, a floor), and a surface that is made to pass through every
point swings beside them. Weights a_j, lengths l_j and nugget of each answer are of maximum likelihood, learnt
anew whenever the points have doubled, up to `LEARNERS` of them, unless the answer is close enough already.
The first points of the sequence are held back: the largest and the 95th percentile of the error there are the
*stated error* of each answer, for chances in points of probability, for amounts as a share of the amount's
range. Points are added until the largest is small enough for every chance or there are `MOST_POINTS`; it is
stated either way.

A point at which no equilibrium was found, or that was reached by a jump to another one, is left out and
counted: a surface is smooth and a jump is not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize
from scipy.special import expit

from bystander.cases.cases import Case
from bystander.cases.changes import Change, in_its_unit
from bystander.cases.jobs import Answers, answer_changes
from bystander.cases.store import Store
from bystander.errors import QueryError
from bystander.policy.robustness import uncertain
from bystander.policy.sensitivity import local_sensitivities
from bystander.policy.targets import from_scale, to_scale
from bystander.progress import Progress, silent
from bystander.seeds import key
from bystander.units import CHANCES

MOST_LEVERS = 10
STEPS = 20
END = 1.0  # standard deviations
BEYOND = 0.5


@dataclass(frozen=True, slots=True)
class Lever:
    """An assumption that can be moved.

    Attributes
    ----------
    influence
        See above; 0 for a lever that was named rather than found.
    scale
        ``(2 * STEPS + 1,)`` standard deviations from the prior's median of each step, rising; today's value
        is the step in the middle.
    values, texts
        The parameter at each step: in days, people and dollars, and as a scenario would write it.
    slopes
        (outcome, its derivative in standard deviations of the prior at today's value).
    """

    parameter: str
    influence: float
    scale: tuple[float, ...]
    values: tuple[float, ...]
    texts: tuple[str, ...]
    slopes: tuple[tuple[str, float], ...] = ()

    @property
    def middle(self) -> int:
        """The step that is today's value."""
        return len(self.values) // 2


def find_levers(case: Case) -> tuple[Lever, ...]:
    """Return the assumptions that move headline outcomes most, the strongest first; none without priors."""
    movable = uncertain(case.scenario)
    if not movable:
        return ()
    asked = _known(case)
    chances = [name for name in asked if case.outcomes[name].estimate.unit in CHANCES]
    counted = chances or asked
    if not counted:
        return ()
    square = dict.fromkeys(movable, 0.0)
    slopes: dict[str, list[tuple[str, float]]] = {name: [] for name in movable}
    for found in local_sensitivities(case, asked):
        if found.swing is None or found.parameter not in square:
            continue
        slopes[found.parameter].append((found.outcome, found.swing))
        if found.outcome in counted:
            square[found.parameter] += (found.swing * _weight(case, found.outcome)) ** 2
    ranked = sorted(movable, key=lambda name: (-square[name], name))
    return tuple(
        lever_of(case, name, math.sqrt(square[name]), tuple(slopes[name]))
        for name in ranked[:MOST_LEVERS]
        if square[name] > 0.0
    )


def _known(case: Case) -> list[str]:
    """Return the headlines that have a number: one that is withheld or infinite leads nowhere from there."""
    return [name for name in case.headlines if math.isfinite(case.value(name))]


def _weight(case: Case, outcome: str) -> float:
    value = case.value(outcome)
    if case.outcomes[outcome].estimate.unit in CHANCES:
        return 0.5 / math.sqrt(max(value * (1.0 - value), 1e-4))
    return 1.0 / max(abs(value), 1e-12)


def lever_of(
    case: Case, name: str, influence: float = 0.0, slopes: tuple[tuple[str, float], ...] = ()
) -> Lever:
    """Return a lever on a parameter that has a prior."""
    parameter = case.scenario.parameters[name]
    now = parameter.value.value
    here = to_scale(parameter, now)
    low, high = min(-END, here - BEYOND), max(END, here + BEYOND)
    scale = np.concatenate((np.linspace(low, here, STEPS + 1), np.linspace(here, high, STEPS + 1)[1:]))
    values = [from_scale(parameter, now, float(z)) for z in scale]
    values[STEPS] = now
    texts = [_brief(in_its_unit(parameter, value)) for value in values]
    texts[STEPS] = parameter.value.text
    return Lever(name, influence, tuple(scale.tolist()), tuple(values), tuple(texts), slopes)


_WRITTEN = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def _brief(text: str) -> str:
    """Write the first number of a text with three digits: a slider is not moved more finely."""

    def three_digits(written: re.Match[str]) -> str:
        short = f"{float(written[0]):.3g}"
        return f"{float(short):.0f}" if "e+" in short else short

    return _WRITTEN.sub(three_digits, text, count=1)


Array = NDArray[np.float64]

BATCH = 64
HELD_BACK = 96
MOST_POINTS = 512
LEARNERS = 512
GOOD_ENOUGH = 0.008
TINY = 1e-9
LEAST_NUGGET, FIRST_NUGGET, MOST_NUGGET = 1e-8, 1e-5, 1e-3
SHORTEST, LONGEST = 0.4, 15.0
LIGHTEST, HEAVIEST = 1e-4, 30.0
BEGIN = (2.5, 0.3)


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
    shapes
        ``(m, 2 k + 1)`` lengths and weights of the levers in each answer's kernel, and its nugget.
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
    shapes: Array
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
            k = kernel(x, self.points, self.shapes[row])
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
    return np.asarray(expit(y) if chance else np.sinh(y))


def kernel(one: Array, two: Array, shape: Array) -> Array:
    """Return the correlations of ``(a, k)`` with ``(b, k)`` points, ``(a, b)``."""
    width = one.shape[1]
    found = np.ones((len(one), len(two)))
    for lever, (length, weight) in enumerate(zip(shape[:width], shape[width:-1], strict=True)):
        gaps = np.subtract.outer(one[:, lever], two[:, lever]) / length
        found *= (1.0 + weight * np.exp(-0.5 * gaps * gaps)) / (1.0 + weight)
    return found


def _near(one: Array, two: Array, shape: Array) -> tuple[Array, Array]:
    """Return ``(k, a, b)`` exp(-d^2 / 2), and d^2, with d the distance along each lever in its lengths."""
    gaps = (one.T[:, :, None] - two.T[:, None, :]) / shape[: one.shape[1], None, None]
    square = gaps * gaps
    return np.exp(-0.5 * square), square


def response_surface(
    case: Case,
    levers: Sequence[Lever],
    *,
    most: int = MOST_POINTS,
    store: Store | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Surface:
    """Solve a scenario over the range of its levers and interpolate its headline outcomes.

    Parameters
    ----------
    most
        Most points to solve, besides those held back.

    Raises
    ------
    QueryError
        If there are no levers or no outcomes, or too few points can be solved.
    """
    asked = _known(case)
    if not levers or not asked:
        raise QueryError("A response surface needs at least one lever and one outcome.")
    tell = progress or silent
    chance = tuple(case.outcomes[name].estimate.unit in CHANCES for name in asked)
    places = _design(len(levers), HELD_BACK + most)
    today = np.array([_today(lever) for lever in levers])
    middle = np.array([[case.value(name) for name in asked]])
    found: Array = np.empty((0, len(asked)))
    taken, surface = 0, None
    shapes: list[Array | None] = [None] * len(asked)
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
        found = np.vstack((found, np.array([_row(answer, asked) for answer in done.unless_ended()])))
        taken = until
        at, values = np.vstack((today, places[:taken])), np.vstack((middle, found))
        surface = _fit(levers, asked, chance, at, values, shapes)
        if surface.worst_chance <= GOOD_ENOUGH or done.ended:
            break
        shapes = _learnt(surface, taken + BATCH - HELD_BACK)
    assert surface is not None
    tell("Tabulating the response", 1.0)
    return surface


def _design(width: int, count: int) -> Array:
    """Return ``(count, width)`` points of a scrambled Sobol sequence in [-1, 1]."""
    from scipy.stats import qmc

    random = np.random.default_rng(np.random.SeedSequence(entropy=0, spawn_key=key("response surface")))
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


def _learnt(surface: Surface, points: int) -> list[Array | None]:
    """Return the shapes that are kept for the next fit, of so many points; None for those to learn anew."""
    doubled = points <= LEARNERS and math.log2(points / BATCH).is_integer()
    return [
        None if doubled and not (chance and error.largest <= GOOD_ENOUGH) else shape
        for shape, chance, error in zip(surface.shapes, surface.chance, surface.errors, strict=True)
    ]


def _fit(
    levers: Sequence[Lever],
    asked: Sequence[str],
    chance: Sequence[bool],
    places: Array,
    values: Array,
    known: Sequence[Array | None],
) -> Surface:
    """Fit every answer; the points after today's are held back first, so that they never change.

    ``known`` holds the shape of each answer's kernel; one that is None is learnt.
    """
    back = np.zeros(len(places), dtype=bool)
    back[1 : 1 + HELD_BACK] = True
    solved = np.isfinite(values).all(axis=1)
    fit, test = solved & ~back, solved & back
    if fit.sum() < len(levers) + 2:
        raise QueryError("Too few points of the levers' range have an equilibrium to interpolate between.")
    x = places[fit]
    shapes, trends, weights, errors = [], [], [], []
    for column, (name, is_chance) in enumerate(zip(asked, chance, strict=True)):
        y = scaled(values[fit, column], is_chance)
        shape, trend, weight = krige(x, y, known[column])
        shapes.append(shape)
        trends.append(trend)
        weights.append(weight)
        k = kernel(places[test], x, shape)
        told = unscaled(trend[0] + places[test] @ trend[1:] + k @ weight, is_chance)
        gap = np.abs(told - values[test, column])
        if not is_chance:
            gap = gap / max(float(np.ptp(values[solved, column])), TINY)
        usual = float(np.quantile(gap, 0.95)) if gap.size else 0.0
        errors.append(SurfaceError(name, float(gap.max(initial=0.0)), usual))
    return Surface(
        tuple(levers),
        tuple(asked),
        tuple(chance),
        x,
        np.array(shapes),
        np.array(trends),
        np.array(weights),
        tuple(errors),
        int(test.sum()),
        int((~solved).sum()),
    )


def krige(x: Array, y: Array, shape: Array | None = None) -> tuple[Array, Array, Array]:
    """Return shape, trend and weights of a kriging interpolator.

    Parameters
    ----------
    x
        ``(n, k)`` points in [-1, 1].
    y
        ``(n,)`` answers there.
    shape
        Lengths and weights of the kernel and the nugget, if they are known; None learns them.

    Returns
    -------
    tuple
        ``(2 k + 1,)`` shape, ``(k + 1,)`` trend, ``(n,)`` weights.
    """
    width = x.shape[1]
    trend = np.hstack((np.ones((len(x), 1)), x))
    if np.ptp(y) < 1e-12:
        flat = np.zeros(trend.shape[1])
        flat[0] = y[0]
        return _begin(width), flat, np.zeros(len(y))
    found = _learn(x, trend, y) if shape is None else shape
    _, beta, weights, _ = _solve(kernel(x, x, found), found[-1], trend, y)
    return found, beta, weights


def _begin(width: int) -> Array:
    return np.append(np.repeat(BEGIN, width), FIRST_NUGGET)


def _learn(x: Array, trend: Array, y: Array) -> Array:
    """Return the lengths, weights and nugget of greatest likelihood."""
    width = x.shape[1]
    ends = [
        (np.log(low), np.log(high))
        for low, high in ((SHORTEST, LONGEST), (LIGHTEST, HEAVIEST), (LEAST_NUGGET, MOST_NUGGET))
    ]
    best = optimize.minimize(
        _likelihood,
        np.log(_begin(width)),
        args=(x, trend, y),
        jac=True,
        method="L-BFGS-B",
        bounds=[ends[0]] * width + [ends[1]] * width + [ends[2]],
        options={"maxiter": 60},
    )
    return np.asarray(np.exp(best.x))


def _solve(k: Array, nugget: float, trend: Array, y: Array) -> tuple[Any, Array, Array, float]:
    """Return the factor of the correlations, the trend by least squares, the weights and the variance."""
    factor = linalg.cho_factor(k + nugget * np.eye(len(k)), lower=True)
    inside = linalg.cho_solve(factor, trend)
    beta = np.asarray(linalg.solve(trend.T @ inside, inside.T @ y, assume_a="pos"))
    rest = y - trend @ beta
    weights = np.asarray(linalg.cho_solve(factor, rest))
    return factor, beta, weights, float(rest @ weights / len(y))


def _likelihood(logs: Array, x: Array, trend: Array, y: Array) -> tuple[float, Array]:
    """Return minus the concentrated log likelihood and its derivatives in the logs of the shape."""
    width, shape = x.shape[1], np.exp(logs)
    heights, nugget = shape[width:-1], shape[-1]
    near, square = _near(x, x, shape)
    factors = 1.0 + heights[:, None, None] * near
    k = np.prod(factors, axis=0) / np.prod(1.0 + heights)
    try:
        factor, _, w, variance = _solve(k, nugget, trend, y)
    except linalg.LinAlgError:
        return 1e10, np.zeros_like(logs)
    n = len(y)
    value = 0.5 * n * np.log(max(variance, 1e-300)) + np.log(np.diag(factor[0])).sum()
    pull = linalg.cho_solve(factor, np.eye(n)) - np.outer(w, w) / max(variance, 1e-300)
    lead, share = k * pull, 1.0 - 1.0 / factors  # d log k / d log a_j is the share, less a_j / (1 + a_j)
    by_weight = np.tensordot(share, lead) - lead.sum() * heights / (1.0 + heights)
    by_length = np.tensordot(share * square, lead)
    by_nugget = nugget * np.trace(pull)
    return float(value), 0.5 * np.concatenate((by_length, by_weight, [by_nugget]))


def plain_surface(surface: Surface) -> dict[str, Any]:
    """Return a surface as plain values for JSON; arrays are base64 of 64-bit floats, row by row."""
    import base64

    def packed(array: Array) -> str:
        return base64.b64encode(np.ascontiguousarray(array, dtype="<f8").tobytes()).decode("ascii")

    return {
        "levers": [lever.parameter for lever in surface.levers],
        "outcomes": list(surface.outcomes),
        "chance": list(surface.chance),
        "count": len(surface.points),
        "points": packed(surface.points),
        "shapes": packed(surface.shapes[:, :-1]),
        "trend": packed(surface.trend),
        "weights": packed(surface.weights),
        "errors": [[error.largest, error.usual] for error in surface.errors],
        "heldBack": surface.held_back,
        "failed": surface.failed,
    }

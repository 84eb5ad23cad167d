r"""What the record teaches about a scenario's numbers.

On the coordinates of `bystander.evidence.coordinates` the log posterior is :math:`\ell(\theta(z)) - |z|^2/2 -
\tfrac p2 \log 2\pi` but for its normalising constant, the *evidence* Z. In turn:

*mode*     by L-BFGS on the gradient, then Newton steps with the Hessian H of differences of gradients;
*Laplace*  :math:`N(z^*, H^{-1})`, and :math:`\log Z \approx \log p(z^*) + \tfrac p2 \log 2\pi - \tfrac12
           \log\det H`;
*draws*    importance draws from a mixture of a Student t around the mode and the prior itself (which keeps
           weights bounded by the likelihood ratio), believed if the tail of their weights allows it
           (`bystander.evidence.nuts`); else the no-U-turn sampler, in the coordinates of Laplace's normal
           (`bystander.evidence.nuts`).

Draws of one parameter lie close: the terms of the likelihood are weighed at `KNOTS` of them and a spline is
drawn through. It is believed if it meets the likelihood to `MEETS` at some of the others that matter most,
and no equilibrium jumped on the way; else, as with several parameters, every draw is weighed.

The mean of importance weights estimates Z, with a Monte Carlo error; of draws from the posterior, bridge
sampling does (Meng & Wong 1996).

Each evaluation continues from one anchor, solved at the scenario's values and again at the mode, and not from
the last evaluation: it is a function of its point alone. Evaluations that jump to another equilibrium on the
way are counted: there the likelihood is not smooth, and an average over it means less.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy import linalg, optimize, special

from bystander.errors import NotConvergedError, QueryError, ScenarioError
from bystander.evidence.coordinates import Coordinates, Journal
from bystander.evidence.likelihood import Weighable
from bystander.evidence.nuts import BELIEVED, NutsChain, draw_chain, pareto_k
from bystander.game.arrays import Float
from bystander.progress import Progress, part_of, silent
from bystander.seeds import stream

Method = Literal["auto", "importance", "nuts", "laplace"]
PRIOR_SHARE = 0.1
TAILS = 20.0
STEP = 1e-3
CHAINS = 2
DEAD_END = -1e300
KNOTS, CHECKS, MEETS = 24, 4, 1e-3
CLOSELY, ROUGHLY = (300, 1e-6), (8, 0.03)
"""Most steps of a climb, and the slope at which it ends."""


@dataclass
class Posterior:
    """A log posterior as a function of a point, with what it was asked so far.

    Attributes
    ----------
    flat
        Leave the prior out: the mode is then the maximum of the likelihood.
    failed
        Points without an equilibrium, or where a number means nothing; they count as impossible.
    """

    likelihood: Weighable
    coordinates: Coordinates
    journal: Journal = field(default_factory=Journal)
    flat: bool = False
    failed: int = 0
    evaluations: int = 0
    names: tuple[str, ...] = ()

    def terms(self, z: Float) -> Float:
        """Return the terms of the log-likelihood at a point."""
        kept = self.journal.get(z, "v") or self.journal.get(z, "g")
        if kept is None:
            kept = (self._ask(z, slopes=False)[0], np.zeros(0))
            self.journal.put(z, "v", *kept)
        return kept[0]

    def log_likelihood(self, z: Float) -> float:
        """Return the log-likelihood at a point."""
        return math.fsum(self.terms(z).tolist())

    def __call__(self, z: Float) -> float:
        """Return the log posterior, but for its constant."""
        return self.log_likelihood(z) + self.log_prior(z)

    def log_prior(self, z: Float) -> float:
        """Return the log density of the prior at a point."""
        if self.flat:
            return 0.0
        return -0.5 * float(z @ z) - 0.5 * len(z) * math.log(2.0 * math.pi)

    def with_slope(self, z: Float) -> tuple[float, Float]:
        """Return the log posterior and its gradient at a point."""
        kept = self.journal.get(z, "g")
        if kept is None:
            kept = self._ask(z, slopes=True)
            self.journal.put(z, "g", *kept)
        value = math.fsum(kept[0].tolist()) + self.log_prior(z)
        return value, kept[1] if self.flat else kept[1] - z

    def _ask(self, z: Float, *, slopes: bool) -> tuple[Float, Float]:
        self.evaluations += 1
        values = self.coordinates.values(z)
        try:
            found = self.likelihood.weigh(values, slopes=slopes)
        except (NotConvergedError, ScenarioError):
            self.failed += 1
            return np.array([-math.inf]), np.zeros(len(z))
        self.names = found.names
        if not slopes:
            return found.logs, np.zeros(0)
        gradient = np.array([found.gradient.get(name, 0.0) for name in self.coordinates.names])
        return found.logs, gradient * self.coordinates.slopes(z)


@dataclass(frozen=True)
class Laplace:
    """The normal that fits the posterior at its mode.

    Attributes
    ----------
    mode
        ``(p,)`` in the coordinates of the priors.
    value
        Log posterior there, but for its constant; ``log_likelihood`` without the prior.
    hessian
        ``(p, p)`` minus the second derivative of the log posterior.
    scale
        ``(p, p)`` with ``scale scale^T`` the covariance.
    log_evidence
        Laplace's approximation of the log evidence.
    flat_directions
        How many directions had no curvature of their own and were given the prior's.
    """

    mode: Float
    value: float
    log_likelihood: float
    hessian: Float
    scale: Float
    log_evidence: float
    slope: float
    flat_directions: int = 0

    @property
    def deviation(self) -> Float:
        """``(p,)`` standard deviations."""
        return np.asarray(np.sqrt((self.scale**2).sum(axis=1)))


@dataclass(frozen=True)
class Draws:
    """Draws of the posterior.

    Attributes
    ----------
    points
        ``(n, p)`` in the coordinates of the priors, equally weighted.
    terms
        ``(n, m)`` the terms of the log-likelihood at each.
    method
        ``importance`` or ``nuts``.
    pareto_k
        Shape of the tail of the importance weights.
    log_evidence, error
        And its Monte Carlo standard error.
    chains
        What the no-U-turn sampler says of itself.
    proposals
        ``(points, log weights, terms)`` of the importance draws before they were drawn again.
    """

    points: Float
    terms: Float
    method: str
    pareto_k: float
    log_evidence: float
    error: float
    chains: tuple[NutsChain, ...] = ()
    proposals: tuple[Float, Float, Float] | None = None

    @property
    def believed(self) -> bool:
        """Say whether the diagnosis allows to believe them."""
        return self.method == "nuts" or self.pareto_k <= BELIEVED


@dataclass(frozen=True)
class Fit:
    """What a record taught.

    Attributes
    ----------
    names
        Parameters.
    terms
        Names of the terms of the log-likelihood.
    folds
        Evaluations whose equilibrium jumped on the way from the anchor.
    failed
        Points without an equilibrium.
    """

    coordinates: Coordinates
    laplace: Laplace
    draws: Draws | None
    terms: tuple[str, ...]
    evaluations: int
    folds: int
    failed: int
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.coordinates.names

    def mode(self) -> dict[str, float]:
        """Return the parameters at the mode, in days, people and dollars."""
        return self.coordinates.values(self.laplace.mode)

    def sample(self) -> Float:
        """Return ``(n, p)`` draws in the priors' coordinates: of the posterior, or of Laplace's normal."""
        if self.draws is not None:
            return self.draws.points
        random = stream(self.seed, "laplace draws")
        normal = random.standard_normal((1000, len(self.laplace.mode)))
        return np.asarray(self.laplace.mode + normal @ self.laplace.scale.T)

    def values(self) -> dict[str, Float]:
        """Return draws of every parameter, in days, people and dollars."""
        rows = [self.coordinates.values(z) for z in self.sample()]
        return {name: np.array([row[name] for row in rows]) for name in self.names}

    @property
    def log_evidence(self) -> float:
        """The best estimate of the log evidence."""
        believed = self.draws is not None and self.draws.believed
        return self.draws.log_evidence if believed and self.draws else self.laplace.log_evidence

    @property
    def evidence_error(self) -> float:
        """Standard error of the log evidence; of Laplace's alone how far draws disagree with it."""
        if self.draws is None:
            return math.nan
        if self.draws.believed:
            return self.draws.error
        return max(self.draws.error, abs(self.draws.log_evidence - self.laplace.log_evidence))


def fit(
    likelihood: Weighable,
    coordinates: Coordinates,
    *,
    method: Method = "auto",
    draws: int = 400,
    seed: int = 0,
    journal: Journal | None = None,
    flat: bool = False,
    rough: bool = False,
    start: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Learn parameters from a record.

    Parameters
    ----------
    likelihood
        Of one record, or pooled over several.
    coordinates
        The parameters to learn, with their priors.
    method
        How draws are made; ``auto``: by importance, and by the no-U-turn sampler where those are not
        believed; ``laplace``: none are.
    journal
        Where evaluations are kept, so that a fit that is stopped goes on.
    flat
        Leave the priors out: maximum likelihood.
    rough
        Climb only near the mode, and measure curvature from one side: enough for importance draws, whose
        weights make up for the rest.

    Raises
    ------
    QueryError
        If there is nothing to learn, or the record is impossible at the scenario's own values.
    """
    if not coordinates.size:
        raise QueryError(
            "No parameter has a prior, so there is nothing to learn. Write prior: under parameters."
        )
    if draws < 1 and method != "laplace" and not flat:
        raise QueryError("Without draws nothing is learnt: ask for 100 at least, better 400.")
    tell = progress or silent
    posterior = Posterior(likelihood, coordinates, journal or Journal(), flat)
    begin = coordinates.points([(start or {}).get(n, likelihood.central()[n]) for n in coordinates.names])
    likelihood.anchor(coordinates.values(begin))
    steps = ROUGHLY if rough else CLOSELY
    mode = find_mode(posterior, begin, part_of(tell, 0.0, 0.3), steps)
    likelihood.anchor(coordinates.values(mode))
    laplace = approximate(posterior, mode, part_of(tell, 0.3, 0.5), polish=not rough)
    found = None
    if method != "laplace" and not flat:
        found = draw(posterior, laplace, method, draws, seed, part_of(tell, 0.5, 1.0))
    return Fit(
        coordinates,
        laplace,
        found,
        posterior.names or likelihood.weigh(coordinates.values(mode), slopes=False).names,
        posterior.evaluations,
        likelihood.folds(),
        posterior.failed,
        seed,
    )


def find_mode(
    posterior: Posterior,
    begin: Float,
    progress: Progress = silent,
    steps: tuple[int, float] = CLOSELY,
    scale: Float | None = None,
) -> Float:
    """Climb to the mode of a posterior.

    Parameters
    ----------
    scale
        ``(p, p)`` with ``scale scale^T`` about the posterior's covariance, if it is known: the climb is then
        made where the posterior is nearly round, and takes a few steps.

    Raises
    ------
    QueryError
        If what was observed is impossible where the climb begins.
    """
    if not math.isfinite(posterior.with_slope(begin)[0]):
        raise QueryError(
            "The record is impossible at the scenario's own values: something it observed can never happen "
            "there, or was seen at a level that cannot be reached. `bystander record` names it."
        )
    count = 0

    def place(u: Float) -> Float:
        return np.ascontiguousarray(u if scale is None else begin + scale @ u)

    def downhill(u: Float) -> tuple[float, Float]:
        nonlocal count
        count += 1
        progress("Climbing to the mode", 1.0 - 0.97**count)
        value, slope = posterior.with_slope(place(u))
        if not math.isfinite(value):
            return -DEAD_END, np.zeros_like(u)
        return -value, -slope if scale is None else -(scale.T @ slope)

    # BFGS begins with Newton's step where the posterior is round, the other with one of length 1 at least.
    options: dict[str, float] = {"maxiter": steps[0], "gtol": steps[1]}
    if scale is None:
        options |= {"ftol": 1e-13, "maxcor": 20}
    found = optimize.minimize(
        downhill,
        begin if scale is None else np.zeros_like(begin),
        jac=True,
        method="L-BFGS-B" if scale is None else "BFGS",
        options=options,
    )
    return place(found.x)


def approximate(
    posterior: Posterior, mode: Float, progress: Progress = silent, *, polish: bool = True
) -> Laplace:
    """Fit a normal at the mode, which is polished by Newton steps on the way."""
    hessian = _hessian(posterior, mode, progress, (1.0, -1.0) if polish else (1.0, 0.0))
    value, slope = posterior.with_slope(mode)
    for _ in range(6 if polish else 0):
        if float(np.abs(slope).max()) < 1e-9:
            break
        better = mode + linalg.pinvh(hessian) @ slope
        new, new_slope = posterior.with_slope(better)
        if not new >= value - 1e-9 * abs(value) or not np.abs(new_slope).max() < np.abs(slope).max():
            break
        mode, value, slope = better, max(new, value), new_slope
    curvature, directions = np.linalg.eigh(hessian)
    floor = 1e-6 * max(float(curvature.max()), 1.0) if posterior.flat else 0.05
    weak = np.less(curvature, floor)
    curvature = np.where(weak, 1.0, curvature)
    scale = directions / np.sqrt(curvature)
    size = len(mode)
    evidence = value + 0.5 * size * math.log(2.0 * math.pi) - 0.5 * float(np.log(curvature).sum())
    likelihood = value - posterior.log_prior(mode)
    return Laplace(
        mode,
        value,
        likelihood,
        hessian,
        scale,
        evidence,
        float(np.abs(slope).max()),
        int(np.count_nonzero(weak)),
    )


def _hessian(posterior: Posterior, mode: Float, progress: Progress, sides: tuple[float, float]) -> Float:
    size = len(mode)
    out = np.empty((size, size))
    for place in range(size):
        progress("Measuring the curvature", place / size)
        ends = []
        for side in sides:
            z = mode.copy()
            z[place] += side * STEP
            ends.append(posterior.with_slope(z)[1])
        out[place] = (ends[1] - ends[0]) / ((sides[0] - sides[1]) * STEP)
    return np.asarray((out + out.T) / 2.0)


def draw(
    posterior: Posterior, laplace: Laplace, method: Method, count: int, seed: int, progress: Progress = silent
) -> Draws:
    """Draw from a posterior, with a diagnosis."""
    by_importance = importance(posterior, laplace, count, seed, progress)
    if method == "importance" or (method == "auto" and by_importance.believed):
        return by_importance
    return by_nuts(posterior, laplace, count, seed, by_importance.pareto_k, progress)


def importance(
    posterior: Posterior, laplace: Laplace, count: int, seed: int, progress: Progress = silent
) -> Draws:
    """Draw by importance from a Student t around the mode, mixed with the prior."""
    points, ticks = propose(laplace, count, seed)
    table = _drawn_through(posterior, points, laplace, progress) if points.shape[1] == 1 else None
    if table is None:
        table = weigh_points(posterior, points, progress)
    weights = importance_weights(points, table, laplace)
    total = float(special.logsumexp(weights))
    shares = np.exp(weights - total)
    chosen = np.minimum(np.searchsorted(np.cumsum(shares), ticks), count - 1)
    return Draws(
        points[chosen],
        table[chosen],
        "importance",
        pareto_k(weights),
        total - math.log(count),
        evidence_error(shares),
        proposals=(points, weights, table),
    )


def propose(laplace: Laplace, count: int, seed: int) -> tuple[Float, Float]:
    """Return points ``(n, p)`` to weigh, and where to cut their cumulated weights to draw again."""
    random = stream(seed, "importance draws")
    size = len(laplace.mode)
    points = np.empty((count, size))
    for place in range(count):
        normal, chi = random.standard_normal(size), random.chisquare(TAILS)
        around = laplace.mode + laplace.scale @ normal / math.sqrt(chi / TAILS)
        points[place] = random.standard_normal(size) if random.random() < PRIOR_SHARE else around
    return points, np.asarray((np.arange(count) + random.random()) / count)


def weigh_points(posterior: Posterior, points: Float, progress: Progress = silent) -> Float:
    """Return ``(n, m)`` the terms of the log-likelihood at some points; -inf without an equilibrium."""
    terms = []
    for place, z in enumerate(points):
        progress("Drawing", place / len(points))
        terms.append(posterior.terms(z))
    width = max(len(each) for each in terms)
    return np.array([each if len(each) == width else np.full(width, -np.inf) for each in terms])


def _drawn_through(posterior: Posterior, points: Float, laplace: Laplace, progress: Progress) -> Float | None:
    """Return the terms at many values of one parameter from those at a few; None if that will not do."""
    from scipy.interpolate import CubicSpline

    order = np.argsort(points[:, 0], kind="stable")
    if len(order) < 2 * (KNOTS + CHECKS):
        return None
    taken = order[np.linspace(0, len(order) - 1, KNOTS).round().astype(int)]
    folds, x = posterior.likelihood.folds(), points[taken, 0]
    known = weigh_points(posterior, points[taken], progress)
    smooth = np.isfinite(known).all() and posterior.likelihood.folds() == folds
    if not (smooth and (np.diff(x) > 0.0).all()):
        return None
    table = np.asarray(CubicSpline(x, known)(points[:, 0]))
    weights = importance_weights(points, table, laplace)
    gap = np.diff(x)[np.clip(np.searchsorted(x, points[:, 0]) - 1, 0, len(x) - 2)]
    matters = np.where(np.isin(np.arange(len(points)), taken), -np.inf, weights + np.log(gap))
    chosen = np.argsort(-matters, kind="stable")[: CHECKS * 8 : 8]
    true = weigh_points(posterior, points[chosen], progress).sum(axis=1)
    return table if bool((np.abs(table[chosen].sum(axis=1) - true) <= MEETS).all()) else None


def importance_weights(points: Float, terms: Float, laplace: Laplace) -> Float:
    """Return ``(n,)`` log posterior over the density of the proposal; their mean estimates the evidence."""
    prior = -0.5 * (points**2).sum(axis=1) - 0.5 * points.shape[1] * math.log(2.0 * math.pi)
    weights = terms.sum(axis=1) + prior - proposal_density(points, laplace)
    return np.where(np.isfinite(weights), weights, -np.inf)


def evidence_error(shares: Float) -> float:
    """Return the standard error of a log evidence whose importance weights have these shares."""
    return math.sqrt(max(float((shares**2).sum()) - 1.0 / len(shares), 0.0))


def proposal_density(points: Float, laplace: Laplace) -> Float:
    """Return ``(n,)`` the log density of the mixture that importance draws come from."""
    size = len(laplace.mode)
    unit = np.linalg.solve(laplace.scale, (points - laplace.mode).T).T
    log_det = float(np.linalg.slogdet(laplace.scale)[1])
    t = (
        special.gammaln((TAILS + size) / 2.0)
        - special.gammaln(TAILS / 2.0)
        - 0.5 * size * math.log(TAILS * math.pi)
        - log_det
        - 0.5 * (TAILS + size) * np.log1p((unit**2).sum(axis=1) / TAILS)
    )
    normal = -0.5 * (points**2).sum(axis=1) - 0.5 * size * math.log(2.0 * math.pi)
    found: Float = np.logaddexp(t + math.log(1.0 - PRIOR_SHARE), normal + math.log(PRIOR_SHARE))
    return found


def by_nuts(
    posterior: Posterior, laplace: Laplace, count: int, seed: int, shape: float, progress: Progress = silent
) -> Draws:
    """Draw chains with the no-U-turn sampler, in the coordinates of Laplace's normal."""

    def target(x: Float) -> tuple[float, Float]:
        value, slope = posterior.with_slope(np.ascontiguousarray(laplace.mode + laplace.scale @ x))
        return value, laplace.scale.T @ slope

    chains = []
    each = max(count // CHAINS, 1)
    for number in range(CHAINS):
        random = stream(seed, "nuts", number)
        tell = part_of(progress, number / CHAINS, (number + 1) / CHAINS)
        begin = 0.5 * random.standard_normal(len(laplace.mode))
        chains.append(draw_chain(target, begin, random, each, max(each // 2, 50), _named(tell)))
    points = np.concatenate([laplace.mode + chain.points @ laplace.scale.T for chain in chains])
    terms = np.array([posterior.terms(np.ascontiguousarray(z)) for z in points])
    logs = terms.sum(axis=1) + np.array([posterior.log_prior(z) for z in points])
    evidence, error = bridge(posterior, laplace, points, logs, seed)
    return Draws(points, terms, "nuts", shape, evidence, error, tuple(chains))


def _named(tell: Progress) -> Callable[[float], None]:
    return lambda done: tell("Drawing along the gradient", done)


def bridge(
    posterior: Posterior, laplace: Laplace, points: Float, logs: Float, seed: int
) -> tuple[float, float]:
    """Estimate the log evidence from draws of posterior and proposal (Meng & Wong 1996)."""
    random = stream(seed, "bridge")
    count, size = points.shape
    normal, chi = random.standard_normal((count, size)), random.chisquare(TAILS, count)
    other = laplace.mode + (normal / np.sqrt(chi / TAILS)[:, None]) @ laplace.scale.T
    from_prior = np.less(random.random(count), PRIOR_SHARE)
    other[from_prior] = random.standard_normal((int(np.count_nonzero(from_prior)), size))
    proposed = np.array([posterior(np.ascontiguousarray(z)) for z in other])
    one = logs - proposal_density(points, laplace)
    two = proposed - proposal_density(other, laplace)
    guess = float(np.median(one))
    for _ in range(100):
        top = two - np.logaddexp(two, guess)
        bottom = -np.logaddexp(one, guess)
        new = float(special.logsumexp(top) - special.logsumexp(bottom))
        if abs(new - guess) < 1e-10:
            break
        guess = new
    parts = [np.exp(top - special.logsumexp(top)), np.exp(bottom - special.logsumexp(bottom))]
    error = math.sqrt(sum(max(float((part**2).sum()) - 1.0 / count, 0.0) for part in parts))
    return guess, error

r"""One argument, many crises: the likelihood of a table, and what it teaches about numbers that rows share.

Row r, with its case facts x_r, is a game; parameters theta that have a prior are shared by all rows. What was
observed of a row has the probability that its game gives to it, so

    log L(theta) = sum over rows r, sum over what was observed k:   log p_rk(theta, x_r),

    d log L / d theta = sum (dp_rk / d theta) / p_rk,

with the exact derivatives of `bystander.derivatives.outcomes` through each row's equilibrium. A yes has
probability p, a no 1 - p; one of several answers has that of its own outcome, whatever the others are.

Learning works on the coordinates z of `bystander.evidence.coordinates`, in which every prior is a standard
normal:

    log posterior(z) = log L(theta(z)) - |z|^2 / 2.

The mode is found as that of a record (`bystander.evidence.learning`); around it the posterior is taken to be
normal with precision I + J' W J (Laplace, with the expected information of the observed probabilities: sum of
dp dp' / p over what could have been observed), which is positive definite whatever the data. The *share
learnt* of a parameter is 1 - posterior variance of z_i: 0 where the table says nothing, near 1 where it says
nearly all.

Rows with the same facts are one game, solved once. A point where the template means nothing (a negative rate)
or something observed is impossible bars the way: steps turn back from it.

Fails where: the posterior has several modes (other starts than the prior's median find them), and
where an equilibrium jumps as theta moves: a row whose equilibrium had to be traced afresh is counted and
reported.

References: Jackson 2011 (panel data on Markov processes); MacKay 1992 (Laplace); Gelman et al. 2013, chapter
13.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bystander.cases.cases import RETRACED, reach
from bystander.cases.templates import CaseTable, ObservedColumn, TableRow
from bystander.derivatives.outcomes import gradients_of_each
from bystander.equilibrium.result import Equilibrium
from bystander.errors import NotConvergedError, QueryError
from bystander.evidence.coordinates import Coordinates, coordinates_of
from bystander.evidence.learning import Posterior, find_mode
from bystander.evidence.likelihood import Weighed
from bystander.game.arrays import Game
from bystander.game.compile import compile_game, with_parameters
from bystander.process.outcomes import Request, answer_all, make_clocks
from bystander.progress import Progress, part_of, silent
from bystander.seeds import stream

Array = NDArray[Any]
Facts = tuple[tuple[tuple[str, str], ...], tuple[tuple[str, float], ...]]
Told = dict[str, tuple[float, Array]]
"""By outcome its probability, and ``(P,)`` its derivative."""
TOLERANCE = 1e-9
SETTLED = 1e-2
"""Of the posterior's deviations: how near it a search ends that found the mode. `CLOSELY` is well inside."""
TOGETHER, ROOM = 64, 20_000
"""Most games whose slopes are worked out together, and situations of them that are enough."""
ROUGHLY, CLOSELY = (8, 0.03), (100, 2e-3)
"""Most steps of a climb, the slope at which it ends: from the prior; in the posterior's coordinates."""


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What was observed of one row: the outcome that gives its probability, and whether that came or not."""

    row: str
    name: str
    outcome: str
    happened: bool
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowTerm:
    """An observation with the probability the argument gave it.

    Attributes
    ----------
    probability
        Of what was observed.
    yes
        Of the outcome itself.
    slope
        ``(P,)`` derivative of ``probability`` in the shared parameters; empty where not asked for.
    """

    observation: RowOutcome
    probability: float
    yes: float
    slope: Array


class _Waiting(NamedTuple):
    """A game whose outcomes are asked about; its equilibrium, unless what is asked was found before."""

    key: tuple[Facts, tuple[str, ...], bool]
    same: list[tuple[TableRow, RowOutcome]]
    at: Equilibrium | None


@dataclass(frozen=True, slots=True)
class TableAnswer:
    """A table's likelihood at one set of shared numbers.

    Attributes
    ----------
    log_likelihood
        Minus infinity where something observed is impossible.
    gradient
        ``(P,)`` in the shared parameters, in their units.
    retraced
        Rows whose equilibrium was not reached from the one before.
    """

    log_likelihood: float
    gradient: Array
    terms: tuple[RowTerm, ...]
    retraced: tuple[str, ...]


def observations_of(row: TableRow, observed: Mapping[str, ObservedColumn]) -> tuple[RowOutcome, ...]:
    """Return what a row's cells say, leaving out what ``only`` excludes and what was not observed."""
    found = []
    for name, column in observed.items():
        cell = row.cells[column.column]
        if not column.speaks_of(row.cells):
            continue
        if column.outcome is not None:
            found.append(RowOutcome(row.name, name, column.outcome, cell in column.yes))
        else:
            others = tuple(dict.fromkeys(column.outcomes.values()))
            found.append(RowOutcome(row.name, name, column.outcomes[cell], True, others))
    return tuple(found)


class PooledLikelihood:
    """The likelihood of a table as a function of the parameters that its rows share.

    Attributes
    ----------
    names
        The shared parameters: those with a prior, in the order of the template, ``P`` of them.
    fixed
        Parameters held at a value instead: a motive at 0 is a motive removed.
    """

    def __init__(
        self, table: CaseTable, only: Sequence[str] = (), fixed: Mapping[str, float] | None = None
    ) -> None:
        self.table = table
        self.fixed = dict(fixed or {})
        observed = table.template.section.observed
        unknown = set(only).difference(observed)
        if unknown:
            raise QueryError(f"Nothing called '{min(unknown)}' is observed. There is: {', '.join(observed)}.")
        chosen = {name: observed[name] for name in only or observed}
        self.observations = {row.name: observations_of(row, chosen) for row in table.rows}
        self.scenarios = {row.name: table.scenarios[row.names] for row in table.rows}
        first = next(iter(table.scenarios.values()))
        facts = {name for row in table.rows for name in row.numbers}
        held = facts.union(self.fixed)
        shared = [n for n, p in first.parameters.items() if p.prior is not None and n not in held]
        self.coordinates = coordinates_of(first, shared) if shared else Coordinates((), ())
        self.retraced = 0
        self._games: dict[tuple[tuple[str, str], ...], Game] = {}
        self._kept: dict[Facts, Equilibrium] = {}
        self._anchoring = True
        self._anchor: dict[str, float] = {}
        self._at_anchor: dict[tuple[Facts, tuple[str, ...], bool], Told] = {}
        self._last: tuple[dict[str, float], bool, TableAnswer] | None = None

    def holding(self, fixed: Mapping[str, float]) -> PooledLikelihood:
        """Return the likelihood with some parameters held, each game continued from where it is anchored."""
        part = copy(self)
        part.fixed = {**self.fixed, **fixed}
        part.coordinates = self.coordinates.without(fixed)
        part._at_anchor, part._last = {}, None
        return part

    def of_rows(self, keep: Mapping[str, bool]) -> PooledLikelihood:
        """Return the likelihood of the rows whose name maps to True, which continues from the same anchor."""
        part = copy(self)
        part.table = self.table.only(keep)
        part._last = None
        return part

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the shared parameters."""
        return self.coordinates.names

    def central(self) -> dict[str, float]:
        """Return the values written in the template, by name."""
        scenario = next(iter(self.table.scenarios.values()))
        return {name: scenario.parameters[name].value.value for name in self.names}

    def weigh(self, values: Mapping[str, float], *, slopes: bool) -> Weighed:
        """Return the log-likelihood at some values, observation by observation."""
        found = self.at(values, slopes=slopes)
        names = tuple(f"{term.observation.row}: {term.observation.name}" for term in found.terms)
        with np.errstate(divide="ignore"):
            logs = np.log([term.probability for term in found.terms])
        return Weighed(names, logs, dict(zip(self.names, found.gradient.tolist(), strict=True)))

    def anchor(self, values: Mapping[str, float]) -> None:
        """Solve every row at some values; every later solve continues from there."""
        self._anchoring, self._anchor = True, dict(values)
        self._at_anchor, self._last = {}, None
        for facts, alike in self._alike().items():
            self._solve(facts, alike[0][0], values)
        self._anchoring = False

    def folds(self) -> int:
        """Return how many rows had to be traced afresh so far."""
        return self.retraced

    def at(
        self, shared: Array | Mapping[str, float], *, slopes: bool = True, progress: Progress | None = None
    ) -> TableAnswer:
        """Answer a table at values of the shared parameters, ``(P,)`` in their units or some of them by name.

        Raises
        ------
        NotConvergedError
            Naming the row whose game was not solved.
        """
        given = dict(shared) if isinstance(shared, Mapping) else dict(zip(self.names, shared, strict=True))
        if self._last is not None and self._last[:2] == (given, slopes):
            return self._last[2]
        terms: list[RowTerm] = []
        retraced: list[str] = []
        for new, same, told in self._answered(
            given, lambda o: (o.outcome,), slopes=slopes, progress=progress
        ):
            if new:
                retraced += [row.name for row, _ in same]
                self.retraced += 1
            terms += [_term(observation, *told[observation.outcome]) for _, observation in same]
        with np.errstate(divide="ignore"):
            total = float(sum(np.log(term.probability) for term in terms))
        gradient = np.zeros(len(self.names))
        for term in terms:
            if slopes and term.probability > 0.0:
                gradient += term.slope / term.probability
        answer = TableAnswer(total, gradient, tuple(terms), tuple(retraced))
        self._last = given, slopes, answer
        return answer

    def information(self, shared: Mapping[str, float]) -> Array:
        """Return ``(P, P)`` what all that could have been observed tells on average: sum of dp dp' / p."""
        found = np.zeros((len(self.names), len(self.names)))
        for _, same, told in self._answered(shared, _what_could_come, slopes=True):
            for _, o in same:
                for chance, slope in (told[name] for name in _what_could_come(o)):
                    weight = chance if o.also else chance * (1.0 - chance)
                    if weight > 0.0:
                        found += np.outer(slope, slope) / weight
        return found

    def _alike(self) -> dict[Facts, list[tuple[TableRow, RowOutcome]]]:
        """Return observations by the facts that they are foretold from: those with the same are one game."""
        found: dict[Facts, list[tuple[TableRow, RowOutcome]]] = {}
        template = self.table.template
        for row in self.table.rows:
            for observation in self.observations[row.name]:
                known = template.known_before(observation.name, row)
                found.setdefault((row.names, tuple(sorted(known.items()))), []).append((row, observation))
        return found

    def _solve(self, facts: Facts, row: TableRow, given: Mapping[str, float]) -> Equilibrium:
        near = self._kept.get(facts)
        if near is None and row.names not in self._games:
            self._games[row.names] = compile_game(self.scenarios[row.name])
        base = near.game if near is not None else self._games[row.names]
        game = with_parameters(base, {**given, **self.fixed, **dict(facts[1])})
        try:
            found = reach(game, near, TOLERANCE)
        except NotConvergedError as error:
            raise NotConvergedError(f"{row.name}: {error}") from error
        if self._anchoring or near is None:
            self._kept[facts] = found
        return found

    def _answered(
        self,
        given: Mapping[str, float],
        asked_of: Callable[[RowOutcome], Sequence[str]],
        *,
        slopes: bool,
        progress: Progress | None = None,
    ) -> Iterator[tuple[bool, list[tuple[TableRow, RowOutcome]], Told]]:
        """Solve every game; say whether it was traced afresh, and what is asked of it, with slopes if wanted.

        Slopes are worked out for up to `TOGETHER` games at a time, which share most of the work. What is
        found at the anchor is kept: every part of the table begins there.
        """
        here, alike = dict(given) == self._anchor, self._alike()
        waiting: list[_Waiting] = []
        for number, (facts, same) in enumerate(alike.items(), 1):
            (progress or silent)("Solving crises", number / len(alike))
            key = (facts, tuple(dict.fromkeys(name for _, o in same for name in asked_of(o))), slopes)
            known = here and key in self._at_anchor
            waiting.append(_Waiting(key, same, None if known else self._solve(facts, same[0][0], given)))
            load = sum(each.at.game.size for each in waiting if each.at is not None)
            if number < len(alike) and len(waiting) < TOGETHER and load < ROOM:
                continue
            solved = [(each.at, each.key[1]) for each in waiting if each.at is not None]
            told = iter(self._tell(solved, slopes))
            for each in waiting:
                own = self._at_anchor[each.key] if each.at is None else next(told)
                if here:
                    self._at_anchor[each.key] = own
                yield each.at is not None and each.at.selection.how == RETRACED, each.same, own
            waiting = []

    def _tell(self, solved: Sequence[tuple[Equilibrium, tuple[str, ...]]], slopes: bool) -> list[Told]:
        """Return the chance of each outcome asked about, and its slopes if wanted."""
        ready, asked = [], [names for _, names in solved]
        for at, names in solved:
            scenario = at.game.scenario
            assert scenario is not None
            requests = [Request(name, scenario.outcomes[name]) for name in names]
            ready.append((at, requests, replace(make_clocks(at), curves=False)))
        chances = [[a.estimate.value for a in answer_all(clocks, some)] for _, some, clocks in ready]
        nothing: list[list[dict[str, float]]] = [[{} for _ in names] for names in asked]
        moved = gradients_of_each(ready, self.names) if slopes else nothing
        order = self.names if slopes else ()
        return [
            {
                name: (min(max(float(chance), 0.0), 1.0), np.array([own.get(each, 0.0) for each in order]))
                for name, chance, own in zip(names, some, slope, strict=True)
            }
            for names, some, slope in zip(asked, chances, moved, strict=True)
        ]


def _what_could_come(observation: RowOutcome) -> tuple[str, ...]:
    return observation.also or (observation.outcome,)


def _term(observation: RowOutcome, yes: float, slope: Array) -> RowTerm:
    happened = observation.happened
    return RowTerm(observation, yes if happened else 1.0 - yes, yes, slope if happened else -slope)


@dataclass(frozen=True)
class PooledFit:
    """What a table taught.

    Attributes
    ----------
    mode
        ``(P,)`` values at the posterior's mode.
    z, deviation
        ``(P,)`` the mode, and the posterior's standard deviations, in units of the prior.
    covariance
        ``(P, P)`` of z.
    log_posterior, log_evidence
        At the mode; and Laplace's approximation of the log marginal likelihood.
    learnt
        ``(P,)`` share of each prior's variance that is gone.
    settled
        Whether the search ended within `SETTLED` of the mode, by Newton's step in the posterior's deviations:
        a table of few rows is asked for no more than one of many.
    """

    names: tuple[str, ...]
    mode: Array
    z: Array
    deviation: Array
    covariance: Array
    log_likelihood: float
    log_posterior: float
    log_evidence: float
    learnt: Array
    settled: bool
    evaluations: int
    retraced: tuple[str, ...]

    def values(self) -> dict[str, float]:
        """Return the mode by name."""
        return dict(zip(self.names, map(float, self.mode), strict=True))

    @property
    def scale(self) -> Array:
        """``(P, P)`` with ``scale scale^T`` the covariance."""
        return np.asarray(np.linalg.cholesky(self.covariance))

    def sample(self, count: int, seed: int = 0) -> Array:
        """Return ``(count, P)`` draws of z from Laplace's normal, in pairs opposite to each other."""
        half = stream(seed, "table draws").standard_normal((-(-count // 2), len(self.z)))
        away = np.concatenate([half, -half])[:count] @ self.scale.T
        return np.asarray(self.z + away)

    def to_plain(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in told.items()}

    @classmethod
    def of_plain(cls, kept: Any) -> PooledFit:
        """Make a fit of what `to_plain` returned; raises where it is something else."""
        size = len(kept["names"])
        shapes = {"mode": (size,), "z": (size,), "deviation": (size,), "learnt": (size,)}
        arrays: dict[str, Array] = {
            name: np.array(kept[name], float).reshape(shape) for name, shape in shapes.items()
        }
        arrays["covariance"] = np.array(kept["covariance"], float).reshape(size, size)
        texts = {name: tuple(map(str, kept[name])) for name in ("names", "retraced")}
        return cls(**{**kept, **arrays, **texts})


def fit_table(
    likelihood: PooledLikelihood,
    *,
    begin: Mapping[str, float] = {},
    near: PooledFit | None = None,
    progress: Progress | None = None,
) -> PooledFit:
    """Find the posterior's mode and its spread.

    Parameters
    ----------
    begin
        Where the climb begins, by name; at the value written in the template for those not named.
    near
        A fit of nearly the same table, whose anchor the likelihood has: the climb begins at its mode.

    Raises
    ------
    QueryError
        If something observed is impossible at the start.
    """
    coordinates, tell = likelihood.coordinates, progress or silent
    posterior = Posterior(likelihood, coordinates)
    written = likelihood.central()
    start = [begin.get(name, written[name]) for name in likelihood.names]
    z = near.z if near is not None else coordinates.points(start)
    scale = near.scale if near is not None else None
    if near is None:
        likelihood.anchor(coordinates.values(z))
        if coordinates.size:
            z = find_mode(posterior, z, part_of(tell, 0.0, 0.6), ROUGHLY)
            likelihood.anchor(coordinates.values(z))
            scale = np.linalg.cholesky(np.linalg.inv(_precision(likelihood, z)))
    if coordinates.size:
        z = find_mode(posterior, z, part_of(tell, 0.0 if near else 0.6, 1.0), CLOSELY, scale)
    if near is None:
        likelihood.anchor(coordinates.values(z))
    values, slopes = coordinates.values(z), coordinates.slopes(z)
    answer = likelihood.at(values)
    precision = _precision(likelihood, z)
    covariance = np.linalg.inv(precision)
    log_posterior = answer.log_likelihood - 0.5 * float(z @ z)
    spread = np.sqrt(np.diag(covariance))
    missed = np.linalg.cholesky(covariance).T @ (answer.gradient * slopes - z)
    return PooledFit(
        names=likelihood.names,
        mode=np.array(list(values.values())),
        z=z,
        deviation=spread,
        covariance=covariance,
        log_likelihood=answer.log_likelihood,
        log_posterior=log_posterior,
        log_evidence=log_posterior - 0.5 * float(np.linalg.slogdet(precision)[1]),
        learnt=1.0 - spread**2,
        settled=float(np.abs(missed).max(initial=0.0)) < SETTLED,
        evaluations=posterior.evaluations,
        retraced=answer.retraced,
    )


def _precision(likelihood: PooledLikelihood, z: Array) -> Array:
    """Return ``(P, P)`` the inverse of the posterior's covariance around a point."""
    coordinates = likelihood.coordinates
    slopes = coordinates.slopes(z)
    told: Array = likelihood.information(coordinates.values(z)) * np.outer(slopes, slopes)
    return np.eye(len(z)) + told

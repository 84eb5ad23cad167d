r"""The likelihood of a record as a function of a scenario's parameters, with its gradient.

For each regime the scenario is compiled and solved as a game of its own, each solve continued from the one
before and from the last parameters asked about; behaviour gives branch rates, and the filter
(`bystander.evidence.filtering`) the log-likelihood. Its derivative in every branch's rate goes back through
the equilibrium by one adjoint solve for each regime, whatever the number of parameters
(`bystander.derivatives.implicit`); a scenario of hazards alone needs none.

Where histories begin: at the scenario's start, at the long run of the first regime, or at levels that the
record gives (`Record.start`), the rest as the scenario starts. A start from the long run depends on the
parameters too, and its derivative is that of the shares.

An equilibrium that jumps while parameters move (a fold) makes the likelihood jump: continuing reports it, and
`Likelihood.jumps` keeps where.

Records of several crises are pooled by a sum: one parameter set, several scenarios (`Pooled`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from bystander.derivatives.answers import slope_of_long_run
from bystander.derivatives.implicit import DirectDependence, adjoints, linearise
from bystander.derivatives.value_equations import no_change, parameter_slopes
from bystander.equilibrium.continuation import continue_from
from bystander.equilibrium.result import Equilibrium, Status, names_of_dates
from bystander.equilibrium.solve import solve
from bystander.errors import Problem, QueryError, ScenarioError
from bystander.evidence.binding import Bound, check_binding
from bystander.evidence.checking import turned
from bystander.evidence.filtering import parts_of, run_filter
from bystander.evidence.layout import Filtered, History, LaidRecord
from bystander.evidence.record import Observation, Record, Regime, day_number, write_day
from bystander.evidence.timeline import timeline
from bystander.game.arrays import Bool, Float, Game
from bystander.game.compile import compile_game, compile_rules, start_derivatives, with_parameters
from bystander.game.questions import branches_of_kinds
from bystander.numerics.generators import inner
from bystander.process.chain import Chain, make_chain
from bystander.process.passage import long_run
from bystander.scenario import Scenario

TOLERANCE = 1e-11


@dataclass(frozen=True, slots=True)
class Weighed:
    """A log-likelihood at some values: its terms by name, and its gradient if that was asked.

    ``gradient`` is per unit of each parameter (days, people, dollars).
    """

    names: tuple[str, ...]
    logs: Float
    gradient: Mapping[str, float]

    @property
    def log_likelihood(self) -> float:
        """The sum of its terms."""
        return math.fsum(self.logs.tolist())


class Weighable(Protocol):
    """A log-likelihood in named parameters, of one record or of several."""

    def weigh(self, values: Mapping[str, float], *, slopes: bool) -> Weighed:
        """Return the log-likelihood at values in days, people and dollars."""

    def anchor(self, values: Mapping[str, float]) -> None:
        """Solve at some values, and continue every later solve from there."""

    def central(self) -> dict[str, float]:
        """Return the scenario's own values."""

    def folds(self) -> int:
        """Return how many evaluations jumped to another equilibrium on the way."""


@dataclass
class Likelihood:
    """The likelihood of one record under one scenario.

    Attributes
    ----------
    scenario, record
        What is said, and what was seen.
    marks
        Moments at which smoothed chances are wanted too.
    until
        When to stop, if not at the end of what is observed.
    fixed
        Parameters that stay at the scenario's values whatever values are asked about.
    tolerance
        Largest residual of a solved game, in worth.
    lacking
        Observations that the scenario has no words for: name and what is missing.
    jumps
        Where the equilibrium jumped on the way from one set of values to the next.
    """

    scenario: Scenario
    record: Record
    marks: tuple[float, ...] = ()
    until: float | None = None
    fixed: frozenset[str] = frozenset()
    tolerance: float = TOLERANCE
    lacking: tuple[tuple[str, str], ...] = field(default=(), init=False)
    jumps: list[tuple[dict[str, float], float]] = field(default_factory=list, init=False)
    _solved: dict[int, Equilibrium] = field(default_factory=dict, init=False, repr=False)
    _anchored: bool = field(default=False, init=False, repr=False)

    @cached_property
    def regimes(self) -> tuple[Regime, ...]:
        """The regimes that begin while the record runs, in order."""
        return tuple(each for each in self.record.regimes if not self._standing(each))

    def _standing(self, regime: Regime) -> bool:
        """Say whether a regime is in force when the record begins."""
        return self.record.begin is not None and regime.begin <= self.record.begin

    @cached_property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenario in each regime, the one that the record begins in first."""
        first = self.scenario
        for regime in self.record.regimes:
            first = turned(first, regime) if self._standing(regime) else first
        out = [first]
        for regime in self.regimes:
            out.append(turned(out[-1], regime))
        return tuple(out)

    @cached_property
    def overridden(self) -> tuple[frozenset[str], ...]:
        """For each regime the parameters that it or the explanation sets."""
        own, before = self.fixed, self.scenario.parameter_values()
        turns = [each for each in self.record.regimes if self._standing(each)]
        out = []
        for place, told in enumerate(self.scenarios):
            turns += self.regimes[place - 1 : place] if place else ()
            after = told.parameter_values()
            own = own | {name for turn in turns for name in turn.sets}
            own = own | {name for name in after if before[name] != after[name]}
            out.append(own)
            before = after
        return tuple(out)

    @cached_property
    def games(self) -> tuple[Game, ...]:
        """The game of each regime at the scenario's own values, while known dates are far ahead."""
        out = [self._before_dates(compile_game(self.scenarios[0]))]
        for regime, scenario in zip(self.regimes, self.scenarios[1:], strict=True):
            try:
                if regime.enable or regime.disable or regime.measures:
                    game = self._before_dates(compile_game(scenario))
                else:
                    game = with_parameters(out[-1], scenario.parameter_values())
                out.append(covering(game, out[-1]))
            except ScenarioError as error:
                raise ScenarioError(
                    [
                        replace(each, mark=regime.mark, message=f"From '{regime.name}' on: {each.message}")
                        for each in error.problems
                    ]
                ) from None
        return tuple(out)

    def _before_dates(self, game: Game) -> Game:
        """Return the game in which known dates never come: so far ahead that nobody acts for their sake yet.

        Raises
        ------
        QueryError
            If the record goes on until one of them.
        """
        if not game.dates:
            return game
        ends = max(self.record.span(subject)[1] for subject in (*self.record.subjects, ""))
        ends = ends if self.until is None else self.until
        first = day_number(self.scenario.as_of) + game.dates[0].day
        if self.record.dated and first < ends:
            named, last = game.dates[0].entry, write_day(math.ceil(ends) - 1.0)
            message = (
                f"A record is weighed up to the first known date ahead ({names_of_dates(game)}), and this "
                f"one is followed to {last}, past '{named}' of {write_day(first)}."
            )
            fix = (
                f"End it before, with --as-of {write_day(first - 1.0)} or until:; or let the scenario speak "
                f"from then, as_of: {last}: the date has passed, and what it does is not followed."
            )
            raise QueryError(
                Problem(self.scenario.mark("calendar", named), message, fix, "date-not-followed")
            )
        assert game.compiled is not None
        return compile_rules(replace(game.compiled.rules, dates=()))

    @property
    def names(self) -> tuple[str, ...]:
        """The scenario's parameters."""
        return tuple(self.scenario.parameters)

    @cached_property
    def laid(self) -> LaidRecord:
        """The record laid out over the games."""
        return self._lay_out(self.bounds)

    @cached_property
    def bounds(self) -> tuple[Bound, ...]:
        """The record's words in the game of each regime; a record in the same words may take them."""
        return self._bind(self.games)

    def _bind(self, games: Sequence[Game]) -> tuple[Bound, ...]:
        declared = tuple(self.scenario.moves())
        return tuple(Bound(game, self.record, declared) for game in games)

    def _lay_out(self, bounds: tuple[Bound, ...]) -> LaidRecord:
        lacking = check_binding(bounds[0], self.record)
        self.lacking = (*lacking, *self._unsaid())
        unused = {name for name, _ in lacking}
        histories = []
        moments = [regime.begin for regime in self.regimes]
        by_subject: dict[str, list[Observation]] = {subject: [] for subject in self.record.subjects}
        for each in self.record.observations:
            if each.name not in unused:
                by_subject.setdefault(each.subject, []).append(each)
        spans = self.record.spans()
        for subject, own in by_subject.items():
            if subject == "" and len(by_subject) > 1:
                continue
            steps = timeline(
                self.record, subject, own,
                regimes=moments, marks=self.marks, until=self.until, span=spans[subject],
            )  # fmt: skip
            histories.append(History(subject, tuple(steps)))
        return LaidRecord(self.record, bounds, tuple(histories))

    def _unsaid(self) -> list[tuple[str, str]]:
        """Return what regimes set that the scenario has no words for."""
        return [
            (regime.name, f"no parameter is called {name}")
            for regime in self.record.regimes
            for name in regime.sets
            if name not in self.scenario.parameters
        ]

    def equilibria(self, values: Mapping[str, float]) -> tuple[Equilibrium, ...]:
        """Solve every regime at some values of parameters."""
        out: list[Equilibrium] = []
        for number, game in enumerate(self.games):
            given = {name: v for name, v in values.items() if name not in self.overridden[number]}
            wanted = with_parameters(game, given) if given else game
            if out:
                wanted = covering(wanted, out[-1].game)
            near = self._solved.get(number) or (out[-1] if out else None)
            out.append(self._reach(wanted, near, values))
            if not self._anchored:
                self._solved[number] = out[-1]
        return tuple(out)

    def _reach(self, game: Game, near: Equilibrium | None, values: Mapping[str, float]) -> Equilibrium:
        if near is not None and near.game is game:
            return near
        if near is None or not game.actors:
            found = solve(game, tolerance=self.tolerance)
            return found if found.status is Status.CONVERGED else solve(game, warm=found).require_converged()
        found = continue_from(near, game, tolerance=self.tolerance)
        if found.status is not Status.CONVERGED:
            found = solve(game, warm=found, tolerance=1e-9).require_converged()
        size = max((jump.size for jump in found.selection.jumps), default=0.0)
        if size > 0.0:
            self.jumps.append((dict(values), size))
        return found

    def start_of(self, chain: Chain) -> Float:
        """Return where histories of a regime begin that do not say so."""
        start = self.record.start
        if start == "scenario":
            return chain.start
        base = long_run(chain).share.value if start == "long run" else chain.start
        return base / base.sum() if isinstance(start, str) else _at_levels(chain.game, base, start)

    def possible_starts(self) -> list[Float]:
        """Return for each regime a distribution above 0 wherever a history of it may begin."""
        start = self.record.start
        anywhere = [np.full(game.size, 1.0 / game.size) for game in self.games]
        if start == "long run":
            return anywhere
        if isinstance(start, str):
            return [game.situations.start for game in self.games]
        return [_at_levels(game, base, start) for game, base in zip(self.games, anywhere, strict=True)]

    def filtered(
        self, values: Mapping[str, float] | None = None, *, slopes: bool = False, courses: bool = False
    ) -> tuple[Filtered, tuple[Equilibrium, ...]]:
        """Filter the record at some values of parameters (the scenario's own if None)."""
        equilibria = self.equilibria(values or {})
        return self.filtered_under(equilibria, slopes=slopes, courses=courses), equilibria

    def filtered_under(
        self, equilibria: Sequence[Equilibrium], *, slopes: bool = False, courses: bool = False
    ) -> Filtered:
        """Filter the record under given behaviour in each regime."""
        chains = [make_chain(each) for each in equilibria]
        laid = self.laid
        if any(
            one.game.structure is not two.game.structure
            for one, two in zip(equilibria, laid.bounds, strict=True)
        ):
            laid = self._lay_out(self._bind([each.game for each in equilibria]))
        starts = [self.start_of(chain) for chain in chains]
        rates = [chain.branch_rate for chain in chains]
        return run_filter(laid, rates, starts, slopes=slopes, courses=courses)

    def anchor(self, values: Mapping[str, float]) -> None:
        """Solve at some values, and continue every later solve from there."""
        self._anchored = False
        self.equilibria(values)
        self._anchored = True

    def central(self) -> dict[str, float]:
        """Return the scenario's own values."""
        return self.scenario.parameter_values()

    def folds(self) -> int:
        """Return how many evaluations jumped to another equilibrium on the way."""
        return len(self.jumps)

    def value(self, values: Mapping[str, float]) -> float:
        """Return the log-likelihood at values in days, people and dollars."""
        return self.filtered(values)[0].log_likelihood

    def weigh(self, values: Mapping[str, float], *, slopes: bool) -> Weighed:
        """Return the log-likelihood at some values, term by term."""
        found, equilibria = self.filtered(values, slopes=slopes)
        names, logs = parts_of(self.laid, found)
        gradient = self._gradient(found, equilibria, list(values)) if slopes else {}
        return Weighed(names, logs, gradient)

    def value_and_gradient(self, values: Mapping[str, float]) -> tuple[float, dict[str, float]]:
        """Return the log-likelihood and its derivative in each parameter, per unit of the parameter."""
        found, equilibria = self.filtered(values, slopes=True)
        return found.log_likelihood, self._gradient(found, equilibria, list(values) or list(self.names))

    def _gradient(
        self, found: Filtered, equilibria: Sequence[Equilibrium], wanted: Sequence[str]
    ) -> dict[str, float]:
        """Take the derivatives in branch rates back through every regime's equilibrium."""
        total = dict.fromkeys(wanted, 0.0)
        if not found.branch_slopes:
            return total
        for number, equilibrium in enumerate(equilibria):
            names = [name for name in wanted if name not in self.overridden[number]]
            source = self._source(found, number, equilibrium, names)
            for name, slope in through_equilibrium(equilibrium, source, names).items():
                total[name] += slope
        return total

    def _source(
        self, found: Filtered, number: int, equilibrium: Equilibrium, names: Sequence[str]
    ) -> DirectDependence:
        """Return how the log-likelihood depends on the behaviour of one regime, and on its start."""
        chain = make_chain(equilibrium)
        source = per_option(chain, found.branch_slopes[number])
        slopes = found.start_slopes[number]
        if self.record.start == "long run" and slopes.any():
            whole = slope_of_long_run(chain, slopes, chain.start)  # type: ignore[arg-type]
            assert source.option_rate is not None
            assert source.chance is not None
            source = DirectDependence(
                option_rate=source.option_rate + whole.option_rate, chance=source.chance + whole.chance
            )
            slopes = whole.start
        elif not isinstance(self.record.start, str):
            slopes = _slopes_at_levels(chain.game, chain.start, self.record.start, slopes)
        moved = start_derivatives(chain.game, names) if slopes.any() else {}
        return replace(source, parameters={name: inner(start, slopes) for name, start in moved.items()})


def per_option(chain: Chain, branch_slopes: Float) -> DirectDependence:
    """Turn derivatives in branch rates into those in option rates and chances."""
    game = chain.game
    bound = Bound(game, Record("", ()))
    kind = game.structure.option_kind[bound.option]
    chance = game.numbers.chance[kind, bound.place]
    rates = np.bincount(bound.option, branch_slopes * chance, minlength=len(chain.option_rate))
    chances = np.zeros_like(game.numbers.chance)
    np.add.at(chances, (kind, bound.place), branch_slopes * chain.option_rate[bound.option])
    return DirectDependence(option_rate=rates, chance=chances)


def through_equilibrium(
    equilibrium: Equilibrium, source: DirectDependence, names: Sequence[str]
) -> dict[str, float]:
    """Return the derivative in each parameter of something that depends on behaviour."""
    if not names:
        return {}
    if equilibrium.game.actors:
        return adjoints(linearise(equilibrium), [source], names, tolerance=1e-9)[0]
    game = equilibrium.game
    assert source.option_rate is not None
    assert source.chance is not None
    by_kind = np.bincount(
        game.structure.option_kind, source.option_rate, minlength=len(branches_of_kinds(game))
    )
    gradient = no_change(game)._replace(rate=by_kind, chance=source.chance)
    slopes = parameter_slopes([game], [gradient], names)[0].tolist()
    return {n: slope + source.parameters.get(n, 0.0) for n, slope in zip(names, slopes, strict=True)}


def covering(game: Game, before: Game) -> Game:
    """Return the game of a regime with every situation in which the regime before may leave a history."""
    held, wanted = game.situations.codes, before.situations.codes
    if held is wanted or np.isin(wanted, held).all():
        return game
    assert game.compiled is not None
    return compile_rules(game.compiled.rules, wanted)


def _at_levels(game: Game, base: Float, start: Mapping[str, Mapping[str, float]]) -> Float:
    """Return a start in which some variables are at given levels and the rest as in ``base``."""
    out = base.copy()
    for levels in _levels_inside(game, start):
        out = np.sum([chance * _within(out, inside) for chance, inside in levels], axis=0)
    found: Float = out / out.sum()
    return found


def _slopes_at_levels(
    game: Game, base: Float, start: Mapping[str, Mapping[str, float]], slopes: Float
) -> Float:
    """Take derivatives in a start at given levels back to ``base``."""
    steps, out = [], base.copy()
    for levels in _levels_inside(game, start):
        steps.append((out, levels))
        out = np.sum([chance * _within(out, inside) for chance, inside in levels], axis=0)
    for before, levels in reversed(steps):
        back = np.zeros(game.size)
        for chance, inside in levels:
            share = float(before[inside].sum())
            if share > 0.0:
                mean = inner(_within(before, inside), slopes)
                back += np.where(inside, chance / share * (slopes - mean), 0.0)
        slopes = back
    return slopes


def _levels_inside(game: Game, start: Mapping[str, Mapping[str, float]]) -> list[list[tuple[float, Bool]]]:
    """Return for each variable the chance of each level, and ``(N,)`` where it is at it."""
    bound = Bound(game, Record("", ()))
    found = []
    for variable, levels in start.items():
        held = []
        for level, chance in levels.items():
            inside = bound.level(variable, (level,))
            assert inside is not None
            held.append((chance, inside))
        found.append(held)
    return found


def _within(base: Float, inside: Bool) -> Float:
    """Return a distribution restricted to some situations, even over them where it has no chance there."""
    share = float(base[inside].sum())
    return np.where(inside, base, 0.0) / share if share > 0.0 else inside / max(inside.sum(), 1)


@dataclass(frozen=True)
class Pooled:
    """Several likelihoods that share parameters: the product over crises."""

    parts: tuple[Likelihood, ...]

    def weigh(self, values: Mapping[str, float], *, slopes: bool) -> Weighed:
        """Return the sum of the log-likelihoods, term by term, each named after its crisis."""
        names: list[str] = []
        logs, gradient = [], dict.fromkeys(values, 0.0)
        for part in self.parts:
            found = part.weigh(_own(part, values), slopes=slopes)
            names += [f"{part.record.title}: {name}" for name in found.names]
            logs.append(found.logs)
            for name, slope in found.gradient.items():
                gradient[name] += slope
        return Weighed(tuple(names), np.concatenate(logs), gradient)

    def anchor(self, values: Mapping[str, float]) -> None:
        """Solve each at some values, and continue every later solve from there."""
        for part in self.parts:
            part.anchor(_own(part, values))

    def central(self) -> dict[str, float]:
        """Return the scenarios' own values; the first that has a parameter says its value."""
        out: dict[str, float] = {}
        for part in self.parts:
            out = {**part.central(), **out}
        return out

    def folds(self) -> int:
        """Return how many evaluations jumped to another equilibrium on the way."""
        return sum(part.folds() for part in self.parts)


def pooled(parts: Sequence[Likelihood]) -> Likelihood | Pooled:
    """Return one likelihood of several."""
    return parts[0] if len(parts) == 1 else Pooled(tuple(parts))


def _own(part: Likelihood, values: Mapping[str, float]) -> dict[str, float]:
    known = set(part.names)
    return {name: value for name, value in values.items() if name in known}

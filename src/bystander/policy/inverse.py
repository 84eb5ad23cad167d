"""The question turned round: which smallest set of changes makes a target cross its threshold.

Changes to choose from: every measure at every degree, and, on request, every parameter moved to a plausible
end of its prior (the tenth or the ninetieth percentile, whichever side the derivative favours). Sets are
compared first by their number of changes, then by cost, then by how far they carry the target past the
threshold.

Greedy choice finds a set quickly: at each step the change that brings the target nearest. It can miss a
smaller set whose members help only together, so all sets smaller than the one found (or of the same size)
over the most promising candidates are then solved as well; the result says how many candidates that check
covered.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bystander.cases.cases import Case
from bystander.cases.changes import Change, in_its_unit, name_of
from bystander.cases.jobs import Answers, answer_changes
from bystander.cases.store import Store
from bystander.errors import QueryError
from bystander.game.checks import shut_at_zero
from bystander.policy.packages import alternatives_of
from bystander.policy.sensitivity import target_gradient
from bystander.policy.targets import Target, base_for
from bystander.progress import Progress, part_of
from bystander.scenario.schema import Scenario

LOW, HIGH = 0.1, 0.9

Reading = tuple[float, float, float]
UNKNOWN: Reading = (math.nan, -math.inf, 0.0)


@dataclass(frozen=True, slots=True)
class Way:
    """A set of changes with what it makes of the target.

    ``jump`` is the largest jump between equilibria on the way there, in worth.
    """

    changes: tuple[str, ...]
    cost: float
    number: float
    reaches: bool
    jump: float = 0.0


@dataclass(frozen=True, slots=True)
class Ways:
    """What makes a target cross its threshold.

    Attributes
    ----------
    smallest
        Sets of the smallest size found that reach it, best first; empty if none does.
    nearest
        The set tried that comes nearest; None if none could be solved.
    unit
        Unit of both numbers.
    joined
        Whether several conditions are judged together; number and threshold are then those of the first.
    already
        Whether it is as wished before anything is changed; nothing is tried then.
    checked
        Number of candidates over which no smaller set exists for certain, and how many candidates there were.
    solves, unsolved
        Sets that were tried, and how many of them have no solution.
    """

    target: str
    number: float
    threshold: float
    smallest: tuple[Way, ...]
    nearest: Way | None
    checked: tuple[int, int]
    solves: int
    ended: str = ""
    unit: str = ""
    already: bool = False
    joined: bool = False
    unsolved: int = 0

    @property
    def reached(self) -> bool:
        """Whether any set reaches it."""
        return bool(self.smallest)


def find_changes(
    scenario: Scenario,
    target: Target,
    *,
    up_to: int = 3,
    parameters: bool = False,
    candidates: int = 8,
    base: Case | None = None,
    store: Store | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Ways:
    """Find the smallest set of changes that makes a target cross its threshold.

    Parameters
    ----------
    up_to
        Largest set to consider.
    parameters
        Whether parameters may move too, each to the favourable tenth of its prior.
    candidates
        Most promising candidates to check exhaustively.

    Raises
    ------
    QueryError
        If there is nothing to choose from, or the target has no number, now and whatever is changed.
    """
    case = base_for(scenario, target, base)
    unknown = target.unknown(case)
    if unknown and not target.wish:
        raise QueryError(unknown)
    number, gap = target.of(case)
    goal = target.direction(gap)
    if goal * gap > 0.0:
        return _already(case, target, number)
    atoms = _atoms(case, target, parameters, goal)
    if not atoms:
        raise QueryError(_nothing_to_choose(scenario, parameters))
    names = list(atoms)
    search = _Search(case, target, goal, atoms, store, workers)
    search.try_sets([frozenset([name]) for name in names], part_of(progress, 0.0, 0.4))
    order = sorted(names, key=lambda n: -search.past(frozenset([n])))
    best = search.grow(frozenset(order[:1]), up_to, part_of(progress, 0.4, 0.6))
    promising = order[:candidates]
    top = len(best) if search.past(best) >= 0.0 else up_to
    sets = [frozenset(c) for size in range(2, top + 1) for c in itertools.combinations(promising, size)]
    if not search.ended:
        search.try_sets(sets, part_of(progress, 0.6, 1.0))
    found = search.conclude(number, (len(promising), len(names)))
    if unknown and found.nearest is None:
        raise QueryError(unknown)
    return found


@dataclass
class _Search:
    """Sets of single changes, each with its cost by its words, and how far those tried so far get."""

    case: Case
    target: Target
    goal: float
    atoms: dict[str, tuple[Change, float]]
    store: Store | None
    workers: int | None
    tried: dict[frozenset[str], Reading] = field(default_factory=dict)
    ended: str = ""
    unsolved: int = 0

    def past(self, names: frozenset[str]) -> float:
        """Return how far a set is past the threshold; minus infinity if nobody knows."""
        return self.tried.get(names, UNKNOWN)[1]

    def try_sets(self, sets: Sequence[frozenset[str]], progress: Progress) -> None:
        """Solve the sets that fit together and have not been tried."""
        new = [s for s in dict.fromkeys(sets) if s not in self.tried and self.compatible(s)]
        done = answer_changes(
            self.case,
            [self.joined(s) for s in new],
            outcomes=self.target.outcomes,
            judgements=self.target.judgements,
            store=self.store,
            workers=self.workers,
            progress=progress,
            step="Looking for a way",
        )
        self.ended = done.ended or self.ended
        for s, answers in zip(new, done.answers, strict=True):
            if answers is not None:
                self.tried[s] = _reading(self.target, answers, self.goal)
                self.unsolved += not answers.solved

    def grow(self, best: frozenset[str], up_to: int, progress: Progress) -> frozenset[str]:
        """Add the change that helps most until the target is reached or the set is large."""
        while self.past(best) < 0.0 and len(best) < up_to and not self.ended:
            grown = [best | {name} for name in self.atoms if name not in best]
            self.try_sets(grown, progress)
            possible = [g for g in grown if g in self.tried]
            if not possible:
                break
            best = max(possible, key=self.past)
        return best

    def joined(self, names: frozenset[str]) -> Change:
        """Return one change for a set of them."""
        parts = [self.atoms[name][0] for name in sorted(names)]
        measures = tuple(pair for part in parts for pair in part.measures)
        return Change(measures=measures, sets={k: v for part in parts for k, v in part.sets.items()})

    def compatible(self, names: frozenset[str]) -> bool:
        """Say whether a set can be taken together."""
        change = self.joined(names)
        measures = [name for name, _ in change.measures]
        if len(set(measures)) < len(measures):
            return False
        try:
            change.apply(self.case.scenario)
        except QueryError:
            return False
        return True

    def cost(self, names: frozenset[str]) -> float:
        """Return what a set costs."""
        return sum(self.atoms[name][1] for name in names)

    def way(self, names: frozenset[str]) -> Way:
        """Return a set that was tried in words."""
        value, past, jump = self.tried[names]
        return Way(tuple(sorted(names)), self.cost(names), value, past >= 0.0, jump)

    def conclude(self, number: float, checked: tuple[int, int]) -> Ways:
        """Return the smallest sets that reach the target, cheapest first, and the one that comes nearest."""
        reaching = [names for names, (_, past, _) in self.tried.items() if past >= 0.0]
        least = min((len(names) for names in reaching), default=0)
        smallest = [names for names in reaching if len(names) == least]
        smallest.sort(key=lambda names: (self.cost(names), -self.past(names)))
        solved = [names for names, (_, past, _) in self.tried.items() if past > -math.inf]
        nearest = max(solved, key=self.past, default=None)
        return Ways(
            self.target.label,
            number,
            self.target.level(self.case),
            tuple(self.way(names) for names in smallest),
            None if nearest is None else self.way(nearest),
            checked,
            len(self.tried),
            self.ended,
            self.target.unit(self.case),
            joined=self.target.joined(self.case),
            unsolved=self.unsolved,
        )


def _atoms(case: Case, target: Target, parameters: bool, goal: float) -> dict[str, tuple[Change, float]]:
    """Every single change with its cost, by its words."""
    scenario = case.scenario
    found: dict[str, tuple[Change, float]] = {}
    chosen = alternatives_of(scenario, None, True) if scenario.measures else []
    for name, degree in itertools.chain.from_iterable(chosen):
        found[name_of((name, degree))] = (Change(measures=((name, degree),)), scenario.measures[name].cost)
    if parameters:
        slopes, shut = target_gradient(case, target), shut_at_zero(case.game)
        for name, parameter in scenario.parameters.items():
            slope = slopes.get(name, 0.0)
            if parameter.prior is None or (slope == 0.0 and name not in shut):
                continue
            now, (low, high) = parameter.value.value, parameter.prior.ppf(np.array([LOW, HIGH])).tolist()
            if slope == 0.0:  # a rate or chance is exactly 0, and nothing tells which way is favourable
                value = max(low, high, key=lambda end: abs(end - now))
            else:
                value = high if slope * goal > 0.0 else low
            if slope == 0.0 or (value - now) * slope * goal > 0.0:
                found[f"{name} at {in_its_unit(parameter, value)}"] = (Change(sets={name: value}), 0.0)
    return found


def _reading(target: Target, answers: Answers, goal: float) -> Reading:
    """Return the number of the target, how far it is past the threshold (negative: short), and the jump."""
    if not answers.solved:
        return UNKNOWN
    past = goal * target.gap(answers.outcomes, answers.verdicts)
    if math.isnan(past):
        return UNKNOWN
    return target.number(answers.outcomes, answers.verdicts), past, answers.jump


def _nothing_to_choose(scenario: Scenario, parameters: bool) -> str:
    """Say that there is nothing to choose from, and what would be something."""
    none = "There is nothing to choose from: the scenario has no measures"
    write = "Write some under 'measures:'"
    if parameters:
        return f"{none}, and no parameter that moves it. {write}."
    believed = any(parameter.prior is not None for parameter in scenario.parameters.values())
    return f"{none}. {write}{', or allow parameters to move (--parameters)' if believed else ''}."


def _already(case: Case, target: Target, number: float) -> Ways:
    here = Way((), 0.0, number, True)
    return Ways(
        target.label, number, target.level(case), (), here, (0, 0), 0, unit=target.unit(case), already=True
    )

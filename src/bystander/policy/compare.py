r"""Two scenarios compared: which outcomes differ, and which inputs are behind each difference.

The inputs in which A and B differ are put into *groups*. The difference of an outcome is divided among the
groups by an order-independent rule whose parts add up:

* `shapley` (exact): every hybrid that takes some groups from B and the others from A is solved, 2^k of them
for k groups; a group's part is its
  marginal contribution averaged over all orders in which the groups could be switched (Shapley 1953). Parts
  add up to the difference exactly (up to the solver's tolerance). Used up to `MOST_GROUPS` groups; beyond
  that the inputs that matter least by first order are lumped into one group.
* `path` (Aumann & Shapley 1974): where only parameters differ and there are many, they are moved together
from A to B and each is credited with the integral
  of its derivative along the way, ``part_p = int_0^1 dy/dp (p(t)) p'(t) dt``. One gradient per node of a
  Gauss-Legendre rule serves any number of parameters. Parts add up to within the rule's error, which is
  stated as the residual.

Positive parameters move on a log scale, others linearly.

What counts as an input: each parameter; the start of each variable; whether a move is enabled; and
everything else of a scenario, entry by entry (an actor, a hazard, an institution, a variable). Entries that
cannot be exchanged alone (a move that speaks of a variable the other scenario lacks) are exchanged together,
as the group ``structure``, whose part is then broken down party by party (`bystander.policy.inputs`).
Outcomes are compared where both scenarios define one of that name in the same words. Whoever plays the same
part in both under another name (`bystander.policy.inputs`) is compared as one.

Dividing a difference into parts that add up: the result, and the Shapley value.

Reference: Shapley (1953), *A value for n-person games*.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bystander.cases.cases import Case, numbers_by_itself, solve_case
from bystander.cases.changes import STARTS, STRUCTURE
from bystander.errors import InputError, NotConvergedError, QueryError
from bystander.game.compile import compile_game
from bystander.policy.inputs import (
    Input,
    PartyDifference,
    by_removal,
    differing_inputs,
    hybrid,
    pieces,
    recast,
)
from bystander.policy.sensitivity import outcome_gradients
from bystander.policy.what_if import Moved
from bystander.progress import Progress, silent
from bystander.scenario import vary
from bystander.scenario.schema import Outcome, Scenario
from bystander.units import Dimension, in_rank

Array = NDArray[Any]
TOGETHER = "What the parties make only together"
"""What is left of a part that was divided by taking each party alone."""
MOST_GROUPS = 7
NODES = 6


@dataclass(frozen=True, slots=True)
class DifferencePart:
    """A group of inputs and its part in the difference of one outcome.

    ``inputs`` are (name, in A, in B) as written; ``about`` is what the group is, in the scenario's words.
    """

    group: str
    part: float
    inputs: tuple[tuple[str, str, str], ...]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Attribution(Moved):
    """The difference of an outcome between two scenarios, divided among inputs; largest part first.

    ``about`` is what both call it; where they call it differently, both, with a stroke between.
    ``residual`` is what the parts leave of ``after - before``. Where a value is not finite (what may never
    come) there is no difference to divide, and no parts. ``error`` bounds what the difference may be wrong
    by; ``withheld`` says why one of the two is not known.
    """

    outcome: str
    about: str
    unit: str
    before: float
    after: float
    parts: tuple[DifferencePart, ...]
    residual: float
    error: float = 0.0
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class CrisisComparison:
    """Two scenarios compared.

    Attributes
    ----------
    inputs
        Everything in which they differ: (name, in A, in B).
    only_a, only_b
        Outcomes that only one of them asks.
    method
        ``shapley`` or ``path``.
    alike
        Who in B was taken for whom in A: (name in A, name in B).
    jumps
        How many of the solves on the way jumped to another equilibrium: parts then hold more than inputs.
    by_itself
        (outcome, number) of B where, solved by itself, it has another equilibrium than followed to from A.
    """

    a: str
    b: str
    inputs: tuple[tuple[str, str, str], ...]
    outcomes: tuple[Attribution, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    method: str
    solves: int
    jumps: int = 0
    alike: tuple[tuple[str, str], ...] = ()
    by_itself: tuple[tuple[str, float], ...] = ()


def shapley(values: Mapping[frozenset[int], Array], count: int) -> Array:
    """Return the Shapley value of each of ``count`` players from the worth of every coalition.

    Parameters
    ----------
    values
        ``(m,)`` worths of each coalition, for m games at once.

    Returns
    -------
    array
        ``(count, m)``, columns sum to the worth of all less that of none.
    """
    players = range(count)
    parts = np.zeros((count, len(values[frozenset()])))
    for size in range(count):
        weight = 1.0 / (count * math.comb(count - 1, size))
        for player in players:
            for others in itertools.combinations([p for p in players if p != player], size):
                coalition = frozenset(others)
                parts[player] += weight * (values[coalition | {player}] - values[coalition])
    return parts


def attribute(
    first: Case,
    last: Case,
    outcome: str,
    shares: Mapping[str, float],
    groups: Mapping[str, tuple[Input, ...]],
) -> Attribution:
    """Put the parts of one outcome's difference together, largest first, with what they leave."""
    before, after = first.value(outcome), last.value(outcome)
    parts = [
        DifferencePart(
            name, share, tuple((i.name, i.in_a, i.in_b) for i in groups[name]), _about(name, first, last)
        )
        for name, share in shares.items()
        if math.isfinite(share)
    ]
    parts.sort(key=lambda p: -in_rank(abs(p.part)))
    result, other = last.outcomes[outcome], first.outcomes[outcome]
    about = " / ".join(dict.fromkeys(filter(None, (other.about, result.about))))
    residual = (after - before) - sum(p.part for p in parts)
    one, two = other.estimate, result.estimate
    error, withheld = one.error + two.error, one.withheld or two.withheld
    return Attribution(outcome, about, two.unit, before, after, tuple(parts), residual, error, withheld)


def _about(name: str, *cases: Case) -> str:
    """Say what an input is, in the words of whichever scenario has some."""
    kind, _, rest = name.partition(".")
    short = name.removeprefix("start of ")
    for case in cases:
        scenario = case.scenario
        for known in (scenario.parameters, scenario.moves(), scenario.variables):
            if short in known and known[short].about:
                return str(known[short].about)
        if rest and rest in (section := getattr(scenario, kind, None) or {}) and section[rest].about:
            return str(section[rest].about)
    return ""


def compare(
    a: Scenario,
    b: Scenario,
    *,
    names: tuple[str, str] | None = None,
    outcomes: Sequence[str] | None = None,
    method: Literal["auto", "shapley", "path"] = "auto",
    groups: Mapping[str, Sequence[str]] | None = None,
    base: Case | None = None,
    progress: Progress | None = None,
) -> CrisisComparison:
    """Compare two scenarios and attribute the differences of their outcomes to their inputs.

    Parameters
    ----------
    names
        What to call them; their own names if None.
    outcomes
        Outcomes to compare; all that both ask if None.
    method
        ``auto`` takes ``shapley`` where that needs at most 2^7 solves without lumping, else ``path`` where
        only parameters differ.
    groups
        Inputs to keep together, by name of the group; every other input is a group of its own.

    Raises
    ------
    QueryError
        If the scenarios share no outcome, an outcome is unknown, or a group names an input in which they do
        not differ.
    """
    cast = recast(b, a)
    found = _compared(a, cast.scenario, names or (a.name, b.name), outcomes, method, groups, base, progress)
    return replace(found, alike=cast.parts)


def _compared(
    a: Scenario,
    b: Scenario,
    label: tuple[str, str],
    outcomes: Sequence[str] | None,
    method: Literal["auto", "shapley", "path"],
    groups: Mapping[str, Sequence[str]] | None,
    base: Case | None,
    progress: Progress | None,
) -> CrisisComparison:
    """Compare two scenarios in which whoever plays the same part has the same name."""
    tell = progress or silent
    shared = _shared(a, b, outcomes)
    tell("Comparing inputs", 0.0)
    inputs = differing_inputs(a, b)
    first = base if base is not None and set(shared) <= set(base.outcomes) else solve_case(a, outcomes=shared)
    told = tuple((i.name, i.in_a, i.in_b) for i in inputs)
    only_a = tuple(name for name in a.outcomes if name not in b.outcomes)
    only_b = tuple(name for name in b.outcomes if name not in a.outcomes)
    if not inputs:
        same = [attribute(first, first, name, {}, {}) for name in shared]
        return CrisisComparison(*label, told, tuple(same), only_a, only_b, "shapley", 1)
    parameters_only = all(i.kind == "parameter" for i in inputs)
    many = len(inputs) - sum(len(g) - 1 for g in (groups or {}).values()) > MOST_GROUPS
    if method == "path" or (method == "auto" and parameters_only and many):
        if not parameters_only:
            raise QueryError(
                "A path needs scenarios that differ in parameters only; these differ in more. Use shapley."
            )
        found, last, solves, jumps = _along_path(first, b, inputs, shared, tell)
        way = "path"
    else:
        arranged = _arrange(first, b, inputs, groups, shared)
        found, last, solves, jumps = _by_shapley(first, b, arranged, shared, tell)
        way = "shapley"
    apart = tuple(numbers_by_itself(last).items())
    return CrisisComparison(*label, told, tuple(found), only_a, only_b, way, solves, jumps, by_itself=apart)


def comparable(a: Scenario, b: Scenario) -> list[str]:
    """Return the outcomes that are asked in both, in numbers of one kind: no people with money."""

    def counted(outcome: Outcome) -> tuple[str, Dimension]:
        return outcome.kind, outcome.dimension

    return [n for n, o in a.outcomes.items() if n in b.outcomes and counted(o) == counted(b.outcomes[n])]


def _shared(a: Scenario, b: Scenario, outcomes: Sequence[str] | None) -> list[str]:
    both = comparable(a, b)
    for name in outcomes or ():
        if name not in both:
            apart = name in a.outcomes and name in b.outcomes
            why = "asks for different things in the two" if apart else "is not an outcome of both"
            raise QueryError(f"'{name}' {why} scenarios. Both ask: {', '.join(both) or 'nothing'}.")
    if not both:
        raise QueryError("The two scenarios share no outcome, so there is nothing to compare.")
    return both if outcomes is None else list(dict.fromkeys(outcomes))


def _arrange(
    first: Case,
    b: Scenario,
    inputs: Sequence[Input],
    groups: Mapping[str, Sequence[str]] | None,
    shared: Sequence[str],
) -> list[tuple[str, tuple[Input, ...]]]:
    """Put inputs into at most `MOST_GROUPS` groups: those asked for, the weightiest alone, the rest."""
    by_name = {i.name: i for i in inputs}
    arranged: list[tuple[str, tuple[Input, ...]]] = []
    for group, members in (groups or {}).items():
        for member in members:
            if member not in by_name:
                raise QueryError(
                    f"The scenarios do not differ in '{member}'. They differ in: {', '.join(by_name)}."
                )
        arranged.append((group, tuple(by_name.pop(m) for m in members)))
    structure = tuple(i for i in by_name.values() if i.kind == STRUCTURE)
    starts = tuple(i for i in by_name.values() if i.kind == "start") if structure else ()
    if starts and not _each_has_a_start(first.scenario, b, structure, starts):
        structure, starts = (*structure, *starts), ()
    if structure:
        arranged.append((STRUCTURE, structure))
    if len(starts) > 1:
        arranged.append((STARTS, starts))
    grouped = {i.name for _, members in arranged for i in members}
    single = [i for i in by_name.values() if i.name not in grouped]
    room = MOST_GROUPS - len(arranged)
    if len(single) > room:
        weights = _weights(first, b, single, shared)
        single.sort(key=lambda i: -weights[i.name])
        rest = tuple(single[max(room - 1, 0) :])
        single = single[: max(room - 1, 0)]
        arranged.append((f"the other {len(rest)} inputs", rest))
    return [*((i.name, (i,)) for i in single), *arranged]


def _each_has_a_start(a: Scenario, b: Scenario, structure: Sequence[Input], starts: Sequence[Input]) -> bool:
    """Tell whether each scenario may start where the other does: what never holds in it may hold there."""
    try:
        for taken in (structure, starts):
            compile_game(hybrid(a, b, taken))
    except InputError:
        return False
    return True


def _weights(first: Case, b: Scenario, inputs: Sequence[Input], shared: Sequence[str]) -> dict[str, float]:
    """Weigh inputs by the first-order size of their effect, relative to the largest for each outcome."""
    names = [i.name for i in inputs if i.kind == "parameter"]
    weights = {i.name: math.inf for i in inputs if i.kind != "parameter"} | dict.fromkeys(names, 0.0)
    known = [n for n in names if n in first.scenario.parameters]
    for gradient in outcome_gradients(first, shared, known).values():
        effect = {
            n: abs(g * (b.parameters[n].value.value - first.scenario.parameters[n].value.value))
            for n, g in gradient.items()
            if n in b.parameters
        }
        largest = max(effect.values(), default=0.0)
        for n, size in effect.items():
            if largest > 0.0:
                weights[n] = max(weights[n], size / largest)
    return weights


def _by_shapley(
    first: Case,
    b: Scenario,
    arranged: Sequence[tuple[str, tuple[Input, ...]]],
    shared: Sequence[str],
    tell: Progress,
) -> tuple[list[Attribution], Case, int, int]:
    count = len(arranged)
    cases: dict[frozenset[int], Case] = {frozenset(): first}
    coalitions = [
        frozenset(c) for size in range(1, count + 1) for c in itertools.combinations(range(count), size)
    ]
    for n, coalition in enumerate(coalitions):
        tell("Solving what lies between", n / len(coalitions))
        chosen = [i for g in coalition for i in arranged[g][1]]
        near = cases[coalition - {max(coalition)}]
        try:
            cases[coalition] = solve_case(
                hybrid(first.scenario, b, chosen), near=near, outcomes=shared, judgements=()
            )
        except (InputError, NotConvergedError) as error:
            names = ", ".join(arranged[g][0] for g in sorted(coalition))
            raise QueryError(
                f"The scenario with {names} from the second and the rest from the first cannot be solved, so "
                f"the difference cannot be divided among these inputs: {error} Put them into one group."
            ) from error
    worth = {c: np.array([case.value(n) for n in shared]) for c, case in cases.items()}
    finite = np.all([np.isfinite(each) for each in worth.values()], axis=0)
    parts = shapley({c: np.where(finite, each, 0.0) for c, each in worth.items()}, count)
    last = cases[frozenset(range(count))]
    groups = dict(arranged)
    apart = pieces(first.scenario, last.scenario) if STRUCTURE in groups else []
    whose, more = by_removal(first, last, apart, shared, tell)
    found = []
    for column, name in enumerate(shared):
        shares = {arranged[g][0]: float(parts[g, column]) for g in range(count)} if finite[column] else {}
        divided = attribute(first, last, name, shares, groups)
        found.append(_broken_down(divided, {p: float(v[column]) for p, v in whose.items()}, apart))
    return found, last, len(cases) + more, sum(case.jump > 0.0 for case in cases.values())


def _broken_down(
    divided: Attribution, whose: Mapping[str, float], apart: Sequence[PartyDifference]
) -> Attribution:
    """Put in place of the structure's part that of each party, and what they leave of it."""
    whole = next((p for p in divided.parts if p.group == STRUCTURE), None)
    whose = {party: share for party, share in whose.items() if math.isfinite(share)}
    if whole is None or not whose:
        return divided
    parts = [p for p in divided.parts if p is not whole]
    parts += [DifferencePart(x.party, whose[x.party], x.inputs) for x in apart if x.party in whose]
    parts.append(replace(whole, part=whole.part - sum(whose.values()), about=TOGETHER))
    return replace(divided, parts=tuple(sorted(parts, key=lambda p: -in_rank(abs(p.part)))))


def _along_path(
    first: Case, b: Scenario, inputs: Sequence[Input], shared: Sequence[str], tell: Progress
) -> tuple[list[Attribution], Case, int, int]:
    names = [i.name for i in inputs]
    start = np.array([first.scenario.parameters[n].value.value for n in names])
    end = np.array([b.parameters[n].value.value for n in names])
    logs = (start > 0.0) & (end > 0.0)
    nodes, steps = np.polynomial.legendre.leggauss(NODES)
    nodes, steps = 0.5 * (nodes + 1.0), 0.5 * steps
    parts = {name: np.zeros(len(names)) for name in shared}
    near, jumps = first, 0
    ratio = np.log(np.where(logs, end, 1.0) / np.where(logs, start, 1.0))
    for n, (t, step) in enumerate(zip(nodes, steps, strict=True)):
        tell("Walking from one to the other", n / NODES)
        here = np.where(logs, start * np.exp(t * ratio), start + t * (end - start))
        speed = np.where(logs, here * ratio, end - start)
        sets = dict(zip(names, here.tolist(), strict=True))
        near = solve_case(vary(first.scenario, sets=sets), near=near, outcomes=shared, judgements=())
        jumps += near.jump > 0.0
        for outcome, gradient in outcome_gradients(near, shared, names).items():
            parts[outcome] += step * speed * np.array([gradient[n] for n in names])
    last = solve_case(hybrid(first.scenario, b, list(inputs)), near=near, outcomes=shared, judgements=())
    groups = {i.name: (i,) for i in inputs}
    found = [
        attribute(first, last, name, dict(zip(names, parts[name].tolist(), strict=True)), groups)
        for name in shared
    ]
    return found, last, NODES + 2, jumps + (last.jump > 0.0)

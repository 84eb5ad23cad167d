r"""What changes no outcome: facts, events, claims, interests and parameters, alone and together.

Everything gets a factor (`bystander.policy.factors`). The scenario is solved once, and each outcome y
differentiated in all factors s and in the parameters by the adjoint (`bystander.derivatives`):

    effect = max_y |dy/ds| / max(|y|, 1),   with |p dy/dp| for a parameter p, |f dp/df dy/dp| for a fact f;
    in place of |p| half of what eight in ten draws of its prior span, where that is more.

What has less effect than `LEAST` on every outcome is said to change nothing. A fact works through its number
where a rule or a parameter is reckoned from it; else through parameters that were learnt from it; else
through what is argued with it, whose effect is then the most that the fact can have: no number follows from
words. An event changes what is learnt from it. A claim changes something if a part that takes it up does, or
all parts that do together.

A derivative sees the margin only: a motive so strong that nothing near it matters has none. So whatever shows
no effect there is taken away (a factor of 0; a parameter at 0, then at the farther end of what its prior
spans) and everything is solved again (`bystander.policy.removals`); the largest difference to an outcome,
relative as above, is then its effect. A limit that does not bind still shows none. A fact that decides a
parameter by a threshold has no derivative either: it is halved, doubled and taken away until a parameter
changes, and that is solved. Of two vetoes, each of which is enough, neither changes anything alone; what
changes nothing alone is therefore taken away together as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bystander.cases.cases import solve_case
from bystander.policy.factors import with_factors, with_nodes
from bystander.policy.gradients import outcome_gradients
from bystander.policy.removals import LEAST, NOTHING, Removals, Size
from bystander.progress import Progress, part_of
from bystander.scenario.claims import parts, place_claims
from bystander.scenario.expressions import Expr, facts_in, parse_expression, resolve
from bystander.scenario.expressions.evaluating import derivative, evaluate
from bystander.scenario.expressions.syntax import Binary, FactValue, ParameterValue
from bystander.scenario.schema import Parameter, Scenario
from bystander.units import PLAIN, Quantity

Through = Literal["", "number", "learnt", "words"]
Key = tuple[str, str]
ALONE, TOGETHER = "Taking away what shows no effect", "Taking away together what shows none alone"


@dataclass(frozen=True, slots=True)
class LargestEffect:
    """The largest effect of one thing on any outcome, on which, and for a fact through what."""

    kind: str
    name: str
    size: float
    outcome: str
    through: Through = ""

    @property
    def none(self) -> bool:
        """Whether it changes nothing."""
        return self.size < LEAST


@dataclass(frozen=True, slots=True)
class JointEffect:
    """Things, kind and name, of which none changes an outcome alone, and by how much all do together."""

    members: tuple[Key, ...]
    size: float
    outcome: str


@dataclass(frozen=True, slots=True)
class MeasuredEffects:
    """What changes an outcome and what does not.

    Attributes
    ----------
    things
        In the order parameters, interests, facts, events, claims; as written within.
    together
        Groups that only count together.
    idle
        How many motives, moves, facts and parameters were taken away together, ``together`` included.
    complete
        Whether those that are in no group change nothing all together.
    """

    things: tuple[LargestEffect, ...]
    together: tuple[JointEffect, ...] = ()
    idle: int = 0
    complete: bool = True


def measure_effects(scenario: Scenario, progress: Progress | None = None) -> MeasuredEffects:
    """Measure the effect of every parameter, interest, fact, event and claim on the outcomes.

    Raises
    ------
    NotConvergedError
        If there is no solution, or no derivative at it.
    """
    scaled, factors = with_factors(scenario)
    tell = part_of(progress, 0.0, 1.0)
    tell("Solving", 0.0)
    case = solve_case(scaled, judgements=())
    tell("Deriving every outcome in everything", 0.2)
    sizes: dict[str, Size] = dict.fromkeys(scaled.parameters, NOTHING)
    spans = {name: 1.0 if name in factors else _span(body) for name, body in scaled.parameters.items()}
    finite = [name for name in case.outcomes if math.isfinite(case.value(name))]
    for outcome, gradient in outcome_gradients(case, finite, list(scaled.parameters)).items():
        for name, slope in gradient.items():
            size = abs(slope) * spans[name] / max(abs(case.value(outcome)), 1.0)
            sizes[name] = max(sizes[name], (size, outcome))
    removals = Removals(case, part_of(progress, 0.6, 0.9))
    away = _take_away(removals, scaled, sizes)
    keys: dict[Key, str] = {key: name for name, key in factors.items()}
    keys |= {("parameter", name): name for name in scenario.parameters}
    found = [LargestEffect("parameter", name, *sizes[name]) for name in scenario.parameters]
    found += [LargestEffect(*key, *sizes[name]) for key, name in keys.items() if key[0] == "interest"]
    by_part = {key: sizes[name] for key, name in keys.items()}
    facts = _fact_effects(scenario, by_part, removals)
    found += facts.values()
    for name in scenario.events:
        learnt = [sizes[p] for p, body in scenario.parameters.items() if name in body.learnt]
        found.append(LargestEffect("event", name, *max(learnt, default=NOTHING)))
    idle = {key: away[name] for key, name in keys.items() if name in away}
    removals.progress = part_of(progress, 0.9, 1.0)
    found += _claim_effects(scenario, by_part, facts, idle, removals)
    return MeasuredEffects(tuple(found), *_joint_effects(idle, removals))


def _take_away(
    removals: Removals, scaled: Scenario, sizes: dict[str, Size]
) -> dict[str, Mapping[str, float]]:
    """Enter the effect of taking away what shows none; return what still shows none, and how it goes."""
    gone: dict[str, Mapping[str, float]] = {}
    for to in (lambda _: 0.0, _farthest):
        unfelt = {n: to(scaled.parameters[n]) for n, (size, _) in sizes.items() if size < LEAST}
        changes = {n: {n: at} for n, at in unfelt.items() if at != scaled.parameters[n].value.value}
        solved = {n: size for n, size in removals.sizes(changes, ALONE).items() if size is not None}
        sizes |= solved
        gone |= {n: changes[n] for n in solved if n not in gone}
    return {n: change for n, change in gone.items() if sizes[n][0] < LEAST}


def _claim_effects(
    scenario: Scenario,
    by_part: Mapping[Key, Size],
    facts: Mapping[str, LargestEffect],
    idle: Mapping[Key, Mapping[str, float]],
    removals: Removals,
) -> Iterable[LargestEffect]:
    """Return the effect of every claim: of a part that takes it up, or of all of them taken away together."""
    for claim in place_claims(scenario):
        name = f"{claim.source}#{claim.claim}"
        cited = [size for place, size in by_part.items() if place in claim.places]
        told = [facts[n] for n, body in scenario.facts.items() if body.source in (name, claim.claim)]
        cited += [(fact.size, fact.outcome) for fact in told if fact.through != "words"]
        size = max(cited, default=NOTHING)
        unfelt = {n: at for key, to in idle.items() if key in claim.places for n, at in to.items()}
        if size[0] < LEAST and len(unfelt) > 1:
            size = removals.sizes({name: unfelt}, TOGETHER)[name] or size
        yield LargestEffect("claim", name, *size)


def _joint_effects(
    idle: Mapping[Key, Mapping[str, float]], removals: Removals
) -> tuple[tuple[JointEffect, ...], int, bool]:
    """Take away together what changes nothing alone; motives and moves are named before their numbers."""
    order = sorted(
        idle, key=lambda key: ("interest", "action", "decision", "hazard", "fact", "parameter").index(key[0])
    )
    groups, complete = removals.together({str(n): idle[key] for n, key in enumerate(order)}, TOGETHER)
    joint = (
        JointEffect(tuple(order[int(n)] for n in group.members), group.size, group.outcome)
        for group in groups
    )
    return tuple(joint), len(order), complete


def _ends(parameter: Parameter) -> list[float]:
    return [] if parameter.prior is None else parameter.prior.ppf(np.array([0.1, 0.9])).tolist()


def _span(parameter: Parameter) -> float:
    """Return how far a parameter may be moved: its own size, or what its prior spans if that is more."""
    own, ends = abs(parameter.value.value), _ends(parameter)
    return max(own, (ends[1] - ends[0]) / 2.0) if ends else own or 1.0


def _farthest(parameter: Parameter) -> float:
    """Return the end of what a prior spans that is farther from the value; the value if there is no prior."""
    value = parameter.value.value
    return max(_ends(parameter), key=lambda end: abs(end - value), default=value)


def _fact_effects(
    scenario: Scenario, by_part: Mapping[Key, Size], removals: Removals
) -> dict[str, LargestEffect]:
    """Return the effect of every fact: by its number, by what was learnt from it, or by words."""
    numbers = {name: _effect_of_number(scenario, name, by_part) for name in scenario.facts}
    steps = {name: _step(scenario, name) for name, (size, _) in numbers.items() if size < LEAST}
    stepped = removals.sizes({name: to for name, to in steps.items() if to}, ALONE)
    numbers |= {name: size for name, size in stepped.items() if size is not None}
    learnt: dict[str, list[Size]] = {name: [] for name in scenario.facts}
    argued: dict[str, list[Size]] = {name: [] for name in scenario.facts}
    for _, kind, name, body in parts(scenario):
        size = by_part.get((kind, name), NOTHING)
        for fact in getattr(body, "learnt", ()):
            learnt.get(fact, []).append(size)
        for fact in getattr(body, "because", ()):
            argued.get(fact, []).append(size)
    found = {}
    for name in scenario.facts:
        ways: tuple[tuple[Size, Through], ...] = (
            (numbers[name], "number"),
            (max(learnt[name], default=NOTHING), "learnt"),
            (max(argued[name], default=NOTHING), "words"),
        )
        felt = [LargestEffect("fact", name, *size, through) for size, through in ways]
        found[name] = next((one for one in felt if not one.none), LargestEffect("fact", name, *NOTHING))
    return found


def _effect_of_number(scenario: Scenario, fact: str, by_part: Mapping[Key, Size]) -> Size:
    """Return the largest effect of a fact's number, where it stands itself or behind a parameter."""
    found = [by_part.get(("fact", fact), NOTHING)]
    for name, body in scenario.parameters.items():
        if fact in facts_in(body.value):
            size, outcome = by_part["parameter", name]
            found.append((size * _share(scenario, body.value, fact), outcome))
    return max(found)


def _step(scenario: Scenario, fact: str) -> dict[str, float]:
    """Return the parameters that change first as a fact is halved, doubled or taken away; none if none do."""
    derived = {n: body.value for n, body in scenario.parameters.items() if fact in facts_in(body.value)}
    for factor in (0.5, 2.0, 0.0):
        to = {n: float(evaluate(_times(scenario, v, fact), {}, {"": factor})) for n, v in derived.items()}
        to = {name: number for name, number in to.items() if number != derived[name].value}
        if to and all(map(math.isfinite, to.values())):
            return to
    return {}


def _times(scenario: Scenario, value: Quantity, fact: str) -> Expr:
    """Return the formula of a derived number with a factor, the parameter without a name, at a fact."""
    node = ParameterValue("", PLAIN)

    def scale(part: Expr) -> Expr:
        return Binary("*", part, node) if isinstance(part, FactValue) and part.name == fact else part

    return with_nodes(resolve(parse_expression(value.formula), scenario.scope()), scale)


def _share(scenario: Scenario, value: Quantity, fact: str) -> float:
    """Relative change of a derived number for a relative change of a fact: |f dp/df / p|."""
    slope = float(evaluate(derivative(_times(scenario, value, fact), ""), {}, {"": 1.0}))
    return abs(slope / value.value) if value.value else abs(slope)

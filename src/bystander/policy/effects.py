r"""What changes no outcome: facts, events, claims, interests and parameters, alone and together.

Every interest, hazard and decision gets a factor that stands at 1, every action a worth that stands at 0,
every number of a fact a factor that stands at 1. They are parameters like others: games at other values of
them are made by exchanging tables, and derivatives in all of them come at once. The scenario is solved once,
and each outcome y differentiated in all factors s and in the parameters by the adjoint
(`bystander.derivatives`):

    effect = max_y |dy/ds| / max(|y|, 1),   with |p dy/dp| for a parameter p, |f dp/df dy/dp| for a fact f;
    in place of |p| half of what eight in ten draws of its prior span, where that is more.

What has less effect than `LEAST` on every outcome is said to change nothing. A fact works through its number
where a rule or a parameter is reckoned from it; else through parameters that were learnt from it; else
through what is argued with it, whose effect is then the most that the fact can have: no number follows from
words. An event changes what is learnt from it. A claim changes something if a part that takes it up does, or
all parts that do together.

A derivative sees the margin only: a motive so strong that nothing near it matters has none. So whatever shows
no effect there is taken away (a factor of 0; a parameter at 0, then at the farther end of what its prior
spans) and everything is solved again (`Removals`); the largest difference to an outcome, relative as above,
is then its effect. A limit that does not bind still shows none. A fact that decides a parameter by a
threshold has no derivative either: it is halved, doubled and taken away until a parameter changes, and that
is solved. Of two vetoes, each of which is enough, neither changes anything alone; what changes nothing alone
is therefore taken away together as well.

A removal is a change of parameters. The answers follow from the compiled game and from the parameters that
the outcomes' own formulas mention; so

* a removal after which both are, number by number, those of the base changes nothing, and nothing is solved;
* removals after which they are the same are one, solved once.

Most of what shows no derivative is of the first kind: it stands beside a factor of 0, or where nothing comes.

*Together.* All are taken away at once; if nothing changes then, no more is said of them. If something does, a
smallest group is found that does: with :math:`G` the members known so far and an order of the rest, the
shortest beginning of it that together with :math:`G` is felt ends in a member (bisection, about
:math:`\log_2 n` solutions for each). The group is put aside, and all that are left are taken away once more.
Groups that share members are not looked for, and effects that cancel are not seen. Felt is what exceeds
`LEAST` times the number taken away, so that many small effects do not make one.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

import numpy as np

from bystander.cases.cases import Case, game_of, solve_case
from bystander.cases.changes import Change
from bystander.cases.jobs import answer_changes
from bystander.errors import QueryError, ScenarioError
from bystander.policy.sensitivity import outcome_gradients
from bystander.progress import Progress, part_of, silent
from bystander.scenario.claims import expressions_of, numbers_used, parts, place_claims
from bystander.scenario.expressions import Expr, facts_in, parameters_of, parse_expression, resolve
from bystander.scenario.expressions.evaluating import derivative, evaluate
from bystander.scenario.expressions.syntax import (
    EXPRESSION_CLASSES,
    Binary,
    FactValue,
    ParameterValue,
    with_nodes,
)
from bystander.scenario.schema import Decision, Hazard, Parameter, Scenario
from bystander.scenario.schema.fields import Part
from bystander.units import PLAIN, Quantity

LEAST = 1e-6
"""Effects below this, relative to an outcome, count as none."""
TRIALS, GROUPS = 40, 5
"""Most solutions spent on things taken away together, and most groups told."""

Size = tuple[float, str]
NOTHING: Size = (0.0, "")
UNKNOWN: Size = (math.inf, "")
"""Of what could not be solved without it: neither that it changes something nor that it does not is known."""
_APART = {"parameters", "scenario", "compiled"}
"""Fields of a game that only say where it came from."""
Through = Literal["", "number", "learnt", "words"]
Key = tuple[str, str]
_FACTOR = "effect_factor_"
ALONE, TOGETHER = "Taking away what shows no effect", "Taking away together what shows none alone"


@dataclass(frozen=True, slots=True)
class Group:
    """Things of which none changes an outcome alone and all do together: by how much, and which most."""

    members: tuple[str, ...]
    size: float
    outcome: str


@dataclass
class Removals:
    """Removals from one base, each solved when first asked for."""

    base: Case
    progress: Progress = silent
    trials: int = 0
    _known: dict[bytes, Size] = field(default_factory=dict)
    _mentioned: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        scenario = self.base.scenario
        said = [expr for body in scenario.outcomes.values() for expr in expressions_of(body)]
        said += scenario.conditions.values()
        self._mentioned = tuple(sorted({name for expr in said for name in parameters_of(expr)}))
        self._known[self._print_of(self.base.game)] = NOTHING

    def sizes(self, changes: Mapping[str, Mapping[str, float]], step: str) -> dict[str, Size | None]:
        """Return the largest effect of each change on any outcome; None where it is no game."""
        keys = {name: self._key(to) for name, to in changes.items()}
        new = {key: changes[name] for name, key in keys.items() if key is not None and key not in self._known}
        done = answer_changes(
            self.base,
            [Change(draw=dict(to)) for to in new.values()],
            judgements=(),
            progress=self.progress,
            step=step,
        )
        for key, answers in zip(new, done.unless_ended(), strict=True):
            solved = answers is not None and answers.solved
            self._known[key] = self._largest(answers.outcomes) if answers is not None and solved else UNKNOWN
        self.trials += len(new)
        return {name: None if key is None else self._known[key] for name, key in keys.items()}

    def together(self, changes: Mapping[str, Mapping[str, float]], step: str) -> tuple[list[Group], bool]:
        """Find groups of things, each without effect alone, that have one together.

        Parameters
        ----------
        changes
            Each thing with what taking it away means, those first that are to be named rather than others.

        Returns
        -------
        tuple
            The groups, and whether all that is left changes nothing taken away together.
        """
        left, found, until = dict(changes), list[Group](), self.trials + TRIALS
        while len(left) > 1 and len(found) < GROUPS:
            size = self._size(left, left, step) if self.trials < until else UNKNOWN
            if size == UNKNOWN:
                return found, False
            if not _felt(size, left):
                return found, True
            members = self._smallest(left, step, until)
            if members is None or (size := self._size(left, members, step)) == UNKNOWN:
                return found, False
            found.append(Group(tuple(members), *size))
            left = {name: to for name, to in left.items() if name not in members}
        return found, len(left) < 2

    def _smallest(
        self, changes: Mapping[str, Mapping[str, float]], step: str, until: int
    ) -> list[str] | None:
        """Return a group that is felt and of which no member can be left out; None if trials run out."""
        members, rest = list[str](), list(changes)
        while True:
            low, high = 0, len(rest)
            while low < high:
                middle = (low + high) // 2
                some = [*members, *rest[:middle]]
                size = self._size(changes, some, step) if some else NOTHING
                if size == UNKNOWN or self.trials > until:
                    return None
                low, high = (low, middle) if _felt(size, some) else (middle + 1, high)
            if low == 0:
                return members
            members.append(rest[low - 1])
            rest = rest[: low - 1]

    def _size(
        self, changes: Mapping[str, Mapping[str, float]], names: Sequence[str] | Mapping[str, Any], step: str
    ) -> Size:
        whole = {name: to for each in names for name, to in changes[each].items()}
        return self.sizes({"": whole}, step)[""] or UNKNOWN

    def _largest(self, outcomes: Mapping[str, float]) -> Size:
        moved = {
            outcome: abs(value - self.base.value(outcome)) / max(abs(self.base.value(outcome)), 1.0)
            for outcome, value in outcomes.items()
        }
        told = {outcome: size for outcome, size in moved.items() if math.isfinite(size)}
        outcome = max(told, key=told.__getitem__, default="")
        return told.get(outcome, 0.0), outcome

    def _key(self, to: Mapping[str, float]) -> bytes | None:
        try:
            return self._print_of(game_of(Change(draw=dict(to)).apply(self.base.scenario), self.base))
        except (QueryError, ScenarioError):
            return None

    def _print_of(self, game: Any) -> bytes:
        """Return a digest of all that answers follow from."""
        values = dict(game.parameters)
        digest = hashlib.blake2b(repr([values[name] for name in self._mentioned]).encode())
        for part in fields(game):
            if part.name not in _APART:
                for piece in _pieces(getattr(game, part.name)):
                    digest.update(piece)
        return digest.digest()


def _felt(size: Size, taken: Sequence[str] | Mapping[str, Any]) -> bool:
    return size[0] > LEAST * len(taken)


def _pieces(value: Any) -> Iterator[bytes]:
    """Iterate over the bytes of arrays, and the texts of names and numbers, in frozen data."""
    if isinstance(value, np.ndarray):
        yield f"{value.dtype}{value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif is_dataclass(value):
        for part in fields(value):
            yield from _pieces(getattr(value, part.name))
    elif isinstance(value, tuple):
        yield b"("
        for item in value:
            yield from _pieces(item)
        yield b")"
    elif isinstance(value, str | int | float | None):
        yield repr(value).encode()
    else:  # whose text might leave something out, so that two that differ would pass for one
        raise TypeError(f"A game with a {type(value).__name__} has no digest.")


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

    @property
    def known(self) -> bool:
        """Whether it is known to change something or nothing; not where no game without it was solved."""
        return math.isfinite(self.size)


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
        unfelt = {
            n: to(scaled.parameters[n]) for n, size in sizes.items() if size[0] < LEAST or size == UNKNOWN
        }
        changes = {n: {n: at} for n, at in unfelt.items() if at != scaled.parameters[n].value.value}
        solved = {n: size for n, size in removals.sizes(changes, ALONE).items() if size is not None}
        sizes |= solved
        gone |= {n: changes[n] for n, size in solved.items() if n not in gone and size != UNKNOWN}
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
            share = _share(scenario, body.value, fact)
            found.append((size * share if share else 0.0, outcome))
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


def with_factors(scenario: Scenario) -> tuple[Scenario, dict[str, tuple[str, str]]]:
    """Return the scenario with a factor at everything, and what each factor stands for: kind and name."""
    factors: dict[str, tuple[str, str]] = {}
    parameters = dict(scenario.parameters)

    def factor(kind: str, name: str, at: float) -> ParameterValue:
        own = f"{_FACTOR}{len(factors)}"
        factors[own] = (kind, name)
        parameters[own] = Parameter(value=Quantity(at, PLAIN, f"{at:g}"))
        return ParameterValue(own, PLAIN)

    used = sorted({fact for *_, body in parts(scenario) for fact in _in_expressions(body)})
    facts = {name: factor("fact", name, 1.0) for name in used}

    def scale_facts(node: Expr) -> Expr:
        return Binary("*", node, facts[node.name]) if isinstance(node, FactValue) else node

    def scaled(expr: Expr, kind: str, name: str) -> Expr:
        return Binary("*", expr, factor(kind, name, 1.0))

    def interest(name: str, body: Any) -> Any:
        body = rewritten(body, scale_facts)
        return body.model_copy(update={"worth": scaled(body.worth, "interest", name)})

    def move(name: str, body: Any) -> Any:
        body = rewritten(body, scale_facts)
        match body:
            case Hazard():
                rate = scaled(body.frequency, "hazard", name.partition(".")[2])
                return body.model_copy(update={"rate": rate, "every": None})
            case Decision():
                return body.model_copy(update={"proposed": scaled(body.proposed, "decision", name)})
        return body.model_copy(update={"worth": Binary("+", body.worth, factor("action", name, 0.0))})

    made = scenario.with_moves(move, interest)
    actors = {}
    for name, actor in made.actors.items():
        inner = {"interests": actor.interests, "actions": actor.actions}
        bare = rewritten(actor.model_copy(update={"interests": {}, "actions": {}}), scale_facts)
        actors[name] = bare.model_copy(update=inner)
    outcomes = {name: rewritten(body, scale_facts) for name, body in scenario.outcomes.items()}
    changed = {"actors": actors, "outcomes": outcomes, "parameters": parameters}
    return made.model_copy(update=changed), factors


def rewritten(value: Any, change: Callable[[Expr], Expr]) -> Any:
    """Return a part, or anything in one, with every node of its expressions changed."""
    if isinstance(value, EXPRESSION_CLASSES):
        return with_nodes(value, change)
    if isinstance(value, Part):
        names = type(value).model_fields
        new = {name: rewritten(getattr(value, name), change) for name in names}
        return value.model_copy(update={n: v for n, v in new.items() if v is not getattr(value, n)})
    if isinstance(value, dict):
        return {key: rewritten(item, change) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(rewritten(item, change) for item in value)
    return value


def _in_expressions(body: Part) -> Iterable[str]:
    value = getattr(body, "value", None)
    derived = set(facts_in(value)) if isinstance(value, Quantity) else set()
    return (name for name in numbers_used(body) if name not in derived)

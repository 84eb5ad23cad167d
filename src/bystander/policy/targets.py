"""What is to be turned: an outcome across a threshold, a move to being likely, a judgement over.

Every target becomes an outcome or judgement of a scenario (a move becomes the outcome "made at least once"),
so that it is answered like any other. Its *gap* is 0 at the turning point and has one sign on each side:
log-odds less those of the threshold for probabilities and shares, log of the ratio for positive amounts and
times, the margin for judgements.

What is wished for, read from a text: that something become likely, or a conclusion turn.

====================================  ==============================================================
``settlement``                        an outcome, which is to reach a threshold
``csto_stays_out``                    a judgement, which is to turn
``russia.press_for_calm``             a move, to be made at least once after the scenario's ``given``
``P(battle | tension)``               an outcome with a condition or a time of its own
``P(battle) < 20% and E(dead) < 30``  a comparison over outcomes, which is to hold, or to turn if it does
``front == ceasefire``                a condition, to come true at least once
====================================  ==============================================================

A probability that is asked for without a threshold is to pass one half; an amount needs one.

Where nothing is named, what is asked is meant (`asked_of`): of each question under ``asks``, that the first
of its moves is made; without questions, the main outcomes.

One parameter is moved along the scale of its prior until a target turns (`bystander.policy.turning`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from bystander.cases.cases import Case, answer_case, solve_case
from bystander.cases.verdicts import Verdict
from bystander.equilibrium.continuation import NEAR
from bystander.errors import (
    BystanderError,
    Mark,
    NotConvergedError,
    Problem,
    QueryError,
    ScenarioError,
    did_you_mean,
)
from bystander.scenario import vary
from bystander.scenario.checks.names import SHARES, dated_after_onset, misasked, misfit
from bystander.scenario.expressions import (
    Expr,
    Query,
    Sort,
    evaluate,
    expect,
    parse_expression,
    queries_of,
    resolve,
    to_text,
)
from bystander.scenario.expressions.syntax import Comparison, Logic, Number, Unary, with_nodes
from bystander.scenario.schema import Judgement, Outcome, Parameter, Scenario
from bystander.scenario.schema.fields import require_followed
from bystander.units import CHANCES, DURATION, PLAIN, Quantity, parse_quantity

Wish = Literal["", "less", "more"]
ADDED_MOVE = "asked_move"
FLOOR = 1e-300
SMALL = 1e-9
"""An amount below which ratios no longer count: the scale of amounts is linear there."""
ADDED = "asked"
LIKELY = 0.5
COUNTED = (" count", " times", " time")
"""How the unit of a count is written where it is shown."""
FARTHEST = 3.719  # two-sided tail of 1 in 5,000
PRECISION = 2e-3
MOST_STEPS = 25
WITHOUT_PRIOR = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """An outcome with the threshold it is to cross, or (``threshold`` NaN) a judgement that is to flip.

    ``wish`` says which side of the threshold is wished for, "" for the other one than now.
    """

    name: str
    label: str
    threshold: float = math.nan
    kind: str = "judgement"
    wish: Wish = ""

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes to answer for it."""
        return () if self.kind == "judgement" else (self.name,)

    @property
    def judgements(self) -> tuple[str, ...]:
        """Judgements to answer for it."""
        return (self.name,) if self.kind == "judgement" else ()

    def number(self, outcomes: Mapping[str, float], verdicts: Mapping[str, Verdict]) -> float:
        """Return the number that is compared with the threshold."""
        return verdicts[self.name].number if self.kind == "judgement" else outcomes[self.name]

    def gap(self, outcomes: Mapping[str, float], verdicts: Mapping[str, Verdict]) -> float:
        """Return the signed distance from the turning point."""
        if self.kind == "judgement":
            return gap_of(verdicts[self.name])
        return scaled(outcomes[self.name], self.kind) - scaled(self.threshold, self.kind)

    def direction(self, gap: float) -> float:
        """Return 1 where the gap is to rise above 0, -1 where it is to fall below, given the gap now."""
        if self.wish:
            return 1.0 if self.wish == "more" else -1.0
        return 1.0 if gap < 0.0 else -1.0

    def level(self, case: Case) -> float:
        """Return the threshold, a judgement's own at a case."""
        return case.verdicts[self.name].threshold if self.kind == "judgement" else self.threshold

    def joined(self, case: Case) -> bool:
        """Say whether it is a judgement of several conditions, which no one number measures."""
        if self.kind != "judgement":
            return False
        return not isinstance(case.scenario.judgements[self.name].holds, Comparison)

    def unit(self, case: Case) -> str:
        """Return the unit of number and threshold."""
        if self.kind != "judgement":
            return case.outcomes[self.name].estimate.unit
        return "probability" if case.verdicts[self.name].log_odds else ""

    def unknown(self, case: Case) -> str:
        """Return why the target has no number in a case; "" if it has one, which may be infinite."""
        if not math.isnan(self.of(case)[0]):
            return ""
        asked = case.answers.values() if self.kind == "judgement" else [case.outcomes[self.name].estimate]
        return next((each.withheld for each in asked if each.withheld), f"'{self.label}' has no number.")

    def known(self, case: Case) -> tuple[float, float]:
        """Return number and gap in a case, or raise `QueryError` where there is none."""
        if why := self.unknown(case):
            raise QueryError(why)
        return self.of(case)

    def of(self, case: Case) -> tuple[float, float]:
        """Return number and gap in a case."""
        outcomes = {name: result.estimate.value for name, result in case.outcomes.items()}
        return self.number(outcomes, case.verdicts), self.gap(outcomes, case.verdicts)


def gap_of(verdict: Verdict) -> float:
    """Return the margin of a judgement, in log-odds where it compares one probability with a number."""
    if not verdict.log_odds:
        return verdict.margin
    far = abs(scaled(verdict.number, "probability") - scaled(verdict.threshold, "probability"))
    return math.copysign(far, verdict.margin)


def scaled(value: float, kind: str) -> float:
    """Put a number on the scale on which its gap is measured."""
    if kind in CHANCES:
        return math.log(max(value, FLOOR)) - math.log(max(1.0 - value, 1e-16))
    return math.asinh(value / (2.0 * SMALL))


def slope_of_scale(value: float, kind: str) -> float:
    """Return the derivative of `scaled`."""
    if kind in CHANCES:
        return 1.0 / max(value * (1.0 - value), FLOOR)
    return 1.0 / math.hypot(value, 2.0 * SMALL)


def outcome_target(scenario: Scenario, name: str, threshold: float) -> Target:
    """Return the target that an outcome crosses a threshold.

    Raises
    ------
    QueryError
        If there is no such outcome, or it can never be at the threshold.
    """
    if name not in scenario.outcomes:
        raise QueryError(f"There is no outcome '{name}'. {did_you_mean(name, scenario.outcomes)}")
    kind = scenario.outcomes[name].kind
    _require_between(name, kind, threshold)
    if kind in ("count", "time") and not threshold > 0.0:
        raise QueryError(f"'{name}' is a {kind}: it crosses only positive thresholds, not {threshold:g}.")
    return Target(name, name, threshold, kind)


def _require_between(name: str, kind: str, threshold: float) -> None:
    if kind in CHANCES and not 0.0 < threshold < 1.0:
        raise QueryError(
            f"'{name}' is a {kind}: it crosses only thresholds between 0 and 1, not {threshold:g}."
        )


def judgement_target(scenario: Scenario, name: str) -> Target:
    """Return the target that a judgement flips."""
    if name not in scenario.judgements:
        raise QueryError(f"There is no judgement '{name}'. {did_you_mean(name, scenario.judgements)}")
    judgement = scenario.judgements[name]
    formula = to_text(judgement.holds)
    return Target(name, f"\u201c{judgement.says}\u201d ({formula})" if judgement.says != formula else formula)


def move_target(
    scenario: Scenario, move: str, threshold: float = 0.5, *, given: str | Expr | None = None
) -> tuple[Scenario, Target]:
    """Return the target that a move becomes likely, and the scenario with the outcome that measures it.

    Parameters
    ----------
    threshold
        Chance that it is made at least once by the horizon.
    given
        Condition at whose onset the clock starts; the scenario's own if None, the scenario's start if ``""``.

    Raises
    ------
    QueryError
        If there is no such move, or no chance can ever be at the threshold.
    """
    if move not in scenario.moves():
        raise QueryError(f"There is no move '{move}'. {did_you_mean(move, scenario.moves())}")
    _require_between(move, "probability", threshold)
    given = scenario.given if given is None else given
    condition = None
    if given:
        condition = resolve(parse_expression(given), scenario.scope()) if isinstance(given, str) else given
    label = f"{move} at least once" + (f" after {to_text(condition)}" if condition is not None else "")
    outcome = Outcome(about=label, fires=(move,), given=condition)
    changed = scenario.model_copy(update={"outcomes": {**scenario.outcomes, ADDED_MOVE: outcome}})
    return changed, Target(ADDED_MOVE, label, threshold, "probability")


def asked_of(scenario: Scenario) -> tuple[Scenario, tuple[str, ...]]:
    """Return the outcomes that are asked about, and the scenario with those that it has under no name.

    Of each question that the first move it knows is made, from the question's condition on; the outcomes that
    are headline where there is no such question.
    """
    outcomes = dict(scenario.outcomes)
    names = []
    for ask in scenario.asks.values():
        known, given = scenario.known_moves(ask), scenario.condition_of(ask)
        if not known:
            continue
        condition = resolve(parse_expression(given), scenario.scope()) if isinstance(given, str) else given
        asked = Outcome(fires=known[:1], given=condition, within=ask.within)
        names.append(_name_of(scenario, outcomes, asked))
        outcomes.setdefault(names[-1], asked)
    if not names:
        return scenario, tuple(scenario.headlines)
    return scenario.model_copy(update={"outcomes": outcomes}), tuple(dict.fromkeys(names))


def _name_of(scenario: Scenario, outcomes: Mapping[str, Outcome], asked: Outcome) -> str:
    """Return the name of the outcome that asks the same, or one that is free."""

    def question(outcome: Outcome) -> tuple[object, ...]:
        return outcome.fires, outcome.given, outcome.within or scenario.horizon

    same = (name for name, outcome in outcomes.items() if question(outcome) == question(asked))
    free = "_".join(asked.fires or ()).replace(".", "_")
    while free in outcomes:
        free += "_asked"
    return next(same, free)


def base_for(scenario: Scenario, target: Target, base: Case | None) -> Case:
    """Return a case that answers the target and nothing else, reusing an equilibrium that is at hand."""
    if base is None:
        return solve_case(scenario, outcomes=target.outcomes, judgements=target.judgements)
    return answer_case(scenario, base.equilibrium, outcomes=target.outcomes, judgements=target.judgements)


def read_wish(
    scenario: Scenario, text: str, *, at_least: str | float = "", at_most: str | float = ""
) -> tuple[Scenario, Target]:
    """Read a target, and return the scenario with what must be asked of it.

    Parameters
    ----------
    text
        See the module.
    at_least, at_most
        The threshold, and which side of it is wished for: a number, or a text with a unit. Without either the
        target is to turn, whichever side it is on.

    Raises
    ------
    QueryError
        If the text names nothing the scenario has, or the threshold does not fit.
    ScenarioError
        If it is no expression.
    """
    if at_least != "" and at_most != "":
        raise QueryError("A threshold is passed in one direction: give --at-least or --at-most, not both.")
    given = at_least if at_least != "" else at_most
    wish: Wish = "more" if at_least != "" else "less" if at_most != "" else ""
    if text in scenario.judgements and text not in scenario.outcomes:
        _no_threshold(given, f"'{text}' is a judgement")
        return scenario, judgement_target(scenario, text)
    if text in scenario.moves():
        asked, target = move_target(scenario, text, _threshold(given, text, Outcome(fires=(text,))))
        return asked, replace(target, wish=wish)
    if text in scenario.outcomes:
        return _outcome(scenario, text, scenario.outcomes[text], given, wish)
    expr = _read(scenario, text)
    if isinstance(expr, Query):
        outcome = scenario.outcomes[expr.outcome]
        within = outcome.within
        if expr.within is not None:
            within = float(evaluate(expr.within, {}, scenario.parameter_values()))
            require_followed(within, to_text(expr.within), expr.within.mark)
        condition = expr.given or outcome.given
        if why := dated_after_onset(expr.outcome, condition, within):
            raise ScenarioError(Problem(expr.mark, *why, "date-after-onset"))
        own = outcome.model_copy(update={"given": condition, "within": within})
        return _outcome(scenario, to_text(expr), own, given, wish)
    if queries_of(expr):
        return _comparison(scenario, expr, given)
    outcome = Outcome(about=f"{to_text(expr)} at least once", ever=expr)
    return _outcome(scenario, to_text(expr), outcome, given, wish)


def _read(scenario: Scenario, text: str) -> Expr:
    try:
        expr = resolve(parse_expression(text, Mark("the target")), scenario.scope(), asking=True)
        if not isinstance(expr, Query):
            expect(expr, Sort.CONDITION, "what is wished for", Mark("the target"))
    except BystanderError as error:
        if text.isidentifier() or text.replace(".", "_").isidentifier():
            raise QueryError(_unknown(scenario, text)) from error
        raise
    return expr


def _unknown(scenario: Scenario, text: str) -> str:
    owner, dot, _ = text.partition(".")
    moves = list(scenario.moves())
    own = [move for move in moves if move.startswith(f"{owner}.")]
    if dot and own:
        return f"There is no move '{text}'. '{owner}' has: {', '.join(own)}."
    named = [*scenario.outcomes, *scenario.judgements]
    hint = did_you_mean(text, [*named, *moves], f"Outcomes and judgements: {', '.join(named)}.")
    return f"There is no outcome, judgement or move '{text}'. {hint}"


def _outcome(
    scenario: Scenario, label: str, outcome: Outcome, given: str | float, wish: Wish
) -> tuple[Scenario, Target]:
    name = label if scenario.outcomes.get(label) is outcome else ADDED
    asked = scenario.model_copy(update={"outcomes": {**scenario.outcomes, name: outcome}})
    target = outcome_target(asked, name, _threshold(given, label, outcome))
    told = f"{label} ({outcome.about})" if outcome.about and name == ADDED else outcome.about or label
    return (scenario if name == label else asked), replace(target, label=told, wish=wish)


def _comparison(scenario: Scenario, expr: Expr, given: str | float) -> tuple[Scenario, Target]:
    if not isinstance(expr, (Comparison, Logic, Unary)):
        raise QueryError(f"'{to_text(expr)}' is no comparison. Compare it: {to_text(expr)} > 50%.")
    _no_threshold(given, f"'{to_text(expr)}' compares already")
    if problems := list(misasked(scenario, _in_its_unit(scenario, expr))):
        raise ScenarioError(problems)
    judgement = Judgement(says=to_text(expr), holds=expr)
    asked = scenario.model_copy(update={"judgements": {**scenario.judgements, ADDED: judgement}})
    return asked, judgement_target(asked, ADDED)


def _in_its_unit(scenario: Scenario, expr: Expr) -> Expr:
    """Return a typed comparison whose bare numbers have the unit of what they are compared with.

    Of people and money there is one unit, of time there are many.
    """

    def told(part: Expr) -> Expr:
        if not isinstance(part, Comparison):
            return part
        asked = next((scenario.outcomes[q.outcome] for q in part.operands if isinstance(q, Query)), None)
        if asked is None or asked.dimension == DURATION:
            return part
        operands = (
            replace(each, dimension=asked.dimension)
            if isinstance(each, Number) and each.dimension == PLAIN and not each.text.endswith(SHARES)
            else each
            for each in part.operands
        )
        return replace(part, operands=tuple(operands))

    return with_nodes(expr, told)


def quantity_given(given: str | float, outcome: Outcome) -> Quantity:
    """Read a threshold as an outcome's amounts are shown, ``3 times`` of what is counted too.

    Raises
    ------
    ScenarioError
        If it is no quantity.
    """
    if isinstance(given, str) and outcome.kind == "count" and given.rstrip().endswith(COUNTED):
        given = given.rsplit(maxsplit=1)[0]
    return parse_quantity(given)


def _threshold(given: str | float, label: str, outcome: Outcome) -> float:
    kind, dimension = outcome.kind, outcome.dimension
    if given == "":
        if kind in CHANCES:
            return LIKELY
        raise QueryError(
            f"'{label}' is an amount ({dimension}), so it needs a threshold: --at-least or --at-most."
        )
    try:
        quantity = quantity_given(given, outcome)
    except ScenarioError as error:
        problem = error.problems[0]
        raise QueryError(f"The threshold of '{label}': {problem.message} {problem.fix}".rstrip()) from error
    if quantity.dimension not in (dimension, PLAIN):
        raise QueryError(
            f"The threshold of '{label}' is {quantity.dimension}, '{quantity.text}'; {dimension} is needed."
        )
    bare = isinstance(given, str) and quantity.dimension == PLAIN
    if bare and kind not in CHANCES and (why := misfit(outcome, quantity.value, quantity.text)):
        counted = "with its unit: 30 days" if dimension == DURATION else "as it is counted: 30, 30 people"
        raise QueryError(f"The threshold of '{label}': it {why}. Give it {counted}.")
    if bare and dimension == DURATION:
        raise QueryError(f"The threshold of '{label}' needs a unit: {quantity.text} days, say, or weeks.")
    return quantity.value


def _no_threshold(given: str | float, why: str) -> None:
    if given != "":
        raise QueryError(f"{why}, so there is no threshold to give; it turns where its margin is 0.")


class Search:
    """The gap of a target as a function of one parameter, each solve continuing from the nearest so far."""

    def __init__(self, base: Case, target: Target, name: str) -> None:
        self.base, self.target, self.name = base, target, name
        self.parameter: Parameter = base.scenario.parameters[name]
        self.now = self.parameter.value.value
        self.start = to_scale(self.parameter, self.now)
        self.cases: dict[float, Case] = {self.start: base}
        self.solves = self.failed = 0

    def gap(self, z: float) -> float:
        """Return the gap with the parameter at z on its prior's scale, NaN where there is no solution."""
        if z not in self.cases:
            near = self.cases[min(self.cases, key=lambda known: abs(known - z))]
            scenario = vary(self.base.scenario, sets={self.name: self.value(z)})
            self.solves += 1
            try:
                self.cases[z] = solve_case(
                    scenario, near=near, outcomes=self.target.outcomes, judgements=self.target.judgements
                )
            except NotConvergedError:
                self.failed += 1
                return math.nan
            except (ScenarioError, QueryError):
                return math.nan
        return self.target.of(self.cases[z])[1]

    def value(self, z: float) -> float:
        """Return the parameter at z on its prior's scale."""
        return from_scale(self.parameter, self.now, z)

    def turned(self, z: float) -> float:
        """Return where the target has turned, z being to either side of a crossing that is a jump."""
        before = self.gap(self.start) > 0.0
        across = [at for at in self.cases if (self.gap(at) > 0.0) != before]
        if not across or (self.gap(z) > 0.0) != before or not self.jumped(z):
            return z
        nearest = min(across, key=lambda at: abs(at - z))
        return nearest if abs(nearest - z) <= PRECISION else z

    def jumped(self, z: float) -> bool:
        """Say whether the way to a crossing at z, or the crossing itself, is a jump between equilibria."""
        low, high = sorted((self.start, z))
        if any(case.jump > 0.0 for at, case in self.cases.items() if low < at < high):
            return True
        here = self.gap(z) > 0.0
        across = [at for at in self.cases if (self.gap(at) > 0.0) != here]
        other = min(across, key=lambda at: abs(at - z), default=z)
        if abs(other - z) > PRECISION:
            return self.cases[z].jump > 0.0
        one, two = (self.cases[at].equilibrium.choice for at in (z, other))
        return one.shape == two.shape and bool(np.abs(one - two).max(initial=0.0) > NEAR)


def to_scale(parameter: Parameter, value: float) -> float:
    """Return a value on the scale of the parameter's prior, within its farthest ends."""
    if parameter.prior is None:
        return FARTHEST * math.log(value / parameter.value.value) / math.log(WITHOUT_PRIOR)
    below = float(parameter.prior.cdf(np.array(value)))
    return float(np.clip(ndtri(below), -FARTHEST, FARTHEST))


def from_scale(parameter: Parameter, now: float, z: float) -> float:
    """Return the value at z on the scale of the parameter's prior."""
    if parameter.prior is None:
        return float(now * WITHOUT_PRIOR ** (z / FARTHEST))
    return float(parameter.prior.ppf(ndtr(np.array(z))))


def speed_of(parameter: Parameter, z: float) -> float:
    """Differentiate the parameter's value in z."""
    step = 1e-4
    now = parameter.value.value
    return (from_scale(parameter, now, z + step) - from_scale(parameter, now, z - step)) / (2.0 * step)


def bracket(
    gap_at: Callable[[float], float], start: float, gap: float, guess: float, limit: float
) -> tuple[float, float, float, float] | None:
    """Return (z, gap, z, gap) on both sides of a crossing between the start and the limit, if one is seen."""
    inner, inner_gap = start, gap
    middle = 0.5 * (guess + limit)
    for z in dict.fromkeys([guess, middle, limit]):
        here = gap_at(z)
        if math.isnan(here):
            return None
        if here == 0.0 or (here > 0.0) != (inner_gap > 0.0):
            return inner, inner_gap, z, here
        inner, inner_gap = z, here
    return None


def close_in(gap_at: Callable[[float], float], a: float, fa: float, b: float, fb: float) -> float:
    """Return the crossing between a and b by the Illinois method, to `PRECISION`."""
    for _ in range(MOST_STEPS):
        if abs(b - a) <= PRECISION or fb == 0.0:
            break
        c = b - fb * (b - a) / (fb - fa)
        margin = 0.02 * abs(b - a)
        c = min(max(c, min(a, b) + margin), max(a, b) - margin)
        fc = gap_at(c)
        if math.isnan(fc):
            break
        if (fc > 0.0) == (fb > 0.0):
            fa *= 0.5
        else:
            a, fa = b, fb
        b, fb = c, fc
        if abs(fc) < 1e-7:
            break
    return b

r"""From what a scenario says to the rules of a game.

* A decision is possible where both its ``when`` and its ``request`` hold.
* A member votes unless recused; under ``weighted`` it has its weight and does not vote with weight 0; under
``leader`` only
  the leader votes. Worth of a decision counts for those who vote where they vote.
* Weights and quota are divided by what divides all weights, which changes no vote. Counting a vote exactly
  takes time proportional to quota times members; beyond `MOST_COUNTING` it is refused.
* ``consensus`` is all voters, ``unanimity minus one`` all but one, ``quorum n`` at least n yes votes.
* A habit that is a rate is one over the pace of opportunities: of the owner's, or of proposals.
* A move that is not enabled is left out.

*Dates that everybody knows beforehand.* On day t_k the process jumps: from s to s' with probability J_k(s,
s'), a lottery like the effect of a move, and actor i receives impact d_ik(s). Values just before the day
follow from those just after it,

    V_i(s, t_k-) = d_ik(s) + \sum_{s'} J_k(s, s') V_i(s', t_k+),

and between two dates everything is as in a game without them. A date that conditions speak of has a
variable with the levels *ahead* and *past*, which the jump sets; a situation in which it is past while an
earlier one is ahead, or which it has left already, does not occur, and there the jump is said to stay.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from math import gcd

import numpy as np

from bystander.errors import Mark, Problem, ScenarioError, did_you_mean
from bystander.game.arrays import DateJump, Float, Game, Int64, InterestLabel, MoveLabel, MoveType
from bystander.game.reach import Stepper
from bystander.game.rules import (
    ActorRule,
    Ballot,
    DateRule,
    InterestRule,
    Lottery,
    MoveRule,
    PossibleEffect,
    Rules,
    VariableRule,
)
from bystander.game.tables import Conditions, all_numbers, differentiated_numbers, lay_out_numbers
from bystander.scenario import schema
from bystander.scenario.dating import days_from, first_day
from bystander.scenario.expressions import Expr, derivative, evaluate
from bystander.scenario.expressions.dimensions import dimension_of
from bystander.scenario.expressions.resolving import which_level
from bystander.scenario.expressions.syntax import (
    Binary,
    Choice,
    Comparison,
    Level,
    Logic,
    Number,
    VariableReading,
)
from bystander.scenario.schema.moves import EVERYONE
from bystander.units import PLAIN, RATE

AHEAD, PAST = 0, 1


def with_dates_as_moves(rules: Rules) -> Rules:
    """Return rules in which known dates are moves that come in their order, for what can be reached."""
    return replace(rules, moves=(*rules.moves, *_moves(rules)), dates=())


def date_slopes(game: Game, parameter: str) -> tuple[tuple[Float, Float], ...]:
    """Return how chances ``(N, B)`` and impacts ``(N, A)`` of each known date move with a parameter."""
    assert game.compiled is not None
    rules: Rules = game.compiled.rules
    moves = _moves(rules)
    alone = replace(rules, moves=moves, interests=(), dates=())
    layout = lay_out_numbers(alone)
    numbers = differentiated_numbers(alone, layout, rules.parameters, parameter)
    levels = game.situations.levels.astype(np.float64)
    kinds = layout.kinds.at(levels)
    possible = Conditions([move.guard for move in moves], rules.variables, rules.parameters).hold(levels)
    return tuple(
        (
            np.where(possible[:, k, None], numbers.chance[kinds[:, k], : len(known.move.branches)], 0.0),
            np.where(possible[:, k, None], numbers.impact[kinds[:, k]], 0.0),
        )
        for k, known in enumerate(rules.dates)
    )


def date_jumps(rules: Rules, codes: Int64) -> tuple[DateJump, ...]:
    """Return the jumps of the known dates between the situations with these codes."""
    if not rules.dates:
        return ()
    moves = _moves(rules)
    alone = replace(rules, moves=moves, interests=(), dates=())
    layout = lay_out_numbers(alone)
    numbers = all_numbers(alone, layout, rules.parameters)
    stepper = Stepper(alone, layout, numbers)
    levels = stepper.levels(codes)
    possible = Conditions([move.guard for move in moves], rules.variables, rules.parameters).hold(levels)
    kinds = layout.kinds.at(levels)
    targets = stepper.targets(codes, levels, kinds, possible)
    stays = np.arange(len(codes), dtype=np.int32)
    found, first = [], 0
    for k, known in enumerate(rules.dates):
        count = len(known.move.branches)
        chances = numbers.chance[kinds[:, k], :count]
        chances[~possible[:, k]] = np.eye(1, count)
        to = targets[:, first : first + count].astype(np.int64)
        place = np.searchsorted(codes, np.where(possible[:, k, None], to, codes[:, None])).astype(np.int32)
        place = np.where(chances > 0, place, stays[:, None]).astype(np.int32)
        impact = np.where(possible[:, k, None], numbers.impact[kinds[:, k]], 0.0)
        label = known.move.label
        for array in (place, chances, impact):
            array.setflags(write=False)
        found.append(DateJump(label.name, known.day, place, chances, impact, label.about, label.because))
        first += count
    return tuple(found)


def _moves(rules: Rules) -> tuple[MoveRule, ...]:
    """Return the dates as moves: each while it is ahead, once all before it are past."""
    found: list[MoveRule] = []
    past: list[Expr] = []
    for known in rules.dates:
        ahead = [] if known.variable is None else [_at(rules, known.variable, AHEAD)]
        found.append(replace(known.move, guard=_all([*past, *ahead])))
        past += [] if known.variable is None else [_at(rules, known.variable, PAST)]
    return tuple(found)


def _at(rules: Rules, variable: int, level: int) -> Expr:
    rule = rules.variables[variable]
    name = VariableReading(rule.name, rule.levels, True)
    return Comparison(("==",), (name, Level(rule.name, rule.levels[level], level)))


def _all(terms: list[Expr]) -> Expr | None:
    if not terms:
        return None
    return terms[0] if len(terms) == 1 else Logic("and", tuple(terms))


MOST_SITUATIONS = 2_000_000
MOST_COUNTING = 20_000_000
"""Of quota times total weight: with thirty members one count of one vote takes about a millisecond."""
_ZERO = Number(0.0, PLAIN, "0")
_ONE = Number(1.0, PLAIN, "1")
_ONE_A_DAY = Number(1.0, RATE, "daily")
_RULES = {
    "consensus": "all",
    "unanimity minus one": "all but one",
    "majority": "majority",
    "share": "share",
    "silence": "silence",
}


def rules_of(scenario: schema.Scenario) -> Rules:
    """Write the rules of a scenario.

    Raises
    ------
    ScenarioError
        If a move names an unknown variable, level, actor or member.
    """
    drafting = _Drafting(scenario)
    return Rules(
        variables=tuple(drafting.variable(name) for name in scenario.variables),
        actors=tuple(drafting.actor(name) for name in scenario.actors),
        institutions=tuple(scenario.institutions),
        moves=drafting.moves(),
        interests=drafting.interests(),
        parameters=scenario.parameter_values(),
        scope=scenario.scope(),
        never=tuple(scenario.never),
        shocks=scenario.shocks,
        limit=min(scenario.settings.stated_limit or most_situations(), most_situations()),
        dates=drafting.dates(),
        starts=starts_of(scenario, scenario.parameter_values()),
        scenario=scenario,
    )


def starts_of(scenario: schema.Scenario, parameters: Mapping[str, float]) -> tuple[Lottery, ...]:
    """Return the joint distributions of the start at some parameters."""
    drafting = _Drafting(scenario)
    return tuple(drafting.start(name, parameters) for name in scenario.starts)


def most_situations() -> int:
    """Return how many situations a scenario may have, whatever its file says: ``BYSTANDER_LIMIT``."""
    given = os.environ.get("BYSTANDER_LIMIT", "")
    return int(given) if given.isdecimal() and int(given) > 0 else MOST_SITUATIONS


def start_slopes_of(
    scenario: schema.Scenario, parameters: Mapping[str, float], parameter: str
) -> tuple[Lottery, ...]:
    """Return how the chances of the joint distributions of the start move with a parameter."""
    drafting = _Drafting(scenario)
    return tuple(
        tuple(
            (float(evaluate(derivative(branch.chance, parameter), {}, parameters)), branch.changes)
            for branch in drafting.branches(lottery, scenario.mark("starts", name))
        )
        for name, lottery in scenario.starts.items()
    )


class _Drafting:
    """One scenario and the positions of its names."""

    def __init__(self, scenario: schema.Scenario) -> None:
        self.scenario = scenario
        self.variables = list(scenario.variables)
        self.actors = list(scenario.actors)

    def variable(self, name: str) -> VariableRule:
        body = self.scenario.variables[name]
        start = tuple(body.start.get(level, 0.0) for level in body.level_names)
        if abs(sum(start) - 1) > 1e-9:
            message = f"The starting probabilities of '{name}' sum to {sum(start):g}, not 1."
            mark = self.scenario.mark("variables", name, "start")
            raise ScenarioError(Problem(mark, message, "Make them sum to 1.", "chances-sum"))
        return VariableRule(name, body.level_names, start, body.while_, self.scenario.mark("variables", name))

    def start(self, name: str, parameters: Mapping[str, float]) -> Lottery:
        mark = self.scenario.mark("starts", name)
        found = [
            (float(evaluate(branch.chance, {}, parameters)), branch.changes)
            for branch in self.branches(self.scenario.starts[name], mark)
        ]
        chances = [chance for chance, _ in found]
        if min(chances) < -1e-12 or abs(sum(chances) - 1) > 1e-9:
            message = f"The chances of the start '{name}' are {', '.join(f'{c:.4g}' for c in chances)}."
            raise ScenarioError(
                Problem(mark, message, "Make them probabilities that sum to 1.", "chances-sum")
            )
        return tuple(found)

    def actor(self, name: str) -> ActorRule:
        body = self.scenario.actors[name]
        return ActorRule(name, body.acts, body.discount, body.rationality, self.scenario.mark("actors", name))

    def interests(self) -> tuple[InterestRule, ...]:
        return tuple(
            InterestRule(
                InterestLabel(
                    f"{actor}.{name}",
                    actor,
                    interest.about,
                    tuple(interest.because),
                    *((words.above, words.below) if (words := interest.as_reason) else ()),
                ),
                a,
                interest.when,
                interest.worth,
                self.scenario.mark("actors", actor, "interests", name),
            )
            for a, (actor, body) in enumerate(self.scenario.actors.items())
            for name, interest in body.interests.items()
        )

    def moves(self) -> tuple[MoveRule, ...]:
        found = [
            self.hazard(name, hazard) for name, hazard in self.scenario.hazards.items() if hazard.enabled
        ]
        for k, (owner, institution) in enumerate(self.scenario.institutions.items()):
            for name, decision in institution.decisions.items():
                if decision.enabled:
                    found.append(self.decision(k, owner, institution, name, decision))
        for a, (owner, actor) in enumerate(self.scenario.actors.items()):
            for name, action in actor.actions.items():
                if action.enabled:
                    found.append(self.action(a, owner, name, action))
        return tuple(found)

    def dates(self) -> tuple[DateRule, ...]:
        """Known dates ahead, in their order: what is past has had its effect before the start."""
        today = first_day(self.scenario.as_of)
        found = []
        for name, body in self.scenario.calendar.items():
            mark = self.scenario.mark("calendar", name)
            day = days_from(today, body.date, mark)
            if day > 0:
                variable = self.variables.index(name) if name in self.variables else None
                found.append(DateRule(float(day), self.date(name, body, variable, mark), variable))
        return tuple(sorted(found, key=lambda known: known.day))

    def date(self, name: str, body: schema.KnownDate, variable: int | None, mark: Mark) -> MoveRule:
        passes = () if variable is None else ((variable, PAST),)
        effects = self.branches(body.then, mark) or (PossibleEffect(_ONE, ()),)
        branches = [replace(each, changes=(*each.changes, *passes)) for each in effects]
        impacts = self.impacts(body.impacts, mark)
        if body.when is not None:
            branches = [replace(each, chance=Choice(each.chance, body.when, _ZERO)) for each in branches]
            branches.append(PossibleEffect(Choice(_ZERO, body.when, _ONE), passes))
            impacts = {actor: Choice(worth, body.when, _ZERO) for actor, worth in impacts.items()}
        return MoveRule(
            label=MoveLabel(f"calendar.{name}", "calendar", MoveType.HAZARD, body.about, tuple(body.because)),
            owner=-1,
            guard=None,
            rate=_ONE_A_DAY,
            branches=tuple(branches),
            impacts=impacts,
            mark=mark,
        )

    def hazard(self, name: str, body: schema.Hazard) -> MoveRule:
        mark = self.scenario.mark("hazards", name)
        return MoveRule(
            label=MoveLabel(f"nature.{name}", "nature", MoveType.HAZARD, body.about, tuple(body.because)),
            owner=-1,
            guard=body.when,
            rate=body.frequency,
            branches=self.branches(body.then, mark),
            impacts=self.impacts(body.impacts, mark),
            mark=mark,
        )

    def action(self, actor: int, owner: str, name: str, body: schema.Action) -> MoveRule:
        mark = self.scenario.mark("actors", owner, "actions", name)
        impacts = self.impacts(body.impacts, mark)
        impacts[actor] = _sum(impacts.get(actor), body.worth)
        return MoveRule(
            label=MoveLabel(f"{owner}.{name}", owner, MoveType.ACTION, body.about, tuple(body.because)),
            owner=actor,
            guard=body.when,
            rate=None,
            branches=self.branches(body.then, mark),
            impacts=impacts,
            habit=None
            if body.habit is None
            else _per_opportunity(body.habit, self.scenario.actors[owner].acts),
            mark=mark,
        )

    def decision(
        self, position: int, owner: str, institution: schema.Institution, name: str, body: schema.Decision
    ) -> MoveRule:
        mark = self.scenario.mark("institutions", owner, "decisions", name)
        ballot = self.ballot(institution, body, mark)
        impacts = self.impacts(body.impacts, mark)
        voters = dict(ballot.weights)
        for member, worth in body.worth.items():
            actor = self.position(member, mark)
            if actor in voters:
                recused = ballot.recused.get(actor)
                counted = worth if recused is None else Choice(_ZERO, recused, worth, worth.mark)
                impacts[actor] = _sum(impacts.get(actor), counted)
        return MoveRule(
            label=MoveLabel(f"{owner}.{name}", owner, MoveType.DECISION, body.about, tuple(body.because)),
            owner=position,
            guard=_both(body.when, body.request),
            rate=body.proposed,
            branches=self.branches(body.then, mark),
            impacts=impacts,
            ballot=ballot,
            mark=mark,
        )

    def ballot(self, institution: schema.Institution, body: schema.Decision, mark: Mark) -> Ballot:
        rule = body.rule
        weights = dict.fromkeys(institution.members, 1)
        if rule.weights:
            weights = {member: rule.weights.get(member, 0) for member in institution.members}
        elif rule.veto:
            heavy = 1 + sum(member not in rule.veto for member in institution.members)
            weights = {member: heavy if member in rule.veto else 1 for member in institution.members}
        elif rule.kind == "leader":
            weights = {rule.leader: 1}
        unit = gcd(*weights.values()) or 1
        total = sum(weights.values()) // unit
        quota = 1 if rule.kind == "leader" else min(-(-rule.quota // unit), total + 1)
        if rule.veto or rule.share is not None:
            quota = total
        if quota * total > MOST_COUNTING:
            message = f"Weights of {total:,} in all with a quota of {quota:,} take too long to count."
            raise ScenarioError(Problem(mark, message, "Give the weights in a coarser unit.", "too-large"))
        return Ballot(
            weights=tuple((self.position(m, mark), w // unit) for m, w in weights.items() if w > 0),
            recused=self.silent(body, mark),
            rule="veto" if rule.veto else _RULES.get(rule.kind, "quota"),
            quota=rule.quota if rule.veto or rule.kind == "silence" else quota,
            share=0.0 if rule.share is None else rule.share.value,
            habits=self.habits(institution, body, mark),
        )

    def silent(self, body: schema.Decision, mark: Mark) -> dict[int, Expr]:
        """Conditions under which members cast no vote, being recused or abstaining."""
        found = {self.position(member, mark): when for member, when in body.recuse.items()}
        for member, when in body.abstain.items():
            actor = self.position(member, mark)
            found[actor] = when if actor not in found else Logic("or", (found[actor], when), when.mark)
        return found

    def habits(self, institution: schema.Institution, body: schema.Decision, mark: Mark) -> dict[int, Expr]:
        stated = dict(body.habit)
        shared = stated.pop(EVERYONE, None)
        habits = {} if shared is None else dict.fromkeys(institution.members, shared)
        return {
            self.position(member, mark): _per_opportunity(habit, body.proposed)
            for member, habit in {**habits, **stated}.items()
        }

    def branches(self, then: tuple[schema.Branch, ...], mark: Mark) -> tuple[PossibleEffect, ...]:
        return tuple(
            PossibleEffect(
                b.chance,
                tuple(self.change(name, level, mark) for name, level in b.changes.items()),
                tuple((self.variables.index(name), effect) for name, effect in b.computed.items()),
            )
            for b in then
        )

    def change(self, name: str, level: str, mark: Mark) -> tuple[int, int]:
        if name not in self.scenario.variables:
            raise ScenarioError(
                Problem(
                    mark,
                    f"No variable is called '{name}'.",
                    did_you_mean(name, self.variables),
                    "unknown-name",
                )
            )
        levels = self.scenario.variables[name].level_names
        if level not in levels:
            message = f"'{level}' is not a level of '{name}'."
            raise ScenarioError(
                Problem(mark, message, which_level(mark, level, name, levels), "unknown-level")
            )
        return self.variables.index(name), levels.index(level)

    def impacts(self, impacts: Mapping[str, Expr], mark: Mark) -> dict[int, Expr]:
        return {self.position(actor, mark): impact for actor, impact in impacts.items()}

    def position(self, actor: str, mark: Mark) -> int:
        if actor not in self.scenario.actors:
            raise ScenarioError(
                Problem(
                    mark, f"No actor is called '{actor}'.", did_you_mean(actor, self.actors), "unknown-name"
                )
            )
        return self.actors.index(actor)


def _sum(left: Expr | None, right: Expr) -> Expr:
    if left is None or left == _ZERO:
        return right
    return left if right == _ZERO else Binary("+", left, right, right.mark)


def _per_opportunity(habit: Expr, pace: Expr) -> Expr:
    """Chance per opportunity of a habit that may be a rate; none where there are no opportunities."""
    if dimension_of(habit) != RATE:
        return habit
    never = Comparison(("==",), (pace, _ZERO), habit.mark)
    return Choice(_ZERO, never, Binary("/", habit, pace, habit.mark), habit.mark)


def _both(left: Expr | None, right: Expr | None) -> Expr | None:
    if left is None or right is None:
        return right if left is None else left
    return Logic("and", (left, right), left.mark)

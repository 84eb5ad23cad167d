"""Institutions whose members, voters or rules do not fit together; actors who cannot act."""

from __future__ import annotations

from collections.abc import Iterator

from bystander.scenario.checks.finding import Finding, moves, unknown
from bystander.scenario.expressions import Expr, variables_of
from bystander.scenario.expressions.syntax import Number
from bystander.scenario.nodes import Path
from bystander.scenario.schema import Action, Decision, Scenario
from bystander.scenario.schema.votes import EVERYONE


def members_not_actors(scenario: Scenario) -> Iterator[Finding]:
    """Find members who are not actors or are listed twice, and institutions without members."""
    for name, institution in scenario.institutions.items():
        path: Path = ("institutions", name, "members")
        if not institution.members:
            yield Finding(path, f"'{name}' has no members.", "List the actors that vote in it.")
        for index, member in enumerate(institution.members):
            if member not in scenario.actors:
                yield unknown((*path, index), "actor", member, scenario.actors)
            if member in institution.members[:index]:
                yield Finding((*path, index), f"'{member}' is listed twice as a member.", "Remove one.")


def not_members(scenario: Scenario) -> Iterator[Finding]:
    """Find someone recused, leading, weighted, rewarded or of habit in a vote without being a member."""
    for path, name, move in moves(scenario):
        if not isinstance(move, Decision):
            continue
        members = scenario.institutions[name.partition(".")[0]].members
        named: list[tuple[Path, str]] = [((*path, "recuse", m), m) for m in move.recuse]
        named += [((*path, "worth", m), m) for m in move.worth]
        named += [((*path, "habit", m), m) for m in move.habit if m != EVERYONE]
        named += [((*path, "abstain", m), m) for m in move.abstain]
        within = "weighted" if move.rule.kind == "weighted" else "majority"
        named += [((*path, "rule", within, "weights", m), m) for m in move.rule.weights]
        named += [((*path, "rule", "veto"), m) for m in move.rule.veto]
        if move.rule.leader:
            named.append(((*path, "rule", "leader"), move.rule.leader))
        for where, member in named:
            if member not in members:
                yield unknown(where, "member", member, members)


def impossible_rules(scenario: Scenario) -> Iterator[Finding]:
    """Find a quota that nobody needs to meet, or that all members together cannot meet."""
    for path, name, move in moves(scenario):
        if not isinstance(move, Decision) or move.rule.kind not in ("weighted", "quorum", "silence"):
            continue
        members = scenario.institutions[name.partition(".")[0]].members
        total = sum(move.rule.weights.values()) if move.rule.kind == "weighted" else len(members)
        if not 1 <= move.rule.quota <= total:
            what = "objections" if move.rule.kind == "silence" else "yes votes"
            message = f"'{name}' speaks of {move.rule.quota} {what}, and all members together have {total}."
            yield Finding((*path, "rule"), message, f"Give a number from 1 to {total}.")


def actors_who_never_act(scenario: Scenario) -> Iterator[Finding]:
    """Find an actor with actions that has no opportunity to take them."""
    for name, actor in scenario.actors.items():
        if actor.actions and isinstance(actor.acts, Number) and actor.acts.value == 0:
            message = f"'{name}' has actions, but never an opportunity to act."
            yield Finding(("actors", name), message, "Add acts: every 2 weeks, or remove the actions.")


def changing_character(scenario: Scenario) -> Iterator[Finding]:
    """Find a discount rate or rationality that depends on the situation."""
    for name, actor in scenario.actors.items():
        named: tuple[tuple[str, Expr], ...] = (
            ("discount", actor.discount),
            ("rationality", actor.rationality),
        )
        for key, expr in named:
            if variables_of(expr):
                message = f"The {key} of '{name}' depends on {', '.join(variables_of(expr))}."
                yield Finding(("actors", name, key), message, "Use numbers and parameters only.", expr.mark)


def unstated_habits(scenario: Scenario) -> Iterator[Finding]:
    """Find actions and votes without a stated habit, where habits count."""
    if scenario.shocks != "control":
        chosen = any(isinstance(move, Action | Decision) for move in scenario.moves().values())
        if scenario.settings.shocks is None and chosen:
            message = "No act or vote states a habit, so that choices are those of shocks: private."
            yield Finding(
                ("actors",), message, "Add habits, such as habit: once in 10 years, or state shocks."
            )
        return
    for path, name, move in moves(scenario):
        if isinstance(move, Action) and move.enabled and move.habit is None:
            message = f"'{name}' states no habit: without a reason it is as likely as waiting."
            yield Finding(path, message, "Add one, such as habit: once in 10 years.", shared=True)
        if isinstance(move, Decision) and move.enabled and EVERYONE not in move.habit:
            members = scenario.institutions[name.partition(".")[0]].members
            without = [member for member in members if member not in move.habit]
            if without:
                message = (
                    f"'{name}' states no habit of {', '.join(without)}: without a reason they toss a coin."
                )
                yield Finding(path, message, "Add one, such as habit: 20%.", shared=True)


def silence_without_habit(scenario: Scenario) -> Iterator[Finding]:
    """Find a silence procedure that does not say how readily members keep silent."""
    for path, name, move in moves(scenario):
        if isinstance(move, Decision) and move.rule.kind == "silence" and not move.habit:
            message = f"'{name}' passes in silence, and how readily members keep silent is not stated."
            yield Finding(
                (*path, "rule"), message, "Add habit: 95%, from how often such a silence was broken."
            )

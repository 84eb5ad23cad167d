"""The meaning of a scenario, one situation at a time: the obvious twin of `bystander.game.compile`.

`slow_game(scenario)` follows docs/theory/game.md literally with dictionaries: a situation is a tuple
of level names.
`as_plain(game)` writes a compiled game in the same form, so that the two can be compared entry by entry.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from bystander.game.arrays import Game
from bystander.scenario import Scenario
from bystander.scenario.expressions import evaluate


@dataclass
class Option:
    """One option in one situation: rate, (chance, target) pairs, worth to and weight of each actor, quota."""

    rate: float
    branches: list
    impact: dict
    weights: dict
    quota: int


@dataclass
class Plain:
    """A game in words: per situation its options by move name, flow and pace by actor, and its start."""

    options: dict
    flow: dict
    pace: dict
    start: dict


def slow_game(scenario: Scenario, parameters=None) -> Plain:
    parameters = scenario.parameter_values() | (parameters or {})
    names = list(scenario.variables)

    def value(expr, situation):
        levels = {
            name: np.intp(scenario.variables[name].level_names.index(level))
            for name, level in zip(names, situation, strict=True)
        }
        return evaluate(expr, levels, parameters).item()

    def holds(expr, situation):
        return expr is None or bool(value(expr, situation))

    def after(situation, changes):
        return tuple(changes.get(name, level) for name, level in zip(names, situation, strict=True))

    def options_in(situation):
        found = {}
        for name, move in scenario.moves().items():
            owner = name.partition(".")[0]
            if not move.enabled or not holds(move.when, situation):
                continue
            impact = {actor: value(expr, situation) for actor, expr in move.impacts.items()}
            weights, quota, rate = {}, 0, 1.0
            if owner in scenario.actors:
                impact[owner] = impact.get(owner, 0.0) + value(move.worth, situation)
                if value(scenario.actors[owner].acts, situation) == 0:
                    continue
            elif owner in scenario.institutions:
                if not holds(move.request, situation):
                    continue
                rate = value(move.proposed, situation)
                members = scenario.institutions[owner].members
                weights, quota = _votes(move, members, lambda expr: holds(expr, situation))
                for member, worth in move.worth.items():
                    if member in weights:
                        impact[member] = impact.get(member, 0.0) + value(worth, situation)
            else:
                rate = value(move.frequency, situation)
            if rate == 0:
                continue
            branches = []
            for branch in move.then:
                chance = value(branch.chance, situation)
                branches.append((chance, after(situation, branch.changes) if chance else situation))
            found[name] = Option(rate, branches, impact, weights, quota)
        return found

    start = {}
    for combination in itertools.product(*(v.start.items() for v in scenario.variables.values())):
        chance = float(np.prod([p for _, p in combination]))
        if chance > 0:
            start[tuple(level for level, _ in combination)] = chance
    options, waiting = {}, list(start)
    while waiting:
        situation = waiting.pop()
        if situation in options:
            continue
        options[situation] = options_in(situation)
        waiting += [
            target for o in options[situation].values() for chance, target in o.branches if chance > 0
        ]
    flow, pace = {}, {}
    for situation in options:
        for name, actor in scenario.actors.items():
            held = [i for i in actor.interests.values() if holds(i.when, situation)]
            flow[situation, name] = sum(value(interest.worth, situation) for interest in held)
            pace[situation, name] = value(actor.acts, situation)
    return Plain(options, flow, pace, start)


def _votes(move, members, holds):
    rule = move.rule
    weights = {member: 1 for member in members if member not in move.recuse or not holds(move.recuse[member])}
    voters = len(weights)
    match rule.kind:
        case "consensus":
            quota = voters
        case "unanimity minus one":
            quota = max(voters - 1, 1)
        case "majority":
            quota = next(n for n in itertools.count() if n > voters / 2)
        case "quorum":
            quota = rule.quota
        case "leader":
            weights = {member: 1 for member in weights if member == rule.leader}
            quota = 1
        case "weighted":
            weights = {m: rule.weights[m] for m in weights if rule.weights.get(m, 0) > 0}
            quota = rule.quota
    return weights, quota if weights else 1


def as_plain(game: Game) -> Plain:
    situations = [
        tuple(names[level] for names, level in zip(game.situations.level_names, row, strict=True))
        for row in game.situations.levels
    ]
    structure, numbers = game.structure, game.numbers
    options, flow, pace, start = {}, {}, {}, {}
    flows = game.flow()
    for s, situation in enumerate(situations):
        target = structure.target_start[s]
        options[situation] = {}
        for o in range(structure.option_start[s], structure.option_start[s + 1]):
            kind = structure.option_kind[o]
            move = structure.kind_move[kind]
            count = structure.move_branches[move]
            branches = [
                (numbers.chance[kind, b], situations[structure.targets[target + b]]) for b in range(count)
            ]
            target += count
            actors = range(len(game.actors))
            impact = {game.actors[a]: numbers.impact[kind, a] for a in actors if numbers.impact[kind, a]}
            weights = {
                game.actors[a]: int(numbers.vote_weight[kind, a])
                for a in actors
                if numbers.vote_weight[kind, a]
            }
            option = Option(numbers.rate[kind], branches, impact, weights, int(numbers.vote_quota[kind]))
            options[situation][game.moves[move].name] = option
        assert target == structure.target_start[s + 1]
        for a, actor in enumerate(game.actors):
            flow[situation, actor] = flows[s, a]
            pace[situation, actor] = numbers.pace[structure.pace_context[s], a]
        if game.situations.start[s]:
            start[situation] = game.situations.start[s]
    return Plain(options, flow, pace, start)


def differences(one: Plain, other: Plain, tolerance=1e-12) -> list[str]:
    """Everything in which two games differ, in words; empty if they are the same."""
    found = []
    if set(one.options) != set(other.options):
        return [f"situations {set(one.options) ^ set(other.options)}"]
    for situation, options in one.options.items():
        twins = other.options[situation]
        if list(options) != list(twins):
            found.append(f"{situation}: moves {list(options)} and {list(twins)}")
            continue
        for name, option in options.items():
            if not _same_option(option, twins[name], tolerance):
                found.append(f"{situation} {name}: {option} and {twins[name]}")
    for field in ("flow", "pace", "start"):
        a, b = getattr(one, field), getattr(other, field)
        found += [
            f"{field} {key}: {a.get(key)} and {b.get(key)}"
            for key in set(a) | set(b)
            if abs(a.get(key, 0.0) - b.get(key, 0.0)) > tolerance
        ]
    return found


def _same_option(a: Option, b: Option, tolerance) -> bool:
    return (
        abs(a.rate - b.rate) <= tolerance
        and [target for _, target in a.branches] == [target for _, target in b.branches]
        and all(abs(x - y) <= tolerance for (x, _), (y, _) in zip(a.branches, b.branches, strict=True))
        and all(
            abs(a.impact.get(k, 0) - b.impact.get(k, 0)) <= tolerance for k in set(a.impact) | set(b.impact)
        )
        and _winning(a) == _winning(b)
    )


def _winning(option: Option) -> list:
    """Voters, and coalitions whose votes suffice: weights and quota may be written in more ways than one."""
    voters = sorted(option.weights)
    coalitions = (c for size in range(len(voters) + 1) for c in itertools.combinations(voters, size))
    return [voters] + [c for c in coalitions if sum(option.weights[v] for v in c) >= option.quota]

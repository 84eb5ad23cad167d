"""Names that clash or do not exist, members and rules that do not fit together, actors who cannot act.

Measures and rivals that change what is not there; judgements that ask what cannot be asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bystander.errors import Problem, ScenarioError
from bystander.scenario.checks.finding import Finding, moves, named_changes, unknown
from bystander.scenario.expressions import (
    Expr,
    Query,
    dimension_of,
    evaluate,
    expect,
    queries_of,
    to_text,
    variables_of,
    walk,
    written,
)
from bystander.scenario.expressions.syntax import Comparison, Number, Unary, with_nodes
from bystander.scenario.nodes import Path
from bystander.scenario.schema import Action, Decision, Outcome, Scenario
from bystander.scenario.schema.fields import Until, require_followed, write_duration
from bystander.scenario.schema.moves import EVERYONE
from bystander.units import CHANCES, DURATION, MONEY, PEOPLE, PLAIN

ENDLESS = ("before", "time_to", "long_run")
"""Questions that no horizon ends."""
DATE_LEVELS = ("ahead", "past")
SHARES = ("%", "percent")
"""How a number ends that is a share of something."""


def clashing_names(scenario: Scenario) -> Iterator[Finding]:
    """Find one name for two things."""
    sections: dict[str, Mapping[str, object]] = {
        "variables": scenario.variables,
        "parameters": scenario.parameters,
        "conditions": scenario.conditions,
    }
    owner: dict[str, str] = {}
    for section, body in sections.items():
        for name in body:
            if name in owner:
                message = f"'{name}' is the name of an entry under '{owner[name]}' and one under '{section}'."
                yield Finding((section, name), message, "Rename one of them.")
            owner.setdefault(name, section)
    for name in scenario.calendar:
        variable = scenario.variables.get(name)
        if variable is not None and variable.level_names != DATE_LEVELS:
            message = f"'{name}' is a known date and a variable with other levels than ahead and past."
            yield Finding(("calendar", name), message, "Rename one of them.")
    for name in scenario.institutions:
        if name in scenario.actors:
            message = f"'{name}' is both an actor and an institution."
            yield Finding(("institutions", name), message, "Rename one of them.")
    for section in ("actors", "institutions"):
        if "nature" in getattr(scenario, section):
            message = "'nature' owns the hazards and cannot be another name."
            yield Finding((section, "nature"), message, "Rename it.")


def unknown_levels(scenario: Scenario) -> Iterator[Finding]:
    """Find a level that the variable does not have.

    In a start or in an effect.
    """
    for name, variable in scenario.variables.items():
        for level in variable.start:
            if level not in variable.levels:
                yield unknown(
                    ("variables", name, "start", level), f"level of '{name}'", level, variable.levels
                )
    for path, changes in _changes(scenario):
        for name, level in changes.items():
            known = scenario.variables.get(name)
            if known is not None and level not in known.levels:
                yield unknown((*path, name), f"level of '{name}'", level, known.levels)
    for path, change in named_changes(scenario):
        for name, start in change.start.items():
            known = scenario.variables.get(name)
            for level in start if known is not None else ():
                if known is not None and level not in known.levels:
                    yield unknown((*path, "start", name), f"level of '{name}'", level, known.levels)


def unknown_variables(scenario: Scenario) -> Iterator[Finding]:
    """Find an effect or start of a variable that does not exist."""
    for path, changes in _changes(scenario):
        for name in changes:
            if name not in scenario.variables:
                yield unknown((*path, name), "variable", name, scenario.variables)
    for path, _, move in moves(scenario):
        for name in {name for branch in move.then for name in branch.computed}:
            if name not in scenario.variables:
                yield unknown((*path, "then", name), "variable", name, scenario.variables)
    for path, change in named_changes(scenario):
        for name in change.start:
            if name not in scenario.variables:
                yield unknown((*path, "start", name), "variable", name, scenario.variables)


def unknown_actors(scenario: Scenario) -> Iterator[Finding]:
    """Find an impact on someone who is not an actor."""
    for path, _, move in moves(scenario):
        for actor in move.impacts:
            if actor not in scenario.actors:
                yield unknown((*path, "impacts", actor), "actor", actor, scenario.actors)


def unknown_given(scenario: Scenario) -> Iterator[Finding]:
    """Find a ``given`` that is not a named condition."""
    if scenario.given is not None and scenario.given not in scenario.conditions:
        yield unknown(("given",), "condition", scenario.given, scenario.conditions)


def unknown_moves(scenario: Scenario) -> Iterator[Finding]:
    """Find an outcome, event or measure that names a move nobody has."""
    known = scenario.moves()
    for name, outcome in scenario.outcomes.items():
        for key in ("fires", "counts", "on_moves"):
            for index, move in enumerate(getattr(outcome, key) or ()):
                if move not in known:
                    yield unknown(
                        ("outcomes", name, key, move if key == "on_moves" else index), "move", move, known
                    )
    for name, event in scenario.events.items():
        if event.move is not None and event.move not in known:
            yield unknown(("events", name, "move"), "move", event.move, known)
    for path, change in named_changes(scenario):
        for key in ("enable", "disable"):
            for index, move in enumerate(getattr(change, key)):
                if move not in known:
                    yield unknown((*path, key, index), "move", move, known)


def unknown_parties(scenario: Scenario) -> Iterator[Finding]:
    """Find a question about someone, or about an outcome, that does not exist."""
    parties = {**scenario.actors, **scenario.institutions}
    for name, ask in scenario.asks.items():
        if ask.party not in parties:
            yield unknown(("asks", name, "party"), "actor or institution", ask.party, parties)
        for index, outcome in enumerate(ask.matters):
            if outcome not in scenario.outcomes:
                yield unknown(("asks", name, "matters", index), "outcome", outcome, scenario.outcomes)


def unmodelled_moves(scenario: Scenario) -> Iterator[Finding]:
    """Find a question about a move that is not modelled."""
    known = scenario.moves()
    for name, ask in scenario.asks.items():
        for index, move in enumerate(ask.full_moves):
            if move not in known:
                path: Path = ("asks", name, "moves", index)
                own = [each for each in known if each.startswith(move.partition(".")[0] + ".")]
                message = f"'{move}' is asked about and not modelled; the answer will say so."
                near = unknown(path, "move", move, own).fix
                yield Finding(path, message, f"Add the move, or leave it at that. {near}")


def _changes(scenario: Scenario) -> Iterator[tuple[Path, dict[str, str]]]:
    for path, _, move in moves(scenario):
        for index, branch in enumerate(move.then):
            yield ((*path, "then", index) if len(move.then) > 1 else (*path, "then")), branch.changes
    for name, lottery in scenario.starts.items():
        for index, branch in enumerate(lottery):
            yield (("starts", name, index) if len(lottery) > 1 else ("starts", name)), branch.changes
    for name, event in scenario.events.items():
        yield ("events", name, "then"), event.then


def members_not_actors(scenario: Scenario) -> Iterator[Finding]:
    """Find a member of an institution who is not an actor, or is listed twice.

    Institutions without members too.
    """
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
    """Find someone recused, leading or weighted in a vote without being a member.

    Whoever is rewarded there or has a habit too.
    """
    for path, name, move in moves(scenario):
        if not isinstance(move, Decision):
            continue
        members = scenario.institutions[name.partition(".")[0]].members
        if not scenario.actors.keys() >= set(members) or not members:
            continue  # who is misspelt there is nobody's name here
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
    """Find a quota that no vote can meet, or that none needs to."""
    for path, name, move in moves(scenario):
        if not isinstance(move, Decision):
            continue
        if move.rule.weights and not any(move.rule.weights.values()):
            message = f"'{name}' gives no member a vote: all weights are 0."
            yield Finding((*path, "rule"), message, "Give at least one member a weight.")
            continue
        if move.rule.kind not in ("weighted", "quorum", "silence"):
            continue
        members = scenario.institutions[name.partition(".")[0]].members
        total = sum(move.rule.weights.values()) if move.rule.kind == "weighted" else len(members)
        if members and not 1 <= move.rule.quota <= total:
            what = "objections" if move.rule.kind == "silence" else "yes votes"
            message = f"'{name}' speaks of {move.rule.quota} {what}, and all members together have {total}."
            yield Finding((*path, "rule"), message, f"Give a number from 1 to {total}.")


def actors_who_never_act(scenario: Scenario) -> Iterator[Finding]:
    """Find an actor with actions but no opportunity to act."""
    for name, actor in scenario.actors.items():
        if actor.actions and isinstance(actor.acts, Number) and actor.acts.value == 0:
            message = f"'{name}' has actions, but never an opportunity to act."
            yield Finding(("actors", name), message, "Add acts: every 2 weeks, or remove the actions.")


def changing_character(scenario: Scenario) -> Iterator[Finding]:
    """Find a discount or rationality that depends on the situation."""
    for name, actor in scenario.actors.items():
        named: tuple[tuple[str, Expr], ...] = (
            ("discount", actor.discount),
            ("rationality", actor.rationality),
        )
        for key, expr in named:
            if variables_of(expr):
                message = f"The {key} of '{name}' depends on {', '.join(variables_of(expr))}."
                yield Finding(("actors", name, key), message, "Use numbers and parameters only.", expr.mark)


def starts_by_situation(scenario: Scenario) -> Iterator[Finding]:
    """Find a joint distribution of the start that depends on the situation."""
    for name, lottery in scenario.starts.items():
        for index, branch in enumerate(lottery):
            given = {variable for expr in branch.computed.values() for variable in variables_of(expr)}
            given |= set() if branch.rest else set(variables_of(branch.chance))
            if given or branch.computed:
                path: Path = ("starts", name, index) if len(lottery) > 1 else ("starts", name)
                message = f"The start '{name}' depends on {', '.join(sorted(given)) or 'what is reckoned'}."
                fix = "Write levels, and chances of numbers and parameters: a branch for each situation."
                yield Finding(path, message, fix)


def unstated_habits(scenario: Scenario) -> Iterator[Finding]:
    """Find an action or vote that says not how often it is taken when nothing is at stake."""
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
    """Find a silence procedure without a habit of keeping silent."""
    for path, name, move in moves(scenario):
        if isinstance(move, Decision) and move.rule.kind == "silence" and not move.habit:
            message = f"'{name}' passes in silence, and how readily members keep silent is not stated."
            yield Finding(
                (*path, "rule"), message, "Add habit: 95%, from how often such a silence was broken."
            )


def unknown_settings(scenario: Scenario) -> Iterator[Finding]:
    """Find a measure or rival that sets a parameter that does not exist."""
    for path, name, _ in _settings(scenario):
        if name not in scenario.parameters:
            yield unknown(path, "parameter", name, scenario.parameters)


def unfit_settings(scenario: Scenario) -> Iterator[Finding]:
    """Find a measure or rival that sets a parameter to another kind of number."""
    for path, name, value in _settings(scenario):
        known = scenario.parameters.get(name)
        if known is None:
            continue
        if variables_of(value):
            message = f"The new value of '{name}' depends on {', '.join(variables_of(value))}."
            yield Finding(path, message, "Use numbers and parameters only.", value.mark)
            continue
        try:
            expect(value, known.dimension, f"the new value of '{name}'")
        except ScenarioError as error:
            yield Finding(path, error.problems[0].message, error.problems[0].fix, value.mark)


def contradictory_changes(scenario: Scenario) -> Iterator[Finding]:
    """Find a measure or rival that enables and disables the same move."""
    for path, change in named_changes(scenario):
        for move in change.enable:
            if move in change.disable:
                message = f"'{path[-1]}' both enables and disables '{move}'."
                yield Finding(path, message, "Remove one of the two.")


def judgements_without_question(scenario: Scenario) -> Iterator[Finding]:
    """Find a judgement that is assumed rather than computed."""
    for name, judgement in scenario.judgements.items():
        if not queries_of(judgement.holds):
            message = f"The judgement '{name}' asks for no outcome."
            yield Finding(
                ("judgements", name, "holds"), message, "Write P(outcome) < 5%.", judgement.holds.mark
            )


def questions_misasked(scenario: Scenario) -> Iterator[Finding]:
    """Find ``P`` of an amount, ``E`` of a probability, or an answer compared with another kind."""
    for name, judgement in scenario.judgements.items():
        for problem in misasked(scenario, judgement.asked):
            yield Finding(("judgements", name, "holds"), problem.message, problem.fix, problem.mark)


def dates_after_onset(scenario: Scenario) -> Iterator[Finding]:
    """Find a question until a date whose clock starts when a condition first holds, on no known day."""
    for section, asked in (("outcomes", scenario.outcomes), ("asks", scenario.asks)):
        for name, each in asked.items():
            given = each.given if isinstance(each, Outcome) else scenario.condition_of(each)
            if why := dated_after_onset(name, given, each.within):
                yield Finding((section, name, "within"), *why)


def dated_after_onset(name: str, given: Expr | str | None, within: float | None) -> tuple[str, str] | None:
    """Say why a date cannot end what is asked given a condition, and what to write; None where none does."""
    if given is None or not isinstance(within, Until):
        return None
    message = (
        f"'{name}' is asked until {within.day} given '{written(given)}': its clock starts when that first "
        "holds, on no day that is known, and a date is no time after it."
    )
    return message, "Write how long after it, within: 30 days; or ask until the date without given."


def horizon_after_onset(scenario: Scenario) -> Iterator[Finding]:
    """Find a horizon that is a date beside clocks that start when a condition first holds and end with it."""
    if not isinstance(scenario.horizon, Until):
        return
    outcomes, asks = scenario.outcomes.items(), scenario.asks.items()
    paths = [("outcomes", n) for n, o in outcomes if o.given and not o.within and o.question not in ENDLESS]
    paths += [("asks", n) for n, ask in asks if scenario.condition_of(ask) and not ask.within]
    if paths:
        named = ", ".join(f"'{name}'" for _, name in paths)
        message = (
            f"The horizon is a date, and the clock of {named} starts when a condition first holds: followed "
            f"from then on for {write_duration(float(scenario.horizon))}, not until the date."
        )
        yield Finding(paths[0], message, "Write how long after it: within: 30 days.")


def misasked(scenario: Scenario, holds: Expr) -> Iterator[Problem]:
    """Find what is wrong with the questions of a condition, and with what their answers are compared with."""
    wrong = False
    for query in queries_of(holds):
        if query.within is not None:
            try:
                days = float(evaluate(query.within, {}, scenario.parameter_values()))
                require_followed(days, to_text(query.within), query.within.mark)
            except ScenarioError as error:
                wrong = True
                yield from error.problems
        outcome = scenario.outcomes[query.outcome]
        stated = query.within.value if isinstance(query.within, Number) else query.within
        within = outcome.within if stated is None else stated if isinstance(stated, Until) else None
        own = query.given is None and stated is None
        if not own and (why := dated_after_onset(query.outcome, query.given or outcome.given, within)):
            wrong = True
            yield Problem(query.mark, *why, "date-after-onset")
        kind = outcome.kind
        if (query.kind == "P") != (kind == "probability"):
            wrong = True
            other = "E" if query.kind == "P" else "P"
            article = "an" if kind == "amount" else "a"
            message = (
                f"'{query.outcome}' is {article} {kind}, which is asked for as {other}({query.outcome})."
            )
            yield Problem(query.mark, message, f"Write {other}({query.outcome}).", "misasked")
    if wrong:
        return
    unlike = list(_unlike_thresholds(scenario, holds))
    yield from unlike
    if not unlike:
        try:
            dimension_of(_answered(holds, scenario))
        except ScenarioError as error:
            yield error.problems[0]


def _unlike_thresholds(scenario: Scenario, holds: Expr) -> Iterator[Problem]:
    """Find numbers that an answer cannot be near: a percentage of a count, a chance above one."""
    for compared in (node for node in walk(holds) if isinstance(node, Comparison)):
        queries = [part for part in compared.operands if isinstance(part, Query)]
        numbers = [number for part in compared.operands if (number := _as_written(part))]
        for query in queries[:1]:
            outcome = scenario.outcomes[query.outcome]
            for number in numbers:
                if why := misfit(outcome, number.value, number.text):
                    message = f"'{query.outcome}' {why}."
                    yield Problem(number.mark, message, _threshold_of(outcome, number), "wrong-unit")


def _as_written(part: Expr) -> Number | None:
    """Return a number with its sign, None for anything else."""
    match part:
        case Number():
            return part
        case Unary(operator="-", operand=Number() as number):
            return replace(number, value=-number.value, text=f"-{number.text}", mark=part.mark)
    return None


def misfit(outcome: Outcome, value: float, text: str) -> str:
    """Say why a number as it was written is no threshold of an outcome; "" if it may be one."""
    kind, dimension = outcome.kind, outcome.dimension
    if kind in CHANCES:
        return "" if 0.0 <= value <= 1.0 else f"is a {kind}, between 0 and 1, and is compared with {text}"
    if not text.endswith(SHARES) or (kind == "amount" and dimension == PLAIN):
        return ""
    counts = "counts moves" if kind == "count" else f"is measured in {dimension}"
    counts = "is a duration" if dimension == DURATION else counts
    return f"{counts}, and {text} is a share of nothing"


def _threshold_of(outcome: Outcome, number: Number) -> str:
    if outcome.kind in CHANCES:
        percent = 0.0 <= number.value <= 100.0 and not number.text.endswith(SHARES)
        return f"Write {number.value:g}%." if percent else "Write a number from 0% to 100%."
    unit = {DURATION: " days", PEOPLE: " people", MONEY: " dollars"}.get(outcome.dimension, "")
    return f"Write a number{' with its unit' if unit else ''}: {100.0 * number.value:g}{unit}."


def _answered(expr: Expr, scenario: Scenario) -> Expr:
    """Return the judgement with a number of the right dimension for every ``E(...)``."""

    def told(part: Expr) -> Expr:
        if isinstance(part, Query) and part.kind == "E":
            return Number(1.0, scenario.outcomes[part.outcome].dimension, "1", part.mark)
        return part

    return with_nodes(expr, told)


def _settings(scenario: Scenario) -> Iterator[tuple[Path, str, Expr]]:
    for path, change in named_changes(scenario):
        for parameter, value in change.set.items():
            yield (*path, "set", parameter), parameter, value
        for degree, setting in change.intensities.items():
            for parameter, value in setting.set.items():
                yield (*path, "intensities", degree, "set", parameter), parameter, value

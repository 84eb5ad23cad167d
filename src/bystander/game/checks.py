"""What can be wrong with a scenario once its situations are known.

Errors stop the compiler: a guard that no combination of levels satisfies; a rate, pace or discount that is
negative or beyond `FASTEST`; a habit outside its bounds, or habits of one actor that leave nothing for
waiting; a chance outside [0, 1] or branches that do not sum to 1; a worth that is not finite or beyond
`LARGEST`, at which nothing could be computed to a bound. Numbers are looked at only where they are used.
`find_problems` adds warnings: moves that are never possible, levels that are never reached, interests that
never hold (remarks where a used file of the library has or needs them), and *pumps*: an action or decision
that somewhere leads nowhere for certain and is worth more than nothing to whoever chooses it,
J_i + c_i > 0, so that it is taken at every opportunity and paid each time. With discount rho and pace lambda
such an option alone is worth up to lambda (J_i + c_i) / rho. They add actors whose values, at most
(max |u_i| + sum of lambda_m |J_mi|) / rho_i, may exceed `KNOWN`: the equations can then not be solved to
1e-9, whatever the solver. Private reasons, worth up to log n / beta_i at each
opportunity to choose among n, make values as large where they are all that chooses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bystander.errors import Mark, Problem, ScenarioError
from bystander.game.arrays import DateJump, Float, Game, MoveType, Numbers, Structure
from bystander.game.drafting import start_slopes_of
from bystander.game.rules import MoveRule, Rules
from bystander.game.tables import Conditions
from bystander.scenario.checks.finding import is_of_library, place
from bystander.scenario.document import library_paths
from bystander.scenario.expressions import Expr, derivative, evaluate, parameters_of, to_text, variables_of

FASTEST = 1e4
"""Per day: once in nine seconds. What is faster than that is not a move of a crisis."""
LARGEST = 1e6
"""Choice units, and choice units per day."""
KNOWN = 1e-9 / float(np.finfo(np.float64).eps)
"""Choice units: where the rounding of a value alone is 1e-9, the residual to which equations are solved."""
SMALLER = "Discount the future faster ('discount: 20% per year'), or let less be at stake."
SHARPER = (
    "Give it more rationality (0 where it is to choose by chance alone), discount faster, or state habits."
)


def refuse_impossible_guards(rules: Rules, guards: Conditions) -> None:
    """Refuse guards that fail for every combination of levels.

    A guard that mentions a parameter is left alone, since another value may open it.

    Raises
    ------
    ScenarioError
        Listing all of them.
    """
    found = []
    for j in guards.never_hold():
        move = rules.moves[j]
        if move.guard is not None and not parameters_of(move.guard):
            guard = to_text(move.guard)
            message = f"The move '{move.label.name}' can never happen: no situation satisfies {guard}."
            fix = "Correct its 'when', or write 'enabled: false' to switch it off."
            mark = move.guard.mark if move.guard.mark.line else move.mark
            found.append(Problem(mark, message, fix, "never-holds"))
    if found:
        raise ScenarioError(found)


def check_numbers(rules: Rules, structure: Structure, numbers: Numbers) -> None:
    """Refuse numbers that mean nothing, each where it is written, or at what it belongs to.

    Raises
    ------
    ScenarioError
        Listing all of them.
    """
    found: list[Problem] = []
    names = [f"'{move.label.name}'" for move in rules.moves]
    marks = [move.mark for move in rules.moves]
    moves = structure.kind_move
    _report(
        found,
        "number-range",
        numbers.rate,
        ~((numbers.rate >= 0) & (numbers.rate <= FASTEST)),
        moves,
        names,
        [_written_at(move.rate, move.mark) for move in rules.moves],
        f"has the rate {{}} per day, not between 0 and {FASTEST:g}",
    )
    _refuse_chances(found, numbers.chance, moves, names, marks)
    _refuse_impacts(found, numbers.impact, moves, names, marks)
    found += _bad_habits(rules, structure, numbers)
    actors = [f"'{actor.name}'" for actor in rules.actors]
    paces = [_written_at(actor.pace, actor.mark) for actor in rules.actors]
    own = np.arange(len(actors))
    for column in range(len(actors)):
        pace = numbers.pace[:, column]
        bad = ~((pace >= 0) & (pace <= FASTEST))
        owner = np.full(len(pace), column)
        text = f"acts {{}} times per day, not between 0 and {FASTEST:g}"
        _report(found, "number-range", pace, bad, owner, actors, paces, text)
    bad = ~((numbers.discount > 0) & (numbers.discount <= FASTEST))
    text = f"has the discount rate {{}} per day; it must be positive and at most {FASTEST:g}"
    places = [_written_at(actor.discount, actor.mark) for actor in rules.actors]
    _report(found, "number-range", numbers.discount, bad, own, actors, places, text)
    bad = ~((numbers.rationality >= 0) & (numbers.rationality <= LARGEST))
    text = f"has the rationality {{}}, not between 0 and {LARGEST:g}"
    places = [_written_at(actor.rationality, actor.mark) for actor in rules.actors]
    _report(found, "number-range", numbers.rationality, bad, own, actors, places, text)
    if not (np.abs(numbers.flow_worth) <= LARGEST).all():
        found += _endless_interests(rules, structure, numbers)
    if found:
        raise ScenarioError(found)


def _written_at(number: Expr | None, owner: Mark) -> Mark:
    """Return where a number is written; where its owner is, if that is not known."""
    return number.mark if number is not None and number.mark.line else owner


def check_dates(rules: Rules, jumps: Sequence[DateJump]) -> None:
    """Refuse chances and impacts of known dates that mean nothing.

    Raises
    ------
    ScenarioError
        Listing all of them.
    """
    found: list[Problem] = []
    for known, jump in zip(rules.dates, jumps, strict=True):
        names, marks = [f"'{known.move.label.name}'"], [known.move.mark]
        own = np.zeros(len(jump.impact), dtype=np.intp)
        _refuse_chances(found, jump.chances, own, names, marks)
        _refuse_impacts(found, jump.impact, own, names, marks)
    if found:
        raise ScenarioError(found)


def _refuse_chances(
    found: list[Problem],
    chances: Float,
    owner: NDArray[np.integer],
    names: Sequence[str],
    marks: Sequence[Mark],
) -> None:
    """Add what is wrong with the chances of branches."""
    wrong = ~((chances >= -1e-12) & (chances <= 1 + 1e-9))
    _report(found, "not-a-probability", chances, wrong, owner, names, marks, "has a branch of chance {}")
    total = chances.sum(axis=1)
    off = ~(np.abs(total - 1) <= 1e-9) & ~wrong.any(axis=1)
    text = "has branches whose chances sum to {}, not 1"
    _report(found, "chances-sum", total, off, owner, names, marks, text)


def _refuse_impacts(
    found: list[Problem],
    impacts: Float,
    owner: NDArray[np.integer],
    names: Sequence[str],
    marks: Sequence[Mark],
) -> None:
    """Add what is wrong with impacts and worths."""
    endless = ~(np.abs(impacts) <= LARGEST)
    text = f"has an impact or worth of {{}}, beyond {LARGEST:g} choice units"
    _report(found, "not-finite", impacts, endless, owner, names, marks, text)


def _bad_habits(rules: Rules, structure: Structure, numbers: Numbers) -> list[Problem]:
    """Find habits that are no chance, and actors whose habits leave nothing for waiting somewhere."""
    found: list[Problem] = []
    names, marks = [f"'{move.label.name}'" for move in rules.moves], []
    for move in rules.moves:
        habits = [move.habit] if move.ballot is None else list(move.ballot.habits.values())
        marks.append(_written_at(habits[0] if habits else None, move.mark))
    moves = structure.kind_move
    fix = "A habit is a rate below the pace of opportunities, or a chance per opportunity below 1."
    stated = structure.move_habitual[moves]
    text = "has a habit of {} per opportunity, not between 0 and 1,"
    bad = stated & ~((numbers.habit >= 0.0) & (numbers.habit < 1.0))
    _report(found, "bad-habit", numbers.habit, bad, moves, names, marks, text, fix)
    votes = (numbers.vote_weight > 0) & ~((numbers.vote_habit > 0.0) & (numbers.vote_habit < 1.0))
    text = "has a voter whose habit is {} per vote, not between 0 and 1,"
    _report(found, "bad-habit", numbers.vote_habit, votes, moves, names, marks, text, fix)
    if found or not stated.any():
        return found
    owner = structure.move_owner[moves]
    for actor in np.unique(owner[stated]):
        own = np.flatnonzero(stated & (owner == actor))
        most = np.zeros(len(rules.moves))
        np.maximum.at(most, moves[own], numbers.habit[own])
        if most.sum() >= 1.0 or numbers.habit[own].min() == 0.0:
            found += _crowded(rules, structure, numbers, int(actor))
    return found


def _crowded(rules: Rules, structure: Structure, numbers: Numbers, actor: int) -> list[Problem]:
    """Find a situation in which an actor's habits reach 1, and habits of 0 where it can act."""
    kind, moves = structure.option_kind, structure.kind_move
    own = np.flatnonzero((structure.move_habitual[moves] & (structure.move_owner[moves] == actor))[kind])
    place = np.repeat(np.arange(len(structure.pace_context)), np.diff(structure.option_start))[own]
    acts = numbers.pace[structure.pace_context[place], actor] > 0.0
    own, place = own[acts], place[acts]
    found = []
    for move in np.unique(moves[kind[own][numbers.habit[kind[own]] == 0.0]]):
        rule = rules.moves[move]
        message = (
            f"'{rule.label.name}' has a habit of 0: it would never be done, whatever the reasons for it."
        )
        fix = "Give a small habit, such as 'once in 100 years', or write 'enabled: false'."
        found.append(Problem(rule.mark, message, fix, "bad-habit"))
    total = np.bincount(place, numbers.habit[kind[own]], len(structure.pace_context))
    if (total >= 1.0).any():
        worst = int(np.argmax(total))
        names = [rules.moves[moves[k]].label.name for k in kind[own[place == worst]]]
        message = (
            f"The habits of '{rules.actors[actor].name}' add up to {total[worst]:.4g} per opportunity in a "
            f"situation that can occur ({', '.join(names)}), and leave nothing for waiting."
        )
        first = rules.moves[moves[kind[own[place == worst][0]]]]
        fix = "Lower them until they add up to less than 1, or let the actor act more often."
        found.append(Problem(first.mark, message, fix, "bad-habit"))
    return found


def _report(
    found: list[Problem],
    check: str,
    values: Float,
    bad: NDArray[np.bool_],
    owner: NDArray[np.integer],
    names: Sequence[str],
    marks: Sequence[Mark],
    text: str,
    fix: str = "Change the number or the 'when' that allows it.",
) -> None:
    """Add one problem for each owner with a bad value, showing the first."""
    if not bad.any():
        return
    rows = np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))
    for who in np.unique(owner[rows]):
        row = rows[np.argmax(owner[rows] == who)]
        value = values[row] if values.ndim == 1 else values[row][bad[row]][0]
        message = f"{names[who]} {text.format(f'{value:.6g}')} in a situation that can occur."
        found.append(Problem(marks[who], message, fix, check))


def _endless_interests(rules: Rules, structure: Structure, numbers: Numbers) -> list[Problem]:
    found = []
    for i, interest in enumerate(rules.interests):
        worth = numbers.flow_worth[np.unique(structure.flow_context[:, i])]
        if not (np.abs(worth) <= LARGEST).all():
            name = interest.label.name
            message = f"The worth of '{name}' is beyond {LARGEST:g} per day in a situation that can occur."
            fix = "Look for a division by zero, or for a wrong unit."
            found.append(Problem(_written_at(interest.worth, interest.mark), message, fix, "not-finite"))
    return found


def shut_at_zero(game: Game) -> dict[str, tuple[str, ...]]:
    """Return the parameters at whose value a rate, pace or chance is exactly 0, each with its moves.

    What is at 0 is left out of the game, so that no derivative of it speaks of these parameters, though a
    little more or less of them would change it. Known dates and what starts together have chances too.
    """
    if game.compiled is None:
        return {}
    rules: Rules = game.compiled.rules
    found: dict[str, dict[str, None]] = {}
    for move in (*rules.moves, *(known.move for known in rules.dates)):
        rate = rules.actors[move.owner].pace if move.rate is None else move.rate
        for expr in filter(parameters_of, (rate, *(branch.chance for branch in move.branches))):
            for name in _shut(expr, rules):
                found.setdefault(name, {})[move.label.name] = None
    none = any(chance == 0.0 for lottery in rules.starts for chance, _ in lottery)
    for name in rules.parameters if none else ():
        moved = start_slopes_of(rules.scenario, rules.parameters, name)
        for start, lottery, slopes in zip(rules.scenario.starts, rules.starts, moved, strict=True):
            if any(now == 0.0 != slope for (now, _), (slope, _) in zip(lottery, slopes, strict=True)):
                found.setdefault(name, {})[f"starts.{start}"] = None
    return {name: tuple(moves) for name, moves in found.items()}


def _shut(expr: Expr, rules: Rules) -> Iterator[str]:
    """Name the parameters that move an expression somewhere where it is exactly 0."""
    named = variables_of(expr)
    used = [variable for variable in rules.variables if variable.name in named]
    grid = np.ix_(*(np.arange(len(variable.levels)) for variable in used))
    levels = dict(zip((variable.name for variable in used), grid, strict=True))
    shut = evaluate(expr, levels, rules.parameters) == 0.0
    for name in parameters_of(expr) if shut.any() else ():
        if (shut & (evaluate(derivative(expr, name), levels, rules.parameters) != 0.0)).any():
            yield name


def find_problems(game: Game) -> tuple[Problem, ...]:
    """Warn of moves never possible, levels never reached, interests that never hold, and what is in vain."""
    if game.compiled is None:
        return ()
    rules: Rules = game.compiled.rules
    found = []
    used = np.zeros(len(game.moves), dtype=np.bool_)
    used[game.structure.kind_move] = True
    shut = {move: name for name, moves in shut_at_zero(game).items() for move in moves}
    for j in np.flatnonzero(~used):
        move = rules.moves[j]
        message = f"The move '{move.label.name}' is never possible: no situation that can occur allows it."
        fix = "Check its 'when' and its rate, or whether something that should lead there is missing."
        if name := shut.get(move.label.name, ""):
            message = f"The move '{move.label.name}' never comes up: '{name}' makes its rate exactly 0."
            fix = f"Give '{name}' another value; at 0 no slope tells what a little of it would do."
        mark = move.mark if move.guard is None else move.guard.mark
        found.append(_idle(move.mark, Problem(mark, message, fix, "never-possible", "warning")))
    for i, interest in enumerate(rules.interests):
        if interest.when is not None and not game.structure.flow_context[:, i].any():
            message = f"The interest '{interest.label.name}' never holds in a situation that can occur."
            problem = Problem(interest.when.mark, message, "Check its 'when'.", "idle-interest", "warning")
            found.append(_idle(interest.mark, problem))
    idle, fails = _leads_nowhere(game)
    paid = pumps(game, idle)
    found += [*_levels_never_reached(rules, game), *_without_effect(rules, game, idle, paid)]
    found += [*_attempts_asked(rules, game, fails), *_pumps(rules, game, paid)]
    return (*found, *values_too_large(game))


def _idle(owner: Mark, problem: Problem) -> Problem:
    """Make it a remark without advice that something of the library has no occasion here."""
    return replace(problem, mark=owner, fix="", severity="info") if is_of_library(owner) else problem


def _levels_never_reached(rules: Rules, game: Game) -> Iterator[Problem]:
    """Warn of levels that are never reached; remark on those of variables that the library has or needs."""
    used = () if rules.scenario is None else rules.scenario.fragments
    needed = {name for use in used if use.path in library_paths() for _, name in use.holes}
    for f, variable in enumerate(rules.variables):
        seen = np.bincount(game.situations.levels[:, f], minlength=len(variable.levels)) > 0
        missing = [level for level, there in zip(variable.levels, seen, strict=True) if not there]
        if missing:
            names, shared = ", ".join(f"'{level}'" for level in missing), is_of_library(variable.mark)
            asked = shared or variable.name in needed
            fix, severity = ("", "info") if asked else ("Add a move that leads there.", "warning")
            message = f"'{variable.name}' never reaches {names}."
            yield Problem(variable.mark, message, fix, "never-reached", severity)


def values_too_large(game: Game) -> list[Problem]:
    """Warn of actors whose values may grow too large to be solved."""
    rules: Rules | None = None if game.compiled is None else game.compiled.rules
    found = []
    for i, (most, private) in enumerate(zip(largest_values(game), most_private(game), strict=True)):
        if most + private > KNOWN:
            why, fix = "discounts the future so slowly, for what is at stake,", SMALLER
            if most <= KNOWN:
                why, fix = "discounts the future so slowly, for what its private reasons weigh,", SHARPER
            message = (
                f"'{game.actors[i]}' {why} that its values may reach {most + private:.1g} choice units; "
                f"beyond {KNOWN:.1g} they may not be solved to what is asked for."
            )
            mark = Mark() if rules is None else rules.actors[i].mark
            found.append(Problem(mark, message, fix, "values-too-large", "warning"))
    return found


def most_private(game: Game) -> Float:
    """Return ``(A,)`` a bound on what private reasons are worth: log n / beta at each opportunity."""
    numbers, structure = game.numbers, game.structure
    owner, sort = structure.move_owner, structure.move_type
    if game.shocks != "private":
        return np.zeros(len(game.actors))
    options = 1 + np.bincount(owner[sort == MoveType.ACTION], minlength=len(game.actors))
    votes = (numbers.rate[:, None] * (numbers.vote_weight > 0)).sum(axis=0) * np.log(2.0)
    often = numbers.pace.max(axis=0, initial=0.0) * np.log(options) + votes
    beta = numbers.rationality
    return np.asarray(np.where(beta > 0.0, often / np.where(beta > 0.0, beta, 1.0), 0.0) / numbers.discount)


def largest_values(game: Game) -> Float:
    """Return ``(A,)`` a bound on the size of any value: the most that flows, and all impacts, discounted."""
    numbers, structure = game.numbers, game.structure
    owner = structure.move_owner[structure.kind_move]
    acts = structure.move_type[structure.kind_move] == MoveType.ACTION
    pace = numbers.pace.max(axis=0, initial=0.0)
    rate = np.where(acts, pace[np.where(acts, owner, 0)], numbers.rate) if len(pace) else numbers.rate
    brought = np.zeros((len(game.moves), len(game.actors)))
    np.maximum.at(brought, structure.kind_move, rate[:, None] * np.abs(numbers.impact))
    flowing = np.abs(game.flow()).max(axis=0, initial=0.0)
    return np.asarray((flowing + brought.sum(axis=0)) / numbers.discount)


def pumps(game: Game, idle: NDArray[np.bool_] | None = None) -> dict[int, tuple[int, float]]:
    """Find moves that pay whoever chooses them and leave the situation as it is.

    Parameters
    ----------
    idle
        ``(O,)`` options that surely leave it, where that is known.

    Returns
    -------
    dict
        For each such move, by its number, the actor it pays most and how much (choice units).
    """
    structure, numbers = game.structure, game.numbers
    moves = structure.kind_move
    own = (numbers.vote_weight > 0).astype(float)
    acts = np.flatnonzero(structure.move_type[moves] == MoveType.ACTION)
    own[acts, structure.move_owner[moves[acts]]] = 1.0
    own[structure.move_type[moves] == MoveType.HAZARD] = 0.0
    pay = np.where(own > 0.0, numbers.impact, 0.0)
    kind = structure.option_kind
    idle = _leads_nowhere(game)[0] if idle is None else idle
    found: dict[int, tuple[int, float]] = {}
    for k in np.unique(kind[idle]) if game.actors else ():
        actor = int(np.argmax(pay[k]))
        most = float(pay[k, actor])
        if most > found.get(int(moves[k]), (0, 0.0))[1]:
            found[int(moves[k])] = (actor, most)
    return found


def _pumps(rules: Rules, game: Game, paid: Mapping[int, tuple[int, float]]) -> list[Problem]:
    found = []
    for j, (actor, most) in sorted(paid.items()):
        move = rules.moves[j]
        message = (
            f"'{move.label.name}' pays '{game.actors[actor]}' {most:.3g} each time and changes nothing: "
            "it would be done again and again, and paid again and again."
        )
        fix = "Let it lead somewhere ('then:'), so that it is done once, or give it no worth of its own."
        found.append(Problem(move.mark, message, fix, "pays-for-nothing", "warning"))
    return found


def _leads_nowhere(game: Game) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell of each option, ``(O,)``, whether it leaves the situation as it is: surely, and sometimes only."""
    structure, kind = game.structure, game.structure.option_kind
    place = np.repeat(np.arange(game.size), np.diff(structure.option_start))
    counts = structure.move_branches[structure.kind_move[kind]]
    if not len(counts):
        return np.zeros(0, bool), np.zeros(0, bool)
    stays = np.repeat(place, counts) == structure.targets
    first = np.concatenate(([0], np.cumsum(counts)[:-1]))
    branch = np.arange(counts.sum()) - np.repeat(first, counts)
    likely = game.numbers.chance[np.repeat(kind, counts), branch] > 0.0
    idle = np.logical_and.reduceat(stays, first)
    return idle, np.logical_or.reduceat(stays & likely, first) & ~idle


def _without_effect(
    rules: Rules, game: Game, idle: NDArray[np.bool_], paid: Collection[int]
) -> Iterator[Problem]:
    """Warn of what is chosen and would change something by its text, and nowhere does, unless it is paid."""
    structure = game.structure
    move = structure.kind_move[structure.option_kind]
    for j in np.setdiff1d(move[idle], [*move[~idle], *paid]):
        rule = rules.moves[j]
        meant = any(branch.changes or branch.computed for branch in rule.branches)
        if meant and structure.move_type[j] != MoveType.HAZARD:
            message = (
                f"'{rule.label.name}' changes nothing where it is possible: all that would change has a "
                "chance of 0, or is so already. It is made all the same, as often as its habit says."
            )
            fix = "Give that a chance, leave the move out (enabled: false), or for mere words write then: {}."
            yield Problem(rule.mark, message, fix, "changes-nothing", "warning")


def _attempts_asked(rules: Rules, game: Game, fails: NDArray[np.bool_]) -> Iterator[Problem]:
    """Remark on outcomes that count a move as made where it may have failed."""
    structure, scenario = game.structure, rules.scenario
    move = structure.kind_move[structure.option_kind]
    failing = {rules.moves[j].label.name: rules.moves[j] for j in np.unique(move[fails])}
    for name, outcome in scenario.outcomes.items() if scenario is not None else ():
        asked = [failing[m] for m in outcome.fires or outcome.counts or () if m in failing]
        if not asked:
            continue
        named = ", ".join(f"'{rule.label.name}'" for rule in asked)
        message = f"'{name}' counts each attempt: of {named} a branch changes nothing, and it counts as made."
        fix = f"Where only success is meant, ask for what it leads to{_led_to(rules, asked)}."
        yield Problem(place(scenario, ("outcomes", name)), message, fix, "attempts-count", "info")


def _led_to(rules: Rules, asked: Sequence[MoveRule]) -> str:
    """Write the question whether what some moves change first is so, "" where that is so from the start."""
    found: dict[str, dict[str, None]] = {}
    for branch in (branch for rule in asked for branch in rule.branches if branch.changes):
        at, level = branch.changes[0]
        variable = rules.variables[at]
        if not variable.start[level]:
            found.setdefault(variable.name, {})[variable.levels[level]] = None
    told = [
        f"{name} == {next(iter(levels))}" if len(levels) == 1 else f"{name} in [{', '.join(levels)}]"
        for name, levels in found.items()
    ]
    return f": ever: {' or '.join(told)}" if told else ""

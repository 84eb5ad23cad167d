"""``explain``: why someone stands by; ``find`` and ``flip``: what would make them do otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from bystander.cli.options import (
    FOUNDING_CASE,
    NO_CHANGES,
    AtLeastOne,
    Changes,
    Count,
    Json,
    Quantity,
    ScenarioName,
    Scheduler,
    asked_and_where,
    asked_day,
    asking,
    ballots,
    check_condition,
    first_asked,
    known_move,
    load_today,
    what_is_asked,
)
from bystander.cli.showing import apart, in_unit, show_by_itself, show_jumps, show_table
from bystander.cli.terminal import answers, asides, show_json, tracking
from bystander.errors import QueryError
from bystander.harmless import spaced
from bystander.progress import part_of
from bystander.report.words.numbers import amount, label, phrase, short_percent

if TYPE_CHECKING:
    from bystander.assessment.result import AskAnswer
    from bystander.cases.cases import Case
    from bystander.equilibrium.reasons import Reason
    from bystander.policy.inverse import Way, Ways
    from bystander.policy.targets import Target as Wished
    from bystander.policy.turning import TurningPoints
    from bystander.process.clocks import Clocks
    from bystander.progress import Progress
    from bystander.report.words.decomposition import Values
    from bystander.report.words.reasons import Expecting
    from bystander.scenario.schema import Scenario as Crisis

SHOWN = 5
Target = Annotated[
    str,
    Parameter(
        help="An outcome, judgement or move, `P(outcome | condition)`, a condition, or a comparison; what "
        "the scenario asks first if not given."
    ),
]
Owner = Annotated[
    str, Parameter(help="Actor or institution, or `owner.move`; the move asked about first if not given.")
]
AtLeast = Annotated[
    Quantity, Parameter(help="It is to reach this: `50%`, `30 people`; a chance 50% if not given.")
]
AtMost = Annotated[Quantity, Parameter(help="It is to fall to this.")]


def find(
    target: Target = "",
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    at_least: AtLeast = "",
    at_most: AtMost = "",
    up_to: Annotated[AtLeastOne, Parameter(help="Largest set of changes to consider.")] = 3,
    parameters: Annotated[
        bool, Parameter(help="Parameters may move too, each to the favourable tenth of its prior.")
    ] = False,
    scheduler: Scheduler = "",
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> None:
    """Find the smallest set of measures that makes something likely, or turns a conclusion."""
    from bystander.cases.engines import using_scheduler
    from bystander.cases.store import default_store
    from bystander.policy.inverse import find_changes

    target, scenario = asked_and_where(target, scenario)
    read, wished = _wished(load_today(scenario, changes), target, at_least, at_most)
    with using_scheduler(scheduler), tracking("Solving as it is", show=not json) as progress:
        found = find_changes(
            read, wished, up_to=up_to, parameters=parameters, store=default_store(), progress=progress
        )
    if json:
        show_json(found)
    else:
        _show_ways(found, read, up_to, parameters)


def flip(
    target: Target = "",
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    at_least: AtLeast = "",
    at_most: AtMost = "",
    limit: Annotated[
        Count, Parameter(help="Most parameters to search, those nearest by the tangent first.")
    ] = 12,
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> None:
    """Find the nearest value of each parameter at which something turns, the most plausible first."""
    from bystander.cases.store import default_store
    from bystander.policy.turning import turning_points

    target, scenario = asked_and_where(target, scenario)
    read, wished = _wished(load_today(scenario, changes), target, at_least, at_most)
    with tracking("Solving as it is", show=not json) as progress:
        found = turning_points(read, wished, limit=limit, store=default_store(), progress=progress)
    if json:
        show_json(found)
    else:
        show_turning_points(found, read)


def _wished(read: Crisis, target: str, at_least: str, at_most: str) -> tuple[Crisis, Wished]:
    """Return the scenario and what is to be turned: what the scenario asks first, where nothing is named."""
    from bystander.policy.targets import read_wish

    if not target:
        read, names = what_is_asked(read, told=False)
        if not names:
            raise QueryError("The scenario asks nothing that could be turned. Name what is to be.")
        target = names[0]
    return read_wish(read, target, at_least=at_least, at_most=at_most)


def _is_over(found: Ways) -> bool:
    """Say whether the side that is wished for is above the threshold, told by what is known of it."""
    if found.number != found.number and found.nearest is not None:
        return (found.nearest.number >= found.threshold) == found.nearest.reaches
    return (found.number < found.threshold) != found.already


def _show_ways(found: Ways, read: Crisis, up_to: int, parameters: bool) -> None:
    now, wanted = apart(found.number, found.threshold, found.unit)
    side = "at least" if _is_over(found) else "at most"
    wished = f"{in_unit(now, found.unit)} now, {side} {in_unit(wanted, found.unit)} wished"
    wished = "it is to turn" if found.joined else wished
    answers.print(f"{_told(found.target)}: {wished}.")
    if found.already:
        answers.print("It is so already; nothing needs to change.")
        return
    if found.smallest:
        size = len(found.smallest[0].changes)
        count = f"{size} changes" if size > 1 else "one change"
        answers.print(f"The smallest sets found that bring it about have {count}:")
        _show_sets(found, read, found.smallest[:SHOWN])
        if len(found.smallest) > SHOWN:
            answers.print(f"And {len(found.smallest) - SHOWN} more of that size; --json lists them.")
        if size > 2:
            promising, all_ = found.checked
            answers.print(
                f"Smaller sets were looked for among the {promising} most promising of {all_} changes."
            )
    elif found.nearest is None:
        answers.print("Nothing was solved.")
    else:
        tried = f"no single change tried of {found.solves}"
        if found.solves == 1:
            tried = "only one change was tried"
        elif (most := min(up_to, len(read.measures) + parameters * len(read.parameters))) > 1:
            tried = f"none of {found.solves} sets of up to {most} changes tried"
        number = found.nearest.number
        if comes_nearer(found, number):
            answers.print(f"Nothing does it: {tried}. The nearest:")
            _show_sets(found, read, (found.nearest,))
        else:
            answers.print(f"Nothing does it, or comes {_no_nearer(found, number)}: {tried}.")
        if not parameters:
            answers.print("Assumptions were left as they are; --parameters lets them move too.")
    if found.unsolved:
        answers.print(f"Of {found.solves} sets tried {found.unsolved} could not be solved.")
    if found.ended:
        asides.print(f"Not everything was tried: {found.ended}.")


def comes_nearer(found: Ways | TurningPoints, number: float) -> bool:
    """Say whether a number that falls short reads as nearer to what is wished than it is now."""
    now, there = (apart(each, found.threshold, found.unit)[0] for each in (found.number, number))
    return found.joined or (_is_nearer(found, number) and now != there)


def _is_nearer(found: Ways | TurningPoints, number: float) -> bool:
    return number != found.number and (number > found.number) == (found.number < found.threshold)


def _no_nearer(found: Ways | TurningPoints, number: float) -> str:
    """Say what even the nearest does not come; one that is nearer by less than shows is not denied."""
    return "noticeably nearer" if _is_nearer(found, number) else "nearer"


def _show_sets(found: Ways, read: Crisis, ways: tuple[Way, ...]) -> None:
    from bystander.report.words.decomposition import called_change

    rows = [
        [
            "†" if way.jump else "",
            " + ".join(called_change(read, change) for change in way.changes),
            "–" if found.joined else apart(way.number, found.threshold, found.unit)[0],
            amount(way.cost),
        ]
        for way in ways
    ]
    show_table(("", "changes", "it becomes", "cost"), rows, numbers=(2, 3))
    show_jumps(one.jump for one in ways)


def show_turning_points(found: TurningPoints, read: Crisis) -> None:
    """Print what would turn a target, most plausible first, and what was looked at in vain."""
    from bystander.report.words.decomposition import called_measure, values_of

    now, wanted = apart(found.number, found.threshold, found.unit)
    side = "over" if found.number < found.threshold else "under"
    asked = f"{in_unit(now, found.unit)} now. What would bring it {side} {in_unit(wanted, found.unit)}:"
    answers.print(f"\n{_told(found.target)}: {'what would turn it:' if found.joined else asked}")
    values = values_of(read)
    rows = [
        [
            "†" if point.jump else "",
            f"{values.called(point.parameter)}\n{point.parameter}",
            _on_lines(values.told(point.parameter)),
            _on_lines(values.turning(point.parameter, point.there)),
            "–" if point.beyond is None else short_percent(point.beyond),
        ]
        for point in found.points[:SHOWN]
    ]
    show_table(("", "assumption", "now", "turns it at", "believed"), rows, numbers=(2, 3, 4))
    more = len(found.points) - SHOWN
    if rows:
        further = f"; {more} less plausible ones are in --json" if more > 0 else ""
        answers.print(f"Believed: how likely its prior makes that value or one farther out{further}.")
    if any(point.jump for point in found.points[:SHOWN]):
        answers.print("† turns by a jump to another equilibrium.")
    _show_in_vain(found)
    show_by_itself(
        (_called_by(read, values, name), "", followed, alone, found.unit)
        for name, followed, alone in found.by_itself
    )
    turning = sorted((m for m in found.measures if m[2]), key=lambda m: m[1], reverse=side == "over")
    tried = [
        [called_measure(read, name), "–" if found.joined else apart(number, found.threshold, found.unit)[0]]
        for name, number, _ in turning[:SHOWN]
    ]
    show_table(("measure that turns it", "with it"), tried, numbers=(1,))
    count = len(found.measures)
    none = f"None of {count} measures does" if count > 1 else "The one measure does not"
    if found.measures and not turning and found.joined:
        answers.print(f"{none}.")
    if found.measures and not turning and found.nearest_measure is not None:
        name, number = found.nearest_measure
        reached = apart(number, found.threshold, found.unit)[0]
        nearest = f"; the nearest, \u201c{called_measure(read, name)}\u201d, makes it {reached}"
        if not comes_nearer(found, number):
            nearest = f", {'or' if count > 1 else 'nor'} comes {_no_nearer(found, number)}"
        answers.print(f"{none}{nearest}.")


def _called_by(read: Crisis, values: Values, name: str) -> str:
    """Call a parameter or a measure as the crisis does."""
    from bystander.report.words.decomposition import called_measure

    return values.called(name) if name in read.parameters else called_measure(read, name)


def _on_lines(value: str) -> str:
    """Set how a value compares below it: side by side they leave no room for the columns beside."""
    return value.replace(", ", "\n")


def _show_in_vain(found: TurningPoints) -> None:
    said = []
    if found.unmoved:
        count = len(found.unmoved)
        do = "do" if count > 1 else "does"
        which = (
            f"{count} more {do}" if found.points else f"{count} assumptions {do}" if count > 1 else "1 does"
        )
        said.append(f"{which} not turn it, moved as far as anyone could believe")
    for names, one, several in (
        (found.unsearched, "pulls less and was not moved", "pull less and were not moved"),
        (found.powerless, "does not touch it, or has no range", "do not touch it, or have no range"),
    ):
        if names:
            said.append(f"{len(names)} {one if len(names) == 1 else several}")
    if found.unsolved:
        told = ", ".join(label(name) for name in found.unsolved)
        said.append(f"not known of what could not be solved: {told}")
    if found.shut:
        closed = " and ".join(label(name) for name in found.shut)
        said.append(f"where {closed} is, a rate or chance is exactly 0 and no slope tells: `sweep` does")
    if said:
        text = "; ".join(said)
        answers.print(f"{text[:1].upper()}{text[1:]}.")
    if not (found.points or said):
        answers.print("The scenario has no parameters that could turn it.")
    elif not found.points:
        answers.print(
            "None that was moved turns it."
            if found.unsearched or found.unsolved or found.shut
            else "No single assumption turns it."
        )


def _told(target: str) -> str:
    """Write a target in words: moves by the words of their names, all else as it is."""
    if target.isidentifier():
        return label(target)
    move, _, rest = target.partition(" ")
    owner, dot, name = move.partition(".")
    if not (dot and owner.isidentifier() and name.isidentifier()):
        return phrase(target, target)
    from bystander.report.words.expressions import condition

    times, after, given = rest.partition(" after ")
    said = spaced(given) if given.isidentifier() else f"\u201c{condition(given)}\u201d"
    return f"{label(owner)}: {label(name).lower()} {times}{f'{after}{said}' if after else ''}".strip()


def explain(
    owner: Owner = "",
    move: Annotated[
        str, Parameter(help="One of its moves, or `body.decision` for its vote; all its moves if not given.")
    ] = "",
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    given: Annotated[
        str | None, Parameter(help="Condition under which it is asked; the scenario's own if not given.")
    ] = None,
    on: Annotated[
        str | None,
        Parameter(
            help="Date on which it is asked, after the scenario's `as_of`; over all days if not given."
        ),
    ] = None,
    flip: Annotated[
        bool, Parameter(help="Search what would turn the move from likely to unlikely, or back.")
    ] = False,
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> None:
    """Explain why someone makes a move, or stands by: terms that add up, or whose vote was missing."""
    from bystander.cases.cases import solve_case
    from bystander.policy.reasons import explain_moves, find_moves
    from bystander.process.outcomes import expectations, make_clocks

    owner, scenario = asked_and_where(owner, scenario)
    move, scenario = asked_and_where(move, scenario)
    read = load_today(scenario, changes)
    owner, move, voter = known_move(read, owner or first_asked(read), move, scenario)
    check_condition(read, given)
    day = None if on is None else asked_day(read, on)
    if flip and not move:
        raise QueryError(f"--flip is about one move. Name one of '{owner}'.")
    with tracking("Solving", show=not json) as progress:
        case = solve_case(read, outcomes=(), judgements=())
        names = find_moves(case.equilibrium, owner, move)
        clocks = make_clocks(case.equilibrium)
        reasons = explain_moves(case.equilibrium, names, given=given, on=day, skip=not move, clocks=clocks)
        condition = (read.given if given is None else given) or ""
        if not any(r.voter == voter for r in reasons):
            raise QueryError(_nothing_to_explain(read, scenario, voter or owner, names, condition))
        left_out = () if move else _impossible(names, reasons)
        reasons = tuple(r for r in reasons if not voter or r.voter in ("", voter))
        telling = condition if on is None and not json else None
        asks = _carried(case, clocks, names, telling, part_of(progress, 0.0, 0.2))
        expected = expectations(clocks, condition, read.horizon)
        turns = _turns(case, names[0], given, part_of(progress, 0.2, 1.0)) if flip else None
    if json:
        chances = [r for r in expected.responses if r.owner == owner and move in ("", r.move)]
        left = {"impossible": left_out} if left_out else {}
        show_json({"reasons": reasons, "responses": chances, "turning_points": turns, **left})
        return
    if on is not None:
        answers.print(f"On {on}:\n")
    _show_reasons(case, reasons, expected if on is None else None, asks)
    if left_out:
        answers.print(f"\n{_left_out(read, left_out, condition, on)}")
    if turns is not None:
        show_turning_points(turns, read)


def _turns(case: Case, move: str, given: str | None, progress: Progress) -> TurningPoints:
    """Find what would turn a move from likely to unlikely, or back."""
    from bystander.cases.store import default_store
    from bystander.policy.targets import move_target
    from bystander.policy.turning import turning_points

    asked, target = move_target(case.scenario, move, given=given)
    return turning_points(asked, target, base=case, store=default_store(), progress=progress)


def _nothing_to_explain(read: Crisis, typed: str, who: str, names: Sequence[str], condition: str) -> str:
    """Say that somebody has no choice under a condition, and what can be asked instead."""
    from bystander.report.words.expressions import condition as told

    when = (
        f"while \u201c{told(condition)}\u201d holds" if condition else "in any situation that can come about"
    )
    own = [name for name in names if name.startswith(f"{who}.")]
    what = f"can make none of its moves ({', '.join(own)})" if own else f"has no vote on {names[0]}"
    said = f"{who} {what} {when}."
    asks = []
    if condition:
        asks.append(
            f"Over all situations: {asking(typed, *([who] if own else [who, *names]), '--given', '')}"
        )
    votes = ballots(read, who) if own else []
    if votes:
        asks.append(f"Its vote: {asking(typed, who, votes[0])}")
    return " ".join([said, *asks])


def _impossible(names: Sequence[str], reasons: Sequence[Reason]) -> tuple[str, ...]:
    """Return the moves that nothing is explained of, since none can be made where the question arises."""
    told = {f"{reason.owner}.{reason.move}" for reason in reasons}
    return tuple(name for name in names if name not in told)


def _left_out(read: Crisis, moves: Sequence[str], condition: str, on: str | None) -> str:
    """Say which moves nothing is explained of, and why."""
    from bystander.report.words.expressions import condition as told

    known = read.moves()
    named = "; ".join(
        f"\u201c{phrase(known[name].about, name.partition('.')[2], 60)}\u201d" for name in moves
    )
    when = "in any situation that can come about"
    if condition:
        when = f"while \u201c{told(condition)}\u201d holds"
    if on is not None:
        when += f", on {on}"
    return f"Left out, because {'they' if len(moves) > 1 else 'it'} cannot be made {when}: {named}."


def _carried(
    case: Case, clocks: Clocks, names: Sequence[str], condition: str | None, progress: Progress
) -> tuple[AskAnswer, ...]:
    """Answer the scenario's questions that begin with one of some moves, by taking each reason away."""
    from bystander.assessment.asks import answer_asks
    from bystander.cases.store import default_store
    from bystander.scenario.expressions import written

    read = case.scenario
    asks = {
        name: ask
        for name, ask in read.asks.items()
        if written(read.condition_of(ask)) == condition and {*read.known_moves(ask)[:1]} & {*names}
    }
    asking = read.model_copy(update={"asks": asks})
    return answer_asks(asking, case, clocks, store=default_store(), progress=progress) if asks else ()


def _show_reasons(
    case: Case, reasons: Sequence[Reason], expected: Expecting, asks: Sequence[AskAnswer]
) -> None:
    """Print reasons, then what still stops each decision where a measure would widen its mandate."""
    from bystander.policy.reasons import openings
    from bystander.report.terminal import answer
    from bystander.report.words.decomposition import called_measure
    from bystander.report.words.reasons import hindered

    answer(reasons, answers, case.scenario, expected, asks)
    for reason in reasons:
        if reason.blocked:
            for measure, hindrance in openings(case, f"{reason.owner}.{reason.move}"):
                said = f"\nWith \u201c{called_measure(case.scenario, measure)}\u201d: {hindered(hindrance)}"
                answers.print(said)

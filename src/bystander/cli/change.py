"""``what-if``, ``sweep``: what changes do; ``compare``, ``sensitivity``: which inputs are behind a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product, zip_longest
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from cyclopts import Parameter

from bystander.cli.options import (
    A_SCENARIO,
    FOUNDING_CASE,
    NO_CHANGES,
    AtLeastOne,
    Changes,
    Count,
    Json,
    Quantity,
    ScenarioName,
    Scheduler,
    Seed,
    known_changes,
    known_name,
    known_names,
    load_today,
    pairs,
    what_is_asked,
)
from bystander.cli.showing import adding_up, difference, show_by_itself, show_closeness, show_table
from bystander.cli.terminal import answers, show_json, tracking
from bystander.errors import QueryError
from bystander.harmless import first_of
from bystander.report.words.names import spell_as
from bystander.report.words.numbers import amount, in_short, label, phrase, short_percent, signed
from bystander.units import CHANCES, in_rank

if TYPE_CHECKING:
    from bystander.policy.compare import Attribution, CrisisComparison
    from bystander.policy.sensitivity import GlobalSensitivity, LocalSensitivity, SensitivityResult
    from bystander.policy.sweep import Sweep
    from bystander.policy.what_if import Difference, WhatIf
    from bystander.scenario import Scenario

MOVES_SHOWN, POINTS_NAMED = 8, 3
WORTH = 0.005
"""What a change of worth is at least, to be shown with two decimals."""
Outcomes = Annotated[
    tuple[str, ...], Parameter(name="--outcome", help="Only these outcomes; the main ones if not given.")
]
Asked = Annotated[
    tuple[str, ...],
    Parameter(name="--outcome", help="Of these outcomes; of what the scenario asks if not given."),
]


def what_if(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    by_owner: Annotated[bool, Parameter(help="Say whose adapting makes the difference.")] = False,
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> None:
    """Solve again with changes: every outcome before and after, and how much of it is everyone adapting."""
    from bystander.cases.changes import read_measures
    from bystander.policy.what_if import what_if as compare_change

    if not changes:
        raise QueryError("Nothing is changed. Use --set, --enable, --disable, --start, --measure or --null.")
    read = load_today(scenario)
    changes = known_changes(read, changes)
    with tracking("Solving as it is", show=not json) as progress:
        found = compare_change(
            read,
            sets=pairs(changes.set, "--set"),
            enable=changes.enable,
            disable=changes.disable,
            start=pairs(changes.start, "--start"),
            measures=read_measures(read, changes.measure),
            null=changes.null,
            by_owner=by_owner,
            label=label,
            progress=progress,
        )
    if json:
        show_json(found)
    else:
        _show_what_if(found)


def _show_what_if(found: WhatIf) -> None:
    from bystander.report.words.reasons import hindered
    from bystander.report.words.sentences import headline, moving, plain

    answers.print("; ".join(found.changes))
    answers.print(plain(headline(found.outcomes)))
    moved = moving(found.outcomes)
    rows = []
    for d in moved or [d for d in found.outcomes if d.headline and not d.withheld]:
        split, change = ["–", "–"], difference(d.change, d.unit)
        if d.direct is not None and d.adapted is not None:
            *split, change = adding_up((d.direct, d.adapted), d.unit, max(abs(d.before), abs(d.after)))
        rows.append(
            [
                phrase(d.about, d.outcome),
                in_short(d.before, d.unit),
                in_short(d.after, d.unit),
                change,
                *split,
            ]
        )
    show_table(("", "before", "after", "change", "direct", "adapting"), rows, numbers=(1, 2, 3, 4, 5))
    if found.jump:
        answers.print(f"The differences include a jump to another equilibrium, of {found.jump:.2g} in worth.")
    _show_sides(found.outcomes, found.by_itself)
    still = sum(not d.withheld and not d.too_close for d in found.outcomes if d not in moved)
    if still:
        answers.print(f"{still} of {len(found.outcomes)} outcomes hardly move.")
    show_closeness((phrase(d.about, d.outcome), d) for d in found.outcomes)
    for place, hindrance in enumerate(found.hindered):
        lead = "" if place else "What stops it now. "
        answers.print(f"{lead}{hindered(hindrance)}")
    owners = [
        [phrase(d.about, d.outcome), label(owner), difference(part, d.unit)]
        for d in moved
        if d.headline
        for owner, part in sorted(d.by_owner, key=lambda pair: -in_rank(abs(pair[1])))[:3]
    ]
    show_table(("outcome", "adapting", "difference"), owners, title="Whose adapting", numbers=(2,))
    flipped = [[v.says, v.before, v.after] for v in found.judgements if v.before != v.after]
    show_table(("judgement", "before", "after"), flipped, title="Judgements that change")
    told = [(m, short_percent(m.before), short_percent(m.after)) for m in found.moves[:MOVES_SHOWN]]
    moves = [[choice_called(m.move, m.about), was, now] for m, was, now in told if was != now]
    show_table(
        ("choice", "before", "after"),
        moves,
        title="Choices that change most, at each opportunity that comes with the change",
        numbers=(1, 2),
    )
    ranked = sorted(found.worths, key=lambda w: in_rank(w.change))
    worths = [[label(w.actor), signed(w.change, 2)] for w in ranked if abs(w.change) >= WORTH]
    show_table(("actor", "worth"), worths, title="Who loses and who gains", numbers=(1,))
    if worths and (rest := len(ranked) - len(worths)):
        answers.print("One other neither." if rest == 1 else f"{rest} others neither.")


def _show_sides(outcomes: Sequence[Difference | Attribution], alone: Sequence[tuple[str, float]]) -> None:
    """Show what the second side of a comparison answers by itself, where that is another equilibrium."""
    known = {d.outcome: d for d in outcomes}
    told = [(known[name], number) for name, number in alone if name in known]
    show_by_itself(("", phrase(d.about, d.outcome), d.after, number, d.unit) for d, number in told)


def choice_called(move: str, about: str) -> str:
    """Call a move, ``owner.move``, by whose it is and its words, or by these alone if they name the owner."""
    from bystander.report.words.numbers import running

    owner, _, name = move.partition(".")
    who, what = label(owner), phrase(about, name)
    return what if who.lower() in what.lower() else f"{who}: {running(what)}"


def sweep(
    parameter: Annotated[str, Parameter(help="Name of a parameter.")],
    low: Annotated[Quantity, Parameter(help="Where it starts, with its unit.")],
    high: Annotated[Quantity, Parameter(help="Where it ends.")],
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    points: Annotated[AtLeastOne, Parameter(help="Number of points.")] = 9,
    also: Annotated[
        tuple[str, str, str] | None,
        Parameter(help="A second parameter with its two ends: a grid.", allow_leading_hyphen=True),
    ] = None,
    outcome: Asked = (),
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> None:
    """Solve a scenario over a range of one parameter, or a grid of two."""
    from bystander.policy.sweep import sweep as solve_over

    read = load_today(scenario, changes)
    parameter = known_name(parameter, read.parameters, "parameter")
    ranges = {parameter: (low, high)}
    if also is not None:
        second = known_name(also[0], read.parameters, "parameter")
        if second == parameter:
            raise QueryError(f"--also names '{parameter}' again. A grid is over two different parameters.")
        ranges[second] = (also[1], also[2])
    wanted = known_names(outcome, read.outcomes, "outcome")
    if not wanted:
        read, wanted = what_is_asked(read, told=not json)
    with tracking("Sweeping", show=not json) as progress:
        found = solve_over(read, ranges, points=points, outcomes=wanted, judgements=(), progress=progress)
    if json:
        show_json(found)
    else:
        _show_sweep(found, read)


def _show_sweep(found: Sweep, read: Scenario) -> None:
    from bystander.report.words.confidence import within
    from bystander.report.words.decomposition import values_of

    units = {name: asked.kind for name, asked in read.outcomes.items()}
    words = {name: phrase(asked.told, name, 60) for name, asked in read.outcomes.items()}
    values_told = values_of(read)
    called = " × ".join(values_told.called(name) for name in found.parameters)
    moved = f"{called}\n{' × '.join(found.parameters)}"
    labels = [" ".join(point) for point in product(*found.labels)]
    labels = [f"{label} †" if jump else label for label, jump in zip_longest(labels, found.jumped)]
    for first in range(0, len(found.outcomes), SIDE_BY_SIDE):
        some = found.outcomes[first : first + SIDE_BY_SIDE]
        rows = [
            [label, *(in_short(values[place], units[name]) for name, values in some)]
            for place, label in enumerate(labels)
        ]
        heads = (moved, *(words[name] for name, _ in some))
        show_table(heads, rows, numbers=tuple(range(1, len(heads))))
    if any(found.jumped):
        answers.print("† reached from the point before by a jump to another equilibrium.")
    chances = [errors for name, errors in found.errors if units[name] in CHANCES]
    said = within(error for errors in chances for error in errors if isfinite(error))
    if said:
        answers.print(said)
    values = dict(found.outcomes)
    show_by_itself(
        (label, words[name], values[name][place], number, units[name])
        for place, label in enumerate(labels)
        for name, number in found.by_itself[place]
    )
    _show_denied(found, labels, words)


def _show_denied(found: Sweep, labels: Sequence[str], words: Mapping[str, str]) -> None:
    """Say what is not known and why: each reason once, with all that it denies at the same points."""
    points: dict[tuple[str, str], list[str]] = {}
    for point, whys in zip(labels, found.withheld, strict=True):
        for name, why in whys:
            points.setdefault((why, name), []).append(point)
    names: dict[tuple[str, str], list[str]] = {}
    for (why, name), some in points.items():
        names.setdefault((why, _points(some, len(labels))), []).append(words.get(name, ""))
    for (why, where), denied in names.items():
        answers.print(f"Not known. {', '.join(filter(None, ('; '.join(denied), where)))}: {why}")


def _points(points: Sequence[str], of: int) -> str:
    """Name the points of a sweep, or count them where they are many."""
    return " and ".join(points) if len(points) <= POINTS_NAMED else f"at {len(points)} of {of} points"


PARTS_SHOWN, OUTCOMES_SHOWN, CAUSES_SAID, ASKED_SHOWN = 6, 4, 3, 5
NEGLIGIBLE = 0.02
"""Share of a difference below which a cause is not told."""
PARAMETERS_SHOWN, PARAMETERS_OF_EACH, SEVERAL = 12, 5, 2
ELASTICITY = (
    "Elasticity: what the outcome gains when the assumption rises by a hundredth, times a hundred. +0.20 "
    "says that 1% more of it raises a chance by 0.2 points, an amount by 0.002; of an assumption at nought, "
    "what a growth by one would bring at that rate."
)
SIDE_BY_SIDE = 6
"""Outcomes of a sweep in one table."""


def compare(
    a: Annotated[str, Parameter(help=A_SCENARIO)],
    b: Annotated[str, Parameter(help=A_SCENARIO)],
    *,
    outcome: Outcomes = (),
    json: Json = False,
) -> None:
    """Compare two scenarios: which outcomes differ, and the parts of the difference that each input makes."""
    from bystander.policy.compare import compare as attribute

    first, second = load_today(a), load_today(b)
    outcome = known_names(outcome, {**first.outcomes, **second.outcomes}, "outcome")
    with tracking("Comparing", show=not json) as progress:
        found = attribute(first, second, names=(a, b), outcomes=outcome or None, progress=progress)
    if json:
        show_json(found)
        return
    _show_comparison(found, first, second)


def _show_comparison(found: CrisisComparison, first: Scenario, second: Scenario) -> None:
    """Print what differs most with its causes in a sentence, then every outcome, then causes in rows."""
    from bystander.report.words.sentences import cause, headline, largest_first, plain

    spell_as(first, second)
    both = {one: f"{label(one)} / {label(two)}" for one, two in found.alike}
    ranked = [
        replace(o, parts=tuple(replace(p, about=both.get(p.group, p.about)) for p in o.parts))
        for o in largest_first(found.outcomes)
    ]
    titles = (first.title, second.title) if first.title != second.title else (found.a, found.b)
    lead = f"From \u201c{titles[0]}\u201d to \u201c{titles[1]}\u201d: {plain(headline(ranked))}"
    made = [p for p in ranked[0].parts if abs(p.part) > NEGLIGIBLE * abs(ranked[0].change)][:CAUSES_SAID]
    if made and ranked[0].change:
        behind = [f"{cause(p)[0]} ({difference(p.part, ranked[0].unit)})" for p in made]
        lead += f" Behind it, most first: {'; '.join(behind)}."
    answers.print(lead)
    show_table(
        ("outcome", found.a, found.b, "difference"),
        [
            [
                phrase(o.about, o.outcome),
                in_short(o.before, o.unit),
                in_short(o.after, o.unit),
                difference(o.change, o.unit),
            ]
            for o in ranked
        ],
        numbers=(1, 2, 3),
    )
    show_closeness((phrase(o.about, o.outcome), o) for o in ranked)
    for o in ranked[:OUTCOMES_SHOWN]:
        parts = [p for p in o.parts if abs(p.part) > NEGLIGIBLE * abs(o.change)][:PARTS_SHOWN]
        rows = [[*cause(p), difference(p.part, o.unit)] for p in parts]
        if rows and len(parts) < len(o.parts):
            left = difference(o.change - sum(p.part for p in parts), o.unit)
            rows.append([f"{len(o.parts) - len(parts)} more", "", "", left])
        show_table(
            ("because of", found.a, found.b, "part"),
            rows,
            title=f"Behind \u201c{phrase(o.about, o.outcome)}\u201d, {difference(o.change, o.unit)}",
            numbers=(3,),
        )
    undivided = [phrase(o.about, o.outcome) for o in ranked if o.change != o.change and not o.withheld]
    if undivided:
        answers.print(f"May never come, so not divided: {'; '.join(undivided)}.")
    if found.jumps:
        answers.print(
            f"{found.jumps} of {found.solves} solves on the way jumped to another equilibrium: the parts "
            "include that."
        )
    _show_sides(ranked, found.by_itself)
    played = [pair for pair in found.alike if pair[0] in {**first.actors, **first.institutions}]
    if played:
        pairs = "; ".join(f"{label(one)} and {label(two)}" for one, two in played)
        answers.print(f"They play the same part, and are compared as one: {pairs}.")
    _show_not_compared(found, first, second)


def _show_not_compared(found: CrisisComparison, first: Scenario, second: Scenario) -> None:
    """Say what only one of two scenarios asks, and what both ask by a name that means two things."""
    from bystander.policy.compare import comparable

    for name, only, asked in ((found.a, found.only_a, first), (found.b, found.only_b, second)):
        if only:
            answers.print(f"Only {name} asks: {_listed(only, asked)}.")
    alike = comparable(first, second)
    if apart := [name for name in first.outcomes if name in second.outcomes and name not in alike]:
        answers.print(f"Both ask by one name, and of different things: {_listed(apart, first)}.")


def _listed(names: Sequence[str], asked: Scenario) -> str:
    """Name some outcomes, the first few of many."""
    said = [phrase(asked.outcomes[name].told, name, 60) for name in names]
    return first_of(said, ASKED_SHOWN, rest="; and")


def sensitivity(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    outcome: Asked = (),
    draws: Annotated[
        Count, Parameter(help="Draws from the priors for a global analysis; 0 for derivatives only.")
    ] = 0,
    method: Annotated[Literal["pawn", "sobol"], Parameter(help="Method of the global analysis.")] = "pawn",
    scheduler: Scheduler = "",
    json: Json = False,
    seed: Seed = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """Rank the parameters by how much they move the outcomes, locally or over their priors."""
    from bystander.assessment.assess import without_slope
    from bystander.cases.cases import solve_case
    from bystander.cases.engines import using_scheduler
    from bystander.cases.store import default_store
    from bystander.policy.sensitivity import global_sensitivities, local_sensitivities, why_no_slope
    from bystander.report.words.confidence import for_each_reason

    read = load_today(scenario, changes)
    wanted = known_names(outcome, read.outcomes, "outcome")
    if not wanted:
        read, wanted = what_is_asked(read, told=not json)
    found: tuple[LocalSensitivity, ...] | SensitivityResult
    with using_scheduler(scheduler), tracking("Solving", show=not json) as progress:
        case = solve_case(read, outcomes=wanted, judgements=())
        denied = {name: why for name in wanted if (why := why_no_slope(case, name))}
        wanted = tuple(name for name in wanted if name not in denied)
        if denied and not wanted:
            raise QueryError(next(iter(denied.values())))
        if draws:
            found = global_sensitivities(
                read,
                outcomes=wanted,
                method=method,
                draws=draws,
                seed=seed,
                base=case,
                store=default_store(),
                progress=progress,
            )
        else:
            found = local_sensitivities(case, list(wanted))
    if json:
        show_json(found)
        return
    if not read.parameters:
        answers.print("The scenario has no parameters: nothing in it is there to be moved.")
    elif not wanted:
        answers.print("The scenario asks for no outcome that a parameter could move.")
    elif isinstance(found, tuple):
        _show_local(found, read)
    else:
        _show_global(found, read)
    for said in for_each_reason((phrase(read.outcomes[n].told, n, 60), why) for n, why in denied.items()):
        answers.print(f"Not known. {said}")
    if not draws:
        for said in without_slope(read, case.game):
            answers.print(f"Not known. {said}.")


def _said(read: Scenario, ranked: Sequence[LocalSensitivity | GlobalSensitivity]) -> list[list[str]]:
    """Give outcome and parameter of each row in words, the parameter's name below them."""
    from bystander.report.words.decomposition import values_of

    values, asked = values_of(read), read.outcomes
    return [
        [
            phrase(asked[s.outcome].about, s.outcome, 60) if s.outcome in asked else s.outcome,
            f"{values.called(s.parameter)}\n{s.parameter}",
        ]
        for s in ranked
    ]


S = TypeVar("S", "LocalSensitivity", "GlobalSensitivity")


def _leading(found: Sequence[S], weight: Callable[[S], float]) -> list[S]:
    """Return the rows of each outcome that weigh most: fewer of each where there are several outcomes."""
    outcomes = list(dict.fromkeys(s.outcome for s in found))
    most = PARAMETERS_SHOWN if len(outcomes) <= SEVERAL else PARAMETERS_OF_EACH
    return [
        s
        for name in outcomes
        for s in sorted((s for s in found if s.outcome == name), key=lambda s: -in_rank(weight(s)))[:most]
    ]


def _show_local(found: tuple[LocalSensitivity, ...], read: Scenario) -> None:
    ranked = _leading(found, lambda s: abs(s.elasticity))
    said = _said(read, ranked)
    rows = [[*words, signed(s.elasticity, 3), s.standing] for words, s in zip(said, ranked, strict=True)]
    show_table(("outcome", "parameter", "elasticity", "standing"), rows, numbers=(2,))
    if rows:
        answers.print(ELASTICITY)


def _show_global(found: SensitivityResult, read: Scenario) -> None:
    if not found.parameters:
        answers.print("No draw has an answer, so nothing can be said of what it hangs on.")
        return
    if found.method == "sobol" and any(s.total is not None for s in found.parameters):
        _show_indices(found, read)
    else:
        ranked = _leading(found.parameters, lambda s: s.pawn)
        said = zip(_said(read, ranked), ranked, strict=True)
        rows = [[*words, f"{s.pawn:.3f}", amount(s.low), amount(s.high)] for words, s in said]
        columns = ("outcome", "parameter", "influence", "outcome in its lowest tenth", "in its highest")
        show_table(columns, rows, numbers=(2, 3, 4))
        answers.print(f"A parameter without influence would score about {found.dummy:.3f}.")
    if found.ended:
        answers.print(f"From {found.draws} draws only: {found.ended}.")
    if found.failed:
        answers.print(f"{found.failed} draws have no solution and were left out.")


def _show_indices(found: SensitivityResult, read: Scenario) -> None:
    """Print Sobol's indices, each with its 95 % interval."""

    def interval(index: float | None, half: float | None) -> str:
        if index is None or half is None or index != index:
            return "–"
        return f"{index:.3f} ({index - half:.3f} to {index + half:.3f})"

    ranked = _leading(found.parameters, lambda s: s.total or 0.0)
    rows = [
        [*words, interval(s.first, s.first_error), interval(s.total, s.total_error)]
        for words, s in zip(_said(read, ranked), ranked, strict=True)
    ]
    columns = ("outcome", "parameter", "alone (95% interval)", "with others (95% interval)")
    show_table(columns, rows, numbers=(2, 3))
    answers.print("Shares of the outcome's variance over the priors (Sobol).")

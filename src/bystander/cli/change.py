"""``what-if`` and ``sweep``: what a change does, and what a range of changes does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from bystander.cli.names import known_name, known_names
from bystander.cli.options import (
    FOUNDING_CASE,
    NO_CHANGES,
    AtLeastOne,
    Changes,
    Json,
    Quantity,
    ScenarioName,
    known_changes,
    load,
    pairs,
)
from bystander.cli.showing import adding_up, difference, show_table, spaced
from bystander.cli.terminal import answers, show_json, tracking
from bystander.errors import QueryError
from bystander.report.words.numbers import in_short, short_percent, signed
from bystander.report.words.reasons import hindered
from bystander.report.words.sentences import headline, largest_first, plain

if TYPE_CHECKING:
    from bystander.policy.what_if import WhatIf

MOVES_SHOWN = 8
Outcomes = Annotated[
    tuple[str, ...], Parameter(name="--outcome", negative="", help="Only these outcomes; all if not given.")
]


def what_if(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    by_owner: Annotated[
        bool, Parameter(negative="", help="Say whose adapting makes the difference.")
    ] = False,
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> None:
    """Solve again with changes: every outcome before and after, and how much of it is everyone adapting."""
    from bystander.cases.changes import read_measures
    from bystander.policy.what_if import what_if as compare_change

    if not changes:
        raise QueryError("Nothing is changed. Use --set, --enable, --disable, --start, --measure or --null.")
    read = load(scenario)
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
            progress=progress,
        )
    if json:
        show_json(found)
    else:
        _show_what_if(found)


def _show_what_if(found: WhatIf) -> None:
    answers.print("; ".join(found.changes), markup=False)
    from bystander.policy.what_if import hardly_moves

    answers.print(plain(headline(found.outcomes)), markup=False)
    moved = largest_first(d for d in found.outcomes if not hardly_moves(d.change, d.before))
    rows = []
    for d in moved:
        split, change = ["–", "–"], difference(d.change, d.unit)
        if d.direct is not None and d.adapted is not None:
            *split, change = adding_up((d.direct, d.adapted), d.unit)
        rows.append(
            [d.about or d.outcome, in_short(d.before, d.unit), in_short(d.after, d.unit), change, *split]
        )
    show_table(("", "before", "after", "change", "direct", "adapting"), rows, numbers=(1, 2, 3, 4, 5))
    if found.jump:
        answers.print(f"The differences include a jump to another equilibrium, of {found.jump:.2g} in worth.")
    if len(moved) < len(found.outcomes):
        answers.print(f"{len(found.outcomes) - len(moved)} of {len(found.outcomes)} outcomes hardly move.")
    for d in found.outcomes:
        if d.withheld:
            answers.print(f"Not known. {d.about or d.outcome}: {d.withheld}", markup=False)
    for hindrance in found.hindered:
        answers.print(f"Still not done. {hindered(hindrance)}", markup=False)
    owners = [
        [d.about or d.outcome, owner, difference(part, d.unit)]
        for d in moved
        if d.headline
        for owner, part in sorted(d.by_owner, key=lambda pair: -abs(pair[1]))[:3]
    ]
    show_table(("outcome", "adapting", "difference"), owners, title="Whose adapting", numbers=(2,))
    flipped = [[v.says, v.before, v.after] for v in found.judgements if v.before != v.after]
    show_table(("judgement", "before", "after"), flipped, title="Judgements that change")
    moves = [
        [m.about or m.move, short_percent(m.before), short_percent(m.after)]
        for m in found.moves[:MOVES_SHOWN]
    ]
    show_table(
        ("choice", "before", "after"),
        moves,
        title="Choices that change most, when there is one",
        numbers=(1, 2),
    )
    worths = [[w.actor, signed(w.change, 2)] for w in sorted(found.worths, key=lambda w: w.change)]
    show_table(("actor", "worth"), worths, title="Who loses and who gains", numbers=(1,))


def sweep(
    parameter: Annotated[str, Parameter(help="Name of a parameter.")],
    low: Annotated[Quantity, Parameter(help="Where it starts, with its unit.")],
    high: Annotated[Quantity, Parameter(help="Where it ends.")],
    *,
    points: Annotated[AtLeastOne, Parameter(help="Number of points.")] = 9,
    also: Annotated[
        tuple[str, str, str] | None,
        Parameter(
            help="A second parameter with its two ends: a grid.", negative="", allow_leading_hyphen=True
        ),
    ] = None,
    outcome: Outcomes = (),
    scenario: Annotated[ScenarioName, Parameter(name=("--scenario", "-s"))] = FOUNDING_CASE,
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> None:
    """Solve a scenario over a range of one parameter, or a grid of two."""
    from bystander.policy.sweep import sweep as solve_over

    read = load(scenario, changes)
    parameter = known_name(parameter, read.parameters, "parameter")
    ranges = {parameter: (low, high)}
    if also is not None:
        second = known_name(also[0], read.parameters, "parameter")
        if second == parameter:
            raise QueryError(f"--also names '{parameter}' again. A grid is over two different parameters.")
        ranges[second] = (also[1], also[2])
    headline = [name for name, asked in read.outcomes.items() if asked.headline]
    wanted = known_names(outcome, read.outcomes, "outcome") or tuple(headline[:6])
    with tracking("Sweeping", show=not json) as progress:
        found = solve_over(read, ranges, points=points, outcomes=wanted, judgements=(), progress=progress)
    if json:
        show_json(found)
        return
    units = {name: asked.kind for name, asked in read.outcomes.items()}
    jumps = found.jumped or (False,) * len(_grid(found.labels))
    labels = [
        " ".join(pair) + (" †" if jump else "") for pair, jump in zip(_grid(found.labels), jumps, strict=True)
    ]
    rows = [
        [label, *(in_short(values[place], units[name]) for name, values in found.outcomes)]
        for place, label in enumerate(labels)
    ]
    heads = (" × ".join(found.parameters), *(spaced(name) for name, _ in found.outcomes))
    show_table(heads, rows, numbers=tuple(range(1, len(heads))))
    if any(jumps):
        answers.print("† reached from the point before by a jump to another equilibrium.")


def _grid(labels: tuple[tuple[str, ...], ...]) -> list[tuple[str, ...]]:
    from itertools import product

    return list(product(*labels))

"""``what-if``, ``measures``, ``sweep``: what would change the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from bystander.cli.options import (
    FOUNDING_CASE,
    NO_CHANGES,
    Changes,
    Json,
    ScenarioName,
    Seed,
    load,
    pairs,
)
from bystander.cli.showing import difference, show_table, value
from bystander.cli.terminal import answers, asides, show_json, tracking
from bystander.errors import QueryError
from bystander.report.words.numbers import amount, short_percent, signed

if TYPE_CHECKING:
    from bystander.policy.packages import MeasuresResult
    from bystander.policy.turning import TurningPoints
    from bystander.policy.what_if import WhatIf

MOVES_SHOWN = 8
HARDLY, SMALL = 0.005, 0.02
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
    from bystander.policy.changes import read_measures
    from bystander.policy.what_if import what_if as compare_change

    if not changes:
        raise QueryError("Nothing is changed. Use --set, --enable, --disable, --start or --measure.")
    read = load(scenario)
    with tracking("Solving as it is", show=not json) as progress:
        found = compare_change(
            read,
            sets=pairs(changes.set, "--set"),
            enable=changes.enable,
            disable=changes.disable,
            start=pairs(changes.start, "--start"),
            measures=read_measures(read, changes.measure),
            by_owner=by_owner,
            progress=progress,
        )
    if json:
        show_json(found)
    else:
        _show_what_if(found)


def _show_what_if(found: WhatIf) -> None:
    answers.print("; ".join(found.changes), markup=False)
    moved = [d for d in found.outcomes if abs(d.change) > HARDLY * max(abs(d.before), SMALL)]
    rows = []
    for d in moved:
        parts = (d.direct, d.adapted)
        split = ["–" if part is None else difference(part, d.unit) for part in parts]
        numbers = [value(d.before, d.unit), value(d.after, d.unit), difference(d.change, d.unit)]
        rows.append([d.about or d.outcome, *numbers, *split])
    show_table(("", "before", "after", "change", "direct", "adapting"), rows, numbers=(1, 2, 3, 4, 5))
    if len(moved) < len(found.outcomes):
        answers.print(f"{len(found.outcomes) - len(moved)} of {len(found.outcomes)} outcomes hardly move.")
    owners = [
        [d.about or d.outcome, owner, difference(part, d.unit)]
        for d in moved
        if d.headline
        for owner, part in sorted(d.by_owner, key=lambda pair: -abs(pair[1]))[:3]
    ]
    show_table(("outcome", "adapting", "difference"), owners, title="Whose adapting", numbers=(2,))
    flipped = [
        [v.says, "holds" if v.before else "fails", "holds" if v.after else "fails"]
        for v in found.judgements
        if v.before != v.after
    ]
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


def measures(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    up_to: Annotated[int, Parameter(help="Largest number of measures in a package.")] = 1,
    only: Annotated[
        tuple[str, ...], Parameter(negative="", help="Only these measures, `name` or `name=degree`.")
    ] = (),
    draws: Annotated[
        int, Parameter(help="Draws from the priors for the robustness of the efficient ones.")
    ] = 0,
    seconds: Annotated[float | None, Parameter(help="Begin nothing further after this time.")] = None,
    json: Json = False,
    seed: Seed = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """Solve every measure, and every package of measures: effects, cost, who opposes, the efficient set."""
    from bystander.policy.measures import try_measures
    from bystander.policy.store import default_store

    read = load(scenario, changes)
    with tracking("Trying measures", show=not json) as progress:
        found = try_measures(
            read,
            up_to=up_to,
            only=only or None,
            draws=draws,
            seed=seed,
            seconds=seconds,
            store=default_store(),
            progress=progress,
        )
    if json:
        show_json(found)
    else:
        _show_measures(found)


def _show_measures(found: MeasuresResult) -> None:
    solved = [package for package in found.packages if not package.failure]
    if not solved:
        answers.print("No measure could be solved.")
        return
    aims = [name for name, _ in found.aims] or [effect.outcome for effect in solved[0].effects[:3]]
    rows = []
    for package in solved:
        cells = [
            f"{value(e.before, e.unit)} → {value(e.after, e.unit)}"
            for e in (package.effect(name) for name in aims)
        ]
        against = ", ".join(w.actor for w in package.opposed[:2])
        mark = "*" if package.efficient else ""
        rows.append([f"{package.name}{mark}", *cells, amount(package.cost) if package.cost else "–", against])
    numbers = tuple(range(1, len(aims) + 2))
    show_table(
        ("measure", *(name.replace("_", " ") for name in aims), "cost", "against"), rows, numbers=numbers
    )
    if any(package.efficient for package in solved):
        answers.print("* efficient: nothing tried is at least as good for every aim and no dearer.")
    survivals = [
        [package.name, s.outcome, short_percent(s.share), str(s.draws)]
        for package in found.frontier
        for s in package.robustness
    ]
    show_table(
        ("efficient package", "aim", "nearer in", "draws"), survivals, title="Over the priors", numbers=(2, 3)
    )
    for name, why in found.contradictory:
        asides.print(f"{name}: {why}", markup=False)
    if found.left_out or found.ended:
        asides.print(f"{found.left_out} packages were not tried. {found.ended}".strip(), markup=False)


def sweep(
    parameter: Annotated[str, Parameter(help="Name of a parameter.")],
    low: Annotated[str, Parameter(help="Where it starts, with its unit.")],
    high: Annotated[str, Parameter(help="Where it ends.")],
    *,
    points: Annotated[int, Parameter(help="Number of points.")] = 9,
    also: Annotated[
        tuple[str, str, str] | None,
        Parameter(help="A second parameter with its two ends: a grid.", negative=""),
    ] = None,
    outcome: Outcomes = (),
    scenario: Annotated[ScenarioName, Parameter(name=("--scenario", "-s"))] = FOUNDING_CASE,
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> None:
    """Solve a scenario over a range of one parameter, or a grid of two."""
    from bystander.policy.sweep import sweep as solve_over

    read = load(scenario, changes)
    ranges = {parameter: (low, high)}
    if also is not None:
        ranges[also[0]] = (also[1], also[2])
    headline = [name for name, asked in read.outcomes.items() if asked.headline]
    wanted = outcome or tuple(headline[:6])
    with tracking("Sweeping", show=not json) as progress:
        found = solve_over(read, ranges, points=points, outcomes=wanted, judgements=(), progress=progress)
    if json:
        show_json(found)
        return
    units = {name: asked.kind for name, asked in read.outcomes.items()}
    labels = [" ".join(pair) for pair in _grid(found.labels)]
    rows = [
        [label, *(value(values[place], units[name]) for name, values in found.outcomes)]
        for place, label in enumerate(labels)
    ]
    heads = (" × ".join(found.parameters), *(name.replace("_", " ") for name, _ in found.outcomes))
    show_table(heads, rows, numbers=tuple(range(1, len(heads))))


def _grid(labels: tuple[tuple[str, ...], ...]) -> list[tuple[str, ...]]:
    from itertools import product

    return list(product(*labels))


def show_turning_points(found: TurningPoints) -> None:
    """Print what would turn a target, most plausible first."""
    unit = "probability" if 0.0 <= found.number <= 1.0 else ""
    answers.print(
        f"\nWhat would take {found.target} from {value(found.number, unit)} "
        f"past {value(found.threshold, unit)}:",
        markup=False,
    )
    rows = [
        [
            point.about or point.parameter,
            point.now_text,
            point.there_text,
            "–" if point.tail is None else short_percent(point.tail),
            "assumption" if point.assumption else "",
        ]
        for point in found.points
    ]
    show_table(("parameter", "now", "there", "as far out", ""), rows, numbers=(1, 2, 3))
    tried = [[name, value(number, unit), "yes" if turns else ""] for name, number, turns in found.measures]
    show_table(("measure", "with it", "turns"), tried, numbers=(1,))
    if not rows and not any(turns for _, _, turns in found.measures):
        answers.print("Nothing that was searched does.")

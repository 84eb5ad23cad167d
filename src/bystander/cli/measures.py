"""``measures``: what each measure and each package does, who opposes it, and what would do as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from bystander.cli.options import (
    FOUNDING_CASE,
    NO_CHANGES,
    AtLeastOne,
    Changes,
    Count,
    Json,
    ScenarioName,
    Scheduler,
    Seed,
    known_degrees,
    known_names,
    load_today,
)
from bystander.cli.showing import (
    adding_up,
    difference,
    show_by_itself,
    show_closeness,
    show_jumps,
    show_table,
)
from bystander.cli.terminal import answers, asides, show_json, tracking
from bystander.errors import QueryError, reason_of
from bystander.progress import Progress, part_of
from bystander.report.words.numbers import amount, in_short, label, phrase, running, short_percent, signed

if TYPE_CHECKING:
    from bystander.policy.opposition import OppositionResult, Substitutes
    from bystander.policy.packages import MeasuresResult, PackageResult
    from bystander.scenario.schema import Scenario

Only = Annotated[tuple[str, ...], Parameter(help="Only these measures, `name` or `name=degree`.")]
Without = Annotated[
    tuple[str, ...], Parameter(help="Take all moves of these actors or institutions out of the game.")
]
Opposition = Annotated[
    bool, Parameter(help="Say what moves tagged `obstruction` take back of each single measure.")
]
InsteadOf = Annotated[
    tuple[str, ...],
    Parameter(help="What does as well as this measure for every aim; with --without, and without them."),
]
OPPONENTS, ALTERNATIVES = 2, 6
FELT = 0.005
"""A loss of worth below this is not shown as opposition."""


def measures(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    up_to: Annotated[AtLeastOne, Parameter(help="Largest number of measures in a package.")] = 1,
    only: Only = (),
    without: Without = (),
    opposition: Opposition = False,
    instead_of: InsteadOf = (),
    draws: Annotated[
        Count, Parameter(help="Draws from the priors for the robustness of the efficient ones.")
    ] = 0,
    starts: Annotated[
        Count, Parameter(help="Starts of the search for further equilibria, over which effects range.")
    ] = 4,
    seconds: Annotated[
        float | None, Parameter(help="Begin nothing further after this time.", validator=Number(gt=0))
    ] = None,
    scheduler: Scheduler = "",
    json: Json = False,
    seed: Seed = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """Solve every measure, and every package of measures: effects, cost, who opposes, the efficient set."""
    from bystander.cases.engines import using_scheduler
    from bystander.cases.store import default_store
    from bystander.policy.measures import try_measures
    from bystander.policy.opposition import without_owners

    read = load_today(scenario, changes)
    only, instead_of = (known_degrees(read, typed, read.measures, "measure") for typed in (only, instead_of))
    without = known_names(without, [*read.actors, *read.institutions, "nature"], "actor or institution")
    if instead_of:
        if only or opposition or draws:
            raise QueryError(
                "--instead-of compares alternatives; leave --only, --opposition and --draws out."
            )
        with using_scheduler(scheduler):
            _compare_alternatives(read, instead_of, without, up_to, seconds, json)
        return
    spared = without_owners(read, without)
    share = 0.8 if opposition else 1.0
    with using_scheduler(scheduler), tracking("Trying measures", show=not json) as progress:
        found = try_measures(
            spared,
            up_to=up_to,
            only=only or None,
            draws=draws,
            starts=starts,
            seed=seed,
            seconds=seconds,
            store=default_store(),
            progress=part_of(progress, 0.0, share),
        )
        met, untold = _taken_back(spared, found, part_of(progress, share, 1.0)) if opposition else ([], "")
    if json:
        met_by = {"opposition": met} | ({"withheld": untold} if untold else {})
        show_json({"measures": found, **met_by} if opposition else found)
        return
    _show_measures(found, read)
    if opposition:
        _show_opposition(met, untold, read)


def _taken_back(
    spared: Scenario, found: MeasuresResult, progress: Progress
) -> tuple[list[OppositionResult], str]:
    """Say of each single measure that was solved what moves of obstruction take back of it, or why not."""
    from bystander.policy.opposition import take_back

    tried = [package for package in found.singles if not package.failure]
    met = []
    for n, package in enumerate(tried):
        progress("Taking opposition out", n / len(tried))
        aims = [name for name, _ in found.aims] or None
        try:
            met.append(take_back(spared, package.parts, outcomes=aims))
        except QueryError as error:
            return met, reason_of(error)
    return met, ""


def _compare_alternatives(
    read: Scenario,
    instead_of: tuple[str, ...],
    without: tuple[str, ...],
    up_to: int,
    seconds: float | None,
    json: bool,
) -> None:
    from bystander.cases.changes import read_measures
    from bystander.cases.store import default_store
    from bystander.policy.opposition import substitutes

    with tracking("Trying what does as well", show=not json) as progress:
        compared = substitutes(
            read,
            read_measures(read, instead_of),
            without=without,
            up_to=up_to,
            seconds=seconds,
            store=default_store(),
            progress=progress,
        )
    if json:
        show_json(compared)
    else:
        _show_substitutes(compared, read)


def _show_measures(found: MeasuresResult, read: Scenario) -> None:
    from bystander.report.words.reasons import hindered

    solved = [package for package in found.packages if not package.failure]
    if not solved:
        answers.print("No measure was solved.")
        _show_unsolved(found)
        return
    shown = [package for package in solved if len(package.parts) == 1 or package.efficient]
    _show_packages(shown, _aims(found, solved[0]), read)
    if len(shown) < len(solved):
        more = len(solved) - len(shown)
        said = "One more was solved; it is not efficient."
        if more > 1:
            said = f"{more} further packages were solved; none of them is efficient."
        answers.print(f"{said} --json lists all.")
    if any(package.efficient for package in solved):
        answers.print("* efficient: nothing tried is at least as good for every aim and no dearer.")
    show_jumps(one.jump for one in shown)
    show_closeness(
        (f"{_called(package, read)}, {_aim(read, name)}", package.effect(name))
        for package in shown
        for name in _aims(found, solved[0])
    )
    aims = _aims(found, solved[0])
    show_by_itself(
        (_called(p, read), _aim(read, name), p.effect(name).after, number, p.effect(name).unit)
        for p in shown
        for name, number in p.by_itself
        if name in aims
    )
    _show_equilibria(found, shown, read)
    for package in shown:
        for hindrance in package.hindered:
            answers.print(f"{_called(package, read)} moves nothing. {hindered(hindrance)}")
    survivals = [
        [_called(package, read), _aim(read, s.outcome), short_percent(s.share), str(s.draws)]
        for package in found.frontier
        for s in package.robustness
    ]
    show_table(
        ("efficient package", "aim", "nearer in", "draws"), survivals, title="Over the priors", numbers=(2, 3)
    )
    _show_unsolved(found)


def _show_unsolved(found: MeasuresResult) -> None:
    """Say of which packages nothing is known, and why."""
    for name, why in found.contradictory:
        asides.print(f"{name}: {why}")
    for package in found.packages:
        if package.failure:
            asides.print(f"{package.name} could not be solved: {package.failure}")
    if found.left_out:
        asides.print(f"{found.left_out} packages were not tried.")
    if found.ended:
        asides.print(f"Not everything was tried: {found.ended}.")


def _called(package: PackageResult, read: Scenario) -> str:
    """Say a package in the words of the crisis, each measure with its degree."""
    from bystander.cases.changes import name_of
    from bystander.report.words.decomposition import called_measure

    return " + ".join(called_measure(read, name_of(part)) for part in package.parts)


def _aim(read: Scenario, name: str) -> str:
    return phrase(read.outcomes[name].told, name)


def _aims(found: MeasuresResult, first: PackageResult) -> list[str]:
    return [name for name, _ in found.aims] or [effect.outcome for effect in first.effects[:3]]


def _show_packages(packages: list[PackageResult], aims: list[str], read: Scenario) -> None:
    rows = []
    for package in packages:
        cells = [in_short(e.after, e.unit) for e in (package.effect(name) for name in aims)]
        against = [f"{label(w.actor)} {signed(w.change, 2)}" for w in package.opposed if w.change < -FELT]
        mark = ("*" if package.efficient else "") + ("†" if package.jump else "")
        rows.append(
            [mark, _called(package, read), *cells, amount(package.cost), "\n".join(against[:OPPONENTS])]
        )
    now = [(e.outcome, in_short(e.before, e.unit)) for e in (packages[0].effect(name) for name in aims)]
    named = [f"{_aim(read, name)}\n{number} now" for name, number in now]
    heads = ("", "measure", *named, "cost", "against, in worth")
    show_table(heads, rows, numbers=tuple(range(2, len(aims) + 3)), keep=2)


def _show_equilibria(found: MeasuresResult, shown: list[PackageResult], read: Scenario) -> None:
    if not found.starts:
        return
    if found.equilibria == 1:
        answers.print(
            f"One equilibrium was found in {found.starts} starts, so effects have no range over equilibria."
        )
        return
    rows = [
        [_called(package, read), _aim(read, e.outcome), difference(e.low, e.unit), difference(e.high, e.unit)]
        for package in shown
        for e in package.effects
        if e.aim and e.low is not None and e.high is not None
    ]
    title = f"Change over the {found.equilibria} equilibria found in {found.starts} starts"
    show_table(("measure", "aim", "from", "to"), rows, title=title, numbers=(2, 3))


def _show_opposition(met: list[OppositionResult], untold: str, read: Scenario) -> None:
    if untold:
        answers.print(f"What opposition takes back is not told: {running(untold)}")
        return
    from bystander.report.words.account import told_move
    from bystander.report.words.decomposition import called_measure

    rows = []
    for result in met:
        for o in result.outcomes:
            shift = abs(o.taken_back) / max(abs(o.promised), abs(o.now) * FELT, 1e-12)
            if abs(o.taken_back) > FELT * max(abs(o.now), 4 * FELT) and shift > FELT:
                kept = adding_up((o.promised, -o.taken_back), o.unit)
                mark = "†" if result.jump else ""
                names = " + ".join(called_measure(read, each) for each in result.measures)
                rows.append([mark, names, phrase(o.about, o.outcome), *kept])
    moves = "; ".join(told_move(read, move) for move in met[0].moves) if met else ""
    heads = ("", "measure", "outcome", "if unopposed", "taken back", "kept")
    show_table(heads, rows, title="What opposition takes back", numbers=(3, 4, 5))
    if not rows:
        answers.print(f"Opposition ({moves}) takes back nothing of any measure.")
        return
    answers.print(f"Opposition: {moves}. Of measures not listed it takes back nothing.")
    show_jumps(one.jump for one in met)


def _show_substitutes(found: Substitutes, read: Scenario) -> None:
    aims = [name for name, _ in found.tried.aims]
    spared = f", while {', '.join(found.without)} does nothing" if found.without else ""
    answers.print("To be replaced:")
    _show_packages([found.reference], aims, read)
    if found.as_good:
        answers.print(f"As good for every aim{spared}, cheapest first:")
        _show_packages(list(found.as_good[:ALTERNATIVES]), aims, read)
        if len(found.as_good) > ALTERNATIVES:
            answers.print(f"And {len(found.as_good) - ALTERNATIVES} more; --json lists them.")
    else:
        tried = sum(not package.failure for package in found.tried.packages)
        answers.print(
            f"None of the {tried} measures and packages tried does as well for every aim{spared}. Nearest:"
        )
        rows = []
        for name, package in found.nearest:
            effect, wanted = package.effect(name), found.reference.effect(name)
            numbers = [in_short(wanted.after, effect.unit), in_short(effect.after, effect.unit)]
            rows.append([_aim(read, name), _called(package, read), *numbers])
        show_table(("aim", "best alternative", "to match", "reaches"), rows, numbers=(2, 3))
    shown = [found.reference, *found.as_good[:ALTERNATIVES], *(package for _, package in found.nearest)]
    show_jumps(one.jump for one in shown)
    _show_unsolved(found.tried)

"""``compare`` and ``sensitivity``: which inputs are behind a number, and behind a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from bystander.cli.change import Outcomes
from bystander.cli.names import known_names
from bystander.cli.options import (
    FOUNDING_CASE,
    NO_CHANGES,
    Changes,
    Count,
    Json,
    ScenarioName,
    Scheduler,
    Seed,
    load,
)
from bystander.cli.showing import difference, show_table
from bystander.cli.terminal import answers, show_json, tracking
from bystander.report.words.names import phrase
from bystander.report.words.numbers import amount, in_short, signed
from bystander.report.words.sentences import cause, headline, largest_first, plain

if TYPE_CHECKING:
    from bystander.policy.compare import CrisisComparison
    from bystander.policy.sensitivity import LocalSensitivity, SensitivityResult
    from bystander.scenario import Scenario

PARTS_SHOWN, OUTCOMES_SHOWN, CAUSES_SAID, ASKED_SHOWN = 6, 4, 3, 5
NEGLIGIBLE = 0.02
"""Share of a difference below which a cause is not told."""
PARAMETERS_SHOWN = 12


def compare(
    a: ScenarioName,
    b: ScenarioName,
    *,
    outcome: Outcomes = (),
    json: Json = False,
) -> None:
    """Compare two scenarios: which outcomes differ, and the parts of the difference that each input makes."""
    from bystander.policy.compare import compare as attribute

    first, second = load(a), load(b)
    outcome = known_names(outcome, {**first.outcomes, **second.outcomes}, "outcome")
    with tracking("Comparing", show=not json) as progress:
        found = attribute(first, second, names=(a, b), outcomes=outcome or None, progress=progress)
    if json:
        show_json(found)
        return
    _show_comparison(found, first, second)


def _show_comparison(found: CrisisComparison, first: Scenario, second: Scenario) -> None:
    """Print what differs most with its causes in a sentence, then every outcome, then causes in rows."""
    ranked = largest_first(found.outcomes)
    titles = (first.title, second.title) if first.title != second.title else (found.a, found.b)
    lead = f"From \u201c{titles[0]}\u201d to \u201c{titles[1]}\u201d: {plain(headline(ranked))}"
    made = [p for p in ranked[0].parts if abs(p.part) > NEGLIGIBLE * abs(ranked[0].difference)][:CAUSES_SAID]
    if made and ranked[0].difference:
        behind = [f"{cause(p)[0]} ({difference(p.part, ranked[0].unit)})" for p in made]
        lead += f" Behind it, most first: {'; '.join(behind)}."
    answers.print(lead, markup=False)
    show_table(
        ("outcome", found.a, found.b, "difference"),
        [
            [
                o.about or o.outcome,
                in_short(o.before, o.unit),
                in_short(o.after, o.unit),
                difference(o.difference, o.unit),
            ]
            for o in ranked
        ],
        numbers=(1, 2, 3),
    )
    for o in ranked[:OUTCOMES_SHOWN]:
        parts = [p for p in o.parts if abs(p.part) > NEGLIGIBLE * abs(o.difference)]
        show_table(
            ("because of", found.a, found.b, "part"),
            [[*cause(p), difference(p.part, o.unit)] for p in parts[:PARTS_SHOWN]],
            title=f"Behind \u201c{o.about or o.outcome}\u201d, {difference(o.difference, o.unit)}",
            numbers=(3,),
        )
    undivided = [o.about or o.outcome for o in ranked if o.difference != o.difference]
    if undivided:
        answers.print(f"May never come, so not divided: {'; '.join(undivided)}.", markup=False)
    if found.jumps:
        answers.print(
            f"{found.jumps} of {found.solves} solves on the way jumped to another equilibrium: the parts "
            "include that."
        )
    for name, only, asked in ((found.a, found.only_a, first), (found.b, found.only_b, second)):
        if only:
            said = [phrase(asked.outcomes[each].about, each, 60) for each in only[:ASKED_SHOWN]]
            more = f"; and {len(only) - ASKED_SHOWN} more" if len(only) > ASKED_SHOWN else ""
            answers.print(f"Only {name} asks: {'; '.join(said)}{more}.", markup=False)


def sensitivity(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    outcome: Outcomes = (),
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
    from bystander.cases.cases import solve_case
    from bystander.cases.engines import using_scheduler
    from bystander.cases.store import default_store
    from bystander.policy.sensitivity import global_sensitivities, local_sensitivities

    read = load(scenario, changes)
    headline = [name for name, asked in read.outcomes.items() if asked.headline]
    wanted = list(known_names(outcome, read.outcomes, "outcome") or headline[:1])
    found: tuple[LocalSensitivity, ...] | SensitivityResult
    with using_scheduler(scheduler), tracking("Solving", show=not json) as progress:
        case = solve_case(read, outcomes=wanted, judgements=())
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
            found = local_sensitivities(case, wanted)
    if json:
        show_json(found)
    elif not read.parameters:
        answers.print("The scenario has no parameters: nothing in it is there to be moved.")
    elif not wanted:
        answers.print("The scenario asks for no outcome that a parameter could move.")
    elif isinstance(found, tuple):
        _show_local(found, PARAMETERS_SHOWN * len(wanted))
    else:
        _show_global(found)


def _show_local(found: tuple[LocalSensitivity, ...], most: int) -> None:
    ranked = sorted(found, key=lambda s: -abs(s.elasticity))
    rows = [[s.outcome, s.parameter, signed(s.elasticity, 3), s.standing] for s in ranked[:most]]
    show_table(("outcome", "parameter", "elasticity", "standing"), rows, numbers=(2,))


def _show_global(found: SensitivityResult) -> None:
    if not found.parameters:
        answers.print("No draw has an answer, so nothing can be said of what it hangs on.")
        return
    if found.method == "sobol" and any(s.total is not None for s in found.parameters):
        _show_indices(found)
    else:
        ranked = sorted(found.parameters, key=lambda s: -s.pawn)
        rows = [[s.outcome, s.parameter, f"{s.pawn:.3f}", amount(s.low), amount(s.high)] for s in ranked]
        columns = ("outcome", "parameter", "influence", "outcome in its lowest tenth", "in its highest")
        show_table(columns, rows, numbers=(2, 3, 4))
        answers.print(f"A parameter without influence would score about {found.dummy:.3f}.")
    if found.ended:
        answers.print(f"From {found.draws} draws only: {found.ended}.")
    if found.failed:
        answers.print(f"{found.failed} draws have no solution and were left out.")


def _show_indices(found: SensitivityResult) -> None:
    """Print Sobol's indices, each with its 95 % interval."""

    def interval(index: float | None, half: float | None) -> str:
        if index is None or half is None or index != index:
            return "–"
        return f"{index:.3f} ({index - half:.3f} to {index + half:.3f})"

    ranked = sorted(found.parameters, key=lambda s: -(s.total or 0.0))
    rows = [
        [s.outcome, s.parameter, interval(s.first, s.first_error), interval(s.total, s.total_error)]
        for s in ranked
    ]
    columns = ("outcome", "parameter", "alone (95% interval)", "with others (95% interval)")
    show_table(columns, rows, numbers=(2, 3))
    answers.print("Shares of the outcome's variance over the priors (Sobol).")

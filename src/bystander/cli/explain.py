"""``explain``: why someone makes a move, or stands by."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from bystander.cli.names import check_condition, known_move
from bystander.cli.options import FOUNDING_CASE, NO_CHANGES, Changes, Json, ScenarioName, load
from bystander.cli.showing import spaced
from bystander.cli.terminal import answers, show_json, tracking
from bystander.errors import QueryError
from bystander.progress import part_of


def explain(
    owner: Annotated[str, Parameter(help="Actor or institution, or `owner.move`.")],
    move: Annotated[str, Parameter(help="One of its moves; all of them if not given.")] = "",
    *,
    scenario: Annotated[ScenarioName, Parameter(name=("--scenario", "-s"))] = FOUNDING_CASE,
    given: Annotated[
        str | None, Parameter(help="Condition under which it is asked; the scenario's own if not given.")
    ] = None,
    flip: Annotated[
        bool, Parameter(negative="", help="Search what would turn the move from likely to unlikely, or back.")
    ] = False,
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> None:
    """Explain why someone makes a move, or stands by: terms that add up, or whose vote was missing."""
    from bystander.cases.cases import solve_case
    from bystander.cases.store import default_store
    from bystander.policy.reasons import explain_moves, find_moves
    from bystander.policy.targets import move_target
    from bystander.policy.turning import turning_points
    from bystander.process.outcomes import make_clocks
    from bystander.process.responses import expectations

    read = load(scenario, changes)
    owner, move = known_move(read, owner, move)
    check_condition(read, given)
    if flip and not move:
        raise QueryError(f"--flip is about one move. Name one of '{owner}'.")
    with tracking("Solving", show=not json) as progress:
        case = solve_case(read, outcomes=(), judgements=())
        names = find_moves(case.equilibrium, owner, move)
        clocks = make_clocks(case.equilibrium)
        reasons = explain_moves(case.equilibrium, names, given=given, skip=not move, clocks=clocks)
        expected = expectations(clocks, (read.given if given is None else given) or "", read.horizon)
        turns = None
        if flip:
            asked, target = move_target(read, names[0], given=given)
            turns = turning_points(
                asked, target, base=case, store=default_store(), progress=part_of(progress, 0.2, 1.0)
            )
    if json:
        chances = [r for r in expected.responses if r.owner == owner and move in ("", r.move)]
        show_json({"reasons": reasons, "responses": chances, "turning_points": turns})
        return
    from bystander.policy.hindrances import openings
    from bystander.report.terminal import answer
    from bystander.report.words.reasons import hindered

    answer(reasons, answers, read, expected)
    for reason in reasons:
        if reason.blocked:
            for measure, hindrance in openings(case, f"{reason.owner}.{reason.move}"):
                answers.print(f"\nWith {spaced(measure)}: {hindered(hindrance)}", markup=False)
    if turns is not None:
        from bystander.cli.find import show_turning_points

        show_turning_points(turns)

"""``explain``: why someone makes a move, or stands by."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from bystander.cli.options import FOUNDING_CASE, NO_CHANGES, Changes, Json, ScenarioName, load
from bystander.cli.terminal import answers, show_json, tracking
from bystander.progress import part_of


def explain(
    owner: Annotated[str, Parameter(help="Actor or institution, or `owner.move`.")],
    move: Annotated[str, Parameter(help="One of its moves.")] = "",
    *,
    scenario: Annotated[ScenarioName, Parameter(name=("--scenario", "-s"))] = FOUNDING_CASE,
    given: Annotated[
        str | None, Parameter(help="Condition under which it is asked; the scenario's own if not given.")
    ] = None,
    flip: Annotated[
        bool, Parameter(negative="", help="Search what would make the move likely, too.")
    ] = False,
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> None:
    """Explain why someone makes a move, or stands by: terms that add up, or whose vote was missing."""
    from bystander.policy.cases import solve_case
    from bystander.policy.reasons import explain as reasons_for
    from bystander.policy.reasons import find_move
    from bystander.policy.targets import move_target
    from bystander.policy.turning import turning_points

    read = load(scenario, changes)
    if not move:
        owner, _, move = owner.partition(".")
    with tracking("Solving", show=not json) as progress:
        case = solve_case(read, outcomes=(), judgements=())
        name = find_move(case.equilibrium, owner, move)
        reasons = reasons_for(case.equilibrium, name, given=given)
        turns = None
        if flip:
            asked, target = move_target(read, name, given=given)
            turns = turning_points(asked, target, base=case, progress=part_of(progress, 0.2, 1.0))
    if json:
        show_json({"reasons": reasons, "turning_points": turns})
        return
    from bystander.report.terminal.reasons import one_reason

    for place, reason in enumerate(reasons):
        if place:
            answers.print()
        one_reason(reason, answers)
    if turns is not None:
        from bystander.cli.change import show_turning_points

        show_turning_points(turns)

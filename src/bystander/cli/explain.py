"""``explain``: why someone makes a move, or stands by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from bystander.cli.options import FOUNDING_CASE, NO_CHANGES, Changes, Json, ScenarioName, load
from bystander.cli.showing import show_table
from bystander.cli.terminal import answers, show_json, tracking
from bystander.errors import QueryError
from bystander.progress import part_of
from bystander.report.words.numbers import percent, round_together

if TYPE_CHECKING:
    from bystander.equilibrium.reasons import Reason

TENTH = 0.001


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
    from bystander.policy.cases import solve_case
    from bystander.policy.reasons import explain_moves, find_moves
    from bystander.policy.store import default_store
    from bystander.policy.targets import move_target
    from bystander.policy.turning import turning_points

    read = load(scenario, changes)
    if not move:
        owner, _, move = owner.partition(".")
    if flip and not move:
        raise QueryError(f"--flip is about one move. Name one of '{owner}'.")
    with tracking("Solving", show=not json) as progress:
        case = solve_case(read, outcomes=(), judgements=())
        names = find_moves(case.equilibrium, owner, move)
        reasons = explain_moves(case.equilibrium, names, given=given, skip=not move)
        turns = None
        if flip:
            asked, target = move_target(read, names[0], given=given)
            turns = turning_points(
                asked, target, base=case, store=default_store(), progress=part_of(progress, 0.2, 1.0)
            )
    if json:
        show_json({"reasons": reasons, "turning_points": turns})
        return
    from bystander.policy.hindrances import openings
    from bystander.report.terminal.reasons import one_reason
    from bystander.report.words.hindrances import hindered

    for place, reason in enumerate(reasons):
        if place:
            answers.print()
        one_reason(reason, answers)
        if reason.blocked:
            _show_obstacles(reason)
            for measure, hindrance in openings(case, f"{reason.owner}.{reason.move}"):
                answers.print(f"With {measure.replace('_', ' ')}: {hindered(hindrance)}\n", markup=False)
        elif not reason.voter:
            answers.print(f"  It is chosen at {percent(reason.probability)} of opportunities.")
    if turns is not None:
        from bystander.cli.find import show_turning_points

        show_turning_points(turns)


def _show_obstacles(reason: Reason) -> None:
    """Print what stops a decision, share by share, and how often nothing does; in all the whole time."""
    from bystander.report.words.reasons import obstacle

    parts = [(obstacle(text), share) for text, share in reason.blocked]
    parts.append(("nothing: it is possible, and adopted if it comes up", reason.probability))
    shares = round_together([share for _, share in parts], 1.0, TENTH)
    rows = [
        [text, f"{100 * shown:.1f}%"]
        for (text, share), shown in zip(parts, shares, strict=True)
        if shown >= TENTH / 2 or share == reason.probability
    ]
    show_table(("what stops it", "of the time"), [*rows, ["in all", "100.0%"]], numbers=(1,))

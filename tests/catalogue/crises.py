"""Crises of the library, solved once for each test process."""

from collections.abc import Mapping
from functools import cache

from bystander.cases.cases import Case, answer_case
from bystander.equilibrium.result import Equilibrium
from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.scenario import read_scenario

NAMES = (
    "ferghana-2022",
    "ferghana-2021",
    "kazakhstan-2022",
    "armenia-2020",
    "armenia-2022",
    "kyrgyz-uzbek-delimitation",
)
SHOWN = {
    "csto_deploys", "csto_offers", "csto_speaks", "sco_acts", "russia_sends", "battle", "battles", "clashes",
    "settlement", "patrons_obstruct",
    "kyrgyz_dead", "tajik_dead", "kyrgyz_wounded", "displaced",
    "tajik_rallies", "tajik_blamed", "kyrgyz_rallies", "kyrgyz_blamed",
}  # fmt: skip
Sets = tuple[tuple[str, str], ...]


@cache
def solved(name: str, change: str = "", sets: Sets = ()) -> Equilibrium:
    """Solve a crisis under a measure or rival, or with parameters set, starting from the plain solution."""
    scenario = read_scenario(f"crises/{name}", variant=[change] if change else [], sets=dict(sets))
    game = compile_game(scenario)
    near = solved(name) if change or sets else None
    warm = near if near is not None and near.game.size == game.size else None
    found = solve(game, trace=False, warm=warm)
    found.require_converged()
    return found


@cache
def central(name: str) -> Case:
    """Main outcomes and all judgements of a crisis at its central parameters."""
    found = solved(name)
    scenario = found.game.scenario
    return answer_case(scenario, found, outcomes=[name for name in scenario.outcomes if name in SHOWN])


def ask(
    name: str, *outcomes: str, change: str = "", sets: Mapping[str, str] | None = None
) -> tuple[float, ...]:
    """Values of some outcomes of a changed crisis."""
    found = solved(name, change, tuple((sets or {}).items()))
    case = answer_case(found.game.scenario, found, outcomes=outcomes, judgements=())
    return tuple(case.value(outcome) for outcome in outcomes)

"""Bystander: crises between states as continuous-time games, solved and explained.

The main job in four lines::

    import bystander
    scenario = bystander.read_scenario("crises/ferghana-2022")
    assessment = bystander.assess(scenario)
    bystander.write_report(assessment, scenario, "ferghana.html")

Names are loaded when first used, so that importing the package costs nothing. The folders are the argument in
reading order: `scenario` (said), `game` (meant), `equilibrium` (chosen), `process` (happens), `simulation`
(sampled), `policy` (changed), `evidence` and `forecast` (confronted with what happened), `assessment` and
`report` (told), `app` and `cli` (the doors).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bystander.assessment.assess import assess as assess
    from bystander.assessment.result import weigh_claims as weigh_claims
    from bystander.cases.cases import solve_case as solve_case
    from bystander.equilibrium.announced import solve_announced as solve_announced
    from bystander.equilibrium.multiplicity import search as search
    from bystander.equilibrium.solve import solve as solve
    from bystander.game.compile import compile_game as compile_game
    from bystander.origins import own_version
    from bystander.policy.compare import compare as compare
    from bystander.policy.inverse import find_changes as find_changes
    from bystander.policy.measures import try_measures as try_measures
    from bystander.policy.opposition import substitutes as substitutes
    from bystander.policy.opposition import take_back as take_back
    from bystander.policy.reasons import explain as explain
    from bystander.policy.robustness import judge_over_draws as judge_over_draws
    from bystander.policy.sensitivity import global_sensitivities as global_sensitivities
    from bystander.policy.sensitivity import local_sensitivities as local_sensitivities
    from bystander.policy.surface import find_levers as find_levers
    from bystander.policy.surface import response_surface as response_surface
    from bystander.policy.sweep import sweep as sweep
    from bystander.policy.targets import read_wish as read_wish
    from bystander.policy.turning import turning_points as turning_points
    from bystander.policy.what_if import what_if as what_if
    from bystander.process.chain import make_chain as make_chain
    from bystander.report.page.write import write_report as write_report
    from bystander.scenario import apply_measures as apply_measures
    from bystander.scenario import null as null
    from bystander.scenario import read_data as read_data
    from bystander.scenario import read_scenario as read_scenario
    from bystander.scenario import vary as vary
    from bystander.scenario import write_scenario as write_scenario
    from bystander.simulation.paths import simulate as simulate

    __version__ = own_version()

_PLACES = {
    "apply_measures": "bystander.scenario",
    "assess": "bystander.assessment.assess",
    "compare": "bystander.policy.compare",
    "compile_game": "bystander.game.compile",
    "explain": "bystander.policy.reasons",
    "find_changes": "bystander.policy.inverse",
    "find_levers": "bystander.policy.surface",
    "global_sensitivities": "bystander.policy.sensitivity",
    "judge_over_draws": "bystander.policy.robustness",
    "local_sensitivities": "bystander.policy.sensitivity",
    "make_chain": "bystander.process.chain",
    "null": "bystander.scenario",
    "read_data": "bystander.scenario",
    "read_scenario": "bystander.scenario",
    "read_wish": "bystander.policy.targets",
    "response_surface": "bystander.policy.surface",
    "search": "bystander.equilibrium.multiplicity",
    "simulate": "bystander.simulation.paths",
    "solve_announced": "bystander.equilibrium.announced",
    "solve": "bystander.equilibrium.solve",
    "solve_case": "bystander.cases.cases",
    "substitutes": "bystander.policy.opposition",
    "sweep": "bystander.policy.sweep",
    "take_back": "bystander.policy.opposition",
    "try_measures": "bystander.policy.measures",
    "turning_points": "bystander.policy.turning",
    "vary": "bystander.scenario",
    "weigh_claims": "bystander.assessment.result",
    "what_if": "bystander.policy.what_if",
    "write_report": "bystander.report.page.write",
    "write_scenario": "bystander.scenario",
}

__all__ = ["__version__", *_PLACES]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name == "__version__":
        return import_module("bystander.origins").own_version()
    if name in _PLACES:
        door = import_module("bystander.doors").checked_door
        globals()[name] = door(getattr(import_module(_PLACES[name]), name), __name__)
        return globals()[name]
    raise AttributeError(f"module 'bystander' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)

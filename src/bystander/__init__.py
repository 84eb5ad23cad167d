"""Bystander: crises between states as continuous-time games, solved and explained.

The main job in four lines::

    import bystander
    scenario = bystander.read_scenario("crises/ferghana-2022")
    assessment = bystander.assess(scenario)
    bystander.write_report(assessment, scenario, "ferghana.html")

Names are loaded when first used, so that importing the package costs nothing. The folders are the argument in
reading order: `scenario` (said), `game` (meant), `equilibrium` (chosen), `chain` (happens), `simulation`
(sampled), `policy` (changed), `assessment` and `report` (told), `cli` (the door).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bystander.assessment.assess import assess as assess
    from bystander.equilibrium.solve import solve as solve
    from bystander.game.compile import compile_game as compile_game
    from bystander.provenance import own_version
    from bystander.report.page.write import write_report as write_report
    from bystander.scenario import apply_measures as apply_measures
    from bystander.scenario import read_scenario as read_scenario
    from bystander.scenario import vary as vary

    __version__ = own_version()

_PLACES = {
    "apply_measures": "bystander.scenario",
    "assess": "bystander.assessment.assess",
    "compile_game": "bystander.game.compile",
    "read_scenario": "bystander.scenario",
    "solve": "bystander.equilibrium.solve",
    "vary": "bystander.scenario",
    "write_report": "bystander.report.page.write",
}

__all__ = ["__version__", *_PLACES]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name == "__version__":
        return import_module("bystander.provenance").own_version()
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'bystander' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)

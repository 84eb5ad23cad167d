"""Storm's sparse engine on the exported process.

``storm`` runs Storm's sound methods, which have an error bound, and is asked for the bound we are asked for.
``storm gmm++`` is the solver Storm itself prefers for linear systems (GMRES with an incomplete LU
factorisation), stopped at Storm's own default of 1e-6: no bound, and fewer digits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import stormpy
from stormpy import environments
from stormpy.developer import _core

from benchmarks.peers import Peer
from benchmarks.processes import BOUND
from benchmarks.shelf import Process, Shelf
from benchmarks.timing import Row, timed
from bystander.game.arrays import Float

FORMULAS: dict[str, Callable[[Process], str]] = {
    "transient": lambda process: f'P=? [ F<={process.days!r} "target" ]',
    "reward": lambda process: f'R{{"reward"}}=? [ C<={process.days!r} ]',
    "eventual": lambda _: 'P=? [ !"avoid" U "target" ]',
    "waiting": lambda _: 'T=? [ F "target" ]',
    "long-run": lambda _: 'LRA=? [ "target" ]',
}


def peers(name: str) -> dict[str, Peer]:
    """Return Storm's way through each phase."""
    return {phase: lambda shelf, p=phase: check(shelf, p, name == "storm") for phase in FORMULAS}


@cache
def ask_for_bound() -> None:
    """Tell Storm the error bound by a deadline; it accepts this once."""
    _core.set_from_exploded_string(["--timebounded:precision", repr(BOUND)])


def check(shelf: Shelf, phase: str, sound: bool) -> tuple[Row, Float]:
    """Time one formula; building the model is not part of it."""
    process = shelf.process()
    model = stormpy.build_model_from_drn(str(shelf.drn()))
    ask_for_bound()
    formula = stormpy.parse_properties(FORMULAS[phase](process))[0]
    environment = environments.sound() if sound else environments.Environment()
    if sound:
        environment.solver().native().precision = stormpy.Rational(f"1/{round(1.0 / BOUND)}")
    else:
        environment.solver().set_linear_equation_solver_type(environments.EquationSolverType.GMMXX)
    row, result = timed(lambda: stormpy.model_checking(model, formula, environment=environment))
    found = np.array(result.get_value_vector())
    return row, process.start @ found if phase == "long-run" else found

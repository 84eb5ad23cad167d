"""Solving a game: from arrays to an equilibrium with its evidence.

The default answer is the one reached by tracing the precision of choice from uniform behaviour
(docs/theory/solving.md; `bystander.equilibrium.tracing`). ``trace=False`` iterates the equations of the game
itself from zero, or from given values; ``warm`` starts from an earlier solution. Whatever the route, the
certificate is recomputed independently and decides whether the result counts as converged.

Sweeps are repelled by some equilibria, those among which actors alike would rather differ. Accelerated they
come close and no closer; up to `MOST_UNKNOWNS` unknowns Newton's method then does the rest.
"""

from __future__ import annotations

import time

import numpy as np

from bystander.equilibrium.best_response import best_values
from bystander.equilibrium.certificate import certify
from bystander.equilibrium.homotopy import traced_curve
from bystander.equilibrium.iteration import Ending, Iteration, Progress
from bystander.equilibrium.kernels import packed_behaviour
from bystander.equilibrium.packed import pack
from bystander.equilibrium.result import Certificate, Equilibrium, Selection, Status, names_of_dates
from bystander.equilibrium.tracing import polish, trace_path
from bystander.errors import QueryError
from bystander.game.arrays import Float, Game

TOLERANCE = 1e-9
LIMIT = 10_000
SHARPENING = 300
SETTLING = 400
FINEST = 64.0
MOST_UNKNOWNS = 300_000
POLISHED = "Newton's method"
SWEEPS = "modified policy iteration by Gauss-Seidel sweeps, with Anderson acceleration"


def solve(
    game: Game,
    *,
    tolerance: float = TOLERANCE,
    trace: bool = True,
    warm: Equilibrium | Float | None = None,
    start_values: Float | None = None,
    limit: int = LIMIT,
    progress: Progress | None = None,
) -> Equilibrium:
    """Solve a game.

    Parameters
    ----------
    tolerance
        Largest residual accepted, in worth.
    trace
        Reach the solution by tracing from uniform behaviour; ignored where ``warm`` or ``start_values``
        is given.
    warm
        A solution (or values ``(N, A)``) near the one wanted, for a game with the same situations.
    start_values
        ``(N, A)`` where a direct solve starts.
    limit
        Most sweeps allowed in total.
    progress
        Called with (stage, sweeps, change) after every sweep; returning False interrupts.

    Returns
    -------
    Equilibrium
        Read its ``status``, or call ``require_converged()``.
    """
    began = time.perf_counter()
    if game.dates:
        raise QueryError(
            f"Known dates lie ahead ({names_of_dates(game)}), which one behaviour for all times does not "
            "know. Leave the calendar out; in Python, bystander.solve_announced follows them."
        )
    if not game.actors:
        return _only_chance(game, tolerance)
    packed = pack(game)
    if warm is not None:
        initial = warm.values if isinstance(warm, Equilibrium) else np.asarray(warm, float)
    else:
        initial = np.zeros((game.size, len(game.actors))) if start_values is None else start_values
    iteration = Iteration(packed, initial)
    if trace and warm is None and start_values is None:
        traced = trace_path(game, iteration, tolerance / 2, limit, progress)
        ending, earlier, selection, method = traced.ending, traced.earlier, traced.selection, traced.method
    else:
        ending, method = _settle(game, iteration, tolerance, limit, progress)
        earlier, selection = 0, Selection("continued" if warm is not None else "direct")
    seconds = time.perf_counter() - began
    return finish(game, iteration, ending, earlier, selection, tolerance, seconds, method)


def _settle(
    game: Game, iteration: Iteration, tolerance: float, limit: int, progress: Progress | None
) -> tuple[Ending, str]:
    """Sweep at t = 1 from the current point; by Newton's method from there where sweeps are repelled."""
    begun = np.array(iteration.values)
    ending = iteration.run(1.0, tolerance / 2, min(limit, SETTLING), progress)
    if ending.status is not Status.ITERATION_LIMIT or limit <= SETTLING:
        return ending, SWEEPS
    if begun.size <= MOST_UNKNOWNS:
        values = _polished(game, begun)
        if met(game, values, certify(game, values), tolerance):
            iteration.place(values)
            return Ending(Status.CONVERGED, ending.sweeps, ending.changes), POLISHED
    further = iteration.run(1.0, tolerance / 2, limit - SETTLING, progress)
    whole = (*ending.changes, *further.changes)
    return Ending(further.status, len(whole), whole, further.moved), SWEEPS


def finish(
    game: Game,
    iteration: Iteration,
    ending: Ending,
    earlier: int,
    selection: Selection,
    tolerance: float,
    seconds: float,
    method: str = SWEEPS,
) -> Equilibrium:
    """Certify what an iteration reached, sharpened where choices need it, and put the result together."""
    status, sweeps, moved = ending.status, earlier + ending.sweeps, ending.moved
    certificate = certify(game, iteration.values)
    if status is Status.CONVERGED and not met(game, iteration.values, certificate, tolerance):
        before = np.array(iteration.values)
        sharpened = _sharpen(iteration, tolerance)
        sweeps, moved = sweeps + sharpened.sweeps, sharpened.moved
        certificate = certify(game, iteration.values)
        method = method if method == SWEEPS else f"{method}, then {SWEEPS}"
        if not met(game, iteration.values, certificate, tolerance) and before.size <= MOST_UNKNOWNS:
            iteration.place(_polished(game, before))
            certificate, moved, method = certify(game, iteration.values), None, f"{method}, then {POLISHED}"
    values = np.array(iteration.values)
    choice, rate = packed_behaviour(iteration.game, iteration.point, 1.0)
    if status is Status.CONVERGED and not met(game, values, certificate, tolerance):
        status = Status.ITERATION_LIMIT
    if game.shocks == "noise" and np.isfinite(values).all():
        certificate = certify(game, values, best_values(game, values))
    for array in (values, choice, rate):
        array.flags.writeable = False
    return Equilibrium(
        game=game,
        values=values,
        choice=choice,
        option_rate=rate,
        status=status,
        certificate=certificate,
        selection=selection,
        tolerance=tolerance,
        iterations=sweeps,
        seconds=seconds,
        method=method,
        history=ending.changes,
        moved=moved,
    )


def _polished(game: Game, values: Float) -> Float:
    """Take Newton steps from values ``(N, A)`` while they shrink."""
    return polish(traced_curve(game), values.ravel()).reshape(values.shape)


def met(game: Game, values: Float, certificate: Certificate, tolerance: float) -> bool:
    """Say whether values meet a tolerance, in worth and in log-odds, or the precision of their doubles."""
    size = game.numbers.rationality * np.abs(values).max(axis=0, initial=0.0)
    finest = FINEST * float(np.finfo(float).eps * size.max(initial=0.0))
    return certificate.residual <= tolerance and certificate.log_odds <= max(tolerance, finest)


def _sharpen(iteration: Iteration, tolerance: float) -> Ending:
    """Sweep on until choices, not only values, are right to the tolerance."""
    steepest = float(iteration.game.precision.max(initial=1.0))
    return iteration.run(1.0, tolerance / 2 / max(steepest, 1.0), SHARPENING)


def _only_chance(game: Game, tolerance: float) -> Equilibrium:
    """Return the solution of a game without actors: nobody values or chooses anything, hazards just fire."""
    rate = game.numbers.rate[game.structure.option_kind]
    arrays = (np.zeros((game.size, 0)), np.ones_like(rate), rate)
    for array in arrays:
        array.flags.writeable = False
    return Equilibrium(
        game,
        *arrays,
        status=Status.CONVERGED,
        certificate=Certificate(0.0, ()),
        selection=Selection("direct"),
        tolerance=tolerance,
        iterations=0,
        seconds=0.0,
        method="nothing to solve",
    )

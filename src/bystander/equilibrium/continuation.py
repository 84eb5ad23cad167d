"""From the equilibrium of one game to that of a game near it, noticing jumps between equilibria.

A path of solutions is followed from s = 0 to s = 1 (`follow`). From the last two points of the path a
straight line predicts the next (secant predictor), accelerated sweeps correct it. Points are compared in
log-odds: ``d(V, W) = max |V_i(s) - W_i(s)| beta_i``. With a step from V to a predicted point P and a
corrected one W, the step is accepted if

    d(W, P) <= max(d(P, V), `FLOOR`),

so that a step may double or reverse what the last one did, but not more. A step that predicts nothing, the
first or one after a jump, may move by as much as the largest value at its start, but if it moves by more than
`FLOOR` it must lead back as well: taken back, it must return to near V. A step that is not accepted is
halved, one whose corrector does not settle cut to one `UNSETTLED`th, down to `SMALLEST`; there it is tried
once more from V itself, since a prediction near a turning point may throw the sweeps off. If it does not
settle even so, the path *breaks off*. If it settles, the step is taken back: from W the sweeps are run at the
s of V. If they return to near V the path is steep; if not, going forth and back are not the same, and the
step is reported as a `Jump`. Sweeps pass turning points by falling to another branch, so that a turning point
is seen as such a jump.

A fold and its counterpart that both lie inside one accepted step go unnoticed; a smaller `LARGEST` sees more
and costs more. Allgower & Georg 1990 (Numerical continuation).

Values are carried over by situation (`carry`) and corrected by sweeps: one warm solve. Where only numbers
differ and no choice or adoption probability has moved by more than `LARGE`, that is all. Where one has, the
numbers are changed little by little,

    numbers(s) = (1 - s) numbers of the base + s numbers of the game,

and the path is followed: it ends on the base's own branch if that lasts, and reports where it jumps if not.
Where it breaks off, the answer is that of the warm solve, and the way to it a jump: just past a turning point
sweeps are slow, and to look there for the branch that takes over costs many warm solves. Where structures
differ there is nothing in between, and the step is taken back instead: starting from the new values the old
game is solved again. If that does not return to within `NEAR` of the base, forth and back are not the same,
and the displacement is reported as a jump at s = 1.

Votes' weights and quotas are whole numbers; games that differ in them count as of different structure. A
branch that ends and another that takes over where both games have one equilibrium only go unnoticed; so do
jumps that move no probability by `LARGE`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np

from bystander.equilibrium.iteration import Ending, Iteration
from bystander.equilibrium.kernels import packed_behaviour
from bystander.equilibrium.packed import pack
from bystander.equilibrium.result import Equilibrium, Jump, Selection, Status
from bystander.equilibrium.solve import SETTLING, TOLERANCE, finish, solve
from bystander.equilibrium.tracing import LOOSE
from bystander.game.arrays import Float, Game, Numbers

LARGEST = 1 / 4
SMALLEST = 1 / 128
UNSETTLED = 8
PATIENCE = 100
FLOOR = 0.5
RETURNED = 0.25
JUMP = "jump"

Corrector = Callable[[float], Ending]


@dataclass(slots=True)
class Path:
    """How a path was followed; ``ending`` is the last corrector's, ``reached`` how far it came.

    ``broken`` is True where even the smallest step led nowhere.
    """

    ending: Ending
    reached: float = 0.0
    steps: int = 0
    sweeps: int = 0
    jumps: tuple[Jump, ...] = ()
    broken: bool = False


def follow(iteration: Iteration, correct: Corrector) -> Path:
    """Follow solutions from the iteration's point, one at s = 0, to s = 1 or to where the path breaks off.

    Parameters
    ----------
    iteration
        Holds the point; left at the last point reached.
    correct
        Iterates at a given s from the current point.
    """
    path = Path(Ending(Status.CONVERGED, 0, ()))
    here, slope, length, straight = iteration.point.copy(), None, LARGEST, True
    while path.reached < 1.0:
        ahead = min(path.reached + length, 1.0)
        guess = here if slope is None else here + slope * (ahead - path.reached)
        iteration.place(guess if straight else here)
        path.ending = correct(ahead)
        path.sweeps += path.ending.sweeps
        if path.ending.status is Status.INTERRUPTED:
            return path
        settled = path.ending.status is Status.CONVERGED
        point = iteration.point.copy()
        reach = distance(iteration, here, 0.0) if slope is None else distance(iteration, guess, here)
        miss = distance(iteration, point, guess)
        smooth = settled and miss <= max(reach, FLOOR)
        if smooth and slope is None and miss > FLOOR:
            smooth = _leads_back(iteration, correct, path, here, point)
        if not smooth and length > SMALLEST:
            length = max(length / (2 if settled else UNSETTLED), SMALLEST)
            continue
        if not smooth and straight and slope is not None:
            straight = False
            continue
        if not settled:
            iteration.place(here)
            path.broken = True
            return path
        if smooth or _leads_back(iteration, correct, path, here, point):
            slope = (point - here) / (ahead - path.reached)
            if smooth and miss <= max(reach, FLOOR) / 4:
                length = min(2 * length, LARGEST)
        else:
            path.jumps += (Jump(ahead, float(np.abs(point - here).max()), JUMP),)
            slope = None
        here, straight = point, True
        path.reached = ahead
        path.steps += 1
    return path


def distance(iteration: Iteration, one: Float, two: Float | float) -> float:
    """Largest difference of two points in log-odds."""
    return float((np.abs(one - two).max(axis=0) * iteration.game.precision).max())


def _leads_back(iteration: Iteration, correct: Corrector, path: Path, here: Float, point: Float) -> bool:
    """Say whether sweeps at the last point reached lead from ``point`` back to ``here``."""
    kept = path.ending
    back = correct(path.reached)
    path.sweeps += back.sweeps
    returned = distance(iteration, iteration.point, here) <= RETURNED * distance(iteration, point, here)
    iteration.place(point)
    path.ending = kept
    return back.status is Status.CONVERGED and returned


LARGE = 0.5
NEAR = 0.1
STRAIGHT = 2 * SETTLING
"""Most sweeps of a warm solve: what does not settle by then goes in a circle, and is reached otherwise."""


def continue_from(
    base: Equilibrium,
    game: Game,
    *,
    tolerance: float = TOLERANCE,
) -> Equilibrium:
    """Solve a game starting from the equilibrium of another.

    Parameters
    ----------
    game
        A game of the same variables and actors; its situations and moves may differ.
    tolerance
        Largest residual accepted, in worth.

    Returns
    -------
    Equilibrium
        Its selection is ``continued``, with the jumps seen. Read its ``status``. Cost where little changes:
        one warm solve.
    """
    if not game.actors or not base.game.actors:
        return solve(game, tolerance=tolerance)
    found = solve(game, warm=carry(base, game), tolerance=tolerance, limit=STRAIGHT)
    if same_structure(base.game, game):
        if found.status is Status.CONVERGED and np.abs(found.choice - base.choice).max(initial=0.0) <= LARGE:
            return replace(found, selection=Selection("continued", 1))
        return _follow_numbers(base, found, tolerance)
    if found.status is not Status.CONVERGED:
        return found
    if _returns(base, found):
        return replace(found, selection=Selection("continued", 1))
    size = float(np.abs(found.values - carry(base, game)).max())
    return replace(found, selection=Selection("continued", 1, (Jump(1.0, size, JUMP),)))


def carry(equilibrium: Equilibrium, game: Game) -> Float:
    """Return the values of an equilibrium laid out for another game over the same variables and actors.

    Situations that are new start at the average of the others; a game over other variables or actors at 0.
    """
    old, new = equilibrium.game.situations, game.situations
    if equilibrium.game.actors != game.actors or old.level_names != new.level_names:
        return np.zeros((game.size, len(game.actors)))
    if old.codes is new.codes or np.array_equal(old.codes, new.codes):
        return equilibrium.values
    place = np.minimum(np.searchsorted(old.codes, new.codes), equilibrium.game.size - 1)
    known = old.codes[place] == new.codes
    values = np.tile(equilibrium.values.mean(axis=0), (game.size, 1))
    values[known] = equilibrium.values[place[known]]
    return values


def same_structure(one: Game, two: Game) -> bool:
    """Say whether two games differ in their continuous numbers only."""
    if one.actors != two.actors or one.shocks != two.shocks:
        return False
    arrays = (
        "move_habitual",
        "option_start",
        "option_kind",
        "targets",
        "kind_move",
        "pace_context",
        "flow_context",
    )
    shared = one.structure is two.structure or all(
        np.array_equal(getattr(one.structure, name), getattr(two.structure, name)) for name in arrays
    )
    return (
        shared
        and all(
            getattr(one.numbers, f.name).shape == getattr(two.numbers, f.name).shape for f in fields(Numbers)
        )
        and np.array_equal(one.numbers.vote_weight, two.numbers.vote_weight)
        and np.array_equal(one.numbers.vote_quota, two.numbers.vote_quota)
    )


def between(one: Game, two: Game, s: float) -> Game:
    """Return the game whose numbers lie at ``s`` of the way between two games of the same structure."""
    if s in (0.0, 1.0):
        return two if s else one
    moved = {
        f.name: (1.0 - s) * getattr(one.numbers, f.name) + s * getattr(two.numbers, f.name)
        for f in fields(Numbers)
        if f.name not in ("vote_weight", "vote_quota")
    }
    return replace(two, numbers=replace(two.numbers, **moved))


def _returns(base: Equilibrium, found: Equilibrium) -> bool:
    """Say whether the base's game, solved loosely from the new values, returns to near the base."""
    start = carry(found, base.game)
    iteration = Iteration(pack(base.game), start)
    ending = iteration.run(1.0, LOOSE, STRAIGHT)
    if ending.status is not Status.CONVERGED:
        return False
    choice, _ = packed_behaviour(iteration.game, iteration.point, 1.0)
    return bool(np.abs(choice - base.choice).max(initial=0.0) <= NEAR)


def _follow_numbers(base: Equilibrium, straight: Equilibrium, tolerance: float) -> Equilibrium:
    """Follow the base while its numbers change little by little; go ``straight`` where that breaks off."""
    began = time.perf_counter()
    game = straight.game
    iteration = Iteration(pack(game), base.values)

    def correct(s: float) -> Ending:
        iteration.turn_to(pack(between(base.game, game, s)))
        if s < 1.0:
            return iteration.run(1.0, LOOSE, PATIENCE)
        return iteration.run(1.0, tolerance / 2, SETTLING)

    path = follow(iteration, correct)
    if path.broken:
        size = float(np.abs(straight.values - iteration.values).max())
        jumps = (*path.jumps, Jump(min(path.reached + SMALLEST, 1.0), size, JUMP))
        return replace(straight, selection=Selection("continued", path.steps + 1, jumps))
    iteration.turn_to(pack(game))
    selection = Selection("continued", path.steps, path.jumps)
    earlier = path.sweeps - path.ending.sweeps
    seconds = time.perf_counter() - began
    return finish(game, iteration, path.ending, earlier, selection, tolerance, seconds)

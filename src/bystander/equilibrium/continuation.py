"""From the equilibrium of one game to that of a game near it, noticing jumps between equilibria.

Values are carried over by situation (`carry`) and corrected by sweeps: one warm solve. Where only numbers
differ and no choice or adoption probability has moved by more than `LARGE`, that is all. Where one has, the
numbers are changed little by little,

    numbers(s) = (1 - s) numbers of the base + s numbers of the game,

and the path is followed (`bystander.equilibrium.following`): it ends on the base's own branch if that lasts,
and reports where it jumps if not. Where structures differ there is nothing in between, and the step is taken
back instead: starting from the new values the old game is solved again. If that does not return to within
`NEAR` of the base, forth and back are not the same, and the displacement is reported as a jump at s = 1.

Votes' weights and quotas are whole numbers; games that differ in them count as of different structure. A
branch that ends and another that takes over where both games have one equilibrium only go unnoticed; so do
jumps that move no probability by `LARGE`.
"""

from __future__ import annotations

import time
from dataclasses import fields, replace

import numpy as np

from bystander.equilibrium.iteration import Ending, Iteration, Progress
from bystander.equilibrium.kernels import packed_behaviour
from bystander.equilibrium.packed import pack
from bystander.equilibrium.result import Equilibrium, Jump, Selection, Status
from bystander.equilibrium.solve import LIMIT, TOLERANCE, finish, solve
from bystander.equilibrium.stepping import JUMP, follow
from bystander.equilibrium.tracing import LOOSE, PATIENCE
from bystander.game.arrays import Float, Game, Numbers

LARGE = 0.5
NEAR = 0.1


def continue_from(
    base: Equilibrium,
    game: Game,
    *,
    tolerance: float = TOLERANCE,
    limit: int = LIMIT,
    progress: Progress | None = None,
) -> Equilibrium:
    """Solve a game starting from the equilibrium of another.

    Parameters
    ----------
    base
        The equilibrium to continue from.
    game
        A game of the same variables and actors; its situations and moves may differ.
    tolerance
        Largest residual accepted, in worth.
    limit
        Most sweeps allowed for each of the solves.
    progress
        Called with (stage, sweeps, change) after every sweep; returning False interrupts.

    Returns
    -------
    Equilibrium
        Its selection is ``continued``, with the jumps seen. Read its ``status``. Cost where little changes:
        one warm solve.
    """
    if not game.actors or not base.game.actors:
        return solve(game, tolerance=tolerance, limit=limit, progress=progress)
    found = solve(game, warm=carry(base, game), tolerance=tolerance, limit=limit, progress=progress)
    if found.status is Status.INTERRUPTED:
        return found
    alike = same_structure(base.game, game)
    if alike:
        if found.status is Status.CONVERGED and np.abs(found.choice - base.choice).max(initial=0.0) <= LARGE:
            return replace(found, selection=Selection("continued", 1))
        return _follow_numbers(base, game, tolerance, limit, progress)
    if found.status is not Status.CONVERGED:
        return found
    if _leads_back(base, found, limit, progress):
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


def _leads_back(base: Equilibrium, found: Equilibrium, limit: int, progress: Progress | None) -> bool:
    """Say whether the base's game, solved loosely from the new values, returns to near the base."""
    start = carry(found, base.game)
    iteration = Iteration(pack(base.game), start)
    ending = iteration.run(1.0, LOOSE, limit, progress, "going back")
    if ending.status is not Status.CONVERGED:
        return False
    choice, _ = packed_behaviour(iteration.game, iteration.point, 1.0)
    return bool(np.abs(choice - base.choice).max(initial=0.0) <= NEAR)


def _follow_numbers(
    base: Equilibrium, game: Game, tolerance: float, limit: int, progress: Progress | None
) -> Equilibrium:
    """Follow the base while its numbers are changed little by little."""
    began = time.perf_counter()
    iteration = Iteration(pack(game), base.values)

    def correct(s: float) -> Ending:
        iteration.turn_to(pack(between(base.game, game, s)))
        if s < 1.0:
            return iteration.run(1.0, LOOSE, min(limit, PATIENCE), progress, "continue")
        return iteration.run(1.0, tolerance / 2, limit, progress)

    path = follow(iteration, correct, Ending(Status.CONVERGED, 0, ()))
    iteration.turn_to(pack(game))
    selection = Selection("continued", path.steps, path.jumps)
    earlier = path.sweeps - path.ending.sweeps
    seconds = time.perf_counter() - began
    return finish(game, iteration, path.ending, earlier, selection, tolerance, seconds)

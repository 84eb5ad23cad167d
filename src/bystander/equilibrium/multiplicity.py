"""Searching for further equilibria: many starts, clusters, and Newton's method in between.

A direct solve from values V ends at some equilibrium; which one depends on V (`draw_start`
says what V is tried). Two solutions are the same if no choice or adoption probability differs by more
than `SAME`. Sweeps cannot end at an equilibrium that repels them; Newton's method on the value equations can.
It starts from points between equilibria already found, damped so that the defect falls.

The search proves nothing about what it has not found: there is a statement "two found in 64 starts", and no
statement "unique".

Where a search for equilibria starts: values of random pure behaviour, and random values.

Starts take turns among

* values of *pure behaviour*: every action and vote is always or never chosen, drawn at random, beginning with
  nobody ever acting and everybody always acting; V solves the linear equations of that behaviour;
* values that are sums of random parts, one for each level of each variable;
* values drawn for each situation on its own,

the last two uniform between what an actor can lose and gain at all:

    max_s (u_i + sum_o rate_o max(J_i(o), 0) + lambda_i log(1 + n_i) / beta_i) / rho_i,    likewise below,

with rates at their largest and n_i own options; the last term, the worth of private shocks, only above.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.sparse import csr_array

from bystander.equilibrium.defects import defects
from bystander.equilibrium.iteration import Ending, Iteration, Progress
from bystander.equilibrium.jacobian import jacobian, solve_jacobian
from bystander.equilibrium.kernels import packed_behaviour
from bystander.equilibrium.packed import pack
from bystander.equilibrium.response import respond_at
from bystander.equilibrium.result import Equilibrium, Selection, Status
from bystander.equilibrium.solve import TOLERANCE, finish, solve
from bystander.game.arrays import Float, Game, MoveType
from bystander.seeds import stream

EVALUATION_STEPS = 200


def draw_start(game: Game, random: Generator, number: int) -> Float:
    """Draw the values ``(N, A)`` of start ``number``; 0 is of nobody ever acting, 3 of everybody always."""
    kind, turn = number % 3, number // 3
    if kind == 0:
        chosen = np.full(len(game.moves), turn == 1) if turn < 2 else random.random(len(game.moves)) < 0.5
        return pure_values(game, chosen)
    low, high = bounds(game)
    if kind == 2:
        return low + (high - low) * random.random((game.size, len(game.actors)))
    shares = np.zeros((game.size, len(game.actors)))
    for f, names in enumerate(game.situations.level_names):
        shares += random.random((len(names), len(game.actors)))[game.situations.levels[:, f]]
    return low + (high - low) * shares / len(game.situations.level_names)


def pure_values(game: Game, chosen: NDArray[np.bool_]) -> Float:
    """Values of everyone always, or never, choosing each move, ``chosen`` ``(M,)``.

    An actor that chooses several actions picks one of them evenly. The linear equations are iterated
    `EVALUATION_STEPS` times: a start needs no more.
    """
    structure, numbers = game.structure, game.numbers
    kind = structure.option_kind
    move = structure.kind_move[kind]
    place = np.repeat(np.arange(game.size), np.diff(structure.option_start))
    rate = numbers.rate[kind] * np.where(structure.move_type[move] == MoveType.HAZARD, 1.0, chosen[move])
    for actor in range(len(game.actors)):
        own = np.flatnonzero(
            (structure.move_type[move] == MoveType.ACTION)
            & (structure.move_owner[move] == actor)
            & chosen[move]
        )
        shared = np.bincount(place[own], minlength=game.size)[place[own]]
        rate[own] = numbers.pace[structure.pace_context[place[own]], actor] / np.maximum(shared, 1)
    counts = structure.move_branches[move]
    branch = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    option = np.repeat(np.arange(len(kind)), counts)
    flows = rate[option] * numbers.chance[kind[option], branch]
    onward = csr_array((flows, (place[option], structure.targets)), shape=(game.size, game.size))
    income = game.flow()
    np.add.at(income, place, rate[:, None] * numbers.impact[kind])
    scale = numbers.discount + np.bincount(place, rate, game.size)[:, None]
    values = income / scale
    for _ in range(EVALUATION_STEPS):
        values = (income + onward @ values) / scale
    return np.asarray(values)


def bounds(game: Game) -> tuple[Float, Float]:
    """Least and greatest value that any behaviour can give each actor, ``(A,)`` each."""
    structure, numbers = game.structure, game.numbers
    kind = structure.option_kind
    move = structure.kind_move[kind]
    place = np.repeat(np.arange(game.size), np.diff(structure.option_start))
    action = structure.move_type[move] == MoveType.ACTION
    pace = numbers.pace[structure.pace_context]
    rate = numbers.rate[kind]
    rate[action] = pace[place[action], structure.move_owner[move[action]]]
    low, high = game.flow(), game.flow()
    np.add.at(low, place, rate[:, None] * np.minimum(numbers.impact[kind], 0.0))
    np.add.at(high, place, rate[:, None] * np.maximum(numbers.impact[kind], 0.0))
    if game.shocks == "private":
        for actor in np.flatnonzero(numbers.rationality > 0.0):
            own = place[action & (structure.move_owner[move] == actor)]
            options = np.bincount(own, minlength=game.size)
            high[:, actor] += pace[:, actor] * np.log1p(options) / numbers.rationality[actor]
    return low.min(axis=0) / numbers.discount, high.max(axis=0) / numbers.discount


SAME = 1e-4


LIMIT = 2000


BETWEEN = (0.5, 0.25, 0.75, 0.1, 0.9, 0.03, 0.97)


NEWTON_STEPS = 50


NEWTON = "Newton's method on the value equations, steps halved until the largest defect falls"


NEWTON_SIZE = 2000


HALVINGS = 12


@dataclass(frozen=True, slots=True)
class Multiplicity:
    """What a search found.

    Attributes
    ----------
    equilibria
        One of each cluster, the base first, then in the order found.
    counts
        How many starts ended at each; 0 for one that was not reached by sweeps.
    starts
        Starts made.
    failed
        Starts that ended nowhere within the limit.
    seed
        Seed of the random starts.
    """

    equilibria: tuple[Equilibrium, ...]
    counts: tuple[int, ...]
    starts: int
    failed: int
    seed: int

    def statement(self) -> str:
        """Say what was found, and no more than that."""
        starts = "1 start" if self.starts == 1 else f"{self.starts} starts"
        ended = f"; {self.failed} ended nowhere" if self.failed else ""
        return f"{len(self.equilibria)} found in {starts}{ended}"


def search(
    game: Game,
    *,
    starts: int = 64,
    seed: int = 0,
    base: Equilibrium | None = None,
    limit: int = LIMIT,
    tolerance: float = TOLERANCE,
    progress: Progress | None = None,
) -> Multiplicity:
    """Look for equilibria other than the base.

    Parameters
    ----------
    game
        The compiled game.
    starts
        Direct solves to make, besides the base.
    seed
        Of the starts.
    base
        An equilibrium of this game; traced if None.
    limit
        Most sweeps for each start.
    tolerance
        Largest residual accepted, in worth.
    progress
        Called with (stage, sweeps, change) after every sweep; returning False ends the search there.

    Returns
    -------
    Multiplicity
        Cost: ``starts`` solves, and for small games some Newton steps for each pair found.
    """
    if base is None:
        base = solve(game, tolerance=tolerance, progress=progress).require_converged()
    if not game.actors:
        return Multiplicity((base,), (starts,), starts, 0, seed)
    found, counts, made, failed = [base], [0], 0, 0
    iteration = Iteration(pack(game), np.array(base.values))
    for number in range(starts):
        iteration.place(draw_start(game, stream(seed, "equilibria", number), number))
        ending = iteration.run(1.0, tolerance / 2, limit, progress, "search")
        if ending.status is Status.INTERRUPTED:
            break
        made += 1
        if ending.status is not Status.CONVERGED:
            failed += 1
            continue
        choice, _ = packed_behaviour(iteration.game, iteration.point, 1.0)
        which = next((k for k, e in enumerate(found) if same(choice, e.choice)), None)
        if which is None:
            other = finish(game, iteration, ending, 0, Selection("direct"), tolerance, 0.0)
            which = next((k for k, e in enumerate(found) if same(other.choice, e.choice)), None)
            if which is None:
                found.append(other)
                counts.append(1)
                continue
            counts[which] += 1
        else:
            counts[which] += 1
    if game.size * len(game.actors) <= NEWTON_SIZE:
        for one, two in combinations(tuple(found), 2):
            for equilibrium in _between(game, one, two, tolerance):
                if not any(same(equilibrium.choice, e.choice) for e in found):
                    found.append(equilibrium)
                    counts.append(0)
    return Multiplicity(tuple(found), tuple(counts), made, failed, seed)


def same(one: Float, two: Float) -> bool:
    """Say whether two behaviours count as one equilibrium."""
    return bool(np.abs(one - two).max(initial=0.0) <= SAME)


def range_over(found: Multiplicity, ask: Callable[[Equilibrium], float]) -> tuple[float, float]:
    """Ask every equilibrium for a number; return the lowest and the highest answer."""
    answers = [ask(equilibrium) for equilibrium in found.equilibria]
    return min(answers), max(answers)


def newton(game: Game, values: Float, tolerance: float) -> Float | None:
    """Solve the value equations by damped Newton steps from given values; None where that fails.

    With G the defects, each step solves ``-dG/dV dV = G`` and is halved until the largest defect falls.
    """
    values = np.array(values)
    gap, leaving = defects(game, values)
    for _ in range(NEWTON_STEPS):
        if np.abs(gap / (game.numbers.discount + leaving[:, None])).max() <= tolerance / 100:
            break
        step = solve_jacobian(jacobian(respond_at(game, values)), gap.ravel()).x.reshape(values.shape)
        if not np.isfinite(step).all():
            return None
        for halving in range(HALVINGS):
            tried = values + step / 2**halving
            ahead, leaving = defects(game, tried)
            if np.abs(ahead).max() < np.abs(gap).max():
                break
        else:
            break
        values, gap = tried, ahead
    gap, leaving = defects(game, values)
    small = np.abs(gap / (game.numbers.discount + leaving[:, None])).max() <= tolerance / 2
    return values if small else None


def _between(game: Game, one: Equilibrium, two: Equilibrium, tolerance: float) -> list[Equilibrium]:
    """Equilibria that Newton's method finds from points between two others."""
    found = []
    for share in BETWEEN:
        values = newton(game, (1.0 - share) * one.values + share * two.values, tolerance)
        if values is not None:
            iteration = Iteration(pack(game), values)
            ending = Ending(Status.CONVERGED, 0, ())
            found.append(finish(game, iteration, ending, 0, Selection("searched"), tolerance, 0.0, NEWTON))
    return found

"""Searching for further equilibria: many starts, clusters, and what leads from known ones to others.

Starts are drawn by `bystander.equilibrium.starts`.

A direct solve from values V ends at some equilibrium; which one depends on V. Two solutions are the same if
no choice or adoption probability differs by more than `SAME`.

Sweeps cannot end at an equilibrium that repels them; Newton's method can. Up to `NEWTON_SIZE` unknowns it
starts from points between equilibria found. Up to `bystander.equilibrium.homotopy.DENSE` unknowns it also
starts where some owners of moves always act and others never, and, once several are known, where the members
of each set of owners act at shares that their own replies confirm; known solutions are divided out; every
equilibrium but the traced one has a partner at the other end of its curve; and a census of signs says how
many must be missing at least. Where some are, more starts are drawn. `EFFORT` bounds the evaluations, times
`PLENTY` where several are known.

The search proves nothing about what it has not found: there is a statement "two found in 64 starts", and no
statement "unique".

For games small enough to factorise:

*Newton's method* on ``G(V, 1) = 0``: with A = -dG/dV a step solves ``A d = G``; it is cut to `LONGEST` in
log-odds of the value that moves most, and halved until the largest gap falls.

*Deflation* (Farrell, Birkisson & Funke 2015, SIAM J. Sci. Comput. 37): solutions V_k that are known are
divided out,

    M(V) G(V) = 0,        M = prod_k (1 + 1 / |V - V_k|^2)        lengths in log-odds.

By the Sherman-Morrison formula its Newton step is the plain one times ``1 / (1 - grad log M . d)``.

*Partners.* The curve ``G(V, t) = 0`` through an equilibrium at t = 1 is followed backwards
(`bystander.equilibrium.following`). At t = 0 there is one solution, whose curve is the traced one; any other
curve can neither reach t = 0 nor end, and comes back to t = 1 at another equilibrium.

*Census.* The degree of G at t = 1 is that at t = 0, where A is the matrix of a discounted process, whose
determinant is positive: over all equilibria, if none is degenerate, the signs of det A add up to +1. A sum of
c over those found means that at least abs(1 - c) more exist. A sum of 1 proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from bystander.equilibrium.announced import solve_with_dates
from bystander.equilibrium.following import Follower
from bystander.equilibrium.homotopy import DENSE, Curve, Factors, traced_curve
from bystander.equilibrium.iteration import Ending, Iteration, Progress
from bystander.equilibrium.kernels import packed_behaviour
from bystander.equilibrium.packed import pack
from bystander.equilibrium.result import Equilibrium, Selection, Status
from bystander.equilibrium.solve import TOLERANCE, finish, solve
from bystander.equilibrium.starts import confirmed_starts, draw_start, lone_starts
from bystander.equilibrium.tracing import polish
from bystander.errors import NotConvergedError
from bystander.game.arrays import Float, Game
from bystander.seeds import stream

LONGEST = 25.0
NEWTON_STEPS = 60
HALVINGS = 10
SMALL = 1e-9
APART = 1e-6
PARTNER_STEPS = 400


def newton(curve: Curve, values: Float, known: list[Float], rounds: int = NEWTON_STEPS) -> Float | None:
    """Solve ``G = 0`` at t = 1 from values ``(N A,)`` by Newton's method, known solutions divided out.

    Returns
    -------
    Float or None
        A solution polished to rounding, or None where the method does not converge to one.
    """
    still = np.zeros_like(values)
    for _ in range(rounds):
        place = curve.at(values, 1.0)
        found = place.border(still, 1.0).solve(place.gap, 0.0)
        if found is None:
            return None
        step = found[0] / (1.0 - _pull(curve, values, found[0], known))
        size = float(np.abs(step * curve.weight).max())
        if not np.isfinite(size):
            return None
        if size <= SMALL:
            end = polish(curve, values + step)
            return end if min((_apart(curve, end, k) for k in known), default=np.inf) > APART else None
        if size > LONGEST:
            step = step * (LONGEST / size)
        if not known:
            step = _halved(curve, values, step, float(np.abs(place.gap).max()))
        values = values + step
    return None


def _halved(curve: Curve, values: Float, step: Float, gap: float) -> Float:
    """Halve a step until the largest gap falls."""
    for _ in range(HALVINGS):
        if float(np.abs(curve.at(values + step, 1.0).gap).max()) < gap:
            break
        step = step / 2
    return step


def _apart(curve: Curve, one: Float, two: Float) -> float:
    return float(np.abs((one - two) * curve.weight).max())


def _pull(curve: Curve, values: Float, step: Float, known: list[Float]) -> float:
    """Return grad log M . step."""
    total = 0.0
    for other in known:
        away = (values - other) * curve.weight
        square = max(float(away @ away), 1e-30)
        total += -2.0 * float(away @ (step * curve.weight)) / (square * (square + 1.0))
    return total


def partner(curve: Curve, values: Float) -> Float | None:
    """Follow the curve through an equilibrium backwards; return where it comes back to t = 1, if it does."""
    follower = Follower(curve, most=PARTNER_STEPS)
    followed = follower.follow(values, 1.0, backwards=True)
    return None if followed.lost else polish(curve, followed.values)


def index(curve: Curve, values: Float) -> int:
    """Sign of det A at an equilibrium: 1, -1, or 0 where it is singular to rounding."""
    system = curve.at(values, 1.0).border(np.zeros_like(values), 1.0)
    return system.sign if isinstance(system, Factors) else 0


SAME = 1e-4
LIMIT = 2000
BETWEEN = (0.5, 0.25, 0.75, 0.1, 0.9, 0.03, 0.97)
NEWTON = "Newton's method on the value equations"
PARTNER = "the curve through another equilibrium, followed back to t = 1"
NEWTON_SIZE = 2000
MOST_PAIRS = 15
EFFORT = 150_000
MOST_EFFORT = 1000
PLENTY = 3
REPLIES = 20
DEFLATED = 30
REDRAWN = 12


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
    missing
        How many more must exist by the census at least; None where none was taken.
    """

    equilibria: tuple[Equilibrium, ...]
    counts: tuple[int, ...]
    starts: int
    failed: int
    seed: int
    missing: int | None = None

    def statement(self) -> str:
        """Say what was found, and no more than that."""
        starts = "1 start" if self.starts == 1 else f"{self.starts} starts"
        ended = f"; {self.failed} ended nowhere" if self.failed else ""
        more = f"; at least {self.missing} more exist" if self.missing else ""
        return f"{len(self.equilibria)} found in {starts}{ended}{more}"


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
    starts
        Direct solves to make, besides the base; 0 makes no search at all.
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
        Where known dates lie ahead, of behaviour after the last of them, each followed back to the first day.
        Cost: ``starts`` solves, and for small games some Newton steps for each pair found.
    """
    if base is not None and base.announced is not None:
        after = base.lasting
        found = search(
            after.game,
            starts=starts,
            seed=seed,
            base=after,
            limit=limit,
            tolerance=tolerance,
            progress=progress,
        )
        return replace(
            found, equilibria=(base, *(_before_dates(game, each) for each in found.equilibria[1:]))
        )
    if base is None:
        base = solve(game, tolerance=tolerance, progress=progress).require_converged()
    if not game.actors or starts == 0:
        return Multiplicity((base,), (starts,), starts, 0, seed)
    known = KnownEquilibria(game, base, tolerance)
    made, failed = known.sweep_from(starts, seed, limit, progress)
    missing = None
    if known.curve.size <= NEWTON_SIZE:
        known.look_between()
    if known.curve.size <= DENSE:
        missing = known.complete(seed)
    return Multiplicity(tuple(known.found), tuple(known.counts), made, failed, seed, missing)


def _before_dates(game: Game, after: Equilibrium) -> Equilibrium:
    """Follow another equilibrium back from the last known date: one way of behaving before it for each."""
    try:
        return solve_with_dates(game, after=after)
    except NotConvergedError:
        return replace(after, status=Status.DIVERGED)


class KnownEquilibria:
    """The equilibria known of a game, and ways to know more."""

    def __init__(self, game: Game, base: Equilibrium, tolerance: float) -> None:
        self.game, self.tolerance = game, tolerance
        self.found, self.counts = [base], [0]
        self.curve: Curve = traced_curve(game)
        self.effort = min(MOST_EFFORT, EFFORT // self.curve.size)
        self.set_apart = 0
        self.traced = base.selection.how == "traced" and not base.selection.jumps

    def sweep_from(self, starts: int, seed: int, limit: int, progress: Progress | None) -> tuple[int, int]:
        """Make direct solves from drawn starts; return how many were made, and how many ended nowhere."""
        made, failed = 0, 0
        iteration = Iteration(pack(self.game), np.array(self.found[0].values))
        for number in range(starts):
            iteration.place(draw_start(self.game, stream(seed, "equilibria", number), number))
            ending = iteration.run(1.0, self.tolerance / 2, limit, progress, "search")
            if ending.status is Status.INTERRUPTED:
                break
            made += 1
            if ending.status is not Status.CONVERGED:
                failed += 1
                continue
            choice, _ = packed_behaviour(iteration.game, iteration.point, 1.0)
            which = self.which(choice)
            if which is None:
                other = finish(self.game, iteration, ending, 0, Selection("direct"), self.tolerance, 0.0)
                if other.status is not Status.CONVERGED:
                    failed += 1
                    continue
                which = self.add(other)
            self.counts[which] += 1
        return made, failed

    def which(self, choice: Float) -> int | None:
        """Return the number of the known equilibrium with this behaviour, if there is one."""
        return next((k for k, e in enumerate(self.found) if same(choice, e.choice)), None)

    def add(self, other: Equilibrium) -> int:
        """Add an equilibrium unless it is known; return its number."""
        which = self.which(other.choice)
        if which is None:
            self.found.append(other)
            self.counts.append(0)
            which = len(self.found) - 1
        return which

    def enter(self, values: Float | None, method: str = NEWTON) -> bool:
        """Add the equilibrium of values ``(N A,)``; say whether it is new."""
        if values is None:
            return False
        before = len(self.found)
        iteration = Iteration(pack(self.game), values.reshape(self.curve.shape))
        ending = Ending(Status.CONVERGED, 0, ())
        other = finish(self.game, iteration, ending, 0, Selection("searched"), self.tolerance, 0.0, method)
        if other.status is Status.CONVERGED:
            self.add(other)
        return len(self.found) > before

    def look_between(self) -> None:
        """Start Newton's method from points between known equilibria."""
        for one, two in list(combinations(tuple(self.found), 2))[:MOST_PAIRS]:
            for share in BETWEEN:
                between = (1.0 - share) * one.values + share * two.values
                self.enter(newton(self.curve, between.ravel(), []))

    def complete(self, seed: int) -> int:
        """Look for more by every means for small games; return how many must be missing at least."""
        places = [values.ravel() for values in lone_starts(self.game)]
        for values in places:
            if not self.spent():
                self.enter(self.deflated(values, divide=False))
        partners = 1
        drawn = 0
        by_sets = False
        while True:
            if not by_sets and len(self.found) > 1:
                by_sets = True
                self.look_at_sets()
            for other in self.found[partners if self.traced else 0 :]:
                partners += 1
                if self.spent():
                    break
                self.enter(partner(self.curve, other.values.ravel()), PARTNER)
            if self.spent():
                break
            several = len(self.found) > 1
            new = False
            for values in [e.values.ravel() * 0.5 for e in self.found] + (places if several else places[:2]):
                new |= not self.spent() and self.enter(self.deflated(values))
            if new:
                continue
            if not self.missing() or drawn == REDRAWN or self.spent():
                break
            number = drawn + 6
            start = draw_start(self.game, stream(seed, "census", number), number)
            self.enter(self.deflated(start.ravel(), divide=drawn % 2 == 0))
            drawn += 1
        return self.missing()

    def look_at_sets(self) -> None:
        """Start where the members of a set act at shares that their replies confirm, and nobody else acts."""
        begun = self.curve.evaluations
        for values in confirmed_starts(self.game, REPLIES * self.effort):
            if self.curve.evaluations - begun > PLENTY * self.effort:
                break
            self.enter(self.deflated(values.ravel(), divide=False))
        self.set_apart += self.curve.evaluations - begun

    def deflated(self, values: Float, *, divide: bool = True) -> Float | None:
        """Newton's method from values, known equilibria divided out."""
        known = [e.values.ravel() for e in self.found] if divide else []
        return newton(self.curve, values, known, DEFLATED)

    def spent(self) -> bool:
        """Say whether the effort allowed is used up."""
        spent = self.curve.evaluations - self.set_apart
        return spent > self.effort * (PLENTY if len(self.found) > 1 else 1)

    def missing(self) -> int:
        """How many more must exist at least: the signs of all add up to 1."""
        return abs(1 - sum(index(self.curve, e.values.ravel()) for e in self.found))


def same(one: Float, two: Float) -> bool:
    """Say whether two behaviours count as one equilibrium."""
    return bool(np.abs(one - two).max(initial=0.0) <= SAME)

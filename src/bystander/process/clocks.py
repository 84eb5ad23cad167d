r"""Where the clock of a question starts, and how little of the process it needs from there.

A clock starts either with the scenario, or at the onset of a condition (its first time within the
scenario's horizon), see `bystander.process.passage.onset`.

*Cutting off.* If :math:`n(s)` is the chance of starting in ``s`` plus the expected number of entries into
it by the last time asked about, the process ever visits a set ``D`` with probability at most
:math:`\sum_{s \in D} n(s)`. The situations of smallest ``n`` whose sum stays below a tolerance are cut
off, and the sum joins the error bound. Processes of up to `SMALL` situations are followed whole: little
would be saved, and chances below the tolerance keep their digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from bystander.equilibrium.announced import Announced
from bystander.equilibrium.result import NOT_WITH_DATES, names_of_dates
from bystander.errors import QueryError
from bystander.game.arrays import Float
from bystander.game.questions import mask
from bystander.numerics.generators import expected_entries
from bystander.numerics.operators import run_passes
from bystander.numerics.transients import forward_course
from bystander.numerics.weights import Series
from bystander.process.chain import Bool, Chain
from bystander.process.passage import EPSILON, onset
from bystander.scenario.expressions import Expr, to_text

CUT = 1e-10
SMALL = 1000


@dataclass(frozen=True)
class Clock:
    """A starting distribution ``(N,)``, a bound on its total error, and the condition it is an onset of.

    ``chance`` is that of the onset within the horizon.
    """

    given: str
    start: Float
    error: float = 0.0
    chance: float = 1.0


@dataclass(frozen=True)
class Clocks:
    """The clocks of one process, made when first asked for.

    Attributes
    ----------
    horizon
        Days within which an onset counts.
    curves
        Whether answers come with what they are at times between; else at the last alone.
    announced
        Where known dates lie ahead, behaviour on every day; ``chain`` is then that of the first day only,
        and nothing is followed from here (`bystander.process.dated` answers).
    """

    chain: Chain
    horizon: float
    epsilon: float = EPSILON
    curves: bool = True
    announced: Announced | None = None
    _known: dict[str, Clock] = field(default_factory=dict, repr=False)
    _entries: dict[tuple[str, float], Float] = field(default_factory=dict, repr=False)

    def at(self, given: Expr | str | None) -> Clock:
        """Return the clock that starts at the onset of a condition, or with the scenario if there is none."""
        text = written(given)
        if text not in self._known:
            if not text or given is None:
                clock = Clock("", self.chain.start)
            else:
                self.require_lasting("What begins when a condition comes to hold")
                condition = mask(self.chain.game, given)
                try:
                    begun = onset(self.chain, condition, self.horizon, epsilon=self.epsilon)
                except QueryError:
                    raise QueryError(
                        f"'{text}' never comes to hold within {self.horizon:g} days of the start, so nothing "
                        "can be asked given it. Check what should lead there, or ask without it."
                    ) from None
                found = begun.distribution
                clock = Clock(text, found.value, found.error, begun.probability.value)
            self._known[text] = clock
        return self._known[text]

    def begin(self, name: str, start: Float) -> Clock:
        """Keep a clock that starts from a distribution of the caller's, under a name no condition has."""
        self._known[name] = Clock(name, start)
        return self._known[name]

    def start(self, givens: Iterable[Expr | str | None]) -> None:
        """Make the clocks of several conditions side by side."""
        unknown = {written(given): given for given in givens if written(given) not in {"", *self._known}}
        if unknown:
            _ = self.chain.transposed  # before threads ask for it at once
            run_passes([partial(self.at, given) for given in unknown.values()], self.chain.size)

    def follow(self, clock: Clock, readers: Float, time: float) -> Series:
        """Read ``(N, C)`` quantities along the process from a clock on."""
        self.require_lasting("What happens along the way")
        course = forward_course(
            self.chain.transposed, clock.start, time, readers, until=np.array([time]), epsilon=self.epsilon
        )
        days = np.maximum(course.until[0], 0.0)
        self._entries[clock.given, time] = self._entries_of(clock, days)
        return course.series

    def likely(self, clocks: Sequence[Clock], time: float, tolerance: float = CUT) -> tuple[Bool, float]:
        """Return the situations that matter to questions from these clocks up to a time, and what is lost."""
        self.require_lasting("Which situations matter")
        if self.chain.size <= SMALL:
            return np.ones(self.chain.size, bool), 0.0
        nothing = np.zeros((self.chain.size, 0))
        unknown = [clock for clock in clocks if (clock.given, time) not in self._entries]
        run_passes([partial(self.follow, clock, nothing, time) for clock in unknown], self.chain.size)
        worst = np.zeros(self.chain.size)
        for clock in clocks:
            np.maximum(worst, self._entries[clock.given, time], out=worst)
        order = np.argsort(worst, kind="stable")
        sums = np.cumsum(worst[order])
        gone = int(np.searchsorted(sums, tolerance, side="right"))
        keep = np.ones(self.chain.size, bool)
        keep[order[:gone]] = False
        return keep, float(sums[gone - 1]) if gone else 0.0

    def require_lasting(self, what: str) -> None:
        """Raise `QueryError` where known dates lie ahead, so that the process changes from day to day."""
        if self.announced is not None:
            raise QueryError(f"{what} {NOT_WITH_DATES} ({names_of_dates(self.chain.game)}).")

    def _entries_of(self, clock: Clock, days: Float) -> Float:
        by_target = self.chain.transposed
        return expected_entries(by_target.indptr, by_target.indices, by_target.rates, clock.start, days)


def written(given: Expr | str | None) -> str:
    """Return a condition as text, "" for none."""
    return "" if given is None else given if isinstance(given, str) else to_text(given)

"""What a solve returns: behaviour, values, and the evidence for both."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from bystander.errors import NotConvergedError, QueryError
from bystander.game.arrays import Float, Game
from bystander.game.checks import values_too_large

if TYPE_CHECKING:
    from bystander.equilibrium.announced import Announced


NOT_WITH_DATES = "cannot be had while behaviour changes from day to day: known dates lie ahead"


def names_of_dates(game: Game) -> str:
    """Name the known dates that lie ahead, separated by commas."""
    return ", ".join(known.entry for known in game.dates)


class Status(Enum):
    """How a solve ended."""

    CONVERGED = "converged"
    ITERATION_LIMIT = "iteration limit reached"
    DIVERGED = "diverged"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Certificate:
    """Evidence recomputed from the game alone, after the solver has finished.

    Attributes
    ----------
    residual
        Largest violation of the value equations, in worth, of ``V = T(V)`` in its contraction form.
    regret
        Per actor: no change of its own behaviour anywhere gains more than this (worth).
    log_odds
        The residual in units of choice: the largest violation times the rationality of whose it is.
    """

    residual: float
    regret: tuple[float, ...]
    log_odds: float = 0.0


@dataclass(frozen=True, slots=True)
class Jump:
    """A place where the traced path turned or jumped.

    ``t`` is the tracing parameter, ``size`` the jump in values (worth), ``kind`` what was seen.
    """

    t: float
    size: float
    kind: str


@dataclass(frozen=True, slots=True)
class Landmark:
    """A fold of the followed branch, where t turns, or a point where another branch crosses it.

    ``kind`` is ``fold`` or ``branch point``; its t lies between ``low`` and ``high``.
    """

    kind: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Selection:
    """How this equilibrium was reached.

    ``traced``, ``direct``, ``continued`` from another solution, or ``searched`` from points between others.
    """

    how: str
    steps: int = 0
    jumps: tuple[Jump, ...] = ()
    landmarks: tuple[Landmark, ...] = ()


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """Behaviour of all owners in all situations of a game.

    Attributes
    ----------
    values
        ``(N, A)`` expected discounted worth.
    choice
        ``(O,)`` aligned with the game's options: probability that an opportunity ends in this action;
        that a proposal is adopted, for a decision; 1 for a hazard.
    option_rate
        ``(O,)`` per day: how often the option fires.
    announced
        Where known dates lie ahead, behaviour on every day; ``values``, ``choice`` and ``option_rate`` are
        then those of the first day, and the certificate is that of the behaviour after the last date.
    moved
        How far values moved, in log-odds, on the last stretch of the way on which the residual fell to a
        tenth or less: about their error before it. None where there was no such stretch.
    """

    game: Game
    values: Float
    choice: Float
    option_rate: Float
    status: Status
    certificate: Certificate
    selection: Selection
    tolerance: float
    iterations: int
    seconds: float
    method: str = ""
    history: tuple[float, ...] = field(default=(), repr=False)
    moved: float | None = None
    announced: Announced | None = field(default=None, repr=False)

    @property
    def lasting(self) -> Equilibrium:
        """The stationary equilibrium: that after the last known date, self where none lies ahead."""
        return self if self.announced is None else self.announced.after

    def require_lasting(self, what: str) -> Equilibrium:
        """Return self, or raise `QueryError` if known dates lie ahead: behaviour changes by the day."""
        if self.announced is not None:
            raise QueryError(
                f"{what} {NOT_WITH_DATES} ({names_of_dates(self.game)}). What follows them are `run`, "
                "`explain --on`, `simulate` and `export --what results`; to be asked without them, leave the "
                "calendar out, or let as_of be a day after the last."
            )
        return self

    def require_converged(self) -> Equilibrium:
        """Return self, or raise `NotConvergedError` if the solve did not meet its tolerance."""
        if self.status is not Status.CONVERGED:
            raise NotConvergedError(
                f"The equilibrium solve ended with status '{self.status.value}' after {self.iterations} "
                f"sweeps: residual {self.certificate.residual:.2e}, asked for {self.tolerance:.0e}. "
                f"{self._why()}"
            )
        return self

    def _why(self) -> str:
        """Say what kept the residual up: values that may be too large, at whom they are, or steep choices."""
        large = values_too_large(self.game)
        steep = "Choices this steep want a lower rationality, or lower stakes."
        return "".join(f"\n{problem.mark}: {problem.message} {problem.fix}" for problem in large) or steep

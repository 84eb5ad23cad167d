"""What a solve returns: behaviour, values, and the evidence for both."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from bystander.errors import NotConvergedError
from bystander.game.arrays import Float, Game


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

    def require_converged(self) -> Equilibrium:
        """Return self, or raise `NotConvergedError` if the solve did not meet its tolerance."""
        if self.status is not Status.CONVERGED:
            raise NotConvergedError(
                f"The equilibrium solve ended with status '{self.status.value}' after {self.iterations} "
                f"sweeps: residual {self.certificate.residual:.2e}, asked for {self.tolerance:.0e}. "
                "Raise the iteration limit, or lower rationality or patience, and solve again."
            )
        return self

"""The answer to a scenario's question, in one frozen object that terminal, JSON and report all show.

No number is shown anywhere that is not in here. Probabilities lie in [0, 1]; times are days; every `Estimate`
says what unit it is in.

A source's claims have their place in it too: where each stands in the model and, for conclusions, what comes
out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from bystander.equilibrium.reasons import Bar as Bar
from bystander.equilibrium.reasons import Hindrance as Hindrance
from bystander.equilibrium.reasons import Reason as Reason
from bystander.process.result import Estimate as Estimate
from bystander.process.result import JudgementResult as JudgementResult
from bystander.process.result import OutcomeResult as OutcomeResult
from bystander.process.result import ResponseTimes as ResponseTimes
from bystander.scenario.claims import StandingName

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class Reported:
    """A modelled amount next to what the record says."""

    outcome: str
    about: str
    expected: Estimate
    reported: float
    fact: str
    source: str


@dataclass(frozen=True, slots=True)
class MeasureResult:
    """A named change re-solved: (outcome name, before, after) for each outcome.

    Attributes
    ----------
    aims
        (outcome, "less" or "more") for the outcomes of which that is wanted; all others are side effects.
    efficient
        Whether no other measure is at least as good for every aim and no dearer; None without aims.
    jump
        The largest jump between equilibria on the way, in worth; 0 if the effects follow one equilibrium.
    hindered
        Where it moves no aim: the decisions it makes possible that are still not made, and why.
    by_itself
        (outcome, number) where the scenario with it, solved by itself, has another equilibrium.
    """

    name: str
    about: str
    claim: str
    effects: tuple[tuple[str, float, float], ...]
    cost: float = 0.0
    aims: tuple[tuple[str, str], ...] = ()
    efficient: bool | None = None
    jump: float = 0.0
    hindered: tuple[Hindrance, ...] = ()
    by_itself: tuple[tuple[str, float], ...] = ()

    def aim(self, outcome: str) -> str:
        """Return whether ``less`` or ``more`` of an outcome is wanted, or neither ("")."""
        return dict(self.aims).get(outcome, "")


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Derivative of an outcome times the size of a parameter (in the parameter itself where that is zero).

    ``standing`` says what the value stands on: measured, learnt, argued or free.
    """

    parameter: str
    outcome: str
    elasticity: float
    value: float
    standing: StandingName


@dataclass(frozen=True, slots=True)
class Rung:
    """A level of the variable that escalation climbs; ``share`` is the expected share of time there."""

    variable: str
    level: str
    about: str
    share: float


@dataclass(frozen=True, slots=True)
class RungStep:
    """A move between two rungs: how often it happens while at ``source``, and how often by the horizon.

    ``calms`` says that by its tags it stops a fight, and so is no step up, whichever level is listed first.
    """

    source: str
    target: str
    owner: str
    move: str
    about: str
    per_year: float
    expected: float
    calms: bool = False


@dataclass(frozen=True, slots=True)
class SolveReport:
    """How sure the machine is.

    ``missing`` is how many more equilibria must exist at least; ``landmarks`` are the folds and branch points
    of the traced path: what, and between which t.
    """

    situations: int
    moves: int
    actors: int
    residual: float
    regret: float
    regret_by_actor: tuple[tuple[str, float], ...]
    selection: str
    jumps: int
    starts: int
    equilibria_found: int
    sweeps: int
    seconds: float
    shocks: str
    other_convention: tuple[tuple[str, float, float], ...] = ()
    missing: int = 0
    landmarks: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedMove:
    """What is expected of one move.

    Attributes
    ----------
    modelled
        Whether the scenario has the move; without it there is no number.
    chance
        That it is made at least once within the time asked about.
    habit
        The same with every motive of the party gone.
    changes
        (outcome, without the move, just after the move): whether acting would change anything.
    already
        What the move would bring, where that is so, and the move impossible, when the clock starts; else "".
    """

    move: str
    about: str
    modelled: bool
    chance: Estimate
    habit: float | None = None
    changes: tuple[tuple[str, float, float, str], ...] = ()
    already: str = ""


@dataclass(frozen=True, slots=True)
class CarryingReason:
    """A motive, measured by taking it away.

    Attributes
    ----------
    chances
        (move, chance without the motive), for each modelled move that was asked about.
    effect
        Log-odds by which the first of them moves: positive if the motive holds the party back.
    jump
        The largest jump between equilibria on the way, in worth; 0 if one equilibrium was followed.
    """

    name: str
    about: str
    kind: str
    chances: tuple[tuple[str, float], ...]
    effect: float
    because: tuple[str, ...] = ()
    jump: float = 0.0

    @property
    def holds_back(self) -> bool:
        """Whether the party would act more without it."""
        return self.effect > 0.0


@dataclass(frozen=True, slots=True)
class TakenTogether:
    """The chance of the first move without several motives, and the largest jump on the way, in worth."""

    names: tuple[str, ...]
    chance: float
    jump: float = 0.0


@dataclass(frozen=True, slots=True)
class AskAnswer:
    """The answer to one question of a scenario.

    Attributes
    ----------
    reasons
        Motives that change something when taken away, the strongest first.
    idle
        Motives that change nothing when taken away alone.
    lighter
        How many motives weigh too little in the first move to be taken away one by one.
    joint
        Motives that are a reason only together, each with the chances without them all and without the
        reasons that work the same way.
    together
        The strongest reasons that hold it back, one after the other, until acting is as likely as not or
        none is left.
    unsolved
        Motives without which the scenario could not be solved, in words: what they do is not known.
    days
        Time within which it is asked.
    failure
        Why there is no answer; "" if there is one.
    """

    name: str
    says: str
    party: str
    about: str
    given: str
    days: float
    moves: tuple[ExpectedMove, ...]
    reasons: tuple[CarryingReason, ...] = ()
    idle: tuple[CarryingReason, ...] = ()
    lighter: int = 0
    joint: tuple[CarryingReason, ...] = ()
    together: tuple[TakenTogether, ...] = ()
    unsolved: tuple[str, ...] = ()
    failure: str = ""

    @property
    def modelled(self) -> bool:
        """Whether the scenario has any of the moves asked about."""
        return any(move.modelled for move in self.moves)


WEIGHING = "Which numbers matter"
"""What is said first where the weights of parameters are among what is unanswered."""
LITTLE = "What a little more or less of"
"""What is said first of a parameter at which a rate or chance is exactly 0."""
STRAIGHT = ", and ranges go straight to the middle of its prior"
"""What is said besides of one that ranges to first order take along."""
FIRST_ORDER, DRAWS = "first order", "draws"
"""How ranges over the priors are found: read off derivatives, or every draw solved again."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """What the ranges beside the numbers run over.

    Attributes
    ----------
    how
        `FIRST_ORDER` or `DRAWS`; "" where there is no range over the priors.
    draws, failed
        Draws from the priors, and how many more have no solution.
    ended
        Why there are fewer draws than were asked for; "" if there are not.
    equilibria
        (outcome, low, high) over the equilibria found, where there are several.
    solved
        Outcomes that were too steep for first order and were solved at two points.
    """

    how: str = ""
    draws: int = 0
    failed: int = 0
    ended: str = ""
    equilibria: tuple[tuple[str, float, float], ...] = ()
    solved: tuple[str, ...] = ()


Heard = Callable[[Sequence[OutcomeResult]], None]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything `bystander run` shows, in the order it shows it.

    ``unanswered`` names what could not be asked, and why. ``rungs`` and ``steps`` are the escalation ladder;
    ``focus`` names the outcome that measures and
    sensitivities are judged by first ("" for the first outcome). ``held`` are those conditions of clocks that
    hold wherever the scenario starts, so that these clocks wait for nothing; ``onsets`` are the others, each
    with the chance that it comes to hold within the horizon. ``followed``, of a scenario that was changed,
    are (outcome, number) where following it from the scenario without the change ends in another
    equilibrium than the one assessed. ``until`` is the date that the horizon was written as, if it was.
    """

    name: str
    title: str
    question: str
    as_of: str
    horizon_days: float
    given: str
    outcomes: tuple[OutcomeResult, ...]
    responses: tuple[ResponseTimes, ...]
    reasons: tuple[Reason, ...]
    tolls: tuple[Reported, ...]
    measures: tuple[MeasureResult, ...]
    judgements: tuple[JudgementResult, ...]
    sensitivities: tuple[Sensitivity, ...]
    solve: SolveReport
    scenario_hash: str = ""
    version: str = ""
    seed: int = 0
    rungs: tuple[Rung, ...] = ()
    steps: tuple[RungStep, ...] = ()
    focus: str = ""
    unanswered: tuple[str, ...] = ()
    asks: tuple[AskAnswer, ...] = ()
    ranges: Ranges = Ranges()
    held: tuple[str, ...] = ()
    onsets: tuple[tuple[str, float], ...] = ()
    followed: tuple[tuple[str, float], ...] = ()
    until: str = ""

    def _repr_mimebundle_(self, *_: object, **__: object) -> dict[str, object]:
        """Show it in a notebook; the room that tells is found by name, since this one comes before it."""
        shown: dict[str, object] = import_module("bystander.report.export").mimebundle(self)
        return shown


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """A claim of a source, its places in the model, and the judgements that test it.

    Attributes
    ----------
    places
        (kind, name) pairs: ``("interest", "tajikistan.rally")``; empty if nothing takes the claim up.
    judgements
        Those that name the claim.
    holds
        Whether all of these hold; None if there are none, or if it cannot be said.
    """

    source: str
    claim: str
    kind: str
    says: str
    places: tuple[tuple[str, str], ...]
    judgements: tuple[JudgementResult, ...] = ()
    holds: bool | None = None


def weigh_claims(scenario: Scenario, judgements: Iterable[JudgementResult] = ()) -> tuple[ClaimResult, ...]:
    """Return every claim of every source with its places and with the judgements that test it."""
    from bystander.scenario.claims import place_claims

    verdicts = {result.name: result for result in judgements}
    found = []
    for placed in place_claims(scenario):
        tested = tuple(verdicts[n] for kind, n in placed.places if kind == "judgement" and n in verdicts)
        verdicts_on_it = [result.holds for result in tested]
        holds = None if not tested or None in verdicts_on_it else all(verdicts_on_it)
        if False in verdicts_on_it:
            holds = False
        found.append(
            ClaimResult(placed.source, placed.claim, placed.kind, placed.says, placed.places, tested, holds)
        )
    return tuple(found)

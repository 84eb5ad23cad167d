r"""What each claim of a source does: everything bound to it taken out, and the scenario solved again.

Bound to a claim are the interests, actions, decisions and parameters that cite it, directly or through a
fact, or are reckoned from the number of such a fact. Taken out means

.. math:: u_k \to 0, \qquad c_a, J_a \to 0, \qquad c_{m,d}, J_d \to 0, \qquad p \to 0

for an interest k, an action a, a decision d with voters m, and a parameter p. Habits, hazards, guards and the
start stay: a claim that only chance, a question or a conclusion rests on takes nothing out and changes
nothing. Everybody adapts, from the solution of the whole scenario on; what changes most among the headline
outcomes is told: probabilities by their difference, amounts relative to the larger of the two.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

from bystander.cases.cases import Case, solve_case
from bystander.errors import BystanderError, QueryError
from bystander.progress import Progress
from bystander.scenario.claims import Placement, place_claims
from bystander.scenario.motives import nothing_at_stake
from bystander.scenario.schema import Scenario
from bystander.units import Quantity

INPUTS = ("interest", "action", "decision", "parameter")
NONE = 0.001
"""A tenth of a point, or of a percent: what moves no headline outcome by as much changes nothing."""


@dataclass(frozen=True, slots=True)
class ClaimRemoval:
    """What taking a claim out changes most.

    Attributes
    ----------
    taken
        What was bound to it and taken out: (kind, name).
    outcome, before, after, unit
        The headline outcome that moves most; "" and 0 where nothing was taken out.
    failure
        Why it could not be solved; "" if it could.
    """

    source: str
    claim: str
    says: str
    taken: tuple[tuple[str, str], ...]
    outcome: str = ""
    about: str = ""
    before: float = 0.0
    after: float = 0.0
    unit: str = "probability"
    failure: str = ""

    @property
    def size(self) -> float:
        """How much the outcome moves."""
        scale = 1.0 if self.unit == "probability" else max(abs(self.before), abs(self.after), 1e-12)
        return abs(self.after - self.before) / scale

    @property
    def none(self) -> bool:
        """Whether it changes nothing."""
        return not self.failure and self.size < NONE


def measure_removals(
    scenario: Scenario, claims: Collection[str] = (), progress: Progress | None = None
) -> tuple[ClaimRemoval, ...]:
    """Take each claim out in turn and solve again.

    Parameters
    ----------
    claims
        Claims as ``id`` or ``source#id``; all of them where none is named.

    Raises
    ------
    QueryError
        If a claim is not known.
    """
    placed = place_claims(scenario)
    known = {name for p in placed for name in (p.claim, f"{p.source}#{p.claim}")}
    if wrong := sorted(set(claims) - known):
        raise QueryError(f"No source has the claim '{wrong[0]}'. See `bystander claims --unsolved`.")
    chosen = [p for p in placed if not claims or {p.claim, f"{p.source}#{p.claim}"} & set(claims)]
    shown = [name for name, outcome in scenario.outcomes.items() if outcome.headline]
    base = solve_case(scenario, outcomes=shown, judgements=())
    found = []
    for done, placement in enumerate(chosen):
        if progress is not None:
            progress("Taking claims out", done / len(chosen))
        found.append(_removal(scenario, base, placement, shown))
    return tuple(found)


def without_claim(scenario: Scenario, places: Collection[tuple[str, str]]) -> Scenario:
    """Return the scenario with interests, worths, impacts and parameters at these places taken out."""
    bare = nothing_at_stake(scenario, lambda kind, name: (kind, name) in places)
    parameters = {
        name: body.model_copy(update={"value": Quantity(0.0, body.value.dimension, "0")})
        if ("parameter", name) in places
        else body
        for name, body in scenario.parameters.items()
    }
    return bare.model_copy(update={"parameters": parameters})


def _removal(scenario: Scenario, base: Case, placement: Placement, shown: list[str]) -> ClaimRemoval:
    taken = tuple(place for place in placement.places if place[0] in INPUTS)
    told = ClaimRemoval(placement.source, placement.claim, placement.says, taken)
    if not taken:
        return told
    try:
        bare = solve_case(without_claim(scenario, taken), near=base, outcomes=shown, judgements=())
    except BystanderError as error:
        return replace(told, failure=str(error).splitlines()[0])
    changes = [
        replace(
            told,
            outcome=name,
            about=scenario.outcomes[name].about,
            before=base.value(name),
            after=bare.value(name),
            unit=base.outcomes[name].estimate.unit,
        )
        for name in shown
        if math.isfinite(base.value(name)) and math.isfinite(bare.value(name))
    ]
    return max(changes, key=lambda change: change.size, default=told)

r"""What the priors and the equilibria make of each number: ranges beside it, and shares of draws.

A range runs from the tenth to the ninetieth percentile over draws of all uncertain parameters from their
priors (`bystander.policy.robustness`), and over all equilibria found: the union of the two, the number itself
included. What becomes of a draw is found in one of two ways, and every range says which:

*draws*
    each is solved again (`bystander.policy.robustness`);
*first order*
    each is read off the derivatives at the central parameters, and of chances that are steep off a line
    through two solved points (`bystander.assessment.spreading`).

Ranges over draws, once made, are kept in the store and shown on every later run of the same scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from bystander.assessment.result import DRAWS, STRAIGHT, Assessment, OutcomeResult, Ranges
from bystander.cases.store import Store, key_of, of_form
from bystander.scenario import Scenario, told_hash


@dataclass(frozen=True, slots=True)
class Spread:
    """What draws make of outcomes and judgements.

    Attributes
    ----------
    outcomes
        (low, high) by name.
    means
        The mean by name, where draws were solved.
    judgements
        By name, the share of draws in which it holds and the parameters that decide.
    how, draws, failed, ended, solved
        As in `bystander.assessment.result.Ranges`.
    """

    how: str
    draws: int
    outcomes: Mapping[str, tuple[float, float]]
    judgements: Mapping[str, tuple[float, tuple[str, ...]]]
    failed: int = 0
    ended: str = ""
    solved: tuple[str, ...] = ()
    means: Mapping[str, float] = field(default_factory=dict)


def with_ranges(assessment: Assessment, found: Spread) -> Assessment:
    """Return an assessment whose numbers range over draws, and over its equilibria as before."""
    over = {name: (low, high) for name, low, high in assessment.ranges.equilibria}
    outcomes = tuple(
        _ranged(o, found.means.get(o.name), over.get(o.name), found.outcomes.get(o.name))
        for o in assessment.outcomes
    )
    estimates = {outcome.name: outcome.estimate for outcome in outcomes}
    return replace(
        assessment,
        outcomes=outcomes,
        tolls=tuple(replace(toll, expected=estimates[toll.outcome]) for toll in assessment.tolls),
        judgements=tuple(
            replace(j, robustness=found.judgements[j.name][0], deciding=found.judgements[j.name][1])
            if j.name in found.judgements
            else j
            for j in assessment.judgements
        ),
        unanswered=tuple(
            said.replace(STRAIGHT, "") if found.how == DRAWS else said for said in assessment.unanswered
        ),
        ranges=Ranges(
            found.how, found.draws, found.failed, found.ended, assessment.ranges.equilibria, found.solved
        ),
    )


def _ranged(outcome: OutcomeResult, mean: float | None, *ranges: tuple[float, float] | None) -> OutcomeResult:
    known = [pair for pair in ranges if pair is not None]
    if not known or outcome.estimate.withheld:
        return outcome
    value = outcome.estimate.value
    low = min(value, *(low for low, _ in known))
    high = max(value, *(high for _, high in known))
    return replace(outcome, estimate=replace(outcome.estimate, low=low, high=high, mean=mean))


def kept_spread(
    scenario: Scenario, seed: int, store: Store, beside: Spread | Ranges | None = None
) -> Spread | None:
    """Return what solved draws made of a scenario, if more were solved than those ``beside``."""
    found = store.get(_place(scenario, seed), of_form(Spread))
    solved = beside.draws if beside is not None and beside.how == DRAWS else 0
    return found if found is not None and found.draws > solved else None


def keep_spread(scenario: Scenario, seed: int, found: Spread, store: Store) -> None:
    """Keep what solved draws made of a scenario, whole, for later runs of it."""
    if found.how == DRAWS and not found.ended:
        store.put(_place(scenario, seed), asdict(found))


def _place(scenario: Scenario, seed: int) -> str:
    return key_of(told_hash(scenario), "ranges over draws", str(seed))

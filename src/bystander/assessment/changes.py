"""What would change the answer: measures solved again, and the parameters that move the outcomes most."""

from __future__ import annotations

from bystander.assessment.result import MeasureResult, Sensitivity
from bystander.policy.cases import Case
from bystander.policy.measures import try_measures
from bystander.policy.sensitivity import local_sensitivities
from bystander.policy.store import Store
from bystander.progress import Progress
from bystander.scenario import Scenario


def measure_results(
    scenario: Scenario, case: Case, outcomes: list[str], store: Store | None, progress: Progress | None = None
) -> tuple[MeasureResult, ...]:
    """Solve every measure as written; those that cannot be solved are left out."""
    if not scenario.measures:
        return ()
    tried = try_measures(
        scenario, degrees=False, outcomes=outcomes, base=case, store=store, progress=progress
    )
    return tuple(
        MeasureResult(
            name=package.parts[0][0],
            about=scenario.measures[package.parts[0][0]].about,
            claim=", ".join(package.claims),
            effects=tuple((effect.outcome, effect.before, effect.after) for effect in package.effects),
            cost=package.cost,
            aims=tried.aims,
            efficient=package.efficient,
            jump=package.jump,
            hindered=package.hindered,
        )
        for package in tried.singles
        if not package.failure
    )


def sensitivity_results(case: Case, outcome: str) -> tuple[Sensitivity, ...]:
    """Return how an outcome answers to a small change of each parameter that moves it, strongest first."""
    if not outcome or not case.scenario.parameters:
        return ()
    found = local_sensitivities(case, [outcome])
    ranked = sorted(found, key=lambda s: -abs(s.elasticity))
    return tuple(
        Sensitivity(s.parameter, s.outcome, s.elasticity, s.value, s.assumption)
        for s in ranked
        if s.elasticity
    )

"""An assessment made before: kept whole in the store, found again at once.

Everything an assessment says follows from the scenario, its name and the order of its entries included, the
seed, the number of starts and the program, so that one made with the same says the same. This module loads
nothing that computes: an unchanged scenario is told again in the time it takes to read it. What is found is
checked as whatever comes from the store is, and must be an assessment in every field, or it is made again.
Ranges over more solved draws are put on top (`bystander.assessment.ranges`).
"""

from __future__ import annotations

from dataclasses import asdict, replace

from bystander.assessment.ranges import kept_spread, with_ranges
from bystander.assessment.result import Assessment, Heard
from bystander.cases.store import Store, key_of, of_form
from bystander.errors import NotConvergedError, reason_of
from bystander.progress import Progress
from bystander.scenario import Scenario, told_hash


def assess_or_recall(
    scenario: Scenario,
    *,
    store: Store,
    seed: int = 0,
    starts: int,
    draws: int = 0,
    progress: Progress | None = None,
    heard: Heard | None = None,
) -> Assessment:
    """Assess a scenario in full, or recall what was found when it was assessed before.

    Parameters
    ----------
    draws, heard
        As in `bystander.assessment.assess.assess`.

    Raises
    ------
    ScenarioError, NotConvergedError
        As `bystander.assessment.assess.assess` does.
    """
    key = key_of(told_hash(scenario), "assessment", str(seed), str(starts))
    found = store.get(key, of_form(Assessment))
    if found is None:
        from bystander.assessment.assess import assess

        found = assess(scenario, seed=seed, starts=starts, store=store, progress=progress, heard=heard)
        store.put(key, asdict(found))
    spread = kept_spread(scenario, seed, store, found.ranges)
    if draws and (spread is None or spread.draws + spread.failed < draws):
        from bystander.assessment.judging import drawn_spread

        try:
            spread = drawn_spread(scenario, draws, seed=seed, store=store, progress=progress) or spread
        except NotConvergedError as error:
            found = replace(found, unanswered=(*found.unanswered, f"Ranges: {reason_of(error)}"))
    return with_ranges(found, spread) if spread else found

"""Other equilibria than the one assessed, and what they answer.

A search makes a few direct solves from starts far apart (`bystander.equilibrium.multiplicity`); four starts
are one of each kind and both extremes, nobody ever acting and everybody always. Where it finds further
equilibria every outcome is asked of them too, and its range and band run over all that were found. The
search says how many starts it made; it never says that there are no more.

What a search found hangs on the scenario, the starts, the seed and the program alone, so it is kept in the
store and not made twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bystander.assessment.result import OutcomeResult
from bystander.cases.cases import answer_case
from bystander.cases.store import Store, key_of
from bystander.equilibrium.multiplicity import search
from bystander.equilibrium.result import Equilibrium, Status
from bystander.scenario import Scenario, scenario_hash

STARTS = 4
TOLERANCE = 1e-8

Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Further:
    """What a search found.

    Attributes
    ----------
    starts
        Starts made.
    others
        For each equilibrium besides the one assessed, the value and the curve of every outcome.
    missing
        How many more must exist at least, by the census of the search.
    """

    starts: int
    others: tuple[Mapping[str, tuple[float, Curve]], ...] = ()
    missing: int = 0


def look_further(
    scenario: Scenario, equilibrium: Equilibrium, *, starts: int, seed: int, store: Store | None = None
) -> Further:
    """Search for further equilibria and ask them for every outcome, or take it from the store."""
    key = key_of(scenario_hash(scenario), "equilibria", str(starts), str(seed)) if store else ""
    kept = store.get(key, _read) if store else None
    if kept is not None:
        return kept
    found = search(equilibrium.game, starts=starts, seed=seed, base=equilibrium, tolerance=TOLERANCE)
    others = tuple(
        {
            name: (result.estimate.value, result.curve)
            for name, result in answer_case(scenario, other, judgements=()).outcomes.items()
        }
        for other in found.equilibria[1:]
        if other.status is Status.CONVERGED
    )
    if store:
        store.put(key, {"starts": found.starts, "others": others, "missing": found.missing or 0})
    return Further(found.starts, others, found.missing or 0)


def _read(kept: Any) -> Further:
    """Make the result of a search of what was kept, or raise where it is something else."""
    others = tuple(
        {
            str(name): (float(value), tuple((float(t), float(y)) for t, y in curve))
            for name, (value, curve) in other.items()
        }
        for other in kept["others"]
    )
    return Further(int(kept["starts"]), others, int(kept["missing"]))


def ranged(result: OutcomeResult, further: Further) -> OutcomeResult:
    """Give an outcome its range and band over all equilibria found; alone, it has none."""
    if not further.others:
        return result
    answers = [other[result.name] for other in further.others]
    values = [result.estimate.value, *(value for value, _ in answers)]
    estimate = replace(result.estimate, low=min(values), high=max(values))
    curves = [result.curve, *(curve for _, curve in answers)]
    if len({tuple(t for t, _ in curve) for curve in curves}) > 1:
        return replace(result, estimate=estimate)
    band = tuple(
        (points[0][0], min(y for _, y in points), max(y for _, y in points))
        for points in zip(*curves, strict=True)
    )
    return replace(result, estimate=estimate, band=band)

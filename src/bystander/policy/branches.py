"""Effects over the equilibria of the scenario: the same change, followed from each of them.

A search from many starts (`bystander.equilibrium.multiplicity`) finds the equilibria there are to be found
without the change. The change is then followed from each (`bystander.cases.jobs`), and its effect is the
difference along that branch; effects over all branches give a range. A search that finds one proves nothing
about others, so it is reported with its starts; where it found one it is not made twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from bystander.cases.cases import Asked, Case, answer_case
from bystander.cases.changes import Change
from bystander.cases.jobs import answer_changes, answers_of
from bystander.cases.store import Store, default_store, key_of
from bystander.equilibrium.multiplicity import search
from bystander.equilibrium.result import Status
from bystander.progress import Progress
from bystander.scenario import scenario_hash

TOLERANCE = 1e-8


@dataclass(frozen=True, slots=True)
class Branches:
    """The other equilibria of a solved scenario, and the starts from which they were searched."""

    others: tuple[Case, ...]
    starts: int

    @property
    def found(self) -> int:
        """How many equilibria are known, the case itself included."""
        return 1 + len(self.others)


def search_branches(
    case: Case, starts: int, *, seed: int = 0, outcomes: Asked = None, store: Store | None = None
) -> Branches:
    """Search for other equilibria of a case and answer its outcomes there. Cost: a direct solve a start."""
    store = default_store() if store is None else store
    key = key_of(scenario_hash(case.scenario), "branches", str(starts), str(seed), _name(case))
    if store.get(key, int) == 1:
        return Branches((), starts)
    found = search(case.game, starts=starts, seed=seed, base=case.equilibrium, tolerance=TOLERANCE)
    others = tuple(
        answer_case(case.scenario, other, outcomes=outcomes, judgements=())
        for other in found.equilibria[1:]
        if other.status is Status.CONVERGED
    )
    if found.starts == starts:
        store.put(key, 1 + len(others))
    return Branches(others, found.starts)


def differences(
    branches: Branches,
    changes: Sequence[Change],
    *,
    outcomes: Sequence[str] | None = None,
    store: Store | None = None,
    workers: int | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> tuple[list[dict[str, list[float]]], str]:
    """Return for each change what it adds to each outcome on every other branch, and why it ended early."""
    found: list[dict[str, list[float]]] = [{} for _ in changes]
    for case in branches.others:
        before = answers_of(case).outcomes
        done = answer_changes(
            case,
            changes,
            outcomes=outcomes,
            judgements=(),
            store=store,
            workers=workers,
            seconds=seconds,
            progress=progress,
            step="Following the other equilibria",
            branch=_name(case),
        )
        for place, answers in enumerate(done.answers):
            if answers is not None and answers.solved:
                for name, value in answers.outcomes.items():
                    found[place].setdefault(name, []).append(value - before[name])
        if done.ended:
            return found, done.ended
    return found, ""


def _name(case: Case) -> str:
    """Name an equilibrium by its behaviour, to the digits in which two count as one."""
    rounded = np.round(case.equilibrium.choice, 4) + 0.0
    return sha256(rounded.tobytes()).hexdigest()

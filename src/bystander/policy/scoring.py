"""What a solved package is worth: its effects, its place among the others, how it fares in other worlds.

A package is *efficient* if nothing else tried, doing nothing at no cost included, is at least as good for
every aim and no dearer (`bystander.policy.scoring`). It is *idle* if it hardly moves any aim; why is then
asked of the institutions it opens a way to (`bystander.policy.hindrances`).

The efficient set: what nothing else beats on every count.

A row dominates another if it is at least as good in every criterion and better in one, by more than a
tolerance (numbers that differ by less than their error bounds do not beat each other). Rows are scored so
that less is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.cases.cases import Case, solve_case, try_case
from bystander.cases.changes import Change, name_of
from bystander.cases.jobs import TOLERANCE, Answers, answers_of
from bystander.cases.store import Store, default_store, key_of
from bystander.policy.hindrances import hindrances, read_hindrance
from bystander.policy.packages import PackageEffect, PackageResult, Pair, Survival
from bystander.policy.what_if import WorthChange, hardly_moves
from bystander.scenario import scenario_hash

Array = NDArray[Any]


def efficient(scores: Array, tolerance: Array | float = 0.0) -> NDArray[np.bool_]:
    """Say which rows are dominated by no other.

    Parameters
    ----------
    scores
        ``(n, criteria)``, less is better; rows with a NaN are never efficient.
    tolerance
        ``(criteria,)`` or one number.

    Returns
    -------
    array
        ``(n,)`` of bool. Among rows equal in every criterion the first is kept.
    """
    scores = np.asarray(scores, dtype=float)
    keep: NDArray[np.bool_] = np.array([not np.isnan(row).any() for row in scores], dtype=np.bool_)
    for n in range(len(scores)):
        if not keep[n]:
            continue
        no_worse = (scores <= scores[n] + tolerance).all(axis=1)
        better = (scores < scores[n] - tolerance).any(axis=1)
        twin = (np.abs(scores - scores[n]) <= tolerance).all(axis=1) & (np.arange(len(scores)) < n)
        if ((no_worse & better) | (twin & keep)).any():
            keep[n] = False
    return keep


DIGITS = 10 * TOLERANCE


def result_of(
    before: Case, package: tuple[Pair, ...], answers: Answers, wanted: Mapping[str, str]
) -> PackageResult:
    """Set a package's answers beside those without it."""
    scenario = before.scenario
    measures = [scenario.measures.get(name) or scenario.rivals[name] for name, _ in package]
    plain = answers_of(before)
    effects = tuple(
        PackageEffect(
            name,
            plain.outcomes[name],
            value,
            before.outcomes[name].estimate.unit,
            wanted.get(name, ""),
            plain.errors[name] + answers.errors[name] + DIGITS * abs(plain.outcomes[name]),
        )
        for name, value in answers.outcomes.items()
        if name in plain.outcomes
    )
    worths = tuple(
        WorthChange(actor, plain.worths[actor], worth)
        for actor, worth in answers.worths.items()
        if actor in plain.worths
    )
    return PackageResult(
        tuple(map(name_of, package)),
        sum(measure.cost for measure in measures),
        effects,
        worths,
        package,
        claims=tuple(dict.fromkeys(claim for measure in measures for claim in measure.claim)),
        failure=answers.failure,
        jump=answers.jump,
    )


def mark_efficient(results: list[PackageResult], wanted: Mapping[str, str]) -> list[PackageResult]:
    """Mark what nothing beats, doing nothing at no cost included among the rivals."""
    solved = [n for n, r in enumerate(results) if not r.failure]
    if not wanted or not solved:
        return results
    signs = np.array([1.0 if direction == "less" else -1.0 for direction in wanted.values()])
    rows = [[results[n].effect(name).after for name in wanted] for n in solved]
    start = [results[solved[0]].effect(name).before for name in wanted]
    errors = [max(results[n].effect(name).error for n in solved) for name in wanted]
    scores = np.array([start, *rows]) * signs
    costs = np.array([0.0, *(results[n].cost for n in solved)])[:, None]
    keep = efficient(np.hstack([scores, costs]), np.array([*errors, 0.0]))[1:]
    marked = list(results)
    for n, good in zip(solved, keep, strict=True):
        marked[n] = replace(results[n], efficient=bool(good))
    return marked


def survivals(
    pairs: Sequence[tuple[Answers | None, Answers | None]], wanted: Mapping[str, str]
) -> tuple[Survival, ...]:
    """Say how a package fares over worlds, each answered without and with it."""
    solved = [
        (without, with_it)
        for without, with_it in pairs
        if without is not None and with_it is not None and without.solved and with_it.solved
    ]
    if not solved:
        return ()
    found = []
    for name, direction in wanted.items():
        changes = np.array([with_it.outcomes[name] - without.outcomes[name] for without, with_it in solved])
        better = changes < 0.0 if direction == "less" else changes > 0.0
        low, high = np.quantile(changes, [0.1, 0.9]).tolist()
        found.append(Survival(name, float(better.mean()), low, high, len(changes)))
    return tuple(found)


def ranged(result: PackageResult, others: Mapping[str, Sequence[float]]) -> PackageResult:
    """Give the effects of a package their range over equilibria, from its changes on the other branches."""
    effects = []
    for effect in result.effects:
        changes = [effect.change, *others.get(effect.outcome, ())]
        known = len(changes) > 1
        effects.append(replace(effect, low=min(changes), high=max(changes)) if known else effect)
    return replace(result, effects=tuple(effects))


def idle(result: PackageResult) -> bool:
    """Say whether a solved package hardly moves any aim, or without aims anything."""
    judged = [e for e in result.effects if e.aim] or list(result.effects)
    return not result.failure and all(hardly_moves(e.change, e.before) for e in judged)


def hindered(before: Case, result: PackageResult, store: Store | None = None) -> PackageResult:
    """Say why an idle package is: which decisions it makes possible that are not made."""
    if not idle(result):
        return result
    store = default_store() if store is None else store
    key = key_of(scenario_hash(before.scenario), "hindrances", repr(sorted(result.parts)))
    kept = store.get(key, lambda entries: tuple(read_hindrance(entry) for entry in entries))
    if kept is not None:
        return replace(result, hindered=kept)
    changed = Change(measures=result.parts).apply(before.scenario)
    after = try_case(
        lambda: solve_case(changed, near=before, outcomes=(), judgements=(), tolerance=TOLERANCE)
    )
    if after is None:
        return result
    found = hindrances(before, after)
    store.put(key, [asdict(hindrance) for hindrance in found])
    return replace(result, hindered=found)

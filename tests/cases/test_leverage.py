"""Draws solved roughly stay within the bounds they carry, which are no larger than they have to be."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from bystander.cases import jobs, leverage
from bystander.cases.cases import Case, solve_case
from bystander.cases.changes import Change
from bystander.cases.jobs import Answers, Asking, answer_change, answer_changes
from bystander.cases.leverage import leverage_at
from bystander.cases.store import Store
from bystander.policy.robustness import draw_parameters
from bystander.process.outcomes import CLOSE
from bystander.scenario.read import read_scenario, read_text
from policy.border import border
from reference.known_dates import ULTIMATUM

CRISES = ("border", "crises/kazakhstan-2022", "crises/kyrgyz-uzbek-delimitation")
DRAWS = 20
ROUGHER = 1e-3
"""A residual ten times that of draws: errors are then far above rounding."""


@cache
def base_of(name: str) -> Case:
    return solve_case(border() if name == "border" else read_scenario(name))


@cache
def drawn(name: str) -> tuple[tuple[Answers, Answers], ...]:
    """Answer draws closely, and from a rougher residual with the bounds it has."""
    base, patch = base_of(name), pytest.MonkeyPatch()
    felt = leverage_at(base)
    changes = [Change(draw=world) for world in draw_parameters(base.scenario, DRAWS, 5)]
    exact = [answer_change(base, change) for change in changes]
    with patch.context() as patched:
        patched.setattr(jobs, "ROUGH", ROUGHER)
        found = [answer_change(base, change, Asking(rough=True, bounded=True), felt) for change in changes]
    return tuple((one, two) for one, two in zip(exact, found, strict=True) if one.solved and two.solved)


@pytest.mark.parametrize("name", CRISES)
def test_rough_draws_are_within_their_bounds(name: str) -> None:
    pairs = drawn(name)
    assert len(pairs) > DRAWS / 2
    for exact, found in pairs:
        assert found.withheld == exact.withheld
        assert {n: v.holds for n, v in found.verdicts.items()} == {
            n: v.holds for n, v in exact.verdicts.items()
        }
        for outcome, value in exact.outcomes.items():
            if not exact.withheld.get(outcome):
                assert abs(found.outcomes[outcome] - value) <= found.errors[outcome] + exact.errors[outcome]


def errors_and_bounds(name: str) -> np.ndarray:
    """Return ``(3, answers)`` the errors of rough draws, their bounds, and the sizes of what they are of."""
    told = [
        (abs(found.outcomes[outcome] - value), found.errors[outcome], max(1.0, abs(value)))
        for exact, found in drawn(name)
        for outcome, value in exact.outcomes.items()
        if not exact.withheld.get(outcome)
    ]
    return np.array(told).T


@pytest.mark.parametrize("name", CRISES)
def test_bounds_are_not_vacuous(name: str) -> None:
    _, bounds, sizes = errors_and_bounds(name)
    assert np.median(bounds / sizes) < CLOSE


def test_some_errors_come_near_their_bounds() -> None:
    """In all games but one: how near it comes in each hangs on what the last sweep happens to leave."""
    nearest = sorted(float((errors / bounds).max()) for errors, bounds, _ in map(errors_and_bounds, CRISES))
    assert nearest[1] > 0.03
    assert nearest[-1] > 0.1


def test_what_the_base_alone_says_would_not_be_enough() -> None:
    beyond = [
        (abs(found.outcomes[outcome] - value) - exact.errors[outcome]) / found.errors[outcome]
        for name in CRISES
        for exact, found in drawn(name)
        for outcome, value in exact.outcomes.items()
        if not exact.withheld.get(outcome) and found.errors[outcome] > 0.0
    ]
    assert len(beyond) > 400
    assert 2.0 < max(beyond) * leverage.FARTHER < leverage.FARTHER


def test_without_leverage_bounds_would_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the process owes alone is no bound: most of the error is the equilibrium's."""
    monkeypatch.setattr(jobs, "ROUGH", ROUGHER)
    base = base_of("border")
    for world in draw_parameters(base.scenario, DRAWS, 5):
        change = Change(draw=world)
        exact, bare = answer_change(base, change), answer_change(base, change, Asking(rough=True))
        if any(
            abs(bare.outcomes[n] - x) > bare.errors[n] + exact.errors[n] for n, x in exact.outcomes.items()
        ):
            return
    pytest.fail("every error is within the bound of the process")


@pytest.mark.parametrize("farther", [1e4, 1e9])
def test_what_would_be_withheld_or_open_is_solved_closely(
    monkeypatch: pytest.MonkeyPatch, farther: float
) -> None:
    base = base_of("border")
    change = Change(draw={"will": 0.9})
    felt, asked = leverage_at(base), Asking(rough=True, bounded=True)
    assert answer_change(base, change, asked, felt) != answer_change(base, change)
    monkeypatch.setattr(leverage, "FARTHER", farther)
    assert answer_change(base, change, asked, felt) == answer_change(base, change)


def test_what_is_a_little_too_rough_is_solved_on(monkeypatch: pytest.MonkeyPatch) -> None:
    base = base_of("border")
    change, asked = Change(draw={"will": 0.9}), Asking(rough=True, bounded=True)
    felt = leverage_at(base)
    solved = []
    answered = jobs._answered
    monkeypatch.setattr(jobs, "_answered", lambda *given: solved.append(given[-1]) or answered(*given))
    monkeypatch.setattr(jobs, "ROUGH", 0.1)
    found, exact = answer_change(base, change, asked, felt), answer_change(base, change)
    assert solved[:2] == [0.1, jobs.NEARER]
    for name, value in exact.outcomes.items():
        assert abs(found.outcomes[name] - value) <= found.errors[name] + exact.errors[name]


def test_workers_and_order_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    base = base_of("border")
    changes = [Change(draw=world) for world in draw_parameters(base.scenario, 6, 5)]
    alone = answer_changes(base, changes, store=Store(None), workers=1, rough=True)
    monkeypatch.setattr(jobs, "MANY", 2)
    monkeypatch.setattr(jobs, "SMALL", 1)
    both = answer_changes(base, changes[::-1], store=Store(None), workers=2, rough=True)
    assert both.answers[::-1] == alone.answers


def test_where_nothing_can_be_derived_there_is_none() -> None:
    dated = solve_case(read_text(ULTIMATUM))
    assert leverage_at(dated) is None
    base = base_of("border")
    none = leverage_at(base, (), ())
    assert none is not None
    assert dict(none.most) == {}
    assert none.carried(replace(base, outcomes={}, verdicts={}, answers={})) is not None

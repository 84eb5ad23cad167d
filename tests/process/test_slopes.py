"""Derivatives of answers do not depend on what is worked out side by side, nor on how threads share it."""

import numpy as np
import pytest

from bystander.derivatives import answers
from bystander.derivatives.answers import slopes_of
from bystander.numerics import operators
from bystander.process.outcomes import Request, make_clocks, read_requests
from process.toy import solved


def found(order: slice = slice(None)) -> list[np.ndarray]:
    scenario, equilibrium = solved()
    clocks = make_clocks(equilibrium)
    requests = [Request(name, outcome) for name, outcome in scenario.outcomes.items()]
    readings = read_requests(clocks, requests)[order]
    owns = slopes_of(clocks, readings)[order]
    return [
        np.concatenate([o.slope.option_rate, o.slope.chance.ravel(), o.slope.start, o.days]) for o in owns
    ]


def assert_same(one: list[np.ndarray], other: list[np.ndarray]) -> None:
    assert len(one) == len(other) > 8
    for ours, theirs in zip(one, other, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-8 * np.abs(theirs).max())


def test_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    together = found()
    monkeypatch.setattr(answers, "columns_at_once", lambda _: 1)
    assert_same(found(), together)


def test_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    side_by_side = found()
    monkeypatch.setattr(operators, "ALONE", 0)
    assert_same(found(), side_by_side)


def test_in_any_order() -> None:
    assert_same(found(slice(None, None, -1)), found())

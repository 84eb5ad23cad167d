"""Evaluating and differentiating, against Python's own arithmetic and finite differences."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bystander.errors import ScenarioError
from bystander.scenario.expressions import Scope, derivative, evaluate, parse_expression, resolve, to_text
from bystander.units import PLAIN

LEVELS = {"x": ("a", "b", "c"), "y": ("u", "v")}
SCOPE = Scope(LEVELS, frozenset(LEVELS), {"p": PLAIN, "q": PLAIN})
VALUES = {"p": 0.7, "q": -1.3}

conditions = st.deferred(
    lambda: st.one_of(
        st.sampled_from(
            [
                "x == a",
                "x != b",
                "x in [a, c]",
                "x not in [b]",
                "y == v",
                "x < c",
                "a < x",
                "true",
                "p < q",
                "q < 0 < p",
            ]
        ),
        st.tuples(conditions, st.sampled_from(["and", "or"]), conditions).map(
            "({0[0]} {0[1]} {0[2]})".format
        ),
        conditions.map("not ({})".format),
    )
)
numbers = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["p", "q", "2", "0.5", "25%", "rank(x)", "rank(y)"]),
        st.tuples(numbers, st.sampled_from(["+", "-", "*"]), numbers).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(numbers, numbers).map("({0[0]} / (2 + exp({0[1]})))".format),
        st.tuples(numbers, numbers).map("min({0[0]}, {0[1]})".format),
        st.tuples(numbers, numbers).map("max({0[0]}, {0[1]}, 1)".format),
        st.tuples(numbers, conditions, numbers).map("({0[0]} if {0[1]} else {0[2]})".format),
        numbers.map("(-{})".format),
        numbers.map("log(1 + exp({}))".format),
        numbers.map("every (3 + exp({}))".format),
    )
)


def as_python(text, x, y, parameters):
    """Read the same text as Python with numbers for levels: an independent reading of the language."""
    names = {"a": 0, "b": 1, "c": 2, "u": 0, "v": 1, "true": True, "x": x, "y": y, **parameters}
    functions = {"exp": _exp, "log": math.log, "min": min, "max": max, "rank": lambda level: level}
    source = text.replace("25%", "0.25").replace("every ", "1 / ")
    return eval(source, {"__builtins__": {}}, {**names, **functions})


def _exp(value):
    return math.exp(value) if value < 700 else math.inf


@given(st.one_of(numbers, conditions))
@settings(max_examples=150, deadline=None)
def test_values_agree_with_another_reading(text):
    try:
        expr = resolve(parse_expression(text), SCOPE)
    except ScenarioError as error:
        assume("nested" not in str(error) and "at most" not in str(error))
        raise
    assert resolve(parse_expression(to_text(expr)), SCOPE) == expr
    grid = {"x": np.arange(3)[:, None], "y": np.arange(2)}
    found = np.broadcast_to(evaluate(expr, grid, VALUES), (3, 2))
    for x, y in itertools.product(range(3), range(2)):
        assert found[x, y] == pytest.approx(as_python(text, x, y, VALUES), rel=1e-12, abs=1e-12)


@given(numbers)
@settings(max_examples=100, deadline=None)
def test_derivatives_agree_with_differences(text):
    try:
        expr = resolve(parse_expression(text), SCOPE)
    except ScenarioError:
        return
    grid = {"x": np.arange(3)[:, None], "y": np.arange(2)}
    step = 1e-6

    def at(p):
        return np.broadcast_to(evaluate(expr, grid, {"p": p, "q": -1.3}), (3, 2))

    left, right = (at(0.7) - at(0.7 - step)) / step, (at(0.7 + step) - at(0.7)) / step
    found = np.broadcast_to(evaluate(derivative(expr, "p"), grid, VALUES), (3, 2))
    scale = 1 + np.abs(left) + np.abs(right) + np.abs(at(0.7))
    smooth = np.abs(left - right) < 1e-4 * scale
    assert np.all((np.abs(found - (left + right) / 2) < 1e-3 * scale) | ~smooth)


def test_derivative_of_what_does_not_mention_the_parameter_is_zero():
    assert to_text(derivative(resolve(parse_expression("q * 2"), SCOPE), "p")) == "0"


def test_a_division_by_zero_shows_as_an_infinity():
    assert np.isinf(evaluate(resolve(parse_expression("1 / (p - p)"), SCOPE), {}, VALUES))

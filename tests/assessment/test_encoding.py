"""Results as plain values."""

import json
import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bystander.assessment.encoding import plain


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Inner:
    number: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Outer:
    parts: tuple[Inner, ...]
    table: dict[str, np.ndarray]


def test_everything_becomes_plain() -> None:
    value = Outer((Inner(1.5, Colour.RED),), {"a": np.array([[1, 2]]), "b": np.float64(math.inf)})
    assert plain(value) == {"parts": [{"number": 1.5, "colour": "red"}], "table": {"a": [[1, 2]], "b": "inf"}}


def test_what_json_cannot_say() -> None:
    assert plain([math.inf, -math.inf, math.nan]) == ["inf", "-inf", None]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_json_always_takes_it(value: object) -> None:
    assert json.loads(json.dumps(plain(value), allow_nan=False)) == plain(value)

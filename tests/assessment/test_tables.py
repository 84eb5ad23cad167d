"""Tables hold every number of an assessment, flat.

Results as plain values.
"""

import csv
import io
import json
import math
import re
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bystander.assessment.tables import as_csv, plain, tables, write_tables
from reference.assessments import ferghana


def test_every_number_is_in_a_table() -> None:
    assessment = ferghana()
    found = tables(assessment)
    assert len(found["outcomes"]) == len(assessment.outcomes)
    assert len(found["curves"]) == sum(len(result.curve) for result in assessment.outcomes)
    assert len(found["judgements"]) == len(assessment.judgements)
    assert sum(row["log_odds"] for row in found["reasons"]) == sum(
        bar.log_odds for reason in assessment.reasons for bar in reason.bars
    )


def test_csv_reads_back() -> None:
    rows = tables(ferghana())["outcomes"]
    back = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert [row["outcome"] for row in back] == [row["outcome"] for row in rows]
    assert [float(row["value"]) for row in back] == [row["value"] for row in rows]


def test_rows_of_a_table_have_the_same_columns() -> None:
    for rows in tables(ferghana()).values():
        assert {tuple(row) for row in rows} == {tuple(rows[0])}


def test_no_file_holds_marks_that_reverse_a_line(tmp_path) -> None:
    assessment = replace(ferghana(), title="a\u202eb\u2066c")
    for path in write_tables(assessment, tmp_path):
        text = path.read_text(encoding="utf-8")
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text), path.name
    assert json.loads(text)["title"] == assessment.title


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

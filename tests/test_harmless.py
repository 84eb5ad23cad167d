"""Text that leaves for a terminal or a table."""

import json

import pytest

from bystander.assessment.tables import as_csv
from bystander.columns import write_columns
from bystander.harmless import COMMANDS, REVERSING, escaped, first_of, for_cell, for_terminal, in_brief


def test_a_terminal_gets_no_commands_and_no_reversals() -> None:
    every = "".join(map(chr, (*COMMANDS, *REVERSING)))
    assert for_terminal(f"a{every}b\nc\td") == "ab\nc\td"
    assert for_terminal("Бишкек é 中 → “x”") == "Бишкек é 中 → “x”"


def test_json_says_all_in_escapes() -> None:
    text = "a\u202eb\u009b2Jc\u2066"
    shown = escaped(json.dumps(text, ensure_ascii=False))
    assert for_terminal(shown) == shown
    assert json.loads(shown) == text


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "−1+1", "＝1"]
PLAIN = ["-5 per year", "+3.5%", "-1e-3", "−2 people per day", "a=b", "front == war", ""]


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_become_text(text: str) -> None:
    assert for_cell(text).lstrip().startswith("'")


@pytest.mark.parametrize("text", PLAIN)
def test_amounts_and_prose_stay(text: str) -> None:
    assert for_cell(text) == text
    assert for_cell(-1.5) == -1.5


def test_every_table_that_is_written_goes_through_the_filter(tmp_path) -> None:
    cell = "=cmd\u001b[31m"
    assert as_csv(({"name": cell, "value": -1.0},)) == "name,value\n'=cmd[31m,-1.0\n"
    path = write_columns(tmp_path / "t.csv", {"name": [cell], "value": [-1.0]})
    assert path.read_text() == "name,value\n'=cmd[31m,-1.0\n"


@pytest.mark.parametrize(
    ("about", "name"),
    [
        ("Ground lost, two months of it: losses weigh twice. Spread: half.", "Ground lost, two months of it"),
        ("How deadly the fighting is: people killed", "How deadly the fighting is"),
        ("Falling: office, often liberty.", "Falling"),
        ("A: Moscow's means are cut. To a third.", "A: Moscow's means are cut"),
        ("Not B: leaders gain nothing", "Not B: leaders gain nothing"),
        ("H2: it holds", "H2: it holds"),
        ("The odds at 12:30", "The odds at 12:30"),
        (": nothing before", ": nothing before"),
        ("", ""),
    ],
)
def test_a_thing_is_called_by_how_its_text_begins(about: str, name: str) -> None:
    assert in_brief(about) == name


@pytest.mark.parametrize(
    ("count", "ends"), [(1, "n0"), (5, "n4"), (6, "n4; and 1 more"), (14, "n4; and 9 more")]
)
def test_what_is_not_listed_is_counted(count: int, ends: str) -> None:
    assert first_of([f"n{k}" for k in range(count)], 5, rest="; and").endswith(ends)

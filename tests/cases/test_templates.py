"""A table fills a template, and what does not fit is said where it stands."""

from pathlib import Path

import pytest

from bystander.cases.templates import MAX_ROWS, read_table, read_template
from bystander.errors import ScenarioError
from cases.asking import HEAD, TEMPLATE, write


def test_rows_that_agree_in_names_are_one_scenario(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, HEAD + "A,X,yes,0,troops\nB,X,no,,none\nC,Y,ambiguous,1,words\n"))
    assert [row.numbers for row in table.rows] == [
        {"cover": 1, "war": 0},
        {"cover": 0, "war": 0},
        {"cover": 0.5, "war": 1},
    ]
    (scenario,) = {id(s): s for s in table.scenarios.values()}.values()
    assert scenario.parameters["cover"].prior is None
    assert list(scenario.actors) == ["patron"]
    assert str(table.rows[2].mark).endswith("table.csv:4:1")


def test_a_name_makes_another_scenario(tmp_path: Path) -> None:
    rows = "case_id,organisation,clause,at_war,answer,patron\nA,X,yes,0,none,france\nB,X,no,0,none,britain\n"
    table = read_table(write(tmp_path, rows))
    assert [list(table.scenarios[row.names].actors) for row in table.rows] == [["france"], ["britain"]]


@pytest.mark.parametrize(
    ("rows", "says", "place"),
    [
        ("", "no column 'answer'", ":1:1"),
        (HEAD, "no rows", ":1:1"),
        (
            HEAD.replace("organisation", "clause") + "A,X,yes,0,none\n",
            "Two columns are called 'clause'",
            ":1:1",
        ),
        (HEAD + "A,X,yes,0\n", "4 cells, the first line 5", ":2:1"),
        (HEAD + "A,X,maybe,0,none\n", "'maybe' in clause fills no number", ":2:1"),
        (HEAD + "A,X,yes,nan,none\n", "'nan' in at_war fills no number", ":2:1"),
        (HEAD + "A,X,yes,1e999,none\n", "'1e999' in at_war", ":2:1"),
        (HEAD + "A,X,yes,0,none\nA,X,no,0,none\n", "'A' names line 2 too", ":3:1"),
        (HEAD + ",X,yes,0,none\n", "has no name", ":2:1"),
        (HEAD + f"A,X,yes,0,{'x' * 3000}\n", "3,000 characters", ":2:1"),
        (HEAD + 'A,X,"yes,0,none\n', "not CSV", ":2:1"),
        (
            HEAD + "".join(f"r{i},X,yes,0,none\n" for i in range(MAX_ROWS + 1)),
            "more than 5,000 rows",
            ":5002:1",
        ),
    ],
)
def test_tables_that_do_not_fit(tmp_path: Path, rows: str, says: str, place: str) -> None:
    template = write(tmp_path, rows)
    with pytest.raises(ScenarioError, match=r"table\.csv") as refused:
        read_table(template)
    assert says in str(refused.value)
    assert f"table.csv{place}" in str(refused.value)


def test_all_problems_of_a_table_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_table(write(tmp_path, HEAD + "A,X,maybe,0,none\nB,X,yes,x,none\n"))
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("cases:", "kases:", "no 'cases'"),
        (
            "war: at_war}",
            "wars: at_war}",
            "hole 'wars' that is not declared",
        ),
        ("outcome: sends, yes", "yes", "observed of no outcome"),
        ("name: case_id", "nam: case_id", "nam"),
    ],
)
def test_templates_that_mean_nothing(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = tmp_path / "help.yaml"
    file.write_text(TEMPLATE.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"help\.yaml:\d+") as refused:
        read_template(file)
    assert says in str(refused.value)

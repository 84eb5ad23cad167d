"""A table fills a template, and what does not fit is said where it stands."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bystander.cases.templates import MAX_ROWS, read_table, read_template
from bystander.errors import ScenarioError
from bystander.evidence.reading import read_record
from bystander.forecast.questions import read_questions
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
        (HEAD + "A,X,yes,0\n", "Leave a cell empty", ":2:1"),
        (HEAD + "A,X,yes,0,none,b\n", "Quote cells that hold a comma", ":2:1"),
        (HEAD.replace(",", ";") + "A;X;yes;0;none;b\n", "Quote cells that hold a semicolon", ":2:1"),
        (HEAD + "A,X,maybe,0,none\n", "In row A, 'maybe' in clause fills no number", ":2:1"),
        (HEAD + "A,X,yes,99,none\n", "In row A, '99' in at_war is off its scale", ":2:1"),
        (HEAD + "A,X,yes,-1,none\n", "Code it between 0 and 1: the patron is at war", ":2:1"),
        (HEAD + "A,X,yes,0,none\nB,X,yes,1.01,none\n", "'1.01' in at_war is off its scale", ":3:1"),
        (HEAD + "A,X,yes,nan,none\n", "'nan' in at_war fills no number", ":2:1"),
        (HEAD + "A,X,yes,1e999,none\n", "'1e999' in at_war", ":2:1"),
        (HEAD + "A,X,yes,0,none\nA,X,no,0,none\n", "'A' names line 2 too", ":3:1"),
        (HEAD + ",X,yes,0,none\n", "has no name", ":2:1"),
        (HEAD + f"A,X,yes,0,{'x' * 3000}\n", "3,000 characters", ":2:1"),
        (HEAD + f"A,X,yes,0,{'x' * 300_000}\n", "if all are closed, shorten the cell", ":2:1"),
        (HEAD + 'A,X,"yes,0,none\n', "not CSV", ":2:1"),
        (HEAD + "A,X\0,yes,0,none\n", "control character", ":2:4"),
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


def test_codes_are_recognised_however_a_spreadsheet_wrote_them(tmp_path: Path) -> None:
    head = "note,answer,case_id,at_war,clause,organisation,,\n"
    rows = head + "x,Troops,A,1.0,YES,X,,\ny,NONE,B,0.0,No,X,,\n"
    table = read_table(write(tmp_path, "\ufeff" + rows))
    assert [row.numbers for row in table.rows] == [{"cover": 1, "war": 1}, {"cover": 0, "war": 0}]
    assert [row.cells["answer"] for row in table.rows] == ["troops", "none"]
    assert table.notes == ()


def test_yes_and_no_are_one_and_nothing_wherever_they_are_written(tmp_path: Path) -> None:
    study = read_template("studies/requests-for-help")
    first = read_table(study).rows[0]
    assert first.cells["asked"] == "1"
    for sign, asked, near in ((",", "yes", "yes"), (";", "TRUE", "1"), ("\t", "1.0", "true")):
        given = {
            **first.cells,
            "asked": asked,
            "contiguous_to_leader": near,
            "leading_member_at_major_war": "?",
        }
        cells = [cell.replace(";", "").replace(",", "") for cell in given.values()]
        path = tmp_path / "rows.csv"
        path.write_text(f"{sign.join(given)}\n{sign.join(cells)}\n", encoding="utf-8")
        (row,) = (found := read_table(study, path)).rows
        assert study.section.observed["answer_if_asked"].speaks_of(row.cells)
        assert (
            row.numbers[next(h for h in row.numbers if study.column_of(h) == "contiguous_to_leader")] == 1.0
        )
        assert row.cells["contiguous_to_leader"] == "1"
        assert "leading_member_at_major_war is not known" in " ".join(found.notes)


def test_nothing_asked_for_may_be_written_out(tmp_path: Path) -> None:
    study = read_template("studies/requests-for-help")
    first = read_table(study).rows[0]
    asked = []
    for asked_for in ("none", ""):
        given = {**first.cells, "asked": "0", "asked_for": asked_for, "leading_member_at_major_war": "False"}
        cells = [cell.replace(",", "") for cell in given.values()]
        path = tmp_path / "rows.csv"
        path.write_text(f"{','.join(given)}\n{','.join(cells)}\n", encoding="utf-8")
        (row,) = read_table(study, path).rows
        assert row.cells["leading_member_at_major_war"] == "0"
        asked.append(row.numbers)
    assert asked[0] == asked[1]


ONE = ["A", "X", "yes", "0.5", "troops"]


@pytest.mark.parametrize(
    "written",
    [
        "answer,at_war,clause,organisation,case_id,more\ntroops,0.5,yes,X,A,1\n",
        "CASE_ID,Organisation,CLAUSE,AT_WAR,Answer\nA,X,YES,0.5,Troops\n",
        "Case ID, organisation ,Clause,At-war,answer\n A ,X, yes ,0.50,troops\n",
        "case_id,organisation,clause,at_war,answer\r\nA,X,yes,.5,troops,,\r\n",
        "\ufeffcase_id;organisation;clause;at_war;answer\r\nA;X;yes;0,5;troops\r\n;;;;\r\n",
        "case_id\torganisation\tclause\tat_war\tanswer\nA\tX\tyes\t5e-1\ttroops",
        '"case_id","organisation","clause","at_war","answer"\n\n"A","X","yes","0.5","troops"\n\n',
    ],
)
def test_a_table_is_the_same_however_it_is_written(tmp_path: Path, written: str) -> None:
    """Other order, more columns, capitals, spaces, line ends, separators, a mark of byte order."""
    plain = read_table(write(tmp_path, HEAD + ",".join(ONE) + "\n")).rows[0]
    found = read_table(write(tmp_path, written)).rows
    assert [(row.name, row.numbers, row.names, row.cells["answer"]) for row in found] == [
        (plain.name, plain.numbers, plain.names, "troops")
    ]


def test_what_is_missing_takes_its_default_and_is_counted(tmp_path: Path) -> None:
    rows = "case_id,organisation,clause,at_war,answer\nA,X,yes,,troops\nB,X,yes,unknown,none\nC,X,yes,1,\n"
    table = read_table(write(tmp_path, rows))
    assert [row.numbers["war"] for row in table.rows] == [0, 0, 1]
    assert table.notes == (
        "at_war is not known for A, B: war is taken to be 0",
        "answer is not known for C: not counted",
    )
    without = "case_id,organisation,clause,answer\nA,X,yes,troops\n"
    asked = TEMPLATE.replace(', only: {at_war: ["0"]}', "")
    assert read_table(write(tmp_path, without, asked)).notes == (
        "there is no column 'at_war': war is taken to be 0 everywhere",
    )


def test_what_cannot_be_observed_is_told_once_a_cell(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_table(write(tmp_path, HEAD + "A,X,yes,0,perhaps\nB,X,yes,1,troops\nC,X,yes,1,boats\n"))
    assert [str(problem.mark) for problem in refused.value.problems] == [
        f"{tmp_path / 'table.csv'}:2:1".split("/")[-1],
        f"{tmp_path / 'table.csv'}:4:1".split("/")[-1],
    ]
    assert "In row A, 'perhaps' in answer is nothing that can be observed" in str(refused.value)


def test_all_problems_of_a_table_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_table(write(tmp_path, HEAD + "A,X,maybe,0,none\nB,X,yes,x,none\n"))
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (read_template, "forecast: 1\ntitle: Asked\n", "is a file of questions, not a template"),
        (read_template, "record: 1\ntitle: Seen\n", "is a record, not a template"),
        (read_template, "bystander: 1\ntitle: A border\n", "no 'cases'"),
        (read_questions, TEMPLATE, "is a template, not a file of questions"),
        (read_record, TEMPLATE, "is a template, not a record"),
    ],
)
def test_a_template_and_another_file_in_each_others_place(
    tmp_path: Path, read: Callable[[Path], object], text: str, says: str
) -> None:
    (tmp_path / "file.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=says):
        read(tmp_path / "file.yaml")


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
        ("ambiguous: 0.5", "ambiguous: true", "not true or false"),
        ("ambiguous: 0.5", "ambiguous: 1/0", "Write a number"),
        ('"no": -1}', '"no": nan}', "finite number"),
        ("motives: [clause_gain, war_cost]", "learn: [nothing]", "'nothing' is learnt from and not observed"),
        ("yes: [troops], no", "yes: [], no", "nothing is listed"),
        ("yes: [troops]", "yes: [none]", "'none' is a yes and a no of 'helped'"),
        ('only: {at_war: ["0"]}', "only: {at_war: []}", "nothing is listed"),
        ('signs: {clause: {"yes"', 'signs: {clause: {"yess"', "'yess' is no code of the column 'clause'"),
        ("signs: {clause: {", "signs: {answer: {trops: 1}, clause: {", "Did you mean 'troops'?"),
        ('only: {at_war: ["0"]}', "only: {clause: [ambigous]}", "Did you mean 'ambiguous'?"),
    ],
)
def test_templates_that_mean_nothing(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = tmp_path / "help.yaml"
    file.write_text(TEMPLATE.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"help\.yaml:\d+") as refused:
        read_template(file)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("groups: [organisation]", "groups: [elsewhere]"),
        ("signs: {clause:", "signs: {elsewhere:"),
        ("yes: [troops], no", "before: [elsewhere], yes: [troops], no"),
    ],
)
def test_a_column_that_is_not_there_and_does_no_harm_is_told(tmp_path: Path, old: str, new: str) -> None:
    assert TEMPLATE.count(old) == 1
    table = read_table(write(tmp_path, HEAD + "A,X,yes,0,none\n", TEMPLATE.replace(old, new)))
    assert [note for note in table.notes if "no column 'elsewhere'" in note]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("outcome: sends, yes", "outcome: nowhere, yes", "No outcome is called 'nowhere'"),
        ("outcomes: {none: nothing,", "outcomes: {none: nowhere,", "No outcome is called 'nowhere'"),
        ("[clause_gain, war_cost]", "[clause_gain, nothing]", "No parameter is called 'nothing'"),
        ("[clause_gain, war_cost]", "[]\n  begin: {nothing: 1}", "No parameter is called 'nothing'"),
        ("default: 0}", "default: P(sends)}", "asks the process"),
        ("default: 0}", "default: 1/0}", "divides by zero"),
        ("default: 0}", "default: 2022-01-01}", "is a date"),
        ("when: help == none", "when: $cover", "must be a condition"),
    ],
)
def test_what_a_filled_template_cannot_mean_is_refused_where_it_stands(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert TEMPLATE.count(old) == 1
    rows = HEAD + "A,X,yes,,none\n"
    with pytest.raises(ScenarioError, match=says) as refused:
        assert read_table(write(tmp_path, rows, TEMPLATE.replace(old, new))).scenarios
    assert all(problem.mark.line and problem.fix for problem in refused.value.problems)


def test_shipped_rows_keep_to_the_codebook() -> None:
    rows = [row.cells for row in read_table(read_template("studies/requests-for-help")).rows]
    assert Counter(row["round"] for row in rows) == {"1": 85, "2": 45}
    coded = {
        "trigger_kind": "attack_by_member attack_by_outsider spillover coup insurgency unrest",
        "opponent_strength": "weak equal stronger",
        "opponent_ties_to_leading_member": "none some close",
        "clause_covers": "yes ambiguous no",
        "decision_rule": "leader consensus majority unanimity",
        "confidence": "low medium high",
    }
    for row in rows:
        name = row["case_id"]
        assert all(row[column] in codes.split() for column, codes in coded.items()), name
        assert (row["asked"] == "1") == bool(row["asked_for"]) == bool(row["asked_date"]), name
        assert row["asked"] in ("0", "1"), name
        assert "://" in row["source"], name
        if len(row["asked_date"]) == len(row["answer_date"]) == len("2000-01-01"):
            days = date.fromisoformat(row["answer_date"]) - date.fromisoformat(row["asked_date"])
            assert 0 <= days.days <= 90, name

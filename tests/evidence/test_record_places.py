"""What is wrong in a record is shown at its own line, and one mistake is told once."""

import pytest

from bystander.errors import ScenarioError
from bystander.evidence.reading import read_record
from bystander.evidence.record import end_of_day
from reference.places import refused, written_at

RECORD = """\
record: 1
title: Shots
from: 2022-01-01
until: 2022-10-15
sources:
  agency: {title: An agency}
classes:
  shots: {moves: "*", into: front == clash}
coverage:
  - of: shots
    from: 2022-01-01
    until: 2022-09-30
    listed: 40%
observations:
  march:
    source: agency
    on: 2022-03-11
    move: shots
  may:
    on: 2022-05-18
    error: 5%
    level: {front: clash}
  autumn:
    from: 2022-10-01
    until: 2022-10-10
    of: shots
    count: 0..1
"""

BROKEN = [
    ("on: 2022-03-11", "on: 2022-02-30", "2022-02-30", "write 2022-09-14"),
    ("listed: 40%", "listed: 140%", "140%", "write 0.05"),
    ("error: 5%", "error: 500%", "500%", "write 0.05"),
    ("count: 0..1", "count: few", "few", "write 3"),
    ("move: shots", "move: shots\n    perhaps: maybe", "maybe", "perhaps: true"),
    ("move: shots", "move: shots\n    each: 3", "each", "leave it out"),
    ("move: shots", "mve: shots", "march", "write move:"),
    ("level: {front: clash}", "level: clash", "may", "write level: {front: clash}"),
    ("    until: 2022-09-30\n", "", "of: shots", "from: and until:"),
]


@pytest.mark.parametrize(("old", "bad", "begins", "advice"), BROKEN)
def test_it_is_shown_where_it_is_written(tmp_path, old, bad, begins, advice):
    problems, text = refused(read_record, tmp_path / "record.yaml", RECORD, old, bad)
    told = [problem for problem in problems if problem.check != "unknown-name"]
    assert len(told) == 1
    assert written_at(text, told[0].mark).startswith(begins)
    assert advice in told[0].fix


@pytest.mark.parametrize("text", ["soon", "2022-09", "2022-09-14 14:30"])
def test_where_only_a_day_will_do_only_a_day_is_advised(text):
    with pytest.raises(ScenarioError) as refused:
        end_of_day(text)
    assert refused.value.problems[0].fix == "write a day, such as 2022-09-14"

"""What is wrong with a template is shown where it is written, in the words of its own section."""

import re
from pathlib import Path

import pytest

from bystander.cases.templates import read_template
from reference.places import refused, written_at

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "learn-from-a-table-of-cases.md"
TEMPLATE = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[0]

BROKEN = [
    ("{cover: clause_covers", "{covr: clause_covers", "covr", "under 'holes'"),
    (", outcome: sends", "", "helped", "outcome: NAME"),
    ("yes: [troops]", "yes: [troops, words]", "helped", "one of them"),
    ('signs: {clause_covers: {"yes": 1', 'signs: {clause_covers: {"yse": 1', "clause_covers: {", "'yes'"),
    ("  columns:", "  colums:", "colums", "'columns'"),
    ("cases:\n", "cases:\n  learn: [helpd]\n", "learn", "'helped'"),
    ("column: answer, ", "", "helped", "Add column: and the column of the table."),
    ("  name: case_id\n", "", "table", "Add name: and the column that names each row."),
]


@pytest.mark.parametrize(("old", "bad", "begins", "advice"), BROKEN)
def test_it_is_shown_where_it_is_written(tmp_path, old, bad, begins, advice):
    problems, text = refused(read_template, tmp_path / "template.yaml", TEMPLATE, old, bad)
    assert written_at(text, problems[0].mark).startswith(begins)
    assert advice in problems[0].fix
    assert "the scenario" not in problems[0].message

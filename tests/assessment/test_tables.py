"""Tables hold every number of an assessment, flat."""

import csv
import io

from bystander.assessment.tables import as_csv, tables
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

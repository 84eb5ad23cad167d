"""A forecast entered, decided and scored from the command line."""

from pathlib import Path

import pytest

from bystander.cli.main import run_command
from evidence.test_records import BORDER

RECORD = """\
record: 1
title: Shots
start: {front: quiet}
from: 2023-01-01
until: 2024-06-30
classes:
  shots: [nature.incident]
coverage: [{of: shots, from: 2023-01-01, until: 2024-06-30}]
observations:
  march: {on: 2023-03-11, move: shots}
  may: {on: 2024-05-11, move: shots}
"""
QUESTIONS = """\
forecast: 1
title: The border
scenario: border.yaml
record: record.yaml
as_of: 2023-12-31
questions:
  again: {asks: "By the end of March?", fires: shots, by: 2024-03-31}
  later: {asks: "By the end of June?", fires: shots, by: 2024-06-30, author: 60%}
"""


def test_few_questions_are_scored_without_an_error_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("border", BORDER), ("record", RECORD), ("asked", QUESTIONS)):
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    assert run_command(["forecast", "asked.yaml", "--ledger", "kept.jsonl"]) == 0
    assert "One observation is dated later and was not looked at.\n" in capsys.readouterr().out
    assert run_command(["forecast", "asked.yaml", "--ledger", "kept.jsonl"]) == 2
    assert run_command(["resolve", "kept.jsonl"]) == 0
    capsys.readouterr()
    assert run_command(["score", "kept.jsonl"]) == 0
    told = capsys.readouterr().out
    assert "nan" not in told
    assert "0 of 1" in told
    assert "1 of 1" in told
    assert run_command(["score", "kept.jsonl", "-o", "drawn.svg"]) == 0
    assert capsys.readouterr() == (told, "drawn.svg\n")
    drawn = Path("drawn.svg").read_text(encoding="utf-8")
    assert "0 of 1" in drawn
    assert "1 of 1" in drawn
    Path("table.csv").write_text("case\n", encoding="utf-8")
    assert run_command(["score", "table.csv", "-o", "no.svg"]) == 2
    assert "--output draws how well a ledger" in capsys.readouterr().err
    assert not Path("no.svg").exists()


def test_a_forecast_that_is_there_already_is_refused_before_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("border", BORDER), ("record", RECORD), ("asked", QUESTIONS)):
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    Path("link.jsonl").symlink_to("kept.jsonl")
    assert run_command(["forecast", "asked.yaml", "--ledger", "link.jsonl"]) == 0
    assert Path("link.jsonl").is_symlink()
    twice = QUESTIONS.replace("fires: shots, by: 2024-03-31", "fires: shots, times: 2, by: 2024-03-31")
    Path("twice.yaml").write_text(twice, encoding="utf-8")
    assert run_command(["forecast", "twice.yaml", "--ledger", "kept.jsonl"]) == 0

    def no_work(*_: object, **__: object) -> None:
        raise AssertionError("it was learnt before the ledger was read")

    monkeypatch.setattr("bystander.forecast.making.learn_values", no_work)
    capsys.readouterr()
    assert run_command(["forecast", "asked.yaml", "--ledger", "kept.jsonl"]) == 2
    assert "is there already" in capsys.readouterr().err
    Path("torn.jsonl").write_text("{", encoding="utf-8")
    assert run_command(["forecast", "asked.yaml", "--ledger", "torn.jsonl"]) == 2
    assert "is damaged" in capsys.readouterr().err


@pytest.mark.parametrize(("named", "told"), [((), True), (("border.yaml",), False)])
def test_a_record_of_ones_own_is_told_which_scenario_it_is_followed_in(
    named: tuple[str, ...],
    told: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("border.yaml").write_text(BORDER, encoding="utf-8")
    Path("record.yaml").write_text(RECORD.replace("nature.incident", "nature.unheard"), encoding="utf-8")
    run_command(["record", "record.yaml", *named])
    said = " ".join(capsys.readouterr().err.split())
    assert ("followed in crises/ferghana-2022" in said) is told


def test_a_ledger_that_is_not_there_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["score", "none.jsonl", "--head", "3fa2c1"]) == 2
    told = capsys.readouterr().err
    assert "is not there" in told
    assert "damaged" not in told


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("2023-12-31", "One observation is dated later and was not looked at."),
        ("2024-12-31", "No observation is dated later."),
    ],
)
def test_what_is_dated_later_and_what_decided_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], until: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    later = QUESTIONS.replace("2023-12-31", until).replace("2024-03-31", "2025-03-31")
    later = later.replace("2024-06-30", "2025-06-30") if until == "2024-12-31" else QUESTIONS
    for name, text in (("border", BORDER), ("record", RECORD), ("asked", later)):
        Path(f"{name}.yaml").write_text(text.replace("shots", "first_shots"), encoding="utf-8")
    assert run_command(["forecast", "asked.yaml", "--ledger", "kept.jsonl"]) == 0
    assert f"{said}\n" in capsys.readouterr().out
    assert run_command(["resolve", "kept.jsonl"]) == 0
    told = capsys.readouterr().out
    assert ("first shots" in told, "first_shots" in told, "0 times" in told) == (True, False, False)

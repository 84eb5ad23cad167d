"""The founding case through the door: what an analyst asks of Ferghana 2022, for machines."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bystander", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=280, check=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("founding")


@pytest.fixture(scope="module")
def answer(folder: Path) -> dict[str, Any]:
    return json.loads(run("run", "--json", cwd=folder).stdout)


def test_the_report_is_written(answer: dict[str, Any], folder: Path) -> None:
    text = (folder / "reports" / "ferghana-2022.html").read_text(encoding="utf-8")
    assert text.lower().startswith("<!doctype html>")
    assert answer["title"] in text


def test_probabilities_within_the_horizon(answer: dict[str, Any]) -> None:
    chances = [o for o in answer["outcomes"] if o["kind"] == "probability"]
    assert len(chances) > 10
    assert all(0.0 <= o["estimate"]["value"] <= 1.0 and o["estimate"]["error"] < 1e-6 for o in chances)


def test_who_acts_once_fighting_has_begun(answer: dict[str, Any]) -> None:
    assert answer["given"]
    assert {"russia", "china", "kyrgyzstan", "tajikistan", "west", "csto", "sco"} <= {
        r["owner"] for r in answer["responses"]
    }
    assert all(
        [days for days, _ in r["within"]] == [7.0, 30.0, answer["horizon_days"]] for r in answer["responses"]
    )


def test_tolls_stand_beside_what_was_reported(answer: dict[str, Any]) -> None:
    assert {62.0, 41.0, 136_000.0} <= {toll["reported"] for toll in answer["tolls"]}
    assert all(toll["source"] and toll["expected"]["value"] > 0 for toll in answer["tolls"])


def test_every_judgement_has_its_claim_number_and_verdict(answer: dict[str, Any]) -> None:
    assert len(answer["judgements"]) >= 10
    for judgement in answer["judgements"]:
        assert judgement["claim"]
        assert judgement["says"]
        assert judgement["number"]["value"] is not None
        assert judgement["holds"] in (True, False)


def test_the_certificate(answer: dict[str, Any]) -> None:
    assert answer["solve"]["residual"] <= 1e-9
    assert answer["solve"]["regret"] < 1e-5
    assert answer["solve"]["situations"] >= 5_000


def test_every_claim_has_a_place(folder: Path) -> None:
    claims = json.loads(run("claims", "--unsolved", "--json", cwd=folder).stdout)
    assert [claim["claim"] for claim in claims] == [f"C{number:02d}" for number in range(1, 59)]
    assert all(claim["places"] for claim in claims)

"""Clauses: how they read, when they are in force, what that is worth."""

import numpy as np
import pytest

from bystander.errors import ScenarioError
from bystander.scenario import read_text, write_scenario
from bystander.scenario.expressions import evaluate
from reference.base_scenario import broken


def law(clause: str, worth: str = "-loss * (1 - clause.a4)") -> str:
    section = f"given: war\nclauses:\n  a4: {{says: All for one, source: report, {clause}}}"
    return broken(("given: war", section), ("worth: -loss", f"worth: {worth}"))


@pytest.mark.parametrize(
    ("clause", "weights"),
    [
        ("reading: yes", (1, 1, 1)),
        ("reading: ambiguous", (0.5, 0.5, 0.5)),
        ("reading: no", (0, 0, 0)),
        ("reading: {yes: war, ambiguous: front == tense}", (0, 0.5, 1)),
        ("reading: {ambiguous: war or front == tense, yes: war}", (0, 0.5, 0.5)),
        ("from: 2022-10-15, reading: yes", (1, 1, 1)),
        ("until: 2022-10-15, reading: yes", (0, 0, 0)),
        ("from: 2023, reading: yes", (0, 0, 0)),
    ],
)
def test_a_clause_weighs_what_it_reads_while_in_force(clause: str, weights: tuple[float, ...]) -> None:
    scenario = read_text(law(clause))
    assert read_text(write_scenario(scenario)) == scenario
    worth = scenario.actors["east"].interests["pain"].worth
    found = evaluate(worth, {"front": np.arange(3)}, {"loss": 1.0})
    assert np.broadcast_to(found, 3).tolist() == [w - 1 for w in weights]


@pytest.mark.parametrize(
    ("clause", "worth", "says"),
    [
        ("reading: perhaps", "-loss * clause.a4", "yes, ambiguous or no"),
        ("reading: {yes: frnt == war}", "-loss * clause.a4", "frnt"),
        ("reading: {yes: clause.a4 > 0}", "-loss * clause.a4", "itself"),
        ("reading: yes", "-loss * clause.a5", "No clause is called 'a5'"),
        ("reading: yes", "clause.a4", "must be a rate"),
        ("reading: yes, until: 2022-13", "-loss", "no day 2022-13"),
    ],
)
def test_what_is_no_clause_is_refused(clause: str, worth: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        read_text(law(clause, worth))

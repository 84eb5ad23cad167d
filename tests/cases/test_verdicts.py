"""Verdicts know the error of what they compare: holds, fails, too close to say, not known."""

import numpy as np
import pytest

from bystander.cases.cases import solve_case
from bystander.cases.verdicts import weigh
from bystander.process.result import FAILS, HOLDS, NOT_KNOWN, TOO_CLOSE, Estimate
from bystander.scenario.expressions import queries_of
from bystander.scenario.read import read_text

TEXT = """
bystander: 1
title: On the threshold
as_of: 2024-01-01
horizon: 1 year
variables: {{line: {{levels: [held, lost], start: {{held: 50%, lost: 50%}}}}}}
outcomes:
  held: {{at: line == held}}
  lost: {{at: line == lost}}
  days: {{accumulates: {{line == held: 1 day per day}}}}
judgements: {{one: {{says: One, holds: "{holds}"}}}}
"""


@pytest.mark.parametrize(
    ("holds", "verdict"),
    [
        ("P(held) >= 50%", TOO_CLOSE),
        ("P(held) > 50%", TOO_CLOSE),
        ("P(held) < 50%", TOO_CLOSE),
        ("P(held) + P(lost) >= 100%", TOO_CLOSE),
        ("P(held) + P(lost) <= 100%", TOO_CLOSE),
        ("E(days) >= 182.625 days", TOO_CLOSE),
        ("P(held) == P(lost)", TOO_CLOSE),
        ("P(held) > 49.9%", HOLDS),
        ("P(held) > 50.1%", FAILS),
        ("E(days) > 180 days", HOLDS),
        ("not P(held) > 50.1%", HOLDS),
        ("P(held) > 10% and P(lost) >= 50%", TOO_CLOSE),
        ("P(held) > 10% or P(lost) >= 50%", HOLDS),
        ("P(held) > 90% and P(lost) >= 50%", FAILS),
    ],
)
def test_what_holds_to_within_the_error_is_too_close_to_say(holds, verdict):
    case = solve_case(read_text(TEXT.format(holds=holds)))
    assert case.verdicts["one"].words == verdict


@pytest.mark.parametrize(
    ("value", "error", "withheld", "verdict"),
    [
        (0.6, 0.05, "", HOLDS),
        (0.6, 0.15, "", TOO_CLOSE),
        (0.4, 0.05, "", FAILS),
        (np.nan, np.inf, "It never comes to hold.", NOT_KNOWN),
    ],
)
def test_the_error_of_an_answer_decides_and_a_missing_answer_is_not_a_failure(
    value, error, withheld, verdict
):
    judgement = read_text(TEXT.format(holds="P(held) > 50%")).judgements["one"]
    answers = {q: Estimate(value, error, withheld=withheld) for q in queries_of(judgement.asked)}
    found = weigh(judgement, {}, answers)
    assert found.words == verdict
    assert found.why == withheld


def test_an_infinite_time_is_longer_than_any_threshold():
    judgement = read_text(TEXT.format(holds="E(days) > 100 days")).judgements["one"]
    answers = {q: Estimate(np.inf, 0.0, unit="days") for q in queries_of(judgement.asked)}
    assert weigh(judgement, {}, answers).words == HOLDS

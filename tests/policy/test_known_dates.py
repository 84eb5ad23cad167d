"""Derivatives where known dates lie ahead agree with differences of answers solved again."""

import numpy as np
import pytest

from bystander.cases.cases import solve_case
from bystander.policy.sensitivity import judgement_gradients, outcome_gradients
from bystander.scenario import read_text
from reference.known_dates import ULTIMATUM

STEPS = {"fear": 0.02, "prize": 0.03, "flare": 0.01 / 365.25}
WRITTEN = {"fear": "fear: {value: 2,", "prize": "prize: {value: 3,", "flare": "flare: {value: 1 per year,"}


@pytest.fixture(scope="module")
def case():
    return solve_case(read_text(ULTIMATUM))


@pytest.fixture(scope="module")
def gradients(case):
    return outcome_gradients(case)


def at(parameter, value):
    unit = " per day" if parameter == "flare" else ""
    return solve_case(
        read_text(ULTIMATUM.replace(WRITTEN[parameter], f"{parameter}: {{value: {value}{unit},"))
    )


@pytest.mark.parametrize("parameter", list(STEPS))
def test_every_kind_of_question_has_the_derivative_of_its_differences(case, gradients, parameter):
    value, step = case.scenario.parameters[parameter].value.value, STEPS[parameter]
    up, down = at(parameter, value + step), at(parameter, value - step)
    for name in case.outcomes:
        difference = (up.value(name) - down.value(name)) / (2.0 * step)
        wrong = (up.outcomes[name].estimate.error + down.outcomes[name].estimate.error) / step
        assert gradients[name][parameter] == pytest.approx(difference, rel=2e-4, abs=wrong + 1e-9), name
    margin = judgement_gradients(case, ["no_war"])["no_war"][parameter]
    difference = (up.verdicts["no_war"].margin - down.verdicts["no_war"].margin) / (2.0 * step)
    assert margin == pytest.approx(difference, rel=2e-4, abs=1e-5)


def test_the_lottery_of_a_date_has_a_derivative_too():
    text = ULTIMATUM.replace("chance: 40%", "chance: odds").replace("parameters:", "parameters:\n  odds: 40%")
    case = solve_case(read_text(text), outcomes=["war", "first"])
    found = outcome_gradients(case, ["war", "first"], ["odds"])
    up, down = (
        solve_case(read_text(text.replace("odds: 40%", f"odds: {odds}%")), outcomes=["war", "first"])
        for odds in (40.5, 39.5)
    )
    for name in ("war", "first"):
        difference = (up.value(name) - down.value(name)) / 0.01
        assert np.isfinite(difference)
        assert found[name]["odds"] == pytest.approx(difference, rel=2e-4)

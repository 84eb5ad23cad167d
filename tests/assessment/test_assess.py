"""An assessment holds together: parts agree with each other, add up, and are the same every time."""

import json
from collections.abc import Sequence

import pytest

from bystander.assessment.assess import assess
from bystander.assessment.result import Assessment, OutcomeResult
from bystander.assessment.tables import plain
from bystander.report.words.asks import paragraph
from bystander.report.words.sentences import plain as written
from bystander.scenario import Scenario, read_scenario, vary


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario("templates/border")


@pytest.fixture(scope="module")
def assessment(scenario: Scenario) -> Assessment:
    return assess(scenario)


def test_every_question_of_the_scenario_is_answered(scenario: Scenario, assessment: Assessment) -> None:
    assert [result.name for result in assessment.outcomes] == list(scenario.outcomes)
    assert [result.name for result in assessment.judgements] == list(scenario.judgements)
    assert [result.name for result in assessment.measures] == list(scenario.measures)


def test_everyone_has_a_response_that_grows_with_time(scenario: Scenario, assessment: Assessment) -> None:
    owners = {response.owner for response in assessment.responses}
    assert owners == {name for name, actor in scenario.actors.items() if actor.actions} | set(
        scenario.institutions
    )
    for response in assessment.responses:
        chances = [chance for _, chance in response.within]
        assert [days for days, _ in response.within] == [7.0, 30.0, scenario.horizon]
        assert chances == sorted(chances)
        assert 0.0 <= chances[0] <= chances[-1] <= 1.0


def test_any_move_is_at_least_as_likely_as_each(assessment: Assessment) -> None:
    any_move = {r.owner: r.within[-1][1] for r in assessment.responses if r.move == "any"}
    for response in assessment.responses:
        assert response.within[-1][1] <= any_move[response.owner] + 1e-9


def test_an_outcome_and_the_response_it_asks_about_agree(assessment: Assessment) -> None:
    deploys = next(r for r in assessment.outcomes if r.name == "alliance_deploys")
    response = next(r for r in assessment.responses if (r.owner, r.move) == ("alliance", "deploy"))
    assert deploys.estimate.value == pytest.approx(response.within[-1][1], abs=1e-9)


def test_time_on_the_ladder_is_all_the_time(assessment: Assessment) -> None:
    assert sum(rung.share for rung in assessment.rungs) == pytest.approx(1.0, abs=1e-9)
    assert {rung.variable for rung in assessment.rungs} == {"front"}


def test_steps_off_a_rung_happen_as_often_as_its_rates_say(
    scenario: Scenario, assessment: Assessment
) -> None:
    share = {rung.level: rung.share for rung in assessment.rungs}
    for step in assessment.steps:
        years = share[step.source] * scenario.horizon / 365.25
        assert step.expected == pytest.approx(step.per_year * years, rel=1e-9)
    incident = next(step for step in assessment.steps if step.move == "incident")
    assert incident.per_year == pytest.approx(4.0, rel=1e-9)


def test_reasons_add_up(assessment: Assessment) -> None:
    assert assessment.reasons
    for reason in assessment.reasons:
        if reason.blocked:
            assert sum(share for _, share in reason.blocked) + reason.probability == pytest.approx(
                1.0, abs=1e-9
            )
        if reason.bars:
            assert sum(bar.log_odds for bar in reason.bars) == pytest.approx(reason.log_odds, abs=1e-8)


def test_measures_start_from_the_outcomes(assessment: Assessment) -> None:
    now = {result.name: result.estimate.value for result in assessment.outcomes}
    for measure in assessment.measures:
        for outcome, before, _ in measure.effects:
            assert before == pytest.approx(now[outcome], rel=1e-9)


def test_a_sensitivity_is_the_slope_of_solving_again(scenario: Scenario, assessment: Assessment) -> None:
    found = {s.parameter: s for s in assessment.sensitivities}
    step = 0.01
    values = []
    for factor in (1.0 + step, 1.0 - step):
        changed = vary(scenario, sets={"rally": f"{5 * factor} per year"})
        outcomes = assess(changed, measures=False).outcomes
        values.append(next(r.estimate.value for r in outcomes if r.name == assessment.focus))
    slope = (values[0] - values[1]) / (2 * step)
    assert found["rally"].elasticity == pytest.approx(slope, rel=1e-3)
    assert found["rally"].standing == "free"


def test_equal_work_gives_equal_answers(scenario: Scenario, assessment: Assessment) -> None:
    again = json.dumps(plain(assess(scenario)), sort_keys=True)
    first = json.dumps(plain(assessment), sort_keys=True)
    assert drop_clock(first) == drop_clock(again)


def drop_clock(text: str) -> dict[str, object]:
    found = json.loads(text)
    del found["solve"]["seconds"]
    return found


def test_progress_only_goes_forward(scenario: Scenario) -> None:
    told: list[float] = []
    assess(scenario, progress=lambda _, done: told.append(done))
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] <= 1.0


def test_answers_are_told_before_all_else_is_done(scenario: Scenario) -> None:
    steps: list[str] = []
    told: list[tuple[OutcomeResult, ...]] = []

    def heard(outcomes: Sequence[OutcomeResult]) -> None:
        assert "Asking why" not in steps
        told.append(tuple(outcomes))

    found = assess(scenario, progress=lambda step, _: steps.append(step), heard=heard)
    assert "Asking why" in steps
    (early,) = told
    assert [(o.name, o.estimate.value) for o in early] == [(o.name, o.estimate.value) for o in found.outcomes]


def test_what_is_asked_under_a_condition_that_never_holds_is_not_known(scenario: Scenario) -> None:
    found = assess(vary(scenario, disable=["nature.incident"]))
    (answer,) = found.asks
    assert answer.failure.startswith("'fighting' never comes to hold")
    assert written(paragraph(answer, {})).startswith("Patron: 'fighting' never comes to hold")
    assert any("'fighting' never comes to hold" in said for said in found.unanswered)
    values = {outcome.name: outcome.estimate.value for outcome in found.outcomes}
    assert values["battle"] == 0.0
    assert values["alliance_deploys"] != values["alliance_deploys"]

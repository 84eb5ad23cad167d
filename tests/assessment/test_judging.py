"""Judgements and claims: what comes out, and how robustly."""

from dataclasses import replace
from math import exp

import pytest

from bystander.assessment.judging import beside_habit, judgement_results, robust_judgements
from bystander.assessment.result import weigh_claims
from bystander.cases.cases import Case, solve_case
from bystander.scenario import null, read_scenario, read_text


@pytest.fixture(scope="module")
def case() -> Case:
    return solve_case(read_scenario("templates/border"))


def test_the_number_is_the_side_that_asks_the_process(case: Case) -> None:
    (result,) = judgement_results(case)
    assert result.number.value == pytest.approx(case.value("alliance_deploys"), abs=1e-12)
    assert result.threshold == pytest.approx(0.1)
    assert result.holds == (result.number.value < result.threshold)
    assert result.robustness is None


def test_robustness_is_a_share_of_draws_and_the_same_for_the_same_seed(case: Case) -> None:
    first = robust_judgements(case, draws=8, seed=1)
    assert 0.0 <= (first[0].robustness or 0.0) <= 1.0
    assert first == robust_judgements(case, draws=8, seed=1)


def test_claims_are_placed_before_anything_is_solved() -> None:
    claims = weigh_claims(read_scenario("crises/ferghana-2022"))
    assert all(claim.places and claim.holds is None for claim in claims)


HABIT = """
bystander: 1
title: A door
as_of: 2024-01-01
horizon: 1 year
settings: {shocks: control}
variables: {door: {levels: [shut, open], start: shut}}
actors:
  one:
    acts: every 1 week
    patience: 5000% per year
    actions: {leave: {when: door == shut, then: {door: open}, worth: -3, habit: twice a year}}
outcomes: {opens: {ever: door == open}}
judgements:
  stays_shut: {says: It stays shut, holds: P(opens) < 50%}
  may_open: {says: It may open, holds: P(opens) > 1%}
  opens: {says: It opens, holds: P(opens) > 50%}
"""


def test_what_holds_by_habit_is_no_merit_of_the_argument() -> None:
    from bystander.assessment.assess import assess
    from bystander.report.words.sentences import plain, verdict

    assessment = assess(read_text(HABIT, "door.yaml"), starts=0)
    found = {j.name: (j.holds, j.by_habit, j.needs_the_argument) for j in assessment.judgements}
    assert found == {
        "stays_shut": (True, False, True),
        "may_open": (True, True, False),
        "opens": (False, True, False),
    }
    by_habit = assessment.judgements[0].number_by_habit
    assert by_habit == pytest.approx(1 - exp(-2), rel=1e-6)
    said = plain(verdict(assessment))
    assert said.startswith(
        "1 of the scenario's 3 judgements holds and needs the argument: “It stays shut”; 1 holds"
    )
    assert said.endswith("even by habit; 1 fails: “It opens”.")


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        ("P(opens) < 50%", "The scenario's one judgement holds and needs the argument."),
        ("P(opens) > 1%", "The scenario's one judgement holds, and does so even by habit."),
        ("P(opens) > 50%", "The scenario's one judgement fails: “It is one of a kind”."),
    ],
)
def test_one_judgement_is_told_as_one(holds: str, said: str) -> None:
    from bystander.assessment.assess import assess
    from bystander.report.words.sentences import plain, verdict

    head = HABIT[: HABIT.index("judgements:")]
    text = f"{head}judgements: {{lone: {{says: It is one of a kind, holds: {holds}}}}}\n"
    assert plain(verdict(assess(read_text(text, "door.yaml"), starts=0))) == said


def test_without_habits_judgements_stand_beside_tossed_coins(case: Case) -> None:
    (before, *_), (beside, *_) = judgement_results(case), beside_habit(case, judgement_results(case))
    assert before.by_habit is None
    alone = solve_case(null(case.scenario), outcomes=()).verdicts[before.name]
    assert (beside.by_habit, beside.number_by_habit) == (alone.holds, alone.number)


def test_judgements_are_the_sources_only_where_they_test_its_claims() -> None:
    from bystander.assessment.assess import assess
    from bystander.report.words.sentences import whose

    found = assess(read_text(HABIT, "door.yaml"), starts=0)
    assert whose(found) == "scenario"
    tested = replace(found.judgements[0], claim="C01")
    assert whose(replace(found, judgements=(tested, *found.judgements[1:]))) == "source"

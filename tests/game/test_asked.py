"""Questions that are behind the condition under which they are asked."""

import pytest

from bystander.game.compile import compile_game
from bystander.game.questions import asked_behind
from bystander.scenario import read_text

TEXT = """
bystander: 1
title: A step and what follows
as_of: 2024-01-01
horizon: 1 year
settings: {shocks: private}
given: fighting
variables: {front: {levels: [quiet, clash, fighting, over], start: quiet}}
conditions: {fighting: front == fighting}
actors:
  north:
    acts: every 1 week
    discount: 40% per year
    actions:
      escalate: {when: front == clash, then: {front: fighting}, worth: -1}
      stop: {when: front == fighting, then: {front: over}, worth: -1}
      talk: {when: front == over, then: {front: quiet}, worth: -1}
hazards:
  incident: {when: front == quiet, rate: 4 per year, then: {front: clash}}
  AGAIN
outcomes: {war: {ever: fighting}}
asks: {why: {party: north, moves: [MOVE, stop], given: GIVEN}}
"""
NEVER, LATER = "", "lapse: {when: front == over, rate: 1 per year, then: {front: quiet}}"


@pytest.mark.parametrize(
    ("move", "given", "again", "behind"),
    [
        ("escalate", "fighting", LATER, True),  # it leads there itself
        ("stop", "fighting", LATER, False),  # it is made while that holds
        ("talk", "fighting", LATER, False),  # it comes after
        ("escalate", "front == clash", LATER, False),
        ("escalate", "front == over", NEVER, False),  # talks lead back
        ("fly", "fighting", LATER, False),  # no move of the scenario: the next is asked about
    ],
)
def test_a_question_that_is_behind_its_condition_is_remarked_on(move, given, again, behind):
    text = TEXT.replace("MOVE", move).replace("GIVEN", given).replace("AGAIN", again)
    found = asked_behind(compile_game(read_text(text, "step.yaml")))
    assert [(p.check, p.severity, p.mark.file) for p in found] == [
        ("asked-behind", "info", "step.yaml")
    ] * behind


def test_a_move_that_never_comes_back_is_behind_too():
    text = TEXT.replace("then: {front: quiet}, worth: -1}", "then: {front: over}, worth: -1}")
    text = text.replace("MOVE", "escalate").replace("GIVEN", "front == over").replace("AGAIN", "")
    (problem,) = asked_behind(compile_game(read_text(text, "step.yaml")))
    assert "already behind it" in problem.message

"""Who codes two armies as the escalation ladder tells a coder gets what was counted of crises of two states.

The counts are those of `test_reference_classes`: small uses of force in crises over land, a regime or
existence, and over less, and mobilisations; after how many of them heavy fighting came within a month.
"""

import pytest
from scipy import stats

from bystander.cases.cases import solve_case
from bystander.scenario import read_text

ARMIES = """\
bystander: 1
title: Two armies
as_of: 1998-05-07
horizon: 30 days
use:
  - mechanisms/case-facts:
      {{heavy: "{fighting}", hot: front != quiet, tense: front != quiet, after: "{fighting}"}}
  - mechanisms/escalation-ladder:
      {{front: front, homes: homes, talks: talks, challenger: one, defender: other, incidents: {incidents},
       edge: "0.5", challenger_boldness: "{one}", defender_boldness: "{other}", stakes: "{stakes}"}}
  - mechanisms/displacement: {{homes: homes, host: other, openness: "0.3", relief: "0"}}
variables:
  talks: {{levels: [none, open, settled], start: none}}
  front: {{start: {start}}}
parameters: {{intensity: {{value: 1}}}}
actors:
  one: {{acts: every 1 day if shooting else every 1 week, discount: 40% per year}}
  other: {{acts: every 1 day if shooting else every 1 week, discount: 40% per year}}
outcomes: {{grows: {{ever: "{fighting}"}}}}
"""
LAND, LESS, MOBILISED = (33, 327), (11, 217), (10, 76)


@pytest.mark.parametrize(
    ("start", "stakes", "boldness", "incidents", "counted"),
    [
        ("clash", 1, (0.0, 0.0), "once in 4 months", LESS),
        ("clash", 2, (0.7, 0.7), "once in 7 weeks", LAND),
        ("clash", 3, (0.7, 0.7), "once in 7 weeks", LAND),
        ("clash", 6, (0.7, 0.7), "once in 7 weeks", LAND),
        ("quiet", 3, (1.5, 0.0), "once in 7 weeks", MOBILISED),
    ],
)
def test_heavy_fighting_comes_as_often_as_was_counted(start, stakes, boldness, incidents, counted) -> None:
    one, other = boldness
    fighting = "front in [fighting, incursion]"
    text = ARMIES.format(
        fighting=fighting, start=start, stakes=stakes, one=one, other=other, incidents=incidents
    )
    grows = solve_case(read_text(text)).value("grows")
    grew, cases = counted
    low, high = stats.beta.interval(0.95, grew + 0.5, cases - grew + 0.5)
    assert low < grows < high

"""Rules of voting: who carries a decision, over every way in which the members can vote."""

from itertools import product

import pytest

from bystander.errors import ScenarioError
from bystander.game.compile import compile_game, estimate_size
from bystander.scenario import read_text, write_scenario

TEXT = """
bystander: 1
title: A council
as_of: 2022-10-15
horizon: 1 year
groups: {members_all: [a, b, c, d, e]}
variables: {front: {levels: [quiet, war], start: war}}
actors: {all: {discount: 10% per year, acts: weekly}, a: {}, b: {}, c: {}, d: {}, e: {}}
institutions:
  council:
    members: [a, b, c, d, e]
    decisions:
      act: {when: front == war, rule: RULE, proposed: weekly, habit: 95%, then: {front: quiet}}
"""


def carried(rule: str, more: str = "") -> set[str]:
    text = TEXT.replace("RULE", rule).replace("habit:", f"{more}habit:")
    scenario = read_text(text)
    assert read_text(write_scenario(scenario)) == scenario
    numbers = compile_game(scenario).numbers
    (weights,), (quota,) = numbers.vote_weight, numbers.vote_quota
    return {
        "".join(name for name, yes in zip("abcde", votes, strict=True) if yes)
        for votes in product([False, True], repeat=5)
        if sum(w for w, yes in zip(weights, votes, strict=True) if yes) >= quota
    }


ALL = {
    "".join(name for name, yes in zip("abcde", votes, strict=True) if yes)
    for votes in product([0, 1], repeat=5)
}


@pytest.mark.parametrize(
    ("rule", "passes"),
    [
        ("{majority: 2/3}", lambda yes: len(yes) >= 4),
        ("{majority: 60%}", lambda yes: len(yes) >= 3),
        ("majority", lambda yes: len(yes) >= 3),
        (
            "{majority: {share: 1/2, weights: {a: 3, all: 1}}}",
            lambda yes: 3 * ("a" in yes) + len(yes.replace("a", "")) >= 4,
        ),
        ("{quorum: 3, veto: [a, b]}", lambda yes: len(yes) >= 3 and "a" in yes and "b" in yes),
        ("{quorum: 2, veto: a}", lambda yes: len(yes) >= 2 and "a" in yes),
        ("silence", lambda yes: len(yes) == 5),
        ("{silence: 2}", lambda yes: len(yes) >= 4),
    ],
)
def test_a_rule_carries_just_what_it_says(rule: str, passes) -> None:
    assert carried(rule) == {yes for yes in ALL if passes(yes)}


def test_who_abstains_is_not_counted_in_a_share_and_cannot_veto() -> None:
    two_thirds = carried("{majority: 2/3}", "abstain: [d, e], ")
    assert two_thirds == {yes for yes in ALL if len(set(yes) & set("abc")) >= 2}
    assert carried("{quorum: 3, veto: [a, b]}", "abstain: a, ") == {
        yes for yes in ALL if "b" in yes and len(set(yes) & set("bcde")) >= 3
    }


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("RULE", "{majority: 0}", "bad-rule"),
        ("RULE", "{majority: 2 weeks}", "bad-rule"),
        ("RULE", "{quorum: 2, veto: {a: 1}}", "bad-rule"),
        ("RULE", "{quorum: 2, veto: 1}", "bad-rule"),
        ("RULE", "{majority: 3/2}", "bad-rule"),
        ("RULE", "{quorum: 2, veto: [x]}", "not-a-member"),
        ("RULE", "{silence: 6}", "impossible-rule"),
        ("RULE", "{weighted: {weights: {a: 0, b: 0}, quota: 1}}", "impossible-rule"),
        ("RULE", "{majority: {share: 1/2, weights: {a: 0, b: 0}}}", "impossible-rule"),
        ("RULE, proposed: weekly, habit: 95%", "silence, proposed: weekly", "silence-without-habit"),
    ],
)
def test_what_is_no_rule_is_refused(old: str, new: str, check: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_text(TEXT.replace(old, new))
    assert check in {problem.check for problem in caught.value.problems}, str(caught.value)


@pytest.mark.parametrize(
    "votes", ["1.5", "-1", "1e3", "1000001", "9" * 30, "9" * 5_000, ".inf", "nan", "true", "0x10", "1_0", "a"]
)
@pytest.mark.parametrize(
    "rule",
    [
        "{quorum: N}",
        "{silence: N}",
        "{weighted: {weights: {a: 1, b: 2}, quota: N}}",
        "{weighted: {weights: {a: N, b: 2}, quota: 2}}",
        "{majority: {share: 1/2, weights: {a: N, b: 2}}}",
    ],
)
def test_what_is_no_number_of_votes_is_refused_where_it_stands(rule: str, votes: str) -> None:
    with pytest.raises(ScenarioError, match="is no number of votes") as caught:
        read_text(TEXT.replace("RULE", rule.replace("N", votes)))
    (problem,) = caught.value.problems
    assert problem.mark.line
    assert len(str(problem)) < 500


def test_check_reckons_with_what_large_votes_take() -> None:
    small, large = (
        estimate_size(
            read_text(TEXT.replace("RULE", f"{{weighted: {{weights: {{{weights}}}, quota: {quota}}}}}"))
        )
        for weights, quota in (("a: 1, b: 2, c: 2", 3), ("a: 1001, b: 2003, c: 1999", 2_503))
    )
    assert large.seconds > small.seconds + 0.02
    assert large.situations == small.situations

"""Scenarios at the edges of each rule of the language: answered, or refused by what says where and why."""

import re

import pytest

from bystander.cases.cases import solve_case
from bystander.errors import ScenarioError
from bystander.game.compile import compile_game
from bystander.scenario import read_text, write_scenario
from reference.base_scenario import broken

MEMBERS = "members: [east, west]"
TOLL = "toll: {says: Some died,"
HORIZON = "horizon: 1 year"
LAW = "given: war\nclauses: {a: {says: All, source: report, from: 2020, until: 2019, reading: yes}}"
SIDES = "groups: {sides: {west: {from: 2012-01-02, until: 2012-01-02}}}\nactors:\n"


STARTS, ACTORS = "conditions:\n", "actors:\n"
RULE = "recuse: [east]\n        rule: majority"
OUGHT = "worth: -1\n        impacts"
FLARE = "flare: {value: 6 per year,"


def news(branches: str) -> str:
    return f"starts: {{news: [{branches}]}}\nconditions:\n"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        (MEMBERS, "members: {east: {from: 2012-02, until: 2010}, west: }", 45, "2010, and only from 2012-02"),
        (TOLL, f"{TOLL} from: 2020-01-01, until: 2019,", 9, "until 2019, and only from 2020-01-01"),
        ("given: war", LAW, 6, "until 2019, and only from 2020"),
        ("actors:\n", SIDES, 22, "until 2012-01-02, and only from 2012-01-02"),
        ("until: 2022-09-17", "until: 2022-09-10", 12, "ends on 2022-09-10, before it begins on 2022-09-14"),
        (HORIZON, "horizon: until 2022-01-01", 4, "'until 2022-01-01' is not after 2022-10-15"),
        (HORIZON, "horizon: until 2022-10-15", 4, "not after 2022-10-15"),
        (HORIZON, "horizon: twice a year", 4, "a duration is needed"),
        (FLARE, "flare: {value: {2020-01: 6 per year, 2020-01-01: 7 per year},", 21, "same day as '2020-01'"),
        (FLARE, "flare: {value: {2023: 6 per year, 2024-01-01: 7 per year},", 21, "the first is from 2023"),
        (STARTS, news("{chance: 30%, front: war}, {chance: 60%, front: tense}"), 16, "add up to 0.9, not 1"),
        (STARTS, news("{chance: 130%, front: war}, {chance: rest}"), 16, "'rest' add up to more than 1"),
        (STARTS, news("{chance: 1 if war else 0, front: war}, {chance: rest}"), 16, "depends on front"),
        (STARTS, news("{chance: 50%, front: war if request == made else tense}, {chance: rest}"), 16,
         "depends on request"),
        (STARTS, news("{chance: 50%, frnt: war}, {chance: rest}"), 16, "'frnt' is not a variable"),
        (STARTS, news("{chance: 50%, front: wra}, {chance: rest}"), 16, "'wra' is not a level of 'front'"),
        (STARTS, news("{chance: rest, front: war}, {chance: 50%}"), 16, "'rest' is for the last"),
        (OUGHT, "worth: -1\n        habit: 3 weeks\n        impacts", 33, "is a duration"),
        (OUGHT, "worth: -1\n        once: twice\n        impacts", 33, "'once' is true or false"),
        (OUGHT, "worth: -1\n        takes: 0 days\n        impacts", 33, "a time above 0"),
        (OUGHT, "worth: -1\n        takes: until 2023-01-01\n        impacts", 33, "a time above 0"),
        (OUGHT, "worth: -1\n        takes: 1 week in 0 stages\n        impacts", 33, "in 1 to 20 stages"),
        (RULE, "rule: {majority: 0}", 50, "'0' is not a share"),
        (RULE, "rule: {majority: 120%}", 50, "'120%' is not a share"),
        (RULE, "rule: {majority: {share: 50%, weights: {all: 0}}}", 50, "no member a vote"),
        (RULE, "rule: {silence: 3}\n        habit: 95%", 50, "3 objections, and all members together have 2"),
        (RULE, "rule: silence", 50, "how readily members keep silent"),
        (RULE, "abstain: [north]\n        rule: silence\n        habit: 95%", 50, "'north' is not a member"),
        (ACTORS, "groups: {all: [west]}\nactors:\n", 22, "'all' has a meaning of its own"),
        (ACTORS, "groups: [west]\nactors:\n", 22, "Groups are names"),
        (ACTORS, "groups: {sides: [wst]}\nactors:\n", 22, "'wst' is no actor"),
        (ACTORS, "groups: {one: [two], two: [west]}\nactors:\n", 22, "'two' is no actor, and no group"),
        (ACTORS, "tables: {stake: {wst: 1, all: 2}}\nactors:\n", 22, "'wst' is no actor"),
        (ACTORS, "tables: {stake: [1, 2]}\nactors:\n", 22, "A table is a name with an entry for each actor"),
        (ACTORS, "tables: [stake]\nactors:\n", 22, "Tables are names"),
    ],
)  # fmt: skip
def test_what_no_rule_can_mean_is_refused_where_it_stands(old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(ScenarioError, match=says) as found:
        read_text(broken((old, new)))
    assert [problem.mark.line for problem in found.value.problems] == [line]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("acts: every 2 weeks", "acts: 3 * P(war_ever) per year"),
        ("discount: 30% per year", "discount: P(war_ever) per year"),
        ("discount: 30% per year", "discount: 30% per year\n    rationality: P(war_ever)"),
        ("worth: -loss", "worth: -loss * P(war_ever)"),
        ("worth: -1\n        impacts", "worth: -P(war_ever)\n        impacts"),
        ("impacts: {west: -1}", "impacts: {west: -P(war_ever)}"),
        ("worth: {west: -1}", "worth: {west: -E(war_ever)}"),
        ("when: front == tense", "when: P(war_ever) > 50%"),
        ("chance: 70%", "chance: P(war_ever)"),
        ("rate: flare", "rate: flare * P(war_ever)"),
        ("when: front == quiet,", "when: front == quiet and P(war_ever) > 1%,"),
        ("  war: front == war", "  war: front == war and P(war_ever) > 1%"),
        ("never: front == quiet", "never: P(war_ever) > 1% and front == quiet"),
        ("value: 20 per year", "value: 20 * P(war_ever) per year"),
        ("quiet: 90%", "quiet: P(war_ever)"),
        ("ever: war}", "ever: P(war_ever) > 1%}"),
        ("request: request == made\n", "request: P(war_ever) > 1%\n"),
        ("P(war_ever", "P(war_ever | P(war_ever) > 1%"),
    ],
)
def test_what_the_process_rests_on_does_not_ask_the_process(old: str, new: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_text(broken((old, new)), "crisis.yaml")
    assert any("asks the process, which only a judgement can do" in p.message for p in caught.value.problems)
    assert all(p.fix and p.mark.line for p in caught.value.problems)


DATED = "calendar: {vote: {date: 2023-01-19, then: [{chance: loss / loss, front: war}, {chance: rest}]}}\n"
IMPACT = "calendar: {vote: {date: 2023-01-19, then: {front: war}, impacts: {west: loss * 1e200 / loss}}}\n"
CHANCE = "{chance: 70%, front: war}, {chance: rest, front: tense}"
ASK = "{when: front != quiet and request == none, then: {request: made}"
TOO_LIKELY = DATED.replace("loss / loss", "2 if front == tense else 0")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("acts: every 2 weeks", "acts: (1/0) per year", "not a finite number"),
        ("every: 3 weeks", "every: 1/0", "divides by zero"),
        (OUGHT, "takes: 1/0\n        worth: -1\n        impacts", "divides by zero"),
        ("worth: -loss", "worth: -loss * log(0)", "not a finite number"),
        ("{war: 5 people per day}", "{war: 0/0}", "divides by zero"),
        (
            "{war: 5 people per day}",
            "{war: 5 people per day}, on_moves: {east.attack: 0/0}",
            "divides by zero",
        ),
        ("P(war_ever) > 50%", "E(dead) > 0/0", "divides by zero"),
        ("P(war_ever) > 50%", '"P(war_ever, within 1/0) > 50%"', "divides by zero"),
        ("flare: flare / 2", "flare: flare / 0", "divides by zero"),
        ("flare: flare / 2", "flare: 1/0", "divides by zero"),
        ("loss: 1 per year}}", "loss: 0/0}}", "divides by zero"),
        ("  war: front == war", "  war: front == war and 1 < 1/0", "divides by zero"),
        (ACTORS, IMPACT + ACTORS, "impact or worth of 1e[+]200, beyond"),
        (ACTORS, TOO_LIKELY + ACTORS, "chance 2|are 2"),
        ("recuse: [east]", "recuse: [[east]]", "'recuse' lists members"),
        ("recuse: [east]", "recuse: [east, {a: 1}]", "'recuse' lists members"),
        (MEMBERS, "members: [east, west, [east]]", "a text is needed"),
        (ACTORS, "groups: {g: [west, {a: 1}]}\nactors:\n", "'g' lists names, and this is none"),
        (OUGHT, "worth: -1\n        once: [true]\n        impacts", "'once' is true or false"),
        (ASK, "{once: true, when: [war], then: {request: made}", "an expression, not a list"),
        (ASK, "{takes: 1 week, when: {war: 1}, then: {request: made}", "an expression, not a mapping"),
        ("value: 20 per year", "value: 2023-01-19", "'2023-01-19' is a date"),
        ("worth: -1\n        impacts", "worth: 2023-01\n        impacts", "'2023-01' is a date"),
        ("impacts: {west: -1}", "impacts: {west: 1 + 2023-01-19}", "'2023-01-19' is a date"),
    ],
)
def test_what_means_nothing_where_it_stands_is_refused_there(old: str, new: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says) as caught:
        compile_game(read_text(broken((old, new)), "crisis.yaml"))
    assert all(problem.mark.line for problem in caught.value.problems)


WHEN = "when: front == quiet,"
FUNDS = (
    "request: {levels: [none, made], start: none}",
    "request: {levels: [none, made], start: none}\n  funds: {levels: 0 to 2, start: 1}",
)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("funds == 3", "'3' is not a level of 'funds'"),
        ("3 == funds", "'3' is not a level of 'funds'"),
        ("funds != 7", "'7' is not a level of 'funds'"),
        ("funds == -1", "'-1' is not a level of 'funds'"),
        ("funds == 1.5", "'1.5' is not a level of 'funds'"),
        ("funds == 1 + 2", "'1 [+] 2' is not a level of 'funds'"),
        ("front == quiet or not (funds == 9)", "'9' is not a level of 'funds'"),
        ("funds == request", "have different levels"),
        ("front == 3", "'3' is not a level of 'front'"),
        ("false", "can never happen"),
    ],
)
def test_a_level_that_a_variable_does_not_have_is_refused_where_it_is_asked(asked: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says) as caught:
        compile_game(read_text(broken(FUNDS, (WHEN, f"when: {asked},"))))
    assert all(problem.mark.line == 42 and problem.fix for problem in caught.value.problems)


@pytest.mark.parametrize(
    "asked", ["funds == 2", "funds != 0", "funds + 1 == 2", "0 <= funds <= 9", "funds == 1.0"]
)
def test_a_level_that_a_variable_has_is_read(asked: str) -> None:
    assert compile_game(read_text(broken(FUNDS, (WHEN, f"when: {asked},"))))


@pytest.mark.parametrize(
    "within",
    ["0", "0 days", "-1 days", "1 year - 1 year", "1 / (flare - 6 per year + 1e-9 per year)", "-1 / flare"],
)
def test_what_is_asked_within_no_time_is_refused(within: str) -> None:
    text = broken(("P(war_ever) > 50%", f'"P(war_ever, within {within}) > 50%"'))
    with pytest.raises(
        ScenarioError, match=r"not a positive duration|longer than a thousand years"
    ) as caught:
        read_text(text)
    assert [bool(p.mark.line and p.fix) for p in caught.value.problems] == [True]


@pytest.mark.parametrize("never", ["true", "[true]", "[front == war, true]"])
def test_a_rule_that_forbids_everything_is_told_at_its_line(never: str) -> None:
    with pytest.raises(ScenarioError, match="is impossible: never true") as caught:
        compile_game(read_text(broken(("never: front == quiet and request == made", f"never: {never}"))))
    assert [problem.mark.line for problem in caught.value.problems] == [18]


RIVALS, COST = "rivals:\n", "{set: {flare: flare / 2}}"


@pytest.mark.parametrize(
    ("old", "new", "fix"),
    [
        (COST, "{set: {flare: 1 per year}, cost: 5 people}", "cost: 2.5"),
        (COST, "{set: {flare: 1 per year}, cost: [5]}", "number"),
        (COST, "{set: {flare: 1 per year}, cost: nan}", "number"),
        (RIVALS, "asks: {a: {party: east, moves: []}}\nrivals:\n", "at least one"),
        (RIVALS, "settings: {limit: 0}\nrivals:\n", "limit is 1"),
        (RIVALS, "settings: {limit: 1.5}\nrivals:\n", "whole number"),
        (RIVALS, "settings: {shocks: privat}\nrivals:\n", "Did you mean 'private'"),
        (RIVALS, "about: [a]\nrivals:\n", "one text"),
        ("title: A small crisis", f"title: {'x' * 20_001}", "horten"),
        ("ordered: true", "ordered: 3", "true or false"),
        ("kind: fact", "kind: rumour", "There is"),
        ("until: 2022-09-17", "until: [1]", "one text"),
        ("ever: war}", "ever: war and}", "Write what is missing"),
        ("ever: war}", "ever: (war}", "Write '[)]' there"),
        ("ever: war}", "ever: war war}", "Take out"),
        ("rate: flare", "rate: 1e999 per year", "smaller"),
        ("rate: flare", "rate: exp()", "Write"),
    ],
)
def test_every_refusal_says_what_to_do(old: str, new: str, fix: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_text(broken((old, new)))
    (problem,) = caught.value.problems
    assert re.search(fix, problem.fix), problem


@pytest.mark.parametrize("becomes", ["log(-1)", "0/0", "log(0)", "exp(1000)", "funds / 0"])
def test_a_level_that_is_no_number_is_refused(becomes: str) -> None:
    text = broken(
        ("request: {levels: [none, made], start: none}",
         "request: {levels: [none, made], start: none}\n  funds: {levels: 0 to 2, start: 1}"),
        ("then: {front: tense}}", f"then: {{front: tense, funds: {becomes}}}}}"),
    )  # fmt: skip
    with pytest.raises(ScenarioError, match="which is no level of it"):
        compile_game(read_text(text))


@pytest.mark.parametrize("spared", ["-1 if front == tense else 1/0", "2023 - 1 - 19", "-1/2"])
def test_what_does_no_harm_is_read(spared: str) -> None:
    assert compile_game(
        read_text(broken(("worth: -1\n        impacts", f"worth: {spared}\n        impacts")))
    )


@pytest.mark.parametrize(
    ("term", "there"),
    [
        ("{until: 2022}", True),
        ("{until: 2022-10}", True),
        ("{until: 2022-10-15}", False),
        ("{from: 2022, until: 2022}", True),
        ("{from: 2023}", False),
    ],
)
def test_a_year_ends_with_its_last_day(term: str, there: bool) -> None:
    scenario = read_text(broken((MEMBERS, f"members: {{east: , west: {term}}}")))
    council = scenario.institutions["council"]
    assert (council.members == ("east", "west")) is there
    assert ("west" in council.decisions["step_in"].worth) is there


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OUGHT, "worth: -1\n        habit: 99.9999999%\n        impacts"),
        (OUGHT, "worth: -1\n        once: true\n        takes: 3 weeks in 1 stage\n        impacts"),
        (HORIZON, "horizon: .5 years"),
        (HORIZON, "horizon: 1 year 6 months"),
        ("acts: every 2 weeks", "acts: twice a year"),
        (RULE, "abstain: {east: front == war}\n        rule: silence\n        habit: 95%"),
        (RULE, "abstain: all\n        rule: {silence: 2}\n        habit: 95%"),
        (RULE, "recuse: all\n        rule: consensus"),
        (RULE, "rule: {majority: 1}"),
        (RULE, "rule: {majority: {share: 1%, weights: {all: 3}}}"),
        (ACTORS, "groups: {sides: []}\nactors:\n  sides: {interests: {calm: {worth: 1 per year}}}\n"),
        (ACTORS, "groups: {sides: west}\nactors:\n  sides: {interests: {calm: {worth: 1 per year}}}\n"),
        (STARTS, news("{chance: 100%, front: war}")),
        (FLARE, "flare: {value: {2018: 5 per year, 2020-01: 6 per year},"),
        ("hazards:\n", "calendar: {vote: {date: 2022-10-15, then: {front: war}}}\nhazards:\n"),
    ],
)
def test_what_is_strange_and_has_a_meaning_is_answered(old: str, new: str) -> None:
    case = solve_case(read_text(broken((old, new))))
    assert 0.0 < case.value("war_ever") <= 1.0
    assert read_text(write_scenario(case.scenario)) == case.scenario


def test_a_share_of_all_is_consensus_and_silence_that_all_keep_is_a_veto_of_one() -> None:
    found = [
        solve_case(read_text(broken((RULE, f"{rule}\n        habit: 90%")))).value("dead")
        for rule in ("rule: consensus", "rule: {majority: 1}", "rule: silence", "rule: {silence: 1}")
    ]
    assert found[1:] == pytest.approx([found[0]] * 3, rel=1e-9)


def test_effects_by_a_known_date_change_on_the_day() -> None:
    calm = "then: {front: quiet, request: none}, because"
    dated = calm.replace("front: quiet", "front: tense if before vote and war else quiet")
    hazards = "calendar: {vote: {date: 2022-10-16}}\nhazards:\n"
    plain, early = (
        solve_case(read_text(broken(*changes))).value("dead")
        for changes in ([], [("hazards:\n", hazards), (calm, dated)])
    )
    assert early == pytest.approx(plain, rel=1e-3)
    assert early > plain


@pytest.mark.parametrize(
    ("habits", "says"),
    [
        (("0", "5%"), "habit of 0"),
        (("never", "5%"), "habit of 0"),
        (("1", "5%"), "habit of 1 per opportunity"),
        (("-5%", "5%"), "habit of -0.05"),
        (("3 per day", "5%"), "habit of 21 per opportunity"),
        (("70%", "30%"), "add up to 1 per opportunity"),
        (("70%", "60%"), "add up to 1.3 per opportunity"),
    ],
)
def test_habits_that_leave_nothing_for_waiting_are_refused(habits: tuple[str, str], says: str) -> None:
    shout = (
        f"      shout: {{when: front == tense, then: {{front: war}}, habit: {habits[1]}}}\n      attack:\n"
    )
    ought = f"worth: -1\n        habit: {habits[0]}\n        impacts"
    scenario = read_text(broken((OUGHT, ought), ("      attack:\n", shout)))
    with pytest.raises(ScenarioError, match=says) as found:
        solve_case(scenario)
    assert [problem.mark.line > 20 for problem in found.value.problems] == [True]

"""Questions about who does not act: reasons are what changes when they are taken away."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from bystander.assessment.asks import FELT, answer_asks, is_felt, leading_motives, log_odds
from bystander.assessment.assess import assess
from bystander.assessment.result import AskAnswer, Assessment, CarryingReason, Estimate, ExpectedMove
from bystander.cases.cases import solve_case
from bystander.process.outcomes import make_clocks
from bystander.report.page.write import write_report
from bystander.report.words.asks import answers, carried, detail, details, paragraph
from bystander.report.words.numbers import percent
from bystander.report.words.reasons import subject
from bystander.report.words.sentences import chance, plain, who_acts_from
from bystander.scenario import Scenario, read_scenario, read_text, vary
from bystander.scenario.document import library_place
from bystander.scenario.motives import all_motives, motives_of, without
from reference.assessments import ferghana

TEXT = """
bystander: 1
title: A fire next door
as_of: 2024-01-01
horizon: 1 year
settings:
  shocks: private
given: burning
variables:
  fire: {levels: [none, burning, out], start: none}
conditions: {burning: fire == burning}
parameters:
  danger: {value: 6, about: "Smoke in the stairs: one may choke"}
  neighbour: {value: 30 per year}
actors:
  watcher:
    about: Someone at the window
    acts: every 1 day
    patience: 20% per year
    interests:
      neighbourly: {about: Neighbours in danger, when: burning, worth: -neighbour}
      idle: {about: What does not matter here, when: fire == none, worth: 0 per year}
    actions:
      go_in: {about: Go in, when: burning, then: {fire: out}, worth: -danger}
hazards:
  breaks_out: {when: fire == none, rate: 12 per year, then: {fire: burning}}
  burns_out: {when: burning, every: 10 days, then: {fire: out}}
outcomes:
  days: {about: Days of fire, accumulates: {burning: 1 day per day}, given: burning, wanted: less}
asks:
  why: {says: "Why does nobody go in?", party: watcher, moves: [go_in, call_for_help], within: 1 month}
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_text(TEXT, "fire.yaml")


@pytest.fixture(scope="module")
def assessment(scenario: Scenario) -> Assessment:
    return assess(scenario, starts=0)


@pytest.fixture(scope="module")
def answer(assessment: Assessment) -> AskAnswer:
    (found,) = assessment.asks
    return found


@pytest.mark.parametrize(
    ("levels", "start", "given", "told"),
    [
        ("{none: no fire, burning: it burns, out: the fire is out}", "out", "", "the fire is out"),
        ("[none, burning, out]", "out", "", "out"),
        (
            "{none: no fire, burning: it burns, out: the fire is out}",
            "{burning: 40%, out: 60%}",
            "",
            "the fire is out",
        ),
        ("{none: no fire, burning: it burns, out: the fire is out}", "{burning: 60%, out: 40%}", "", None),
        ("{none: no fire, burning: it burns, out: the fire is out}", "out", "given: burning,", None),
    ],
)
def test_what_is_so_already_is_said_and_not_reasoned_about(levels, start, given, told) -> None:
    text = TEXT.replace("levels: [none, burning, out], start: none", f"levels: {levels}, start: {start}")
    text = text.replace("given: burning\n", "").replace("given: burning,", "")
    text = text.replace("within: 1 month}", f"{given} within: 1 month}}")
    text = text.replace("rate: 12 per year", "rate: 12 per year, about: It starts")
    text = text.replace(
        "burns_out:", "again: {when: fire == out, every: 30 days, then: {fire: none}}\n  burns_out:"
    )
    found = assess(read_text(text, "fire.yaml"), starts=0)
    assert found.asks[0].moves[0].already == (told or "")
    said = plain(paragraph(found.asks[0], {}))
    assert (f"is so when the time asked about begins: “{told}”" in said) == (told is not None)
    assert ("held back" in said.lower() or "holds it back" in said) == (told is None)


def test_a_reason_is_what_solving_without_it_changes(scenario: Scenario, answer: AskAnswer) -> None:
    moves = {move.move: move for move in answer.moves}
    before = moves["watcher.go_in"].chance.value
    for reason in answer.reasons:
        alone = assess(without(scenario, [reason.name]), starts=0).asks[0].moves[0].chance.value
        assert reason.chances[0] == ("watcher.go_in", pytest.approx(alone, abs=1e-6))
        assert reason.effect == pytest.approx(log_odds(reason.chances[0][1]) - log_odds(before))
        assert abs(reason.effect) >= FELT
    assert [reason.name for reason in answer.reasons] == ["watcher.danger", "watcher.neighbourly"]
    assert [reason.holds_back for reason in answer.reasons] == [True, False]
    assert "watcher.idle" not in {reason.name for reason in answer.reasons}


def test_what_is_not_modelled_has_no_number(answer: AskAnswer) -> None:
    unknown = answer.moves[1]
    assert (unknown.move, unknown.modelled) == ("watcher.call_for_help", False)
    assert math.isnan(unknown.chance.value)
    assert unknown.habit is None


def test_with_nothing_at_stake_what_is_left_is_habit(scenario: Scenario, answer: AskAnswer) -> None:
    bare = without(scenario, all_motives(scenario, "watcher"))
    assert assess(bare, starts=0).asks[0].moves[0].chance.value == pytest.approx(
        answer.moves[0].habit, abs=1e-6
    )


def test_acting_is_followed_from_where_it_leads(answer: AskAnswer) -> None:
    ((outcome, before, after, unit),) = answer.moves[0].changes
    assert (outcome, unit) == ("days", "days")
    assert before > 1.0
    assert after == pytest.approx(0.0, abs=1e-9)


def test_the_answer_reads_as_three_or_four_sentences(assessment: Assessment, answer: AskAnswer) -> None:
    said = plain(answers(assessment)[0])
    ((given, onset),) = assessment.onsets
    assert given == "burning"
    assert onset == pytest.approx(-math.expm1(-12.0), abs=1e-3)
    assert said.startswith(
        "Should it come to burning within a year (almost certain, over 99%), then within a month of the "
        "onset, Watcher is not expected to go in: "
    )
    assert percent(answer.moves[0].chance.value) in said
    assert "Whether Watcher would call for help is not modelled." in said
    assert "What holds it back: smoke in the stairs (" in said
    assert "What does not matter here" not in said
    assert "To go in, seen from where that is possible, would lower days of fire from " in said
    assert said.count(". ") <= 4
    (behind,) = details(assessment)
    assert "neighbours in danger (" in plain(behind)
    assert percent(answer.moves[0].habit or 0.0) in plain(behind)


@pytest.mark.parametrize(
    ("name", "onset", "head"),
    [
        ("burning", 0.151, "it come to burning within 110 days (very unlikely, 15%)|the onset"),
        ("help_asked", 0.6, "\u201chelp asked\u201d come to hold within 110 days (likely, 60%)|that day"),
        ("burning", None, ""),
    ],
)
def test_the_chance_of_the_onset_is_told_by_the_first_paragraph_counted_from_it(
    name: str, onset: float | None, head: str
) -> None:
    moves = (ExpectedMove("watcher.go_in", "Go in", True, Estimate(0.4, "probability")),)
    asks = tuple(AskAnswer(each, "Why?", "watcher", "", name, 7.0, moves) for each in ("one", "two"))
    waits = {"held": (name,)} if onset is None else {"onsets": ((name, onset),)}
    found = replace(ferghana(), asks=asks, given=name, horizon_days=110.0, outcomes=(), **waits)
    first, second = (plain(told) for told in answers(found))
    comes, _, since = head.partition("|")
    told = f"Should {comes}, then within a week of {since}" if head else "Within a week"
    assert first.startswith(f"{told}, Watcher is ")
    assert "Should " not in second
    assert second.startswith("Within a week")
    comes = "" if onset is None else f": {chance(onset).text} within 110 days"
    assert not comes or comes not in who_acts_from(found)
    assert who_acts_from(replace(found, asks=())).endswith(comes)


@pytest.mark.parametrize("tags", ["", ", tags: [aid]", ", tags: [violence]", ", tags: [intervention]"])
def test_what_is_asked_about_is_explained_once_whatever_it_is_tagged(tags: str) -> None:
    text = TEXT.replace("then: {fire: out}, worth", "then: {fire: out}" + tags + ", worth")
    assert [(r.owner, r.move) for r in assess(read_text(text), starts=0).reasons] == [("watcher", "go_in")]


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.997, "probability", "over 99%"),
        (1.0, "share", "over 99%"),
        (0.0, "probability", "under 1%"),
        (0.5, "probability", "50%"),
    ],
)
def test_what_acting_would_change_is_never_certain(value: float, unit: str, said: str) -> None:
    move = ExpectedMove(
        "patron.press", "Press", True, Estimate(0.2, "probability"), changes=(("calm", 0.3, value, unit),)
    )
    told = plain(paragraph(AskAnswer("why", "Why?", "patron", "", "", 30.0, (move,)), {}))
    assert f"from 30% to {said}." in told


@pytest.mark.parametrize(
    ("own", "given", "said"),
    [
        ("war", "tension", "Patron, counted from the onset of war: to press, "),
        ("war", "war", "Patron: to press, "),
        ("", "war", "Patron: to press, "),
    ],
)
def test_a_clock_of_its_own_is_said_wherever_the_chance_is(own: str, given: str, said: str) -> None:
    move = ExpectedMove("patron.press", "Press", True, Estimate(0.2, "probability"))
    assert plain(detail(AskAnswer("why", "Why?", "patron", "", own, 30.0, (move,)), given)).startswith(said)


@pytest.mark.parametrize(
    ("chance", "word", "starts"),
    [
        (0.02, "remote", "is not expected to send troops"),
        (0.44, "unlikely", "is not expected to"),
        (0.5, "roughly even", "may or may not send troops"),
        (0.56, "likely", "is expected to send"),
        (0.97, "almost certain", "is expected to"),
    ],
)
def test_words_agree_with_numbers_and_makers_are_named(chance: float, word: str, starts: str) -> None:
    def move(name: str, about: str, value: float) -> ExpectedMove:
        return ExpectedMove(name, about, True, Estimate(value, "probability"))

    moves = (
        move("pact.send_troops", "Send troops", chance),
        move("patron.send_troops", "Send troops by itself", 0.01),
        move("patron.press", "Press the parties", chance),
    )
    said = plain(paragraph(AskAnswer("why", "Why?", "patron", "", "war", 365.25, moves), {}))
    first, second = said.split(". ")[0], said.split(". ")[-1]
    assert f"Patron {starts}" in first
    assert f"through the Pact {word} ({percent(chance)}), by itself remote (1%)" in first
    assert f"{word} ({percent(chance)})" in second
    assert ("expected" in second) == (word in ("likely", "almost certain"))


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        ("csto", "The CSTO"),
        ("ecowas", "ECOWAS"),
        ("nato", "NATO"),
        ("osce", "The OSCE"),
        ("russia", "Russia"),
    ],
)
def test_names_that_are_spelt_have_an_article(owner: str, said: str) -> None:
    assert subject(owner) == said


def test_a_member_that_is_recused_does_not_hide_what_weighs_with_the_others() -> None:
    """Kazakhstan asked, and has no vote on itself; the first motives as written were taken instead."""
    scenario = read_scenario("crises/kazakhstan-2022")
    case = solve_case(scenario, outcomes=(), judgements=())
    clocks = make_clocks(case.equilibrium)
    found, _ = leading_motives(
        scenario, case.equilibrium, clocks, "csto", "csto.send_troops", "help_requested"
    )
    assert found
    assert found != motives_of(scenario, "csto")[: len(found)]
    moved = {
        m.name: abs(solve_case(without(scenario, [m.name]), outcomes=["csto_deploys"]).value("csto_deploys"))
        for m in motives_of(scenario, "csto")
    }
    base = solve_case(scenario, outcomes=["csto_deploys"]).value("csto_deploys")
    heaviest = max(moved, key=lambda name: abs(moved[name] - base))
    assert heaviest in {m.name for m in found}


VETOES = """
bystander: 1
title: Two vetoes
as_of: 2024-01-01
horizon: 100 days
settings: {shocks: control}
variables:
  front: {levels: [quiet, war, over], start: {quiet: 0.5, war: 0.5}}
  sent: {levels: [no, yes], start: no}
actors:
  one: {acts: never, discount: 40% per year}
  two: {acts: never, discount: 40% per year}
  all: {interests: {war: {about: War next door, when: sent == yes, worth: -30 per year}}}
institutions:
  council:
    members: [one, two]
    decisions:
      send:
        about: Send troops
        when: sent == no
        rule: consensus
        proposed: every 5 days
        habit: 50%
        then: {sent: yes, front: war}
      speak: {about: Say so, when: sent == no, rule: consensus, proposed: every 50 days, then: {front: over}}
outcomes: {war: {about: War comes, ever: front == war}}
asks: {why: {says: "Why does nobody come?", party: council, moves: [send, speak], matters: [war]}}
"""


@pytest.fixture(scope="module")
def vetoed() -> Assessment:
    return assess(read_text(VETOES, "vetoes.yaml"), starts=0)


def test_of_two_vetoes_neither_is_a_reason_alone_and_both_are_together(vetoed: Assessment) -> None:
    (answer,) = vetoed.asks
    assert answer.moves[0].chance.value < 0.005 < 0.5 < (answer.moves[0].habit or 0.0)
    assert answer.reasons == ()
    assert {reason.name for reason in answer.joint} == {"one.war", "two.war"}
    bare = read_text(VETOES, "vetoes.yaml")
    both = assess(without(bare, ["one.war", "two.war"]), starts=0).asks[0].moves[0].chance.value
    assert answer.joint[0].chances[0] == ("council.send", pytest.approx(both, abs=1e-6))
    said = plain(paragraph(answer, {}))
    assert "held back by war next door for One and war next door for Two together" in said.replace(
        "Two and", ""
    )
    assert f"({percent(both)} without both)" in said
    assert "without it" not in said
    assert plain(detail(answer)).count("together") == 1


@pytest.mark.parametrize(
    ("before", "after", "felt"),
    [
        (1e-30, 1e-4, False),
        (0.026, 0.034, False),
        (0.004, 0.006, True),
        (0.9952, 0.991, True),
        (0.9999, 0.9952, False),
        (0.5, 0.51, False),
        (0.5, 0.54, True),
    ],
)
def test_a_reason_that_leaves_the_number_as_it_is_read_is_none(
    before: float, after: float, felt: bool
) -> None:
    assert is_felt(before, after) is is_felt(after, before) is felt
    assert not felt or percent(before) != percent(after)


def test_what_has_come_true_is_neither_brought_about_nor_kept_off(vetoed: Assessment) -> None:
    (change,) = vetoed.asks[0].moves[0].changes
    name, before, after, _ = change
    assert (name, after) == ("war", pytest.approx(1.0))
    assert before < 0.05  # of the places where there is no war yet


def test_of_one_other_move_nothing_is_the_likeliest(vetoed: Assessment) -> None:
    said = plain(paragraph(vetoed.asks[0], {}))
    assert "the likeliest" not in said
    assert "nstead, to say so: " in said or "it may say so" in said


FEAR = """
bystander: 1
title: Fear of a first blow
as_of: 2024-01-01
horizon: 1 year
settings: {shocks: private}
variables:
  border: {levels: [quiet, east_struck, west_struck], start: quiet}
parameters: {blow: {value: 3 per year, about: The weight of a blow}}
actors:
  east:
    acts: 12 per year
    discount: 50% per year
    rationality: 3
    interests: {beaten: {about: Being struck first, when: border == west_struck, worth: -blow}}
    actions: {strike: {about: Strike first, when: border == quiet, then: {border: east_struck}, worth: -3}}
  west:
    acts: 12 per year
    discount: 50% per year
    rationality: 3
    interests: {beaten: {about: Being struck first, when: border == east_struck, worth: -3 per year}}
    actions: {strike: {about: Strike first, when: border == quiet, then: {border: west_struck}, worth: -3}}
outcomes:
  war: {about: Somebody strikes, ever: border != quiet}
asks:
  why: {says: "Why does the east strike?", party: east, moves: [strike]}
"""


def test_a_chance_that_lies_beyond_a_jump_says_so() -> None:
    """Fear ends in a fold when one of the two has nothing to fear; where choices are vague there is none."""
    (afraid,) = assess(read_text(FEAR, "fear.yaml"), starts=0).asks
    assert afraid.reasons[0].jump > 0.1
    assert "(under 1% without it, after a jump to another equilibrium)" in plain(detail(afraid))
    vague = read_text(FEAR.replace("rationality: 3", "rationality: 0.3"), "vague.yaml")
    (wary,) = assess(vague, starts=0).asks
    assert {reason.jump for reason in wary.reasons} == {0.0}
    assert "jump" not in plain(detail(wary))


def test_the_page_has_a_row_for_what_is_taken_away_together(vetoed: Assessment, tmp_path: Path) -> None:
    page = write_report(vetoed, read_text(VETOES, "vetoes.yaml"), tmp_path / "r.html").read_text("utf-8")
    assert "War next door for One; War next door for Two: together" in page
    assert percent(vetoed.asks[0].joint[0].chances[0][1]).replace("over ", "&gt;") in page


MANY = """
bystander: 1
title: Many reasons
as_of: 2024-01-01
horizon: 6 months
settings: {{shocks: control}}
variables:
  sides: {{levels: [silent, taken], start: silent}}
parameters:
  weight: {{value: 18 per year}}
actors:
  state:
    acts: every 1 week
    discount: 40% per year
    interests:
      trade: {{about: A quarrel over trade, when: sides == taken, worth: -weight}}
      missiles: {{about: Help over missiles lost, when: sides == taken, worth: -weight}}
      bonds: {{about: Bonds sold, when: sides == taken, worth: {bonds}}}
      war: {{about: Fear of a war, when: sides == taken, worth: -weight}}
      friend: {{about: A friend left alone, when: sides == silent, worth: {friend}}}
    actions:
      take_sides: {{about: Take sides, when: sides == silent, then: {{sides: taken}}, habit: once in 9 weeks}}
outcomes: {{sides: {{about: Sides are taken, ever: sides == taken}}}}
asks: {{why: {{says: "Why does it stand by?", party: state, moves: [take_sides]}}}}
"""


@pytest.mark.parametrize(
    ("bonds", "friend", "alone", "jointly"),
    [
        ("-weight", "-3 per year", set(), {"trade", "missiles", "bonds", "war"}),
        ("10 per year", "-3 per year", set(), {"trade", "missiles", "war"}),  # bonds speak for it
        ("-300 per year", "0 per year", set(), {"trade", "missiles", "bonds", "war"}),
        ("0 per year", "30 per year", set(), {"trade", "missiles", "war", "friend"}),
    ],
)
def test_of_many_reasons_all_are_named_that_must_go_before_it_acts(
    bonds: str, friend: str, alone: set[str], jointly: set[str]
) -> None:
    scenario = read_text(MANY.format(bonds=bonds, friend=friend), "many.yaml")
    (answer,) = assess(scenario, starts=0).asks
    named = {reason.name.partition(".")[2] for reason in answer.joint}
    assert ({r.name.partition(".")[2] for r in answer.reasons}, named) == (alone, jointly)
    gone = [reason.name for reason in (*answer.reasons, *answer.joint)]
    bare = assess(without(scenario, gone), starts=0).asks[0].moves[0].chance.value
    assert answer.joint[0].chances[0][1] == pytest.approx(bare, abs=1e-6)
    for kept in answer.joint:  # the removal test: each of them is needed
        fewer = (
            assess(without(scenario, [n for n in gone if n != kept.name]), starts=0)
            .asks[0]
            .moves[0]
            .chance.value
        )
        assert fewer < bare - 0.005
    said = plain(detail(answer))
    idle = [m for m in answer.idle if m.name not in gone]
    assert all(motive.about[2:] in said for motive in idle)
    assert ("change nothing" in said or "changes nothing" in said) == bool(idle)


@pytest.mark.parametrize(
    ("now", "without_it", "head"),
    [
        (0.69, (0.65,), "What adds to it: "),
        (0.69, (0.52,), "What carries it: "),
        (0.54, (0.46,), "What carries it: "),
        (0.69, (0.3, 0.65), "What carries it: "),
        (0.03, (0.04,), "What is felt, and would not change that: "),
        (0.15, (0.28,), "What holds it back: "),
        (0.46, (0.52,), "What holds it back: "),
    ],
)
def test_a_reason_carries_what_would_be_another_answer_without_it(
    vetoed: Assessment, now: float, without_it: tuple[float, ...], head: str
) -> None:
    (answer,) = vetoed.asks
    first = replace(answer.moves[0], chance=replace(answer.moves[0].chance, value=now))
    reasons = tuple(
        replace(each, chances=((first.move, chance),), effect=chance - now)
        for each, chance in zip(answer.joint, without_it, strict=False)
    )
    said = plain(carried(replace(answer, moves=(first,), reasons=reasons, joint=())))
    assert said.startswith(head)
    assert ("; also felt: " in said) is (len(without_it) > 1)


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("Ground held, the other side's", "\u201cGround held, the other side's\u201d"),
        ("Dead soldiers and civilians", "dead soldiers and civilians"),
    ],
)
def test_a_reason_with_commas_of_its_own_is_quoted_in_a_list(about: str, said: str) -> None:
    move = ExpectedMove("patron.press", "Press", True, Estimate(0.2, "probability"))
    idle = tuple(CarryingReason(f"patron.{n}", n, "interest", (), 0.0) for n in ("First", "Last"))
    idle = (idle[0], CarryingReason("patron.x", about, "interest", (), 0.0), idle[1])
    told = plain(detail(replace(AskAnswer("why", "Why?", "patron", "", "", 30.0, (move,)), idle=idle), ""))
    assert f"Taking away first, {said} or last alone changes nothing." in told


MATTER = """
bystander: 1
title: A draft
as_of: 2024-01-01
horizon: 1 year
settings: {shocks: control}
given: burning
variables:
  fire: {levels: [burning, out], start: burning}
  draft: {levels: [open, adopted], start: open}
conditions: {burning: fire == burning}
actors:
  friend:
    acts: never
    discount: 30% per year
    interests: {named: {about: A friend named, when: draft == adopted, worth: -1 per month}}
  other: {acts: never, discount: 30% per year}
institutions:
  council:
    members: [friend, other]
    decisions:
      adopt:
        {when: fire == out and draft == open, then: {draft: adopted}, rule: consensus, proposed: monthly}
hazards: {burns_out: {when: burning, every: 10 days, then: {fire: out}}}
outcomes: {adopted: {ever: draft == adopted}}
asks: {why: {party: council, moves: [adopt]}}
"""
DEFIED = (
    ('value: 0, about: "Whoever', 'value: -1, about: "Whoever'),
    (
        "force, acts: never, discount: 40% per year}",
        "force, acts: never, discount: 40% per year, interests: {defied: "
        "{about: A body defied, when: office == threatened, worth: -0.5 per month}}}",
    ),
    ("every: 1 year", "every: 3 years"),
    ("every: 3 months", "every: 6 months"),
    ("horizon: 90 days", "horizon: 182 days"),
)


def _called() -> str:
    text = library_place("templates/call").path.read_text(encoding="utf-8")
    for here, there in DEFIED:
        assert here in text
        text = text.replace(here, there)
    return text


@pytest.mark.parametrize(
    ("text", "reason"),
    [(MATTER, "friend.named"), (_called(), "leader.defied")],
    ids=["no vote while the clock is set", "little at each of many votes"],
)
def test_what_weighs_little_as_things_stand_is_tried_where_nothing_else_carries(
    text: str, reason: str
) -> None:
    """What moved a council by 95 points, or troops by 24, was said to weigh too little to be tried."""
    case = solve_case(read_text(text, "crisis.yaml"), outcomes=(), judgements=())
    (answer,) = answer_asks(case.scenario, case, make_clocks(case.equilibrium))
    move = answer.moves[0]
    assert [each.name for each in answer.reasons] == [reason]
    alone = case_of(without(case.scenario, [reason]), move.move)
    assert answer.reasons[0].chances[0][1] == pytest.approx(alone, abs=1e-6)
    tried = {each.name for each in (*answer.reasons, *answer.idle)}
    assert answer.lighter == len(motives_of(case.scenario, answer.party, move.move)) - len(tried)


def case_of(scenario: Scenario, move: str) -> float:
    """Return the chance of the move asked about, from a solution of its own."""
    case = solve_case(scenario, outcomes=(), judgements=())
    (answer,) = answer_asks(scenario, case, make_clocks(case.equilibrium))
    assert answer.moves[0].move == move
    return answer.moves[0].chance.value


@pytest.mark.parametrize(
    ("outcome", "after"),
    [
        ("{on_moves: {watcher.go_in: 60 people}}", 60.0),
        ("{on_moves: {watcher.go_in: 60 people if wind == high else 20 people}}", 30.0),
        ("{accumulates: {burning: 1 day per day}}", 0.0),
        ("{counts: watcher.go_in}", 1.0),
        ("{counts: nature.burns_out}", 0.0),
        ("{fires: watcher.go_in}", 1.0),
        ("{fires: [nature.burns_out, watcher.go_in]}", 1.0),
        ("{fires: nature.burns_out}", 0.0),
        ("{ever: fire == out}", 1.0),
    ],
)
def test_what_a_move_counts_itself_is_counted_of_it(outcome: str, after: float) -> None:
    """To take a town by force was said to lower the dead of it to none."""
    text = TEXT.replace(
        "start: none}", "start: burning}\n  wind: {levels: [high, low], start: {high: 1/4, low: 3/4}}"
    )
    text = text.replace("within: 1 month}", "matters: [one], within: 1 month}")
    text = text.replace("outcomes:\n", f"outcomes:\n  one: {outcome}\n")
    case = solve_case(read_text(text, "fire.yaml"), outcomes=(), judgements=())
    (answer,) = answer_asks(case.scenario, case, make_clocks(case.equilibrium))
    ((name, _, then, _),) = answer.moves[0].changes
    assert (name, then) == ("one", pytest.approx(after, abs=1e-6))


@pytest.mark.parametrize("also", ["", "go_in, ", "call_for_help, "])
def test_a_move_that_is_taken_out_can_still_be_asked_about(also: str) -> None:
    asked = TEXT.replace("[go_in, call_for_help]", f"[{also}watch, go_in]")
    more = "      watch: {when: burning, then: {fire: burning}, worth: 0}\nhazards:"
    scenario = vary(read_text(asked.replace("hazards:", more)), disable=["watcher.go_in"])
    (answer,) = assess(scenario, starts=0).asks
    chances = {move.move: move.chance for move in answer.moves}
    assert chances["watcher.go_in"].value == 0.0
    assert chances["watcher.watch"].value > 0.5
    assert answer.failure == ""


@pytest.mark.parametrize(
    ("now", "without_it", "said"),
    [
        (0.46, 0.07, "Nothing that was taken away holds it back; moved to it by "),
        (0.6, 0.7, "Nothing that was taken away moves it to act; held back by "),
    ],
)
def test_reasons_on_the_other_side_alone_are_told_for_what_they_do(
    vetoed: Assessment, now: float, without_it: float, said: str
) -> None:
    (answer,) = vetoed.asks
    first = replace(answer.moves[0], chance=replace(answer.moves[0].chance, value=now))
    only = replace(answer.joint[0], chances=((first.move, without_it),), effect=without_it - now)
    told = plain(carried(replace(answer, moves=(first,), reasons=(only,), joint=())))
    assert told.startswith(said)
    assert told.endswith(f"({without_it:.0%} without it).")

"""What a reader meets is in words: what is moved, what holds a party back, from when a chance is counted."""

import dataclasses
import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

import bystander
from bystander.app.telling import told_page
from bystander.assessment.assess import assess
from bystander.assessment.result import Bar, Estimate, JudgementResult, OutcomeResult, Reason
from bystander.cases.changes import Change
from bystander.cli.change import choice_called
from bystander.equilibrium.reasons import ANSWERED, DONE, UNDER_WAY
from bystander.policy.turning import ShortOfIt, TurningPoint, TurningPoints
from bystander.report.brief import brief_html, brief_of
from bystander.report.figures import figures
from bystander.report.page.write import render
from bystander.report.terminal import show_assessment
from bystander.report.words.account import asked_as, judged_as
from bystander.report.words.asks import answers, detail
from bystander.report.words.decomposition import called_change, called_measure, terms, values_of
from bystander.report.words.expressions import onset
from bystander.report.words.numbers import coarsely
from bystander.report.words.reasons import because, lines, voting
from bystander.report.words.sentences import counted_from, judged_from, mark_of, plain
from bystander.scenario import read_scenario, read_text, vary
from reference.assessments import ferghana

CRISES = ("ferghana-2022", "armenia-2022", "kazakhstan-2022", "kyrgyz-uzbek-delimitation")
IDENTIFIER = re.compile(r"(?<![\w.])[a-z]\w*(?:_\w+|\.[a-z]\w+)+")
FIRE = """
bystander: 1
title: A fire next door
as_of: 2024-01-01
horizon: 1 year
settings: {shocks: control}
given: burning
variables:
  fire: {levels: [none, burning, out], start: none}
conditions: {burning: fire == burning}
parameters:
  smoke_weight: {value: 2, prior: "normal(mean=2, sd=1)", about: "Smoke in the stairs: one may choke"}
  reward_weight: {value: 1, about: "A medal"}
actors:
  the_watcher:
    about: Someone at the window
    acts: every 1 day
    discount: 20% per year
    actions:
      go_in:
        {about: Go in, when: burning, then: {fire: out}, worth: reward_weight - smoke_weight, habit: 10%,
         tags: [intervention]}
hazards:
  breaks_out: {about: A fire breaks out, when: fire == none, rate: 12 per year, then: {fire: burning}}
  burns_out: {when: burning, every: 10 days, then: {fire: out}}
outcomes:
  put_out: {about: The fire is put out, fires: [the_watcher.go_in], given: burning}
  put_out_at_all: {about: The fire is put out at all, fires: [the_watcher.go_in]}
  days_of_fire: {about: Days of fire, accumulates: {burning: 1 day per day}, given: burning}
judgements:
  seldom: {says: Fires are seldom put out, holds: P(put_out_at_all | burning) < 50%}
measures:
  fewer_stairs: {about: Lifts instead of stairs, set: {smoke_weight: 0}}
asks:
  why: {says: "Why does nobody go in?", party: the_watcher, moves: [go_in], within: 1 month}
"""


@pytest.fixture(scope="module")
def fire():
    scenario = read_text(FIRE, "fire.yaml")
    return scenario, assess(scenario, starts=0)


def test_a_weight_is_told_as_one_and_its_value_rounded():
    values = values_of(vary(read_scenario("ferghana-2022"), sets={"troops_asked": 0.135}))
    assert values.called("war_weight") == "Its own war elsewhere (its weight)"
    assert values.told("war_weight", -0.9181) == "\u22120.92, turned round"
    assert values.told("edge_cost", 2.13 / 7) == "2.1 per week, 4.3 times today's"
    assert values.told("troops_asked") == "once in 7.4 days"
    assert values.told("troops_asked", 0.6252) == "every 1.6 days"
    assert values.called("troops_asked").startswith("How soon troops answer")
    assert values.called("lean") == "Moscow's lean to Dushanbe"
    assert coarsely("0.0714 per day") == "0.071 per day"


def test_reasons_of_several_acts_say_which_act_they_decide(fire):
    _, assessment = fire
    (answer,) = assessment.asks
    one = plain(detail(answer))
    other = dataclasses.replace(answer.moves[0], move="the_watcher.call_for_help", about="Call for help")
    two = plain(detail(dataclasses.replace(answer, moves=(*answer.moves, other))))
    assert "the first of these" not in one
    assert "Its reasons, each taken away alone" in one
    assert "Its reasons as to the first of these, each taken away alone" in two
    assert "With nothing at stake for it at all: " in one
    assert "With nothing at stake for it at all, the first of these is " in two


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0, no weight at all"),
        (0.001, "0.0008, under 1% of today's"),
        (0.039, "0.029, 4% of today's"),
        (0.5, "0.38, 50% of today's"),
        (0.99, "0.74"),
        (1.0, "0.75"),
        (1.5, "1.1, 1.5 times today's"),
        (-0.039, "\u22120.029, turned round"),
    ],
)
def test_a_weight_that_is_moved_says_how_it_compares_with_todays(share, said):
    """For a weight of 0.75."""
    scenario = vary(read_scenario("ferghana-2022"), sets={"war_weight": 0.75})
    assert values_of(scenario).told("war_weight", share * 0.75) == said


@pytest.mark.parametrize(
    ("name", "factor", "said"),
    [
        ("war_weight", 1.001, "just over 0.75"),
        ("war_weight", 0.999, "just under 0.75"),
        ("troops_asked", 1.001, "just more often than once in 7.4 days"),
        ("troops_asked", 0.999, "just less often than once in 7.4 days"),
        ("war_weight", 2.0, "1.5, 2 times today's"),
    ],
)
def test_a_value_that_reads_as_todays_says_on_which_side_it_is(name: str, factor: float, said: str) -> None:
    scenario = vary(read_scenario("ferghana-2022"), sets={"troops_asked": 0.135})
    values, now = values_of(scenario), scenario.parameters[name].value.value
    known = values.told(name)
    expected = said.replace("0.75", known) if factor != 2.0 else values.told(name, 2.0 * now)
    assert values.turning(name, factor * now) == expected


@pytest.mark.parametrize(
    ("move", "about", "called"),
    [
        ("east.pay", "Pay up", "East: pay up"),
        ("osce.go", "", "OSCE: go"),
        ("osce.speak", "OSCE envoys speak", "OSCE envoys speak"),
        ("west.wait", "OSCE envoys wait", "West: OSCE envoys wait"),
    ],
)
def test_a_choice_says_whose_it_is(move: str, about: str, called: str) -> None:
    assert choice_called(move, about) == called


@pytest.mark.parametrize("crisis", CRISES)
def test_no_two_assumptions_of_a_crisis_are_called_alike(crisis):
    scenario = read_scenario(crisis)
    values = values_of(scenario)
    called = [values.called(name) for name, p in scenario.parameters.items() if p.prior is not None]
    assert len(called) == len(set(called))
    for said in called:
        assert 8 <= len(said) <= 130, said
        assert not re.match(r"(Equal|Stronger|Covered|Loyal|Some ties|Close ties: |A public quarrel)\b", said)


def test_no_text_of_the_library_speaks_to_modellers_only():
    folder = Path(bystander.__file__).parent / "library"
    told = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml"))
    for jargon in ("reference intensity", "natural length", "unit weight:", "reference tangle"):
        assert jargon not in told


def test_what_holds_back_is_the_same_in_the_answer_and_in_the_reasons(fire):
    _, assessment = fire
    (answer,) = [plain(line) for line in answers(assessment)]
    (reason,) = [r for r in assessment.reasons if r.move == "go_in"]
    told = " ".join(plain(line) for line in lines(reason, assessment))
    assert "smoke in the stairs" in answer
    assert "held back by smoke in the stairs" in told
    assert "everyone adapting" in told
    assert "what the step itself costs (smoke in the stairs)" in told
    assert "speaks habit" not in told
    assert "less likely than by habit alone" in told
    without = next(r for r in assessment.asks[0].reasons if r.holds_back).chances[0][1]
    assert f"({without:.0%} without it)" in told
    assert f"({without:.0%} without it)" in answer


def test_habit_is_where_a_chance_starts_and_no_reason():
    bars = (Bar("habit", "", "habit", -6.0), Bar("a.peace", "Peace on the border", "interest", 1.0))
    idle = Reason("a", "act", "Act", "", 0.01, -5.0, bars)
    assert plain(because(idle)).endswith(
        "; likelier than by habit alone; what speaks for it is \u201cPeace on the border\u201d."
    )
    assert plain(lines(idle)[1]) == (
        "It is likelier than by habit alone; what speaks for it is \u201cPeace on the border\u201d."
    )
    bare = dataclasses.replace(idle, bars=bars[1:], log_odds=1.0)
    assert plain(lines(bare)[1]) == "What speaks for it is \u201cPeace on the border\u201d."
    still = dataclasses.replace(idle, bars=bars[:1], log_odds=-6.0)
    assert plain(because(still)).endswith("; about as likely as by habit alone.")
    body = Reason("club", "send", "Send", "", 0.0, 0.0, (), blocked=((ANSWERED, 0.7), ("vote: a", 0.3)))
    assert "an answer that stands already" in plain(lines(body)[1])
    told = (("Mediates", 0.406), ("words, and no more", 0.206), ("watching", 0.081), ("deployed", 0.007))
    stands = plain(lines(dataclasses.replace(body, standing=told))[1])
    assert (
        "stands already, 70% of the time (“mediates” 41%, “words, and no more” 20%, “watching” 8%);" in stands
    )
    assert "(“mediates” 70%);" in plain(lines(dataclasses.replace(body, standing=(("Mediates", 0.7),)))[1])


def test_what_is_done_is_no_answer_that_stands():
    blocked = (("vote: a", 0.3), (DONE, 0.6))
    body = Reason("club", "send", "Send", "", 0.1, 0.0, (), blocked=blocked)
    told = plain(lines(body)[1])
    assert told.startswith("What stops it is its having been done already, 60% of the time; ")
    assert told.endswith(" 30%; and nothing, 10%: it would pass.")
    vote = Reason("club", "send", "Send", "", 0.5, 0.0, (), voter="a")
    assert plain(voting(vote, body)).startswith("Even with it not done yet (40% of the time), a yes from")


def test_what_is_under_way_is_told_so():
    body = Reason("club", "send", "Send", "", 0.1, 0.0, (), blocked=((UNDER_WAY, 0.9),))
    assert plain(lines(body)[1]).startswith("What stops it is its being under way already, 90% of the time")
    vote = Reason("club", "send", "Send", "", 0.5, 0.0, (), voter="a")
    assert plain(voting(vote, body)).startswith("Even with it not under way yet (10% of the time)")


@pytest.mark.parametrize("parts", [(0.11, 0.01), (0.3, -0.02), (0.2,)])
def test_the_effort_of_choices_and_that_of_votes_are_one_term(parts):
    names = ("control of choices", "control of votes")
    effort = [Bar(n, n, "control", x) for n, x in zip(names, parts, strict=False)]
    bars = (Bar("a.peace", "Peace on the border", "interest", 1.0), *effort)
    told = terms(Reason("club", "send", "Send", "", 0.5, 1.0 + sum(parts), bars, voter="a"))
    assert [text for text, _, _ in told] == [
        "Peace on the border",
        "The effort of departing from habit later",
    ]
    assert told[1][1] == pytest.approx(sum(parts))


def test_a_question_asked_under_a_condition_is_told_apart(fire):
    _, assessment = fire
    (judgement,) = assessment.judgements
    assert judged_from(assessment, judgement) == "burning"
    assert mark_of(assessment, judged_from(assessment, judgement)) == "\u2020"
    assert mark_of(assessment, "") == ""
    assert counted_from(assessment) == [
        "\u2020 counted from the onset of burning: almost certain (over 99%) within a year.",
        "Without a mark: counted from 1 January 2024.",
    ]
    plain_one = JudgementResult("x", "", "", "P(put_out) < 5%", Estimate(0.1), 0.05, False)
    assert judged_from(assessment, plain_one) == "burning"
    assert onset("help_requested") == "the day on which \u201chelp requested\u201d first holds"
    assert onset("heavy_fighting") == "the onset of heavy fighting"
    assert onset("coup_stands") == "the day on which \u201ccoup stands\u201d first holds"
    assert onset("stand_off") == "the onset of stand off"
    assert onset("front == war") == "the day on which \u201cfront is war\u201d first holds"


@pytest.mark.parametrize(
    ("chance", "error", "at_first", "said"),
    [
        (1.0, 0.0, 1.0, ["So already when the clock starts: \u201cIt burns\u201d."]),
        (1.0, 0.0, 0.0, []),
        (0.5, 0.0, 1.0, []),
        (0.0, 0.0, 0.0, ["Cannot come about: \u201cIt burns\u201d."]),
        (0.0, 1e-9, 0.0, []),
    ],
)
def test_what_no_clock_decides_is_named(fire, chance, error, at_first, said):
    outcome = OutcomeResult(
        "burns", "It burns", "probability", Estimate(chance, error), curve=((0.0, at_first), (9.0, chance))
    )
    assert counted_from(dataclasses.replace(fire[1], outcomes=(outcome,))) == said


WAITS = re.compile(r"onset|first holds|once it starts|\u2020")


@pytest.mark.parametrize(
    ("start", "given", "dated", "waits"),
    [
        ("none", "burning", False, True),
        ("none", "burning", True, True),
        ("{none: 50%, burning: 50%}", "burning", False, True),
        ("burning", "burning", False, False),
        ("burning", "burning", True, False),
        ("burning", "fire != out", False, False),
    ],
)
def test_a_clock_waits_for_nothing_that_holds_at_the_start(start, given, dated, waits):
    text = FIRE.replace("start: none", f"start: {start}").replace("given: burning}", f"given: {given}}}")
    if dated:
        text += "calendar: {rain: {date: 2024-03-01, when: burning, then: {fire: out}}}\n"
    scenario = read_text(text.replace("put_out_at_all | burning", f"put_out_at_all | {given}"), "fire.yaml")
    assessment = assess(scenario, starts=0)
    out = io.StringIO()
    show_assessment(assessment, Console(file=out, width=100), scenario)
    told = [
        out.getvalue(),
        re.sub(r"<(script|style).*?</\1>", "", render(assessment, scenario), flags=re.S),
        brief_html(brief_of(assessment, scenario)),
        json.dumps(told_page(assessment, scenario)["clocks"]) + told_page(assessment, scenario)["given"],
        *(figure.reading for figure in figures(assessment).values()),
    ]
    assert [bool(WAITS.search(each)) for each in told[:4]] == [waits] * 4
    if not waits:
        assert [each for each in told if WAITS.search(each)] == []
        assert "Within a month, " in plain(answers(assessment)[0])


def test_the_terminal_shows_no_identifiers(fire):
    for assessment, scenario in ((ferghana(), None), (fire[1], fire[0])):
        out = io.StringIO()
        show_assessment(assessment, Console(file=out, width=100), scenario)
        assert not IDENTIFIER.findall(out.getvalue())


def test_what_is_asked_is_said_in_words(fire):
    scenario, assessment = fire
    assert asked_as(scenario, "put_out") == "whether this is done at least once: The watcher: go in"
    for name in scenario.outcomes:
        assert asked_as(scenario, name)
        assert not IDENTIFIER.findall(asked_as(scenario, name))
    said = judged_as(assessment, assessment.judgements[0].formula)
    assert said == (
        "the chance of \u201cThe fire is put out at all\u201d (counted from the onset of burning)"
        " is below 50%"
    )


def test_changes_are_told_by_their_words(fire):
    scenario, _ = fire
    assert (
        called_change(scenario, "smoke_weight at 0.7184")
        == "Smoke in the stairs (its weight): 0.72, 36% of today's"
    )
    assert called_measure(scenario, "fewer_stairs") == "Lifts instead of stairs"
    moved = Change(sets={"smoke_weight": -0.5}, without=("the_watcher.reward_weight",))
    assert moved.words(scenario) == (
        "\u201cSmoke in the stairs\u201d: 2 \u2192 \u22120.5",
        "nothing at stake in \u201cA medal\u201d",
    )


def test_turning_points_are_told_to_the_app_in_words(fire):
    telling = pytest.importorskip("bystander.app.telling")
    scenario, assessment = fire
    point = TurningPoint("smoke_weight", "", 2.0, -0.9181, "2", "-0.9181", 0.0, 0.1, "free", 1)
    short = ShortOfIt("smoke_weight", "", "2", 3.0, "3", 0.4)
    found = TurningPoints("x", 0.1, 0.5, (point,), (("fewer_stairs", 0.2, False),), (short,))
    told = telling.told_turning(dataclasses.replace(found, unmoved=()), scenario)
    assert told["words"] == {"smoke_weight": "Smoke in the stairs (its weight)"}
    assert told["now"] == {"smoke_weight": "2"}
    assert told["there"] == {"smoke_weight": "\u22120.92, turned round"}
    assert told["measures"] == {"fewer_stairs": "Lifts instead of stairs"}
    apart = (("fewer_stairs", 0.2, 0.4), ("smoke_weight", 0.3, 0.5))
    told = telling.told_turning(
        dataclasses.replace(found, unsolved=("fewer_stairs",), by_itself=apart), scenario
    )
    assert told["words"]["fewer_stairs"] == "Lifts instead of stairs", "of whatever is named"
    page = telling.told_page(assessment, scenario)
    until = telling.told_page(dataclasses.replace(assessment, until="2024-11-18"), scenario)
    assert (page["ahead"], until["ahead"]) == ("a year ahead", "ahead until 18 November 2024")
    (go_in,) = [r for r in page["responses"] if r["move"] == "go_in"]
    assert go_in["same"] == ["put_out"], "a move and the outcome that asks for it are one entry of a list"
    assert {o["name"]: o["mark"] for o in page["outcomes"]}["put_out_at_all"] == ""


@pytest.mark.parametrize(
    ("party", "spoken", "them"),
    [
        ("the_watcher", "the watcher", "it"),
        ("guarantors", "the guarantors", "them"),
        ("Hamas", "Hamas", "it"),
    ],
)
def test_the_page_speaks_of_a_party_who_is_several_as_of_several(party, spoken, them):
    text = FIRE.replace("the_watcher", party.lower()).replace("Someone at the window", f"What {spoken} do")
    scenario = read_text(text, "fire.yaml")
    assessment = assess(scenario, starts=0)
    (answer,) = assessment.asks
    held = tuple(dataclasses.replace(r, effect=abs(r.effect)) for r in answer.reasons[:1])
    joint = dataclasses.replace(answer, joint=held)
    told = render(dataclasses.replace(assessment, asks=(joint,)), scenario)
    assert f"Anything at stake for {them}: habit alone" in told
    assert f"All that holds {them} back" in told

"""Every number in a sentence is a number of the assessment."""

import dataclasses
import math
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bystander.assessment.result import (
    LITTLE,
    WEIGHING,
    AskAnswer,
    Assessment,
    Bar,
    CarryingReason,
    Estimate,
    ExpectedMove,
    Reason,
    Rung,
    RungStep,
)
from bystander.report.figures.moves import ladder
from bystander.report.words.confidence import confidence
from bystander.report.words.decomposition import STEP, carried_by, glossary, terms
from bystander.report.words.numbers import (
    amount,
    date,
    duration,
    percent,
    power,
    quantity,
    short_percent,
    signed,
    spread,
)
from bystander.report.words.reasons import because, bystanders_first, foremost, lines, shares, stopping
from bystander.report.words.sentences import (
    beside_habit,
    climbers,
    course,
    headlines,
    outcome_line,
    plain,
    possessive,
    ranked_measures,
    remedies,
    steps_up,
    verdict,
    who_acts,
)
from reference.assessments import ferghana, kazakhstan

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")


def sentences(assessment: Assessment) -> list[str]:
    said = [
        *(outcome_line(o) for o in assessment.outcomes),
        *who_acts(assessment),
        *(because(r, assessment) for r in assessment.reasons),
        *(line for r in assessment.reasons for line in lines(r, assessment)),
    ]
    said += [*remedies(assessment, 9), verdict(assessment)]
    return [plain(s) for s in said] + [g.text for g in confidence(assessment).grounds]


def everything(value: object) -> list[object]:
    if dataclasses.is_dataclass(value):
        return [x for f in dataclasses.fields(value) for x in everything(getattr(value, f.name))]
    if isinstance(value, tuple):
        return [len(value), *(x for item in value for x in everything(item))]
    return [value]


def together(reason: Reason) -> list[float]:
    """Give shares of the time, alone and added up, and each rounded down or up to make a whole."""
    votes = [share for text, share in reason.blocked if text.startswith("vote")]
    others = sum(sorted(votes)[:-2])
    found = [
        100 * x for x in (*(share for _, share in reason.blocked), sum(votes), others, reason.probability)
    ]
    return [*(math.floor(x) for x in found), *(math.ceil(x) for x in found)]


def numbers_of(assessment: Assessment) -> set[str]:
    forms: list[str] = [str(sum(j.holds for j in assessment.judgements))]
    for value in everything(assessment):
        if isinstance(value, str):
            forms.append(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            forms += [percent(value), short_percent(value), amount(value), power(value), str(value)]
            forms += [signed(value, 2), duration(value), quantity(value, "people")]
    forms += [spread(o.estimate) for o in assessment.outcomes]
    forms.append(date(assessment.as_of))
    forms += [percent(x / 100) for r in assessment.reasons for x in together(r)]
    return {n for form in forms for n in NUMBER.findall(form)}


def check(assessment: Assessment) -> None:
    known = numbers_of(assessment)
    for sentence in sentences(assessment):
        unknown = set(NUMBER.findall(sentence)) - known
        assert not unknown, f"{unknown} is not in the assessment: {sentence}"


@pytest.mark.parametrize("make", [ferghana, kazakhstan])
def test_no_sentence_has_a_number_of_its_own(make):
    check(make())


@given(st.lists(st.floats(0, 1), min_size=8, max_size=8), st.floats(0.01, 3e5))
@settings(max_examples=40, deadline=None)
def test_whatever_the_numbers_are(chances, toll):
    base = ferghana()
    outcomes = []
    for k, outcome in enumerate(base.outcomes):
        value = chances[k] if outcome.kind == "probability" else toll
        estimate = dataclasses.replace(
            outcome.estimate, value=value, low=value / 2, high=min(value * 2, 1) if k < 8 else value * 2
        )
        outcomes.append(dataclasses.replace(outcome, estimate=estimate))
    measures = tuple(
        dataclasses.replace(m, effects=(("battle", chances[0], chances[1]),)) for m in base.measures
    )
    check(dataclasses.replace(base, outcomes=tuple(outcomes), measures=measures))


def test_the_test_can_fail():
    base = ferghana()
    known = numbers_of(base)
    assert set(NUMBER.findall("It is 37.5% likely")) - known


def test_a_likelihood_always_has_its_number_beside_it():
    words = r"(remote|very unlikely|unlikely|roughly even|very likely|likely|almost certain)"
    for sentence in sentences(ferghana()):
        for found in re.finditer(words + r"\b", sentence):
            before = re.search(r" to (under |over )?\d+% \($", sentence[: found.start()])
            assert before or re.match(r" \((under |over )?\d+%", sentence[found.end() :]), sentence


def test_the_focus_is_told_first():
    assert headlines(ferghana())[0].name == "battle"


def test_measures_are_ranked_by_what_they_change():
    changes = [abs(b - a) for _, a, b in ranked_measures(ferghana())]
    assert changes == sorted(changes, reverse=True)


REASONS = [r for r in ferghana().reasons if r.bars]


@pytest.mark.parametrize("reason", REASONS, ids=lambda r: f"{r.owner}.{r.move}")
@pytest.mark.parametrize("most", [1, 2, 8])
def test_terms_add_up_to_the_total_that_is_shown(reason, most):
    shown = terms(reason, most)
    assert sum(value for _, value, _ in shown) == pytest.approx(
        round(reason.log_odds / STEP) * STEP, abs=1e-9
    )
    assert len({text for text, _, _ in shown}) == len(shown)
    assert len(shown) <= most + 1


def test_what_can_never_be_adopted_has_no_terms_and_can_be_told():
    never = dataclasses.replace(ferghana().reasons[-1], log_odds=-math.inf, probability=0.0)
    assert terms(never) == []
    assert "no mandate" in plain(because(never, ferghana()))
    assert signed(-math.inf, 2) == "\u2212\u221e"


def test_an_institution_that_acts_is_said_to_act():
    base = ferghana()
    deploy = next(r for r in base.reasons if r.blocked and r.move == "deploy")
    ready = tuple(
        dataclasses.replace(r, within=((7.0, 0.6), (30.0, 0.8), (365.0, 0.9))) if r.move == "deploy" else r
        for r in base.responses
    )
    acting = dataclasses.replace(base, responses=ready)
    assert "is not expected to act" in plain(because(deploy, base))
    assert "is expected to act" in plain(because(deploy, acting))
    assert "at other times what stops it" in plain(because(deploy, acting))
    assert deploy in foremost(acting)


def obstructed(*blocked: tuple[str, float]) -> Reason:
    passes = 1.0 - sum(share for _, share in blocked)
    return Reason("league", "act", "Act", "", passes, 0.0, (), blocked=blocked)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9))
@settings(max_examples=60, deadline=None)
def test_what_stops_a_decision_makes_a_whole(weights):
    names = ["no mandate", *(f"vote: member_{k}" for k in range(len(weights) - 1))]
    total = sum(weights) + 0.1
    body = obstructed(*((n, w / total) for n, w in zip(names, weights, strict=True)))
    assert sum(value for _, value in shares(body)) == 100
    told = plain(stopping(body))
    votes = re.search(r"votes against it, (\d+)%[^(]*\(([^)]*)\)", told)
    if votes:
        counted = re.findall(r"for (under 1|\d+)%", votes[2])
        assert sum(0 if c == "under 1" else int(c) for c in counted) == int(votes[1])


def test_a_single_vote_has_its_owner_and_what_is_left_is_named():
    told = plain(stopping(obstructed(("vote: russia", 0.6), ("no mandate", 0.27))))
    assert told == "Russia\u2019s no, 60% of the time; no mandate, 27%; and nothing, 13%: it would pass"


VOTE = Reason(
    "league",
    "act",
    "Act",
    "",
    0.48,
    -0.07,
    (
        Bar("league.act", "Act", "own worth", 2.0, now=True),
        Bar("league.act", "Act", "own worth", -1.5),
        Bar("shocks of votes", "", "shocks", -0.57),
    ),
    voter="armenia",
)


@pytest.mark.parametrize(
    ("said", "whose"),
    [
        ("Russia", "Russia\u2019s"),
        ("the United States", "the United States\u2019"),
        ("The Philippines", "The Philippines\u2019"),
        ("the CSTO", "the CSTO\u2019s"),
        ("the alias", "the alias\u2019s"),
        ("Honduras", "Honduras\u2019s"),
    ],
)
def test_a_plural_owns_by_an_apostrophe_alone(said, whose):
    assert possessive(said) == whose


def test_a_vote_that_hardly_arises_is_told_as_what_if():
    seldom = obstructed(("no mandate", 0.99), ("vote: armenia", 0.005))
    often = obstructed(("no mandate", 0.2), ("vote: armenia", 0.5))
    assert plain(because(VOTE, None, seldom)).startswith(
        "Even with a mandate (1% of the time), a yes from Armenia"
    )
    assert plain(because(VOTE, None, often)).startswith("A yes from Armenia is roughly even (48%)")


def test_what_can_be_had_later_is_told_in_words_of_the_case():
    assert "nothing is lost by waiting: a later vote could still adopt it" in plain(because(VOTE))
    open_now = dataclasses.replace(VOTE, bars=(VOTE.bars[0], VOTE.bars[2]))
    assert "adopting it now gives up the chance to decide later" in plain(because(open_now))
    alone = dataclasses.replace(VOTE, voter="")
    assert "it can still be done later" in plain(because(alone))
    later = (
        Bar("league.act", "Act", "own worth", -2.0, now=True),
        Bar("league.act", "Act", "own worth", 0.6),
    )
    assert "its cost would come later anyway" in plain(because(dataclasses.replace(VOTE, bars=later)))


def test_terms_that_are_not_plain_are_explained():
    named = {text for text, _, _ in terms(VOTE)}
    assert named == {"The vote itself", "The same, at a later vote", "Keeping later votes open"}
    assert len(glossary([VOTE], taken=True)) == 4
    assert not glossary([dataclasses.replace(VOTE, bars=())], taken=True)


@pytest.mark.parametrize(
    ("taken", "said"), [(True, "What is taken away changes"), (False, "What speaks for")]
)
@pytest.mark.parametrize("group", ["habit", "interest"])
def test_what_is_taken_away_is_explained_where_something_is(taken, said, group):
    one = dataclasses.replace(VOTE, bars=(Bar("league.act", "It", group, -2.0),))
    told = glossary([one], taken=taken)
    assert told[0].startswith(said)
    assert taken == any("taken away" in meaning for meaning in told)


@pytest.mark.parametrize("carries", [(), ("a.small",), ("a.least", "a.small"), ("nobody.else",)])
def test_what_carries_the_answer_is_named_however_small_its_term(carries):
    bars = tuple(Bar(f"a.big{k}", f"Large {k}", "interest", 1.0 + k) for k in range(4))
    small = (Bar("a.small", "Small", "interest", 0.1), Bar("a.least", "Least", "interest", 0.001))
    rest = tuple(Bar(f"a.rest{k}", f"Rest {k}", "interest", 0.05) for k in range(3))
    total = sum(b.log_odds for b in (*bars, *small, *rest))
    reason = dataclasses.replace(VOTE, bars=(*bars, *small, *rest), log_odds=total)
    told = terms(reason, 4, carries)
    named = {text for text, _, _ in told}
    assert named >= {b.label for b in (*bars, *small) if b in bars or b.name in carries}
    assert ("Small" in named, "Least" in named) == ("a.small" in carries, "a.least" in carries)
    assert sum(value for _, value, _ in told) == pytest.approx(total, abs=STEP)


def test_what_carries_is_what_was_taken_away_under_the_same_condition():
    known = Estimate(0.1)
    moves = (ExpectedMove("league.fly", "Fly", False, known), ExpectedMove("league.act", "Act", True, known))
    alone, jointly = (CarryingReason(name, "", "interest", (), 0.5) for name in ("a.peace", "b.trade"))
    ask = AskAnswer("why", "Why?", "league", "", "war", 30.0, moves, reasons=(alone,), joint=(jointly,))
    reason = dataclasses.replace(VOTE, owner="league", move="act", given="war")
    assert carried_by(reason, [ask]) == {"a.peace", "b.trade"}
    assert not carried_by(dataclasses.replace(reason, given="another"), [ask])
    assert not carried_by(dataclasses.replace(reason, move="fly"), [ask])


def test_bystanders_come_before_those_who_act_and_each_vote_after_its_institution():
    ordered = bystanders_first(ferghana())
    assert len(ordered) == len(ferghana().reasons)
    for before, after in pairwise(ordered):
        if after.voter:
            assert (before.owner, before.move) == (after.owner, after.move)


def test_confidence_is_lowered_by_what_speaks_against_it():
    base = ferghana()
    assert confidence(base).level == "high"
    several = dataclasses.replace(base, solve=dataclasses.replace(base.solve, equilibria_found=3))
    assert confidence(several).level == "moderate"
    jumped = dataclasses.replace(base, solve=dataclasses.replace(several.solve, jumps=2))
    assert confidence(jumped).level == "low"
    unsolved = dataclasses.replace(base, solve=dataclasses.replace(base.solve, residual=0.1))
    assert confidence(unsolved).level == "low"


def test_confidence_says_which_convention_is_in_force():
    base = ferghana()
    solve = dataclasses.replace(base.solve, shocks="control")
    said = [g.text for g in confidence(dataclasses.replace(base, solve=solve)).grounds]
    assert any(
        t.startswith("Choices depart from habit at a cost (shocks: control). That hardly matters")
        for t in said
    )
    far = dataclasses.replace(solve, other_convention=(("battle", 0.58, 0.25),))
    grounds = confidence(dataclasses.replace(base, solve=far)).grounds
    assert [g.sound for g in grounds if "under another convention" in g.text] == [False]


@pytest.mark.parametrize("share", [0.004, 0.52, 0.7, 0.999])
@pytest.mark.parametrize("others", [0, 1])
def test_a_judgement_that_needs_the_argument_is_told_with_its_share_of_draws(share, others):
    """The share that stands in the table beside it, whatever it is: 52% of draws are most of them."""
    known = ferghana()
    needs = dataclasses.replace(known.judgements[0], holds=True, by_habit=False, robustness=share)
    even = dataclasses.replace(known.judgements[0], holds=True, by_habit=True, robustness=share)
    told = plain(beside_habit(dataclasses.replace(known, judgements=(needs, *[even] * others))))
    assert f"in {percent(share)} of the draws" in told
    assert "most" not in told


def test_several_judgements_are_counted_from_two_thirds_of_draws_on():
    known = ferghana()
    some = [
        dataclasses.replace(known.judgements[0], holds=True, by_habit=False, robustness=share)
        for share in (0.3, 0.52, 0.66, 0.665, 0.9)
    ]
    told = plain(beside_habit(dataclasses.replace(known, judgements=tuple(some))))
    assert percent(0.665) == "67%"
    assert "2 of them in at least two thirds of the draws" in told, (
        "as the shares read in the table beside it"
    )


def test_who_presses_for_a_cease_fire_is_not_in_the_fight():
    rungs = tuple(Rung("front", level, "", 0.3) for level in ("quiet", "fighting", "ceasefire"))
    up, over = ("quiet", "fighting"), ("fighting", "ceasefire")
    steps = (
        RungStep(*up, "north", "march", "March", 1.0, 0.5),
        RungStep(*over, "patron", "press", "Press for calm", 1.0, 0.6, calms=True),
        RungStep(*over, "south", "widen", "Widen the war", 1.0, 0.3),
    )
    told = dataclasses.replace(ferghana(), rungs=rungs, steps=steps)
    assert climbers(told) == {"north", "south"}
    assert [step.move for step in steps_up(told)] == ["march", "widen"]
    drawn = ladder(told)
    assert drawn is not None
    assert "(South: Widen the war), 1 per year there" in drawn.alt
    assert drawn.title.startswith("\u201cMarch\u201d")


@pytest.mark.parametrize(
    ("before", "after", "unit", "said"),
    [
        (0.97, 0.96, "probability", "from 97% to 96% (almost certain)"),
        (0.05, 0.10, "probability", "from 5% to 10% (very unlikely)"),
        (0.001, 0.02, "share", "from under 1% to 2% (remote)"),
        (0.94, 0.98, "probability", "from very likely (94%) to almost certain (98%)"),
        (0.961, 0.962, "probability", "at almost certain (96%)"),
        (40.0, 80.0, "people", "from 40 to 80 people"),
    ],
)
def test_a_word_that_stays_is_said_once(before, after, unit, said):
    assert plain(course(before, after, unit)) == said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"outcomes": ()}, "was not asked: there is no outcome."),
        ({"unanswered": (f"{WEIGHING}: it did not settle.",)}, "most could not be found out."),
        ({"unanswered": ()}, "No number that has a name moves it, so that what it rests on is not known."),
        (
            {"unanswered": (f"{LITTLE} \u201cpace\u201d would do",)},
            "is known to move it, so that what it rests on is not known.",
        ),
    ],
)
def test_where_no_number_is_weighed_the_reason_is_the_true_one(changed, said):
    base = dataclasses.replace(ferghana(), sensitivities=(), **changed)
    (ground,) = [g for g in confidence(base).grounds if g.text.endswith(said)]
    assert not ground.sound

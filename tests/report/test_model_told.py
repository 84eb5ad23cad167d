"""The model in prose and in mathematics: complete, well formed, harmless."""

from xml.etree import ElementTree

import pytest

from bystander.errors import Mark
from bystander.report.words.account import account, meanings
from bystander.report.words.expressions import condition, english, mathml, simple
from bystander.report.words.mathematics import mathematics, with_condition
from bystander.scenario import read_scenario
from bystander.scenario.expressions import parse_expression, resolve, to_text

SCENARIOS = ("toys/standoff", "templates/border")


def expression(text: str):
    return resolve(parse_expression(text, Mark("test")), read_scenario("toys/standoff").scope())


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("border == war", "border is war"),
        ("border >= tense and observers == absent", "border is at least tense and observers is absent"),
        ("border in [quiet, tense]", "border is quiet or tense"),
        ("border not in [quiet, tense]", "border is neither quiet nor tense"),
        ("not (border == war)", "not (border is war)"),
        ("-1.5 * war_loss", "\u22121.5 \u00d7 war loss"),
        ("war", "\u201cwar\u201d"),
        ("border == war and true", "border is war"),
        ("war_loss * 1", "war loss"),
        ("2 / (war_loss * 3)", "2 / (war loss \u00d7 3)"),
        ("2 * 3 / war_loss", "2 \u00d7 3 / war loss"),
    ],
)
def test_expressions_in_english(written, said):
    assert english(expression(written)) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("heavy_fighting", "heavy fighting"),
        ("western_role == mediating", "Western role is mediating"),
        ("front in [fighting, incursion]", "front is fighting or incursion"),
        ("not an expression (", "not an expression ("),
    ],
)
def test_what_starts_a_clock_is_said_in_words(given, said):
    assert condition(given) == said


def test_formulas_leave_out_what_a_hole_has_made_constant():
    assert mathml(expression("2 if border == war and true else 1")) == mathml(
        expression("2 if border == war else 1")
    )
    assert "never" not in mathml(expression("war_loss * (2 if false else 1)"))


def test_simplifying_keeps_what_decides():
    assert to_text(simple(expression("border == war or true"))) == "true"
    assert to_text(simple(expression("not false and border == war"))) == "border == war"


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_move_interest_and_institution_is_told(name):
    scenario = read_scenario(name)
    chapters = {c.name: c for c in account(scenario)}
    for actor, person in scenario.actors.items():
        assert len(chapters[actor].statements) >= 1 + len(person.interests) + len(person.actions)
    for institution, body in scenario.institutions.items():
        assert len(chapters[institution].statements) >= 1 + 2 * len(body.decisions)
    assert len(chapters["nature"].statements) == len(scenario.hazards)
    assert len(meanings(scenario)) == len(scenario.conditions)


def test_sentences_cite_facts_and_the_parameters_they_use():
    chapters = {c.name: c for c in account(read_scenario("toys/standoff"))}
    loss = next(s for s in chapters["east"].statements if "Loss" in s.text)
    assert set(loss.cites) == {"war_is_costly", "war_loss"}


def test_a_mandate_says_when_who_asks_who_abstains_and_by_what_rule():
    chapters = {c.name: c for c in account(read_scenario("templates/border"))}
    told = " ".join(s.text for s in chapters["alliance"].statements)
    for part in (
        "only while",
        "if it has been asked",
        "North does not vote",
        "consensus",
        "alliance becomes deployed",
    ):
        assert part in told


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_mathematics_is_well_formed(name):
    sections = mathematics(read_scenario(name))
    assert len(sections) > 3
    for section in sections:
        for formula in section.formulas:
            tree = ElementTree.fromstring(formula.markup)
            assert tree.tag == "math"
            assert tree.get("alttext")


def read_out(markup: str) -> str:
    """Letters and signs of a formula, one after the other."""
    return "".join(ElementTree.fromstring(markup).itertext())


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
def test_the_formulas_are_those_of_the_convention(shocks):
    scenario = read_scenario("crises/kazakhstan-2022")
    settings = scenario.settings.model_copy(update={"shocks": shocks})
    general, *owners = mathematics(scenario.model_copy(update={"settings": settings}))
    choice, _, moment = general.formulas
    votes = [f for section in owners for f in section.formulas if "votes yes" in f.lead]
    assert votes
    if shocks == "control":
        assert read_out(choice.markup) == "Pi(a|s)=hi(a|s)eriwi(a,s)\u2211bhi(b|s)eriwi(b,s)"
        assert read_out(moment.markup) == "Mi(s)=1rilog\u2061\u2211bhi(b|s)eriwi(b,s)"
        assert "habit h" in choice.lead
        assert "worth nothing" not in moment.lead
        assert all(read_out(f.markup).startswith("ym=11+1\u2212hmhme\u2212rmDm") for f in votes)
    else:
        assert read_out(choice.markup) == "Pi(a|s)=eriwi(a,s)\u2211beriwi(b,s)"
        assert ("worth nothing" in moment.lead) == (shocks == "noise")
        assert all(read_out(f.markup).startswith("ym=11+e\u2212rmDm") for f in votes)
    stated = [f for section in owners for f in section.formulas if f.lead.startswith("Habit of")]
    assert bool(stated) == (shocks == "control" and any_habit(scenario))


def any_habit(scenario) -> bool:
    return any(m.habit is not None for body in scenario.actors.values() for m in body.actions.values())


def test_a_condition_that_is_long_stands_below_its_formula():
    rate, short, long = (
        expression("war_loss"),
        expression("border == war"),
        "border == war and observers == absent",
    )
    assert "mtable" not in with_condition(mathml(rate), mathml(short), rate, short)
    both = expression(f"({long}) or ({long})")
    assert with_condition(mathml(rate), mathml(both), rate, both).count("<mtr>") == 2
    assert with_condition(mathml(rate), "", rate, None) == f"<mrow>{mathml(rate)}</mrow>"


def test_conditions_keep_their_distance_from_the_word_before_them():
    formulas = [f.markup for section in mathematics(read_scenario("toys/standoff")) for f in section.formulas]
    conditional = [markup for markup in formulas if "<mtext>if</mtext>" in markup]
    assert conditional
    assert all("<mtext>if</mtext><mspace" in markup for markup in conditional)


def test_mathematics_escapes_what_a_scenario_names():
    from bystander.scenario.expressions.syntax import Name

    markup = mathml(Name("<script>alert(1)</script>"))
    assert "<script" not in markup
    ElementTree.fromstring(markup)

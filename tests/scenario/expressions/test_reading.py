"""Parsing, resolving and dimensions: what expressions mean and how they are refused."""

import pytest

from bystander.errors import Mark, ScenarioError
from bystander.scenario.expressions import (
    Scope,
    Sort,
    dimension_of,
    evaluate,
    expect,
    parameters_of,
    parse_expression,
    queries_of,
    read_constant,
    resolve,
    to_text,
    variables_of,
)
from bystander.scenario.expressions.syntax import Binary, Number
from bystander.units import DURATION, PEOPLE, PLAIN, RATE, parse_quantity

SCOPE = Scope(
    {
        "front": ("quiet", "clash", "fighting"),
        "standing": ("weak", "strong"),
        "csto": ("idle", "deployed"),
        "request": ("none", "csto"),
        "demand": ("0", "1", "2"),
    },
    frozenset({"standing", "demand"}),
    {"gain": RATE, "delay": DURATION, "k": PLAIN},
    {
        "hot": parse_expression("front in [clash, fighting]"),
        "both": parse_expression("hot and standing >= strong"),
    },
    frozenset({"dead"}),
)


def read(text):
    return resolve(parse_expression(text, Mark("crisis.yaml", 3, 10)), SCOPE, asking=True)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("front == quiet", Sort.CONDITION),
        ("quiet != front", Sort.CONDITION),
        ("weak < standing", Sort.CONDITION),
        ("demand == 2 or demand < 1", Sort.CONDITION),
        ("front not in (quiet)", Sort.CONDITION),
        ("request == csto", Sort.CONDITION),
        ("both and not hot or true", Sort.CONDITION),
        ("1 < k <= 3", Sort.CONDITION),
        ("2 per year if hot else 0", RATE),
        ("every 2 weeks * k", RATE),
        ("every (delay if hot else 3 days)", RATE),
        ("-gain * k + 3 per month", RATE),
        ("k per year", RATE),
        ("never", RATE),
        ("gain * delay", PLAIN),
        ("min(k, exp(k), 70%) + rank(standing)", PLAIN),
        ("10 people per day", PEOPLE / DURATION),
        ("P(dead | hot, within 30 days) < 5%", Sort.CONDITION),
        ("E(dead) / 2 < 3 people", Sort.CONDITION),
    ],
)
def test_expressions_mean_what_they_say_and_are_written_back(text, meaning):
    expr = read(text)
    assert dimension_of(expr) == meaning
    assert read(to_text(expr)) == expr


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("frnt == quiet", 10, "Did you mean 'front'"),
        ("front == quite", 19, "Did you mean 'quiet'"),
        ("front = quiet", 16, "Write '=='"),
        ("gian + 1 per year", 10, "Did you mean 'gain'"),
        ("hot and fronts == quiet", 18, "Did you mean 'front'"),
        ("quiet and hot", 10, "Write 'front == quiet'"),
        ("front and hot", 10, "must be compared with a level"),
        ("front == standing", 10, "cannot be compared"),
        ("__import__('os')", 21, "no meaning"),
        ("os(1)", 10, "not a function"),
        ("front.levels", 15, "no meaning"),
        ("1 +", 13, "found the end"),
        ("(front == quiet", 25, "Expected '\\)'"),
        ("0.5 if hot", 20, "Expected 'else'"),
        ("front in quiet", 19, "list of levels"),
        ("3 weks", 12, "Did you mean 'week"),
        ("3 weeks weeks 2", 24, "should end"),
        ("min()", 14, "Expected a name"),
        ("log(1, 2)", 10, "takes 1 argument"),
        ("P(deaths)", 10, "Did you mean 'dead'"),
        ("9e999", 10, "not a finite number"),
        ("if", 10, "cannot stand here"),
        ("gain / k per year", 15, "in two ways"),
        ("fact", 10, "name of a fact"),
        ("fact.", 14, "no meaning"),
        ("", 10, "found the end"),
    ],
)
def test_what_does_not_fit_is_located_and_explained(text, column, says):
    with pytest.raises(ScenarioError, match=says) as caught:
        read(text)
    mark = caught.value.problems[0].mark
    assert (mark.file, mark.line, mark.column) == ("crisis.yaml", 3, column)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gain + k", "a rate \\(per time\\) and a plain number"),
        ("gain + 1", "a rate"),
        ("1 if hot else gain", "Unlike things are chosen"),
        ("hot + 1", "1 if ... else 0"),
        ("k and hot", "must be a condition"),
        ("not k", "must be a condition"),
        ("exp(gain)", "must be a plain number"),
        ("front < clash", "have no order"),
        ("rank(front)", "levels are ordered"),
        ("delay > gain", "Unlike things are compared"),
    ],
)
def test_unlike_things_do_not_mix(text, says):
    with pytest.raises(ScenarioError, match=says):
        dimension_of(read(text))


def test_a_place_that_needs_a_rate_refuses_a_bare_number_but_takes_zero():
    assert expect(read("0"), RATE) == RATE
    with pytest.raises(ScenarioError, match="The rate must be a rate"):
        expect(read("2"), RATE, "the rate")


def test_judgements_only_may_ask_the_process():
    plain = Scope(SCOPE.variables, conditions=SCOPE.conditions)
    with pytest.raises(ScenarioError, match="only a judgement"):
        resolve(parse_expression("P(dead) < 5%"), plain, asking=True)
    asking = Scope(SCOPE.variables, conditions=SCOPE.conditions, outcomes=frozenset({"dead"}))
    with pytest.raises(ScenarioError, match="only a judgement"):
        resolve(parse_expression("P(dead) < 5%"), asking)
    asked = resolve(parse_expression("P(dead) < E(dead)"), asking, asking=True)
    assert [query.kind for query in queries_of(asked)] == ["P", "E"]


def test_names_used_are_listed_through_conditions():
    expr = read("gain if both else k per year")
    assert variables_of(expr) == ("front", "standing")
    assert parameters_of(expr) == ("gain", "k")


def test_resolving_again_changes_nothing():
    expr = read("front in [quiet] and rank(demand) > k or standing == weak")
    assert resolve(expr, SCOPE) == expr


def test_a_name_with_two_meanings_is_refused():
    scope = Scope(
        {"front": ("a", "b"), "a": ("a", "b")}, parameters={"x": PLAIN}, conditions={"x": read("hot")}
    )
    with pytest.raises(ScenarioError, match="both a parameter and a condition"):
        resolve(parse_expression("x"), scope)
    with pytest.raises(ScenarioError, match="a variable with the same levels"):
        resolve(parse_expression("front == a"), scope)


def test_conditions_that_go_round_in_circles_are_refused():
    scope = Scope({}, conditions={"a": parse_expression("not b"), "b": parse_expression("a or true")})
    with pytest.raises(ScenarioError, match="a -> b -> a"):
        resolve(parse_expression("a"), scope)


def test_hostile_sizes_are_refused_at_once():
    for text in (
        "(" * 500 + "1" + ")" * 500,
        "-(" * 500 + "1" + ")" * 500,
        "1" + "+1" * 1500,
        "not " * 900 + "true",
    ):
        with pytest.raises(ScenarioError, match="nested more than"):
            parse_expression(text)
    with pytest.raises(ScenarioError, match="at most 4000"):
        parse_expression("1 " * 4000)
    doubling = {f"c{i}": parse_expression(f"c{i - 1} and c{i - 1}" if i else "true") for i in range(60)}
    with pytest.raises(ScenarioError, match=r"too large|too deeply"):
        resolve(parse_expression("c59"), Scope({}, conditions=doubling))


@pytest.mark.parametrize(
    "text", ["--6", "- -6", "−−6", "--6 per year", "--x", "2 * --3", "2 - - -6", "x + --1"]
)
def test_two_minus_signs_in_a_row_are_a_slip_and_not_a_plus(text):
    with pytest.raises(ScenarioError, match="Two minus signs") as caught:
        parse_expression(text)
    assert "-(-6)" in caught.value.problems[0].fix


@pytest.mark.parametrize(
    ("text", "plainly"),
    [("+6", "6"), ("+.5 per year", ".5 per year"), ("+ 2 * x", "2 * x"), ("2 - +6", "2 - 6"), ("+7%", "7%")],
)
def test_a_sign_before_a_number_may_be_a_plus(text, plainly):
    assert to_text(parse_expression(text)) == to_text(parse_expression(plainly))
    with pytest.raises(ScenarioError, match="found '\\+'"):
        parse_expression(text.replace("+", "+ +", 1))


@pytest.mark.parametrize("text", ["-(-6)", "2 - -6", "-(-x) * 2", "-(-(-1))", "-x per year"])
def test_what_takes_a_negative_number_away_is_written_as_it_is_read(text):
    assert to_text(parse_expression(text)) == text


def test_positions_count_lines_of_a_block():
    with pytest.raises(ScenarioError) as caught:
        parse_expression("1 +\n  ?", Mark("f", 5, 3))
    assert str(caught.value.problems[0].mark) == "f:6:3"


@pytest.mark.parametrize(
    "text",
    [
        "every month",
        "weekly",
        "twice a year",
        "three times a month",
        "once in 10 years",
        "1 year 6 months",
        "6 a year",
    ],
)
def test_amounts_are_the_same_in_expressions_as_alone(text):
    number, alone = read(text), parse_quantity(text)
    assert (number.value, number.dimension, number.text) == (alone.value, alone.dimension, text)
    assert read(f"2 * ({text})") == Binary("*", Number(2.0), number)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("6/year", "6 per year"),
        ("50%/year", "50% per year"),
        ("k / week", "k per week"),
        ("k / WEEKS", "k per weeks"),
        ("2 * k / month + gain", "(2 * k) per month + gain"),
    ],
)
def test_what_is_divided_by_a_time_is_that_often(text, written):
    assert dimension_of(read(text)) == RATE
    at = {"k": 3.0, "gain": 0.5}
    assert evaluate(read(text), {}, at) == pytest.approx(evaluate(read(written), {}, at), rel=1e-15)
    assert to_text(read(text)) == written


@pytest.mark.parametrize("kind", ["variables", "parameters", "conditions", "levels"])
def test_a_name_that_is_taken_is_no_time(kind):
    taken = {
        "variables": Scope({"year": ("a", "b")}),
        "parameters": Scope({}, parameters={"year": PLAIN}),
        "conditions": Scope({}, conditions={"year": parse_expression("true")}),
        "levels": Scope({"age": ("year", "decade")}),
    }[kind]
    try:
        found = resolve(parse_expression("6/year"), taken)
    except ScenarioError:
        return
    assert "per year" not in to_text(found)


@pytest.mark.parametrize(
    "text", ["k / (2 per year)", "gain / (k per year)", "k / (10 people per day) * 2", "k / (every 3 weeks)"]
)
def test_what_is_divided_by_a_rate_is_written_so_that_it_is_read_back(text):
    assert parse_expression(to_text(parse_expression(text))) == parse_expression(text)


@pytest.mark.parametrize(
    ("fact", "written", "told"),
    [
        ("12 per year", "fact.f", "12 per year"),
        ("once in 5 years", "fact.f", "once in 5 years"),
        ("12 per year", "2 * fact.f", "24 per year"),
        ("every 3 weeks", "fact.f / 2", "every 6 weeks"),
        ("70%", "fact.f", "70%"),
        ("70%", "1 - fact.f", "0.3"),
        ("4,000 people", "fact.f / 1000", "4 people"),
        ("12 per year", "fact.f / (3 per year)", "4"),
        ("0 per year", "fact.f * 2", "0 per year"),
        ("70%", "4 per year * fact.f", "2.8 per year"),
    ],
)
def test_a_derived_number_is_told_in_the_unit_of_what_it_was_derived_from(fact, written, told):
    scope = Scope({}, facts={"f": parse_quantity(fact)})
    assert read_constant(written, Mark("f.yaml"), scope).text == told

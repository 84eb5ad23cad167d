"""Likelihoods against closed forms, and their derivatives against differences."""

import math

import numpy as np
import pytest
from scipy import integrate, linalg

from bystander.errors import InputError, QueryError, ScenarioError
from bystander.evidence.filtering import contributions
from bystander.evidence.layout import LaidRecord
from bystander.evidence.likelihood import Likelihood
from bystander.evidence.reading import parse_record
from bystander.evidence.starting import standing_on
from bystander.scenario import read_scenario, read_text
from evidence.chains import chain_scenario

TWO = {("off", "on"): "0.3 per day", ("on", "off"): "0.7 per day"}
THREE = {
    ("low", "mid"): "0.2 per day",
    ("mid", "high"): "0.4 per day",
    ("high", "low"): "0.1 per day",
    ("mid", "low"): "0.3 per day",
}


def log_likelihood(rates, observations, *, levels=("off", "on"), start="off", extra=""):
    scenario = chain_scenario(levels, rates, start=start)
    record = parse_record(f"record: 1\ntitle: t\n{extra}observations:\n{observations}", "r.yaml")
    return Likelihood(scenario, record).value({})


def p_on(t, a=0.3, b=0.7):
    """Chance of being on at t, having been off at 0."""
    return a / (a + b) * (1 - math.exp(-(a + b) * t))


def cases():
    a, b = 0.3, 0.7
    begin = "from: 0 days\n"
    yield "panel", "  x: {on: 2 days, level: {stage: on}}", begin, math.log(p_on(2))
    wrong = math.log(0.9 * p_on(2) + 0.1 * (1 - p_on(2)))
    yield "misclassified", "  x: {on: 2 days, level: {stage: on}, error: 10%}", begin, wrong
    either = "  x: {on: 2 days, level: {stage: [off, on]}, error: 10%}"
    yield "a reading that says nothing", either, begin, 0.0
    covered = begin + "coverage: [{of: '*', from: 0 days, until: 5 days}]\n"
    exact = math.log(a) - a * 2 + math.log(b) - b * 1 - a * 2
    two = "  x: {on: 2 days, move: nature.go_off_on}\n  y: {on: 3 days, move: nature.go_on_off}"
    yield "exact", two, covered, exact
    # off to on at 2, nothing seen of what follows: the density of a firing then
    yield "uncovered", "  x: {on: 2 days, move: nature.go_off_on}", begin, math.log(a * (1 - p_on(2)))
    # the only listed firing within five days lies between 1 and 2; on-off firings are not listed
    up = begin + "coverage: [{of: nature.go_off_on, from: 0 days, until: 2 days}]\n"
    between = math.log(_one_between(a, b))
    yield "interval", "  x: {between: [1 days, 2 days], move: nature.go_off_on}", up, between
    half = begin + "coverage: [{of: nature.go_off_on, from: 0 days, until: 2 days, listed: 50%}]\n"
    yield "detection", "  x: {on: 2 days, level: {stage: [off, on]}}", half, math.log(_unlisted(a, b, 0.5, 2))
    counted = "  x: {from: 0 days, until: 2 days, of: nature.go_off_on, count: 1}"
    yield "count", counted, begin, math.log(_exactly_one(a, b, 2.0))


DATED = """
bystander: 1
title: A border before a vote
as_of: 2020-03-01
horizon: 1 year
parameters: {pace: {value: 6 per year, prior: "lognormal(median=6 per year, spread=2)"}}
variables: {front: {levels: [quiet, clash], start: quiet}}
actors:
  north:
    acts: every 1 week
    discount: 50% per year
    interests: {calm: {about: Calm, when: VOTE, worth: 3 per year}}
    actions: {stop: {when: front == clash, then: {front: quiet}, habit: once in 1 year}}
hazards:
  starts: {when: front == quiet, rate: pace, then: {front: clash}}
  ends: {when: front == clash, every: 10 days, then: {front: quiet}}
outcomes: {clash: {ever: front == clash}}
"""
SEEN = """
record: 1
title: Clashes
classes: {clash: [nature.starts]}
from: 2020-01-01
until: 2020-03-01
observations:
  one: {on: 2020-01-10, move: clash}
  seen: {on: 2020-02-01, level: {front: [quiet]}}
"""


@pytest.mark.parametrize("day", ["2020-03-02", "2020-07-01", "2021-02-01"])
def test_a_record_is_weighed_as_long_as_known_dates_are_far(day):
    calendar = f"calendar: {{vote: {{date: {day}, then: {{front: quiet}}}}}}\n"
    quiet = "front == quiet"
    dated = read_text(DATED.replace("VOTE", f"{quiet} and before vote") + calendar)
    plain = read_text(DATED.replace("VOTE", quiet))
    record = parse_record(SEEN, "r.yaml")
    found, known = (Likelihood(each, record).value_and_gradient({}) for each in (dated, plain))
    assert found[0] == pytest.approx(known[0], abs=1e-9)
    assert found[1] == pytest.approx(known[1], rel=1e-6)
    today = standing_on(dated, record)
    assert today.levels["vote"] == {"ahead": pytest.approx(1.0), "past": 0.0}
    assert sum(today.levels["front"].values()) == pytest.approx(1.0)


@pytest.mark.parametrize(("day", "until"), [("2020-03-05", "2020-03-10"), ("2020-06-01", "2020-12-31")])
def test_a_record_that_goes_on_past_a_known_date_is_refused_by_its_name(day, until):
    calendar = f"calendar: {{vote: {{date: {day}, then: {{front: quiet}}}}}}\n"
    scenario = read_text(DATED.replace("VOTE", "front == quiet") + calendar)
    record = parse_record(SEEN.replace("until: 2020-03-01", f"until: {until}"), "r.yaml")
    with pytest.raises(QueryError, match="first known date ahead \\(vote\\)"):
        Likelihood(scenario, record).value({})


def _exactly_one(a, b, t):
    """One firing off-on by t: on ever since, or back off and quiet."""

    def after(u):
        left = t - u
        back = b * (math.exp(-a * left) - math.exp(-b * left)) / (b - a)
        return a * math.exp(-a * u) * (math.exp(-b * left) + back)

    return integrate.quad(after, 0, t, epsabs=1e-13)[0]


def _one_between(a, b):
    """The first firing between 1 and 2, no second by 2."""

    def after(u):
        left = 2.0 - u
        back = b * (math.exp(-a * left) - math.exp(-b * left)) / (b - a)
        return a * math.exp(-a * u) * (math.exp(-b * left) + back)

    return integrate.quad(after, 1, 2, epsabs=1e-13)[0]


def _unlisted(a, b, listed, t):
    rates = np.array([[-a, a * (1 - listed)], [b, -b]])
    return linalg.expm(rates * t)[0].sum()


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize(
    ("name", "observations", "extra", "wanted"), list(cases()), ids=lambda x: str(x)[:14]
)
def test_two_levels_in_closed_form(name, observations, extra, wanted, few, monkeypatch):
    if not few:
        monkeypatch.setattr(LaidRecord, "few", property(lambda self: False))
    assert log_likelihood(TWO, observations, extra=extra) == pytest.approx(wanted, rel=1e-10, abs=1e-11)


def test_a_reading_of_a_known_level_and_another_is_not_one_of_the_known_level():
    """On or beyond it is not on: where nothing is beyond, the scenario cannot hear what was read."""
    with pytest.raises(ScenarioError, match="'beyond' is not a level of 'stage'"):
        log_likelihood(TWO, "  x: {on: 2 days, level: {stage: [on, beyond]}}", extra="from: 0 days\n")


def test_either_of_two_levels_is_written_as_a_list():
    with pytest.raises(ScenarioError) as caught:
        log_likelihood(TWO, "  x: {on: 2 days, level: {stage: off|on}}", extra="from: 0 days\n")
    assert "[off, on]" in caught.value.problems[0].fix


def test_three_levels_against_matrices():
    q = np.array([[-0.2, 0.2, 0], [0.3, -0.7, 0.4], [0.1, 0, -0.1]])
    observations = """
  a: {on: 3 days, level: {stage: mid}}
  b: {on: 5 days, move: nature.go_mid_high}
  c: {on: 9 days, level: {stage: [low, high]}}
"""
    one = linalg.expm(q * 3)[0, 1]
    two = linalg.expm(q * 2)[1, 1] * 0.4
    three = linalg.expm(q * 4)[2, [0, 2]].sum()
    found = log_likelihood(
        THREE, observations, levels=("low", "mid", "high"), start="low", extra="from: 0 days\n"
    )
    assert found == pytest.approx(math.log(one * two * three), rel=1e-12)


MIXED = """record: 1
title: Everything at once
start: long run
classes: {up: [nature.go_low_mid, nature.go_mid_high]}
coverage: [{of: up, from: 1 days, until: 16 days, listed: 80%}]
regimes: {later: {from: 12 days, set: {q_low_mid: 0.5 per day}}}
observations:
  a: {on: 2 days, move: up}
  b: {on: 6 days, level: {stage: mid}, error: 10%}
  c: {between: [9 days, 13 days], move: up}
  d: {on: 14 days, move: up, perhaps: true}
  e: {from: 17 days, until: 25 days, of: up, count: 1..3}
  f: {from: 18 days, until: 22 days, of: nature.go_high_low, toll: 3..9, each: 4, law: geometric}
"""


@pytest.mark.parametrize("text", [MIXED, MIXED[: MIXED.index("  c:")]], ids=["layers", "few"])
def test_gradient_agrees_with_differences(text):
    scenario = chain_scenario(("low", "mid", "high"), THREE)
    likelihood = Likelihood(scenario, parse_record(text, "r.yaml"))
    values = scenario.parameter_values()
    value, gradient = likelihood.value_and_gradient(values)
    assert value == pytest.approx(likelihood.value(values), rel=1e-9)
    for name, at in values.items():
        step = 1e-4 * at
        ends = [likelihood.value({**values, name: at + side * step}) for side in (1, -1)]
        assert gradient[name] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=2e-6)


STARTED = """\
bystander: 1
title: Where histories begin
as_of: 2022-01-01
horizon: 60 days
variables:
  stage: {levels: [low, mid, high, lost], start: low}
  news: {levels: [none, bad], start: {none: 60%, bad: 40%}}
starts: {leak: [{chance: odds, stage: high, news: bad}, {chance: odds / 2, stage: mid}, {chance: rest}]}
parameters: {odds: 30%, pace: 0.1 per day}
hazards:
  rise: {when: stage == low, rate: pace if news == none else 2 * pace, then: {stage: mid}}
  fall: {when: stage == mid, rate: 0.2 per day, then: {stage: low}}
  lose: {when: stage == high, rate: 0.02 per day, then: {stage: lost}}
outcomes: {risen: {ever: stage == mid}}
"""


@pytest.mark.parametrize(
    "start", ["scenario", "long run", "{news: {none: 30%, bad: 70%}}", "{stage: {mid: 1}}"]
)
def test_the_start_has_a_gradient_too(start):
    scenario = read_text(STARTED)
    record = f"record: 1\ntitle: Begun\nstart: {start}\nobservations:\n"
    record += "  a: {on: 9 days, level: {stage: mid}}\n"
    record += "  b: {on: 12 days, level: {stage: [low, mid]}, error: 10%}\n"
    likelihood = Likelihood(scenario, parse_record(record, "r.yaml"))
    _, gradient = likelihood.value_and_gradient({})
    for name, at in scenario.parameter_values().items():
        ends = [likelihood.value({name: at * (1 + side * 1e-4)}) for side in (1, -1)]
        assert gradient[name] == pytest.approx((ends[0] - ends[1]) / (2e-4 * at), rel=2e-6, abs=1e-7), name
    known = start == "{stage: {mid: 1}}"  # the news there does not hang on the odds
    assert (abs(gradient["odds"]) < 1e-12) is known


EDGE = """\
bystander: 1
title: A chance of nothing
as_of: 2022-01-01
horizon: 60 days
variables:
  stage: {levels: [low, mid, high, lost], start: low}
  news: {levels: [none, bad, worse], start: none}
  talks: {levels: [none, held], start: none}
starts: {leak: [{chance: odds, stage: high, news: bad}, {chance: rest}]}
parameters: {odds: 0%, pace: 0.1 per day}
hazards:
  rise: {when: stage == low, rate: pace, then: {stage: mid}}
  fall: {when: stage == high, rate: 3 * pace, then: {stage: mid}}
  lose: {when: stage == mid, rate: 0.02 per day, then: {stage: lost}}
  find: {when: stage == lost, rate: 0.02 per day, then: {stage: high}}
  hear: {when: stage == mid and news == none, rate: 0.02 per day, then: {news: bad}}
  talk: {when: news == none, rate: 0.02 per day, then: {talks: held}}
outcomes: {risen: {ever: stage == mid}}
"""


def test_a_start_that_has_no_chance_yet_has_a_gradient():
    """Nothing that begins there can be reached, and it counts."""
    scenario = read_text(EDGE)
    record = "record: 1\ntitle: Begun\nclasses: {told: [nature.hear, nature.talk]}\n"
    record += "coverage: [{of: told, from: 0 days, until: 9 days}]\n"
    record += "observations:\n  a: {on: 9 days, level: {stage: mid}}\n"
    likelihood = Likelihood(scenario, parse_record(record, "r.yaml"))
    value, gradient = likelihood.value_and_gradient({"odds": 0.0, "pace": 0.1})
    ahead = [likelihood.value({"odds": odds, "pace": 0.1}) for odds in (1e-5, 2e-5)]
    assert gradient["odds"] == pytest.approx((4 * ahead[0] - ahead[1] - 3 * value) / 2e-5, rel=1e-5)


def test_both_ways_to_filter_agree(monkeypatch):
    text = MIXED[: MIXED.index("  c:")]
    scenario = chain_scenario(("low", "mid", "high"), THREE)
    few, few_slopes = Likelihood(scenario, parse_record(text, "r.yaml")).value_and_gradient({})
    monkeypatch.setattr(LaidRecord, "few", property(lambda self: False))
    many, many_slopes = Likelihood(scenario, parse_record(text, "r.yaml")).value_and_gradient({})
    assert many == pytest.approx(few, rel=1e-10)
    assert many_slopes == pytest.approx(few_slopes, rel=1e-6)


@pytest.mark.parametrize("few", [True, False])
def test_long_silence_and_rare_moves_overflow_nothing(few, monkeypatch):
    if not few:
        monkeypatch.setattr(LaidRecord, "few", property(lambda self: False))
    rates = {("off", "on"): "40 per day", ("on", "off"): "1e-14 per day"}
    extra = "from: 0 days\ncoverage: [{of: nature.go_off_on, from: 0 days, until: 300 days}]\n"
    silent = log_likelihood(rates, "  x: {on: 300 days, level: {stage: off}}", extra=extra)
    assert silent == pytest.approx(-12000.0, rel=1e-9)
    rare = log_likelihood(rates, "  x: {on: 1 days, move: nature.go_on_off}", extra="from: 0 days\n")
    assert rare == pytest.approx(math.log(1e-14 * -math.expm1(-40)), rel=1e-9)
    impossible = log_likelihood(
        {("off", "on"): "1 per day", ("on", "off"): "0 per day"},
        "  x: {on: 1 days, level: {stage: on}}\n  y: {on: 2 days, level: {stage: off}}",
        extra="from: 0 days\n",
    )
    assert impossible == -math.inf


def test_improbable_observations_keep_their_digits(monkeypatch):
    """Nine moves within a day of a process that makes one in 300 years."""
    monkeypatch.setattr(LaidRecord, "few", property(lambda self: False))
    names = [f"l{k}" for k in range(10)]
    rates = {(names[k], names[k + 1]): "1e-5 per day" for k in range(9)}
    found = log_likelihood(
        rates, "  x: {on: 1 days, level: {stage: l9}}", levels=names, start="l0", extra="from: 0 days\n"
    )
    wanted = 9 * math.log(1e-5) - math.lgamma(10) - 1e-5 * 9 / 10  # the last passage has no exit
    assert found == pytest.approx(wanted, abs=1e-9)


def test_smoothing_is_the_chance_given_everything():
    scenario = chain_scenario(("off", "on"), TWO, start="off")
    text = "record: 1\ntitle: t\nfrom: 0 days\nobservations:\n  x: {on: 4 days, level: {stage: on}}\n"
    found, _ = Likelihood(scenario, parse_record(text, "r.yaml"), marks=(1.0,)).filtered(courses=True)
    at = dict(found.courses[0])
    q = np.array([[-0.3, 0.3], [0.7, -0.7]])
    wanted = linalg.expm(q)[0] * linalg.expm(3 * q)[:, 1] / linalg.expm(4 * q)[0, 1]
    assert at[1.0] == pytest.approx(wanted, rel=1e-10)


def test_a_record_without_words_is_refused():
    with pytest.raises(InputError, match="no words for anything"):
        log_likelihood(TWO, "  x: {on: 1 days, move: nature.nothing}")


def entry_game(cost: float) -> tuple[np.ndarray, np.ndarray]:
    """Values and generator of the entry game (Blevins 2025), by iterating its equations plainly."""
    values, rates = np.full((2, 2, 2, 2), 22.5), np.zeros((8, 8))
    for _ in range(2200):
        new, rates = np.zeros_like(values), np.zeros((8, 8))
        for d, *active in np.ndindex(2, 2, 2):
            here = (d, *active)
            flipped = (1 - d, *active)
            switched = [(d, 1 - active[0], active[1]), (d, active[0], 1 - active[1])]
            for i in (0, 1):
                stay, go = values[(i, *here)], values[(i, *switched[i])] - (0 if active[i] else cost)
                best = np.logaddexp(stay, go)
                other = switched[1 - i]
                chance = 1 / (
                    1
                    + math.exp(
                        values[(1 - i, *here)] - values[(1 - i, *other)] + (0 if active[1 - i] else cost)
                    )
                )
                flow = active[i] * (0.2 * d - 0.1 * sum(active))
                total = flow + values[(i, *flipped)] + 2 * best
                total += 2 * (chance * values[(i, *other)] + (1 - chance) * stay)
                new[(i, *here)] = total / (0.05 + 1 + 4)
                at = [np.ravel_multi_index(x, (2, 2, 2)) for x in (here, switched[i], flipped)]
                rates[at[0], at[1]] = 2 * math.exp(go - best)
                rates[at[0], at[2]] = 1.0
        values = new
    return values, rates - np.diag(rates.sum(axis=1))


ENTRY = """record: 1
title: The market
from: 0 days
coverage: [{of: firm_one.*, from: 0 days, until: 4 days}]
observations:
  a: {on: 1 days, move: firm_one.enter}
  b: {on: 2 days, level: {second: active, demand: "1"}}
  c: {on: 3 days, move: firm_one.leave}
"""


def test_the_entry_game_at_its_published_parameters():
    def by_matrices(cost: float) -> float:
        values, q = entry_game(cost)
        if cost == 0.5:
            assert values.sum() == pytest.approx(360.942094, abs=1e-6)
        one = np.array([x[1] for x in np.ndindex(2, 2, 2)])
        moves = np.where(one[:, None] != one[None, :], q, 0.0)
        quiet = linalg.expm(q - moves)
        begin = np.zeros(8)
        begin[0] = 1.0
        seen = np.array([x[2] == 1 and x[0] == 1 for x in np.ndindex(2, 2, 2)])
        enter, leave = np.where(one[:, None] == 0, moves, 0.0), np.where(one[:, None] == 1, moves, 0.0)
        return math.log((((begin @ quiet @ enter @ quiet) * seen) @ quiet @ leave @ quiet).sum())

    likelihood = Likelihood(read_scenario("papers/blevins-entry"), parse_record(ENTRY, "r.yaml"))
    value, gradient = likelihood.value_and_gradient(likelihood.central())
    assert value == pytest.approx(by_matrices(0.5), rel=1e-9)
    step = 1e-4
    slope = (by_matrices(0.5 + step) - by_matrices(0.5 - step)) / (2 * step)
    assert gradient["entry_cost"] == pytest.approx(slope, rel=1e-6)


NINE_DAYS = "record: 1\ntitle: t\nfrom: 0 days\nuntil: 9 days\n"
TWO_LEVELS = chain_scenario(("off", "on"), TWO, start="off")
COUNTED = "  a: {from: 2 days, until: 6 days, of: nature.go_off_on, count: 0..3}\n"
AT_ONCE = {
    "a count of another class": ("  b: {from: 4 days, until: 9 days, of: '*', count: 0..9}\n", ""),
    "a toll": ("  b: {from: 4 days, until: 9 days, of: ups, toll: 3, each: 2}\n", ""),
    "a move on a day": ("  b: {on: 4 days, move: ups}\n", ""),
    "a move somewhere": ("  b: {between: [1 days, 3 days], move: ups}\n", ""),
    "coverage": ("", "coverage: [{of: '*', from: 0 days, until: 3 days}]\n"),
    "part of what is covered": ("", "coverage: [{of: ups, from: 5 days, until: 9 days, listed: 40%}]\n"),
}
APART = {
    "other moves": ("  b: {from: 4 days, until: 9 days, of: nature.go_on_off, count: 0..9}\n", ""),
    "another time": ("  b: {from: 6 days, until: 9 days, of: '*', count: 0..9}\n", ""),
    "other moves covered": ("", "coverage: [{of: nature.go_on_off, from: 0 days, until: 9 days}]\n"),
    "covered until then": ("", "coverage: [{of: '*', from: 0 days, until: 2 days}]\n"),
    "a level": ("  b: {on: 4 days, level: {stage: on}}\n", ""),
}


def counted_record(lines: str, rest: str):
    text = f"{NINE_DAYS}classes: {{ups: {{moves: '*', into: stage == on}}}}\n"
    return parse_record(f"{text}{rest}observations:\n{COUNTED}{lines}", "t.yaml")


@pytest.mark.parametrize(("lines", "rest"), AT_ONCE.values(), ids=AT_ONCE)
def test_no_firing_is_counted_under_one_name_and_seen_under_another(lines, rest):
    with pytest.raises(ScenarioError, match=r"nature\.go_off_on is") as caught:
        Likelihood(TWO_LEVELS, counted_record(lines, rest)).value({})
    assert {each.check for each in caught.value.problems} == {"double-observation"}
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(("lines", "rest"), APART.values(), ids=APART)
def test_what_is_counted_apart_makes_nothing_likelier(lines, rest):
    alone = Likelihood(TWO_LEVELS, counted_record("", "")).value({})
    assert Likelihood(TWO_LEVELS, counted_record(lines, rest)).value({}) <= alone + 1e-12


@pytest.mark.parametrize(("low", "high"), [(0, 0), (0, 2), (1, 1), (2, 5), (0, 40)])
def test_what_a_count_says_is_told_of_the_count(low, high):
    """Without coverage silence says nothing, so that all there is to be told is told of the count."""
    own = COUNTED.replace("0..3", f"{low}..{high}")
    likelihood = Likelihood(TWO_LEVELS, parse_record(f"{NINE_DAYS}observations:\n{own}", "t.yaml"))
    found, _ = likelihood.filtered({})
    terms = {each.name: each.log for each in contributions(likelihood.laid, found)}
    assert terms.pop("a") == pytest.approx(likelihood.value({}), abs=1e-12)
    assert all(abs(log) < 1e-12 for log in terms.values())
    exact = sum(math.exp(Likelihood(TWO_LEVELS, exactly(n)).value({})) for n in range(low, min(high, 25) + 1))
    assert math.exp(likelihood.value({})) == pytest.approx(exact, abs=1e-9)


def exactly(number: int):
    own = COUNTED.replace("0..3", str(number))
    return parse_record(f"{NINE_DAYS}observations:\n{own}", "t.yaml")

"""Ranges over the priors: read off derivatives, compared with solved draws; kept; joined with equilibria."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from bystander.assessment.assess import QUICK, assess
from bystander.assessment.judging import drawn_spread
from bystander.assessment.kept import assess_or_recall
from bystander.assessment.ranges import Spread, with_ranges
from bystander.assessment.result import DRAWS, FIRST_ORDER, LITTLE, STRAIGHT, Assessment
from bystander.assessment.spreading import first_order_spread, slopes_at
from bystander.cases.cases import Case, solve_case
from bystander.cases.store import Store, of_form
from bystander.policy.robustness import draw_parameters
from bystander.report.words.confidence import ranges_over, shares_of
from bystander.scenario import Scenario, read_scenario, read_text
from bystander.scenario.priors import Prior
from bystander.units import CHANCES

COUNT = 60


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario("templates/border")


@pytest.fixture(scope="module")
def case(scenario: Scenario) -> Case:
    return solve_case(scenario)


def narrowed(scenario: Scenario, by: float) -> Scenario:
    """Draw every prior together around the central value."""
    parameters = {}
    for name, parameter in scenario.parameters.items():
        if parameter.prior is not None and parameter.value.value > 0.0:
            prior = Prior("lognormal", parameter.value.value, 1.0 + by)
            parameters[name] = parameter.model_copy(update={"prior": prior})
        else:
            parameters[name] = parameter.model_copy(update={"prior": None})
    return scenario.model_copy(update={"parameters": parameters})


def read_off(case: Case, draws: int = COUNT) -> Spread:
    slopes = slopes_at(case, list(case.outcomes), None)
    found = first_order_spread(case, slopes, draws=draws)
    assert found is not None
    return found


def on_scale(case: Case, name: str, value: float) -> float:
    if case.outcomes[name].estimate.unit in CHANCES:
        return math.log(value / (1.0 - value))
    return math.log(value)


def test_where_priors_are_narrow_first_order_is_what_solved_draws_say(scenario: Scenario) -> None:
    near = narrowed(scenario, 0.02)
    case = solve_case(near)
    read, solved = read_off(case), drawn_spread(near, COUNT, base=case, store=Store(None))
    assert solved is not None
    assert solved.how == DRAWS
    assert read.how == FIRST_ORDER
    assert solved.outcomes
    assert solved.means.keys() == solved.outcomes.keys()
    assert all(low <= solved.means[name] <= high for name, (low, high) in solved.outcomes.items())
    for name, ends in solved.outcomes.items():
        low, high = (on_scale(case, name, end) for end in ends)
        for end, other in zip(ends, read.outcomes[name], strict=True):
            assert abs(on_scale(case, name, end) - on_scale(case, name, other)) < 0.05 * (high - low) + 1e-6


COUNTED = """
bystander: 1
title: What is counted moves with how often it can happen
as_of: 2024-01-01
horizon: 1 year
settings: {shocks: control}
variables: {v: {levels: [a, b], start: a}}
parameters:
  r: {value: 10 per year, prior: "lognormal(median=10 per year, spread=1.5)"}
  h: {value: 5%, prior: "beta(mean=0.05, n=60)"}
  toll: {value: 3 people, prior: "lognormal(median=3 people, spread=1.4)"}
  away: {value: 2%, prior: "beta(mean=0.02, n=200)"}
actors:
  guard:
    acts: 2 * r
    discount: 30% per year
    actions: {shoot: {when: v == a, then: {v: a}, habit: h}}
hazards:
  x: {when: v == a, rate: r, then: [{chance: away, v: b}, {chance: rest, v: a}]}
  back: {when: v == b, every: 3 weeks, then: {v: a}}
outcomes:
  incidents: {counts: nature.x}
  shots: {counts: guard.shoot}
  hurt: {on_moves: {nature.x: 2 * toll, guard.shoot: toll}}
  mourned: {accumulates: {v == b: r * toll, v == a: 0.1 * r * toll}}
  quiet_days: {accumulates: {v == a: 1 day per day}}
"""


def test_what_is_counted_ranges_as_far_as_what_can_be() -> None:
    """The most that could be counted is no wall where a parameter moves it: 9.9 (4e-18 to 10) was told."""
    counted = read_text(COUNTED, "counted.yaml")
    base = solve_case(counted)
    read, solved = read_off(base, 200), drawn_spread(counted, 200, base=base, store=Store(None))
    assert solved is not None
    assert set(solved.outcomes) == {"incidents", "shots", "hurt", "mourned", "quiet_days"}
    for name, ends in solved.outcomes.items():
        for end, other in zip(ends, read.outcomes[name], strict=True):
            assert other == pytest.approx(end, rel=0.04), name
    assert read.outcomes["quiet_days"][1] < 366.0


SHUT = """
bystander: 1
title: What is not there yet
as_of: 2024-01-01
horizon: 1 year
settings: {shocks: control}
variables: {v: {levels: [a, b, c], start: a}}
parameters:
  raid: {value: 0 per year, prior: "lognormal(median=2 per year, spread=1.2)"}
  turn: {value: 1, prior: "beta(mean=0.5, n=60)"}
actors:
  guard:
    acts: every 1 month
    discount: 30% per year
    actions: {shoot: {when: v == a, then: {v: b}, habit: 5%}}
hazards:
  raids: {rate: raid, then: {v: a}}
  x: {when: v == b, rate: 10 per year, then: [{chance: turn, v: c}, {chance: rest, v: a}]}
  back: {when: v == c, rate: 4 per year, then: {v: a}}
outcomes:
  ever: {ever: v == c}
  share: {share: v == c}
  away: {long_run: v == b}
  wait: {time_to: v == c}
  raids: {counts: nature.raids}
  shots: {counts: guard.shoot}
  cost: {accumulates: {v == c: 2 people per day}, on_moves: {nature.raids: 1 person}}
judgements:
  seldom: {holds: P(ever) < 0.195, says: It seldom goes wrong}
  then: {holds: "P(ever | v == b) < 0.54", says: Half of the raids turn}
"""


def test_what_a_parameter_at_its_end_would_open_is_in_the_ranges() -> None:
    """They were made of what is left of a slope: 0.40 to 0.46 for draws from 0.10 to 0.38, and no raid."""
    shut = read_text(SHUT, "shut.yaml")
    base = solve_case(shut)
    read, solved = read_off(base, 200), drawn_spread(shut, 200, base=base, store=Store(None))
    assert solved is not None
    assert set(read.outcomes) == set(shut.outcomes)
    for name, ends in solved.outcomes.items():
        for end, other in zip(ends, read.outcomes[name], strict=True):
            assert other == pytest.approx(end, rel=0.12), name
    for name, (share, _) in solved.judgements.items():
        assert abs(read.judgements[name][0] - share) < 0.12, name
        assert 0.0 < share < 1.0
    found = assess(shut, starts=0, measures=False)
    assert not {s.parameter for s in found.sensitivities} & {"raid", "turn"}
    assert any(each.startswith(LITTLE) for each in found.unanswered)


@pytest.mark.parametrize(
    ("prior", "possible"),
    [
        ("normal(mean=value, sd=0.3)", lambda chance: 0.0 <= chance <= 1.0),
        ("lognormal(median=value, spread=1.5)", lambda chance: chance <= 1.0),
        ("uniform(low=0.2, high=1.4)", lambda chance: chance <= 1.0),
        ("beta(mean=value, n=60)", lambda chance: True),
    ],
)
def test_draws_that_can_not_be_are_left_out_as_where_they_are_solved(prior, possible) -> None:
    """A line does not end where a chance is 1: of draws beyond it a fifth said what none that can be says."""
    text = SHUT.replace("value: 0 per year", "value: 1 per year").replace("value: 1,", "value: 0.8,")
    text = text.replace("beta(mean=0.5, n=60)", prior)
    wide = read_text(text, "wide.yaml")
    base = solve_case(wide)
    read, solved = read_off(base, 200), drawn_spread(wide, 200, base=base, store=Store(None))
    count = sum(possible(world["turn"]) for world in draw_parameters(wide, 200, 0))
    assert solved is not None
    assert (read.draws, read.failed) == (solved.draws, solved.failed) == (count, 200 - count)
    assert (count < 200) == ("beta" not in prior)
    assert read.outcomes["ever"][1] == pytest.approx(solved.outcomes["ever"][1], rel=0.06)


def test_over_the_priors_as_they_are_it_is_near_them(scenario: Scenario, case: Case) -> None:
    read, solved = read_off(case), drawn_spread(scenario, COUNT, base=case, store=Store(None))
    assert solved is not None
    for name, ends in solved.outcomes.items():
        if case.outcomes[name].estimate.unit in CHANCES:
            for end, other in zip(ends, read.outcomes[name], strict=True):
                assert abs(end - other) < 0.1, name
    for name, (share, _) in solved.judgements.items():
        assert abs(read.judgements[name][0] - share) < 0.15


def test_every_headline_number_has_a_range_that_holds_it(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bystander.assessment.assess.QUICK", 0)
    found = assess(scenario, starts=0, measures=False)
    assert found.ranges.how == FIRST_ORDER
    assert found.ranges.draws == 200
    for outcome in found.outcomes:
        if outcome.headline:
            e = outcome.estimate
            assert e.low is not None
            assert e.high is not None
            assert e.low <= e.value <= e.high
            if e.unit in CHANCES:
                assert 0.0 <= e.low < e.high <= 1.0
    assert all(j.robustness is not None for j in found.judgements)
    assert "first order" in ranges_over(found)
    assert "200" in ranges_over(found)
    assert "first order" in shares_of(found)


@pytest.mark.parametrize(("values", "says"), [(0, True), (QUICK, False)])
def test_only_ranges_to_first_order_go_straight_from_nought(values, says, monkeypatch) -> None:
    monkeypatch.setattr("bystander.assessment.assess.QUICK", values)
    found = assess(read_text(SHUT, "shut.yaml"), starts=0, measures=False)
    assert found.ranges.how == (FIRST_ORDER if says else DRAWS)
    assert any(STRAIGHT in said for said in found.unanswered) is says
    straight = replace(found, unanswered=(f"Of it{STRAIGHT}; ask",))
    assert with_ranges(straight, Spread(DRAWS, 9, {}, {})).unanswered == ("Of it; ask",)


def test_a_range_over_equilibria_is_joined_and_named(scenario: Scenario, case: Case) -> None:
    found = assess(scenario, starts=0, measures=False, ranges=False)
    name = found.outcomes[0].name
    value = found.outcomes[0].estimate.value
    assert found.outcomes[0].estimate.low is None
    several = replace(
        found,
        ranges=replace(found.ranges, equilibria=((name, 0.0, value),)),
        solve=replace(found.solve, equilibria_found=2),
    )
    over = Spread(DRAWS, 30, {name: (value, 0.999)}, {}, 2)
    joined = with_ranges(several, over)
    assert (joined.outcomes[0].estimate.low, joined.outcomes[0].estimate.high) == (0.0, 0.999)
    said = ranges_over(joined)
    assert "2 equilibria" in said
    assert "30 draws" in said
    assert "2 more have no solution" in said


def test_an_unchanged_scenario_is_recalled_and_a_spoilt_entry_made_again(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = assess_or_recall(scenario, store=Store(tmp_path), starts=1)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*.json")}

    def refuse(*_: object, **__: object) -> Assessment:
        raise AssertionError("nothing is to be assessed again")

    with monkeypatch.context() as patched:
        patched.setattr("bystander.assessment.assess.assess", refuse)
        again = assess_or_recall(scenario, store=Store(tmp_path), starts=1)
        assert again == first
        with pytest.raises(AssertionError):
            assess_or_recall(scenario, store=Store(tmp_path), starts=1, seed=1)
    for path, raw in files.items():
        path.write_bytes(raw[:-3] + b"9" + raw[-2:])
    anew = assess_or_recall(scenario, store=Store(tmp_path), starts=1)
    assert replace(anew, solve=first.solve) == first
    with pytest.raises(ValueError, match="title"):
        of_form(Assessment)({"name": "no assessment"})


def test_solved_draws_are_kept_and_shown_by_later_runs(scenario: Scenario, tmp_path: Path) -> None:
    plain = assess_or_recall(scenario, store=Store(tmp_path), starts=0)
    assert (plain.ranges.how, plain.ranges.draws) == (DRAWS, 200)
    drawn = assess_or_recall(scenario, store=Store(tmp_path), starts=0, draws=224)
    assert (drawn.ranges.how, drawn.ranges.draws + drawn.ranges.failed) == (DRAWS, 224)
    later = assess_or_recall(scenario, store=Store(tmp_path), starts=0)
    assert later == drawn
    assert assess(scenario, starts=0, measures=False, store=Store(tmp_path)).ranges == drawn.ranges
    assert {o.name: o.estimate.value for o in later.outcomes} == {
        o.name: o.estimate.value for o in plain.outcomes
    }


def test_draws_that_were_interrupted_are_said_and_not_kept_as_whole(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bystander.cases import jobs

    def interrupted(task, shared, payloads, keep, **_):
        for number, (key, payload) in enumerate(payloads.items()):
            if number == 22:
                raise KeyboardInterrupt
            keep(key, task(shared, payload))

    assess_or_recall(scenario, store=Store(tmp_path), starts=0)
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "run_tasks", interrupted)
        some = assess_or_recall(scenario, store=Store(tmp_path), starts=0, draws=40)
    assert some.ranges.ended == "interrupted"
    assert "fewer draws" in ranges_over(some)
    assert assess_or_recall(scenario, store=Store(tmp_path), starts=0).ranges.draws == 200


STEEP = """
bystander: 1
title: A call that is hardly answered
as_of: 2024-01-01
horizon: 60 days
settings: {shocks: control}
variables: {help: {levels: [none, sent], start: none}, crisis: {levels: [on, over], start: on}}
parameters:
  stake: {value: 2 per month, prior: "lognormal(median=2 per month, spread=2.5)"}
actors:
  power:
    acts: every 12 hours
    discount: 40% per year
    interests: {trouble: {when: help == sent, worth: -stake}}
    actions: {send: {when: crisis == on and help == none, then: {help: sent}, habit: once in 2 weeks}}
hazards: {ends: {when: crisis == on, every: 1 month, then: {crisis: over}}}
outcomes: {sent: {ever: help == sent}}
"""


def test_a_steep_chance_is_solved_at_two_points_and_no_longer_runs_from_nothing_to_certain() -> None:
    steep = read_text(STEEP)
    case = solve_case(steep)
    slopes = slopes_at(case, ["sent"], None)
    read = first_order_spread(case, slopes, draws=COUNT)
    bent = first_order_spread(case, slopes, draws=COUNT, store=Store(None))
    solved = drawn_spread(steep, COUNT, base=case, store=Store(None))
    assert read is not None
    assert bent is not None
    assert solved is not None
    assert (read.solved, bent.solved) == ((), ("sent",))
    assert read.outcomes["sent"][1] > 0.9
    for end, other in zip(bent.outcomes["sent"], solved.outcomes["sent"], strict=True):
        assert abs(end - other) < 0.03
    told = ranges_over(with_ranges(assess(steep, starts=0, measures=False, ranges=False), bent))
    assert (
        "to first order, from slopes; where these are too steep, from two solved points: \u201cSent" in told
    )

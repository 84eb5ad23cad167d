"""What an equilibrium's residual does to answers, against the same answers at the equilibrium itself."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from bystander.cases import cases, closeness, jobs
from bystander.cases.cases import answer_case, solve_case
from bystander.cases.changes import Change
from bystander.cases.closeness import chosen_rate, most_chosen, rate_error
from bystander.cases.store import Store
from bystander.equilibrium.kernels import behaviour
from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.policy.measures import try_measures
from bystander.policy.sweep import sweep
from bystander.process.chain import make_chain
from bystander.scenario.read import read_text

TWO = """
bystander: 1
title: Two who push
as_of: 2024-01-01
horizon: 1 year
settings: {shocks: private}
variables: {front: {levels: [quiet, clash, battle], start: quiet}}
conditions: {clash: front == clash}
actors:
  north:
    acts: weekly
    patience: 50% per year
    interests:
      rally: {when: front == clash, worth: 2 per year}
      losses: {when: front == battle, worth: -12 per year}
    actions:
      escalate: {when: front == clash, then: {front: battle}, worth: -1, impacts: {south: -2}}
      withdraw: {when: front == battle, then: {front: quiet}, worth: -1}
  south:
    acts: every 2 weeks
    patience: 80% per year
    rationality: 2
    interests: {losses: {when: front == battle, worth: -6 per year}}
    actions: {give_in: {when: front == clash, then: {front: quiet}, worth: -0.5, impacts: {north: 1}}}
hazards:
  incident: {when: front == quiet, rate: 4 per year, then: {front: clash}}
outcomes:
  battle: {ever: front == battle}
  once: {fires: north.escalate, given: clash}
  then: {at: front == battle}
  share: {share: front == quiet}
  days: {accumulates: {front == battle: 1 day per day}}
  times: {counts: north.escalate}
  wait: {time_to: front == battle}
  first: {before: {first: front == battle, than: front == clash}, given: clash}
  long: {long_run: front == battle}
judgements: {likely: {says: Likely, holds: P(battle) > 50%}}
"""


@pytest.mark.parametrize("off", [1e-6, 1e-4, 1e-3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_bounds_hold_for_values_that_are_a_little_off(seed, off):
    scenario = read_text(TWO)
    exact = solve(compile_game(scenario), tolerance=1e-13)
    true = answer_case(scenario, exact)
    values = exact.values + off * np.random.default_rng(seed).normal(size=exact.values.shape)
    choice, rate = behaviour(exact.game, values)
    rough = replace(exact, values=values, choice=choice, option_rate=rate, moved=None)
    found = answer_case(scenario, rough, carried=False)
    carried = answer_case(scenario, rough)
    for name, result in carried.outcomes.items():
        gap = abs(found.value(name) - true.value(name))
        assert gap <= result.estimate.error, name
        assert result.estimate.error <= 1e4 * off * max(abs(true.value(name)), 1.0), name
        assert result.estimate.withheld or result.estimate.value == found.value(name)


def test_the_error_of_rates_is_that_of_their_logs():
    exact = solve(compile_game(read_text(TWO)), tolerance=1e-13)
    values = exact.values + 1e-5 * np.random.default_rng(0).normal(size=exact.values.shape)
    choice, rate = behaviour(exact.game, values)
    epsilon = rate_error(replace(exact, values=values, choice=choice, option_rate=rate, moved=None))
    assert np.abs(np.log(rate / exact.option_rate)).max() <= epsilon < 1e-3
    assert rate_error(exact) < 1e-10
    assert chosen_rate(make_chain(exact)) <= most_chosen(exact.game) < 53
    assert chosen_rate(make_chain(exact)) == pytest.approx(exact.option_rate[1:3].sum(), rel=0.5)


def test_a_verdict_within_the_error_of_the_equilibrium_is_too_close_to_say():
    scenario = read_text(TWO)
    exact = solve(compile_game(scenario), tolerance=1e-13)
    chance = answer_case(scenario, exact).value("battle")
    near = read_text(TWO.replace("> 50%", f"> {100 * chance + 1e-6:.9f}%"))
    values = exact.values + 1e-5 * np.random.default_rng(1).normal(size=exact.values.shape)
    choice, rate = behaviour(exact.game, values)
    rough = replace(exact, values=values, choice=choice, option_rate=rate, moved=None)
    assert answer_case(near, rough, carried=False).verdicts["likely"].holds is not None
    assert answer_case(near, rough).verdicts["likely"].words == "too close to say"


def measured(*measures):
    """Two who push, and measures that set what a battle costs the south per year."""
    lines = [f"  {name}: {{set: {{pain: '{pain} per year'}}}}" for name, pain in measures]
    text = TWO.replace("worth: -6 per year", "worth: pain")
    return read_text(text + "parameters: {pain: {value: -6 per year}}\nmeasures:\n" + "\n".join(lines) + "\n")


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-6])
def test_measures_solved_loosely_carry_it_and_say_what_is_too_close(monkeypatch, tolerance):
    """Only single measures are answered loosely: the base is solved as always."""
    scenario = measured(("relief", -3), ("hardly", -5.96))
    monkeypatch.setattr(jobs, "TOLERANCE", tolerance)
    monkeypatch.setattr(closeness, "SHARP", 1.0)
    tried = try_measures(scenario, store=Store(None), why_idle=False)
    said = []
    for package in tried.packages:
        game = compile_game(Change(measures=package.parts).apply(scenario))
        true = answer_case(scenario, solve(game, tolerance=1e-13))
        for effect in package.effects:
            said.append(effect.too_close or bool(effect.withheld))
            assert effect.withheld or abs(effect.after - true.value(effect.outcome)) <= effect.error
            assert effect.withheld or not np.isnan(effect.after)
    assert any(said) == (tolerance > 1e-3)
    assert any(np.isnan(e.after) for p in tried.packages for e in p.effects) == (tolerance > 1e-3)


def test_a_sweep_says_how_close_each_point_is_and_what_is_not_known(monkeypatch):
    scenario = measured(("relief", -3))
    exact = sweep(scenario, {"pain": ("-6 per year", "-2 per year")}, points=3)
    assert all(error < 1e-4 for name, errors in exact.errors if name == "battle" for error in errors)
    assert exact.withheld == ((), (), ())
    reach = cases.reach_equilibrium
    monkeypatch.setattr(cases, "reach_equilibrium", lambda scenario, near, _: reach(scenario, near, 0.03))
    loose = sweep(scenario, {"pain": ("-6 per year", "-2 per year")}, points=3)
    values, errors = dict(loose.outcomes), dict(loose.errors)
    known = [
        abs(value - true) <= error
        for name, trues in exact.outcomes
        for value, true, error in zip(values[name], trues, errors[name], strict=True)
        if not np.isnan(value)
    ]
    assert all(known)
    for place, whys in enumerate(loose.withheld):
        assert {name for name, _ in whys} == {name for name in values if np.isnan(values[name][place])}
        assert all("could be wrong by" in why for _, why in whys)
    assert any(loose.withheld)


def test_at_a_turning_point_nothing_bounds_the_error_and_answers_are_withheld(monkeypatch):
    scenario = read_text(TWO)
    found = replace(solve(compile_game(scenario), tolerance=1e-6), moved=None)
    singular = SimpleNamespace(converged=False, x=np.full(9, np.nan))
    monkeypatch.setattr(closeness, "solve_jacobian", lambda *_, **__: singular)
    case = answer_case(scenario, replace(found, values=found.values + 1e-9))
    assert {o.estimate.withheld for o in case.outcomes.values()} == {closeness.NO_BOUND}
    assert case.verdicts["likely"].words == "not known"


def test_known_dates_ahead_carry_the_residual_too():
    dated = read_text(
        TWO + "calendar: {summit: {date: 2024-05-01, when: front == clash, then: {front: quiet}}}\n"
    )
    case = solve_case(dated)
    bare = answer_case(dated, case.equilibrium, carried=False)
    for name, result in bare.outcomes.items():
        more = case.outcomes[name].estimate.error - result.estimate.error
        assert more > 0.0 or result.estimate.value in (0.0, 1.0), name
        assert not case.outcomes[name].estimate.withheld, name


CERTAIN = """
bystander: 1
title: What holds from the start, or never
as_of: 2024-01-01
horizon: 1 year
settings: {shocks: private}
variables: {front: {levels: [quiet, war, lost], start: quiet}}
actors:
  north:
    acts: weekly
    patience: 50% per year
    interests: {losses: {when: front == war, worth: -6 per year}}
    actions: {attack: {when: front == quiet, then: {front: war}, worth: -9}}
hazards:
  calm: {when: front == war, rate: 6 per year, then: {front: quiet}}
  lose: {when: front == war, rate: 1e-7 per year, then: {front: lost}}
outcomes:
  first: {before: {first: front == quiet, than: front == war}}
  last: {before: {first: front == war, than: front == quiet}}
  ever: {ever: front == quiet}
  share: {share: "front in [quiet, war, lost]"}
  none: {share: front == quiet and front == war}
  end: {long_run: front == lost}
  other: {long_run: front != lost}
  wait: {time_to: front == quiet}
"""


@pytest.mark.parametrize("off", [1e-3, 1e-1])
def test_what_is_so_at_whatever_rates_is_not_in_doubt(off):
    """Nothing that behaviour may be wrong by moves it, however long the process takes."""
    scenario = read_text(CERTAIN)
    exact = solve(compile_game(scenario))
    values = exact.values + off * np.random.default_rng(1).normal(size=exact.values.shape)
    choice, rate = behaviour(exact.game, values)
    found = answer_case(
        scenario, replace(exact, values=values, choice=choice, option_rate=rate, moved=None)
    ).outcomes
    certain = {
        "first": 1, "last": 0, "ever": 1, "share": 1, "none": 0, "end": 1, "other": 0, "wait": 0,
    }  # fmt: skip
    for name, true in certain.items():
        estimate = found[name].estimate
        assert estimate.value == pytest.approx(true, abs=1e-9), name
        assert estimate.error < 1e-6, (name, estimate.error)

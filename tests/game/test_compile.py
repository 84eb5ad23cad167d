"""The compiler against its slow twin, on random scenarios."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bystander.game.arrays import MoveType
from bystander.game.compile import compile_game, estimate_size, with_parameters
from bystander.scenario import read_text
from reference.scenarios import read, scenarios
from reference.slow_compile import as_plain, differences, slow_game

FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@given(scenarios())
@FEW
def test_agrees_with_the_obvious_compiler(data):
    scenario = read(data)
    assert differences(as_plain(compile_game(scenario)), slow_game(scenario)) == []


@given(
    scenarios(), st.fixed_dictionaries({"k": st.sampled_from([0.2, 1.5]), "p": st.sampled_from([0.0, 0.6])})
)
@FEW
def test_other_parameters_give_the_game_compiled_at_them(data, values):
    scenario = read(data)
    moved = with_parameters(compile_game(scenario), values)
    assert differences(as_plain(moved), slow_game(scenario, values)) == []
    assert dict(moved.parameters)["k"] == values["k"]


@given(scenarios())
@FEW
def test_arrays_keep_their_promises(data):
    game = compile_game(read(data))
    s, n = game.structure, game.numbers
    assert np.all(np.diff(game.situations.codes) > 0)
    assert np.array_equal(game.situations.levels @ game.situations.strides, game.situations.codes)
    assert game.situations.start.sum() == pytest.approx(1)
    assert np.all(np.diff(s.kind_move) >= 0)
    assert list(s.move_type) == sorted(s.move_type)
    for first, last in zip(s.option_start[:-1], s.option_start[1:], strict=True):
        assert np.all(np.diff(s.kind_move[s.option_kind[first:last]]) > 0)
    counts = s.move_branches[s.kind_move[s.option_kind]]
    assert counts.sum() == len(s.targets) == s.target_start[-1]
    assert np.allclose(n.chance.sum(axis=1), 1)
    votes = n.vote_weight.sum(axis=1)
    decisions = s.move_type[s.kind_move] == MoveType.DECISION
    assert np.all((votes > 0) <= decisions)
    assert np.all(n.vote_quota[decisions & (votes == 0)] == 1)
    assert np.all(n.rate[s.move_type[s.kind_move] == MoveType.ACTION] == 1)
    assert n.flow_worth[0] == 0
    for part in (game.situations, s, n):
        for name in type(part).__dataclass_fields__:
            array = getattr(part, name)
            assert not isinstance(array, np.ndarray) or not array.flags.writeable, name


@given(scenarios())
@FEW
def test_size_is_known_before(data):
    scenario = read(data)
    size, game = estimate_size(scenario), compile_game(scenario)
    assert (size.situations, size.options) == (game.size, len(game.structure.option_kind))
    assert (size.targets, size.moves) == (len(game.structure.targets), len(game.moves))


WAITED = """
bystander: 1
title: A vote ahead
as_of: 2022-01-01
horizon: 1 year
variables: {front: {levels: [quiet, war], start: quiet}}
calendar: {vote: {date: DATE}}
actors:
  north:
    acts: weekly
    discount: 1 per year
    actions: {strike: {when: front == quiet, then: {front: war}, habit: once in 1 year}}
hazards: {ends: {when: front == war, every: 1 month, then: {front: quiet}}}
outcomes: {war: {ever: front == war}}
"""
ASKS = "asks: {why: {says: Is it war, party: north, moves: [strike], matters: [war]}}\n"


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (("2021-06-01", ""), ("2022-06-01", "")),
        (("2022-02-01", ""), ("2022-12-01", "")),
        (("2021-06-01", ""), ("2021-06-01", ASKS)),
        (
            ("2021-06-01", ""),
            ("2021-06-01", "measures: {peace: {about: No strike, disable: [north.strike]}}\n"),
        ),
        (("2022-06-01", ""), ("2022-06-01", ASKS)),
    ],
)
def test_days_until_known_dates_and_all_that_is_asked_cost_time(less, more):
    cheap, dear = (
        estimate_size(read_text(WAITED.replace("DATE", day) + asks)).seconds for day, asks in (less, more)
    )
    assert cheap < dear


@pytest.mark.parametrize(("day", "more"), [("2022-06-01", 0.19), ("2021-06-01", 0.0)])
def test_what_starts_at_an_onset_before_a_known_date_costs_time_in_the_smallest_game(day, more):
    plain = WAITED.replace("DATE", day)
    given = plain.replace("{ever: front == war}", "{at: front == war, given: front == war}")
    cheap, dear = (estimate_size(read_text(text)).seconds for text in (plain, given))
    assert more <= dear - cheap <= more + 0.1

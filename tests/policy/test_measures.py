"""Packages of measures: solved again, compared, and only the efficient kept."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bystander.cases import jobs
from bystander.cases.cases import solve_case
from bystander.cases.changes import Change, read_measures
from bystander.cases.engines import DIED, OUT_OF_TIME
from bystander.cases.jobs import Answers
from bystander.cases.store import Store
from bystander.cli.measures import _show_measures
from bystander.errors import QueryError
from bystander.policy.measures import try_measures
from bystander.policy.packages import efficient, survivals
from policy.border import base, border

AIMS = {"dead": "less", "settlement": "more"}


@pytest.fixture(scope="module")
def pairs():
    return try_measures(border(), up_to=2, aims=AIMS, base=base(), store=Store(None))


def test_every_measure_degree_and_pair_is_tried(pairs):
    assert {p.name for p in pairs.singles} == {
        "envoy", "envoy (strong)", "hotline", "support", "restraint", "ban", "no_talks",
    }  # fmt: skip
    assert len(pairs.packages) == 7 + 15 - 1
    ((names, reason),) = pairs.contradictory
    assert names == "envoy + no_talks"
    assert "will" in reason
    assert pairs.left_out == 0
    assert pairs.ended == ""


def test_a_package_is_solved_and_not_added_up(pairs):
    package = next(p for p in pairs.packages if p.name == "envoy + hotline")
    fresh = solve_case(Change(measures=(("envoy", ""), ("hotline", ""))).apply(border()))
    for effect in package.effects:
        assert effect.after == pytest.approx(fresh.value(effect.outcome), rel=1e-6)
    singles = {p.name: p.effect("dead").change for p in pairs.singles}
    assert package.effect("dead").change != pytest.approx(singles["envoy"] + singles["hotline"], rel=0.01)
    assert package.cost == 3
    assert package.claims == ("C02",)


def test_opposition_is_lost_value(pairs):
    ban = next(p for p in pairs.singles if p.name == "ban")
    assert {w.actor for w in ban.opposed} == {"east", "patron"}
    assert ban.opposed[0].change <= ban.opposed[-1].change < 0.0


def test_aims(pairs):
    assert pairs.aims == tuple(AIMS.items())
    hotline = next(p for p in pairs.singles if p.name == "hotline")
    assert hotline.effect("dead").change < -hotline.effect("dead").error
    assert not hotline.effect("settlement").change > hotline.effect("settlement").error
    assert {e.outcome for e in hotline.effects if not e.aim} == {"war_ever", "steps_in", "war_share"}


def test_nothing_beats_the_frontier(pairs):
    def score(p):
        return p.effect("dead").after, -p.effect("settlement").after, p.cost

    for p, q in itertools.product(pairs.frontier, pairs.packages):
        better = all(a <= b for a, b in zip(score(q), score(p), strict=True)) and score(q) != score(p)
        assert not better or np.allclose(score(q), score(p), atol=1e-8)
    assert pairs.frontier
    assert "no_talks" not in {p.name for p in pairs.frontier}  # it does harm at no cost


def test_without_aims_there_is_no_frontier():
    found = try_measures(border(), only=["hotline"], base=base(), store=Store(None))
    assert found.aims == ()
    assert found.packages[0].efficient is None
    assert found.frontier == ()


def test_robustness_over_draws():
    found = try_measures(
        border(), only=["hotline", "envoy=strong"], aims=AIMS, draws=6, base=base(), store=Store(None)
    )
    hotline = next(p for p in found.packages if p.name == "hotline")
    dead = next(s for s in hotline.robustness if s.outcome == "dead")
    assert dead.draws == 6
    assert dead.share == 1.0
    assert dead.low <= dead.high < 0.0


NEVER = math.inf


@pytest.mark.parametrize(
    ("pairs", "wish", "share", "ends", "draws"),
    [
        ([(2.0, 1.0)] * 3 + [(1.0, 2.0)], "less", 0.75, (-1.0, 0.4), 4),
        ([(NEVER, NEVER)] * 5 + [(1.0, 3.0)] * 5, "more", 0.5, (0.0, 2.0), 10),
        ([(NEVER, 9.0)] * 5 + [(NEVER, NEVER)] * 5, "less", 0.5, (-NEVER, 0.0), 10),
        ([(1.0, NEVER)] * 5 + [(1.0, 1.5)] * 5, "more", 1.0, (0.5, NEVER), 10),
        ([(1.0, math.nan)] * 5 + [(1.0, 0.5), (1.0, 0.75)], "less", 1.0, (-0.475, -0.275), 2),
        ([(math.nan, math.nan)] * 5, "less", None, (), 0),
    ],
)
def test_what_a_package_changes_where_something_never_comes(pairs, wish, share, ends, draws):
    """What never came and still never comes was no number, and stood beside a share that counted it."""
    answers = [tuple(Answers({"y": value}, {}, {}, {}) for value in pair) for pair in pairs]
    found = survivals(answers, {"y": wish})
    if share is None:
        assert found == ()
        return
    assert (found[0].share, found[0].draws) == (share, draws)
    assert (found[0].low, found[0].high) == pytest.approx(ends)


def test_work_is_resumed_and_bounded(tmp_path):
    store = Store(tmp_path)
    limited = try_measures(border(), up_to=2, limit=5, why_idle=False, base=base(), store=store)
    assert len(limited.packages) == 5
    assert limited.left_out == 17
    files = list(tmp_path.rglob("*.json"))
    assert len(files) == 5
    stamps = {f: f.stat().st_mtime_ns for f in files}
    again = try_measures(border(), up_to=2, limit=5, why_idle=False, base=base(), store=Store(tmp_path))
    assert again.packages == limited.packages
    assert {f: f.stat().st_mtime_ns for f in files} == stamps
    late = try_measures(border(), up_to=2, base=base(), store=Store(tmp_path), seconds=-1.0)
    assert late.ended == "out of time"
    assert len(late.packages) == 5


def test_an_interruption_keeps_what_is_done():
    calls = []

    def interrupt(step, share):
        calls.append(share)
        if len(calls) == 4:
            raise KeyboardInterrupt

    store = Store(None)
    found = try_measures(border(), base=base(), store=store, progress=interrupt)
    assert found.ended == "interrupted"
    assert len(found.packages) == 3
    assert found.left_out == 4
    rest = try_measures(border(), base=base(), store=store)
    assert len(rest.packages) == 7


@pytest.mark.parametrize("ended", [OUT_OF_TIME, DIED, jobs.INTERRUPTED])
def test_what_was_not_reached_is_told_as_that(ended, monkeypatch, capsys):
    monkeypatch.setattr(jobs, "run_tasks", lambda *_, **__: ended)
    found = try_measures(border(), base=base(), starts=2, store=Store(None))
    assert (found.packages, found.starts, found.ended) == ((), 0, ended)
    _show_measures(found, border())
    said = capsys.readouterr()
    assert said.out.strip() == "No measure was solved."
    assert f"{found.left_out} packages were not tried." in said.err
    assert f"Not everything was tried: {ended}" in " ".join(said.err.split())


def test_unknown_names_are_refused():
    with pytest.raises(QueryError, match="no measure 'parade'"):
        try_measures(border(), only=["parade"], base=base())
    with pytest.raises(QueryError, match=r"no degree 'mild'\. Its degrees: strong"):
        read_measures(border(), ["envoy=mild"])
    with pytest.raises(QueryError, match="no outcome 'glory'"):
        try_measures(border(), aims={"glory": "more"}, base=base())


LEVELS = st.sampled_from((-math.inf, 0.0, 1.0, 2.0, math.inf))


@given(
    arrays(float, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=LEVELS),
    st.sampled_from((0.0, 1e-9)),
)
def test_efficient_rows_are_exactly_the_undominated(scores, tolerance):
    keep = efficient(scores, tolerance)
    for n in range(len(scores)):
        beaten = any(
            (scores[m] <= scores[n]).all() and (scores[m] < scores[n]).any() for m in range(len(scores))
        )
        twin = any((scores[m] == scores[n]).all() for m in range(n))
        assert keep[n] == (not beaten and not twin)

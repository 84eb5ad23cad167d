"""Effects over equilibria: each branch followed, jumps told, one equilibrium said to be one."""

import pytest

from bystander.cases.cases import reach_equilibrium, solve_case
from bystander.cases.changes import Change
from bystander.cases.jobs import answer_changes
from bystander.cases.store import Store
from bystander.policy import measures
from bystander.policy.compare import compare
from bystander.policy.measures import alike, search_branches, try_measures
from bystander.policy.sweep import sweep
from bystander.policy.targets import outcome_target
from bystander.policy.turning import turning_points
from bystander.policy.what_if import what_if
from bystander.scenario import read_text
from policy.border import base, border
from policy.fear import fear, fearful

STARTS = 12


@pytest.fixture(scope="module")
def found():
    return try_measures(fear(), starts=STARTS, base=fearful(), store=Store(None))


def test_an_effect_ranges_over_the_equilibria_found(found):
    assert found.equilibria == 3
    assert found.starts == STARTS
    talks = next(p for p in found.packages if p.name == "talks").effect("war")
    pact = next(p for p in found.packages if p.name == "pact").effect("war")
    assert talks.low <= talks.change <= talks.high
    assert pact.low == pytest.approx(pact.change)
    assert pact.change < -0.5
    assert pact.high > -0.01 - 1e-9  # where they trust each other already there is nothing to gain
    trusting = min(search_branches(fearful(), STARTS).others, key=lambda case: case.value("war"))
    change = Change(measures=(("pact", ""),)).apply(fear())
    assert pact.high == pytest.approx(
        solve_case(change, near=trusting).value("war") - trusting.value("war"), abs=1e-6
    )


def test_a_jump_between_equilibria_is_told(found):
    jumps = {p.name: p.jump for p in found.packages}
    assert jumps["talks"] == 0.0
    assert jumps["pact"] > 0.1
    assert what_if(fear(), measures=[("pact", "")], base=fearful()).jump == pytest.approx(jumps["pact"])
    assert what_if(fear(), measures=[("talks", "")], base=fearful()).jump == 0.0
    swept = sweep(fear(), {"cost": (3.0, 3.2, 7.0)}, base=fearful())
    assert swept.jumped == (False, False, True)


def test_a_comparison_counts_its_jumps():
    pact = Change(measures=(("pact", ""),)).apply(fear())
    talks = Change(measures=(("talks", ""),)).apply(fear())
    assert compare(fear(), pact, base=fearful()).jumps == 1
    assert compare(fear(), talks, base=fearful()).jumps == 0


def test_a_turning_point_that_is_a_jump_says_so():
    target = outcome_target(fear(), "war", 0.5)
    turned = turning_points(fear(), target, parameters=["cost"], base=fearful(), store=Store(None))
    (point,) = turned.points
    assert point.jump
    smooth = turning_points(
        border(), outcome_target(border(), "dead", 40.0), limit=2, measures=False, base=base()
    )
    assert not any(p.jump for p in smooth.points)


def test_one_equilibrium_is_searched_for_once_and_gives_no_range(tmp_path):
    found = try_measures(border(), only=["hotline"], starts=3, base=base(), store=Store(tmp_path))
    assert (found.starts, found.equilibria) == (3, 1)
    assert all(e.low is None and e.high is None for e in found.packages[0].effects)
    kept = Store(tmp_path)
    assert search_branches(base(), 3, store=kept).found == 1


def test_answers_on_different_branches_are_kept_apart():
    store = Store(None)
    change = [Change(measures=(("talks", ""),))]
    values = {answer_changes(fearful(), change, store=store).answers[0].outcomes["war"]}
    for n, other in enumerate(search_branches(fearful(), STARTS).others):
        answers = answer_changes(other, change, store=store, branch=str(n)).answers
        values.add(answers[0].outcomes["war"])
    assert len({round(value, 6) for value in values}) >= 2


def test_what_cannot_be_continued_counts_as_a_jump(monkeypatch):
    from bystander.cases import cases
    from bystander.equilibrium.result import Status

    def unsettled(equilibrium, game, **_):
        return cases.replace(equilibrium, status=Status.ITERATION_LIMIT)

    monkeypatch.setattr(cases, "continue_from", unsettled)
    changed = Change(measures=(("talks", ""),)).apply(fear())
    assert reach_equilibrium(changed, fearful()).selection.how == cases.RETRACED
    assert solve_case(changed, near=fearful()).jump > 0.0


DATED = """
bystander: 1
title: A march before the snow
question: When?
as_of: 2024-01-01
horizon: 90 days
settings: {shocks: control}
variables:
  front: {levels: [quiet, war], start: quiet}
  camps: {levels: [full, empty], start: full}
actors:
  south:
    acts: daily
    discount: 30% per year
    interests:
      burden: {when: camps == full, worth: -9 per month}
      pass: {when: front == war and before snow, worth: -1 per month}
    actions: {march: {when: front == quiet, then: {front: war}, habit: 1 per year}}
calendar: {snow: {date: 2024-02-01}}
hazards:
  peace: {when: front == war, every: 1 month, then: {front: quiet, camps: empty}}
outcomes: {war: {ever: front == war}}
"""


@pytest.mark.parametrize(("reason", "jumps"), [("south.pass", False), ("south.burden", True)])
def test_what_counts_only_before_a_date_is_no_jump_of_what_comes_after(reason, jumps, monkeypatch):
    from bystander.cases import cases
    from bystander.equilibrium.result import Status

    def unsettled(equilibrium, game, **_):
        return cases.replace(equilibrium, status=Status.ITERATION_LIMIT)

    scenario = read_text(DATED)
    base = solve_case(scenario)
    monkeypatch.setattr(cases, "continue_from", unsettled)
    near = solve_case(Change(without=(reason,)).apply(scenario), near=base)
    assert near.equilibrium.lasting.selection.how == cases.RETRACED
    assert (near.jump > 0.0) is jumps


def volunteers(costs, *, more="", level="on", outcome="", measure=""):
    """Who steps in when each would rather another did; alike where their costs are."""
    actors = "".join(
        f"  b{k}:\n    acts: weekly\n    discount: 50% per year\n"
        f"    interests: {{harm: {{when: trouble == {level}, worth: -100 per year}}}}\n"
        f"    actions: {{help: {{when: trouble == {level}, then: {{trouble: off}}, worth: cost * {cost}}}}}\n"
        for k, cost in enumerate(costs)
    )
    return read_text(
        "bystander: 1\ntitle: Somebody should\nas_of: 2024-01-01\nhorizon: 1 year\n"
        f"variables: {{trouble: {{levels: [{level}, off], start: {level}}}}}\n"
        f"parameters: {{cost: {{value: -10}}}}\nactors:\n{actors}{more}"
        f"outcomes: {{over: {{ever: trouble == off, within: 1 month, wanted: more}}{outcome}}}\n"
        f"measures: {{cheap: {{set: {{cost: -5}}}}{measure}}}\n"
    )


FOUR = (1, 1, 1, 1)
BODY = "institutions: {body: {members: [b0, b1, b2], decisions: {end: {rule: %s, proposed: weekly, "
BODY += "when: trouble == on, then: {trouble: off}}}}}\n"


@pytest.mark.parametrize(
    ("said", "groups"),
    [
        (volunteers(FOUR), ["b0 b1 b2 b3"]),
        (volunteers((1, 2, 1, 2)), ["b0 b2", "b1 b3"]),
        (volunteers((1, 2, 3, 4)), []),
        (volunteers(FOUR, outcome=", first: {fires: b0.help}"), ["b1 b2 b3"]),
        (volunteers(FOUR, measure=", spared: {disable: b1.help}"), ["b0 b2 b3"]),
        (volunteers(FOUR, more=BODY % "majority"), ["b0 b1 b2"]),
        (volunteers(FOUR, more=BODY % "{leader: b1}"), ["b0 b2"]),
        (volunteers(FOUR, level="b0"), ["b1 b2 b3"]),
    ],
)
def test_alike_are_those_with_whose_names_exchanged_all_reads_the_same(said, groups):
    assert [" ".join(group) for group in alike(said, said.outcomes, said.measures)] == groups


@pytest.mark.parametrize(
    ("said", "followed"),
    [
        (volunteers(FOUR), 3),
        (volunteers(FOUR, outcome=", first: {fires: b0.help}", measure=", spared: {disable: b1.help}"), 10),
    ],
)
def test_of_equilibria_that_differ_by_who_is_who_one_is_followed(said, followed, monkeypatch):
    """The ranges are those that following each of the fifteen gives."""
    begun = []

    def counted(base, *given, **more):
        begun.append(base)
        return answer_changes(base, *given, **more)

    monkeypatch.setattr(measures, "answer_changes", counted)
    found = try_measures(said, starts=4, store=Store(None))
    few = len([base for base in begun if base is not begun[0]])
    begun.clear()
    monkeypatch.setattr(measures, "alike", lambda *_: [])
    every = try_measures(said, starts=4, store=Store(None))
    assert found.equilibria == every.equilibria == 15
    assert len([base for base in begun if base is not begun[0]]) == 14
    assert few == followed
    for one, two in zip(found.packages, every.packages, strict=True):
        for e, f in zip(one.effects, two.effects, strict=True):
            assert (e.low, e.high) == pytest.approx((f.low, f.high), abs=1e-6)
            assert e.high - e.low > 0.01

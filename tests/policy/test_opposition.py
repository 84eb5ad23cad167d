"""What opposition takes back, and what does as well."""

import pytest

from bystander.cases.cases import solve_case
from bystander.cases.changes import Change
from bystander.cases.store import Store
from bystander.errors import QueryError
from bystander.policy.measures import try_measures
from bystander.policy.opposition import as_good, take_back
from policy.border import base, border


def test_promised_is_kept_and_taken_back():
    found = take_back(border(), [("envoy", "strong")], moves=["patron.obstruct"], base=base())
    assert found.measures == ("envoy (strong)",)
    for row in found.outcomes:
        assert row.promised == pytest.approx(row.kept + row.taken_back, abs=1e-12)
    settlement = next(row for row in found.outcomes if row.outcome == "settlement")
    assert settlement.promised > settlement.kept > 0.0
    assert settlement.taken_back > 0.0
    change = Change(measures=(("envoy", "strong"),), disable=("patron.obstruct",))
    assert settlement.unopposed == pytest.approx(
        solve_case(change.apply(border())).value("settlement"), rel=1e-6
    )


def test_opposition_must_be_known():
    with pytest.raises(QueryError, match="unclear who opposes"):
        take_back(border(), [("envoy", "")], base=base())


def test_alternatives_are_as_good_and_cheapest_first():
    aims = {"dead": "less"}
    found = try_measures(border(), up_to=2, aims=aims, base=base(), store=Store(None))
    envoy = next(p for p in found.packages if p.name == "envoy (strong)")
    others = as_good(found, envoy)
    assert others
    assert others[0].name == "hotline"
    costs = [p.cost for p in others]
    assert costs == sorted(costs)
    best = envoy.effect("dead").after
    assert all(p.effect("dead").after <= best + 1e-6 for p in others)
    assert all("envoy" not in p.name for p in others)

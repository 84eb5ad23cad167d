"""What does as well as a measure, and without someone."""

import pytest

from bystander.cases.cases import solve_case
from bystander.cases.changes import Change
from bystander.cases.store import Store
from bystander.errors import QueryError
from bystander.policy.opposition import substitutes, without_owners
from policy.border import base, border

AIMS = {"dead": "less"}


def test_moves_of_an_owner_are_taken_out():
    spared = without_owners(border(), ["patron", "council"])
    off = {name for name, move in spared.moves().items() if not move.enabled}
    assert off == {"patron.obstruct", "council.step_in"}
    assert without_owners(border(), []) is border()
    for owner in ("nature", "mars"):
        with pytest.raises(QueryError, match=f"'{owner}' has moves to do without. There is: council, east"):
            without_owners(border(), [owner])


def test_alternatives_work_while_someone_does_nothing():
    found = substitutes(
        border(), [("envoy", "strong")], without=["patron"], aims=AIMS, base=base(), store=Store(None)
    )
    assert found.reference.name == "envoy (strong)"
    assert found.reference.effect("dead").after == pytest.approx(
        solve_case(Change(measures=(("envoy", "strong"),)).apply(border())).value("dead"), rel=1e-6
    )
    assert all(name != "envoy" for p in found.tried.packages for name, _ in p.parts)
    hotline = next(p for p in found.tried.packages if p.name == "hotline")
    change = Change(measures=(("hotline", ""),), disable=("patron.obstruct",))
    assert hotline.effect("dead").after == pytest.approx(
        solve_case(change.apply(border())).value("dead"), rel=1e-6
    )
    assert hotline in found.as_good
    ((aim, nearest),) = found.nearest
    assert aim == "dead"
    assert nearest.effect("dead").after == min(
        p.effect("dead").after for p in found.tried.packages if not p.failure
    )


def test_nothing_to_compare_by_is_refused():
    with pytest.raises(QueryError, match="nothing can be as good"):
        substitutes(border(), [("envoy", "")], base=base(), store=Store(None))
    with pytest.raises(QueryError, match="no measure 'parade'"):
        substitutes(border(), [("parade", "")], aims=AIMS, base=base(), store=Store(None))

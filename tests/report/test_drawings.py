"""Drawings kept from report to report: found again if nothing they depend on has changed, else drawn."""

from dataclasses import replace

import pytest

from bystander.cases.store import Store
from bystander.report.figures import drafting, figures
from bystander.report.figures.drafting import Drawings, draft
from bystander.report.figures.figure import Figure
from reference.assessments import ferghana

TORNADO, TOLLS = (figures(ferghana())[name] for name in ("tornado", "tolls"))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def drawn(kept, *few):
    return [svg for _, svg in draft(iter(few), kept)]


def no_drawing(monkeypatch):
    monkeypatch.setattr(drafting, "start", lambda: None)
    monkeypatch.setattr(Figure, "drawn_here", None)


def test_what_has_not_changed_is_not_drawn_again(store, monkeypatch):
    first = Drawings(store, "crisis", "world")
    assert not first.complete
    here = drawn(first, TORNADO, TOLLS)
    assert here == [TORNADO.bare(), TOLLS.bare()]
    no_drawing(monkeypatch)
    again = Drawings(Store(store.folder), "crisis", "world")
    assert again.complete
    assert drawn(again, TORNADO, TOLLS) == here
    assert not Drawings(store, "crisis", "another world").complete
    assert not Drawings(store, "another crisis", "world").complete


def test_what_has_changed_is_drawn(store):
    drawn(Drawings(store, "crisis", "world"), TORNADO, TOLLS)
    changed = replace(TORNADO, drawing={**TORNADO.drawing, "height": 123})
    assert drawn(Drawings(store, "crisis", "world"), changed, TOLLS) == [changed.bare(), TOLLS.bare()]


def test_another_converter_draws_again(store, monkeypatch):
    drawn(Drawings(store, "crisis", "world"), TORNADO)
    monkeypatch.setattr(drafting, "_tools", lambda: "another converter")
    no_drawing(monkeypatch)
    with pytest.raises(TypeError):
        drawn(Drawings(store, "crisis", "world"), TORNADO)


@pytest.mark.parametrize("kept", [None, [], {"drawn": 3}, {"drawn": {"x": 1}}, "text"])
def test_what_cannot_be_read_is_as_good_as_absent(store, kept):
    place = Drawings(store, "crisis", "world").place
    store.put(place, kept)
    assert drawn(Drawings(store, "crisis", "world"), TORNADO) == [TORNADO.bare()]


def test_one_set_is_kept_for_a_scenario(store):
    for height in (100, 110, 120):
        drawn(
            Drawings(store, "crisis", str(height)),
            replace(TORNADO, drawing={**TORNADO.drawing, "height": height}),
        )
    assert len([path for path in store.folder.rglob("*") if path.is_file()]) == 1

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bystander.report.maps.draw import NOT_ENDORSED, Wanted, border_map, holds, overlap, rectangle, sides_of
from bystander.report.maps.plan import codes, common_line, frame, polygons, read_plan, stretch, topology
from reference.assessments import ferghana
from reference.maps import ARMENIA, FERGHANA, KAZAKHSTAN

VIEW = (69.0, 39.2, 72.3, 41.2)
EXCLAVES = {"vorukh": ("TJK", "KGZ", 70.59, 39.83), "sokh": ("UZB", "KGZ", 71.1, 40.0),
            "shohimardon": ("UZB", "KGZ", 71.73, 39.94), "sarvan": ("TJK", "UZB", 70.6, 40.98)}  # fmt: skip


def owner_of(x: float, y: float) -> list[str]:
    return [
        code
        for code in codes()
        for outer, *holes in polygons(code, VIEW)
        if holds(outer, x, y) and not any(holds(h, x, y) for h in holes)
    ]


@pytest.mark.parametrize("name", EXCLAVES)
def test_exclaves_belong_to_one_country_and_lie_in_another(name):
    owner, around, x, y = EXCLAVES[name]
    assert owner_of(x, y) == [owner]
    ring = next(outer for outer, *_ in polygons(owner, VIEW) if holds(outer, x, y))
    assert len(ring) > 8
    west, north = min(p[0] for p in ring) - 0.01, max(p[1] for p in ring) + 0.01
    assert owner_of(west, y) == [around] or owner_of(x, north) == [around]


def test_places_lie_where_they_should():
    assert owner_of(70.82, 40.06) == ["KGZ"]  # Batken
    assert owner_of(69.62, 40.28) == ["TJK"]  # Khujand


def test_the_common_border_includes_the_exclave():
    lines = common_line("KGZ", "TJK")
    assert sum(line[0] == line[-1] for line in lines) == 1
    assert len(lines) == 2
    part = stretch("KGZ", "TJK", (69.3, 39.95), (69.9, 40.1))
    assert 2 <= len(part) < max(map(len, lines))


def test_the_outlines_are_small_and_attributed():
    assert "Natural Earth" in topology()["attribution"]
    assert len(codes()) == 17


def test_the_scale_bar_is_true_at_the_middle():
    box = frame(VIEW)
    (x0, _), (x1, _) = box.at((70.0, 40.2)), box.at((71.0, 40.2))
    assert (x1 - x0) / box.km == pytest.approx(111.19 * math.cos(math.radians(40.2)), rel=1e-3)


@pytest.mark.parametrize("block", [FERGHANA, KAZAKHSTAN, ARMENIA], ids=["ferghana", "kazakhstan", "armenia"])
def test_maps_of_three_crises(block):
    figure = border_map(ferghana(), block)
    svg = figure.bare()
    assert NOT_ENDORSED in figure.reading
    assert " km<" in svg
    assert len(svg) < 200_000
    for name in ("Vorukh", "Kayragach (Lolazor)") if block is FERGHANA else ():
        assert f">{name}<" in svg


def test_undemarcated_stretches_are_dashed():
    assert 'stroke-dasharray="5,4"' in border_map(ferghana(), FERGHANA).bare()
    assert 'stroke-dasharray="5,4"' not in border_map(ferghana(), KAZAKHSTAN).bare()


def test_sectors_take_the_chance_of_the_outcome_they_name():
    figure = border_map(ferghana(), FERGHANA)
    chances = {row["name"]: row["chance"] for row in figure.rows if row["kind"] == "sector"}
    assert chances == {"Lailak": 0.58, "Batken": 0.47, "Vorukh road": 0.09}
    assert "Lailak" in figure.title
    assert "58%" in figure.title


def test_no_map_where_none_is_asked_for():
    assert border_map(ferghana(), {}) is None
    assert border_map(ferghana(), {"places": {}}) is None


def test_what_is_not_understood_is_left_out():
    plan = read_plan(
        {
            "view": [69, 39, 72, 41],
            "places": {"a": {"at": "here"}, "b": {"at": [70, 40]}, "c": {"at": [math.nan, 40]}},
            "borders": {"x": {"between": ["KGZ", "ATLANTIS"]}},
            "sectors": {"s": {"path": [[70, 40]]}},
        }
    )
    assert [p.name for p in plan.places] == ["B"]
    assert plan.lines == plan.sectors == ()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(["view", "places", "borders", "sectors", "countries", "title", "note"])


@given(st.dictionaries(KEYS, ANYTHING, max_size=7))
@settings(max_examples=60, deadline=None)
def test_no_block_is_too_strange_to_read(block):
    read_plan(block)
    read_plan({**block, "view": [69, 39, 72, 41]})


def test_names_do_not_cover_each_other_if_there_is_room():
    wanted = [Wanted(100, 100, "Isfara"), Wanted(112, 103, "Batken"), Wanted(100, 108, "Vorukh")]
    sides = sides_of(wanted, 400, 300)
    boxes = [rectangle(w, s) for w, s in zip(wanted, sides, strict=True)]
    assert not any(overlap(a, b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_names_stay_on_the_map():
    assert sides_of([Wanted(395, 100, "Osh")], 400, 300) == ["left"]

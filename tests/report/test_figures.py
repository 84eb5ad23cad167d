"""Each figure: valid, complete, deterministic, in colours both schemes have, with its data beside it."""

import csv
import dataclasses
import io
import json
import re
from xml.etree import ElementTree

import altair
import pytest

from bystander.report.figures import drafting, each_figure, figures, theme
from bystander.report.figures.drafting import draft, get_ready
from bystander.report.figures.figure import MIME, SCHEMA, Figure
from bystander.report.figures.measures import efficient
from bystander.report.figures.outcomes import crises
from bystander.report.words.numbers import percent
from bystander.scenario import read_scenario
from reference.assessments import ferghana, kazakhstan
from reference.maps import FERGHANA

SVG = "{http://www.w3.org/2000/svg}"
SCENARIO = read_scenario("templates/border").model_copy(update={"map": FERGHANA})
DRAWN = figures(ferghana(), SCENARIO)
ALL = [*DRAWN.values(), crises([ferghana(), kazakhstan()])]
EXPECTED = {
    "map",
    "likelihoods",
    "responses",
    "ladder",
    "tolls",
    "measures",
    "frontier",
    "tornado",
}


def by_name(figure: Figure) -> str:
    return figure.name


def test_every_figure_of_the_report_is_there():
    names = set(DRAWN)
    assert names >= EXPECTED
    assert {f"chance_{o.name}" for o in ferghana().outcomes if o.kind == "probability"} <= names
    assert "why_russia_send_troops" in names
    assert "blocked_csto_deploy" in names
    assert "why_csto_deploy_russia" in names


@pytest.mark.parametrize("figure", ALL, ids=by_name)
def test_the_specification_is_valid_and_in_the_dialect_notebooks_show_offline(figure):
    spec = figure.spec
    assert spec["$schema"] == SCHEMA
    assert "/v5" in SCHEMA
    altair.Chart.from_dict({k: v for k, v in spec.items() if k != "$schema"}, validate=True)
    assert figure._repr_mimebundle_().keys() == {MIME, "text/plain"}
    json.dumps(spec, allow_nan=False)


@pytest.mark.parametrize("figure", ALL, ids=by_name)
def test_it_says_what_it_finds_how_to_read_it_and_what_is_in_it(figure):
    assert figure.title
    assert not figure.title.endswith(".")
    assert figure.reading.endswith(".")
    assert len(figure.alt) > 20
    assert 1 <= figure.part <= 8
    assert re.fullmatch(r"[a-z0-9_]+", figure.name)


@pytest.mark.parametrize("figure", ALL, ids=by_name)
def test_it_draws_the_same_bytes_without_network_in_known_colours(figure):
    svg = figure.bare()
    assert svg == figure.bare()
    tree = ElementTree.fromstring(svg)
    known = {*theme.DARK, "none", "transparent"}
    for element in tree.iter():
        for attribute in ("fill", "stroke"):
            assert element.get(attribute, "none") in known, element.attrib
        assert not {"href", "{http://www.w3.org/1999/xlink}href"} & set(element.attrib)
    assert not re.findall(r"https?://(?!www\.w3\.org/)", svg)


@pytest.mark.parametrize("figure", ALL, ids=by_name)
def test_its_data_is_a_table(figure):
    table = list(csv.DictReader(io.StringIO(figure.csv())))
    assert len(table) == len(figure.rows) > 0
    assert None not in table[0]


def test_cells_that_a_spreadsheet_would_run_are_made_harmless():
    figure = Figure("x", "t", "r.", "a", {}, ({"name": "=cmd|' /C calc'!A0", "value": 1.0},))
    assert figure.csv().splitlines()[1].startswith("'=cmd")


def test_identifiers_do_not_meet_between_figures():
    seen: set[str] = set()
    for figure in ALL:
        found = set(re.findall(r'\bid="([^"]+)"', figure.bare()))
        assert not found & seen
        seen |= found


def test_a_second_process_draws_the_same():
    few = [DRAWN[n] for n in ("likelihoods", "tornado", "chance_battle")]
    assert [(f.name, svg) for f, svg in draft(iter(few))] == [(f.name, f.bare()) for f in few]


def test_a_helper_made_ready_draws_once_and_is_gone(monkeypatch):
    few = [DRAWN["tornado"], DRAWN["likelihoods"]]
    here = [f.bare() for f in few]
    get_ready()
    ready = list(drafting._ready)
    if ready:
        monkeypatch.setattr(Figure, "drawn_here", None)
    assert [svg for _, svg in draft(iter(few))] == here
    assert not drafting._ready
    assert all(helper.process.poll() is not None for helper in ready)


def test_without_a_second_process_it_is_drawn_here(monkeypatch):
    monkeypatch.setattr("bystander.report.figures.drafting.start", lambda: None)
    few = [DRAWN["tornado"]]
    assert [svg for _, svg in draft(iter(few))] == [few[0].bare()]


def test_a_process_that_dies_costs_only_time(monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/true")
    few = [DRAWN["tornado"], DRAWN["chance_battle"]]
    assert [svg for _, svg in draft(iter(few))] == [f.bare() for f in few]


def test_bars_of_a_waterfall_start_where_the_last_one_ended():
    for name, figure in DRAWN.items():
        if name.startswith("why_"):
            ends = [0.0, *(row["to"] for row in figure.rows)]
            assert [row["from"] for row in figure.rows] == pytest.approx(ends[:-1], abs=0.011)


def test_curves_end_at_the_outcome():
    for outcome in ferghana().outcomes:
        figure = DRAWN.get(f"chance_{outcome.name}")
        if figure is not None:
            assert figure.rows[-1]["chance"] == pytest.approx(outcome.estimate.value)
            assert percent(outcome.estimate.value) in figure.alt


def test_a_report_draws_what_its_tables_cannot_say():
    few = [f.name for f in each_figure(ferghana(), SCENARIO, whole=False)]
    assert few == ["map", "ladder", "frontier"]
    assert set(few) < set(DRAWN)


def test_a_report_leaves_out_a_map_that_tells_no_sectors_apart():
    sectors = {name: {**body, "chance": "battle"} for name, body in FERGHANA["sectors"].items()}
    alike = SCENARIO.model_copy(update={"map": {**FERGHANA, "sectors": sectors}})
    assert "map" not in [f.name for f in each_figure(ferghana(), alike, whole=False)]


def test_captions_speak_of_ranges_only_where_there_are_some():
    bare = dataclasses.replace(
        ferghana(),
        outcomes=tuple(
            dataclasses.replace(o, estimate=dataclasses.replace(o.estimate, low=None, high=None), band=())
            for o in ferghana().outcomes
        ),
        tolls=tuple(
            dataclasses.replace(t, expected=dataclasses.replace(t.expected, low=None, high=None))
            for t in ferghana().tolls
        ),
    )
    drawn = figures(bare)
    for name in ("likelihoods", "tolls"):
        assert "range" in DRAWN[name].reading
        assert "range" not in drawn[name].reading


def test_the_frontier_joins_what_nothing_beats():
    rows = [{"cost": c, "after": a} for c, a in ((1, 0.5), (2, 0.6), (3, 0.4), (3, 0.45), (0, 0.58))]
    assert [(r["cost"], r["after"]) for r in efficient(rows, "less")] == [(0, 0.58), (1, 0.5), (3, 0.4)]
    assert [(r["cost"], r["after"]) for r in efficient(rows, "more")] == [(0, 0.58), (2, 0.6)]
    assert efficient(rows, "") == []


def test_the_frontier_says_which_way_is_better():
    def drawn(aims):
        base = ferghana()
        measures = tuple(dataclasses.replace(m, aims=aims) for m in base.measures)
        return next(
            f for f in each_figure(dataclasses.replace(base, measures=measures)) if f.name == "frontier"
        )

    less, more, neither = drawn((("battle", "less"),)), drawn((("battle", "more"),)), drawn(())
    assert "Lower is better" in less.reading
    assert "Higher is better" in more.reading
    assert less.title != more.title
    assert "nobody has said" in neither.reading
    assert neither.title == "Effect and cost"
    assert {r["efficient"] for r in neither.rows} == {"measure"}


def test_every_colour_has_a_dark_form_and_text_can_be_read_on_it():
    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    def contrast(a: str, b: str) -> float:
        high, low = sorted((luminance(a), luminance(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for dark in (False, True):

        def form(colour: str, dark: bool = dark) -> str:
            return theme.DARK[colour] if dark else colour

        for text in (theme.INK, theme.MUTED, theme.TOWARDS, theme.AGAINST):
            assert contrast(form(text), form(theme.PAPER)) >= 4.5
        for share in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
            ground, ink = theme.heat(share)
            assert contrast(form(ground), form(ink)) >= 4.5, (dark, share)


def test_exports_have_every_format(tmp_path):
    from bystander.errors import QueryError
    from bystander.report.export import export_figures

    written = export_figures(
        ferghana(), None, tmp_path, formats=("svg", "png", "pdf", "csv", "json"), names=("tornado",)
    )
    content = {p.suffix: p.read_bytes() for p in written}
    assert content[".png"].startswith(b"\x89PNG")
    assert content[".pdf"].startswith(b"%PDF")
    assert b"@font-face" in content[".svg"]
    assert ElementTree.fromstring(content[".svg"]).tag == SVG + "svg"
    assert json.loads(content[".json"])["title"]["text"]
    with pytest.raises(QueryError, match="no figure 'nothing'"):
        export_figures(ferghana(), None, tmp_path, names=("nothing",))
    with pytest.raises(QueryError, match="no figure format 'gif'"):
        export_figures(ferghana(), None, tmp_path, formats=("gif",))


def test_a_long_arrow_of_the_ladder_leaves_room_for_the_label_of_a_short_one():
    from bystander.report.figures.moves import BEND, GAP, arc

    letters = 14 * 6
    long = arc((0.0, 0.0), (5.0, 2.0 * GAP), BEND[2])
    beside = [x for x, y in long if abs(y - GAP / 2) < 15]
    assert beside
    assert min(beside) > BEND[1] + 9 + letters
    assert max(x for x, _ in long) + 9 + letters < BEND[3]
    assert long[0] == (0.0, 0.0)
    assert long[-1] == (5.0, 2.0 * GAP)

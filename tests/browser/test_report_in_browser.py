"""The report as a reader meets it: offline, without script, on a phone, in the dark, printed, by keyboard."""

import dataclasses
import re

import pytest

from bystander.report.page.write import write_report
from bystander.scenario import read_scenario
from reference.assessments import ferghana
from reference.hostile_texts import hostile_assessment, hostile_scenario
from reference.maps import FERGHANA

SIZES = {"wide": (1440, 900), "desktop": (1280, 900), "phone": (390, 844)}


def many(base):
    """An assessment with seven times as much to tell."""

    def times(rows, **names):
        return tuple(
            dataclasses.replace(row, **{key: f"{getattr(row, key)}_{k}" for key in names})
            for k in range(7)
            for row in rows
        )

    return dataclasses.replace(
        base,
        outcomes=(*base.outcomes, *times(base.outcomes, name=1)),
        responses=times(base.responses, move=1),
        reasons=times(base.reasons, move=1),
        measures=times(base.measures, name=1),
        judgements=times(base.judgements, name=1),
    )


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    scenario = read_scenario("templates/border").model_copy(update={"map": FERGHANA})
    return {
        "plain": write_report(ferghana(), scenario, folder / "plain.html"),
        "large": write_report(many(ferghana()), scenario, folder / "large.html"),
        "ferghana": write_report(ferghana(), read_scenario("crises/ferghana-2022"), folder / "ferghana.html"),
        "hostile": write_report(hostile_assessment(), hostile_scenario(), folder / "hostile.html"),
    }


@pytest.fixture
def opened(watched, reports):
    """Open a report and watch what it asks for and complains of."""

    def open_(name="plain", size="desktop", **options):
        width, height = SIZES[size]
        return watched(reports[name].as_uri(), viewport={"width": width, "height": height}, **options)

    return open_


@pytest.mark.parametrize("name", ["plain", "hostile"])
@pytest.mark.parametrize("size", SIZES)
def test_it_asks_for_nothing_complains_of_nothing_and_fits(opened, name, size):
    page = opened(name, size)
    assert page.seen == []
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]


TALLER = "document.documentElement.scrollHeight / innerHeight"
BOXES = """() => [...document.querySelectorAll("figure svg")].map(svg => {
  const frame = svg.closest(".plot").getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].filter(t => t.textContent.trim());
  const box = t => (r => [t.textContent, r.left, r.top, r.right, r.bottom])(t.getBoundingClientRect());
  return {name: svg.closest("figure").id, shown: frame.width > 0, frame: [frame.left, frame.right],
          boxes: texts.map(box).filter(b => b[3] > b[1])};
})"""


@pytest.mark.parametrize("name", ["plain", "large", "ferghana"])
def test_a_reader_scrolls_ten_screens_however_much_there_is_to_tell(opened, name):
    page = opened(name, "wide")
    assert page.evaluate(TALLER) <= 10
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate(TALLER) > (30 if name == "large" else 10)


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("name", ["plain", "large", "ferghana"])
def test_figures_and_tables_fit_and_their_labels_do_not_cover_each_other(opened, name, size):
    page = opened(name, size)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    cut = page.eval_on_selector_all(
        ".scroll", "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.ariaLabel)"
    )
    assert [label for label in cut if label != "Formula"] == []
    drawn = [figure for figure in page.evaluate(BOXES) if figure["shown"]]
    assert drawn
    for figure in drawn:
        left, right = figure["frame"]
        boxes = sorted({tuple(box) for box in figure["boxes"]})
        assert [b[0] for b in boxes if b[1] < left - 1 or b[3] > right + 1] == []
        small = [b[0] for b in boxes if b[4] - b[2] < 8]
        assert figure["name"] == "figure-map" or small == []
        for k, (one, x0, y0, x1, y1) in enumerate(boxes):
            for other, a0, b0, a1, b1 in boxes[:k]:
                apart = x1 <= a0 + 2 or a1 <= x0 + 2 or y1 <= b0 + 3 or b1 <= y0 + 3
                assert apart or one == other, (figure["name"], one, other)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["plain", "hostile"])
def test_axe_finds_no_violation(opened, violations, name, scheme):
    page = opened(name, color_scheme=scheme, bypass_csp=True)
    assert violations(page) == []


def test_everything_is_there_without_script(opened):
    page = opened(java_script_enabled=False)
    assert page.locator("section").count() == 13
    assert page.locator("figure svg").count() == 3
    assert page.locator("svg.spark").count() > 5
    assert page.locator(".toggle").count() == 0
    with page.expect_download() as download:
        page.locator("#figure-frontier details summary").click()
        page.locator("#figure-frontier a[download]").click()
    assert download.value.suggested_filename == "frontier.csv"
    assert download.value.path().read_text(encoding="utf-8").startswith("measure,")


def test_tables_sort_by_chance_and_back(opened, expect):
    page = opened()
    column = page.locator("#part-2 thead th").nth(3)
    column.locator("button").click()
    expect(column).to_have_attribute("aria-sort", "ascending")
    shares = page.eval_on_selector_all(
        "#part-2 table:first-of-type td[data-sort]", "all => all.map(c => +c.dataset.sort)"
    )
    assert shares == sorted(shares)
    column.locator("button").click()
    expect(column).to_have_attribute("aria-sort", "descending")
    shares = page.eval_on_selector_all(
        "#part-2 table:first-of-type td[data-sort]", "all => all.map(c => +c.dataset.sort)"
    )
    assert shares == sorted(shares, reverse=True)


def test_a_citation_shows_its_target_on_focus_and_leads_to_it(opened, expect):
    page = opened()
    page.locator("#appendix-a details summary").first.click()
    link = page.locator("#appendix-a a.cite.fact").first
    link.focus()
    tip = page.locator("#tip")
    expect(tip).to_be_visible()
    assert len(tip.inner_text()) > 10
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    target = link.get_attribute("href")
    link.click()
    expect(page).to_have_url(re.compile(f"{re.escape(target)}$"))


def test_colours_can_be_chosen_and_figures_follow(opened, expect):
    page = opened(color_scheme="light")
    dot = page.locator("#figure-frontier svg path[fill='#1f5f9e']").first
    before = dot.evaluate("e => getComputedStyle(e).fill")
    page.locator(".toggle").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(dot).not_to_have_css("fill", before)
    expect(page.locator("body")).not_to_have_css("background-color", "rgb(255, 255, 255)")


def test_the_keyboard_reaches_the_summary_first(opened, expect):
    page = opened()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#summary$"))


def test_it_prints_with_numbered_pages_in_light_colours(opened):
    page = opened(color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert pdf.startswith(b"%PDF")
    assert 5 < len(re.findall(rb"/Type\s*/Page\b", pdf)) < 60


def test_hostile_text_runs_nothing(opened):
    page = opened("hostile")
    page.locator("details").first.evaluate(
        "e => document.querySelectorAll('details').forEach(d => d.open = true)"
    )
    assert page.seen == []
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0

"""The one file that answers without a server, at the size of Ferghana 2022: quick, accessible, alone."""

import re

import numpy as np
import pytest

from bystander.app.live import live_page
from bystander.app.telling import told_page
from bystander.assessment.tables import plain
from bystander.policy.surface import Lever, Surface, SurfaceError, plain_surface
from bystander.scenario import read_scenario
from reference.assessments import ferghana
from reference.hostile_texts import hostile_assessment, hostile_scenario

LEVERS, POINTS, OUTCOMES, STEPS = 10, 513, 27, 41
NUGGET = 1e-5


def told_lever(number: int, name: str) -> dict:
    scale = np.linspace(-1.28, 1.28, STEPS).tolist()
    return {
        "name": name, "label": name, "says": f"How much it takes <b>{number}</b>", "about": "About it.",
        "prior": "lognormal(median=1, spread=2)", "because": [], "standing": "free", "influence": 1.0,
        "scale": scale, "values": scale, "texts": [f"{1 + n / 10:.3g} per year" for n in range(STEPS)],
        "slopes": {}, "shown": [],
    }  # fmt: skip


def surface_of(names: list[str], levers: list[dict], outcomes: list[dict]) -> Surface:
    random = np.random.default_rng(0)
    known = [o["name"] for o in outcomes] + [f"more_{n}" for n in range(OUTCOMES - len(outcomes))]
    made = tuple(Lever(n, 1.0, tuple(lever["scale"]), (), ()) for n, lever in zip(names, levers, strict=True))
    chance = tuple(o["unit"] == "probability" for o in outcomes) + (True,) * (OUTCOMES - len(outcomes))
    return Surface(
        made,
        tuple(known),
        chance,
        random.uniform(-1, 1, (POINTS, LEVERS)),
        np.hstack(
            (
                random.uniform(2, 8, (OUTCOMES, LEVERS)),
                random.uniform(0.1, 3, (OUTCOMES, LEVERS)),
                np.full((OUTCOMES, 1), NUGGET),
            )
        ),
        random.normal(0, 0.5, (OUTCOMES, LEVERS + 1)),
        random.normal(0, 0.01, (OUTCOMES, POINTS)),
        tuple(SurfaceError(name, 0.0073, 0.003) for name in known),
        48,
        0,
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    made = {}
    for name, assessment, scenario in (
        ("plain", ferghana(), read_scenario("templates/border")),
        ("hostile", hostile_assessment(), hostile_scenario()),
    ):
        page = plain(told_page(assessment, scenario)) | {"null": {}}
        names = [f"lever_{n}" for n in range(LEVERS)]
        levers = [told_lever(n, lever) for n, lever in enumerate(names)]
        surface = surface_of(names, levers, page["outcomes"][:OUTCOMES])
        path = folder / f"{name}.html"
        path.write_text(live_page(page, levers, plain(plain_surface(surface))), encoding="utf-8")
        made[name] = (path, surface)
    return made


@pytest.fixture
def opened(watched, pages):
    def open_(name="plain", width=1440, fragment="", **options):
        size = {"width": width, "height": 900}
        page = watched(pages[name][0].as_uri() + fragment, viewport=size, offline=True, **options)
        page.wait_for_selector("input[type=range]")
        return page

    return open_


def test_the_page_reckons_what_python_reckons(opened, pages):
    page = opened()
    _, surface = pages["plain"]
    page.locator("input[type=range]").nth(3).focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    place = [0.0] * LEVERS
    place[3] = 2 * 29 / 40 - 1
    expected = surface.at(place)
    shown = page.locator("[data-outcome] .now")
    for row in range(shown.count()):
        name = shown.nth(row).locator("xpath=..").get_attribute("data-outcome")
        text = shown.nth(row).inner_text()
        if "%" in text:
            number = float(re.sub(r"[<>%]", "", text)) / 100
            assert number == pytest.approx(expected[name], abs=0.0101)


def test_fifty_moves_repaint_and_the_link_brings_them_back(opened, moves, expect):
    page = opened(bypass_csp=True)
    times = moves(page)
    print(f"slider to repaint, one file: median {times[25]:.0f} ms, p90 {times[45]:.0f} ms")
    assert page.locator(".quality").get_attribute("data-quality") == "tabulated"
    moved = page.locator("[data-outcome] .now").first.inner_text()
    again = opened(fragment=page.evaluate("location.hash"))
    expect(again.locator("[data-outcome] .now").first).to_have_text(moved)
    assert page.seen == again.seen == []


@pytest.mark.parametrize("name", ["plain", "hostile"])
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_it_fits_and_axe_finds_no_violation(opened, violations, name, width, scheme):
    page = opened(name, width, color_scheme=scheme, bypass_csp=True)
    assert violations(page) == []
    page.locator("[data-outcome] button").first.click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.seen == []

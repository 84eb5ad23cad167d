"""Scenarios with nothing in them, with numbers that are withheld, with texts and names that mean harm."""

import json
import re

import pytest

from browser.acting import READY, tab
from reference.drivers import DRIVERS

HEAD = "bystander: 1\ntitle: T\nas_of: 2024-01-01\nhorizon: 1 year\n"
TWO = "variables: {s: {levels: [a, b], start: a}}\n"
GOES = "hazards: {go: {when: s == a, rate: 1 per year, then: {s: b}}}\n"
PRIOR = "prior: 'lognormal(median=1 per year, spread=2)'"
HARM = json.dumps(
    "\u202e\u05e9\u05dc\u05d5\u05dd <script>alert(1)</script> &amp; " + "Donaudampfschifffahrt" * 8
)
WITHHELD = f"""variables: {{s: {{levels: [a, b, c], start: a}}}}
parameters: {{r: {{value: 1 per year, {PRIOR}}}, q: {{value: 0 per year}}}}
hazards:
  go: {{when: s == a, rate: r, then: {{s: b}}}}
  hardly: {{when: s == a, rate: q, then: {{s: c}}}}
outcomes:
  end: {{ever: s == b, headline: true}}
  after: {{ever: s == b, given: s == c, headline: true}}
  wait: {{time_to: s == c, headline: true}}
  much: {{accumulates: {{s == b: 1e13}}, headline: true}}
measures: {{m: {{set: {{r: 2 * r}}}}}}
judgements: {{j: {{says: It is so, holds: P(after) > 10%}}}}
"""
HOSTILE = f"""question: {HARM}
variables: {{s: {{levels: [a, b], start: a}}}}
parameters:
  constructor: {{value: 1 per year, {PRIOR}, about: {HARM}}}
hazards: {{go: {{when: s == a, rate: constructor, then: {{s: b}}, about: {HARM}}}}}
outcomes:
  valueof: {{ever: s == b, headline: true, about: {HARM}}}
  tostring: {{accumulates: {{s == b: 1}}, headline: true, about: {HARM}}}
measures: {{hasownproperty: {{about: {HARM}, set: {{constructor: 2 * constructor}}}}}}
judgements: {{j: {{says: {HARM}, holds: P(valueof) > 50%}}}}
"""
SCENARIOS = {
    "one situation": "variables: {s: {levels: [a], start: a}}\n",
    "no move": TWO,
    "no outcome": TWO + GOES,
    "no parameter": TWO + GOES + "outcomes: {end: {ever: s == b}}\n",
    "no chance": TWO + GOES + "outcomes: {end: {accumulates: {s == b: 1}}}\n",
    "withheld": WITHHELD,
    "hostile": HOSTILE,
}
ODD = re.compile(r"NaN|undefined|\bnull\b|\[object|Infinity|\w …|tabulated")


@pytest.mark.parametrize("name", SCENARIOS)
def test_odd_scenarios_open_and_leave_nobody_waiting(serve, watched, violations, tmp_path, name):
    source = tmp_path / "odd.yaml"
    title = HEAD.replace("title: T", f"title: {HARM}") if name == "hostile" else HEAD
    source.write_text(title + SCENARIOS[name], encoding="utf-8")
    _, address = serve(tmp_path, source, tmp_path / "kept")
    size = {"width": 390, "height": 800}
    own = (address.split("/?")[0], "data:")
    page = watched(address, own, viewport=size, color_scheme="dark", bypass_csp=True)
    page.wait_for_selector("#answer-heading", timeout=READY)
    page.wait_for_selector("text=/being tabulated|matter most …/", state="detached", timeout=READY)
    for part in ("Argue", "Compare", "What would change", "Ladder and dates", "Text"):
        tab(page, part)
        page.wait_for_selector("text=/Checking …/", state="detached")
        assert (part, violations(page)) == (part, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, part
        assert not ODD.search(page.locator("body").inner_text()), part
    page.locator("nav button.tab:has-text('Argue')").click()
    for shown in page.locator("[data-outcome] button").all():
        shown.click()
        assert violations(page) == []
        assert not ODD.search(page.locator("dialog").inner_text())
        assert page.locator("dialog").evaluate("d => d.scrollWidth <= d.clientWidth")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
    if name in ("withheld", "hostile"):
        pin_and_try(page)
    assert page.seen == []


def pin_and_try(page):
    """A variant whose answers are withheld can be pinned, and the measures tried."""
    page.locator("input[type=range]").first.focus()
    page.keyboard.press("End")
    page.wait_for_selector("text=Solved exactly", timeout=READY)
    page.locator("nav button.tab:has-text('Compare')").click()
    page.locator("button:has-text('Pin the variant')").click()
    page.wait_for_selector("button:has-text('unpin')")
    page.locator("nav button.tab:has-text('What would change')").click()
    page.locator("button:has-text('Try the measures')").click()
    page.wait_for_selector("[aria-label='Measures and their effects'] tbody tr", timeout=READY)
    assert not ODD.search(page.locator("main").inner_text())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_where_another_equilibrium_answers_it_is_shown(serve, watched, violations, tmp_path):
    source = tmp_path / "drivers.yaml"
    source.write_text(DRIVERS.replace("spread=1.4", "spread=1.6"), encoding="utf-8")
    _, address = serve(tmp_path, source, tmp_path / "kept")
    size = {"width": 390, "height": 800}
    page = watched(address, (address.split("/?")[0], "data:"), viewport=size, bypass_csp=True)
    page.wait_for_selector("text=/being tabulated|matter most …/", state="detached", timeout=READY)
    assert page.locator("text=more than one equilibrium").count() == 0
    page.locator("button:has-text('hard')").first.click()
    page.locator("dialog button:has-text('Find what would make it')").click()
    page.wait_for_selector("dialog th:has-text('More than one equilibrium')", timeout=READY)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Escape")
    page.locator("input[type=range]").first.focus()
    page.keyboard.press("End")
    page.wait_for_selector("text=/Solved by themselves.*hard/i", timeout=READY)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.seen == []


def test_answers_of_long_work_fit_and_axe_finds_no_violation(opened, violations):
    page = opened(390, 800, bypass_csp=True)

    def fits(where):
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            assert (where, scheme, violations(page)) == (where, scheme, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, where

    page.locator("#question").select_option(label="Alliance: send troops")
    page.locator("button:has-text('Why, and what would')").click()
    for asked, answered in (
        ("Find what would make it", "dialog [aria-live] b"),
        ("Find combinations", "dialog .together b"),
    ):
        page.locator(f"dialog button:has-text('{asked}')").click()
        page.wait_for_selector(answered, timeout=READY)
        fits(asked)
    page.keyboard.press("Escape")
    page.locator("input[type=range]").first.focus()
    page.keyboard.press("End")
    page.wait_for_selector("text=Solved exactly", timeout=READY)
    for part, asked, answered in (
        ("Compare", "Rank the causes", "text=Parts add up"),
        ("What would change", "Try the measures", "figure circle"),
        ("What would change", "Draw 60 times", "th:has-text('holds in')"),
        ("Ladder and dates", "Answer as of", "[data-that-day]"),
    ):
        tab(page, part)
        page.locator(f"button:has-text('{asked}')").click()
        page.wait_for_selector(answered, timeout=READY)
        fits(asked)
    assert page.seen == []

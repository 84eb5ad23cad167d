"""The app as a user meets it, in a real browser: moved, compared, undone, reloaded, edited, taken away."""

import json
import re
import signal
import time
import urllib.error
import urllib.request

import pytest

from browser.acting import READY, SOLVED, first, tab
from bystander.policy.measures import try_measures
from bystander.report.words.numbers import in_short
from bystander.scenario import read_scenario


@pytest.mark.parametrize(
    ("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
)
def test_every_part_fits_and_axe_finds_no_violation(opened, violations, width, scheme):
    page = opened(width, 900, color_scheme=scheme, bypass_csp=True)
    for name in ("Argue", "Compare", "What would change", "Ladder and dates", "Text"):
        tab(page, name)
        page.wait_for_timeout(150)
        assert (name, violations(page)) == (name, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    tab(page, "Argue")
    page.locator("[data-outcome] button").first.click()
    assert violations(page) == []
    assert page.seen == []


def test_a_slider_moved_by_keyboard_changes_the_answer_then_undo_reload_and_link_keep_it(opened, expect):
    page = opened()
    number = page.locator("[data-outcome] .now").first
    before = number.inner_text()
    page.locator("input[type=range]").first.focus()
    for _ in range(15):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".quality")).to_have_text(SOLVED)
    moved = number.inner_text()
    assert moved != before
    fragment = page.evaluate("location.hash")
    assert fragment.startswith("#v=")
    page.wait_for_selector("text=being worked out", state="detached")
    page.reload()
    page.wait_for_selector("input[type=range]")
    expect(page.locator(".quality")).to_have_text(SOLVED)
    expect(number).to_have_text(moved)
    for _ in range(15):
        page.keyboard.press("Control+z")
    expect(number).to_have_text(before)
    page.keyboard.press("Control+Shift+z")
    other = opened(fragment=fragment)
    expect(other.locator(".quality")).to_have_text(SOLVED)
    expect(other.locator("[data-outcome] .now").first).to_have_text(moved)
    assert page.seen == other.seen == []


def test_what_was_asked_for_a_moment_too_early_is_asked_for_again(watched, served):
    """What becomes ready between a question and the first word of the stream of events is told by nobody."""
    home = served["address"].split("/?")[0]
    page = watched(served["address"], (home, "data:", "blob:"))
    page.wait_for_selector("input[type=range]", timeout=READY)
    asked = []

    def early(route):
        asked.append(route.request.url)
        route.fulfill(status=202, json={})

    for path in ("page", "levers"):
        first(page, path, early)
    page.reload()
    page.wait_for_selector("input[type=range]")
    assert len(asked) == 2
    assert page.seen == []


def test_variants_are_pinned_and_their_causes_ranked(opened, expect):
    page = opened()
    page.locator("input[type=range]").first.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".quality")).to_have_text(SOLVED)
    tab(page, "Compare")
    page.locator("input[maxlength]").fill("Colder <b>heads</b>")
    page.locator("button:has-text('Pin the variant')").click()
    page.wait_for_selector("th:has-text('Colder <b>heads</b>')")
    base, pins = page.evaluate(
        """() => Promise.all(["page", "pins"].map(async (name) => {
            return (await fetch(`/api/${name}`, { headers: { "x-bystander": "1" } })).json();
        }))"""
    )
    table, argued = page.locator("table").first.inner_text(), {o["name"]: o for o in base["outcomes"]}
    moved = {n: 100 * (y - argued[n]["value"]) for n, y in pins[0]["answers"].items() if n in argued}
    points = [gap for n, gap in moved.items() if argued[n]["unit"] == "probability" and abs(gap) >= 0.5]
    assert points
    for gap in points:
        told = f"{'+' if gap > 0 else '−'}{abs(gap):.1f}".removesuffix(".0")
        assert f"{told} point" in table, "13% and 13% do not differ by a point, but by 0.6 of one"
    amounts = [o for o in base["outcomes"] if o["headline"] and o["unit"] not in ("probability", "share")]
    assert amounts
    for row in amounts:
        assert f" {row['unit']}" in page.locator(f"tr:has-text('{row['label']}')").first.inner_text()
    page.locator("button:has-text('Rank the causes')").click()
    page.wait_for_selector("text=Parts add up", timeout=READY)
    page.locator("button:has-text('unpin')").click()
    page.wait_for_selector("th:has-text('Colder')", state="detached")
    assert page.seen == []


def test_work_that_ended_before_its_name_was_known_is_shown(opened):
    """Kept work may be done before the answer that names it has arrived."""
    page = opened()
    states = []

    def late(route):
        begun = route.fetch()
        for _ in range(2000):
            told = page.request.get(
                f"{route.request.url}/{begun.json()['job']}", headers={"x-bystander": "1"}
            )
            if told.status == 200:
                break
            time.sleep(0.05)
        states.append(told.json()["how"])
        route.fulfill(response=begun)

    page.route(re.compile("/api/work$"), late)
    tab(page, "What would change")
    page.locator("button:has-text('Try the measures')").click()
    page.wait_for_selector("figure circle", timeout=READY)
    assert states == ["done"]
    assert page.seen == []


def test_measures_and_what_would_make_it_likely(opened):
    page = opened()
    tab(page, "What would change")
    page.locator("button:has-text('Try the measures')").click()
    page.wait_for_selector("figure circle", timeout=READY)
    scenario = read_scenario("templates/border")
    solved = {p.parts[0][0]: p for p in try_measures(scenario).singles}
    by_label = {scenario.measures[name].about: package for name, package in solved.items()}
    rows = page.locator("[aria-label='Measures and their effects'] tbody tr").all()
    assert len(rows) == len(by_label)
    for row in rows:
        effects = by_label[row.locator("th").inner_text()].effects
        aims = [e for e in effects if e.aim] or effects[:1]
        said = [cell.split()[0] for cell in row.locator("td").all_inner_texts()[1 : 1 + len(aims)]]
        assert said == [in_short(e.after, e.unit) for e in aims]
    tab(page, "Argue")
    page.locator("[data-outcome=alliance_deploys] button").click()
    page.locator("button:has-text('Find what would make it')").click()
    page.wait_for_selector("dialog [aria-live] b", timeout=READY)
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert page.seen == []


def test_a_stranger_asks_what_would_make_it_happen_by_keyboard_alone_on_a_narrow_screen(opened):
    page = opened(width=390)
    page.locator("#question").focus()
    for _ in range(8):
        if page.locator("#question option:checked").inner_text() == "Alliance: send troops":
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog h2:has-text('Alliance')")
    for asked, answered in (
        ("Find what would make it", "dialog [aria-live] b"),
        ("Find combinations", "dialog .together b"),
    ):
        button = page.locator(f"dialog button:has-text('{asked}')")
        for _ in range(40):
            if button.evaluate("e => e === document.activeElement"):
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(answered, timeout=READY)
        assert page.locator("dialog").evaluate("d => d.scrollWidth <= d.clientWidth"), asked
    for cell in page.locator("dialog th, dialog td").all_inner_texts():
        assert not re.search(r"[a-z]_[a-z]|\d\.\d{3}", cell), f"{cell}: words, and numbers that matter"
    assert (
        "cheapest" not in page.locator("dialog .together").inner_text()
        or page.locator("dialog .together th:has-text('cost')").count()
    ), "an order by cost is shown with the cost"
    page.evaluate(
        """() => {
            for (const e of document.querySelectorAll("dialog tbody th"))
                e.textContent = "The displeasure of a patron, to a wholly dependent client (its weight)";
            for (const e of document.querySelectorAll("dialog td.number"))
                e.textContent = "2.1 per week, 4.3 times";
        }"""
    )
    assert page.locator("dialog").evaluate("d => d.scrollWidth <= d.clientWidth"), "long words fit too"
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert page.seen == []


def test_words_that_do_not_say_what_they_are_are_explained(opened, expect):
    page = opened()
    part = page.locator("section[aria-labelledby=why-heading]")
    part.locator("summary:has-text('What the words mean')").click()
    for meaning in ("What is taken away changes", "“The vote itself”"):
        expect(part.locator(f"details p:has-text('{meaning}')")).to_be_visible()
    part.locator("button.plain").first.click()
    page.locator("dialog summary:has-text('What the words mean')").click()
    expect(page.locator("dialog details p:has-text('“The vote itself”')")).to_be_visible()


def test_a_date_is_dragged_and_kept_on_reload(opened, expect):
    page = opened()
    tab(page, "Ladder and dates")
    date = page.locator(".day input")
    date.focus()
    page.keyboard.press("Home")
    expect(page.locator(".day b")).to_have_text("1 January 2022")
    expect(page.locator("li.later")).to_have_count(2)
    for _ in range(7):
        page.keyboard.press("PageUp")
    day, known = page.locator(".day b").inner_text(), 2 - page.locator("li.later").count()
    assert known > 0
    page.wait_for_selector("[aria-live]:not(.old) [data-that-day]", timeout=READY)
    page.reload()
    expect(page.locator(".day b")).to_have_text(day)
    expect(page.locator("li.later")).to_have_count(2 - known)
    assert page.seen == []


def test_a_date_that_is_dragged_fast_asks_once_at_a_time_and_ends_with_its_last_day(opened):
    page = opened()
    tab(page, "Ladder and dates")
    page.wait_for_selector(".day input")
    page.evaluate(
        """async () => {
            const input = document.querySelector(".day input");
            input.value = input.min;
            for (let step = 0; step < 8; step++) {
                input.value = Number(input.value) + 3;
                for (const kind of ["input", "change"])
                    input.dispatchEvent(new Event(kind, { bubbles: true }));
                await new Promise((done) => setTimeout(done, 0));
            }
        }"""
    )
    page.wait_for_selector("[aria-live]:not(.old) [data-that-day]", timeout=READY)
    assert page.seen == []


def test_the_name_that_is_suggested_for_a_pin_is_cut_at_no_part(opened):
    page = opened()
    for slider in page.locator("input[type=range]").all():
        slider.focus()
        page.keyboard.press("End")
    tab(page, "Compare")
    name = page.locator("input[maxlength='80']").get_attribute("placeholder")
    assert len(name) <= 80
    assert re.search(r"\w….* and \d+ more$|\w.* and \d+ more$", name)


def test_an_error_in_the_text_is_shown_at_its_line(opened, served):
    page = opened()
    tab(page, "Text")
    area = page.locator("textarea")
    page.wait_for_selector(".gutter div:nth-child(5)")
    area.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.type("oops: 1\n")
    page.wait_for_selector(".problems li.error")
    assert re.search(r"border\.yaml:1:1", page.locator(".problems").inner_text())
    assert (served["folder"] / "border.draft.yaml").read_text(encoding="utf-8").startswith("oops: 1")
    page.locator("button:has-text('Back to the text')").click()
    page.wait_for_selector("text=Nothing is wrong")
    assert page.seen == []


def test_the_file_answers_with_nothing_else_there(opened, watched, violations, moves, tmp_path):
    page = opened()
    page.wait_for_selector("a[href='/live.html']", timeout=READY)
    with page.expect_download() as download:
        page.locator("a[href='/live.html']").click()
    path = tmp_path / "live.html"
    download.value.save_as(path)
    assert path.stat().st_size < 2_000_000
    alone = watched(path.as_uri(), offline=True, bypass_csp=True)
    before = alone.locator("[data-outcome] .now").first.inner_text()
    times = moves(alone)
    assert alone.locator("[data-outcome] .now").first.inner_text() != before
    assert alone.locator(".quality").get_attribute("data-quality") == "tabulated"
    assert len(times) == 50
    assert violations(alone) == []
    assert alone.seen == []


def test_fifty_moves_are_painted(opened, moves):
    page = opened(bypass_csp=True)
    times = moves(page)
    print(f"slider to repaint: median {times[25]:.0f} ms, p90 {times[45]:.0f} ms")
    assert len(times) == 50
    assert page.seen == []


def test_what_was_done_survives_a_kill(chromium, expect, serve, served, tmp_path):
    process, address = serve(tmp_path, served["source"], served["cache"])
    context = chromium.new_context()
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("input[type=range]", timeout=READY)
    page.locator("input[type=range]").first.focus()
    page.keyboard.press("End")
    expect(page.locator(".quality")).to_have_text(SOLVED)
    moved = page.locator("[data-outcome] .now").first.inner_text()
    book = tmp_path / "border.workbook.json"
    end = time.monotonic() + 10
    while time.monotonic() < end and '"sets":{"' not in (book.read_text("utf-8") if book.exists() else ""):
        time.sleep(0.05)
    process.kill()
    process.wait()
    page.wait_for_selector("text=The server does not answer")
    context.close()
    assert json.loads(book.read_text("utf-8"))["desks"]
    process, address = serve(tmp_path, served["source"], served["cache"])
    context = chromium.new_context()
    page = context.new_page()
    page.goto(address)
    expect(page.locator(".quality")).to_have_text(SOLVED, timeout=READY)
    expect(page.locator("[data-outcome] .now").first).to_have_text(moved)
    context.close()
    process.send_signal(signal.SIGINT)
    process.wait(20)


def test_nobody_else_is_answered(served):
    home = served["address"].split("/?")[0]
    for headers in ({}, {"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(urllib.request.Request(f"{home}/api/page", headers=headers), timeout=10)


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_brief_prints_on_two_pages(chromium, tmp_path, paper):
    from bystander.report.brief import brief_html, brief_of
    from bystander.scenario import read_scenario
    from reference.assessments import ferghana

    path = tmp_path / "brief.html"
    path.write_text(brief_html(brief_of(ferghana(), read_scenario("templates/border"))), encoding="utf-8")
    context = chromium.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    made = page.pdf(format=paper)
    context.close()
    assert len(re.findall(rb"/Type /Page\b(?!s)", made)) == 2

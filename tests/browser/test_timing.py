"""Answers that come late, out of order or never, and whoever asks at an unlucky moment.

Nothing here waits for luck: what is to be late is held by a route until the test lets it go.
"""

import base64
import json
import os
import re
import time

import pytest

from browser.acting import READY, SOLVED, first, press, tab

ASKING = {"x-bystander": "1"}
HIDE = """hidden => {
    const get = () => (hidden ? "hidden" : "visible");
    Object.defineProperty(document, "visibilityState", { get, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
OLD = re.compile('"(title|says)":"')


def hold(page, path, times=1, change=None):
    """Keep the answers to what is asked of a path, each with its route, until somebody lets them go."""
    held = []

    def keep(route):
        answer = route.fetch()
        body = answer.text()
        held.append(lambda: route.fulfill(response=answer, body=change(body) if change else body))

    first(page, path, keep, times)
    return held


def until(page, so):
    """Let the page go on until something is so here."""
    given_up = time.monotonic() + READY / 1000
    while time.monotonic() < given_up:
        if so():
            return
        page.wait_for_timeout(25)
    raise AssertionError("it never was so")


def anew(page, served):
    """Have the scenario's file written anew, and noticed."""
    seen = served["source"].stat()
    os.utime(served["source"], ns=(seen.st_atime_ns, seen.st_mtime_ns + 1_000_000))
    page.request.get(served["address"].split("/?")[0] + "/api/pins", headers=ASKING)


def desk(page, served):
    name = page.evaluate("sessionStorage.getItem('bystander-tab')")
    return page.request.get(f"{served['address'].split('/?')[0]}/api/desks/{name}", headers=ASKING).json()


def kept(page, served, step):
    """Wait for the desk of the page's own tab, with its first slider at a step."""
    page.wait_for_function("step => document.querySelector('input[type=range]').value === step", arg=step)

    def so():
        held = desk(page, served)
        return held["own"] and held["desk"]["history"][held["desk"]["place"]] == variant(page)

    until(page, so)


def variant(page):
    """Read the variant that the page's address says."""
    text = page.evaluate("location.hash").partition("v=")[2]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def test_an_answer_of_the_edition_before_is_not_shown_and_is_asked_for_again(opened, served, expect):
    page = opened()

    def other(body):
        told = json.loads(body)
        return json.dumps(told | {"outcomes": dict.fromkeys(told["outcomes"], 0.4321)})

    held = hold(page, "variant", change=other)
    press(page, "ArrowRight", 3)
    until(page, lambda: held)
    with page.expect_request(re.compile("/api/variant$"), timeout=READY):
        anew(page, served)
    held[0]()
    expect(page.locator(".quality")).to_have_text(SOLVED)
    assert "43%" not in page.locator("[data-outcome] .now").all_inner_texts()
    assert page.seen == []


@pytest.mark.parametrize("what", ["page", "levers"])
def test_what_was_told_of_the_edition_before_does_not_come_back(opened, served, what):
    page = opened()
    held = hold(page, what, change=lambda body: OLD.sub(r'"\1":"Old ', body))
    page.reload()
    until(page, lambda: held)
    anew(page, served)
    page.wait_for_selector("input[type=range]", timeout=READY)
    held[0]()
    page.wait_for_timeout(100)
    assert "Old " not in page.locator("body").inner_text()
    assert page.seen == []


def test_what_nobody_answered_is_asked_for_again(opened):
    page = opened()
    press(page, "ArrowRight", 2)
    until(page, lambda: page.evaluate("location.hash"))
    for path in ("page", "levers", "record", "pins", "desks/.*"):
        first(page, path, lambda route: route.abort())
    page.reload()
    page.wait_for_selector("input[type=range]", timeout=READY)
    page.wait_for_selector("button:has-text('Undo'):enabled")
    page.wait_for_selector("text=The server does not answer", state="detached")


def test_the_exact_answer_that_nobody_gave_is_asked_for_again(opened, expect):
    page = opened()
    first(page, "variant", lambda route: route.abort())
    press(page, "ArrowRight", 4)
    expect(page.locator(".quality")).to_have_text(SOLVED)


def test_a_reload_while_reasons_are_worked_out_takes_no_answer_away(opened, expect):
    page = opened()
    press(page, "ArrowRight", 5)
    held = hold(page, "reasons")
    press(page, "ArrowRight", 1)
    with page.expect_request(re.compile("/api/reasons$"), timeout=READY):
        pass
    page.reload()
    expect(page.locator(".quality")).to_have_text(SOLVED)
    page.wait_for_selector("text=being worked out", state="detached", timeout=READY)
    assert page.locator(".prose.stale").count() == 0
    del held


def test_work_is_known_again_after_a_reload_and_begun_once_by_two_clicks(opened):
    page = opened()
    asked = []
    page.on("request", lambda r: asked.append(r) if r.url.endswith("/api/work") else None)
    tab(page, "What would change")
    page.locator("button:has-text('Draw')").evaluate("b => { b.click(); b.click(); }")
    page.wait_for_selector("button:text-is('Stop')")
    page.reload()
    page.wait_for_selector("button:text-is('Stop'), th:has-text('holds in')", timeout=READY)
    assert page.locator(".other").count() == 0, "it is this tab's own"
    page.wait_for_selector("th:has-text('holds in')", timeout=READY)
    page.reload()
    page.wait_for_selector("th:has-text('holds in')")
    assert len(asked) == 1
    assert page.seen == []


def test_undoing_quickly_keeps_the_last_place(opened, served):
    page = opened()
    press(page, "End")
    kept(page, served, "40")
    place = desk(page, served)["desk"]["place"]
    held = hold(page, "desks/.*")
    press(page, "Home")
    until(page, lambda: held)
    for key in ("Control+z", "Control+Shift+z", "Control+z"):
        page.keyboard.press(key)
    page.wait_for_timeout(100)
    held[0]()
    until(page, lambda: desk(page, served)["desk"]["place"] == place)
    page.wait_for_timeout(100)
    assert desk(page, served)["desk"]["place"] == place
    assert page.seen == []


def test_what_is_done_before_the_desk_has_come_stays(opened, served, expect):
    page = opened()
    press(page, "End")
    kept(page, served, "40")
    page.evaluate("history.replaceState(null, '', location.pathname)")
    held = hold(page, "desks/.*")
    page.reload()
    page.wait_for_selector("input[type=range]")
    until(page, lambda: held)
    slider = page.locator("input[type=range]").first
    press(page, "Home")
    held[0]()
    until(
        page, lambda: desk(page, served)["desk"]["history"][-1] != desk(page, served)["desk"]["history"][-2]
    )
    expect(slider).to_have_value("0")
    page.keyboard.press("Control+z")
    expect(slider).to_have_value("40")
    assert page.seen == []


def test_a_new_tab_is_lent_the_desk_that_was_touched_last(opened, watched, served, expect):
    page = opened()
    press(page, "End")
    kept(page, served, "40")
    other = watched(served["address"], (served["address"].split("/?")[0], "data:"))
    expect(other.locator("text=Your last variant was taken up again")).to_be_visible()
    expect(other.locator("input[type=range]").first).to_have_value("40")
    assert page.seen == other.seen == []


def test_a_tab_that_was_duplicated_has_a_desk_of_its_own(opened, served, expect):
    page = opened()
    press(page, "Home")
    press(page, "ArrowRight", 3)
    kept(page, served, "3")
    copied = f"Object.entries({json.dumps(page.evaluate('({ ...sessionStorage })'))})"
    twin = page.context.new_page()
    twin.add_init_script(
        f"if (!sessionStorage.length) for (const pair of {copied}) sessionStorage.setItem(...pair)"
    )
    twin.goto(page.url.split("#")[0])
    expect(twin.locator("input[type=range]").first).to_have_value("3")
    press(twin, "End")
    kept(twin, served, "40")
    assert desk(twin, served)["desk"] != desk(page, served)["desk"]
    page.reload()
    expect(page.locator("input[type=range]").first).to_have_value("3")
    assert desk(page, served)["own"]


def test_pins_told_out_of_order_are_those_asked_for_last(opened):
    page = opened()
    press(page, "ArrowRight", 6)
    tab(page, "Compare")
    name = page.locator("input[maxlength]")
    held = hold(page, "pins", change=lambda _: "[]")
    name.fill("..")
    page.locator("button:has-text('Pin the variant')").click()
    until(page, lambda: held)
    page.wait_for_selector("th:has-text('..')")
    held[0]()
    page.wait_for_timeout(100)
    assert page.locator("th:has-text('..')").count() == 1
    page.locator("button:has-text('unpin')").first.click()
    page.wait_for_selector("th:has-text('..')", state="detached")
    assert page.seen == []


@pytest.mark.parametrize("variant", ["no parameter", "no measure", "unreadable", "huge", "of the prototype"])
def test_a_link_that_does_not_fit_says_so_and_waits_for_nothing(opened, expect, variant):
    page = opened()
    told = {
        "no parameter": {"sets": {"nobody": "1 per year"}, "measures": []},
        "no measure": {"sets": {}, "measures": ["nothing_of_the_kind"]},
        "of the prototype": {"sets": {"constructor": "1", "__proto__": "2"}, "measures": ["toString"]},
        "unreadable": 3,
        "huge": {"sets": {f"p{n}": "1 per year" * 10 for n in range(400)}, "measures": []},
    }[variant]
    page.evaluate("told => { location.hash = 'v=' + btoa(JSON.stringify(told)).replace(/=+$/, ''); }", told)
    if variant in ("unreadable", "huge"):
        page.wait_for_selector("text=cannot be read")
        return
    expect(page.locator(".quality")).to_contain_text("could not be solved")
    page.locator("button:has-text('As argued')").click()
    expect(page.locator(".quality")).to_have_text("As argued: exact.")
    page.go_back()
    assert page.locator("[data-outcome]").count()


def test_seven_pages_leave_a_connection_for_the_eighth(opened, served):
    page = opened()
    home = page.url.split("#")[0]
    for _ in range(7):
        page.evaluate(HIDE, True)
        page = page.context.new_page()
        page.goto(home)
        page.wait_for_selector("input[type=range]")
    first = page.context.pages[0]
    with first.expect_request(re.compile("/api/events")):
        first.evaluate(HIDE, False)
    page.context.close()


def test_a_page_hears_again_from_a_server_begun_anew_at_its_port(serve, served, watched, tmp_path):
    process, address = serve(tmp_path, served["source"], served["cache"])
    home, port = address.split("/?")[0], int(address.rsplit(":", 1)[1].split("/")[0])
    page = watched(address, (home, "data:"))
    page.wait_for_selector("input[type=range]", timeout=READY)
    process.kill()
    process.wait()
    page.wait_for_selector("text=The server does not answer")
    _, address = serve(tmp_path, served["source"], served["cache"], port)
    other = page.context.new_page()
    other.goto(address)
    page.wait_for_selector("text=The server does not answer", state="detached")
    with page.expect_response(re.compile("/api/work/")):
        tab(page, "What would change")
        page.locator("button:has-text('Try the measures')").click()
    page.wait_for_selector("figure circle", timeout=READY)


def test_a_page_outlives_an_edition_that_begins_under_an_open_dialog(opened, served):
    page = opened()
    page.locator("[data-outcome] button").first.click()
    page.wait_for_selector("dialog[open]")
    anew(page, served)
    page.wait_for_selector("dialog", state="detached")
    page.wait_for_selector("input[type=range]", timeout=READY)
    tab(page, "Compare")
    assert page.seen == []


def test_two_tabs_that_write_the_text_lose_nothing(serve, served, watched, expect, tmp_path):
    source = tmp_path / "border.yaml"
    text = served["source"].read_text(encoding="utf-8")
    source.write_text(text, encoding="utf-8")
    _, address = serve(tmp_path, source, served["cache"])
    one = watched(address, (address.split("/?")[0], "data:"))
    one.wait_for_selector("input[type=range]", timeout=READY)
    two = one.context.new_page()
    two.goto(one.url)
    two.wait_for_selector("input[type=range]", timeout=READY)
    for page, said in ((one, "# one\n"), (two, "# two\n")):
        tab(page, "Text")
        expect(page.locator("textarea")).not_to_have_value("")
        page.locator("textarea").fill(text + said)
        page.wait_for_selector("text=Draft kept", timeout=READY)
    one.locator("button:text-is('Apply')").click()
    one.wait_for_selector("text=Applied and written", timeout=READY)
    assert source.read_text(encoding="utf-8") == text + "# one\n"
    two.wait_for_selector("text=what you typed is kept")
    expect(two.locator("textarea")).to_have_value(text + "# two\n")
    tab(two, "Argue")
    tab(two, "Text")
    expect(two.locator("textarea")).to_have_value(text + "# two\n")
    assert (tmp_path / "border.draft.yaml").read_text(encoding="utf-8") == text + "# two\n"
    assert one.seen == []


def test_a_text_that_fails_can_be_mended(serve, served, watched, tmp_path):
    source = tmp_path / "border.yaml"
    source.write_text("bystander: 1\ntitle: Nothing yet\n", encoding="utf-8")
    _, address = serve(tmp_path, source, served["cache"])
    page = watched(address, (address.split("/?")[0], "data:"))
    page.wait_for_selector("text=could not be opened", timeout=READY)
    tab(page, "Text")
    page.locator("textarea").fill(served["source"].read_text(encoding="utf-8"))
    page.wait_for_selector("text=Draft kept", timeout=READY)
    page.locator("button:text-is('Apply')").click()
    tab(page, "Argue")
    page.wait_for_selector("input[type=range]", timeout=READY)

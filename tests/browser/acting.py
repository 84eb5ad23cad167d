"""What browser tests wait for, and do to a page."""

import re

READY = 280_000
SOLVED = "Solved exactly for these assumptions."


def tab(page, name):
    page.locator(f"nav button.tab:has-text('{name}')").click()


def press(page, key, times=1):
    page.locator("input[type=range]").first.focus()
    for _ in range(times):
        page.keyboard.press(key)


def first(page, path, act, times=1):
    """Act on the first questions of a path; the route stays, since one that expires may hold up a page."""
    asked = []

    def each(route):
        asked.append(route)
        if len(asked) <= times:
            act(route)
        else:
            route.fallback()

    page.route(re.compile(rf"/api/{path}$"), each)

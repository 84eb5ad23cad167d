"""A headless Chromium, where there is one; everything here is skipped with a reason where there is none."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from browser.acting import READY, first
from bystander.scenario.document import find_place
from reference.seen import RECORD

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOVES = """async () => {
  const slider = document.querySelector("input[type=range]");
  const times = [];
  for (let n = 0; n < 50; n++) {
    const start = performance.now();
    slider.value = String((n * 7) % 41);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - start);
  }
  slider.dispatchEvent(new Event("change", { bubbles: true }));
  return times;
}"""
PATIENCE = 120_000
"""Milliseconds that anything may take: a loaded machine is slow, and a test says what, never how fast."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def chromium():
    """A browser for the tests of one module: while its driver runs, no other event loop can start here."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright for Python drives the browser")
    path = os.environ.get("CHROMIUM") or next((found for n in NAMES if (found := shutil.which(n))), None)
    if path is None:
        pytest.skip("no Chromium on this machine; install one or name it in CHROMIUM")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def watched(chromium):
    """Open a page and keep what it asks for beyond its own addresses and complains of, as ``page.seen``."""
    contexts = []

    def open_(address, own=("file:", "data:"), before=None, **options):
        context = chromium.new_context(**options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        if before is not None:
            before(page)
        page.seen = []
        page.on("request", lambda r: None if r.url.startswith(own) else page.seen.append(r.url))
        page.on("console", lambda m: page.seen.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: page.seen.append(str(e)))
        page.on("dialog", lambda d: (page.seen.append("dialog"), d.dismiss()))
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()


def _start(folder, source, cache, port=0):
    command = "from bystander.cli.main import main; main()"
    arguments = ["serve", str(source), "--no-browser", "--port", str(port), "--folder", str(folder)]
    record = folder / "seen.yaml"
    record.write_text(RECORD, encoding="utf-8")
    arguments += ["--record", str(record)]
    process = subprocess.Popen(
        [sys.executable, "-c", command, *arguments],
        stdout=subprocess.PIPE,
        env={**os.environ, "BYSTANDER_CACHE": str(cache)},
        text=True,
    )
    return process, process.stdout.readline().strip()


@pytest.fixture
def serve():
    """Serve a scenario: ``serve(folder, source, cache, port)`` gives the process and its address."""
    begun = []

    def start(*given):
        begun.append(_start(*given))
        return begun[-1]

    yield start
    for process, _ in begun:
        process.kill()
        process.wait(20)


@pytest.fixture(scope="module")
def served(chromium, tmp_path_factory):
    """One app for the tests of a module, with the record that its date moves over."""
    folder, cache = tmp_path_factory.mktemp("desk"), tmp_path_factory.mktemp("kept")
    source = folder / "border.yaml"
    source.write_text(find_place("templates/border").path.read_text(encoding="utf-8"), encoding="utf-8")
    process, address = _start(folder, source, cache)
    yield {"address": address, "folder": folder, "source": source, "cache": cache, "process": process}
    process.send_signal(signal.SIGINT)
    process.wait(20)


@pytest.fixture
def opened(watched, served):
    """Open the app that is served, once it can be argued with, with a desk on which nothing lies.

    A new tab is lent the desk touched last, which is that of a test before: it is told that there is none.
    """

    def none_lent(page):
        first(page, "desks/.*", lambda route: route.fulfill(json={"desk": None, "own": False}))

    def open_(width=1440, height=1000, fragment="", **options):
        own = (served["address"].split("/?")[0], "data:", "blob:")
        size = {"width": width, "height": height}
        page = watched(served["address"] + fragment, own, none_lent, viewport=size, **options)
        page.wait_for_selector("input[type=range]", timeout=READY)
        return page

    return open_


@pytest.fixture
def expect(chromium):
    """Ask again until it is so: what follows a key or a click need not stand when the driver returns."""
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)
    return expect


@pytest.fixture
def violations(axe):
    """Ask axe what is wrong with a page that was opened with ``bypass_csp``."""

    def ask(page):
        page.evaluate(axe)
        found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"]
        return [(each["id"], each["nodes"][0]["html"][:200]) for each in found]

    return ask


@pytest.fixture
def moves():
    """Move the first slider fifty times; return the milliseconds that each repainting took, in order."""
    return lambda page: sorted(page.evaluate(MOVES))


@pytest.fixture(scope="session")
def axe() -> str:
    """Source of axe-core, from the package that carries it or the file that AXE names."""
    named = os.environ.get("AXE")
    if named:
        return Path(named).read_text(encoding="utf-8")
    carrier = pytest.importorskip("axe_playwright_python", reason="axe-core checks accessibility")
    return next(Path(carrier.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")

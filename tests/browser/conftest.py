"""A headless Chromium, where there is one; everything here is skipped with a reason where there is none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
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


@pytest.fixture(scope="session")
def axe() -> str:
    """Source of axe-core, from the package that carries it or the file that AXE names."""
    named = os.environ.get("AXE")
    if named:
        return Path(named).read_text(encoding="utf-8")
    carrier = pytest.importorskip("axe_playwright_python", reason="axe-core checks accessibility")
    return next(Path(carrier.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")

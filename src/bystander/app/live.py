"""The one file that still answers when nothing else is there: page, levers and surface in one HTML page.

The script is the app's own, built for a page without a server. A policy inside the page forbids everything
but that script, by its hash; values are held as JSON that no browser runs, ``<`` and all but ASCII as
escapes, so that no text of a scenario can end it or fail to be written. The same values give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bystander.files import write_whole
from bystander.progress import Progress, part_of
from bystander.report.figures.figure import font_faces

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

ASSETS = Path(__file__).parent / "assets"


def write_live(scenario: Scenario, path: str | Path, *, progress: Progress | None = None) -> Path:
    """Assess a scenario, tabulate its response, and write the file; what was solved before is taken up.

    Raises
    ------
    QueryError
        If there is nothing to slide.
    """
    from bystander.app.tasks import held_for

    return write_whole(path, live_page(*held_for(scenario, part_of(progress, 0.0, 1.0))))


def live_page(page: dict[str, Any], levers: list[dict[str, Any]], surface: dict[str, Any] | None) -> str:
    """Return the page."""
    script = (ASSETS / "live.js").read_text(encoding="utf-8").replace("</script", "<\\/script")
    style = "".join(font_faces()) + (ASSETS / "live.css").read_text(encoding="utf-8")
    held = json.dumps({"page": page, "levers": levers, "surface": surface}, separators=(",", ":"))
    held = held.replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; font-src data:; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(page['title'], quote=False)} – Bystander</title>\n"
        f"<style>{style}</style>\n</head>\n<body>\n"
        '<div id="app"></div>\n<noscript>This file needs JavaScript, which is inside it.</noscript>\n'
        f'<script type="application/json" id="held">{held}</script>\n<script>{script}</script>\n'
        "</body>\n</html>\n"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}'"

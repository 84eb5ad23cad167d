"""An assessment and a scenario whose every text tries to break out of the page."""

from __future__ import annotations

import dataclasses
from typing import Any

from bystander.assessment.result import Assessment
from bystander.scenario import read_data, read_scenario
from bystander.scenario.schema import Scenario
from reference.assessments import ferghana
from reference.maps import FERGHANA

HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "\u202egnirts desrever\u202c \u2067rtl\u2069 \u200b",
    "x" * 10_000,
    "</style></title></svg><svg onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "&lt;b&gt; &amp;amp; \u0000 \u001b[31m \ud800",
    "=cmd|' /C calc'!A0",
)


def twisted(value: Any, counter: list[int]) -> Any:
    """Replace every free text, in order, by the next hostile one; names of moves and units stay."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        free = {"about", "label", "says", "formula", "title", "question", "because", "claim", "name_of"}
        return dataclasses.replace(
            value,
            **{
                f.name: twisted(getattr(value, f.name), counter)
                for f in dataclasses.fields(value)
                if f.name in free or isinstance(getattr(value, f.name), tuple)
            },
        )
    if isinstance(value, tuple):
        if value and isinstance(value[0], (int, float)):
            return value
        if value and all(isinstance(v, str) for v in value):
            return tuple(next_text(counter) for _ in value)
        return tuple(v if isinstance(v, tuple) else twisted(v, counter) for v in value)
    return next_text(counter) if isinstance(value, str) else value


def next_text(counter: list[int]) -> str:
    """Give the next hostile text."""
    counter[0] += 1
    return HOSTILE[counter[0] % len(HOSTILE)]


def hostile_assessment() -> Assessment:
    """Give the hand-made assessment with hostile texts everywhere."""
    out: Assessment = twisted(ferghana(), [0])
    return out


def hostile_scenario() -> Scenario:
    """Give a scenario with hostile texts where a file may hold free text."""
    data = read_scenario("templates/border").model_dump(mode="json", exclude_defaults=True)
    counter = [0]

    def twist(node: Any, key: str = "") -> Any:
        if isinstance(node, dict):
            return {k: twist(v, k) for k, v in node.items()}
        if isinstance(node, list):
            return [twist(v, key) for v in node]
        free = isinstance(node, str) and key in (
            "about",
            "says",
            "title",
            "question",
            "author",
            "publisher",
            "locator",
        )
        return next_text(counter).replace("\ud800", "") if free else node

    data = twist(data)
    data["sources"]["desk"]["url"] = "javascript:alert(1)"
    data["map"] = {
        **FERGHANA,
        "title": HOSTILE[0],
        "places": {f"p{k}": {"at": [70 + k / 5, 40], "label": text} for k, text in enumerate(HOSTILE[:6])},
    }
    return read_data(data)

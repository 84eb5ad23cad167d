"""What a notebook shows for an assessment.

One HTML fragment whose picture is inside it, or plain text. Nothing is fetched, nothing runs.

The picture is a data address in an ``img`` element, which untrusted notebooks keep, where they strip
inline SVG. A single `Figure` shows itself by the specification instead; the two are never offered
together, since a front end may show either.
"""

from __future__ import annotations

import base64
from html import escape
from typing import Any

from bystander.assessment.result import Assessment
from bystander.report.figures.likelihoods import likelihoods
from bystander.report.words.confidence import confidence
from bystander.report.words.names import clean
from bystander.report.words.numbers import date, duration
from bystander.report.words.sentences import headlines, outcome_line, plain, remedies, who_acts


def mimebundle(assessment: Assessment) -> dict[str, Any]:
    """Give the forms of an assessment that a notebook may show."""
    lines = [plain(outcome_line(o)) for o in headlines(assessment, 6)]
    lines += [plain(s) for s in [*who_acts(assessment), *remedies(assessment, 1)]]
    when = (
        f"As of {date(assessment.as_of)}, looking {duration(assessment.horizon_days)} ahead;"
        f" {confidence(assessment).level} confidence"
    )
    title = clean(assessment.title)
    text = "\n".join([title, when + ".", *lines])
    return {"text/html": fragment(assessment, title, when, lines), "text/plain": text}


def fragment(assessment: Assessment, title: str, when: str, lines: list[str]) -> str:
    """Set title, picture and sentences as HTML."""
    picture = ""
    figure = likelihoods(assessment)
    if figure is not None:
        data = base64.b64encode(figure.svg().encode("utf-8")).decode()
        picture = (
            f'<img alt="{escape(figure.alt)}" style="max-width:100%;background:#fff"'
            f' src="data:image/svg+xml;base64,{data}">'
        )
    items = "".join(f"<li><bdi>{escape(line)}</bdi></li>" for line in lines)
    return f"<div><h3><bdi>{escape(title)}</bdi></h3><p>{escape(when)}.</p>{picture}<ul>{items}</ul></div>"

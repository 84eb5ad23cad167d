"""The trail from a number back to its parameter, its fact and its source, as links within the page.

A citation is written in a scenario as a claim (``C37``, ``fp-2022#C37``), a fact, a parameter or a
source. The page lists all of these in its third appendix, each with an anchor; a citation becomes a
link to it; the page's script shows the text of the target as a tip. What cannot be resolved stays plain
text, so that nothing is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bystander.report.words.names import clean, label, phrase
from bystander.scenario.claims import standing_of_parameter
from bystander.scenario.expressions import facts_in
from bystander.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class Link:
    """A citation: where it leads (an anchor of the page, or ""), what it says, and what it is."""

    anchor: str
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class TrailRow:
    """A row of the appendix: a parameter, a fact or a claim."""

    anchor: str
    name: str
    says: str
    value: str = ""
    extra: str = ""
    cites: tuple[Link, ...] = ()
    standing: str = ""


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A document with its claims; ``url`` is empty unless it is a plain web address."""

    anchor: str
    name: str
    title: str
    details: str
    url: str
    claims: tuple[TrailRow, ...]


def slug(text: str) -> str:
    """Make a string safe in an id."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", clean(text, 120)).strip("-") or "x"


def web(url: str) -> str:
    """Keep an address only if it is an ordinary web address."""
    plain = clean(url, 2000)
    return plain if re.match(r"https?://[A-Za-z0-9]", plain) else ""


class Trail:
    """Citations of one scenario, resolved."""

    def __init__(self, scenario: Scenario | None) -> None:
        self.scenario = scenario
        self.links: dict[str, Link] = {}
        if scenario is None:
            return
        for source_name, source in scenario.sources.items():
            where = slug(source_name)
            for claim_name in source.claims:
                link = Link(f"claim-{where}-{slug(claim_name)}", clean(claim_name, 40), "claim")
                self.links[f"{source_name}#{claim_name}"] = link
                self.links.setdefault(claim_name, link)
            self.links.setdefault(source_name, Link(f"source-{where}", clean(source_name, 60), "source"))
        for name, parameter in scenario.parameters.items():
            standing = standing_of_parameter(scenario, name).name
            shown = clean(f"{label(name)}: {parameter.value}, {standing}", 80)
            self.links[name] = Link(f"parameter-{slug(name)}", shown, "parameter")
        for name in scenario.facts:
            self.links[name] = Link(f"fact-{slug(name)}", clean(label(name), 60), "fact")

    def links_of(self, names: Iterable[str]) -> tuple[Link, ...]:
        """Resolve citations, each once."""
        return tuple(self.links.get(n) or Link("", clean(n, 80), "unknown") for n in dict.fromkeys(names))

    def parameters(self) -> tuple[TrailRow, ...]:
        """List the scenario's parameters."""
        if self.scenario is None:
            return ()
        return tuple(
            TrailRow(
                f"parameter-{slug(name)}",
                clean(label(name), 80),
                phrase(p.about, "", 400) if p.about else "",
                clean(f"{p.value} = {p.value.formula}" if p.value.formula else str(p.value), 160),
                "" if p.prior is None else clean(str(p.prior), 120),
                self.links_of((*facts_in(p.value), *p.learnt, *p.because)),
                str(standing_of_parameter(self.scenario, name)),
            )
            for name, p in self.scenario.parameters.items()
        )

    def facts(self) -> tuple[TrailRow, ...]:
        """List the scenario's facts."""
        if self.scenario is None:
            return ()
        return tuple(
            TrailRow(
                f"fact-{slug(name)}",
                clean(label(name), 80),
                clean(f.says, 600),
                "" if f.value is None else clean(str(f.value), 60),
                ", ".join(
                    filter(
                        None, [f"{f.confidence} confidence" if f.confidence else "", clean(f.date or "", 20)]
                    )
                ),
                self.links_of([f.source]),
            )
            for name, f in self.scenario.facts.items()
        )

    def sources(self) -> tuple[SourceEntry, ...]:
        """List the sources with their claims."""
        if self.scenario is None:
            return ()
        return tuple(
            SourceEntry(
                f"source-{slug(name)}",
                clean(name, 60),
                clean(s.title, 300),
                clean("; ".join(filter(None, [s.author, s.publisher, s.date or "", s.kind, s.locator])), 400),
                web(s.url),
                tuple(
                    TrailRow(
                        f"claim-{slug(name)}-{slug(key)}",
                        clean(key, 40),
                        clean(claim.says, 800),
                        "",
                        claim.kind,
                    )
                    for key, claim in s.claims.items()
                ),
            )
            for name, s in self.scenario.sources.items()
        )

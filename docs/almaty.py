"""The numbers of the page on Almaty and Batken, solved when the documentation is built."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bystander.cases.cases import Case, solve_case
from bystander.equilibrium.blocking import blocked_each
from bystander.equilibrium.explain import WhyQuestion, explain_all
from bystander.equilibrium.reasons import Reason
from bystander.game.questions import mask
from bystander.report.words.numbers import label
from bystander.scenario import read_scenario, scenario_hash

MEMBERS = ("russia", "kazakhstan", "belarus", "armenia", "kyrgyzstan", "tajikistan")
OUTCOMES = ("csto_deploys", "csto_offers", "sco_acts")
CALM = " and {street} == calm"


@dataclass(frozen=True)
class Crisis:
    """A crisis, what happened in it, and the condition under which the vote is looked at."""

    name: str
    title: str
    happened: str
    vote: str


CRISES = (
    Crisis(
        "kazakhstan-2022",
        "Kazakhstan, January 2022",
        "sent troops within a day",
        "help == asked and regime_threat",
    ),
    Crisis(
        "ferghana-2021",
        "Ferghana, April 2021",
        "called for calm",
        "help == asked and heavy_fighting" + CALM.format(street="kyrgyz_street"),
    ),
    Crisis(
        "ferghana-2022",
        "Ferghana, September 2022",
        "offered to mediate",
        "help == asked and heavy_fighting" + CALM.format(street="kyrgyz_street"),
    ),
    Crisis(
        "armenia-2020",
        "Karabakh, autumn 2020",
        "stayed out; Russia brokered alone",
        "help == asked and heavy_fighting" + CALM.format(street="armenian_street"),
    ),
    Crisis(
        "armenia-2022",
        "Armenia, September 2022",
        "sent observers",
        "help == asked and heavy_fighting" + CALM.format(street="armenian_street"),
    ),
)
PAGES = ("almaty-responses.md", "almaty-blocked.md", "almaty-votes.md")


def write_all(folder: Path) -> None:
    """Write the tables; leave them alone if they were made from the same scenarios."""
    scenarios = {crisis.name: read_scenario(f"crises/{crisis.name}") for crisis in CRISES}
    wider = read_scenario("crises/ferghana-2022", sets={"csto_clause": 1.0})
    stamp = stamp_of([scenario_hash(scenario) for scenario in scenarios.values()])
    first = f"<!-- {stamp} -->\n"
    paths = [folder / page for page in PAGES]
    if all(path.exists() and path.read_text(encoding="utf-8").startswith(first) for path in paths):
        return
    cases = {name: solve_case(one, outcomes=OUTCOMES, judgements=()) for name, one in scenarios.items()}
    widened = solve_case(wider, near=cases["ferghana-2022"], outcomes=OUTCOMES, judgements=())
    for path, text in zip(
        paths, (responses(cases), stands(cases, widened), votes(cases, widened)), strict=True
    ):
        path.write_text(first + text, encoding="utf-8")


def stamp_of(hashes: Sequence[str]) -> str:
    """Return one hash of many, with that of this file."""
    own = Path(__file__).read_bytes()
    return hashlib.sha256("".join(hashes).encode() + own).hexdigest()[:16]


def percent(chance: float) -> str:
    """Write a chance without false digits."""
    if chance < 0.001:
        return "< 0.1%"
    return f"{chance:.1%}" if chance < 0.1 else f"{chance:.0%}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows), ""])


def responses(cases: dict[str, Case]) -> str:
    """Return, crisis by crisis, the chance of each response and what happened."""
    rows = [
        [crisis.title, *(percent(cases[crisis.name].value(outcome)) for outcome in OUTCOMES), crisis.happened]
        for crisis in CRISES
    ]
    return table(
        ("crisis", "CSTO sends troops", "CSTO offers mediation", "SCO acts", "the CSTO in fact"), rows
    )


def weights(case: Case, condition: str) -> np.ndarray:
    """Return equal weights on the situations in which the vote arises."""
    return mask(case.game, condition).astype(float)


def stands(cases: dict[str, Case], widened: Case) -> str:
    """Return what stands in the way of a deployment once help has been asked for."""
    rows = []
    for crisis in CRISES:
        case = cases[crisis.name]
        (reason,) = blocked_each(case.equilibrium, ["csto.send_troops"], weights(case, crisis.vote))
        rows.append([crisis.title, *spread(reason)])
    (reason,) = blocked_each(widened.equilibrium, ["csto.send_troops"], weights(widened, CRISES[2].vote))
    rows.insert(3, ["the same, if practice were wider", *spread(reason)])
    return table(
        ("crisis", "no mandate, or answered already", "a vote fails", "whose, most", "would pass"), rows
    )


def spread(reason: Reason) -> list[str]:
    """Return the shares of a blocked decision: mandate, votes, the chief naysayer, passing."""
    shares = dict(reason.blocked)
    failing = {
        name.removeprefix("vote: "): share for name, share in shares.items() if name.startswith("vote: ")
    }
    chief = max(failing, key=lambda name: failing[name]) if failing else ""
    return [
        percent(shares.get("no mandate", 0.0) + shares.get("an answer that stands", 0.0)),
        percent(sum(failing.values())) if failing else "–",
        label(chief) if chief else "–",
        percent(reason.probability),
    ]


def votes(cases: dict[str, Case], widened: Case) -> str:
    """Return each member's chance of a yes and what speaks most for and against, where a vote is taken."""
    rows = []
    shown = (
        (CRISES[0], cases["kazakhstan-2022"], CRISES[0].title),
        (CRISES[2], widened, "Ferghana 2022, wider practice"),
        (CRISES[4], cases["armenia-2022"], CRISES[4].title),
    )
    for crisis, case, title in shown:
        where = weights(case, crisis.vote)
        recused = {n for n in MEMBERS if case.scenario.parameters[f"party_{n}"].value.value > 0.5}
        asked = [member for member in MEMBERS if member not in recused]
        reasons = explain_all(
            case.equilibrium, [WhyQuestion("csto.send_troops", where, member) for member in asked]
        )
        for member, reason in zip(asked, reasons, strict=True):
            rows.append([title, label(member), percent(reason.probability), bar(reason, 1), bar(reason, -1)])
        rows += [[title, label(member), "recused", "–", "–"] for member in sorted(recused)]
    heads = ("crisis", "member", "votes yes", "speaks most for it", "speaks most against it")
    return table(heads, rows)


def bar(reason: Reason, sign: int) -> str:
    """Return the longest bar on one side, with its log-odds."""
    longest = max(reason.bars, key=lambda b: sign * b.log_odds)
    if sign * longest.log_odds <= 0.05:
        return "–"
    name = longest.label or longest.name
    if longest.name == "csto.send_troops":
        name = "the worth of a word kept" if longest.now else "it could be decided later"
    number = f"{longest.log_odds:+.1f}".replace("-", "−")
    return f"{name[0].lower()}{name[1:]} ({number})"

"""The general equations of a game, set as MathML: values, choices, what an opportunity is worth."""

from __future__ import annotations

from dataclasses import dataclass

from bystander.report.words.expressions import fraction, math, mi, mn, mo, paren, row, sub
from bystander.report.words.numbers import MINUS
from bystander.scenario.schema import Scenario

HABIT = (
    " Its habit h is the chance of an option when nothing is at stake; options without a stated habit share"
    " evenly with waiting what the stated ones leave."
)
"""What h is, under ``shocks: control``."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula with the sentence that introduces it; ``markup`` is MathML with all text escaped."""

    lead: str
    markup: str


@dataclass(frozen=True, slots=True)
class Section:
    """The formulas of one owner."""

    heading: str
    formulas: tuple[Formula, ...]


def power(base: str, above: str) -> str:
    """Set a power."""
    return f"<msup>{base}{above}</msup>"


def general(scenario: Scenario) -> Section:
    """Set the equations every actor's value satisfies."""
    v, s, rho, lam = mi("V"), mi("s"), mi("\u03c1"), mi("\u03bb")
    value = row(sub(v, mi("i")), paren(s))
    shocks = scenario.shocks

    def weight(option: str) -> str:
        worth = row(sub(mi("w"), mi("i")), paren(mi(option), mo(","), s))
        habit = [sub(mi("h"), mi("i")), paren(mi(option), mo("|"), s)] if shocks == "control" else []
        return row(*habit, power(mi("e"), row(sub(mi("r"), mi("i")), worth)))

    total = row(f"<munder>{mo(chr(0x2211))}{mi('b')}</munder>", weight("b"))
    choice = math(
        row(sub(mi("P"), mi("i")), paren(mi("a"), mo("|"), s), mo("="), fraction(weight("a"), total)),
        "choice probabilities are habit times e to the worth"
        if shocks == "control"
        else "choice probabilities are logit",
    )
    moves = row(
        f"<munder>{mo(chr(0x2211))}{mi('m')}</munder>",
        mi("rate"),
        paren(mi("m"), mo(","), s),
        mo("["),
        sub(mi("J"), mi("i")),
        paren(mi("m")),
        mo("+"),
        sub(v, mi("i")),
        paren(sub(mi("s"), mi("m"))),
        mo(MINUS),
        value,
        mo("]"),
    )
    flow = row(sub(rho, mi("i")), value, mo("="), sub(mi("u"), mi("i")), paren(s), mo("+"), moves)
    own = row(mo("+"), sub(lam, mi("i")), mo("["), sub(mi("M"), mi("i")), paren(s), mo(MINUS), value, mo("]"))
    if shocks != "noise":
        moment = row(
            sub(mi("M"), mi("i")),
            paren(s),
            mo("="),
            fraction(mn("1"), sub(mi("r"), mi("i"))),
            mi("log"),
            mo("\u2061"),
            total,
        )
        note = "Value of an opportunity: " + (
            "the most that choices can bring less the effort of departing from habit."
            if shocks == "control"
            else "private reasons are worth something to whoever has them."
        )
    else:
        moment = row(
            sub(mi("M"), mi("i")),
            paren(s),
            mo("="),
            f"<munder>{mo(chr(0x2211))}{mi('b')}</munder>",
            sub(mi("P"), mi("i")),
            paren(mi("b"), mo("|"), s),
            sub(mi("w"), mi("i")),
            paren(mi("b"), mo(","), s),
        )
        note = "Value of an opportunity: private reasons move choices but are worth nothing."
    return Section(
        "What holds for every actor",
        (
            Formula(
                "Chance that actor i, at an opportunity in situation s, takes action a (waiting is one of the"
                " options b); r is the precision of its choices and w what an option is worth, itself and by"
                " what follows." + (HABIT if shocks == "control" else ""),
                choice,
            ),
            Formula(
                "Expected discounted worth of being in situation s: what flows, what others' moves m bring,"
                " what its own opportunities bring.",
                math(row(flow, own), "value equation"),
            ),
            Formula(note, math(moment, "value of an opportunity")),
        ),
    )

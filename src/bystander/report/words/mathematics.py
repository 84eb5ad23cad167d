"""The mathematics of one scenario, set as MathML: what each actor maximises, how each decision is taken.

The general equations are those of the model (values, choices, votes, what an opportunity is worth); here they
are written out for the actors, moves and institutions at hand, so that a reader can check an implementation,
or do without one.
"""

from __future__ import annotations

from dataclasses import dataclass

from bystander.report.words.expressions import (
    SPACE,
    fraction,
    math,
    mathml,
    mi,
    mn,
    mo,
    mtext,
    paren,
    row,
    sub,
)
from bystander.report.words.numbers import MINUS, clean, label
from bystander.scenario.expressions import Expr, to_text
from bystander.scenario.expressions.syntax import Truth
from bystander.scenario.schema import Actor, Decision, Scenario

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


ONE_LINE = 80  # letters of a formula and its condition that a printed line holds


def mathematics(scenario: Scenario) -> tuple[Section, ...]:
    """Write out the scenario: the equations in general, then each actor, each institution, chance."""
    control = scenario.shocks == "control"
    sections = [general(scenario)]
    sections += [actor(name, body, control) for name, body in scenario.actors.items()]
    for name, body in scenario.institutions.items():
        formulas = tuple(
            f for key, d in body.decisions.items() for f in decision(name, key, d, body.members, control)
        )
        sections.append(Section(clean(label(name), 60), formulas))
    if scenario.hazards:
        rates = tuple(
            Formula(
                f"Rate of \u201c{clean(label(key), 60)}\u201d.",
                math(
                    with_condition(
                        row(sub(mi("q"), mi(words(key))), mo("="), mathml(h.frequency)),
                        indicator(h.when),
                        h.frequency,
                        h.when,
                    ),
                    f"rate of {key}",
                ),
            )
            for key, h in scenario.hazards.items()
        )
        sections.append(Section("Chance", rates))
    return tuple(sections)


def words(name: str) -> str:
    """Set an identifier among symbols."""
    return clean(name.replace("_", " "), 50)


def indicator(when: Expr | None) -> str:
    """Multiply by the indicator of a condition, if there is one."""
    if when is None or when == Truth(True):
        return ""
    return row(mo("\u22c5"), mn("1"), mo("["), mathml(when), mo("]"))


def with_condition(formula: str, condition: str, *said: Expr | None) -> str:
    """Set a formula and its condition on one line, or on two where what they say is long."""
    if not condition or sum(len(to_text(each)) for each in said if each is not None) <= ONE_LINE:
        return row(formula, condition)
    return lines(formula, condition)


def lines(*each: str) -> str:
    """Set one below the other."""
    rows = "".join(f"<mtr><mtd>{one}</mtd></mtr>" for one in each)
    return f'<mtable columnalign="left">{rows}</mtable>'


def actor(name: str, body: Actor, control: bool) -> Section:
    """Write an actor's rates, flow of worth and actions, with stated habits where they count."""
    who = mi(words(name))
    formulas = [
        Formula(
            "Rate of opportunities and of discounting.",
            math(
                row(
                    sub(mi("\u03bb"), who),
                    mo("="),
                    mathml(body.acts),
                    mo(","),
                    sub(mi("\u03c1"), who),
                    mo("="),
                    mathml(body.discount),
                    mo(","),
                    sub(mi("r"), who),
                    mo("="),
                    mathml(body.rationality),
                ),
                f"rates of {name}",
            ),
        ),
    ]
    if body.interests:
        table = lines(*(row(paren(mathml(i.worth)), indicator(i.when)) for i in body.interests.values()))
        formulas.append(
            Formula(
                "Flow of worth: the sum of these.",
                math(
                    row(sub(mi("u"), who), paren(mi("s")), mo("="), mo("\u2211"), mo("{"), table),
                    f"flow of worth of {name}",
                ),
            )
        )
    for key, move in body.actions.items():
        inner = row(
            sub(mi("w"), who),
            paren(mi(words(key)), mo(","), mi("s")),
            mo("="),
            mathml(move.worth),
            mo("+"),
            mi("E"),
            sub(mi("V"), who),
            paren(sub(mi("s"), mi(words(key)))),
        )
        when = row(SPACE, mtext("if"), SPACE, mathml(move.when)) if move.when is not None else ""
        formula = with_condition(inner, when, move.worth, move.when)
        formulas.append(
            Formula(
                f"Worth of \u201c{clean(label(key), 60)}\u201d.",
                math(formula, f"worth of {key} to {name}"),
            )
        )
        if control and move.habit is not None:
            habit = row(sub(mi("h"), who), paren(mi(words(key))), mo("="), mathml(move.habit))
            formulas.append(
                Formula(
                    f"Habit of \u201c{clean(label(key), 60)}\u201d; a rate counts per opportunity.",
                    math(habit, f"habit of {key}"),
                )
            )
    return Section(clean(label(name), 60), tuple(formulas))


def decision(owner: str, name: str, body: Decision, members: tuple[str, ...], control: bool) -> list[Formula]:
    """Write how a decision is taken: rate, votes (from their habit where it counts), rule."""
    d, m = mi(words(name)), mi("m")
    h = sub(mi("h"), m)
    against = [fraction(row(mn("1"), mo(MINUS), h), h)] if control else []
    yes = row(
        sub(mi("y"), m),
        mo("="),
        fraction(
            mn("1"),
            row(mn("1"), mo("+"), *against, power(mi("e"), row(mo(MINUS), sub(mi("r"), m), sub(mi("D"), m)))),
        ),
        mo(","),
        sub(mi("D"), m),
        mo("="),
        sub(mi("c"), m),
        mo("+"),
        mi("E"),
        sub(mi("V"), m),
        paren(sub(mi("s"), d)),
        mo(MINUS),
        sub(mi("V"), m),
        paren(mi("s")),
    )
    voters = [w for w in members if body.recuse.get(w) != Truth(True)]
    said = ", ".join(label(w) for w in voters)
    mandates = [mathml(e) for e in (body.when, body.request) if e is not None]
    both = (
        mandates[0]
        if len(mandates) == 1
        else row(mandates[0], mo("\u2227"), paren(mandates[1]))
        if mandates
        else mtext("always")
    )
    rate = row(
        mi("rate"),
        paren(d),
        mo("="),
        mathml(body.proposed),
        mo("\u22c5"),
        mi("A"),
        paren(mi("s")),
        mo("\u22c5"),
        mn("1"),
        mo("["),
        both,
        mo("]"),
    )
    match body.rule.kind:
        case "consensus":
            adopted = row(f"<munder>{mo(chr(0x220F))}{m}</munder>", sub(mi("y"), m))
        case "leader":
            adopted = sub(mi("y"), mi(words(body.rule.leader)))
        case _:
            quota = {"majority": "more than half", "unanimity minus one": "all but one"}.get(
                body.rule.kind, str(body.rule.quota)
            )
            adopted = row(
                mi("Pr"),
                mo("["),
                f"<munder>{mo(chr(0x2211))}{m}</munder>",
                mtext("yes votes"),
                mo("\u2265"),
                mtext(quota),
                mo("]"),
            )
    usual = [
        row(sub(mi("h"), mi(words(who))), mo("="), mathml(habit))
        for who, habit in (body.habit.items() if control else ())
    ]
    habits = (
        " Here h is the chance of a yes when nothing is at stake"
        + (", as stated below (a rate counts per proposal)." if usual else ", one half.")
        if control
        else ""
    )
    return [
        Formula(
            f"\u201c{clean(label(name), 60)}\u201d: each of {said or 'no one'} votes yes with probability y."
            + habits,
            math(lines(yes, *usual) if usual else yes, f"vote on {name}"),
        ),
        Formula(
            f"It is adopted with probability A by the rule {body.rule.kind}, and happens at this rate.",
            math(row(mi("A"), mo("="), adopted, mo(","), rate), f"rate of {owner} {name}"),
        ),
    ]

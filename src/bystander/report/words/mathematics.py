"""The mathematics of one scenario, set as MathML: what each actor maximises, how each decision is taken.

The general equations are those of the model (values, choices, votes, what an opportunity is worth); here they
are written out for the actors, moves and institutions at hand, so that a reader can check an implementation,
or do without one.
"""

from __future__ import annotations

from dataclasses import dataclass

from bystander.harmless import spaced
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
from bystander.report.words.numbers import clean, label
from bystander.scenario.expressions import Expr, to_text
from bystander.scenario.expressions.syntax import Truth
from bystander.scenario.schema import Action, Actor, Decision, Rule, Scenario
from bystander.units import MINUS

SUM = "\u2211"
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


def over_all(sign: str, index: str) -> str:
    """Set the sign of a sum or product over an index."""
    return f"<munder>{mo(sign)}{index}</munder>"


def of_i(symbol: str, *arguments: str) -> str:
    """Set what is actor i's, with what it depends on."""
    own = sub(mi(symbol), mi("i"))
    return row(own, paren(*arguments)) if arguments else own


def general(scenario: Scenario) -> Section:
    """Set the equations every actor's value satisfies."""
    s, control = mi("s"), scenario.shocks == "control"
    total = row(over_all(SUM, mi("b")), option_weight("b", control))
    choice = math(
        row(of_i("P"), paren(mi("a"), mo("|"), s), mo("="), fraction(option_weight("a", control), total)),
        "choice probabilities are habit times e to the worth"
        if control
        else "choice probabilities are logit",
    )
    return Section(
        "What holds for every actor",
        (
            Formula(
                "Chance that actor i, at an opportunity in situation s, takes action a (waiting is one of the"
                " options b); r is the precision of its choices and w what an option is worth, itself and by"
                " what follows." + (HABIT if control else ""),
                choice,
            ),
            Formula(
                "Expected discounted worth of being in situation s: what flows, what others' moves m bring,"
                " what its own opportunities bring.",
                math(value_equation(), "value equation"),
            ),
            opportunity(scenario.shocks, total),
        ),
    )


def option_weight(option: str, control: bool) -> str:
    """Set what an option's chance is proportional to."""
    s = mi("s")
    worth = of_i("w", mi(option), mo(","), s)
    habit = [of_i("h"), paren(mi(option), mo("|"), s)] if control else []
    return row(*habit, power(mi("e"), row(of_i("r"), worth)))


def value_equation() -> str:
    """Set discounted worth: what flows, what moves bring, what an actor's own opportunities bring."""
    s = mi("s")
    value = of_i("V", s)
    moves = row(
        over_all(SUM, mi("m")),
        mi("rate"),
        paren(mi("m"), mo(","), s),
        mo("["),
        of_i("J"),
        paren(mi("m")),
        mo("+"),
        of_i("V"),
        paren(sub(s, mi("m"))),
        mo(MINUS),
        value,
        mo("]"),
    )
    flow = row(of_i("\u03c1"), value, mo("="), of_i("u"), paren(s), mo("+"), moves)
    own = row(mo("+"), of_i("\u03bb"), mo("["), of_i("M"), paren(s), mo(MINUS), value, mo("]"))
    return row(flow, own)


def opportunity(shocks: str, total: str) -> Formula:
    """Say what an opportunity is worth; ``total`` is the sum of the weights of all options."""
    s, note = mi("s"), "Value of an opportunity: "
    worth: tuple[str, ...]
    if shocks == "noise":
        chance = (of_i("P"), paren(mi("b"), mo("|"), s))
        worth = (over_all(SUM, mi("b")), *chance, of_i("w"), paren(mi("b"), mo(","), s))
        note += "private reasons move choices but are worth nothing."
    else:
        worth = (fraction(mn("1"), of_i("r")), mi("log"), mo("\u2061"), total)
        note += (
            "the most that choices can bring less the effort of departing from habit."
            if shocks == "control"
            else "private reasons are worth something to whoever has them."
        )
    return Formula(note, math(row(of_i("M"), paren(s), mo("="), *worth), "value of an opportunity"))


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
    return clean(spaced(name), 50)


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
    rates: list[str] = []
    for symbol, rate in (("\u03bb", body.acts), ("\u03c1", body.discount), ("r", body.rationality)):
        rates += [*([mo(",")] if rates else []), sub(mi(symbol), who), mo("="), mathml(rate)]
    formulas = [Formula("Rate of opportunities and of discounting.", math(row(*rates), f"rates of {name}"))]
    if body.interests:
        table = lines(*(row(paren(mathml(i.worth)), indicator(i.when)) for i in body.interests.values()))
        flow = row(sub(mi("u"), who), paren(mi("s")), mo("="), mo(SUM), mo("{"), table)
        formulas.append(Formula("Flow of worth: the sum of these.", math(flow, f"flow of worth of {name}")))
    for key, move in body.actions.items():
        formulas += action(name, key, move, control)
    return Section(clean(label(name), 60), tuple(formulas))


def action(name: str, key: str, move: Action, control: bool) -> list[Formula]:
    """Write what an action is worth to its actor, and its habit where one is stated and counts."""
    who, what = mi(words(name)), mi(words(key))
    said = f"\u201c{clean(label(key), 60)}\u201d"
    follows = (mi("E"), sub(mi("V"), who), paren(sub(mi("s"), what)))
    inner = row(
        sub(mi("w"), who), paren(what, mo(","), mi("s")), mo("="), mathml(move.worth), mo("+"), *follows
    )
    when = row(SPACE, mtext("if"), SPACE, mathml(move.when)) if move.when is not None else ""
    formula = with_condition(inner, when, move.worth, move.when)
    found = [Formula(f"Worth of {said}.", math(formula, f"worth of {key} to {name}"))]
    if control and move.habit is not None:
        habit = row(sub(mi("h"), who), paren(what), mo("="), mathml(move.habit))
        lead = f"Habit of {said}; a rate counts per opportunity."
        found.append(Formula(lead, math(habit, f"habit of {key}")))
    return found


def decision(owner: str, name: str, body: Decision, members: tuple[str, ...], control: bool) -> list[Formula]:
    """Write how a decision is taken: rate, votes (from their habit where it counts), rule."""
    yes = yes_vote(name, control)
    voters = [w for w in members if body.recuse.get(w) != Truth(True)]
    said = ", ".join(label(w) for w in voters)
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
    happens = row(mi("A"), mo("="), adoption(body.rule), mo(","), rate_of(name, body))
    return [
        Formula(
            f"\u201c{clean(label(name), 60)}\u201d: each of {said or 'no one'} votes yes with probability y."
            + habits,
            math(lines(yes, *usual) if usual else yes, f"vote on {name}"),
        ),
        Formula(
            f"It is adopted with probability A by the rule {body.rule.kind}, and happens at this rate.",
            math(happens, f"rate of {owner} {name}"),
        ),
    ]


def yes_vote(name: str, control: bool) -> str:
    """Set the chance y of a member's yes, and what adoption is worth to it beside rejection, D."""
    d, m = mi(words(name)), mi("m")
    h = sub(mi("h"), m)
    against = [fraction(row(mn("1"), mo(MINUS), h), h)] if control else []
    odds = (*against, power(mi("e"), row(mo(MINUS), sub(mi("r"), m), sub(mi("D"), m))))
    after = (mi("E"), sub(mi("V"), m), paren(sub(mi("s"), d)))
    return row(
        sub(mi("y"), m),
        mo("="),
        fraction(mn("1"), row(mn("1"), mo("+"), *odds)),
        mo(","),
        sub(mi("D"), m),
        mo("="),
        sub(mi("c"), m),
        mo("+"),
        *after,
        mo(MINUS),
        sub(mi("V"), m),
        paren(mi("s")),
    )


def rate_of(name: str, body: Decision) -> str:
    """Set how often a decision happens: proposals with a mandate, adopted."""
    mandates = [mathml(e) for e in (body.when, body.request) if e is not None]
    both = (
        mandates[0]
        if len(mandates) == 1
        else row(mandates[0], mo("\u2227"), paren(mandates[1]))
        if mandates
        else mtext("always")
    )
    adopted = (mi("A"), paren(mi("s")), mo("\u22c5"))
    return row(
        mi("rate"),
        paren(mi(words(name))),
        mo("="),
        mathml(body.proposed),
        mo("\u22c5"),
        *adopted,
        mn("1"),
        mo("["),
        both,
        mo("]"),
    )


def adoption(rule: Rule) -> str:
    """Set the chance that a rule adopts, from the members' votes."""
    m = mi("m")
    if rule.kind == "consensus":
        return row(over_all("\u220f", m), sub(mi("y"), m))
    if rule.kind == "leader":
        return sub(mi("y"), mi(words(rule.leader)))
    usual = {"majority": "more than half", "unanimity minus one": "all but one"}
    quota = mtext(usual.get(rule.kind, str(rule.quota)))
    counted = (over_all(SUM, m), mtext("yes votes"))
    return row(mi("Pr"), mo("["), *counted, mo("\u2265"), quota, mo("]"))

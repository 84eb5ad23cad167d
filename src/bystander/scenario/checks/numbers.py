"""Numbers and reasons: chances that do not add up, amounts of the wrong kind, dates that are not dates.

Reasons that do not exist, facts that support nothing, numbers that stand on nothing.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np

from bystander.scenario.checks.finding import (
    Finding,
    from_library,
    from_used_file,
    moves,
    named_changes,
    unknown,
)
from bystander.scenario.claims import (
    NamingText,
    claim_named,
    numbers_used,
    parts,
    reasons,
    resolve_reason,
    standings,
    unplaced_claims,
    unused_facts,
    unused_names,
    unused_numbers,
)
from bystander.scenario.dating import ends_too_soon, first_day, in_force
from bystander.scenario.expressions import Expr, dimension_of, evaluate, variables_of, walk
from bystander.scenario.expressions.dimensions import Sort
from bystander.scenario.expressions.syntax import Number
from bystander.scenario.nodes import QUESTIONS, Path
from bystander.scenario.schema import Scenario
from bystander.scenario.schema.moves import Branch
from bystander.scenario.schema.world import Fact
from bystander.units import DURATION, MONEY, PEOPLE, PLAIN, RATE, Dimension, parse_duration

CLOSE = 1e-9
TOTALS = (PLAIN, DURATION, PEOPLE, MONEY)


def chances_not_one(scenario: Scenario) -> Iterator[Finding]:
    """Find probabilities that do not add up to 1."""
    starts: list[tuple[Path, dict[str, float]]] = [
        (("variables", name, "start"), variable.start) for name, variable in scenario.variables.items()
    ]
    for path, change in named_changes(scenario):
        starts += [((*path, "start", variable), start) for variable, start in change.start.items()]
    for path, start in starts:
        if abs(sum(start.values()) - 1) > CLOSE:
            yield Finding(
                path, f"These probabilities add up to {sum(start.values()):.6g}, not 1.", "Correct them."
            )
    parameters = scenario.parameter_values()
    lotteries: list[tuple[Path, str, Sequence[Branch]]] = [
        ((*path, "then"), f"'{name}'", move.then) for path, name, move in moves(scenario)
    ]
    lotteries += [(("starts", name), f"the start '{name}'", then) for name, then in scenario.starts.items()]
    for path, name, then in lotteries:
        chances = [branch.chance for branch in then]
        if not chances or any(variables_of(chance) for chance in chances):
            continue
        values = [float(evaluate(chance, {}, parameters)) for chance in chances]
        rest = then[-1].rest
        if not all(-CLOSE <= value <= 1 + CLOSE for value in values):
            wrong = (
                "the branches before 'rest' add up to more than 1"
                if rest
                else "a branch has no such probability"
            )
            message = f"The chances of {name} are {', '.join(f'{value:.4g}' for value in values)}: {wrong}."
            fix = "Lower them until they leave something." if rest else "Give numbers from 0 to 1."
            inside = all(-CLOSE <= value <= 1 + CLOSE for value in values[:-1])
            yield Finding(path, message, fix if inside else "Give numbers from 0 to 1.")
        elif abs(sum(values) - 1) > CLOSE:
            message = f"The chances of {name} add up to {sum(values):.6g}, not 1."
            yield Finding(path, message, "Correct them, or write 'rest' as the last chance.")


def unlike_amounts(scenario: Scenario) -> Iterator[Finding]:
    """Find an outcome that adds up unlike amounts.

    Amounts that are not per time too.
    """
    for name, outcome in scenario.outcomes.items():
        found: list[tuple[Path, Expr, Any]] = []
        for accrual in outcome.accumulates or ():
            meaning = dimension_of(accrual.amount)
            total = meaning * DURATION if isinstance(meaning, Dimension) else meaning
            found.append((("outcomes", name, "accumulates"), accrual.amount, total))
        for move, amount in (outcome.on_moves or {}).items():
            found.append((("outcomes", name, "on_moves", move), amount, dimension_of(amount)))
        first = next((total for _, _, total in found if isinstance(total, Dimension)), PLAIN)
        for path, amount, total in found:
            if total is Sort.ZERO:
                continue
            if total not in TOTALS:
                per = "" if "on_moves" in path else " per time"
                message = f"'{name}' adds up {total}; it needs people, money, a duration or a number{per}."
                yield Finding(path, message, f"Write 10 people{per and ' per day'}.", amount.mark)
            elif total != first:
                yield Finding(
                    path, f"'{name}' adds {total} to {first}.", "Give all the same unit.", amount.mark
                )


def impossible_dates(scenario: Scenario) -> Iterator[Finding]:
    """Find a date the calendar does not have.

    An event that ends before it begins too.
    """
    dated: list[tuple[Path, str | None]] = [(("as_of",), scenario.as_of)]
    dated += [(("sources", name, "date"), source.date) for name, source in scenario.sources.items()]
    dated += [(("calendar", name, "date"), known.date) for name, known in scenario.calendar.items()]
    dated += [(("facts", name, "date"), fact.date) for name, fact in scenario.facts.items()]
    for section in ("clauses", "facts"):
        for name, body in getattr(scenario, section).items():
            days = body.from_, body.until
            dated += [((section, name, "from"), days[0]), ((section, name, "until"), days[1])]
            if all(day is None or _is_date(day) for day in days) and ends_too_soon(*days):
                message = (
                    f"The {section[:-1]} '{name}' holds until {days[1]}, and only from {days[0]}: never."
                )
                yield Finding((section, name, "until"), message, "Exchange or correct the dates.")
    for name, event in scenario.events.items():
        dated += [(("events", name, "date"), event.date), (("events", name, "until"), event.until)]
        spell = [event.date] if event.until is None else [event.date, event.until]
        if all(map(_is_date, spell)) and spell[-1] < event.date[: len(spell[-1])]:
            message = f"The event '{name}' ends on {event.until}, before it begins on {event.date}."
            yield Finding(("events", name, "until"), message, "Exchange or correct the dates.")
    for path, day in dated:
        if day is not None and not _is_date(day):
            fix = "Write a day that the calendar has, such as 2022-10-15."
            yield Finding(path, f"There is no day {day}.", fix)


def prior_excludes_value(scenario: Scenario) -> Iterator[Finding]:
    """Find a prior under which the parameter's own value is impossible."""
    for name, parameter in scenario.parameters.items():
        if parameter.prior is not None:
            low, high = parameter.prior.support
            if not low <= parameter.value.value <= high:
                message = f"'{name}' is {parameter.value}, impossible under its prior {parameter.prior}."
                yield Finding(("parameters", name, "prior"), message, "Correct the value or the prior.")


FAR = 0.025
"""Share of draws on the far side of a value below which its prior is about another value."""


def prior_is_of_another_value(scenario: Scenario) -> Iterator[Finding]:
    """Find a prior that hardly ever comes as far out as the parameter's own value.

    So it is where a crisis sets a number of a mechanism and leaves the prior that was written for the number
    before. The end of what is possible is no such value (a share of 1), nor is one that was learnt, which a
    record may take away from what was believed.
    """
    for name, parameter in scenario.parameters.items():
        prior, value = parameter.prior, parameter.value.value
        if prior is None or parameter.learnt or not prior.support[0] < value < prior.support[1]:
            continue
        below = float(prior.cdf(np.asarray(value)))
        if min(below, 1.0 - below) < FAR:
            side = "above" if below > 0.5 else "below"
            message = (
                f"'{name}' is {parameter.value}, {side} all but one in 40 draws of its prior {prior}: "
                "ranges and sliders are about other values."
            )
            fix = "Give it a prior about its own value; the word `value` in one stands for that."
            yield Finding(("parameters", name, "value"), message, fix)


def value_off_scale(scenario: Scenario) -> Iterator[Finding]:
    """Find a parameter whose value lies beyond the scale on which it is coded."""
    for name, parameter in scenario.parameters.items():
        if parameter.off_scale(parameter.value.value):
            low, high = parameter.scale or (0.0, 0.0)
            message = f"'{name}' is {parameter.value}, off its scale of {low:g} to {high:g}."
            yield Finding(("parameters", name, "value"), message, parameter.coding)


def questions_of_wrong_kind(scenario: Scenario) -> Iterator[Finding]:
    """Find a reported fact without a number, or with one of another kind."""
    for name, outcome in scenario.outcomes.items():
        for index, fact_name in enumerate(outcome.reported):
            fact = scenario.facts.get(fact_name)
            path: Path = ("outcomes", name, "reported", index)
            if fact is None:
                continue
            if fact.value is None:
                yield Finding(
                    path, f"The fact '{fact_name}' has no value to show.", "Add value: 41 people to it."
                )
            elif QUESTIONS[outcome.question] == "amount" and fact.value.dimension != outcome.dimension:
                given = fact.value.dimension
                message = f"'{name}' counts {outcome.dimension}, the fact '{fact_name}' gives {given}."
                yield Finding(path, message, "Compare like with like.")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(f"{text}-01-01"[:10] if len(text) != 7 else f"{text}-01")
    except ValueError:
        return False
    return True


def rates_in_percent(scenario: Scenario) -> Iterator[Finding]:
    """Find a rate in percent, ``30% per year``, which is not a yearly chance of 30%."""
    for path, key, rate in _rates(scenario):
        for number in walk(rate):
            if isinstance(number, Number) and "%" in number.text and number.dimension == RATE:
                time = " ".join(number.text.partition("%")[2].split()[1:])
                several = not time[:1].isalpha()
                expected = number.value * parse_duration(time if several else f"1 {time}")
                message = f"'{number.text}' is a rate: the chance of at least one in "
                message += f"{'' if several else 'a '}{time} is less, {-math.expm1(-expected):.3g}."
                chance, over = f"{expected:.4g}", f"/ ({time})" if several else f"per {time}"
                fix = f"Leave it, or write -log(1 - {chance}) {over} for a chance of {chance}."
                if expected >= 1.0:
                    fix = f"Leave it, or write {chance} {over}; no chance is as large."
                yield Finding((*path, key), message, fix, number.mark)


def _rates(scenario: Scenario) -> Iterator[tuple[Path, str, Expr]]:
    """Iterate over what says how often something happens: path, key, expression."""
    for path, _, move in moves(scenario):
        for key in ("rate", "proposed"):
            rate = getattr(move, key, None)
            if rate is not None:
                yield path, key, rate
    for name, actor in scenario.actors.items():
        yield ("actors", name), "acts", actor.acts


def facts_not_in_force(scenario: Scenario) -> Iterator[Finding]:
    """Find a fact whose number is used on a day on which it was not known or does not hold."""
    if not _is_date(scenario.as_of):
        return
    today = first_day(scenario.as_of)
    numbers = {fact for *_, body in parts(scenario) for fact in numbers_used(body)}
    for name, fact in _dated_facts(scenario):
        path: Path = ("facts", name)
        if name not in numbers:
            continue
        if fact.date is not None and first_day(fact.date) > today:
            message = f"The fact '{name}' is of {fact.date}, after {scenario.as_of}, and its number is used."
            yield Finding((*path, "date"), message, "Use what was known then, or speak from a later day.")
        elif not in_force(today, fact.from_, fact.until):
            term = f"from {fact.from_ or 'ever'} until {fact.until or 'now'}"
            message = f"The fact '{name}' holds {term}, not on {scenario.as_of}, and its number is used."
            yield Finding(path, message, "Use what is in force then, or give the fact a value by date.")


def hindsight(scenario: Scenario, keys: Container[str] = ("because",)) -> Iterator[Finding]:
    """Find a fact from after ``as_of`` that speaks for what is assumed."""
    if not _is_date(scenario.as_of):
        return
    today = first_day(scenario.as_of)
    cited = {reason.text for reason in reasons(scenario) if reason.key in keys}
    for name, fact in _dated_facts(scenario):
        if name in cited and fact.date is not None and first_day(fact.date) > today:
            path: Path = ("facts", name, "date")
            message = (
                f"The fact '{name}' is of {fact.date}, after {scenario.as_of}, and speaks for something."
            )
            fix = "Cite what was known then; what came later may be compared with (reported) or learnt from."
            yield Finding(path, message, fix)


def _dated_facts(scenario: Scenario) -> Iterator[tuple[str, Fact]]:
    """Iterate over the facts whose dates are dates."""
    for name, fact in scenario.facts.items():
        if all(day is None or _is_date(day) for day in (fact.date, fact.from_, fact.until)):
            yield name, fact


def clauses_not_in_force(scenario: Scenario) -> Iterator[Finding]:
    """Find a clause not in force at ``as_of``."""
    for name, clause in scenario.clauses.items():
        dated = all(day is None or _is_date(day) for day in (scenario.as_of, clause.from_, clause.until))
        if dated and not in_force(first_day(scenario.as_of), clause.from_, clause.until):
            message = f"The clause '{name}' is not in force on {scenario.as_of}, and reads no."
            yield Finding(("clauses", name), message, "Nothing, if that is meant.")


def dates_past(scenario: Scenario) -> Iterator[Finding]:
    """Find a known date whose effects came before the start."""
    for name, known in scenario.calendar.items():
        dated = _is_date(scenario.as_of) and _is_date(known.date)
        if dated and (known.then or known.impacts) and first_day(known.date) <= first_day(scenario.as_of):
            message = f"The date '{name}' is not after {scenario.as_of}: what it does came before the start."
            yield Finding(("calendar", name), message, "Nothing, if the start has it already.")


def unknown_reasons(scenario: Scenario) -> Iterator[Finding]:
    """Find a reason, source or claim that does not exist."""
    for reason in reasons(scenario):
        found = resolve_reason(scenario, reason)
        if found == "ambiguous":
            message = f"'{reason.text}' is a claim of several sources."
            yield Finding(reason.path, message, "Write source#claim.")
        elif not found:
            yield _unknown(scenario, reason)


def facts_never_used(scenario: Scenario) -> Iterator[Finding]:
    """Find a fact that nothing rests on."""
    for name in unused_facts(scenario):
        message = f"Nothing rests on the fact '{name}'."
        yield from _unused(scenario, ("facts", name), message, "Name it under a 'because', or remove it.")


def claims_without_place(scenario: Scenario) -> Iterator[Finding]:
    """Find a claim of a source that the model takes up nowhere."""
    for source, claim in unplaced_claims(scenario):
        message = f"The claim {source}#{claim} has no place in the model."
        yield from _unused(
            scenario, ("sources", source, "claims", claim), message, "Cite it where it is modelled."
        )


def free_numbers(scenario: Scenario) -> Iterator[Finding]:
    """Find a number that nothing is cited for, if anything mentions it or it is the scenario's own."""
    unused = set(unused_names(scenario))
    for one in standings(scenario):
        idle = one.path in unused and from_library(scenario, one.path)
        if one.standing.name == "free" and not idle:
            derive = "Derive it from facts (fact.name)"
            if "fact." in one.number:
                derive = "Make facts of its other numbers, too"
            fix = f"{derive}, or cite what speaks for it with because: [fact]."
            set_here = "Set it in the scenario itself, with because: [fact]; or leave it."
            elsewhere = set_here if one.path[0] == "parameters" else ""
            yield Finding(one.path, f"{one}.", fix, elsewhere=elsewhere)


def numbers_not_used(scenario: Scenario) -> Iterator[Finding]:
    """Find a parameter that cites a fact's number and is not reckoned from it."""
    for name, facts in unused_numbers(scenario):
        numbers = ", ".join(f"{scenario.facts[fact].value} ({fact})" for fact in facts)
        message = (
            f"'{name}' cites {numbers}, and its value does not use {'it' if len(facts) == 1 else 'them'}."
        )
        fix = f"Derive the value, with fact.{facts[0]} in it; or leave it: then it is argued, not measured."
        yield Finding(("parameters", name, "value"), message, fix)


def tests_of_nothing(scenario: Scenario) -> Iterator[Finding]:
    """Find a judgement about what a parameter was set to reproduce."""
    for parameter, body in scenario.parameters.items():
        learnt = {claim for text in body.learnt for claim in _claims_told(scenario, text)}
        for name, judgement in scenario.judgements.items():
            if learnt & {claim_named(scenario, text) for text in judgement.claim}:
                message = (
                    f"The parameter '{parameter}' was set so that this comes out: '{name}' tests nothing."
                )
                fix = "Leave the judgement out, or learn the parameter from something else."
                yield Finding(("judgements", name), message, fix)


def _claims_told(scenario: Scenario, text: str) -> Iterator[tuple[str, str]]:
    """Iterate over the claims behind an event, a fact or a claim."""
    event, fact = scenario.events.get(text), scenario.facts.get(text)
    told = [*event.claim, event.source] if event else [fact.source] if fact else [text]
    yield from (found for one in told if isinstance(found := claim_named(scenario, one), tuple))


def names_never_used(scenario: Scenario) -> Iterator[Finding]:
    """Find a variable or parameter that nothing mentions."""
    for section, name in unused_names(scenario):
        message = f"Nothing mentions the {section.removesuffix('s')} '{name}'."
        yield from _unused(scenario, (section, name), message, "Use it, or remove it.")


def _unused(scenario: Scenario, path: Path, message: str, fix: str) -> Iterator[Finding]:
    """Find what nothing uses, but for what the library has for others and nobody can remove."""
    if not from_library(scenario, path):
        yield Finding(path, message, fix, shared=from_used_file(scenario, path))


def _unknown(scenario: Scenario, reason: NamingText) -> Finding:
    claims = [f"{source}#{claim}" for source, body in scenario.sources.items() for claim in body.claims]
    match reason.key:
        case "source":
            return unknown(reason.path, "source or claim", reason.text, [*scenario.sources, *claims])
        case "claim":
            return unknown(reason.path, "claim", reason.text, claims)
        case "learnt":
            known = [*scenario.events, *scenario.facts, *claims]
            return unknown(reason.path, "event, fact or claim", reason.text, known)
        case "reported":
            return unknown(reason.path, "fact", reason.text, scenario.facts)
    known = [*scenario.facts, *scenario.parameters, *claims]
    return unknown(reason.path, "fact, claim or parameter", reason.text, known)


def left_out(scenario: Scenario) -> Iterator[Finding]:
    """Find an entry of a used file about someone who has no part in this scenario."""
    return _while_unfolding(scenario, "left-out")


def old_words(scenario: Scenario) -> Iterator[Finding]:
    """Find a key that has a newer name."""
    return _while_unfolding(scenario, "old-word")


def stages(scenario: Scenario) -> Iterator[Finding]:
    """Find a wait that is written out in stages."""
    return _while_unfolding(scenario, "stages")


def _while_unfolding(scenario: Scenario, check: str) -> Iterator[Finding]:
    for problem in () if scenario.document is None else scenario.document.problems:
        if problem.check == check:
            yield Finding((), problem.message, problem.fix, problem.mark)

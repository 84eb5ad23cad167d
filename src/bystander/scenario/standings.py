"""What every number stands on: measured, learnt, argued or free.

=========  ============================================================================================
measured   derived in the file from cited numbers: every number of the formula is ``fact.NAME``, or 0, 1, 100%
learnt     set so that a record, an event or a fact comes out (``learnt:``), which then tests nothing
argued     words are cited for it (``because:`` a fact or a claim), but it is not reckoned from them
free       nothing is cited for it
=========  ============================================================================================

A number made of several stands on the weakest of them: ``2 * fact.toll`` is measured only as far as somebody
has a reason for the 2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from bystander.scenario.claims import (
    claim_named,
    expressions_of,
    is_supported,
    parts,
    unplaced_claims,
    unused_facts,
)
from bystander.scenario.expressions import Expr, facts_in, facts_of, parameters_of, parse_expression
from bystander.scenario.expressions.syntax import ClauseReading, Number, children
from bystander.scenario.nodes import Path
from bystander.scenario.schema import Scenario
from bystander.units import UNITS

StandingName = Literal["measured", "learnt", "argued", "free"]
STANDINGS: tuple[StandingName, ...] = ("measured", "learnt", "argued", "free")
_OWNERS = ("interest", "action", "hazard", "decision", "outcome", "actor")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a number stands on, and the facts, records or reasons that are named for it."""

    name: StandingName
    grounds: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in words: ``measured from toll``."""
        joined = ", ".join(self.grounds)
        match self.name:
            case "measured" | "learnt":
                return f"{self.name} from {joined}"
            case "argued":
                return f"argued with {joined}"
        return "free: nothing is cited for it"


@dataclass(frozen=True, slots=True)
class NumberStanding:
    """A number of the scenario, or the numbers of one part of it, and what they stand on."""

    path: Path
    kind: str
    name: str
    number: str
    standing: Standing

    def __str__(self) -> str:
        """Say which number it is and what it stands on."""
        of = "" if self.kind == "parameter" else f" in the {self.kind}"
        return f"{self.number}{of} '{self.name}': {self.standing}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What rests on nothing and what nothing rests on.

    Attributes
    ----------
    unused_facts
        Facts that no rule, number or outcome names.
    unplaced_claims
        (source, claim) pairs taken up nowhere.
    free
        Numbers that nothing is cited for, in words.
    """

    unused_facts: tuple[str, ...]
    unplaced_claims: tuple[tuple[str, str], ...]
    free: tuple[str, ...]


def standing_of_parameter(scenario: Scenario, name: str, seen: frozenset[str] = frozenset()) -> Standing:
    """Return what the value of a parameter stands on."""
    body = scenario.parameters[name]
    if body.learnt:
        return Standing("learnt", tuple(body.learnt))
    own = (parse_expression(body.value.formula),) if body.value.formula else ()
    cited = facts_in(body.value)
    if cited and all(text.startswith("1 ") for text in _telling(own)):
        return Standing("measured", cited)
    return _argued(scenario, body.because, seen | {name})


def standing_of(scenario: Scenario, because: tuple[str, ...], expressions: Iterable[Expr]) -> Standing | None:
    """Return the weakest standing among the numbers of some expressions; None if they hold none.

    Parameters
    ----------
    because
        What is cited where they stand.
    """
    given = tuple(expressions)
    found = [standing_of_parameter(scenario, name) for name in _names(given, parameters_of)]
    cited = _names(given, facts_of)
    if cited:
        found.append(Standing("measured", cited))
    if any(_telling(given)):
        found.append(_argued(scenario, because))
    return max(found, key=lambda one: STANDINGS.index(one.name), default=None)


def standings(scenario: Scenario) -> Iterator[NumberStanding]:
    """Iterate over the parameters, and over the parts that hold numbers of their own or of facts."""
    for path, kind, name, body in parts(scenario):
        if kind == "parameter":
            value = scenario.parameters[name].value
            number = f"{value} = {value.formula}" if value.formula else str(value)
            yield NumberStanding(path, kind, name, number, standing_of_parameter(scenario, name))
        elif kind in _OWNERS:
            held = tuple(expressions_of(body))
            own = sorted(set(_telling(held))) + [f"fact.{fact}" for fact in _names(held, facts_of)]
            because: tuple[str, ...] = getattr(body, "because", ())
            standing = standing_of(scenario, because, held) if own else None
            if standing is not None:
                yield NumberStanding(path, kind, name, ", ".join(own), standing)


def standings_in_words(numbers: Iterable[NumberStanding]) -> str:
    """Count what numbers stand on: ``3 measured, 0 learnt, 40 argued, 12 free``."""
    count = Counter(one.standing.name for one in numbers)
    return ", ".join(f"{count[name]} {name}" for name in STANDINGS)


def unused_numbers(scenario: Scenario) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Iterate over parameters that cite facts with numbers, and do not use these numbers: name, facts."""
    for name, body in scenario.parameters.items():
        used = facts_in(body.value)
        left = tuple(
            fact
            for fact in body.because
            if fact in scenario.facts and scenario.facts[fact].value is not None and fact not in used
        )
        if left and not body.learnt:
            yield name, left


def coverage(scenario: Scenario) -> Coverage:
    """Return what rests on nothing and what nothing rests on."""
    return Coverage(
        tuple(unused_facts(scenario)),
        tuple(unplaced_claims(scenario)),
        tuple(str(one) for one in standings(scenario) if one.standing.name == "free"),
    )


def _argued(scenario: Scenario, because: tuple[str, ...], seen: frozenset[str] = frozenset()) -> Standing:
    if not is_supported(scenario, because, seen):
        return Standing("free")
    grounds = tuple(text for text in because if _is_ground(scenario, text))
    return Standing("argued", grounds)


def _is_ground(scenario: Scenario, text: str) -> bool:
    return text in {*scenario.facts, *scenario.parameters} or isinstance(claim_named(scenario, text), tuple)


def _names(expressions: Iterable[Expr], of: Callable[[Expr], tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for expr in expressions for name in of(expr)}))


def _telling(expressions: Iterable[Expr]) -> Iterator[str]:
    """Iterate over numbers that say something: 0, 1, 100% and units are logic rather than measurement.

    How much a clause weighs is a convention of the language.
    """
    stack = list(expressions)
    while stack:
        node = stack.pop()
        if isinstance(node, Number) and node.text and node.text not in UNITS and node.value not in (0.0, 1.0):
            yield node.text
        if not isinstance(node, ClauseReading):
            stack += children(node)

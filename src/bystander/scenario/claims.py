"""Where claims stand in the model, what rests on what, and what every number stands on.

A *reason* is any text under ``because``, ``claim``, ``source``, ``reported`` or ``learnt``. It may be a
fact, a parameter, a claim as ``source#id`` or, where only one source has it, as plain ``id``; a ``source``
may also be a whole source. A claim is *placed* where a reason names it, directly or through a fact that cites
it, and where an expression uses the number of such a fact.

A number is measured, learnt, argued or free:

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
from itertools import chain
from typing import Any, Literal

from bystander.scenario.expressions import (
    Expr,
    facts_in,
    facts_of,
    parameters_of,
    parse_expression,
    variables_of,
)
from bystander.scenario.expressions.syntax import EXPRESSION_CLASSES, ClauseReading, Number, children
from bystander.scenario.nodes import Path
from bystander.scenario.schema import Scenario
from bystander.scenario.schema.fields import Part
from bystander.units import UNITS, Quantity

KINDS = {
    "facts": "fact",
    "events": "event",
    "clauses": "clause",
    "calendar": "date",
    "variables": "variable",
    "parameters": "parameter",
    "actors": "actor",
    "interests": "interest",
    "actions": "action",
    "hazards": "hazard",
    "institutions": "institution",
    "decisions": "decision",
    "outcomes": "outcome",
    "asks": "question",
    "judgements": "judgement",
    "measures": "measure",
    "rivals": "rival",
}
INNER_KINDS = ("interests", "actions", "decisions")
SECTIONS = tuple(name for name in KINDS if name not in INNER_KINDS)
INNER = {"actors": ("interests", "actions"), "institutions": ("decisions",)}
REASON_KEYS = frozenset({"because", "claim", "source", "reported", "learnt"})


@dataclass(frozen=True, slots=True)
class NamingText:
    """A text that names a fact, claim, parameter or source, and the part that gives it.

    ``kind`` and ``name`` say which part: ``interest``, ``tajikistan.rally``. ``key`` is because, claim,
    source or reported.
    """

    text: str
    key: str
    kind: str
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Placement:
    """A claim and the places of the model that take it up, as (kind, name) pairs; empty if none does."""

    source: str
    claim: str
    kind: str
    says: str
    places: tuple[tuple[str, str], ...]


def parts(scenario: Scenario) -> Iterator[tuple[Path, str, str, Part]]:
    """Iterate over all named parts that may give reasons: path, kind, name, body."""
    for section in SECTIONS:
        kind = KINDS[section]
        for name, body in getattr(scenario, section).items():
            yield (section, name), kind, name, body
            for inner in INNER.get(section, ()):
                for own, part in getattr(body, inner).items():
                    yield (section, name, inner, own), KINDS[inner], f"{name}.{own}", part


def reasons(scenario: Scenario) -> Iterator[NamingText]:
    """Iterate over every reason given anywhere."""
    for path, kind, name, body in parts(scenario):
        for key in REASON_KEYS & type(body).model_fields.keys():
            given = getattr(body, key)
            if isinstance(given, str):
                yield NamingText(given, key, kind, name, (*path, key))
            else:
                for index, text in enumerate(given):
                    yield NamingText(text, key, kind, name, (*path, key, index))


def claim_named(scenario: Scenario, text: str) -> tuple[str, str] | str:
    """Return (source, claim) of a text that names a claim; ``ambiguous``, or ``""`` if it names none."""
    source, mark, claim = text.partition("#")
    if mark:
        known = scenario.sources.get(source)
        return (source, claim) if known is not None and claim in known.claims else ""
    found = [name for name, body in scenario.sources.items() if text in body.claims]
    return (found[0], text) if len(found) == 1 else "ambiguous" if found else ""


def resolve_reason(scenario: Scenario, reason: NamingText) -> str:
    """Return what a reason is: fact, parameter, claim, source, ``ambiguous``, or ``""`` if nothing."""
    if reason.key in ("because", "reported", "learnt") and reason.text in scenario.facts:
        return "fact"
    if reason.key == "learnt" and (reason.text in scenario.events or reason.text == "record"):
        return "event"
    if reason.key == "because" and reason.text in scenario.parameters:
        return "parameter"
    if reason.key == "source" and reason.text in scenario.sources:
        return "source"
    if reason.key == "reported":
        return ""
    claim = claim_named(scenario, reason.text)
    return claim if isinstance(claim, str) else "claim"


def place_claims(scenario: Scenario) -> tuple[Placement, ...]:
    """Return every claim of every source with all its places, in the order of the sources."""
    places: dict[tuple[str, str], dict[tuple[str, str], None]] = {
        (source, claim): {} for source, body in scenario.sources.items() for claim in body.claims
    }
    cited = {name: claim_named(scenario, fact.source) for name, fact in scenario.facts.items()}
    for reason in reasons(scenario):
        named = claim_named(scenario, reason.text)
        if reason.key in ("because", "reported", "learnt") and reason.text in scenario.facts:
            named = cited[reason.text]
        if isinstance(named, tuple):
            places[named].setdefault((reason.kind, reason.name))
    for _, kind, name, body in parts(scenario):
        for fact in numbers_used(body):
            named = cited.get(fact, "")
            if isinstance(named, tuple):
                places[named].setdefault((kind, name))
    return tuple(
        Placement(source, claim, body.kind, body.says, tuple(places[source, claim]))
        for source, whole in scenario.sources.items()
        for claim, body in whole.claims.items()
    )


def unused_facts(scenario: Scenario) -> Iterator[str]:
    """Iterate over facts that nothing rests on."""
    used = {reason.text for reason in reasons(scenario) if reason.key in ("because", "reported", "learnt")}
    for _, _, _, body in parts(scenario):
        used.update(numbers_used(body))
    for expr in (*scenario.conditions.values(), *scenario.never):
        used.update(facts_of(expr))
    return (name for name in scenario.facts if name not in used)


def sources_used(scenario: Scenario) -> Counter[str]:
    """Count how often what is used cites each source: claims named, and facts that a part in use rests on.

    A parameter that nothing mentions is not in use, nor is an event that nothing was learnt from.
    """
    learnt = {reason.text for reason in reasons(scenario) if reason.key == "learnt"}
    idle = {("fact", name) for name in scenario.facts}
    idle |= {("parameter", name) for section, name in unused_names(scenario) if section == "parameters"}
    idle |= {("event", name) for name in scenario.events if name not in learnt}
    given = [reason for reason in reasons(scenario) if (reason.kind, reason.name) not in idle]
    facts = {reason.text for reason in given if reason.key != "source" and reason.text in scenario.facts}
    for _, kind, name, body in parts(scenario):
        if (kind, name) not in idle:
            facts.update(numbers_used(body))
    for expr in (*scenario.conditions.values(), *scenario.never):
        facts.update(facts_of(expr))
    texts = [reason.text for reason in given if reason.text not in facts]
    texts += [scenario.facts[name].source for name in sorted(facts)]
    named = [(text, claim_named(scenario, text)) for text in texts]
    sources = [claim[0] if isinstance(claim, tuple) else text.partition("#")[0] for text, claim in named]
    return Counter(source for source in sources if source in scenario.sources)


def unplaced_claims(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Iterate over claims that have no place."""
    return ((p.source, p.claim) for p in place_claims(scenario) if not p.places)


def is_supported(scenario: Scenario, because: Iterable[str], seen: frozenset[str] = frozenset()) -> bool:
    """Return whether one of these reasons is a fact, a claim, or a parameter that has such a reason."""
    for text in because:
        if text in scenario.facts or isinstance(claim_named(scenario, text), tuple):
            return True
        parameter = scenario.parameters.get(text)
        if (
            parameter is not None
            and text not in seen
            and is_supported(scenario, parameter.because, seen | {text})
        ):
            return True
    return False


def unused_names(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Iterate over variables and parameters that nothing mentions: (section, name)."""
    bodies = [body for _, _, _, body in parts(scenario)]
    unnamed = (scenario.starts, scenario.conditions, scenario.never)
    expressions = [*chain.from_iterable(map(expressions_of, bodies)), *_expressions_in(unnamed)]
    mentioned = {name for e in expressions for name in (*variables_of(e), *parameters_of(e))}
    lotteries = [*(getattr(body, "then", ()) for body in bodies), *scenario.starts.values()]
    branches = [branch for branch in chain.from_iterable(lotteries) if not isinstance(branch, str)]
    changed = {name for branch in branches for name in (*branch.changes, *branch.computed)}
    for name in scenario.variables:
        if name not in mentioned and name not in changed:
            yield "variables", name
    for name in scenario.parameters:
        if name not in mentioned:
            yield "parameters", name


def numbers_used(part: Part) -> tuple[str, ...]:
    """Return the facts whose numbers a part uses, in its expressions or to derive its value."""
    found = {fact for expr in expressions_of(part) for fact in facts_of(expr)}
    value = getattr(part, "value", None)
    if isinstance(value, Quantity):
        found.update(facts_in(value))
    return tuple(sorted(found))


def expressions_of(part: Part) -> Iterator[Expr]:
    """Iterate over the expressions that stand in a part itself, not in the named parts inside it."""
    for name in type(part).model_fields:
        if name not in INNER_KINDS:
            yield from _expressions_in(getattr(part, name))


def _expressions_in(value: Any) -> Iterator[Expr]:
    if isinstance(value, EXPRESSION_CLASSES):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _expressions_in(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _expressions_in(item)
    elif isinstance(value, Part):
        yield from expressions_of(value)


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


def standing_of_parameter(scenario: Scenario, name: str) -> Standing:
    """Return what the value of a parameter stands on."""
    body = scenario.parameters[name]
    if body.learnt:
        return Standing("learnt", tuple(body.learnt))
    own = (parse_expression(body.value.formula),) if body.value.formula else ()
    cited = facts_in(body.value)
    if cited and all(text.startswith("1 ") for text in _telling(own)):
        return Standing("measured", cited)
    return _argued(scenario, body.because, frozenset({name}))


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


def _argued(scenario: Scenario, because: tuple[str, ...], seen: frozenset[str] = frozenset()) -> Standing:
    if not is_supported(scenario, because, seen):
        return Standing("free")
    known = {*scenario.facts, *scenario.parameters}
    return Standing(
        "argued", tuple(t for t in because if t in known or isinstance(claim_named(scenario, t), tuple))
    )


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

r"""What moves a party, reason by reason, and the scenario with some of the reasons taken away.

A payoff of a party is a sum: flows of its interests, impacts of moves on it, and the worth of its own actions
and votes. Each worth is written as a sum of terms,

.. math:: c_i(a, s) = \sum_k \pm\, t_k(s), \qquad t_k = \text{a product, a quotient or a choice},

and terms that rest on the same parameter are one *motive*, wherever they stand: ``russia.ties_weight`` is
what ties weigh in every act and vote of Russia. A term without a parameter is named after its move. An
interest is a motive of its own, and the request that a body waits for is one of the body (``csto.request``).

A motive is called by its ``about``, or by its words for a sign (``as_reason``): an interest's for that of
its worth, a weight's for that of what it weighs, :math:`\partial t_k / \partial w_k` without a minus before
the term. The words thus say what is the case, whichever way it works. The sign is that in the move asked
about, or else the one that all terms share; what is now above and now below 0 is called by its ``about``.

Taking a motive away removes its terms and leaves everything else as written, so that the
difference between two solutions is what the motive does, other parties' answers to it included.

Taking all motives of a party away leaves a party with nothing at stake, which does what habit has it do
(docs/theory/game.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from bystander.errors import Mark, Problem, QueryError
from bystander.harmless import spaced
from bystander.scenario.expressions import Expr, derivative, evaluate, walk
from bystander.scenario.expressions.syntax import Binary, Number, ParameterValue, Unary, VariableReading
from bystander.scenario.schema import Action, Decision, Scenario
from bystander.scenario.schema.fields import ReasonWords
from bystander.units import PLAIN, RATE

NOTHING = Number(0.0, PLAIN, "0")
NO_FLOW = Number(0.0, RATE, "never")
REQUEST = "request"
OPPOSING = "obstruction"
MOST_LEVELS = 4096
"""Combinations of levels up to which a sign is looked for."""


@dataclass(frozen=True, slots=True)
class Motive:
    """Something that moves a party.

    Attributes
    ----------
    name
        ``party.key``: what `without` takes away.
    about
        What it is, in the scenario's words.
    kind
        ``interest``, ``weight`` (terms of worths and impacts that rest on one parameter) or ``request``.
    because
        Facts, claims and parameters it rests on.
    """

    name: str
    about: str
    kind: str
    because: tuple[str, ...] = ()


def motives_of(scenario: Scenario, party: str, asked: str = "") -> tuple[Motive, ...]:
    """Return everything that moves a party, in the order of the scenario.

    For an institution: what moves its members to vote, weights under the institution's name as one motive for
    all voters, interests under each member's, and the request it waits for.

    Parameters
    ----------
    asked
        The move that is asked about: weights are called by what they weigh there.

    Raises
    ------
    QueryError
        If there is no such party.
    """
    found: dict[str, Motive] = {}
    if party in scenario.actors:
        _interests(scenario, party, found)
        _weights(scenario, party, _worths_to(scenario, party), asked, found)
        return tuple(found.values())
    body = scenario.institutions.get(party)
    if body is None:
        listed = ", ".join([*scenario.actors, *scenario.institutions])
        raise QueryError(f"Nobody is called '{party}'. There is: {listed}.")
    worths = (
        (f"{party}.{name}", expr, tuple(decision.because))
        for name, decision in body.decisions.items()
        for expr in decision.worth.values()
    )
    _weights(scenario, party, worths, asked, found)
    if any(decision.request is not None for decision in body.decisions.values()):
        name = f"{party}.{REQUEST}"
        found.setdefault(name, Motive(name, "Nobody who may ask has asked", REQUEST))
    for member in body.members:
        _interests(scenario, member, found)
    return tuple(found.values())


def all_motives(scenario: Scenario, party: str) -> tuple[str, ...]:
    """Return the names of all motives of an actor, or of all members of an institution as well as its own.

    What an institution waits for is no motive of anybody and is not among them.
    """
    found = [m.name for m in motives_of(scenario, party) if m.kind != REQUEST]
    body = scenario.institutions.get(party)
    for member in body.members if body is not None else ():
        found += [m.name for m in motives_of(scenario, member)]
    return tuple(dict.fromkeys(found))


def without(scenario: Scenario, names: Iterable[str]) -> Scenario:
    """Return the scenario with some motives taken away.

    Raises
    ------
    QueryError
        With every name that is no motive of the scenario.
    """
    gone: dict[str, set[str]] = {}
    problems: list[Problem] = []
    for name in names:
        party, _, key = name.partition(".")
        try:
            known = {m.name for m in motives_of(scenario, party)}
        except QueryError as error:
            problems.extend(error.problems)
            continue
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            message = f"'{name}' is not what moves {party}."
            problems.append(Problem(Mark("the change asked for"), message, f"There is: {listed}."))
        gone.setdefault(party, set()).add(key)
    if problems:
        raise QueryError(problems)
    return _parts_without(scenario, gone) if gone else scenario


def nothing_at_stake(scenario: Scenario, there: Callable[[str, str], bool]) -> Scenario:
    """Return the scenario with nothing at stake in some of its parts.

    Parameters
    ----------
    there
        Told the kind (``interest``, ``action``, ``decision``, ``hazard``) and the name ``owner.name`` of a
        part, says whether its worth and impacts are taken out.
    """

    def interest(name: str, body: Any) -> Any:
        return body.model_copy(update={"worth": NOTHING}) if there("interest", name) else body

    def move(name: str, body: Any) -> Any:
        return _worth_nothing(body) if there(type(body).__name__.lower(), name) else body

    return scenario.with_moves(move, interest)


def _worth_nothing(move: Any) -> Any:
    """Return a move that is worth nothing to anybody; a hazard has no worth of its own."""
    gone: dict[str, Any] = {"impacts": dict.fromkeys(move.impacts, NOTHING)}
    worth = getattr(move, "worth", None)
    if worth is not None:
        gone["worth"] = dict.fromkeys(worth, NOTHING) if isinstance(worth, Mapping) else NOTHING
    return move.model_copy(update=gone)


def opposing_moves(scenario: Scenario) -> list[str]:
    """Return the enabled moves tagged as obstruction."""
    return [name for name, move in scenario.moves().items() if OPPOSING in move.tags and move.enabled]


def key_of_term(term: Expr, move: str) -> str:
    """Return the name of the motive a term belongs to: its first parameter's, or its move's."""
    for node in walk(term):
        if isinstance(node, ParameterValue):
            return node.name
    return move.partition(".")[2]


def terms_of_sum(expr: Expr, sign: str = "+") -> Iterator[tuple[str, Expr]]:
    """Iterate over the terms of a sum, each with its sign."""
    other = {"+": "-", "-": "+"}
    match expr:
        case Binary(operator="+" | "-" as operator, left=left, right=right):
            yield from terms_of_sum(left, sign)
            yield from terms_of_sum(right, sign if operator == "+" else other[sign])
        case Unary(operator="-", operand=Binary(operator="+" | "-") as operand):
            yield from terms_of_sum(operand, other[sign])
        case _:
            yield sign, expr


def _without_terms(expr: Expr, move: str, keys: Collection[str]) -> Expr:
    kept = [(sign, term) for sign, term in terms_of_sum(expr) if key_of_term(term, move) not in keys]
    if len(kept) == len(list(terms_of_sum(expr))):
        return expr
    made: Expr = NOTHING
    for place, (sign, term) in enumerate(kept):
        if place == 0:
            made = term if sign == "+" else Unary("-", term, expr.mark)
        else:
            made = Binary(sign, made, term, expr.mark)
    return made


def worth_to(scenario: Scenario, move: str, actor: str) -> Expr:
    """Return the worth of making or adopting a move to its owner or a voter, 0 where none is written."""
    return next((expr for name, expr, _ in _worths_to(scenario, actor) if name == move), NOTHING)


def _interests(scenario: Scenario, actor: str, found: dict[str, Motive]) -> None:
    for name, interest in scenario.actors[actor].interests.items():
        full, words = f"{actor}.{name}", interest.as_reason
        said = "" if words is None else _at(words, _signs(interest.worth, scenario.parameter_values()))
        found[full] = Motive(full, said or interest.about, "interest", tuple(interest.because))


def _weights(
    scenario: Scenario,
    party: str,
    worths: Iterable[tuple[str, Expr, tuple[str, ...]]],
    asked: str,
    found: dict[str, Motive],
) -> None:
    weighing: dict[str, list[tuple[str, Expr]]] = {}
    for move, expr, because in worths:
        for sign, term in terms_of_sum(expr):
            if isinstance(term, Number) and term.value == 0.0:
                continue
            key = key_of_term(term, move)
            weighing.setdefault(key, []).append((move, term))
            if (name := f"{party}.{key}") in found:
                continue
            parameter = scenario.parameters.get(key)
            done = scenario.moves()[move].about or spaced(key)
            verb = "takes" if _is_cost(sign, term) else "brings by itself"
            said = f"What it {verb} to {done[:1].lower()}{done[1:]}" if parameter is None else parameter.about
            reasons = tuple(parameter.because) if parameter is not None else because
            found[name] = Motive(name, said, "weight", reasons)
    values = scenario.parameter_values()
    for key, terms in weighing.items():
        words = scenario.parameters[key].as_reason if key in scenario.parameters else None
        if words is not None:
            weighed = [(move, _signs(derivative(_unsigned(t), key), values)) for move, t in terms]
            here = set().union(*(signs for move, signs in weighed if move == asked))
            said = _at(words, here or set().union(*(signs for _, signs in weighed)))
            name = f"{party}.{key}"
            found[name] = replace(found[name], about=said or found[name].about)


def _at(words: ReasonWords, signs: set[int]) -> str:
    return "" if len(signs) != 1 else words.above if 1 in signs else words.below


def _signs(expr: Expr, values: Mapping[str, float]) -> set[int]:
    """Return the signs, 1 and -1, that an expression takes over all levels of its variables."""
    spans = {n.name: len(n.levels) for n in walk(expr) if isinstance(n, VariableReading)}
    if prod(spans.values()) > MOST_LEVELS:
        return {1, -1}
    levels = dict(zip(spans, np.indices(tuple(spans.values())), strict=True))
    signs = np.sign(evaluate(expr, levels, values))
    return {sign for sign in (1, -1) if (signs == sign).any()}


def _unsigned(term: Expr) -> Expr:
    """Return a term without the minus before it."""
    match term:
        case Unary(operator="-", operand=operand):
            return _unsigned(operand)
        case Binary(operator="*" | "/", left=left):
            return replace(term, left=_unsigned(left))
    return term


def _is_cost(sign: str, term: Expr) -> bool:
    """Say whether a term without parameters takes something away, by the minus signs in it."""
    signs = [sign == "-"]
    for node in walk(term):
        signs.append(isinstance(node, Unary) and node.operator == "-")
        signs.append(isinstance(node, Number) and node.value < 0.0)
    return sum(signs) % 2 == 1


def _worths_to(scenario: Scenario, actor: str) -> Iterator[tuple[str, Expr, tuple[str, ...]]]:
    """Iterate over every worth and impact that counts for an actor: move, expression, reasons."""
    for name, move in scenario.moves().items():
        because = tuple(move.because)
        if actor in move.impacts:
            yield name, move.impacts[actor], because
        worth = getattr(move, "worth", None)
        if isinstance(worth, Mapping):
            if actor in worth:
                yield name, worth[actor], because
        elif worth is not None and name.partition(".")[0] == actor:
            yield name, worth, because


def _parts_without(scenario: Scenario, gone: Mapping[str, set[str]]) -> Scenario:
    def interest(name: str, body: Any) -> Any:
        actor, _, key = name.partition(".")
        return body.model_copy(update={"worth": NO_FLOW}) if key in gone.get(actor, ()) else body

    def move(name: str, body: Any) -> Any:
        owner = gone.get(name.partition(".")[0], set())
        changed: dict[str, Any] = {
            "impacts": {a: _without_terms(e, name, gone.get(a, ())) for a, e in body.impacts.items()}
        }
        if isinstance(body, Action):
            changed["worth"] = _without_terms(body.worth, name, owner)
        elif isinstance(body, Decision):
            changed["worth"] = {
                member: _without_terms(expr, name, owner | gone.get(member, set()))
                for member, expr in body.worth.items()
            }
            if REQUEST in owner:
                changed["request"] = None
        return body.model_copy(update=changed)

    return scenario.with_moves(move, interest)

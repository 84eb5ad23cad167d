r"""What two scenarios say differently, in pieces that can be exchanged, and whose the rest is.

=============  =====================================================================================
``parameter``  a parameter that both have, with different values
``start``      the start of a variable that both have with the same levels, unless it starts together with
               others or may only be where something else is
``move``       a move that one has enabled and the other disabled
``entry``      anything else that both have by one name and that differs: an actor, a hazard, an
               institution, an outcome; the horizon, the condition of *who acts*, a setting
``structure``  what only one of them has, and, where variables or levels differ, every entry: these
               can only be exchanged together
=============  =====================================================================================

Parameters that only one scenario has are not inputs by themselves: whatever speaks of them is. A `hybrid`
takes chosen inputs from B and everything else from A.

What can only be exchanged together is broken down by whose it is. Variables, moves and motives that only one
scenario has cannot be exchanged one by one: a move that speaks of a variable the other lacks has no meaning
there. They can be taken away where they are. With :math:`D_p` what differs of a party (its moves that the
other scenario lacks or words differently, disabled; its motives likewise, taken away),

.. math:: c_p = [y(B) - y(B \setminus D_p)] - [y(A) - y(A \setminus D_p)]

is how much more the party's own share of the structure makes of the outcome in B than in A. The :math:`c_p`
need not add up to what the structure makes together: the rest, what parties make only together and what no
move says (variables, rules of a vote), is a part of its own. Two solutions a party.

Who in one scenario stands where whom in another: names made alike before two scenarios are compared.

Two crises that call their alliance, its leader and the state in trouble by different names have nothing in
common by name, and all that differs is that each has what the other lacks. But whoever fills the same hole of
the same file of the library plays the same part (the body, its leader, who asks). Fillings that name an
actor, an institution, a variable or a parameter are paired, use by use in the order written; a name has one
counterpart at most, and none where either scenario has the other's name for something else. What a file names
after its body (``sadc_clause``) follows the body. Outcomes that then ask the same in other words are paired
as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.cases.cases import Case, solve_case
from bystander.cases.changes import ABSENT, STRUCTURE, Change, in_its_unit
from bystander.errors import InputError, NotConvergedError
from bystander.progress import Progress
from bystander.scenario import read_data
from bystander.scenario.schema import Scenario
from bystander.scenario.schema.moves import Interest, Move

NAMED_SECTIONS = ("actors", "institutions", "variables", "parameters", "hazards", "outcomes")
PROSE = frozenset(
    {"about", "as_reason", "says", "title", "question", "levels", "sources", "source", "facts", "claim"}
)
CITED = frozenset({"because", "learnt", "reported"})
"""Keys under which facts, events and claims are named."""
WORD = re.compile(r"(?<!\w)(?<!\w-)(?<!fact\.)[A-Za-z_]\w*(?!-\w)")
"""A name, but that of a fact, which keeps its own whoever else is called so."""


@dataclass(frozen=True, slots=True)
class Recast:
    """A scenario in another's names, and who was taken for whom: (name there, name here)."""

    scenario: Scenario
    parts: tuple[tuple[str, str], ...]


def recast(scenario: Scenario, like: Scenario) -> Recast:
    """Return a scenario with the names of those who play the same part in another."""
    played = _parts(scenario, like)
    names = {**played, **_named_after(scenario, like, played)}
    named = _renamed(scenario, names)
    asked = _same_questions(named, like)
    parts = tuple((there, here) for here, there in {**played, **asked}.items())
    return Recast(_renamed(named, asked), parts)


def _section(scenario: Scenario, name: str) -> str:
    return next((section for section in NAMED_SECTIONS if name in getattr(scenario, section)), "")


def _parts(scenario: Scenario, like: Scenario) -> dict[str, str]:
    """Return counterparts by the holes they fill."""
    uses: dict[str, list[Mapping[str, str]]] = {}
    for use in like.fragments:
        uses.setdefault(use.path, []).append(dict(use.holes))
    found: dict[str, str] = {}
    for use in scenario.fragments:
        theirs = uses[use.path].pop(0) if uses.get(use.path) else {}
        for hole, here in use.holes:
            there = theirs.get(hole, here)
            kind = _section(scenario, here)
            free = here not in found and there not in found.values() and not _section(scenario, there)
            if here != there and kind and kind == _section(like, there) and free and not _section(like, here):
                found[here] = there
    return found


def _named_after(scenario: Scenario, like: Scenario, played: Mapping[str, str]) -> dict[str, str]:
    """Return counterparts of what is named after one who has a counterpart."""
    found = {}
    for section in ("parameters", "hazards"):
        for name in getattr(scenario, section):
            owner = next((here for here in played if name.startswith(f"{here}_")), "")
            there = played[owner] + name.removeprefix(owner) if owner else name
            if owner and name not in played and there in getattr(like, section):
                found[name] = there
    return found


def _same_questions(scenario: Scenario, like: Scenario) -> dict[str, str]:
    """Return counterparts of outcomes that only differ in name and words."""
    asked = {name: _bare(body) for name, body in like.outcomes.items() if name not in scenario.outcomes}
    found: dict[str, str] = {}
    for name, body in scenario.outcomes.items():
        same = [there for there, other in asked.items() if other == _bare(body)]
        if name not in like.outcomes and same:
            found[name] = same[0]
            del asked[same[0]]
    return found


def _bare(outcome: Any) -> dict[str, Any]:
    left = {"about", "given", "because", "reported", "headline"}
    return dict(outcome.model_dump(mode="json", exclude_defaults=True, exclude=left))


def _renamed(scenario: Scenario, names: Mapping[str, str]) -> Scenario:
    """Return a scenario with other names, read anew."""
    if not names:
        return scenario
    claims = (claim for source in scenario.sources.values() for claim in source.claims)
    cited = {*scenario.facts, *scenario.events, *claims}
    kept = {here: there for here, there in names.items() if here not in cited}
    return read_data(_told(scenario.to_dict(), names, kept), scenario.name)


def _told(value: Any, names: Mapping[str, str], cited: Mapping[str, str]) -> Any:
    """Rename in everything but prose, and where facts are cited only what is no fact."""
    if isinstance(value, str):
        return WORD.sub(lambda word: names.get(word[0], word[0]), value)
    if isinstance(value, dict):
        return {
            _told(key, names, cited): (
                item
                if key in PROSE
                else {name: _told(event, names, cited) for name, event in item.items()}
                if key == "events" and isinstance(item, dict)
                else _told(item, cited if key in CITED else names, cited)
            )
            for key, item in value.items()
        }
    return [_told(item, names, cited) for item in value] if isinstance(value, (list, tuple)) else value


SECTIONS = ("actors", "hazards", "institutions")
MOVES_OF = {"actors": "actions", "institutions": "decisions"}
SINGLE = ("never", "horizon", "given", "settings", "starts")
DATED = ("calendar", "as_of")
"""What known dates are reckoned with: one input, taken together."""


@dataclass(frozen=True, slots=True)
class Input:
    """One exchangeable difference: its name, kind, and what each scenario says, in short."""

    name: str
    kind: str
    in_a: str = ""
    in_b: str = ""
    section: str = ""


def differing_inputs(a: Scenario, b: Scenario) -> list[Input]:
    """Return everything in which two scenarios differ that can bear on an answer."""
    found = []
    for name, parameter in a.parameters.items():
        other = b.parameters.get(name)
        if other is not None and other.value.value != parameter.value.value:
            texts = [in_its_unit(parameter, value) for value in (parameter.value.value, other.value.value)]
            found.append(Input(name, "parameter", *texts))
    apart = {n: v.levels.keys() for n, v in a.variables.items()} != {
        n: v.levels.keys() for n, v in b.variables.items()
    }
    for name in _starting(a, b, apart):
        here, there = (_start(crisis.variables[name].start) for crisis in (a, b))
        found.append(Input(f"start of {name}", "start", here, there, name))
    found += _moves(a, b)
    for section in (*SECTIONS, "outcomes"):
        found += _entries(a, b, section, apart)
    for section in SINGLE:
        if getattr(a, section) != getattr(b, section):
            kind = STRUCTURE if apart and section in ("never", "given", "starts") else "entry"
            found.append(Input(section, kind, section=section))
    dates = [(crisis.calendar, crisis.as_of if crisis.calendar else "") for crisis in (a, b)]
    if dates[0] != dates[1]:
        found.append(Input("calendar", STRUCTURE if apart else "entry", section="calendar"))
    if apart:
        found.append(Input("variables", STRUCTURE, section="variables"))
    return found


def _starting(a: Scenario, b: Scenario, apart: bool) -> list[str]:
    """Return the variables that start elsewhere in each, whatever else differs."""
    bound = {n for crisis in (a, b) for n, v in crisis.variables.items() if v.while_ is not None}
    for lottery in (each for crisis in (a, b) for each in crisis.starts.values()):
        bound |= {n for branch in lottery for n in (*branch.changes, *branch.computed)}
    pairs = ((n, v, b.variables[n]) for n, v in a.variables.items() if n in b.variables)
    found = [n for n, one, two in pairs if one.start != two.start and one.levels.keys() == two.levels.keys()]
    return [n for n in found if not apart or n not in bound]


def hybrid(a: Scenario, b: Scenario, chosen: Sequence[Input]) -> Scenario:
    """Return a scenario that takes the chosen inputs from B and everything else from A."""
    update: dict[str, Any] = {"parameters": {**b.parameters, **a.parameters}}
    for section in (*SECTIONS, "outcomes", "variables"):
        update[section] = dict(getattr(a, section))
    switched: dict[str, bool] = {}
    if any(i.section == "variables" for i in chosen):
        update["variables"] = dict(b.variables)
        for name in _starting(a, b, apart=True):
            own = {"start": a.variables[name].start}
            update["variables"][name] = b.variables[name].model_copy(update=own)
    for i in chosen:
        entry = i.name.partition(".")[2]
        if i.kind == "parameter":
            update["parameters"][i.name] = b.parameters[i.name]
        elif i.kind == "start":
            again = update["variables"][i.section].model_copy(update={"start": b.variables[i.section].start})
            update["variables"][i.section] = again
        elif i.kind == "move":
            switched[i.name] = i.in_b == "enabled"
        elif i.section == "calendar":
            update |= {name: getattr(b, name) for name in DATED}
        elif i.section == "variables":
            continue
        elif i.section in SINGLE:
            update[i.section] = getattr(b, i.section)
        elif i.kind == "entry":
            kept = _enabled(getattr(a, i.section).get(entry), i.section)
            update[i.section][entry] = _with_enabled(getattr(b, i.section)[entry], i.section, kept)
        elif entry in getattr(b, i.section):
            update[i.section][entry] = getattr(b, i.section)[entry]
        else:
            update[i.section].pop(entry, None)
    mixed = a.model_copy(update=update)
    if switched:
        from bystander.scenario import vary

        on = [move for move, enabled in switched.items() if enabled]
        mixed = vary(mixed, enable=on, disable=[move for move in switched if move not in on])
    return mixed


def _moves(a: Scenario, b: Scenario) -> list[Input]:
    theirs = b.moves()
    found = []
    for name, move in a.moves().items():
        other = theirs.get(name)
        if other is not None and other.enabled != move.enabled:
            found.append(
                Input(name, "move", *("enabled" if m.enabled else "disabled" for m in (move, other)))
            )
    return found


def _entries(a: Scenario, b: Scenario, section: str, apart: bool) -> list[Input]:
    mine, theirs = getattr(a, section), getattr(b, section)
    found = []
    for name in dict.fromkeys([*mine, *theirs]):
        label = f"{section}.{name}"
        if name not in mine or name not in theirs:
            if section != "outcomes":
                texts = (ABSENT, "") if name not in mine else ("", ABSENT)
                found.append(Input(label, STRUCTURE, *texts, section=section))
            continue
        kept = _enabled(mine[name], section)
        if mine[name] != _with_enabled(theirs[name], section, kept):
            found.append(Input(label, STRUCTURE if apart else "entry", section=section))
    return found


def _enabled(entry: Any, section: str) -> Mapping[str, bool]:
    """Which moves of an entry are enabled, by move ("" for a hazard, which is its own move)."""
    if isinstance(entry, Move) and section == "hazards":
        return {"": entry.enabled}
    moves = MOVES_OF.get(section)
    return {} if moves is None or entry is None else {n: m.enabled for n, m in getattr(entry, moves).items()}


def _with_enabled(entry: Any, section: str, enabled: Mapping[str, bool]) -> Any:
    """Return an entry with its moves enabled or disabled as told, where told."""
    if isinstance(entry, Move) and section == "hazards":
        return entry.model_copy(update={"enabled": enabled.get("", entry.enabled)})
    moves = MOVES_OF.get(section)
    if moves is None:
        return entry
    again = {
        n: m.model_copy(update={"enabled": enabled.get(n, m.enabled)})
        for n, m in getattr(entry, moves).items()
    }
    return entry.model_copy(update={moves: again})


def _start(start: Mapping[str, float]) -> str:
    return ", ".join(level if chance == 1.0 else f"{level} {chance:.0%}" for level, chance in start.items())


Array = NDArray[Any]
CHANCE = "nature"


@dataclass(frozen=True, slots=True)
class PartyDifference:
    """What differs of one party: its moves and motives in each scenario, and both as (name, in A, in B)."""

    party: str
    in_a: Change
    in_b: Change
    inputs: tuple[tuple[str, str, str], ...]


def pieces(a: Scenario, b: Scenario) -> list[PartyDifference]:
    """Return what differs, party by party; chance is one."""
    found = []
    for party in dict.fromkeys([*_parties(a), *_parties(b)]):
        mine, theirs = _moves_of(a, party), _moves_of(b, party)
        moves = [n for n in dict.fromkeys([*mine, *theirs]) if _other(mine.get(n), theirs.get(n))]
        wants, other = _interests(a, party), _interests(b, party)
        motives = [n for n in dict.fromkeys([*wants, *other]) if wants.get(n) != other.get(n)]
        if not moves and not motives:
            continue
        told = [(n, _says(mine.get(n)), _says(theirs.get(n))) for n in moves]
        told += [(n, _says(wants.get(n)), _says(other.get(n))) for n in motives]
        found.append(
            PartyDifference(
                party,
                Change(disable=_live(moves, mine), without=tuple(n for n in motives if n in wants)),
                Change(disable=_live(moves, theirs), without=tuple(n for n in motives if n in other)),
                tuple(told),
            )
        )
    return found


def by_removal(
    first: Case, last: Case, differing: Sequence[PartyDifference], outcomes: Sequence[str], tell: Progress
) -> tuple[dict[str, Array], int]:
    """Return each party's share of each outcome's difference, and the number of solves.

    A party without whom a scenario has no solution is left to the rest.
    """
    found: dict[str, Array] = {}
    solves = 0
    for n, piece in enumerate(differing):
        tell("Taking apart what only one of them has", n / len(differing))
        try:
            ends = []
            for case, change in ((last, piece.in_b), (first, piece.in_a)):
                whole = np.array([case.value(name) for name in outcomes])
                if change == Change():
                    ends.append(np.zeros(len(outcomes)))
                    continue
                spared = solve_case(change.apply(case.scenario), near=case, outcomes=outcomes, judgements=())
                solves += 1
                ends.append(_gap(whole, np.array([spared.value(name) for name in outcomes])))
        except (InputError, NotConvergedError):
            continue
        found[piece.party] = _gap(*ends)
    return found, solves


def _gap(one: Array, other: Array) -> Array:
    """Subtract; what may never come in either leaves no difference (nan)."""
    finite = np.isfinite(one) & np.isfinite(other)
    return np.where(finite, np.where(finite, one, 0.0) - np.where(finite, other, 0.0), np.nan)


def _parties(scenario: Scenario) -> Iterator[str]:
    yield from scenario.actors
    yield from scenario.institutions
    yield CHANCE


def _moves_of(scenario: Scenario, party: str) -> dict[str, Move]:
    return {n: m for n, m in scenario.moves().items() if n.partition(".")[0] == party}


def _interests(scenario: Scenario, party: str) -> dict[str, Interest]:
    actor = scenario.actors.get(party)
    return {} if actor is None else {f"{party}.{n}": i for n, i in actor.interests.items()}


def _other(one: Move | None, two: Move | None) -> bool:
    """Say whether a move differs in more than that it is enabled."""
    if one is None or two is None:
        return True
    return one != two.model_copy(update={"enabled": one.enabled})


def _live(names: Sequence[str], moves: Mapping[str, Move]) -> tuple[str, ...]:
    return tuple(n for n in names if n in moves and moves[n].enabled)


def _says(part: Move | Interest | None) -> str:
    return ABSENT if part is None else part.about

"""Who would oppose a remedy, how likely, and why.

An opponent is whoever owns an enabled move that the scenario tags as obstruction. Its reasons are those of
its interests that speak of what the move would undo: their conditions and the move's own share a variable.
"""

from __future__ import annotations

from dataclasses import dataclass

from bystander.assessment.result import Assessment
from bystander.report.page.rows import Cell, cell
from bystander.report.page.trail import Link, Trail
from bystander.report.words.names import clean, label, phrase
from bystander.report.words.numbers import duration, in_short
from bystander.report.words.reasons import subject
from bystander.report.words.sentences import change, lowered
from bystander.scenario.expressions.syntax import variables_of
from bystander.scenario.motives import opposing_moves
from bystander.scenario.schema import Scenario

FELT = 0.01


@dataclass(frozen=True, slots=True)
class Opponent:
    """Someone who opposes a remedy.

    ``chance`` is that the move is made ``within`` a time of the onset, None where that was not asked; ``why``
    are the interests behind it. ``provoked`` are (measure, what counts the move, before, after) where a
    measure makes it likelier.
    """

    who: str
    move: str
    chance: Cell | None
    within: str
    why: tuple[str, ...]
    cites: tuple[Link, ...]
    provoked: tuple[tuple[str, str, str, str], ...]


def opponents(assessment: Assessment, scenario: Scenario | None, trail: Trail) -> tuple[Opponent, ...]:
    """Name those who obstruct, the likeliest first."""
    if scenario is None or not assessment.measures:
        return ()
    within = {(r.owner, r.move): max(r.within, default=None) for r in assessment.responses}
    moves = scenario.moves()
    found = []
    for name in opposing_moves(scenario):
        owner, _, short = name.partition(".")
        move, made = moves[name], within.get((owner, short))
        speaks = set(variables_of(move.when)) if move.when is not None else set()
        minds = [
            i
            for i in (scenario.actors[owner].interests.values() if owner in scenario.actors else ())
            if i.when is not None and speaks & set(variables_of(i.when))
        ]
        found.append(
            Opponent(
                subject(owner),
                lowered(phrase(move.about, label(short))),
                None if made is None else cell(made[1]),
                "" if made is None else duration(made[0]),
                tuple(clean(phrase(i.about, "", 120)) for i in minds),
                trail.links_of(dict.fromkeys((*move.because, *(c for i in minds for c in i.because)))),
                _provoked(assessment, scenario, name),
            )
        )
    return tuple(sorted(found, key=lambda o: -(o.chance.sort if o.chance else 0.0)))


def _provoked(assessment: Assessment, scenario: Scenario, name: str) -> tuple[tuple[str, str, str, str], ...]:
    """Find the measures that make an outcome likelier which counts a move."""
    counts = [
        o
        for o in assessment.outcomes
        if o.name in scenario.outcomes and name in (scenario.outcomes[o.name].fires or ())
    ]
    found = []
    for o in counts:
        for m in assessment.measures:
            pair = change(m, o)
            if pair is not None and pair[1] - pair[0] >= FELT:
                before, after = (in_short(v, o.estimate.unit) for v in pair)
                found.append(
                    (pair[0] - pair[1], phrase(m.about, m.name, 90), phrase(o.about, o.name), before, after)
                )
    return tuple((m, o, a, b) for _, m, o, a, b in sorted(found)[:2])

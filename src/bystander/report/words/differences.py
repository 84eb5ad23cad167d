"""What a change does, in one sentence, and in which order its effects are told.

Chances and amounts are put on one scale to be ranked: a chance counts by how far it moves, an amount by the
share of the larger of its two values, half as much (so that a doubling counts as 25 points of chance do).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from bystander.policy.inputs import ABSENT, STRUCTURE
from bystander.report.words.names import phrase
from bystander.report.words.numbers import in_short
from bystander.report.words.sentences import Part, Sentence, chance, say
from bystander.units import CHANCES

LEAST = 0.005
SHOWN = 2
AMOUNTS = 0.5


class Changed(Protocol):
    """An outcome before and after."""

    @property
    def outcome(self) -> str:
        """Its name."""

    @property
    def about(self) -> str:
        """What it is."""

    @property
    def unit(self) -> str:
        """Unit of both values."""

    @property
    def before(self) -> float:
        """Its value before."""

    @property
    def after(self) -> float:
        """Its value after."""


AnyChanged = TypeVar("AnyChanged", bound=Changed)


def size_of(changed: Changed) -> float:
    """Return how much an outcome changes, on the scale of a chance; 0 where both values are infinite."""
    if changed.after == changed.before:
        return 0.0
    gap = abs(changed.after - changed.before)
    if changed.unit in CHANCES:
        return gap
    return AMOUNTS * gap / max(abs(changed.before), abs(changed.after), 1e-12)


def largest_first(changed: Iterable[AnyChanged]) -> list[AnyChanged]:
    """Order outcomes by how much they change."""
    return sorted(changed, key=lambda one: (-size_of(one), one.outcome))


class Cause(Protocol):
    """A part of a difference: what makes it, how much, and (name, in A, in B) of each input."""

    @property
    def group(self) -> str:
        """Its name."""

    @property
    def about(self) -> str:
        """What it is."""

    @property
    def inputs(self) -> tuple[tuple[str, str, str], ...]:
        """What differs."""


def cause(part: Cause) -> tuple[str, str, str]:
    """Say a cause of a difference and what it is in each of the two scenarios, in the words of the crises."""
    if part.group == STRUCTURE:
        return "What they are made of otherwise", "", ""
    said = phrase(part.about, part.group, 90)
    if len(part.inputs) == 1 and part.inputs[0][0] == part.group:
        return said, part.inputs[0][1], part.inputs[0][2]
    if not any(name.startswith(f"{part.group}.") for name, _, _ in part.inputs):
        return said, "", ""
    here = [
        [phrase(texts[k], name, 60) for name, *texts in part.inputs if texts[k] != ABSENT] for k in (0, 1)
    ]
    both = [what for what in here[0] if what in here[1]]
    only = [[what for what in each if what not in both] for each in here]
    one, two = (_some(each or ["not so" if both else "nothing of the kind"]) for each in only)
    return said, one, two


def _some(texts: list[str]) -> str:
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return "; ".join(texts[:SHOWN]) + more


def headline(changed: Iterable[Changed]) -> Sentence:
    """Say what changes most, and by how much."""
    ranked = largest_first(changed)
    if not ranked or size_of(ranked[0]) < LEAST:
        return say("Nothing that is asked changes by as much as half a point.")
    first, *rest = ranked
    also = sum(size_of(one) >= LEAST for one in rest)
    others = f"; {also} other outcome{'s move' if also > 1 else ' moves'} too" if also else ""
    return say(_one(first), others, ".")


def _one(changed: Changed) -> Sentence:
    verb = "falls" if changed.after < changed.before else "rises"
    what = say("\u201c", Part(phrase(changed.about, changed.outcome, 90), "name"), "\u201d")
    if changed.unit in CHANCES:
        return say(what, f" {verb} from ", chance(changed.before), " to ", chance(changed.after))
    values = [Part(in_short(value, changed.unit), "number") for value in (changed.before, changed.after)]
    return say(what, f" {verb} from ", values[0], " to ", values[1])

"""What a change does, in one sentence, and in which order its effects are told.

Chances and amounts are put on one scale to be ranked: a chance counts by how far it moves, an amount by the
share of the larger of its two values, half as much (so that a doubling counts as 25 points of chance do).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from bystander.report.words.names import phrase
from bystander.report.words.numbers import in_short
from bystander.report.words.sentences import Part, Sentence, chance, say
from bystander.units import CHANCES

LEAST = 0.005
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
    """Return how much an outcome changes, on the scale of a chance."""
    gap = abs(changed.after - changed.before)
    if changed.unit in CHANCES:
        return gap
    return AMOUNTS * gap / max(abs(changed.before), abs(changed.after), 1e-12)


def largest_first(changed: Iterable[AnyChanged]) -> list[AnyChanged]:
    """Order outcomes by how much they change."""
    return sorted(changed, key=lambda one: (-size_of(one), one.outcome))


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

r"""What outcomes do when things are taken away, alone and together, solving only what differs.

A removal is a change of parameters. The answers follow from the compiled game and from the parameters that
the outcomes' own formulas mention; so

* a removal after which both are, number by number, those of the base changes nothing, and nothing is solved;
* removals after which they are the same are one, solved once.

Most of what shows no derivative is of the first kind: it stands beside a factor of 0, or where nothing comes.

*Together.* Of things that each change nothing when taken away, several may be enough each. All are taken away
at once; if nothing changes then, no more is said of them. If something does, a smallest group is found that
does: with :math:`G` the members known so far and an order of the rest, the shortest beginning of it that
together with :math:`G` is felt ends in a member (bisection, about :math:`\log_2 n` solutions for each). The
group is put aside, and all that are left are taken away once more. Groups that share members are not looked
for, and effects that cancel are not seen. Felt is what exceeds `LEAST` times the number taken away, so that
many small effects do not make one.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np

from bystander.cases.cases import Case, game_of
from bystander.cases.changes import Change
from bystander.cases.jobs import answer_changes
from bystander.errors import QueryError, ScenarioError
from bystander.progress import Progress, silent
from bystander.scenario.claims import expressions_of
from bystander.scenario.expressions import parameters_of

LEAST = 1e-6
"""Effects below this, relative to an outcome, count as none."""
TRIALS, GROUPS = 40, 5
"""Most solutions spent on things taken away together, and most groups told."""

Size = tuple[float, str]
NOTHING: Size = (0.0, "")
_APART = {"parameters", "scenario", "compiled"}
"""Fields of a game that only say where it came from."""


@dataclass(frozen=True, slots=True)
class Group:
    """Things of which none changes an outcome alone and all do together: by how much, and which most."""

    members: tuple[str, ...]
    size: float
    outcome: str


@dataclass
class Removals:
    """Removals from one base, each solved when first asked for."""

    base: Case
    progress: Progress = silent
    trials: int = 0
    _known: dict[bytes, Size | None] = field(default_factory=dict)
    _mentioned: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        scenario = self.base.scenario
        said = [expr for body in scenario.outcomes.values() for expr in expressions_of(body)]
        said += scenario.conditions.values()
        self._mentioned = tuple(sorted({name for expr in said for name in parameters_of(expr)}))
        self._known[self._print_of(self.base.game)] = NOTHING

    def sizes(self, changes: Mapping[str, Mapping[str, float]], step: str) -> dict[str, Size | None]:
        """Return the largest effect of each change on any outcome; None where it cannot be solved."""
        keys = {name: self._key(to) for name, to in changes.items()}
        new = {key: changes[name] for name, key in keys.items() if key is not None and key not in self._known}
        done = answer_changes(
            self.base,
            [Change(draw=dict(to)) for to in new.values()],
            judgements=(),
            progress=self.progress,
            step=step,
        )
        for key, answers in zip(new, done.answers, strict=True):
            solved = answers is not None and answers.solved
            self._known[key] = self._largest(answers.outcomes) if answers is not None and solved else None
        self.trials += len(new)
        return {name: None if key is None else self._known[key] for name, key in keys.items()}

    def together(self, changes: Mapping[str, Mapping[str, float]], step: str) -> tuple[list[Group], bool]:
        """Find groups of things, each without effect alone, that have one together.

        Parameters
        ----------
        changes
            Each thing with what taking it away means, those first that are to be named rather than others.

        Returns
        -------
        tuple
            The groups, and whether all that is left changes nothing taken away together.
        """
        left, found, until = dict(changes), list[Group](), self.trials + TRIALS
        while len(left) > 1 and len(found) < GROUPS:
            if self.trials >= until or (size := self._size(left, left, step)) is None:
                return found, False
            if not _felt(size, left):
                return found, True
            members = self._smallest(left, step, until)
            if members is None or (size := self._size(left, members, step)) is None:
                return found, False
            found.append(Group(tuple(members), *size))
            left = {name: to for name, to in left.items() if name not in members}
        return found, len(left) < 2

    def _smallest(
        self, changes: Mapping[str, Mapping[str, float]], step: str, until: int
    ) -> list[str] | None:
        """Return a group that is felt and of which no member can be left out; None if trials run out."""
        members, rest = list[str](), list(changes)
        while True:
            low, high = 0, len(rest)
            while low < high:
                middle = (low + high) // 2
                some = [*members, *rest[:middle]]
                size = self._size(changes, some, step) if some else NOTHING
                if size is None or self.trials > until:
                    return None
                low, high = (low, middle) if _felt(size, some) else (middle + 1, high)
            if low == 0:
                return members
            members.append(rest[low - 1])
            rest = rest[: low - 1]

    def _size(
        self, changes: Mapping[str, Mapping[str, float]], names: Sequence[str] | Mapping[str, Any], step: str
    ) -> Size | None:
        whole = {name: to for each in names for name, to in changes[each].items()}
        return self.sizes({"": whole}, step)[""]

    def _largest(self, outcomes: Mapping[str, float]) -> Size:
        moved = {
            outcome: abs(value - self.base.value(outcome)) / max(abs(self.base.value(outcome)), 1.0)
            for outcome, value in outcomes.items()
        }
        told = {outcome: size for outcome, size in moved.items() if math.isfinite(size)}
        outcome = max(told, key=told.__getitem__, default="")
        return told.get(outcome, 0.0), outcome

    def _key(self, to: Mapping[str, float]) -> bytes | None:
        try:
            return self._print_of(game_of(Change(draw=dict(to)).apply(self.base.scenario), self.base))
        except (QueryError, ScenarioError):
            return None

    def _print_of(self, game: Any) -> bytes:
        """Return a digest of all that answers follow from."""
        values = dict(game.parameters)
        digest = hashlib.blake2b(repr([values[name] for name in self._mentioned]).encode())
        for part in fields(game):
            if part.name not in _APART:
                for piece in _pieces(getattr(game, part.name)):
                    digest.update(piece)
        return digest.digest()


def _felt(size: Size, taken: Sequence[str] | Mapping[str, Any]) -> bool:
    return size[0] > LEAST * len(taken)


def _pieces(value: Any) -> Iterator[bytes]:
    """Iterate over the bytes of arrays, and the texts of names and numbers, in frozen data."""
    if isinstance(value, np.ndarray):
        yield f"{value.dtype}{value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif is_dataclass(value):
        for part in fields(value):
            yield from _pieces(getattr(value, part.name))
    elif isinstance(value, tuple):
        yield b"("
        for item in value:
            yield from _pieces(item)
        yield b")"
    elif isinstance(value, str | int | float | None):
        yield repr(value).encode()
    else:  # whose text might leave something out, so that two that differ would pass for one
        raise TypeError(f"A game with a {type(value).__name__} has no digest.")

r"""The words of a record found in a game: which jumps belong to a class, which situations to a level.

Binding is late and forgiving: one record serves several scenarios, and a scenario may be rewritten without
its record. A class lists names with wildcards, of which those that exist are taken; an observation that a
scenario has no word for (no such move, variable or level) is *set aside*, said to be so, and changes nothing.
A move that a scenario *has* but never makes (switched off, at no rate, in no situation that is reached) is a
word for what cannot happen: seen all the same, it has no chance. Else whoever forbids what happened would
have the less to explain.

Everything is per branch ``b`` (an option's possible effect, from situation ``s`` to ``t``): a class is a
mask over branches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray

from bystander.errors import InputError, Mark, Problem, QueryError, ScenarioError, did_you_mean, nearest_names
from bystander.evidence.record import COUNTS, MoveClass, Observation, Record, Window
from bystander.game.arrays import Float, Game, Int32, Int64
from bystander.game.questions import branch_options, branches_of_kinds, mask, option_moves, option_situations

Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class Bound:
    """A record's words in one game.

    Attributes
    ----------
    declared
        Names of all moves of the scenario, those too that never fire.
    source, target, move
        ``(B,)`` of each branch: from which situation, to which, by which move.
    """

    game: Game
    record: Record
    declared: tuple[str, ...] = ()

    @cached_property
    def option(self) -> Int64:
        """``(B,)`` the option of each branch."""
        return branch_options(self.game)

    @cached_property
    def place(self) -> Int64:
        """``(B,)`` which of its option's branches each is."""
        counts = branches_of_kinds(self.game)[self.game.structure.option_kind]
        begins = np.cumsum(counts) - counts
        return np.arange(len(self.option)) - np.repeat(begins, counts)

    @cached_property
    def source(self) -> Int32:
        """``(B,)`` the situation of each branch."""
        return option_situations(self.game)[self.option]

    @cached_property
    def move(self) -> Int32:
        """``(B,)`` the move of each branch."""
        return option_moves(self.game)[self.option]

    @property
    def target(self) -> Int32:
        """``(B,)`` where each branch leads."""
        return self.game.structure.targets

    def branches(self, of: str) -> Bool | None:
        """Return ``(B,)`` which branches belong to a class of the record, None if the game has none of it.

        A class may be one of the record, or a name of moves with wildcards.
        """
        key = ("branches", of)
        if key not in self._found:
            self._found[key] = self._branches(of, self.record.classes.get(of) or MoveClass((of,)))
        return self._found[key]

    @cached_property
    def _found(self) -> dict[tuple[str, str], Bool | None]:
        return {}

    @cached_property
    def laid(self) -> dict[object, object]:
        """What is laid out over these words once, whichever observations are made in them."""
        return {}

    @cached_property
    def _unsaid(self) -> dict[str, str]:
        """Conditions of classes that the scenario has no words for."""
        return {}

    def _branches(self, of: str, wanted: MoveClass) -> Bool | None:
        named = np.array([matches(move.name, wanted.moves) for move in self.game.moves], dtype=bool)
        if not (named.any() or any(matches(name, wanted.moves) for name in self.declared)):
            return None
        try:
            chosen: Bool = named[self.move]
            if wanted.source:
                chosen = chosen & mask(self.game, wanted.source)[self.source]
            if wanted.into:
                held = mask(self.game, wanted.into)
                chosen = chosen & held[self.target] & ~held[self.source]
        except QueryError as error:
            why = error.problems[0].message.rstrip(".")
            self._unsaid[of] = f"a condition of {of} means nothing here: {why}"
            return None
        return chosen

    def level(self, variable: str, levels: Iterable[str]) -> Bool | None:
        """Return ``(N,)`` where a variable is at one of some levels, None if the game has no such level."""
        situations = self.game.situations
        if variable not in situations.names:
            return None
        column = situations.names.index(variable)
        known = situations.level_names[column]
        numbers = [known.index(level) for level in levels if level in known]
        return np.isin(situations.levels[:, column], numbers) if numbers else None

    def weights(self, each: Observation) -> Float | None:
        """Return ``(N,)`` the chance of a reading of levels in each situation."""
        out = np.ones(self.game.size)
        for variable, levels in each.levels.items():
            if isinstance(each.error, str):
                row = self._reading(variable, levels, self.record.readings[each.error])
            else:
                row = self._plain(variable, levels, each.error)
            if row is None:
                return None
            out *= row
        return out

    def _plain(self, variable: str, levels: tuple[str, ...], error: float) -> Float | None:
        held = self.level(variable, levels)
        if held is None:
            return None
        known = self.game.situations.level_names[self.game.situations.names.index(variable)]
        others = len(set(known).difference(levels))
        return np.where(held, 1.0 - error, error / others) if others else np.ones(len(held))

    def _reading(
        self, variable: str, levels: tuple[str, ...], table: Mapping[str, Mapping[str, float]]
    ) -> Float | None:
        if variable not in self.game.situations.names:
            return None
        column = self.game.situations.names.index(variable)
        known = self.game.situations.level_names[column]
        chances = [sum(table.get(true, {true: 1.0}).get(level, 0.0) for level in levels) for true in known]
        return np.array(chances)[self.game.situations.levels[:, column]]

    def missing(self, each: Observation) -> str:
        """Return what the game lacks to speak of an observation, "" if nothing."""
        if each.kind in ("level", "starts"):
            for variable, levels in each.levels.items():
                if variable not in self.game.situations.names:
                    return f"no variable is called {variable}"
                if self.level(variable, levels) is None:
                    return f"{variable} has no level {' or '.join(levels)}"
            return ""
        if self.branches(each.of) is None:
            return self._unsaid.get(each.of) or f"no move is one of {each.of}"
        return ""


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Say whether the name of a move fits one of some patterns; an owner alone stands for all its moves."""
    return any(fnmatchcase(name, each) or name.partition(".")[0] == each for each in patterns)


def is_within(record: Record, narrow: str, wide: str) -> bool:
    """Say whether each move of one class of a record, or of one name, is surely of another as well."""
    less, more = (record.classes.get(of) or MoveClass((of,)) for of in (narrow, wide))
    bound = {(more.source, less.source), (more.into, less.into)}
    bare = all(outer in ("", inner) for outer, inner in bound)
    return narrow == wide or (bare and all(matches(name, more.moves) for name in less.moves))


def is_nearly_a_class(record: Record, of: str) -> bool:
    """Say whether a name is no class of a record, nor that of a move, and much like a class of it."""
    return of not in record.classes and of.isidentifier() and bool(nearest_names(of, record.classes))


def misspelt(record: Record, levels: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Find what is said of classes that a record nearly has, or of levels that a scenario's variables lack.

    Levels that are all unknown, and not even nearly known, are another scenario's: they are set aside.

    Parameters
    ----------
    levels
        Of each variable of the scenario.
    """
    dated: tuple[Observation | Window, ...] = (*record.observations, *record.windows)
    for line in dated:
        if is_nearly_a_class(record, line.of):
            message = f"'{line.of}' is no class of the record"
            yield Problem(line.mark, message, did_you_mean(line.of, record.classes), "unknown-name")
    for each in record.observations:
        for variable, read in each.levels.items():
            known = levels.get(variable, ())
            apart = set(read).isdisjoint(known)
            for level in read:
                if known and level not in known and (not apart or nearest_names(level, known)):
                    yield _no_level(each.mark, variable, level, known)
        table = record.readings[each.error] if isinstance(each.error, str) else {}
        known = [level for variable in each.levels for level in levels.get(variable, ())]
        for level in dict.fromkeys(name for true, row in table.items() for name in (true, *row)):
            if level not in known and nearest_names(level, known):
                yield _no_level(each.mark, " or ".join(each.levels), level, known)
    for variable, chances in record.start.items() if not isinstance(record.start, str) else ():
        if variable not in levels:
            message = f"the record starts at '{variable}', which is no variable of the scenario"
            yield Problem(record.start_mark, message, did_you_mean(variable, levels), "unknown-name")
            continue
        known = levels[variable]
        wrong = [level for level in chances if level not in known]
        yield from (_no_level(record.start_mark, variable, level, known) for level in wrong)


def _no_level(mark: Mark, variable: str, level: str, known: Sequence[str]) -> Problem:
    message = f"'{level}' is not a level of '{variable}'"
    either = [each.strip() for each in level.split("|")]
    several = len(either) > 1 and set(either) <= set(known)
    fix = (
        f"write either of several as a list: [{', '.join(either)}]" if several else did_you_mean(level, known)
    )
    return Problem(mark, message, fix, "unknown-level")


def counted_in_common(bound: Bound, record: Record) -> Iterator[Problem]:
    """Find moves counted under one class that are counted, seen or listed under another at the same time.

    One firing would then stand for two, or be forgiven its silence. Lines of one class need no game to be
    found: `bystander.evidence.checking`.
    """
    lines: dict[tuple[str, str], list[Observation | Window]] = {}
    dated: tuple[Observation | Window, ...] = (*record.observations, *record.windows)
    for each in dated:
        if each.of:
            lines.setdefault((each.of, each.subject), []).append(each)
    counted = {
        key: found
        for key, own in lines.items()
        if (found := [each for each in own if isinstance(each, Observation) and each.kind in COUNTS])
    }
    for (of, subject), counts in counted.items():
        for (other, whose), own in lines.items():
            apart = whose != subject and not (whose == "" and isinstance(own[0], Window))
            one, two = bound.branches(of), bound.branches(other)
            if other == of or apart or one is None or two is None or not (shared := one & two).any():
                continue
            named = bound.game.moves[bound.move[np.flatnonzero(shared)[0]]].name
            yield from islice(_at_once(counts, own, named), 1)


def _at_once(
    counts: Sequence[Observation], lines: Sequence[Observation | Window], move: str
) -> Iterator[Problem]:
    for count, each in product(counts, lines):
        if isinstance(each, Observation) and each.kind in COUNTS and each.name < count.name:
            continue  # told from the other side
        touches = isinstance(each, Observation) and each.exact and count.begin <= each.begin <= count.end
        if touches or (each.begin < count.end and count.begin < each.end):
            how = "also counted" if isinstance(each, Observation) else "both listed and counted"
            what = f"'{each.name}'" if isinstance(each, Observation) else f"the coverage of {each.of}"
            message = f"{move} is {how}: in {what} and in '{count.name}'"
            fix = "end one where the other begins, or give the classes moves that they do not share"
            yield Problem(each.mark, message, fix, "double-observation")


def check_binding(bound: Bound, record: Record) -> tuple[tuple[str, str], ...]:
    """Return the observations of a record that a game has no words for: name, and what is missing.

    Raises
    ------
    InputError
        If the game has words for none of them, a word of the record is a misspelt one of its own, or a move
        is counted twice over.
    """
    situations = bound.game.situations
    levels = dict(zip(situations.names, situations.level_names, strict=True))
    if wrong := [*misspelt(record, levels), *counted_in_common(bound, record)]:
        raise ScenarioError(wrong)
    lacking = tuple((each.name, why) for each in record.observations if (why := bound.missing(each)))
    if lacking and len(lacking) == len(record.observations):
        name, why = lacking[0]
        raise InputError(
            f"The scenario has no words for anything in the record '{record.title}': of '{name}', "
            f"{why}. Name its moves and variables in the record's classes:."
        )
    return lacking

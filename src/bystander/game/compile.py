"""From rules to arrays: scenario -> rules -> tables -> reachable situations -> structure -> game.

What a game will cost is reckoned from its situations before its arrays are made (`Size`). Options and targets
are counted by stepping once through the situations, which takes a small part of the time of compiling. Memory
and time are proportional to them; the constants were measured on games of three actors with 256 to 131,072
situations (docs/decisions/0603-estimates.md) and hold within a factor of three.

    rules      expressions over variables and parameters       `bystander.game.drafting`
    tables     their values in every context                   `bystander.game.tables`
    situations those that can occur                            `bystander.game.reach`
    structure  options and targets of each situation           here
    numbers    the rows of the tables that occur               here

Time and memory are proportional to situations times moves; nothing is done per situation in Python.

A game at other parameters (`with_parameters`) has other tables only, unless a guard changes its mind or a
rate or chance becomes or stops being zero; then it is compiled again.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bystander.errors import QueryError, did_you_mean
from bystander.game.arrays import Float, Game, Int32, Int64, MoveType, Numbers, Situations, Structure
from bystander.game.checks import check_dates, check_numbers, refuse_impossible_guards
from bystander.game.drafting import date_jumps, start_slopes_of, starts_of, with_dates_as_moves
from bystander.game.reach import (
    CHUNK,
    MAX_MAP,
    Effects,
    Stepper,
    reachable,
    starting_codes,
    starting_slopes,
    too_large,
)
from bystander.game.rules import Ballot, Rules
from bystander.game.tables import Conditions, NumberPlaces, all_numbers, changed_numbers, lay_out_numbers

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

_SWEEPS = 200
_SECONDS_PER_TARGET_AND_ACTOR = 1.5e-9
_MORE_SECONDS, _BASE, _PER_MOVE, _PER_ASK, _PER_MEASURE = 3.0, 3.0, 0.1, 6.0, 0.6
"""Seconds to begin and to write; then, in lots of `_SWEEPS` sweeps, what a run takes: see `_seconds`."""
_SECONDS_PER_ADDITION, _SMALL_VOTE = 7e-9, 100
_SECONDS_DATED, _COUNTED_DATED, _SLOWLY, _SOLVED_WITHOUT = 6e-6, 800.0, 100.0, 9
"""For each situation, move and game that is followed day by day, and how often it counts its votes, more by
these days until the last known date; games that a question under ``asks`` has."""
_SECONDS_ASKED, _SECONDS_FROM_ONSETS, _ASKED_WITHOUT = 0.05, 0.2, 3
"""Before known dates, however small the game: for each outcome; for each date and outcome with ``given``,
which is followed from each of many days; games that a question under ``asks`` has it answered in."""
_EFFECTS, _EFFECTS_DATED, _MORE_DAYS, _LEAST_DRAW = 15.0, 3.5e-6, 5.0, 0.03
"""Lots that `check --effects` takes; and for each situation, move and day until the last known date, with
more days; seconds that a draw of the smallest game takes."""
_MORE_MEMORY, _BESIDE, _BESIDE_VOTES, _COLUMNS = 220e6, 6.0, 20.0, 64.0
"""Bytes of the program; the game and its values, so many times; bytes for each value and outcome."""
_DAYS_KEPT, _RATES_KEPT, _BYTES_OF_RATE = 255, 5_000_000, 70
"""Days whose processes are kept before known dates, rates of options in all of them, and bytes of each."""
SHARE = 0.8
"""Of the machine's memory that a run may be expected to take."""


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a game.

    Attributes
    ----------
    situations, moves, actors, options, targets
        Counts.
    memory
        Bytes that a run takes at its peak, within a factor of three.
    seconds
        Time of a run on one core of an ordinary machine, likewise; it begins with compiled kernels.
    effect_seconds
        Time of telling what changes no outcome, likewise: one solution, derivatives, and some solutions more.
    draw_seconds
        Time of one draw from the priors, solved again, likewise.
    """

    situations: int
    moves: int
    actors: int
    options: int
    targets: int
    memory: int
    seconds: float
    effect_seconds: float
    draw_seconds: float


def size_of_situations(stepper: Stepper, codes: Int64) -> Size:
    """Count the options and targets of situations that are known, and reckon what a run will cost."""
    rules = stepper.rules
    options = targets = 0
    times = np.zeros(len(rules.moves), dtype=np.int64)
    for begin in range(0, len(codes), CHUNK):
        here = codes[begin : begin + CHUNK]
        held = stepper.step(here, stepper.levels(here)).held
        options += int(np.count_nonzero(held))
        targets += int((held @ stepper.count).sum())
        times += np.count_nonzero(held, axis=0)
    actors, situations = len(rules.actors), len(codes)
    per_situation = len(rules.variables) + 8 * 4 + 4 * (1 + len(rules.interests)) + 8 * actors * 12
    memory = situations * per_situation + options * (4 + 2 * 8) + targets * 4
    memory += stepper.layout.kinds.rows * 8 * (2 + stepper.layout.branches + 2 * actors)
    votes = any(move.label.type is MoveType.DECISION for move in rules.moves)
    columns = 0 if rules.scenario is None or not rules.parameters else len(rules.scenario.outcomes)
    beside = (_BESIDE_VOTES if votes else _BESIDE) * memory + _COLUMNS * situations * actors * columns
    counting = sum(int(n) * _additions(move.ballot) for n, move in zip(times, rules.moves, strict=True))
    run, effects, draw = _seconds(rules, situations, targets, counting)
    days = _BYTES_OF_RATE * min(_DAYS_KEPT * options, _RATES_KEPT) if rules.dates else 0
    peak = round(float(_MORE_MEMORY + beside + days))
    return Size(situations, len(rules.moves), actors, options, targets, peak, run, effects, draw)


def _additions(ballot: Ballot | None) -> int:
    """Return what one count of a vote takes beyond what counts of some ten members do (`numerics.votes`)."""
    if ballot is None or ballot.rule == "all":
        return 0
    quota = ballot.quota if ballot.rule == "quota" else sum(weight for _, weight in ballot.weights)
    return max(len(ballot.weights) * quota - _SMALL_VOTE, 0)


def _seconds(rules: Rules, situations: int, targets: int, counting: int) -> tuple[float, float, float]:
    """Reckon how long a run, measuring effects and a draw take: measured, of a laptop; to a factor of three.

    A run sweeps for the equilibrium and further starts, follows the process, and works out who moves when and
    why, which takes longer the more moves there are. Each question under ``asks`` is solved some nine times
    without reasons, each measure once. Before known dates everything is followed from day to day. What a
    sweep adds up to count large votes is ``counting``.
    """
    sweep = _SECONDS_PER_TARGET_AND_ACTOR * max(targets, situations) * max(len(rules.actors), 1)
    lot = _SWEEPS * (sweep + _SECONDS_PER_ADDITION * counting)
    asks = 0 if rules.scenario is None else len(rules.scenario.asks)
    measures = 0 if rules.scenario is None else len(rules.scenario.measures)
    lots = _BASE + _PER_MOVE * len(rules.moves) + _PER_ASK * asks + _PER_MEASURE * measures
    dated = effects_dated = draw_dated = 0.0
    if rules.dates:
        last = max(date.day for date in rules.dates)
        each = (
            _SECONDS_DATED * situations * len(rules.moves) + _COUNTED_DATED * _SECONDS_PER_ADDITION * counting
        )
        dated = each * (1 + _SOLVED_WITHOUT * asks + measures) * (1.0 + last / _SLOWLY)
        dated += _asked_by_day(rules) * (1 + _ASKED_WITHOUT * asks + measures)
        draw_dated = each * (1.0 + last / _SLOWLY) + _asked_by_day(rules)
        effects_dated = _EFFECTS_DATED * situations * len(rules.moves) * (_MORE_DAYS + last)
    return (
        _MORE_SECONDS + lots * lot + dated,
        _MORE_SECONDS + _EFFECTS * lot + effects_dated,
        _LEAST_DRAW + _PER_MEASURE * lot + draw_dated,
    )


def _asked_by_day(rules: Rules) -> float:
    """Reckon how long one game's outcomes take before known dates, apart from how large the game is."""
    outcomes = {} if rules.scenario is None else rules.scenario.outcomes
    onsets = sum(outcome.given is not None for outcome in outcomes.values())
    return _SECONDS_ASKED * len(outcomes) + _SECONDS_FROM_ONSETS * len(rules.dates) * onsets


def refuse_what_does_not_fit(rules: Rules, size: Size) -> None:
    """Refuse a game that would take more memory than this machine can give.

    Raises
    ------
    ScenarioError
        Naming the variables that cause it.
    """
    most = machine_memory()
    if size.memory > SHARE * most:
        needed = f"{size.memory / 1e9:,.1f} GB of memory, and this machine has {most / 1e9:,.1f} GB"
        raise too_large(rules, f"{size.situations:,} situations, which would take about {needed}")


def machine_memory() -> float:
    """Return the bytes this process may use: the machine's, or what it is held to; infinite if unknown."""
    found = [math.inf]
    with suppress(ImportError, OSError, ValueError, AttributeError):
        found.append(float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE"))
    for place in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            found.append(float(Path(place).read_text()))
    with suppress(ImportError, OSError, ValueError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            found.append(float(soft))
    return min(number for number in found if number > 0)


LARGE = 100_000
"""Situations beyond which memory is reckoned before it is taken."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What is kept to change parameters without compiling again.

    Attributes
    ----------
    tables
        Numbers in every context, whether it occurs or not.
    kind_rows, pace_rows, flow_rows
        The rows of the tables that occur; ``flow_rows[0]`` is the row of zero.
    conditions
        Guards, impossible combinations, interests' conditions and computed effects: what the structure
        follows from.
    """

    rules: Rules
    layout: NumberPlaces
    tables: Numbers
    kind_rows: Int64
    pace_rows: Int64
    flow_rows: Int64
    conditions: tuple[Conditions | Effects, ...]


def compile_game(scenario: Scenario, *, limit: int | None = None, also: Int64 | None = None) -> Game:
    """Compile a scenario.

    Parameters
    ----------
    limit
        Largest number of situations to accept, instead of the scenario's own.
    also
        Codes of situations to keep, with all that follows from them, though nothing may lead there.

    Raises
    ------
    ScenarioError
        If the scenario is too large, leads into an impossible situation, has a guard that can never hold, or
        a rate, chance or worth that is not a proper number somewhere it is used.
    """
    from bystander.game.drafting import rules_of

    rules = rules_of(scenario)
    return compile_rules(rules if limit is None else replace(rules, limit=limit), also)


def compile_rules(rules: Rules, also: Int64 | None = None) -> Game:
    """Compile rules; see `compile_game`."""
    layout = lay_out_numbers(rules)
    tables = all_numbers(rules, layout, rules.parameters)
    stepper = Stepper(rules, layout, tables)
    refuse_impossible_guards(rules, stepper.guards)
    codes = reached(rules, stepper, also)
    if len(codes) > LARGE:
        refuse_what_does_not_fit(rules, size_of_situations(stepper, codes))
    whens = Conditions([interest.when for interest in rules.interests], rules.variables, rules.parameters)
    structure, kind_rows, pace_rows, flow_rows = _structure(stepper, whens, codes)
    compiled = Compiled(
        rules=rules,
        layout=layout,
        tables=tables,
        kind_rows=kind_rows,
        pace_rows=pace_rows,
        flow_rows=flow_rows,
        conditions=(
            stepper.guards,
            stepper.never,
            whens,
            stepper.effects,
            *(condition for _, condition in stepper.resets),
        ),
    )
    numbers = select_numbers(compiled)
    check_numbers(rules, structure, numbers)
    dates = date_jumps(rules, codes)
    check_dates(rules, dates)
    return Game(
        actors=tuple(actor.name for actor in rules.actors),
        institutions=rules.institutions,
        moves=tuple(move.label for move in rules.moves),
        interests=tuple(interest.label for interest in rules.interests),
        situations=_situations(stepper, codes),
        structure=freeze(structure),
        numbers=numbers,
        shocks=rules.shocks,
        parameters=tuple(rules.parameters.items()),
        scenario=rules.scenario,
        compiled=compiled,
        dates=dates,
    )


def reached(rules: Rules, stepper: Stepper, also: Int64 | None = None) -> Int64:
    """Return the codes of the situations that can occur, by moves and by known dates; see `compile_game`."""
    if not rules.dates:
        return reachable(stepper, rules.limit, also)
    more = with_dates_as_moves(rules)
    layout = lay_out_numbers(more)
    stepper = Stepper(more, layout, all_numbers(more, layout, rules.parameters))
    return reachable(stepper, rules.limit, also)


def rows_that_occur(compiled: Compiled, array: str) -> Int64:
    """Return the rows of a table that occur, ascending; every actor's numbers do."""
    if array in ("discount", "rationality"):
        return np.arange(len(compiled.rules.actors))
    rows = {"pace": compiled.pace_rows, "flow_worth": compiled.flow_rows}
    return rows.get(array, compiled.kind_rows)


def select_numbers(compiled: Compiled, old: Numbers | None = None, before: Numbers | None = None) -> Numbers:
    """Keep the rows that occur.

    Parameters
    ----------
    old, before
        Selected numbers and tables of a game whose arrays are shared where the tables are the same.
    """
    found: dict[str, Any] = {}
    for field in fields(Numbers):
        table = getattr(compiled.tables, field.name)
        if old is not None and before is not None and getattr(before, field.name) is table:
            found[field.name] = getattr(old, field.name)
            continue
        found[field.name] = table[rows_that_occur(compiled, field.name)]
    numbers: Numbers = freeze(Numbers(**found))
    return numbers


def freeze(arrays: Any) -> Any:
    """Make all arrays of a dataclass read-only and return it."""
    for field in fields(arrays):
        value = getattr(arrays, field.name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return arrays


def _situations(stepper: Stepper, codes: Int64) -> Situations:
    rules = stepper.rules
    start = np.zeros(len(codes))
    starting, chances = starting_codes(stepper)
    start[np.searchsorted(codes, starting)] = chances
    found: Situations = freeze(
        Situations(
            names=tuple(variable.name for variable in rules.variables),
            level_names=tuple(variable.levels for variable in rules.variables),
            levels=stepper.levels(codes, np.uint8),
            codes=codes,
            strides=stepper.strides.copy(),
            start=start / start.sum(),
        )
    )
    return found


def _structure(stepper: Stepper, whens: Conditions, codes: Int64) -> tuple[Structure, Int64, Int64, Int64]:
    """Lay out options and targets of every situation, and list the table rows that occur."""
    rules, layout = stepper.rules, stepper.layout
    position = _Position(codes, stepper.space)
    option_count = np.zeros(len(codes) + 1, dtype=np.int64)
    target_count = np.zeros(len(codes) + 1, dtype=np.int64)
    kinds, targets = [], []
    pace = np.empty(len(codes), dtype=np.int32)
    flow = np.zeros((len(codes), len(rules.interests)), dtype=np.int32)
    for begin in range(0, len(codes), CHUNK):
        part = slice(begin, begin + CHUNK)
        here = codes[part]
        levels = stepper.levels(here)
        step = stepper.step(here, levels)
        option_count[1:][part] = np.count_nonzero(step.held, axis=1)
        target_count[1:][part] = step.held @ stepper.count
        kinds.append(step.kinds[step.held])
        targets.append(position.of(step.codes))
        pace[part] = layout.paces.at(levels)[:, 0]
        flow[part] = np.where(whens.hold(levels), layout.interests.at(levels), 0)
    kind_rows, option_kind = _used(np.concatenate(kinds), layout.kinds.rows)
    pace_rows, pace_context = _used(pace, layout.paces.rows)
    flow_rows, flow_context = _used(flow.ravel(), layout.interests.rows, keep_first=True)
    structure = Structure(
        option_start=np.cumsum(option_count),
        option_kind=option_kind,
        target_start=np.cumsum(target_count),
        targets=np.concatenate(targets),
        kind_move=(np.searchsorted(layout.kinds.base, kind_rows, side="right") - 1).astype(np.int32),
        move_type=np.array([move.label.type for move in rules.moves], dtype=np.uint8),
        move_owner=np.array([move.owner for move in rules.moves], dtype=np.int32),
        move_branches=stepper.count.astype(np.int32),
        move_habitual=np.array([move.habit is not None for move in rules.moves], dtype=np.bool_),
        pace_context=pace_context,
        flow_context=flow_context.reshape(flow.shape),
        flow_actor=np.array([interest.actor for interest in rules.interests], dtype=np.int32),
    )
    return structure, kind_rows, pace_rows, flow_rows


def _used(rows: Int32, count: int, keep_first: bool = False) -> tuple[Int64, Int32]:
    """Rows that occur, in order, and the rows renumbered among them."""
    occurs = np.zeros(count, dtype=np.bool_)
    occurs[rows] = True
    if keep_first:
        occurs[0] = True
    number = (np.cumsum(occurs) - 1).astype(np.int32)
    return np.flatnonzero(occurs).astype(np.int64), number[rows]


class _Position:
    """Position of codes among the reachable ones: a direct table where it fits, bisection elsewhere."""

    def __init__(self, codes: Int64, space: int) -> None:
        self.codes = codes
        self.table: NDArray[np.int32] | None = None
        if space <= MAX_MAP // 2:
            self.table = np.empty(space, dtype=np.int32)
            self.table[codes] = np.arange(len(codes), dtype=np.int32)

    def of(self, codes: Int64) -> Int32:
        if self.table is not None:
            return self.table[codes]
        return np.searchsorted(self.codes, codes).astype(np.int32)


def levels_by_name(game: Game) -> dict[str, NDArray[np.intp]]:
    """Level index of every variable in every situation, ready for `evaluate`."""
    levels = game.situations.levels
    return {name: levels[:, f].astype(np.intp) for f, name in enumerate(game.situations.names)}


def estimate_size(scenario: Scenario, *, limit: int | None = None) -> Size:
    """Count situations, moves and options of a scenario without building its arrays.

    Raises
    ------
    ScenarioError
        If there are more situations than the limit, or than fit the memory of this machine, naming the
        variables that cause it.
    """
    from bystander.game.drafting import rules_of

    rules = rules_of(scenario)
    rules = rules if limit is None else replace(rules, limit=limit)
    size = size_of_rules(rules)
    refuse_what_does_not_fit(rules, size)
    return size


def size_of_rules(rules: Rules) -> Size:
    """Count what rules lead to; see `estimate_size`."""
    layout = lay_out_numbers(rules)
    stepper = Stepper(rules, layout, all_numbers(rules, layout, rules.parameters))
    return size_of_situations(stepper, reached(rules, stepper))


def with_parameters(game: Game, values: Mapping[str, float]) -> Game:
    """Return the same game at other parameter values (in days, people, dollars).

    Where only tables change, structure and situations are shared with ``game``; this takes milliseconds.

    Raises
    ------
    QueryError
        If a parameter is unknown or its value is not finite.
    ScenarioError
        If a number means nothing at the new values.
    """
    compiled = compiled_of(game)
    known = dict(game.parameters)
    for name, value in values.items():
        require_parameter(name, known)
        if not np.isfinite(value):
            raise QueryError(f"The parameter '{name}' cannot be {value}; give a finite number.")
    changed = {name for name, value in values.items() if known[name] != value}
    if not changed:
        return game
    rules = replace(compiled.rules, parameters={**known, **{name: float(values[name]) for name in changed}})
    if rules.starts and rules.scenario is not None:
        rules = replace(rules, starts=starts_of(rules.scenario, rules.parameters))
    if (
        rules.dates
        or rules.starts
        or not all(conditions.same_at(rules.parameters) for conditions in compiled.conditions)
    ):
        return compile_rules(rules)
    tables = changed_numbers(rules, compiled.layout, compiled.tables, rules.parameters, changed)
    if not _same_support(compiled.tables, tables):
        return compile_rules(rules)
    moved = replace(compiled, rules=rules, tables=tables)
    numbers = select_numbers(moved, game.numbers, compiled.tables)
    check_numbers(rules, game.structure, numbers)
    return replace(game, numbers=numbers, parameters=tuple(rules.parameters.items()), compiled=moved)


def start_derivatives(game: Game, parameters: Iterable[str]) -> dict[str, Float]:
    """Return ``(N,)`` the derivative of the starting distribution in each parameter that moves it.

    A parameter at which a chance is 0 or 1 may be left out, as with rates: what begins only beside it is not
    among the situations.
    """
    found: dict[str, Float] = {}
    compiled = compiled_of(game)
    rules = compiled.rules
    if not rules.starts or rules.scenario is None:
        return found
    stepper = Stepper(rules, compiled.layout, compiled.tables)
    known = game.situations.codes
    for name in parameters:
        moved = start_slopes_of(rules.scenario, rules.parameters, name)
        codes, slopes = starting_slopes(stepper, moved)
        codes, slopes = codes[slopes != 0], slopes[slopes != 0]
        place = np.minimum(np.searchsorted(known, codes), game.size - 1)
        if len(codes) and (known[place] == codes).all():
            found[name] = np.zeros(game.size)
            found[name][place] = slopes
    return found


def has_chance_of_nothing(game: Game) -> bool:
    """Say whether a joint distribution of the start gives something a chance of 0."""
    if not isinstance(game.compiled, Compiled):
        return False
    return any(chance == 0.0 for start in game.compiled.rules.starts for chance, _ in start)


def _same_support(old: Numbers, new: Numbers) -> bool:
    pairs = ((old.rate, new.rate), (old.chance, new.chance), (old.pace, new.pace))
    return all(a is b or np.array_equal(a != 0, b != 0) for a, b in pairs)


def compiled_of(game: Game) -> Compiled:
    """Return what a game keeps to change its parameters.

    Raises
    ------
    QueryError
        If it was built from arrays.
    """
    if not isinstance(game.compiled, Compiled):
        raise QueryError("This game was built from arrays and has no parameters; compile a scenario.")
    return game.compiled


def require_parameter(name: str, known: Mapping[str, float]) -> None:
    """Refuse a parameter that is not known."""
    if name not in known:
        raise QueryError(f"No parameter is called '{name}'. {did_you_mean(name, known)}")

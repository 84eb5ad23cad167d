r"""Today's news in, changed answer out: a scenario that starts where a record leaves off.

The filter's last vector is the chance of every situation given all that was observed. A scenario's start
names the levels of each variable, so its marginals become the start where variables are as good as
independent that day; else the start is the joint distribution of the likeliest situations (`MOST` at most).
Everything that reads a scenario (outcomes, measures, what-if, the app) then speaks from that day. What is
lost is said by ``apart``, the largest error any probability of a set of situations can have (the total
variation distance between what is known and the start). Levels less likely than `RARE` are left out.

*Impossible records* are told before anything is solved. With every rate that can be above 0 set to 1, what
the filter finds above 0 are the situations that may be reached: between two observations all that a path of
unlisted moves leads to, at an observation those that it allows. Nobody's behaviour enters, so that an
observation which leaves none is impossible however everybody acts. What is impossible only because somebody
never chooses it is found when the record is followed. Cost: for each stretch at most one look at every entry
of its generator.

*Dates that everybody knows* and that lie ahead: until its end a record is weighed as if they were far off
(`bystander.evidence.likelihood`). From there on behaviour changes with the time to each date, and dates lead
where they lead (`bystander.process.announced`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from bystander.equilibrium.announced import led_by, solve_announced
from bystander.errors import InputError, Problem, ScenarioError
from bystander.evidence.binding import Bool
from bystander.evidence.checking import dates_not_followed, known_by, record_problems, require_sound
from bystander.evidence.filtering import Contribution, contributions
from bystander.evidence.layout import Arcs
from bystander.evidence.likelihood import Likelihood, covering
from bystander.evidence.reading import record_of
from bystander.evidence.record import Observation, Record, day_number, end_of_day
from bystander.evidence.timeline import RateKey, TimelineStep
from bystander.evidence.walking import Walk, placed_among
from bystander.game.arrays import Float, Game
from bystander.game.compile import compile_game, with_parameters
from bystander.game.questions import describe_situation
from bystander.harmless import in_a_row, spaced
from bystander.numerics.observed import Piece
from bystander.process.announced import Begun, DatedProcess
from bystander.scenario import Scenario, vary
from bystander.scenario.dating import first_day
from bystander.scenario.expressions.syntax import Number
from bystander.scenario.read import over_by, speaking_on
from bystander.scenario.schema import Branch
from bystander.units import PLAIN

RARE = 1e-3
CLOSE = 0.02
"""What variables taken one by one may lose."""
MOST = 1000
"""Situations of a joint start."""
MOVED = 0.05
EXACT = 1e-12
"""Of a start that variables taken one by one do not change at all but for rounding."""
CHECK = "impossible-observation"
FIX = (
    "Check the line and its date; let the observation be uncertain (error:, a window of days), let the "
    "record begin earlier (from:), or let the scenario allow it."
)


@dataclass(frozen=True)
class Today:
    """Where a record leaves off.

    Attributes
    ----------
    scenario
        The scenario, from that day on; it names no record any more, which it has followed.
    levels
        For each variable the chance of each level.
    apart
        Bound on the error of any probability of situations on that day.
    terms
        What each observation contributed.
    later
        Observations that came later and were left out.
    lacking
        Observations that the scenario has no words for.
    remarks
        Known dates that the record goes past, which are not followed, and what is asked no more.
    """

    scenario: Scenario
    as_of: str
    levels: dict[str, dict[str, float]]
    apart: float
    terms: tuple[Contribution, ...]
    later: int
    lacking: tuple[tuple[str, str], ...]
    remarks: tuple[Problem, ...] = ()


def where_it_stands(scenario: Scenario, record: str = "", as_of: str = "") -> Today:
    """Read a record, the scenario's own if none is named, and return where it leaves the scenario.

    Raises
    ------
    ScenarioError
        With what is wrong with the record, if it cannot be followed.
    """
    known = record_of(scenario, record)
    require_sound(known)
    return standing_on(scenario, known, as_of)


def standing_on(scenario: Scenario, record: Record, as_of: str = "") -> Today:
    """Return a scenario that starts where a record leaves off on a day (its last, if none is named).

    Raises
    ------
    InputError
        If the record is impossible under the scenario, has no words in common with it, or follows several
        subjects.
    """
    cut, later = known_by(record, as_of) if as_of else (record, 0)
    if as_of:
        cut = replace(cut, end=end_of_day(as_of))  # beyond what is observed, what may have come since
    likelihood = _followed(scenario, cut)
    if problems := list(impossible(likelihood)):
        raise ScenarioError(problems)
    found, _ = likelihood.filtered({})
    now, game = found.now[-1], likelihood.laid.bounds[-1].game
    terms = contributions(likelihood.laid, found)
    if not now.sum() > 0.0:
        first = next((each for each in terms if each.log == -np.inf), None)
        told = f"'{first.name}' of {first.when}" if first else "something"
        raise InputError(
            f"The record is impossible under this scenario: {told} can never happen there, given what was "
            "observed before. Look at the class it names, or at the start of the record."
        )
    now = now / now.sum()
    last = likelihood.scenarios[-1]
    levels = _marginals(game, now)
    day = as_of or _last_day(cut)
    dated = speaking_on(last, day) if cut.dated else last
    started, apart = _start(dated, game, now, levels)
    started = started.model_copy(update={"record": ""})
    remarks = (*dates_not_followed(cut, scenario), *(over_by(last, day) if cut.dated else ()))
    return Today(started, day, levels, apart, terms, later, likelihood.lacking, remarks)


def asked_from(scenario: Scenario, day: str) -> tuple[Scenario, str]:
    """Return a scenario without a record that speaks from another day, and what to say of the days between.

    A known date between its own day and that one has had its effect: the start is what the date makes of it,
    by its chances and where its condition holds. Nothing else is known of the days between.

    Raises
    ------
    InputError
        As `speaking_on` does.
    """
    moved = speaking_on(scenario, day)
    own, then = first_day(scenario.as_of), first_day(day)
    between = {
        name: known
        for name, known in scenario.calendar.items()
        if (known.then or known.impacts) and min(own, then) < first_day(known.date) <= max(own, then)
    }
    if own == then:
        return moved, ""
    if not between:
        since = "; of the days since nothing is known without a record" if then > own else ""
        return moved, f"The start is that of {scenario.as_of}{since}."
    named = in_a_row([f"{name} ({known.date})" for name, known in between.items()])
    one, days = len(between) == 1, scenario.as_of
    if then < own:
        told = f"{'is' if one else 'are'} ahead again, and the start, which is that of {days}, has"
        return moved, f"{named} {told} {'its' if one else 'their'} effect already."
    told = f"{'has' if one else 'have'} passed, and the start has {'its' if one else 'their'} effect;"
    said = f"{named} {told} of the other days since {days} nothing is known without a record."
    game = compile_game(scenario)
    now = game.situations.start
    for date in game.dates:
        if date.day <= (then - own).days:
            now = led_by(date, now)
    levels, before = _marginals(game, now), _marginals(game, game.situations.start)
    changed = {name: chances for name, chances in levels.items() if chances != before[name]}
    if not changed:
        return moved, said
    alone = vary(moved, start={name: _likely(chances, 0.0) for name, chances in changed.items()})
    if not scenario.starts and _apart(game, now, compile_game(alone)) < EXACT:
        return alone, said
    return _start(moved, game, now, levels)[0], said


def standing_problems(scenario: Scenario, named: str = "") -> tuple[Problem, ...]:
    """Find what keeps a scenario from starting where a record leaves off, without solving anything.

    The record is the one named, else the scenario's own. Nothing for a scenario without any; that a record
    goes on after ``as_of`` is no fault here.
    """
    if not (named or scenario.record):
        return ()
    record = record_of(scenario, named)
    found = [problem for problem in record_problems(record, scenario) if problem.check != "leakage"]
    if not any(problem.severity == "error" for problem in found):
        try:
            likelihood = _followed(scenario, record)
            found += impossible(likelihood)
            if record.dated:
                speaking_on(likelihood.scenarios[-1], _last_day(record))
        except InputError as error:
            found += error.problems
    return tuple(found)


def _followed(scenario: Scenario, record: Record) -> Likelihood:
    """Return the likelihood of a record of one history."""
    if len(record.subjects) > 1:
        raise InputError(
            f"The record '{record.title}' follows {len(record.subjects)} subjects; a scenario starts where "
            "one of them leaves off."
        )
    return Likelihood(scenario, record)


def _last_day(record: Record) -> str:
    end = record.span(record.subjects[0])[1]
    return record.when(math.ceil(end) - 1.0) if record.dated else f"day {end:.6g}"


def _marginals(game: Game, now: Float) -> dict[str, dict[str, float]]:
    out = {}
    for column, (name, known) in enumerate(
        zip(game.situations.names, game.situations.level_names, strict=True)
    ):
        shares = np.bincount(game.situations.levels[:, column], now, minlength=len(known))
        out[name] = dict(zip(known, shares.tolist(), strict=True))
    return out


def _start(
    scenario: Scenario, game: Game, now: Float, levels: dict[str, dict[str, float]]
) -> tuple[Scenario, float]:
    """Return the scenario with a start of marginals, or of situations as a whole, and what is lost."""
    kept = {name: _likely(chances, RARE) for name, chances in levels.items()}
    whole = _jointly(scenario, game, now, kept)
    try:
        apart_ = vary(scenario, start=kept)
        lost = _apart(game, now, compile_game(apart_))
    except InputError:  # a combination that cannot be
        return whole
    return (apart_, lost) if lost <= min(CLOSE, whole[1]) else whole


def _likely(chances: dict[str, float], least: float) -> dict[str, float]:
    """Leave out levels that are unlikely, or impossible."""
    likely = {level: chance for level, chance in chances.items() if chance > 0.0 and chance >= least}
    total = sum(likely.values())
    return {level: chance / total for level, chance in likely.items()}


def _jointly(
    scenario: Scenario, game: Game, now: Float, kept: dict[str, dict[str, float]]
) -> tuple[Scenario, float]:
    """Return the scenario with the likeliest situations as its start, and the chance of those left out."""
    order = np.argsort(-now, kind="stable")[:MOST]
    enough = int(np.searchsorted(np.cumsum(now[order]), 1.0 - RARE)) + 1
    chosen = order[:enough]
    total = float(now[chosen].sum())
    branches = []
    for place in chosen:
        here = dict(describe_situation(game, int(place)))
        chance = Number(float(now[place]) / total, PLAIN, f"{now[place] / total!r}")
        branches.append(Branch(chance=chance, changes={name: here[name] for name in game.situations.names}))
    started = vary(scenario, start={name: max(c, key=lambda level: c[level]) for name, c in kept.items()})
    return started.model_copy(update={"starts": {"record": tuple(branches)}}), 1.0 - total


def _apart(game: Game, now: Float, started: Game) -> float:
    """Return the total variation distance between what is known and a game's start."""
    codes = started.situations.codes
    place = np.minimum(np.searchsorted(codes, game.situations.codes), started.size - 1)
    known = codes[place] == game.situations.codes
    product = np.where(known, started.situations.start[place], 0.0)
    return 0.5 * float(np.abs(product - now).sum() + 1.0 - product.sum())


def what_is_lost(apart: float) -> str:
    """Say by how much chances may be off because the start says less than is known; "" where it is little."""
    if apart <= CLOSE:
        return ""
    return f"The start says less than is known: chances may be off by {100 * apart:.0f} points at most."


def what_moved(before: dict[str, dict[str, float]], after: dict[str, dict[str, float]]) -> tuple[str, ...]:
    """Return in words which variables stand differently, most first."""
    found = []
    for name, chances in after.items():
        old = before.get(name, {})
        moved = 0.5 * sum(abs(chance - old.get(level, 0.0)) for level, chance in chances.items())
        if moved >= MOVED:
            level = max(chances, key=lambda each: chances[each] - old.get(each, 0.0))
            said = f"{spaced(name)} is {spaced(level)} with {100 * chances[level]:.0f}%"
            found.append((moved, f"{said}, was {100 * old.get(level, 0.0):.0f}%"))
    return tuple(text for _, text in sorted(found, reverse=True))


def impossible(likelihood: Likelihood) -> Iterator[Problem]:
    """Find of each history the first observation that cannot have been made, given those before it."""
    laid = likelihood.laid
    rates = [np.ones(len(bound.target)) for bound in laid.bounds]
    walk = _Reach(laid, rates, likelihood.possible_starts(), slopes=False, courses=False)
    for history in laid.histories:
        logs, _, _ = walk.one(history)
        step = next((s for s, log in zip(history.steps, logs, strict=True) if log == -math.inf), None)
        if step is not None and step.about is not None:
            each = step.about
            message = f"'{each.name}' of {laid.record.told_of(each)} cannot be: {_why(likelihood, each)}"
            yield Problem(each.mark, message, FIX, CHECK)


def _why(likelihood: Likelihood, each: Observation) -> str:
    if each.levels:
        read = " and ".join(f"{name} {' or '.join(levels)}" for name, levels in each.levels.items())
        return f"nothing leads to {read} by then, given what was observed before"
    if not any((found := bound.branches(each.of)) is None or found.any() for bound in likelihood.laid.bounds):
        return f"the scenario has moves of {each.of}, and none is ever made"
    return f"no situation that can be reached by then allows {each.of}, given what was observed before"


class _Reach(Walk):
    """Follows which situations may be reached instead of how likely they are."""

    def advance(
        self, step: TimelineStep, x: Float, regime: int, surely: bool, slopes: bool
    ) -> tuple[Float, float, float, tuple[Piece, ...]]:
        """Take one step: all that can be reached, each alike."""
        if step.kind == "pass" and isinstance(step.key, RateKey):
            y = _reached(self.laid.arcs[self.laid.rate_keys[step.key]], x > 0.0).astype(np.float64)
            return y / y.sum(), 0.0, 0.0, ()
        y, log, _, pieces = super().advance(step, x, regime, surely, slopes)
        support = (y > 0.0).astype(np.float64)
        return support / max(support.sum(), 1.0), log, 1.0, pieces


def _reached(arcs: Arcs, here: Bool) -> Bool:
    """Return ``(L N,)`` where paths of arcs lead from some situations, themselves included."""
    found, new = here.copy(), np.flatnonzero(here)
    while len(new):
        counts = arcs.start[new + 1] - arcs.start[new]
        first = np.repeat(arcs.start[new] - np.cumsum(counts) + counts, counts)
        along = first + np.arange(len(first))
        to = arcs.target[along[arcs.share[along] > 0.0]]
        new = np.unique(to[~found[to]])
        found[new] = True
    return found


def has_dates_ahead(scenario: Scenario, as_of: str) -> bool:
    """Say whether a known date of a scenario comes after a day."""
    return any(day_number(known.date) > day_number(as_of) for known in scenario.calendar.values())


def process_ahead(
    base: Likelihood, values: Mapping[str, float], before: Game, now: Float, moment: float, horizon: float
) -> DatedProcess:
    """Return the process that starts where a record leaves off, known dates included.

    Parameters
    ----------
    base
        The likelihood of the record; its scenario speaks from no later than the moment.
    before, now
        The game that the record was weighed in last, and ``(N,)`` where it leaves histories of it.
    moment
        When that is, in days since 1970-01-01.
    horizon
        Days that are asked about from then on.
    """
    scenario = base.scenarios[-1]
    given = {name: value for name, value in values.items() if name not in base.overridden[-1]}
    game = covering(with_parameters(compile_game(scenario), given), before)
    codes = before.situations.codes, game.situations.codes
    mass = placed_among(now[None, :] / now.sum(), *codes)[0]
    day = moment - day_number(scenario.as_of)
    process = DatedProcess(solve_announced(game), day + horizon)
    process.start = (Begun(day, sum(known.day < day for known in game.dates), mass),)
    return process

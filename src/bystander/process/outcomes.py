"""Every outcome of a scenario, answered: a number with its error bound, and where there is one a curve.

Questions are sorted by what they need, so that each pass over the process serves as many as it can: all
first times in one backward pass, everything that accumulates from the same clock in one forward pass, and
long-run questions by linear solves. Errors of truncation, of early stopping, of situations cut off and of
where the clock starts are added up. Who acts is asked alike: the chance that each owner makes each of its
moves at least once within given times (`responses`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from bystander.equilibrium.result import Equilibrium
from bystander.errors import NotConvergedError, QueryError, reason_of
from bystander.game.arrays import Float, MoveType
from bystander.game.questions import (
    Question,
    option_moves,
    option_situations,
    read_question,
    situations_after,
)
from bystander.numerics.bounds import Bounded
from bystander.numerics.generators import inner
from bystander.process.announced import CLOSELY, DatedProcess
from bystander.process.chain import Chain, FirstTime, make_chain, rate_of, rewards_of
from bystander.process.clocks import SMALL, Clock, Clocks, chances
from bystander.process.passage import EPSILON, before, expected_time, expected_time_from_everywhere, long_run
from bystander.process.result import Estimate, Expectations, OutcomeResult, ResponseTimes
from bystander.scenario.expressions import Expr, Query, evaluate, written
from bystander.scenario.schema import Outcome
from bystander.units import CHANCES

ANY = "any"
WEEK, MONTH_OF_DAYS = 7.0, 30.0


def expectations(clocks: Clocks, given: str, horizon: float) -> Expectations:
    """Return the chance of each move within a week, a month and the horizon of a condition's onset.

    What is not looked at is not told: of a week and a month those that end clearly before the horizon.

    Parameters
    ----------
    given
        The condition as written; "" for the scenario's own start.
    horizon
        Days.
    """
    times = [*(time for time in (WEEK, MONTH_OF_DAYS) if time < 0.9 * horizon), horizon]
    return Expectations(given, responses(clocks, given or None, times, owners=True))


def responses(
    clocks: Clocks, given: Expr | str | None, times: Sequence[float], *, owners: bool = False
) -> tuple[ResponseTimes, ...]:
    """Return the chance of each move of actors and institutions firing within each time.

    Parameters
    ----------
    given
        Condition at whose onset the clock starts; None for the scenario's own start.
    times
        Days.
    owners
        Add one response per owner, with the move `ANY`: the chance that it makes any of its moves.
    """
    game = clocks.chain.game
    listed = [m for m, move in enumerate(game.moves) if move.type is not MoveType.HAZARD]
    names = list(dict.fromkeys(game.moves[m].owner for m in listed))
    sets = [np.arange(len(game.moves)) == m for m in listed]
    if owners:
        sets += [np.array([move.owner == name for move in game.moves]) for name in names]
    clock = clocks.at(given)
    when = np.asarray(times, np.float64)
    found = chances(clocks, [clock] * len(sets), [FirstTime(moves=s) for s in sets], [when] * len(sets))
    out = []
    for m, chance in zip(listed, found, strict=False):
        move = game.moves[m]
        name = move.name.partition(".")[2]
        out.append(
            ResponseTimes(move.owner, name, move.about, _role(move.type), _pairs(when, chance), move.because)
        )
    kinds = {game.moves[m].owner: game.moves[m].type for m in listed}
    for name, chance in zip(names if owners else [], found[len(listed) :], strict=True):
        out.append(ResponseTimes(name, ANY, "", _role(kinds[name]), _pairs(when, chance)))
    return tuple(out)


def _role(move_type: MoveType) -> str:
    return "institution" if move_type is MoveType.DECISION else "actor"


def _pairs(times: Float, chance: Bounded[Float]) -> tuple[tuple[float, float], ...]:
    return tuple(zip(times.tolist(), chance.value.tolist(), strict=True))


POINTS = 61
LOOSELY = 1e-5
"""Tolerance of answers while known dates lie ahead, however loosely the process is followed."""
ALONG, FIRST, LAST = (
    ("at", "share", "accumulates", "counts"),
    ("ever", "fires"),
    ("before", "long_run", "time_to"),
)
POSSIBLE = ("ever", "fires", "at", "share")
"""Questions that a graph decides where there is no way."""
CLOSE = 0.005
"""Largest error of a chance that is said, half a percentage point, and relative error of other numbers."""
LITTLE = 1e-3
"""Errors of other numbers, in their units, that matter to nobody."""


@dataclass(frozen=True)
class Request:
    """An outcome to answer; ``given`` and ``within`` (days), if not None, replace the outcome's own."""

    name: str
    outcome: Outcome
    given: Expr | str | None = None
    within: float | None = None


@dataclass(frozen=True)
class Reading:
    """A request made ready: its question, its clock and its times; ``denied`` says why there is no answer."""

    request: Request
    question: Question
    clock: Clock
    times: Float
    denied: str = ""


def make_clocks(
    equilibrium: Equilibrium, chain: Chain | None = None, *, epsilon: float = EPSILON, curves: bool = True
) -> Clocks:
    """Return the clocks of a solved scenario.

    Parameters
    ----------
    epsilon
        How closely the process is followed.
    curves
        Whether answers come with what they are at times between.
    """
    if equilibrium.game.scenario is None:
        raise QueryError("A game that was not compiled from a scenario has no horizon.")
    horizon = float(equilibrium.game.scenario.horizon)
    if chain is None:
        chain = make_chain(replace(equilibrium, announced=None))
    course = None
    if equilibrium.announced is not None:
        tolerance = min(max(CLOSELY, 100.0 * epsilon), LOOSELY)
        course = DatedProcess(equilibrium.announced, horizon, epsilon=epsilon, tolerance=tolerance)
    return Clocks(chain, horizon, epsilon, curves, course=course)


def request_of(clocks: Clocks, query: Query, outcomes: Mapping[str, Outcome]) -> Request:
    """Return the request that a ``P(...)`` or ``E(...)`` of a judgement makes."""
    within = query.within
    days = None if within is None else float(evaluate(within, {}, dict(clocks.chain.game.parameters)))
    return Request(query.outcome, outcomes[query.outcome], query.given, days)


def answer_all(
    clocks: Clocks, requests: Sequence[Request], tolerance: float | None = None
) -> list[OutcomeResult]:
    """Answer many outcomes in as few passes as possible, in the order asked.

    A question that has no answer (its condition never holds; its error could be larger than it may be, see
    `trusted`; it is beyond double precision) says why in ``Estimate.withheld`` and denies the others nothing.

    Parameters
    ----------
    tolerance
        Largest acceptable error bound of a probability or share; `BoundError` if one is larger. None
        accepts any.
    """
    readings = read_requests(clocks, requests)
    found: dict[int, Bounded[Float] | str] = {p: r.denied for p, r in enumerate(readings) if r.denied}
    for sorts, way in _ways(clocks):
        places = [p for p, r in enumerate(readings) if r.question.sort in sorts and p not in found]
        found.update(_answer_or_say_why(way, clocks, readings, places))
    out = []
    for place, reading in enumerate(readings):
        bounded = found[place]
        if tolerance is not None and reading.question.kind in CHANCES and not isinstance(bounded, str):
            bounded.require(tolerance, reading.request.name or "The answer")
        if not isinstance(bounded, str) and _cannot_come_about(clocks, reading, bounded.value):
            bounded = Bounded(bounded.value, 0.0)
        out.append(_label(reading, bounded))
    return out


def _cannot_come_about(clocks: Clocks, reading: Reading, values: Float) -> bool:
    """Say whether a chance is nought because nothing that can happen leads there, whatever was rounded."""
    question, game = reading.question, clocks.chain.game
    if question.sort not in POSSIBLE or values.any():
        return False
    there = np.zeros(game.size, bool) if question.target is None else question.target
    if question.moves is not None:
        there = there.copy()
        there[option_situations(game)[question.moves[option_moves(game)]]] = True
    if clocks.course is None and there.any():
        there = there & situations_after(game, reading.clock.start > 0.0)
    return not there.any()


Answered = dict[int, Bounded[Float]]
Way = Callable[[Clocks, Sequence[Reading], Sequence[int]], Answered]


def _ways(clocks: Clocks) -> tuple[tuple[tuple[str, ...], Way], ...]:
    """Return which questions are answered together, and how."""
    if clocks.course is not None:
        return tuple(((sort,), _answer_day_by_day) for sort in (*ALONG, *FIRST, *LAST))
    return ((ALONG, _answer_along_the_way), (FIRST, _answer_first_times), (LAST, _answer_eventually))


def _answer_or_say_why(
    way: Way, clocks: Clocks, readings: Sequence[Reading], places: Sequence[int]
) -> dict[int, Bounded[Float] | str]:
    """Answer together; where that fails, one by one, and say why of those that fail alone."""
    try:
        return dict(way(clocks, readings, places)) if places else {}
    except (QueryError, NotConvergedError) as error:
        if len(places) == 1:
            return {places[0]: reason_of(error)}
    found: dict[int, Bounded[Float] | str] = {}
    for place in places:
        found.update(_answer_or_say_why(way, clocks, readings, [place]))
    return found


def trusted(bounded: Bounded[Float], kind: str) -> bool:
    """Say whether an answer is known closely enough to be said: see `CLOSE`."""
    if kind in CHANCES:
        return bounded.error <= CLOSE
    size = float(np.abs(bounded.value[-1]))
    return not np.isnan(size) and (not np.isfinite(size) or bounded.error <= max(CLOSE * size, LITTLE))


def withhold(estimate: Estimate, bounded: Bounded[Float], kind: str) -> Estimate:
    """Return an estimate, without its number if that is not known closely enough to be said."""
    if trusted(bounded, kind):
        return estimate
    why = f"It could be wrong by {bounded.error:.1g}, which is too much to be said."
    return replace(estimate, value=np.nan, withheld=why)


def read_requests(clocks: Clocks, requests: Sequence[Request]) -> list[Reading]:
    """Make requests ready to be answered, clocks side by side."""
    with suppress(QueryError):  # said of each request on its own
        clocks.start(_given(request) for request in requests)
    return [read_request(clocks, request) for request in requests]


def read_request(clocks: Clocks, request: Request) -> Reading:
    """Make a request ready to be answered."""
    outcome = request.outcome
    question = read_question(clocks.chain.game, outcome)
    time = request.within or outcome.within or clocks.horizon
    times = np.linspace(0.0, float(time), POINTS if clocks.curves else 2)
    try:
        return Reading(request, question, clocks.at(_given(request)), times)
    except QueryError as error:
        text = written(_given(request))
        return Reading(request, question, Clock(text, clocks.chain.start), times, reason_of(error))


def _given(request: Request) -> Expr | str | None:
    return request.outcome.given if request.given is None else request.given


def _answer_first_times(clocks: Clocks, readings: Sequence[Reading], places: Sequence[int]) -> Answered:
    answers = chances(
        clocks,
        [readings[p].clock for p in places],
        [FirstTime(readings[p].question.target, readings[p].question.moves) for p in places],
        [readings[p].times for p in places],
    )
    return dict(zip(places, answers, strict=True))


def _answer_along_the_way(clocks: Clocks, readings: Sequence[Reading], places: Sequence[int]) -> Answered:
    found: Answered = {}
    groups: dict[str, list[int]] = {}
    for place in places:
        groups.setdefault(readings[place].clock.given, []).append(place)
    for together in groups.values():
        clock = readings[together[0]].clock
        rates = [reward_of(clocks, readings[p].question) for p in together]
        latest = max(float(readings[p].times[-1]) for p in together)
        series = clocks.follow(clock, np.stack(rates, axis=1), latest)
        for column, place in enumerate(together):
            times, sort = readings[place].times, readings[place].question.sort
            scale = float(np.abs(rates[column]).max(initial=0.0))
            one = series.column(column)
            if sort == "at":
                value = one.at(times, scale)
                found[place] = Bounded(value.value[:, 0], value.error + clock.error * scale)
                continue
            total = one.until(times, scale)
            error = total.error + clock.error * scale * float(times[-1])
            values = total.value[:, 0]
            if sort == "share":
                values = np.concatenate([[inner(clock.start, rates[column])], values[1:] / times[1:]])
                error /= float(times[-1])
            found[place] = Bounded(values, error)
    return found


def _answer_day_by_day(clocks: Clocks, readings: Sequence[Reading], places: Sequence[int]) -> Answered:
    """Answer while behaviour changes from day to day; curves cost as much as twenty answers."""
    assert clocks.course is not None
    found: Answered = {}
    for place in places:
        reading = readings[place]
        times = reading.times if clocks.chain.size <= SMALL else reading.times[-1:]
        found[place] = clocks.course.answer(reading.question, reading.clock.beginning, times)
    return found


def reward_of(clocks: Clocks, question: Question) -> Float:
    """Return ``(N,)`` what a question about a condition, moves or amounts collects per day."""
    return rate_of(clocks.chain, *rewards_of(clocks.chain.game, question))


def _answer_eventually(clocks: Clocks, readings: Sequence[Reading], places: Sequence[int]) -> Answered:
    return {place: _answer_in_the_end(clocks, readings[place]) for place in places}


def _answer_in_the_end(clocks: Clocks, reading: Reading) -> Bounded[Float]:
    question, clock = reading.question, reading.clock
    assert question.target is not None
    if question.sort == "before":
        assert question.than is not None
        chance = before(clocks.chain, question.target, question.than, start=clock.start)
        return Bounded(np.array([chance.value]), chance.error + clock.error)
    if question.sort == "long_run":
        share = long_run(clocks.chain, start=clock.start).share
        return Bounded(np.array([share.value[question.target].sum()]), share.error + clock.error)
    days = expected_time(clocks.chain, question.target, start=clock.start)
    if not np.isfinite(days.value):
        return Bounded(np.array([np.inf]), 0.0)
    error = days.error
    if clock.error:
        everywhere = expected_time_from_everywhere(clocks.chain, question.target)
        error += clock.error * float(everywhere.value[clock.start > 0.0].max())
    return Bounded(np.array([days.value]), error)


def _label(reading: Reading, bounded: Bounded[Float] | str) -> OutcomeResult:
    outcome, unit = reading.request.outcome, reading.question.unit
    curve: Iterable[tuple[float, float]] = ()
    if isinstance(bounded, str):
        estimate = Estimate(np.nan, np.inf, unit=unit, withheld=bounded)
    else:
        values = bounded.value
        value = float(values[-1])
        if reading.question.kind in CHANCES:
            value = min(max(value, 0.0), 1.0)
        estimate = withhold(Estimate(value, bounded.error, unit=unit), bounded, reading.question.kind)
        if len(values) > 1 and not estimate.withheld:
            curve = zip(reading.times.tolist(), values.tolist(), strict=True)
    return OutcomeResult(
        name=reading.request.name,
        about=outcome.told,
        kind=reading.question.kind,
        estimate=estimate,
        given=reading.clock.given,
        formula=outcome.formula,
        curve=tuple(curve),
        because=tuple(outcome.because),
        headline=outcome.headline,
        days=None if reading.question.sort in LAST else float(reading.times[-1]),
    )

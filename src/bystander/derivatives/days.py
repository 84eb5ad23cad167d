r"""Derivatives of answers where known dates lie ahead and behaviour is another on every day.

On pieces of days with the behaviour of their middles (`bystander.process.announced`) an answer y depends on
the rates r_j of every piece, on the lotteries of the dates, and on rates after the last. Its derivatives
in these come from one pass forward and one backward through the pieces (`bystander.derivatives.assembling`).
Rates of a piece follow from values V at its middle, and values obey -dV/dt = G(V, p) between dates
(`bystander.equilibrium.announced`). With lambda the derivative of y in the values that hold on a day, as far
as they matter to behaviour before it,

.. math:: \frac{d\lambda}{dt} = \Big(\frac{\partial G}{\partial V}\Big)^\top \lambda, \qquad
          \lambda(t_j+) = \lambda(t_j-) + \Big(\frac{\partial r_j}{\partial V}\Big)^\top
          \frac{\partial y}{\partial r_j}, \qquad \lambda(t_k+) = J_k^\top \lambda(t_k-),

from 0 on the first day, t_j the middles of pieces and t_k the dates; and

.. math:: \frac{dy}{dp} = \int \lambda \cdot \frac{\partial G}{\partial p}\,dt + \sum_j \frac{\partial y}
          {\partial r_j} \cdot \frac{\partial r_j}{\partial p} + \sum_k \lambda(t_k-) \cdot \frac{\partial}
          {\partial p} (d_k + J_k V) + \cdots

where what is left are the lotteries themselves and, from the last date on, the adjoint of the stationary
equilibrium (`bystander.derivatives.implicit`) with lambda as the derivative in its values. The equation is
followed by the Runge-Kutta method of order 4, in steps of a third of those that values needed. Derivatives
are those of pieces `PARTS` and twice as many to a stretch, extrapolated; they agree with differences of
answers solved again to about 1 part in 10,000 (tests/policy/test_known_dates.py).

Cost: for every answer two passes through all pieces, and through all of them for every piece in which a
condition may come to hold, where it is asked from there; for all answers together four pulls a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from bystander.derivatives.answers import slope_before, slope_of_long_run, slope_of_time
from bystander.derivatives.assembling import Slope, follow
from bystander.derivatives.implicit import DirectDependence, linearise, number_gradients
from bystander.derivatives.value_equations import NumbersChange, no_change, parameter_slopes, pull
from bystander.equilibrium.announced import Announced, jump_to, led_by
from bystander.equilibrium.response import Response, responder
from bystander.game.arrays import DateJump, Float
from bystander.game.compile import start_derivatives
from bystander.game.drafting import date_slopes
from bystander.game.questions import option_situations
from bystander.numerics.rows import WIDTHS, side_by_side
from bystander.process.announced import NUDGE, Begun, DatedProcess, DayPiece, Endings
from bystander.process.chain import Bool, FirstTime, ends_of, rate_of, rewards_of
from bystander.process.outcomes import Reading

PARTS = 4
SUBSTEPS = 3

Spent = dict[float, tuple[DayPiece, Float]]
Gain = tuple[Float | None, Float | None]


@dataclass
class Behaved:
    """How an answer depends on behaviour: on rates and chances of every piece, and on the dates' lotteries.

    Attributes
    ----------
    rates
        ``(O,)`` by the day of a piece's middle; -1 for all days after the last date.
    chance
        ``(K, branches)`` in the chances of branches, rates held.
    lotteries
        ``(N, B)`` by the number of a date.
    spent
        ``(N,)`` expected days by the day of a piece's middle, for amounts that name parameters.
    begin
        ``(N,)`` in the scenario's starting distribution.
    """

    rates: dict[float, Float] = field(default_factory=dict)
    chance: Float | float = 0.0
    lotteries: dict[int, Float] = field(default_factory=dict)
    spent: Spent = field(default_factory=dict)
    begin: Float | float = 0.0

    def add(self, piece: DayPiece, slope: Slope, weight: float = 1.0) -> None:
        """Add a dependence on the behaviour of a piece."""
        day = _day_of(piece)
        self.rates[day] = self.rates.get(day, 0.0) + weight * slope.option_rate
        self.chance = self.chance + weight * slope.chance


def _day_of(piece: DayPiece) -> float:
    """Return the day whose behaviour a piece has: its middle; -1 for all days after the last date."""
    return -1.0 if piece.lasting else round(piece.middle, 8)


@dataclass(frozen=True)
class DayWalk:
    """A process followed from an entry to a day, and what it is worth.

    ``worth`` and ``led`` say what ending in each situation ``(N,)`` is worth on a piece, and by the date at
    its end; ``gain`` what is collected, per day and per firing.
    """

    entry: Begun
    end: float
    question: FirstTime
    worth: Callable[[DayPiece], Float]
    led: Callable[[DayPiece], Float]
    gain: Gain = (None, None)


def _walk(
    course: DatedProcess,
    walk: DayWalk,
    parts: int,
    grid: Sequence[float],
    last: Float,
    into: Behaved,
    weight: float,
) -> Float:
    """Return ``(N,)`` what a walk is worth from everywhere, ``last`` at its end, and add its dependence."""
    size = course.game.size
    endings, dead = Endings(course.after, [walk.question]), walk.question.over(size)
    begins: list[tuple[DayPiece, Float, Float]] = []
    mass, _ = endings.stop(walk.entry.mass)
    for passed in course.follow(replace(walk.entry, mass=mass), walk.end, parts, endings, grid):
        begins.append((passed.piece, mass[:, 0], passed.before[:, 0]))
        mass = passed.after
    value = last
    for piece, begin, before in reversed(begins):
        if piece.known is not None:
            value = np.where(dead, walk.led(piece), value)
            found = into.lotteries.get(piece.past, 0.0)
            into.lotteries[piece.past] = found + weight * before[:, None] * value[piece.known.targets]
            value = jump_to(piece.known, value)
        if piece.end > piece.begin:
            chain, worth = course.chain(piece), walk.worth(piece)
            ends, _ = ends_of(chain, [walk.question])
            recorded = follow(chain, ends, [begin], piece.end - piece.begin)
            gain = rate_of(chain, *walk.gain)
            slope = recorded.whole(np.where(dead, 0.0, value), gain, worth)
            days = recorded.days[:, 0]
            if walk.gain[1] is not None:
                more = walk.gain[1] * days[option_situations(course.game)]
                slope = Slope(slope.option_rate + more, slope.chance, slope.start)
            into.add(piece, slope, weight)
            day = _day_of(piece)
            known = into.spent.get(day, (piece, 0.0))[1]
            into.spent[day] = piece, known + weight * days
            value = slope.start
        value = np.where(dead, walk.worth(piece), value)
    return np.asarray(value)


def behaved(course: DatedProcess, reading: Reading, parts: int) -> Behaved:
    """Return how an answer depends on behaviour, the onset of its condition included."""
    question, found = reading.question, Behaved()
    beginning = reading.clock.beginning
    eventual = question.sort in ("before", "time_to", "long_run")
    times = [] if eventual else [float(reading.times[-1])]
    grid = course.grid(beginning, times)
    entries, few = course.entries(beginning, parts, grid), course.fewer(beginning, parts)
    chance = sum(float(entry.mass.sum()) for entry in entries)
    values = {
        (round(entry.day, 11), entry.past): _from_entry(
            course, reading, entry, few if entry.between else parts, grid, found, 1.0 / chance
        )
        for entry in entries
    }
    if isinstance(beginning, tuple):
        found.begin = values[0.0, 0]
        return found
    answer = sum(float(entry.mass @ values[round(entry.day, 11), entry.past]) for entry in entries) / chance
    _onset(course, beginning, few, grid, values, answer, found, 1.0 / chance)
    return found


def _onset(
    course: DatedProcess,
    condition: Bool,
    parts: int,
    grid: Sequence[float],
    values: dict[tuple[float, int], Float],
    answer: float,
    into: Behaved,
    weight: float,
) -> None:
    """Add how an answer depends on when and where its condition comes to hold."""
    nothing = np.zeros(course.game.size)

    def at(day: float, past: int) -> Float:
        key = (course.last, past) if past == len(course.dates) else (round(day, 11), past)
        return np.where(condition, values[key] - answer, 0.0) if key in values else nothing

    def worth(piece: DayPiece) -> Float:
        begin = at(piece.begin + (NUDGE if piece.begin in grid else 0.0), piece.past)
        return 0.5 * (begin + at(piece.end - (NUDGE if piece.end in grid else 0.0), piece.past))

    own = Behaved()
    walk = DayWalk(
        course.start[0],
        course.horizon,
        FirstTime(condition),
        worth,
        lambda piece: at(piece.end, piece.past + 1),
    )
    first = _walk(course, walk, parts, grid, nothing, own, weight)
    at_once = at(0.0, 0) if (0.0, 0) in values else first
    into.begin = weight * np.where(condition, at_once, first)
    for day, rates in own.rates.items():
        into.rates[day] = into.rates.get(day, 0.0) + rates
    for k, lottery in own.lotteries.items():
        into.lotteries[k] = into.lotteries.get(k, 0.0) + lottery
    into.chance = into.chance + own.chance


def _from_entry(
    course: DatedProcess,
    reading: Reading,
    entry: Begun,
    parts: int,
    grid: Sequence[float],
    into: Behaved,
    weight: float,
) -> Float:
    """Return ``(N,)`` the answer from everywhere on the day of an entry, and add its dependence."""
    question, size = reading.question, course.game.size
    nothing, until = np.zeros(size), entry.day + float(reading.times[-1])

    def walk(first: FirstTime, worth: Float, end: float, last: Float, gain: Gain) -> Float:
        each = DayWalk(entry, end, first, lambda _: worth, lambda _: worth, gain)
        return _walk(course, each, parts, grid, last, into, weight)

    match question.sort:
        case "ever":
            assert question.target is not None
            hit = question.target.astype(np.float64)
            return walk(FirstTime(question.target), hit, until, nothing, (None, None))
        case "fires":
            return walk(FirstTime(moves=question.moves), nothing, until, nothing, (None, None))
        case "at":
            assert question.target is not None
            hit = question.target.astype(np.float64)
            return walk(FirstTime(), nothing, until, hit, (None, None))
        case "share" | "accumulates" | "counts":
            flow, firing = rewards_of(course.game, question)
            scale = 1.0 / float(reading.times[-1]) if question.sort == "share" else 1.0
            gain = (None if flow is None else scale * flow, firing)
            return walk(FirstTime(), nothing, until, nothing, gain)
    first, worth, gain = _eventually(question.sort, question.target, question.than, size)
    endings = Endings(course.after, [first])
    mass, _ = endings.stop(entry.mass)
    for passed in course.follow(replace(entry, mass=mass), course.last, parts, endings, grid):
        mass = passed.after
    mass = mass[:, 0]
    assert question.target is not None
    if question.sort == "before":
        assert question.than is not None
        tail = slope_before(course.after, question.target, question.than, mass)
    elif question.sort == "time_to":
        tail = slope_of_time(course.after, question.target, mass)
    else:
        tail = slope_of_long_run(course.after, question.target, mass)
    into.add(DayPiece(course.last, course.last, len(course.dates), lasting=True), tail, weight)
    return walk(first, worth, course.last, np.where(np.isfinite(tail.start), tail.start, 0.0), gain)


def _eventually(
    sort: str, target: Bool | None, than: Bool | None, size: int
) -> tuple[FirstTime, Float, Gain]:
    assert target is not None
    if sort == "before":
        return FirstTime(target, avoid=than), target.astype(np.float64), (None, None)
    if sort == "time_to":
        return FirstTime(target), np.zeros(size), (np.where(target, 0.0, 1.0), None)
    return FirstTime(), np.zeros(size), (None, None)


def gradients_by_day(
    course: DatedProcess,
    readings: Sequence[Reading],
    names: Sequence[str],
    direct: Callable[[Reading, Spent], dict[str, float]],
    *,
    tolerance: float,
) -> list[dict[str, float]]:
    """Return the derivative of each answer in each named parameter.

    Parameters
    ----------
    direct
        The part that parameters in amounts make up, behaviour held, from the days spent by piece.
    tolerance
        Relative residual of the stationary adjoint's linear solve.
    """
    width = WIDTHS[-1]
    blocks = [readings[low : low + width] for low in range(0, len(readings), width)]
    coarse, fine = (
        [row for some in blocks for row in _gradients(course, some, names, direct, parts, tolerance)]
        for parts in (PARTS, 2 * PARTS)
    )
    return [
        {name: two[name] + (two[name] - one[name]) / 3.0 for name in names}
        for one, two in zip(coarse, fine, strict=True)
    ]


def _gradients(
    course: DatedProcess,
    readings: Sequence[Reading],
    names: Sequence[str],
    direct: Callable[[Reading, Spent], dict[str, float]],
    parts: int,
    tolerance: float,
) -> list[dict[str, float]]:
    found = [behaved(course, reading, parts) for reading in readings]
    announced = course.announced
    way = _Adjoint(announced, found)
    way.run()
    line = linearise(announced.after)
    options = len(announced.after.choice)
    sources = [
        DirectDependence(
            option_rate=each.rates.get(-1.0, np.zeros(options)),
            values=np.ascontiguousarray(way.weights[..., column]),
            chance=each.chance if isinstance(each.chance, np.ndarray) else None,
        )
        for column, each in enumerate(found)
    ]
    tails = number_gradients(line, sources, tolerance=tolerance)
    whole = [
        NumbersChange(*(tail + part[..., column] for tail, part in zip(ended, way.gradient, strict=True)))
        for column, ended in enumerate(tails)
    ]
    slopes = parameter_slopes([announced.game] * len(whole), whole, names)
    out = []
    moved = {name: date_slopes(announced.game, name) for name in names}
    starts = start_derivatives(announced.game, names)
    for column, (reading, each) in enumerate(zip(readings, found, strict=True)):
        more = direct(reading, each.spent)
        row = {}
        for place, name in enumerate(names):
            by_dates = 0.0
            for k, (chances, impact) in enumerate(moved[name]):
                lottery = way.lotteries[k][..., column] + each.lotteries.get(k, 0.0)
                by_dates += float((lottery * chances).sum() + (way.impacts[k][..., column] * impact).sum())
            begun = float(starts[name] @ each.begin) if name in starts else 0.0
            row[name] = float(slopes[column, place]) + by_dates + begun + more.get(name, 0.0)
        out.append(row)
    return out


class _Adjoint:
    """Lambda of some answers on its way from the first day to the last date, and what it gathers."""

    def __init__(self, announced: Announced, found: Sequence[Behaved]) -> None:
        self.announced, self.game = announced, announced.game
        self.respond = responder(self.game)
        self.options = len(announced.after.choice)
        self.rates = {
            day: side_by_side([each.rates.get(day) for each in found], self.options)
            for day in sorted({day for each in found for day in each.rates if day >= 0.0})
        }
        self.width = side_by_side([None] * len(found), 1).shape[1]
        self.weights = np.zeros((*announced.after.values.shape, self.width))
        self.gradient = no_change(self.game, self.width)
        self.still = np.zeros((self.options, self.width))
        self.impacts: list[Float] = []
        self.lotteries: list[Float] = []

    def at(self, day: float) -> Response:
        return self.respond(self.announced.values_at(day), 1.0)

    def run(self) -> None:
        """Follow lambda to just after the last date."""
        begin = 0.0
        for known, span in zip(self.game.dates, self.announced.spans, strict=True):
            ends = [np.linspace(a, b, SUBSTEPS + 1) for a, b in pairwise(span.days.tolist())]
            middles = [day for day in self.rates if begin <= day < known.day]
            marks = sorted({begin, known.day, *np.concatenate([[], *ends]).tolist(), *middles})
            now = None
            for day, after in pairwise([mark for mark in marks if begin <= mark <= known.day]):
                if day in self.rates:
                    self.hit(day)
                if after - day > 1e-9 and (now is not None or self.weights.any()):
                    now = self.step(day, after - day, now, last=after == known.day)
            self.leap(known)
            begin = known.day

    def hit(self, day: float) -> None:
        """Add what an answer owes to the behaviour of a piece's middle."""
        none = np.zeros(self.weights.shape)
        out, gradient = pull(self.at(day), none, self.rates[day], self.still)
        self.weights = self.weights + out
        self.gather(gradient, 1.0)

    def step(self, day: float, length: float, first: Response | None, *, last: bool) -> Response | None:
        """Go on by a step of the method of order 4; return behaviour at its end, if it is at hand."""
        middle = self.at(day + 0.5 * length)
        end = self.before(day + length) if last else self.at(day + length)
        slopes: list[Float] = []
        for response, share, weight in (
            (first or self.at(day), 0.0, 1.0 / 6.0),
            (middle, 0.5, 1.0 / 3.0),
            (middle, 0.5, 1.0 / 3.0),
            (end, 1.0, 1.0 / 6.0),
        ):
            here = self.weights + share * length * slopes[-1] if slopes else self.weights
            out, gradient = pull(response, here, self.still, self.still)
            slopes.append(out)
            self.gather(gradient, length * weight)
        self.weights = self.weights + length / 6.0 * (
            slopes[0] + 2.0 * slopes[1] + 2.0 * slopes[2] + slopes[3]
        )
        return None if last else end

    def before(self, day: float) -> Response:
        """Return behaviour just before a known date."""
        for known, span in zip(self.game.dates, self.announced.spans, strict=True):
            if known.day == day:
                return self.respond(span.values[-1], 1.0)
        return self.at(day)

    def leap(self, known: DateJump) -> None:
        """Go from just before a date to just after it."""
        after = self.announced.values_at(known.day)
        k = len(self.impacts)
        if k + 1 < len(self.game.dates) and self.game.dates[k + 1].day == known.day:
            after = self.announced.spans[k + 1].values[0]
        self.impacts.append(self.weights)
        led = np.einsum("sbi,sir->sbr", after[known.targets], self.weights)
        self.lotteries.append(led)
        self.weights = led_by(known, self.weights)

    def gather(self, gradient: NumbersChange, share: float) -> None:
        for whole, part in zip(self.gradient, gradient, strict=True):
            whole += share * part

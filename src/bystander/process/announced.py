r"""What then happens while behaviour changes from day to day, because dates that everybody knows come closer.

With behaviour of `bystander.equilibrium.announced`, the distribution p over situations obeys

.. math:: \frac{dp}{dt} = Q(t)^\top p, \qquad p(t_k+) = J_k^\top p(t_k-),

and every question is read off it: the process killed by a hit gives first times, days spent times rates what
is collected, p itself what holds on a day. What has no last day goes on from the last date with the process
of all later times (`bystander.process.passage`).

Each stretch between dates is cut into n pieces of equal length on which the generator is that of their
middle; there the answer is as exact as for any process (`bystander.numerics.transients`). What begins when a
condition comes to hold begins at the ends of the piece in which it does, half at each (dates that lead there
are exact), and is followed from each of them. These rules are symmetric in time, so their errors have even
powers of the length of a piece only: n is doubled and answers are extrapolated (Romberg 1955) until they
agree to the tolerance (`Romberg`). The error that is reported is an estimate, not a bound. After the last
date behaviour is constant, and one piece is exact.

Reference: Hairer, Lubich & Wanner (2006), *Geometric Numerical Integration*, II.3 and IV.7 (Magnus series).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, sqrt

import numpy as np

from bystander.equilibrium.announced import Announced, led_by
from bystander.errors import QueryError
from bystander.game.arrays import DateJump, Float
from bystander.game.questions import Question
from bystander.numerics.bounds import Bounded, Romberg
from bystander.numerics.operators import Killed, Operator, kill, rate_of_ending, uniformise
from bystander.numerics.rows import WIDTHS
from bystander.numerics.transients import march
from bystander.process.chain import (
    Bool,
    Chain,
    FirstTime,
    ends_of,
    losses_by,
    make_chain,
    rate_of,
    rewards_of,
)
from bystander.process.passage import EPSILON, before, expected_time, flow_into, long_run
from bystander.units import format_whole

CLOSELY = 1e-7
LOOSER = 100.0
"""Answers from an onset on any day are refined to so many times `CLOSELY`."""
THINNED = 64.0
"""See `DatedProcess.fewer`."""
PARTS = tuple(2**level for level in range(9))
"""In how many pieces stretches are cut, one after the other."""
NUDGE = 1e-10
"""Days between the two sides of a day on which an answer jumps."""
SETTLED = 1e-3
MOST_PARTS = 64
KEPT = 5_000_000
"""Rates of options that are kept for pieces asked about again."""


@dataclass(frozen=True)
class Begun:
    """Where a clock starts: on which day, with how many known dates past, and ``(N,)`` with which chance.

    ``between`` says that it stands for onsets of many days, which come between known dates.
    """

    day: float
    past: int
    mass: Float
    between: bool = False


Beginning = Bool | tuple[Begun, ...]
"""A clock that starts when a condition ``(N,)`` comes to hold, or from what is given."""


class Endings:
    """How processes end that are followed side by side, one column for each question.

    Columns are filled up to the length of a row with processes that have ended everywhere.
    """

    def __init__(self, chain: Chain, questions: Sequence[FirstTime]) -> None:
        ends, hit = ends_of(chain, questions)
        self.ends = ends.chosen(range(len(questions)))
        self.hit = np.zeros(self.ends.situations.shape)
        self.hit[:, : len(questions)] = hit

    def on(self, chain: Chain) -> tuple[Killed, Float]:
        """Return the operator on distributions ``(N, C)``, and ``(N, C)`` the rate of a hit from there."""
        ends = replace(self.ends, losses=losses_by(chain, self.ends.labels))
        return kill(chain.transposed, ends, forward=True), rate_of_ending(chain.generator, ends, self.hit)

    def stop(self, mass: Float) -> tuple[Float, Float]:
        """Return ``(N, C)`` what goes on of ``(N,)`` or ``(N, C)``, and ``(C,)`` what is a hit at once."""
        mass = mass if mass.ndim > 1 else np.repeat(mass[:, None], self.ends.columns, axis=1)
        return np.where(self.ends.situations, 0.0, mass), (self.hit * mass).sum(axis=0)


@dataclass(frozen=True)
class DayPiece:
    """Days on which behaviour is taken to be that of ``middle``, and the known date at their end if any.

    ``past`` dates are past on it; ``lasting`` says that none is ahead.
    """

    begin: float
    end: float
    past: int
    known: DateJump | None = None
    lasting: bool = False

    @property
    def middle(self) -> float:
        """The day whose behaviour stands for all."""
        return 0.5 * (self.begin + self.end)


@dataclass(frozen=True)
class Passed:
    """What happened on a piece: days in each situation, hits, and the distribution before and after its date.

    ``led`` is where the date at its end led, before anything ended; None without one. All are ``(N,)``, or
    where processes end ``(N, C)``, and hits ``(C,)``.
    """

    piece: DayPiece
    days: Float
    hit: Float
    before: Float
    after: Float
    led: Float | None = None


@dataclass(frozen=True)
class Stretch:
    """Expected ``(N,)`` days in each situation around a day on which the process is ``chain``."""

    day: float
    chain: Chain
    days: Float


class DatedProcess:
    """The process of a game with known dates ahead.

    Parameters
    ----------
    horizon
        Days within which the onset of a condition counts.
    tolerance
        Difference of two refinements that is accepted, of a chance or relative.
    """

    def __init__(
        self, announced: Announced, horizon: float, *, epsilon: float = EPSILON, tolerance: float = CLOSELY
    ) -> None:
        self.announced, self.game = announced, announced.game
        self.horizon, self.epsilon, self.tolerance = horizon, epsilon, tolerance
        self.dates = announced.game.dates
        self.last = self.dates[-1].day if self.dates else 0.0
        self.after = make_chain(announced.after)
        self.start: tuple[Begun, ...] = (Begun(0.0, 0, self.game.situations.start),)
        self._chains: dict[float, Chain] = {}
        self._onsets: dict[tuple[bytes, int, tuple[float, ...]], tuple[Begun, ...]] = {}
        self._rare: dict[bytes, float] = {}
        self._stretches: dict[bytes, tuple[Stretch, ...]] = {}

    def chain(self, piece: DayPiece) -> Chain:
        """Return the process on a piece."""
        if piece.lasting:
            return self.after
        day = round(piece.middle, 8)
        if day not in self._chains:
            choice, rate = self.announced.behaviour_at(day)
            chain = make_chain(replace(self.announced.after, choice=choice, option_rate=rate))
            if (len(self._chains) + 1) * max(len(rate), 1) > KEPT:
                return chain
            self._chains[day] = chain
        return self._chains[day]

    def pieces(
        self,
        begin: float,
        past: int,
        end: float,
        parts: int,
        grid: Sequence[float] = (),
        cuts: Sequence[float] = (),
    ) -> Iterator[DayPiece]:
        """Cut the days from ``begin``, with ``past`` dates past, to ``end``.

        Days between neighbours of known dates and ``grid`` are cut into as many as ``parts`` pieces whatever
        begins among them; ``cuts`` are ends of pieces besides.
        """
        ends = [(known.day, known) for known in self.dates[past:] if known.day <= end]
        at = begin
        for stop, known in [*ends, (end, None)]:
            if at >= stop:
                if known is None:
                    return
                yield DayPiece(stop, stop, past, known)
            lasting = past == len(self.dates)
            opened = self.dates[past - 1].day if past else 0.0
            marks = [opened, *(mark for mark in grid if opened < mark < stop), stop]
            for low, high in pairwise(marks):
                left = max(low, at)
                inner = [left, *(cut for cut in cuts if left < cut < high), high]
                for a, b in pairwise(inner if left < high else ()):
                    fixed = len(inner) == 2 and (known is not None or high < stop)
                    share = (b - a) / (high - low) if fixed else 1.0
                    count = 1 if lasting else max(round(parts * share), 1)
                    for one, two in pairwise(np.linspace(a, b, count + 1).tolist()):
                        yield DayPiece(one, two, past, known if two == stop else None, lasting)
            at, past = max(stop, at), past + 1

    def follow(
        self,
        entry: Begun,
        end: float,
        parts: int,
        endings: Endings | None = None,
        grid: Sequence[float] = (),
        cuts: Sequence[float] = (),
    ) -> Iterator[Passed]:
        """Follow a distribution to a day, or what is left of it in each process that ends.

        What has hit at once must be told before.
        """
        mass = entry.mass
        for piece in self.pieces(entry.day, entry.past, end, parts, grid, cuts):
            days, hit, led = np.zeros(mass.shape), np.zeros(mass.shape[1:]), None
            length = piece.end - piece.begin
            if length > 0.0 and mass.any():
                days, mass, hit = self._pass(self.chain(piece), mass, length, endings)
            before = mass
            if piece.known is not None:
                mass = led = led_by(piece.known, mass)
                if endings is not None:
                    mass, more = endings.stop(mass)
                    hit = hit + more
            yield Passed(piece, days, hit, before, mass, led)

    def _pass(
        self, chain: Chain, mass: Float, length: float, endings: Endings | None
    ) -> tuple[Float, Float, Float]:
        """Return days spent while a process goes on for some days, where it is then, and hits on the way."""
        operator: Operator
        if endings is None:
            operator, rate = uniformise(chain.transposed, forward=True), np.zeros(mass.shape)
        else:
            operator, rate = endings.on(chain)
        when = np.array([length])
        course = march(
            operator, mass, length, lambda _: np.zeros(0), at=when, until=when, epsilon=self.epsilon
        )
        days = np.maximum(course.until[0], 0.0)
        return days, np.maximum(course.at[0], 0.0), (days * rate).sum(axis=0)

    def grid(self, beginning: Beginning, times: Sequence[float]) -> tuple[float, ...]:
        """Return the days on which an answer jumps with the day of an onset.

        They are those from which a time asked about ends on a known date.
        """
        if isinstance(beginning, tuple):
            return ()
        days = {known.day - time for known in self.dates for time in times}
        return tuple(sorted(day for day in days if 0.0 < day < self.horizon))

    def entries(self, beginning: Beginning, parts: int, grid: tuple[float, ...] = ()) -> tuple[Begun, ...]:
        """Return where a clock starts, in as many parts as pieces make; masses add up to its chance.

        Raises
        ------
        QueryError
            If the condition never comes to hold within the horizon.
        """
        if isinstance(beginning, tuple):
            return beginning
        key = beginning.tobytes(), self.fewer(beginning, parts), grid
        if key not in self._onsets:
            self._onsets[key] = self._onset(beginning, key[1], grid)
        if not self._onsets[key]:
            raise QueryError(
                f"The condition never comes to hold within {format_whole(self.horizon)} of the start."
            )
        return self._onsets[key]

    def fewer(self, beginning: Beginning, parts: int) -> int:
        """Return in how many parts onsets between known dates are cut and followed.

        Their share c of all onsets weighs their error, which falls with the square of the parts: where c is
        small, `THINNED` times sqrt(c) of the parts do, and two at least.
        """
        if isinstance(beginning, tuple):
            return parts
        key = beginning.tobytes()
        if key not in self._rare:
            entries = self._onset(beginning, 1, ())
            between = sum(float(entry.mass.sum()) for entry in entries if entry.between)
            total = sum(float(entry.mass.sum()) for entry in entries)
            self._rare[key] = between / total if total > 0.0 else 1.0
        return min(parts, max(ceil(parts * THINNED * sqrt(self._rare[key])), 2))

    def _onset(self, condition: Bool, parts: int, grid: tuple[float, ...]) -> tuple[Begun, ...]:
        found: dict[tuple[float, int], Float] = {}
        known: set[tuple[float, int]] = set()

        def add(day: float, past: int, mass: Float, between: bool) -> None:
            lasting = past == len(self.dates)
            key = (self.last, past) if lasting else (round(day, 11), past)
            found[key] = found.get(key, 0.0) + mass
            if lasting or (mass.any() and not between):
                known.add(key)

        start = self.game.situations.start
        endings = Endings(self.after, [FirstTime(condition)])
        add(0.0, 0, np.where(condition, start, 0.0), False)
        begun = Begun(0.0, 0, endings.stop(start)[0])
        for passed in self.follow(begun, self.horizon, parts, endings, grid):
            piece = passed.piece
            if passed.days.any():
                entered = 0.5 * flow_into(self.chain(piece), passed.days[:, 0], condition)
                add(piece.begin + (NUDGE if piece.begin in grid else 0.0), piece.past, entered, True)
                add(piece.end - (NUDGE if piece.end in grid else 0.0), piece.past, entered, True)
            if passed.led is not None:
                add(piece.end, piece.past + 1, np.where(condition, passed.led[:, 0], 0.0), False)
        return tuple(Begun(*key, mass, key not in known) for key, mass in found.items() if mass.any())

    def answer(self, question: Question, beginning: Beginning, times: Float) -> Bounded[Float]:
        """Return the answer to a question by each time after its clock has started, ``(G,)``.

        What has no last day has one answer. Questions asked from the onset of a condition are answered at
        the last time only.
        """
        asked = times if isinstance(beginning, tuple) and len(beginning) == 1 else times[-1:]
        return self.refine(
            lambda parts: self._answer(question, beginning, asked, parts), self.closely(beginning)
        )

    def closely(self, beginning: Beginning) -> float:
        """Return the tolerance of answers from a beginning: less where it is many days with each its own."""
        return self.tolerance if isinstance(beginning, tuple) else LOOSER * self.tolerance

    def first_times(
        self, questions: Sequence[FirstTime], beginning: Beginning, times: Float
    ) -> list[Bounded[Float]]:
        """Return ``(G,)`` the chances of a hit within each time after a clock's start, of each question.

        Questions are followed side by side, in as many pieces as each needs.
        """
        found: dict[int, Bounded[Float]] = {}
        tables = [Romberg(self.closely(beginning)) for _ in questions]
        for parts in PARTS:
            waiting = [place for place in range(len(questions)) if place not in found]
            for low in range(0, len(waiting), WIDTHS[-1]):
                places = waiting[low : low + WIDTHS[-1]]
                ask = self._hits_of([questions[place] for place in places], times)
                chances = self._mean(beginning, times, parts, ask)
                for column, place in enumerate(places):
                    answer = tables[place].add(chances[:, column])
                    if answer is not None:
                        found[place] = answer
            if len(found) == len(questions):
                return [found[place] for place in range(len(questions))]
        raise next(table.failed() for place, table in enumerate(tables) if place not in found)

    def _hits_of(
        self, questions: Sequence[FirstTime], times: Float
    ) -> Callable[[Begun, Sequence[float], int], Float]:
        endings = Endings(self.after, questions)
        return lambda entry, grid, parts: self.hits(entry, endings, times, parts, grid)

    def _mean(
        self,
        beginning: Beginning,
        times: Float,
        parts: int,
        ask: Callable[[Begun, Sequence[float], int], Float],
    ) -> Float:
        """Average what is asked from everywhere a clock starts."""
        grid = self.grid(beginning, times.tolist())
        entries = self.entries(beginning, parts, grid)
        few = self.fewer(beginning, parts)
        total = sum(ask(entry, grid, few if entry.between else parts) for entry in entries)
        return np.asarray(total / sum(float(entry.mass.sum()) for entry in entries))

    def _answer(self, question: Question, beginning: Beginning, times: Float, parts: int) -> Float:
        times = times[:0] if question.sort in ("before", "time_to", "long_run") else times
        return self._mean(
            beginning,
            times,
            parts,
            lambda entry, grid, cut: self._answer_from(question, entry, times, cut, grid),
        )

    def _answer_from(
        self, question: Question, entry: Begun, times: Float, parts: int, grid: Sequence[float]
    ) -> Float:
        match question.sort:
            case "ever" | "fires":
                moves = None if question.sort == "ever" else question.moves
                return self._hits_of([FirstTime(question.target, moves)], times)(entry, grid, parts)[:, 0]
            case "before":
                return self._first(entry, question, parts)
            case "time_to":
                return self._time(entry, question, parts)
            case "long_run":
                *_, passed = [None, *self.follow(entry, self.last, parts)]
                mass = entry.mass if passed is None else passed.after
                scale = float(mass.sum())
                share = long_run(self.after, start=mass / scale).share.value * scale
                return np.array([share[question.target].sum()])
        return self._along(entry, question, times, parts, grid)

    def hits(
        self, entry: Begun, endings: Endings, times: Float, parts: int, grid: Sequence[float] = ()
    ) -> Float:
        """Return ``(G, C)`` the chance of a hit by each time after an entry."""
        mass, hit = endings.stop(entry.mass)
        begun = replace(entry, mass=mass)
        ends, sums = [entry.day], [hit]
        for passed in self.follow(
            begun, entry.day + float(times[-1]), parts, endings, grid, (entry.day + times).tolist()
        ):
            hit = hit + passed.hit
            ends.append(passed.piece.end)
            sums.append(hit)
        return _at(ends, sums, entry.day + times)

    def _along(
        self, entry: Begun, question: Question, times: Float, parts: int, grid: Sequence[float]
    ) -> Float:
        flow, per_firing = rewards_of(self.game, question)
        here = np.zeros(len(entry.mass)) if flow is None else flow
        total, ends = 0.0, [entry.day]
        held, sums = [float(entry.mass @ here)], [0.0]
        for passed in self.follow(
            entry, entry.day + float(times[-1]), parts, None, grid, (entry.day + times).tolist()
        ):
            if passed.days.any():
                rate = here if per_firing is None else rate_of(self.chain(passed.piece), flow, per_firing)
                total += float(passed.days @ rate)
            ends.append(passed.piece.end)
            held.append(float(passed.after @ here))
            sums.append(total)
        if question.sort == "at":
            return _at(ends, held, entry.day + times)
        found = _at(ends, sums, entry.day + times)
        if question.sort == "share":
            return np.where(times > 0.0, found / np.where(times > 0.0, times, 1.0), held[0])
        return found

    def _first(self, entry: Begun, question: Question, parts: int) -> Float:
        assert question.target is not None
        assert question.than is not None
        endings = Endings(self.after, [FirstTime(question.target, avoid=question.than)])
        mass, hit = endings.stop(entry.mass)
        for passed in self.follow(replace(entry, mass=mass), self.last, parts, endings):
            mass, hit = passed.after, hit + passed.hit
        if mass.any():
            scale, left = float(mass.sum()), mass[:, 0]
            hit = hit + scale * before(self.after, question.target, question.than, start=left / scale).value
        return hit

    def _time(self, entry: Begun, question: Question, parts: int) -> Float:
        endings = Endings(self.after, [FirstTime(question.target)])
        mass, _ = endings.stop(entry.mass)
        spent = 0.0
        for passed in self.follow(replace(entry, mass=mass), self.last, parts, endings):
            mass, spent = passed.after, spent + float(passed.days.sum())
        if mass.any():
            spent += expected_time(self.after, question.target, start=mass[:, 0]).value
        return np.array([spent])

    def refine(self, ask: Callable[[int], Float], tolerance: float) -> Bounded[Float]:
        """Double the number of pieces until extrapolated answers agree.

        Raises
        ------
        NotConvergedError
            If they do not.
        """
        table = Romberg(tolerance)
        for parts in PARTS:
            answer = table.add(ask(parts))
            if answer is not None:
                return answer
        raise table.failed()

    def distribution(self, day: float) -> Float:
        """Return ``(N,)`` where the process is on a day; on a known date, just after it."""
        if day == 0.0:
            return self.start[0].mass
        parts = self.parts(self.horizon, SETTLED)
        *_, passed = self.follow(self.start[0], day, parts)
        return passed.after

    def stretches(self, beginning: Beginning) -> tuple[Stretch, ...]:
        """Return days spent in each situation within the horizon after a clock's start, by when they are.

        In so many pieces that days from the start are right to about 1 in 1,000 (`parts`).
        """
        key = beginning.tobytes() if not isinstance(beginning, tuple) else b""
        known = bool(key) or beginning is self.start
        if not known or key not in self._stretches:
            found = self._spent(beginning, self.parts(self.horizon, SETTLED))
            if not known:
                return found
            self._stretches[key] = found
        return self._stretches[key]

    def parts(self, time: float, tolerance: float) -> int:
        """Return in how many parts stretches are cut for days in each situation to be right.

        Twice as many change them by less than ``tolerance`` of ``time`` from the start, or they are
        `MOST_PARTS`.
        """
        parts, days = 1, self._days(time, 1)
        while parts < MOST_PARTS:
            parts, coarser = 2 * parts, days
            days = self._days(time, parts)
            if float(np.abs(days - coarser).sum()) <= tolerance * time:
                break
        return parts

    def _days(self, time: float, parts: int) -> Float:
        days = np.zeros(self.game.size)
        for passed in self.follow(self.start[0], time, parts):
            days += passed.days
        return days

    def _spent(self, beginning: Beginning, parts: int) -> tuple[Stretch, ...]:
        ends = self.grid(beginning, [self.horizon])
        entries = self.entries(beginning, parts, ends)
        chance = sum(float(entry.mass.sum()) for entry in entries)
        latest = max(entry.day for entry in entries) + self.horizon
        grid = [piece for piece in self.pieces(0.0, 0, latest, parts) if piece.end > piece.begin]
        stops = np.array([piece.end for piece in grid])
        days = np.zeros((len(grid), self.game.size))
        for entry in entries:
            for passed in self.follow(entry, entry.day + self.horizon, parts, None, ends):
                if passed.days.any():
                    place = int(np.searchsorted(stops, passed.piece.middle))
                    days[min(place, len(grid) - 1)] += passed.days / chance
        return tuple(
            Stretch(piece.middle, self.chain(piece), spent)
            for piece, spent in zip(grid, days, strict=True)
            if spent.any()
        )


def _at(ends: Sequence[float], values: Sequence[float] | Sequence[Float], days: Float) -> Float:
    """Return the last of the values whose day is not after each of the days asked for."""
    places = np.searchsorted(np.array(ends), days + 0.3 * NUDGE, side="right") - 1
    return np.array(values)[np.maximum(places, 0)]

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
powers of the length of a piece only: n is doubled and answers are extrapolated (Romberg 1955) until two in a
row differ by less than the tolerance. The difference is the error that is reported: an estimate, not a bound.
After the last date behaviour is constant, and one piece is exact.

Reference: Hairer, Lubich & Wanner (2006), *Geometric Numerical Integration*, II.3 and IV.7 (Magnus series).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, sqrt

import numpy as np

from bystander.equilibrium.announced import Announced, led_by
from bystander.errors import NotConvergedError, QueryError
from bystander.game.arrays import DateJump, Float, Int32
from bystander.game.questions import Question
from bystander.numerics.bounds import Bounded
from bystander.numerics.generators import Generator, rate_into, restrict, transpose
from bystander.numerics.transients import forward_course
from bystander.process.chain import Bool, Chain, killed_by, make_chain, rate_of, rewards_of
from bystander.process.passage import EPSILON, before, expected_time, flow_into, long_run
from bystander.units import format_whole

CLOSELY = 1e-7
LOOSER = 100.0
"""Answers from an onset on any day are refined to so many times `CLOSELY`."""
THINNED = 64.0
"""See `DatedProcess.fewer`."""
LEVELS = 9
NUDGE = 1e-10
"""Days between the two sides of a day on which an answer jumps."""
SETTLED = 1e-3
MOST_PARTS = 64
KEPT = 20_000_000
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


@dataclass(frozen=True)
class Stopping:
    """What ends a process: entering ``target`` (N,) or one of ``moves`` (M,) is a hit, ``avoid`` a miss."""

    target: Bool | None = None
    moves: Bool | None = None
    avoid: Bool | None = None

    def of(self, chain: Chain) -> tuple[Generator, Int32, Float]:
        """Return the live rates listed by target, which situations are live, and the rate of a hit there."""
        generator, hit = chain.generator, np.zeros(chain.size)
        if self.moves is not None:
            generator, hit = killed_by(chain, chain.options_of(self.moves))
        if self.target is not None:
            hit = hit + rate_into(generator, self.target)
        live, rows = restrict(generator, ~self.dead(chain.size))
        return transpose(live), rows, hit[rows]

    def dead(self, size: int) -> Bool:
        """Return ``(N,)`` where nothing goes on."""
        out = np.zeros(size, bool)
        for mask in (self.target, self.avoid):
            if mask is not None:
                out |= mask
        return out

    def stop(self, mass: Float) -> tuple[Float, float]:
        """Return what of a distribution goes on, and how much of it is a hit at once."""
        hit = 0.0 if self.target is None else float(mass[self.target].sum())
        return np.where(self.dead(len(mass)), 0.0, mass), hit


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

    ``led`` is ``(N,)`` where the date at its end led, before anything ended; None without one.
    """

    piece: DayPiece
    days: Float
    hit: float
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
        self,
        announced: Announced,
        horizon: float,
        *,
        epsilon: float = EPSILON,
        tolerance: float = CLOSELY,
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
        ending: Stopping | None = None,
        grid: Sequence[float] = (),
        cuts: Sequence[float] = (),
    ) -> Iterator[Passed]:
        """Follow a distribution to a day; what has hit at once must be told before."""
        mass = entry.mass
        for piece in self.pieces(entry.day, entry.past, end, parts, grid, cuts):
            days, hit, led = np.zeros(len(mass)), 0.0, None
            length = piece.end - piece.begin
            if length > 0.0 and mass.any():
                chain = self.chain(piece)
                if ending is None:
                    rates, rows, hits = (
                        chain.transposed,
                        np.arange(len(mass), dtype=np.int32),
                        np.zeros(len(mass)),
                    )
                else:
                    rates, rows, hits = ending.of(chain)
                none, when = np.zeros((len(rows), 0)), np.array([length])
                course = forward_course(
                    rates, mass[rows], length, none, at=when, until=when, epsilon=self.epsilon
                )
                days[rows] = np.maximum(course.until[0], 0.0)
                mass = np.zeros(len(mass))
                mass[rows] = np.maximum(course.at[0], 0.0)
                hit = float(days[rows] @ hits)
            before = mass
            if piece.known is not None:
                mass = led = led_by(piece.known, mass)
                if ending is not None:
                    mass, more = ending.stop(mass)
                    hit += more
            yield Passed(piece, days, hit, before, mass, led)

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
        ending = Stopping(target=condition)
        add(0.0, 0, np.where(condition, start, 0.0), False)
        begun = Begun(0.0, 0, ending.stop(start)[0])
        for passed in self.follow(begun, self.horizon, parts, ending, grid):
            piece = passed.piece
            if passed.days.any():
                entered = 0.5 * flow_into(self.chain(piece), passed.days, condition)
                add(piece.begin + (NUDGE if piece.begin in grid else 0.0), piece.past, entered, True)
                add(piece.end - (NUDGE if piece.end in grid else 0.0), piece.past, entered, True)
            if passed.led is not None:
                add(piece.end, piece.past + 1, np.where(condition, passed.led, 0.0), False)
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

    def first_time(self, ending: Stopping, beginning: Beginning, times: Float) -> Bounded[Float]:
        """Return ``(G,)`` the chance of a hit within each time after a clock's start."""
        return self.refine(
            lambda parts: self._mean(
                beginning, times, parts, lambda entry, grid, cut: self.hits(entry, ending, times, cut, grid)
            ),
            self.closely(beginning),
        )

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
                ending = Stopping(target=question.target, moves=moves)
                return self.hits(entry, ending, times, parts, grid)
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
        self, entry: Begun, ending: Stopping, times: Float, parts: int, grid: Sequence[float] = ()
    ) -> Float:
        """Return ``(G,)`` the chance of a hit by each time after an entry."""
        mass, hit = ending.stop(entry.mass)
        begun = replace(entry, mass=mass)
        ends, sums = [entry.day], [hit]
        for passed in self.follow(
            begun, entry.day + float(times[-1]), parts, ending, grid, (entry.day + times).tolist()
        ):
            hit += passed.hit
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
        ending = Stopping(target=question.target, avoid=question.than)
        mass, hit = ending.stop(entry.mass)
        for passed in self.follow(replace(entry, mass=mass), self.last, parts, ending):
            mass, hit = passed.after, hit + passed.hit
        if mass.any():
            scale = float(mass.sum())
            hit += scale * before(self.after, question.target, question.than, start=mass / scale).value
        return np.array([hit])

    def _time(self, entry: Begun, question: Question, parts: int) -> Float:
        ending = Stopping(target=question.target)
        mass, _ = ending.stop(entry.mass)
        spent = 0.0
        for passed in self.follow(replace(entry, mass=mass), self.last, parts, ending):
            mass, spent = passed.after, spent + float(passed.days.sum())
        if mass.any():
            spent += expected_time(self.after, question.target, start=mass).value
        return np.array([spent])

    def refine(self, ask: Callable[[int], Float], tolerance: float) -> Bounded[Float]:
        """Double the number of pieces until extrapolated answers agree.

        Raises
        ------
        NotConvergedError
            If they do not.
        """
        rows: list[list[Float]] = []
        wrong = np.inf
        for level in range(LEVELS):
            row = [np.asarray(ask(2**level), float)]
            for k, coarser in enumerate(rows[-1] if rows else (), 1):
                with np.errstate(invalid="ignore"):
                    row.append(row[-1] + (row[-1] - coarser) / (4.0**k - 1.0))
            if not np.isfinite(row[0]).all():
                return Bounded(row[0], 0.0)
            if rows:
                wrong = float(np.abs(row[-1] - rows[-1][-1]).max(initial=0.0))
                if wrong <= tolerance * max(1.0, float(np.abs(row[-1]).max(initial=0.0))):
                    return Bounded(row[-1], wrong)
            rows.append(row)
        raise NotConvergedError(
            f"The answer still moves by {wrong:.1e} when behaviour is followed in pieces half as long; asked "
            f"for {tolerance:.0e}."
        )

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


def _at(ends: Sequence[float], values: Sequence[float], days: Float) -> Float:
    """Return the last of the values whose day is not after each of the days asked for."""
    places = np.searchsorted(np.array(ends), days + 0.3 * NUDGE, side="right") - 1
    return np.array(values)[np.maximum(places, 0)]

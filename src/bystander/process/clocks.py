r"""Where the clock of a question starts, and how little of the process it needs from there.

A clock starts either with the scenario, or at the onset of a condition (its first time within the
scenario's horizon), see `bystander.process.passage.onset`.

*Cutting off.* If :math:`n(s)` is the chance of starting in ``s`` plus the expected number of entries into
it by the last time asked about, the process ever visits a set ``D`` with probability at most
:math:`\sum_{s \in D} n(s)`. The situations of smallest ``n`` whose sum stays below a tolerance are cut
off, and the sum joins the error bound. Processes of up to `SMALL` situations are followed whole: little
would be saved, and chances below the tolerance keep their digits. So are those of which one clock alone needs
more than `MOST`: to know what another needs takes a pass, and it can only need more.

Many first-time questions from several clocks are answered in one pass over the likely part of the process.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from bystander.errors import QueryError
from bystander.game.arrays import Float
from bystander.game.questions import mask
from bystander.harmless import spaced
from bystander.numerics.bounds import Bounded
from bystander.numerics.generators import expected_entries, restrict
from bystander.numerics.operators import run_passes
from bystander.numerics.transients import first_hits, forward_course
from bystander.numerics.weights import Series
from bystander.process.announced import Beginning, Begun, DatedProcess, Stretch
from bystander.process.chain import Bool, Chain, FirstTime, ends_of
from bystander.process.passage import EPSILON, onset
from bystander.scenario.expressions import Expr, written
from bystander.units import format_whole

CUT = 1e-10
SMALL = 1000
MOST = 0.75
ONSETS = 8
"""Parts of a stretch between known dates in which the onset of a condition is told."""


@dataclass(frozen=True)
class Clock:
    """A starting distribution ``(N,)``, a bound on its total error, and the condition it is an onset of.

    ``chance`` is that of the onset within the horizon. Where known dates lie ahead ``beginning`` says on
    which day it starts where; ``start`` sums over days. ``held`` says that its condition holds wherever the
    scenario starts, so that it waits for nothing; ``placed`` that it is of no condition and starts where it
    was told to.
    """

    given: str
    start: Float
    error: float = 0.0
    chance: float = 1.0
    beginning: Beginning = ()
    held: bool = False
    placed: bool = False


@dataclass(frozen=True)
class Clocks:
    """The clocks of one process, made when first asked for.

    Attributes
    ----------
    horizon
        Days within which an onset counts.
    curves
        Whether answers come with what they are at times between; else at the last alone.
    course
        The process where known dates lie ahead (`bystander.process.announced`); ``chain`` is then that of the
        first day only.
    """

    chain: Chain
    horizon: float
    epsilon: float = EPSILON
    curves: bool = True
    course: DatedProcess | None = None
    _known: dict[str, Clock] = field(default_factory=dict, repr=False)
    _entries: dict[tuple[str, float], Float] = field(default_factory=dict, repr=False)

    def at(self, given: Expr | str | None) -> Clock:
        """Return the clock that starts at the onset of a condition, or with the scenario if there is none."""
        text = written(given)
        if text not in self._known:
            if not text or given is None:
                clock = Clock("", self.chain.start, beginning=self.course.start if self.course else ())
            else:
                condition = mask(self.chain.game, given)
                held = not self.chain.start[~condition].any()
                try:
                    if self.course is not None:
                        self._known[text] = replace(self._onset_by_day(text, condition), held=held)
                        return self._known[text]
                    begun = onset(self.chain, condition, self.horizon, epsilon=self.epsilon)
                except QueryError:
                    said = spaced(text) if text.isidentifier() else text
                    raise QueryError(
                        f"'{said}' never comes to hold within {format_whole(self.horizon)} of the start, "
                        "so nothing can be asked given it. Check what should lead there, or ask without it."
                    ) from None
                found = begun.distribution
                clock = Clock(text, found.value, found.error, begun.probability.value, held=held)
            self._known[text] = clock
        return self._known[text]

    @property
    def held(self) -> tuple[str, ...]:
        """List the conditions asked about so far whose clocks wait for nothing."""
        return tuple(sorted(clock.given for clock in self._known.values() if clock.held))

    @property
    def onsets(self) -> tuple[tuple[str, float], ...]:
        """List the other conditions asked about so far, each with the chance that it comes to hold."""
        waiting = (c for c in self._known.values() if c.given and not (c.held or c.placed))
        return tuple(sorted((clock.given, clock.chance) for clock in waiting))

    def _onset_by_day(self, text: str, condition: Bool) -> Clock:
        """Return the clock of a condition while behaviour changes from day to day."""
        assert self.course is not None
        entries = self.course.entries(condition, ONSETS)
        start = np.sum([entry.mass for entry in entries], axis=0)
        chance = float(start.sum())
        return Clock(text, start / chance, 0.0, min(chance, 1.0), condition)

    def begin(self, name: str, entries: tuple[Begun, ...]) -> Clock:
        """Keep a clock that starts where the caller says, under a name no condition has."""
        start = np.sum([entry.mass for entry in entries], axis=0)
        self._known[name] = Clock(name, start, beginning=entries, placed=True)
        return self._known[name]

    def entries(self, given: Expr | str | None) -> tuple[Begun, ...]:
        """Return when and where a clock starts; without known dates on one day."""
        clock = self.at(given)
        if self.course is None:
            return (Begun(0.0, 0, clock.start),)
        return self.course.entries(clock.beginning, ONSETS)

    def spent(self, given: Expr | str | None) -> tuple[Begun, ...]:
        """Return days spent where a condition holds, from its onset to the horizon, as places to start."""
        holds = mask(self.chain.game, given) if given else True
        dates = () if self.course is None else self.course.dates
        return tuple(
            Begun(each.day, sum(known.day <= each.day for known in dates), np.where(holds, each.days, 0.0))
            for each in self.stretches(given)
        )

    def stretches(self, given: Expr | str | None) -> tuple[Stretch, ...]:
        """Return the expected days spent in each situation from a clock on, up to the horizon.

        One stretch for all times, or where known dates lie ahead one for every piece of them.
        """
        clock = self.at(given)
        if self.course is not None:
            return self.course.stretches(clock.beginning)
        nothing, until = np.zeros((self.chain.size, 0)), np.array([self.horizon])
        course = forward_course(
            self.chain.transposed, clock.start, self.horizon, nothing, until=until, epsilon=self.epsilon
        )
        return (Stretch(0.0, self.chain, np.maximum(course.until[0], 0.0)),)

    def start(self, givens: Iterable[Expr | str | None]) -> None:
        """Make the clocks of several conditions side by side."""
        unknown = {written(given): given for given in givens if written(given) not in {"", *self._known}}
        if self.course is not None:
            for given in unknown.values():
                self.at(given)
        elif unknown:
            _ = self.chain.transposed  # before threads ask for it at once
            run_passes([partial(self.at, given) for given in unknown.values()], self.chain.size)

    def follow(self, clock: Clock, readers: Float, time: float) -> Series:
        """Read ``(N, C)`` quantities along the process from a clock on."""
        course = forward_course(
            self.chain.transposed, clock.start, time, readers, until=np.array([time]), epsilon=self.epsilon
        )
        days = np.maximum(course.until[0], 0.0)
        by_target = self.chain.transposed
        self._entries[clock.given, time] = expected_entries(
            by_target.indptr, by_target.indices, by_target.rates, clock.start, days
        )
        return course.series

    def likely(self, clocks: Sequence[Clock], time: float) -> tuple[Bool, float]:
        """Return the situations that matter to questions from these clocks up to a time, and what is lost."""
        whole = np.ones(self.chain.size, bool), 0.0
        if self.chain.size <= SMALL:
            return whole
        nothing = np.zeros((self.chain.size, 0))
        unknown = [clock for clock in clocks if (clock.given, time) not in self._entries]
        if len(unknown) == len(clocks):
            self.follow(unknown.pop(0), nothing, time)
        keys = [(clock.given, time) for clock in clocks]
        known = [self._entries[key] for key in keys if key in self._entries]
        if unknown and any(self._cut(entries)[0].mean() > MOST for entries in known):
            return whole
        run_passes([partial(self.follow, clock, nothing, time) for clock in unknown], self.chain.size)
        return self._cut(np.max([self._entries[key] for key in keys], axis=0))

    def _cut(self, entries: Float) -> tuple[Bool, float]:
        """Return which situations to keep where this often is the most that each is come to."""
        order = np.argsort(entries, kind="stable")
        sums = np.cumsum(entries[order])
        gone = int(np.searchsorted(sums, CUT, side="right"))
        keep = np.ones(self.chain.size, bool)
        keep[order[:gone]] = False
        return keep, float(sums[gone - 1]) if gone else 0.0


def chances(
    clocks: Clocks, starts: Sequence[Clock], questions: Sequence[FirstTime], times: Sequence[Float]
) -> list[Bounded[Float]]:
    """Return ``(G,)`` chances of a hit by each of its times, for each question from the clock beside it."""
    if not questions:
        return []
    if clocks.course is not None:
        return _day_by_day(clocks.course, starts, questions, times)
    columns: dict[tuple[bytes, ...], int] = {}
    distinct: list[FirstTime] = []
    for question in questions:
        if columns.setdefault(question.identity, len(columns)) == len(distinct):
            distinct.append(question)
    rows: dict[str, int] = {}
    for clock in starts:
        rows.setdefault(clock.given, len(rows))
    begin = np.array([clocks.at(given or None).start for given in rows])
    last = float(max(t.max() for t in times))
    keep, lost = clocks.likely([clocks.at(given or None) for given in rows], last)
    generator, _ = restrict(clocks.chain.generator, keep)
    ends, targets = ends_of(clocks.chain, distinct)
    found = first_hits(generator, ends.restricted(keep), targets[keep], begin[:, keep], last, clocks.epsilon)
    by_times: dict[bytes, Bounded[Float]] = {}
    out = []
    for question, clock, when in zip(questions, starts, times, strict=True):
        if when.tobytes() not in by_times:
            by_times[when.tobytes()] = found.at(when)
        reached = by_times[when.tobytes()]
        value = reached.value[:, rows[clock.given], columns[question.identity]]
        out.append(Bounded(np.clip(value, 0.0, 1.0), reached.error + lost + clock.error))
    return out


def _day_by_day(
    course: DatedProcess, starts: Sequence[Clock], questions: Sequence[FirstTime], times: Sequence[Float]
) -> list[Bounded[Float]]:
    """Return the same while known dates lie ahead; those of one clock and the same times side by side."""
    keys = [
        (clock.given, when.tobytes(), question.identity)
        for question, clock, when in zip(questions, starts, times, strict=True)
    ]
    places = {key: place for place, key in reversed(list(enumerate(keys)))}
    together: dict[tuple[str, bytes], list[int]] = {}
    for place in sorted(places.values()):
        together.setdefault(keys[place][:2], []).append(place)
    found: dict[tuple[object, ...], Bounded[Float]] = {}
    for alike in together.values():
        asked = [questions[place] for place in alike]
        answers = course.first_times(asked, starts[alike[0]].beginning, times[alike[0]])
        found |= {keys[place]: answer for place, answer in zip(alike, answers, strict=True)}
    return [found[key] for key in keys]

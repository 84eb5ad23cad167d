r"""A record in order of time: the steps that a filter takes, whatever the numbers of the game.

A subject's history is a list of steps on a row vector over situations (and layers, see
`bystander.evidence.layout`): *begin* somewhere, *pass* time, *leap* with an observed move, *weigh* a reading,
*open* and *close* a window in which moves are counted, *turn* to the next regime. What a step needs is named
by a key, so that steps of many subjects share their matrices.

At one moment the order is: windows close, regimes turn, observations in the order written, windows open. A
move at the very edge of a window of coverage counts as covered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from bystander.evidence.record import COUNTS, Observation, Record, Window

Covered: TypeAlias = tuple[tuple[str, float], ...]
"""Classes whose moves are listed, and with what chance each."""


MOST_MOVES = 10_000
"""A window with more moves of a class than this is beyond counting."""


@dataclass(frozen=True, slots=True)
class RateKey:
    """Which rates hold: regime, what is listed, and open counters (class, layers, what is counted).

    What is counted is the kind of an observation, or ``enough``: firings until there are as many as layers.
    """

    regime: int
    covered: Covered = ()
    counters: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LeapKey:
    """An observed move: its class, whether it may be none, and what is listed at that moment."""

    rates: RateKey
    of: str
    perhaps: bool = False


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One step of a history.

    Attributes
    ----------
    kind
        ``begin``, ``pass``, ``leap``, ``weigh``, ``open``, ``close``, ``turn``, ``mark``.
    moment
        When it is done, or when a pass begins.
    span
        Days that a pass takes.
    key
        What it needs, for passes and leaps; the regime that holds from then on, for beginnings and turns.
    about
        The observation it belongs to, if any.
    """

    kind: str
    moment: float
    span: float = 0.0
    key: RateKey | LeapKey | None = None
    about: Observation | None = None


def timeline(
    record: Record,
    subject: str,
    observations: Sequence[Observation],
    *,
    regimes: Sequence[float] = (),
    marks: Iterable[float] = (),
    until: float | None = None,
    span: tuple[float, float] | None = None,
) -> list[TimelineStep]:
    """Return the steps of one subject.

    Parameters
    ----------
    observations
        Those of the subject that the game has words for, in the order written.
    regimes
        When each regime after the first begins; in a record of elapsed time since the subject's own zero.
    marks
        Moments at which the situation is wanted too.
    until
        When to stop, if not at the end of what is observed.
    span
        The subject's own, where it is known already.
    """
    begin, end = span or record.span(subject)
    end = end if until is None else until
    windows = [w for w in record.windows if w.subject in (subject, "")]
    firsts = [each for each in observations if each.kind == "starts"]
    if firsts and record.begin is None:
        begin = min(each.begin for each in firsts)
    queue = _queue(observations, regimes, marks, begin, end)
    edges = sorted({w.begin for w in windows} | {w.end for w in windows})
    counters: list[Observation] = []
    now, regime = begin, sum(moment <= begin for moment in regimes)
    first = next((each for each in firsts if each.begin == begin), None)
    steps = [TimelineStep("begin", begin, key=RateKey(regime), about=first)]
    for moment, _, _, what in queue:
        steps += _passes(now, moment, edges, windows, regime, counters)
        now = moment
        if isinstance(what, int):
            steps.append(TimelineStep("turn", now, key=RateKey(what)))
            regime = what
        elif what is None:
            steps.append(TimelineStep("mark", now))
        elif what[0] == "open":
            counters = [*counters, what[1]]
            steps.append(TimelineStep("open", now, key=_key(now, windows, regime, counters), about=what[1]))
        elif what[0] == "close":
            steps.append(TimelineStep("close", now, key=_key(now, windows, regime, counters), about=what[1]))
            counters = [each for each in counters if each is not what[1]]
        elif not (what[1].kind == "starts" and now == begin):
            steps.append(_observed(what[1], now, windows, regime, counters))
    return steps + _passes(now, end, edges, windows, regime, counters)


def _queue(
    observations: Sequence[Observation],
    regimes: Sequence[float],
    marks: Iterable[float],
    begin: float,
    end: float,
) -> list[tuple[float, int, int, tuple[str, Observation] | int | None]]:
    """Return what happens when, in order: (moment, order within it, order written, what)."""
    queue: list[tuple[float, int, int, tuple[str, Observation] | int | None]] = []
    for number, moment in enumerate(regimes, 1):
        if begin < moment < end:
            queue.append((moment, 1, number, number))
    for place, each in enumerate(observations):
        if each.kind in COUNTS or (each.kind == "move" and not each.exact):
            queue.append((each.begin, 3, place, ("open", each)))
            queue.append((each.end, 0, place, ("close", each)))
        elif begin <= each.begin <= end:
            queue.append((each.begin, 2, place, ("see", each)))
    queue += [(moment, 4, place, None) for place, moment in enumerate(marks) if begin <= moment <= end]
    queue = [each for each in queue if begin <= each[0] <= end]
    return sorted(queue, key=lambda each: each[:3])


def _passes(
    now: float,
    until: float,
    edges: Sequence[float],
    windows: Sequence[Window],
    regime: int,
    counters: Sequence[Observation],
) -> list[TimelineStep]:
    """Pass the time until a moment, cut where coverage begins or ends."""
    out = []
    cuts = [now, *(edge for edge in edges if now < edge < until), until]
    for first, last in pairwise(cuts):
        if last > first:
            key = _key((first + last) / 2.0, windows, regime, counters)
            out.append(TimelineStep("pass", first, last - first, key))
    return out


def _observed(
    each: Observation, now: float, windows: Sequence[Window], regime: int, counters: Sequence[Observation]
) -> TimelineStep:
    if each.kind != "move":
        return TimelineStep("weigh", now, about=each)
    key = LeapKey(_key(now, windows, regime, counters), each.of, each.perhaps)
    return TimelineStep("leap", now, key=key, about=each)


def _key(moment: float, windows: Sequence[Window], regime: int, counters: Sequence[Observation]) -> RateKey:
    covered = {(w.of, w.listed) for w in windows if w.begin <= moment <= w.end}
    return RateKey(
        regime, tuple(sorted(covered)), tuple((each.of, layers_of(each), each.kind) for each in counters)
    )


def layers_of(each: Observation) -> int:
    """Return how many layers a counter has: numbers of moves from none to the most that matters.

    The last of a count stands for all beyond it: what a count says is weighed as the count, not as silence.
    """
    if each.kind == "move":
        return 2
    if each.kind == "count":
        return int(each.high) + 2
    return most_of_toll(each) + 1


def most_of_toll(each: Observation) -> int:
    """Return a number of moves that a toll of at most ``high`` does not leave room for.

    Chance below 1e-10: for both laws a toll of ``n`` moves falls below ``high`` ever more rarely as n grows
    (Chernoff's bound at the best tilt, evaluated for the law). Beyond `MOST_MOVES` the search ends; such a
    toll is refused, since it does not bound the number of moves.
    """
    number = int(min(each.high / each.each, MOST_MOVES)) + 1
    while number <= MOST_MOVES and _toll_at_most(each.high, each, number) > 1e-10:
        number = number * 5 // 4 + 1
    return number


def _toll_at_most(toll: float, each: Observation, moves: int) -> float:
    """Return the chance that the toll of so many moves, one at least, is no more than ``toll``."""
    from scipy import stats

    if each.law == "poisson":
        return float(stats.poisson.cdf(toll, moves * each.each))
    return float(stats.nbinom.cdf(toll, moves, 1.0 / (1.0 + each.each)))


def counter_weights(each: Observation) -> list[float]:
    """Return what each number of moves, from none to the most, says of an observation."""
    count = layers_of(each)
    if each.kind == "move":
        return [0.0, 1.0]
    if each.kind == "count":
        return [1.0 if each.low <= n <= each.high else 0.0 for n in range(count)]
    none = 1.0 if each.low <= 0 else 0.0
    ends = (
        (_toll_at_most(each.high, each, n), _toll_at_most(each.low - 1, each, n)) for n in range(1, count)
    )
    return [none, *(high - below for high, below in ends)]

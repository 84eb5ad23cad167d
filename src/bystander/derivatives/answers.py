r"""How answers depend on behaviour, for many questions in as few passes as possible.

*Without a deadline* (who comes first, expected times, long-run shares) pair integrals over unlimited time are
products. For a killed process with live rows ``A``, expected days :math:`x` (from :math:`x A = \pi`) and
value :math:`v` (from :math:`A v = g`), :math:`X_{st} = x_s v_t`. For the long run of a recurrent class with
shares :math:`\mu`, :math:`X_{st} = \mu_s \varphi_t` where :math:`\varphi` solves Poisson's equation :math:`Q
\varphi = \bar f - f` (Meyer 1975).

*With a deadline*, first times by one deadline are columns of one pass, whatever their clocks; so are the
answers read along the process from one clock, and everything that depends on where a clock starts. Each pass
goes once forward and once backward (`bystander.numerics.pairs`).

*Clocks that start at an onset.* With entry masses :math:`e_t`, :math:`\nu = e / \sum e`, and :math:`v_t`
the answer from ``t``, :math:`dy = dy|_\nu + \sum_t w_t\, de_t` where :math:`w_t = (v_t - y) / \sum e`:
the second term is the derivative of a passage into the condition that is worth :math:`w_t` where it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from bystander.derivatives.assembling import Recorded, Slope, assemble, follow
from bystander.errors import QueryError
from bystander.game.arrays import Float, Int32
from bystander.game.questions import mask, option_situations
from bystander.numerics.absorption import collected, days_before_leaving, find_classes, shares, time_to_leave
from bystander.numerics.generators import inner, rate_of_entering, restrict
from bystander.numerics.linear import solve
from bystander.numerics.operators import Ends, blocks_of, run_passes
from bystander.numerics.pairs import columns_at_once
from bystander.process.chain import Bool, Chain, FirstTime, Passage, ends_of, make_passage
from bystander.process.clocks import Clocks
from bystander.process.outcomes import Reading, reward_of

INFINITE = "The expected time is infinite (the condition may never hold): it has no derivative."


def slope_before(chain: Chain, first: Bool, than: Bool, start: Float) -> Slope:
    """Differentiate the probability that ``first`` is entered before ``than``."""
    passage = make_passage(chain, first, avoid=than)
    value = collected(passage.generator, passage.hit_rate).value
    return _killed(chain, passage, start, value, passage.target.astype(np.float64))


def slope_of_time(chain: Chain, target: Bool, start: Float) -> Slope:
    """Differentiate the expected days until ``target`` is entered."""
    passage = make_passage(chain, target)
    if passage.may_miss(start):
        raise QueryError(INFINITE)
    live, kept = restrict(passage.generator, passage.sure)
    sure = Passage(live, passage.rows[kept], passage.hit_rate[kept], target, passage.leaks[kept])
    return _killed(chain, sure, start, time_to_leave(live).value, np.zeros(chain.size))


def _killed(chain: Chain, passage: Passage, start: Float, value: Float, ends: Float) -> Slope:
    live, _ = passage.split(start)
    days = days_before_leaving(passage.generator, live).value
    here, spent, values = np.zeros(chain.size), np.zeros(chain.size), ends.copy()
    spent[passage.rows], values[passage.rows] = days, value
    here[passage.rows] = days * value
    return _assemble(chain, here, spent, values)


def slope_of_long_run(chain: Chain, condition: Bool, start: Float) -> Slope:
    """Differentiate the long-run share of time in which a condition holds."""
    found = find_classes(chain.generator)
    reward = condition.astype(np.float64)
    transient = found.of < 0
    live, rows = restrict(chain.generator, transient)
    value, weight, relative = np.zeros(chain.size), np.zeros(chain.size), np.zeros(chain.size)
    days = days_before_leaving(live, start[rows]).value
    weight[rows] = days
    for number in range(found.count):
        members = found.rows(number)
        inside = found.of == number
        share = shares(chain.generator, members).value
        value[members] = inner(share, reward[members])
        entering = rate_of_entering(chain.indptr, chain.indices, chain.rates, inside.astype(np.float64))
        probability = float(start[members].sum() + inner(days, entering[rows]))
        weight[members] = probability * share
        relative[members] = _poisson_equation(chain, members, reward, float(value[members[0]]))
    entering = rate_of_entering(chain.indptr, chain.indices, chain.rates, value)
    value[rows] = collected(live, entering[rows]).value
    relative[rows] = value[rows]
    before, after = np.where(transient, weight, 0.0), np.where(transient, 0.0, weight)
    until = _assemble(chain, before * relative, before, value)
    return until.plus(_assemble(chain, after * relative, after, relative))


def _assemble(chain: Chain, here: Float, days: Float, worth: Float) -> Slope:
    """Turn days and worths ``(N,)`` into the derivatives of one answer."""
    columns = (each[:, None] for each in (here, days, worth, worth))
    return assemble(chain, None, *columns)[0]


def _poisson_equation(chain: Chain, members: Int32, reward: Float, mean: float) -> Float:
    """Return ``(len(members),)`` the relative values of a class, 0 at its first situation."""
    out = np.zeros(len(members))
    if len(members) == 1:
        return out
    inside = np.zeros(chain.size, bool)
    inside[members[1:]] = True
    rest, rows = restrict(chain.generator, inside)
    found = solve(
        rest.indptr, rest.indices, rest.rates, rest.exit, reward[rows] - mean, tolerance=1e-12, limit=20_000
    )
    out[1:] = found.x
    return out


@dataclass(frozen=True)
class Own:
    """How one answer depends on behaviour, ``(N,)`` the days from which it was collected, and the start.

    ``begin`` ``(N,)`` is the derivative in the scenario's starting distribution, whatever the clock.
    """

    slope: Slope
    days: Float
    begin: Float


def slopes_of(clocks: Clocks, readings: Sequence[Reading]) -> list[Own]:
    """Return how each answer depends on option rates and chances, the start of its clock included."""
    work = _Work(clocks, readings)
    run_passes(work.answers(), clocks.chain.size)
    run_passes(work.starts(), clocks.chain.size)
    return [work.found[place] for place in range(len(readings))]


@dataclass(frozen=True)
class _Work:
    """Passes to make, and what they have found: answers by place, onsets by condition."""

    clocks: Clocks
    readings: Sequence[Reading]
    found: dict[int, Own] = field(default_factory=dict)
    onsets: dict[str, tuple[Bool, Recorded]] = field(default_factory=dict)

    @property
    def chain(self) -> Chain:
        return self.clocks.chain

    def answers(self) -> list[Callable[[], None]]:
        """List the passes for all answers, and those until each onset."""
        _ = self.chain.transposed, self.chain.branch_entry  # before threads ask for them at once
        first: list[int] = []
        along: list[int] = []
        eventual: list[int] = []
        for place, reading in enumerate(self.readings):
            sort = reading.question.sort
            (first if sort in _FIRST_TIMES else eventual if sort in _EVENTUAL else along).append(place)
        by_deadline = self._groups(first, lambda r: float(r.times[-1]))
        by_course = self._groups(along, lambda r: (r.clock.given, float(r.times[-1])))
        given = dict.fromkeys(r.clock.given for r in self.readings if r.clock.given)
        return [
            *(job for places in by_deadline for job in self._first_time_jobs(places)),
            *(partial(self._along_the_way, places) for places in by_course),
            *(partial(self._onset, condition) for condition in given),
            *(partial(self._eventually, place) for place in eventual),
        ]

    def starts(self) -> list[Callable[[], None]]:
        """List the passes for what answers owe to where their clock starts."""
        late = [place for place, reading in enumerate(self.readings) if reading.clock.given]
        groups = self._groups(late, lambda r: r.clock.given)
        return [partial(self._start, some) for places in groups for some in self._cut(places)]

    def _groups(self, places: Sequence[int], key: Callable[[Reading], Hashable]) -> list[list[int]]:
        groups: dict[Hashable, list[int]] = {}
        for place in places:
            groups.setdefault(key(self.readings[place]), []).append(place)
        return list(groups.values())

    def _cut(self, places: Sequence[int]) -> Iterator[Sequence[int]]:
        width = columns_at_once(self.chain.size)
        return (places[low : low + width] for low in range(0, len(places), width))

    def _first_time_jobs(self, places: Sequence[int]) -> Iterator[Callable[[], None]]:
        asked = [self.readings[place].question for place in places]
        ends, hits = ends_of(self.chain, [FirstTime(each.target, each.moves) for each in asked])
        for columns in blocks_of(ends, columns_at_once(self.chain.size)):
            some, worths = [places[column] for column in columns], hits[:, columns].T.astype(np.float64)
            yield partial(self._first_times, some, ends.chosen(columns), worths)

    def _first_times(self, places: Sequence[int], ends: Ends, worths: Float) -> None:
        starts = [self.readings[place].clock.start for place in places]
        recorded = follow(self.chain, ends, starts, float(self.readings[places[0]].times[-1]))
        for column, slope in enumerate(recorded.slopes_of_ending(list(worths))):
            self.found[places[column]] = Own(slope, recorded.days[:, column], slope.start)

    def _until(self, question: FirstTime, start: Float, time: float) -> Recorded:
        """Follow one process."""
        return follow(self.chain, ends_of(self.chain, [question])[0], [start], time)

    def _along_the_way(self, places: Sequence[int]) -> None:
        reading = self.readings[places[0]]
        recorded = self._until(FirstTime(), reading.clock.start, float(reading.times[-1]))
        days = recorded.days[:, 0]
        for some in self._cut(places):
            asked = [self.readings[place] for place in some]
            slopes = recorded.slopes(*zip(*(self._worth_on_the_way(each) for each in asked), strict=True))
            for place, each, slope in zip(some, asked, slopes, strict=True):
                self.found[place] = Own(self._with_firings(each, slope, days), days, slope.start)

    def _worth_on_the_way(self, reading: Reading) -> tuple[Float | None, Float | None]:
        """Return what an answer reads at the end, and what it collects per day."""
        rate, sort = reward_of(self.clocks, reading.question), reading.question.sort
        if sort == "at":
            return rate, None
        return None, rate / float(reading.times[-1]) if sort == "share" else rate

    def _with_firings(self, reading: Reading, slope: Slope, days: Float) -> Slope:
        """Add what more firings of an option collect."""
        per_firing = reading.question.per_firing
        if reading.question.moves is not None:
            per_firing = self.chain.options_of(reading.question.moves).astype(np.float64)
        if per_firing is None:
            return slope
        more = per_firing * days[option_situations(self.chain.game)]
        return Slope(slope.option_rate + more, slope.chance, slope.start)

    def _onset(self, given: str) -> None:
        condition = mask(self.chain.game, given)
        recorded = self._until(FirstTime(condition), self.chain.start, self.clocks.horizon)
        self.onsets[given] = condition, recorded

    def _eventually(self, place: int) -> None:
        reading = self.readings[place]
        question, start = reading.question, reading.clock.start
        rule = _EVENTUAL[question.sort]
        conditions = [question.target] if question.than is None else [question.target, question.than]
        slope = rule(self.chain, *conditions, start)
        self.found[place] = Own(slope, np.zeros(self.chain.size), slope.start)

    def _start(self, places: Sequence[int]) -> None:
        condition, recorded = self.onsets[self.readings[places[0]].clock.given]
        entries = self._entries(condition, recorded)
        worths = []
        for place in places:
            value, clock = self.found[place].slope.start, self.readings[place].clock
            with np.errstate(divide="ignore", invalid="ignore"):  # what never begins has no answer to move
                share = (value - inner(clock.start, value)) / entries
            worths.append(np.where(condition, share, 0.0))
        for place, slope in zip(places, recorded.slopes_of_ending(worths), strict=True):
            own = self.found[place]
            self.found[place] = Own(own.slope.plus(slope), own.days, slope.start)

    def _entries(self, condition: Bool, recorded: Recorded) -> float:
        """Return the probability of an onset by the horizon."""
        chain, days = self.chain, recorded.days[:, 0]
        leaves = rate_of_entering(chain.indptr, chain.indices, chain.rates, condition.astype(np.float64))
        return float(chain.start[condition].sum() + inner(days, leaves))


_FIRST_TIMES = ("ever", "fires")
_EVENTUAL: dict[str, Callable[..., Slope]] = {
    "before": slope_before,
    "time_to": slope_of_time,
    "long_run": slope_of_long_run,
}

r"""Derivatives of outcomes in every parameter of a scenario.

An outcome depends on parameters through behaviour (rates of options, chances of branches), through
amounts that name parameters, and through where its clock starts. For each outcome the process is followed
once and run backwards once (`bystander.numerics.pairs`); what comes out, its derivative in every option's
rate and every chance, is handed to the adjoint of the equilibrium (`bystander.equilibrium.derivatives`),
one linear solve for all outcomes together.

*Clocks that start at an onset.* With entry masses :math:`e_t`, :math:`\nu = e / \sum e`, and :math:`v_t`
the answer from ``t``, :math:`dy = dy|_\nu + \sum_t w_t\, de_t` where :math:`w_t = (v_t - y) / \sum e`:
the second term is the derivative of a passage into the condition that is worth :math:`w_t` where it ends.

Conditions and guards have no derivative; a parameter named only in them has derivative 0 here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from bystander.chain.adjoints import Recorded, Slope, record_chain, record_passage
from bystander.chain.clocks import Clock, Clocks
from bystander.chain.ends import slope_before, slope_of_long_run, slope_of_time
from bystander.chain.outcomes import Reading, Request, make_clocks, read_request, reward_of
from bystander.chain.process import Bool, make_passage
from bystander.equilibrium.derivatives import Source, adjoints
from bystander.equilibrium.result import Equilibrium
from bystander.game.arrays import Float, Game
from bystander.game.compile import levels_by_name
from bystander.game.masks import mask, option_mask, option_situations
from bystander.numerics.generators import rate_of_entering
from bystander.numerics.products import inner
from bystander.numerics.workers import thread_count
from bystander.scenario.expressions import Expr, derivative, evaluate, parameters_of

ALONE = 16_000
"""Below this many situations a thread follows one outcome alone; above it, threads share each product."""


def gradients(
    equilibrium: Equilibrium,
    requests: Sequence[Request],
    parameters: Sequence[str] | None = None,
    *,
    clocks: Clocks | None = None,
) -> list[dict[str, float]]:
    """Return the derivative of each outcome in each parameter, per unit of the parameter.

    Units are days, people and dollars.

    Parameters
    ----------
    parameters
        Names; all of the scenario's if None.

    Raises
    ------
    NotConvergedError
        If the equilibrium is at or near a turning point, where there is no derivative.
    """
    sources = [source_of(slope) for slope in slopes(clocks or make_clocks(equilibrium), requests, parameters)]
    return adjoints(equilibrium, sources, parameters)


def gradient(
    equilibrium: Equilibrium, request: Request, parameters: Sequence[str] | None = None
) -> dict[str, float]:
    """Return the derivative of one outcome in each parameter."""
    return gradients(equilibrium, [request], parameters)[0]


@dataclass(frozen=True)
class OutcomeSlope:
    """How one outcome depends on behaviour, and directly on parameters."""

    slope: Slope
    direct: dict[str, float] = field(default_factory=dict)


def source_of(found: OutcomeSlope) -> Source:
    """Return a slope in the form the equilibrium's adjoint takes."""
    return Source(option_rate=found.slope.option_rate, chance=found.slope.chance, parameters=found.direct)


def slopes(
    clocks: Clocks, requests: Sequence[Request], parameters: Sequence[str] | None = None
) -> list[OutcomeSlope]:
    """Return how each outcome depends on option rates and chances, the start of its clock included."""
    names = [name for name, _ in clocks.chain.game.parameters] if parameters is None else list(parameters)
    store = _Store(clocks)
    readings = [read_request(clocks, request) for request in requests]
    for reading in readings:
        if reading.clock.given:
            store.onset(reading.clock.given)
    jobs: dict[Hashable, list[int]] = {}
    for place, reading in enumerate(readings):
        along_the_way = reading.question.sort not in _RULES
        key = (reading.clock.given, float(reading.times[-1])) if along_the_way else place
        jobs.setdefault(key, []).append(place)

    def work(places: list[int]) -> list[OutcomeSlope]:
        found = [_slope(store, readings[place], names) for place in places]
        store.forget(readings[places[0]])
        return found

    with ThreadPoolExecutor(thread_count() if clocks.chain.size < ALONE else 1) as pool:
        longest_first = sorted(jobs.values(), key=len, reverse=True)
        done = zip(longest_first, pool.map(work, longest_first), strict=True)
        found = {place: slope for places, slopes in done for place, slope in zip(places, slopes, strict=True)}
    return [found[place] for place in range(len(readings))]


@dataclass(frozen=True)
class _Store:
    """Recordings of the whole process and of onsets, made once per clock, and once per time asked about."""

    clocks: Clocks
    whole: dict[tuple[str, float], Recorded] = field(default_factory=dict)
    onsets: dict[str, tuple[Bool, Recorded]] = field(default_factory=dict)

    def process(self, clock: Clock, time: float) -> Recorded:
        """Return the whole process followed from a clock; asked for by one thread at a time."""
        if (clock.given, time) not in self.whole:
            self.whole[clock.given, time] = record_chain(self.clocks.chain, clock.start, time)
        return self.whole[clock.given, time]

    def forget(self, reading: Reading) -> None:
        """Let go of the whole process that an answer was read from: it takes much room."""
        self.whole.pop((reading.clock.given, float(reading.times[-1])), None)

    def onset(self, given: str) -> tuple[Bool, Recorded]:
        """Return a condition, and the process followed until it first holds."""
        if given not in self.onsets:
            chain = self.clocks.chain
            condition = mask(chain.game, given)
            passage = make_passage(chain, condition)
            self.onsets[given] = condition, record_passage(chain, passage, chain.start, self.clocks.horizon)
        return self.onsets[given]


def _slope(store: _Store, reading: Reading, names: Sequence[str]) -> OutcomeSlope:
    sort = reading.question.sort
    own, days = (_RULES.get(sort) or _slope_along_the_way)(store, reading)
    direct = _direct(store.clocks, reading, days, names) if sort == "accumulates" else {}
    if reading.clock.given:
        own = own.plus(_slope_of_onset(store, reading.clock, own.start))
    return OutcomeSlope(own, direct)


def _slope_of_onset(store: _Store, clock: Clock, value: Float) -> Slope:
    """Differentiate the start of a clock, weighted by what is expected from each place it may start."""
    chain = store.clocks.chain
    condition, recorded = store.onset(clock.given)
    assert recorded.passage is not None
    rows = recorded.passage.rows
    days = np.zeros(chain.size)
    days[rows] = recorded.recording.days
    leaves = rate_of_entering(chain.indptr, chain.indices, chain.rates, condition.astype(np.float64))
    mass = float(chain.start[condition].sum() + inner(days, leaves))
    worth = np.where(condition, (value - inner(clock.start, value)) / mass, 0.0)
    entering = rate_of_entering(chain.indptr, chain.indices, chain.rates, worth)
    return recorded.slope(None, entering[rows], worth=worth)


def _slope_of_first_time(store: _Store, reading: Reading) -> tuple[Slope, Float]:
    chain, question = store.clocks.chain, reading.question
    fired = None if question.moves is None else chain.options_of(question.moves)
    passage = make_passage(chain, question.target, options=fired)
    time = float(reading.times[-1])
    recorded = record_passage(chain, passage, reading.clock.start, time, fired)
    return recorded.slope(None, passage.hit_rate), recorded.recording.days


def _slope_along_the_way(store: _Store, reading: Reading) -> tuple[Slope, Float]:
    question, time = reading.question, float(reading.times[-1])
    recorded = store.process(reading.clock, time)
    rate = reward_of(store.clocks, question)
    days = recorded.recording.days
    if question.sort == "at":
        return recorded.slope(rate, None), days
    if question.sort == "share":
        return recorded.slope(None, rate / time), days
    per_firing = question.per_firing
    if question.moves is not None:
        per_firing = store.clocks.chain.options_of(question.moves).astype(np.float64)
    return recorded.slope(None, rate, per_firing=per_firing), days


def _eventually(
    rule: Callable[..., Slope],
) -> Callable[[_Store, Reading], tuple[Slope, Float]]:
    def found(store: _Store, reading: Reading) -> tuple[Slope, Float]:
        question, chain = reading.question, store.clocks.chain
        conditions = [question.target] if question.than is None else [question.target, question.than]
        return rule(chain, *conditions, reading.clock.start), np.zeros(chain.size)

    return found


_RULES = {
    "ever": _slope_of_first_time,
    "fires": _slope_of_first_time,
    "before": _eventually(slope_before),
    "time_to": _eventually(slope_of_time),
    "long_run": _eventually(slope_of_long_run),
}


def _direct(clocks: Clocks, reading: Reading, days: Float, names: Sequence[str]) -> dict[str, float]:
    """Differentiate the amounts themselves, behaviour held."""
    chain, outcome = clocks.chain, reading.request.outcome
    game = chain.game
    out: dict[str, float] = {}
    for accrual in outcome.accumulates or ():
        for name in set(parameters_of(accrual.amount)).intersection(names):
            slope = _amount_slope(game, accrual.amount, name)
            out[name] = out.get(name, 0.0) + float(np.sum(days * mask(game, accrual.when) * slope))
    for move, amount in (outcome.on_moves or {}).items():
        for name in set(parameters_of(amount)).intersection(names):
            slope = np.broadcast_to(_amount_slope(game, amount, name), game.size)
            firings = chain.option_rate * option_mask(game, move)
            total = float(np.sum((days * slope)[option_situations(game)] * firings))
            out[name] = out.get(name, 0.0) + total
    return out


def _amount_slope(game: Game, amount: Expr, name: str) -> Float:
    found = evaluate(derivative(amount, name), levels_by_name(game), dict(game.parameters))
    return np.asarray(found, np.float64)

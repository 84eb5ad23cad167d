"""Questions asked of a family's process, one a phase, from every situation where that makes sense.

Every phase keeps its answer for the peers that are asked the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.shelf import Process, Shelf
from benchmarks.timing import Row, timed
from bystander.game.arrays import Float
from bystander.numerics.absorption import collected
from bystander.numerics.bounds import Bounded
from bystander.numerics.generators import Generator
from bystander.numerics.operators import uniformise
from bystander.numerics.transients import march
from bystander.process.chain import Chain, make_passage
from bystander.process.passage import expected_time_from_everywhere, long_run

BOUND = 1e-9
"""The error every method that has a bound is asked for, relative to the largest answer or to 1."""


def transient(shelf: Shelf) -> Row:
    """Find the chance of reaching the target by the deadline."""
    return _asked(shelf, "transient", _reached)


def reward(shelf: Shelf) -> Row:
    """Find the reward expected by the deadline."""
    return _asked(shelf, "reward", _collected)


def eventual(shelf: Shelf) -> Row:
    """Find the chance of ever reaching the target, and that before what is to be avoided."""
    return _asked(shelf, "eventual", _first)


def waiting(shelf: Shelf) -> Row:
    """Find the days expected until the target is reached."""
    return _asked(shelf, "waiting", lambda c, p: expected_time_from_everywhere(c, p.target))


def resting(shelf: Shelf) -> Row:
    """Find the share of time in the target in the long run, by way of the share of every situation."""
    return _asked(shelf, "long-run", _rested)


def _asked(shelf: Shelf, phase: str, ask: Callable[[Chain, Process], Bounded[Float]]) -> Row:
    chain, process = shelf.asked()
    row, found = timed(lambda: ask(chain, process))
    shelf.keep(phase, found.value)
    scale = max(1.0, float(np.abs(found.value).max()))
    return row | {"facts": {"rates": len(chain.rates), "error bound": found.error / scale}}


def _reached(chain: Chain, process: Process) -> Bounded[Float]:
    passage = make_passage(chain, process.target)
    hit = _until(passage.generator, passage.hit_rate, process.days, BOUND / 4)
    return Bounded(np.clip(passage.spread(hit.value), 0.0, 1.0), hit.error)


def _collected(chain: Chain, process: Process) -> Bounded[Float]:
    scale = max(float(np.abs(process.reward).max()) * process.days, 1e-300)
    return _until(chain.generator, process.reward, process.days, BOUND / 4 * scale)


def _until(generator: Generator, gain: Float, days: float, epsilon: float) -> Bounded[Float]:
    """Return ``(N,)`` from everywhere what is gained within some days."""
    operator = uniformise(generator, forward=False, gain=gain)
    most = min(max(operator.gain_size * operator.rate * days, 1e-280), 1.0)
    nothing, unread, end = np.zeros(generator.size), np.zeros(0), np.array([days])
    course = march(operator, nothing, days, lambda _: unread, at=end, epsilon=epsilon * most)
    return Bounded(course.at[0], course.error)


def _first(chain: Chain, process: Process) -> Bounded[Float]:
    passage = make_passage(chain, process.target, avoid=process.avoid)
    chance = collected(passage.generator, passage.hit_rate)
    return Bounded(passage.spread(chance.value), chance.error)


def _rested(chain: Chain, process: Process) -> Bounded[Float]:
    share = long_run(chain).share
    return Bounded(np.atleast_1d(share.value[process.target].sum()), share.error)

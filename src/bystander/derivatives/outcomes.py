r"""Derivatives of outcomes in every parameter of a scenario.

An outcome depends on parameters through behaviour (rates of options, chances of branches), through
amounts that name parameters, and through where its clock starts. Its derivative in every option's rate and
every chance (`bystander.derivatives.answers`) is handed to the adjoint of the equilibrium
(`bystander.derivatives.implicit`), one linear solve for all outcomes together.

Conditions and guards have no derivative; a parameter named only in them has derivative 0 here.

Where known dates lie ahead behaviour is another on every day, see `bystander.derivatives.days`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bystander.derivatives.answers import Own, slopes_of
from bystander.derivatives.assembling import Slope
from bystander.derivatives.days import Spent, gradients_by_day
from bystander.derivatives.implicit import (
    TOLERANCE,
    DirectDependence,
    Linearisation,
    adjoints,
    adjoints_of_each,
    linearise,
)
from bystander.equilibrium.result import Equilibrium
from bystander.game.arrays import Float, Game
from bystander.game.compile import levels_by_name, start_derivatives
from bystander.game.questions import mask, option_mask, option_situations
from bystander.numerics.generators import inner
from bystander.process.chain import Chain, rate_of, rewards_of
from bystander.process.clocks import Clocks
from bystander.process.outcomes import Reading, Request, make_clocks, read_requests
from bystander.scenario.expressions import Expr, derivative, evaluate, parameters_of


def gradients(
    equilibrium: Equilibrium,
    requests: Sequence[Request],
    parameters: Sequence[str] | None = None,
    *,
    clocks: Clocks | None = None,
    line: Linearisation | None = None,
    tolerance: float = TOLERANCE,
) -> list[dict[str, float]]:
    """Return the derivative of each outcome in each parameter, per unit of the parameter.

    Units are days, people and dollars.

    Parameters
    ----------
    parameters
        Names; all of the scenario's if None.
    tolerance
        Relative residual of the linear solves.

    Raises
    ------
    NotConvergedError
        If the equilibrium is at or near a turning point, where there is no derivative.
    """
    clocks = clocks or make_clocks(equilibrium)
    course = clocks.course
    if course is not None:
        names = [name for name, _ in equilibrium.game.parameters] if parameters is None else list(parameters)

        def direct(reading: Reading, spent: Spent) -> dict[str, float]:
            pieces = [(course.chain(piece), days) for piece, days in spent.values()]
            return _amounts(clocks.chain.game, pieces, reading, names)

        readings = read_requests(clocks, requests)
        return gradients_by_day(course, readings, names, direct, tolerance=tolerance)
    sources = [source_of(slope) for slope in slopes(clocks, requests, parameters)]
    return adjoints(line or equilibrium, sources, parameters, tolerance=tolerance)


def gradients_of_each(
    asked: Sequence[tuple[Equilibrium, Sequence[Request], Clocks]], parameters: Sequence[str]
) -> list[list[dict[str, float]]]:
    """Return the derivatives of outcomes at several equilibria; see `gradients`.

    Games that differ in the values of parameters alone share most of the work, those with known dates none.
    """
    found: dict[int, list[dict[str, float]]] = {}
    together = []
    for place, (equilibrium, requests, clocks) in enumerate(asked):
        if clocks.course is not None:
            found[place] = gradients(equilibrium, requests, parameters, clocks=clocks)
            continue
        sources = [source_of(slope) for slope in slopes(clocks, requests, parameters)]
        together.append((place, (linearise(equilibrium), sources)))
    moved = adjoints_of_each([each for _, each in together], parameters, tolerance=TOLERANCE)
    found.update(zip((place for place, _ in together), moved, strict=True))
    return [found[place] for place in range(len(asked))]


@dataclass(frozen=True)
class OutcomeSlope:
    """How one outcome depends on behaviour, and directly on parameters."""

    slope: Slope
    direct: dict[str, float] = field(default_factory=dict)


def source_of(found: OutcomeSlope) -> DirectDependence:
    """Return a slope in the form the equilibrium's adjoint takes."""
    return DirectDependence(
        option_rate=found.slope.option_rate, chance=found.slope.chance, parameters=found.direct
    )


def slopes(
    clocks: Clocks, requests: Sequence[Request], parameters: Sequence[str] | None = None
) -> list[OutcomeSlope]:
    """Return how each outcome depends on option rates and chances, the start of its clock included."""
    names = [name for name, _ in clocks.chain.game.parameters] if parameters is None else list(parameters)
    starts = start_derivatives(clocks.chain.game, names) if names else {}
    readings = read_requests(clocks, requests)
    return [
        OutcomeSlope(own.slope, _direct(clocks.chain, own, reading, names, starts))
        for reading, own in zip(readings, slopes_of(clocks, readings), strict=True)
    ]


def _direct(
    chain: Chain, own: Own, reading: Reading, names: Sequence[str], starts: Mapping[str, Float]
) -> dict[str, float]:
    """Differentiate an outcome, behaviour held: its amounts, and where the scenario starts."""
    out = _amounts(chain.game, [(chain, own.days)], reading, names)
    for name, start in starts.items():
        out[name] = out.get(name, 0.0) + inner(start, own.begin)
    return out


def _amounts(
    game: Game, spent: Sequence[tuple[Chain, Float]], reading: Reading, names: Sequence[str]
) -> dict[str, float]:
    """Differentiate the amounts of an outcome themselves, behaviour held; days by the process they are of."""
    outcome, out = reading.request.outcome, dict[str, float]()
    for accrual in outcome.accumulates or ():
        for name in set(parameters_of(accrual.amount)).intersection(names):
            slope = mask(game, accrual.when) * _amount_slope(game, accrual.amount, name)
            out[name] = out.get(name, 0.0) + sum(float(np.sum(days * slope)) for _, days in spent)
    for move, amount in (outcome.on_moves or {}).items():
        for name in set(parameters_of(amount)).intersection(names):
            slope = np.broadcast_to(_amount_slope(game, amount, name), game.size)
            for chain, days in spent:
                firings = chain.option_rate * option_mask(game, move)
                out[name] = out.get(name, 0.0) + float(
                    np.sum((days * slope)[option_situations(game)] * firings)
                )
    return out


def most_of(clocks: Clocks, reading: Reading, names: Sequence[str]) -> tuple[float, DirectDependence]:
    """Return what an amount or a count comes to in the situation where it grows fastest, by the last day.

    That is a bound on the question's answer as long as behaviour is what it is. How it depends on behaviour
    and on amounts comes with it.
    """
    chain, days = clocks.chain, float(reading.times[-1])
    flow, firing = rewards_of(chain.game, reading.question)
    rate = rate_of(chain, flow, firing)
    spent = np.zeros(chain.size)
    fastest = int(np.argmax(rate))
    spent[fastest] = days
    felt = None if firing is None else spent[option_situations(chain.game)] * firing
    direct = _amounts(chain.game, [(chain, spent)], reading, names)
    return days * float(rate[fastest]), DirectDependence(option_rate=felt, parameters=direct)


def _amount_slope(game: Game, amount: Expr, name: str) -> Float:
    found = evaluate(derivative(amount, name), levels_by_name(game), dict(game.parameters))
    return np.asarray(found, np.float64)

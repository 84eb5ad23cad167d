"""Indices of global sensitivity from a sample, PAWN and Sobol, by SALib; see `policy.sensitivity`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.errors import MissingExtraError

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class GlobalSensitivity:
    """How much an outcome hangs on one parameter over the priors.

    Attributes
    ----------
    pawn
        PAWN index in [0, 1].
    low, high
        Mean of the outcome in the lowest and in the highest tenth of the parameter's draws.
    first, total
        Sobol indices; None where they were not asked for.
    first_error, total_error
        Half-widths of their 95% confidence intervals.
    """

    parameter: str
    outcome: str
    pawn: float
    low: float
    high: float
    first: float | None = None
    total: float | None = None
    first_error: float | None = None
    total_error: float | None = None


@dataclass(frozen=True, slots=True)
class Interaction:
    """Share of an outcome's variance that two parameters explain only together, with its 95% half-width."""

    outcome: str
    one: str
    two: str
    share: float
    error: float


def require_salib() -> None:
    """Raise unless SALib is installed."""
    from importlib.util import find_spec

    if find_spec("SALib") is None:
        raise MissingExtraError(
            "Global sensitivity needs SALib, which is not installed. "
            "Install it with: pip install 'bystander[sensitivity]'"
        )


def saltelli(problem: Mapping[str, Any], draws: int, seed: int) -> Array:
    """Return Saltelli's sample of about ``draws`` points in the unit cube."""
    from SALib.sample import sobol

    width = 2 * problem["num_vars"] + 2
    count = 2 ** max(3, round(math.log2(max(draws / width, 1.0))))
    return np.asarray(sobol.sample(dict(problem), count, calc_second_order=True, seed=seed))


def analyse(
    problem: dict[str, Any],
    uniform: Array,
    values: Mapping[str, Array],
    solved: Array,
    method: str,
    seed: int,
) -> tuple[list[GlobalSensitivity], list[Interaction]]:
    """Return indices of every outcome and, for Sobol, the interactions, largest first."""
    names = problem["names"]
    rows: list[GlobalSensitivity] = []
    pairs: list[Interaction] = []
    for outcome, y in values.items():
        x, known = uniform[solved], y[solved]
        flat = bool(np.ptp(known) <= 1e-12 * max(abs(known).max(), 1e-300))
        pawn = np.zeros(len(names)) if flat else _pawn(problem, x, known, seed)
        shares: dict[str, Any] = {}
        if method == "sobol" and not flat and solved.all():
            shares = _sobol(problem, y, seed)
            for a in range(len(names)):
                for b in range(a + 1, len(names)):
                    pairs.append(
                        Interaction(
                            outcome,
                            names[a],
                            names[b],
                            float(shares["S2"][a, b]),
                            float(shares["S2_conf"][a, b]),
                        )
                    )
        found = []
        for k, name in enumerate(names):
            lowest, highest = x[:, k] <= np.quantile(x[:, k], 0.1), x[:, k] >= np.quantile(x[:, k], 0.9)
            index = {s: float(shares[s][k]) for s in ("S1", "ST", "S1_conf", "ST_conf")} if shares else {}
            found.append(
                GlobalSensitivity(
                    name,
                    outcome,
                    float(pawn[k]),
                    float(known[lowest].mean()),
                    float(known[highest].mean()),
                    index.get("S1"),
                    index.get("ST"),
                    index.get("S1_conf"),
                    index.get("ST_conf"),
                )
            )
        rows += sorted(found, key=lambda r: -(r.pawn if r.total is None else r.total))
    return rows, sorted(pairs, key=lambda p: -abs(p.share))


def _pawn(problem: dict[str, Any], x: Array, y: Array, seed: int) -> Array:
    from SALib.analyze import pawn

    slices = max(2, min(10, len(y) // 15))
    found = pawn.analyze(problem, x, y, S=slices, print_to_console=False, seed=seed)
    index: Array = np.nan_to_num(np.asarray(found["median"], dtype=float))
    return index


def _sobol(problem: dict[str, Any], y: Array, seed: int) -> dict[str, Any]:
    from SALib.analyze import sobol

    return dict(sobol.analyze(problem, y, calc_second_order=True, print_to_console=False, seed=seed))


def dummy_index(draws: int, seed: int) -> float:
    """PAWN index of numbers that have nothing to do with each other, the 95th percentile of 40 trials."""
    random = np.random.default_rng(seed)
    problem = {"num_vars": 1, "names": ["dummy"], "bounds": [[0.0, 1.0]]}
    trials = [_pawn(problem, random.random((draws, 1)), random.random(draws), seed)[0] for _ in range(40)]
    return float(np.quantile(trials, 0.95))

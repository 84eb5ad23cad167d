r"""What a record taught, in numbers, in words, and as a tree that ArviZ reads: prior beside posterior.

On the scale of its prior a parameter has deviation 1 before any data. *Learnt* is the share of that which is
gone: :math:`1 - \text{sd}`. Directions tell more than parameters: with the curvature of the log-likelihood
alone (the Hessian less the prior's identity), an eigenvalue far below 1 is a combination that the record does
not move, one far above 1 a combination that it pins down, even where every parameter in it stays uncertain.

The tree is written as netCDF. Groups and their meaning are ArviZ's: ``posterior`` and ``prior`` (parameters,
in days, people and dollars), ``log_likelihood`` (a term for each observation), ``observed_data`` (the
record's dates), ``sample_stats`` (log posterior terms, method, Pareto k). Draws that are not from chains
stand in one chain.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bystander.errors import MissingExtraError, QueryError
from bystander.evidence.learning import Fit
from bystander.files import ending_of, not_put_together, write_whole
from bystander.game.arrays import Float
from bystander.harmless import first_of, in_a_row
from bystander.scenario import Scenario
from bystander.seeds import stream
from bystander.units import Dimension, exact_quantity

if TYPE_CHECKING:
    from xarray import DataTree

NOTHING, LITTLE, MUCH = 0.07, 0.25, 0.6
MOVED = 0.3
FEWEST = 100
"""Draws whose deviation is known to less than ``NOTHING``, the least that is told: 1/sqrt(2n) of itself."""
TOGETHER = 0.35
QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Taught:
    """One parameter before and after.

    Attributes
    ----------
    before, after
        5 %, 50 % and 95 % quantiles, in days, people and dollars.
    learnt
        Share of the prior's deviation that is gone; negative if the record makes it less certain.
    shift
        How far the median moved, in the prior's deviations.
    verdict
        In words.
    """

    name: str
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    learnt: float
    shift: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Direction:
    """A combination of parameters that the record pins down or leaves alone: weights by name."""

    weights: tuple[tuple[str, float], ...]
    curvature: float
    says: str


def taught(fit: Fit) -> tuple[Taught, ...]:
    """Return every parameter before and after, most learnt first."""
    z = fit.sample()
    out = []
    for place, (name, prior) in enumerate(zip(fit.names, fit.coordinates.priors, strict=True)):
        column = z[:, place]
        points = np.quantile(column, QUANTILES)
        low, middle, high = (fit.coordinates.values(_at(fit, place, q))[name] for q in points.tolist())
        first, second, third = prior.ppf(np.array(QUANTILES)).tolist()
        learnt = 1.0 - float(column.std())
        shift = float(points[1])
        told = _verdict(learnt, shift) if len(z) >= FEWEST else "too few draws to say"
        out.append(Taught(name, (first, second, third), (low, middle, high), learnt, shift, told))
    return tuple(sorted(out, key=lambda each: -_much(each.learnt, each.shift)))


def _much(learnt: float, shift: float) -> float:
    """Return how much was learnt: what narrows a parameter, or moves it by twice as much of its deviation."""
    return max(learnt, abs(shift) / 2.0)


def _at(fit: Fit, place: int, point: float) -> Float:
    z = np.zeros(len(fit.names))
    z[place] = point
    return z


def _verdict(learnt: float, shift: float) -> str:
    way = f"moves it {'up' if shift > 0 else 'down'}"
    moved = f", and {way}" if abs(shift) > MOVED else ""
    if learnt < NOTHING:
        return (
            f"the record {way}, and hardly narrows it"
            if moved
            else "the record says next to nothing about it"
        )
    if learnt < LITTLE:
        return f"the record narrows it a little{moved}"
    return f"the record {'pins it down' if learnt > MUCH else 'narrows it'}{moved}"


def directions(fit: Fit) -> tuple[Direction, ...]:
    """Return the combinations that the record moves together or not at all, strongest first."""
    curvature, vectors = np.linalg.eigh(fit.laplace.hessian - np.eye(len(fit.names)))
    found = []
    for value, vector in sorted(zip(curvature.tolist(), vectors.T, strict=True), key=lambda each: -each[0]):
        large = [
            (fit.names[k], float(vector[k])) for k in np.argsort(-np.abs(vector)) if abs(vector[k]) > TOGETHER
        ]
        if len(large) < 2:
            continue
        if value > 4.0:
            same = len({weight > 0 for _, weight in large}) == 1
            names = " and ".join(name for name, _ in large)
            how = "only what they do together" if same else "what they are to each other"
            found.append(Direction(tuple(large), value, f"of {names} the record tells {how}"))
    quiet = [fit.names[k] for k in range(len(fit.names)) if _is_quiet(fit, k)]
    if quiet:
        shown = first_of(quiet, 8, ", ")
        found.append(
            Direction(
                tuple((name, 1.0) for name in quiet),
                0.0,
                f"the record does not move {shown} in any combination",
            )
        )
    return tuple(found)


def _is_quiet(fit: Fit, place: int) -> bool:
    """Say whether the likelihood has no curvature along a parameter, alone or with others."""
    row = fit.laplace.hessian[place] - np.eye(len(fit.names))[place]
    return bool(np.abs(row).max() < NOTHING)


def require_enough(drawn: int) -> None:
    """Refuse to carry a posterior on as priors by draws that are too few for a deviation.

    Raises
    ------
    QueryError
        Below `FEWEST`.
    """
    if drawn < FEWEST:
        raise QueryError(_too_few(drawn, "learn priors from"))


def _too_few(drawn: int, to: str) -> str:
    count = "One draw is" if drawn == 1 else f"{drawn} draws are"
    return f"{count} too few to {to}: ask for {FEWEST} at least, better 400."


def verdict(fit: Fit) -> str:
    """Say in two or three sentences what the fit is worth."""
    told = taught(fit)
    much = [each.name for each in told if _much(each.learnt, each.shift) >= LITTLE]
    nothing = [each for each in told if each.learnt < NOTHING and abs(each.shift) <= MOVED]
    parts, few = [], fit.draws is not None and len(fit.draws.points) < FEWEST
    if fit.draws is not None and few:
        parts.append(_too_few(len(fit.draws.points), "say what the record teaches"))
    elif much:
        parts.append(f"The record teaches most about {in_a_row(much[:4])}.")
    else:
        parts.append("The record teaches little about any of these numbers.")
    if nothing and not few:
        parts.append(f"It says next to nothing about {len(nothing)} of {len(told)}.")
    if fit.laplace.flat_directions:
        parts.append(
            f"In {fit.laplace.flat_directions} direction{'s' * (fit.laplace.flat_directions > 1)} the "
            "likelihood is flat or bends the wrong way at the mode: there the prior decides."
        )
    if fit.folds:
        parts.append(
            f"{fit.folds} of {fit.evaluations} evaluations jumped to another equilibrium on the way: the "
            "likelihood is not smooth there, and averages over it mean less."
        )
    if fit.failed:
        parts.append(f"{fit.failed} points had no equilibrium and were left out.")
    if fit.draws is not None and not fit.draws.believed:
        parts.append(
            "The draws are not to be believed: the tail of their weights has shape "
            f"{fit.draws.pareto_k:.2f}, and averages need less than 0.7."
        )
    return " ".join(parts)


def as_datatree(fit: Fit) -> DataTree:
    """Return a fit as an xarray DataTree with ArviZ's groups.

    Raises
    ------
    MissingExtraError
        If xarray is not installed.
    """
    try:
        import xarray as xr
    except ImportError as error:
        raise MissingExtraError(
            "Draws as a tree need xarray: pip install 'bystander[evidence]', or ask for --json."
        ) from error
    values = fit.values()
    count = len(next(iter(values.values())))
    random = stream(fit.seed, "prior draws of a fit")
    before = {
        name: np.asarray(prior.ppf(random.random(count)))
        for name, prior in zip(fit.names, fit.coordinates.priors, strict=True)
    }
    groups: dict[str, Any] = {
        "posterior": xr.Dataset({name: (("chain", "draw"), v[None]) for name, v in values.items()}),
        "prior": xr.Dataset({name: (("chain", "draw"), v[None]) for name, v in before.items()}),
    }
    if fit.draws is not None:
        terms = fit.draws.terms[None]
        shape = (("chain", "draw", "term"), terms)
        groups["log_likelihood"] = xr.Dataset({"record": shape}, coords={"term": list(fit.terms)})
        groups["sample_stats"] = xr.Dataset(
            {"lp": (("chain", "draw"), terms.sum(axis=2))},
            attrs={
                "method": fit.draws.method,
                "pareto_k": float(fit.draws.pareto_k),
                "log_evidence": float(fit.log_evidence),
                "log_evidence_error": float(fit.evidence_error),
                "evaluations": fit.evaluations,
                "jumps_between_equilibria": fit.folds,
            },
        )
    groups["observed_data"] = xr.Dataset(coords={"term": list(fit.terms)})
    return xr.DataTree.from_dict(groups)


def write_fit(fit: Fit, path: str | os.PathLike[str]) -> Path:
    """Write a fit as netCDF, whole or not at all."""
    path = Path(path)
    if ending_of(path) != ".nc":
        raise QueryError(f"{path}: draws are written as netCDF, .nc, not '{path.suffix}'.")
    tree = as_datatree(fit)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "fit.nc"
        try:
            tree.to_netcdf(place, engine="h5netcdf")
        except (ImportError, ValueError) as error:
            raise MissingExtraError(
                "netCDF needs h5netcdf and h5py: pip install 'bystander[evidence]'."
            ) from error
        except OSError as error:
            raise not_put_together() from error
        return write_whole(path, place.read_bytes())


def as_priors(fit: Fit, scenario: Scenario, record: str) -> str:
    """Return the posterior as the YAML of parameters whose priors carry it on, marked as learnt.

    Raises
    ------
    QueryError
        If there are too few draws for a deviation.
    """
    lines = ["parameters:"]
    z = fit.sample()
    require_enough(len(z))
    for place, (name, prior) in enumerate(zip(fit.names, fit.coordinates.priors, strict=True)):
        middle, width = float(np.median(z[:, place])), float(z[:, place].std())
        points = (middle, middle + width)
        median, upper = (fit.coordinates.values(_at(fit, place, point))[name] for point in points)
        dimension = scenario.parameters[name].dimension
        told = _carried(prior.family, median, upper, dimension)
        value = exact_quantity(median, dimension).text
        about = f"Learnt from the record {record}"
        lines.append(f"  {name}: {{value: {value}, prior: '{told}', about: '{about}', learnt: record}}")
    return "\n".join(lines) + "\n"


def _carried(family: str, middle: float, upper: float, dimension: Dimension) -> str:
    """Return the prior that has a median, and a standard deviation up from it."""

    def text(value: float) -> str:
        return exact_quantity(value, dimension).text

    if family in ("lognormal", "gamma") and middle > 0:
        return f"lognormal(median={text(middle)}, spread={max(upper / middle, 1.0001):.6g})"
    away = max(abs(upper - middle), 1e-12)
    if family == "beta" and 0 < middle < 1:
        return f"beta(mean={text(middle)}, n={max(middle * (1 - middle) / away**2 - 1, 0.1):.6g})"
    return f"normal(mean={text(middle)}, sd={text(away)})"

"""A fit as an ArviZ-readable tree, written as netCDF.

Groups and their meaning are ArviZ's: ``posterior`` and ``prior`` (parameters, in days, people and dollars),
``log_likelihood`` (a term for each observation), ``observed_data`` (the record's dates), ``sample_stats``
(log posterior terms, method, Pareto k). Draws that are not from chains stand in one chain.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bystander.errors import MissingExtraError, QueryError
from bystander.evidence.learning import Fit
from bystander.files import write_whole
from bystander.scenario import Scenario
from bystander.seeds import stream
from bystander.units import Dimension, exact_quantity

if TYPE_CHECKING:
    from xarray import DataTree


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
    if path.suffix != ".nc":
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
        return write_whole(path, place.read_bytes())


def as_priors(fit: Fit, scenario: Scenario, record: str) -> str:
    """Return the posterior as the YAML of parameters whose priors carry it on, marked as learnt."""
    lines = ["parameters:"]
    z = fit.sample()
    for place, (name, prior) in enumerate(zip(fit.names, fit.coordinates.priors, strict=True)):
        middle, width = float(np.median(z[:, place])), float(z[:, place].std())
        at = np.zeros(len(fit.names))
        values = []
        for point in (middle, middle + width):
            at[place] = point
            values.append(fit.coordinates.values(at)[name])
        dimension = scenario.parameters[name].dimension
        told = _carried(prior.family, values[0], values[1], dimension)
        value = exact_quantity(values[0], dimension).text
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

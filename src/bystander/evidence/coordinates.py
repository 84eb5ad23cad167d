r"""Parameters on the scale of their priors, every prior a standard normal; evaluations kept at such points.

With F the distribution function of a parameter's prior and :math:`\Phi` that of the normal,

.. math:: \theta = F^{-1}(\Phi(z)), \qquad z \sim N(0, 1) \text{ before any data},

whatever the family: a log-normal is :math:`\log\theta = \mu + s z` exactly. Modes, Laplace's approximation
and draws live in z: a posterior deviation of 1 means that the record taught nothing, of 0.1 that it taught a
lot; and there are no bounds to run into. :math:`d\theta/dz = \varphi(z) / f(\theta)`.

Those are learnt that are named, or that a record moves most (`choose_parameters`). A scenario may have a
hundred numbers with a prior, and a record of a dozen observations moves few of them. One gradient at the
scenario's own values, on the scale of the priors, ranks them: what the log-likelihood gains when a number
moves by one deviation of its prior. The others stay at their values, and that is said.

Long learning that is stopped goes on where it was. Everything a fit does follows from the values of its
likelihood at points that follow from earlier values and named random streams. So it is enough to keep those
(`Journal`): one line for each evaluation, appended and flushed. A fit that is started again asks the same
questions in the same order, finds the answers there, and ends with the same bits. A torn last line is as good
as absent; a journal of another question is refused by its first line.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Container, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

from bystander.errors import QueryError
from bystander.evidence.likelihood import Weighable
from bystander.evidence.record import Record
from bystander.evidence.writing import record_as_yaml
from bystander.files import not_written
from bystander.game.arrays import Float
from bystander.origins import own_version
from bystander.scenario import Scenario, scenario_hash
from bystander.scenario.priors import Prior

FARTHEST = 7.5
OPENING = b'{"question"'
"""How a journal begins."""


@dataclass(frozen=True)
class Coordinates:
    """Named parameters with priors."""

    names: tuple[str, ...]
    priors: tuple[Prior, ...]

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.names)

    def without(self, names: Container[str]) -> Coordinates:
        """Return the coordinates of the other parameters."""
        kept = [n for n, name in enumerate(self.names) if name not in names]
        return Coordinates(tuple(self.names[n] for n in kept), tuple(self.priors[n] for n in kept))

    def values(self, z: Float) -> dict[str, float]:
        """Return the parameters at a point, in days, people and dollars."""
        return {
            name: self._one(prior, float(x))
            for name, prior, x in zip(self.names, self.priors, z, strict=True)
        }

    def slopes(self, z: Float) -> Float:
        """Return ``(p,)`` how each parameter moves with its coordinate."""
        out = np.empty(self.size)
        for place, (prior, x) in enumerate(zip(self.priors, z.tolist(), strict=True)):
            value = self._one(prior, x)
            match prior.family:
                case "normal":
                    out[place] = prior.second
                case "lognormal":
                    out[place] = value * math.log(prior.second)
                case _:
                    x = min(max(x, -FARTHEST), FARTHEST)
                    density = float(prior.density(np.array(value)))
                    normal = math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
                    out[place] = normal / density if density > 0.0 else 0.0
        return out

    def points(self, values: Sequence[float]) -> Float:
        """Return the coordinates of parameter values."""
        out = []
        for prior, value in zip(self.priors, values, strict=True):
            if prior.family == "normal":
                out.append((value - prior.first) / prior.second)
            elif prior.family == "lognormal":
                out.append(math.log(max(value, 1e-300) / prior.first) / math.log(prior.second))
            else:
                share = float(prior.cdf(np.array(value)))
                out.append(float(special.ndtri(min(max(share, 1e-13), 1.0 - 1e-13))))
        return np.asarray(np.clip(np.array(out), -FARTHEST, FARTHEST))

    @staticmethod
    def _one(prior: Prior, x: float) -> float:
        match prior.family:
            case "normal":
                return prior.first + prior.second * x
            case "lognormal":
                return prior.first * math.exp(math.log(prior.second) * min(max(x, -60.0), 60.0))
        share = float(special.ndtr(min(max(x, -FARTHEST), FARTHEST)))
        return float(prior.ppf(np.array(share)))


def coordinates_of(scenario: Scenario, names: Sequence[str] = ()) -> Coordinates:
    """Return the parameters of a scenario that have a prior, or those named.

    Raises
    ------
    QueryError
        If one is unknown or has no prior: a number without one is not learnt.
    """
    known = {name: body.prior for name, body in scenario.parameters.items() if body.prior is not None}
    for name in names:
        if name not in scenario.parameters:
            raise QueryError(f"There is no parameter '{name}'.")
        if name not in known:
            raise QueryError(
                f"The parameter '{name}' has no prior, so it is not learnt. Write prior: beside it."
            )
    chosen = tuple(dict.fromkeys(names)) or tuple(
        known
    )  # twice itself, a number would look half as uncertain
    priors = tuple(prior for name in chosen if isinstance(prior := known[name], Prior))
    return Coordinates(chosen, priors)


def choose_parameters(
    scenario: Scenario, likelihood: Weighable, named: Sequence[str] = (), most: int = 12
) -> Coordinates:
    """Return the parameters named, or at most so many that the record moves most at the scenario's values."""
    if most < 1 and not named:
        raise QueryError(f"At most {most} numbers to learn are none: ask for 1 at least, or name them.")
    whole = coordinates_of(scenario, named)
    if named or whole.size <= most:
        return whole
    central = likelihood.central()
    z = whole.points([central[name] for name in whole.names])
    found = likelihood.weigh(whole.values(z), slopes=True)
    gains = np.array([abs(found.gradient.get(name, 0.0)) for name in whole.names]) * whole.slopes(z)
    chosen = sorted(np.argsort(-np.abs(gains), kind="stable")[:most].tolist())
    return coordinates_of(scenario, [whole.names[place] for place in chosen])


def question_of(crises: Sequence[tuple[Scenario, Record]], *more: str) -> str:
    """Return what a journal belongs to: scenarios and records, a version, and whatever else is said."""
    import hashlib

    parts = [text for told, record in crises for text in (scenario_hash(told), record_as_yaml(record))]
    return hashlib.sha256("\0".join((*parts, *more, own_version())).encode()).hexdigest()


class Journal:
    """Answers by point; with no file they are kept for the life of the object only."""

    def __init__(self, path: str | os.PathLike[str] | None = None, question: str = "") -> None:
        self.path = None if path is None else Path(path)
        self._known: dict[str, Any] = {}
        if self.path is not None and not (self.path.exists() and self._load(self.path, question)):
            self._append(json.dumps({"question": question}))

    def get(self, point: Float, kind: str) -> tuple[Float, Float] | None:
        """Return the terms and the gradient found at a point, None if it was not asked."""
        found = self._known.get(_key(point, kind))
        return None if found is None else (np.array(found[0]), np.array(found[1]))

    def put(self, point: Float, kind: str, terms: Float, gradient: Float) -> None:
        """Keep what was found at a point."""
        entry = [terms.tolist(), gradient.tolist()]
        self._known[_key(point, kind)] = entry
        self._append(json.dumps({"at": _key(point, kind), "found": entry}))

    def _append(self, line: str) -> None:
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
                file.flush()
        except OSError as error:
            raise not_written(self.path, error) from error

    def _load(self, path: Path, question: str) -> bool:
        """Take in what was kept and cut a torn last line off; say whether there is a whole first line."""
        try:
            data = path.read_bytes()
            whole = data.rfind(b"\n") + 1
            if not whole and OPENING.startswith(data[: len(OPENING)]):
                os.truncate(path, 0)
                return False
        except OSError as error:
            raise QueryError(f"{path} cannot be read: {error.strerror or error}") from error
        lines = data[:whole].decode("utf-8", "replace").split("\n")
        try:
            told = json.loads(lines[0])["question"]
        except (ValueError, KeyError, TypeError):
            told = None
        if told != question:
            raise QueryError(
                f"{path} is the journal of another fit (another scenario, record or version). "
                "Name another file, or remove it."
            )
        for line in lines[1:]:
            with suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                self._known[entry["at"]] = entry["found"]
        if whole < len(data):
            with suppress(OSError):
                os.truncate(path, whole)
        return True


def _key(point: Float, kind: str) -> str:
    return kind + np.ascontiguousarray(point, dtype="<f8").tobytes().hex()

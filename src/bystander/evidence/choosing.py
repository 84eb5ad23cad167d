"""Which parameters to learn: those named, or those that a record moves most.

A scenario may have a hundred numbers with a prior, and a record of a dozen observations moves few of them.
One gradient at the scenario's own values, on the scale of the priors, ranks them: what the log-likelihood
gains when a number moves by one deviation of its prior. The others stay at their values, and that is said.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from bystander.evidence.coordinates import Coordinates, coordinates_of
from bystander.evidence.journal import Journal
from bystander.evidence.likelihood import Weighable
from bystander.evidence.record import Record
from bystander.evidence.writing import record_as_yaml
from bystander.provenance import own_version
from bystander.scenario import Scenario, scenario_hash


def choose_parameters(
    scenario: Scenario, likelihood: Weighable, named: Sequence[str] = (), most: int = 12
) -> Coordinates:
    """Return the parameters named, or at most so many that the record moves most at the scenario's values."""
    whole = coordinates_of(scenario, named)
    if named or whole.size <= most:
        return whole
    central = likelihood.central()
    z = whole.points([central[name] for name in whole.names])
    found = likelihood.weigh(whole.values(z), slopes=True)
    gains = np.array([abs(found.gradient.get(name, 0.0)) for name in whole.names]) * whole.slopes(z)
    chosen = sorted(np.argsort(-np.abs(gains), kind="stable")[:most].tolist())
    return coordinates_of(scenario, [whole.names[place] for place in chosen])


def journal_for(
    path: str | os.PathLike[str] | None, scenario: Scenario, record: Record, coordinates: Coordinates
) -> Journal:
    """Return the journal of a fit: it belongs to a scenario, a record, the parameters and a version."""
    import hashlib

    parts = (scenario_hash(scenario), record_as_yaml(record), *coordinates.names, own_version())
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return Journal(path, digest)

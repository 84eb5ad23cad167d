"""What an answer was made with: versions, scenario, seed.

No clock and no machine name: equal work gives equal records.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass

LIBRARIES = ("numpy", "scipy", "numba", "pydantic", "ruamel.yaml", "altair")


def own_version() -> str:
    """Return the installed version of Bystander."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("bystander")
    except PackageNotFoundError:
        return "0+unknown"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The question an answer belongs to, complete enough to ask it again.

    Attributes
    ----------
    scenario
        Catalogue name or path as given.
    scenario_hash
        Hash of the expanded scenario, "" where none was read.
    changes
        Changes made on the command line or by the caller, as written.
    parameters
        (name, value) pairs in days, people and dollars.
    method, tolerance
        How the answer was computed and to what residual, "" and 0 where nothing was solved.
    seed
        Seed of every random stream.
    versions
        (library, version) pairs, Bystander and Python first.
    """

    scenario: str
    scenario_hash: str = ""
    changes: tuple[str, ...] = ()
    parameters: tuple[tuple[str, float], ...] = ()
    method: str = ""
    tolerance: float = 0.0
    seed: int = 0
    versions: tuple[tuple[str, str], ...] = ()


def record_run(
    scenario: str,
    *,
    scenario_hash: str = "",
    changes: tuple[str, ...] = (),
    parameters: tuple[tuple[str, float], ...] = (),
    method: str = "",
    tolerance: float = 0.0,
    seed: int = 0,
) -> RunRecord:
    """Make the record of a run with the versions in force."""
    from importlib.metadata import PackageNotFoundError, version

    found = [("bystander", own_version()), ("python", platform.python_version())]
    for name in LIBRARIES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return RunRecord(scenario, scenario_hash, changes, parameters, method, tolerance, seed, tuple(found))

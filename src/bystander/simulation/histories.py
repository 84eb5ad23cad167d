"""Sampled histories as a table: one row for every move that was made, and one for where each path begins.

Columns: ``path`` (from 0), ``day``, ``owner``, ``move`` (``start`` on the first row of a path), and the level
of each variable afterwards. The same scenario, number and seed give the same table.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.columns import write_columns
from bystander.process.chain import Chain
from bystander.seeds import stream
from bystander.simulation.paths import Paths, simulate_paths

START = "start"


def simulate(chain: Chain, number: int, horizon: float, seed: int = 0) -> Paths:
    """Sample paths from the stream that a seed names.

    Parameters
    ----------
    horizon
        Days to follow each.
    """
    return simulate_paths(chain, number, horizon, stream(seed, "histories"))


def histories(chain: Chain, paths: Paths) -> dict[str, NDArray[Any]]:
    """Return the columns of the table."""
    game = chain.game
    count = len(paths)
    firings = np.diff(paths.start)
    path = np.concatenate([np.arange(count), np.repeat(np.arange(count), firings)])
    day = np.concatenate([np.zeros(count), paths.times])
    move = np.concatenate([np.full(count, -1), chain.option_move[paths.options]])
    situation = np.concatenate([paths.first, paths.situations])
    order = np.argsort(path, kind="stable")
    owners = np.array([label.owner for label in game.moves] + [""])
    names = np.array([label.name.partition(".")[2] for label in game.moves] + [START])
    levels = game.situations.levels[situation[order]]
    return {
        "path": path[order],
        "day": day[order],
        "owner": owners[move[order]],
        "move": names[move[order]],
        **{
            name: np.array(game.situations.level_names[f])[levels[:, f]]
            for f, name in enumerate(game.situations.names)
        },
    }


def write_histories(
    chain: Chain, path: str | os.PathLike[str], number: int, horizon: float, seed: int = 0
) -> Path:
    """Sample histories and write them as CSV or Parquet, as the file's ending says."""
    return write_columns(path, histories(chain, simulate(chain, number, horizon, seed)))

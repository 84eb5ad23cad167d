"""The process of a solved scenario as files that other model checkers and spreadsheets read.

``process.drn`` (Storm's direct encoding), ``process.tra``, ``process.lab`` and ``rewards_NAME.srew`` (PRISM's
explicit files), and ``situations.csv``, which says what each number of a situation means. Labels are the
conditions that the scenario's outcomes ask about (``NAME_than`` is what ``before`` is to precede); rewards
are amounts and counts per day, what comes with a firing at the rate at which it fires. Rates are per day.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bystander.files import write_whole
from bystander.game.questions import read_question
from bystander.process.chain import Bool, make_chain
from bystander.process.export import RESERVED, drn, prism_labels, prism_rewards, prism_transitions
from bystander.process.rewards import rate_of

if TYPE_CHECKING:
    from bystander.equilibrium.result import Equilibrium
    from bystander.game.arrays import Float, Game
    from bystander.scenario import Scenario


def write_process(scenario: Scenario, equilibrium: Equilibrium, folder: str | Path) -> tuple[Path, ...]:
    """Write every file of the process and return the paths written."""
    folder = Path(folder)
    chain = make_chain(equilibrium)
    labels: dict[str, Bool] = {}
    rewards: dict[str, Float] = {}
    for outcome_name, outcome in scenario.outcomes.items():
        question = read_question(chain.game, outcome)
        name = f"{outcome_name}_" if outcome_name in RESERVED else outcome_name
        if question.target is not None:
            labels[name] = question.target
        if question.than is not None:
            labels[f"{name}_than"] = question.than
        if question.flow is not None:
            rewards[name] = rate_of(chain, question.flow, question.per_firing)
        if question.sort == "counts" and question.moves is not None:
            rewards[name] = rate_of(chain, None, chain.options_of(question.moves).astype(np.float64))
    files = {
        "process.drn": "".join(drn(chain, labels, rewards)),
        "process.tra": "".join(prism_transitions(chain)),
        "process.lab": prism_labels(chain, labels),
        "situations.csv": _situations(chain.game),
        **{f"rewards_{name}.srew": prism_rewards(chain, reward) for name, reward in rewards.items()},
    }
    return tuple(write_whole(folder / name, text) for name, text in files.items())


def _situations(game: Game) -> str:
    names = [np.array(levels) for levels in game.situations.level_names]
    columns = [names[f][game.situations.levels[:, f]] for f in range(len(names))]
    rows = (f"{s},{','.join(row)}\n" for s, row in enumerate(zip(*columns, strict=True)))
    return f"situation,{','.join(game.situations.names)}\n{''.join(rows)}"

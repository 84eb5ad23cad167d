"""The process as text that other programs read: Storm's DRN and PRISM's explicit files.

Situations keep their numbers. Labels are masks; ``init`` marks every situation with positive starting
probability (neither format can hold a distribution: compare answers one start at a time, or from all
situations). Rewards are per day in a situation. Numbers are written with 17 digits, so nothing is lost.

DRN knows a label only from a situation that carries it. Labels that hold nowhere are therefore carried by one
situation more, the last, which nothing leads to and which nothing leaves: formulas that name them are read,
and no answer from any other situation changes.

Formats: Storm's documentation of the direct encoding (DRN), and PRISM's manual, "Explicit model files".

A solved scenario is written as ``process.drn`` (Storm), ``process.tra``, ``process.lab`` and
``rewards_NAME.srew`` (PRISM), and ``situations.csv``, which says what each number of a situation means.
Labels are the conditions that the scenario's outcomes ask about (``NAME_than`` is what ``before`` is to
precede); rewards are amounts and counts per day, what comes with a firing at the rate at which it fires.
Rates are per day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bystander.errors import QueryError
from bystander.files import write_whole
from bystander.game.arrays import Float
from bystander.game.questions import read_question
from bystander.process.chain import Bool, Chain, make_chain, rate_of

if TYPE_CHECKING:
    from bystander.equilibrium.result import Equilibrium
    from bystander.game.arrays import Float, Game
    from bystander.scenario import Scenario

BLOCK = 50_000
RESERVED = ("init", "deadlock")


def drn(
    chain: Chain, labels: Mapping[str, Bool] | None = None, rewards: Mapping[str, Float] | None = None
) -> Iterator[str]:
    """Write the process in Storm's direct encoding, as blocks of text.

    Parameters
    ----------
    labels
        ``(N,)`` mask of each label.
    rewards
        ``(N,)`` reward per day of each reward model.
    """
    marks = _marks(chain, labels)
    models = dict(rewards or {})
    nowhere = [name for name, held in marks.items() if not held.any()]
    count = chain.size + bool(nowhere)
    yield (
        "@type: CTMC\n@parameters\n\n@reward_models\n"
        f"{' '.join(models)}\n@nr_states\n{count}\n@nr_choices\n{count}\n@model\n"
    )
    values = [np.asarray(r, np.float64) for r in models.values()]
    for low, high in _blocks(chain.size):
        lines = []
        for s in range(low, high):
            amounts = f" [{', '.join(f'{r[s]:.17g}' for r in values)}]" if values else ""
            named = "".join(f" {name}" for name, held in marks.items() if held[s])
            lines.append(f"state {s} !{chain.exit[s]:.17g}{amounts}{named}\n\taction 0\n")
            entries = range(chain.indptr[s], chain.indptr[s + 1])
            if len(entries) == 0:
                lines.append(f"\t\t{s} : 0\n")
            lines.extend(f"\t\t{chain.indices[i]} : {chain.rates[i]:.17g}\n" for i in entries)
        yield "".join(lines)
    if nowhere:
        amounts = f" [{', '.join('0' for _ in values)}]" if values else ""
        yield f"state {chain.size} !0{amounts} {' '.join(nowhere)}\n\taction 0\n\t\t{chain.size} : 0\n"


def prism_transitions(chain: Chain) -> Iterator[str]:
    """Write the rates as a PRISM ``.tra`` file."""
    yield f"{chain.size} {len(chain.rates)}\n"
    sources = np.repeat(np.arange(chain.size), np.diff(chain.indptr))
    for low, high in _blocks(len(chain.rates)):
        parts = zip(sources[low:high], chain.indices[low:high], chain.rates[low:high], strict=True)
        yield "".join(f"{s} {t} {rate:.17g}\n" for s, t, rate in parts)


def prism_labels(chain: Chain, labels: Mapping[str, Bool] | None = None) -> str:
    """Write the labels as a PRISM ``.lab`` file."""
    marks = _marks(chain, labels)
    named = {"init": marks.pop("init"), "deadlock": chain.exit == 0.0, **marks}
    head = " ".join(f'{number}="{name}"' for number, name in enumerate(named))
    table = np.array(list(named.values()))
    rows = (
        f"{s}: {' '.join(str(number) for number in np.flatnonzero(table[:, s]))}\n"
        for s in np.flatnonzero(table.any(axis=0))
    )
    return f"{head}\n{''.join(rows)}"


def prism_rewards(chain: Chain, reward: Float) -> str:
    """Write ``(N,)`` rewards per day as a PRISM ``.srew`` file."""
    rows = np.flatnonzero(reward)
    return f"{chain.size} {len(rows)}\n{''.join(f'{s} {reward[s]:.17g}' + chr(10) for s in rows)}"


def _marks(chain: Chain, labels: Mapping[str, Bool] | None) -> dict[str, Bool]:
    out = {"init": chain.start > 0.0}
    for name, held in (labels or {}).items():
        if not name.isidentifier() or name in RESERVED:
            raise QueryError(
                f"'{name}' cannot be a label: use letters, digits and _, not 'init' or 'deadlock'."
            )
        if held.shape != (chain.size,):
            raise QueryError(
                f"The label '{name}' needs {chain.size} entries, one per situation, not {held.shape}."
            )
        out[name] = held
    return out


def _blocks(size: int) -> Iterator[tuple[int, int]]:
    cuts = [*range(0, size, BLOCK), size]
    return pairwise(cuts) if size else iter(())


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

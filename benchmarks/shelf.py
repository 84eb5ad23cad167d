"""What the cells of one run share: values once solved, the process they make, and answers to compare.

Cells are processes of their own, so what they share is files. The process of a family is that of its solved
game, with a question for each phase that asks one: a set to be reached (a hundredth of the situations, drawn
at random, and one situation of every recurrent class, so that it is reached in the end from everywhere), a
set to be avoided (another hundredth, one at least), a reward per day in each situation, and a deadline by
which the fastest situation is left `JUMPS` times.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.register import Family
from bystander.equilibrium.result import Certificate, Equilibrium, Selection, Status
from bystander.equilibrium.solve import TOLERANCE, solve
from bystander.game.arrays import Float, Int32, Int64
from bystander.numerics.absorption import find_classes
from bystander.process.chain import Bool, Chain, make_chain
from bystander.process.export import drn

JUMPS = 300.0
DRAWN = 0.01
SEED = 3


@dataclass(frozen=True, slots=True)
class Process:
    """The exported process and what is asked of it, as every peer gets it; rows as in `Generator`."""

    indptr: Int64
    indices: Int32
    rates: Float
    exit: Float
    start: Float
    target: Bool
    avoid: Bool
    reward: Float
    days: float


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder for what one run keeps, and the family it is about."""

    folder: Path
    family: Family

    def path(self, name: str) -> Path:
        """Return where a thing of this family is kept."""
        return self.folder / f"{self.family.name}.{name}"

    def solved(self) -> Equilibrium:
        """Return the family's solution: solved the first time, put together from what was kept after that."""
        game, kept = self.family.make(), self.path("solution.npz")
        if not kept.exists():
            found = solve(game, trace=False).require_converged()
            np.savez(kept, values=found.values, choice=found.choice, option_rate=found.option_rate)
            return found
        with np.load(kept) as arrays:
            return Equilibrium(
                game=game,
                **{name: arrays[name] for name in arrays.files},
                status=Status.CONVERGED,
                certificate=Certificate(0.0, ()),
                selection=Selection("direct"),
                tolerance=TOLERANCE,
                iterations=0,
                seconds=0.0,
            )

    def asked(self) -> tuple[Chain, Process]:
        """Return the family's process and the questions about it, and keep them for the peers."""
        chain = make_chain(self.solved())
        process = questions(chain)
        fields = {name: getattr(process, name) for name in Process.__dataclass_fields__}
        np.savez(self.path("process.npz"), **fields)
        return chain, process

    def process(self) -> Process:
        """Return what `asked` has kept."""
        with np.load(self.path("process.npz")) as kept:
            fields = {name: kept[name] for name in kept.files}
        return Process(**{**fields, "days": float(fields["days"])})

    def drn(self) -> Path:
        """Return the process as Storm reads it, written now unless it has been."""
        path = self.path("drn")
        if not path.exists():
            self.write_drn(*self.asked())
        return path

    def write_drn(self, chain: Chain, process: Process) -> None:
        """Write the process as Storm reads it."""
        labels = {"target": process.target, "avoid": process.avoid}
        with self.path("drn").open("w", encoding="utf-8") as file:
            file.writelines(drn(chain, labels, {"reward": process.reward}))

    def keep(self, phase: str, answer: Float) -> None:
        """Keep an answer that peers are to be compared with."""
        np.save(self.path(f"{phase}.npy"), answer)

    def differs(self, phase: str, theirs: Float) -> float:
        """Return the largest difference from the kept answer, in units of its largest entry or of 1."""
        ours = np.load(self.path(f"{phase}.npy"))
        return float(np.abs(theirs - ours).max() / max(1.0, np.abs(ours).max()))


def questions(chain: Chain) -> Process:
    """Draw the sets and rewards that are asked about."""
    draw = np.random.default_rng(SEED)
    target = draw.random(chain.size) < DRAWN
    avoid = draw.random(chain.size) < DRAWN
    found = find_classes(chain.generator)
    for number in range(found.count):
        target[found.rows(number)[0]] = True
    avoid &= ~target
    avoid[np.flatnonzero(~target)[-1:]] = True
    return Process(
        indptr=chain.indptr,
        indices=chain.indices,
        rates=chain.rates,
        exit=chain.exit,
        start=chain.start,
        target=target,
        avoid=avoid,
        reward=draw.random(chain.size),
        days=JUMPS / chain.generator.fastest,
    )

"""Effects that depend on the situation: for each, a table of the level that it leads to.

A branch that sets variable f to l(s) adds (l(s) - level_f(s)) stride_f to the code of s, where l is looked
up on the grid of the variables its expression mentions.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bystander.errors import Problem, ScenarioError
from bystander.game.arrays import Float, Int64
from bystander.game.contexts import Bool, grid_of, lay_out
from bystander.game.rules import Rules
from bystander.scenario.expressions import effect_levels, parameters_of, to_text


class Effects:
    """The computed effects of all branches of some rules."""

    def __init__(self, rules: Rules, parameters: Mapping[str, float]) -> None:
        self.rules, self.parameters = rules, parameters
        self.branch: list[int] = []
        self.variable: list[int] = []
        self.exprs, self.owner, marks = [], [], []
        position = 0
        for j, move in enumerate(rules.moves):
            for branch in move.branches:
                for f, effect in branch.computed:
                    self.branch.append(position)
                    self.variable.append(f)
                    self.exprs.append(effect)
                    self.owner.append(j)
                    marks.append(move.mark)
                position += 1
        grids = [grid_of((effect,), rules.variables) for effect in self.exprs]
        self.contexts = lay_out(grids, len(rules.variables), marks, "an effect")
        self.table = np.zeros(self.contexts.rows, dtype=np.int64)
        for n, (effect, f) in enumerate(zip(self.exprs, self.variable, strict=True)):
            names = rules.variables[f].levels
            levels = effect_levels(effect, names, grids[n].levels(), parameters)
            self.table[self.contexts.part(n)] = np.broadcast_to(levels, grids[n].shape).reshape(-1)
        self.mentioned = frozenset(name for effect in self.exprs for name in parameters_of(effect))

    def add(self, targets: Float, levels: Float, strides: Int64, held: Bool) -> None:
        """Add to the codes that branches lead to what computed effects change.

        Raises
        ------
        ScenarioError
            Where a move that is possible would lead between two levels.
        """
        if not self.exprs:
            return
        reached = self.table[self.contexts.at(levels)]
        for n, (b, f) in enumerate(zip(self.branch, self.variable, strict=True)):
            nowhere = held[:, self.owner[n]] & (reached[:, n] < 0)
            if nowhere.any():
                raise self.between(n, levels[int(np.argmax(nowhere))])
            level = np.where(reached[:, n] < 0, levels[:, f], reached[:, n])
            targets[:, b] += (level - levels[:, f]) * int(strides[f])

    def between(self, n: int, levels: Float) -> ScenarioError:
        """Say which effect leads between two levels, from where."""
        variable, move = self.rules.variables[self.variable[n]], self.rules.moves[self.owner[n]]
        at = ", ".join(
            f"{v.name} {v.levels[int(level)]}" for v, level in zip(self.rules.variables, levels, strict=True)
        )
        what = to_text(self.exprs[n])
        message = f"'{move.label.name}' sets '{variable.name}' to {what}, which is no level of it at ({at})."
        fix = "Add the level, or a 'when' that rules this out."
        return ScenarioError(Problem(move.mark, message, fix, "between-levels"))

    def same_at(self, parameters: Mapping[str, float]) -> bool:
        """Tell whether all lead to the same levels at other parameter values."""
        if all(self.parameters[name] == parameters[name] for name in self.mentioned):
            return True
        return np.array_equal(self.table, Effects(self.rules, parameters).table)

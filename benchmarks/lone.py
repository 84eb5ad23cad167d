"""The limit of one actor: what it could get if its choices lost all noise and the others kept to theirs."""

from __future__ import annotations

import numpy as np

from benchmarks.shelf import Shelf
from benchmarks.timing import Row, timed
from bystander.equilibrium.best_response import (
    DecisionProblem,
    best_response,
    decision_problem,
    hold_behaviour,
)
from bystander.equilibrium.result import Equilibrium


def problem_of(solution: Equilibrium) -> DecisionProblem:
    """Return the problem of the first actor that acts and never votes, or of the first that acts."""
    game = solution.game
    others = hold_behaviour(game, solution.values)
    problems = [decision_problem(others, actor) for actor in range(len(game.actors))]
    acting = [problem for problem in problems if problem.own.any()]
    voteless = [problem for problem in acting if not (problem.optional[~problem.own] > 0.0).any()]
    return (voteless or acting)[0]


def lone(shelf: Shelf) -> Row:
    """Best values of one actor while the others behave as in the solution."""
    problem = problem_of(shelf.solved())
    row, (values, bound) = timed(lambda: best_response(problem, np.zeros(len(problem.flow))))
    shelf.keep("lone", values)
    return row | {"facts": {"error bound": bound / max(1.0, float(np.abs(values).max()))}}

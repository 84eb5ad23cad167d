"""What is wrong with a scenario as a whole, found before anything is solved and reported together.

``find_problems(scenario)`` runs every registered check. Whether guards can hold and levels are reached is
known only once the situations are: ``find_problems(scenario, game_problems)`` adds what the compiler found,
in one list.
"""

from __future__ import annotations

from collections.abc import Iterable

from bystander.errors import Problem
from bystander.scenario.checks.finding import Check
from bystander.scenario.checks.register import CHECKS
from bystander.scenario.schema import Scenario

SEVERITIES = ("error", "warning", "info")

__all__ = ["CHECKS", "SEVERITIES", "Check", "find_errors", "find_problems"]


def find_problems(scenario: Scenario, others: Iterable[Problem] = ()) -> tuple[Problem, ...]:
    """Return every problem the checks find, errors first, then in the order of the file.

    Parameters
    ----------
    others
        Problems found elsewhere, such as those of the compiled game, to report with them.
    """
    found = [problem for check in CHECKS.values() for problem in check.problems(scenario)]
    found += others
    return tuple(sorted(dict.fromkeys(found), key=_order))


def find_errors(scenario: Scenario) -> tuple[Problem, ...]:
    """Return the problems that keep a scenario from being used, in the order of the file."""
    checks = (check for check in CHECKS.values() if check.severity == "error")
    found = (problem for check in checks for problem in check.problems(scenario))
    return tuple(sorted(dict.fromkeys(found), key=_order))


def _order(problem: Problem) -> tuple[int, str, int, int]:
    mark = problem.mark
    return SEVERITIES.index(problem.severity), mark.file, mark.line, mark.column

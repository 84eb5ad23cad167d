"""What is wrong with a scenario as a whole, found before anything is solved and reported together.

``find_problems(scenario)`` runs every registered check. Whether guards can hold and levels are reached is
known only once the situations are: ``find_problems(scenario, game_problems)`` adds what the compiler found,
in one list.

A problem carries the name of the check that found it. Checks with a ``find`` look at a whole scenario, for
what the first line of its docstring says; the others are named here and found on the way: while a file is
read, merged and validated, while expressions are parsed and resolved, or while the game is compiled. Tests
hold that every check is tripped by a scenario and that no problem carries a name that is not here.
"""

from __future__ import annotations

from collections.abc import Iterable

import bystander.scenario.checks.names as names
import bystander.scenario.checks.numbers as numbers
from bystander.errors import Problem
from bystander.scenario.checks.finding import Check, Find
from bystander.scenario.schema import Scenario

SEVERITIES = ("error", "warning", "info")

ON_THE_WAY = (
    ("unreadable-file", "A file that is not there, cannot be read, or is not UTF-8 text."),
    ("yaml", "Text that is not YAML, holds several documents, or is not a mapping."),
    ("yaml-alias", "YAML anchors and aliases, which the language does not have."),
    ("yaml-tag", "YAML tags, which the language does not have."),
    ("too-large", "A file, text, scenario or game beyond its bounds."),
    ("too-deep", "Entries nested too deeply."),
    ("duplicate-name", "Two entries of the same name in one place."),
    ("unsafe-path", "A use that would leave the library or the scenario's folder."),
    ("unknown-use", "A use of a file that does not exist."),
    ("cyclic-use", "Files that use each other in a circle."),
    ("conflict", "Two uses that give one value differently, neither overriding the other."),
    ("unknown-hole", "A hole that the fragment does not declare."),
    ("missing-hole", "A hole without default that is not filled."),
    ("hole-type", "A hole filled with the wrong kind of thing, or not declared properly."),
    ("fragment", "A fragment read as if it were a scenario."),
    ("file-kind", "A record, or a file of questions, read as if it were a scenario."),
    ("unknown-key", "A key the language does not have."),
    ("missing-key", "An entry that lacks a key it needs."),
    ("wrong-type", "A list where a text is needed, a text where a number is needed, and so on."),
    ("bad-name", "A name, date or reference that is not written as it should be."),
    ("reserved-word", "A name that is a word of the language."),
    ("bad-quantity", "A number with its unit that cannot be read, NaN and infinity among them."),
    ("unknown-unit", "A unit the language does not have."),
    ("wrong-unit", "A number of the wrong dimension, such as a bare number where a rate is due."),
    ("not-a-probability", "A probability outside 0 to 1."),
    ("bad-chance", "A ``rest`` that is not the last of several branches."),
    ("bad-rule", "A voting rule the language does not have."),
    ("bad-prior", "A prior that cannot be read or has impossible arguments."),
    ("not-one-question", "An outcome that asks nothing or several things."),
    ("bad-expression", "An expression that cannot be read."),
    ("expression-too-long", "An expression beyond its bounds."),
    ("unknown-name", "A name in an expression that nothing has."),
    ("unknown-fact", "A ``fact.name`` that no fact has."),
    ("fact-without-number", "A ``fact.name`` of a fact that has no value."),
    ("not-fixed", "A parameter's value or a fact's number that depends on a parameter or the situation."),
    ("ambiguous-name", "A name that could mean two things where it stands."),
    ("unlike-variables", "Two variables compared although their levels differ."),
    ("unordered", "Levels without order compared with < or >."),
    ("not-in-force", "A value by date of which none is in force at ``as_of``."),
    ("unknown-table", "A ``table.name`` that is no table, or has no entry for an actor."),
    ("cyclic-condition", "Conditions that mention each other in a circle."),
)

WHOLE: tuple[tuple[str, str, Find], ...] = (
    ("name-clash", "error", names.clashing_names),
    ("unknown-variable", "error", names.unknown_variables),
    ("unknown-level", "error", names.unknown_levels),
    ("unknown-actor", "error", names.unknown_actors),
    ("unknown-move", "error", names.unknown_moves),
    ("unknown-party", "error", names.unknown_parties),
    ("unmodelled-move", "info", names.unmodelled_moves),
    ("unknown-given", "error", names.unknown_given),
    ("not-an-actor", "error", names.members_not_actors),
    ("not-a-member", "error", names.not_members),
    ("impossible-rule", "error", names.impossible_rules),
    ("silence-without-habit", "error", names.silence_without_habit),
    ("never-acts", "error", names.actors_who_never_act),
    ("changing-character", "error", names.changing_character),
    ("start-by-situation", "error", names.starts_by_situation),
    ("chances-sum", "error", numbers.chances_not_one),
    ("unlike-amounts", "error", numbers.unlike_amounts),
    ("impossible-date", "error", numbers.impossible_dates),
    ("unlike-report", "error", numbers.questions_of_wrong_kind),
    ("unknown-parameter", "error", names.unknown_settings),
    ("unfit-setting", "error", names.unfit_settings),
    ("contradiction", "error", names.contradictory_changes),
    ("nothing-asked", "error", names.judgements_without_question),
    ("date-after-onset", "error", names.dates_after_onset),
    ("horizon-after-onset", "warning", names.horizon_after_onset),
    ("wrong-question", "error", names.questions_misasked),
    ("unknown-reason", "error", numbers.unknown_reasons),
    ("prior-excludes-value", "warning", numbers.prior_excludes_value),
    ("prior-of-another-value", "warning", numbers.prior_is_of_another_value),
    ("value-off-scale", "error", numbers.value_off_scale),
    ("unused-fact", "warning", numbers.facts_never_used),
    ("unplaced-claim", "warning", numbers.claims_without_place),
    ("unused-name", "warning", numbers.names_never_used),
    ("fact-not-in-force", "error", numbers.facts_not_in_force),
    ("hindsight", "error", numbers.hindsight),
    ("left-out", "warning", numbers.left_out),
    ("stages", "info", numbers.stages),
    ("date-past", "info", numbers.dates_past),
    ("clause-not-in-force", "info", numbers.clauses_not_in_force),
    ("old-word", "info", numbers.old_words),
    ("unstated-habit", "info", names.unstated_habits),
    ("tests-nothing", "warning", numbers.tests_of_nothing),
    ("number-not-used", "info", numbers.numbers_not_used),
    ("rate-not-chance", "info", numbers.rates_in_percent),
    ("free-number", "info", numbers.free_numbers),
)

COMPILING = (
    ("never-holds", "error", "A move whose guard no combination of levels satisfies."),
    ("between-levels", "error", "A move that leads between two levels of a numeric variable."),
    ("never", "error", "A start or move that leads into a combination that ``never`` excludes."),
    (
        "number-range",
        "error",
        "A rate, pace, discount, rationality or duration that is negative, or too large to follow.",
    ),
    (
        "bad-habit",
        "error",
        "A habit that is no chance, or habits of one actor that leave nothing for waiting.",
    ),
    ("not-finite", "error", "A worth that is infinite, undefined or too large to compute with somewhere."),
    ("too-many-contexts", "error", "A number that depends on too many variables at once."),
    ("never-possible", "warning", "A move that no situation allows; a remark where it is the library's."),
    ("never-reached", "warning", "A level never reached; a remark where the library has or needs it."),
    ("asked-behind", "info", "A question about a move that is behind it once its condition holds."),
    ("values-too-large", "warning", "Values so large, for want of discounting, that they may not be solved."),
    (
        "changes-nothing",
        "warning",
        "What is chosen and meant to change something, and changes nothing anywhere.",
    ),
    ("attempts-count", "info", "An outcome that counts a move as made though it may have changed nothing."),
    ("pays-for-nothing", "warning", "An act that pays whoever chooses it each time and changes nothing."),
)


def _says(find: Find) -> str:
    """Return what a check looks for: the first line of its docstring without 'Find'."""
    text = (find.__doc__ or "").partition("\n")[0].removeprefix("Find ")
    return text[:1].upper() + text[1:]


CHECKS: dict[str, Check] = {
    check.name: check
    for check in (
        *(Check(name, "error", says) for name, says in ON_THE_WAY),
        *(Check(name, severity, _says(find), find) for name, severity, find in WHOLE),
        *(Check(name, severity, says) for name, severity, says in COMPILING),
    )
}


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
    return SEVERITIES.index(problem.severity), *problem.place

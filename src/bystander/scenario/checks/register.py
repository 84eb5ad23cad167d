"""The register of checks: everything that can be wrong with a scenario, by name.

A problem carries the name of the check that found it. Checks with a ``find`` look at a whole scenario; the
others are named here and found on the way: while a file is read, merged and validated, while expressions
are parsed and resolved, or while the game is compiled. Tests hold that every check is tripped by a scenario
and that no problem carries a name that is not here.
"""

from __future__ import annotations

import bystander.scenario.checks.names as names
import bystander.scenario.checks.numbers as numbers
from bystander.scenario.checks.finding import Check

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

WHOLE = (
    Check("name-clash", "error", "One name for two things.", names.clashing_names),
    Check(
        "unknown-variable",
        "error",
        "An effect or start of a variable that does not exist.",
        names.unknown_variables,
    ),
    Check(
        "unknown-level",
        "error",
        "A level that the variable does not have.",
        names.unknown_levels,
    ),
    Check("unknown-actor", "error", "An impact on someone who is not an actor.", names.unknown_actors),
    Check(
        "unknown-move",
        "error",
        "An outcome, event or measure that names a move nobody has.",
        names.unknown_moves,
    ),
    Check(
        "unknown-party",
        "error",
        "A question about someone, or about an outcome, that does not exist.",
        names.unknown_parties,
    ),
    Check(
        "unmodelled-move",
        "info",
        "A question about a move that is not modelled.",
        names.unmodelled_moves,
    ),
    Check("unknown-given", "error", "A ``given`` that is not a named condition.", names.unknown_given),
    Check(
        "not-an-actor",
        "error",
        "A member of an institution who is not an actor, or is listed twice.",
        names.members_not_actors,
    ),
    Check(
        "not-a-member",
        "error",
        "Someone recused, leading or weighted in a vote without being a member.",
        names.not_members,
    ),
    Check(
        "impossible-rule",
        "error",
        "A quota that no vote can meet, or that none needs to.",
        names.impossible_rules,
    ),
    Check(
        "silence-without-habit",
        "error",
        "A silence procedure without a habit of keeping silent.",
        names.silence_without_habit,
    ),
    Check(
        "never-acts",
        "error",
        "An actor with actions but no opportunity to act.",
        names.actors_who_never_act,
    ),
    Check(
        "changing-character",
        "error",
        "A discount or rationality that depends on the situation.",
        names.changing_character,
    ),
    Check(
        "start-by-situation",
        "error",
        "A joint distribution of the start that depends on the situation.",
        names.starts_by_situation,
    ),
    Check("chances-sum", "error", "Probabilities that do not add up to 1.", numbers.chances_not_one),
    Check("unlike-amounts", "error", "An outcome that adds up unlike amounts.", numbers.unlike_amounts),
    Check("impossible-date", "error", "A date the calendar does not have.", numbers.impossible_dates),
    Check(
        "unlike-report",
        "error",
        "A reported fact without a number, or with one of another kind.",
        numbers.questions_of_wrong_kind,
    ),
    Check(
        "unknown-parameter",
        "error",
        "A measure or rival that sets a parameter that does not exist.",
        names.unknown_settings,
    ),
    Check(
        "unfit-setting",
        "error",
        "A measure or rival that sets a parameter to another kind of number.",
        names.unfit_settings,
    ),
    Check(
        "contradiction",
        "error",
        "A measure or rival that enables and disables the same move.",
        names.contradictory_changes,
    ),
    Check(
        "nothing-asked",
        "error",
        "A judgement that is assumed rather than computed.",
        names.judgements_without_question,
    ),
    Check(
        "wrong-question",
        "error",
        "``P`` of an amount, ``E`` of a probability, or an answer compared with another kind.",
        names.questions_misasked,
    ),
    Check(
        "unknown-reason", "error", "A reason, source or claim that does not exist.", numbers.unknown_reasons
    ),
    Check(
        "prior-excludes-value",
        "warning",
        "A prior under which the parameter's own value is impossible.",
        numbers.prior_excludes_value,
    ),
    Check(
        "prior-of-another-value",
        "info",
        "A prior that hardly ever comes as far out as the parameter's own value.",
        numbers.prior_is_of_another_value,
    ),
    Check(
        "value-off-scale",
        "error",
        "A parameter whose value lies beyond the scale on which it is coded.",
        numbers.value_off_scale,
    ),
    Check("unused-fact", "warning", "A fact that nothing rests on.", numbers.facts_never_used),
    Check(
        "unplaced-claim",
        "warning",
        "A claim of a source that the model takes up nowhere.",
        numbers.claims_without_place,
    ),
    Check(
        "unused-name", "warning", "A variable or parameter that nothing mentions.", numbers.names_never_used
    ),
    Check(
        "fact-not-in-force",
        "error",
        "A fact whose number is used on a day on which it was not known or does not hold.",
        numbers.facts_not_in_force,
    ),
    Check(
        "hindsight",
        "error",
        "A fact from after ``as_of`` that speaks for what is assumed.",
        numbers.hindsight,
    ),
    Check(
        "left-out",
        "warning",
        "An entry of a used file about someone who has no part in this scenario.",
        numbers.left_out,
    ),
    Check("stages", "info", "A wait that is written out in stages.", numbers.stages),
    Check("date-past", "info", "A known date whose effects came before the start.", numbers.dates_past),
    Check("clause-not-in-force", "info", "A clause not in force at ``as_of``.", numbers.clauses_not_in_force),
    Check("old-word", "info", "A key that has a newer name.", numbers.old_words),
    Check(
        "unstated-habit",
        "info",
        "An action or vote that says not how often it is taken when nothing is at stake.",
        names.unstated_habits,
    ),
    Check(
        "tests-nothing",
        "warning",
        "A judgement about what a parameter was set to reproduce.",
        numbers.tests_of_nothing,
    ),
    Check(
        "number-not-used",
        "info",
        "A parameter that cites a fact's number and is not reckoned from it.",
        numbers.numbers_not_used,
    ),
    Check(
        "rate-not-chance",
        "info",
        "A rate in percent, ``30% per year``, which is not a yearly chance of 30%.",
        numbers.rates_in_percent,
    ),
    Check("free-number", "info", "A number that nothing is cited for.", numbers.free_numbers),
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
    ("never-possible", "warning", "A move that no reachable situation allows."),
    ("never-reached", "warning", "A level that is never reached."),
    ("values-too-large", "warning", "Values so large, for want of discounting, that they may not be solved."),
    ("pays-for-nothing", "warning", "An act that pays whoever chooses it each time and changes nothing."),
)

CHECKS: dict[str, Check] = {
    check.name: check
    for check in (
        *(Check(name, "error", says) for name, says in ON_THE_WAY),
        *WHOLE,
        *(Check(name, severity, says) for name, severity, says in COMPILING),
    )
}

"""Options that several verbs share, and the names of the scenario that typed names stand for.

Capitals do not matter, nor whether words are joined by ``_``, ``-`` or a space: ``Russia`` is ``russia``. A
name that stands for nothing, or for two things, is refused before anything is solved, with the ones most like
it.
"""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter, Token
from cyclopts.validators import Number

from bystander.errors import QueryError, ScenarioError, nearest_names, plain_name

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

FOUNDING_CASE = "crises/ferghana-2022"
WRITTEN_TO = ("-o", "--output", "--priors")

A_SCENARIO = "A scenario file, its folder, or a name from `bystander list`."
ScenarioName: TypeAlias = Annotated[str, Parameter(name=("--scenario", "-s"), help=A_SCENARIO)]
Json: TypeAlias = Annotated[bool, Parameter(name="--json", help="Write JSON to standard output.")]
Scheduler: TypeAlias = Annotated[
    str, Parameter(help="Address of a Dask scheduler that does the solving: `tcp://host:8786`.")
]
Count: TypeAlias = Annotated[int, Parameter(validator=Number(gte=0, lte=10_000_000))]
"""How many: none or more."""
AtLeastOne: TypeAlias = Annotated[int, Parameter(validator=Number(gte=1, lte=10_000_000))]
"""How many: at least one."""
Quantity: TypeAlias = Annotated[str, Parameter(allow_leading_hyphen=True)]
"""An amount with its unit, which may be less than zero."""
Seed: TypeAlias = Annotated[
    int, Parameter(name="--seed", help="Seed of every random stream.", validator=Number(gte=0, lt=2**63))
]


def file_place(_: object, path: Path | str) -> None:
    """Refuse, before anything is solved, a place that no file can go to."""
    from bystander.files import is_file_place

    if why := is_file_place(path):
        raise ValueError(f"{path} cannot be written: {why}.")


def kept_place(_: object, path: Path | str) -> None:
    """Refuse, before anything is solved, a place where no file can be kept and added to."""
    from bystander.files import is_kept_place

    if path and (why := is_kept_place(path)):
        raise ValueError(f"{path} cannot be written: {why}.")


def kept_file_named(_: object, tokens: Sequence[Token]) -> Path:
    """Read where a file is that is added to; as `file_named` does."""
    kept_place(_, tokens[0].value or ".")
    return Path(tokens[0].value)


def file_named(_: object, tokens: Sequence[Token]) -> Path:
    """Read where a file goes, as it was typed: a slash at its end makes it the name of a folder."""
    file_place(_, tokens[0].value)
    return Path(tokens[0].value)


def file_output(says: str, endings: Sequence[str] = ()) -> Parameter:
    """Return the option ``-o`` of a verb that writes one file, named with one of ``endings`` if given."""

    def ending(_: object, path: Path | None) -> None:
        from bystander.files import ending_of

        if path is not None and endings and ending_of(path) not in endings:
            raise ValueError(f"{path} cannot be written: its name ends in {' or '.join(endings)}.")

    return Parameter(name=("--output", "-o"), help=says, converter=file_named, validator=ending)


def folder_place(_: object, path: Path | None) -> None:
    """Refuse, before anything is solved, a folder that no file can go into."""
    from bystander.files import is_folder_place

    if path is not None and (why := is_folder_place(path)):
        raise ValueError(f"Nothing can be written into {path}: {why}.")


def place_for(path: Path) -> Path:
    """Return where a file goes that nobody named; refuse it, before anything is solved, if it cannot."""
    from bystander.files import is_file_place

    if why := is_file_place(path):
        raise QueryError(f"{path} cannot be written: {why}. Name another place with -o.")
    return path


def spare_what_is_read(words: Sequence[str]) -> None:
    """Refuse to write over a file that the same command line reads.

    Raises
    ------
    QueryError
        Naming the file.
    """
    named = [word.partition("=") if word.startswith("-") else (word, "", "") for word in words]
    for place, (option, given, value) in enumerate(named):
        if option not in WRITTEN_TO or not (given or place + 1 < len(words)):
            continue
        where = place if given else place + 1
        target = value if given else words[where]
        for at, (word, _, held) in enumerate(named):
            if at != where and (held or not word.startswith("-")) and _reads(held or word, target):
                raise QueryError(f"{target} cannot be written: it is what is read. Name another place.")


def _reads(name: str, target: str) -> bool:
    """Say whether a name of a command line can be that of a file, or of a scenario in it."""
    from bystander.scenario.document import SCENARIO_FILE

    with suppress(OSError, ValueError):
        found = Path(target).stat()
        return stat.S_ISREG(found.st_mode) and any(
            path.exists() and os.path.samestat(path.stat(), found)
            for path in (Path(name), Path(f"{name}.yaml"), Path(name) / SCENARIO_FILE)
        )
    return False


def file_name(read: Scenario) -> str:
    """Return what files about a scenario are called, as far as this system can write it."""
    coding = sys.getfilesystemencoding()
    return Path(read.name).name.encode(coding, "replace").decode(coding)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Changes:
    """Changes made to a scenario before it is solved, after everything its file says."""

    set: Annotated[
        tuple[str, ...],
        Parameter(name="--set", help="Give a parameter a value: `diversion_gain='10 per year'`."),
    ] = ()
    enable: Annotated[
        tuple[str, ...], Parameter(name="--enable", help="Allow a move: `owner.move`, `owner.*`.")
    ] = ()
    disable: Annotated[
        tuple[str, ...], Parameter(name="--disable", help="Forbid a move: `owner.move`, `owner.*`.")
    ] = ()
    start: Annotated[
        tuple[str, ...], Parameter(name="--start", help="Start a variable at a level: `front=fighting`.")
    ] = ()
    measure: Annotated[
        tuple[str, ...],
        Parameter(name="--measure", help="Take a measure (`name=degree`), or hold a rival explanation."),
    ] = ()
    null: Annotated[
        bool, Parameter(name="--null", help="Put nothing at stake for anyone: habit alone is left.")
    ] = False

    def __bool__(self) -> bool:
        """Say whether anything is changed."""
        return self != NO_CHANGES

    def words(self) -> tuple[str, ...]:
        """Return the changes as written."""
        kinds = ("set", "enable", "disable", "start", "measure")
        return (
            *(f"{kind} {item}" for kind in kinds for item in getattr(self, kind)),
            *(("null",) if self.null else ()),
        )


NO_CHANGES = Changes()


def pairs(items: tuple[str, ...], option: str) -> dict[str, str]:
    """Split ``name=value`` items.

    Raises
    ------
    QueryError
        If an item has no ``=``, or a name is given twice.
    """
    found: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        name, value = name.strip(), value.strip()
        if not (name and equals and value):
            raise QueryError(
                f"{option} {item}: expected name=value, for example {option} {name or 'name'}=value."
            )
        if name in found:
            raise QueryError(f"{option} {name} is given twice: {found[name]!r} and {value!r}.")
        found[name] = value
    return found


def known_changes(read: Scenario, changes: Changes) -> Changes:
    """Return changes in the names of the scenario."""
    moves = list(read.moves())
    set_ = [
        f"{known_name(name, read.parameters, 'parameter')}={value}"
        for name, value in pairs(changes.set, "--set").items()
    ]
    start = []
    for name, value in pairs(changes.start, "--start").items():
        variable = known_name(name, read.variables, "variable")
        levels = list(read.variables[variable].levels)
        start.append(f"{variable}={known_name(value, levels, f'level of {variable}')}")
    return replace(
        changes,
        set=tuple(set_),
        start=tuple(start),
        enable=known_moves(changes.enable, moves),
        disable=known_moves(changes.disable, moves),
        measure=known_degrees(read, changes.measure, [*read.measures, *read.rivals], "measure or rival"),
    )


def asked_and_where(asked: str, scenario: str) -> tuple[str, str]:
    """Tell what is asked about from a scenario that was typed in its place, the question being left out.

    A scenario in that place is a file, a folder, a library path, or a crisis by its last name.
    """
    from bystander.scenario.document import library_paths

    place = asked.lower().endswith((".yaml", ".yml")) or asked in library_paths() or _is_folder(asked)
    if not asked or scenario != FOUNDING_CASE or not (place or f"crises/{asked}" in library_paths()):
        return asked, scenario
    return "", asked


def load(scenario: str, changes: Changes = NO_CHANGES) -> Scenario:
    """Read a scenario by path or catalogue name, on its file's own day, and make the changes asked for."""
    from bystander.report.words.names import spell_as
    from bystander.scenario import read_scenario

    read = read_scenario(scenario)
    spell_as(read)
    return changed(read, changes)


def load_today(scenario: str, changes: Changes = NO_CHANGES) -> Scenario:
    """Read a scenario as it stands where its record leaves off, if it names one, and make the changes asked.

    Every question about a scenario is asked from that day, so that each has one answer.
    """
    read = load(scenario)
    if read.record:
        from bystander.cli.terminal import asides, show_problems, tracking
        from bystander.evidence.starting import where_it_stands
        from bystander.report.words.numbers import date

        with tracking("Following the record"):
            today = where_it_stands(read)
        show_problems(today.remarks)
        read = today.scenario
        asides.print(f"As of {date(read.as_of)}, where the scenario's record leaves off.")
    return changed(read, changes)


def changed(read: Scenario, changes: Changes) -> Scenario:
    """Make changes to a scenario, from the day on which it stands."""
    if not changes:
        return read
    from bystander.cases.changes import Change, read_measures

    meant = known_changes(read, changes)
    change = Change(
        read_measures(read, meant.measure),
        pairs(meant.set, "--set"),
        meant.enable,
        meant.disable,
        pairs(meant.start, "--start"),
        null=meant.null,
    )
    return change.apply(read)


def what_is_asked(read: Scenario, *, told: bool) -> tuple[Scenario, tuple[str, ...]]:
    """Return what a verb is about whose outcome was left out: what the scenario asks.

    Parameters
    ----------
    told
        Whether it is said what that is.
    """
    from bystander.cli.terminal import asides
    from bystander.policy.targets import asked_of
    from bystander.report.words.numbers import phrase

    asked, names = _in_words(*asked_of(read))
    if told and names:
        said = [f"\u201c{phrase(asked.outcomes[name].told, name, 60)}\u201d" for name in names]
        whose = "what the scenario asks" if asked.asks else "the main outcomes"
        asides.print(f"Of {whose}: {', '.join(said)}.")
    return asked, names


def _is_folder(text: str) -> bool:
    try:
        return Path(text).is_dir()
    except OSError:  # longer than any name
        return False


def first_asked(read: Scenario) -> str:
    """Return the move that the scenario asks about first, for a verb whose question was left out.

    Raises
    ------
    QueryError
        If it asks about no move that it has.
    """
    found = next((known[0] for ask in read.asks.values() if (known := read.known_moves(ask))), "")
    if not found:
        owners = dict.fromkeys(name.partition(".")[0] for name in read.moves())
        owners.pop("nature", None)
        if not owners:
            raise QueryError("Nobody in the scenario has a move of their own: there is no choice to explain.")
        named = ", ".join(owners)
        raise QueryError(f"The scenario asks why of nobody. Name whose moves are to be explained: {named}.")
    return found


def followed_in(scenario: str, record: str) -> str:
    """Return the scenario that a record is followed in; where none was named for one's own, say which."""
    from bystander.cli.terminal import asides

    if scenario == FOUNDING_CASE and Path(record).is_file():
        asides.print(f"No scenario was named, so that the record is followed in {FOUNDING_CASE}.")
        asides.print("Another is named after the record, or by --scenario.")
    return scenario


def _in_words(asked: Scenario, names: tuple[str, ...]) -> tuple[Scenario, tuple[str, ...]]:
    """Call what is asked and has no words of its own by who is asked about and what by: "Delhi: march"."""
    from bystander.report.words.numbers import label, phrase, running

    moves, outcomes = asked.moves(), dict(asked.outcomes)
    for name in names:
        made = outcomes[name].fires or ()
        if made and not outcomes[name].about and not outcomes[name].model_extra:
            owner, _, what = made[0].partition(".")
            said = f"{label(owner)}: {running(phrase(moves[made[0]].about, label(what)))}"
            outcomes[name] = outcomes[name].model_copy(update={"about": said})
    return asked.model_copy(update={"outcomes": outcomes}), names


SHOWN = 12


def known_name(typed: str, known: Iterable[str], kind: str) -> str:
    """Return the name that was meant.

    Parameters
    ----------
    kind
        What is named, for the refusal: ``outcome``.

    Raises
    ------
    QueryError
        If nothing is called so, or more than one thing.
    """
    names = list(dict.fromkeys(known))
    if typed in names:
        return typed
    alike = [name for name in names if plain_name(name) == plain_name(typed)]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise QueryError(f"'{typed}' may be {' or '.join(alike)}: write it as the scenario does.")
    close = nearest_names(typed, names, 2)
    if close:
        raise QueryError(f"There is no {kind} called '{typed}'. Did you mean {' or '.join(close)}?")
    more = ", ..." if len(names) > SHOWN else ""
    raise QueryError(
        f"There is no {kind} called '{typed}'. There is: {', '.join(names[:SHOWN]) or 'none'}{more}."
    )


def known_names(typed: Iterable[str], known: Iterable[str], kind: str) -> tuple[str, ...]:
    """Return the names that were meant, in the order typed."""
    names = list(known)
    return tuple(known_name(name, names, kind) for name in typed)


def known_moves(typed: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the moves that were meant, in the order typed: each by name, or all that a wildcard fits.

    Raises
    ------
    QueryError
        If a name or a wildcard stands for no move.
    """
    names, found = list(known), list[str]()
    for item in typed:
        if "*" not in item:
            found.append(known_name(item, names, "move"))
            continue
        fitting = [name for name in names if fnmatchcase(name, item.lower())]
        if not fitting:
            raise QueryError(
                f"No move is called like '{item}'. Write owner.* or *.move; there is: "
                f"{', '.join(names[:SHOWN]) or 'none'}{', ...' if len(names) > SHOWN else ''}."
            )
        found += fitting
    return tuple(dict.fromkeys(found))


def known_degrees(read: Scenario, typed: Iterable[str], known: Iterable[str], kind: str) -> tuple[str, ...]:
    """Return measures, ``name`` or ``name=degree``, in the names of the scenario.

    Raises
    ------
    QueryError
        For what is unknown, and for a measure that says nothing but degrees where none is named.
    """
    names, found = list(known), []
    for item in typed:
        name, equals, degree = item.partition("=")
        taken = known_name(name.strip(), names, kind)
        change = read.measures.get(taken) or read.rivals[taken]
        chosen = known_name(degree.strip(), change.intensities, f"degree of {taken}") if equals else ""
        if not chosen and change.is_bare and change.intensities:
            listed = ", ".join(f"{taken}={each}" for each in change.intensities)
            raise QueryError(f"'{taken}' says nothing but its degrees. Name one of them: {listed}.")
        found.append(f"{taken}{equals}{chosen}")
    return tuple(found)


def asked_day(read: Scenario, text: str) -> float:
    """Return how many days after a scenario's `as_of` a date is.

    Raises
    ------
    QueryError
        If it is no date, or an earlier one.
    """
    from bystander.scenario.dating import days_from, first_day

    try:
        day = days_from(first_day(read.as_of), text)
    except ScenarioError as error:
        raise QueryError(f"--on: {error.problems[0].message} {error.problems[0].fix}") from None
    if day < 0:
        raise QueryError(f"--on {text} is before {read.as_of}, the day the scenario speaks from.")
    return float(day)


def known_move(read: Scenario, owner: str, move: str, asked: str) -> tuple[str, str, str]:
    """Return the owner and the move that were meant, and the member whose vote on it is meant.

    The move is "" where none was named, or all are (``*``), and the member where the owner itself is asked
    about.

    Parameters
    ----------
    asked
        The scenario as it was typed, for the command that a refusal names.

    Raises
    ------
    QueryError
        If there is no such owner, it has no such move or vote, or only votes and none was named.
    """
    if not move:
        owner, _, move = owner.partition(".")
    move = "" if move == "*" else move
    moves = [name for name, body in read.moves().items() if body.enabled]
    members = [actor for actor in read.actors if ballots(read, actor)]
    owners = [name.partition(".")[0] for name in moves]
    who = known_name(owner, [*owners, *members], "actor or institution with moves or votes")
    own = [name.partition(".")[2] for name in moves if name.startswith(f"{who}.")]
    votes = ballots(read, who)
    if not own and not move:
        more = f" (or {', '.join(votes[1:])})" if len(votes) > 1 else ""
        raise QueryError(f"{who} only votes. Ask for one vote: {asking(asked, who, votes[0])}{more}")
    if not votes or plain_name(move) in ("", *map(plain_name, own)):
        return who, known_name(move, own, f"move of {who}") if move else "", ""
    alike = [
        vote for vote in votes if plain_name(move) in (plain_name(vote), plain_name(vote.partition(".")[2]))
    ]
    if len(alike) > 1:
        raise QueryError(f"{who} votes on {' and '.join(alike)}: name one of them in full.")
    vote = alike[0] if alike else known_name(move, [*own, *votes], f"move or vote of {who}")
    body, dot, name = vote.partition(".")
    return (body, name, who) if dot else (who, vote, "")


def ballots(read: Scenario, member: str) -> list[str]:
    """Return the decisions, ``body.decision``, on which a member may vote."""
    from bystander.scenario.expressions.syntax import Truth

    return [
        f"{name}.{decision}"
        for name, body in read.institutions.items()
        if member in body.members
        for decision, asked in body.decisions.items()
        if asked.enabled and asked.recuse.get(member) != Truth(True)
    ]


def asking(scenario: str, *words: str) -> str:
    """Return the command that explains something in a scenario as it was typed."""
    where = () if scenario == FOUNDING_CASE else ("-s", scenario)
    return shlex.join(("bystander", "explain", *words, *where))


def check_condition(read: Scenario, condition: str | None) -> None:
    """Refuse a condition that means nothing in a scenario."""
    from bystander.errors import Mark
    from bystander.scenario.expressions import Sort, expect, parse_expression, resolve

    if condition:
        expect(
            resolve(parse_expression(condition, Mark("--given")), read.scope()),
            Sort.CONDITION,
            "what is given",
        )

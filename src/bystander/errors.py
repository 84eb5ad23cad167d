"""Every way Bystander refuses, drawn as a tree, and the names most like one that nobody knows.

::

    BystanderError                 exit code 1
    ├── InputError                 exit code 2   something the user wrote is wrong, with located problems
    │   ├── ScenarioError          the scenario file: unknown key, bad expression, cyclic use, too large ...
    │   └── QueryError             the question: unknown move, outcome, parameter, value out of range
    ├── NotConvergedError          exit code 3   a solve ended without meeting its tolerance
    ├── BoundError                 exit code 3   a probability's error bound exceeds what was asked for
    └── MissingExtraError          exit code 4   an optional library is needed and absent

Doors (command line, report, notebooks) show the message and use the exit code, never a traceback.

*Did you mean?* is asked at a cost that does not grow with the input. Likeness is the ratio of matching blocks
(Ratcliff & Obershelp 1988), which takes time quadratic in the length of a name and linear in their number.
Names come from files, so both are bounded: only the first `LONGEST` characters are compared, with at most
`MOST` names whose length is near. Capitals do not matter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher, get_close_matches


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; lines and columns count from 1, ``line == 0`` means the place is unknown.

    ``whole`` says that what is read there is not what is written there, letter by letter: a short form
    written out, a text folded from several lines. No place within it is known.
    """

    file: str = "<scenario>"
    line: int = 0
    column: int = 0
    whole: bool = field(default=False, compare=False, repr=False)

    def __str__(self) -> str:
        """Write the place the way editors understand it: ``file:line:column``."""
        if self.line == 0:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"

    def as_a_whole(self) -> Mark:
        """Return it as the place of a text that is not written there as it is read."""
        return replace(self, whole=True)


NO_PLACE = Mark("input")
"""Where a question is wrong that was asked in no file."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where it is, what it is, and what to do about it.

    ``check`` is the short stable name of the check that found it, for example ``unknown-key``.
    """

    mark: Mark
    message: str
    fix: str = ""
    check: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        """Write one line: place, severity, message and fix."""
        fix = f" Fix: {self.fix}" if self.fix else ""
        return f"{self.mark}: {self.severity}: {self.message}{fix}"

    @property
    def place(self) -> tuple[str, int, int]:
        """Where it is, as problems are put in order: file, line, column."""
        return self.mark.file, self.mark.line, self.mark.column

    def to_dict(self) -> dict[str, str | int]:
        """Return it as plain data, its place in three parts."""
        return {
            "file": self.mark.file,
            "line": self.mark.line,
            "column": self.mark.column,
            "severity": self.severity,
            "check": self.check,
            "message": self.message,
            "fix": self.fix,
        }


class BystanderError(Exception):
    """The root of all errors this package raises on purpose."""

    exit_code = 1


class InputError(BystanderError):
    """Something a user wrote is wrong.

    Parameters
    ----------
    problems
        A message, one `Problem`, or several that are reported together.
    """

    exit_code = 2

    def __init__(self, problems: str | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(NO_PLACE, problems)
        if isinstance(problems, Problem):
            problems = (problems,)
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


def reason_of(error: BystanderError) -> str:
    """Return what an error says without the places of what is wrong: for answers that are not there."""
    if isinstance(error, InputError):
        return " ".join(problem.message for problem in error.problems)
    return str(error)


class ScenarioError(InputError):
    """A scenario file cannot be read, or does not mean anything consistent."""


class QueryError(InputError):
    """A question names something the scenario does not have, or asks for a value out of range."""


class FullError(QueryError):
    """A disk or a device takes no more."""

    exit_code = 1


class NotConvergedError(BystanderError):
    """A solve ended without meeting its tolerance; the status says how far it got."""

    exit_code = 3


class BoundError(BystanderError):
    """The stated error bound of a probability is larger than the caller accepts."""

    exit_code = 3


class MissingExtraError(BystanderError):
    """An optional library is needed for this question and is not installed."""

    exit_code = 4


LONGEST = 60
MOST = 500
LISTED = 12
AS_LIKE = 4
"""How many more are looked at: of names as like, the one with the same letters was meant, ``esat``."""


def plain_name(name: str) -> str:
    """Return a name as it is recognised: whatever its case and marks, with spaces or hyphens for ``_``."""
    parted = unicodedata.normalize("NFKD", name.casefold().translate(_STROKES))
    return "".join(letter for letter in parted if not unicodedata.combining(letter)).translate(_PARTED)


def bare_name(name: str) -> str:
    """Return the letters and digits by which a name is found in a text."""
    return plain_name(name).replace("_", "")


_STROKES = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_PARTED = str.maketrans({" ": "_", "-": "_", **dict.fromkeys("'\u2018\u2019\u02bb\u02bc")})


def nearest_names(name: str, known: Iterable[str], count: int = 1, cutoff: float = 0.6) -> list[str]:
    """Return the known names most like a name, best first.

    Parameters
    ----------
    cutoff
        Least likeness, in [0, 1]: twice the matching characters over all characters.
    """
    wanted = name[:LONGEST].casefold()
    by_text: dict[str, str] = {}
    for candidate in known:
        if abs(min(len(candidate), LONGEST) - len(wanted)) <= LONGEST * (1 - cutoff):
            by_text.setdefault(candidate[:LONGEST].casefold(), candidate)
            if len(by_text) >= MOST:
                break
    letters = sorted(wanted)

    def likeness(text: str) -> tuple[float, bool]:
        return SequenceMatcher(None, text, wanted).ratio(), sorted(text) == letters

    close = get_close_matches(wanted, by_text, count + AS_LIKE, cutoff)
    return [by_text[text] for text in sorted(close, key=likeness, reverse=True)[:count]]


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "", cutoff: float = 0.6) -> str:
    """Ask whether the nearest known name was meant; where none is near, say what else, or what there is."""
    names = list(known)
    close = nearest_names(name, names, 1, cutoff)
    if close:
        return f"Did you mean '{close[0]}'?"
    more = ", ..." if len(names) > LISTED else ""
    return otherwise or (f"There is: {', '.join(names[:LISTED])}{more}." if names else "There is none.")

"""Questions about what will happen, each with the rule that will decide it.

A question is an observation not yet made, in the words of a record (`bystander.evidence.record`)::

    forecast: 1
    title: After the fighting
    scenario: crises/ferghana-2022
    record: records/ferghana
    as_of: 2022-10-15
    questions:
      battle: {asks: "Will there be another battle within a year?", fires: battle, by: 2023-10-15}
      clashes: {asks: "Three clashes by summer?", fires: clash, times: 3, by: 2023-06-01, author: 60%}
      treaty: {asks: "Is the border agreed on 1 April 2025?", at: {border: [agreed]}, on: 2025-04-01}

``fires`` names a class of moves of the record: the answer is yes if the record lists at least ``times`` (1)
of them after the end of ``as_of`` and up to the end of ``by``; no if it lists fewer and the class is covered
all that time. ``at`` names levels that a reading on the day ``on`` decides. What the record neither lists nor
covers stays open, and is counted as open when forecasts are scored. Because forecast and decision are the
same observation, no question is void for want of a rule. ``author`` is what the author of the question would
have said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError

from bystander.errors import Mark, Problem, QueryError, ScenarioError
from bystander.evidence.record import Observation, Record, end_of_day, read_span
from bystander.scenario.complaints import located_problems
from bystander.scenario.document import FilePlace, be_of_kind, find_study, load_nodes
from bystander.scenario.nodes import Mapping as Nodes
from bystander.scenario.nodes import data_of, tell
from bystander.scenario.schema.fields import (
    LONGEST,
    Day,
    Free,
    Name,
    Part,
    PlainNumber,
    Text,
    as_list,
    no_truth,
)

MOST_QUESTIONS, MOST_TIMES = 500, 1_000


def _share(value: object) -> object:
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return float(value.strip()[:-1]) / 100.0
        except ValueError:
            return value
    return value


class QuestionPart(Part):
    """One question."""

    asks: Text
    """The question as a reader is asked it."""
    fires: Name | None = None
    """A class of moves of the record."""
    times: Annotated[int, no_truth("2"), Field(ge=1, le=MOST_TIMES)] = 1
    """At least so many of them."""
    by: Day | None = None
    """Until the end of this day."""
    at: dict[Name, Annotated[tuple[Text, ...], BeforeValidator(as_list), Field(min_length=1)]] = Field(
        default_factory=dict
    )
    """Instead: for each variable the levels that are a yes."""
    on: Day | None = None
    """On this day."""
    author: Annotated[PlainNumber, BeforeValidator(_share), Field(ge=0.0, le=1.0)] | None = None
    """What the author would have said, 0 to 1."""
    source: Text = ""
    """What will decide it."""


class QuestionFile(Part):
    """A file of questions."""

    forecast: Text
    """Version of this form: 1."""
    title: Text
    """What it is about."""
    about: Text = ""
    """In a few sentences."""
    scenario: Text
    """The scenario that answers."""
    record: Text
    """The record that is learnt from and decides."""
    as_of: Day
    """Only what was known by the end of this day is used."""
    hindcast: bool = False
    """Whether whoever wrote scenario or questions knew the answers."""
    learn: bool = True
    """Whether numbers with a prior are learnt from the record first."""
    parameters: Free = Field(default_factory=dict)
    """Parameters as they could be stated on the day, in place of those the scenario learnt from what came
    later; in the form of a scenario."""
    questions: dict[Name, QuestionPart]
    """The questions."""


@dataclass(frozen=True, slots=True)
class ForecastQuestion:
    """A question as an observation that may come.

    Attributes
    ----------
    begin, end
        Days since 1970-01-01 between which it is decided; equal where it is about one day.
    yes_from
        Least number of firings that is a yes.
    """

    name: str
    asks: str
    begin: float
    end: float
    of: str = ""
    yes_from: int = 1
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    author: float | None = None
    source: str = ""
    mark: Mark = field(default=Mark(), compare=False)

    def unsaid(self, lacking: str) -> QueryError:
        """Return the refusal of a question for which a scenario lacks a word."""
        message = f"the scenario has no words for '{self.name}': {lacking}"
        return QueryError(tell(self.mark, message, "ask in the words of scenario and record", "question"))

    def hypothesis(self) -> tuple[Observation, bool]:
        """Return an observation, and whether it is the yes or the no of the question."""
        if self.of:
            counted = Observation(
                f"?{self.name}", "count", self.begin, self.end, of=self.of, low=0.0, high=self.yes_from - 1.0
            )
            return counted, False
        reading = Observation(f"?{self.name}", "level", self.begin, self.end, levels=self.levels)
        return reading, True


@dataclass(frozen=True)
class QuestionSet:
    """Questions asked on one day of one scenario and record."""

    title: str
    about: str
    scenario: str
    record: str
    as_of: str
    hindcast: bool
    learn: bool
    questions: tuple[ForecastQuestion, ...]
    shown: str = ""
    parameters: Nodes | None = field(default=None, compare=False)


def read_questions(path_or_name: str | Path, as_of: str = "") -> QuestionSet:
    """Read a file of questions, or one of the library.

    Parameters
    ----------
    as_of
        Another day to ask on: what is asked about begins at its end.

    Raises
    ------
    ScenarioError
        With everything wrong with it, each at its place.
    """
    place = find_study(path_or_name)
    root = load_nodes(place)
    be_of_kind(root, "forecast")
    try:
        read = QuestionFile.model_validate(data_of(root))
    except ValidationError as error:
        raise located_problems(error, root, QuestionFile, whole="the file of questions") from None
    problems: list[Problem] = []
    asked = root.get("questions")
    assert isinstance(asked, Nodes)
    begin = end_of_day(as_of, Mark("--as-of")) if as_of else end_of_day(read.as_of)
    found = [
        _question(name, part, begin, asked.keys[name].mark, problems) for name, part in read.questions.items()
    ]
    if read.forecast != "1":
        message = f"this program reads form 1, not {read.forecast}"
        problems.append(tell(root.mark, message, "write forecast: 1", "version"))
    if not found or len(found) > MOST_QUESTIONS:
        message = f"there are {len(found)} questions; between 1 and {MOST_QUESTIONS} are wanted"
        fix = (
            "split the file"
            if found
            else 'write questions: {again: {asks: "Again?", fires: clash, by: 2023-03-31}}'
        )
        problems.append(tell(root.keys["questions"].mark, message, fix, "too-large"))
    if problems:
        raise ScenarioError(problems)
    stated = root.get("parameters")
    if stated is not None and not isinstance(stated, Nodes):
        message = "parameters: is a mapping of names to what is stated of them"
        raise ScenarioError(
            tell(root.keys["parameters"].mark, message, "write name: {value: ...}", "question")
        )
    return QuestionSet(
        read.title, read.about, _beside(place, read.scenario), _beside(place, read.record),
        as_of or read.as_of, read.hindcast, read.learn, tuple(q for q in found if q is not None),
        place.shown, stated,
    )  # fmt: skip


def _beside(place: FilePlace, name: str) -> str:
    """Return a file that questions name: as named from here, else the one beside them if there is one."""
    beside = place.path.parent / name
    if place.in_library or Path(name).exists() or not Path(name).suffix or not beside.exists():
        return name
    return str(beside)


def _question(
    name: str, part: QuestionPart, begin: float, mark: Mark, problems: list[Problem]
) -> ForecastQuestion | None:
    """Read one question, or say why it decides nothing."""
    asks, author, source = part.asks, part.author, part.source
    if (part.fires is None) == (not part.at):
        fix = "give either fires: and by:, or at: and on:"
        told = "asks two things, fires: and at:" if part.at else "is decided by nothing"
        problems.append(tell(mark, f"'{name}' {told}", fix, "question"))
        return None
    day = part.by if part.fires is not None else part.on
    if day is None:
        wanted = "by" if part.fires is not None else "on"
        problems.append(tell(mark, f"'{name}' has no day", f"say {wanted}: 2023-10-15", "question"))
        return None
    unused = {"on": part.on} if part.fires is not None else {"by": part.by, "times": part.times > 1}
    for key in (key for key, given in unused.items() if given):
        message = f"'{name}' has no use for {key}:"
        problems.append(tell(mark, message, "give fires: a by: and times:, and at: an on:", "question"))
    first, last, _ = read_span(day, mark)
    if last <= begin:
        message = f"'{name}' is about {day}, which is not after as_of"
        problems.append(tell(mark, message, "choose a later day, or ask on an earlier one", "question"))
        return None
    if last - begin > LONGEST:
        message = f"'{name}' is about {day}, over a thousand years on: no process is followed so far"
        problems.append(tell(mark, message, "choose an earlier day", "question"))
        return None
    if part.fires is not None:
        return ForecastQuestion(name, asks, begin, last, part.fires, part.times, {}, author, source, mark)
    middle = 0.5 * (first + last)
    return ForecastQuestion(name, asks, middle, middle, "", 1, part.at, author, source, mark)


def check_questions(asked: QuestionSet, record: Record) -> None:
    """Refuse questions about classes that the record does not know."""
    listed = ", ".join(record.classes) or "none"
    problems = [
        tell(q.mark, f"the record has no class '{q.of}'", f"it has {listed}", "question")
        for q in asked.questions
        if q.of and q.of not in record.classes
    ]
    if problems:
        raise ScenarioError(problems)

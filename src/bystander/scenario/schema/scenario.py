"""The whole of a scenario, validated: every name has its meaning, every number its unit.

The names a document defines are collected before it is validated (`scope_for`). Collecting is lenient: a
variable without a start still has levels, a condition that cannot be read is set aside. What is broken is
told by the schema; here it is only noted, so that complaints about names which depend on it can be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from bystander.errors import Mark, Problem, ScenarioError
from bystander.scenario.complaints import located_problems
from bystander.scenario.document import Document, FragmentUse
from bystander.scenario.expressions import Expr, Scope, parse_expression, read_constant
from bystander.scenario.nodes import (
    Mapping,
    Node,
    Scalar,
    data_of,
    entry_of,
    find,
    names_of,
    node_of,
    text_of,
)
from bystander.scenario.schema.fields import (
    Condition,
    Day,
    Duration,
    Free,
    Name,
    Part,
    SourceName,
    Text,
    complain,
    current_scope,
    kind_of,
    mark_of,
    reading_in,
)
from bystander.scenario.schema.moves import Action, Actor, Decision, Hazard, Institution, KnownDate, Then
from bystander.scenario.schema.questions import Ask, Judgement, Measure, Outcome, Rival
from bystander.scenario.schema.world import (
    Clause,
    Event,
    Fact,
    Parameter,
    Settings,
    Source,
    Variable,
    numbered_levels,
    parsed_weight,
)
from bystander.scenario.unfolding import unfold
from bystander.units import PLAIN, Dimension, Quantity


@contextmanager
def scope_for(root: Mapping) -> Iterator[frozenset[str]]:
    """Put the names that a document defines in force; yields the names whose own definition is broken."""
    broken: set[str] = set()
    variables: dict[str, tuple[str, ...]] = {}
    ordered: set[str] = set()
    for name, body in _entries(root, "variables"):
        levels = entry_of(body, "levels")
        known = numbered_levels(levels.text) if isinstance(levels, Scalar) else tuple(names_of(levels))
        if known:
            variables[name] = known
        else:
            broken.add(name)
        flag = entry_of(body, "ordered")
        if isinstance(flag, Scalar) and flag.datum() is True:
            ordered.add(name)
    facts: dict[str, Quantity | None] = {}
    for name, quantity in _numbers(root, "facts", Scope({}), broken):
        facts[name] = quantity
    parameters: dict[str, Dimension] = {}
    for name, quantity in _numbers(root, "parameters", Scope({}, facts=facts), broken):
        parameters[name] = PLAIN if quantity is None else quantity.dimension
    conditions: dict[str, Expr] = {}
    for name, body in _entries(root, "conditions"):
        try:
            datum = body.datum() if isinstance(body, Scalar) else None
            conditions[name] = parse_expression("" if datum is None else datum, body.mark)
        except ScenarioError:
            broken.add(name)
    outcomes = frozenset(name for name, _ in _entries(root, "outcomes"))
    day = text_of(root.get("as_of"))
    clauses = dict(_clauses(root, day, broken))
    scope = Scope(variables, frozenset(ordered), parameters, conditions, outcomes, facts, day, clauses)
    with reading_in(scope):
        yield frozenset(broken)


def _clauses(root: Mapping, day: str, broken: set[str]) -> Iterator[tuple[str, Expr]]:
    """Iterate over how clauses read; broken ones are noted."""
    for name, body in _entries(root, "clauses"):
        reading = entry_of(body, "reading")
        if not isinstance(body, Mapping) or reading is None:
            broken.add(name)
            continue
        dates = [
            node.text if isinstance(node := body.get(key), Scalar) else None for key in ("from", "until")
        ]
        try:
            yield name, parsed_weight(data_of(reading), day, *dates)
        except (ScenarioError, TypeError):
            broken.add(name)


def _numbers(
    root: Mapping, section: str, scope: Scope, broken: set[str]
) -> Iterator[tuple[str, Quantity | None]]:
    """Iterate over the numbers of a section, None for an entry without; broken ones are noted."""
    for name, body in _entries(root, section):
        value = body.get("value") if isinstance(body, Mapping) else body
        try:
            datum = value.datum() if isinstance(value, Scalar) else None
            given = None if datum is None or isinstance(datum, bool) else datum
            if given is None and section == "parameters":
                broken.add(name)
                continue
            yield name, None if given is None else read_constant(given, body.mark, scope)
        except ScenarioError:
            broken.add(name)


def _entries(root: Mapping, section: str) -> list[tuple[str, Node]]:
    body = root.get(section)
    return list(body.entries.items()) if isinstance(body, Mapping) else []


Texts = str | list[str]


def _version(value: Any) -> int:
    if str(value) != "1":
        message = f"this is language version 1, and the file asks for {kind_of(value)}"
        raise complain(Problem(mark_of(value), message, "write bystander: 1", "wrong-type"))
    return 1


def _as_list(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else [value]


class Scenario(Part):
    """A crisis in writing: what can be the case, who can do what, what each cares about, what is asked.

    Built by `read_scenario` from a file, by `read_data` from plain data, or directly from its
    parts. Frozen; `vary` and `apply_measures` make changed copies, `write_scenario` writes YAML.
    """

    bystander: Annotated[int, BeforeValidator(_version)]
    """Version of the language: 1."""
    title: Text
    """What the crisis is called."""
    question: Text = ""
    """What the scenario is to answer."""
    about: Text = ""
    """Background in a few sentences."""
    author: Text = ""
    """Who wrote it."""
    as_of: Day
    """The date it speaks from: 2022-10-15."""
    horizon: Duration
    """How far it looks: ``1 year``, or ``until 2023-10-15``."""
    given: Name | None = None
    """A condition; the clock of *who acts* starts when it first holds."""
    settings: Settings = Settings()
    """How it is to be understood."""
    sources: dict[SourceName, Source] = Field(default_factory=dict)
    """Documents it rests on."""
    facts: dict[Name, Fact] = Field(default_factory=dict)
    """Facts, each with its source."""
    events: dict[Name, Event] = Field(default_factory=dict)
    """What happened, with dates."""
    clauses: dict[Name, Clause] = Field(default_factory=dict)
    """Clauses of treaties, with dates and readings."""
    calendar: dict[Name, KnownDate] = Field(default_factory=dict)
    """Dates that everybody knows beforehand."""
    variables: dict[Name, Variable] = Field(min_length=1)
    """What can be the case."""
    starts: dict[Name, Then] = Field(default_factory=dict)
    """Joint distributions of the start: each a list of branches, ``{chance: 60%, front: war, csto: idle}``,
    whose chances may be expressions over parameters; they come before the starts of the variables."""
    conditions: dict[Name, Condition] = Field(default_factory=dict)
    """Conditions with a name, usable in every expression."""
    never: Annotated[tuple[Condition, ...], BeforeValidator(_as_list, json_schema_input_type=Texts)] = ()
    """Combinations of levels that are impossible."""
    parameters: dict[Name, Parameter] = Field(default_factory=dict)
    """Numbers with a name."""
    actors: dict[Name, Actor] = Field(default_factory=dict)
    """Who decides alone."""
    hazards: dict[Name, Hazard] = Field(default_factory=dict)
    """What happens by chance."""
    institutions: dict[Name, Institution] = Field(default_factory=dict)
    """Who decides by vote."""
    outcomes: dict[Name, Outcome] = Field(default_factory=dict)
    """Quantities asked of the process."""
    asks: dict[Name, Ask] = Field(default_factory=dict)
    """Questions about who does not act and why, answered first."""
    judgements: dict[Name, Judgement] = Field(default_factory=dict)
    """Conclusions of sources, to be computed."""
    measures: dict[Name, Measure] = Field(default_factory=dict)
    """What could be done about it."""
    rivals: dict[Name, Rival] = Field(default_factory=dict)
    """Competing explanations."""
    map: Free = Field(default_factory=dict)
    """Places and sectors for figures."""
    record: Text | None = None
    """Dated observations: a file beside the scenario, or the name of a record that ships."""

    _document: Document | None = PrivateAttr(default=None)

    @field_validator("outcomes", mode="after")
    @classmethod
    def _some_headline(cls, outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
        """Make every outcome a headline where none is: what is asked is to be shown."""
        if any(outcome.headline for outcome in outcomes.values()):
            return outcomes
        return {name: each.model_copy(update={"headline": True}) for name, each in outcomes.items()}

    @model_validator(mode="wrap")
    @classmethod
    def _resolve(cls, data: Any, handler: ModelWrapValidatorHandler[Scenario]) -> Scenario:
        if current_scope() is not None or not isinstance(data, dict):
            return handler(data)
        root = node_of({key: _written(value) for key, value in data.items()})
        assert isinstance(root, Mapping)
        root, _ = unfold(root)
        with scope_for(root) as broken:
            try:
                return handler(data_of(root))
            except ValidationError as error:
                raise located_problems(error, root, cls, broken) from None

    def to_dict(self) -> dict[str, Any]:
        """Return the scenario as plain data, in the words of the language."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @property
    def name(self) -> str:
        """Library path, or name of the file it was read from."""
        return "scenario" if self._document is None else self._document.name

    @property
    def document(self) -> Document | None:
        """The expanded document it was read from, None if it was built in Python."""
        return self._document

    @property
    def fragments(self) -> tuple[FragmentUse, ...]:
        """Library fragments it uses."""
        return () if self._document is None else self._document.fragments

    def known_moves(self, ask: Ask) -> tuple[str, ...]:
        """Return the moves of a question that somebody has, the one it begins with first."""
        return tuple(move for move in ask.full_moves if move in self.moves())

    def condition_of(self, ask: Ask) -> Expr | str | None:
        """Return when the clock of a question starts."""
        return self.given if ask.given is None else ask.given

    @property
    def headlines(self) -> list[str]:
        """Names of its main outcomes."""
        return [name for name, outcome in self.outcomes.items() if outcome.headline]

    @property
    def shocks(self) -> Literal["control", "private", "noise"]:
        """What moves choices besides reasons: as stated, else by whether any act or vote has a habit."""
        if self.settings.shocks is not None:
            return self.settings.shocks
        habits = any(getattr(move, "habit", None) for move in self.moves().values())
        return "control" if habits else "private"

    def mark(self, *path: str) -> Mark:
        """Return where an entry was written: ``mark("actors", "russia", "acts")``, or dotted in one text."""
        steps = tuple(step for part in path for step in part.split("."))
        return Mark(self.name) if self._document is None else find(self._document.root, steps)[1]

    def parameter_values(self) -> dict[str, float]:
        """Return the central value of each parameter, in days, people and dollars."""
        return {name: parameter.value.value for name, parameter in self.parameters.items()}

    def scope(self) -> Scope:
        """Return what names may mean, to resolve further expressions with."""
        return Scope(
            {name: variable.level_names for name, variable in self.variables.items()},
            frozenset(name for name, variable in self.variables.items() if variable.ordered),
            {name: parameter.dimension for name, parameter in self.parameters.items()},
            dict(self.conditions),
            frozenset(self.outcomes),
            {name: fact.value for name, fact in self.facts.items()},
            self.as_of,
            {name: clause.weight(self.as_of) for name, clause in self.clauses.items()},
        )

    def moves(self) -> dict[str, Hazard | Action | Decision]:
        """Return every move by name, ``owner.move``, in the order of files: hazards, decisions, actions."""
        found: dict[str, Hazard | Action | Decision] = {
            f"nature.{n}": hazard for n, hazard in self.hazards.items()
        }
        for owner, institution in self.institutions.items():
            found.update({f"{owner}.{n}": decision for n, decision in institution.decisions.items()})
        for owner, actor in self.actors.items():
            found.update({f"{owner}.{n}": action for n, action in actor.actions.items()})
        return found

    def with_moves(
        self, change: Callable[[str, Any], Any], interest: Callable[[str, Any], Any] = lambda _, body: body
    ) -> Scenario:
        """Return a copy with every move changed, told its name ``owner.move``, and every interest so."""

        def each(
            owner: str, bodies: dict[str, Any], anew: Callable[[str, Any], Any] = change
        ) -> dict[str, Any]:
            return {name: anew(f"{owner}.{name}", body) for name, body in bodies.items()}

        actors = {
            name: body.model_copy(
                update={
                    "interests": each(name, body.interests, interest),
                    "actions": each(name, body.actions, change),
                }
            )
            for name, body in self.actors.items()
        }
        institutions = {
            name: body.model_copy(update={"decisions": each(name, body.decisions, change)})
            for name, body in self.institutions.items()
        }
        hazards = each("nature", self.hazards, change)
        return self.model_copy(update={"actors": actors, "hazards": hazards, "institutions": institutions})

    def __eq__(self, other: object) -> bool:
        """Compare what the scenarios say; where they were read from does not count."""
        return isinstance(other, Scenario) and all(
            getattr(self, name) == getattr(other, name) for name in type(self).model_fields
        )

    __hash__ = None  # type: ignore[assignment]


def _written(value: Any) -> Any:
    if isinstance(value, Part):
        return value.model_dump(mode="json", exclude_defaults=True)
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_written(item) for item in value]
    return value

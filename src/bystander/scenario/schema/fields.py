"""The kinds of value a scenario file may hold, each with how it is read, checked, written back and described.

An expression is parsed, its names are given their meaning, and its dimension is compared with what its
place needs, all while the file is validated: the scope (variables, levels, parameters, conditions,
outcomes) is collected from the file first and is in force during validation (`reading_in`). Without a
scope, as when a part of a scenario is built alone in Python, expressions are only parsed; building the
`Scenario` resolves them.

=================  ==========================  =================
kind               example                     stored as
=================  ==========================  =================
condition          ``front == clash``          expression
rate               ``every 2 weeks``           expression, per day
flow of worth      ``-14 per year``            expression, per day
worth, number      ``-2.5``                    expression, plain
duration           ``3 weeks``                 days
habit              ``once in 10 years``        expression, per day or plain
quantity           ``10 people per day``       `Quantity`
chance             ``70%``                     plain number
=================  ==========================  =================

Names, dates and other texts are kinds of value too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from bystander.errors import Mark, Problem, ScenarioError
from bystander.scenario.dating import first_day, last_day
from bystander.scenario.expressions import (
    RESERVED,
    Expr,
    Meaning,
    Scope,
    Sort,
    dimension_of,
    expect,
    parse_expression,
    read_constant,
    refuse_meaningless,
    resolve,
    to_text,
)
from bystander.scenario.expressions.syntax import EXPRESSION_CLASSES
from bystander.scenario.nodes import MarkedText, tell
from bystander.units import DURATION, PLAIN, RATE, Quantity, format_duration, parse_duration

RESERVED_NAMES = RESERVED | {"chance"}
_SCOPE: ContextVar[Scope | None] = ContextVar("bystander_scope", default=None)


class Part(BaseModel):
    """A part of a scenario: frozen, and every key it does not know is an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


@contextmanager
def reading_in(scope: Scope) -> Iterator[None]:
    """Give names in expressions their meaning while parts are validated."""
    token = _SCOPE.set(scope)
    try:
        yield
    finally:
        _SCOPE.reset(token)


def current_scope() -> Scope | None:
    """Return the scope in force, None where parts are built alone."""
    return _SCOPE.get()


def mark_of(value: Any) -> Mark:
    """Return where a value was written, as far as known."""
    found = getattr(value, "mark", None)
    return found if isinstance(found, Mark) else Mark()


def wrong_type(value: Any, wanted: str, fix: str) -> ScenarioError:
    """Return the refusal of a value that is of another kind than its place wants."""
    return ScenarioError(Problem(mark_of(value), f"{wanted}, not {kind_of(value)}", fix, "wrong-type"))


def complain(problem: Problem) -> PydanticCustomError:
    """Wrap a problem so that validation goes on and reports it with all the others."""
    return PydanticCustomError("located", "{message}", {"message": problem.message, "problem": problem})


def located(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Turn the first problem of a `ScenarioError` into a complaint."""

    def wrapped(value: Any) -> Any:
        try:
            return read(value)
        except ScenarioError as error:
            raise complain(error.problems[0]) from None

    return wrapped


class Custom:
    """Annotation that reads, writes and describes a value in its own way.

    Parameters
    ----------
    read
        From file data to the stored value; may raise `ScenarioError`.
    write
        From the stored value to plain data that ``read`` accepts.
    schema
        JSON Schema of what may be written.
    """

    def __init__(
        self, read: Callable[[Any], Any], write: Callable[[Any], Any], schema: dict[str, Any]
    ) -> None:
        self.read = located(read)
        self.write = write
        self.schema = schema

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """Read with ``read`` and write with ``write``."""
        del source, handler
        return core_schema.no_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(self.write)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe what may be written."""
        del schema, handler
        return dict(self.schema)


def read_expression(value: Any, wanted: Meaning | None, what: str, *, asking: bool = False) -> Expr:
    """Parse an expression and, where a scope is in force, resolve it and check its dimension.

    ``asking`` says whether it may ask the process.
    """
    expr: Expr
    if isinstance(value, EXPRESSION_CLASSES):
        expr = value
    elif isinstance(value, (str, int, float)):
        expr = parse_expression(str(value) if isinstance(value, str) else value, mark_of(value))
    else:
        fix = "write it as text; quote it if it holds ': ' or brackets"
        raise wrong_type(value, f"{what} is an expression", fix)
    scope = current_scope()
    if scope is not None:
        expr = resolve(expr, scope, asking=asking)
        if wanted is not None:
            expect(expr, wanted, what)
        refuse_meaningless(expr)
    return expr


def no_truth(example: str) -> BeforeValidator:
    """Refuse true and false, which Python counts as 1 and 0, where a number is wanted."""

    def refuse(value: Any) -> Any:
        if isinstance(value, bool):
            message = "a number is needed, not true or false"
            raise complain(Problem(mark_of(value), message, f"write {example}", "wrong-type"))
        return value

    return BeforeValidator(refuse)


PlainNumber: TypeAlias = Annotated[float, no_truth("2.5")]


def kind_of(value: Any) -> str:
    """Say what sort of thing stands in a file."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, (list, tuple)) else f"'{str(value)[:40]}'"


def expression_field(wanted: Meaning | None, what: str, example: str, *, asking: bool = False) -> Custom:
    """Describe a field that holds an expression meaning ``wanted``."""
    types = ["string", "boolean"] if wanted is Sort.CONDITION else ["string", "number"]
    return Custom(
        lambda value: read_expression(value, wanted, what, asking=asking),
        to_text,
        {"type": types, "description": what, "examples": [example]},
    )


Condition: TypeAlias = Annotated[Expr, expression_field(Sort.CONDITION, "the condition", "front == clash")]
Rate: TypeAlias = Annotated[Expr, expression_field(RATE, "the rate", "every 2 weeks")]
FlowWorth: TypeAlias = Annotated[Expr, expression_field(RATE, "the worth of an interest", "-14 per year")]
Discount: TypeAlias = Annotated[Expr, expression_field(RATE, "the discount rate", "50% per year")]
DurationExpression: TypeAlias = Annotated[Expr, expression_field(DURATION, "the duration", "3 weeks")]
Worth: TypeAlias = Annotated[Expr, expression_field(PLAIN, "the worth", "-2.5")]
Number: TypeAlias = Annotated[Expr, expression_field(PLAIN, "the number", "1")]
Amount: TypeAlias = Annotated[Expr, expression_field(None, "the amount", "10 people per day")]


def read_habit(value: Any) -> Expr:
    """Read a habit: a rate (``once in 10 years``, ``2 per year``) or a chance per opportunity (``5%``)."""
    expr = read_expression(value, None, "the habit")
    if current_scope() is not None and dimension_of(expr) not in (RATE, PLAIN, Sort.ZERO):
        message = f"The habit must be a rate or a chance per opportunity, and is {dimension_of(expr)}."
        fix = "Write 'once in 10 years', '2 per year' or '5%'."
        raise ScenarioError(Problem(expr.mark, message, fix, "wrong-unit"))
    return expr


Habit: TypeAlias = Annotated[
    Expr,
    Custom(
        read_habit,
        to_text,
        {"type": ["string", "number"], "description": "the habit", "examples": ["once in 10 years"]},
    ),
]


LONGEST = 365_250.0
"""Days."""


class Until(float):
    """Days until a date: fewer on a later day to speak from."""

    day: str

    def __new__(cls, days: float, day: str) -> Until:
        """Keep the date beside the days."""
        made = super().__new__(cls, days)
        made.day = day
        return made

    def __reduce__(self) -> tuple[type[Until], tuple[float, str]]:
        """Pickle both."""
        return Until, (float(self), self.day)


def day_of(days: float) -> str:
    """Return the date until which a time was written to last, "" if as a length."""
    return days.day if isinstance(days, Until) else ""


def _duration(value: Any) -> float:
    if isinstance(value, Until):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return parse_duration(f"{value!r} days")
    if not isinstance(value, str):
        raise wrong_type(value, "a duration is needed", "write 3 weeks")
    days, scope = _days(value, mark_of(value)), current_scope()
    if not days > 0 and scope is not None and value.split()[0] == "until":
        message = f"'{value}' is not after {scope.as_of}, the day the scenario speaks from"
        fix = "write a later day, or correct as_of"
        raise ScenarioError(Problem(mark_of(value), message, fix, "wrong-unit"))
    require_followed(days, value, mark_of(value))
    return days


def require_followed(days: float, text: str, mark: Mark) -> None:
    """Refuse a time ahead that is none, or longer than any process is followed.

    Raises
    ------
    ScenarioError
        Naming it as it was written.
    """
    if not days > 0:
        message, fix = f"'{text}' is not a positive duration", "write 3 weeks"
        raise ScenarioError(tell(mark, message, fix, "wrong-unit"))
    if days > LONGEST:
        message = f"'{text}' is longer than a thousand years, beyond which no process is followed"
        raise ScenarioError(tell(mark, message, "write a shorter time", "number-range"))


def _days(text: str, mark: Mark) -> float:
    """Return the days of ``3 weeks``, or those from the scenario's day until a date: ``until 2023-10-15``."""
    word, _, day = text.strip().partition(" ")
    if word != "until":
        return parse_duration(text, mark)
    scope = current_scope()
    if scope is None or not scope.as_of:
        message = f"'{text}' can be reckoned only from the day the scenario speaks from"
        raise ScenarioError(Problem(mark, message, "add as_of: 2022-10-15", "missing-key"))
    return Until(_days_between(scope.as_of, day, mark), day)


def _days_between(start: str, end: str, mark: Mark) -> float:
    return float((last_day(end, mark) - first_day(start, mark)).days)


def on_another_day(days: float, as_of: str, mark: Mark) -> float:
    """Return a duration as it is from another day: one until a date changes, any other stays.

    Raises
    ------
    ScenarioError
        If the date is not after the day.
    """
    if not isinstance(days, Until):
        return days
    left = _days_between(as_of, days.day, mark)
    if left > 0:
        return Until(left, days.day)
    message = f"'until {days.day}' is over on {as_of}, the day it is asked on"
    raise ScenarioError(Problem(mark, message, "write a later day, or ask on an earlier one", "wrong-unit"))


def read_quantity(value: Any) -> Quantity:
    """Read a number with its unit, or one derived from facts."""
    if isinstance(value, Quantity):
        return value
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise wrong_type(value, "a number with its unit is needed", "write 2.0 per year")
    return read_constant(value if isinstance(value, str) else repr(value), mark_of(value), current_scope())


def read_chance(value: Any) -> float:
    """Read a probability, ``0.7`` or ``70%``."""
    quantity = read_quantity(value)
    if quantity.dimension != PLAIN or not 0 <= quantity.value <= 1:
        message = f"'{value}' is not a probability"
        raise ScenarioError(
            Problem(mark_of(value), message, "write a number from 0 to 1, or 70%", "not-a-probability")
        )
    return quantity.value


def write_duration(days: float) -> str:
    """Write days so that they are read back exactly."""
    text = format_duration(days)
    return text if parse_duration(text) == days else f"{days!r} days"


Duration: TypeAlias = Annotated[
    float, Custom(_duration, write_duration, {"type": "string", "examples": ["3 weeks", "until 2023-10-15"]})
]
Amounted: TypeAlias = Annotated[
    Quantity,
    Custom(
        read_quantity,
        lambda quantity: quantity.formula or str(quantity),
        {
            "type": ["string", "number"],
            "examples": ["2.0 per year", "41 people", "70%", "1 - fact.polyarchy"],
        },
    ),
]


LEVEL_NAME = r"[a-z][a-z0-9_]{0,59}|[0-9]{1,9}"


def _name(value: str) -> str:
    if value in RESERVED_NAMES:
        problem = Problem(
            mark_of(value), f"'{value}' is a word of the language", "choose another name", "reserved-word"
        )
        raise complain(problem)
    return value


def as_list(value: Any) -> Any:
    """Take a text for a list of one."""
    return [value] if isinstance(value, str) else value


Name: TypeAlias = Annotated[str, AfterValidator(_name), StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
LevelName: TypeAlias = Annotated[str, StringConstraints(pattern=rf"^(?:{LEVEL_NAME})$")]
SourceName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
ClaimName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,29}$")]
MoveName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Text: TypeAlias = Annotated[str, StringConstraints(max_length=20_000)]
Day: TypeAlias = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
SomeDay: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$"),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["2022", "2022-10", "2022-10-15"]}),
]
Because: TypeAlias = Annotated[
    tuple[str, ...], BeforeValidator(as_list, json_schema_input_type=str | list[str])
]
Moves: TypeAlias = Annotated[
    tuple[MoveName, ...], BeforeValidator(as_list, json_schema_input_type=str | list[str])
]


class ReasonWords(Part):
    """What something is called as a reason, by its sign; by its ``about`` where there are no words for it.

    The sign of a weight is that of what it weighs, ``loyal_weight * $loyal``, whatever stands before the
    term; of an interest that of its worth. What is now above and now below 0 is called by its ``about`` too.
    """

    above: Text = ""
    """Where that is above 0: ``A government in trouble that is loyal``."""
    below: Text = ""
    """Where that is below 0: ``A government in trouble that is not loyal``."""

    @model_validator(mode="after")
    def _say_something(self) -> ReasonWords:
        if not self.above.strip() and not self.below.strip():
            fix = "write {above: A loyal host, below: A disloyal host}, or one of the two"
            raise complain(Problem(Mark(""), "'as_reason' has words for neither sign", fix, "missing-key"))
        return self


def plain(value: Any) -> Any:
    """Return free data without marks; unquoted numbers become numbers."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, MarkedText) and value.plain:
        for number in (int, float):
            try:
                found = number(value)
            except ValueError:
                continue
            return found if found == found and abs(found) < 1e300 else str(value)
    return str(value) if isinstance(value, str) else value


Free: TypeAlias = Annotated[dict[str, Any], Custom(plain, plain, {"type": "object"})]

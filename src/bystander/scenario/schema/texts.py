"""Names, dates and other texts of a scenario file, and how they are written."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema

from bystander.errors import Problem
from bystander.scenario.expressions import RESERVED
from bystander.scenario.nodes import MarkedText
from bystander.scenario.schema.fields import Custom, complain, mark_of

RESERVED_NAMES = RESERVED | {"chance"}
LEVEL_NAME = r"[a-z][a-z0-9_]{0,59}|[0-9]{1,9}"


def _name(value: str) -> str:
    if value in RESERVED_NAMES:
        problem = Problem(
            mark_of(value), f"'{value}' is a word of the language", "choose another name", "reserved-word"
        )
        raise complain(problem)
    return value


def _as_list(value: Any) -> Any:
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
    tuple[str, ...], BeforeValidator(_as_list, json_schema_input_type=str | list[str])
]
Moves: TypeAlias = Annotated[
    tuple[MoveName, ...], BeforeValidator(_as_list, json_schema_input_type=str | list[str])
]


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

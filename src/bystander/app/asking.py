"""What may be asked of the server, each kind with what may be said in it, and nothing else."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from bystander.app.desk import Variant

T = TypeVar("T")


class VariantQuestion(msgspec.Struct):
    """A question about a variant; ``tab`` and ``turn`` say whose and which."""

    variant: Variant = msgspec.field(default_factory=Variant)
    tab: str = ""
    turn: int = 0
    move: str = ""


class Work(msgspec.Struct):
    """Long work to begin; ``options`` belong to its kind."""

    kind: str
    variant: Variant = msgspec.field(default_factory=Variant)
    options: msgspec.Raw = msgspec.Raw(b"{}")


class NoOptions(msgspec.Struct, forbid_unknown_fields=True):
    """Work that takes none."""


class Measuring(msgspec.Struct, forbid_unknown_fields=True):
    """How large a package may be, and whether opposition is looked at."""

    upTo: int = 1  # noqa: N815  (as the page calls it)
    opposition: bool = False


class Drawing(msgspec.Struct, forbid_unknown_fields=True):
    """How many draws from the priors."""

    draws: int = 100


class Turning(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be made likely, and how likely."""

    target: str
    threshold: float = 0.5


class Comparing(msgspec.Struct, forbid_unknown_fields=True, rename={"before": "from", "after": "to"}):
    """Two variants."""

    before: Variant
    after: Variant


class Dating(msgspec.Struct, forbid_unknown_fields=True):
    """The day on which it is asked."""

    day: str


LONG: dict[str, type[msgspec.Struct]] = {
    "measures": Measuring,
    "draws": Drawing,
    "turning": Turning,
    "ways": Turning,
    "causes": Comparing,
    "asks": NoOptions,
    "day": Dating,
}
"""Kinds of long work, each with what may be said of it: nothing that names another file or text."""


class Draft(msgspec.Struct):
    """A text being edited."""

    text: str


def understood(body: bytes, kind: type[T]) -> T:
    """Read a question of a kind.

    Raises
    ------
    msgspec.MsgspecError
        If it is no JSON, is nested too deeply to be read, or is of another kind.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except UnicodeDecodeError:
        raise msgspec.DecodeError("it is not UTF-8") from None
    except RecursionError:
        raise msgspec.DecodeError("it is nested too deeply") from None

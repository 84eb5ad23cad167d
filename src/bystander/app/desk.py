"""What users did, kept in one file of the chosen folder: whatever happens, the last edit is there.

A *workbook* holds the *pins* (variants with a name, shared by all tabs) and the *desks* (one for each tab:
its history of variants and the place in it, so that undo and redo outlive a reload). Every change is written
whole or not at all before it is answered, upon what another server of the same folder wrote meanwhile. A
file that cannot be read is set aside under another name, never overwritten.

What may be asked of the server stands here too: each kind with what may be said in it, and nothing else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from bystander.errors import QueryError
from bystander.files import alone_with, write_whole

T = TypeVar("T")
MOST_PINS, MOST_DESKS, MOST_STEPS, MOST_SETS = 60, 40, 400, 400
LONGEST_NAME, LONGEST_TEXT = 80, 200
SIZES, DRAWS = (1, 3), (10, 1_000)
"""How large a package may be, and how many draws there may be."""
MOST_BYTES = 400_000
"""Of the history of a desk: its oldest steps go first. With that a workbook is written in no time."""


class Variant(msgspec.Struct, forbid_unknown_fields=True):
    """Values of parameters as written, and measures or rivals in force."""

    sets: dict[str, str | float] = {}
    measures: list[str] = []


class Pin(msgspec.Struct, forbid_unknown_fields=True):
    """A variant with a name; ``answers`` are the outcomes it had when it was pinned, None where withheld.

    They hold ``of`` one scenario, by its hash: one that was written anew answers otherwise.
    """

    name: str
    variant: Variant
    answers: dict[str, float | None] = {}
    of: str = ""


class Desk(msgspec.Struct, forbid_unknown_fields=True):
    """A tab's history of variants and its place in it."""

    history: list[Variant] = []
    place: int = 0
    touched: float = 0.0


class Contents(msgspec.Struct):
    """What is written to the file."""

    bystander_workbook: int = 1
    pins: list[Pin] = []
    desks: dict[str, Desk] = {}


class Workbook:
    """The pins and desks of one scenario, on disk after every change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._held = Contents()
        self._seen: tuple[int, int, int] | None = None
        self._held = self._contents

    @property
    def _contents(self) -> Contents:
        """What stands in the file; what stood there last where it is gone or was spoilt."""
        seen = self._edition()
        if seen is not None and seen != self._seen:
            self._held, self._seen = self._read(), seen
        return self._held

    def _edition(self) -> tuple[int, int, int] | None:
        """Return what changes whenever the file is written; None without a file."""
        try:
            now = self.path.stat()
        except OSError:
            return None
        return now.st_mtime_ns, now.st_size, now.st_ino

    def _read(self) -> Contents:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Contents)
        except FileNotFoundError:
            return self._held
        except (OSError, RecursionError, UnicodeDecodeError, msgspec.MsgspecError):
            aside = self.path.with_suffix(f".unreadable-{int(time.time())}.json")
            try:
                self.path.replace(aside)
            except OSError as error:
                raise QueryError(f"{self.path} cannot be read or set aside: {error.strerror}") from error
            return self._held

    @contextmanager
    def _changing(self) -> Iterator[Contents]:
        """Give what stands in the file, to be changed, and write it; others wait."""
        with self._lock, alone_with(self.path):
            contents = self._contents
            yield contents
            write_whole(self.path, msgspec.json.encode(contents))
            self._held, self._seen = contents, self._edition()

    @property
    def pins(self) -> list[Pin]:
        """The pins, in the order they were made."""
        return list(self._contents.pins)

    def pin(self, pin: Pin) -> None:
        """Add a pin, or replace the one of its name."""
        checked(pin.variant)
        if len(pin.answers) > MOST_SETS or any(len(text) > LONGEST_TEXT for text in (*pin.answers, pin.of)):
            raise QueryError(f"A pinned variant keeps at most {MOST_SETS} answers, by their names.")
        if not 0 < len(pin.name.strip()) <= LONGEST_NAME:
            raise QueryError(f"A pinned variant has a name of at most {LONGEST_NAME} letters.")
        with self._changing() as contents:
            others = [held for held in contents.pins if held.name != pin.name]
            if len(others) >= MOST_PINS:
                raise QueryError(f"At most {MOST_PINS} variants can be pinned; unpin one first.")
            places = {held.name: place for place, held in enumerate(contents.pins)}
            others.insert(places.get(pin.name, len(others)), pin)
            contents.pins = others

    def unpin(self, name: str) -> None:
        """Take a pin away; none of that name is no fault."""
        with self._changing() as contents:
            contents.pins = [held for held in contents.pins if held.name != name]

    def desk(self, name: str) -> tuple[Desk, bool]:
        """Return a tab's desk and whether it is its own; a new tab is lent the one touched last."""
        desks = self._contents.desks
        held = desks.get(name)
        if held is not None:
            return held, True
        last = max(desks.values(), key=lambda desk: desk.touched, default=Desk())
        return last, False

    def put_desk(self, name: str, desk: Desk) -> None:
        """Keep a tab's desk; the oldest is dropped where there are too many."""
        if not (name.isalnum() and 8 <= len(name) <= 40):
            raise QueryError("That is no name of a tab.")
        for variant in desk.history:
            checked(variant)
        drop = max(len(desk.history) - MOST_STEPS, 0)
        room = MOST_BYTES - sum(sizes := [len(msgspec.json.encode(step)) for step in desk.history[drop:]])
        for size in sizes[:-1]:
            if room >= 0:
                break
            drop, room = drop + 1, room + size
        desk.history, desk.place = desk.history[drop:], desk.place - drop
        desk.place = min(max(desk.place, 0), max(len(desk.history) - 1, 0))
        desk.touched = time.time()
        with self._changing() as contents:
            desks = contents.desks
            desks[name] = desk
            while len(desks) > MOST_DESKS:
                del desks[min(desks, key=lambda n: desks[n].touched)]


def checked(variant: Variant) -> Variant:
    """Return a variant if it is of a size that a person makes.

    Raises
    ------
    QueryError
        If it is not.
    """
    if len(variant.sets) > MOST_SETS or len(variant.measures) > MOST_SETS:
        raise QueryError(f"A variant changes at most {MOST_SETS} things.")
    texts = (*(str(part) for pair in variant.sets.items() for part in pair), *variant.measures)
    if any(len(text) > LONGEST_TEXT for text in texts):
        raise QueryError("A value of a parameter, and a measure, is a short text.")
    return variant


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


def _within(number: int, bounds: tuple[int, int], what: str, of: str) -> None:
    low, high = bounds
    if not low <= number <= high:
        raise QueryError(f"{what} {low} to {high:,} {of}, not {number:,}.")


class NoOptions(msgspec.Struct, forbid_unknown_fields=True):
    """Work that takes none."""


class Measuring(msgspec.Struct, forbid_unknown_fields=True):
    """How large a package may be, 1 to 3 measures, and whether opposition is looked at."""

    upTo: int = 1  # noqa: N815  (as the page calls it)
    opposition: bool = False

    def __post_init__(self) -> None:
        """Refuse a size that no package has."""
        _within(self.upTo, SIZES, "A package is of", "measures")


class Drawing(msgspec.Struct, forbid_unknown_fields=True):
    """How many draws from the priors, 10 to 1,000."""

    draws: int = 100

    def __post_init__(self) -> None:
        """Refuse a number of draws that says nothing, or takes a day."""
        _within(self.draws, DRAWS, "From the priors there are", "draws")


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
    """A text being edited; ``over`` is the edition of the file it may be written over, if that is said."""

    text: str
    over: str | None = None


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

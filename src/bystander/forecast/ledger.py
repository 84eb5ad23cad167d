r"""The ledger: forecasts as they were made, and how they were decided. Nothing in it is ever changed.

One JSON object a line. Entry n holds its number, what it says, and

    hash_n = SHA-256(hash_(n-1) | canonical JSON of entry n),   hash_0 = SHA-256("bystander ledger 1")

so that a changed, removed, added or reordered line anywhere but at the very end breaks the chain from there
on, and is named when the ledger is read. Lines cut off at the end leave a shorter chain that is sound in
itself: whoever published the last hash (the *head*, which every verb prints) can tell, with ``head=``.

Adding writes the whole file anew beside the old one and renames it (`bystander.files.write_whole`), under a
lock: a process killed at any moment leaves the old ledger or the new one. An entry that is already there
under the same identity (the same forecast; the decision of the same question) is not added twice: the second
time it is refused.

Assumes: whoever keeps the file may be careless but does not forge hashes; against forgery, publish the head.

References: Haber & Stornetta 1991 (time-stamping by chained hashes).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bystander.errors import InputError, Mark, Problem, QueryError
from bystander.files import alone_with, write_whole

GENESIS = hashlib.sha256(b"bystander ledger 1").hexdigest()
LARGEST = 64 * 2**20
KINDS = ("forecast", "resolution")


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of a ledger.

    Attributes
    ----------
    kind
        ``forecast`` or ``resolution``.
    identity
        What may stand in a ledger only once.
    says
        Plain JSON values.
    hash
        Of this line and all before it, 64 hexadecimal digits.
    """

    number: int
    kind: str
    identity: str
    says: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """All lines of a ledger, in order; checked."""

    path: Path
    entries: tuple[LedgerEntry, ...] = ()

    @property
    def head(self) -> str:
        """The hash of the last line: whoever has it can tell whether lines are missing."""
        return self.entries[-1].hash if self.entries else GENESIS

    def of_kind(self, kind: str) -> tuple[LedgerEntry, ...]:
        """Return the entries of one kind."""
        return tuple(entry for entry in self.entries if entry.kind == kind)

    def require(self, head: str) -> None:
        """Raise InputError where no line has a hash that begins like this one."""
        known = {GENESIS, *(entry.hash for entry in self.entries)}
        if not any(value.startswith(head) for value in known):
            message = f"no line has the hash {head}: lines are missing or were changed"
            raise _broken(self.path, len(self.entries), message)


def read_ledger(path: str | os.PathLike[str], head: str | None = None) -> Ledger:
    """Read a ledger and check its chain; a file that is not there is an empty ledger.

    Raises
    ------
    InputError
        Naming the first line that is not what was written, or a head that is not there.
    """
    path = Path(path)
    if not path.exists():
        lines: list[bytes] = []
    elif not path.is_file() or path.stat().st_size > LARGEST:
        raise QueryError(f"{path} is no ledger, or is larger than {LARGEST // 2**20} MiB.")
    else:
        lines = path.read_bytes().split(b"\n")
        if lines[-1]:
            raise _broken(path, len(lines), "the last line is not finished")
        lines.pop()
    entries: list[LedgerEntry] = []
    before = GENESIS
    for number, line in enumerate(lines, 1):
        entry = _read_line(path, number, line, before)
        entries.append(entry)
        before = entry.hash
    ledger = Ledger(path, tuple(entries))
    if head is not None:
        ledger.require(head)
    return ledger


def add_to_ledger(
    path: str | os.PathLike[str], kind: str, says: Sequence[tuple[str, Mapping[str, Any]]]
) -> Ledger:
    """Add entries of a kind, all or none of them.

    Parameters
    ----------
    says
        (identity, plain JSON values) of each.

    Raises
    ------
    QueryError
        If an identity is there already, or the ledger cannot be written.
    InputError
        If the ledger is damaged: nothing is added to it.
    """
    assert kind in KINDS
    path = Path(path)
    with alone_with(path):
        ledger = read_ledger(path)
        entries = list(ledger.entries)
        for identity, content in says:
            require_new(Ledger(path, tuple(entries)), kind, identity)
            entries.append(_next(entries, kind, identity, content))
        write_whole(path, b"".join(_line(entry) for entry in entries))
        return Ledger(path, tuple(entries))


def require_new(ledger: Ledger, kind: str, identity: str) -> None:
    """Refuse what stands in a ledger already.

    Raises
    ------
    QueryError
        If an entry of this kind has the identity.
    """
    if any(entry.identity == identity for entry in ledger.of_kind(kind)):
        raise QueryError(
            f"{ledger.path}: '{identity}' is there already; a ledger is never changed. Ask on another day, "
            "or leave out --ledger to see the answers again."
        )


def _next(entries: Sequence[LedgerEntry], kind: str, identity: str, says: Mapping[str, Any]) -> LedgerEntry:
    before = entries[-1].hash if entries else GENESIS
    number = len(entries) + 1
    return LedgerEntry(number, kind, identity, says, _hash(before, number, kind, identity, says))


def _hash(before: str, number: int, kind: str, identity: str, says: Mapping[str, Any]) -> str:
    return hashlib.sha256(before.encode() + _canonical([number, kind, identity, says])).hexdigest()


def canonical_hash(value: Any) -> str:
    """Return the SHA-256 of plain values, the same however they were ordered."""
    return hashlib.sha256(_canonical(value)).hexdigest()


def _canonical(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def _line(entry: LedgerEntry) -> bytes:
    shown = {"entry": entry.number, "kind": entry.kind, "identity": entry.identity, "says": entry.says}
    return _canonical({**shown, "hash": entry.hash}) + b"\n"


def _read_line(path: Path, number: int, line: bytes, before: str) -> LedgerEntry:
    try:
        read = json.loads(line.decode("utf-8"))
        entry = LedgerEntry(read["entry"], read["kind"], read["identity"], read["says"], read["hash"])
        sound = entry.number == number and entry.kind in KINDS and isinstance(entry.says, dict)
        sound = sound and entry.hash == _hash(before, number, entry.kind, entry.identity, entry.says)
        sound = sound and _line(entry) == line + b"\n"
    except (ValueError, KeyError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise _broken(path, number, "this line, or one before it, is not what was written")
    return entry


def _broken(path: Path, line: int, message: str) -> InputError:
    fix = "Take the ledger from a copy; forecasts in it cannot be scored as they stand."
    return InputError(Problem(Mark(str(path), line, 1), f"The ledger is damaged: {message}.", fix, "ledger"))

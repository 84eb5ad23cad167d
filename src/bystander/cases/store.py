"""Answers kept on disk, so that a long piece of work that is stopped goes on where it was.

One small file for each answer, written whole or not at all, named by a hash of everything the answer depends
on: the scenario, the change, what was asked, and the program that answered (version and the text of its
computing rooms). Two processes may write the same answer; they write the same text.

Nothing that is found is believed before it is checked. The first line of an entry is a hash of its key and of
the JSON that follows, so that a letter lost, a file cut short or an entry under another's name is noticed;
whoever asks says how an answer is read, and one that cannot be read so is refused too. An entry that is no
plain file of this user (a link, a pipe) is not opened. What is refused is dropped, and made again.

Kept in ``BYSTANDER_CACHE`` if set (``off`` keeps nothing), else in the user's cache directory.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from bystander.errors import QueryError
from bystander.files import read_plain, write_whole
from bystander.origins import own_version

T = TypeVar("T")

MOST = 64_000_000
"""Bytes of an entry that are read at most."""
COMPUTING_ROOMS = (
    "numerics", "scenario", "game", "equilibrium", "process", "derivatives", "cases", "policy", "assessment",
    "evidence", "forecast",
)  # fmt: skip


class Store:
    """A place for answers; with ``None`` it keeps them for the life of the object only."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._kept: dict[str, Any] = {}

    def get(self, key: str, read: Callable[[Any], T]) -> T | None:
        """Return what is kept under a key, None if nothing is.

        Parameters
        ----------
        read
            Makes the answer of the JSON that was kept, and raises where it is not of the shape expected.
        """
        if key not in self._kept:
            found = self._find(key)
            if found is None:
                return None
            self._kept[key] = found[0]
        try:
            return read(self._kept[key])
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            self.drop(key)
            return None

    def put(self, key: str, answer: Any) -> None:
        """Keep an answer; a disk that cannot be written to is no error."""
        self._kept[key] = answer
        if self.folder is not None:
            text = json.dumps(answer)
            with suppress(QueryError):
                write_whole(self._path(key), f"{_sum(key, text)}\n{text}", mode=0o600)

    def drop(self, key: str) -> None:
        """Forget an answer."""
        self._kept.pop(key, None)
        if self.folder is not None:
            with suppress(OSError):
                self._path(key).unlink()

    def _find(self, key: str) -> tuple[Any] | None:
        """Read an entry that is what was written; drop one that is not."""
        if self.folder is None:
            return None
        path = self._path(key)
        if not os.path.lexists(path):
            return None
        raw = read_plain(path, MOST)
        with suppress(ValueError, RecursionError):
            told, newline, text = (raw or b"").decode().partition("\n")
            if newline and told == _sum(key, text):
                return (json.loads(text),)
        self.drop(key)
        return None

    def _path(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / key[:2] / f"{key[2:]}.json"


def of_form(form: type[T]) -> Callable[[Any], T]:
    """Return what makes a thing of a form of what was kept, and raises where that is something else."""
    return _adapter(form).validate_python  # type: ignore[no-any-return, arg-type]


@cache
def _adapter(form: type[Any]) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(form)


def _sum(key: str, text: str) -> str:
    return hashlib.sha256(f"{key}\0{text}".encode()).hexdigest()


def default_store() -> Store:
    """Return the store in the user's cache directory, or wherever ``BYSTANDER_CACHE`` says."""
    given = os.environ.get("BYSTANDER_CACHE")
    if given == "off":
        return Store(None)
    if given:
        return Store(Path(given) / "answers")
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        folder = Path(home) if home else Path("~/.cache").expanduser()
    except RuntimeError:
        return Store(None)
    return Store(folder / "bystander" / "answers")


def key_of(*parts: str) -> str:
    """Return the key of an answer that depends on these texts, on the program and on what it may solve."""
    digest = hashlib.sha256(program().encode() + os.environ.get("BYSTANDER_LIMIT", "").encode())
    for part in parts:
        digest.update(b"\0" + part.encode())
    return digest.hexdigest()


@cache
def program(rooms: tuple[str, ...] = COMPUTING_ROOMS) -> str:
    """Return a text that changes whenever the program, or some rooms of it, may answer differently."""
    digest = hashlib.sha256(own_version().encode())
    root = Path(__file__).parent.parent
    for room in rooms:
        for path in sorted((root / room).rglob("*.py")):
            with suppress(OSError):
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()

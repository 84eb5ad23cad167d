"""Answers kept on disk, so that a long piece of work that is stopped goes on where it was.

One small JSON file for each answer, written whole or not at all, named by a hash of everything the answer
depends on: the scenario, the change, what was asked, and the program that answered (version and the text of
its computing rooms). Two processes may write the same answer; they write the same text. A file that cannot be
read is as good as absent.

Kept in ``BYSTANDER_CACHE`` if set (``off`` keeps nothing), else in the user's cache directory.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from bystander.errors import QueryError
from bystander.files import write_whole
from bystander.provenance import own_version

COMPUTING_ROOMS = ("numerics", "scenario", "game", "equilibrium", "process", "derivatives", "cases", "policy")


class Store:
    """A place for answers; with ``None`` it keeps them for the life of the object only."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._kept: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        """Return what is kept under a key, None if nothing is."""
        if key in self._kept:
            return self._kept[key]
        if self.folder is not None:
            with suppress(OSError, ValueError):
                self._kept[key] = json.loads(self._path(key).read_text("utf-8"))
                return self._kept[key]
        return None

    def put(self, key: str, answer: Any) -> None:
        """Keep an answer; a disk that cannot be written to is no error."""
        self._kept[key] = answer
        if self.folder is not None:
            with suppress(QueryError):
                write_whole(self._path(key), json.dumps(answer))

    def _path(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / key[:2] / f"{key[2:]}.json"


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
    """Return the key of an answer that depends on these texts and on the program."""
    digest = hashlib.sha256(program().encode())
    for part in parts:
        digest.update(b"\0" + part.encode())
    return digest.hexdigest()


@cache
def program() -> str:
    """Return a text that changes whenever the program may answer differently."""
    digest = hashlib.sha256(own_version().encode())
    root = Path(__file__).parent.parent
    for room in COMPUTING_ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            with suppress(OSError):
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()

"""Evaluations kept as they are made, so that long learning that is stopped goes on where it was.

Everything a fit does follows from the values of its likelihood at points that follow from earlier values and
named random streams. So it is enough to keep those: one line for each evaluation, appended and flushed. A fit
that is started again asks the same questions in the same order, finds the answers here, and ends with the
same bits. A torn last line is as good as absent; a journal of another question is refused by its first line.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from bystander.errors import QueryError
from bystander.game.arrays import Float


class Journal:
    """Answers by point; with no file they are kept for the life of the object only."""

    def __init__(self, path: str | os.PathLike[str] | None = None, question: str = "") -> None:
        self.path = None if path is None else Path(path)
        self._known: dict[str, Any] = {}
        if self.path is not None and self.path.exists() and self.path.stat().st_size:
            self._load(self.path, question)
        elif self.path is not None:
            self._append(json.dumps({"question": question}))

    def get(self, point: Float, kind: str) -> tuple[Float, Float] | None:
        """Return the terms and the gradient found at a point, None if it was not asked."""
        found = self._known.get(_key(point, kind))
        return None if found is None else (np.array(found[0]), np.array(found[1]))

    def put(self, point: Float, kind: str, terms: Float, gradient: Float) -> None:
        """Keep what was found at a point."""
        entry = [terms.tolist(), gradient.tolist()]
        self._known[_key(point, kind)] = entry
        self._append(json.dumps({"at": _key(point, kind), "found": entry}))

    def _append(self, line: str) -> None:
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
                file.flush()
        except OSError as error:
            raise QueryError(f"{self.path} cannot be written: {error.strerror or error}") from error

    def _load(self, path: Path, question: str) -> None:
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError as error:
            raise QueryError(f"{path} cannot be read: {error.strerror or error}") from error
        try:
            told = json.loads(lines[0])["question"]
        except (ValueError, KeyError, TypeError):
            told = None
        if told != question:
            raise QueryError(
                f"{path} is the journal of another fit (another scenario, record or version). "
                "Name another file, or remove it."
            )
        whole = len(lines) - 1
        for line in lines[1:whole]:
            with suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                self._known[entry["at"]] = entry["found"]
        if lines[whole]:
            with suppress(OSError):  # the torn last line is taken out
                path.write_text("\n".join(lines[:whole]) + "\n", encoding="utf-8")


def _key(point: Float, kind: str) -> str:
    return kind + np.ascontiguousarray(point, dtype="<f8").tobytes().hex()

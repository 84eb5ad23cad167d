"""The text of a scenario while it is being edited: bounded, read where its source lies, written whole.

What was told of the same text before is found here too, without a solver: a page that is kept opens at once.

A draft of a library scenario uses the library as its source does; a draft of a file may use what lies beside
that file and nothing else. A draft is kept as ``NAME.draft.yaml`` in the chosen folder and becomes
``NAME.yaml`` there when it is applied.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from bystander.cases.store import default_store, key_of, program
from bystander.errors import BystanderError, QueryError
from bystander.evidence.reading import record_place
from bystander.scenario import read_scenario, told_hash
from bystander.scenario.document import Document, FilePlace, find_place, parsed_text
from bystander.scenario.read import files_used, read_document
from bystander.scenario.reading import MAX_BYTES, read_text
from bystander.scenario.schema import Scenario

TELLING = ("app", "report")


def told_key(told: str, what: str) -> str:
    """Return the key of what is told of a scenario by its hash: words change it as well as numbers."""
    return key_of(told, f"told {what}", program(TELLING))


def surface_key(told: str) -> str:
    """Return the key of a scenario's response surface."""
    return key_of(told, "surface")


def told_before(source: str) -> dict[str, bytes]:
    """Return page, levers and surface of a scenario, as JSON, as far as they are kept."""
    try:
        scenario = read_scenario(source)
    except BystanderError:
        return {}  # a solver says what is wrong with it
    if scenario.record:
        return {}  # a solver follows it first
    told = told_hash(scenario)
    store = default_store()
    keys = {"page": told_key(told, "page"), "levers": told_key(told, "levers"), "surface": surface_key(told)}
    found = {what: store.get(key, lambda kept: kept) for what, key in keys.items()}
    return {
        what: json.dumps(kept, separators=(",", ":")).encode("ascii")
        for what, kept in found.items()
        if isinstance(kept, (dict, list))
    }


def text_of(source: str) -> tuple[str, str]:
    """Return the text of a scenario and the stem its draft is kept under."""
    place = find_place(source)
    path = place.path.parent if place.path.name == "scenario.yaml" else place.path.with_suffix("")
    return read_text(place.path, place.shown), path.name


def files_of(source: str, record: str = "") -> tuple[Path, ...]:
    """Return the files that a scenario's answers rest on: its own, what it uses, its record and one named.

    A file that is not there, as in the moment in which an editor writes it anew, is one that may come back.
    """
    found = [Path(record)] if Path(record).suffix else []
    try:
        found += files_used(find_place(source))
        scenario = read_scenario(source)
        found += [record_place(scenario)] if scenario.record else []
    except BystanderError:
        found.append(Path(source))  # a solver says what is wrong with it
    return tuple(found)


def editions_of(paths: Iterable[Path]) -> tuple[tuple[int, int], ...]:
    """Return what changes when a file is written again: when that was, and its size; zeros without a file."""
    found = []
    for path in paths:
        try:
            seen = path.stat()
            found.append((seen.st_mtime_ns, seen.st_size))
        except OSError:
            found.append((0, 0))
    return tuple(found)


def digest_of(path: Path) -> str:
    """Return what changes when a file is written anew with another text; "" for no file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError:
        return ""


def read_draft(text: str, source: str, there: str = "") -> Scenario:
    """Read a draft as if it lay where its source does, or at a path."""
    place = FilePlace(Path(there), Path(there).resolve().parent, there) if there else find_place(source)
    return read_document(Document(parsed_text(text, place.shown), place))


def bounded(text: object) -> str:
    """Return a text if it may be that of a scenario.

    Raises
    ------
    QueryError
        If it is no text, or too long.
    """
    if not isinstance(text, str):
        raise QueryError("A scenario is text.")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise QueryError(f"A scenario has at most {MAX_BYTES:,} bytes.")
    return text.encode("utf-8", "replace").decode("utf-8")


def draft_path(folder: Path, stem: str) -> Path:
    """Return where the draft of a scenario is kept."""
    return folder / f"{stem}.draft.yaml"


def inside(folder: Path, path: Path) -> Path:
    """Return a path if it lies in a folder, links followed.

    Raises
    ------
    QueryError
        If it does not.
    """
    if not path.resolve().is_relative_to(folder.resolve()):
        raise QueryError(f"{path.name} does not lie in {folder}.")
    return path

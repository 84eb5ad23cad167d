"""A scenario file before and after its uses are merged in.

``load_document`` finds and parses a file. ``expand`` (in `bystander.scenario.read`) turns a document
into another one that uses nothing. Both are `Document`: a tree of nodes, the file it came from, and the
fragments merged so far.

Where files may be: a name such as ``institutions/csto`` is a path in the library that ships with the package;
``./parts`` is a file beside the file that says it and inside the scenario's folder. Absolute paths, ``..``,
backslashes and links that lead outside are refused.

Which kind of file one is, its first words say: a scenario ``bystander: 1``, a template ``cases:`` besides, a
record ``record: 1`` and a file of questions ``forecast: 1``. Whoever names one where another is meant is told
so once, not of every key that the other kind does not know.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Literal

from bystander.errors import Mark, Problem, ScenarioError, did_you_mean, nearest_names
from bystander.scenario.nodes import Mapping, Node, Scalar, tell
from bystander.scenario.reading import BEGINNINGS, no_file, parse_yaml, read_text

LIBRARY_PATH = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*")
LOCAL_PATH = re.compile(r"\./[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
SCENARIO_FILE = "scenario.yaml"
MAX_NAME = 200
MOST_LOOKED_AT = 2_000

Kind = Literal["bystander", "cases", "forecast", "record"]
CALLED: dict[Kind, str] = {
    "bystander": "a scenario",
    "cases": "a template",
    "forecast": "a file of questions",
    "record": "a record",
}
USED: dict[Kind, str] = {
    "bystander": "'bystander run SCENARIO' answers it; where a record is asked for, name it by --record",
    "cases": "'bystander cases TEMPLATE' fills it from its table",
    "forecast": "'bystander forecast QUESTIONS' answers it",
    "record": "'bystander record RECORD SCENARIO' follows it, 'run SCENARIO --record RECORD' starts from it",
}


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A file a document comes from.

    Attributes
    ----------
    path
        The file itself.
    root
        Folder that its local uses may not leave.
    shown
        Name used in marks: ``library/institutions/csto.yaml``, or the path as the user gave it.
    """

    path: FilePath
    root: FilePath
    shown: str

    @property
    def identity(self) -> str:
        """Return what makes two places the same file."""
        return str(self.path)

    @property
    def in_library(self) -> bool:
        """Return whether this is a library file."""
        return self.root == library_root()


@dataclass(frozen=True, slots=True)
class FragmentUse:
    """A file merged into a scenario: its path, what it says about itself, how its holes were filled."""

    path: str
    title: str
    about: str = ""
    references: tuple[str, ...] = ()
    statement: str = ""
    holes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A scenario as a tree of marked nodes; ``fragments`` lists what was merged into it.

    ``merged`` is the tree before what holds from day to day was written out, None where nothing was.
    """

    root: Mapping
    place: FilePlace | None = None
    fragments: tuple[FragmentUse, ...] = ()
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    merged: Mapping | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Return the short name: library path, or file name without its ending."""
        if self.place is None:
            return "scenario"
        return short_name(self.place)


@lru_cache(maxsize=1)
def library_root() -> FilePath:
    """Return the folder of the library that ships with the package."""
    return FilePath(str(files("bystander"))).resolve() / "library"


def short_name(place: FilePlace) -> str:
    """Return ``crises/ferghana-2022`` for a library file, ``border`` for ``some/where/border.yaml``.

    Bytes of a file's name that write no letter have marks in their place: a name is hashed, kept and shown.
    """
    path = place.path.parent if place.path.name == SCENARIO_FILE else place.path.with_suffix("")
    if place.in_library:
        return path.relative_to(library_root()).as_posix()
    return path.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace") or "scenario"


@lru_cache(maxsize=1)
def library_paths() -> tuple[str, ...]:
    """Return the path of every library file, sorted; a path is the identity of what it names."""
    root = library_root()
    found = set()
    for file in root.rglob("*.yaml"):
        relative = file.relative_to(root)
        if file.name == SCENARIO_FILE:
            found.add(relative.parent.as_posix())
        elif not (file.parent / SCENARIO_FILE).exists():
            found.add(relative.with_suffix("").as_posix())
    return tuple(sorted(found))


def library_place(name: str, mark: Mark | None = None) -> FilePlace:
    """Find a library file by its path, or say which paths look like it."""
    if LIBRARY_PATH.fullmatch(name) and len(name) < MAX_NAME:
        found = _in_library_at(name)
        if found is not None and found.path.exists():
            return found
    if (study := _study_at(name)) is not None:
        fix = f"give it to 'bystander cases' or 'bystander forecast'; its text is {study}"
        raise ScenarioError(tell(mark or Mark(name), f"'{name}' is a study, no scenario", fix, "unknown-use"))
    if name.startswith("records/"):
        raise ScenarioError(_no_scenario(name, mark))
    close = nearest_names(name[:MAX_NAME], library_paths(), 2, cutoff=0.5)
    last = name[:MAX_NAME].rsplit("/", 1)[-1]
    lasts = {path: path.rsplit("/", 1)[-1] for path in library_paths()}
    alike = nearest_names(last, sorted(set(lasts.values())), 1, cutoff=0.75)
    close += [path for path, end in lasts.items() if last and (end.startswith(last) or end in alike)][:4]
    fix = (
        f"did you mean {' or '.join(dict.fromkeys(close))}?"
        if close
        else "'bystander list' shows the library"
    )
    raise ScenarioError(
        tell(mark or Mark(name[:MAX_NAME]), f"the library has no '{name[:MAX_NAME]}'", fix, "unknown-use")
    )


def record_paths() -> tuple[str, ...]:
    """Return the path of every record that ships, sorted: ``records/NAME``."""
    return tuple(sorted(f"records/{path.stem}" for path in (library_root() / "records").glob("*.csv")))


def _no_scenario(name: str, mark: Mark | None) -> Problem:
    """Say that a record is no scenario, or that none has the name."""
    known = record_paths()
    if name in known:
        fix = f"'bystander record {name}' follows it; 'bystander run SCENARIO --record {name}' starts from it"
        return tell(mark or Mark(name), f"'{name}' is a record, no scenario", fix, "file-kind")
    fix = did_you_mean(name[:MAX_NAME], known)
    return tell(mark or Mark(name[:MAX_NAME]), f"no record is called '{name[:MAX_NAME]}'", fix, "unknown-use")


@lru_cache(maxsize=256)
def _in_library_at(name: str) -> FilePlace | None:
    root = library_root()
    for file in (root / f"{name}.yaml", root / name / SCENARIO_FILE):
        if file.is_file() and file.resolve().is_relative_to(root):
            return FilePlace(file, root, f"library/{file.relative_to(root).as_posix()}")
    return None


def used_place(name: str, by: FilePlace | None, mark: Mark) -> FilePlace:
    """Find the file that an entry of ``use`` names, without leaving the library or the scenario's folder."""
    if not name.startswith("."):
        if not LIBRARY_PATH.fullmatch(name):
            raise _unsafe(name, mark)
        return library_place(name, mark)
    if not _is_local(name):
        raise _unsafe(name, mark)
    if by is None:
        message = f"'{name}' is beside a file, but this scenario was not read from one"
        raise ScenarioError(tell(mark, message, "use library paths only", "unsafe-path"))
    path = local_path(name, by)
    if path is None:
        raise _unsafe(name, mark)
    relative = _as_file(name)
    if not path.is_file():
        fix = f"create {relative[2:]} beside this file, or correct the name"
        raise ScenarioError(tell(mark, f"there is no file '{name}'", fix, "unknown-use"))
    shown = f"{by.shown.rsplit('/', 1)[0]}/{relative[2:]}" if "/" in by.shown else relative[2:]
    return FilePlace(path, by.root, shown)


def _is_local(name: str) -> bool:
    return bool(LOCAL_PATH.fullmatch(name)) and ".." not in name.split("/") and len(name) <= MAX_NAME


def _as_file(name: str) -> str:
    return name if name.endswith((".yaml", ".yml")) else f"{name}.yaml"


def local_path(name: str, by: FilePlace) -> FilePath | None:
    """Return where a local use of a file lies, be it there or not; None outside the scenario's folder."""
    if not _is_local(name):
        return None
    path = by.path.parent / _as_file(name)
    try:
        return path if path.resolve().is_relative_to(by.root.resolve()) else None
    except (OSError, RuntimeError):
        return None


def find_study(path_or_name: str | FilePath) -> FilePlace:
    """Find a template or a file of questions: a file, or ``studies/NAME`` for one that ships.

    Studies are not part of the catalogue: nothing can be used from them.
    """
    text = str(path_or_name)
    study = None if FilePath(text).exists() else _study_at(text)
    return find_place(path_or_name) if study is None else FilePlace(study, study.parent, f"{text}.yaml")


def _study_at(text: str) -> FilePath | None:
    """Return the file of a study that ships, if that is what a name is."""
    root = library_root().parent / "studies"
    if not (text.startswith("studies/") and LIBRARY_PATH.fullmatch(text) and len(text) < MAX_NAME):
        return None
    path = root / f"{text.removeprefix('studies/')}.yaml"
    return path if path.is_file() and path.resolve().is_relative_to(root) else None


def find_place(path_or_name: str | FilePath) -> FilePlace:
    """Find a scenario: a file, a folder with ``scenario.yaml``, a library path or the last part of one."""
    text = str(path_or_name)
    here = _file_at(text)
    if here is not None:
        root = here.resolve().parent
        if root.is_relative_to(library_root()):
            inside = here.resolve().relative_to(library_root()).as_posix()
            return FilePlace(here.resolve(), library_root(), f"library/{inside}")
        return FilePlace(here, root, str(here))
    name = library_name(text)
    if text.lower().endswith((".yaml", ".yml")) or not LIBRARY_PATH.fullmatch(name):
        raise no_file(FilePath(text), text[:MAX_NAME])
    return library_place(name)


def _file_at(text: str) -> FilePath | None:
    """Return the file that a text names: as it is, as a folder, or without its ending, in that order.

    A name without an ending is that of a file here unless it is the whole path of a library file.
    """
    endings = ("",) if text.lower() in library_paths() else ("", ".yaml", ".yml")
    try:
        for ending in endings:
            path = FilePath(f"{text}{ending}")
            if path.is_dir() and (path / SCENARIO_FILE).is_file():
                return path / SCENARIO_FILE
            if path.is_file():
                return path
        path = FilePath(text)
        wanted = {f"{path.name}{ending}".casefold() for ending in endings}
        near = itertools.islice(path.parent.iterdir(), MOST_LOOKED_AT) if path.name else ()
        found = [entry for entry in near if entry.name.casefold() in wanted and entry.is_file()]
        return found[0] if len(found) == 1 else None
    except (OSError, ValueError):
        return None


def library_name(name: str) -> str:
    """Return the library path that a name stands for, where just one file has it; else the name.

    Capitals do not matter, and the last part of a path will do.
    """
    plain = name[:MAX_NAME].casefold().replace(" ", "-")
    if plain in library_paths():
        return plain
    bearers = [path for path in library_paths() if path.rsplit("/", 1)[-1] == plain]
    return bearers[0] if len(bearers) == 1 else plain if LIBRARY_PATH.fullmatch(plain) else name


def load_document(path_or_name: str | FilePath) -> Document:
    """Read a file, folder or library path into a document; nothing is merged or checked yet.

    Raises
    ------
    ScenarioError
        Where there is no such file, or it is not plain bounded YAML.
    """
    place = find_place(path_or_name)
    return Document(load_nodes(place), place)


def load_text(text: str, shown: str = "<scenario>") -> Document:
    """Parse a scenario given as YAML text."""
    return Document(parsed_text(text, shown))


def parsed_text(text: str, shown: str) -> Mapping:
    """Parse YAML text into the nodes of a scenario; ``shown`` is the name used in marks."""
    return _mapping(parse_yaml(text, shown), shown)


def load_nodes(place: FilePlace) -> Mapping:
    """Parse the file at a place; library files are kept once parsed, until they change on disk."""
    if place.in_library:
        stamp = place.path.stat()
        return _load_cached(place, stamp.st_mtime_ns, stamp.st_size)
    return _load(place)


@lru_cache(maxsize=256)
def _load_cached(place: FilePlace, modified: int, size: int) -> Mapping:
    del modified, size
    return _load(place)


def _load(place: FilePlace) -> Mapping:
    return _mapping(parse_yaml(read_text(place.path, place.shown), place.shown), place.shown)


def _mapping(root: Node, shown: str) -> Mapping:
    if isinstance(root, Mapping):
        return root
    mark = Mark(shown, max(root.mark.line, 1), max(root.mark.column, 1))
    raise ScenarioError(tell(mark, "the file is no mapping of names", BEGINNINGS, "yaml"))


def _unsafe(name: str, mark: Mark) -> ScenarioError:
    message = f"'{name[:80]}' does not name a file that a scenario may use"
    fix = "use a library path (institutions/csto), or ./name for a file in the scenario's own folder"
    return ScenarioError(tell(mark, message, fix, "unsafe-path"))


def kind_of(root: Mapping) -> Kind | None:
    """Return what a file says that it is; None where it says nothing, or only names a record."""
    if "bystander" in root.entries:
        return "cases" if "cases" in root.entries else "bystander"
    if "forecast" in root.entries:
        return "forecast"
    version = root.get("record")
    return "record" if isinstance(version, Scalar) and version.text.strip() == "1" else None


def be_of_kind(root: Mapping, wanted: Kind) -> None:
    """Refuse a file of another kind.

    Raises
    ------
    ScenarioError
        With what it is instead, and what it is for.
    """
    found = kind_of(root)
    if found not in (None, wanted):
        message = f"this file is {CALLED[found]}, not {CALLED[wanted]}"
        fix = f"{USED[found]}; a file of questions begins with forecast: 1"
        fix = fix if wanted == "forecast" else USED[found]
        raise ScenarioError(tell(root.keys[found].mark, message, fix, "file-kind"))

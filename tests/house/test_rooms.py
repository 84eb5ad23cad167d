"""The house as docs/decisions describe it: rooms import one way, stay small, and use one word per idea."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "bystander"
MODULES = sorted(SOURCE.rglob("*.py"))

DOORS = {"__init__", "__main__"}
MOST_LINES = 600
ATTICS = {"utils", "util", "common", "helpers", "helper", "misc", "tools"}
EDGE = {
    "altair",
    "vl_convert",
    "pandas",
    "matplotlib",
    "SALib",
    "stormpy",
    "pygambit",
    "quantecon",
    "duckdb",
    "xarray",
    "arviz_base",
    "h5netcdf",
    "starlette",
    "uvicorn",
    "distributed",
    "dask",
}
ROOMS_AT_THE_EDGE = {"report", "cli", "policy", "columns", "evidence", "forecast", "cases", "app"}


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def room_of(path: Path) -> str:
    relative = path.relative_to(SOURCE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def module_of(path: Path) -> str:
    relative = path.relative_to(SOURCE.parent).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    return ".".join(parts)


def imports_of(path: Path, *, also_when_typing: bool) -> set[str]:
    """All modules a file imports, inside functions too; with or without those needed for annotations only."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            if also_when_typing:
                for child in node.body:
                    visit(child)
            for child in node.orelse:
                visit(child)
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: relative import"
            module = node.module or ""
            folder = SOURCE.parent.joinpath(*module.split("."))
            for alias in node.names:
                inner = (folder / alias.name).is_dir() or (folder / f"{alias.name}.py").is_file()
                found.add(f"{module}.{alias.name}" if inner else module)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def floors() -> dict[str, int]:
    """Floor of each room in the drawing of the architecture page: the ground floor is the last row."""
    page = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
    rows = page.split("```")[1].strip("\n").splitlines()
    return {room: floor for floor, row in enumerate(reversed(rows)) for room in row[12:].split()}


def test_the_house_is_drawn() -> None:
    assert set(floors()) | DOORS == {room_of(path) for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_lead_down(path: Path) -> None:
    """Every import, for annotations too, stays in its room or leads to a floor below."""
    room, floor = room_of(path), floors()
    for imported in imports_of(path, also_when_typing=True) if room not in DOORS else ():
        other = imported.split(".")[1] if imported.startswith("bystander.") else room
        assert other == room or floor[other] < floor[room], f"{name_of(path)} looks forward to {imported}"


def test_no_circles() -> None:
    known = {module_of(path): path for path in MODULES}
    graph = {
        name: {
            other for other in imports_of(path, also_when_typing=False) if other in known and other != name
        }
        for name, path in known.items()
    }
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, "circle: " + " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for other in sorted(graph[name]):
                walk(other, (*trail, name))
            done.add(name)

    for name in graph:
        if not known[name].name.startswith("__init__"):
            walk(name, ())


def test_kernels_know_nothing_of_crises() -> None:
    for path in (SOURCE / "numerics").rglob("*.py"):
        for imported in imports_of(path, also_when_typing=True):
            if imported.startswith("bystander"):
                assert imported.startswith(("bystander.numerics", "bystander.errors", "bystander.files")), (
                    f"{name_of(path)} imports {imported}"
                )


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_live_at_the_edge(path: Path) -> None:
    if room_of(path) not in ROOMS_AT_THE_EDGE:
        heavy = {name.split(".")[0] for name in imports_of(path, also_when_typing=True)} & EDGE
        assert not heavy, f"{name_of(path)} imports {heavy}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_rooms_are_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_no_attics() -> None:
    assert not [name_of(path) for path in MODULES if path.stem in ATTICS]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_and_public_function_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = [tree, *(node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef)))]
    for node in documented:
        if any("overload" in ast.unparse(mark) for mark in getattr(node, "decorator_list", [])):
            continue
        name = getattr(node, "name", name_of(path))
        text = ast.get_docstring(node)
        assert name.startswith("_") or text, f"{name} has no docstring"
        assert not text or "TODO" not in text, f"{name} is a promise"


def identifiers(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    return names


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_state_is_a_country(path: Path) -> None:
    """A node of the process is a situation; Python's own dunder methods keep their names."""
    words = re.compile(r"(^|_)states?($|_)", re.IGNORECASE)
    names = identifiers(ast.parse(path.read_text(encoding="utf-8")))
    bad = {name for name in names if words.search(name) and not name.startswith("__")}
    assert not bad


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_from_a_file_is_ever_run(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"eval", "exec", "compile", "__import__"}, f"line {node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            assert room_of(path) == "cli", f"line {node.lineno}: only doors print"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_dead_ends(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", text)
    assert not re.search(r"^\s*#\s*[-=#*~]{4,}", text, re.MULTILINE), "banner comment"


def test_the_certificate_shares_no_code_with_what_it_certifies() -> None:
    """All it imports, directly or not: the form of games and results, and the doors to the machine."""
    known = {module_of(path): path for path in MODULES}
    allowed = ("bystander.game.", "bystander.scenario.", "bystander.errors", "bystander.units")
    doors = {f"bystander.{door}" for door in ("numerics.jit", "numerics.workers", "files")}
    reached, left = set(), ["bystander.equilibrium.certificate"]
    while left:
        name = left.pop()
        for other in imports_of(known[name], also_when_typing=False) & set(known):
            if other not in reached and not other.startswith(allowed):
                reached.add(other)
                left.append(other)
    assert reached <= doors | {"bystander.equilibrium.result"}
    users = {
        n
        for n, path in known.items()
        if "bystander.equilibrium.certificate" in imports_of(path, also_when_typing=True)
    }
    assert users == {"bystander.equilibrium.solve"}

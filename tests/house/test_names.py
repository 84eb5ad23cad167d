"""One name, one thing: classes, public names that something reaches, imports in the open, whole functions."""

import ast
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "bystander"
MODULES = sorted(SOURCE.rglob("*.py"))
MOST_LINES = 60

# Modules that may name modules of the package in strings: doors whose names are loaded when first used.
DOORS = {"__init__.py", "report/__init__.py", "cli/verbs.py"}
# An assessment draws itself in a notebook; report comes after assessment, so it is loaded by name there.
HIDDEN = {"assessment/result.py"}
# Classes of libraries that call by name what is written over.
BORROWED = {"BaseModel", "Console", "Part"}


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@cache
def trees() -> dict[str, ast.Module]:
    return {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def used_in(tree: ast.AST) -> Counter[str]:
    """Names and attributes that code mentions, and annotations in quotes; not imports, not definitions."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found[node.id] += 1
        elif isinstance(node, ast.Attribute):
            found[node.attr] += 1
    return found


def doors() -> set[str]:
    """Names that are public by being listed: the package's, the report's, and the verbs' functions."""
    named: set[str] = set()
    for door in DOORS:
        for node in ast.walk(trees()[door]):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named.add(node.value.rpartition(":")[2])
    return named


def dotted(module: str) -> str:
    return f"bystander.{module.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}"


def taken() -> set[str]:
    """Names with the module that they are taken from: imported, or read off a module that is imported."""
    found: set[str] = set()
    for tree in trees().values():
        known: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                known |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
            elif isinstance(node, ast.Import):
                known |= {one.asname: one.name for one in node.names if one.asname}
        found |= set(known.values())
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.add(f"{known.get(node.value.id, '')}.{node.attr}")
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
                found |= {f"{ast.literal_eval(one)}.{node.attr}" for one in node.value.args if is_text(one)}
            elif is_text(node) and (said := re.match(r"from (bystander\.[\w.]+) import (\w+)", node.value)):
                found.add(".".join(said.groups()))
    return found


def is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def unreached() -> set[str]:
    """Public functions and classes that no module but their own tests, and no door, has a use for."""
    listed, reached = doors(), taken()
    found = set()
    for module, tree in trees().items():
        used = used_in(tree)
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                marked = any(isinstance(mark, ast.Call) for mark in node.decorator_list)
                registered = marked and isinstance(node, ast.ClassDef) and node.name == "RowModel"
                own = used[node.name] > used_in(node)[node.name]
                known = own or f"{dotted(module)}.{node.name}" in reached or node.name in listed
                if not (known or registered):
                    found.add(f"{module}:{node.name}")
    return found


def unreached_methods() -> set[str]:
    """Public methods and properties that no module reads off anything, and no page or benchmark names."""
    used = sum((used_in(tree) for tree in trees().values()), Counter())
    pages = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.py")]
    told = set(re.findall(r"\w+", " ".join(page.read_text(encoding="utf-8") for page in pages)))
    return {
        f"{module}:{body.name}.{node.name}"
        for module, tree in trees().items()
        for body in ast.walk(tree)
        if isinstance(body, ast.ClassDef) and not BORROWED & {ast.unparse(base) for base in body.bases}
        for node in body.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if not used[node.name] and node.name not in told
    }


def length_without_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def long_functions() -> set[str]:
    return {
        f"{module}:{node.name}"
        for module, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and length_without_docstring(node) > MOST_LINES
    }


def classes() -> dict[str, set[str]]:
    homes: dict[str, set[str]] = defaultdict(set)
    for module, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                homes[node.name].add(module)
    return {name: places for name, places in homes.items() if len(places) > 1}


def hidden_imports() -> set[str]:
    """Modules that are no door and load something by name, or hold a dotted name of the package."""
    found = set()
    for module, tree in trees().items():
        for node in ast.walk(tree):
            called = isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {
                "import_module",
                "__import__",
            }
            dotted = (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"bystander(\.[a-z_]+)+(:\w+)?", node.value)
                and SOURCE.parent.joinpath(*node.value.partition(":")[0].split(".")[:-1]).exists()
            )
            if (called or dotted) and module not in DOORS:
                found.add(module)
    return found


def test_a_class_name_means_one_thing() -> None:
    assert not classes(), "two classes of one name"


def test_public_names_are_reached() -> None:
    assert not unreached(), "nothing in src reaches it: wire it, make it private or delete it"


def test_public_methods_are_reached() -> None:
    assert not unreached_methods(), "nothing reaches it: wire it, make it private or delete it"


def test_rooms_describe_modules_that_exist() -> None:
    """Words in backticks in a room's own docstring are its modules, or names that its modules mention."""
    for module, tree in trees().items():
        folder = (SOURCE / module).parent
        if module.endswith("__init__.py") and folder != SOURCE:
            cited = set(re.findall(r"(?<!`)`([a-z_]+)`(?!`)", ast.get_docstring(tree) or ""))
            others = [
                path for path in folder.rglob("*.py") if path.parent != folder or path.stem != "__init__"
            ]
            known = {path.stem for path in others} | {path.name for path in folder.iterdir()}
            defined = {
                node.name
                for path in others
                for node in ast.walk(trees()[name_of(path)])
                if isinstance(node, (ast.FunctionDef, ast.ClassDef))
            }
            assert not cited - known - defined - {folder.name}, module


def test_imports_are_in_the_open() -> None:
    found = hidden_imports()
    assert found == HIDDEN


def test_functions_can_be_seen_whole() -> None:
    assert not long_functions(), f"over {MOST_LINES} lines without the docstring"

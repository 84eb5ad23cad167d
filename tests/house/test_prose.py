"""Prose as it is kept in files: lines that fit, and documents cited that are in the repository."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from reference.pages import CODE, PAGES, ROOT, name_of

MOST_CHARACTERS = 120
CITED = re.compile(r"(?:docs|tests|benchmarks|requirements|tools)/[\w./-]*\.(?:md|py|txt|in|csv|yaml|json)\b")
PAGE = re.compile(r"(?<![\w/.-])[a-z][\w-]*\.md\b")


def prose_lines(text: str) -> list[tuple[int, str]]:
    """Lines that are neither in a fence, nor in a displayed equation, nor a row of a table."""
    found, fence = [], ""
    for number, line in enumerate(text.splitlines(), 1):
        opening = re.match(r"\s*(`{3,}|\$\$)", line)
        if opening:
            mark = opening.group(1)
            whole = mark == "$$" and line.count("$$") == 2
            fence = fence if whole else ("" if fence else mark)
        elif not fence and not line.lstrip().startswith("|"):
            found.append((number, line))
    return found


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_lines_of_prose_fit(path: Path) -> None:
    long = [n for n, line in prose_lines(path.read_text(encoding="utf-8")) if len(line) > MOST_CHARACTERS]
    assert not long, f"lines {long} are over {MOST_CHARACTERS} characters: wrap them"


def test_tables_and_fences_may_be_long_and_prose_may_not() -> None:
    long = "x" * (MOST_CHARACTERS + 1)
    text = f"| {long} |\n```text\n{long}\n```\n$$\n{long}\n$$\n$$ {long} $$\n{long}"
    assert prose_lines(text) == [(9, long)]


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_documents_cited_are_in_the_repository(path: Path) -> None:
    if path == Path(__file__):
        return
    text = path.read_text(encoding="utf-8")
    missing = {cited for cited in CITED.findall(text) if not (ROOT / cited).exists()}
    assert not missing
    assert set(PAGE.findall(text)) <= {page.name for page in PAGES} | made_pages()


@pytest.mark.parametrize("path", [*PAGES, *CODE], ids=name_of)
def test_decisions_cited_were_taken(path: Path) -> None:
    numbers = set(re.findall(r"\bdecisions?[ /](\d{4})\b", path.read_text(encoding="utf-8")))
    assert numbers <= {page.name[:4] for page in (ROOT / "docs" / "decisions").glob("*.md")}


@cache
def made_pages() -> set[str]:
    """Pages that are written when the documentation is built."""
    return {
        name
        for page in PAGES
        for name in re.findall(r"_generated/([\w-]+\.md)", page.read_text(encoding="utf-8"))
    }


def test_every_refusal_says_what_to_do() -> None:
    """`errors` alone makes a problem of a bare message, which then holds the fix itself."""
    made = [
        (f"{path.name}:{call.lineno}", call.args[2:])
        for path in CODE
        if "src" in path.parts and path.name != "errors.py"
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Problem"
    ]
    assert len(made) > 90
    assert not [place for place, rest in made if not rest or ast.unparse(rest[0]) in ("''", '""')]

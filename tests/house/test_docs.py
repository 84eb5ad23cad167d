"""The documentation names what exists: its Python runs, its commands parse, its scenario files are read."""

import os
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from bystander.scenario import Scenario

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if "_generated" not in path.parts and "_build" not in path.parts
)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, language: str) -> list[str]:
    return [text for kind, text in FENCE.findall(path.read_text(encoding="utf-8")) if kind == language]


def with_blocks(language: str) -> list[Path]:
    return [path for path in PAGES if blocks(path, language)]


@pytest.mark.parametrize("path", with_blocks("python"), ids=name_of)
def test_python_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, text in enumerate(blocks(path, "yaml")):
        (tmp_path / f"block_{number}.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {}
    for text in blocks(path, "python"):
        exec(compile(text, name_of(path), "exec"), space)


@pytest.mark.parametrize("path", with_blocks("yaml"), ids=name_of)
def test_scenarios_in_pages_are_read(path: Path, tmp_path: Path) -> None:
    from bystander.scenario import read_scenario

    for number, text in enumerate(blocks(path, "yaml")):
        if text.startswith("bystander: 1") and "\nhorizon:" in text and "\ncases:" not in text:
            file = tmp_path / f"block_{number}.yaml"
            file.write_text(text, encoding="utf-8")
            read_scenario(str(file))


def commands() -> list[tuple[str, str]]:
    return [
        (name_of(path), line[2:])
        for path in PAGES
        for text in blocks(path, "console")
        for line in text.replace("\\\n", " ").splitlines()
        if line.startswith("$ ")
    ]


@pytest.mark.parametrize(("page", "line"), sorted(set(commands())))
def test_commands_parse(page: str, line: str) -> None:
    from bystander.cli.main import make_app

    words = shlex.split(line.split(" > ")[0], comments=True)
    if words[0] == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert set(words[1:]) <= set(targets)
    elif words[0] == "bystander":
        _, bound, _ = make_app().parse_args(words[1:], exit_on_error=False, print_error=False)
        assert_names_exist(words[1], bound.arguments)
    else:
        assert words[0] in {"dask", "git", "cd", "pip", "python"}, line


@cache
def unchanged(name: str) -> Scenario:
    from bystander.cli.options import NO_CHANGES, load

    return load(name, NO_CHANGES)


def assert_names_exist(verb: str, given: dict[str, object]) -> None:
    """Names in a command about a shipped scenario are names of that scenario."""
    from bystander.cli.options import FOUNDING_CASE, load
    from bystander.scenario.document import library_paths

    name = str(given.get("scenario") or FOUNDING_CASE)
    if verb in ("new", "list", "show", "schema", "compare") or name not in library_paths():
        return
    changes = given.get("changes")
    scenario = load(name, changes) if changes else unchanged(name)
    if verb == "explain" and "owner" in given:
        owner, move = str(given["owner"]), str(given.get("move") or "")
        whole = move if "." in move else f"{owner}.{move}" if move else owner
        assert whole in scenario.moves()
        if whole == move:
            assert owner in scenario.institutions[move.partition(".")[0]].members
        assert not given.get("given") or given["given"] in scenario.conditions
    if verb in ("find", "flip"):
        from bystander.policy.targets import read_wish

        read_wish(
            scenario,
            str(given["target"]),
            at_least=str(given.get("at_least") or ""),
            at_most=str(given.get("at_most") or ""),
        )
    if verb == "sweep":
        assert given["parameter"] in scenario.parameters


def test_examples_of_verbs_parse() -> None:
    from bystander.cli.verbs import VERBS

    for verb in VERBS:
        for example in verb.examples:
            test_commands_parse(verb.name, example)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_verbs_in_pages_exist(path: Path) -> None:
    from bystander.cli.verbs import VERBS

    named = re.findall(r"`bystander ([a-z-]+)", path.read_text(encoding="utf-8"))
    assert {name for name in named if not name.startswith("-")} <= {verb.name for verb in VERBS}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_paths_and_modules_in_pages_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for found in re.findall(r"`((?:src|tests|docs|requirements|library)/[\w./-]+)`", text):
        place = ROOT / "src" / "bystander" / found if found.startswith("library/") else ROOT / found
        assert place.exists(), found
    for found in set(re.findall(r"`bystander\.([a-z_]+(?:\.[a-z_]+)*)", text)):
        head = found.split(".")[0]
        public = re.search(rf'"{head}"', (ROOT / "src" / "bystander" / "__init__.py").read_text())
        place = (ROOT / "src" / "bystander").joinpath(*found.split("."))
        assert (
            public
            or place.is_dir()
            or place.with_suffix(".py").exists()
            or place.parent.with_suffix(".py").exists()
        ), found


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", text):
        assert (path.parent / target).exists(), target
    for target in re.findall(r"\{doc\}`([^`<]+)`", text):
        assert (path.parent / f"{target}.md").exists(), target


def test_every_verb_is_documented() -> None:
    from bystander.cli.verbs import VERBS

    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
    missing = [verb.name for verb in VERBS if f"bystander {verb.name}" not in text]
    assert not missing


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_pages_speak_of_the_project_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(tmp|work|root|home)/", text)
    assert os.sep + "opt" + os.sep not in text

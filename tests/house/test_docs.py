"""The documentation names what exists: its Python runs, its commands parse, its scenario files are read."""

import os
import re
import shlex
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest

from bystander.scenario import Scenario
from reference.pages import CODE, MADE, PAGES, ROOT, name_of

SOURCE = ROOT / "src" / "bystander"
FOLDERS = [
    path
    for top in (ROOT, *(ROOT / each for each in ("src", "tests", "docs", "benchmarks", "web", ".github")))
    for path in ([top] if top == ROOT else [top, *top.rglob("*/")])
    if path.is_dir() and not MADE & set(path.parts)
]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^\s*```.*?^\s*```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)(`{1,2})([^`]+)\1(?!`)")
COMMAND = re.compile(r"(?:[A-Z_]+=\S+ )*(?:bystander|make|python|pytest) [^{}|\[\]]+")


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


def spans(path: Path) -> list[str]:
    """What stands between backticks in a page or a docstring, fences left out."""
    text = path.read_text(encoding="utf-8")
    return [" ".join(inside.split()) for _, inside in SPAN.findall(FENCED.sub("", text))]


def commands() -> list[tuple[str, str]]:
    return [
        (name_of(path), line[2:])
        for path in PAGES
        for text in blocks(path, "console")
        for line in text.replace("\\\n", " ").splitlines()
        if line.startswith("$ ")
    ]


def commands_in_prose() -> list[tuple[str, str]]:
    pages = [path for path in [*PAGES, *CODE] if path != Path(__file__)]
    return [(name_of(path), span) for path in pages for span in spans(path) if COMMAND.fullmatch(span)]


@pytest.mark.parametrize(("page", "line"), sorted(set(commands())))
def test_commands_parse(page: str, line: str) -> None:
    words = shlex.split(line.split(" > ")[0], comments=True)
    check_command(words, whole=True)


@pytest.mark.parametrize(("page", "line"), sorted(set(commands_in_prose())))
def test_commands_in_prose_name_what_exists(page: str, line: str) -> None:
    check_command(shlex.split(line), whole=False)


@pytest.mark.parametrize(
    "line",
    [
        "bystander say",
        "bystander run --drawn 3",
        "make tea",
        "make fuzz FILE=3",
        "python -m benchmarks.speed",
        "python -m benchmarks.scale --table --row",
        "python docs/answers",
        "BYSTANDER_DATUM=x pytest tests/house",
        "pytest tests/house/words",
    ],
)
def test_a_command_that_names_nothing_is_found(line: str) -> None:
    with pytest.raises(AssertionError):
        check_command(shlex.split(line), whole=False)


def check_command(words: list[str], *, whole: bool) -> None:
    """What a command names is there; a whole one, and one that lacks no argument, parses."""
    while re.match(r"[A-Z_]+=", words[0]):
        assert_read_somewhere(words.pop(0).partition("=")[0])
    program, rest = words[0], [word for word in words[1:] if word not in ("-P", "...")]
    if program == "make":
        targets = set(re.findall(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)[0].split())
        stamps = {f".venv/{name}" for name in re.findall(r"^\$\(VENV\)/([a-z.]+):", MAKEFILE, re.MULTILINE)}
        for word in rest:
            name, given, _ = word.partition("=")
            assert re.search(rf"^{name} \?=", MAKEFILE, re.MULTILINE) if given else name in targets | stamps
    elif program == "bystander" or (program, rest[:2]) == ("python", ["-m", "bystander"]):
        check_verb([word for word in rest if word not in ("-m", "bystander")], whole=whole)
    elif program == "pytest" or (program, rest[:2]) == ("python", ["-m", "pytest"]):
        assert not [word for word in rest if word.startswith("tests/") and not (ROOT / word).exists()]
    elif program == "python":
        check_script(rest)
    else:
        assert whole, program
        assert Path(program).name in {"dask", "git", "npm", "pip"}, program


def check_script(words: list[str]) -> None:
    """A module or a file that Python is to run is there, and has the options that it is given."""
    if words[0] == "-c" or words[:2] in (["-m", "pip"], ["-m", "venv"]):
        return
    if words[0] == "-m":
        place = words[1].replace(".", "/")
        files = [ROOT / top / f"{place}{end}.py" for top in ("", "tests") for end in ("", "/__main__")]
    else:
        files = [ROOT / words[0]]
    found = [file for file in files if file.is_file()]
    assert found, words
    text = found[0].read_text(encoding="utf-8")
    assert not [word for word in words if word.startswith("--") and f'"{word}"' not in text]
    assert not [word for word in words if word.startswith("src/") and not (ROOT / word).exists()]


def check_verb(words: list[str], *, whole: bool) -> None:
    from cyclopts import MissingArgumentError

    from bystander.cli.main import make_app

    if not words or words[0].startswith("-"):
        assert set(words) <= {"--help", "--version"}
        return
    options = [word.partition("=")[0] for word in words[1:] if re.match(r"--?[a-z]", word)]
    assert set(options) <= options_of(words[0]) | {"--help"}, words
    if "--help" in options:
        return
    try:
        _, bound, _ = make_app().parse_args(words, exit_on_error=False, print_error=False)
    except MissingArgumentError:
        assert not whole
    else:
        assert_names_exist(words[0], bound.arguments)


@cache
def options_of(verb: str) -> set[str]:
    from bystander.cli.main import make_app

    app = make_app()
    assert verb in app, f"there is no verb {verb}"
    return {name for argument in app[verb].assemble_argument_collection() for name in argument.names}


def assert_read_somewhere(setting: str) -> None:
    """An environment variable that a page names is one that something reads."""
    assert re.search(rf"\b{setting}\b", code_but_this() + MAKEFILE), setting


@cache
def code_but_this() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in CODE if path != Path(__file__))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_settings_and_options_in_pages_exist(path: Path) -> None:
    from bystander.cli.verbs import VERBS

    for setting in set(re.findall(r"\bBYSTANDER_[A-Z]+\b", path.read_text(encoding="utf-8"))):
        assert_read_somewhere(setting)
    known = set().union(*(options_of(verb.name) for verb in VERBS))
    for option in {found[0] for span in spans(path) if (found := re.match(r"--[a-z-]+", span))}:
        assert option in known or f'"{option}"' in code_but_this(), option


def test_help_of_make_lists_every_target() -> None:
    (targets,) = re.findall(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)
    (shown,) = re.findall(r"grep -hE '(.*?)'", MAKEFILE)
    listed = [line.partition(":")[0] for line in MAKEFILE.splitlines() if re.match(shown, line)]
    assert sorted(listed) == sorted(targets.split())
    (width,) = re.findall(r"expand -t (\d+)", MAKEFILE)
    assert max(map(len, listed)) < int(width)


@cache
def unchanged(name: str) -> Scenario:
    from bystander.cli.options import NO_CHANGES, load

    return load(name, NO_CHANGES)


def assert_names_exist(verb: str, given: dict[str, object]) -> None:
    """Names in a command about a shipped scenario are names of that scenario."""
    from bystander.cli.options import FOUNDING_CASE, NO_CHANGES, asked_and_where, changed
    from bystander.scenario.document import library_paths

    name = str(given.get("scenario") or FOUNDING_CASE)
    asked, name = asked_and_where(str(given.get("owner", "")), name) if verb == "explain" else ("", name)
    names_something = given.get("changes") or verb in ("explain", "find", "flip", "sweep")
    if not names_something or verb == "new" or name not in library_paths():
        return
    scenario = changed(unchanged(name), cast("Any", given.get("changes")) or NO_CHANGES)
    if verb == "explain" and asked:
        owner, move = str(given["owner"]), str(given.get("move") or "")
        whole = move if "." in move else f"{owner}.{move}" if move else owner
        assert whole in scenario.moves()
        if whole == move:
            assert owner in scenario.institutions[move.partition(".")[0]].members
        assert not given.get("given") or given["given"] in scenario.conditions
    if verb in ("find", "flip") and "target" in given:
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
def test_paths_in_pages_exist(path: Path) -> None:
    """A path whose first part is a folder of the project leads somewhere from one of its folders."""
    folders = {folder.name for folder in FOLDERS} | {"library"}
    for span in spans(path):
        place = span.removeprefix("./")
        if re.fullmatch(r"[\w.-]+/[a-z0-9_./-]*", place) and place.partition("/")[0] in folders:
            found = [place, *(f"{place}{end}" for end in (".py", ".yaml", ".csv", ".md"))]
            assert any((folder / each).exists() for folder in FOLDERS for each in found), span


@pytest.mark.parametrize("path", [*PAGES, *CODE], ids=name_of)
def test_dotted_names_exist(path: Path) -> None:
    for span in spans(path):
        if found := re.fullmatch(r"(bystander|benchmarks)((?:\.[A-Za-z_]\w*)+)(?:\(.*)?", span):
            assert is_there(ROOT / ("src" if found[1] == "bystander" else "") / found[1], found[2][1:]), span


def is_there(place: Path, dotted: str) -> bool:
    """Whether a name is a module, or the first that is none is mentioned in the module that it follows."""
    head, _, rest = dotted.partition(".")
    for file in (place / head / "__init__.py", (place / head).with_suffix(".py")):
        if file.exists() and not rest:
            return True
    if (place / head).is_dir():
        return not rest or is_there(place / head, rest)
    if (place / f"{head}.py").exists():
        return mentions(place / f"{head}.py", rest.partition(".")[0])
    return mentions(place / "__init__.py", head)


@cache
def names_in(file: Path) -> set[str]:
    return set(re.findall(r"\w+", file.read_text(encoding="utf-8"))) if file.exists() else set()


def mentions(file: Path, name: str) -> bool:
    return name in names_in(file)


def test_the_five_things_followed_are_where_the_walk_says() -> None:
    page = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("in each room one place, none twice.")[2].partition("\n## ")[0]
    heads, _, *rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines() if row]
    rooms = [head.strip("`/") for head in heads]
    places = [
        (room, *place)
        for row in rows
        for room, cell in zip(rooms[1:], row[1:], strict=True)
        for place in re.findall(r"`([\w/]+)`: `([\w.]+)`", cell)
    ]
    assert len(places) > 15
    for room, module, name in places:
        files = [SOURCE / room / f"{module}.py", SOURCE / f"{module}.py"]
        text = next(file for file in files if file.exists()).read_text(encoding="utf-8")
        for each in name.split("."):
            assert re.search(rf"^\s*(?:def|class) {each}\b|^    {each}: ", text, re.MULTILINE), (module, name)


def test_the_page_on_the_language_knows_every_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the JSON Schema offers to editors is a key of the parts, or a short form that the page shows."""
    from bystander.scenario import json_schema
    from bystander.scenario.schema import Scenario

    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    generate = import_module("generate")
    listed = {
        field.alias or name
        for part in generate.parts_of(Scenario)
        for name, field in part.model_fields.items()
    }
    page = (ROOT / "docs" / "reference" / "scenario.md").read_text(encoding="utf-8")
    short = set(keys_of(json_schema())) - listed - {"patience"}
    assert {"use", "once", "takes", "groups"} <= short
    assert not [key for key in short if not re.search(rf"`{key}[:`]|^ +{key}:", page, re.MULTILINE)]


def keys_of(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        properties = schema.get("properties")
        yield from properties if isinstance(properties, dict) else ()
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from keys_of(inner)


def test_the_page_on_python_lists_what_the_package_gives() -> None:
    import bystander

    page = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    listed = re.findall(r"autofunction:: ([\w.]+)", page)
    given = {*bystander.__all__} - {"__version__"}
    assert sorted(name.rpartition(".")[2] for name in listed) == sorted(given | {"spread_of"})
    assert "but for `spread_of`" in page


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", text):
        assert (path.parent / target).exists(), target
    for target in re.findall(r"\{doc\}`([^`<]+)`", text):
        assert (path.parent / f"{target}.md").exists(), target
    for page, place in re.findall(r"\]\((?!https?://)([^)#\s]*)#([^)\s]+)\)", text):
        assert place in headings(path.parent / page if page else path), place


@cache
def headings(page: Path) -> set[str]:
    """What the headings of a page are called in links."""
    lines = re.findall(r"^#+ (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


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

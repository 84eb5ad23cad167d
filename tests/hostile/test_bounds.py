"""Work is bounded before it begins: reading takes time linear in the file, whatever the file holds."""

import ast
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bystander import units
from bystander.cases import templates
from bystander.cli import main
from bystander.errors import ScenarioError, nearest_names
from bystander.evidence.tables import parse_table
from bystander.game.compile import compile_game
from bystander.library import TITLE
from bystander.report.words import sentences
from bystander.scenario import load_document, priors, read_document, read_text
from bystander.scenario.expressions import parsing
from bystander.scenario.reading import MAX_BYTES
from bystander.scenario.reading import read_text as read_file
from bystander.units import parse_quantity
from reference.base_scenario import BASE

SMALL = """bystander: 1
title: T
as_of: 2022-10-15
horizon: 1 year
variables: {s: {levels: [a, b], start: a}}
"""
LONG = 1_000_000


def refused(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        read_text(text)
    return " ".join(str(caught.value).split())


@pytest.mark.parametrize(
    "value",
    [
        "1" + "a" * 150 + "!",
        "1 " + "a " * 90 + "!",
        "3 weeks or sooner if the winter permits it (see annex)",
        "1" * 190 + "!",
        "every " + "1_" * 90 + "!",
        "1" + " " * 190 + "!",
        "1 per " * 30 + "!",
        "x" * 20_000,
    ],
)
def test_prose_where_a_quantity_is_due(value: str) -> None:
    assert "<scenario>:6:" in refused(SMALL + f'parameters: {{p: "{value}"}}\n')


PIECES = ("1", "a", " ", "1_", "1,", "-", ".", "a b ", "every ", "1 per ", "(", "a(", "$", "${a", "\t", "e1")
PIECES += ("A", "/", "a/", "'", "in ", ", ", "P(a | ", "a.yaml")
BEFORE = ("", "every ", "title:", "why do a ", "P(a")
HOUSE = Path(units.__file__).parent
FLAGS = {"re.IGNORECASE": re.IGNORECASE, "re.MULTILINE": re.MULTILINE}
ASIDE = ("report/figures/figure.py",)
"""Patterns that meet only what this program has drawn."""


def written_patterns() -> Iterator[re.Pattern[str]]:
    """Give every pattern that stands in the source, wherever it is compiled or used."""
    for path in sorted(HOUSE.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if path.relative_to(HOUSE).as_posix() in ASIDE or not isinstance(call, ast.Call) or not call.args:
                continue
            name, given = ast.unparse(call.func), call.args[0]
            if name.startswith("re.") and isinstance(given, ast.Constant) and isinstance(given.value, str):
                flag = ast.unparse(call.args[-1]) if name == "re.compile" else ""
                yield re.compile(given.value, FLAGS.get(flag, 0))


READERS = [
    pattern
    for module in (priors, parsing, units)
    for pattern in vars(module).values()
    if isinstance(pattern, re.Pattern)
]
READERS = list(dict.fromkeys([*READERS, *written_patterns()]))


def test_no_pattern_is_overlooked() -> None:
    assert {templates.DECIMAL, main.SCENARIO, sentences.SPOKEN, units._WORD} <= set(READERS)
    assert len(READERS) > 50


@pytest.mark.parametrize("pattern", READERS, ids=lambda pattern: pattern.pattern[:30])
def test_every_pattern_reads_in_linear_time(pattern: re.Pattern[str]) -> None:
    """Four thousand characters that almost fit: what doubles or is cubed in them takes hours."""
    for piece in PIECES:
        for before in BEFORE:
            for end in ("\x00", "!"):
                text = before + piece * (4_000 // len(piece)) + end
                begun = time.process_time()
                pattern.fullmatch(text)
                pattern.match(text)
                assert time.process_time() - begun < 0.5, (before, piece, pattern.pattern)


def test_a_word_of_a_command_line_may_be_as_long_as_one_can_be() -> None:
    begun = time.process_time()
    for piece in ("a", "a/", "a.yaml", "a:/"):
        main.with_scenario_named(["explain", "a", piece * (120_000 // len(piece)) + "!"], main.make_app())
    assert time.process_time() - begun < 2.0


def test_a_title_of_blanks_alone_is_no_title() -> None:
    begun = time.process_time()
    assert TITLE.search("title:" + " " * LONG + "\n") is None
    assert time.process_time() - begun < 0.5


def test_suggestions_cost_little_however_long_the_names() -> None:
    names = [f"{'a' * LONG}{k}" for k in range(20)] + ["front"]
    begun = time.process_time()
    assert nearest_names("frnot", names) == ["front"]
    assert nearest_names("FRONT", ["Front"]) == ["Front"]
    nearest_names("a" * LONG + "!", names * 50)
    assert time.process_time() - begun < 2.0


def test_a_name_of_a_million_characters_is_refused_at_once() -> None:
    for text in (f"{'x' * LONG}: 1\n", f"parameters: {{{'x' * LONG}: 1}}\n", f"title: {'x' * LONG}\n"):
        assert len(refused(SMALL.replace("title: T\n", "") + text)) < 10_000


def test_conditions_that_add_up_are_refused_once() -> None:
    chain = ["conditions:", "  c0: s == a", *(f"  c{k}: c{k - 1} and c{k - 1}" for k in range(1, 12))]
    wide = [f"  d{k}: c11 or c11" for k in range(200)]
    said = refused(SMALL + "\n".join([*chain, *wide]))
    assert said.count("250,000") == 1


CHAINS = {
    "each mentions the one before": lambda k, n: f"c{k - 1}" if k else "s == a",
    "each mentions the one after": lambda k, n: f"c{k + 1}" if k < n - 1 else "s == a",
    "each denies the one before": lambda k, n: f"not c{k - 1}" if k else "s == a",
    "all in one circle": lambda k, n: f"c{(k + 1) % n}",
}


@pytest.mark.parametrize("how", CHAINS)
def test_a_chain_of_conditions_costs_no_more_than_as_many_that_stand_alone(how: str) -> None:
    def seconds(body, count: int = 3_000) -> float:
        lines = "".join(f"  c{k}: {body(k, count)}\n" for k in range(count))
        begun = time.process_time()
        with suppress(ScenarioError):
            read_text(f"{SMALL}conditions:\n{lines}")
        return time.process_time() - begun

    alone, chained = (min(seconds(body) for _ in range(3)) for body in (lambda k, n: "s == a", CHAINS[how]))
    assert chained < 6.0 * alone


def test_what_is_too_deep_is_said_once_and_not_of_all_that_mention_it() -> None:
    lines = "".join(f"  c{k}: c{k - 1}\n" for k in range(1, 1_000))
    assert refused(f"{SMALL}conditions:\n  c0: s == a\n{lines}").count("error:") == 1


HOLES = "bystander: 1\nfragment: F\nholes: {{a: {{type: {type}}}}}\n"


def use(folder: Path, files: dict[str, str], holes: str) -> str:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    (folder / "scenario.yaml").write_text(f"{SMALL}use: [{{./n0: {{a: {holes}}}}}]\n")
    with pytest.raises(ScenarioError) as caught:
        read_document(load_document(folder / "scenario.yaml"))
    assert {problem.check for problem in caught.value.problems} == {"too-large"}
    return str(caught.value)


def test_holes_that_multiply_a_text_are_stopped_with_a_count(tmp_path: Path) -> None:
    head = HOLES.format(type="number")
    files = {f"n{k}": f'{head}use: [{{./n{k + 1}: {{a: "{"$a" * 50}"}}}}]\n' for k in range(6)}
    said = use(tmp_path, files | {"n6": f"{head}conditions: {{c: $a}}\n"}, "1")
    assert re.search(r"a text of [\d,]+ characters; the limit is 20,000", said)


def test_list_holes_that_multiply_entries_are_stopped_with_a_count(tmp_path: Path) -> None:
    names = ", ".join(f"x{k}" for k in range(3000))
    body = "\n".join(f"  i{k}: {{members: $a}}" for k in range(100))
    files = {"n0": HOLES.format(type="actors") + f"institutions:\n{body}\n"}
    assert re.search(r"has [\d,]+ entries or more; the limit is 200,000", use(tmp_path, files, f"[{names}]"))


@pytest.mark.parametrize(("name", "used"), [("crisis.yaml", True), ("crises.csv", False)])
def test_a_file_that_is_too_large_is_told_what_it_can_do(tmp_path: Path, name: str, used: bool) -> None:
    (tmp_path / name).write_text("x" * (MAX_BYTES + 1))
    with pytest.raises(ScenarioError, match="Leave out what nothing reads") as caught:
        read_file(tmp_path / name, name)
    assert ("'use' them" in str(caught.value)) is used


VOTE = BASE.replace("        recuse: [east]\n", "").replace(
    "rule: majority", "rule: {weighted: {weights: {east: EAST, west: WEST}, quota: QUOTA}}"
)


def weighted(east: int, west: int, quota: int) -> str:
    return VOTE.replace("EAST", str(east)).replace("WEST", str(west)).replace("QUOTA", str(quota))


def test_weights_that_would_take_hours_to_count_are_refused_where_they_stand() -> None:
    with pytest.raises(ScenarioError, match="coarser unit") as caught:
        compile_game(read_text(weighted(999_999, 1_000_000, 999_999)))
    assert caught.value.problems[0].check == "too-large"
    assert "step_in" in str(caught.value) or caught.value.problems[0].mark.line


def test_weights_with_a_common_factor_are_counted_in_its_units() -> None:
    large = compile_game(read_text(weighted(500_000, 1_000_000, 750_001)))
    small = compile_game(read_text(weighted(1, 2, 2)))
    assert (large.numbers.vote_weight == small.numbers.vote_weight).all()
    assert (large.numbers.vote_quota == small.numbers.vote_quota).all()


def test_quantities_are_read_as_before() -> None:
    for text, value in {
        "2 per day": 2,
        "3weeks": 21,
        "50 %": 0.5,
        "- 3": -3,
        " 5  ": 5,
        "10 people per day": 10,
    }.items():
        assert parse_quantity(text).value == pytest.approx(value)


def test_many_broken_entries_cost_what_each_of_them_costs() -> None:
    """Whether a complaint follows from another is asked once of each, not of each pair."""

    def seconds(count: int) -> float:
        chain = "".join(f"  p{k}: p{k - 1} + 1\n" for k in range(1, count))
        begun = time.process_time()
        assert "fixed" in refused(f"{SMALL}parameters:\n  p0: 1\n{chain}")
        return time.process_time() - begun

    few, many = (min(seconds(count) for _ in range(3)) for count in (1500, 6000))
    assert many < 8 * few


def test_a_refusal_does_not_repeat_a_word_of_a_command_line_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words in (["explain", "x" * 100_000], ["list", "x" * 100_000], ["check", "x" * 100_000]):
        assert main.run_command(words) == 2
        assert len(capsys.readouterr().err) < 10_000


@pytest.mark.parametrize("header", ["a," * 1_000_000, ",".join(f"c{k}" for k in range(1_000_000))])
def test_a_record_of_a_million_columns_is_refused_at_once(header: str) -> None:
    begun = time.process_time()
    with pytest.raises(ScenarioError, match="there is no column"):
        parse_table(f"{header}\n")
    assert time.process_time() - begun < 5.0

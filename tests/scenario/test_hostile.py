"""Whatever is in a file: a scenario, or located problems; never another exception."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bystander.errors import InputError, ScenarioError
from bystander.scenario import load_document, read_data, read_document, read_text, vary
from bystander.scenario.checks import CHECKS
from bystander.scenario.reading import MAX_BYTES
from reference.base_scenario import BASE

LINES = BASE.splitlines()
VALUES = st.sampled_from(
    [
        "",
        "~",
        "1",
        "-1",
        ".nan",
        "true",
        "[]",
        "{}",
        "[1, [2]]",
        "{a: b}",
        "3 weeks",
        "50% per year",
        "front",
        "war",
        "front == war",
        "P(war_ever) < 1",
        "__import__('os')",
        "'it''s'",
        '"\\u0000"',
        "rest",
        "every",
        "every every 2 weeks",
        "1 / 0",
        "log(0)",
        "9" * 400,
        "a" * 300,
        "é😀",
        "toll",
        "east.attack",
        "x: y: z",
        "*a",
        "&a 1",
        "!!str 1",
        "<<",
        "()" * 50,
        "not " * 300,
    ]
)


def outcome_of(text: str) -> None:
    problems = None
    try:
        read_text(text, "scenario.yaml")
    except ScenarioError as error:
        problems = error.problems
    assert problems is None or problems
    for problem in problems or ():
        assert problem.mark.file == "scenario.yaml"
        assert problem.message
        assert problem.check in CHECKS


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(LINES) - 1), VALUES)
def test_any_value_in_any_line(index: int, value: str) -> None:
    key, colon, _ = LINES[index].partition(":")
    outcome_of("\n".join([*LINES[:index], f"{key}{colon} {value}", *LINES[index + 1 :]]))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1), st.booleans())
def test_lines_moved_copied_or_lost(source: int, target: int, lose: bool) -> None:
    lines = list(LINES)
    line = lines.pop(source) if lose else lines[source]
    lines.insert(target, line)
    outcome_of("\n".join(lines))
    del lines[target]
    outcome_of("\n".join(lines))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(BASE) - 1), st.integers(0, 12), st.text(max_size=6))
def test_any_text_anywhere(start: int, length: int, text: str) -> None:
    outcome_of(BASE[:start] + text + BASE[start + length :])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_data_in_any_place(data: st.DataObject) -> None:
    base = read_text(BASE).to_dict()
    odd = st.recursive(
        st.one_of(
            st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=8), st.just("front == war")
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=5,
    )
    node: object = base
    while isinstance(node, dict) and node:
        key = data.draw(st.sampled_from(sorted(node)))
        if not isinstance(node[key], dict) or data.draw(st.integers(0, 3)) == 0:
            node[key] = data.draw(odd)
            break
        node = node[key]
    with suppress(ScenarioError):
        read_data(base)


def test_a_name_may_be_any_text_and_is_shown_cut() -> None:
    with pytest.raises(ScenarioError) as caught:
        read_text(BASE + "x" * 5000 + ": 1\n")
    assert len(str(caught.value)) < 7000


def test_a_file_beyond_its_size_is_not_read(tmp_path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"a: 1\n" * (MAX_BYTES // 5 + 1))
    with pytest.raises(ScenarioError, match="the limit is"):
        load_document(path)


@pytest.mark.parametrize(
    "name", ["nowhere.yaml", "", "\0", "a" * 5000, "../x", "/", "/dev/zero", "toys", "no/such/thing"]
)
def test_names_that_are_no_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(ScenarioError) as caught:
        load_document(name)
    assert caught.value.problems[0].check in ("unreadable-file", "unknown-use")


def test_a_folder_without_a_scenario(tmp_path) -> None:
    with pytest.raises(ScenarioError, match=r"is a folder\.(.|\n)*Name a file in it"):
        load_document(tmp_path)


def test_conditions_that_double_each_other_are_stopped() -> None:
    doubling = "".join(f"  c{i}: c{i + 1} and c{i + 1} or c{i + 1}\n" for i in range(40))
    with pytest.raises(ScenarioError, match="too large"):
        read_text(BASE.replace("conditions:\n", f"conditions:\n{doubling}  c40: front == war\n"))


def test_a_billion_laughs_is_stopped_at_the_first() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
    )
    with pytest.raises(ScenarioError, match="Anchors and aliases") as caught:
        read_text(bomb, "bomb.yaml")
    assert str(caught.value.problems[0].mark) == "bomb.yaml:1:4"


def test_a_byte_order_mark_and_windows_lines_are_no_obstacle(tmp_path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").encode())
    assert read_document(load_document(path)) == read_text(BASE)


@pytest.mark.parametrize(
    "change",
    [
        {"sets": {"loss": "nonsense ("}},
        {"sets": {"loss": "3"}},
        {"sets": {"loss": float("nan")}},
        {"sets": {"loss": "1 per year if front == war else 2 per year"}},
        {"sets": {"lss": 1}},
        {"sets": {"flare": "flare / 0"}},
        {"enable": ["east"]},
        {"start": {"front": "wax"}},
        {"start": {"frnt": "war"}},
        {"start": {"front": {"war": 0.9}}},
        {"start": {"front": {"war": float("nan")}}},
    ],
)
def test_changes_that_do_not_fit(change: dict) -> None:
    with pytest.raises(InputError) as caught:
        vary(read_text(BASE), **change)
    assert caught.value.problems[0].message


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("a: {says: Does it fight?, party: x}", "needs quotes"),
        ("a: {about: Trouble: here}", "needs quotes"),
        ("a: {when: front in [a, b]}", "needs quotes"),
        ("a: [1, 2", "indentation"),
    ],
)
def test_what_is_not_yaml_is_told_with_the_fix_that_helps(line: str, fix: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_text(line + "\n")
    assert fix in refused.value.problems[0].fix

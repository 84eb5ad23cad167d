"""Broken and hostile files at the door: a place, a reason, exit code 2, and no traceback."""

from pathlib import Path

import pytest

from bystander.cli.main import run_command
from reference.base_scenario import BASE, broken

ATTACK = "[{chance: 70%, front: war}, {chance: rest, front: tense}]"
BINARY = range(30)
HUGE = "\n".join(
    [
        "bystander: 1\ntitle: Huge\nas_of: 2022-10-15\nhorizon: 1 year\nvariables:",
        *(f"  x{i}: {{levels: [off, on], start: off}}" for i in BINARY),
        "hazards:",
        *(f"  up{i}: {{when: x{i} == off, every: 1 week, then: {{x{i}: on}}}}" for i in BINARY),
    ]
)
FILES: dict[str, tuple[str, str]] = {
    "an unknown key": (BASE + "acotrs: {}\n", "actors"),
    "a circle of uses": ("use: [./a]\n", "circle"),
    "a YAML bomb": ("a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(99)), "aliases"),
    "deep nesting": ("a: " + "{a: " * 5000, "deep"),
    "Python in an expression": (
        broken(("  war: front == war", "  war: __import__('os').abort()")),
        "no meaning in an expression",
    ),
    "a path that escapes": ("use: [../../../etc/passwd]\n", "does not name a file"),
    "a link that escapes": ("use: [./link]\n", "does not name a file"),
    "a thousand million situations": (HUGE, "(2 levels)"),
    "a number that is none": (broken(("value: 6 per year", "value: .nan")), "not a quantity"),
    "infinity": (broken(("value: 6 per year", "value: 1e999 per year")), "finite"),
    "chances of 0.9 in total": (
        broken((ATTACK, "[{chance: 0.7, front: war}, {chance: 0.2, front: tense}]")),
        "0.9",
    ),
    "a start of 0.9 in total": (broken(("tense: 10%", "tense: 0%")), "0.9"),
    "an endless horizon": (broken(("horizon: 1 year", "horizon: 1e300 years")), "thousand years"),
    "a move at the speed of light": (broken(("rate: flare", "rate: 1e18 per day")), "10000"),
    "a worth beyond words": (broken(("worth: -loss", "worth: -1e300 per year")), "beyond 1e+06"),
    "a limit that is none": (BASE + "settings: {limit: true}\n", "limit"),
    "a guard that never holds": (
        broken(("when: front == tense\n", "when: front == tense and front == war\n")),
        "east.attack",
    ),
}


@pytest.mark.parametrize("what", FILES)
def test_a_hostile_file(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, reason = FILES[what]
    folder = tmp_path / "scenario"
    folder.mkdir()
    path = folder / "scenario.yaml"
    path.write_text(text)
    (folder / "a.yaml").write_text("fragment: A\nuse: [./b]\n")
    (folder / "b.yaml").write_text("fragment: B\nuse: [./a]\n")
    (tmp_path / "secret.yaml").write_text("fragment: Secret\n")
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    assert run_command(["check", str(path)]) == 2
    captured = capsys.readouterr()
    said = " ".join((captured.out + captured.err).split())
    assert reason in said
    assert "Traceback" not in said
    assert "yaml:" in said


def test_marks_that_reverse_a_line_do_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "reversed.yaml"
    path.write_text(BASE.replace("title: A small crisis", 'title: "A \u202ecrisis"', 1))
    assert run_command(["check", str(path)]) == 0
    said = capsys.readouterr()
    assert "crisis" in said.out + said.err
    assert "\u202e" not in said.out + said.err
    assert run_command(["check", str(path), "--json"]) == 0
    said = capsys.readouterr()
    assert "\u202e" not in said.out


@pytest.mark.parametrize("code", ["\\u001b[31m", "\\u0007", "\\u009b2J", "\\u000d"])
def test_commands_do_not_reach_the_terminal(
    code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "commanding.yaml"
    path.write_text(BASE.replace("title: A small crisis", f'title: "A {code}crisis"', 1))
    assert run_command(["check", str(path)]) == 0
    said = capsys.readouterr()
    assert "crisis" in said.out
    assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in said.out + said.err)

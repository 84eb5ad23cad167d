"""The README shows what the program says: its scenario is run and its map names the rooms there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.compile(r"```console\n\$ bystander run border\.yaml\n(.*?)```", re.DOTALL)
SMALL = re.compile(r"\d(?:\.\d+)?e-\d+")


def words(text: str) -> str:
    """Text without its breaks and without numbers at the level of rounding, which differ by machine."""
    return " ".join(SMALL.sub("tiny", text).split())


def test_the_output_shown_is_what_the_program_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bystander.cli.main import run_command

    scenario = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    shown = SHOWN.search(README)
    assert scenario
    assert shown
    monkeypatch.chdir(tmp_path)
    (tmp_path / "border.yaml").write_text(scenario[1], encoding="utf-8")
    assert run_command(["run", "border.yaml", "-o", "border.html"]) == 0
    said = words(capsys.readouterr().out)
    for part in shown[1].split("\n...\n"):
        assert words(part) in said, "README shows what the program no longer says: paste the new output"


def test_the_tutorial_from_elsewhere_shows_what_the_program_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bystander.cli.main import run_command

    page = (ROOT / "docs/tutorial/a-crisis-from-elsewhere.md").read_text(encoding="utf-8")
    (scenario,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    assert run_command(["new", "gambia", "--template", "templates/call"]) == 0
    (tmp_path / "gambia.yaml").write_text(scenario, encoding="utf-8")
    shown = re.findall(r"^\$ bystander ((?:run|what-if) .*?)\n(.*?)\n\.\.\.$", page, re.DOTALL | re.MULTILINE)
    assert [command.split()[0] for command, _ in shown] == ["run", "what-if"]
    for command, output in shown:
        capsys.readouterr()
        assert run_command(command.split()) == 0
        assert words(output) in words(capsys.readouterr().out), command


def test_the_map_names_every_room() -> None:
    rooms = {path.name for path in (ROOT / "src" / "bystander").iterdir() if (path / "__init__.py").exists()}
    assert set(re.findall(r"^  (\w+)/ ", README, re.MULTILINE)) == rooms


def test_every_verb_has_its_row() -> None:
    from bystander.cli.verbs import VERBS

    rows = "\n".join(line for line in README.splitlines() if line.startswith("|"))
    assert {verb.name for verb in VERBS} == set(re.findall(r"`bystander ([a-z-]+)`", rows))

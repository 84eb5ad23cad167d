"""Names are taken as they are meant, or refused before anything is solved."""

import shlex
from pathlib import Path

import pytest

from bystander.cli.main import make_app, run_command, with_scenario_named
from bystander.cli.verbs import VERBS


@pytest.fixture(autouse=True)
def nothing_is_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a wrong name is refused before solving")

    # the class itself: a module first imported meanwhile would keep a function that is exchanged
    monkeypatch.setattr("bystander.equilibrium.iteration.Iteration.__init__", refuse)


WRONG = {
    "run -o .": "it is a folder",
    "simulate -o .": "it is a folder",
    "run Ferghana": "crises/ferghana-2022",
    "run ferghana-2020": "ferghana-2022",
    "explain Rusia": "russia",
    "explain russia pressforcalm": "press_for_calm",
    "explain russia press_for_calm --given 'frnt == fighting'": "front",
    "sweep diversion_gian 1 2": "diversion_gain",
    "sweep diversion_gain 1 2 --outcome batle": "battle",
    "sweep diversion_gain '0 per year' '9 per year' --also diversion_gain '0 per year' '9 per year'": "again",
    "sensitivity --outcome batle": "battle",
    "what-if --set diversion_gian=1": "diversion_gain",
    "what-if --start front=fihgting": "fighting",
    "what-if --disable tajikistan.escalat": "tajikistan.escalate",
    "what-if --measure western_mediatoin": "western_mediation",
    "measures --only western_mediatoin": "western_mediation",
    "measures --without wset": "west",
    "compare crises/ferghana-2022 crises/ferghana-2021 --outcome batle": "battle",
    "show C999": "claim",
    "list crisis": "crises",
    "run --seed -1": "--seed",
    "run --starts -1": "--starts",
    "sensitivity --draws -1": "--draws",
    "measures --up-to 0": "--up-to",
    "simulate -n -1": "-n",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_name_that_is_none_is_refused_with_the_nearest(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:

    assert run_command(shlex.split(line)) == 2
    said = capsys.readouterr().err
    assert WRONG[line] in said
    assert "Traceback" not in said


def test_capitals_and_joints_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["new", "imia"]) == 0
    for line in (
        ["check", "imia"],
        ["check", "IMIA.yaml"],
        ["check", "Templates/Border"],
        ["check", "Border"],
        ["check", "templates/border", "--start", "Front=Battle"],
        ["check", "templates/border", "--disable", "North.Escalate"],
        ["check", "templates/border", "--measure", "Open-Media"],
        ["show", "c14"],
        ["list", "Toys"],
    ):
        assert run_command(line) == 0, (line, capsys.readouterr().err)
    assert "C14" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["x.YAML", "y.Yml", "z.yaml", "w", "v.json"])
def test_a_file_has_one_ending_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["new", name]) == 0
    named = name.lower().endswith((".yaml", ".yml"))
    assert [path.name for path in tmp_path.iterdir()] == [name if named else f"{name}.yaml"]


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("fp-2022#C08", 0, "41 dead"),
        ("sources/fp-2022#c08", 0, "41 dead"),
        ("crises/ferghana-2022#C08", 0, "In crises/ferghana-2022:"),
        ("fp-2021#C08", 2, "Did you mean fp-2022?"),
        ("fp-2022#C0888", 2, "no claim called 'C0888'"),
        ("records/kyrgyz-tajik-bordr", 2, "Did you mean 'records/kyrgyz-tajik-border'?"),
        ("records/kyrgyz-tajik-border", 2, "is a record, no scenario"),
        ("records/nothing-like-it", 2, "There is: records/"),
        ("nothing.YAML", 2, "no file nothing.YAML"),
    ],
)
def test_what_is_to_be_shown_is_looked_for_among_its_kind(
    capsys: pytest.CaptureFixture[str], name: str, code: int, said: str
) -> None:
    assert run_command(["show", name]) == code
    told = capsys.readouterr()
    told = " ".join(f"{told.out} {told.err}".split())
    assert said in told
    assert "crises/" not in told or name.startswith(("crises/", "fp-", "sources/"))


def test_a_text_cut_off_by_a_comma_is_told_to_be_quoted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "comma.yaml"
    head = "bystander: 1\ntitle: T\nas_of: 2022-10-15\nhorizon: 1 year\n"
    variables = "variables: {s: {levels: [a, b], start: a}}\n"
    path.write_text(
        f"{head}{variables}facts: {{f: {{says: Dushanbe confirmed it, and Bishkek, source: x}}}}\n"
    )
    assert run_command(["check", str(path)]) == 2
    assert "put quotes around the whole text" in capsys.readouterr().err
    path.write_text(f"{head}{variables}facts: {{f: {{says: It, souce: x}}}}\n")
    assert run_command(["check", str(path)]) == 2
    said = capsys.readouterr().err
    assert "quotes" not in said
    assert "Did you mean 'source'?" in said


SAYING = {
    "what-if": ["--null"],
    "explain": ["north", "escalate"],
    "find": ["battle", "--at-most", "1%", "--parameters"],
    "flip": ["battle", "--at-most", "5%"],
    "sweep": ["pace", "pace/2", "6 per year", "--points", "3"],
}


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_every_verb_takes_its_scenario_by_position_and_by_option(verb: str, tmp_path: Path, capsys) -> None:
    """Told from what it says of a scenario that does not exist: it went looking for it."""
    if verb in (
        "events",
        "cases",
        "score",
        "forecast",
        "resolve",
        "new",
        "list",
        "show",
        "schema",
        "compare",
    ):
        return  # they take none, or two
    asked = SAYING.get(verb, [])
    record = ["kyrgyz-tajik-border"] if verb == "record" else []
    for name in ("no/such/place", "nothing.yaml", "crises/nothing"):
        for words in (
            [*record, name, *asked], [*record, *asked, "-s", name], [*record, "--scenario", name, *asked],
            [*record, *asked[:1], name, *asked[1:]], [*record, f"--scenario={name}", *asked],
        ):  # fmt: skip
            assert run_command([verb, *words]) == 2, words
            told = capsys.readouterr().err
            assert Path(name).stem in told, told
            assert "no place for" not in told, told


@pytest.mark.parametrize(
    "words",
    [
        ["find", "P(battle | front == clash) < 1/2"],
        ["sweep", "pace", "pace/2", "2/3", "-s", "a.yaml"],
        ["sweep", "pace", "1 per year", "2 per year", "-o", "out/pace.csv"],
        ["explain", "north", "escalate", "--given", "front == clash"],
        ["flip", "battle", "--scenario=x.yaml"],
        ["run", "border.yaml"],
    ],
)
def test_words_that_ask_are_no_scenario(words) -> None:
    assert with_scenario_named(words, make_app()) == words


@pytest.mark.parametrize(
    "words",
    [
        ["explain", "--json", "border.yaml", "north"],
        ["explain", "--flip", "border.yaml", "north", "escalate"],
        ["find", "battle", "--parameters", "border.yaml"],
        ["flip", "--null", "border.yaml", "battle", "--at-most=5%"],
        ["flip", "battle", "--at-most=5%", "border.yaml"],
        ["sweep", "cost", "-4", "-1", "border.yaml"],
        ["sweep", "cost", "-4", "-1", "--also", "gain", "-3", "-2", "border.yaml"],
    ],
)
def test_a_flag_without_a_value_takes_no_scenario_for_one(words) -> None:
    left = [word for word in words if word != "border.yaml"]
    assert with_scenario_named(words, make_app()) == [*left, "-s", "border.yaml"]

"""The doors to policy, on small scenarios: what they print, their JSON, and plain refusals."""

import json
import math
import re
from pathlib import Path

import pytest

from bystander.cases.changes import Change
from bystander.cli.find import _show_ways, comes_nearer, show_turning_points
from bystander.cli.main import run_command
from bystander.cli.options import FOUNDING_CASE, asked_and_where
from bystander.cli.showing import adding_up, apart, in_unit, show_table
from bystander.cli.terminal import answers
from bystander.policy.inverse import Way, Ways
from bystander.policy.turning import TurningPoints
from bystander.report.words.numbers import phrase
from bystander.scenario import read_text
from policy.border import TEXT
from policy.fear import TEXT as FEAR
from policy.test_hindrances import NARROW

WANTED = TEXT.replace(
    "because: [toll]}\n  settlement:", "because: [toll], wanted: less}\n  settlement:"
).replace("at: talks == settled}", "at: talks == settled, wanted: more}")
OBSTRUCTED = WANTED.replace(
    "then: {talks: none}, worth: -1}", "then: {talks: none}, worth: -1, tags: [obstruction]}"
)

NAMED = """
bystander: 1
title: Names without words
as_of: 2024-01-01
horizon: 1 year
variables: {un_seat: {levels: [empty, full], start: empty}}
parameters: {us_clause: {value: 0}}
actors:
  nato:
    acts: every 1 month
    discount: 20% per year
    actions: {meet: {when: un_seat == empty, then: {un_seat: full}, worth: us_clause, habit: 1 per year}}
outcomes: {filled: {ever: un_seat == full}}
"""


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a command line on a scenario written to a file; return its code, what it printed, and refusals."""
    monkeypatch.setenv("BYSTANDER_CACHE", "off")
    monkeypatch.setattr(answers, "_width", 80)

    def asked(text: str, *arguments: str) -> tuple[int, str, str]:
        path = tmp_path / "case.yaml"
        path.write_text(text, encoding="utf-8")
        code = run_command([word.replace("CASE", str(path)) for word in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return code, " ".join(captured.out.split()), captured.err

    return asked


def test_the_smallest_set_is_found(ask) -> None:
    code, out, _ = ask(WANTED, "find", "settlement", "--at-least", "50%", "-s", "CASE")
    assert code == 0
    assert "now, at least 50% wished" in out
    assert "have one change" in out
    assert "An envoy is sent (strong)" in out
    code, out, _ = ask(WANTED, "find", "P(settlement) > 50%", "-s", "CASE", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["smallest"][0]["changes"] == ["envoy (strong)"]
    assert found["nearest"]["reaches"] is True


def test_what_nothing_reaches_is_said_with_how_near_it_comes(ask) -> None:
    code, out, _ = ask(WANTED, "find", "settlement", "--at-least", "99%", "--up-to", "1", "-s", "CASE")
    assert code == 0
    assert "Nothing does it: no single change tried of 7. The nearest: " in out
    assert "An envoy is sent (strong)" in out
    assert "--parameters" in out
    code, out, _ = ask(WANTED, "flip", "settlement", "--at-least", "99%", "--limit", "2", "-s", "CASE")
    assert code == 0
    assert "the nearest, \u201cAn envoy is sent (strong)\u201d, makes it" in out
    code, out, _ = ask(WANTED, "find", "settlement", "--at-most", "99%", "-s", "CASE")
    assert "so already" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("find", "setlement", "-s", "CASE"), "Did you mean 'settlement'?"),
        (("find", "dead", "-s", "CASE"), "--at-least or --at-most"),
        (("flip", "east.fly", "-s", "CASE"), "'east' has: east.attack"),
        (("flip", "settlement", "--at-least", "2", "-s", "CASE"), "between 0 and 1"),
        (("explain", "east", "fly", "-s", "CASE"), "no move of east called 'fly'. There is: attack, settle."),
        (("explain", "east", "--flip", "-s", "CASE"), "--flip is about one move"),
        (("measures", "CASE", "--without", "mars"), "no actor or institution called 'mars'"),
        (("measures", "CASE", "--instead-of", "parade"), "no measure called 'parade'"),
        (("measures", "CASE", "--instead-of", "envoy", "--opposition"), "leave --only, --opposition"),
    ],
)
def test_the_impossible_is_refused_plainly(ask, arguments, says) -> None:
    code, _, err = ask(WANTED, *arguments)
    assert code == 2
    assert says in " ".join(err.split())


def test_several_conditions_at_once_are_not_measured_by_one_number(ask) -> None:
    text = "P(settlement) < 90% and E(dead) > 1"
    code, out, _ = ask(WANTED, "flip", text, "--limit", "1", "-s", "CASE")
    assert code == 0
    assert f"{text}: what would turn it:" in out
    assert "None of 7 measures does." in out
    code, out, _ = ask(WANTED, "find", text, "--up-to", "1", "-s", "CASE")
    assert code == 0
    assert f"{text}: it is to turn." in out


def test_what_would_flip_it_comes_in_five_lines_at_most(ask) -> None:
    code, out, _ = ask(WANTED, "flip", "dead", "--at-most", "40 people", "-s", "CASE")
    assert code == 0
    assert "What would bring it under 40" in out
    assert "turns it at" in out
    assert "believed" in out
    assert out.count("(deaths)") == out.count("(loss)") <= 1
    code, out, _ = ask(WANTED, "flip", "dead", "--at-most", "40 people", "-s", "CASE", "--json")
    chances = [point["beyond"] for point in json.loads(out)["points"]]
    assert chances == sorted(chances, reverse=True)


def test_reasons_of_an_institution_add_up_to_all_the_time(ask) -> None:
    code, out, _ = ask(NARROW, "explain", "council", "-s", "CASE")
    assert code == 0
    assert "What stops it is no mandate" in out
    assert "With \u201cMandate\u201d: Council" in out
    assert "put to the vote it would pass" in out
    assert "west" in out.lower()


def test_all_moves_of_an_actor_are_explained(ask) -> None:
    code, out, _ = ask(WANTED, "explain", "east", "--given", "front == tense", "-s", "CASE")
    assert code == 0
    assert out.lower().count("at each opportunity") == 2


def test_a_member_is_explained_by_its_vote(ask) -> None:
    for typed in (("west", "council.step_in"), ("West", "step-in")):
        code, out, _ = ask(WANTED, "explain", *typed, "-s", "CASE")
        assert code == 0
        assert out.count("log-odds that the West votes yes") == 1
        assert "log-odds that Patron" not in out
    code, out, _ = ask(WANTED, "explain", "west", "council.step_in", "-s", "CASE", "--json")
    assert [reason["voter"] for reason in json.loads(out)["reasons"]] == ["", "west"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("patron", "--disable", "patron.obstruct"), "patron only votes. Ask for one vote: PATRON"),
        (("patron", "council.step_inn"), "Did you mean council.step_in"),
        (("east", "council.step_in"), "no move of east called 'council.step_in'. There is: attack, settle"),
        (
            ("east",),
            "can make none of its moves (east.attack, east.settle) while \u201cwar\u201d holds. Over all",
        ),
    ],
)
def test_whoever_only_votes_or_has_no_choice_is_told_what_to_ask(ask, tmp_path, arguments, says) -> None:
    code, _, err = ask(WANTED, "explain", *arguments, "-s", "CASE")
    assert code == 2
    file = tmp_path / "case.yaml"
    says = says.replace("PATRON", f"bystander explain patron council.step_in -s {file}")
    assert says.replace("EAST", f"bystander explain east --given '' -s {file}") in " ".join(err.split())


def test_a_narrow_terminal_drops_neither_names_nor_numbers(monkeypatch, capsys) -> None:
    names = ["The commander is promised leave", "Envoys"]
    heads = ["", "measure", *(f"Days without a government {k}\n67 now" for k in range(6)), "cost"]
    rows = [["*", name, *(f"{k}{k}%" for k in range(1, 7)), str(700 + k)] for k, name in enumerate(names)]
    for width in (40, 80, 200):
        monkeypatch.setattr(answers, "_width", width)
        show_table(heads, rows, numbers=range(2, 9), keep=2)
        out = capsys.readouterr().out
        assert max(map(len, out.splitlines())) <= width
        words = out.split()
        assert {"commander", "Envoys", "government", "33%", "66%", "700", "701"} <= set(words)
        assert words.count("Envoys") == words.count("measure") == {80: 2, 200: 1}.get(width, 7)


def test_a_scenario_is_taken_wherever_it_stands_and_nothing_else_is(ask) -> None:
    code, _, err = ask(WANTED, "flip", "dead", "CASE")
    assert code == 2
    assert "'dead' is an amount (people), so it needs a threshold" in err
    code, out, _ = ask(WANTED, "sweep", "CASE", "will", "0", "3", "--points", "2")
    assert code == 0
    assert "Will" in out or "will" in out
    code, _, err = ask(WANTED, "flip", "dead", "more", "-s", "CASE")
    assert "has no place for 'more'" in err


def test_measures_say_what_opposition_takes_back(ask) -> None:
    code, out, _ = ask(
        OBSTRUCTED, "measures", "CASE", "--only", "envoy=strong", "--opposition", "--starts", "2"
    )
    assert code == 0
    assert "One equilibrium was found in 2 starts" in out
    assert "What opposition takes back" in out
    assert "Opposition: Patron: obstruct" in out
    code, out, _ = ask(OBSTRUCTED, "measures", "CASE", "--only", "hotline", "--opposition", "--json")
    found = json.loads(out)
    assert [row["outcome"] for row in found["opposition"][0]["outcomes"]] == ["dead", "settlement"]
    assert found["measures"]["packages"][0]["efficient"] is True


def test_alternatives_are_listed_or_refused(ask) -> None:
    code, out, _ = ask(WANTED, "measures", "CASE", "--instead-of", "restraint", "--without", "patron")
    assert code == 0
    assert "while patron does nothing" in out
    code, out, _ = ask(WANTED, "measures", "CASE", "--instead-of", "envoy=strong", "--json")
    assert json.loads(out)["reference"]["measures"] == ["envoy (strong)"]


def test_jumps_and_ranges_over_equilibria_are_shown(ask) -> None:
    code, out, _ = ask(FEAR, "measures", "CASE", "--starts", "12")
    assert code == 0
    assert "† Includes a jump to another equilibrium" in out
    assert "Change over the 3 equilibria found in 12 starts" in out
    code, out, _ = ask(FEAR, "what-if", "CASE", "--measure", "pact")
    assert "include a jump to another equilibrium" in out
    code, out, _ = ask(FEAR, "sweep", "cost", "3", "7", "--points", "2", "-s", "CASE")
    assert "†" in out


def test_a_wider_mandate_that_does_nothing_says_why(ask) -> None:
    text = NARROW.replace("because: [toll]}\n  settlement:", "because: [toll], wanted: less}\n  settlement:")
    code, out, _ = ask(text, "measures", "CASE", "--only", "mandate", "--starts", "0")
    assert code == 0
    assert "Mandate moves nothing. Council" in out
    assert "stopped by no request" in out
    code, out, _ = ask(text, "what-if", "CASE", "--measure", "mandate")
    assert "What stops it now. Council" in out


def test_parts_are_rounded_to_add_up() -> None:
    assert adding_up((0.0084, -0.0036), "probability") == ["+0.8 pp", "−0.3 pp", "+0.5 pp"]
    assert adding_up((-14.4, 3.1), "people") == ["−14", "+3", "−11"]
    assert adding_up((-105.6, 0.0), "days")[2] == "−106"  # 154 days, then 48
    assert adding_up((-5e-10, 1e-12), "days", 100.0) == ["+0", "+0", "+0"]
    assert adding_up((-0.05, 0.0), "days", 100.0)[2] == "−0.050"
    assert adding_up((-3.88e35, 0.0), "days") == ["−4e35", "+0", "−4e35"]
    assert adding_up((1e-34, 0.0), "count") == ["+1e-34", "+0", "+1e-34"]
    assert adding_up((0.0, 0.0), "people") == ["+0", "+0", "+0"]


def test_a_number_is_told_apart_from_its_threshold() -> None:
    assert apart(0.497, 0.5, "probability") == ("49.7%", "50.0%")
    assert apart(0.4, 0.5, "probability") == ("40%", "50%")
    assert apart(0.5, 0.5, "probability") == ("50%", "50%")
    assert apart(2.8475, 2.84, "days") == ("2.85", "2.84")
    assert apart(-2.8475, -2.84, "") == ("−2.85", "−2.84")
    assert apart(0.001, 0.0, "count") == ("0.001", "0")
    assert apart(2.8475, 21.0, "days") == ("2.8", "21")
    assert apart(math.inf, 21.0, "days")[0] == "infinite"
    units = [("2.8", "days"), ("3", "count"), ("14%", "probability"), ("0.5", "")]
    assert [in_unit(*each) for each in units] == ["2.8 days", "3 times", "14%", "0.5"]


def test_what_costs_nothing_is_told_to_cost_0(ask) -> None:
    """Not that its cost is unknown."""
    free = WANTED.replace("cost: 1}", "cost: 0}")
    for verb in (["measures", "CASE"], ["find", "settlement", "--at-least", "50%", "-s", "CASE"]):
        code, out, _ = ask(free.replace("cost: 2,", "cost: 0,"), *verb)
        assert code == 0
        assert "cost" in out
        assert "–" not in out, out


ODD = """
bystander: 1
title: No headline, and degrees alone
as_of: 2024-01-01
horizon: 1 year
variables: {front: {levels: [quiet, clash], start: quiet}}
parameters: {often: {value: 1 per year, prior: "lognormal(median=1 per year, spread=1.5)"}}
hazards: {incident: {when: front == quiet, rate: often, then: {front: clash}}}
outcomes:
OUTCOMES
measures:
  patrols: {about: Patrols, intensities: {few: {set: {often: often / 2}}, many: {set: {often: often / 4}}}}
"""
MANY = "\n".join(
    f"  o{k}: {{ever: front == clash, within: {k} months, headline: false}}" for k in range(1, 9)
)


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        (["run", "CASE", "--no-report"], ["O1", "O8", "Patrols (few)", "Patrols (many)"]),
        (
            ["sweep", "often", "1 per year", "2 per year", "--points", "2", "-s", "CASE"],
            ["O1", "O6", "O7", "O8"],
        ),
        (["sensitivity", "CASE"], ["often"]),
        (["measures", "CASE"], ["Patrols (few)", "Patrols (many)"]),
        (["what-if", "CASE", "--measure", "patrols=many"], ["O1"]),
        (["run", "CASE", "--no-report", "--measure", "patrols=many"], ["O1"]),
    ],
)
def test_where_no_outcome_is_a_headline_all_are(ask, verb, told) -> None:
    code, out, err = ask(ODD.replace("OUTCOMES", MANY), *verb)
    assert code == 0, err
    for each in told:
        assert each in out
    assert out.count("Patrols") == out.count("Patrols (") or verb[0] == "what-if"
    if verb[0] == "sensitivity":
        assert "Of the main outcomes: \u201cO1\u201d" in " ".join(err.split())


def test_a_measure_of_degrees_alone_is_taken_at_one(ask) -> None:
    text = ODD.replace("OUTCOMES", MANY)
    code, _, err = ask(text, "what-if", "CASE", "--measure", "patrols")
    assert code == 2
    assert "Name one of them: patrols=few, patrols=many" in " ".join(err.split())
    code, _, err = ask(text, "what-if", "CASE", "--measure", "patrols=most")
    assert code == 2
    assert "degree of patrols" in " ".join(err.split())
    answers = [
        json.loads(ask(text, "run", "CASE", "--no-report", "--json", *more)[1])["outcomes"][0]["estimate"]
        for more in (["--measure", "patrols=many"], ["--set", "often=0.25 per year"], [])
    ]
    assert answers[0]["value"] == pytest.approx(answers[1]["value"], abs=1e-9)
    assert answers[0]["value"] < answers[2]["value"]


@pytest.mark.parametrize(
    ("verb", "heads"),
    [
        (
            ["sweep", "often", "1 per year", "2 per year", "--points", "2", "-s", "CASE"],
            ["Shots fall", "How often"],
        ),
        (["sensitivity", "CASE"], ["Shots fall", "How often"]),
        (["sensitivity", "CASE", "--draws", "4"], ["Shots fall", "How often"]),
    ],
)
def test_columns_are_headed_by_the_words_of_the_scenario(ask, verb, heads) -> None:
    text = ODD.replace("OUTCOMES", "  shots: {about: Shots fall, ever: front == clash}")
    text = text.replace("often: {value", "often: {about: How often patrols meet, value")
    code, out, err = ask(text, *verb)
    assert code == 0, err
    assert all(head in out for head in heads)
    assert "often" in out.split()  # the name that --set takes
    assert "shots" not in out.split()
    assert "Warning" not in err


COMMAND = """actors:
  front_command:
    acts: weekly
    discount: 50% per year
    interests: {quiet: {when: front == quiet, worth: 9 per year}}
    actions: {pull_back: {when: front == clash, then: {front: quiet}, habit: 10%}}
"""


@pytest.mark.parametrize(
    ("idle", "said"),
    [(0, ""), (1, "One other neither."), (2, "2 others neither.")],
    ids=["none", "one", "two"],
)
def test_whoever_neither_loses_nor_gains_is_counted_and_not_listed(ask, idle: int, said: str) -> None:
    others = "".join(f"  idle_{n}: {{acts: never, discount: 50% per year}}\n" for n in range(idle))
    text = ODD.replace("OUTCOMES", "  c: {ever: front == clash}").replace(
        "outcomes:", f"{COMMAND}{others}outcomes:"
    )
    code, out, err = ask(text, "what-if", "CASE", "--set", "often=9 per year")
    assert code == 0, err
    after = out.partition("Who loses and who gains")[2]
    assert "Front command" in after
    assert ("neither" in after, said in after, "Idle" in after) == (bool(idle), True, False)


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        (["totals", "CASE"], "Lives lost"),
        (["totals", "CASE", "--outcome", "lives_lost"], "Lives lost, within a year"),
        (["totals", "CASE", "--outcome", "later"], "of the onset of open clash"),
        (["what-if", "CASE", "--set", "often=9 per year", "--by-owner"], "Front command"),
    ],
)
def test_a_table_is_in_the_words_of_the_scenario(ask, verb, said) -> None:
    lost = "accumulates: {front == clash: 2 people per day}"
    text = ODD.replace("OUTCOMES", f"  lives_lost: {{{lost}}}\n  later: {{{lost}, given: open_clash}}")
    text = text.replace("outcomes:", f"conditions: {{open_clash: front == clash}}\n{COMMAND}outcomes:")
    code, out, err = ask(text, *verb)
    assert code == 0, err
    assert said in out
    for name in ("lives_lost", "open_clash", "front_command"):
        assert name not in out


def test_a_single_draw_is_refused_in_words(ask) -> None:
    code, _, err = ask(ODD.replace("OUTCOMES", MANY), "sensitivity", "CASE", "--draws", "1")
    assert code == 2
    assert "A single draw tells no parameter from another" in " ".join(err.split())
    assert "Warning" not in err


def test_without_a_move_of_obstruction_the_measures_are_told_all_the_same(ask) -> None:
    code, out, _ = ask(WANTED, "measures", "CASE", "--opposition", "--only", "envoy=strong")
    assert code == 0
    assert "An envoy is sent (strong)" in out
    assert "is not told: no move is tagged 'obstruction'" in " ".join(out.split())
    code, out, _ = ask(WANTED, "measures", "CASE", "--opposition", "--only", "envoy=strong", "--json")
    assert json.loads(out)["withheld"].startswith("No move is tagged")


def test_a_change_says_whose_move_it_takes_and_in_words_where_it_starts() -> None:
    glossed = ODD.replace("levels: [quiet, clash]", "levels: {quiet: nobody shoots, clash: all shoot}")
    again = "again: {about: They meet, rate: often, then: {front: clash}}"
    glossed = glossed.replace("hazards: {", f"hazards: {{{again}, ")
    scenario = read_text(glossed.replace("OUTCOMES", "  c: {ever: front == clash}"))
    change = Change(disable=("nature.again",), start={"front": "clash"})
    assert change.words(scenario) == (
        "without \u201cThey meet\u201d (nature.again)",
        "front starts at \u201call shoot\u201d",
    )
    one = glossed.replace("OUTCOMES", "  c: {ever: front == clash}").replace(
        "{front: {l", "{front: {about: A, l"
    )
    assert change.words(read_text(one))[-1] == "\u201cA\u201d starts at \u201call shoot\u201d"
    twins = one.replace("{front: {about", "{mirror: {about: A, levels: [a, b], start: a}, front: {about")
    assert change.words(read_text(twins))[-1] == "\u201cA\u201d (front) starts at \u201call shoot\u201d"
    chances = Change(start={"front": {"quiet": 0.25, "clash": 0.75}})
    assert "\u201cnobody shoots\u201d (25%)" in chances.words(scenario)[0]


@pytest.mark.parametrize(
    ("now", "reached", "threshold", "nearer"),
    [
        (0.08, 0.31, 0.5, True),
        (0.08, 0.0804, 0.5, False),
        (0.08, 0.06, 0.5, False),
        (0.96, 0.93, 0.45, True),
        (0.96, 0.97, 0.45, False),
    ],
)
def test_what_does_not_come_nearer_is_not_called_the_nearest(now, reached, threshold, nearer) -> None:
    found = Ways("x", now, threshold, (), None, (0, 0), 0, unit="probability")
    assert comes_nearer(found, reached) is nearer


@pytest.mark.parametrize(
    ("reached", "said"),
    [
        (0.31, "Nothing does it: none of 7 sets of up to 3 changes tried. The nearest:"),
        (0.0804, "Nothing does it, or comes noticeably nearer: none of 7 sets"),
        (0.08, "Nothing does it, or comes nearer: none of 7 sets"),
        (0.06, "Nothing does it, or comes nearer: none of 7 sets"),
    ],
)
def test_what_is_nearer_by_less_than_shows_is_not_denied(reached, said, capsys, monkeypatch) -> None:
    monkeypatch.setattr(answers, "_width", 120)
    way = Way((), 0.0, reached, False)
    found = Ways("cease_fire", 0.08, 0.5, (), way, (0, 0), 7, unit="probability")
    _show_ways(found, read_text(WANTED, "case.yaml"), 3, parameters=True)
    assert said in capsys.readouterr().out
    turning = TurningPoints("cease_fire", 0.08, 0.5, (), (("pact", reached, False),), unit="probability")
    show_turning_points(turning, read_text(WANTED, "case.yaml"))
    ends = re.search(r"The one measure does not([^.]*)", capsys.readouterr().out)[1]
    assert ends.split("comes ")[-1] == said.partition("comes ")[2].partition(":")[0] or "nearest" in ends


@pytest.mark.parametrize(
    "change", [("--set", "flare=6.4 per year"), ("--disable", "east.attack"), ("--null",)]
)
def test_as_many_outcomes_move_in_the_sentence_as_in_the_table(ask, change) -> None:
    code, out, _ = ask(WANTED, "what-if", "CASE", *change)
    assert code == 0
    said = re.search(r"(\d+) other outcomes? moves? too", out)
    table = re.split(" outcomes hardly move| Chances are computed", out.partition(" adapting ")[2])[0]
    rows = [phrase(o.about, name) for name, o in read_text(WANTED, "case.yaml").outcomes.items()]
    assert sum(row in table for row in rows) == 1 + int(said[1] if said else 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "us_clause=1"], "US clause: 0 \u2192 1 "),
        (["--disable", "nato.meet"], "without NATO: meet "),
        (["--start", "un_seat=full"], "UN seat starts at full "),
    ],
)
def test_what_has_no_words_is_called_as_elsewhere(ask, arguments, said) -> None:
    code, out, _ = ask(NAMED, "what-if", "CASE", *arguments)
    assert code == 0
    assert out.startswith(said)


def test_a_conclusion_is_called_by_what_it_says(ask) -> None:
    code, out, _ = ask(WANTED, "claims", "CASE")
    assert code == 0
    assert "C01 The council stands by " in out
    assert "The numbers of the scenario: " in out
    code, out, _ = ask(WANTED, "find", "stands_by", "--up-to", "1", "-s", "CASE")
    assert out.startswith("\u201cThe council stands by\u201d (P(steps_in) < 20%): ")


ASKING = WANTED.replace(
    "\noutcomes:",
    "\nasks:\n  raid: {party: east, moves: [attack]}\n  peace: {party: east, moves: [fly, settle]}"
    "\noutcomes:",
)


@pytest.mark.parametrize(
    ("verb", "named"),
    [
        (["sensitivity", "CASE"], ["East: attack", "East: settle"]),
        (["sweep", "will", "0", "3", "--points", "2", "-s", "CASE"], ["East: attack", "East: settle"]),
        (["find", "-s", "CASE", "--up-to", "1"], ["East: attack"]),
        (["flip", "-s", "CASE", "--limit", "1"], ["East: attack"]),
    ],
    ids=lambda words: words[0],
)
def test_an_outcome_that_is_left_out_is_what_is_asked(ask, verb: list[str], named: list[str]) -> None:
    code, out, err = ask(ASKING, *verb)
    assert code == 0, err
    assert [name for name in ("East: attack", "East: settle") if name in out] == named
    code, out, err = ask(WANTED, *verb)
    assert code == 0, err
    assert "East: attack" not in out


def test_elasticity_is_explained_where_it_is_shown(ask) -> None:
    _, out, _ = ask(WANTED, "sensitivity", "CASE")
    assert "Elasticity: what the outcome gains when the assumption rises by a hundredth" in out


def test_an_assumption_is_not_called_by_how_it_is_coded(ask) -> None:
    coded = WANTED.replace(
        "parameters:\n", 'parameters:\n  asked_for_less: {value: 0, about: "1 if less was"}\n'
    )
    _, out, _ = ask(coded.replace("worth: -1}", "worth: -1 - asked_for_less}", 1), "sensitivity", "CASE")
    assert "Asked for less" in out
    assert "1 if" not in out


@pytest.mark.parametrize("pattern", ["east.*", "EAST.*", "*.attack"])
def test_a_wildcard_names_all_moves_that_it_fits(ask, pattern: str) -> None:
    code, out, err = ask(WANTED, "what-if", "CASE", "--disable", pattern)
    assert code == 0, err
    assert "East: attack" in out
    assert ("East: settle" in out.partition(" The chance")[0]) == pattern.lower().startswith("east")


def test_a_wildcard_that_fits_no_move_is_refused(ask) -> None:
    code, _, err = ask(WANTED, "what-if", "CASE", "--disable", "mars.*")
    assert code == 2
    assert "No move is called like 'mars.*'" in err


def test_explain_takes_all_moves_by_a_wildcard(ask) -> None:
    assert (
        ask(WANTED, "explain", "east.*", "-s", "CASE")[1] == ask(WANTED, "explain", "east", "-s", "CASE")[1]
    )


def test_showing_nothing_points_to_the_list(ask) -> None:
    code, _, err = ask(WANTED, "show")
    assert code == 2
    assert "`bystander list` names all there is" in err


@pytest.mark.parametrize(
    "asked",
    [
        ("explain", "council", "step_in"),
        ("explain", "council.step_in"),
        ("find", "settlement", "--at-most", "99%"),
        ("sweep", "cost_of_force", "1", "2", "--points", "2"),
        ("flip",),
    ],
)
def test_the_scenario_may_be_the_last_word(ask, asked) -> None:
    told = ask(WANTED, *asked, "-s", "CASE")
    assert told[0] == 0
    assert ask(WANTED, *asked, "CASE") == told


def test_a_crisis_typed_as_a_move_is_read_as_one() -> None:
    assert asked_and_where("kazakhstan-2022", FOUNDING_CASE) == ("", "kazakhstan-2022")
    assert asked_and_where("crises/kazakhstan-2022", FOUNDING_CASE) == ("", "crises/kazakhstan-2022")
    assert asked_and_where("send_troops", FOUNDING_CASE) == ("send_troops", FOUNDING_CASE)
    assert asked_and_where("toys/answering", FOUNDING_CASE) == ("", "toys/answering")
    assert asked_and_where("own/file.YAML", FOUNDING_CASE) == ("", "own/file.YAML")
    assert asked_and_where("mediation", FOUNDING_CASE) == ("mediation", FOUNDING_CASE)
    assert asked_and_where("kazakhstan-2022", "own.yaml") == ("kazakhstan-2022", "own.yaml")
    for text in ("P(a)/P(b) > 2", "x" * 9000, "a\0b", "\u00e9" * 200):
        assert asked_and_where(text, FOUNDING_CASE) == (text, FOUNDING_CASE)


def test_explain_says_which_moves_were_left_out_and_why(ask) -> None:
    code, out, _ = ask(WANTED, "explain", "east", "-s", "CASE", "--given", "front == tense")
    assert code == 0
    assert "Left out" not in out or "Attack" not in out.partition("Left out")[2]
    code, out, _ = ask(WANTED, "explain", "east", "-s", "CASE", "--given", "front == quiet")
    assert code == 0
    assert "Left out, because it cannot be made while" in out
    assert "\u201cAttack\u201d" in out.partition("Left out")[2]
    code, out, _ = ask(WANTED, "explain", "east", "-s", "CASE", "--given", "front == quiet", "--json")
    assert json.loads(out)["impossible"] == ["east.attack"]


def test_what_carries_the_answer_is_named_in_the_terms(ask) -> None:
    from assessment.test_asks import MANY

    text = MANY.format(bonds="-weight", friend="-3 per year")
    code, out, err = ask(text, "explain", "state", "take_sides", "-s", "CASE")
    assert code == 0, err
    for named in ("A quarrel over trade", "Help over missiles lost", "Bonds sold", "Fear of a war"):
        assert f"{named} \u2212" in out


GIVEN = ODD.replace(
    "OUTCOMES", "  c: {ever: front == clash}\n  later: {ever: front == quiet, given: open_clash}"
)
GIVEN = GIVEN.replace("outcomes:", f"conditions: {{open_clash: front == clash}}\n{COMMAND}outcomes:")


@pytest.mark.parametrize(
    ("change", "counted", "worths"),
    [
        (["--disable", "nature.incident"], "", True),
        (["--set", "often=9 per year"], "1 of 2 outcomes hardly move.", True),
        (["--null"], "outcomes hardly move.", False),
    ],
    ids=["one is not known", "one hardly moves", "nothing at stake"],
)
def test_what_is_not_known_is_not_said_to_hardly_move_and_without_stakes_nobody_loses(
    ask, change, counted, worths
) -> None:
    code, out, err = ask(GIVEN, "what-if", "CASE", *change)
    assert code == 0, err
    assert ("hardly move" in out, counted in out) == (bool(counted), True)
    assert ("Who loses and who gains" in out) is worths

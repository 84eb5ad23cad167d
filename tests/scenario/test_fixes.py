"""What a refusal advises is done to the letter, and the next run takes it; it points at what is wrong."""

from typing import get_args

import pytest
from pydantic import BaseModel

from bystander.cases.templates import CasesSection
from bystander.errors import Problem, ScenarioError, did_you_mean
from bystander.evidence.mapping import read_rules
from bystander.evidence.reading import read_record
from bystander.forecast.questions import QuestionFile, read_questions
from bystander.game.checks import find_problems as game_problems
from bystander.game.compile import compile_game
from bystander.game.drafting import rules_of
from bystander.scenario import find_problems, read_scenario, read_text
from bystander.scenario.complaints import NEEDED, SHORT_FORMS
from bystander.scenario.schema import Scenario
from reference.base_scenario import BASE
from reference.places import written_at

ATTACK = "[{chance: 70%, front: war}, {chance: rest, front: tense}]"
COST = "worth: -1\n        impacts"
LEVELS = "levels: [none, made]"
HOLDS = "holds: P(war_ever) > 50%"
MEANT = "  war: front == war\n"
TWO = "  war: front == war\n  soon: "

FIXES = [
    # what stands, what is written instead, what the place begins with, what is advised, and that done
    (ATTACK, "[{chance: rest, front: war}]", "rest", "chance: 100%", "[{chance: 100%, front: war}]"),
    (
        ATTACK,
        "[{chance: 70%, front: war}, {chance: 60%, front: tense}, {chance: rest, front: tense}]",
        "then",
        "Lower them until they leave something.",
        "[{chance: 70%, front: war}, {chance: 20%, front: tense}, {chance: rest, front: tense}]",
    ),
    ("  calm: {", f"  {'c' * 70}: {{", "ccc", "at most 60 small", f"  {'c' * 60}: {{"),
    (
        LEVELS,
        f"levels: [none, made, {'c' * 70}]",
        "ccc",
        "at most 60 small",
        f"levels: [none, made, {'c' * 60}]",
    ),
    (LEVELS, "levels: [none, made, true]", "levels", "other than true", "levels: [none, made, yes]"),
    (
        LEVELS,
        f"levels: [none, made, {', '.join(f'l{n}' for n in range(200))}]",
        "levels",
        "Merge some.",
        LEVELS,
    ),
    ("as_of: 2022-10-15", "as_of: 2023-02-29", "as_of", "that the calendar has", "as_of: 2023-02-28"),
    ("rate: flare", "rate: 150% per year", "150%", "write 1.5 per year", "rate: 1.5 per year"),
    (
        "rate: flare",
        "rate: 30% per 2 weeks",
        "30%",
        "-log(1 - 0.3) / (2 weeks)",
        "rate: -log(1 - 0.3) / (2 weeks)",
    ),
    ("rate: flare", "rate: 30% per year", "30%", "-log(1 - 0.3) per year", "rate: -log(1 - 0.3) per year"),
    ("recuse: [east]", "recuse: [esat]", "recuse", "'east'", "recuse: [east]"),
    (
        "rule: majority",
        "rule: {weighted: {weights: {east: 2}}}",
        "weighted",
        "{weighted: {weights: {a: 3, b: 1}, quota: 3}}",
        "rule: {weighted: {weights: {east: 3, west: 1}, quota: 3}}",
    ),
    (
        "rule: majority",
        "rule: {majority: {weights: {east: 2}}}",
        "majority",
        "{majority: {share: 55%, weights: {a: 3, b: 1}}}",
        "rule: {majority: {share: 55%, weights: {east: 3, west: 1}}}",
    ),
    (MEANT, TWO + "before vote\n", "vote", "under 'calendar', vote: {date: 2023-03-19}", None),
    (MEANT, TWO + "toll > 3 people\n", "toll", "'fact.toll'", TWO + "fact.toll > 3 people\n"),
    (MEANT, TWO + "front == [war]\n", "[war]", "follows 'in'", TWO + "front in [war]\n"),
    (MEANT, TWO + "log(2, 3) > 1\n", "log", "Give it 1 argument.", TWO + "log(2) > 1\n"),
    (HOLDS, "holds: war_ever > 50%", "war_ever", "'P(war_ever)'", HOLDS),
    (HOLDS, "holds: war_evr > 50%", "war_evr", "'war_ever'", None),
    (HOLDS, "holds: P(war_ever) > 500%", "500%", "from 0% to 100%", HOLDS),
    (COST, "onse: true\n        impacts", "onse", "'once'", "once: true\n        impacts"),
    (COST, "takse: 3 weeks\n        impacts", "takse", "'takes'", "takes: 3 weeks\n        impacts"),
    (COST, "takes: 3\n        impacts", "3", "takes: 3 weeks", "takes: 3 weeks\n        impacts"),
    (COST, "takes: 3 weks\n        impacts", "3 weks", "'weeks'", "takes: 3 weeks\n        impacts"),
    (COST, "habit: 120%\n        impacts", "120%", "below 1", "habit: 20%\n        impacts"),
    ("acts: every 1 week", "acts: 1e9 per day", "1e9", "Change the number", "acts: 9 per day"),
    (
        "acts: every 1 week",
        "acts: every 1 week\n    rationality: -1",
        "-1",
        "Change the number",
        "acts: every 1 week\n    rationality: 1",
    ),
    ("acts: every 1 week", "acts: every 1 week\n    answres: {}", "answres", "'answers'", None),
    (COST, "worth: table.stake\n        impacts", "table.stake", "tables: {stake: {east: 1, all: 0}}", None),
    ("{ever: war}", "{fires: 'wst.*'}", "wst", "'west.*'", "{fires: 'west.*'}"),
    ("spread=1.5", "spread=0.5", "lognormal", "Correct that number.", "spread=1.5"),
    ("median=20,", "median=20 people,", "lognormal", "Leave its unit out", "median=20,"),
    (
        "lognormal(median=20, spread=1.5)",
        "beta(mean=20, n=5)",
        "beta",
        "lognormal(median=value, spread=1.5)",
        "lognormal(median=value, spread=1.5)",
    ),
    ("  calm: {", "\tcalm: {", "\t", "Indent with spaces", "  calm: {"),
    (
        "ordered: true, start",
        "ordered: true start",
        ":",
        "a comma stands between entries",
        "ordered: true, start",
    ),
]


def problems_of(text: str) -> tuple[Problem, ...]:
    """Return what `check` would say."""
    try:
        scenario = read_text(text)
        return find_problems(scenario, game_problems(compile_game(scenario)))
    except ScenarioError as error:
        return error.problems


KNOWN = {problem.message for problem in problems_of(BASE)}


def test_the_base_is_sound():
    read_text(BASE)
    assert all(BASE.count(old) == 1 for old, *_ in FIXES)


@pytest.mark.parametrize(("old", "bad", "begins", "advice", "done"), FIXES, ids=lambda item: str(item)[:40])
def test_what_is_advised_is_where_it_is_needed_and_works(old, bad, begins, advice, done):
    text = BASE.replace(old, bad)
    found = [problem for problem in problems_of(text) if advice in problem.fix]
    assert len(found) == 1, [problem for problem in problems_of(text) if problem.message not in KNOWN]
    assert written_at(text, found[0].mark).startswith(begins)
    if done is not None:
        left = problems_of(BASE.replace(old, done))
        assert found[0].message not in {problem.message for problem in left}
        assert not [problem for problem in left if problem.severity == "error"]


@pytest.mark.parametrize(
    ("old", "bad", "said"),
    [
        ("members: [east, west]", "members: [east, wset]", 1),
        ("members: [east, west]", "members: []", 1),
        ("date: 2022-09-14", "date: 2022-09-31", 1),
        ("flare: {value: 6 per year", "flare: {value: {later: 6 per year}", 1),
    ],
)
def test_of_one_mistake_nothing_else_is_said(old, bad, said):
    assert BASE.count(old) == 1
    assert (
        len([problem for problem in problems_of(BASE.replace(old, bad)) if problem.severity == "error"])
        == said
    )


FOLDED = (
    (MEANT, '  war: "front == \\u0077r"\n', "front"),
    (MEANT, "  war: front\n    == wr\n", "front"),
    (MEANT, "  war: >\n    front == war and\n    request == mad\n", ">"),
    ("acts: every 1 week", "acts: table.much * (1 per wek)", "table"),
)


@pytest.mark.parametrize(("old", "bad", "begins"), FOLDED)
def test_a_text_that_is_not_read_as_it_is_written_is_pointed_at_as_a_whole(old, bad, begins):
    text = BASE.replace(old, bad).replace("facts:\n", "tables: {much: {all: 123456789}}\nfacts:\n")
    assert written_at(text, problems_of(text)[0].mark).startswith(begins)


def test_the_names_as_like_are_told_by_their_letters():
    assert (
        did_you_mean("esat", ["west", "east"])
        == did_you_mean("esat", ["east", "west"])
        == "Did you mean 'east'?"
    )


def _needed(kind, found):
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in found:
        fields = kind.model_fields
        found[kind] = [field.alias or name for name, field in fields.items() if field.is_required()]
        for field in fields.values():
            _needed(field.annotation, found)
    for inner in get_args(kind):
        _needed(inner, found)
    return found


READ_OTHERWISE = ("Rule", "Accrual")


def test_every_key_that_is_needed_is_shown_as_it_may_be_written():
    found: dict[type, list[str]] = {}
    for whole in (Scenario, CasesSection, QuestionFile):
        _needed(whole, found)
    assert len(found) > 20
    keys = {key for kind, needed in found.items() if kind.__name__ not in READ_OTHERWISE for key in needed}
    assert keys <= NEEDED.keys()
    assert not [fix for fix in NEEDED.values() if "..." in fix]
    assert SHORT_FORMS.keys() <= {kind.__name__ for kind in found}


def test_the_limit_that_is_advised_to_be_raised_is_the_one_that_binds(monkeypatch):
    monkeypatch.setenv("BYSTANDER_LIMIT", "5000000")
    assert rules_of(read_text(BASE)).limit == 5_000_000
    lowered = rules_of(read_text(BASE + "settings: {limit: 1}\n"))
    assert lowered.limit == 1
    with pytest.raises(ScenarioError, match="its own limit of 1 under 'settings'"):
        compile_game(read_text(BASE + "settings: {limit: 1}\n"))
    monkeypatch.setenv("BYSTANDER_LIMIT", "1")
    with pytest.raises(ScenarioError, match="set BYSTANDER_LIMIT"):
        compile_game(read_text(BASE))


@pytest.mark.parametrize("text", ["", "# later\n", "- a\n", "words\n"])
@pytest.mark.parametrize("read", [read_scenario, read_record, read_questions, read_rules])
def test_an_empty_file_is_told_how_one_of_its_kind_begins(text, read, tmp_path):
    """Records, questions and rules were told to begin with bystander: 1, as which they are refused."""
    path = tmp_path / "empty.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        read(path)
    fix = caught.value.problems[0].fix
    kind = {read_record: "record: 1", read_questions: "forecast: 1", read_rules: "title:"}
    assert kind.get(read, "bystander: 1") in fix

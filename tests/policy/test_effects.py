"""What changes nothing, against solving again without it."""

from typing import Any

import pytest

from bystander import solve_case
from bystander.cases.cases import Case
from bystander.cases.changes import Change
from bystander.cases.jobs import Done
from bystander.errors import NotConvergedError
from bystander.policy.effects import measure_effects, with_factors
from bystander.scenario import read_text
from reference.base_scenario import broken

FACTS = """facts:
  wounded: {says: Some, source: report#C02, value: 80 people}
  idle: {says: Other, source: report#C03}
"""
TEXT = broken(
    ("facts:\n", FACTS),
    ("C01: {kind", "C02: {kind: fact, says: b}, C03: {kind: fact, says: c}, C01: {kind"),
    ("value: 6 per year, because: [C01]", "value: (3 * fact.wounded / fact.toll) per year, learnt: [battle]"),
    ("  loss: {value", "  spare: 3\n  loss: {value"),
    ("pain: {when: war", "joy: {when: war, worth: 0 per year}\n      pain: {when: war"),
    ("{war: 5 people per day}", "{war: fact.toll per week}"),
)


def test_what_changes_nothing_is_named_and_what_does_is_not() -> None:
    effects = {(e.kind, e.name): e for e in measure_effects(read_text(TEXT)).things}
    idle = {key for key, effect in effects.items() if effect.none}
    assert ("parameter", "spare") in idle
    assert ("parameter", "flare") not in idle
    assert ("interest", "east.joy") in idle
    assert ("interest", "east.pain") not in idle
    assert ("fact", "idle") in idle
    assert not {("fact", "toll"), ("fact", "wounded")} & idle
    assert ("event", "battle") not in idle
    assert ("claim", "report#C03") in idle
    assert not {("claim", "report#C01"), ("claim", "report#C02")} & idle


def test_effects_are_those_of_solving_again_a_little_away() -> None:
    scenario = read_text(TEXT)
    effects = {(e.kind, e.name): e for e in measure_effects(scenario).things}
    base = solve_case(scenario)

    def moved(old: str, new: str) -> float:
        other = solve_case(read_text(TEXT.replace(old, new)))
        return (
            max(abs(other.value(n) - base.value(n)) / max(abs(base.value(n)), 1) for n in base.outcomes)
            / 1e-4
        )

    assert moved("value: 80 people", "value: 80.008 people") == pytest.approx(
        effects["fact", "wounded"].size, rel=1e-2
    )
    assert moved("worth: -loss,", "worth: -1.0001 * loss,") == pytest.approx(
        effects["interest", "east.pain"].size, rel=1e-2
    )
    assert moved("3 * fact.w", "3.0003 * fact.w") == pytest.approx(
        effects["parameter", "flare"].size, rel=1e-2
    )


def test_factors_change_no_answer() -> None:
    scenario = read_text(TEXT)
    scaled, factors = with_factors(scenario)
    assert {kind for kind, _ in factors.values()} == {"fact", "interest", "action", "hazard", "decision"}
    base, other = solve_case(scenario), solve_case(scaled)
    assert {n: other.value(n) for n in base.outcomes} == pytest.approx(
        {n: base.value(n) for n in base.outcomes}
    )


STRONG = """bystander: 1
title: t
as_of: 2022-10-15
horizon: 1 year
settings: {shocks: control}
parameters: {cost: WORTH, idle: 3}
variables: {front: {levels: [quiet, war], start: quiet}}
actors:
  east:
    acts: weekly
    discount: 50% per year
    interests: {ruin: {when: front == war, worth: -cost}}
    actions: {attack: {when: front == quiet, then: {front: war}, habit: once in 2 years}}
outcomes: {war: {ever: front == war}}
"""


WAYS = STRONG.replace(
    "parameters: {cost: WORTH, idle: 3}",
    """sources: {s: {title: t, kind: news, date: 2021-01-01}}
facts:
  number: {says: a, source: s, value: 2}
  army: {says: b, source: s, value: 900}
  other_army: {says: c, source: s, value: 500}
  quarrel: {says: d, source: s}
  seen: {says: e, source: s, value: 4}
  unseen: {says: f, source: s, value: 4}
parameters:
  cost: {value: fact.number per year, because: [seen]}
  stronger: {value: 1 if fact.army > 2 * fact.other_army else 0}
  temper: {value: 1 per year, because: [quarrel]}
  grudge: {value: 1 per year, learnt: [seen]}
  idle: {value: 3, because: [unseen], learnt: [unseen]}""",
).replace("-cost}", "-cost - stronger * temper - grudge}")


def test_a_fact_works_by_its_number_by_what_is_learnt_from_it_or_in_words() -> None:
    effects = {e.name: e for e in measure_effects(read_text(WAYS)).things if e.kind == "fact"}
    ways = {name: effect.through for name, effect in effects.items()}
    assert ways == {
        "number": "number", "army": "number", "other_army": "number",
        "quarrel": "", "seen": "learnt", "unseen": "",
    }  # fmt: skip
    stronger = read_text(WAYS.replace("value: 900", "value: 1800"))
    ways = {e.name: e.through for e in measure_effects(stronger).things if e.kind == "fact"}
    assert ways["quarrel"] == "words"


def test_a_fact_that_decides_by_a_threshold_has_the_effect_of_what_it_decides() -> None:
    effects = {e.name: e for e in measure_effects(read_text(WAYS)).things if e.kind == "fact"}
    base = solve_case(read_text(WAYS))
    other = solve_case(read_text(WAYS.replace("value: 900", "value: 1800")))
    assert effects["army"].size == pytest.approx(abs(other.value("war") - base.value("war")), rel=1e-6)


@pytest.mark.parametrize("worth", ["2 per year", "200 per year", "2000 per year"])
def test_a_motive_too_strong_for_a_derivative_is_found_by_taking_it_away(worth: str) -> None:
    effects = {(e.kind, e.name): e for e in measure_effects(read_text(STRONG.replace("WORTH", worth))).things}
    assert not effects["parameter", "cost"].none
    assert not effects["interest", "east.ruin"].none
    assert effects["parameter", "idle"].none


@pytest.mark.parametrize(
    ("cost", "felt"),
    [
        ('{value: 1e-9 per year, prior: "normal(mean=0, sd=1)"}', True),
        ('{value: 0 per year, prior: "normal(mean=0, sd=1)"}', True),
        ('{value: 1e-9 per year, prior: "uniform(low=0, high=2)"}', True),
        ('{value: 1e-9 per year, prior: "normal(mean=0, sd=1e-12)"}', False),
        ('{value: 2000 per year, prior: "lognormal(median=2000, spread=3)"}', True),
        ("1e-9 per year", False),
        ("0 per year", True),
    ],
)
def test_a_number_near_nothing_is_moved_by_what_is_believed_of_it(cost: str, felt: bool) -> None:
    effects = {(e.kind, e.name): e for e in measure_effects(read_text(STRONG.replace("WORTH", cost))).things}
    assert effects["parameter", "cost"].none is not felt
    assert effects["parameter", "idle"].none


def test_a_time_that_may_be_infinite_does_not_deny_the_other_effects() -> None:
    never = "\noutcomes:\n  full_moon: {time_to: front == war and front == tense}\n"
    with_it = measure_effects(read_text(TEXT.replace("\noutcomes:\n", never, 1))).things
    without = measure_effects(read_text(TEXT)).things
    assert [(e.kind, e.name, e.outcome) for e in with_it] == [(e.kind, e.name, e.outcome) for e in without]
    assert [e.size for e in with_it] == pytest.approx([e.size for e in without])


TWO = STRONG.replace(
    "parameters: {cost: WORTH, idle: 3}",
    """sources:
  s: {title: t, kind: news, date: 2021-01-01, claims: {C1: {kind: fact, says: a}, C2: {kind: fact, says: b}}}
facts: {quarrel: {says: d, source: s}}
parameters: {idle: 3}""",
).replace("interests: {ruin: {when: front == war, worth: -cost}}", "interests: {INTERESTS}")
ENOUGH = "{when: front == war, worth: -2000 per year, because: [BECAUSE]}"


def enough(*because: str) -> str:
    """Return a scenario in which each of several motives is enough to keep the peace."""
    motives = [f"reason_{n}: {ENOUGH.replace('BECAUSE', why)}" for n, why in enumerate(because)]
    return TWO.replace("{INTERESTS}", "{" + ", ".join(motives) + "}")


@pytest.mark.parametrize("count", [2, 3])
def test_motives_of_which_each_is_enough_are_told_to_count_together(count: int) -> None:
    effects = measure_effects(read_text(enough(*["s#C1", "s#C2", "s#C2"][:count])))
    things = {(e.kind, e.name): e for e in effects.things}
    assert all(things["interest", f"east.reason_{n}"].none for n in range(count))
    [group] = effects.together
    assert sorted(group.members) == [("interest", f"east.reason_{n}") for n in range(count)]
    assert group.outcome == "war"
    assert group.size > 0.1
    assert effects.complete


@pytest.mark.parametrize(
    ("because", "felt"),
    [(("s#C1", "s#C1"), {"s#C1"}), (("s#C1", "s#C2"), set()), (("quarrel", "s#C2", "quarrel"), set())],
)
def test_a_claim_that_binds_all_that_would_be_enough_changes_the_answer(
    because: tuple[str, ...], felt: set[str]
) -> None:
    effects = measure_effects(read_text(enough(*because)))
    assert {e.name for e in effects.things if e.kind == "claim" and not e.none} == felt


def test_what_could_not_be_solved_without_is_not_said_to_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = STRONG.replace("WORTH", "2000 per year")
    monkeypatch.setenv("BYSTANDER_CACHE", "off")
    effects = {(e.kind, e.name): e for e in measure_effects(read_text(text)).things}
    assert all(effect.known for effect in effects.values())
    monkeypatch.setattr("bystander.cases.jobs.reach_equilibrium", fail)
    found = {(e.kind, e.name): e for e in measure_effects(read_text(text)).things}
    unknown = {key for key, effect in found.items() if not effect.known}
    assert unknown
    assert not any(found[key].none for key in unknown)
    assert all(found[key] == effects[key] for key in found.keys() - unknown)


def fail(*_: object) -> None:
    raise NotConvergedError("it did not settle")


def test_what_changes_no_number_is_not_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    from bystander.policy import effects

    solved: list[int] = []
    answer = effects.answer_changes

    def counted(base: Case, changes: list[Change], **keys: Any) -> Done:
        solved.append(len(changes))
        return answer(base, changes, **keys)

    monkeypatch.setattr(effects, "answer_changes", counted)
    found = measure_effects(read_text(STRONG.replace("WORTH", "2000 per year")))
    assert sum(solved) == 1  # without the cost there is no interest either: one game
    assert {e.name for e in found.things if e.none} == {"idle"}

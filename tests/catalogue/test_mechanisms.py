"""Every mechanism and institution has a toy whose answer is known without solving the game."""

from collections.abc import Callable, Mapping
from math import comb, exp, log

import numpy as np
import pytest
from scipy.optimize import brentq, root

from bystander.equilibrium.result import Equilibrium
from bystander.equilibrium.solve import solve
from bystander.errors import ScenarioError
from bystander.game.compile import compile_game
from bystander.process.outcomes import Request, answer_all, make_clocks
from bystander.scenario import read_scenario, read_text
from bystander.scenario.motives import motives_of
from bystander.scenario.schema import Scenario
from bystander.units import MONTH, YEAR

Parameters = dict[str, float]
WEEK = 7.0


def solved(name: str) -> tuple[Scenario, Equilibrium]:
    scenario = read_scenario(f"toys/{name}")
    equilibrium = solve(compile_game(scenario), tolerance=1e-11)
    equilibrium.require_converged()
    return scenario, equilibrium


def answers(scenario: Scenario, equilibrium: Equilibrium) -> dict[str, float]:
    requests = [Request(name, outcome) for name, outcome in scenario.outcomes.items()]
    found = answer_all(make_clocks(equilibrium), requests)
    return {r.name: a.estimate.value for r, a in zip(requests, found, strict=True)}


def value(equilibrium: Equilibrium, actor: str, variable: str, level: str) -> float:
    """Value of an actor where a variable is at a level; it must be the same in all such situations."""
    situations, game = equilibrium.game.situations, equilibrium.game
    column = situations.names.index(variable)
    there = situations.levels[:, column] == situations.level_names[column].index(level)
    values = equilibrium.values[there, game.actors.index(actor)]
    assert values.max() - values.min() < 1e-9
    return float(values[0])


def leaning(worth: float, habit: float = 0.5) -> float:
    """Chance of doing what habit does with a given chance, once it is worth something."""
    return habit / (habit + (1 - habit) * exp(-worth))


def gain_of_choice(worth: float, habit: float) -> float:
    """Value of an opportunity, over waiting."""
    return log(1 - habit + habit * exp(min(worth, 500.0)))


def chance_to_act(
    cost: float, pace: float, discount: float, before: float = 0.0, after: float = 0.0, habit: float = 0.5
) -> float:
    """Chance of an act that ends the game, at each opportunity.

    Waiting has the value V that solves
    discount V = before + pace log(1 - h + h exp(after / discount - cost - V)).
    """
    end = after / discount

    def gap(waiting: float) -> float:
        return discount * waiting - before - pace * gain_of_choice(end - cost - waiting, habit)

    low = min(before / discount, 0.0) - pace / discount - 1.0
    high = low + 1.0
    while gap(high) < 0:
        high += 100.0
    return leaning(end - cost - brentq(gap, low, high, xtol=1e-13), habit)


def by(rate: float, days: float) -> float:
    return 1 - exp(-rate * days)


Votes = dict[str, dict[str, tuple[float, float]]]
"""For each decision, the worth of adopting it and the habit of each voter."""


def adoptions(decisions: Votes, pace: float, discounts: Mapping[str, float]) -> dict[str, float]:
    """Rate at which each decision of a consensus is made, where each ends the matter.

    A voter that waits has the value V that solves discount V = pace sum_d (chance that all others say yes)
    log(1 - h + h exp(worth - V)).
    """
    voters = list(next(iter(decisions.values())))
    patience = np.array([discounts[name] for name in voters])
    worth = np.array([[votes[v][0] for v in voters] for votes in decisions.values()])
    habit = np.array([[votes[v][1] for v in voters] for votes in decisions.values()])

    def says_yes(waiting: np.ndarray) -> np.ndarray:
        return habit / (habit + (1 - habit) * np.exp(waiting - worth))

    def gap(waiting: np.ndarray) -> np.ndarray:
        others = np.array([np.delete(says_yes(waiting), i, 1).prod(1) for i in range(len(voters))]).T
        gain = np.log(1 - habit + habit * np.exp(worth - waiting))
        return patience * waiting - pace * (others * gain).sum(0)

    starts = (np.zeros(len(voters)), worth.max(0), worth.min(0), worth.mean(0))
    waiting = min((root(gap, x, tol=1e-14).x for x in starts), key=lambda x: np.abs(gap(x)).max())
    assert np.abs(gap(waiting)).max() < 1e-12
    return dict(zip(decisions, (pace * says_yes(waiting).prod(1)).tolist(), strict=True))


def first_of(rates: Mapping[str, float], wanted: str, days: float = YEAR) -> float:
    """Chance that one of several moves is the first, within a time."""
    total = sum(rates.values())
    return rates[wanted] / total * by(total, days)


PACE = 2.0
ANSWERS = ("words", "mediation", "observers", "equipment", "exercises", "troops")


def at_least(least: int, voters: int, chance: float) -> float:
    return sum(comb(voters, n) * chance**n * (1 - chance) ** (voters - n) for n in range(least, voters + 1))


def diversion(p: Parameters) -> dict[str, float]:
    gain = p["diversion_gain"] * (1 - p["openness"])
    act = chance_to_act(p["stirring_cost"], 1 / 14, 0.5 / YEAR, after=gain)
    return {"stirred": by(act / 14, YEAR)}


def rally_and_blame(p: Parameters) -> dict[str, float]:
    def first(wanted: str, openness: float) -> float:
        rally, blame = p["rally_rate"] * (1 - openness), p["blame_rate"] * openness
        return (blame if wanted == "fall" else rally) / (rally + blame + p["war_ends"])

    return {"open_blamed": first("fall", 0.7), "closed_rallies": first("rise", 0.1)}


def audience_costs(p: Parameters) -> dict[str, float]:
    flow = -p["audience_cost"] * p["pledge"]
    act = chance_to_act(p["shame"], 1 / 21, 0.6 / YEAR, before=flow)
    return {"broken": by(act / 21, YEAR)}


def internal_unrest(p: Parameters) -> dict[str, float]:
    ends = p["unrest_subsides"] + p["clampdown_works"] * p["clampdown_habit"]
    return {"unrest_share": p["flares"] / (p["flares"] + ends)}


def civil_society_protest(p: Parameters) -> dict[str, float]:
    swell, ends = (
        p["swell_rate"] * 0.6,
        p["protests_disperse"] + p["repression_works"] * p["repression_habit"],
    )
    return {"uprising_first": swell / (swell + ends)}


def answering(p: Parameters) -> dict[str, float]:
    """All facts speak at once: what each answer is worth, by its load; a request only to a call."""
    w = {key.removesuffix("_weight"): value for key, value in p.items() if key.endswith("_weight")}
    against = w["strength"] + 0.5 * w["ties"] + w["war"]
    half = w["loyal"] + w["near"] - w["family"] - w["coup"] + w["alone"] + 0.5 * w["kin"] - against
    stand = w["precedent"] + w["others"]
    worth = {
        "words": 0.0,
        "mediation": w["clause"] + 0.5 * w["ties"] + w["family"] - stand,
        "observers": w["clause"] - against / 4 - stand / 2,
        "equipment": w["clause"] + half / 2 - stand / 2,
        "exercises": w["clause"] + half / 2 - stand / 2,
        "troops": w["clause"] + half - stand,
    }

    def answered(call: str) -> dict[str, float]:
        moved = worth | {"troops": worth["troops"] - w["modest"] * (call == "asked")}
        votes: Votes = {a: {"patron": (moved[a], p[f"{a}_{call}"] / PACE)} for a in ANSWERS}
        return adoptions(votes, PACE, {"patron": 0.5 / YEAR})

    rates = answered("asked")
    rates["no_more"] = sum(rates.pop(a) for a in ("words", "equipment", "exercises"))
    wanted = {"troops": "troops", "mediates": "mediation", "observes": "observers", "no_more": "no_more"}
    found = {outcome: first_of(rates, answer) for outcome, answer in wanted.items()}
    return found | {"troops_unasked": first_of(answered("unasked"), "troops")}


def member_vote(p: Parameters) -> dict[str, float]:
    at_stake = 0.5 * p["kin_weight"] - p["ties_weight"]
    stand = p["precedent_weight"]
    worth = {
        "words": 0.0,
        "mediation": -stand,
        "observers": at_stake / 4 - stand / 2,
        "equipment": at_stake / 2 - stand / 2,
        "exercises": at_stake / 2 - stand / 2,
        "troops": at_stake - stand,
    }
    votes: Votes = {
        a: {"leader": (0.0, p[f"{a}_asked"] / PACE), "other": (worth[a], p["goes_along"])} for a in ANSWERS
    }
    rates = adoptions(votes, PACE, dict.fromkeys(("leader", "other"), 0.5 / YEAR))
    return {"troops": first_of(rates, "troops"), "mediates": first_of(rates, "mediation")}


def offering(p: Parameters) -> dict[str, float]:
    return {"mediates": by(p["mediation_unasked"] * p["goes_along"], MONTH)}


def patron_alone(p: Parameters) -> dict[str, float]:
    lasting = ("troops", "mediation", "observers", "equipment")
    troops, mediates, guarantees, holds_back = (p["alone_share"] * p[f"{a}_unasked"] for a in lasting)
    stops = 0.5 * p["words_unasked"] + 0.25 * holds_back
    arms = p["alone_share"] * p["equipment_unasked"]
    while_fighting, then = troops + mediates + arms + stops, troops + mediates + arms + guarantees
    first = troops / while_fighting + stops / while_fighting * troops / then
    return {"troops_first": first, "stopped": by(stops, WEEK)}


def asking(p: Parameters) -> dict[str, float]:
    patience, pace, lapse = 0.5 / YEAR, 1 / WEEK, p["request_lapses"]
    kept, habit = lapse / (patience + lapse), p["asking_habit"] * WEEK
    worth = -p["openness_weight"] * 0.6

    def gap(waiting: float) -> float:
        return patience * waiting - pace * gain_of_choice(worth - (1 - kept) * waiting, habit)

    waiting = brentq(gap, -50.0, 50.0, xtol=1e-14)
    return {"asked": by(pace * leaning(worth - (1 - kept) * waiting, habit), MONTH)}


def alliance_exit(p: Parameters) -> dict[str, float]:
    return {"frozen_first": p["exit_habit"] / (p["exit_habit"] + p["exit_forgotten"])}


def betrayals(p: Parameters) -> dict[str, float]:
    again = p["exit_rate"] * 0.6
    return {"second_first": again / (again + p["exit_forgotten"] + p["exit_habit"])}


def patronage(p: Parameters) -> dict[str, float]:
    def fights(favour: float) -> float:
        cost = p["patron_restraint"] * 0.8 * 0.9 * (1 - favour)
        return by(chance_to_act(cost, 1 / MONTH, 0.5 / YEAR) / MONTH, YEAR)

    return {"favourite_fights": fights(0.7), "other_fights": fights(0.0)}


def guarantees(p: Parameters) -> dict[str, float]:
    return {"days": 1 / p["ends"]}


def mediation(p: Parameters) -> dict[str, float]:
    return {"accepted": p["accept_habit"] / (p["accept_habit"] + p["offer_lapses"])}


def spoilers(p: Parameters) -> dict[str, float]:
    return {"gone": by(p["obstruct_habit"] * p["obstruction_works"] * 0.7, YEAR)}


def cease_fire(p: Parameters) -> dict[str, float]:
    breaks = p["cease_fire_breaks"] * 0.5 + 2 * p["clash_grows"]
    holds = p["cease_fire_holds"] / (p["cease_fire_holds"] + breaks)
    return {"holds": (holds + 1) / 2, "kept": breaks / (p["withdrawal"] + breaks) / 2}


def escalation_ladder(p: Parameters) -> dict[str, float]:
    grown = 2 * p["clash_grows"] / (2 * p["clash_grows"] + p["clash_subsides"])
    leaves = 2 * p["attack_habit"] + (6 + 1) / YEAR
    outright = 2 * p["attack_habit"] / leaves * (1 + 1 / YEAR / leaves)
    return {"battle": grown / 2, "outright": outright / 2}


def displacement(p: Parameters) -> dict[str, float]:
    return {"back": by(2 * p["return_rate"], 30)}


def demarcation(p: Parameters) -> dict[str, float]:
    treaty = p["settlement_rate"] * 2 / 0.5
    return {"treaty_first": treaty / (treaty + 2 * p["walkout_habit"])}


def fortification(p: Parameters) -> dict[str, float]:
    return {"shot": by(p["post_incidents"] * (0.9 + 0.5) / 2, YEAR)}


def arms_balance(p: Parameters) -> dict[str, float]:
    return {"tense_share": by(p["cools"], YEAR) / p["cools"] / YEAR}


def drones(p: Parameters) -> dict[str, float]:
    habit = p["purchase_habit"] * MONTH
    act = chance_to_act(0.0, 1 / MONTH, 0.5 / YEAR, before=-p["vulnerability"], habit=habit)
    return {"bought": by(act / MONTH, YEAR)}


def order_restored(p: Parameters) -> dict[str, float]:
    return {"calm": by(p["order_rate"], WEEK)}


def interposition(p: Parameters) -> dict[str, float]:
    stopped = by(p["interposition_rate"] / 2, WEEK)
    return {"stopped": stopped, "kept": stopped / 2}


def succession(p: Parameters) -> dict[str, float]:
    return {"united": 0.5 * by(p["fades"], YEAR) / p["fades"] / YEAR}


def case_facts(p: Parameters) -> dict[str, float]:
    del p
    return {"tension_share": 3 / 9, "heavy_share": 1 / 9}


PATIENCE = {
    name: per_year / YEAR
    for name, per_year in {
        "russia": 0.3,
        "kazakhstan": 0.4,
        "belarus": 0.4,
        "armenia": 0.6,
        "kyrgyzstan": 0.6,
        "tajikistan": 0.4,
        "china": 0.2,
        "west": 0.6,
    }.items()
}


def csto(p: Parameters) -> dict[str, float]:
    along = p["goes_along"] ** 5
    rates = {answer: p[f"{answer}_asked"] * along for answer in ANSWERS}
    return {"troops_first": rates["troops"] / (sum(rates.values()) + p["calms"])}


BODIES = ("ecowas", "au", "oas", "nato", "gcc")


def regional_bodies(p: Parameters) -> dict[str, float]:
    def troops(clause: float, armed: float) -> float:
        reading = dict.fromkeys(ANSWERS, armed) | {"words": 0.0, "mediation": clause, "observers": clause}
        votes: Votes = {
            a: {
                "first": (p["clause_weight"] * reading[a], p[f"{a}_asked"] / PACE),
                "second": (0.0, p["goes_along"]),
            }
            for a in ANSWERS
        }
        return first_of(adoptions(votes, PACE, dict.fromkeys(("first", "second"), 0.5 / YEAR)), "troops")

    clauses = {body: p[f"{body}_clause"] for body in BODIES}
    return {
        f"{body}_troops": troops(clause, p["oas_armed"] if body == "oas" else clause)
        for body, clause in clauses.items()
    }


def sco(p: Parameters) -> dict[str, float]:
    china = p["clause_weight"] * p["sco_clause"] + p["family_weight"]
    china -= p["precedent_weight"] * p["sco_precedent"]
    votes = {"china": (china, p["mediation_unasked"] / PACE), "russia": (-p["rival_weight"], p["goes_along"])}
    others = ("kazakhstan", "kyrgyzstan", "tajikistan")
    votes |= dict.fromkeys(others, (-p["precedent_weight"], p["goes_along"]))
    return {"acts": by(adoptions({"mediate": votes}, PACE, PATIENCE)["mediate"], YEAR)}


def osce(p: Parameters) -> dict[str, float]:
    votes = {"west": (p["clause_weight"] + p["family_weight"], p["mediation_unasked"] / PACE)}
    votes |= dict.fromkeys(("kazakhstan", "armenia", "kyrgyzstan", "tajikistan"), (0.0, p["goes_along"]))
    votes |= dict.fromkeys(("russia", "belarus"), (-p["intrusion_weight"], p["goes_along"]))
    return {"offered": by(adoptions({"mediate": votes}, PACE, PATIENCE)["mediate"], YEAR)}


def eu_mission(p: Parameters) -> dict[str, float]:
    worth = p["monitor_gain"] * (p["western_will"] - 1)
    votes: Votes = {"deploy": {"west": (worth, 2 * p["monitors_habit"])}}
    return {"monitored": by(adoptions(votes, 0.5, PATIENCE)["deploy"], 3 * MONTH)}


def un_security_council(p: Parameters) -> dict[str, float]:
    pace, discount = p["unsc_sessions"], 0.5 / YEAR

    def gap(waiting: np.ndarray) -> np.ndarray:
        permanent, elected = 1.0 - waiting[0], -waiting[1]
        p_yes, e_yes = leaning(permanent), leaning(elected)
        alone = p_yes**5 * comb(9, 3) * e_yes**3 * (1 - e_yes) ** 6
        anyway = p_yes**5 * at_least(4, 9, e_yes)
        return np.array(
            [
                discount * waiting[0] - pace * p_yes**4 * at_least(4, 10, e_yes) * log(1 + exp(permanent)),
                discount * waiting[1] - pace * (alone * log(1 + exp(elected)) + anyway * elected),
            ]
        )

    found = root(gap, np.array([0.5, 0.1]), tol=1e-14)
    assert np.abs(gap(found.x)).max() < 1e-12
    adopt = leaning(1 - found.x[0]) ** 5 * at_least(4, 10, leaning(-found.x[1]))
    return {"adopted": by(pace * adopt, YEAR)}


TOY_OF_A_BODY = """\
bystander: 1
title: A body on a day
as_of: {day}
horizon: 1 year
use:
  - institutions/{body}: {{leader: first, other: second, live: "true"}}
variables: {{help: {{start: asked}}}}
actors:
  first: {{acts: never, discount: 50% per year}}
  second: {{acts: never, discount: 50% per year}}
"""

KNOWN: dict[str, Callable[[Parameters], dict[str, float]]] = {
    "alliance-exit": alliance_exit,
    "answering": answering,
    "arms-balance": arms_balance,
    "asking": asking,
    "audience-costs": audience_costs,
    "betrayals": betrayals,
    "case-facts": case_facts,
    "cease-fire": cease_fire,
    "civil-society-protest": civil_society_protest,
    "csto": csto,
    "demarcation": demarcation,
    "displacement": displacement,
    "diversion": diversion,
    "drones": drones,
    "escalation-ladder": escalation_ladder,
    "eu-mission": eu_mission,
    "fortification": fortification,
    "guarantees": guarantees,
    "internal-unrest": internal_unrest,
    "interposition": interposition,
    "mediation": mediation,
    "member-vote": member_vote,
    "offering": offering,
    "order-restored": order_restored,
    "osce": osce,
    "patron-alone": patron_alone,
    "patronage": patronage,
    "rally-and-blame": rally_and_blame,
    "regional-bodies": regional_bodies,
    "sco": sco,
    "spoilers": spoilers,
    "succession": succession,
    "un-security-council": un_security_council,
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_toy_has_its_known_answer(name: str) -> None:
    scenario, equilibrium = solved(name)
    found = answers(scenario, equilibrium)
    expected = KNOWN[name](scenario.parameter_values())
    assert found == pytest.approx({k: expected[k] for k in found}, rel=1e-7, abs=1e-10)


def test_a_rising_plan_makes_a_united_elite_worth_more() -> None:
    scenario, equilibrium = solved("succession")
    p = scenario.parameter_values()
    expected = p["succession_worth"] * p["plan"] / (0.4 / YEAR + p["fades"])
    assert value(equilibrium, "ruler", "standing", "consolidated") == pytest.approx(expected)
    assert value(equilibrium, "ruler", "standing", "shaken") == pytest.approx(-expected)


def test_a_guarantee_prices_every_day_of_fighting() -> None:
    scenario, equilibrium = solved("guarantees")
    p = scenario.parameter_values()
    expected = -p["guarantee"] / (0.5 / YEAR + p["ends"])
    assert value(equilibrium, "party", "front", "fighting") == pytest.approx(expected)


def test_a_lead_in_arms_is_the_other_sides_lag() -> None:
    scenario, equilibrium = solved("arms-balance")
    p = scenario.parameter_values()
    expected = p["arms_confidence"] * 0.4 / (0.5 / YEAR + p["cools"])
    assert value(equilibrium, "challenger", "front", "tense") == pytest.approx(expected)
    assert value(equilibrium, "defender", "front", "tense") == pytest.approx(-expected)


def test_displacement_shames_its_government_until_people_are_back() -> None:
    scenario, equilibrium = solved("displacement")
    p = scenario.parameter_values()
    expected = -p["displacement_cost"] * 0.6 / (0.5 / YEAR + 2 * p["return_rate"])
    assert value(equilibrium, "host", "homes", "away") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("day", "members", "clauses"),
    [
        ("1998-06-01", (16, None, 35, 16, 6), (0, None, -1, 1, 0)),
        ("2017-01-19", (15, 54, 35, 28, 6), (1, 1, 1, 1, 0)),
        ("2025-06-01", (12, 55, 34, 32, 6), (1, 1, 1, 1, 0)),
    ],
)
def test_members_and_texts_are_those_of_the_day(day: str, members: tuple, clauses: tuple) -> None:
    for body, count, clause in zip(BODIES, members, clauses, strict=True):
        text = TOY_OF_A_BODY.format(body=body, day=day)
        if count is None:
            with pytest.raises(ScenarioError, match=body):
                read_text(text)
            continue
        scenario = read_text(text)
        value = scenario.facts[f"{body}_members"].value
        assert value is not None
        assert value.value == count
        assert scenario.parameters[f"{body}_clause"].value.value == clause


def test_a_lone_power_has_no_members():
    scenario = read_scenario("toys/patron-alone")
    told = [motive.about for motive in motives_of(scenario, "power")]
    assert "A quarrel among its own" in " ".join(told)
    assert not [about for about in told if "own members" in about]

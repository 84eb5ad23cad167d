"""Every mechanism and institution has a toy whose answer is known without solving the game."""

from collections.abc import Callable, Mapping
from math import comb, exp, log

import numpy as np
import pytest
from scipy.optimize import brentq, root

from bystander.equilibrium.result import Equilibrium
from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.process.outcomes import Request, answer_all, make_clocks
from bystander.scenario import read_scenario
from bystander.scenario.schema import Scenario
from bystander.units import MONTH, YEAR

Parameters = dict[str, float]
HALF_A_YEAR, WEEK = YEAR / 2, 7.0


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


def yes(worth: float) -> float:
    return 1 / (1 + exp(-worth))


def chance_to_act(
    cost: float, pace: float, discount: float, before: float = 0.0, after: float = 0.0
) -> float:
    """Chance of an act that ends the game, at each opportunity.

    Waiting has the value V that solves discount V = before + pace log(1 + exp(-cost + after / discount - V)).
    """
    end = after / discount

    def gap(waiting: float) -> float:
        return discount * waiting - before - pace * log(1 + exp(min(end - cost - waiting, 500.0)))

    low = min(before / discount, 0.0) - 1.0
    high = low + 1.0
    while gap(high) < 0:
        high += 100.0
    waiting = brentq(gap, low, high, xtol=1e-13)
    return yes(end - cost - waiting)


def by(rate: float, days: float) -> float:
    return 1 - exp(-rate * days)


def adoption(
    worths: Mapping[str, float], pace: float, discounts: Mapping[str, float], ends: float = 0.0
) -> float:
    """Chance that a consensus adopts, where nothing follows but the worth of adopting.

    A member that waits has the value V = pace / (discount + ends) * (chance that all others say yes) *
    log(1 + exp(D)), and compares adopting with it: D = worth - V.
    """
    names = list(worths)
    worth = np.array([worths[name] for name in names])
    patience = np.array([discounts[name] for name in names]) + ends

    def gap(waiting: np.ndarray) -> np.ndarray:
        gain = worth - waiting
        says_yes = 1 / (1 + np.exp(-gain))
        others = np.array([np.delete(says_yes, i).prod() for i in range(len(names))])
        return patience * waiting - pace * others * np.logaddexp(0.0, gain)

    found = root(gap, np.maximum(worth, 0.0), tol=1e-14)
    assert np.abs(gap(found.x)).max() < 1e-12
    return float((1 / (1 + np.exp(found.x - worth))).prod())


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
    ends = p["unrest_subsides"] + p["clampdown_works"] / 2 / MONTH
    return {"unrest_share": p["flares"] / (p["flares"] + ends)}


def civil_society_protest(p: Parameters) -> dict[str, float]:
    swell = p["swell_rate"] * 0.6
    return {"uprising_first": swell / (swell + p["protests_disperse"] + p["repression_works"] / 2 / MONTH)}


def alliance_vote(p: Parameters) -> dict[str, float]:
    def worth(reliance: float, burden: float, ties: float) -> float:
        flow = p["burden_cost"] * burden + p["fight_cost"] * p["opponent_strength"] * burden
        flow += p["ties_cost"] * ties
        return p["alliance_worth"] * reliance - flow / (0.5 / YEAR + p["mission_ends"])

    worths = {"great": worth(1, 2, 0.5), "middle": worth(0.5, 1, 0.2), "small": worth(0.9, 1, 0)}
    adopt = adoption(worths, 1 / MONTH, dict.fromkeys(worths, 0.5 / YEAR))
    return {"help": by(adopt / MONTH, YEAR)}


def alliance_request(p: Parameters) -> dict[str, float]:
    cost = p["request_cost"] + p["sovereignty_cost"] * p["openness"]
    return {"asked": by(chance_to_act(cost, 1 / WEEK, 0.5 / YEAR) / WEEK, YEAR)}


def alliance_exit(p: Parameters) -> dict[str, float]:
    freeze = 0.5 / YEAR
    return {"frozen_first": freeze / (freeze + p["exit_forgotten"])}


def patronage(p: Parameters) -> dict[str, float]:
    def fights(favour: float) -> float:
        cost = p["patron_restraint"] * 0.8 * 0.9 * (1 - favour)
        return by(chance_to_act(cost, 1 / MONTH, 0.5 / YEAR) / MONTH, YEAR)

    return {"favourite_fights": fights(0.7), "other_fights": fights(0.0)}


def guarantees(p: Parameters) -> dict[str, float]:
    return {"days": 1 / p["ends"]}


def mediation(p: Parameters) -> dict[str, float]:
    accept = 0.5 / MONTH
    return {"accepted": accept / (accept + p["offer_lapses"])}


def spoilers(p: Parameters) -> dict[str, float]:
    return {"gone": by(0.5 / MONTH * p["obstruction_works"] * 0.7, YEAR)}


def pressure(p: Parameters) -> dict[str, float]:
    del p
    return {"stopped": by(0.5 / MONTH * 0.6 * 0.5, YEAR)}


def cease_fire(p: Parameters) -> dict[str, float]:
    strike = 2 * 0.5 / (2 * MONTH)
    breaks = p["cease_fire_breaks"] * 0.5
    return {"holds": p["cease_fire_holds"] / (p["cease_fire_holds"] + breaks + strike)}


def escalation_ladder(p: Parameters) -> dict[str, float]:
    escalate = 2 * 0.5 / 6
    return {"battle": escalate / (escalate + p["clash_subsides"])}


def displacement(p: Parameters) -> dict[str, float]:
    return {"back": by(2 * p["return_rate"], 30)}


def demarcation(p: Parameters) -> dict[str, float]:
    treaty, leave = p["settlement_rate"] * 2 / 0.5, 2 * 0.5 / HALF_A_YEAR
    return {"treaty_first": treaty / (treaty + leave)}


def fortification(p: Parameters) -> dict[str, float]:
    return {"shot": by(p["post_incidents"] * (0.9 + 0.5) / 2, YEAR)}


def arms_balance(p: Parameters) -> dict[str, float]:
    return {"tense_share": by(p["cools"], YEAR) / p["cools"] / YEAR}


def drones(p: Parameters) -> dict[str, float]:
    act = chance_to_act(p["purchase_cost"], 1 / MONTH, 0.5 / YEAR, before=-p["vulnerability"])
    return {"bought": by(act / MONTH, YEAR)}


def order_restored(p: Parameters) -> dict[str, float]:
    return {"calm": by(p["order_rate"], WEEK)}


def interposition(p: Parameters) -> dict[str, float]:
    return {"stopped": by(p["interposition_rate"], WEEK)}


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
    adjectives = {
        "russia": "russian",
        "kazakhstan": "kazakh",
        "belarus": "belarusian",
        "armenia": "armenian",
        "kyrgyzstan": "kyrgyz",
        "tajikistan": "tajik",
    }
    burden = dict.fromkeys(adjectives, 1.0) | {"russia": p["russian_burden"] / p["russian_capacity"]}

    def days(patience: float) -> float:
        """Discounted length of the mission: until the street is calm, and then until it goes home."""
        calm = p["calms"] + patience
        return 1 / calm + p["calms"] / calm / (p["mission_ends"] + patience)

    worths = {
        member: p["alliance_worth"] * p[f"{adjective}_reliance"]
        - p["burden_cost"] * burden[member] * days(PATIENCE[member])
        for member, adjective in adjectives.items()
    }
    troops = 2 * adoption(worths, 2.0, PATIENCE, ends=p["calms"])
    return {"troops_first": troops / (troops + p["calms"])}


def sco(p: Parameters) -> dict[str, float]:
    worths = {"china": -p["noninterference"], "russia": -p["rival_forum"]}
    worths |= dict.fromkeys(("kazakhstan", "kyrgyzstan", "tajikistan"), -p["sco_reticence"])
    return {"acts": by(p["sco_sessions"] * adoption(worths, p["sco_sessions"], PATIENCE), YEAR)}


def osce(p: Parameters) -> dict[str, float]:
    worths = dict.fromkeys(("kazakhstan", "armenia", "kyrgyzstan", "tajikistan"), 0.0)
    worths |= {"west": p["western_will"] * p["osce_gain"]}
    worths |= dict.fromkeys(("russia", "belarus"), -p["osce_intrusion"])
    return {"offered": by(p["osce_sessions"] * adoption(worths, p["osce_sessions"], PATIENCE), YEAR)}


def eu_mission(p: Parameters) -> dict[str, float]:
    worth = p["western_will"] * p["monitor_gain"] - p["monitor_cost"]
    adopt = adoption({"west": worth}, p["eu_speed"], PATIENCE)
    return {"monitored": by(p["eu_speed"] * adopt, 3 * MONTH)}


def un_security_council(p: Parameters) -> dict[str, float]:
    pace, discount = p["unsc_sessions"], 0.5 / YEAR

    def gap(waiting: np.ndarray) -> np.ndarray:
        permanent, elected = 1.0 - waiting[0], -waiting[1]
        p_yes, e_yes = yes(permanent), yes(elected)
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
    adopt = yes(1 - found.x[0]) ** 5 * at_least(4, 10, yes(-found.x[1]))
    return {"adopted": by(pace * adopt, YEAR)}


KNOWN: dict[str, Callable[[Parameters], dict[str, float]]] = {
    "alliance-exit": alliance_exit,
    "alliance-request": alliance_request,
    "alliance-vote": alliance_vote,
    "arms-balance": arms_balance,
    "audience-costs": audience_costs,
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
    "order-restored": order_restored,
    "osce": osce,
    "patronage": patronage,
    "pressure-for-calm": pressure,
    "rally-and-blame": rally_and_blame,
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

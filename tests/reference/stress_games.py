"""Seeded games that have several equilibria more often than not, as scenarios that the reader accepts.

`stress_game(seed)` draws one: coordination, chicken or who-steps-in games of two to four actors, alike or a
little different, with stakes from mild to steep. Symmetric ones have branch points on their traced path,
nearly symmetric ones sharp bends.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bystander.game.compile import compile_game
from bystander.scenario import read_data


def compile_data(variables, actors, shocks, **more):
    return compile_game(
        read_data(
            {
                "bystander": 1,
                "title": "Stress",
                "as_of": "2022-10-15",
                "horizon": "1 year",
                "settings": {"shocks": shocks},
                "variables": variables,
                "actors": actors,
                "outcomes": {"moved": {"ever": f"{next(iter(variables))} != {first_level(variables)}"}},
                **more,
            }
        )
    )


def first_level(variables):
    return next(iter(variables.values()))["start"]


def stepping_in(
    costs,
    *,
    harm=100.0,
    acts="every 1 week",
    patience="50% per year",
    sharpness=1.0,
    shocks="private",
    seasons=0,
):
    """Who steps in when each would rather another did: one emergency, which anyone can end at a cost.

    ``seasons`` come one after the other and change nothing but the size of the game.
    """
    actors = {
        f"b{k}": {
            "acts": acts,
            "patience": patience,
            "rationality": sharpness,
            "interests": {"harm": {"when": "emergency == on", "worth": f"{-harm} per year"}},
            "actions": {
                "step_in": {"when": "emergency == on", "then": {"emergency": "off"}, "worth": -float(cost)}
            },
        }
        for k, cost in enumerate(costs)
    }
    variables = {"emergency": {"levels": ["on", "off"], "start": "on"}}
    names = [f"s{k}" for k in range(seasons)]
    if not seasons:
        return compile_data(variables, actors, shocks)
    hazards = {
        f"after_{now}": {"when": f"season == {now}", "rate": "1 per month", "then": {"season": later}}
        for now, later in zip(names, [*names[1:], names[0]], strict=True)
    }
    variables["season"] = {"levels": names, "start": names[0]}
    return compile_data(variables, actors, shocks, hazards=hazards)


def two_sided(payoffs, *, cost=0.5, acts="12 per year", sharpness=2.0, shocks="private"):
    """Everyone may be soft or hard, and change; ``payoffs[k][own][others]`` per year, others hard or not."""
    n = len(payoffs)
    variables = {f"x{k}": {"levels": ["soft", "hard"], "start": "soft"} for k in range(n)}
    actors = {}
    for k, table in enumerate(payoffs):
        others = " or ".join(f"x{j} == hard" for j in range(n) if j != k)
        interests = {
            f"i{own}{other}": {
                "when": f"x{k} == {level} and {'' if other else 'not '}({others})",
                "worth": f"{table[own][other]} per year",
            }
            for own, level in enumerate(("soft", "hard"))
            for other in (0, 1)
        }
        actors[f"a{k}"] = {
            "acts": acts,
            "patience": "50% per year",
            "rationality": sharpness,
            "interests": interests,
            "actions": {
                "harden": {"when": f"x{k} == soft", "then": {f"x{k}": "hard"}, "worth": -cost},
                "soften": {"when": f"x{k} == hard", "then": {f"x{k}": "soft"}, "worth": -cost},
            },
        }
    return compile_data(variables, actors, shocks)


def surprise_attack(*, strain=30.0, thanks=(2, 5), sharpness=3.0, shocks="private"):
    """Two neighbours who fear each other's first strike, and a friend who thanks both for quiet.

    Fear ends on the way of the traced path, which folds twice.
    """
    worth, impact = thanks
    variables = {"border": {"levels": ["quiet", "struck"], "start": "quiet"}}
    actors = {
        name: {
            "acts": "12 per year",
            "patience": "50% per year",
            "rationality": sharpness,
            "interests": {"strain": {"when": "border == quiet", "worth": f"{-strain} per year"}},
            "actions": {
                "strike": {
                    "when": "border == quiet",
                    "then": {"border": "struck"},
                    "worth": -3,
                    "impacts": {other: -6},
                }
            },
        }
        for name, other in (("east", "west"), ("west", "east"))
    }
    thank = {"when": "border == quiet", "then": {"border": "quiet"}, "worth": worth}
    actors["friend"] = {
        "acts": "12 per year",
        "patience": "50% per year",
        "actions": {"thank": {**thank, "impacts": {"east": impact, "west": impact}}},
    }
    return compile_data(variables, actors, shocks)


def lone_decider(sharpness=1000.0, shocks="private"):
    """One actor, steep choices, one equilibrium."""
    variables = {"s": {"levels": ["a", "b", "c"], "start": "a"}}
    interests = {
        "gain": {"when": "s == b", "worth": "5 per year"},
        "loss": {"when": "s == c", "worth": "-5 per year"},
    }
    actions = {
        "go": {"when": "s == a", "then": {"s": "b"}, "worth": -1},
        "back": {"when": "s == b", "then": {"s": "a"}, "worth": 0},
    }
    hazards = {
        "bad": {"when": "s == b", "rate": "1 per year", "then": {"s": "c"}},
        "heal": {"when": "s == c", "rate": "2 per year", "then": {"s": "a"}},
    }
    actor = {"acts": "12 per year", "patience": "50% per year", "rationality": sharpness}
    return compile_data(
        variables, {"x": {**actor, "interests": interests, "actions": actions}}, shocks, hazards=hazards
    )


def perturbed(game, seed, size=1e-13):
    """The same game with every number moved by up to nine times ``size`` of itself, each by its own."""
    draw = np.random.default_rng([12, seed])
    moved = {}
    for name in ("rate", "impact", "pace", "flow_worth", "discount", "rationality"):
        array = getattr(game.numbers, name)
        moved[name] = array * (1.0 + size * draw.integers(-9, 10, array.shape))
    return replace(game, numbers=replace(game.numbers, **moved))


def stress_game(seed):
    """One drawn game: (name, game)."""
    draw = np.random.default_rng([11, seed])
    kind = ("volunteers", "chicken", "coordination")[seed % 3]
    shocks = "noise" if draw.random() < 0.25 else "private"
    sharpness = float(np.round(np.exp(draw.uniform(np.log(0.5), np.log(5.0))), 3))
    bias = float(draw.choice([0.0, 0.0, 0.01, 0.1]))
    if kind == "volunteers":
        n = int(draw.integers(2, 5))
        cost = float(np.round(draw.uniform(1.0, 40.0), 2))
        costs = [round(cost * (1.0 + bias * k), 4) for k in range(n)]
        game = stepping_in(
            costs,
            harm=float(np.round(draw.uniform(10.0, 200.0), 1)),
            sharpness=min(sharpness, 2.0),
            shocks=shocks,
        )
        return f"{kind} {seed}", game
    n = int(draw.integers(2, 4)) if seed % 2 else 2
    stake = float(np.round(draw.uniform(2.0, 8.0), 2))
    if kind == "chicken":
        base = ((0.0, -stake * 0.7), (stake, -1.7 * stake))
    else:
        base = ((0.5 * stake, -stake), (-stake, float(np.round(draw.uniform(0.2, 1.5), 2)) * stake))
    payoffs = [[[round(v * (1.0 + bias * k), 4) for v in row] for row in base] for k in range(n)]
    return f"{kind} {seed}", two_sided(
        payoffs, sharpness=sharpness, shocks=shocks, acts=f"{int(draw.integers(4, 40))} per year"
    )

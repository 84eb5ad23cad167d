"""A scenario small enough to check by hand: incidents, escalation, an alliance that may deploy."""

from functools import cache

from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.scenario import read_data

TOY = {
    "bystander": 1,
    "title": "A border and an alliance",
    "as_of": "2022-10-15",
    "horizon": "1 year",
    "given": "war",
    "variables": {
        "front": {"levels": ["quiet", "clash", "fighting"], "start": "quiet"},
        "alliance": {"levels": ["away", "deployed"], "start": "away"},
    },
    "conditions": {"war": "front == fighting"},
    "parameters": {
        "toll": {"value": "10 people per day"},
        "gain": {"value": "2 per year"},
        "incidents": {"value": "6 per year"},
        "reluctance": {"value": 3},
        "lull": {"value": "30%"},
    },
    "actors": {
        "north": {
            "acts": "every 2 weeks",
            "patience": "50% per year",
            "interests": {"prize": {"when": "front == fighting", "worth": "gain"}},
            "actions": {
                "escalate": {"when": "front == clash", "then": {"front": "fighting"}, "worth": "-1"},
                "calm": {"when": "front == clash", "then": {"front": "quiet"}},
            },
        },
        "south": {
            "acts": "every 10 days",
            "patience": "50% per year",
            "interests": {"pain": {"when": "front == fighting", "worth": "-4 per year"}},
            "actions": {
                "stop": {
                    "when": "front == fighting",
                    "then": [{"chance": "lull", "front": "quiet"}, {"chance": "rest", "front": "clash"}],
                    "worth": "-0.5",
                }
            },
        },
    },
    "hazards": {"incident": {"when": "front == quiet", "rate": "incidents", "then": {"front": "clash"}}},
    "institutions": {
        "alliance": {
            "members": ["north", "south"],
            "decisions": {
                "deploy": {
                    "when": "front == fighting and alliance == away",
                    "rule": "majority",
                    "proposed": "every 3 days",
                    "then": {"alliance": "deployed"},
                    "worth": {"north": "-reluctance"},
                }
            },
        }
    },
    "outcomes": {
        "war_comes": {"ever": "war"},
        "alliance_acts": {"fires": "alliance.deploy"},
        "deployed_once_at_war": {"ever": "alliance == deployed", "given": "war", "within": "30 days"},
        "at_war": {"at": "war"},
        "time_at_war": {"share": "war"},
        "dead": {"accumulates": {"war": "toll"}},
        "dead_once_at_war": {
            "accumulates": {"war": "toll"},
            "on_moves": {"north.escalate": "5 people"},
            "given": "war",
        },
        "incidents_seen": {"counts": ["nature.incident"]},
        "time_to_deployment": {"time_to": "alliance == deployed"},
        "war_first": {"before": {"first": "war", "than": "alliance == deployed"}},
        "war_in_the_long_run": {"long_run": "war"},
    },
}


@cache
def solved():
    """The scenario and its equilibrium."""
    scenario = read_data(TOY)
    return scenario, solve(compile_game(scenario))

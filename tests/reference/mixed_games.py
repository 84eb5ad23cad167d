"""Seeded scenarios that mix every construct of the language, as plain data that the reader accepts.

`mixed_game(seed)` draws one of up to 400 situations; `as_text` writes it as a file. Four in ten are *plain*:
the oracle (`reference.oracle`) reads them too. One in six has several equilibria more often than not, and one
in eight lacks something: actors, parameters, outcomes, a rate above nought, a way out of its start, a
condition that can come to hold.
"""

from __future__ import annotations

import io
import re
from itertools import pairwise
from math import prod
from random import Random
from typing import Any

from ruamel.yaml import YAML

LEVELS = ("low", "mid", "high", "top")
MOST = 400
UNTIL = ("until 2023-03-01",)
LACKS = ("actors", "parameters", "outcomes", "rates", "a way out", "given", "hazards", "moves")


def as_text(data: dict[str, Any]) -> str:
    """Write a scenario as a file."""
    out = io.StringIO()
    YAML(typ="safe").dump(data, out)
    return out.getvalue()


def mixed_game(seed: int) -> dict[str, Any]:
    """Draw a scenario."""
    draw = Random(f"mixed {seed}")
    if draw.random() < 1 / 6:
        return several(draw)
    data = _Maker(draw, plain=draw.random() < 0.4).scenario()
    return without(data, draw.choice(LACKS)) if draw.random() < 1 / 8 else data


def is_plain(data: dict[str, Any]) -> bool:
    """Whether the oracle can read it."""
    return "calendar" not in data and data.get("title", "").startswith("Plain")


def without(data: dict[str, Any], lack: str) -> dict[str, Any]:
    """Take something away from a scenario, and what needs it."""
    data = dict(data)
    names = list(data["variables"])
    dropped = ("asks", "institutions", "judgements", "measures", "rivals")
    if lack in ("actors", "moves"):
        data = {k: v for k, v in data.items() if k not in (*dropped, "actors", "calendar")}
        data["outcomes"] = {"ever": {"ever": f"{names[0]} == low"}, "stays": {"share": f"{names[0]} != low"}}
        data["hazards"] = {"turn": {"rate": "3 per year", "then": {names[0]: "mid"}}}
        if lack == "moves":
            del data["hazards"]
    elif lack == "hazards":
        data = {k: v for k, v in data.items() if k not in (*dropped, "hazards")}
        data["outcomes"] = {"ever": {"ever": f"{names[0]} == low"}}
    elif lack == "outcomes":
        data = {k: v for k, v in data.items() if k not in ("outcomes", "judgements", "asks")}
    elif lack == "rates":
        data["parameters"] = data["parameters"] | {"speed": "0 per year"}
    elif lack == "a way out":
        first = f"{names[0]} != low"
        for body in _moves(data):
            body["when"] = f"{first} and ({body['when']})" if "when" in body else first
        data["variables"] = data["variables"] | {names[0]: data["variables"][names[0]] | {"start": "low"}}
    elif lack == "given":
        data["variables"] = data["variables"] | {"shut": {"levels": ["yes_", "no_"], "start": "yes_"}}
        data["conditions"] = data["conditions"] | {"hot": "shut == no_"}
        data["given"] = "hot"
    elif lack == "parameters":
        data = _spelt_out(data, data["parameters"])
        for section in ("parameters", "measures", "rivals"):
            data.pop(section, None)
    return data


def _spelt_out(data: Any, parameters: dict[str, Any]) -> Any:
    """Write the values of parameters where their names stand."""
    if isinstance(data, dict):
        return {key: _spelt_out(value, parameters) for key, value in data.items()}
    if isinstance(data, list):
        return [_spelt_out(value, parameters) for value in data]
    if isinstance(data, str):
        known = {n: v["value"] if isinstance(v, dict) else v for n, v in parameters.items()}
        return re.sub(r"\b\w+\b", lambda word: f"({known[word[0]]})" if word[0] in known else word[0], data)
    return data


def _moves(data: dict[str, Any]) -> list[dict[str, Any]]:
    found = list(data.get("hazards", {}).values())
    for body in data.get("actors", {}).values():
        found += body["actions"].values()
    for body in data.get("institutions", {}).values():
        found += body["decisions"].values()
    return found


def several(draw: Random) -> dict[str, Any]:
    """A game of coordination, of chicken, or of who steps in, with a measure and numbers to move."""
    count = draw.choice((2, 2, 3, 3, 4))
    data: dict[str, Any] = {"bystander": 1, "title": "Several", "as_of": "2022-10-15", "horizon": "1 year"}
    data["settings"] = {"shocks": draw.choice(("private", "private", "noise"))}
    sharp = round(draw.uniform(0.5, 2.0), 3)
    if draw.random() < 0.5:
        return data | _volunteers(draw, count, sharp)
    return data | _two_sided(draw, min(count, 3), sharp)


def _volunteers(draw: Random, count: int, sharp: float) -> dict[str, Any]:
    cost, bias = round(draw.uniform(1.0, 40.0), 2), draw.choice((0.0, 0.0, 0.01, 0.1))
    harm = round(draw.uniform(10.0, 200.0), 1)
    actors = {
        f"b{k}": {
            "acts": "weekly",
            "discount": "50% per year",
            "rationality": sharp,
            "interests": {"harm": {"when": "trouble == on_", "worth": "0 per year - harm"}},
            "actions": {
                "step_in": {
                    "when": "trouble == on_",
                    "then": {"trouble": "off_"},
                    "worth": f"0 - cost * {1.0 + bias * k}",
                }
            },
        }
        for k in range(count)
    }
    return {
        "variables": {"trouble": {"levels": ["on_", "off_"], "start": "on_"}},
        "parameters": {
            "harm": {"value": f"{harm} per year", "prior": f"lognormal(median={harm} per year, spread=1.3)"},
            "cost": {"value": cost, "prior": f"lognormal(median={cost}, spread=1.3)"},
        },
        "actors": actors,
        "hazards": {"anew": {"when": "trouble == off_", "every": "2 months", "then": {"trouble": "on_"}}},
        "outcomes": {
            "soon": {"ever": "trouble == off_", "within": "3 weeks", "wanted": "more"},
            "first": {"fires": "b0.step_in", "within": "1 month"},
            "lasting": {"share": "trouble == on_", "wanted": "less"},
        },
        "measures": {"cheaper": {"set": {"cost": f"cost * {draw.choice((0.5, 0.9, 0.99))}"}, "cost": 1},
                     "spared": {"disable": "b1.step_in", "cost": 2}},
    }  # fmt: skip


def _two_sided(draw: Random, count: int, sharp: float) -> dict[str, Any]:
    stake, bias = round(draw.uniform(2.0, 8.0), 2), draw.choice((0.0, 0.01, 0.1))
    chicken = draw.random() < 0.5
    actors = {}
    for k in range(count):
        others = " or ".join(f"x{j} == hard" for j in range(count) if j != k)
        own = 1.0 + bias * k
        pays = ((0.0, -0.7), (1.0, -1.7)) if chicken else ((0.5, -1.0), (-1.0, 0.6))
        interests = {
            f"i{mine}{theirs}": {
                "when": f"x{k} == {level} and {'' if theirs else 'not '}({others})",
                "worth": f"stake * {pays[mine][theirs] * own}",
            }
            for mine, level in enumerate(("soft", "hard"))
            for theirs in (0, 1)
        }
        actors[f"a{k}"] = {
            "acts": f"{draw.randint(4, 40)} per year" if bias else "12 per year",
            "discount": "50% per year",
            "rationality": sharp,
            "interests": interests,
            "actions": {
                "harden": {"when": f"x{k} == soft", "then": {f"x{k}": "hard"}, "worth": "0 - cost"},
                "soften": {"when": f"x{k} == hard", "then": {f"x{k}": "soft"}, "worth": "0 - cost"},
            },
        }
    return {
        "variables": {f"x{k}": {"levels": ["soft", "hard"], "start": "soft"} for k in range(count)},
        "parameters": {
            "stake": {"value": f"{stake} per year", "prior": f"normal(mean={stake} per year, sd=1 per year)"},
            "cost": {"value": 0.5, "prior": "lognormal(median=0.5, spread=1.4)"},
        },
        "actors": actors,
        "outcomes": {
            "hard": {"at": "x0 == hard", "wanted": "less"},
            "both": {"share": "x0 == hard and x1 == hard", "wanted": "less"},
            "ever": {"ever": "x0 == hard and x1 == hard", "within": "2 months"},
        },
        "measures": {"dearer": {"set": {"cost": "cost * 1.5"}, "cost": 1},
                     "held": {"disable": "a0.harden", "cost": 3}},
    }  # fmt: skip


class _Maker:
    """Draws the parts of a scenario."""

    def __init__(self, draw: Random, plain: bool) -> None:
        self.draw, self.plain = draw, plain
        lists: dict[str, tuple[str, ...]] = {}
        while not lists or prod(map(len, lists.values())) < 5:
            lists[f"v{len(lists)}"] = LEVELS[: draw.choice((2, 2, 3, 4))]
        most = draw.choice((12, 30, 60) if plain else (12, 30, 60, 120, MOST))
        while draw.random() < 0.9:
            more = LEVELS[: draw.choice((2, 2, 3, 4))]
            if prod(map(len, lists.values())) * len(more) > most:
                break
            lists[f"v{len(lists)}"] = more
        self.lists, self.names = lists, list(lists)
        self.people = [f"p{k}" for k in range(draw.choice((1, 2, 2, 3, 4) if not plain else (1, 2, 2, 3)))]
        self.dates = [] if plain or self.chance(70) else ["summit", "vote"][: draw.choice((1, 2))]
        self.shocks = draw.choice(("control", "control", "control", "private", "noise"))
        self.ordered = {name: self.chance(50) for name in self.names}

    def chance(self, percent: float) -> bool:
        return self.draw.random() * 100 < percent

    def pick(self, options: Any) -> Any:
        return self.draw.choice(list(options))

    def scenario(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "bystander": 1,
            "title": "Plain" if self.plain else "Mixed",
            "as_of": "2022-10-15",
            "horizon": self.pick(("1 year", "18 months", "100 days", *UNTIL[self.plain :])),
            "settings": {"shocks": self.shocks},
            "variables": {name: self.variable(name) for name in self.names},
            "conditions": {"hot": self.condition(2)},
            "parameters": self.parameters(),
        }  # fmt: skip
        if self.chance(50):
            data["given"] = "hot"
        if self.dates:
            data["calendar"] = {name: self.date(k) for k, name in enumerate(self.dates)}
        data["actors"] = {name: self.actor() for name in self.people}
        data["hazards"] = {f"h{k}": self.hazard() for k in range(self.pick((1, 2, 3)))}
        for name in self.names:
            if self.chance(70):
                data["hazards"] |= self.drift(name)
        if self.chance(60):
            members = self.draw.sample(self.people, self.draw.randint(1, len(self.people)))
            decisions = {f"d{k}": self.decision(members) for k in range(self.pick((1, 1, 2)))}
            data["institutions"] = {"body": {"members": members, "decisions": decisions}}
        self.moves = [f"nature.{name}" for name in data["hazards"]]
        self.moves += [f"{name}.{a}" for name, body in data["actors"].items() for a in body["actions"]]
        if "institutions" in data:
            self.moves += [f"body.{name}" for name in data["institutions"]["body"]["decisions"]]
        data["outcomes"] = {f"o{k}": self.outcome() for k in range(self.pick((2, 3, 4, 6)))}
        return data | self.asked(data["outcomes"])

    def parameters(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "gain": {"value": "3 per year", "prior": "lognormal(median=3 per year, spread=1.5)"},
            "speed": {"value": "5 per year", "prior": "lognormal(median=5 per year, spread=2)"},
            "k": {"value": 0.7, "prior": "normal(mean=0.7, sd=0.2)"},
            "p": {"value": "30%", "prior": "beta(mean=0.3, n=12)"},
            "soon": "2 weeks",
        }
        if self.plain or self.chance(30):
            made = {name: body["value"] if isinstance(body, dict) else body for name, body in made.items()}
        return made

    def variable(self, name: str) -> dict[str, Any]:
        levels = self.lists[name]
        start: Any = self.pick(levels)
        if self.chance(25):
            start = {levels[0]: 0.25, levels[1]: 0.75}
        return {"levels": list(levels), "ordered": self.ordered[name], "start": start}

    def atom(self, name: str) -> str:
        levels = self.lists[name]
        level = self.pick(levels)
        forms = [f"{name} == {level}", f"{name} != {level}"]
        if len(levels) > 2:
            forms.append(f"{name} in [{level}, {levels[0]}]")
        if self.ordered[name]:
            forms += [f"{name} >= {levels[1]}", f"{name} < {levels[-1]}"]
        return self.pick(forms)

    def condition(self, terms: int = 2) -> str:
        chosen = self.draw.sample(self.names, min(self.draw.randint(1, terms), len(self.names)))
        return f" {self.pick(('and', 'or'))} ".join(self.atom(name) for name in chosen)

    def worth(self) -> str:
        when = self.condition()
        return self.pick(("0.5", "-1.2", "k", "-3", "0 - k * 2", f"k if {when} else 0.3", "1 if hot else -2"))

    def flow(self) -> str:
        when = self.condition()
        return self.pick(("gain", "-14 per year", "6 per year", f"gain * k if {when} else 1 per month"))

    def rate(self) -> str:
        when = f"before {self.pick(self.dates)}" if self.dates and self.chance(40) else self.condition()
        forms = ("speed", "every 3 weeks", "every soon", "2 per month", "20 per year", "once in 2 years")
        return self.pick((*forms, f"speed if {when} else never", f"every (3 days if {when} else soon)"))

    def then(self) -> Any:
        if self.chance(60):
            return self.changes()
        first = self.pick(("70%", "p", "0.25", f"p if {self.condition()} else 0%"))
        return [{"chance": first, **self.changes()}, {"chance": "rest", **self.changes()}]

    def changes(self) -> dict[str, str]:
        chosen = self.draw.sample(self.names, min(self.pick((1, 1, 2)), len(self.names)))
        return {name: self.pick(self.lists[name]) for name in chosen}

    def move(self) -> dict[str, Any]:
        body: dict[str, Any] = {"then": self.then()}
        if self.chance(80):
            body["when"] = self.condition()
            if self.dates and self.chance(25):
                body["when"] = f"({body['when']}) and after {self.pick(self.dates)}"
        if self.chance(30):
            body["impacts"] = {self.pick(self.people): self.worth()}
        return body

    def hazard(self) -> dict[str, Any]:
        if self.chance(50):
            return {**self.move(), "every": self.pick(("3 weeks", "soon", "2 months", "soon * 4"))}
        return {**self.move(), "rate": self.rate().replace("once in", "every")}

    def drift(self, name: str) -> dict[str, Any]:
        """Let a variable wander over its levels by chance, so that most situations can occur."""
        levels, pace = self.lists[name], ("every soon", "4 per year", "2 per month", "every 5 weeks")
        made = {}
        for low, high in pairwise(levels):
            made[f"{name}_{high}"] = {
                "when": f"{name} == {low}",
                "rate": self.pick(pace),
                "then": {name: high},
            }
            if self.chance(70):
                made[f"{name}_{low}"] = {
                    "when": f"{name} == {high}",
                    "rate": self.pick(pace),
                    "then": {name: low},
                }
        return made

    def actor(self) -> dict[str, Any]:
        interests = {}
        for k in range(self.pick((0, 1, 2, 2))):
            interests[f"i{k}"] = {"worth": self.flow(), "when": self.condition()}
        actions = {}
        for k in range(self.pick((0, 1, 1, 2))):
            actions[f"a{k}"] = {**self.move(), "worth": self.worth(), **self.habit()}
        return {
            "acts": self.rate().replace("once in", "every"),
            "discount": self.pick(("50% per year", "gain / 6", "1 per year")),
            "rationality": self.pick(("1", "0.5", "k", "2")),
            "interests": interests,
            "actions": actions,
        }

    def habit(self) -> dict[str, str]:
        forms = ("5%", "(p + 10%) / 4", "once in 3 years", "2%")
        return {"habit": self.pick(forms)} if self.shocks == "control" and self.chance(70) else {}

    def rule(self, members: list[str]) -> Any:
        weights = {member: self.draw.randint(1, 3) for member in members}
        quota = self.draw.randint(1, sum(weights.values()))
        rules: list[Any] = ["consensus", "unanimity minus one", "majority", {"leader": self.pick(members)}]
        rules += [
            {"quorum": self.draw.randint(1, len(members))},
            {"weighted": {"weights": weights, "quota": quota}},
        ]
        if not self.plain:
            rules += ["silence", {"silence": self.draw.randint(1, len(members))}, {"majority": "2/3"}]
            rules += [{"quorum": self.draw.randint(1, len(members)), "veto": [self.pick(members)]}]
            rules += [{"majority": {"share": "60%", "weights": weights}}]
        return self.pick(rules)

    def decision(self, members: list[str]) -> dict[str, Any]:
        body = {
            **self.move(),
            "rule": self.rule(members),
            "proposed": self.rate().replace("once in", "every"),
        }
        if self.chance(30):
            recused = self.draw.sample(members, 1)
            body["recuse"] = recused if self.chance(50) else {member: self.condition() for member in recused}
        if self.chance(50):
            body["worth"] = {self.pick(members): self.worth()}
        silent = body["rule"] == "silence" or (isinstance(body["rule"], dict) and "silence" in body["rule"])
        if silent and self.chance(50):
            body["habit"] = "95%"
        elif silent or (self.shocks == "control" and self.chance(60)):
            body["habit"] = "35%" if self.chance(50) else {self.pick(members): "60%", "all": "35%"}
        return body

    def date(self, place: int) -> dict[str, Any]:
        body: dict[str, Any] = {"date": ("2022-12-01", "2023-01-20")[place]}
        if self.chance(60):
            body |= {"when": self.condition(), "then": self.then()}
        if self.chance(60):
            body["impacts"] = {self.pick(self.people): self.worth()}
        return body

    def outcome(self) -> dict[str, Any]:
        a, b, move = self.condition(), self.condition(), self.pick(self.moves)
        body: dict[str, Any] = self.pick((
            {"ever": a}, {"ever": a}, {"at": a}, {"share": a}, {"fires": [move]}, {"counts": [move]},
            {"time_to": a}, {"before": {"first": a, "than": b}}, {"long_run": a},
            {"on_moves": {move: "40 people"}},
            {"accumulates": {a: "10 people per day"}, "on_moves": {move: "40 people"}},
            {"accumulates": {a: "1 day per day"}},
        ))  # fmt: skip
        kind = next(iter(body))
        if kind not in ("time_to", "before", "long_run") and self.chance(40):
            body["within"] = self.pick(("2 months", "10 weeks", "30 days"))
        if self.chance(25):
            body["given"] = self.pick(("hot", self.condition()))
        if self.chance(50):
            body["wanted"] = self.pick(("less", "more"))
        if self.chance(15):
            body["headline"] = False
        return body

    def asked(self, outcomes: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        chances = [name for name, body in outcomes.items() if {"ever", "at", "fires", "before"} & set(body)]
        if chances and self.chance(60):
            name = self.pick(chances)
            made["judgements"] = {"likely": {"says": "It is likely", "holds": f"P({name}) > 50%"}}
            if "before" not in outcomes[name]:
                made["judgements"]["soon"] = {"says": "Soon", "holds": f"P({name} | within 20 days) < 40%"}
        if self.chance(70):
            made["measures"] = {
                "slower": {"set": {"speed": "speed / 2"}, "cost": 1},
                "shut": {"disable": self.pick(self.moves), "cost": 2},
                "else_": {"start": {(name := self.pick(self.names)): self.pick(self.lists[name])}},
                "dose": {"intensities": {"some": {"set": {"k": 0.4}}, "much": {"set": {"k": 0.1}}}},
            }
            gone = self.draw.randint(0, 3)
            made["measures"] = dict(self.draw.sample(list(made["measures"].items()), 4 - gone))
        if self.chance(25):
            made["rivals"] = {
                "greedy": {"set": {"gain": "9 per year"}},
                "idle": {"set": {"gain": "0 per year"}},
            }
        acts = [move for move in self.moves if not move.startswith("nature.")]
        if acts and self.chance(40):
            owner, _, move = self.pick(acts).partition(".")
            made["asks"] = {"why": {"party": owner, "moves": [move]}}
        return made

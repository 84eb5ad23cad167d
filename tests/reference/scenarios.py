"""Random valid scenarios, as plain data that the reader accepts.

`scenarios()` is a Hypothesis strategy; `read(data)` reads one. Guards are satisfiable, chances sum to 1 and
every name exists, so all of them compile; levels and moves may well be unreachable, and members may be
recused until nobody votes.
"""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from hypothesis import strategies as st

from bystander.scenario import Scenario, read_data

LETTERS = "abcd"


def read(data: dict[str, Any]) -> Scenario:
    return read_data(data)


@st.composite
def scenarios(
    draw, *, variables=(2, 4), levels=(2, 3), actors=(1, 3), moves=(0, 2), institutions=True, structural=True
):
    """A scenario with hazards, actions, decisions under every rule, lotteries, conditions and parameters.

    ``structural``: guards may mention parameters.
    """
    count = draw(st.integers(*variables))
    names = [f"v{i}" for i in range(count)]
    lists = {name: list(LETTERS[: draw(st.integers(*levels))]) for name in names}
    ordered = {name: draw(st.booleans()) for name in names}
    people = [f"actor{i}" for i in range(draw(st.integers(*actors)))]
    made = _Maker(draw, names, lists, ordered, people, structural)
    data = {
        "bystander": 1,
        "title": "Random",
        "as_of": "2022-10-15",
        "horizon": "1 year",
        "settings": {"shocks": draw(st.sampled_from(["control", "private", "noise"]))},
        "variables": {name: made.variable(name) for name in names},
        "conditions": {"hot": made.condition(2)},
        "parameters": {"gain": "3 per year", "speed": "5 per year", "k": 0.7, "p": "30%", "soon": "2 weeks"},
        "actors": {name: made.actor(name, draw(st.integers(*moves))) for name in people},
        "hazards": {f"hazard{i}": made.hazard() for i in range(draw(st.integers(1, 1 + moves[1])))},
    }
    if institutions and draw(st.booleans()):
        members = draw(st.lists(st.sampled_from(people), min_size=1, unique=True))
        decisions = {f"decision{i}": made.decision(members) for i in range(draw(st.integers(1, 2)))}
        data["institutions"] = {"council": {"members": members, "decisions": decisions}}
    return data


class _Maker:
    def __init__(self, draw, names, lists, ordered, people, structural):
        self.draw, self.names, self.lists, self.ordered, self.people = draw, names, lists, ordered, people
        self.structural = structural

    def pick(self, options):
        return self.draw(st.sampled_from(options))

    def chance(self, percent=50):
        return self.draw(st.integers(0, 99)) < percent

    def variable(self, name):
        levels = self.lists[name]
        start: Any = self.pick(levels)
        if self.chance(30):
            start = {levels[0]: 0.25, levels[1]: 0.75}
        return {"levels": levels, "ordered": self.ordered[name], "start": start}

    def atom(self, name):
        levels = self.lists[name]
        level = self.pick(levels)
        forms = [f"{name} == {level}", f"{name} != {level}", f"{name} in [{level}, {levels[0]}]"]
        if len(levels) > 2:
            forms.append(f"{name} not in [{levels[0]}, {levels[1]}]")
        if self.ordered[name]:
            forms += [f"{name} >= {level}", f"{levels[0]} < {name}"]
        return self.pick(forms)

    def condition(self, terms=2):
        chosen = self.draw(st.lists(st.sampled_from(self.names), min_size=1, max_size=terms, unique=True))
        text = f" {self.pick(['and', 'or'])} ".join(self.atom(name) for name in chosen)
        return f"not ({text})" if len(chosen) == 1 and "==" in text and self.chance(20) else text

    def guard(self):
        if self.chance(20):
            return None
        text = self.condition()
        if self.structural and self.chance(10):
            text = f"{text} or k > 1"
        return text

    def worth(self):
        forms = [
            "0.5",
            "-1.2",
            "k",
            "-k * 2",
            f"k if {self.condition()} else 0.3",
            "1 if hot else -p",
            "exp(-k)",
        ]
        return self.pick(forms)

    def flow(self):
        return self.pick(
            ["gain", "-14 per year", f"gain * k if {self.condition()} else 1 per month", "-gain / 2"]
        )

    def rate(self):
        forms = [
            "speed",
            "every 3 weeks",
            "every soon",
            f"speed if {self.condition()} else never",
            "2 per month",
        ]
        return self.pick([*forms, f"every (3 days if {self.condition()} else soon)", "speed * (1 + k)"])

    def changes(self):
        fewest = 0 if self.chance(5) else 1
        chosen = self.draw(st.lists(st.sampled_from(self.names), min_size=fewest, max_size=2, unique=True))
        return {name: self.pick(self.lists[name]) for name in chosen}

    def then(self):
        if self.chance(60):
            return self.changes()
        first = self.pick(["70%", "p", "0.25", f"p if {self.condition()} else 0%", "1"])
        branches = [{"chance": first, **self.changes()}]
        if self.chance(30) and first in ("p", "0.25"):
            branches.append({"chance": "0.1", **self.changes()})
        return [*branches, {"chance": "rest", **self.changes()}]

    def move(self):
        body: dict[str, Any] = {"then": self.then()}
        guard = self.guard()
        if guard:
            body["when"] = guard
        if self.chance(40):
            body["impacts"] = {self.pick(self.people): self.worth()}
        return body

    def hazard(self):
        return {**self.move(), "rate": self.rate()}

    def actor(self, name, moves):
        interests = {f"interest{i}": self.interest() for i in range(self.draw(st.integers(0, 2)))}
        actions = {f"action{i}": {**self.move(), "worth": self.worth(), **self.habit()} for i in range(moves)}
        return {
            "acts": self.rate(),
            "discount": self.pick(["50% per year", "speed / 10", "1 per year"]),
            "rationality": self.pick(["1", "0.5", "k", "0"]),
            "interests": interests,
            "actions": actions,
        }

    def habit(self):
        if self.chance(40):
            return {}
        forms = ["5%", "(p + 10%) / 4", "once in 3 years", "speed / 40"]
        forms.append(f"k / 4 if {self.condition()} else 10%")
        return {"habit": self.pick(forms)}

    def interest(self):
        body = {"worth": self.flow()}
        if self.chance(70):
            body["when"] = self.condition()
        return body

    def decision(self, members):
        total = len(members)
        rules: list[Any] = ["consensus", "unanimity minus one", "majority", {"leader": self.pick(members)}]
        rules.append({"quorum": self.draw(st.integers(1, total))})
        weights = {member: self.draw(st.integers(1, 3)) for member in members}
        rules.append(
            {"weighted": {"weights": weights, "quota": self.draw(st.integers(1, sum(weights.values())))}}
        )
        body = {**self.move(), "rule": self.pick(rules), "proposed": self.rate()}
        if self.chance(50):
            recused = self.draw(st.lists(st.sampled_from(members), unique=True))
            as_list = self.chance(50)
            body["recuse"] = recused if as_list else {member: self.condition() for member in recused}
        if self.chance(50):
            body["worth"] = {self.pick(members): self.worth()}
        if self.chance(60):
            one, other = self.habit().get("habit", "60%"), self.habit().get("habit", "35%")
            body["habit"] = one if self.chance(50) else {self.pick(members): one, "all": other}
        if "when" not in body and self.chance(50):
            body["request"] = self.condition(1)
        return body


def shuffled(data: dict[str, Any], random: Random) -> dict[str, Any]:
    """Say the same scenario in another order."""
    other = copy.deepcopy(data)
    for section in ("variables", "parameters", "actors", "hazards"):
        items = list(other[section].items())
        random.shuffle(items)
        other[section] = dict(items)
    for actor in other["actors"].values():
        actor["actions"] = dict(reversed(actor["actions"].items()))
        actor["interests"] = dict(reversed(actor["interests"].items()))
    for variable in other["variables"].values():
        if not variable["ordered"]:
            variable["levels"] = variable["levels"][::-1]
    for institution in other.get("institutions", {}).values():
        institution["members"] = institution["members"][::-1]
        institution["decisions"] = dict(reversed(institution["decisions"].items()))
    return other

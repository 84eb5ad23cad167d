"""A second reading of docs/theory: dense, slow, and sharing nothing with the package.

A `World` is made from the text of a scenario (no ``use``) over the full product of levels. `solve` finds the
equilibrium by Newton's method along the tracing path; `Process` answers questions with dense
matrix exponentials. Votes are enumerated ballot by ballot.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

import numpy as np
from ruamel.yaml import YAML
from scipy.linalg import expm

from reference.oracle_words import Words


@dataclass
class Move:
    """A move over all N situations: where it is open, how often it comes up, where it leads, what it pays."""

    name: str
    kind: str
    owner: int
    open: np.ndarray
    rate: np.ndarray
    to: np.ndarray
    pays: np.ndarray
    weight: np.ndarray
    quota: np.ndarray
    habit: np.ndarray | None = None
    vote_habit: np.ndarray | None = None


@dataclass
class World:
    """A scenario over the full product of levels."""

    data: dict
    rows: list
    words: list
    actors: list
    moves: list
    flow: np.ndarray
    pace: np.ndarray
    discount: np.ndarray
    rationality: np.ndarray
    start: np.ndarray
    shocks: str

    def mask(self, condition):
        return np.array([words.holds(condition) for words in self.words])

    def numbers(self, text):
        return np.array([float(words.value(text)) for words in self.words])


def world_of(text_or_data) -> World:
    """Read a scenario."""
    data = YAML(typ="safe").load(text_or_data) if isinstance(text_or_data, str) else text_or_data
    variables = {name: [str(x) for x in body["levels"]] for name, body in data["variables"].items()}
    plain = Words({}, {}, {}, {})
    parameters = {
        name: plain.value(body["value"] if isinstance(body, dict) else body)
        for name, body in data.get("parameters", {}).items()
    }
    conditions = data.get("conditions", {})
    rows = list(itertools.product(*variables.values()))
    words = [Words(variables, dict(zip(variables, row, strict=True)), parameters, conditions) for row in rows]
    actors = list(data.get("actors", {}))
    start = np.ones(len(rows))
    for position, (name, levels) in enumerate(variables.items()):
        given = data["variables"][name]["start"]
        chances = (
            {str(k): plain.value(v) for k, v in given.items()}
            if isinstance(given, dict)
            else {str(given): 1.0}
        )
        assert set(chances) <= set(levels)
        start *= [chances.get(row[position], 0.0) for row in rows]
    bodies = data.get("actors", {}).values()
    flow = np.zeros((len(rows), len(actors)))
    for a, body in enumerate(bodies):
        for interest in body.get("interests", {}).values():
            flow[:, a] += [
                w.value(interest["worth"]) if w.holds(interest.get("when")) else 0.0 for w in words
            ]
    return World(
        data=data,
        rows=rows,
        words=words,
        actors=actors,
        moves=list(_moves(data, rows, words, actors, list(variables))),
        flow=flow,
        pace=np.array([[w.value(body.get("acts", "never")) for body in bodies] for w in words]).reshape(
            flow.shape
        ),
        discount=np.array([words[0].value(body.get("discount") or body["patience"]) for body in bodies]),
        rationality=np.array([float(words[0].value(body.get("rationality", 1))) for body in bodies]),
        start=start,
        shocks=data.get("settings", {}).get("shocks", "control" if _has_habit(data) else "private"),
    )


def _has_habit(data):
    choices = [a for body in data.get("actors", {}).values() for a in body.get("actions", {}).values()]
    for institution in data.get("institutions", {}).values():
        choices += institution.get("decisions", {}).values()
    return any(choice.get("habit") for choice in choices)


def _moves(data, rows, words, actors, names):
    index = {row: s for s, row in enumerate(rows)}
    n, count = len(rows), len(actors)

    def move(name, kind, owner, body, institution=None):
        if not body.get("enabled", True):
            return
        made = Move(
            name,
            kind,
            owner,
            np.zeros(n, bool),
            np.zeros(n),
            np.zeros((n, n)),
            np.zeros((n, count)),
            np.zeros((n, count)),
            np.ones(n),
            np.full(n, np.nan) if kind == "action" and "habit" in body else None,
            np.full((n, count), 0.5),
        )
        pace = data["actors"][actors[owner]].get("acts", "never") if kind == "action" else speed_of(body)
        for s, w in enumerate(words):
            if not (w.holds(body.get("when")) and w.holds(body.get("request"))):
                continue
            made.open[s] = True
            made.rate[s] = w.value(speed_of(body))
            if made.habit is not None:
                made.habit[s] = _usual(body["habit"], pace, w)
            for chance, changes in _branches(body["then"], w):
                target = tuple(str(changes.get(x, level)) for x, level in zip(names, rows[s], strict=True))
                if chance > 0:
                    made.to[s, index[target]] += chance
            for actor, impact in body.get("impacts", {}).items():
                made.pays[s, actors.index(actor)] += w.value(impact)
            if kind == "action":
                made.pays[s, owner] += w.value(body.get("worth", 0))
            if institution is not None:
                made.weight[s], made.quota[s] = _electorate(body, institution["members"], w, actors)
                stated = body.get("habit", {})
                stated = stated if isinstance(stated, dict) else {"all": stated}
                for member in institution["members"]:
                    if member in stated or "all" in stated:
                        usual = _usual(stated.get(member, stated.get("all")), pace, w)
                        made.vote_habit[s, actors.index(member)] = usual
                for member, worth in body.get("worth", {}).items():
                    if made.weight[s, actors.index(member)] > 0:
                        made.pays[s, actors.index(member)] += w.value(worth)
        yield made

    for name, body in data.get("hazards", {}).items():
        yield from move(f"nature.{name}", "hazard", -1, body)
    for owner, institution in data.get("institutions", {}).items():
        for name, body in institution["decisions"].items():
            yield from move(f"{owner}.{name}", "decision", -1, body, institution)
    for a, (owner, actor) in enumerate(data.get("actors", {}).items()):
        for name, body in actor.get("actions", {}).items():
            yield from move(f"{owner}.{name}", "action", a, body)


def speed_of(body):
    """How often a hazard happens or a decision is proposed; 0 for an action."""
    return body.get("proposed") or body.get("rate") or (f"every ({body['every']})" if "every" in body else 0)


def _usual(habit, pace, words):
    """A habit as a chance per opportunity: a text with a time in it is a rate."""
    text = re.sub(r"\bonce in\b", "every", str(habit))
    if not re.search(r"\b(every|per|speed)\b", text):
        return words.value(text)
    often = words.value(pace)
    return words.value(text) / often if often else 0.0


def _branches(then, words):
    if isinstance(then, dict):
        return [(1.0, then)]
    left, found = 1.0, []
    for branch in then:
        chance = left if branch["chance"] == "rest" else words.value(branch["chance"])
        left -= chance
        found.append((chance, {name: level for name, level in branch.items() if name != "chance"}))
    return found


def _electorate(body, members, words, actors):
    recuse = body.get("recuse", {})
    recused = dict.fromkeys(recuse, True) if isinstance(recuse, list) else recuse
    voting = [
        m
        for m in members
        if m not in recused or not words.holds(recused[m] if recused[m] is not True else None)
    ]
    rule = body["rule"]
    kind, detail = (rule, None) if isinstance(rule, str) else next(iter(rule.items()))
    weights = dict.fromkeys(voting, 1)
    if kind == "weighted":
        weights = {m: detail["weights"].get(m, 0) for m in voting}
    elif kind == "leader":
        weights = {m: 1 for m in voting if m == detail}
    voters = sum(w > 0 for w in weights.values())
    needed = {
        "consensus": voters,
        "unanimity minus one": max(voters - 1, 1),
        "majority": voters / 2 + 0.5,
        "weighted": detail["quota"] if kind == "weighted" else 0,
        "leader": 1,
        "quorum": detail,
    }[kind]
    row = np.zeros(len(actors))
    for member, weight in weights.items():
        row[actors.index(member)] = weight
    return row, needed if voters else np.inf


@dataclass
class Behaviour:
    """How often each move fires (N per move), and choices: chance of each action, and each vote."""

    values: np.ndarray
    rates: dict = field(default_factory=dict)
    choice: dict = field(default_factory=dict)
    yes: dict = field(default_factory=dict)
    shocks: np.ndarray | None = None


def violation(world: World, values, t=1.0):
    """The value equations at V: right side minus left side, and the behaviour that V implies."""
    n, count = values.shape
    beta = world.rationality
    total = world.flow - world.discount * values
    found = Behaviour(values, shocks=np.zeros((n, count)))
    for move in world.moves:
        gain = move.pays + move.to @ values - values
        gain[~move.open] = 0.0
        if move.kind == "hazard":
            found.rates[move.name] = move.rate * move.open
            total += found.rates[move.name][:, None] * gain
        elif move.kind == "decision":
            _vote(world, move, gain, t, total, found)
    for j in range(count):
        menu = [move for move in world.moves if move.owner == j]
        if not menu:
            continue
        ahead = np.stack([values[:, j], *(m.pays[:, j] + m.to @ values[:, j] for m in menu)], axis=1)
        possible = np.stack([np.ones(n, bool), *(m.open for m in menu)], axis=1)
        usual = _menu_habits(menu, possible) if world.shocks == "control" else np.ones(ahead.shape)
        scaled = np.where(possible, t * beta[j] * ahead, -np.inf)
        top = scaled.max(axis=1, keepdims=True)
        chance = np.exp(scaled - top) * usual
        chance /= chance.sum(axis=1, keepdims=True)
        worth = (chance * np.where(possible, ahead, 0.0)).sum(axis=1)
        if world.shocks != "noise" and beta[j] > 0:
            odds = np.where(chance > 0, chance, 1.0) / np.where(chance > 0, usual, 1.0)
            entropy = -(chance * np.log(odds)).sum(axis=1)
            found.shocks[:, j] += world.pace[:, j] * t * entropy / beta[j]
            if t == 1.0:
                literal = (top[:, 0] + np.log((usual * np.exp(scaled - top)).sum(axis=1))) / beta[j]
                assert np.allclose(worth + entropy / beta[j], literal, rtol=1e-11, atol=1e-11)
        total[:, j] += world.pace[:, j] * (worth - values[:, j])
        for m, p in zip(menu, chance.T[1:], strict=True):
            found.choice[m.name] = p
            found.rates[m.name] = world.pace[:, j] * p * m.open
            for i in range(count):
                if i != j:
                    gain = m.pays[:, i] + m.to @ values[:, i] - values[:, i]
                    total[:, i] += found.rates[m.name] * np.where(m.open, gain, 0.0)
    return total + found.shocks, found


def _menu_habits(menu, possible):
    """Habits of waiting and of each option where it is open; those not stated share with waiting."""
    stated = np.array([False, *(m.habit is not None for m in menu)])
    named = np.stack(
        [np.zeros(len(possible)), *(np.zeros(len(possible)) if m.habit is None else m.habit for m in menu)]
    )
    known = np.where(possible & stated, named.T, 0.0)
    rest = (1 - known.sum(axis=1)) / (possible & ~stated).sum(axis=1)
    return np.where(possible, np.where(stated, known, rest[:, None]), 0.0)


def null_rates(world):
    """How often each move fires in each situation when nobody has anything at stake."""
    rates = {}
    for move in world.moves:
        rates[move.name] = move.rate * move.open
        if move.kind == "decision":
            passes = np.zeros(len(world.rows))
            for ballot in itertools.product((0, 1), repeat=len(world.actors)):
                cast = np.array(ballot)
                chance = np.where(cast == 1, move.vote_habit, 1 - move.vote_habit)
                passes += np.where(move.weight > 0, chance, cast == 0).prod(axis=1) * (
                    move.weight @ cast >= move.quota
                )
            rates[move.name] = rates[move.name] * passes
    for j in range(len(world.actors)):
        menu = [move for move in world.moves if move.owner == j]
        possible = np.stack([np.ones(len(world.rows), bool), *(m.open for m in menu)], axis=1)
        for m, usual in zip(menu, _menu_habits(menu, possible).T[1:], strict=True):
            rates[m.name] = world.pace[:, j] * usual
    return rates


def habit_odds(world, move, a):
    """Log-odds of an actor's move or vote when nothing is at stake, in each situation where it is open."""
    if world.shocks != "control":
        return np.zeros(len(world.rows))
    if move.kind == "decision":
        return np.log(move.vote_habit[:, a] / (1 - move.vote_habit[:, a]))
    menu = [m for m in world.moves if m.owner == a]
    usual = _menu_habits(menu, np.stack([np.ones(len(world.rows), bool), *(m.open for m in menu)], axis=1))
    which = [m is move for m in menu].index(True)
    return np.where(move.open, np.log(np.where(move.open, usual[:, 1 + which], 1.0) / usual[:, 0]), 0.0)


def _vote(world, move, gain, t, total, found):
    beta = world.rationality
    n, count = gain.shape
    usual = move.vote_habit if world.shocks == "control" else np.full((n, count), 0.5)
    lean = t * beta * gain
    yes = usual * np.exp(lean) / (usual * np.exp(lean) + 1 - usual)
    passes, decisive, anyway = np.zeros(n), np.zeros((n, count)), np.zeros((n, count))
    votes = move.weight > 0
    for ballot in itertools.product((0, 1), repeat=count):
        cast = np.array(ballot)
        chance = np.where(votes, np.where(cast == 1, yes, 1 - yes), cast == 0).prod(axis=1)
        tally = move.weight @ cast
        passes += chance * (tally >= move.quota)
        for m in range(count):
            others = tally - cast[m] * move.weight[:, m]
            anyway[:, m] += chance * (others >= move.quota)
            decisive[:, m] += chance * ((others < move.quota) & (others + move.weight[:, m] >= move.quota))
    rate = move.rate * move.open
    found.rates[move.name] = rate * passes
    found.choice[move.name] = passes
    found.yes[move.name] = np.where(votes, yes, np.nan)
    entropy = np.log(1 - usual + usual * np.exp(lean)) - yes * lean
    if world.shocks == "private":
        entropy += np.log(2.0)
    for m in range(count):
        voted = decisive[:, m] * yes[:, m] * gain[:, m] + anyway[:, m] * gain[:, m]
        total[:, m] += rate * np.where(votes[:, m], voted, passes * gain[:, m])
        if world.shocks != "noise" and beta[m] > 0:
            found.shocks[:, m] += rate * np.where(
                votes[:, m], decisive[:, m] * t * entropy[:, m] / beta[m], 0.0
            )


def newton(world, values, t):
    """Solve the equations at one point of the path, or return None; a Jacobian serves several steps."""
    least = np.inf
    for _ in range(12):
        columns = []
        for c in range(values.size):
            step = np.zeros(values.size)
            step[c] = 1e-5
            step = step.reshape(values.shape)
            up, down = violation(world, values + step, t)[0], violation(world, values - step, t)[0]
            columns.append((up - down).ravel() / 2e-5)
        jacobian = np.array(columns).T
        if not np.isfinite(jacobian).all() or np.linalg.cond(jacobian) > 1e15:
            return None
        jacobian = np.linalg.inv(jacobian)
        for _ in range(8):
            gap = violation(world, values, t)[0].ravel()
            move = jacobian @ gap
            size = np.abs(move).max() / max(1.0, np.abs(values).max())
            if size < 1e-9 and size >= 0.5 * least:
                return values
            least = size
            values = values - move.reshape(values.shape)
            if not np.isfinite(values).all() or least > 1e6:
                return None
    return None


def solve(world: World, steps=4) -> Behaviour:
    """Trace the equilibrium from uniform behaviour."""
    values = np.zeros((len(world.rows), len(world.actors)))
    if values.size:
        t, step = 0.0, 1.0 / steps
        values = newton(world, values, t)
        while t < 1.0:
            found = newton(world, values, min(t + step, 1.0))
            if found is None:
                step /= 2
                assert step > 1e-6, "the path ends"
            else:
                t, values = min(t + step, 1.0), found
                step *= 1.5
    return violation(world, values)[1]


class Process:
    """The jump process of a behaviour, and what may be asked of it."""

    def __init__(self, world: World, behaviour: Behaviour):
        self.world, self.behaviour = world, behaviour
        n = len(world.rows)
        self.flows = {m.name: behaviour.rates[m.name][:, None] * m.to for m in world.moves}
        self.moving = sum(self.flows.values(), np.zeros((n, n)))
        self.q = self.moving - np.diag(self.moving.sum(axis=1))
        self.horizon = world.words[0].value(world.data["horizon"])

    def reachable(self, stop=None):
        """Which situation can lead to which, stopping where told."""
        moving = self.moving.copy()
        if stop is not None:
            moving[stop] = 0.0
        reach = (moving > 0) | np.eye(len(moving), dtype=bool)
        for _ in range(12):
            reach = (reach.astype(int) @ reach.astype(int)) > 0
        return reach

    def integral(self, generator, start, time):
        """The expected time in each situation."""
        n = len(generator)
        block = np.zeros((2 * n, 2 * n))
        block[:n, :n], block[:n, n:] = generator, np.eye(n)
        return start @ expm(block * time)[:n, n:]

    def killed(self, target=None, fired=None):
        """The generator of what has neither entered a set nor fired a move."""
        out = self.q.copy()
        if fired is not None:
            for name in fired:
                out -= self.flows[name]
        if target is not None:
            out[target, :] = out[:, target] = 0.0
        return out

    def hit(self, start, time, target=None, fired=None):
        live = start.copy()
        if target is not None:
            live[target] = 0.0
        rest = live @ expm(self.killed(target, fired) * time)
        if target is not None:
            rest = rest[~target]
        return 1.0 - rest.sum()

    def clock(self, given):
        if given is None:
            return self.world.start
        mask = self.world.mask(given)
        live = np.where(mask, 0.0, self.world.start)
        days = self.integral(self.killed(mask), live, self.horizon)
        days[mask] = 0.0
        entered = np.where(mask, self.world.start + days @ self.moving, 0.0)
        return entered / entered.sum()

    def settle(self, live, ends, reward=0.0):
        """Expected reward while live, plus ``ends`` where it leaves: elimination without subtraction."""
        w, earned = self.moving.copy(), np.where(live, reward, 0.0)
        np.fill_diagonal(w, 0.0)
        order = np.flatnonzero(live)
        for position in range(len(order) - 1, -1, -1):
            s, before = order[position], order[:position]
            if w[s].sum() == 0:
                continue
            share = w[before, s] / w[s].sum()
            earned[before] += share * earned[s]
            w[before] += share[:, None] * w[s]
            w[before, s] = 0.0
            w[before, before] = 0.0
        value = np.where(live, 0.0, ends)
        for s in order:
            if w[s].sum() > 0:
                value[s] = (earned[s] + w[s] @ value) / w[s].sum()
        return value

    def before(self, start, first, than):
        return start @ self.settle(~(first | than), first.astype(float))

    def expected_time(self, start, target):
        reach = self.reachable(stop=target)
        sure = np.array([all(reach[u][target].any() for u in np.flatnonzero(row)) for row in reach])
        if (start[~sure] > 0).any():
            return np.inf
        return start @ self.settle(sure & ~target, 0.0, 1.0)

    def long_run(self, start):
        reach = self.reachable()
        n = len(start)
        closed = [s for s in range(n) if all(reach[u, s] for u in np.flatnonzero(reach[s]))]
        share, left = np.zeros(n), set(closed)
        while left:
            members = np.flatnonzero(reach[left.pop()])
            left -= set(members.tolist())
            others = np.setdiff1d(closed, members)
            chance = self.before(start, np.isin(np.arange(n), members), np.isin(np.arange(n), others))
            origin = np.arange(n) == members[0]
            inside = np.isin(np.arange(n), members) & ~origin
            out = self.moving[members[0]] * ~origin
            stay = [out @ self.settle(inside, 0.0, np.arange(n) == s) for s in members[1:]]
            days = np.array([1.0, *stay])
            share[members] += chance * days / days.sum()
        return share

    def answer(self, body, given=None, within=None):
        """Answer an outcome as it stands in a scenario."""
        world = self.world
        start = self.clock(given if given is not None else body.get("given"))
        time = body.get("within") if within is None else within
        time = self.horizon if time is None else world.words[0].value(time)
        if "ever" in body:
            return self.hit(start, time, target=world.mask(body["ever"]))
        if "fires" in body:
            return self.hit(start, time, fired=self._named(body["fires"]))
        if "at" in body:
            return start @ expm(self.q * time) @ world.mask(body["at"])
        if "share" in body:
            return self.integral(self.q, start, time) @ world.mask(body["share"]) / time
        if "counts" in body:
            rate = sum(self.behaviour.rates[name] for name in self._named(body["counts"]))
            return self.integral(self.q, start, time) @ rate
        if "time_to" in body:
            return self.expected_time(start, world.mask(body["time_to"]))
        if "before" in body:
            both = body["before"]
            return self.before(
                start, world.mask(both["first"]), world.mask(both["than"]) & ~world.mask(both["first"])
            )
        if "long_run" in body:
            return self.long_run(start) @ world.mask(body["long_run"])
        days = self.integral(self.q, start, time)
        total = 0.0
        for when, amount in body.get("accumulates", {}).items():
            total += days @ np.where(world.mask(when), world.numbers(amount), 0.0)
        for name, amount in body.get("on_moves", {}).items():
            total += days @ (self.behaviour.rates[name] * world.numbers(amount))
        return total

    def _named(self, names):
        return [names] if isinstance(names, str) else names

    def verdict(self, body):
        """Whether a judgement holds, and the numbers that its P and E come to, in order."""
        outcomes, found = self.world.data["outcomes"], []

        def ask(match):
            given, within = match[2], match[3]
            given = given.strip() if given else body.get("given")
            found.append(self.answer(outcomes[match[1]], given, within or body.get("within")))
            return f"({found[-1]!r})".replace("np.float64", "")

        pattern = r"[PE]\((\w+)\s*(?:\|\s*(?!within)([^,)]*?))?\s*[|,]?\s*(?:within ([^)]*))?\)"
        text = re.sub(pattern, ask, body["holds"])
        return self.world.words[0].holds(text), found

    def totals(self, actor):
        """Expected discounted total of each payoff term of an actor in each situation, by name."""
        world, data = self.world, self.world.data
        a = world.actors.index(actor)
        terms = {}
        for name, body in data["actors"][actor].get("interests", {}).items():
            terms[f"{actor}.{name}"] = np.where(
                world.mask(body.get("when")), world.numbers(body["worth"]), 0.0
            )
        for move in world.moves:
            terms[f"payoff of {move.name}"] = self.behaviour.rates[move.name] * move.pays[:, a]
        terms["shocks"] = self.behaviour.shocks[:, a]
        system = world.discount[a] * np.eye(len(self.q)) - self.q
        return {name: np.linalg.solve(system, rate) for name, rate in terms.items() if rate.any()}

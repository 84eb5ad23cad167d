"""From events to observations: which actor, place, kind and size is which class of a record.

A mapping is a file with sources::

    title: Clashes on the border
    dataset: ucdp
    source: UCDP GED 25.1
    from: 2010-01-01            # what the data set covers, if it lists such events completely
    until: 2022-12-31
    listed: 80%
    classes:
      fighting: {country: [Kyrgyzstan, Tajikistan], at_least: 10}
      clash: {country: [Kyrgyzstan, Tajikistan], below: 10}

A rule lists allowed values by column and bounds on the best number of dead; the first that fits gives an
event its class. Without ``from`` and ``until`` nothing is said of coverage: missing is not zero. An event
whose date is known to the day becomes a move on that day, else within its month or year. Both sides and low,
best and high stay in the text. Days with several events of one class make one observation with all their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bystander.errors import Mark, Problem, ScenarioError
from bystander.evidence.parts import Complaints
from bystander.evidence.record import MIDDAY, Cited, Observation, Record, Window, read_span, write_day
from bystander.scenario.nodes import Mapping as Nodes
from bystander.scenario.nodes import Node, Scalar
from bystander.scenario.nodes import Sequence as Items
from bystander.scenario.reading import parse_yaml, read_text

BOUNDS = ("at_least", "below")


@dataclass(frozen=True, slots=True)
class EventRule:
    """Which events belong to a class: allowed values by column, bounds on the best number of dead."""

    name: str
    allowed: Mapping[str, tuple[str, ...]]
    at_least: float = 0.0
    below: float = float("inf")

    def fits(self, event: Mapping[str, Any]) -> bool:
        """Say whether an event belongs to the class."""
        best = event.get("best")
        if best is None and (self.at_least > 0.0 or self.below < float("inf")):
            return False
        size = 0.0 if best is None else float(best)
        if not self.at_least <= size < self.below:
            return False
        return all(str(event.get(column) or "") in values for column, values in self.allowed.items())


@dataclass(frozen=True, slots=True)
class EventRules:
    """A mapping file: rules in order, and what the data set covers."""

    title: str
    dataset: str
    source: str
    rules: tuple[EventRule, ...]
    begin: float | None = None
    end: float | None = None
    listed: float = 1.0


def read_rules(path: str | Path) -> EventRules:
    """Read a mapping file.

    Raises
    ------
    ScenarioError
        With everything that is wrong.
    """
    root = parse_yaml(read_text(Path(path), str(path)), str(path))
    found = Complaints()
    if not isinstance(root, Nodes):
        raise ScenarioError(
            Problem(root.mark, "a mapping names title, dataset, source and classes", "", "mapping")
        )
    known = ("title", "dataset", "source", "from", "until", "listed", "classes")
    for key, _ in root.items():
        if key.text not in known:
            found.unknown(key.mark, "key of a mapping", key.text, known)
    classes = root.get("classes")
    entries = list(classes.items()) if isinstance(classes, Nodes) else []
    if not entries:
        found.add(root.mark, "no classes are named", "write classes: {clash: {country: [...]}}")
    rules = tuple(_rule(key.text, value, found) for key, value in entries)
    edges = [found.moment(_text(root.get(key)), root.mark) for key in ("from", "until") if root.get(key)]
    listed = _text(root.get("listed"))
    share = found.chance(listed, root.mark, "listed") if listed else 1.0
    found.finish()
    begin, end = (edges[0][0], edges[1][1]) if len(edges) == 2 else (None, None)
    title, dataset, source = (_text(root.get(key)) for key in ("title", "dataset", "source"))
    return EventRules(title, dataset, source, rules, begin, end, share)


def _rule(name: str, node: Node, found: Complaints) -> EventRule:
    allowed: dict[str, tuple[str, ...]] = {}
    bounds = {"at_least": 0.0, "below": float("inf")}
    for key, value in node.items() if isinstance(node, Nodes) else ():
        if key.text in BOUNDS:
            bounds[key.text] = found.number(_text(value), value.mark, key.text)
        else:
            items = value.items if isinstance(value, Items) else (value,)
            allowed[key.text] = tuple(_text(item) for item in items)
    return EventRule(name, allowed, bounds["at_least"], bounds["below"])


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def record_of_events(events: Sequence[Mapping[str, Any]], rules: EventRules) -> Record:
    """Turn events into a record."""
    groups: dict[tuple[str, float, str], list[Mapping[str, Any]]] = {}
    for event in events:
        rule = next((rule for rule in rules.rules if rule.fits(event)), None)
        if rule is None:
            continue
        precision = str(event.get("precision") or "day")
        kind = precision if precision in ("week", "month", "year") else "day"
        groups.setdefault((rule.name, float(event["begin"]), kind), []).append(event)
    observations = [_observation(*key, group) for key, group in sorted(groups.items(), key=lambda g: g[0][1])]
    windows: tuple[Window, ...] = ()
    if rules.begin is not None and rules.end is not None:
        windows = tuple(
            Window(rule.name, rules.begin, rules.end, rules.listed, sources=(rules.dataset,))
            for rule in rules.rules
        )
    return Record(
        title=rules.title,
        observations=tuple(observations),
        windows=windows,
        sources={rules.dataset: Cited(rules.source)},
        begin=rules.begin,
        end=rules.end,
    )


def _observation(name: str, begin: float, precision: str, group: Sequence[Mapping[str, Any]]) -> Observation:
    first = group[0]
    ids = ", ".join(str(event["id"]) for event in group[:20])
    best = sum(float(event["best"]) for event in group if event.get("best") is not None)
    sides = " and ".join(dict.fromkeys(str(first[side]) for side in ("side_a", "side_b") if first.get(side)))
    says = f"{sides or first.get('country') or name}; {best:g} dead at best; events {ids}"
    low, high = begin + MIDDAY, begin + MIDDAY
    if precision != "day":
        low, high, _ = read_span(write_day(begin), Mark("event"), precision)
    return Observation(
        name=f"{name}-{first['id']}",
        kind="move",
        begin=low,
        end=high,
        of=name,
        sources=(str(first["dataset"]),),
        precision="day" if precision == "day" else precision,
        says=says,
    )

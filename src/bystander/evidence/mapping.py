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
event its class. Without ``from`` and ``until`` nothing is said of coverage: missing is not zero. Events that
lie before or after what is covered are left out.

An event whose date is known to the day becomes a move on that day; else it fired once somewhere in a
window.
Precision codes are read as the data set means them: UCDP's 2 to 5 from the first day it gives to the last,
ACLED's 2 in the seven days around the day it names and 3 in its month. A row that is the total of a week or
month (GDELT, VIEWS) is an event only where it counts something. Both sides and low, best and high stay in the
text. Days with several events of one class make one observation with all their ids.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from bystander.errors import Mark, Problem, QueryError, ScenarioError
from bystander.evidence.events import FIELDS, PRECISIONS, TOTALS
from bystander.evidence.parts import Complaints
from bystander.evidence.record import MIDDAY, Cited, Observation, Record, Window, read_span, write_day
from bystander.scenario.nodes import Mapping as Nodes
from bystander.scenario.nodes import Node, Scalar
from bystander.scenario.nodes import Sequence as Items
from bystander.scenario.reading import parse_yaml, read_text

BOUNDS = ("at_least", "below")
KNOWN = ("title", "dataset", "source", "from", "until", "listed", "classes")
AROUND = 3.0
EventGroups: TypeAlias = dict[tuple[str, float, float, str], list[Mapping[str, Any]]]


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
        if not best and event.get("dataset") in TOTALS:
            return False
        if best is None and (self.at_least > 0.0 or self.below < float("inf")):
            return False
        size = 0.0 if best is None else float(best)
        if not self.at_least <= size < self.below:
            return False
        return all(
            str(event.get(column) or "").casefold() in values for column, values in self.allowed.items()
        )


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
            Problem(
                root.mark,
                "a mapping names title, dataset, source and classes",
                "write title: first",
                "mapping",
            )
        )
    for key, _ in root.items():
        if key.text not in KNOWN:
            found.unknown(key.mark, "key of a mapping", key.text, KNOWN)
    classes = root.get("classes")
    entries = list(classes.items()) if isinstance(classes, Nodes) else []
    if not entries:
        found.add(root.mark, "no classes are named", "write classes: {clash: {country: [...]}}")
    rules = tuple(_rule(found.name(key.text, key.mark, "a class"), value, found) for key, value in entries)
    title, dataset, source = (_text(root.get(key), found) for key in ("title", "dataset", "source"))
    if not dataset:
        found.add(root.mark, "no data set is named", "write dataset: ucdp, or another name in the store")
    share = found.listed(_text(root.get("listed"), found), root.mark)
    begin, end = _edges(root, found)
    found.finish()
    return EventRules(title, dataset, source, rules, begin, end, share)


def _edges(root: Nodes, found: Complaints) -> tuple[float | None, float | None]:
    """Return what is covered, from its first moment to its last."""
    given = [root.get(key) for key in ("from", "until")]
    if given == [None, None]:
        return None, None
    if None in given:
        message = "coverage is given by from: and until: together"
        found.add(root.mark, message, "write both, or neither where it is not known what is covered")
        return None, None
    (begin, _, _), (_, end, _) = (found.moment(_text(node, found), root.mark) for node in given)
    if found.dated is False or not begin < end:
        found.add(root.mark, "what is covered goes from a day to a later one", "write from: 2010-01-01")
    return begin, end


def _rule(name: str, node: Node, found: Complaints) -> EventRule:
    allowed: dict[str, tuple[str, ...]] = {}
    bounds = {"at_least": 0.0, "below": float("inf")}
    if not isinstance(node, Nodes):
        found.add(node.mark, f"'{name}' does not say which events belong to it", "write {country: [...]}")
    columns = [*FIELDS, *BOUNDS]
    for key, value in node.items() if isinstance(node, Nodes) else ():
        if key.text not in columns:
            found.unknown(key.mark, "column of events", key.text, columns)
        elif key.text in BOUNDS:
            bounds[key.text] = found.number(_text(value, found), value.mark, key.text)
        else:
            items = value.items if isinstance(value, Items) else (value,)
            allowed[key.text] = tuple(_text(item, found).casefold() for item in items)
    if not 0.0 <= bounds["at_least"] < bounds["below"]:
        found.add(node.mark, f"'{name}' has room for no number of dead", "at_least: 10, or below: 10")
    return EventRule(name, allowed, bounds["at_least"], bounds["below"])


def _text(node: Node | None, found: Complaints) -> str:
    if node is not None and not isinstance(node, Scalar):
        found.add(node.mark, "one text is wanted here", "write a text, or a list of texts")
    return node.text if isinstance(node, Scalar) else ""


def events_by_rule(events: Sequence[Mapping[str, Any]], rules: EventRules) -> EventGroups:
    """Sort events into observations: class, window and precision of each, and the events that make it.

    Raises
    ------
    QueryError
        If the precision of an event is no word that is known.
    """
    groups: EventGroups = {}
    for event in events:
        rule = next((rule for rule in rules.rules if rule.fits(event)), None)
        if rule is None:
            continue
        begin, end, precision = _when(event)
        if rules.begin is None or rules.end is None or (end > rules.begin and begin < rules.end):
            groups.setdefault((rule.name, begin, end, precision), []).append(event)
    return groups


def _when(event: Mapping[str, Any]) -> tuple[float, float, str]:
    """Return the window in which an event fired, and its precision; on a day, midday."""
    begin, last = float(event["begin"]), event.get("finish")
    finish = begin if last is None else float(last)
    means = str(event.get("precision") or "day")
    if means in PRECISIONS[1:] and finish > begin:
        return begin, finish + 1.0, "between"
    match means:
        case "day":
            return begin + MIDDAY, begin + MIDDAY, "day"
        case "around":
            return begin - AROUND, begin + AROUND + 1.0, "between"
        case "week":
            return begin, begin + 7.0, "week"
        case "month" | "year":
            whole = write_day(begin)[: 7 if means == "month" else 4]
            return (*read_span(whole, Mark("event"))[:2], "between")
    raise QueryError(
        f"The precision of event {str(event['id'])[:60]} is '{means[:40]}'; "
        f"known are {', '.join(PRECISIONS)}. Correct it in the file it came from, and read that in again."
    )


def record_of_events(events: Sequence[Mapping[str, Any]], rules: EventRules) -> Record:
    """Turn events into a record."""
    names: dict[str, int] = {}
    observations = [
        _observation(*key, group, names)
        for key, group in sorted(events_by_rule(events, rules).items(), key=lambda g: g[0][1:3])
    ]
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
        sources={rules.dataset: Cited(rules.source or rules.dataset)},
        begin=rules.begin,
        end=rules.end,
    )


def _observation(
    of: str, begin: float, end: float, precision: str,
    group: Sequence[Mapping[str, Any]], names: dict[str, int],
) -> Observation:  # fmt: skip
    first = group[0]
    ids = ", ".join(str(event["id"]) for event in group[:20])
    best = sum(float(event["best"]) for event in group if event.get("best") is not None)
    sides = " and ".join(dict.fromkeys(str(first[side]) for side in ("side_a", "side_b") if first.get(side)))
    says = f"Of {sides or first.get('country') or of}; {best:g} dead at best; events {ids}"
    name = re.sub(r"[^A-Za-z0-9_.:-]", "_", f"{of}-{first['id']}")[:70]
    names[name] = names.get(name, 0) + 1
    return Observation(
        name=name if names[name] == 1 else f"{name}-{names[name]}",
        kind="move",
        begin=begin,
        end=end,
        of=of,
        sources=(str(first["dataset"]),),
        precision=precision,
        says=says,
    )

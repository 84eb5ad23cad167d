"""The words of the language, read a second time: expressions as Python over one situation at a time.

Nothing of the package is used. Units are folded into numbers of days, people and dollars by a text
substitution, ``every x`` becomes a power (which binds as tightly), and Python evaluates the rest. Only for
texts written by the tests themselves.
"""

from __future__ import annotations

import math
import re

YEAR = 365.25
SIZES = {
    "day": 1.0,
    "week": 7.0,
    "month": YEAR / 12,
    "year": YEAR,
    "people": 1.0,
    "person": 1.0,
    "hour": 1 / 24,
}
SIZES |= {name + "s": size for name, size in SIZES.items() if name not in ("people", "person")}
_UNITS = "|".join(sorted(SIZES, key=len, reverse=True))
_NUMBER = re.compile(rf"(?<![\w.])(\d+(?:\.\d+)?(?:e-?\d+)?)(%?)((?:\s+(?:per\s+)?(?:{_UNITS})\b)*)")
_PER = re.compile(rf"\bper\s+({_UNITS})\b")


class Held:
    """The level that a variable holds, comparable with level names."""

    __hash__ = None

    def __init__(self, level, order):
        self.level, self.order = level, order

    def __eq__(self, other):
        return self.level == _name(other)

    def __lt__(self, other):
        return self._rank() < self.order.index(_name(other))

    def __le__(self, other):
        return self._rank() <= self.order.index(_name(other))

    def __gt__(self, other):
        return self._rank() > self.order.index(_name(other))

    def __ge__(self, other):
        return self._rank() >= self.order.index(_name(other))

    def _rank(self):
        return self.order.index(self.level)


class Every:
    """``every x`` is ``EVERY ** x``."""

    def __pow__(self, duration):
        return 1.0 / duration


def _name(level):
    return level if isinstance(level, str) else f"{level:g}"


def python_of(text):
    """Write an expression of the language in Python."""

    def number(match):
        value = float(match[1]) / (100 if match[2] else 1)
        words = match[3].split()
        for before, word in zip(["", *words], words, strict=False):
            if word != "per":
                value = value / SIZES[word] if before == "per" else value * SIZES[word]
        return repr(value)

    folded = _NUMBER.sub(number, str(text))
    folded = _PER.sub(lambda match: f"/ {SIZES[match[1]]!r}", folded)
    for word, python in {"every": "EVERY **", "never": "0.0", "true": "True", "false": "False"}.items():
        folded = re.sub(rf"\b{word}\b", python, folded)
    return f"({folded})"


class Words:
    """Names of one situation: parameters, named conditions, variables; any other name is a level."""

    def __init__(self, variables, levels, parameters, conditions):
        self.held = {name: Held(level, variables[name]) for name, level in levels.items()}
        self.parameters, self.conditions = parameters, conditions
        self.functions = {"min": min, "max": max, "exp": math.exp, "log": math.log, "EVERY": Every()}
        self.functions["rank"] = lambda held: float(held._rank())

    def __getitem__(self, name):
        if name in self.conditions:
            return self.value(self.conditions[name])
        for known in (self.functions, self.parameters, self.held):
            if name in known:
                return known[name]
        return name

    def value(self, text):
        return eval(python_of(text), {"__builtins__": {}}, self)

    def holds(self, text):
        return text is None or bool(self.value(text))

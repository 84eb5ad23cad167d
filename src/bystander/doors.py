"""What the public functions of the package are handed: another kind than they want is refused by name.

Only kinds that a caller may mix up are looked at, by the name of their class, so that nothing is imported to
look: the package's own (`MADE_BY`), text, paths and mappings. Everything else is the function's to refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from os import PathLike
from typing import Any

MADE_BY = {
    "Assessment": "bystander.assess(scenario)",
    "Case": "bystander.solve_case(scenario)",
    "Chain": "bystander.make_chain(equilibrium)",
    "DatedProcess": "",
    "Equilibrium": "bystander.solve(game)",
    "Game": "bystander.compile_game(scenario)",
    "Scenario": "bystander.read_scenario(name)",
    "Target": "bystander.read_wish(scenario, text)",
}
"""Kinds that functions want, by the name of their class, and what makes one."""
PLAIN: dict[str, type] = {
    "Mapping": Mapping,
    "Path": PathLike,
    "PathLike": PathLike,
    "None": type(None),
    "str": str,
}
SHORT = 60
"""Letters of a value that a message repeats."""


def _is_a(value: Any, kind: str) -> bool:
    plain = PLAIN.get(kind)
    return isinstance(value, plain) if plain else kind in {base.__name__ for base in type(value).__mro__}


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIO' else 'a'} {kind}"


def checked_door(function: Callable[..., Any], place: str) -> Callable[..., Any]:
    """Return a public function that refuses what is of another kind than it says it wants.

    ``place`` is the module by which it is found, by pickle too. The message names both kinds, and what makes
    the one that is wanted.
    """
    said = signature(function)
    wanted = {}
    for name, parameter in said.parameters.items():
        kinds = [part.partition("[")[0].rpartition(".")[2] for part in str(parameter.annotation).split(" | ")]
        if all(kind in MADE_BY or kind in PLAIN for kind in kinds):
            wanted[name] = kinds

    @wraps(function)
    def checked(*given: Any, **named: Any) -> Any:
        try:
            bound = said.bind(*given, **named).arguments
        except TypeError:
            return function(*given, **named)  # which says what is missing, or too much
        for name, kinds in wanted.items():
            if name in bound and not any(_is_a(bound[name], kind) for kind in kinds):
                made = next((f": {MADE_BY[kind]} makes one" for kind in kinds if MADE_BY.get(kind)), "")
                value, told = bound[name], " or ".join(kind for kind in kinds if kind != "None")
                short = isinstance(value, str | int | None) and len(repr(value)) <= SHORT
                found = repr(value) if short else _article(type(value).__name__)
                message = f"{function.__name__}({name}=...) wants {_article(told)}, not {found}{made}."
                raise TypeError(message)
        return function(*given, **named)

    checked.__module__ = place
    return checked

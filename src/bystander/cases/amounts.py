"""Writing another value of a parameter in the unit its own value is written in."""

from __future__ import annotations

import re

from bystander.scenario.schema import Parameter
from bystander.units import format_quantity

_EVERY = re.compile(r"^\s*every\s+(\d[\d_]*+\.?\d*+)\s*+([a-z]+)\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"^\s*([+-]?\d[\d_,]*+\.?\d*+(?:e[+-]?\d+)?)\s*", re.IGNORECASE)


def in_its_unit(parameter: Parameter, value: float) -> str:
    """Write a value (in days, people, dollars) as the parameter's own is written: ``2.6 per year``, ``35%``.

    ``every 2 weeks`` stays a time between events. Falls back to a unit of its own choosing where the
    parameter's value is 0.
    """
    now, text = parameter.value.value, parameter.value.text
    between = _EVERY.match(text)
    if between is not None and value > 0.0 and now > 0.0:
        return f"every {float(between[1]) * now / value:.4g} {between[2].rstrip('s')}s"
    leading = _NUMBER.match(text)
    if leading is None or now == 0.0:
        return format_quantity(value, parameter.dimension)
    written = float(leading[1].replace(",", "").replace("_", ""))
    unit = text[leading.end() :].strip()
    number = f"{written * value / now:.4g}"
    return f"{number}{unit}" if unit == "%" or not unit else f"{number} {unit}"

"""Writing another value of a parameter in the unit its own value is written in."""

from __future__ import annotations

import re

from bystander.scenario.schema import Parameter
from bystander.units import format_quantity

_NUMBER = re.compile(r"^\s*([+-]?\d[\d_,]*\.?\d*(?:e[+-]?\d+)?)\s*", re.IGNORECASE)


def in_its_unit(parameter: Parameter, value: float) -> str:
    """Write a value (in days, people, dollars) as the parameter's own is written: ``2.6 per year``, ``35%``.

    Falls back to a unit of its own choosing where the parameter's value is 0 or written as a duration
    (``every 2 weeks``).
    """
    now, text = parameter.value.value, parameter.value.text
    leading = _NUMBER.match(text)
    if leading is None or now == 0.0:
        return format_quantity(value, parameter.dimension)
    written = float(leading[1].replace(",", "").replace("_", ""))
    unit = text[leading.end() :].strip()
    number = f"{written * value / now:.4g}"
    return f"{number}{unit}" if unit == "%" or not unit else f"{number} {unit}"

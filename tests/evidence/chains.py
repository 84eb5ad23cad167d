"""Scenarios of hazards alone, and records of them, for tests against closed forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bystander.scenario import Scenario, read_text


def chain_scenario(
    levels: Sequence[str],
    rates: Mapping[tuple[str, str], str],
    *,
    start: str | None = None,
    priors: Mapping[tuple[str, str], str] | None = None,
) -> Scenario:
    """One variable whose levels follow each other by chance, every rate a parameter ``q_a_b``."""
    each = ", ".join(f"{level}: {1 / len(levels)!r}" for level in levels)
    lines = [
        "bystander: 1",
        "title: A chain",
        "as_of: 2020-01-01",
        "horizon: 1 year",
        "variables:",
        f"  stage: {{levels: [{', '.join(levels)}], start: {start or '{' + each + '}'}}}",
        "parameters:",
    ]
    for (a, b), rate in rates.items():
        prior = (priors or {}).get((a, b))
        lines.append(f"  q_{a}_{b}: {{value: {rate}{f', prior: {prior!r}' if prior else ''}}}")
    lines.append("hazards:")
    for a, b in rates:
        lines.append(f"  go_{a}_{b}: {{when: stage == {a}, rate: q_{a}_{b}, then: {{stage: {b}}}}}")
    return read_text("\n".join(lines) + "\n")

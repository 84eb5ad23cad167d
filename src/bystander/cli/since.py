"""Since last time: which answers changed from one reading of a record to the next, and because of what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bystander.cli.terminal import answers
from bystander.report.words.numbers import in_short

if TYPE_CHECKING:
    from bystander.assessment.result import Assessment
    from bystander.evidence.starting import Today

SHOWN = 5


def tell_since(today: Today, assessment: Assessment, *, show: bool = True) -> None:
    """Say what moved since the last run with a record, and keep today's answers for the next."""
    from bystander.cases.store import default_store, key_of
    from bystander.evidence.starting import what_moved

    store = default_store()
    key = key_of("since last time", assessment.name)
    before = store.get(key, _kept)
    now: dict[str, Any] = {
        "as_of": today.as_of,
        "outcomes": {o.name: o.estimate.value for o in assessment.outcomes if o.headline},
        "levels": today.levels,
        "seen": [each.name for each in today.terms],
    }
    store.put(key, now)
    if not show:
        return
    answers.print(f"\nStarts where the record leaves off on {today.as_of}.", markup=False)
    if today.later:
        answers.print(f"{today.later} later observations are left out.", markup=False)
    if today.apart > 0.02:
        answers.print(
            f"Taken variable by variable, chances may be off by {100 * today.apart:.0f} points at most.",
            markup=False,
        )
    if before is None:
        return
    for line in changed_answers(before, now, assessment, today):
        answers.print(line, markup=False)
    moved = what_moved(before.get("levels", {}), today.levels)
    if moved:
        answers.print(f"Because: {'; '.join(moved[:SHOWN])}.", markup=False)


def _kept(told: Any) -> dict[str, Any]:
    """Check what was kept."""
    if not isinstance(told, dict) or not all(
        name in told for name in ("as_of", "outcomes", "levels", "seen")
    ):
        raise ValueError
    return told


def changed_answers(
    before: dict[str, Any], now: dict[str, Any], assessment: Assessment, today: Today
) -> list[str]:
    """Return a line for each headline answer that moved, and one for what was observed meanwhile."""
    lines = []
    old, new = before.get("outcomes", {}), now["outcomes"]
    for outcome in assessment.outcomes:
        if outcome.name not in old or outcome.name not in new:
            continue
        was, now_is = (in_short(each[outcome.name], outcome.estimate.unit) for each in (old, new))
        if was != now_is:
            lines.append(f"Since last time ({before.get('as_of')}): {outcome.about}: {was} to {now_is}.")
    seen = before.get("seen", [])
    fresh = [each for each in today.terms if each.name not in seen and each.when]
    if fresh:
        said = "; ".join(f"{each.when} {each.says or each.name}" for each in fresh[:SHOWN])
        lines.append(f"Observed since: {said}.")
    return lines

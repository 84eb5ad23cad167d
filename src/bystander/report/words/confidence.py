"""Confidence, stated apart from likelihood: how much the evidence behind a number can bear.

Likelihood is about the world; confidence is about the ground the answer stands on (ICD 203, section
D.6.e.2). It is reckoned by rule from what the assessment itself reports, so that it can be questioned:

* the equations are solved (residual at most 1e-6, no regret above 1e-3), or else confidence is low and
nothing more is said;
* one equilibrium was found in the search, or several and they disagree;
* the path by which the equilibrium was reached had no jump;
* another convention for what moves choices besides reasons gives nearly the same headline chances (within
5 points), or not;
* of the sensitivities, the part that falls on parameters no fact supports is under a third, or over two
thirds.

What was not looked into counts against. High: no ground against. Moderate: one. Low: two or more. High
confidence here is confidence in what follows from the scenario; whether the scenario is right is for its
reader to say.

How closely an answer is computed is a third thing. A bound says how far a computed number can be from what
the scenario implies, not how far the scenario may be from the world. A number whose bound is too large to be
said is withheld, and so is one that does not exist; each is named with its reason, and denies no other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bystander.assessment.result import DRAWS, LITTLE, WEIGHING, Assessment
from bystander.report.words.numbers import percent, phrase, power
from bystander.report.words.reasons import otherwise
from bystander.units import CHANCES

CONVENTIONS = {
    "control": "Choices depart from habit at a cost",
    "private": "Private reasons move choices and are worth something to whoever has them",
    "noise": "Private reasons move choices and are worth nothing",
}
"""What each convention for shocks says (docs/theory/game.md)."""
FOLLOWED = (
    "Followed from the equilibrium without the change, as `what-if`, `measures`, `sweep` and `flip` do, "
    "another is reached: "
)


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason for more or less confidence; ``sound`` says which."""

    text: str
    sound: bool


@dataclass(frozen=True, slots=True)
class Confidence:
    """The level (``high``, ``moderate``, ``low``) and the grounds it was reckoned from."""

    level: str
    grounds: tuple[Ground, ...]


def confidence(assessment: Assessment) -> Confidence:
    """Reckon the confidence of an assessment from its own evidence."""
    solve = assessment.solve
    solved = solve.residual <= 1e-6 and solve.regret <= 1e-3
    grounds = [
        Ground(
            (
                f"The equations are solved to {power(solve.residual)}; no actor could gain more than"
                f" {power(solve.regret)} by behaving otherwise."
                if solved
                else (
                    f"The equations are only solved to {power(solve.residual)} and an actor could gain"
                    f" {power(solve.regret)} by behaving otherwise."
                )
            ),
            solved,
        )
    ]
    if solve.starts:
        single = solve.equilibria_found <= 1
        found = "one equilibrium" if single else f"{solve.equilibria_found} different equilibria"
        more = f" At least {solve.missing} more must exist." if solve.missing else ""
        sound = single and not solve.missing
        start = "one starting point" if solve.starts == 1 else f"{solve.starts} starting points"
        grounds.append(Ground(f"A search from {start} found {found}.{more}", sound))
    else:
        grounds.append(Ground("No search for further equilibria was made.", False))
    if solve.jumps:
        times = "once" if solve.jumps == 1 else f"{solve.jumps} times"
        grounds.append(Ground(f"The path by which this equilibrium was reached jumped {times}.", False))
    told = {o.name: o.estimate.value for o in assessment.outcomes}
    if said := otherwise(assessment.followed, [o for o in assessment.outcomes if o.headline], told):
        grounds.append(Ground(f"{FOLLOWED}{said}.", False))
    if solve.other_convention:
        grounds.append(convention(assessment))
    if assessment.sensitivities:
        grounds.append(footing(assessment))
    else:
        grounds.append(Ground(f"{_unweighed(assessment)}.", False))
    against = sum(not g.sound for g in grounds)
    level = "low" if not solved or against > 1 else "moderate" if against else "high"
    return Confidence(level, tuple(grounds))


def _unweighed(assessment: Assessment) -> str:
    """Say why no number is known to matter."""
    if not assessment.outcomes:
        return "Which numbers matter most was not asked: there is no outcome"
    if any(said.startswith(WEIGHING) for said in assessment.unanswered):
        return f"{WEIGHING} most could not be found out"
    silent = any(said.startswith(LITTLE) for said in assessment.unanswered)
    moves = "is known to move it" if silent else "moves it"
    return f"No number that has a name {moves}, so that what it rests on is not known"


def in_force(shocks: str) -> str:
    """Say which convention for what moves choices besides reasons is in force (docs/theory/game.md)."""
    return f"{CONVENTIONS.get(shocks, 'Choices follow a convention')} (shocks: {shocks})"


def convention(assessment: Assessment) -> Ground:
    """Compare headline chances under another convention for what moves choices besides reasons."""
    kinds = {o.name: o.kind for o in assessment.outcomes}
    pairs = [(a, b) for name, a, b in assessment.solve.other_convention if kinds.get(name) in CHANCES]
    said = in_force(assessment.solve.shocks)
    if not pairs:
        return Ground(
            f"{said}. Another convention was solved too; there is no headline chance to compare.", True
        )
    here, there = max(pairs, key=lambda pair: abs(pair[0] - pair[1]))
    close = abs(here - there) <= 0.05
    verdict = "hardly matters" if close else "matters"
    return Ground(
        f"{said}. That {verdict}: under another convention the chance that moves most goes from"
        f" {percent(here)} to {percent(there)}.",
        close,
    )


def footing(assessment: Assessment) -> Ground:
    """Say how much of the sensitivity falls on parameters that stand on nothing."""
    focus = assessment.focus or (assessment.outcomes[0].name if assessment.outcomes else "")
    rows = [s for s in assessment.sensitivities if s.outcome == focus] or list(assessment.sensitivities)
    total = sum(abs(s.elasticity) for s in rows)
    free = sum(abs(s.elasticity) for s in rows if s.standing == "free")
    measured = sum(abs(s.elasticity) for s in rows if s.standing in ("measured", "learnt"))
    if total == 0:
        return Ground("No parameter moves the answer at the margin.", True)
    if 3 * measured >= 2 * total:
        return Ground("What the answer hangs on most is measured or learnt.", True)
    if 3 * free <= total:
        return Ground("What the answer hangs on most is argued from sources rather than measured.", True)
    if 3 * free <= 2 * total:
        return Ground(
            "Some of what the answer hangs on is free, an assumption: nothing is cited for it.", False
        )
    return Ground("Most of what the answer hangs on is free, an assumption: nothing is cited for it.", False)


def not_known(assessment: Assessment) -> tuple[str, ...]:
    """Name every answer that is not there, and say why."""
    outcomes = [(phrase(o.about, o.name, 120), o.estimate.withheld) for o in assessment.outcomes]
    judged = [(phrase(j.says, j.name, 120), j.why) for j in assessment.judgements if j.holds is None]
    unanswered = [(name, why) for name, _, why in (said.partition(": ") for said in assessment.unanswered)]
    return for_each_reason([*outcomes, *unanswered, *judged])


def for_each_reason(denied: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Say each reason why something is not known once, behind all that it denies; "" denies nothing."""
    found: dict[str, list[str]] = {}
    for name, why in denied:
        if why and name not in found.setdefault(why, []):
            found[why].append(name)
    return tuple(f"{'; '.join(names)}: {why}" for why, names in found.items())


def computed_within(assessment: Assessment) -> str:
    """Say the largest error bound of the chances that are given, "" where there are none."""
    return within(
        o.estimate.error for o in assessment.outcomes if o.kind in CHANCES and not o.estimate.withheld
    )


def within(errors: Iterable[float]) -> str:
    """Say the largest of the error bounds of chances, "" where there are none."""
    largest = max(errors, default=None)
    if largest is None:
        return ""
    if largest == 0.0:
        return "Chances are computed without any numerical error."
    return f"Chances are computed to within {power(largest)} of what the scenario implies."


def ranges_over(assessment: Assessment) -> str:
    """Say what the ranges beside the numbers run over, and how they were found; "" where there are none."""
    over, several = assessment.ranges, assessment.solve.equilibria_found
    said = []
    if over.how:
        solved = "each solved again" if over.how == DRAWS else "to first order, from slopes"
        if over.solved:
            steep = (
                f"\u201c{phrase(o.about, o.name, 60)}\u201d"
                for o in assessment.outcomes
                if o.name in over.solved
            )
            solved += f"; where these are too steep, from two solved points: {', '.join(steep)}"
        believed = "draws of the assumptions from what is believed of them (their priors)"
        said.append(f"where eight in ten of {over.draws:,} {believed} lie ({solved})")
    if over.equilibria:
        said.append(f"the {several} equilibria found")
    if not said:
        return ""
    lacking = "have no solution" if over.how == DRAWS else "make a chance exceed 1 or a rate negative"
    left = f" {over.failed:,} more {lacking} and were left out." if over.failed else ""
    ended = f" There are fewer draws than asked for: {over.ended}." if over.ended else ""
    return f"Range: {', and over '.join(said)}.{averaged(assessment)}{left}{ended}"


OFF = 0.05


def averaged(assessment: Assessment) -> str:
    """Name the headline chances whose average over solved draws is `OFF` or more from the number shown."""
    told = [
        f"\u201c{phrase(o.about, o.name, 60)}\u201d {percent(mean)}"
        for o in assessment.outcomes
        if o.headline
        and o.kind == "probability"
        and (mean := o.estimate.mean) is not None
        and abs(mean - o.estimate.value) >= OFF
    ]
    return f" Averaged over these draws, other than above: {', '.join(told)}." if told else ""


def shares_of(assessment: Assessment) -> str:
    """Say what the share of draws beside a judgement is, and how it was found; "" where there is none."""
    over = assessment.ranges
    if not over.how or not any(j.robustness is not None for j in assessment.judgements):
        return ""
    solved = "each solved again" if over.how == DRAWS else "to first order"
    return f"Of draws: the share of {over.draws:,} draws from the priors in which it holds ({solved})."

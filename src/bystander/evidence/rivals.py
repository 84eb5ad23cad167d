r"""Which explanation a record favours, by how much, and whether it could tell.

Each explanation is the scenario, the scenario under one of its rivals, or the scenario in which nobody has a
reason (*plain habit*, model section 2a), with its priors. Its evidence is the marginal likelihood :math:`Z =
E_{prior} L` (`bystander.evidence.weighing`); the comparison of two is :math:`\log_{10} Z_1 / Z_2`, with its
Monte Carlo error. It is *told* where it exceeds `TELLS` (10 to 3), twice its error, and what the numbers held
fixed could change; else the first line says that the record cannot tell.

*Where it comes from*: :math:`\log Z = \sum_i \log p(y_i \mid y_{<i})`, each term averaged over what the
observations before it left of the prior, from the same draws; differences add up to the whole.

*Power*: records are sampled from each explanation under the same length and coverage, with the numbers they
share at the argument's mode, and weighed by all of them there: how often does the right one win, and how
often clearly? Who does not know those numbers tells less: it is an upper bound. A record that could not have
told is no finding against anybody.

*What would tell them apart*: for each move and each time ahead, the expected information about the
explanations from seeing whether it comes: mutual information, in bits, under the posterior odds.

Several crises are pooled by the product of their likelihoods; an explanation that one of them does not know
leaves that one as it stands. *Left out*: how probable the record of one crisis is when the shared numbers are
learnt on the others alone, from the same draws.

References: Kass & Raftery (1995); Lindley (1956), On a measure of the information provided by an experiment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bystander.cases.engines import run_tasks
from bystander.errors import QueryError, did_you_mean
from bystander.evidence.coordinates import Coordinates, Journal, coordinates_of, question_of
from bystander.evidence.learning import fit, propose
from bystander.evidence.likelihood import pooled
from bystander.evidence.weighing import (
    ARGUMENT,
    HABIT,
    Crises,
    MadeRecords,
    SharedDraws,
    Weighing,
    explained,
    weigh_explanation,
    weigh_made,
)
from bystander.game.arrays import Float
from bystander.harmless import spaced
from bystander.progress import Progress, part_of, silent

TELLS = math.log10(10.0 / 3.0)
LN10 = math.log(10.0)
SMALL = 3_000
"""Games of fewer situations are weighed in this process."""


@dataclass(frozen=True)
class Explanation:
    """One explanation and what the record says of it.

    Attributes
    ----------
    name, about
        The rival's name and text; ``the argument`` for the scenario as it stands.
    odds
        Posterior chance among the explanations compared, for equal prior chances.
    """

    name: str
    about: str
    claim: tuple[str, ...]
    odds: float
    weighed: Weighing

    @property
    def log_evidence(self) -> float:
        """Natural logarithm of the marginal likelihood."""
        return self.weighed.log_evidence


@dataclass(frozen=True, slots=True)
class Origin:
    """What one observation adds to the difference between two explanations, in log10."""

    name: str
    when: str
    says: str
    part: float


@dataclass(frozen=True, slots=True)
class Power:
    """How often an explanation wins on records of its own, and how often clearly."""

    name: str
    records: int
    wins: float
    clearly: float


@dataclass(frozen=True, slots=True)
class Telling:
    """What would tell explanations apart: a move within a time, its chances, the bits to be gained."""

    move: str
    days: float
    chances: tuple[tuple[str, float], ...]
    bits: float


@dataclass(frozen=True)
class RivalTable:
    """Explanations compared on one record, best first.

    Attributes
    ----------
    learnt
        Parameters over whose priors the evidence is taken.
    about
        For each term of a likelihood when it was and what it says.
    """

    record: str
    explanations: tuple[Explanation, ...]
    learnt: tuple[str, ...]
    power: tuple[Power, ...]
    telling: tuple[Telling, ...]
    lacking: tuple[tuple[str, str], ...]
    about: Mapping[str, tuple[str, str]]

    def of(self, name: str) -> Weighing:
        """Return what was found of one explanation."""
        return next(each.weighed for each in self.explanations if each.name == name)

    def factor(self, one: str, other: str) -> tuple[float, float]:
        """Return the log10 Bayes factor of one explanation over another, and its standard error."""
        a, b = self.of(one), self.of(other)
        if a.log_evidence == b.log_evidence == -math.inf:
            return 0.0, 0.0
        apart = math.hypot(a.error, b.error)
        if not (a.own or b.own):
            apart = float(np.linalg.norm(a.shares - b.shares))
        if -math.inf in (a.log_evidence, b.log_evidence):
            apart = 0.0
        return (a.log_evidence - b.log_evidence) / LN10, apart / LN10

    def held(self, one: str, other: str) -> float:
        """Return by how much, in log10, a factor may change if the numbers held fixed are let go."""
        return abs(self.of(one).held - self.of(other).held) / LN10

    @property
    def alike(self) -> tuple[tuple[str, ...], ...]:
        """Groups of explanations under which every term of the record is as probable: one told twice."""
        groups: list[list[str]] = []
        for each in self.explanations:
            one = each.weighed
            if each.log_evidence == -math.inf:
                continue
            group = next((own for own in groups if alike(one, self.of(own[0]))), None)
            groups.append([each.name]) if group is None else group.append(each.name)
        return tuple(tuple(group) for group in groups if len(group) > 1)

    def origins(self, one: str, other: str) -> tuple[Origin, ...]:
        """Return what each observation adds to the difference between two, most first; they add up.

        Where one that cannot have happened decides, it alone.
        """
        a, b = self.of(one), self.of(other)
        second = dict(zip(b.names, b.terms.tolist(), strict=True))
        out = [
            Origin(name, *self.about.get(name, ("", "")), (log - second.get(name, 0.0)) / LN10)
            for name, log in zip(a.names, a.terms.tolist(), strict=True)
        ]
        decides = [origin for origin in out if math.isinf(origin.part)]
        return tuple(decides or sorted(out, key=lambda origin: -abs(origin.part)))

    @property
    def tells(self) -> bool:
        """Say whether the record tells the best explanation from the next."""
        if len(self.explanations) < 2:
            return False
        return self.told(self.explanations[0].name, self.explanations[1].name)

    def told(self, one: str, other: str) -> bool:
        """Say whether the record tells one explanation from a worse one."""
        value, error = self.factor(one, other)
        return value > TELLS and value > 2.0 * error + self.held(one, other)

    @property
    def headline(self) -> str:
        """The first line: what the record says, or that it cannot tell."""
        first, *rest = (each.name for each in self.explanations)
        if self.tells:
            value, _ = self.factor(first, rest[0])
            if math.isinf(value):
                return f"The record speaks for {_said(first)}: {self.impossible(rest)}."
            return (
                f"The record speaks for {_said(first)}: what happened is {10.0**value:,.0f} times as "
                f"probable under it as under {_said(rest[0])}, the next best."
            )
        alike = [name for name in rest if not self.told(first, name)]
        most = 10.0 ** max(self.factor(first, name)[0] for name in alike)
        text = (
            f"This record cannot tell {_listed([_said(name) for name in (first, *alike)], 'from')}: what "
            f"happened is at most about {most:.1f} times as probable under one as under another."
        )
        never = [name for name in rest if self.of(name).log_evidence == -math.inf]
        against = [name for name in rest if name not in (*alike, *never)]
        if never:
            text += f" It speaks against {', '.join(map(_said, never))}: {self.impossible(never)}."
        if against:
            least = 10.0 ** min(self.factor(first, name)[0] for name in against)
            text += (
                f" It speaks against {', '.join(_said(name) for name in against)}: at least about "
                f"{least:.0f} times less probable than under {_said(first)}."
            )
        return text

    def impossible(self, names: Sequence[str]) -> str:
        """Say what happened although it cannot, under explanations that give it no chance."""
        told = []
        for name in names:
            weighed = self.of(name)
            seen = next((n for n, t in zip(weighed.names, weighed.terms, strict=True) if t == -math.inf), "")
            told.append(f"{seen or 'what happened'} cannot happen under {_said(name)}")
        return ", and ".join(told)


def alike(one: Weighing, two: Weighing) -> bool:
    """Say whether no term of a record is more probable under one explanation than under another."""
    return one.names == two.names and np.allclose(one.terms, two.terms, rtol=0.0, atol=1e-9)


def compare_rivals(
    crises: Crises,
    *,
    rivals: Sequence[str] = (),
    learn: Sequence[str] | None = None,
    draws: int = 24,
    power_records: int = 6,
    seed: int = 0,
    journal: Path | None = None,
    progress: Progress | None = None,
) -> RivalTable:
    """Compare a scenario with its rivals on a record, or several crises pooled.

    Parameters
    ----------
    crises
        Scenarios with their records; the first says which rivals there are.
    rivals
        Names of rivals (or measures); all rivals, and plain habit where there are actors, if none are named.
    learn
        Parameters over whose priors the evidence is taken; all that have one if None; none if empty.
    draws
        Points at which every explanation is weighed.
    power_records
        Records sampled from each explanation; 0 for no power.
    journal
        Where evaluations are kept, a file for each explanation beside the one named, so that a comparison
        that is stopped goes on.

    Raises
    ------
    QueryError
        If there is nothing to compare, or a name is unknown.
    """
    tell = progress or silent
    names = _names(crises, rivals)
    coordinates = _free(crises, learn)
    if draws < 1 and coordinates is not None:
        raise QueryError("Explanations are weighed at draws: ask for 1 at least, or learn no numbers.")
    question = question_of(crises, *(coordinates.names if coordinates else ()))
    kept = str(journal or ""), question
    shared = SharedDraws(crises, coordinates, None, np.zeros((0, 0)), power_records, seed, *kept)
    parts = explained(crises, ARGUMENT)
    if coordinates is not None:
        tell("Learning from the record", 0.0)
        learnt = fit(
            pooled(parts),
            coordinates,
            method="laplace",
            rough=True,
            journal=Journal(journal, question),
            progress=part_of(tell, 0.0, 0.25),
        )
        points, _ = propose(learnt.laplace, draws, seed)
        shared = replace(shared, laplace=learnt.laplace, points=points)
    workers = 1 if max(game.size for part in parts for game in part.games) < SMALL else None
    found = _each(weigh_explanation, shared, names, workers, part_of(tell, 0.25, 0.8))
    logs = np.array([found[name].log_evidence for name in names])
    odds = np.exp(logs - np.logaddexp.reduce(logs))
    best = sorted(
        (
            Explanation(name, *_told(crises, name), float(chance), found[name])
            for name, chance in zip(names, odds, strict=True)
        ),
        key=lambda each: -each.log_evidence,
    )
    power = _power(crises, found, [each.name for each in best], workers, part_of(tell, 0.8, 1.0))
    return RivalTable(
        crises[0][1].title,
        tuple(best),
        coordinates.names if coordinates else (),
        power,
        _telling(best),
        tuple(each for part in parts if part.laid.histories for each in part.lacking),
        _terms(crises),
    )


def _names(crises: Crises, rivals: Sequence[str]) -> list[str]:
    """Return the explanations to compare, the argument first."""
    known = {HABIT} | {name for told, _ in crises for name in (*told.rivals, *told.measures)}
    unknown = [name for name in rivals if name not in known]
    if unknown:
        hint = did_you_mean(unknown[0], sorted(known))
        raise QueryError(f"There is no rival or measure '{unknown[0]}'. {hint}")
    scenario = crises[0][0]
    own = list(scenario.rivals)
    if own and scenario.actors and scenario.shocks == "control":
        own.append(HABIT)
    names = [ARGUMENT, *dict.fromkeys(rivals or own)]
    if len(names) < 2:
        raise QueryError(
            "There is nothing to compare: the scenario has no rivals. Write rivals:, or name measures with "
            "--only."
        )
    return names


def _free(crises: Crises, learn: Sequence[str] | None) -> Coordinates | None:
    """Return the parameters to integrate over, of whichever crisis has them."""
    if learn is None:
        learn = [name for told, _ in crises for name in coordinates_of(told).names]
    found: dict[str, Any] = {}
    for told, _ in crises:
        own = coordinates_of(told, [name for name in learn if name in told.parameters]) if learn else None
        found = {**dict(zip(own.names, own.priors, strict=True)), **found} if own else found
    return Coordinates(tuple(found), tuple(found.values())) if found else None


def _each(
    task: Callable[[Any, Any], Any], shared: object, names: Sequence[str], workers: int | None, tell: Progress
) -> dict[str, Any]:
    """Do a task for each explanation, on as many processes as there are processors."""
    found: dict[str, Any] = {}

    def keep(name: str, result: object) -> None:
        found[name] = result
        tell("Weighing explanations", len(found) / len(names))

    ended = run_tasks(task, shared, {name: name for name in names}, keep, workers=workers)
    if ended:
        raise QueryError(f"Not every explanation could be weighed: {ended}.")
    return found


def _told(crises: Crises, name: str) -> tuple[str, tuple[str, ...]]:
    """Return what an explanation says, and the claims it stands for."""
    for scenario, _ in crises:
        told = scenario.rivals.get(name) or scenario.measures.get(name)
        if told is not None:
            return told.about, tuple(told.claim)
    if name == HABIT:
        return "Nobody has a reason: every move comes at its habit.", ()
    return crises[0][0].title, ()


def _terms(crises: Crises) -> dict[str, tuple[str, str]]:
    """Return when each term of the likelihood was, and what it says."""
    out = {}
    for _, record in crises:
        before = f"{record.title}: " if len(crises) > 1 else ""
        for each in record.observations:
            out[before + each.called] = (record.told_of(each), each.says)
        out[f"{before}silence"] = ("", "no other move where all are listed")
    return out


def _power(
    crises: Crises, found: Mapping[str, Weighing], names: Sequence[str], workers: int | None, tell: Progress
) -> tuple[Power, ...]:
    """Weigh the records sampled from each explanation by all of them."""
    records = len(found[names[0]].made)
    if not records:
        return ()
    behaviours = {name: found[name].behaviours for name in names}
    made = tuple(each for name in names for each in found[name].made)
    rows = _each(weigh_made, MadeRecords(crises, behaviours, made), names, workers, tell)
    table = np.array([rows[name] for name in names]).reshape(len(names), len(names), records)
    out = []
    for place, name in enumerate(names):
        logs: Float = table[:, place]
        others = [k for k, other in enumerate(names) if k != place and not alike(found[name], found[other])]
        if not others:
            continue
        rest = logs[others].max(axis=0)
        wins, clearly = logs[place] > rest, logs[place] - rest > TELLS * LN10
        out.append(Power(name, records, float(wins.mean()), float(clearly.mean())))
    return tuple(out)


LITTLE_TOLD = 0.0005
"""What is expected to tell fewer bits than this tells nothing."""


def _telling(best: Sequence[Explanation], most: int = 3) -> tuple[Telling, ...]:
    """Return the moves and times ahead with the most expected information about the explanations."""
    weights = np.array([each.odds for each in best])
    tables = [each.weighed.ahead for each in best]
    out = []
    for key in tables[0]:
        chances = np.array([table.get(key, 0.0) for table in tables])
        bits = _entropy(float(weights @ chances)) - float(weights @ [_entropy(p) for p in chances])
        each = tuple((one.name, float(p)) for one, p in zip(best, chances, strict=True))
        if bits >= LITTLE_TOLD:
            out.append(Telling(key[0], key[1], each, bits))
    seen: dict[str, Telling] = {}
    for told in sorted(out, key=lambda one: -one.bits):
        seen.setdefault(told.move, told)
    return tuple(list(seen.values())[:most])


def _entropy(p: float) -> float:
    if not 0.0 < p < 1.0:
        return 0.0
    return -(p * math.log2(p) + (1.0 - p) * math.log2(1.0 - p))


def _said(name: str) -> str:
    return name if name == ARGUMENT else f"'{spaced(name)}'"


def _listed(names: Sequence[str], word: str) -> str:
    return (
        f" {word} ".join(names)
        if len(names) < 3
        else f"{names[0]} {word} {', '.join(names[1:-1])} or {names[-1]}"
    )

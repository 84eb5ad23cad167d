r"""Which explanation a record favours, by how much, and whether it could tell.

Each explanation is the scenario, or the scenario under one of its rivals, with its priors. Its evidence is
the marginal likelihood :math:`Z = E_{prior} L`; the comparison of two is :math:`\log_{10} Z_1 / Z_2`, with
the Monte Carlo error of both. It is *told* where it exceeds `TELLS` (10 to 3) and twice its error; else the
first line says that the record cannot tell.

*Where it comes from*: :math:`\log Z = \sum_i \log p(y_i \mid y_{<i})`, each term averaged over what the
observations before it left of the prior, from the same draws; differences add up to the whole.

*Power*: records are sampled from each explanation, at draws of its own posterior, under the same length and
coverage, and weighed by all of them (each averaged over a few draws of its prior): how often does the right
one win, and how often clearly? A record that could not have told is no finding against anybody.

*What would tell them apart*: for each move and each time ahead, the expected information about the
explanations from seeing whether it comes: mutual information, in bits, under the posterior odds.

References: Kass & Raftery (1995); Lindley (1956), On a measure of the information provided by an experiment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bystander.equilibrium.result import Equilibrium
from bystander.errors import QueryError
from bystander.evidence.contributions import Contribution, contributions
from bystander.evidence.coordinates import Coordinates, coordinates_of
from bystander.evidence.journal import Journal
from bystander.evidence.learning import Fit, Method, Posterior, fit, reweighed, sequential
from bystander.evidence.likelihood import Likelihood, Pooled
from bystander.evidence.record import Record
from bystander.evidence.simulating import simulate_record
from bystander.game.arrays import Float
from bystander.process.chain import make_chain
from bystander.process.clocks import Clocks
from bystander.process.responses import responses
from bystander.progress import Progress, part_of, silent
from bystander.scenario import Scenario, apply_measures
from bystander.seeds import stream

ARGUMENT = "the argument"
TELLS = math.log10(10.0 / 3.0)
LN10 = math.log(10.0)
WIDTHS = (0.5, 2.0)
AHEAD = (30.0, 182.0, 365.0)
Side = Literal["for", "against"]


@dataclass(frozen=True)
class Explanation:
    """One explanation and what the record says of it.

    Attributes
    ----------
    name, about
        The rival's name and text; ``the argument`` for the scenario as it stands.
    log_evidence, error
        Natural logarithm, and its standard error.
    odds
        Posterior chance among the explanations compared, for equal prior chances unless stated.
    by_width
        Log evidence with priors half and twice as wide.
    """

    name: str
    about: str
    claim: tuple[str, ...]
    log_evidence: float
    error: float
    odds: float
    by_width: tuple[tuple[float, float], ...]
    learnt: Fit | None
    terms: tuple[tuple[str, float], ...]
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class Origin:
    """What one observation adds to the difference between the two best explanations, in log10."""

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
    """Explanations compared on one record, best first."""

    record: str
    explanations: tuple[Explanation, ...]
    origins: tuple[Origin, ...]
    power: tuple[Power, ...]
    telling: tuple[Telling, ...]
    lacking: tuple[tuple[str, str], ...]

    def factor(self, one: str, other: str) -> tuple[float, float]:
        """Return the log10 Bayes factor of one explanation over another, and its standard error."""
        a, b = (next(e for e in self.explanations if e.name == name) for name in (one, other))
        return (a.log_evidence - b.log_evidence) / LN10, math.hypot(a.error, b.error) / LN10

    @property
    def tells(self) -> bool:
        """Say whether the record tells the best explanation from the next."""
        if len(self.explanations) < 2:
            return False
        value, error = self.factor(self.explanations[0].name, self.explanations[1].name)
        return value > TELLS and value > 2.0 * error

    @property
    def headline(self) -> str:
        """The first line: what the record says, or that it cannot tell."""
        first, second = self.explanations[0], self.explanations[1]
        value, _ = self.factor(first.name, second.name)
        times = 10.0**value
        if not self.tells:
            together = [first.name]
            together += [
                e.name for e in self.explanations[1:] if self.factor(first.name, e.name)[0] <= TELLS
            ] or [second.name]
            return (
                f"This record cannot tell {_listed([_said(name) for name in together], 'from')}: what "
                "happened is at "
                f"most {10.0 ** max(self.factor(first.name, name)[0] for name in together[1:]):.1f} times "
                "as probable under one as under another."
            )
        return (
            f"The record speaks for {_said(first.name)}: what happened is {times:,.0f} times as "
            "probable under it as "
            f"under {_said(second.name)}, the next best."
        )


def compare_rivals(
    scenario: Scenario,
    record: Record,
    *,
    rivals: Sequence[str] = (),
    learn: Sequence[str] | None = None,
    prior_odds: Mapping[str, float] | None = None,
    draws: int = 200,
    method: Method = "importance",
    power_records: int = 6,
    seed: int = 0,
    journals: Callable[[str], Journal] | None = None,
    progress: Progress | None = None,
) -> RivalTable:
    """Compare a scenario with its rivals on a record.

    Parameters
    ----------
    rivals
        Names of rivals (or measures) of the scenario; all rivals if none are named.
    learn
        Parameters over whose priors the evidence is taken; all that have one if None; none if empty.
    prior_odds
        Prior weights by name; equal if not given.
    power_records
        Records sampled from each explanation; 0 for no power.
    journals
        Returns the journal of an explanation, by name.

    Raises
    ------
    QueryError
        If there is nothing to compare.
    """
    tell = progress or silent
    names = [ARGUMENT, *(rivals or scenario.rivals)]
    if len(names) < 2:
        raise QueryError(
            "There is nothing to compare: the scenario has no rivals. Write rivals: or name measures."
        )
    fits, likelihoods = [], []
    for number, name in enumerate(names):
        changed = scenario if name == ARGUMENT else apply_measures(scenario, name)
        likelihood = Likelihood(changed, record)
        share = part_of(tell, 0.8 * number / len(names), 0.8 * (number + 1) / len(names))
        wanted = _free(scenario, changed, learn)
        journal = journals(name) if journals else None
        fits.append(_weigh(likelihood, wanted, draws, method, seed, journal, share))
        likelihoods.append(likelihood)
    weights = np.array([(prior_odds or {}).get(name, 1.0) for name in names])
    logs = np.array([each.log_evidence for each in fits]) + np.log(weights)
    odds = np.exp(logs - np.logaddexp.reduce(logs))
    found = [
        _explanation(scenario, name, each, float(chance))
        for name, each, chance in zip(names, fits, odds, strict=True)
    ]
    order = sorted(range(len(names)), key=lambda k: -found[k].log_evidence)
    best = [found[k] for k in order]
    tell("Asking whether the record could tell", 0.8)
    power = _power(
        [likelihoods[k] for k in order], [fits[k] for k in order], names, order, power_records, seed
    )
    tell("Asking what would tell them apart", 0.95)
    telling = _telling([likelihoods[k] for k in order], [fits[k] for k in order], best)
    return RivalTable(
        record.title,
        tuple(best),
        _origins(likelihoods[order[0]], best[0], best[1]),
        power,
        telling,
        likelihoods[0].lacking,
    )


@dataclass(frozen=True)
class _Weighed:
    """The evidence of one explanation: a fit, or a single point where nothing is learnt."""

    log_evidence: float
    error: float
    learnt: Fit | None
    names: tuple[str, ...]
    terms: Float
    log_likelihood: float


def _free(scenario: Scenario, changed: Scenario, learn: Sequence[str] | None) -> Coordinates | None:
    """Return the parameters to integrate over: those a rival sets are fixed by it."""
    own = {n for n, v in changed.parameter_values().items() if scenario.parameter_values()[n] != v}
    known = tuple(learn) if learn is not None else coordinates_of(scenario).names
    names = [name for name in known if name not in own]
    return coordinates_of(scenario, names) if names else None


def _weigh(
    likelihood: Likelihood,
    coordinates: Coordinates | None,
    draws: int,
    method: Method,
    seed: int,
    journal: Journal | None,
    progress: Progress,
) -> _Weighed:
    if coordinates is None:
        found = likelihood.weigh({}, slopes=False)
        value = found.log_likelihood
        return _Weighed(value, 0.0, None, found.names, found.logs, value)
    learnt = fit(
        likelihood,
        coordinates,
        method=method,
        draws=draws,
        seed=seed,
        journal=journal,
        rough=method == "importance",
        progress=progress,
    )
    if learnt.draws is not None and learnt.draws.proposals is not None:
        terms = sequential(learnt.draws)
    else:
        posterior = Posterior(likelihood, coordinates, journal or Journal())
        terms = posterior.terms(learnt.laplace.mode)
        terms = terms + (learnt.log_evidence - terms.sum()) / len(terms)
    return _Weighed(
        learnt.log_evidence,
        learnt.evidence_error,
        learnt,
        learnt.terms,
        terms,
        learnt.laplace.log_likelihood,
    )


def _explanation(scenario: Scenario, name: str, each: _Weighed, odds: float) -> Explanation:
    told = scenario.rivals.get(name) or scenario.measures.get(name)
    widths: tuple[tuple[float, float], ...] = ()
    if each.learnt is not None and each.learnt.draws is not None:
        draws = each.learnt.draws
        widths = tuple((width, reweighed(draws, width)[0]) for width in WIDTHS)
    return Explanation(
        name,
        scenario.title if told is None else told.about,
        () if told is None else tuple(told.claim),
        each.log_evidence,
        each.error,
        odds,
        widths,
        each.learnt,
        tuple(zip(each.names, each.terms.tolist(), strict=False)),
        each.log_likelihood,
    )


def _origins(likelihood: Likelihood, first: Explanation, second: Explanation) -> tuple[Origin, ...]:
    """Return what each observation adds to the difference, most first; they add up."""
    about = {each.name: each for each in _said_terms(likelihood)}
    other = dict(second.terms)
    out = []
    for name, log in first.terms:
        told = about.get(name)
        part = (log - other.get(name, 0.0)) / LN10
        out.append(Origin(name, told.when if told else "", told.says if told else "", part))
    return tuple(sorted(out, key=lambda origin: -abs(origin.part)))


def _said_terms(likelihood: Likelihood) -> tuple[Contribution, ...]:
    found, _ = likelihood.filtered({})
    return contributions(likelihood.laid, found)


def _points(
    each: _Weighed, count: int, random: np.random.Generator, *, prior: bool
) -> list[dict[str, float]]:
    """Return some draws of an explanation's prior or posterior."""
    if each.learnt is None:
        return [{}]
    coordinates = each.learnt.coordinates
    if prior:
        return [coordinates.values(random.standard_normal(coordinates.size)) for _ in range(count)]
    sample = each.learnt.sample()
    return [coordinates.values(sample[random.integers(len(sample))]) for _ in range(count)]


def _power(
    likelihoods: Sequence[Likelihood],
    weighed: Sequence[_Weighed],
    names: Sequence[str],
    order: Sequence[int],
    records: int,
    seed: int,
    points: int = 4,
) -> tuple[Power, ...]:
    """Sample records from each explanation and weigh them by all."""
    if not records:
        return ()
    random = stream(seed, "power")
    settings = [
        [like.equilibria(values) for values in _points(each, points, random, prior=True)]
        for like, each in zip(likelihoods, weighed, strict=True)
    ]
    out = []
    for k, (like, each) in enumerate(zip(likelihoods, weighed, strict=True)):
        wins = clear = 0
        for values in (_points(each, records, random, prior=False) * records)[:records]:
            made = simulate_record(like, like.equilibria(values), random)
            logs = np.array(
                [_average(other, setting, made) for other, setting in zip(likelihoods, settings, strict=True)]
            )
            best = int(np.argmax(logs))
            rest = np.delete(logs, k)
            wins += best == k
            clear += bool(logs[k] - rest.max() > TELLS * LN10)
        out.append(Power(names[order[k]], records, wins / records, clear / records))
    return tuple(out)


def _average(likelihood: Likelihood, setting: Sequence[Sequence[Equilibrium]], made: Record) -> float:
    """Return the log of a record's likelihood averaged over some solved games."""
    other = Likelihood(likelihood.scenario, made)
    other.games = likelihood.games
    logs = [other.filtered_under(equilibria).log_likelihood for equilibria in setting]
    return float(np.logaddexp.reduce(logs) - math.log(len(logs)))


def _telling(
    likelihoods: Sequence[Likelihood], weighed: Sequence[_Weighed], best: Sequence[Explanation], most: int = 3
) -> tuple[Telling, ...]:
    """Return the moves and times ahead with the most expected information about the explanations."""
    weights = np.array([each.odds for each in best])
    tables: list[dict[tuple[str, float], float]] = []
    for like, each in zip(likelihoods, weighed, strict=True):
        values = each.learnt.mode() if each.learnt is not None else {}
        found, equilibria = like.filtered(values)
        chain = make_chain(equilibria[-1], _start(found.now[0]))
        answered = responses(Clocks(chain, max(AHEAD)), None, AHEAD)
        tables.append({(f"{r.owner}.{r.move}", days): p for r in answered for days, p in r.within})
    out = []
    for key in tables[0]:
        chances = np.array([table.get(key, 0.0) for table in tables])
        bits = _entropy(float(weights @ chances)) - float(weights @ [_entropy(p) for p in chances])
        under = tuple((one.name, float(p)) for one, p in zip(best, chances, strict=True))
        out.append(Telling(key[0], key[1], under, max(bits, 0.0)))
    seen: dict[str, Telling] = {}
    for told in sorted(out, key=lambda one: -one.bits):
        seen.setdefault(told.move, told)
    return tuple(list(seen.values())[:most])


def _start(now: Float) -> Float:
    start: Float = now / now.sum()
    return start


def _entropy(p: float) -> float:
    if not 0.0 < p < 1.0:
        return 0.0
    return -(p * math.log2(p) + (1.0 - p) * math.log2(1.0 - p))


def leave_one_out(
    parts: Mapping[str, Likelihood], coordinates: Coordinates, *, seed: int = 0, draws: int = 50
) -> dict[str, float]:
    """Return, for each crisis, the log score of its record when learnt on the others alone."""
    out = {}
    for name, left in parts.items():
        rest = Pooled(tuple(each for other, each in parts.items() if other != name))
        learnt = fit(rest, coordinates, method="laplace", seed=seed)
        left.anchor(_known(left, learnt.mode()))
        rows = learnt.sample()[:draws]
        logs = [left.weigh(_known(left, coordinates.values(z)), slopes=False).log_likelihood for z in rows]
        out[name] = float(np.logaddexp.reduce(logs) - math.log(len(logs)))
    return out


def _known(part: Likelihood, values: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if name in part.scenario.parameters}


def _said(name: str) -> str:
    return name if name == ARGUMENT else f"'{name.replace('_', ' ')}'"


def _listed(names: Sequence[str], word: str) -> str:
    return (
        f" {word} ".join(names)
        if len(names) < 3
        else f"{names[0]} {word} {', '.join(names[1:-1])} or {names[-1]}"
    )

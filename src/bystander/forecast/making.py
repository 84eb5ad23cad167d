r"""Making a forecast: what a scenario says of questions, from what was known on a day and nothing later.

With :math:`R` the record up to the day and :math:`x` the answer to a question as an observation that may come
(`bystander.forecast.questions`),

.. math:: P(x \mid R) = L(R \cup x) / L(R),

two likelihoods of the same filter: the forecast begins where the record leaves off, whatever is hidden
included, and hypothesis and decision are one thing. For "at least n" the count of fewer is weighed and taken
from one; for such probabilities below about 1e-9 only their size is known.

*Where dates that everybody knows lie ahead* (`Ahead`) a record is weighed until its day as if they were far
off (`bystander.evidence.likelihood`), which leaves :math:`\alpha`, the chance of every situation. From there
on behaviour changes with the time to each date, and dates lead where they lead
(`bystander.process.announced`). A reading on a day weighs the distribution then,

.. math:: P(x \mid R) = \alpha \, \Phi(T) \, w_x ,

with :math:`\Phi` the product of :math:`\exp(Q \Delta)` over pieces of days and of the lotteries of dates. Of
"at least n" moves, the same is done in n layers, one for each number counted (`bystander.evidence.layout`);
what is left in them is the chance of fewer. The effect of a date is no move: it is counted by no class.
Pieces are halved until answers agree to `CLOSELY`: an estimate, not a bound. Fails where the record was
already made by people who acted for a date's sake.

Numbers with a prior are learnt from R first (posterior mode; `bystander.evidence.learning`), unless the
questions say ``learn: false``. Nothing later enters: an observation dated later is cut off, its number is
told, and a fact of the scenario that is dated later is refused by name. ``resting_on_later`` is the number of
facts and observations used that are dated after the day: computed, and zero, for else it is refused.

Beside each probability stand baselines that have only counted (below): the class'
base rate while it was covered; the share of earlier stretches as long in which it fired (conflictology); and
the last such stretch again (no change).

Fails where: moves that were never seen carry habits nobody measured; and the scenario's author knew how it
ended (a hindcast, which is labelled).

*Base rate* (Gamma-Poisson). Events come at an unknown steady rate r with prior Gamma(shape a, exposure b); n
events in an exposure of T leave Gamma(a + n, b + T). The number in a further exposure u is then negative
binomial,

    P(N = k) = NB(k; a + n, (b + T) / (b + T + u)),   P(N >= 1) = 1 - ((b + T) / (b + T + u))^(a + n).

The default prior is Jeffreys' (a = 1/2, b = 0), which nobody has chosen to fit anything; it needs T > 0.

*Conflictology* (VIEWS): what the past counted stands for what comes, one equal weight a stretch (Hegre et al.
2025). *No change*: things stay as they are on the day of the forecast.

Fails where: rates change (that is what a model is for), and where counts come in bursts: the negative
binomial of a steady rate is then too narrow, which the score shows.

References: Gelman et al. 2013, section 2.6 (Gamma-Poisson); Hegre et al. 2025, J. Peace Research
(benchmarks).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bystander.equilibrium.announced import led_by
from bystander.errors import QueryError, ScenarioError, did_you_mean
from bystander.evidence.binding import Bound
from bystander.evidence.checking import known_by
from bystander.evidence.coordinates import coordinates_of
from bystander.evidence.layout import arcs_of
from bystander.evidence.learning import Posterior, find_mode
from bystander.evidence.likelihood import Likelihood
from bystander.evidence.record import Observation, Record, day_number, end_of_day
from bystander.evidence.starting import has_dates_ahead, process_ahead
from bystander.evidence.timeline import MOST_MOVES, RateKey
from bystander.evidence.writing import record_as_yaml
from bystander.forecast.ledger import canonical_hash
from bystander.forecast.questions import ForecastQuestion, QuestionSet, check_questions
from bystander.game.arrays import Float
from bystander.numerics.observed import ObservedRates
from bystander.origins import own_version
from bystander.process.announced import CLOSELY, Begun, DatedProcess
from bystander.progress import Progress, silent
from bystander.scenario import Scenario, load_document, read_document, scenario_hash
from bystander.scenario.checks.numbers import hindsight
from bystander.scenario.nodes import Mapping as Nodes
from bystander.scenario.nodes import Scalar, tell
from bystander.scenario.read import speaking_on

SHAPE = 0.5
"""Shape of the prior of a steady rate, whose exposure is 0."""


def base_rate(count: float, exposure: float, least: int, further: float) -> float:
    """Return the chance of ``least`` or more events in a further exposure, by a rate known from counting.

    The rate is Gamma(`SHAPE` + count, exposure); exposures are in any one unit of time.

    Raises
    ------
    QueryError
        If the count is negative or nothing was watched.
    """
    from scipy.stats import nbinom

    if count < 0 or exposure <= 0.0:
        raise QueryError("A base rate needs a count of at least 0 over a positive exposure.")
    if least <= 0:
        return 1.0
    return float(nbinom.sf(least - 1, SHAPE + count, exposure / (exposure + further)))


NO_CHANGE = 0.95


@dataclass(frozen=True)
class Answered:
    """A question with its probability and what counting alone would have said.

    Attributes
    ----------
    baselines
        Probability by name of baseline; those that the record allows.
    """

    question: ForecastQuestion
    probability: float
    baselines: Mapping[str, float]


@dataclass(frozen=True)
class Forecast:
    """Probabilities written down on a day.

    Attributes
    ----------
    cut
        Observations of the record that are dated later, and were not looked at.
    resting_on_later
        Facts and observations used that are dated later: 0.
    learnt
        Numbers at which it was made, where they were learnt.
    """

    asked: QuestionSet
    answers: tuple[Answered, ...]
    cut: int
    resting_on_later: int
    learnt: Mapping[str, float]
    scenario_hash: str
    record_hash: str
    version: str

    @property
    def identity(self) -> str:
        """What it may be entered under once: questions, day, scenario, record, version."""
        return _identity(self.asked, self.scenario_hash, self.record_hash)

    def entry(self) -> dict[str, Any]:
        """Return it as the plain values that a ledger keeps."""
        return {
            "title": self.asked.title,
            "as_of": self.asked.as_of,
            "hindcast": self.asked.hindcast,
            "scenario": self.asked.scenario,
            "scenario_hash": self.scenario_hash,
            "record": self.asked.record,
            "record_hash": self.record_hash,
            "version": self.version,
            "cut": self.cut,
            "resting_on_later": self.resting_on_later,
            "learnt": dict(self.learnt),
            "questions": [_entry(answer) for answer in self.answers],
        }


def identity_of(asked: QuestionSet, scenario: Scenario, record: Record) -> str:
    """Return the identity of a forecast before it is made."""
    known, _ = known_by(record, asked.as_of)
    return _identity(asked, scenario_hash(scenario), canonical_hash(record_as_yaml(known)))


def _identity(asked: QuestionSet, of_scenario: str, of_record: str) -> str:
    parts = [asked.title, asked.as_of, of_scenario, of_record, own_version()]
    names = [f"{q.name}:{q.of}:{q.begin}:{q.end}{_besides(q)}" for q in asked.questions]
    return canonical_hash([*parts, *names])[:16]


def _besides(question: ForecastQuestion) -> str:
    """Return what else tells a question from another: how many moves it takes, or at which levels."""
    if question.of:
        return f":{question.yes_from}" if question.yes_from > 1 else ""
    return f":{sorted((name, sorted(levels)) for name, levels in question.levels.items())}"


def _entry(answer: Answered) -> dict[str, Any]:
    q = answer.question
    return {
        "name": q.name,
        "asks": q.asks,
        "begin": q.begin,
        "end": q.end,
        "of": q.of,
        "yes_from": q.yes_from,
        "levels": {variable: list(levels) for variable, levels in q.levels.items()},
        "source": q.source,
        "probability": answer.probability,
        "baselines": dict(answer.baselines),
    }


def make_forecast(
    asked: QuestionSet,
    scenario: Scenario,
    record: Record,
    *,
    values: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> Forecast:
    """Answer questions from what was known by the end of their day.

    Parameters
    ----------
    values
        Parameters to go by, in days, people and dollars: those learnt; the scenario's own if None.

    Raises
    ------
    ScenarioError
        If a fact is dated after the day, or a question names what the record does not have.
    QueryError
        If the scenario has no words for something asked, or finds the record impossible.
    """
    check_questions(asked, record)
    subject = _one_subject(record)
    own, dated = scenario_hash(scenario), has_dates_ahead(scenario, asked.as_of)
    scenario = speaking_on(scenario, asked.as_of) if dated else scenario
    known, cut = known_by(record, asked.as_of)
    later = resting_on_later(scenario, known, asked.as_of)
    numbers = dict(values or {})
    base = Likelihood(scenario, known, until=end_of_day(asked.as_of))
    before = base.value(numbers)
    if not math.isfinite(before):
        raise QueryError("The scenario finds impossible what the record lists; nothing follows from that.")
    answers, ahead = [], None
    if dated:
        (progress or silent)("Following known dates", 0.0)
        begin = end_of_day(asked.as_of)
        ahead = follow_ahead(base, numbers, begin, max(q.end for q in asked.questions) - begin)
    for place, question in enumerate(asked.questions):
        (progress or silent)("Answering questions", place / len(asked.questions))
        if ahead is None:
            p = _probability(scenario, known, question, subject, numbers, before)
        else:
            p = ahead.probability(question)
        said = baselines_of(question, known)
        if question.author is not None:
            said["author"] = question.author
        answers.append(Answered(question, p, said))
    return Forecast(
        asked, tuple(answers), cut, later, numbers, own,
        canonical_hash(record_as_yaml(known)), own_version(),
    )  # fmt: skip


def read_as_of(name: str, as_of: str, parameters: Nodes | None = None) -> Scenario:
    """Read a scenario as it stood on a day: clauses, memberships and numbers in force then.

    Parameters
    ----------
    parameters
        Stated in place of the scenario's own.
    """
    document = load_document(name)
    key = document.root.keys.get("as_of", Scalar("as_of", document.root.mark))
    root = document.root.with_entry(key, Scalar(as_of, key.mark))
    if parameters is not None:
        own = root.get("parameters")
        known = own if isinstance(own, Nodes) else Nodes({}, {}, root.mark)
        if any(stated not in known.entries for stated in parameters.entries):
            _check_stated(parameters, read_document(replace(document, root=root)))
        for stated, key in parameters.keys.items():
            known = known.with_entry(key, parameters.entries[stated])
        root = root.with_entry(root.keys.get("parameters", Scalar("parameters", root.mark)), known)
    return read_document(replace(document, root=root))


def _check_stated(parameters: Nodes, scenario: Scenario) -> None:
    """Refuse what is stated of parameters that a scenario, with all it uses, does not have."""
    problems = [
        tell(
            key.mark,
            f"the scenario has no parameter '{name[:60]}'",
            did_you_mean(name, scenario.parameters),
            "unknown-name",
        )
        for name, key in parameters.keys.items()
        if name not in scenario.parameters
    ]
    if problems:
        raise ScenarioError(problems)


def resting_on_later(scenario: Scenario, record: Record, as_of: str) -> int:
    """Count the facts that speak for something, and the observations, that are dated after a day.

    Raises
    ------
    QueryError
        Naming the facts: they were not known. (A number of such a fact is refused when the scenario is read.)
    """
    limit = end_of_day(as_of)
    then = scenario.model_copy(update={"as_of": as_of})
    late = [str(finding.path[1]) for finding in hindsight(then, ("because", "learnt"))]
    if late:
        raise QueryError(
            f"Not known on {as_of}: {', '.join(dict.fromkeys(late))}. Leave them out, or date them."
        )
    return len(late) + sum(each.end > limit for each in record.observations)


def _one_subject(record: Record) -> str:
    """Return whom a record follows, "" where it names nobody."""
    named = [subject for subject in record.subjects if subject]
    if len(named) > 1:
        few = ", ".join(named[:3]) + ", ..." * (len(named) > 3)
        raise QueryError(
            f"The record '{record.title}' follows {len(named)} subjects: {few}. A forecast begins where one "
            "of them leaves off; name a record of one."
        )
    return named[0] if named else ""


def _probability(
    scenario: Scenario,
    known: Record,
    question: ForecastQuestion,
    subject: str,
    values: Mapping[str, float],
    before: float,
) -> float:
    observation, is_yes = question.hypothesis()
    observation = replace(observation, subject=subject)
    longer = replace(known, observations=(*known.observations, observation), end=None)
    weighed = Likelihood(scenario, longer, until=question.end)
    after = weighed.value(values)
    if any(name == observation.name for name, _ in weighed.lacking):
        lacking = dict(weighed.lacking)[observation.name]
        raise question.unsaid(lacking)
    p = min(math.exp(min(after - before, 0.0)), 1.0)
    return p if is_yes else 1.0 - p


def baselines_of(question: ForecastQuestion, known: Record) -> dict[str, float]:
    """Return what counting says: base rate, conflictology and no change.

    Only where the class was covered for at least half as long as the question looks ahead: of a shorter
    time a base rate would tell its prior, and beating it would prove nothing.
    """
    if not question.of:
        return {}
    windows = [w for w in known.windows if w.of == question.of]
    length = question.end - question.begin
    watched = sum(w.end - w.begin for w in windows)
    if watched < max(0.5 * length, 1.0):
        return {}
    fired = firings(known, question.of)
    inside = [day for day in fired if any(w.begin <= day <= w.end for w in windows)]
    found = {"base rate": base_rate(len(inside), watched, question.yes_from, length)}
    stretches = [
        sum(end - length < day <= end for day in inside) >= question.yes_from
        for w in windows
        for end in _ends(w.begin, w.end, length)
    ]
    if stretches:
        found["conflictology"] = (sum(stretches) + 0.5) / (len(stretches) + 1.0)
        found["no change"] = NO_CHANGE if stretches[-1] else 1.0 - NO_CHANGE
    return found


def _ends(begin: float, end: float, length: float) -> list[float]:
    """Return the ends of stretches side by side, the last one that of the window, in order of time."""
    count = int((end - begin) // length)
    return [end - length * k for k in range(count)][::-1]


def fired_between(each: Observation, of: str, begin: float, end: float) -> tuple[int, int]:
    """Return how many moves of a class an observation says fired between two moments: least and most."""
    if each.of != of or not (each.begin <= end and begin <= each.end):
        return 0, 0
    match each.kind:
        case "move":
            low, high = 1, 1
        case "count":
            low, high = int(each.low), int(each.high)
        case _:
            low, high = int(each.low > 0.0), MOST_MOVES
    inside = begin <= each.begin and each.end <= end and not each.perhaps
    return (low if inside else 0), high


def firings(record: Record, of: str) -> list[float]:
    """Return the middle moments at which the record lists moves of a class, counts at their least."""
    found: list[float] = []
    for each in record.observations:
        if each.kind == "toll":
            continue
        low, _ = fired_between(each, of, each.begin, each.end)
        found += [0.5 * (each.begin + each.end)] * low
    return sorted(found)


def learn_values(
    asked: QuestionSet, scenario: Scenario, record: Record, progress: Progress | None = None
) -> dict[str, float]:
    """Return the posterior mode of every number with a prior, from what was known by the questions' day.

    A scenario without such numbers has nothing to learn.
    """
    if not any(body.prior is not None for body in scenario.parameters.values()):
        return {}
    known, _ = known_by(record, asked.as_of)
    likelihood = Likelihood(scenario, known, until=end_of_day(asked.as_of))
    coordinates = coordinates_of(scenario)
    central = likelihood.central()
    begin = coordinates.points([central[name] for name in coordinates.names])
    likelihood.anchor(coordinates.values(begin))
    return coordinates.values(find_mode(Posterior(likelihood, coordinates), begin, progress or silent))


@dataclass(frozen=True)
class Ahead:
    """What follows a record, known dates included.

    Attributes
    ----------
    entry
        Where the record leaves off.
    first
        The day of the game's clock, in days since 1970-01-01, on which it is 0.
    """

    process: DatedProcess
    bound: Bound
    entry: Begun
    first: float

    def probability(self, question: ForecastQuestion) -> float:
        """Return the chance that the answer is yes.

        Raises
        ------
        QueryError
            If the scenario has no words for what is asked.
        NotConvergedError
            If behaviour changes so fast that the answer does not settle.
        """
        observation, is_yes = question.hypothesis()
        if lacking := self.bound.missing(observation):
            raise question.unsaid(lacking)
        key = RateKey(0, (), ((question.of, question.yes_from, "enough"),) if question.of else ())
        arcs = arcs_of(self.bound, key)
        layers = [np.zeros((arcs.layers - 1) * self.process.game.size)]
        weights = self.bound.weights(observation)
        assert weights is not None

        def ask(parts: int) -> Float:
            x, log = np.concatenate([self.entry.mass, *layers]), 0.0
            end = question.end - self.first
            for piece in self.process.pieces(self.entry.day, self.entry.past, end, parts):
                if piece.end > piece.begin:
                    rates = ObservedRates(arcs.generator(self.process.chain(piece).branch_rate))
                    carried = rates.carry(x, piece.end - piece.begin)
                    x, log = carried.end, log + carried.log
                if piece.known is not None:
                    x = led_by(piece.known, x.reshape(arcs.layers, -1).T).T.ravel()
            left = x if question.of else x * weights
            return np.array([math.exp(min(log, 0.0)) * float(left.sum())])

        told = min(float(self.process.refine(ask, CLOSELY).value[0]), 1.0)
        return told if is_yes else 1.0 - told


def follow_ahead(base: Likelihood, values: Mapping[str, float], day: float, horizon: float) -> Ahead:
    """Start the process of a scenario with known dates where a record leaves off.

    Parameters
    ----------
    base
        The likelihood of what was known; its scenario speaks from the day on which is asked.
    day
        The moment at which it leaves off, in days since 1970-01-01.
    horizon
        Days that are asked about from then on.
    """
    found, equilibria = base.filtered(values)
    process = process_ahead(base, values, equilibria[-1].game, found.now[-1], day, horizon)
    scenario = base.scenarios[-1]
    bound = Bound(process.game, base.record, tuple(scenario.moves()))
    return Ahead(process, bound, process.start[0], day_number(scenario.as_of))

"""Sentences about an assessment, each made of numbers that are in it.

A sentence is a tuple of parts, so that the page, the terminal and a log can set the same words each in
its own way. Every number in a sentence is a number of the `Assessment`, written by
`bystander.report.words.numbers`; nothing is reckoned here beyond choosing the largest, the smallest and
counting rows. A test extracts the numbers from all sentences and looks each up.

What a change does is told in one sentence, the largest effect first. Chances and amounts are put on one scale
to be ranked: a chance counts by how far it moves, an amount by the share of the larger of its two values,
half as much (so that a doubling counts as 25 points of chance do).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bystander.assessment.result import (
    FIRST_ORDER,
    Assessment,
    Estimate,
    JudgementResult,
    MeasureResult,
    OutcomeResult,
    Reason,
    ResponseTimes,
    RungStep,
    Sensitivity,
)
from bystander.cases.changes import ABSENT, STARTS, STRUCTURE
from bystander.errors import ScenarioError
from bystander.harmless import first_of
from bystander.report.words.expressions import onset
from bystander.report.words.names import has_article, is_common
from bystander.report.words.numbers import (
    TINY,
    date,
    duration,
    label,
    likelihood,
    percent,
    phrase,
    quantity,
    running,
    spread,
)
from bystander.scenario.expressions import parse_expression, queries_of, to_text
from bystander.units import CHANCES, in_hundredths, in_rank


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of a sentence.

    ``kind`` is ``text``, ``chance`` (a word with its probability), ``number`` or ``name``.
    """

    text: str
    kind: str = "text"


Sentence = tuple[Phrase, ...]
ANY = "any"
TWO_THIRDS = 2 / 3
SPOKEN = re.compile(r"(?=.{4})[^AEIOU]?[AEIOU]+(?:[^AEIOU][AEIOU]+)*[^AEIOU]?")
"""Short names said as a word, without an article: NATO and ECOWAS, but the CSTO, the EU, the OSCE."""


def plain(sentence: Sentence) -> str:
    """Join the parts of a sentence."""
    return "".join(p.text for p in sentence)


def say(*parts: str | Phrase | Sentence) -> Sentence:
    """Build a sentence from strings, parts and shorter sentences."""
    out: list[Phrase] = []
    for part in parts:
        if isinstance(part, str):
            out.append(Phrase(part))
        elif isinstance(part, Phrase):
            out.append(part)
        else:
            out.extend(part)
    return tuple(out)


def chance(probability: float, estimate: Estimate | None = None) -> Phrase:
    """Say a probability: ``very unlikely (7%)``, with its range where there is one.

    ``very unlikely (7%; range 5–11%)``.
    """
    ranged = spread(estimate) if estimate is not None else ""
    inner = f"{percent(probability)}; range {ranged}" if ranged else percent(probability)
    return Phrase(f"{likelihood(probability)} ({inner})", "chance")


def value(estimate: Estimate) -> Phrase:
    """Say an estimate of any kind."""
    if estimate.unit == "probability":
        return chance(estimate.value, estimate)
    ranged = spread(estimate)
    said = quantity(estimate.value, estimate.unit)
    return Phrase(f"{said} (range {ranged})" if ranged else said, "number")


def name(text: str) -> Phrase:
    """Mark a name."""
    return Phrase(text, "name")


def subject(owner: str) -> str:
    """Name an owner at the head of a sentence, with an article as the texts have it or as it is spelt.

    "Russia" and "NATO", but "The CSTO"; "The Soviet Union" where a text says "the Soviet Union".
    """
    said = label(owner)
    first = said.partition(" ")[0]
    told = has_article(owner)
    if told is None:
        told = owner == "west" or (first.isupper() and not SPOKEN.fullmatch(first))
    return f"The {running(said) if is_common(owner) else said}" if told else said


@dataclass(frozen=True, slots=True)
class Agreement:
    """The words that go with one owner, or with an owner who is several: "the guarantors are"."""

    verb: str = "is"
    they: str = "it"
    them: str = "it"
    their: str = "its"


SEVERAL = Agreement("are", "they", "them", "their")
ALONE = re.compile(r"(?:[suia]|new)s$")
"""Ends of words that are no plurals: class, status, crisis, alias, news."""


def number_of(owner: str) -> Agreement:
    """Tell the words that go with an owner: several where a common word for it is a plural."""
    last = owner.rpartition("_")[2]
    several = is_common(owner) and last.endswith("s") and not ALONE.search(last)
    return SEVERAL if several else Agreement()


def party(owner: str) -> str:
    """Name an owner inside a sentence: "Russia", but "the CSTO" and "the ousted"."""
    said, plainly = subject(owner), label(owner)
    before = "the " if said != plainly or said.startswith("The ") else ""
    plainly = plainly.removeprefix("The ")
    return before + (running(plainly) if is_common(owner) else plainly)


def possessive(said: str) -> str:
    """Say whose something is: "Russia's", but with a bare apostrophe after a plural: "the United States'"."""
    plural = said.startswith(("the ", "The ")) and said.endswith("s") and not ALONE.search(said.lower())
    return said + ("\u2019" if plural else "\u2019s")


def focus(assessment: Assessment) -> OutcomeResult | None:
    """Give the outcome that measures and sensitivities are judged by first."""
    named = {o.name: o for o in assessment.outcomes}
    return named.get(assessment.focus) or next(iter(assessment.outcomes), None)


def clocks_of(assessment: Assessment) -> list[str]:
    """List the conditions that start the clock of a headline chance, in order of use."""
    shown = (o for o in assessment.outcomes if o.kind == "probability" and o.headline)
    return list(dict.fromkeys(o.given for o in shown if onset(o.given, assessment.held)))


def mark_of(assessment: Assessment, given: str) -> str:
    """Give the mark beside a chance that is counted from the onset of a condition; "" for no condition."""
    found = clocks_of(assessment)
    if given not in found:
        since = onset(given, assessment.held)
        return f"(from {since})" if since else ""
    return f"\u2020{found.index(given) + 1}" if len(found) > 1 else "\u2020"


def counted_from(assessment: Assessment) -> list[str]:
    """Say what each mark means, from when all else is counted, and what no clock decides."""
    found = clocks_of(assessment)
    told = [
        f"{mark_of(assessment, given)} counted from {onset(given)}{_comes(assessment, given)}."
        for given in found
    ]
    told += [f"Without a mark: counted from {date(assessment.as_of)}."] if told else []
    chances = [o for o in assessment.outcomes if o.headline and o.kind == "probability"]
    for head, holds in (("So already when the clock starts", is_there), ("Cannot come about", is_impossible)):
        named = [f"\u201c{phrase(o.about, o.name, 120)}\u201d" for o in chances if holds(o)]
        told += [f"{head}: {', '.join(named)}."] if named else []
    return told


def who_acts_from(assessment: Assessment) -> str:
    """Say from when who acts is counted and, unless the answer to a question does, how likely that comes."""
    since = onset(assessment.given, assessment.held)
    told = any(answer.given == assessment.given and answer.modelled for answer in assessment.asks)
    return since if told else since + _comes(assessment, assessment.given)


def _comes(assessment: Assessment, given: str) -> str:
    """Say how likely a condition comes to hold: ": unlikely (25%) within a year"; "" if not known."""
    known = dict(assessment.onsets)
    if given not in known:
        return ""
    return f": {chance(known[given]).text} within {duration(assessment.horizon_days)}"


def is_there(outcome: OutcomeResult) -> bool:
    """Say whether an outcome is surely so as its clock starts, and was not brought about."""
    day, chance = next(iter(outcome.curve), (0.0, 0.0))
    return day == 0.0 and min(chance, outcome.estimate.value) > 1.0 - TINY


def is_impossible(outcome: OutcomeResult) -> bool:
    """Say whether nothing that can happen leads to an outcome: its chance is nought, without any error."""
    return outcome.estimate.value == outcome.estimate.error == 0.0


def judged_from(assessment: Assessment, judgement: JudgementResult) -> str:
    """Return the condition at whose onset the clock of a judgement's number starts, "" for none."""
    if judgement.given:
        return judgement.given
    try:
        asked = queries_of(parse_expression(judgement.formula))
    except ScenarioError:
        return ""
    named = {o.name: o.given for o in assessment.outcomes}
    first = next(iter(asked), None)
    if first is None:
        return ""
    return named.get(first.outcome, "") if first.given is None else to_text(first.given)


def outcome_line(outcome: OutcomeResult) -> Sentence:
    """Say one outcome: its phrase, then the chance or amount."""
    return say(name(phrase(outcome.about, outcome.name)), ": ", value(outcome.estimate), ".")


def hangs_on(assessment: Assessment) -> list[Sensitivity]:
    """Rank the numbers that the focus outcome moves with, at the margin; one at nought has no logarithm."""
    goal = focus(assessment)
    own = [
        s for s in assessment.sensitivities if goal and s.outcome == goal.name and s.elasticity and s.value
    ]
    return sorted(own, key=lambda s: (-in_rank(abs(s.elasticity)), s.parameter))


def headlines(assessment: Assessment, count: int = 5) -> list[OutcomeResult]:
    """Choose what to tell first: headline outcomes with a probability, the focus before the others."""
    first = focus(assessment)
    rest = [o for o in assessment.outcomes if o.headline and o.kind == "probability" and o is not first]
    return ([first] if first is not None else [])[:count] + rest[: max(0, count - 1)]


def move_phrase(response: ResponseTimes | Reason) -> str:
    """Say who does what: the move's own words if it has them, else owner and move."""
    return phrase(response.about, f"{label(response.owner)}: {label(response.move).lower()}")


def month(response: ResponseTimes) -> tuple[float, float]:
    """Pick the (days, chance) pair nearest to a month."""
    return min(response.within, key=lambda pair: abs(pair[0] - 30.0), default=(0.0, 0.0))


def who_acts(assessment: Assessment) -> list[Sentence]:
    """Say who moves and who stands by in the month after the clock starts: most and least likely owners."""
    best: dict[str, ResponseTimes] = {}
    whole: dict[str, ResponseTimes] = {}
    for response in assessment.responses:
        if response.move == ANY:
            whole[response.owner] = response
            continue
        kept = best.get(response.owner)
        if kept is None or in_rank(month(response)[1]) > in_rank(month(kept)[1]):
            best[response.owner] = response
    ordered = sorted(best.values(), key=lambda r: (-in_rank(month(r)[1]), r.owner))
    if not ordered:
        return []
    span = duration(month(ordered[0])[0])
    movers = [r for r in ordered if month(r)[1] >= 0.2]
    involved = climbers(assessment)
    still = [
        r for r in reversed(ordered) if month(whole.get(r.owner, r))[1] < 0.2 and r.owner not in involved
    ]
    out = []
    if movers:
        out.append(say(f"Who moves within {span}: ", listed(acting(r) for r in movers[:4]), "."))
    if still:
        out.append(say(f"Who stands by for {span}: ", listed(acting(r) for r in still[:4]), "."))
    return out


def climbers(assessment: Assessment) -> set[str]:
    """Name those who are in the fight: actors whose moves lead up the escalation ladder."""
    bodies = {r.owner for r in assessment.responses if r.role == "institution"}
    return {step.owner for step in steps_up(assessment)} - bodies - {"nature"}


def steps_up(assessment: Assessment) -> list[RungStep]:
    """List the steps that lead up the escalation ladder, those expected most often first.

    Who presses for a cease-fire does not climb, though that level be listed after the fighting.
    """
    order = {rung.level: k for k, rung in enumerate(assessment.rungs)}
    return [s for s in assessment.steps if not s.calms and order.get(s.target, 0) > order.get(s.source, 0)]


def step_phrase(step: RungStep) -> str:
    """Say who makes a step of the ladder and what it is, of chance, or where that says who, only what."""
    who, what = label(step.owner), phrase(step.about, label(step.move), 90)
    return what if step.owner == "nature" or who.lower() in what.lower() else f"{who}: {what}"


def acting(response: ResponseTimes) -> Sentence:
    """Say one response: owner, move, chance within a month; the owner is not named twice."""
    who, what = label(response.owner), move_phrase(response)
    who = party(response.owner) if is_common(response.owner) else who
    told = say(name(what)) if who.lower() in what.lower() else say(name(who), f" ({running(what)})")
    return say(told, ", ", chance(month(response)[1]))


def listed(items: Iterable[Sentence]) -> Sentence:
    """Join sentences into a list: ``a``, ``a; and b``, ``a; b; and c``."""
    given = list(items)
    if len(given) < 2:
        return given[0] if given else ()
    out: list[str | Phrase | Sentence] = []
    for item in given[:-1]:
        out += [item, "; "]
    return say(*out, "and ", given[-1])


def quoted(text: str, fallback: str) -> Sentence:
    """Set a scenario's phrase in quotation marks."""
    return say("\u201c", phrase(text, fallback.rpartition(".")[2], 90), "\u201d")


def change(measure: MeasureResult, outcome: OutcomeResult) -> tuple[float, float] | None:
    """Give an outcome before and after a measure."""
    return next(((a, b) for n, a, b in measure.effects if n == outcome.name), None)


def ranked_measures(assessment: Assessment) -> list[tuple[MeasureResult, float, float]]:
    """Order measures by what they do to the focus outcome, the largest change first."""
    goal = focus(assessment)
    if goal is None:
        return []
    rows = [(m, pair[0], pair[1]) for m in assessment.measures if (pair := change(m, goal)) is not None]
    return sorted(rows, key=lambda row: (-in_rank(abs(row[2] - row[1])), row[0].name))


def told_of(about: str, outcome: str, unit: str) -> Sentence:
    """Name what moves: the chance of an outcome, or an amount by its own name."""
    what = quoted(about, outcome)
    return say("the chance of ", what) if unit in CHANCES else what


def course(before: float, after: float, unit: str) -> Sentence:
    """Say ``from 40 to 80 people``, or ``at likely (66%)`` where both are printed alike.

    What has one word before and after has it once: ``from 5% to 10% (very unlikely)``.
    """
    if unit in CHANCES:
        first, last = chance(before), chance(after)
    else:
        first, last = (Phrase(quantity(each, unit), "number") for each in (before, after))
    if first == last:
        return say("at ", first)
    if unit in CHANCES and (word := likelihood(before)) == likelihood(after):
        changed = f"from {percent(before)} to {percent(after)} ({word})"
        return say(Phrase(changed, "chance"))
    number, _, measured = first.text.partition(" ")
    if unit not in CHANCES and measured and last.text.endswith(f" {measured}"):
        first = Phrase(number, "number")
    return say("from ", first, " to ", last)


def stays(before: float, after: float, unit: str) -> bool:
    """Return whether two values are printed alike."""
    return course(before, after, unit)[0].text == "at "


def moved(outcome: OutcomeResult, before: float, after: float) -> Sentence:
    """Say what something does to an outcome; what is printed alike is left where it is."""
    unit = outcome.estimate.unit
    does = "leaves " if stays(before, after, unit) else "lowers " if after < before else "raises "
    return say(does, told_of(outcome.about, outcome.name, unit), " ", course(before, after, unit))


def remedies(assessment: Assessment, count: int = 2) -> list[Sentence]:
    """Say which measures change the focus outcome most; only the first where none moves what is printed."""
    goal = focus(assessment)
    if goal is None:
        return []
    ranked = [row for row in ranked_measures(assessment) if row[1] != row[2]]
    seen = [row for row in ranked if not stays(*row[1:], goal.estimate.unit)]
    return [
        say("The measure ", quoted(m.about, m.name), " ", moved(goal, before, after), ".")
        for m, before, after in (seen or ranked[:1])[:count]
    ]


def whose(assessment: Assessment) -> str:
    """Say whose judgements they are: a source's whose claims they test, or the scenario's own."""
    return "source" if any(j.claim for j in assessment.judgements) else "scenario"


def beside_habit(assessment: Assessment) -> Sentence:
    """Say how many judgements hold and need the argument, hold even by habit, and fail."""
    needs = [j for j in assessment.judgements if j.needs_the_argument]
    most = [j for j in needs if j.robustness is not None and in_hundredths(j.robustness) >= 100 * TWO_THIRDS]
    even = [j for j in assessment.judgements if j.holds is True and not j.needs_the_argument]
    failed = [quoted(j.says, j.name) for j in assessment.judgements if j.holds is False]
    unsaid = [quoted(j.says, j.name) for j in assessment.judgements if j.holds is None]
    drawn = any(j.robustness is not None for j in needs)
    if len(assessment.judgements) == 1:
        return _lone_judgement(assessment)
    verb = "holds and needs" if len(needs) == 1 else "hold and need"
    total = f"the {whose(assessment)}'s {len(assessment.judgements)} judgements"
    said = say(f"{len(needs)} of {total} {verb} the argument")
    if drawn:
        how = " (to first order)" if assessment.ranges.how == FIRST_ORDER else ""
        in_draws = f"{len(most)} of them in at least two thirds of the draws from the priors"
        if len(needs) == 1 and needs[0].robustness is not None:
            in_draws = f"this one in {percent(needs[0].robustness)} of the draws from the priors"
        said = say(*said, f", {in_draws}{how}")
    if needs and not drawn:
        said = say(*said, ": ", listed([quoted(j.says, j.name) for j in needs[:3]]))
    by = f"{len(even)} {'holds' if len(even) == 1 else 'hold'}" if even else "none holds"
    said = say(*said, f"; {by} even by habit")
    if failed:
        said = say(*said, f"; {len(failed)} {'fails' if len(failed) == 1 else 'fail'}: ", listed(failed[:3]))
    if unsaid:
        said = say(*said, "; it cannot be said of ", listed(unsaid[:3]))
    return say(*said, ".")


def _lone_judgement(assessment: Assessment) -> Sentence:
    """Say of a scenario's one judgement what `beside_habit` counts of several."""
    (one,) = assessment.judgements
    if one.holds is None:
        return say(f"It cannot be said whether the {whose(assessment)}'s one judgement holds.")
    if not one.holds:
        return say(f"The {whose(assessment)}'s one judgement fails: ", quoted(one.says, one.name), ".")
    if not one.needs_the_argument:
        return say(f"The {whose(assessment)}'s one judgement holds, and does so even by habit.")
    said = say(f"The {whose(assessment)}'s one judgement holds and needs the argument")
    if one.robustness is None:
        return say(*said, ".")
    how = " (to first order)" if assessment.ranges.how == FIRST_ORDER else ""
    return say(*said, f", in {percent(one.robustness)} of the draws from the priors{how}.")


def verdict(assessment: Assessment) -> Sentence:
    """Say how many of the judgements come out."""
    total, held = len(assessment.judgements), sum(j.holds is True for j in assessment.judgements)
    if not total:
        return ()
    if any(j.by_habit is not None for j in assessment.judgements):
        return beside_habit(assessment)
    if held == total == 1:
        return say(f"The {whose(assessment)}'s one judgement comes out of the model.")
    if held == total:
        return say(f"All {total} of the {whose(assessment)}'s judgements come out of the model.")
    failed = [quoted(j.says, j.name) for j in assessment.judgements if j.holds is False]
    unsaid = [quoted(j.says, j.name) for j in assessment.judgements if j.holds is None]
    said = say(f"{held} of the {whose(assessment)}'s {total} judgements come out of the model")
    if failed:
        said = say(*said, "; not ", listed(failed[:3]))
    if unsaid:
        said = say(*said, "; it cannot be said of ", listed(unsaid[:3]))
    return say(*said, ".")


LEAST = 0.005
SHOWN = 2
AMOUNTS = 0.5


class Changed(Protocol):
    """An outcome before and after."""

    @property
    def outcome(self) -> str:
        """Its name."""

    @property
    def about(self) -> str:
        """What it is."""

    @property
    def unit(self) -> str:
        """Unit of both values."""

    @property
    def before(self) -> float:
        """Its value before."""

    @property
    def after(self) -> float:
        """Its value after."""


AnyChanged = TypeVar("AnyChanged", bound=Changed)


def size_of(changed: Changed) -> float:
    """Return how much an outcome changes, on the scale of a chance; wholly where one value is infinite."""
    if changed.after == changed.before:
        return 0.0
    gap = abs(changed.after - changed.before)
    if changed.unit in CHANCES:
        return gap
    if gap == float("inf"):
        return AMOUNTS
    return AMOUNTS * gap / max(abs(changed.before), abs(changed.after), 1e-12)


def largest_first(changed: Iterable[AnyChanged]) -> list[AnyChanged]:
    """Order outcomes by how much they change."""
    return sorted(changed, key=lambda one: (-in_rank(size_of(one)), one.outcome))


class Cause(Protocol):
    """A part of a difference: what makes it, how much, and (name, in A, in B) of each input."""

    @property
    def group(self) -> str:
        """Its name."""

    @property
    def about(self) -> str:
        """What it is."""

    @property
    def inputs(self) -> tuple[tuple[str, str, str], ...]:
        """What differs."""


def cause(part: Cause) -> tuple[str, str, str]:
    """Say a cause of a difference and what it is in each of the two scenarios, in the words of the crises."""
    if part.group == STRUCTURE:
        return part.about or "What is built otherwise", "", ""
    if part.group == STARTS:
        named = [(label(name.removeprefix("start of ")), *texts) for name, *texts in part.inputs]
        one, two = (first_of([f"{name}: {texts[k]}" for name, *texts in named], SHOWN) for k in (0, 1))
        return "Where it starts", one, two
    said = phrase(part.about, part.group, 90)
    said += ", at the start" if part.about and part.group.startswith("start of ") else ""
    if len(part.inputs) == 1 and part.inputs[0][0] == part.group:
        return said, part.inputs[0][1], part.inputs[0][2]
    if not any(name.startswith(f"{part.group}.") for name, _, _ in part.inputs):
        return said, "", ""
    here = [
        [phrase(texts[k], name, 60) for name, *texts in part.inputs if texts[k] != ABSENT] for k in (0, 1)
    ]
    both = [what for what in here[0] if what in here[1]]
    only = [[what for what in each if what not in both] for each in here]
    if both and not any(only):
        return said, "the same moves", "under other conditions"
    one, two = (first_of(each or ["not so" if both else "nothing of the kind"], SHOWN) for each in only)
    return said, one, two


def moving(changed: Iterable[AnyChanged]) -> list[AnyChanged]:
    """List what changes by half a point or more, largest first; what is printed alike only where all is."""
    ranked = [one for one in largest_first(changed) if size_of(one) >= LEAST]
    return [one for one in ranked if not stays(one.before, one.after, one.unit)] or ranked[:1]


def headline(changed: Iterable[Changed]) -> Sentence:
    """Say what changes most, and by how much, and how many more are `moving`."""
    found = moving(changed)
    if not found:
        return say("Nothing that is asked changes by as much as half a point.")
    first, *rest = found
    others = f"; {len(rest)} other outcome{'s move' if len(rest) > 1 else ' moves'} too" if rest else ""
    return say(_one(first), others, ".")


def _one(changed: Changed) -> Sentence:
    values = changed.before, changed.after, changed.unit
    opening, *rest = told_of(changed.about, changed.outcome, changed.unit)
    verb = " stays " if stays(*values) else " falls " if changed.after < changed.before else " rises "
    upper = Phrase(opening.text[:1].upper() + opening.text[1:], opening.kind)
    return say(upper, tuple(rest), verb, course(*values))

"""How numbers, likelihoods and names are written: page, figures and terminal show the same.

Probabilities are whole percents, with "under 1%" and "over 99%" at the ends; amounts have at most three
significant digits, with thousands set apart by commas up to a million; small errors are written as
powers of ten. Shares that make a whole are rounded together (largest remainders), so that what is shown
adds up to what is shown.

Estimative language has one word for every probability, the number always beside it. The yardstick is that of
Intelligence Community Directive 203 (2015), with its bounds in percent::

    remote          very unlikely   unlikely   roughly even   likely   very likely   almost certain
    1 to 5          5 to 20         20 to 45   45 to 55       55 to 80 80 to 95      95 to 99

A bound belongs to the word above it: 5 percent is "very unlikely", 55 percent is "likely". The word is that
of the number shown, in whole percents, so that no "remote" stands beside 5%. Below 1 and
above 99 percent the outer words are used and the number says "under 1%" or "over 99%": the model never
claims certainty. Likelihood says nothing about confidence; that is `bystander.report.words.confidence`.

Names are told as readers say them: ``kyrgyz_dead`` is "Kyrgyz dead", ``csto`` is "the CSTO". A scenario's
text may hold control characters, marks that reverse the direction of the line, or a name of ten thousand
letters. `clean` removes what is invisible and never needed, keeps letters of every script, and shortens in
the middle, so that both ends stay legible. Marks that open a change of direction are removed rather than
balanced: a label is short, and the page isolates it (``<bdi>``). HTML is escaped where HTML is made, not
here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite, isnan, log10
from typing import TYPE_CHECKING

from bystander.harmless import in_brief, spaced
from bystander.report.words.names import ACRONYMS, LONGEST_NAME, PROPER, SPELT, spelling, with_names
from bystander.units import CHANCES, MINUS, MONTH, in_hundredths

if TYPE_CHECKING:
    from bystander.assessment.result import Estimate

EN_DASH = "\u2013"


def percent(probability: float) -> str:
    """Write a probability or share: ``7%``, ``under 1%``, ``over 99%``."""
    if not isfinite(probability):
        return "not known"
    hundredths = in_hundredths(probability)
    if hundredths < 1:
        return "under 1%"
    if hundredths > 99:
        return "over 99%"
    return f"{hundredths}%"


def short_percent(probability: float) -> str:
    """Write a probability for a table cell or an axis: ``<1%``, ``7%``, ``>99%``."""
    return percent(probability).replace("under ", "<").replace("over ", ">")


TINY, RARELY = 1e-6, 0.5
"""An amount below which nobody writes it out, and a number of times that is told as one in so many."""


def amount(value: float) -> str:
    """Write a magnitude as finely as it can be meant.

    ``0.0004``, ``0.42``, ``6.4``, ``71``, ``118,000``, ``1.4 million``.
    """
    if not isfinite(value):
        return "not known" if value != value else f"{MINUS if value < 0 else ''}infinite"
    if value == 0:
        return "0"
    sign, size = (MINUS if value < 0 else ""), abs(value)
    if size < 0.001:
        return f"{sign}{plain(size, 1) if size >= TINY else power(size)}"
    rounded = float(f"{size:.{3 if size >= 100 else 2}g}")
    if rounded >= 1e15:
        return f"{sign}{power(rounded)}"
    for unit, word in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if rounded >= unit:
            return f"{sign}{plain(rounded / unit, 3)}{word}"
    return f"{sign}{plain(rounded, 3)}"


def in_short(value: float, unit: str) -> str:
    """Write a value in short: a percentage or an amount."""
    return short_percent(value) if unit in CHANCES else amount(value)


def plain(value: float, significant: int) -> str:
    """Write a positive number with some significant digits, no trailing zeros after the point.

    Commas between thousands.
    """
    digits = max(0, significant - 1 - floor(log10(value)))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: float, decimals: int = 1) -> str:
    """Write a difference or a term of a sum with its sign: ``+1.2``, ``−0.4``."""
    if not isfinite(value):
        return f"{MINUS if value < 0 else '+'}\u221e" if value == value else "not known"
    text = f"{abs(value):.{decimals}f}"
    if float(text) == 0:
        return text
    return f"{MINUS if value < 0 else '+'}{text}"


def power(value: float) -> str:
    """Write a small error as a power of ten: ``3e-11``, or ``0``."""
    if value == 0 or not isfinite(value):
        return "0" if value == 0 else "not known"
    lead, _, exponent = f"{value:.0e}".partition("e")
    return f"{lead}e{int(exponent)}"


def parameter(value: float) -> str:
    """Write a scenario's own number back with all the digits it was written with, four at most."""
    return f"{value:.4g}".replace("-", MINUS)


MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def date(iso: str) -> str:
    """Write an ISO date, month or year in words: ``15 October 2022``, with the time of day if it has one.

    What is not one is given back shortened.
    """
    day, _, clock = iso.partition(" ")
    parts = day.split("-")
    if (
        len(parts) > 3
        or not all(p.isdecimal() for p in parts)
        or (len(parts) > 1 and not 1 <= int(parts[1]) <= 12)
        or (clock and len(parts) < 3)
    ):
        return iso[:40]
    year, *rest = (str(int(p)) for p in parts)
    told = " ".join([*reversed(rest[1:]), *([MONTHS[int(rest[0]) - 1]] if rest else []), year])
    return f"{told}, {clock}" if clock else told


def duration(days: float) -> str:
    """Write a span: ``a week``, ``30 days`` as ``a month``, ``a year``, else months, days or years."""
    spans = {1: "a day", 7: "a week", 14: "two weeks", 30: "a month", 182: "half a year", 365: "a year"}
    for length, word in (spans | dict.fromkeys((90, 3 * MONTH), "three months")).items():
        if abs(days - length) < 0.7 * (length >= 7) + 0.01:
            return word
    if 2 <= (months := round(days / MONTH)) < 12 and abs(days - months * MONTH) < 0.01:
        return f"{months} months"
    return f"{amount(days / 365.25)} years" if days > 500 else f"{amount(days)} days"


def ahead(days: float, until: str) -> str:
    """Say how far is looked: ``4 months ahead``, or ``ahead until 18 November 1976`` if that was written."""
    return f"ahead until {date(until)}" if until else f"{duration(days)} ahead"


def working_time(seconds: float) -> str:
    """Write how long a machine works: ``26 s``, ``7 minutes``, ``2.4 hours``, ``3 days``."""
    for length, word, least in ((86400.0, "days", 2.0), (3600.0, "hours", 2.0), (60.0, "minutes", 2.0)):
        if seconds >= least * length:
            return f"{amount(seconds / length)} {word}"
    return f"{seconds:,.0f} s"


def pace(days: float) -> str:
    """Write how often something happens by the days from one time to the next: ``once in 16 weeks``."""
    for length, word in ((365.25, "years"), (30.4375, "months"), (7.0, "weeks"), (1.0, "days")):
        if abs(days / length - 1.0) < 0.03:
            return f"once a {word.removesuffix('s')}"
        if days >= 2.0 * length:
            return f"once in {amount(days / length)} {word}"
    return f"every {amount(days)} days" if days >= 1.0 else f"{amount(1.0 / days)} times a day"


def quantity(value: float, unit: str) -> str:
    """Write a value in its unit: probabilities as percents, others as ``71 people``."""
    if unit in (*CHANCES, ""):
        return percent(value)
    if not isfinite(value):
        return "may never come" if value > 0 and unit == "days" else amount(value)
    if unit == "per day":
        return f"{amount(value * 365.25)} per year"
    return with_unit(amount(value), unit)


ONE_OF = {"count": "time", "days": "day", "people": "person", "dollars": "dollar"}


def with_unit(said: str, unit: str) -> str:
    """Add its unit to an amount that is written: ``71 people``, ``2.5 times``, ``1 day``."""
    first, per, rest = unit.partition(" ")
    one = ONE_OF.get(first, first) if said == "1" else "times" if first == "count" else first
    return f"{said} {one}{per}{rest}"


def size_in_words(situations: int, moves: int, actors: int) -> str:
    """Tell how large a game is: ``11,880 situations, 88 moves, 1 actor``."""
    counts = ((situations, "situation"), (moves, "move"), (actors, "actor"))
    return ", ".join(f"{number:,} {one}{'s' * (number != 1)}" for number, one in counts)


def on_average(times: float) -> str:
    """Say how often something is expected; what is rare, in how many such crises once."""
    if 0.0 < times < RARELY:
        return f"on average once in {amount(1.0 / times)} such crises"
    return f"on average {with_unit(amount(times), 'count')}"


def spread(estimate: Estimate) -> str:
    """Write the range of an estimate over equilibria and assumptions, ``5–11%``.

    Or nothing where none was searched.
    """
    if estimate.low is None or estimate.high is None:
        return ""
    if estimate.unit in (*CHANCES, ""):
        low, high = short_percent(estimate.low), short_percent(estimate.high)
        return low if low == high else f"{low.rstrip('%') if not low.startswith('<') else low}{EN_DASH}{high}"
    low, high = amount(estimate.low), amount(estimate.high)
    return low if low == high else f"{low}{EN_DASH}{high}"


def round_together(values: Sequence[float], total: float | None = None, step: float = 1.0) -> list[float]:
    """Round values to multiples of a step so that they add up to the rounded total (largest remainders).

    Parameters
    ----------
    total
        What they add up to; their sum if not given.
    step
        The unit of the last digit shown.
    """
    whole_sum = sum(values) if total is None else total
    if not isfinite(whole_sum) or not all(map(isfinite, values)):
        return list(values)
    whole = floor(whole_sum / step + 0.5)
    parts = [floor(v / step) for v in values]
    short = whole - sum(parts)
    order = sorted(range(len(values)), key=lambda i: (parts[i] - values[i] / step, i))
    for i in order[: max(0, short)]:
        parts[i] += 1
    for i in order[::-1][: max(0, -short)]:
        parts[i] -= 1
    return [p * step for p in parts]


@dataclass(frozen=True, slots=True)
class Band:
    """One word of the yardstick and the probabilities it covers, ``low <= p < high``."""

    word: str
    low: float
    high: float


YARDSTICK: tuple[Band, ...] = (
    Band("remote", 0.0, 0.05),
    Band("very unlikely", 0.05, 0.2),
    Band("unlikely", 0.2, 0.45),
    Band("roughly even", 0.45, 0.55),
    Band("likely", 0.55, 0.8),
    Band("very likely", 0.8, 0.95),
    Band("almost certain", 0.95, 1.0),
)

EXPECTED = frozenset(["likely", "very likely", "almost certain"])
ROUGHLY_EVEN = "roughly even"
"""Words for what is expected, and for what may or may not be."""


def band(probability: float) -> Band:
    """Find the band of the yardstick in which a probability lies as it is shown, in whole percents.

    Raises
    ------
    ValueError
        If the number is not a probability, give or take rounding error.
    """
    if isnan(probability) or not -1e-9 <= probability <= 1 + 1e-9:
        raise ValueError(f"{probability!r} is not a probability")
    shown = in_hundredths(probability) / 100
    return next((b for b in YARDSTICK if shown < b.high), YARDSTICK[-1])


def likelihood(probability: float) -> str:
    """Name a probability: ``0.07`` is ``very unlikely``; one that is withheld is ``not known``."""
    return "not known" if isnan(probability) else band(probability).word


def foreseen(probability: float, verb: str = "is") -> str:
    """Say whether an act is expected, in words that fit its chance."""
    word = likelihood(probability)
    if word in EXPECTED:
        return f"{verb} expected to"
    return "may or may not" if word == ROUGHLY_EVEN else f"{verb} not expected to"


ELLIPSIS = "\u2026"
LONGEST = 160


def clean(text: object, limit: int = LONGEST) -> str:
    """Make a scenario's text safe to set in a line.

    One line, no invisible controls, not longer than ``limit``.
    """
    raw = text if isinstance(text, str) else str(text)
    if len(raw) > 20 * limit:
        raw = raw[: 10 * limit] + raw[-10 * limit :]
    kept = raw
    if not (raw.isascii() and raw.isprintable()):
        kept = "".join(" " if c in "\n\r\t\v\f\u2028\u2029" else c for c in raw if visible(c))
    line = " ".join(kept.split())
    if len(line) <= limit:
        return line
    tail = limit // 4
    return f"{line[: limit - tail - 1].rstrip()}{ELLIPSIS}{line[-tail:].lstrip()}"


def visible(character: str) -> bool:
    """Say whether a character may be shown.

    Not a control, not a format character, not half a surrogate pair, not private use.
    """
    if character in "\n\r\t\v\f\u2028\u2029":
        return True
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def label(name: str) -> str:
    """Turn an identifier into words: ``western_mediation`` is ``Western mediation``, ``csto`` is ``CSTO``."""
    if name == "nature":
        return "Chance"
    known = spelling().names
    if name in known:
        return clean(known[name])
    parts = [known.get(part, part) for part in clean(name).split(".")]
    text = ": ".join(with_names(" ".join(spoken(w) for w in spaced(p).split(" ") if w)) for p in parts)
    return text[:1].upper() + text[1:]


def spoken(word: str) -> str:
    """Write one word of an identifier the way it is spelt in prose."""
    if word in PROPER:
        return word.capitalize()
    return word.upper() if word.lower() in ACRONYMS else word


def begins_with_a_name(text: str) -> bool:
    """Say whether a text begins with a name of several words, spelt as one: "United Kingdom troops"."""
    said = text.split(" ")[:LONGEST_NAME]
    return any(" ".join(said[:size]) in SPELT for size in range(2, len(said) + 1))


def phrase(about: str, name: str, limit: int = LONGEST) -> str:
    """Give what a thing is called in prose: its ``about`` without the final stop, or its name in words.

    One that is too long ends with a clause, if it has any; the rest is an ellipsis.
    """
    whole = clean(about, 8 * limit).rstrip(".").strip()
    if len(whole) > limit:
        ends = [whole.rfind(stop, limit // 4, limit - 1) for stop in (": ", "; ", ", ", " (")]
        whole = f"{whole[: max(ends)]} {ELLIPSIS}" if max(ends) > 0 else clean(whole, limit)
    text = whole or clean(label(name), limit)
    return text[:1].upper() + text[1:]


def called(about: str, name: str, limit: int = LONGEST) -> str:
    """Give what a thing is called in short (`in_brief`), or its name in words."""
    return phrase(in_brief(about), name, limit)


def coarsely(text: str) -> str:
    """Round the numbers of a value with a unit to what matters: ``0.6252 per day`` is ``0.63 per day``."""
    return re.sub(r"-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?", lambda m: amount(float(m[0].replace(",", ""))), text)


def inside(text: str) -> str:
    """Lower the first letter of a phrase that starts with an ordinary word, to set it inside a sentence."""
    first, _, _ = text.partition(" ")
    ordinary = first.lower() in ORDINARY
    return text[:1].lower() + text[1:] if ordinary else text


def is_name(word: str) -> bool:
    """Say whether a word is a name: a known one, or one that the scenario's texts tell to be one."""
    bare, known = word.lower(), spelling()
    return bare not in known.common and (bare in PROPER or bare in known.proper or bare in known.peoples)


def running(text: str) -> str:
    """Lower the first letter of a phrase that runs on in a sentence, unless it is a name's."""
    first = text.partition(" ")[0].rstrip(",;:")
    owner = first.removesuffix("'s").removesuffix("\u2019s")
    known = owner.lower() not in ORDINARY and (owner != first or is_name(owner) or begins_with_a_name(text))
    lower = text[1:2].islower() or first == "A"
    return text if known or not lower else text[:1].lower() + text[1:]


ORDINARY = frozenset(
    [
        "a", "an", "the", "it", "its", "their", "this", "these", "some", "any", "no", "one", "two", "both",
        "each", "all",
    ]
)  # fmt: skip

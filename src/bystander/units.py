"""Units: days inside, units outside.

A quantity is a number with a dimension ``time^a people^b money^c`` for integers a, b, c. Numbers are stored
with days, people and dollars as the units of the three: ``3 weeks`` is 21 with dimension time, ``50% per
year`` is 0.5 / 365.25 with dimension 1/time. A year is 365.25 days and a month a twelfth of it, so that rates
per month and per year agree; a calendar is not needed for rates of crises.

``every X`` is the rate ``1 / X``: events at that rate are that far apart on average. ``30% per year`` is a
rate too, 0.3 expected times a year; the chance of at least one in a year is then 1 - exp(-0.3) = 26%.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bystander.errors import Mark, Problem, ScenarioError, did_you_mean

YEAR = 365.25
MONTH = YEAR / 12
CHANCES = ("probability", "share")
"""Kinds of number that lie between 0 and 1 and are said in percent."""
MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Dimension:
    """Exponents of time, people and money."""

    time: int = 0
    people: int = 0
    money: int = 0

    def __mul__(self, other: Dimension) -> Dimension:
        """Dimension of a product."""
        return Dimension(self.time + other.time, self.people + other.people, self.money + other.money)

    def __truediv__(self, other: Dimension) -> Dimension:
        """Dimension of a quotient."""
        return Dimension(self.time - other.time, self.people - other.people, self.money - other.money)

    def __str__(self) -> str:
        """Say it in words: ``a plain number``, ``a duration``, ``a rate (per time)``, ``people per time``."""
        if self in _NAMED:
            return _NAMED[self]
        parts = (("time", self.time), ("people", self.people), ("money", self.money))
        above = " ".join(n if p == 1 else f"{n}^{p}" for n, p in parts if p > 0)
        below = "".join(f" per {n if p == -1 else f'{n}^{-p}'}" for n, p in parts if p < 0)
        return (above + below).strip()


PLAIN = Dimension()
DURATION = Dimension(time=1)
RATE = Dimension(time=-1)
PEOPLE = Dimension(people=1)
MONEY = Dimension(money=1)
_NAMED = {PLAIN: "a plain number", DURATION: "a duration", RATE: "a rate (per time)"}

UNITS: dict[str, tuple[float, Dimension]] = {
    "minute": (1 / 1440, DURATION),
    "hour": (1 / 24, DURATION),
    "day": (1.0, DURATION),
    "week": (7.0, DURATION),
    "fortnight": (14.0, DURATION),
    "month": (MONTH, DURATION),
    "quarter": (YEAR / 4, DURATION),
    "year": (YEAR, DURATION),
    "decade": (10 * YEAR, DURATION),
    "century": (100 * YEAR, DURATION),
    "person": (1.0, PEOPLE),
    "people": (1.0, PEOPLE),
    "dollar": (1.0, MONEY),
    "thousand": (1e3, PLAIN),
    "million": (1e6, PLAIN),
    "billion": (1e9, PLAIN),
}
UNITS |= {f"{name}s": unit for name, unit in UNITS.items() if unit[1] in (DURATION, MONEY)}
UNITS |= {"centuries": UNITS.pop("centurys"), "annum": UNITS["year"], "percent": (0.01, PLAIN)}

NUMBER = r"(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_SPACES = "\u00a0\u2009\u202f"
GROUPED = rf"[1-9]\d{{0,2}}(?:(?:,\d{{3}})+|(?:[{_SPACES}]\d{{3}})+)(?![,{_SPACES}]?\d|_)"
"""Whole digits in groups of three, as texts print them: by commas, or by spaces that do not break."""
_GROUPS = re.compile(rf"(?<![\w.,{_SPACES}]){GROUPED}")
SEPARATED = re.compile(rf"\d[,'’ {_SPACES}]\d")
SEPARATORS = (
    "Write thousands in groups of three, 1,234, or unseparated, 1234, and decimals with a point, 1.5."
)
_WORD = re.compile(rf"\s*(?:(?P<known>{NUMBER}|[A-Za-z_]+|[%+-])|(?P<bad>\S))")
_BOUND = r"-?\d{1,9}(?:\.\d{1,9})?"
_BETWEEN = re.compile(r"^\s*every\s+(\d[\d_]*+\.?\d*+)\s*+([a-z]+)\s*$", re.IGNORECASE)
_LEADING = re.compile(r"^\s*([+-]?\d[\d_,]*+\.?\d*+(?:e[+-]?\d+)?)\s*", re.IGNORECASE)
_COMPARISONS = ("<", ">", "<=", ">=", "==", "!=", "in")
_COUNTS = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
_WORDS = "one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {word: float(n) for n, word in enumerate(_WORDS.split(), 1)} | {"a": 1.0, "an": 1.0, "half": 0.5}
ADVERBS = {"hourly": 24.0, "daily": 1.0, "weekly": 1 / 7, "fortnightly": 1 / 14, "monthly": 1 / MONTH}
ADVERBS |= {"quarterly": 4 / YEAR, "yearly": 1 / YEAR, "annually": 1 / YEAR}
"""Rates in one word, per day."""
_AMONG = {"every", "each", "other", "second", "per", "in", "and", "times"}
_VOCABULARY = frozenset({*UNITS, *ADVERBS, *_COUNTS, *_NUMBERS, *_AMONG})


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in days, people and dollars, and its dimension.

    ``text`` is how it was written or is shown; ``formula`` the expression it was derived by, if any.
    """

    value: float
    dimension: Dimension = PLAIN
    text: str = ""
    formula: str = ""

    def __str__(self) -> str:
        """Write it with readable units."""
        return self.text or format_quantity(self.value, self.dimension)


def unit(word: str, mark: Mark | None = None) -> tuple[float, Dimension]:
    """Look up a unit: its size in days, people or dollars, and its dimension."""
    found = UNITS.get(word)
    if found is None:
        other = f"Known units: {', '.join(sorted(UNITS))}. Of anything else, give the bare number."
        fix = did_you_mean(word, UNITS, other)
        raise ScenarioError(Problem(mark or Mark(), f"'{word}' is not a unit.", fix, "unknown-unit"))
    return found


def parse_quantity(source: str | float, mark: Mark | None = None) -> Quantity:
    """Read a number with units.

    Parameters
    ----------
    source
        ``"2.0 per year"``, ``"1,200 people per day"``, ``"every 3 weeks"``, ``"70%"``, or a bare number.

    Raises
    ------
    ScenarioError
        If it is not a finite number followed by known units.
    """
    where = mark or Mark()
    if isinstance(source, (int, float)) and not isinstance(source, bool):
        return _finite(float(source), PLAIN, f"{source:g}", where)
    text = ungrouped(str(source)).replace(MINUS, "-")
    words = _words(text) if len(text) <= 200 else None
    if words is None:
        raise _not_a_quantity(text, where)
    words = [folded(word) for word in words]
    sign = words[0] if words and words[0] in ("+", "-") else ""
    found = read_amount(words, len(sign), lambda _: where)
    if found is None or found[2] != len(words):
        raise _not_a_quantity(text, where)
    value, dimension, _ = found
    return _finite(-value if sign == "-" else value, dimension, " ".join(text.split()), where)


def read_scale(text: str) -> tuple[float, float] | None:
    """Read the ends of a scale, ``-1 to 1``; None if it is none."""
    span = re.fullmatch(rf"\s*({_BOUND})\s+to\s+({_BOUND})\s*", text)
    return (float(span[1]), float(span[2])) if span and float(span[1]) < float(span[2]) else None


def is_beyond(scale: tuple[float, float] | None, number: float) -> bool:
    """Say whether a number lies beyond a scale; nothing does where there is none."""
    return scale is not None and not scale[0] <= number <= scale[1]


def _words(text: str) -> list[str] | None:
    """Cut a text into numbers, words and signs; None if it holds anything else."""
    words: list[str] = []
    position = 0
    while match := _WORD.match(text, position):
        if match["bad"] is not None:
            return None
        words.append(match["known"])
        position = match.end()
    return words


def folded(word: str) -> str:
    """Return a word of amounts in small letters, any other as it is: ``2 Weeks``, ``EVERY DAY``."""
    small = word.lower()
    return small if small in _VOCABULARY else word


def ungrouped(text: str) -> str:
    """Return a text in which digits that were separated into groups of three stand together."""
    return _GROUPS.sub(lambda found: re.sub(r"\D", "", found[0]), text) if len(text) <= 200 else text


def plain_number(text: str) -> float:
    """Read a number without a unit; thousands may be separated.

    Raises
    ------
    ValueError
        If it is none.
    """
    return float(ungrouped(text))


def _not_a_quantity(text: str, mark: Mark) -> ScenarioError:
    fix = "Write a number with its unit, such as '2 per year', 'twice a month', '3 weeks' or '70%'."
    fix = SEPARATORS if SEPARATED.search(text) else fix
    return ScenarioError(Problem(mark, f"'{text[:60]}' is not a quantity.", fix, "bad-quantity"))


def read_amount(
    words: Sequence[str], at: int, mark_at: Callable[[int], Mark], stops: Collection[str] = ()
) -> tuple[float, Dimension, int] | None:
    """Read the amount that begins at a position of a list of words: value, dimension, position after it.

    * ``3 weeks``, ``10 people per day``, ``6 a year``, ``70%``: a number with units
    * ``1 year 6 months``, ``1 year and 6 months``, ``half a year``, ``two weeks``: durations
    * ``every 2 weeks``, ``each month``, ``every other week``: the rate one over the duration
    * ``weekly``, ``twice weekly``, ``twice a year``, ``3 times a month``, ``two per year``: rates
    * ``once in 10 years``, ``1 per 3 weeks``: rates

    Parameters
    ----------
    words
        Numbers, words and ``%`` as separate texts, `folded`.
    mark_at
        Where the word at a position was written, for complaints.
    stops
        Words that cannot be units and end the amount.

    Returns
    -------
    None where no amount begins.
    """
    word = _at(words, at)
    if word in ("every", "each"):
        return _every(words, at, mark_at, stops)
    if word in ADVERBS:
        return ADVERBS[word], RATE, at + 1
    times = _times(words, at)
    if times is not None:
        return _frequency(words, *times, mark_at, stops)
    if word in _NUMBERS:
        return _in_words(words, at)
    if not word[:1].isdigit() and not word.startswith("."):
        return None
    value, dimension, end = _number(words, at, mark_at, stops)
    while dimension == DURATION and (more := _time_at(words, end + (_at(words, end) == "and"))):
        if _at(words, end) == "and" and _at(words, end + 3) in _COMPARISONS:
            break
        value, end = value + more, end + 2 + (words[end] == "and")
    return value, dimension, end


def _time_at(words: Sequence[str], at: int) -> float:
    """Read ``6 months`` at a position, in days; 0 if that is not what stands there."""
    if not (_is_number(_at(words, at)) and _is_time(_at(words, at + 1))):
        return 0.0
    return float(words[at].replace("_", "")) * UNITS[words[at + 1]][0]


def _number(
    words: Sequence[str], at: int, mark_at: Callable[[int], Mark], stops: Collection[str]
) -> tuple[float, Dimension, int]:
    """Read ``10 people per day``: a number, a percent sign, units behind it and below it."""
    value, dimension, end = _value(words[at], mark_at(at)), PLAIN, at + 1
    if _at(words, end) == "%":
        value, end = value / 100, end + 1
    while (word := _at(words, end)) and (word[0].isalpha() or word[0] == "_") and word not in (*stops, "and"):
        below = word == "per" or (word in ("a", "an") and _at(words, end + 1) in UNITS)
        end += below
        if below and not _at(words, end):
            message = f"'{' '.join(words)}' ends after '{word}'."
            raise ScenarioError(Problem(mark_at(end), message, "Name a unit after it.", "bad-quantity"))
        if below and _is_number(words[end]) and _is_time(_at(words, end + 1)):
            wait = _time_at(words, end)
            if wait <= 0:
                message = f"'{' '.join(words[at : end + 2])}' has no rate."
                fix = f"Give a positive duration after '{word}'."
                raise ScenarioError(Problem(mark_at(end), message, fix, "bad-quantity"))
            value, dimension, end = value / wait, dimension / DURATION, end + 2
            continue
        factor, of = unit(words[end], mark_at(end))
        value, dimension = (value / factor, dimension / of) if below else (value * factor, dimension * of)
        end += 1
    return value, dimension, end


def _value(digits: str, mark: Mark) -> float:
    """Return the number that digits write, unless it is too small to be told from none."""
    value = float(digits.replace("_", ""))
    if value == 0.0 and re.search("[1-9]", re.split("[eE]", digits)[0]):
        fix = "Write 0, or a larger number."
        said = f"'{digits[:60]}' is too small to be told from 0."
        raise ScenarioError(Problem(mark, said, fix, "bad-quantity"))
    return value


def _every(
    words: Sequence[str], at: int, mark_at: Callable[[int], Mark], stops: Collection[str]
) -> tuple[float, Dimension, int] | None:
    """Read ``every 2 weeks``, ``every month`` and ``every other week``."""
    if _at(words, at + 1) in ("other", "second") and _is_time(_at(words, at + 2)):
        value, dimension, end = 2 * UNITS[words[at + 2]][0], DURATION, at + 3
    elif _at(words, at + 1) in UNITS:
        (value, dimension), end = UNITS[words[at + 1]], at + 2
    else:
        inner = read_amount(words, at + 1, mark_at, stops)
        if inner is None:
            return None
        value, dimension, end = inner
    if value <= 0:
        message = f"'{' '.join(words[at:end])}' has no rate."
        raise ScenarioError(
            Problem(mark_at(at), message, "Give a positive duration after 'every'.", "bad-quantity")
        )
    return 1 / value, PLAIN / dimension, end


def _times(words: Sequence[str], at: int) -> tuple[float, int] | None:
    """Read how often: ``twice``, ``3 times`` or ``two`` where a time follows."""
    word, end = _at(words, at), at + 1
    count = _COUNTS.get(word)
    if word in _NUMBERS and _at(words, end) in ("a", "an", "per") and word not in ("a", "an", "half"):
        count = _NUMBERS[word]
    if count is None and _at(words, end) == "times":
        count = float(word.replace("_", "")) if _is_number(word) else _NUMBERS.get(word)
        end += 1
    return (
        None
        if count is None or _at(words, end) not in ("a", "an", "per", "each", "every", "in", *ADVERBS)
        else (count, end)
    )


def _frequency(
    words: Sequence[str], count: float, at: int, mark_at: Callable[[int], Mark], stops: Collection[str]
) -> tuple[float, Dimension, int] | None:
    """Read the time of ``twice a year``, ``twice yearly`` and ``once in 10 years``, from a position on."""
    if words[at] in ADVERBS:
        return count * ADVERBS[words[at]], RATE, at + 1
    if _is_time(_at(words, at + 1)):
        return count / UNITS[words[at + 1]][0], RATE, at + 2
    inner = read_amount(words, at + 1, mark_at, stops) if words[at] in ("in", "every") else None
    if inner is None or inner[0] <= 0:
        return None
    return count / inner[0], PLAIN / inner[1], inner[2]


def _in_words(words: Sequence[str], at: int) -> tuple[float, Dimension, int] | None:
    """Read ``two weeks``, ``a month``, ``half a year``."""
    value, end = _NUMBERS[words[at]], at + 1
    if words[at] == "half" and _at(words, end) in ("a", "an"):
        end += 1
    return (value * UNITS[words[end]][0], DURATION, end + 1) if _is_time(_at(words, end)) else None


def _at(words: Sequence[str], position: int) -> str:
    return words[position] if position < len(words) else ""


def _is_number(word: str) -> bool:
    return re.fullmatch(NUMBER, word) is not None


def _is_time(word: str) -> bool:
    return word in UNITS and UNITS[word][1] == DURATION


def _finite(value: float, dimension: Dimension, text: str, mark: Mark) -> Quantity:
    if value != value or value in (float("inf"), float("-inf")):
        raise ScenarioError(
            Problem(mark, f"'{text}' is not a finite number.", "Write an ordinary number.", "bad-quantity")
        )
    return Quantity(value, dimension, text)


def parse_duration(source: str | float, mark: Mark | None = None) -> float:
    """Read a duration and return it in days."""
    return _expect(parse_quantity(source, mark), DURATION, "such as '3 weeks'", mark)


def _expect(quantity: Quantity, dimension: Dimension, example: str, mark: Mark | None) -> float:
    if quantity.dimension != dimension:
        raise ScenarioError(
            Problem(
                mark or Mark(),
                f"'{quantity.text}' is {quantity.dimension}, and {dimension} is needed here.",
                f"Write it with units, {example}.",
                "wrong-unit",
            )
        )
    return quantity.value


def format_duration(days: float) -> str:
    """Write a duration with the largest unit that leaves at least one of it: ``3 weeks``, ``1 year``."""
    size = abs(days)
    for name in ("year", "month", "week", "day", "hour", "minute"):
        factor = UNITS[name][0]
        if size >= factor * (1 - 1e-9) or name == "minute":
            if name in ("month", "week") and _round(size / factor) != f"{size / factor:.9g}" and size < 60:
                continue
            number = _round(days / factor)
            return f"{number} {name}" if number == "1" else f"{number} {name}s"
    return f"{_round(days)} days"


def format_whole(days: float) -> str:
    """Write a duration as a whole number of the largest unit that has one, else in days: ``152 days``."""
    for name in ("year", "month", "week", "day") if days >= 1.0 else ("hour", "minute"):
        number = days / UNITS[name][0]
        if number >= 1 - 1e-9 and abs(number - round(number)) <= 1e-9 * number:
            return f"{round(number)} {name}{'s' * (round(number) != 1)}"
    return f"{days:g} days"


def format_rate(per_day: float) -> str:
    """Write a rate per day, month or year, whichever first gives a number of at least one."""
    for name in ("day", "month"):
        if abs(per_day) * UNITS[name][0] >= 1:
            return f"{_round(per_day * UNITS[name][0])} per {name}"
    return f"{_round(per_day * YEAR)} per year"


def format_quantity(value: float, dimension: Dimension = PLAIN) -> str:
    """Write a number stored in days, people and dollars so that `parse_quantity` reads it back."""
    if dimension == DURATION:
        return format_duration(value)
    if dimension == RATE:
        return format_rate(value)
    people = "people" if dimension.people == 1 else ""
    money = "dollars" if dimension.money == 1 else ""
    rest = dimension / Dimension(0, int(bool(people)), int(bool(money)))
    head = " ".join(word for word in (people, money) if word)
    tail = format_rate(value).split(" ", 1) if rest == RATE else [_round(value), ""]
    if rest not in (PLAIN, RATE):
        tail[1] = "days " * max(rest.time, 0) + "per day " * max(-rest.time, 0)
        tail[1] += "people " * max(rest.people, 0) + "per person " * max(-rest.people, 0)
        tail[1] += "dollars " * max(rest.money, 0) + "per dollar " * max(-rest.money, 0)
    return " ".join(part.strip() for part in (tail[0], head, tail[1]) if part.strip())


def exact_quantity(value: float, dimension: Dimension) -> Quantity:
    """Return a quantity whose text is read back as exactly this value."""
    text = format_quantity(value, dimension)
    try:
        if parse_quantity(text).value == value:
            return Quantity(value, dimension, text)
    except ScenarioError:
        pass
    above = {"day": dimension.time, "people": dimension.people, "dollars": dimension.money}
    words = [unit for unit, power in above.items() for _ in range(power)]
    below = {"day": -dimension.time, "person": -dimension.people, "dollar": -dimension.money}
    words += [f"per {unit}" for unit, power in below.items() for _ in range(power)]
    return Quantity(value, dimension, " ".join([repr(value), *words]))


def written_like(given: Quantity, value: float) -> str:
    """Write a value (in days, people, dollars) as another is written: ``2.6 per year``, ``35%``.

    ``every 2 weeks`` stays a time between events. Falls back to a unit of its own choosing where the other is
    0, or not written as a number with its unit.
    """
    now, text = given.value, given.text
    between = _BETWEEN.match(text)
    if between is not None and value > 0.0 and now > 0.0:
        return f"every {_digits(float(between[1]) * now / value)} {between[2].rstrip('s')}s"
    leading = _LEADING.match(text)
    if leading is None or now == 0.0:
        return format_quantity(value, given.dimension)
    written = float(leading[1].replace(",", "").replace("_", ""))
    unit = text[leading.end() :].strip()
    number = _digits(written * value / now)
    return f"{number}{unit}" if unit == "%" or not unit else f"{number} {unit}"


def _digits(number: float) -> str:
    """Write four digits of a number, a small one with its noughts instead of a power of ten."""
    text = f"{number:.4g}"
    return f"{number:.9f}".rstrip("0") if abs(number) >= 1e-6 and "e-" in text else text


def in_rank(number: float) -> float:
    """Return a number as it counts in a ranking: to nine digits, since rounding orders nothing."""
    return float(f"{number:.9g}")


def in_hundredths(chance: float) -> int:
    """Return a chance in whole hundredths, as it is read."""
    return math.floor(100.0 * in_rank(chance) + 0.5)


def _round(number: float) -> str:
    """Write at most four significant digits, plainly."""
    text = f"{number:.4g}"
    return f"{float(text):.0f}" if "e+" in text else text

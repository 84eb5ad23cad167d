"""The answer to a scenario's question, in four short sentences that an editor would print.

Whether the party acts, in words that fit the number: *expected* is likely or more, *not expected* unlikely or
less, else it *may or may not*. The two reasons that carry it, measured by taking first one and then both
away; one without which the answer is the same in words is felt, or adds to it, and does not carry it, and a
motive that changes nothing when taken away is not called a reason. What would be different if it did
act. What it does short of that. Reasons are measured on the first move asked about; the same move made by a
body, or by the party itself, stands beside it under the maker's name. Everything else that was asked is in
`details`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bystander.assessment.result import AskAnswer, Assessment, CarryingReason, ExpectedMove
from bystander.report.words.expressions import condition, is_noun, onset
from bystander.report.words.names import has_article
from bystander.report.words.numbers import (
    EXPECTED,
    ROUGHLY_EVEN,
    amount,
    called,
    duration,
    foreseen,
    inside,
    label,
    likelihood,
    percent,
    phrase,
    quantity,
    running,
)
from bystander.report.words.sentences import (
    Phrase,
    Sentence,
    chance,
    name,
    number_of,
    party,
    say,
    subject,
)
from bystander.units import CHANCES

EVEN = 0.5
LITTLE = 0.05
"""Relative change of an amount, or change of a probability, below which acting changes hardly anything."""


def answers(assessment: Assessment) -> list[Sentence]:
    """Return one paragraph for each question, in the order of the scenario.

    How likely a condition comes to hold is told by the first paragraph that is counted from it.
    """
    about = {outcome.name: outcome.about for outcome in assessment.outcomes}
    told, known = [], set[str]()
    for answer in assessment.asks:
        comes = () if answer.given in known else should_it_come(assessment, answer.given)
        told.append(paragraph(answer, about, assessment.held, comes))
        known |= {answer.given} if answer.modelled and not answer.failure else set()
    return told


def should_it_come(assessment: Assessment, given: str) -> Sentence:
    """Say that what follows is told of the case that a condition comes to hold, and how likely that is."""
    known = dict(assessment.onsets)
    if given not in known:
        return ()
    said, within = condition(given), duration(assessment.horizon_days)
    comes = Phrase(f"{likelihood(known[given])}, {percent(known[given])}", "chance")
    head = f"Should it come to {said}" if is_noun(given) else f"Should \u201c{said}\u201d come to hold"
    return say(f"{head} within {within} (", comes, ")")


def details(assessment: Assessment) -> list[Sentence]:
    """Return, for each question, every move and reason that the paragraph leaves out."""
    return [line for answer in assessment.asks if (line := detail(answer, assessment.given, assessment.held))]


def paragraph(
    answer: AskAnswer, about: dict[str, str], held: Collection[str] = (), comes: Sentence = ()
) -> Sentence:
    """Answer one question: expectation, what is done instead, reasons, what acting would change.

    ``comes`` says how likely the condition comes to hold that it is counted from.
    """
    sentences = [expected(answer, held, comes)] if not answer.failure else []
    sentences.append(unmodelled(answer))
    if answer.failure:
        sentences.append(say(name(subject(answer.party)), ": ", answer.failure))
    elif answer.modelled:
        reasons = [already(answer)] if first(answer).already else [carried(answer), mattered(answer, about)]
        sentences += [*reasons, instead(answer)]
    made: list[str | Phrase | Sentence] = []
    for sentence in filter(None, sentences):
        made += [" ", sentence] if made else [sentence]
    return say(*made)


def act(move: ExpectedMove) -> str:
    """Say a move after "to": the move's own words, or its name."""
    said = running(phrase(move.about, label(move.move.partition(".")[2])))
    return said.removesuffix(" by itself")


def act_by(move: ExpectedMove, answer: AskAnswer) -> str:
    """Say a move after "to", with whose it is where the party has it from several or from another."""
    others = len(alike(answer)) > 1 and move in alike(answer)
    by = others or move.move.partition(".")[0] != answer.party
    return f"{act(move)} {maker(move, answer)}" if by else act(move)


def first(answer: AskAnswer) -> ExpectedMove:
    """Return the move that reasons are measured on."""
    return next(move for move in answer.moves if move.modelled)


def alike(answer: AskAnswer) -> list[ExpectedMove]:
    """Return the first move and the same one by other makers."""
    what = first(answer).move.partition(".")[2]
    return [m for m in answer.moves if m.modelled and m.move.partition(".")[2] == what]


def maker(move: ExpectedMove, answer: AskAnswer) -> str:
    """Say who makes a move where it is not plainly the party."""
    owner = move.move.partition(".")[0]
    if owner == answer.party:
        return "by itself"
    said = party(owner)
    bare = said.startswith("the ") or label(owner).isupper() or has_article(owner) is False
    return f"through {said}" if bare else f"through the {said}"


def expected(answer: AskAnswer, held: Collection[str] = (), comes: Sentence = ()) -> Sentence:
    """Say whether the party makes the move that is asked about first, and how likely that is."""
    if not answer.modelled:
        return ()
    moves = alike(answer)
    likeliest = max(move.chance.value for move in moves)
    since = onset(answer.given, held)
    of = f" of {since}" if since else ""
    if comes:
        of = " of the onset" if is_noun(answer.given) else " of that day"
    clock = say(*((comes, ", then w") if comes else ("W",)), f"ithin {duration(answer.days)}{of}")
    through = len(moves) > 1 or moves[0].move.partition(".")[0] != answer.party
    chances: list[str | Phrase | Sentence] = []
    for move in moves:
        chances += [", "] if chances else []
        chances += [f"{maker(move, answer)} "] if through else []
        chances.append(chance(move.chance.value, move.chance))
    how = f" {foreseen(likeliest, number_of(answer.party).verb)} {act(moves[0])}: "
    return say(clock, ", ", name(party(answer.party)), how, *chances, ".")


def already(answer: AskAnswer) -> Sentence:
    """Say that what the move would bring is so from the start."""
    there = running(phrase(first(answer).already, "", 90))
    return say("What that would bring is so when the time asked about begins: \u201c", there, "\u201d.")


def instead(answer: AskAnswer) -> Sentence:
    """Say which of the other acts is likeliest."""
    if not answer.modelled:
        return ()
    others = [m for m in answer.moves if m.modelled and m not in alike(answer)]
    if not others:
        return ()
    best = max(others, key=lambda move: move.chance.value)
    how = chance(best.chance.value, best.chance)
    by = "" if best.move.partition(".")[0] == answer.party else f" {maker(best, answer)}"
    likely = EXPECTED | {ROUGHLY_EVEN}
    done = likelihood(max(move.chance.value for move in alike(answer))) in likely
    lead = "Besides that" if done else "Instead"
    if likelihood(best.chance.value) not in likely:
        which = "to" if len(others) == 1 else "the likeliest of what is asked about is to"
        return say(f"{lead}, {which} {act(best)}{by}: ", how, ".")
    who = number_of(answer.party)
    may = f"{who.verb} expected to" if likelihood(best.chance.value) in EXPECTED else "may"
    return say(f"{lead}, {who.they} {may} {act(best)}{by}: ", how, ".")


def unmodelled(answer: AskAnswer) -> Sentence:
    """Name the moves asked about that the scenario does not have."""
    missing = [label(m.move.partition(".")[2]).lower() for m in answer.moves if not m.modelled]
    return (
        say(f"Whether {party(answer.party)} would {' or '.join(missing)} is not modelled.") if missing else ()
    )


def sides(answer: AskAnswer) -> tuple[list[CarryingReason], list[CarryingReason]]:
    """Return the reasons that hold the party back, and those that move it to act."""
    back = [reason for reason in answer.reasons if reason.holds_back]
    return back, [reason for reason in answer.reasons if not reason.holds_back]


def carried(answer: AskAnswer) -> Sentence:
    """Say which two reasons carry it, measured by taking first one and then both away."""
    move = first(answer)
    acts, whom = move.chance.value >= EVEN, number_of(answer.party).them
    parts: list[str | Phrase | Sentence]
    if not answer.reasons:
        return unmoved(answer)
    back, on = sides(answer)
    carrying, against = (on, back) if acts else (back, on)
    if not carrying:
        does = f"moves {whom} to act; held back by " if acts else f"holds {whom} back; moved to it by "
        return say(f"Nothing that was taken away {does}", taken(against[0], answer), ".")
    both = next((each for each in answer.together if len(each.names) == 2), None)
    if acts or len(carrying) == 1 or both is None:
        shown = sorted(carrying[:2], key=lambda reason: not decides(answer, reason.chances[0][1]))
        firm = [reason for reason in shown if decides(answer, reason.chances[0][1])]
        parts = [_head(answer, [reason.chances[0][1] for reason in shown], acts=acts)]
        parts.append(series([taken(reason, answer) for reason in firm or shown], "and "))
        if firm and len(firm) < len(shown):
            parts.append(say("; also felt: ", taken(shown[-1], answer)))
        stake = f"; with nothing at stake for {whom} at all, "
        bare = (stake, chance(move.habit)) if acts and move.habit else ()
        return say(*parts, *besides(answer), *bare, ".")
    told = (carrying[0].chances[0][1], both.chance)
    parts = [_head(answer, told, acts=False), taken(carrying[0], answer), " and ", said(carrying[1], answer)]
    parts += [" (", Phrase(percent(both.chance), "number"), f" without both{beyond(both.jump)})"]
    return say(*parts, *besides(answer), ".")


def decides(answer: AskAnswer, without: float) -> bool:
    """Tell whether what is taken away carries the answer: without it, another word or side of a half."""
    now = first(answer).chance.value
    return likelihood(now) != likelihood(without) or (now >= EVEN) != (without >= EVEN)


def _head(answer: AskAnswer, without: Sequence[float], *, acts: bool) -> str:
    """Introduce reasons by what the chances without them, or without all that count, say they do."""
    every = [*without, *(reason.chances[0][1] for reason in answer.joint[:1])]
    if any(decides(answer, each) for each in every):
        return "What carries it: " if acts else f"What holds {number_of(answer.party).them} back: "
    return "What adds to it: " if acts else "What is felt, and would not change that: "


def unmoved(answer: AskAnswer) -> Sentence:
    """Say what there is to say where no reason changes anything alone."""
    habit, whom = first(answer).habit, number_of(answer.party).them
    if answer.unsolved and (habit is None or percent(habit) != percent(first(answer).chance.value)):
        return say(f"What moves {whom} is not known: the ", without_solution(answer), ".")
    if habit is None:
        return say(f"Nothing that is modelled moves {whom} either way.")
    if percent(habit) == percent(first(answer).chance.value):
        return say(f"Nothing at stake for {whom} changes that: by habit alone it is just as likely.")
    head = "No reason that was taken away alone changes that; "
    if not answer.joint:
        return say(head, f"with nothing at stake for {whom} at all, it is ", chance(habit), ".")
    return say(head, jointly(answer), ".")


def jointly(answer: AskAnswer) -> Sentence:
    """Say which reasons hold it back, or carry it, only together, and the chance without them all."""
    joint = answer.joint
    head = "held back by " if joint[0].holds_back else "moved to it by "
    reasons = series([said(reason, answer) for reason in joint], "and ")
    without = f" without {'both' if len(joint) == 2 else 'them all'}{beyond(joint[0].jump)})"
    who = number_of(answer.party)
    return say(f"{who.they} {who.verb} ", head, reasons, " together (", number(joint[0]), without)


def besides(answer: AskAnswer) -> Sentence:
    """Say which motives count once the reasons of that side are gone, and the chance without them all."""
    if not answer.joint:
        return ()
    without = (number(answer.joint[0]), f" without all of these{beyond(answer.joint[0].jump)}")
    return say("; besides, ", series([said(r, answer) for r in answer.joint], "and "), " (", *without, ")")


def without_solution(answer: AskAnswer) -> Sentence:
    """Name the motives without which nothing could be solved."""
    told = [say(f"\u201c{phrase(motive, motive, 60)}\u201d") for motive in answer.unsolved]
    return say("scenario could not be solved without ", series(told, "or " if len(told) > 1 else ""))


def idle(answer: AskAnswer) -> Sentence:
    """Name the motives that are no reason, alone or together, and count those too light to be tried."""
    joint = {reason.name for reason in answer.joint}
    rest = [said(motive, answer) for motive in answer.idle if motive.name not in joint]
    lighter = f"{answer.lighter} more" if rest else f"{answer.lighter} motive{'s' * (answer.lighter != 1)}"
    weigh = (
        f"{lighter} weigh{'s' * (answer.lighter == 1)} too little to be tried" if answer.lighter > 0 else ""
    )
    if not rest:
        return say(f" {weigh.capitalize()}.") if weigh else ()
    return say(
        " Taking away ",
        series(rest, "or " if len(rest) > 1 else ""),
        f" alone changes nothing{'; ' * bool(weigh)}{weigh}.",
    )


def weighing_in(answer: AskAnswer, *, against: bool) -> list[Sentence]:
    """Name the reasons that weigh in the first move itself, on one side."""
    return [said(r, answer) for r in answer.reasons if r.kind == "weight" and r.holds_back == against]


def series(items: Sequence[Sentence], last: str) -> Sentence:
    """Join sentences with commas, the last with a word."""
    parts: list[str | Phrase | Sentence] = []
    for place, item in enumerate(items):
        if place:
            parts.append(f" {last}" if place == len(items) - 1 else ", ")
        parts.append(item)
    return say(*parts)


def number(reason: CarryingReason) -> Phrase:
    """Write the chance without a reason."""
    return Phrase(percent(reason.chances[0][1]), "number")


def beyond(jump: float) -> str:
    """Say that a chance belongs to another equilibrium than the one it is set beside; "" if it does not."""
    return ", after a jump to another equilibrium" if jump else ""


def taken(reason: CarryingReason, answer: AskAnswer) -> Sentence:
    """Say a reason and the chance without it."""
    return say(said(reason, answer), " (", number(reason), f" without it{beyond(reason.jump)})")


def said(reason: CarryingReason, answer: AskAnswer) -> Sentence:
    """Say what a motive is called, set inside a sentence; quoted if it has commas of its own."""
    words, whose = called_among(reason, answer)
    told = f"\u201c{words}\u201d" if ", " in words else set_in(words)
    return say(name(told + whose))


def called_among(reason: CarryingReason, answer: AskAnswer) -> tuple[str, str]:
    """Give what a motive is called in short, and whose it is where another has one of the same words."""
    words = _words(reason)
    owner = reason.name.partition(".")[0]
    alike = {other.name for other in (*answer.reasons, *answer.idle) if _words(other) == words}
    return words, f" for {party(owner)}" if len(alike) > 1 else ""


LEADING_ON = """
    after as because before how if than that until what when where whether which while who whom whose
"""
VERBS = """
    are becomes brings buys can cannot collapses comes could did do does fails feels gets gives goes grows
    had has have is loses makes may mediates must refuses seizes sees sells stand stands suffers takes
    threatens wants was were will would
"""
_LEADS_ON, _VERBS = frozenset(LEADING_ON.split()), frozenset(VERBS.split())
_BEFORE_NOUNS = frozenset(["a", "an", "at", "her", "his", "its", "no", "of", "the", "their"])
_SPANS = frozenset(["day", "week", "month", "year"])


def is_clause(text: str) -> bool:
    """Say whether words are a sentence, "Beijing sells bonds", as far as verbs can be told from nouns.

    An auxiliary, a verb of a short list, or what ends in s before an article, unless a word leads on to it:
    "a guarantor that guarantees nothing" is none.
    """
    words = [word.strip("(),;:") for word in text.split()]
    for place, word in enumerate(words):
        if word.lower() in _LEADS_ON or (place == 0 and word.lower() in _VERBS):
            return False
        after = words[place + 1 : place + 3]
        governs = after[:1] and after[0] in _BEFORE_NOUNS - {"at", "of"} and not _SPANS & set(after)
        verb = word in _VERBS or (governs and re.fullmatch(r"[a-z]{2,}[^s]s", word))
        if place and verb and words[place - 1] not in _BEFORE_NOUNS:
            return True
    return False


def set_in(text: str) -> str:
    """Set a phrase inside a sentence, a whole sentence in quotation marks."""
    return f"\u201c{text}\u201d" if is_clause(text) else running(text)


def _words(reason: CarryingReason) -> str:
    return called(reason.about, reason.name.partition(".")[2], 90)


def mattered(answer: AskAnswer, about: dict[str, str]) -> Sentence:
    """Say what would be different if the move asked about first were made."""
    move = first(answer)
    parts: list[str | Phrase | Sentence] = []
    for outcome, before, after, unit in move.changes:
        words = phrase(about.get(outcome, ""), outcome, 90)
        what = say("\u201c", inside(words), "\u201d") if unit in CHANCES else say(name(set_in(words)))
        parts += ["; "] if parts else []
        parts.append(effect(what, before, after, unit))
    return say(f"To {act(move)}, seen from where that is possible, ", *parts, ".") if parts else ()


def detail(answer: AskAnswer, given: str = "", held: Collection[str] = ()) -> Sentence:
    """Say how likely each move asked about is, and what each reason does to the first of them.

    A clock of its own, other than that of the condition given for all, is said.
    """
    known = [move for move in answer.moves if move.modelled]
    if answer.failure or not known:
        return ()
    since = onset(answer.given, held)
    clock = f", counted from {since}" if since and answer.given != given else ""
    who = number_of(answer.party)
    parts: list[str | Phrase | Sentence] = [name(label(answer.party)), f"{clock}: "]
    for place, move in enumerate(known):
        parts += ["; " if place else "", f"to {act_by(move, answer)}, "]
        parts.append(chance(move.chance.value, move.chance))
    parts.append(".")
    of_first = " as to the first of these" if len(known) > 1 else ""
    if answer.reasons:
        parts += [
            f" {who.their.capitalize()} reasons{of_first}, each taken away alone, everyone adapting: ",
            removals(answer),
            *besides(answer),
            ".",
        ]
    elif answer.joint:
        parts += [f" No reason changes {'the first of these' if of_first else 'that'} alone: "]
        parts += [jointly(answer), "."]
    parts.append(idle(answer))
    parts += [" The ", without_solution(answer), "."] if answer.unsolved else []
    if first(answer).habit is not None:
        bare = ", the first of these is " if of_first else ": "
        parts += [
            f" With nothing at stake for {who.them} at all{bare}",
            chance(first(answer).habit or 0.0),
            ".",
        ]
    return say(*parts)


def removals(answer: AskAnswer) -> Sentence:
    """Say what each reason does to the first move: the chance with that reason alone taken away."""
    back, on = sides(answer)
    told = []
    for head, some in (("held back by ", back), ("moved to it by ", on)):
        rest = [say(said(r, answer), " (", number(r), f"{beyond(r.jump)})") for r in some[1:]]
        told += [say(head, series([taken(some[0], answer), *rest], "and "))] if some else []
    return say(*(say("; " if place else "", part) for place, part in enumerate(told)))


def reasons_taken(answer: AskAnswer) -> Sentence:
    """Say what would change the chance of the first move over the whole time that was asked about."""
    move = first(answer)
    asked = Phrase(percent(move.chance.value), "number")
    head = f"Within {duration(answer.days)} ("
    whose = f") the reasons of {party(answer.party)} are, each taken away alone, everyone adapting: "
    return say(head, asked, whose, removals(answer), ".")


def effect(what: Sentence, before: float, after: float, unit: str) -> Sentence:
    """Say how an outcome would move."""
    scale = 1.0 if unit == "probability" else max(abs(before), abs(after), 1e-9)
    if abs(after - before) < LITTLE * scale:
        values = quantity(before, unit), quantity(after, unit)
        both = f"{values[0]} either way" if values[0] == values[1] else f"{values[0]}, then {values[1]}"
        return say("would hardly change ", what, f" ({both})")
    verb = "lower" if after < before else "raise"
    first = quantity(before, unit) if unit in CHANCES else amount(before)
    return say(f"would {verb} ", what, f" from {first} to {quantity(after, unit)}")

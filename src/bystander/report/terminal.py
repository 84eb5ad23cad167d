"""What verbs show on a terminal, in 80 columns or whatever there is, in the words of the report.

Colour is used for three things only: headings, the words of likelihood, and what fails. Without colour, in a
file or a log, nothing is lost: every colour repeats something the text says. Lines are never wider than the
console; long names wrap, numbers do not. An assessment has the report's eight
parts. Why an owner acts or stands by is a few lines, the largest terms, and what the weightiest rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from bystander.assessment.result import AskAnswer, Assessment, OutcomeResult, Reason
from bystander.report.words.asks import answers, details
from bystander.report.words.confidence import (
    computed_within,
    confidence,
    in_force,
    not_known,
    ranges_over,
    shares_of,
)
from bystander.report.words.decomposition import carried_by, glossary, supports, terms, weightiest
from bystander.report.words.expressions import onset
from bystander.report.words.names import spell_as
from bystander.report.words.numbers import (
    ahead,
    amount,
    clean,
    date,
    duration,
    in_short,
    label,
    likelihood,
    percent,
    phrase,
    power,
    quantity,
    short_percent,
    signed,
    size_in_words,
    spread,
)
from bystander.report.words.reasons import (
    HEADINGS,
    JUMPED,
    STANDS_BY,
    Expecting,
    body_of,
    by_itself,
    bystanders_first,
    group_of,
    lines,
    shares,
)
from bystander.report.words.sentences import (
    ANY,
    Sentence,
    change,
    climbers,
    counted_from,
    focus,
    judged_from,
    mark_of,
    month,
    move_phrase,
    party,
    ranked_measures,
    remedies,
    say,
    verdict,
    who_acts,
    who_acts_from,
    whose,
)
from bystander.scenario.schema import Scenario
from bystander.units import in_rank

HEADING = "bold"
WORD = "cyan"
FAILS = "yellow"
FAINT = "dim"


def text(sentence: Sentence | str) -> Text:
    """Set a sentence, its likelihoods coloured."""
    if isinstance(sentence, str):
        return Text(sentence)
    out = Text()
    for part in sentence:
        out.append(part.text, style=WORD if part.kind == "chance" else "")
    return out


def heading(console: Console, number: int, title: str) -> None:
    """Print a part's heading."""
    console.print()
    console.print(Text(f"{number}. {title}", style=HEADING))


FOLDED = 20
"""Where the heading of a column of numbers folds."""


def grid(columns: Iterable[tuple[str, str]], *, head: bool = True) -> Table:
    """Make a table without lines; each column is (heading, ``left`` or ``right``).

    The first takes the room that is left; the headings of numbers fold, so that some is.
    """
    made = Table(
        box=None, show_header=head, header_style=FAINT, padding=(0, 2, 0, 0), pad_edge=False, expand=False
    )
    for k, (title, side) in enumerate(columns):
        made.add_column(
            "\n".join(wrap(title, FOLDED, break_long_words=False)) if k and side == "right" else title,
            justify="right" if side == "right" else "left",
            no_wrap=k > 0 and side == "right",
            overflow="fold",
        )
    return made


def weight(probability: float) -> str:
    """Make the likely stand out and the remote recede."""
    return "bold" if probability >= 0.55 else FAINT if probability < 0.05 else ""


TERMS, MOST, GROUNDS = 4, 12, 2


def reasons(assessment: Assessment, console: Console, scenario: Scenario | None = None) -> None:
    """Print why each bystander stands by, then why others act."""
    if not assessment.reasons:
        return
    heading(console, 4, "Why the bystanders stand by")
    for line in details(assessment):
        console.print(text(line))
        console.print()
    ordered = bystanders_first(assessment)
    shown = ordered[:MOST]
    involved, last = climbers(assessment), STANDS_BY
    told: dict[tuple[str, str], list[tuple[str, float]]] = {}
    before: tuple[str, str] | None = None
    for k, reason in enumerate(shown):
        now = last if reason.voter else group_of(reason, assessment, involved)
        if not reason.voter and (k or now != last):
            console.print()
        if now != last:
            console.print(Text(HEADINGS[now], style=HEADING))
        last = now
        owner = (reason.owner, reason.voter)
        as_before, before = owner == before, owner if not reason.voter else before
        if as_before and reason.blocked and shares(reason) == told.get(owner):
            console.print(text(say(lines(reason, assessment)[0], " The same stops it.")))
            continue
        body = body_of(reason, shown)
        one_reason(reason, console, assessment, scenario, body, brief=owner in told, asks=assessment.asks)
        told.setdefault(owner, shares(reason) if reason.blocked else [])
    explain_terms(shown, console, taken=bool(assessment.asks))
    if len(ordered) > MOST:
        console.print(Text(f"\nThe report has {len(ordered) - MOST} more, and all terms.", style=FAINT))


def answer(
    found: Sequence[Reason],
    console: Console,
    scenario: Scenario,
    expected: Expecting = None,
    asks: Sequence[AskAnswer] = (),
) -> None:
    """Print the reasons that were asked for, one after the other, and what their terms mean.

    With what is expected, a move's chance is the one that an assessment gives; else that at an opportunity.
    What carries the answers that are given is named, however small its term.
    """
    for k, reason in enumerate(found):
        if k:
            console.print()
        one_reason(reason, console, expected, scenario, body_of(reason, found), asks=asks)
    explain_terms(found, console, taken=False)


def one_reason(
    reason: Reason,
    console: Console,
    assessment: Expecting = None,
    scenario: Scenario | None = None,
    body: Reason | None = None,
    *,
    brief: bool = False,
    asks: Sequence[AskAnswer] = (),
) -> None:
    """Print one reason: its lines, its largest terms, which add up to what is shown, and its grounds.

    In brief: only its lines. What becomes of it without its reasons, part 4 of an assessment says beforehand.
    """
    for line in lines(reason, assessment, body, taken=False):
        console.print(text(line))
    if brief or not reason.bars:
        return
    parts = terms(reason, TERMS, carried_by(reason, asks))
    rows = grid([("", "left"), ("", "right"), ("", "left")], head=False)
    for term, value, cites in parts:
        rows.add_row(f"  {term}", Text(signed(value, 2)), Text(cited(cites), style=FAINT))
    who = party(reason.voter or reason.owner)
    kind = f"log-odds that {who} votes yes" if reason.voter else "log-odds of acting rather than waiting"
    chance = f"chance of it: {likelihood(reason.probability)} ({percent(reason.probability)})"
    rows.add_row(
        Text(f"  = {kind}"), Text(signed(reason.log_odds, 2), style="bold"), Text(chance, style=FAINT)
    )
    console.print(rows)
    if scenario is not None:
        grounds(reason, console, scenario)


def grounds(reason: Reason, console: Console, scenario: Scenario) -> None:
    """Print what the weightiest term about the case rests on."""
    bar = weightiest(reason)
    if bar is None:
        return
    for support in supports(scenario, reason, bar)[:GROUNDS]:
        source = f" ({support.source})" if support.source else ""
        console.print(Text(f"  {support.name}: {support.says}{source}", style=FAINT))


def cited(names: Sequence[str]) -> str:
    """List what a term cites, the first three by name."""
    few = ", ".join(clean(label(n.rpartition("#")[2]), 24) for n in names[:3])
    return f"{few}, \u2026" if len(names) > 3 else few


def explain_terms(told: Sequence[Reason], console: Console, *, taken: bool) -> None:
    """Print what the terms mean whose names do not say it."""
    meanings = glossary(told, taken=taken)
    if meanings:
        console.print()
    for meaning in meanings:
        console.print(Text(meaning, style=FAINT))


def show_assessment(assessment: Assessment, console: Console, scenario: Scenario | None = None) -> None:
    """Print an assessment in eight parts.

    Parameters
    ----------
    console
        Where to; its width and colours are respected.
    scenario
        The scenario that was assessed; with it, reasons say what they rest on.
    """
    if scenario is not None:
        spell_as(scenario)
    question(assessment, console)
    judgements_first(assessment, console)
    responses(assessment, console)
    reasons(assessment, console, scenario)
    costs(assessment, console)
    measures(assessment, console)
    source_judgements(assessment, console)
    machine(assessment, console)


def question(assessment: Assessment, console: Console) -> None:
    """Print what is asked, from when, how far ahead."""
    console.print(Text(clean(assessment.title), style=HEADING))
    console.print(text(clean(assessment.question, 400)))
    line = f"As of {date(assessment.as_of)}, looking {ahead(assessment.horizon_days, assessment.until)}."
    if since := who_acts_from(assessment):
        line += f" Who acts is counted from {since}."
    console.print(Text(line, style=FAINT))
    for told in answers(assessment):
        console.print()
        console.print(text(told))
    acting = [r for r in assessment.responses if r.move != ANY]
    if not assessment.asks and acting:
        asking = f"asks: {{first: why does {acting[0].owner} not {acting[0].move}}}"
        console.print(
            Text(f"No question is asked. With a line such as {asking}, its answer stands here.", style=FAINT)
        )


def judgements_first(assessment: Assessment, console: Console) -> None:
    """Print the chance of each outcome in words and numbers."""
    shown = [o for o in assessment.outcomes if o.kind == "probability" and o.headline]
    if not shown:
        return
    heading(console, 2, "Key judgements")
    made = grid([("", "left"), ("in words", "left"), ("chance", "right"), ("range", "right")])
    for o in shown:
        name = Text(phrase(o.about, o.name, 120))
        if mark := mark_of(assessment, o.given):
            name.append(f" {mark}", style=FAINT)
        made.add_row(
            name,
            Text(likelihood(o.estimate.value), style=WORD),
            short_percent(o.estimate.value),
            spread(o.estimate) or "\u2013",
        )
    console.print(made)
    ranged(assessment, console)
    clocks(assessment, console)


def clocks(assessment: Assessment, console: Console) -> None:
    """Print from when the chances are counted that a mark stands beside, and all others."""
    for told in counted_from(assessment):
        console.print(Text(told, style=FAINT))


def so_far(outcomes: Sequence[OutcomeResult]) -> Group | None:
    """Set the chances of headline outcomes as they are known before anything else is; None without any."""
    shown = [o for o in outcomes if o.kind == "probability" and o.headline]
    if not shown:
        return None
    made = grid([("", "left"), ("in words", "left"), ("chance", "right")])
    for o in shown:
        said = Text(likelihood(o.estimate.value), style=WORD)
        made.add_row(phrase(o.about, o.name, 120), said, short_percent(o.estimate.value))
    return Group(made, Text("Reasons, ranges and measures follow.", style=FAINT))


def ranged(assessment: Assessment, console: Console) -> None:
    """Print what the ranges of the table above run over."""
    if said := ranges_over(assessment):
        console.print(Text(said, style=FAINT))


def responses(assessment: Assessment, console: Console) -> None:
    """Print who does what within each time."""
    made = [r for r in assessment.responses if r.move != ANY]
    if not made:
        return
    waits = onset(assessment.given, assessment.held)
    heading(console, 3, "Who does what once it starts" if waits else "Who does what")
    for sentence in who_acts(assessment):
        console.print(text(sentence))
    console.print()
    spans = sorted({days for r in made for days, _ in r.within})
    rows = grid([("", "left"), ("", "left"), *((duration(s), "right") for s in spans)])
    last = ""
    for r in sorted(
        made,
        key=lambda r: (
            r.role == "institution", owner_rank(assessment, r.owner), r.owner, -in_rank(month(r)[1])
        ),
    ):  # fmt: skip
        chances = dict(r.within)
        cells = [
            Text(short_percent(chances[s]) if s in chances else "\u2013", style=weight(chances.get(s, 0.0)))
            for s in spans
        ]
        rows.add_row(clean(label(r.owner), 24) if r.owner != last else "", move_phrase(r), *cells)
        last = r.owner
    console.print(rows)


def owner_rank(assessment: Assessment, owner: str) -> float:
    """Order owners by the readiest of their moves."""
    own = (month(r)[1] for r in assessment.responses if r.owner == owner and r.move != ANY)
    return -in_rank(max(own, default=0.0))


def costs(assessment: Assessment, console: Console) -> None:
    """Print expected amounts, with what is reported beside them."""
    shown = [o for o in assessment.outcomes if o.kind != "probability" and o.headline]
    if not shown:
        return
    heading(console, 5, "What it costs")
    reported: dict[str, list[str]] = {}
    for t in assessment.tolls:
        reported.setdefault(t.outcome, []).append(amount(t.reported))
    made = grid([("", "left"), ("expected", "right"), ("range", "right"), ("reported", "right")])
    for o in shown:
        made.add_row(
            phrase(o.about, o.name, 120),
            quantity(o.estimate.value, o.estimate.unit),
            spread(o.estimate) or "\u2013",
            ", ".join(reported.get(o.name, ["\u2013"])),
        )
    console.print(made)
    if ranges_over(assessment):
        console.print(Text("Range: as in part 2.", style=FAINT))


def measures(assessment: Assessment, console: Console) -> None:
    """Print the measures with most effect on the focus outcome."""
    goal = focus(assessment)
    ranked = ranked_measures(assessment)
    if goal is None or not ranked:
        return
    heading(console, 6, "What would change it")
    for sentence in remedies(assessment, 1):
        console.print(text(sentence))
    others = [
        o
        for o in assessment.outcomes
        if o is not goal and o.headline and any(change(m, o) for m, _, _ in ranked)
    ][:1]
    made = grid([("", "left"), *((short(o), "right") for o in [goal, *others]), ("cost", "right")])
    for m, _, _ in ranked[:8]:
        made.add_row(
            phrase(m.about, m.name, 90) + (" \u2020" if m.jump else ""),
            *(before_after(o, change(m, o)) for o in [goal, *others]),
            amount(m.cost),
        )
    console.print(made)
    if any(m.jump for m, _, _ in ranked[:8]):
        console.print(text(f"\u2020 {JUMPED}"))
    for m, _, _ in ranked[:8]:
        if said := by_itself(m, [goal, *others]):
            console.print(text(f"{phrase(m.about, m.name, 90)}: {said}"))
    if len(ranked) > 8:
        console.print(text(f"and {len(ranked) - 8} more"))
    console.print(Text("Cost is on the scenario's own scale.", style=FAINT))


SHORT = 40


def short(outcome: OutcomeResult) -> str:
    """Name an outcome above a narrow column."""
    return phrase(outcome.about if len(outcome.about) <= SHORT else "", outcome.name, SHORT)


def before_after(outcome: OutcomeResult, pair: tuple[float, float] | None) -> str:
    """Write where an outcome goes."""
    if pair is None:
        return "\u2013"
    said = [in_short(v, outcome.estimate.unit) for v in pair]
    return f"{said[0]} \u2192 {said[1]}"


def source_judgements(assessment: Assessment, console: Console) -> None:
    """Print which of the judgements come out."""
    if not assessment.judgements:
        return
    heading(console, 7, f"The {whose(assessment)}'s judgements")
    console.print(text(verdict(assessment)))
    habit = any(j.by_habit is not None for j in assessment.judgements)
    drawn = any(j.robustness is not None for j in assessment.judgements)
    columns = [("", "left"), ("", "left"), ("number", "right")]
    columns += [("by habit", "right")] if habit else []
    columns += [("of draws", "right")] if drawn else []
    made = grid([*columns, ("claim", "left")])
    for j in assessment.judgements:
        mark = Text(j.verdict, style="" if j.holds else FAILS)
        unit = j.number.unit
        shown = short_percent(j.number.value) if unit == "probability" else quantity(j.number.value, unit)
        alone = ""
        if j.number_by_habit is not None:
            number = j.number_by_habit
            alone = short_percent(number) if unit == "probability" else quantity(number, unit)
        cells = [alone] if habit else []
        if drawn:
            cells.append("\u2013" if j.robustness is None else short_percent(j.robustness))
        said = Text(clean(j.says, 120))
        if given := judged_from(assessment, j):
            said.append(f" {mark_of(assessment, given)}", style=FAINT)
        made.add_row(said, mark, shown, *cells, clean(j.claim, 24))
    console.print(made)
    clocks(assessment, console)
    if drawn:
        console.print(Text(shares_of(assessment), style=FAINT))


def machine(assessment: Assessment, console: Console) -> None:
    """Print how sure the machine is."""
    heading(console, 8, "How sure the machine is")
    sure = confidence(assessment)
    console.print(
        Text(f"{sure.level.capitalize()} confidence that this follows from the scenario.", style="bold")
    )
    for ground in sure.grounds:
        console.print(
            Text(f"  {'+' if ground.sound else '!'} {ground.text}", style="" if ground.sound else FAILS)
        )
    for line in (computed_within(assessment), *(f"Not known. {said}" for said in not_known(assessment))):
        if line:
            console.print(Text(line))
    s = assessment.solve
    console.print(Text(clean(in_force(s.shocks), 120) + "."))
    console.print(
        Text(
            f"{size_in_words(s.situations, s.moves, s.actors)}; residual"
            f" {power(s.residual)}, {s.sweeps:,} sweep{'' if s.sweeps == 1 else 's'}.",
            style=FAINT,
        )
    )

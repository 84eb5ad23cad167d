"""The brief on two pages: as HTML, and as a PDF set without a browser by fpdf2.

Two sheets on the screen are two pages on paper, A4 or Letter; nothing is fetched. In the PDF each page is a
column of blocks. A page that is too long at the largest type is set smaller, down to the smallest that reads
well in print; if it is still too long, the longest list on it loses its last entry, again and again. The same
brief gives the same bytes.

What a brief says: everything an analytic judgement owes its reader, and no more than two pages of it.

Intelligence Community Directive 203 asks of an assessment that it say how likely (a word and a number), how
confident (the ground it stands on, another thing), what it assumes, what would change it, what to watch for,
and which sources it draws on. Each part is drawn from the `Assessment`; nothing is reckoned here but what is
most telling:

* *key judgements*: the outcome that measures are judged by first, then the moves that were asked about first,
then headline chances, those farthest from even first;
* *what would prove it wrong*: headline chances said to be under a fifth or over four fifths. If the former
come about by the horizon, or the latter do not, that counts against the scenario: what was given p counts
1/p times as much against it as against one that was certain of it (a likelihood ratio);
* *indicators*: moves that lead up the ladder, those expected most often first.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bystander.assessment.result import Assessment, OutcomeResult
from bystander.files import ending_of, write_whole
from bystander.report.figures.figure import FONTS, font_faces
from bystander.report.page.write import engine
from bystander.report.words.asks import alike, answers
from bystander.report.words.confidence import Confidence, confidence, ranges_over
from bystander.report.words.decomposition import values_of
from bystander.report.words.expressions import onset
from bystander.report.words.names import spell_as
from bystander.report.words.numbers import (
    ahead,
    clean,
    date,
    duration,
    label,
    likelihood,
    on_average,
    percent,
    phrase,
    quantity,
    running,
    spread,
)
from bystander.report.words.reasons import because, foremost
from bystander.report.words.sentences import (
    climbers,
    focus,
    headlines,
    outcome_line,
    plain,
    remedies,
    step_phrase,
    steps_up,
    verdict,
    who_acts,
    who_acts_from,
)
from bystander.scenario.claims import sources_used, standing_of_parameter
from bystander.scenario.schema import Scenario
from bystander.units import in_rank

if TYPE_CHECKING:
    from fpdf import FPDF

JUDGEMENTS, ASSUMPTIONS, REMEDIES, INDICATORS, FALSIFIERS, SOURCES = 7, 5, 4, 4, 4, 7
LISTS = ("sources", "indicators", "changes", "falsifiers", "assumptions", "judgements", "answer")
"""What may be shortened from its end."""

LONGEST = 700
RARE, SURE = 0.2, 0.8


@dataclass(frozen=True, slots=True)
class KeyJudgement:
    """What is judged, how likely in a word and a number, and from when its clock runs."""

    what: str
    word: str
    number: str
    clock: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What stands on the two pages; every list may be shortened from its end."""

    title: str
    question: str
    dated: str
    answer: tuple[str, ...]
    judgements: tuple[KeyJudgement, ...]
    ranges: str
    confidence: Confidence
    assumptions: tuple[str, ...]
    changes: tuple[str, ...]
    indicators: tuple[str, ...]
    falsifiers: tuple[str, ...]
    sources: tuple[str, ...]
    verdict: str
    made: str


def brief_of(assessment: Assessment, scenario: Scenario) -> Brief:
    """Choose what a brief says."""
    spell_as(scenario)
    since = who_acts_from(assessment)
    return Brief(
        title=clean(assessment.title, 160),
        question=clean(assessment.question, 260),
        dated=f"As of {date(assessment.as_of)}, looking {ahead(assessment.horizon_days, assessment.until)}"
        + (f"; who acts is counted from {since}" if since else ""),
        answer=tuple(shortened(line) for line in _answer(assessment)),
        judgements=tuple(_judgement(o, assessment.held) for o in _told_first(assessment, scenario)),
        ranges=ranges_over(assessment),
        confidence=confidence(assessment),
        assumptions=tuple(_assumptions(assessment, scenario)),
        changes=tuple(_changes(assessment)),
        indicators=tuple(_indicators(assessment)),
        falsifiers=tuple(_falsifiers(assessment, scenario)),
        sources=tuple(_sources(scenario)),
        verdict=plain(verdict(assessment)),
        made=f"Bystander {clean(assessment.version, 30)}, scenario {clean(assessment.scenario_hash)[:12]}",
    )


def shortened(text: str, longest: int = LONGEST) -> str:
    """End a text at its last whole sentence, or word, that fits."""
    if len(text) <= longest:
        return text
    head = text[:longest]
    stop = max(head.rfind(". "), head.rfind("; "))
    return head[: stop + 1] if stop > longest // 2 else head.rsplit(" ", 1)[0] + " \u2026"


def _answer(assessment: Assessment) -> list[str]:
    asked = [plain(line) for line in answers(assessment)]
    if asked:
        return asked[:3]
    first = [plain(outcome_line(outcome)) for outcome in headlines(assessment, 1)]
    acting = [plain(line) for line in who_acts(assessment)]
    return [
        " ".join([*first, *acting]),
        *(plain(because(r, assessment, brief=True)) for r in foremost(assessment)[:2]),
    ]


def _told_first(assessment: Assessment, scenario: Scenario) -> list[OutcomeResult]:
    """Choose key judgements: the focus, then headline chances, what was asked before those far from even."""
    goal = focus(assessment)
    rest = [o for o in assessment.outcomes if o.headline and o.kind == "probability" and o is not goal]
    known = [answer for answer in assessment.asks if answer.modelled]
    asked = {(move.move,) for answer in known for move in alike(answer)}
    fires = {name: outcome.fires for name, outcome in scenario.outcomes.items()}
    rest.sort(key=lambda o: (fires.get(o.name) not in asked, -in_rank(abs(o.estimate.value - 0.5))))
    amounts = [o for o in assessment.outcomes if o.headline and o.kind == "amount"][:1]
    chosen = ([goal] if goal is not None else []) + rest
    return [*chosen[: JUDGEMENTS - len(amounts)], *(o for o in amounts if o is not goal)]


def _judgement(outcome: OutcomeResult, held: tuple[str, ...]) -> KeyJudgement:
    estimate = outcome.estimate
    ranged = f" (range {spread(estimate)})" if estimate.low is not None else ""
    since = onset(outcome.given, held)
    clock = f"from {since}" if since else ""
    what = phrase(outcome.about, outcome.name, 110)
    if outcome.kind == "probability":
        return KeyJudgement(what, likelihood(estimate.value), percent(estimate.value) + ranged, clock)
    return KeyJudgement(what, "expected", quantity(estimate.value, estimate.unit) + ranged, clock)


def _assumptions(assessment: Assessment, scenario: Scenario) -> list[str]:
    told = []
    goal = focus(assessment)
    aim = "" if goal is None else phrase(goal.about, goal.name, 70)
    known = [s for s in assessment.sensitivities if s.parameter in scenario.parameters and s.value]
    values = values_of(scenario)
    for found in known[:ASSUMPTIONS]:
        stands = GROUNDED.get(standing_of_parameter(scenario, found.parameter).name, "")
        more = "more often" if found.parameter in values.paces else "higher"
        way = "likelier" if found.elasticity > 0 else "less likely"
        if goal is not None and goal.kind != "probability":
            way = "more" if found.elasticity > 0 else "less"
        told.append(
            f"{shortened(values.called(found.parameter), 150)}: {values.told(found.parameter)} ({stands}). "
            f"If {more}, {way}: \u201c{aim}\u201d."
        )
    return told


GROUNDED = {
    "free": "an assumption",
    "argued": "argued from sources",
    "learnt": "learnt",
    "measured": "measured",
}


def _changes(assessment: Assessment) -> list[str]:
    found = [plain(line) for line in remedies(assessment, REMEDIES)]
    return found or ["No measure of the scenario changes what is judged first."]


def _indicators(assessment: Assessment) -> list[str]:
    """Name the moves that lead up the ladder, those expected most often first."""
    told = []
    for step in steps_up(assessment)[:INDICATORS]:
        between = f"from {running(label(step.source))} to {running(label(step.target))}"
        told.append(f"{step_phrase(step)} ({between}), {on_average(step.expected)}")
    if not told:
        told = [f"{label(owner)} acts" for owner in sorted(climbers(assessment))[:INDICATORS]]
    return told


def _falsifiers(assessment: Assessment, scenario: Scenario) -> list[str]:
    """List the chances that a day decides, those farthest from even first."""
    chances = [o for o in assessment.outcomes if o.headline and o.kind == "probability"]
    chances.sort(key=lambda o: -in_rank(abs(o.estimate.value - 0.5)))
    told = []
    for outcome in chances:
        value, what = outcome.estimate.value, phrase(outcome.about, outcome.name, 100)
        if outcome.days is None:
            continue
        asked = scenario.outcomes.get(outcome.name)
        at_last = asked is not None and asked.at is not None
        when = f"{'on' if at_last else 'by'} {_end(assessment, outcome.days)}"
        if since := onset(outcome.given, assessment.held):
            span = duration(outcome.days)
            when = f"{span} after {since}" if at_last else f"within {span} of {since}"
        if value < RARE:
            told.append(
                f"If it {'is so' if at_last else 'comes about'} {when}: {what} (given {percent(value)})"
            )
        elif value > SURE:
            missed = "is not so" if at_last else "has not come about"
            told.append(f"If it {missed} {when}: {what} (given {percent(value)})")
    return told[:FALSIFIERS] or ["No chance is far enough from even for one event to count against it."]


def _end(assessment: Assessment, days: float) -> str:
    try:
        last = datetime.fromisoformat(assessment.as_of) + timedelta(days=days)
        return date(last.date().isoformat())
    except (ValueError, OverflowError):
        return "the horizon"


def _sources(scenario: Scenario) -> list[str]:
    """List the sources that what is used cites, those cited most first."""
    count = sources_used(scenario)
    told = []
    for name in sorted(count, key=lambda name: (-count[name], name)):
        source = scenario.sources[name]
        details = ", ".join(
            part for part in (source.author, source.publisher, str(source.date or "")) if part
        )
        told.append(shortened(clean(f"{source.title}{f' ({details})' if details else ''}", 200), 150))
    return list(dict.fromkeys(told))[:SOURCES]


MARGIN = 17.0
SIZES = (11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0)

LEADING = 0.49  # line height in mm for each point of type
Paper = Literal["a4", "letter"]


@dataclass
class Sheet:
    """A page being set: the PDF, the size of type, and how far down it is."""

    pdf: FPDF
    size: float

    @property
    def line(self) -> float:
        """Height of a line, in mm."""
        return self.size * LEADING

    def text(
        self, text: str, *, bold: bool = False, size: float = 0.0, indent: float = 0.0, gap: float = 0.3
    ) -> None:
        """Set a paragraph."""
        points = size or self.size
        self.pdf.set_font("sans", "B" if bold else "", points)
        self.pdf.set_x(MARGIN + indent)
        self.pdf.multi_cell(
            self.pdf.epw - indent, points * LEADING, shown(text), align="L", new_x="LMARGIN", new_y="NEXT"
        )
        self.pdf.set_y(self.pdf.get_y() + gap * self.line)

    def heading(self, text: str) -> None:
        """Set a heading with a rule above it."""
        self.pdf.set_y(self.pdf.get_y() + 0.5 * self.line)
        self.pdf.set_draw_color(138, 150, 163)
        y = self.pdf.get_y()
        self.pdf.line(MARGIN, y, MARGIN + self.pdf.epw, y)
        self.pdf.set_y(y + 0.25 * self.line)
        self.text(text, bold=True, size=self.size + 1.5, gap=0.1)

    def items(self, items: tuple[str, ...]) -> None:
        """Set a list."""
        for item in items:
            y = self.pdf.get_y()
            self.pdf.set_font("sans", "", self.size)
            self.pdf.set_xy(MARGIN, y)
            self.pdf.cell(3.5, self.line, "\u2013")
            self.pdf.set_y(y)
            self.text(item, indent=3.8, gap=0.15)


@cache
def glyphs() -> frozenset[int]:
    """Return the characters that the face of the brief has."""
    from fontTools.ttLib import TTFont

    return frozenset(TTFont(FONTS / "bystander-sans-400.ttf").getBestCmap())


def shown(text: str) -> str:
    """Write a text in the characters that the face has; others are question marks."""
    return "".join(c if ord(c) in glyphs() or c == "\n" else "?" for c in text)


def brief_pdf(brief: Brief, *, paper: Paper = "a4") -> bytes:
    """Return the brief as a PDF of two pages."""
    pdf = _blank(brief, paper)
    left = brief
    for page in (first_page, second_page):
        left = _fitted(left, page, paper)
        pdf.add_page()
        page(Sheet(pdf, _largest(left, page, paper)), left)
    return bytes(pdf.output())


def _blank(brief: Brief, paper: Paper) -> Any:
    from fpdf import FPDF

    pdf = FPDF(unit="mm", format=paper)
    pdf.set_margins(MARGIN, MARGIN - 2.0, MARGIN)
    pdf.set_auto_page_break(False)
    pdf.add_font("sans", "", FONTS / "bystander-sans-400.ttf")
    pdf.add_font("sans", "B", FONTS / "bystander-sans-600.ttf")
    pdf.set_title(shown(brief.title))
    pdf.set_lang("en")
    pdf.set_producer("Bystander")
    pdf.set_creation_date(datetime(2000, 1, 1, tzinfo=UTC))
    return pdf


Setting = Callable[[Sheet, Brief], None]


def _fits(brief: Brief, page: Setting, paper: Paper, size: float) -> bool:
    pdf = _blank(brief, paper)
    pdf.add_page()
    page(Sheet(pdf, size), brief)
    return bool(pdf.get_y() <= pdf.h - MARGIN + 4.0)


def _largest(brief: Brief, page: Setting, paper: Paper) -> float:
    return next((size for size in SIZES if _fits(brief, page, paper, size)), SIZES[-1])


def _fitted(brief: Brief, page: Setting, paper: Paper) -> Brief:
    """Shorten a brief until a page fits at the smallest type."""
    while not _fits(brief, page, paper, SIZES[-1]):
        longest = max(LISTS, key=lambda name: len(getattr(brief, name)))
        entries = getattr(brief, longest)
        if len(entries) <= 1:
            return brief
        brief = replace(brief, **{longest: entries[:-1]})
    return brief


def first_page(sheet: Sheet, brief: Brief) -> None:
    """Set the question, the answer, the key judgements and the confidence in them."""
    sheet.text(brief.question or brief.title, bold=True, size=sheet.size + 6.0, gap=0.15)
    if brief.question:
        sheet.text(brief.title, size=sheet.size + 1.0, gap=0.1)
    sheet.text(brief.dated, gap=0.4)
    sheet.heading("Answer")
    for paragraph in brief.answer:
        sheet.text(paragraph, gap=0.45)
    sheet.heading("Key judgements")
    for judgement in brief.judgements:
        _set_judgement(sheet, judgement)
    if brief.ranges:
        sheet.text(brief.ranges, gap=0.25)
    sheet.heading(f"Confidence: {brief.confidence.level}")
    sheet.text(
        "Likelihood is about the world; confidence is about the ground the answer stands on.", gap=0.25
    )
    sheet.items(tuple(f"{'For' if g.sound else 'Against'}: {g.text}" for g in brief.confidence.grounds))


def _set_judgement(sheet: Sheet, judgement: KeyJudgement) -> None:
    """Set what may happen on the left, how likely that is on the right."""
    pdf, y = sheet.pdf, sheet.pdf.get_y()
    right = 62.0
    what = judgement.what + (f" ({judgement.clock})" if judgement.clock else "")
    pdf.set_font("sans", "", sheet.size)
    pdf.set_xy(MARGIN, y)
    pdf.multi_cell(pdf.epw - right, sheet.line, shown(what), align="L", new_x="LMARGIN", new_y="NEXT")
    below = pdf.get_y()
    pdf.set_xy(MARGIN + pdf.epw - right + 3.0, y)
    pdf.set_font("sans", "B", sheet.size)
    likely = shown(f"{judgement.word}, {judgement.number}")
    pdf.multi_cell(right - 3.0, sheet.line, likely, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.set_y(max(below, pdf.get_y()) + 0.2 * sheet.line)


def second_page(sheet: Sheet, brief: Brief) -> None:
    """Set what it rests on, what would change it, what to watch, what would prove it wrong, the sources."""
    for heading, entries in (
        ("What it rests on", brief.assumptions),
        ("What would change it", brief.changes),
        ("Indicators to watch", brief.indicators),
        ("What would prove it wrong", brief.falsifiers),
        ("Sources", brief.sources),
    ):
        if entries:
            sheet.heading(heading)
            sheet.items(entries)
    if brief.verdict:
        sheet.text(brief.verdict, gap=0.2)
    sheet.pdf.set_text_color(86, 99, 112)
    sheet.text(
        f"{brief.made}. Likelihood by the yardstick of ICD 203.", size=max(sheet.size - 1.5, 7.0), gap=0.0
    )
    sheet.pdf.set_text_color(0, 0, 0)


HERE = Path(__file__).parent


def write_brief(
    assessment: Assessment, scenario: Scenario, path: str | os.PathLike[str], *, paper: Paper = "a4"
) -> Path:
    """Write the brief, whole or not at all: as PDF where the path ends in ``.pdf``, else as HTML.

    Parameters
    ----------
    paper
        Of the PDF; the HTML prints on either.
    """
    brief = brief_of(assessment, scenario)
    if ending_of(path) == ".pdf":
        return write_whole(path, brief_pdf(brief, paper=paper))
    return write_whole(path, brief_html(brief))


def brief_html(brief: Brief) -> str:
    """Return the brief as one HTML file."""
    style = "".join(font_faces()) + (HERE / "brief.css").read_text(encoding="utf-8")
    return engine(HERE).get_template("brief.html").render(brief=brief, style=style)

"""What is asked: outcomes of the process, judgements to test, measures and rival explanations to try."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from bystander.errors import Problem
from bystander.harmless import spaced
from bystander.scenario.expressions import Expr, dimension_of, to_text
from bystander.scenario.expressions.dimensions import Sort
from bystander.scenario.expressions.syntax import Number as NumberNode
from bystander.scenario.expressions.syntax import Query, with_nodes
from bystander.scenario.nodes import QUESTIONS, QuestionKind
from bystander.scenario.schema.fields import (
    Amount,
    Because,
    Condition,
    Custom,
    Duration,
    Moves,
    Name,
    Part,
    Text,
    complain,
    expression_field,
    kind_of,
    mark_of,
    no_truth,
    read_expression,
    write_duration,
    wrong_type,
)
from bystander.scenario.schema.world import Start
from bystander.units import DURATION, PLAIN, Dimension, plain_number

SPAN = re.compile(
    r"\b(?:(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|\d+)\s+"
    r"|(?:the|this)\s+(?:(?:first|same|next)\s+)?)(?:hour|day|week|fortnight|month|year)s?\b"
)
"""A stretch of time said in words: "within two days", "in the month after it begins"."""


class Accrual(Part):
    """An amount that adds up per time while a condition holds."""

    when: Condition
    """While this holds."""
    amount: Amount
    """Amount per time."""


def _accruals(value: Any) -> tuple[Accrual, ...]:
    if isinstance(value, (list, tuple)) and all(isinstance(item, Accrual) for item in value):
        return tuple(value)
    if not isinstance(value, dict):
        fix = "write {front == fighting: 10 people per day}"
        raise wrong_type(value, "'accumulates' is a mapping of condition to amount", fix)
    found = []
    for when, amount in value.items():
        condition = read_expression(when, Sort.CONDITION, "the condition of an amount")
        found.append(Accrual(when=condition, amount=read_expression(amount, None, "an amount")))
    return tuple(found)


def _write_accruals(accruals: tuple[Accrual, ...]) -> dict[str, str]:
    return {to_text(a.when): to_text(a.amount) for a in accruals}


class Before(Part):
    """Two conditions, of which the first may come before the other."""

    first: Condition
    """The condition asked about."""
    than: Condition
    """The condition it is to precede."""


_AMOUNTS = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}
Accumulates = Annotated[tuple[Accrual, ...], Custom(_accruals, _write_accruals, _AMOUNTS)]


class Outcome(Part):
    """A named quantity asked of the process; exactly one of the questions below."""

    about: Text = ""
    """What it is."""
    because: Because = ()
    """Facts, claims or parameters its numbers rest on."""
    ever: Condition | None = None
    """Probability that the condition becomes true by the horizon."""
    fires: Moves | None = None
    """Probability that any of these moves is made by the horizon, even in vain; for success ask ``ever``."""
    at: Condition | None = None
    """Probability that the condition holds at the horizon."""
    share: Condition | None = None
    """Expected share of the time to the horizon during which the condition holds."""
    accumulates: Accumulates | None = None
    """Expected total by the horizon of amounts per time, each while its condition holds."""
    on_moves: dict[str, Amount] | None = None
    """Expected total by the horizon of amounts that come with moves; may stand beside ``accumulates``."""
    counts: Moves | None = None
    """Expected number of times these moves are made by the horizon, even in vain."""
    time_to: Condition | None = None
    """Expected time until the condition first holds."""
    before: Before | None = None
    """Probability that one condition comes true before another."""
    long_run: Condition | None = None
    """Share of time in the long run during which the condition holds."""
    given: Condition | None = None
    """Start the clock when this condition first holds."""
    within: Duration | None = None
    """A time of its own instead of the scenario's horizon."""
    reported: Because = ()
    """Facts whose numbers the outcome is shown next to."""
    headline: bool = True
    """Whether it is shown among the main results; where no outcome is, all are."""
    wanted: Literal["less", "more"] | None = None
    """Whether less or more of it is better, for weighing measures; without it, it is a side effect."""

    @model_validator(mode="after")
    def _one_question(self) -> Outcome:
        asked = [name for name in QUESTIONS if getattr(self, name) is not None]
        if len(asked) != 1 and set(asked) != {"accumulates", "on_moves"}:
            message = f"an outcome asks one question, and this asks {' and '.join(asked) or 'none'}"
            raise complain(
                Problem(mark_of(None), message, f"give one of {', '.join(QUESTIONS)}", "not-one-question")
            )
        return self

    @property
    def told(self) -> str:
        """What it is about, with the time it is asked within where that is its own and goes unsaid."""
        if self.within is None or not self.about or SPAN.search(self.about.lower()):
            return self.about
        when = write_duration(self.within).replace(".0 days", " days")
        return f"{self.about}, after {when}" if self.question == "at" else f"{self.about} within {when}"

    @property
    def question(self) -> str:
        """Which question is asked: ``ever``, ``fires`` ...; ``accumulates`` if also ``on_moves``."""
        return next(name for name in QUESTIONS if getattr(self, name) is not None)

    @property
    def kind(self) -> QuestionKind:
        """What sort of number answers it."""
        return QUESTIONS[self.question]

    @property
    def dimension(self) -> Dimension:
        """Dimension of the answer: people, a duration, or a plain number."""
        if self.question == "time_to":
            return DURATION
        rates = (dimension_of(a.amount) for a in self.accumulates or ())
        amounts = (dimension_of(amount) for amount in (self.on_moves or {}).values())
        found = [d * DURATION for d in rates if isinstance(d, Dimension)]
        return next(iter([*found, *(d for d in amounts if isinstance(d, Dimension))]), PLAIN)

    @property
    def formula(self) -> str:
        """The question as written."""
        if self.before is not None:
            return f"{to_text(self.before.first)} before {to_text(self.before.than)}"
        value = getattr(self, self.question)
        if self.question in ("fires", "counts"):
            return f"{self.question} {', '.join(value)}"
        if self.question in ("accumulates", "on_moves"):
            parts = [f"{to_text(a.amount)} while {to_text(a.when)}" for a in self.accumulates or ()]
            parts += [f"{to_text(amount)} at {move}" for move, amount in (self.on_moves or {}).items()]
            return "; ".join(parts)
        return f"{spaced(self.question)} {to_text(value)}"


Verdict = Annotated[
    Expr, expression_field(Sort.CONDITION, "a judgement", "P(csto_deploys) < 5%", asking=True)
]


class Judgement(Part):
    """A conclusion of a source, computed and never assumed."""

    claim: Because = ()
    """Ids of the claims it tests."""
    says: Text
    """The conclusion in one sentence."""
    holds: Verdict
    """The comparison that must come out true, over ``P(outcome)`` and ``E(outcome)``."""
    given: Condition | None = None
    """Start the clock of every outcome in it when this condition first holds."""
    within: Duration | None = None
    """A time of its own instead of the scenario's horizon."""

    @property
    def asked(self) -> Expr:
        """The comparison, with ``given`` and ``within`` written into each ``P`` and ``E`` that lacks it."""
        within = (
            None if self.within is None else NumberNode(self.within, DURATION, write_duration(self.within))
        )

        def asked(part: Expr) -> Expr:
            if not isinstance(part, Query):
                return part
            return replace(part, given=part.given or self.given, within=part.within or within)

        return with_nodes(self.holds, asked)


class Setting(Part):
    """Parameters to set, as a degree of a measure."""

    set: dict[Name, Amount] = Field(default_factory=dict)
    """New value of each parameter; may be an expression over parameters."""


def _read_cost(value: Any) -> Any:
    try:
        return plain_number(value) if isinstance(value, str) and len(value) < 40 else value
    except ValueError:
        message = f"a cost is a plain number, not {kind_of(value)}"
        fix = "write cost: 2.5, in a unit that all measures share and 'about' may name"
        raise complain(Problem(mark_of(value), message, fix, "wrong-type")) from None


class NamedChange(Part):
    """A named change to the scenario: a measure to take, or a rival explanation to try."""

    about: Text = ""
    """What it is."""
    claim: Because = ()
    """Ids of the claims it takes up."""
    because: Because = ()
    """Facts, claims or parameters it rests on."""
    set: dict[Name, Amount] = Field(default_factory=dict)
    """New value of each parameter; may be an expression over parameters."""
    enable: Moves = ()
    """Moves to put into the game."""
    disable: Moves = ()
    """Moves to take out of it."""
    start: dict[Name, Start] = Field(default_factory=dict)
    """New start of each variable."""
    cost: Annotated[float, BeforeValidator(_read_cost), no_truth("2.5")] = 0.0
    """What it costs, in any unit that all measures share."""
    intensities: dict[Name, Setting] = Field(default_factory=dict)
    """Degrees of it, each with its own settings."""

    @property
    def is_bare(self) -> bool:
        """Whether it changes nothing by itself."""
        return not (self.set or self.enable or self.disable or self.start)


class Measure(NamedChange):
    """Something that could be done about the crisis."""


class Rival(NamedChange):
    """A competing explanation of it."""


WHY = re.compile(r"why (?:does|do|is|are|did|will) (?:the )?([a-z][a-z0-9_]*)(?: not)? ([a-z][a-z0-9_., ]*)")
SPLIT = re.compile(r",? and |,? or |, ?")


def _shorthand_ask(data: Any) -> Any:
    if not isinstance(data, str):
        return data
    found = WHY.fullmatch(str(data).strip().rstrip("?").lower())
    moves = [word.strip() for word in SPLIT.split(found[2]) if word.strip()] if found else []
    if found is None or not moves or any(" " in move for move in moves):
        message = f"{kind_of(data)} is not a question that can be asked"
        fix = "write why does PARTY not MOVE, MOVE; or {party: russia, moves: [send_troops]}"
        raise complain(Problem(mark_of(data), message, fix, "wrong-type"))
    return {"party": found[1], "moves": moves}


AskedMove: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$", max_length=121)
]


class Ask(Part):
    """A question about a party: why it does not do something, and what would make it.

    In short: ``why does russia not send_troops, mediate``. A move that the scenario does not have may be
    asked about; the answer then says that it is not modelled.
    """

    says: Text = ""
    """The question in words."""
    party: Name
    """Who is asked about: an actor or an institution."""
    moves: Annotated[tuple[AskedMove, ...], Field(min_length=1)]
    """What it might do: its own moves by name, those of a body it sits in as ``owner.move``."""
    given: Condition | None = None
    """Start the clock when this condition first holds; the scenario's own if not given."""
    within: Duration | None = None
    """Up to when; the scenario's horizon if not given."""
    matters: Because = ()
    """Outcomes that its acting might change; the outcome that measures are judged by, if not given."""
    because: Because = ()
    """Facts, claims or parameters that the question is about."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: Any) -> Any:
        return _shorthand_ask(data)

    @property
    def full_moves(self) -> tuple[str, ...]:
        """The moves as ``owner.move``, each once."""
        return tuple(dict.fromkeys(move if "." in move else f"{self.party}.{move}" for move in self.moves))

"""Reading an expression: a precedence-climbing (Pratt 1973) parser over tokens.

Tokens are numbers, words (``fact.name`` is one), and symbols, each with its position. A character that
belongs to none is refused where it stands. From loosest to tightest::

    a if c else b          right to left
    or
    and
    not
    < <= > >= == != in     chained: a < b <= c
    + -
    * /
    - every                prefix
    3 weeks, x per year    units behind a number, 'per' behind anything

Nothing is evaluated as Python. Length and depth are bounded, so that hostile text costs nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from bystander.errors import Mark, Problem, ScenarioError
from bystander.scenario.expressions.syntax import (
    FUNCTIONS,
    RESERVED,
    Binary,
    Call,
    Choice,
    ClauseReading,
    Comparison,
    Expr,
    FactValue,
    Logic,
    Membership,
    Name,
    Number,
    Query,
    Truth,
    Unary,
    ends_in_unit,
)
from bystander.units import (
    GROUPED,
    MINUS,
    NUMBER,
    PLAIN,
    RATE,
    SEPARATED,
    SEPARATORS,
    Dimension,
    folded,
    read_amount,
    ungrouped,
    unit,
)

MAX_LENGTH = 4000
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>{GROUPED}(?:\.\d+)?|{NUMBER})|(?P<word>(?:(?:fact|clause)\.)?[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<symbol>==|!=|<=|>=|[-+*/<>()\[\],%|])|(?P<bad>\S))"
)

_DAY = re.compile(r"\d{4}-\d{2}(?:-\d{2})?(?![\w.])")


@dataclass(frozen=True, slots=True)
class Token:
    """One token: ``kind`` is number, word, symbol or end."""

    kind: str
    text: str
    mark: Mark

    @property
    def shown(self) -> str:
        """How messages call it."""
        return "the end" if self.kind == "end" else f"'{self.text}'"


def place(mark: Mark, text: str, offset: int) -> Mark:
    """Mark of the character ``offset`` in a text that begins at ``mark``."""
    if mark.line == 0 or mark.whole:
        return mark
    before = text[:offset]
    breaks = before.count("\n")
    if breaks:
        return Mark(mark.file, mark.line + breaks, offset - before.rfind("\n"))
    return Mark(mark.file, mark.line, mark.column + offset)


def tokenise(text: str, mark: Mark) -> list[Token]:
    """Cut text into tokens, ending with one of kind ``end``.

    Raises
    ------
    ScenarioError
        If the text is too long or contains a character that means nothing here.
    """
    if len(text) > MAX_LENGTH:
        raise ScenarioError(
            Problem(
                mark,
                f"This expression has {len(text)} characters; at most {MAX_LENGTH} are allowed.",
                "Name parts of it under 'conditions'.",
                "expression-too-long",
            )
        )
    tokens: list[Token] = []
    lists: list[bool] = []
    text = text.replace(MINUS, "-")
    position = 0
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup or ""
        found = match[kind]
        where = place(mark, text, match.start(kind))
        if kind == "number" and (day := _DAY.match(text, match.start(kind))):
            message = f"'{day[0]}' is a date, with which one cannot reckon."
            fix = "Name it under 'calendar' and write 'before NAME'; a difference has spaces around its '-'."
            if tokens and folded(tokens[-1].text) == "until":
                fix = (
                    "In P(...) and E(...) write a duration, 'within 30 days'; a date stands under 'within:'."
                )
            raise ScenarioError(Problem(where, message, fix, "bad-expression"))
        if kind == "bad":
            hint = {"=": "Write '==' to compare.", "&": "Write 'and'.", "!": "Write 'not' or '!='."}.get(
                found, "Take it out."
            )
            if found == "$":
                hint = "Write the name itself: only files with holes, and what is said of an actor, have '$'."
            if found == "." and tokens and tokens[-1].text == "table":
                hint = "Tables are named where an actor acts, wants or votes; elsewhere write the number."
            if found in "'\"":
                hint = "Names and levels are written without quotation marks."
            raise ScenarioError(
                Problem(where, f"'{found}' has no meaning in an expression.", hint, "bad-expression")
            )
        if kind == "number":
            _check_separators(found, text[match.end() :], lists[-1:] == [True], where)
            found = ungrouped(found)
        elif found in ("(", "["):
            lists.append(found == "[" or (bool(tokens) and _takes_a_list(tokens[-1])))
        elif found in (")", "]"):
            del lists[-1:]
        tokens.append(Token(kind, found, where))
        position = match.end()
    tokens.append(Token("end", "", place(mark, text, len(text.rstrip()))))
    return tokens


def _takes_a_list(before: Token) -> bool:
    """Say whether commas separate things in a bracket behind a token."""
    return before.kind == "word" and before.text not in ("and", "or", "not", "if", "else", "every", "per")


def _check_separators(digits: str, rest: str, listed: bool, mark: Mark) -> None:
    """Refuse digits of which nobody can tell what a comma between them means."""
    if listed and "," in digits:
        parts = ", ".join(digits.split(","))
        message = f"'{digits}' may be one number here, or several."
        fix = f"Write {digits.replace(',', '')} for one, or '{parts}' for several."
        raise ScenarioError(Problem(mark, message, fix, "bad-quantity"))
    if not listed and SEPARATED.match(digits[-1:] + rest[:2]):
        message = f"'{(digits + rest.split()[0])[:40]}' is not a number."
        raise ScenarioError(Problem(mark, message, SEPARATORS, "bad-quantity"))


class Cursor:
    """A position in a list of tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0

    @property
    def token(self) -> Token:
        """The token at the position."""
        return self.tokens[self.position]

    def advance(self) -> Token:
        """Return the token at the position and go on to the next; the end is never passed."""
        token = self.token
        if token.kind != "end":
            self.position += 1
        return token

    def at(self, *texts: str) -> bool:
        """Tell whether the token is one of these words or symbols."""
        return self.token.kind in ("word", "symbol") and self.token.text in texts

    def expect(self, text: str, opened: Token) -> None:
        """Pass the symbol that closes what was opened."""
        if not self.at(text):
            message = f"Expected '{text}' to go with '{opened.text}', found {self.token.shown}."
            self.fail(self.token, message, f"Write '{text}' there, or take '{opened.text}' out.")
        self.advance()

    def expect_end(self) -> None:
        """Refuse anything that is left over."""
        if self.token.kind != "end":
            message = f"The expression should end or go on with an operator before {self.token.shown}."
            self.fail(self.token, message, "Take out what is too much, or write what should stand between.")

    @staticmethod
    def fail(token: Token, message: str, fix: str) -> NoReturn:
        """Refuse the expression at a token."""
        raise ScenarioError(Problem(token.mark, message, fix, "bad-expression"))


MAX_DEPTH = 100
_STOPS = RESERVED - {"per"}
_COMPARE = ("<", "<=", ">", ">=", "==", "!=")
_CHOICE, _OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _PREFIX = range(1, 9)
_BINDING = {
    "if": _CHOICE,
    "or": _OR,
    "and": _AND,
    "in": _COMPARISON,
    "not": _COMPARISON,
    "+": _SUM,
    "-": _SUM,
}
_BINDING |= {"*": _PRODUCT, "/": _PRODUCT, "per": _PREFIX} | dict.fromkeys(_COMPARE, _COMPARISON)


def parse_expression(text: str | float | bool, mark: Mark | None = None) -> Expr:
    """Read an expression.

    Parameters
    ----------
    text
        The expression; a bare number or truth value from a file is accepted as it is.

    Raises
    ------
    ScenarioError
        With the place of the first token that does not fit.
    """
    where = mark or Mark()
    if isinstance(text, bool):
        return Truth(text, where)
    source = text if isinstance(text, str) else repr(text)
    parser = _Parser(tokenise(source, where))
    expr = parser.expression(0, 0)
    parser.expect_end()
    return expr


class _Parser(Cursor):
    """One method per construction."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.texts = [folded(token.text) for token in tokens]

    def expression(self, minimum: int, depth: int) -> Expr:
        """Parse operators that bind more tightly than ``minimum``."""
        self.bound(depth)
        left = self.prefix(depth)
        rounds = 0
        while (binding := self.binding()) > minimum:
            rounds += 1
            self.bound(depth + rounds)
            left = self.infix(left, binding, depth + rounds)
        return left

    def bound(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            message = f"This expression is nested more than {MAX_DEPTH} deep."
            self.fail(self.token, message, "Name parts of it under 'conditions'.")

    def binding(self) -> int:
        token = self.token
        if token.kind not in ("word", "symbol"):
            return 0
        if token.text == "not" and self.tokens[self.position + 1].text != "in":
            return 0
        return _BINDING.get(token.text, 0)

    def infix(self, left: Expr, binding: int, depth: int) -> Expr:
        token = self.token
        if binding == _COMPARISON:
            return self.comparison(left, depth)
        self.advance()
        if binding == _CHOICE:
            condition = self.expression(_CHOICE, depth + 1)
            if not self.at("else"):
                message = f"Expected 'else' after 'if', found {self.token.shown}."
                self.fail(self.token, message, "Write '-2 if front == clash else 0'.")
            self.advance()
            return Choice(left, condition, self.expression(_CHOICE - 1, depth + 1), token.mark)
        if binding in (_OR, _AND):
            terms = [left, self.expression(binding, depth + 1)]
            while self.at(token.text):
                self.advance()
                terms.append(self.expression(binding, depth + 1))
            return Logic(token.text, tuple(terms), token.mark)
        if token.text == "per":
            factor, dimension = self.unit()
            return Binary(
                "/",
                left,
                Number(factor, dimension, self.tokens[self.position - 1].text, token.mark),
                token.mark,
            )
        opened = self.at("(")
        right = self.expression(binding, depth + 1)
        if token.text == "/" and not opened and ends_in_unit(right):
            message = "'a / b per year' can be read in two ways."
            self.fail(token, message, "Write '(a / b) per year' or 'a / (b per year)'.")
        return Binary(token.text, left, right, token.mark)

    def comparison(self, left: Expr, depth: int) -> Expr:
        token = self.token
        if token.text in ("in", "not"):
            self.advance()
            if token.text == "not":
                self.advance()
            return Membership(left, self.options(), token.text == "not", token.mark)
        operators: list[str] = []
        operands = [left]
        while self.at(*_COMPARE):
            operators.append(self.advance().text)
            operands.append(self.expression(_COMPARISON, depth + 1))
        if self.at("in") or (self.at("not") and self.binding()):
            self.fail(self.token, "'in' cannot be chained with other comparisons.", "Join them with 'and'.")
        return Comparison(tuple(operators), tuple(operands), token.mark)

    def options(self) -> tuple[Expr, ...]:
        opened = self.token
        if not self.at("[", "("):
            self.fail(
                opened,
                f"Expected a list of levels, found {opened.shown}.",
                "Write 'front in [clash, fighting]'.",
            )
        self.advance()
        found: list[Expr] = []
        while True:
            token = self.advance()
            if token.kind not in ("word", "number") or token.text in RESERVED:
                message = f"Expected the name of a level, found {token.shown}."
                self.fail(token, message, "Write 'front in [clash, fighting]'.")
            is_name = token.kind == "word"
            found.append(
                Name(token.text, token.mark)
                if is_name
                else Number(float(token.text), PLAIN, token.text, token.mark)
            )
            if not self.at(","):
                break
            self.advance()
        self.expect("]" if opened.text == "[" else ")", opened)
        return tuple(found)

    def prefix(self, depth: int) -> Expr:
        token = self.advance()
        amount = self.amount(token) if token.kind in ("number", "word") else None
        if amount is not None:
            return amount
        if token.kind == "word":
            return self.word(token, depth)
        if token.text == "-":
            if self.at("-"):
                fix = "Write one, or put what the first turns round in brackets, as in -(-6)."
                self.fail(token, "Two minus signs stand in a row.", fix)
            return Unary("-", self.expression(_PREFIX - 1, depth + 1), token.mark)
        if token.text == "+" and self.token.kind == "number":
            return self.prefix(depth)
        if token.text == "(":
            inner = self.expression(0, depth + 1)
            self.expect(")", token)
            return inner
        message = f"Expected a name, a number or '(', found {token.shown}."
        fix = "Write what is missing, or take out what stands before it."
        self.fail(token, message, "A list follows 'in': front in [clash, war]." if token.text == "[" else fix)

    def word(self, token: Token, depth: int) -> Expr:
        match token.text:
            case "not":
                return Unary("not", self.expression(_NOT, depth + 1), token.mark)
            case "every":
                return Unary("every", self.expression(_PREFIX - 1, depth + 1), token.mark)
            case "never":
                return Number(0.0, RATE, "never", token.mark)
            case "true" | "false":
                return Truth(token.text == "true", token.mark)
            case "fact" | "clause" as kind:
                message = f"'{kind}' stands before a dot and the name of a {kind}."
                self.fail(token, message, f"Write '{kind}.name'.")
            case name if name.startswith("clause."):
                return ClauseReading(name.removeprefix("clause."), mark=token.mark)
            case name if name.startswith("fact."):
                return FactValue(name.removeprefix("fact."), mark=token.mark)
            case "before" | "after" if self.token.kind == "word" and self.token.text not in RESERVED:
                day = self.advance()
                level = Name("past" if token.text == "after" else "ahead", token.mark)
                return Comparison(("==",), (Name(day.text, day.mark), level), token.mark)
            case "P" | "E" if self.at("("):
                return self.query(token, depth)
            case name if name in FUNCTIONS:
                return self.call(token, depth)
            case name if name in RESERVED:
                self.fail(token, f"'{name}' cannot stand here.", "Take it out; it is a word of the language.")
            case name if self.at("("):
                known = ", ".join(FUNCTIONS)
                self.fail(token, f"'{name}' is not a function.", f"The functions are {known}.")
        return Name(token.text, token.mark)

    def call(self, token: Token, depth: int) -> Expr:
        opened = self.token
        if not self.at("("):
            message = f"Expected '(' after '{token.text}', found {opened.shown}."
            self.fail(opened, message, f"Write '{token.text}(...)'.")
        self.advance()
        arguments = [self.expression(0, depth + 1)]
        while self.at(","):
            self.advance()
            arguments.append(self.expression(0, depth + 1))
        self.expect(")", opened)
        fewest, most = FUNCTIONS[token.text]
        if not fewest <= len(arguments) <= most:
            wanted = "1 argument" if most == 1 else f"{fewest} to {most} arguments"
            message = f"'{token.text}' takes {wanted}, not {len(arguments)}."
            between = "" if most == 1 else ", with commas between"
            self.fail(token, message, f"Give it {wanted}{between}.")
        return Call(token.text, tuple(arguments), token.mark)

    def query(self, token: Token, depth: int) -> Expr:
        opened = self.advance()
        name = self.advance()
        if name.kind != "word" or name.text in RESERVED:
            message = f"Expected the name of an outcome, found {name.shown}."
            self.fail(name, message, f"Write '{token.text}(war_ever)', with the name of an outcome.")
        given = within = None
        if self.at("|"):
            self.advance()
            if not self.at("within"):
                given = self.expression(0, depth + 1)
        if self.at(","):
            self.advance()
        if self.at("within"):
            self.advance()
            within = self.expression(0, depth + 1)
        self.expect(")", opened)
        return Query(token.text, name.text, given, within, token.mark)

    def amount(self, token: Token) -> Number | None:
        """Read the amount that begins with a token just passed; None, going no further, if none does."""
        begin = self.position - 1
        found = read_amount(
            self.texts, begin, lambda k: self.tokens[min(k, len(self.tokens) - 1)].mark, _STOPS
        )
        if found is None:
            return None
        value, dimension, end = found
        if value in (float("inf"), float("-inf")):
            self.fail(token, f"'{token.text}' is not a finite number.", "Write a smaller one.")
        self.position = end
        return Number(value, dimension, " ".join(self.texts[begin:end]).replace(" %", "%"), token.mark)

    def unit(self) -> tuple[float, Dimension]:
        token = self.advance()
        if token.kind != "word":
            self.fail(token, f"Expected a unit, found {token.shown}.", "Write one, such as '3 per week'.")
        return unit(token.text, token.mark)

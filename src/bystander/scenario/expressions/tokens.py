"""Cutting expression text into tokens with positions.

Tokens are numbers, words (``fact.name`` is one), and the symbols below. A character that belongs to none is
refused where it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from bystander.errors import Mark, Problem, ScenarioError
from bystander.units import NUMBER

MAX_LENGTH = 4000
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>{NUMBER})|(?P<word>(?:(?:fact|clause)\.)?[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<symbol>==|!=|<=|>=|[-+*/<>()\[\],%|])|(?P<bad>\S))"
)


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
    if mark.line == 0:
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
    position = 0
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup or ""
        found = match[kind]
        where = place(mark, text, match.start(kind))
        if kind == "bad":
            hint = {"=": "Write '==' to compare.", "&": "Write 'and'.", "!": "Write 'not' or '!='."}.get(
                found, ""
            )
            if found in "'\"":
                hint = "Names and levels are written without quotation marks."
            raise ScenarioError(
                Problem(where, f"'{found}' has no meaning in an expression.", hint, "bad-expression")
            )
        tokens.append(Token(kind, found, where))
        position = match.end()
    tokens.append(Token("end", "", place(mark, text, len(text.rstrip()))))
    return tokens


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
            self.fail(self.token, f"Expected '{text}' to go with '{opened.text}', found {self.token.shown}.")
        self.advance()

    def expect_end(self) -> None:
        """Refuse anything that is left over."""
        if self.token.kind != "end":
            message = f"The expression should end or go on with an operator before {self.token.shown}."
            self.fail(self.token, message)

    @staticmethod
    def fail(token: Token, message: str, fix: str = "") -> NoReturn:
        """Refuse the expression at a token."""
        raise ScenarioError(Problem(token.mark, message, fix, "bad-expression"))

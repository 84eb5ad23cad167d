"""Cutting expression text into tokens with positions.

Tokens are numbers, words, and the symbols below. A character that belongs to none is refused where it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bystander.errors import Mark, Problem, ScenarioError
from bystander.units import NUMBER

MAX_LENGTH = 4000
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>{NUMBER}|\.\d+)|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<symbol>==|!=|<=|>=|[-+*/<>()\[\],%|])|(?P<bad>\S))"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token: ``kind`` is number, word, symbol or end."""

    kind: str
    text: str
    mark: Mark


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

"""One way to tell a problem: where, what, and what to do, in sentences."""

from __future__ import annotations

from bystander.errors import Mark, Problem


def tell(mark: Mark, message: str, fix: str = "", check: str = "", severity: str = "error") -> Problem:
    """Return a problem whose message and fix are sentences, however they were put together."""
    return Problem(mark, sentence(message), sentence(fix), check, severity)


def sentence(text: str) -> str:
    """Return a text that begins with a capital and ends with a stop, unless it ends in something to type."""
    return text[:1].upper() + text[1:] + ("" if not text or text[-1] in ".?!:)]}" else ".")

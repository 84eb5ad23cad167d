"""Text that leaves for a terminal or a table, freed of what would be obeyed there.

Whoever wrote a scenario chose its texts. A terminal obeys escape sequences, a line obeys marks that turn its
direction round (Boucher & Anderson 2021, *Trojan Source*), and a spreadsheet takes a cell that begins with an
equals sign for a formula. Nothing of that is needed to write about crises:

* for a terminal, characters that command and marks that reverse are left out;
* in JSON and YAML they are written as escapes, so that nothing is lost;
* a cell of a table that begins like a formula gets an apostrophe before it, unless it is an amount.

What such a text calls a thing, in brief, is how it begins (`in_brief`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

REVERSING = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Marks that change the direction of a line: text from a file must not rearrange what stands around it."""
COMMANDS = (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0))
"""Characters that a terminal takes for commands, among them the one that begins a colour."""
_LEFT_OUT = dict.fromkeys((*REVERSING, *COMMANDS))
_ESCAPED = {code: f"\\u{code:04x}" for code in (*REVERSING, *range(0x7F, 0xA0), 0x2028, 0x2029)}
_BREAKS = dict.fromkeys(map(ord, "\t\n\v\f\r\x85\u2028\u2029"), " ")
_FORMULA = ("=", "+", "-", "@", "\u2212", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_AMOUNT = re.compile(r"[-+\u2212]\s*+[\d.,]++(?:e[-+]?\d++)?(?:\s*+%)?(?:\s++[A-Za-z]++)*+")


def spaced(name: str) -> str:
    """Write an identifier as words, without knowing how the crisis spells it."""
    return name.replace("_", " ")


def in_a_row(names: Sequence[str]) -> str:
    """Write names in a row, one at least: ``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def first_of(texts: Sequence[str], most: int, between: str = "; ", rest: str = " and") -> str:
    """Write the first of several texts, and how many more there are."""
    more = f"{rest} {len(texts) - most} more" if len(texts) > most else ""
    return between.join(texts[:most]) + more


def in_brief(about: str) -> str:
    """Return what a text calls a thing: its first sentence, up to a colon.

    A mark before it, "A: ..." or "Plan B: ...", says nothing by itself: then the whole sentence. How a number
    is coded, "1 if ...", calls it nothing.
    """
    if re.match(r"\d+ if ", about):
        return ""
    whole = about.partition(". ")[0].strip().rstrip(".")
    head = whole.partition(": ")[0]
    return whole if re.fullmatch(r"|.*\b[A-Z\d]{1,2}", head) else head


def for_terminal(text: str) -> str:
    """Return a text as a terminal may be given it."""
    return text.translate(_LEFT_OUT)


def shortened(text: str, most: int = 3000) -> str:
    """Return a text as it is, or without its middle: what was written wrong need not be repeated whole."""
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 4 :]}"


def escaped(text: str) -> str:
    """Return JSON, or a quoted text of YAML, in which marks that reverse are escapes."""
    return text.translate(_ESCAPED)


def for_cell(value: Any) -> Any:
    """Return what a cell of a table may hold: numbers as they are, texts on one line that are no formula."""
    if not isinstance(value, str):
        return value
    text = for_terminal(value.translate(_BREAKS))
    return f"'{text}" if text.lstrip().startswith(_FORMULA) and not _AMOUNT.fullmatch(text) else text

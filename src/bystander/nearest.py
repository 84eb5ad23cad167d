"""The names most like one that nobody knows: *did you mean?*, at a cost that does not grow with the input.

Likeness is the ratio of matching blocks (Ratcliff & Obershelp 1988), which takes time quadratic in the length
of a name and linear in their number. Names come from files, so both are bounded: only the first `LONGEST`
characters are compared, with at most `MOST` names whose length is near. Capitals do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 60
MOST = 500


def nearest_names(name: str, known: Iterable[str], count: int = 1, cutoff: float = 0.6) -> list[str]:
    """Return the known names most like a name, best first.

    Parameters
    ----------
    cutoff
        Least likeness, in [0, 1]: twice the matching characters over all characters.
    """
    wanted = name[:LONGEST].casefold()
    by_text: dict[str, str] = {}
    for candidate in known:
        if abs(min(len(candidate), LONGEST) - len(wanted)) <= LONGEST * (1 - cutoff):
            by_text.setdefault(candidate[:LONGEST].casefold(), candidate)
            if len(by_text) >= MOST:
                break
    return [by_text[text] for text in get_close_matches(wanted, by_text, count, cutoff)]

"""Names as readers say them: ``kyrgyz_dead`` is "Kyrgyz dead", ``csto`` is "the CSTO".

Anything a scenario says is made harmless.

A scenario's text may hold control characters, marks that reverse the direction of the line, or a name
of ten thousand letters. `clean` removes what is invisible and never needed, keeps letters of every
script, and shortens in the middle, so that both ends stay legible. Marks that open a change of
direction are removed rather than balanced: a label is short, and the page isolates it (``<bdi>``). HTML
is escaped where HTML is made, not here.
"""

from __future__ import annotations

import unicodedata

ACRONYMS = frozenset(
    [
        "csto",
        "sco",
        "osce",
        "eu",
        "un",
        "us",
        "usa",
        "uk",
        "nato",
        "cis",
        "eaeu",
        "ecowas",
        "au",
        "idp",
        "idps",
        "ngo",
        "bri",
    ]
)
PLACES = """
    afghan afghanistan almaty american armenia armenian astana azerbaijan azerbaijani azeri baku batken
    beijing belarus belarusian bishkek caucasus china chinese dushanbe european ferghana georgia georgian iran
    iranian kazakh kazakhstan kremlin kyrgyz kyrgyzstan moscow osh pamir pamirs russia russian soviet
    tajik tajikistan tashkent turkey turkish turkmen turkmenistan ukraine ukrainian uzbek uzbekistan
    western yerevan
"""
PROPER = frozenset(PLACES.split())
ELLIPSIS = "\u2026"
LONGEST = 160


def clean(text: object, limit: int = LONGEST) -> str:
    """Make a scenario's text safe to set in a line.

    One line, no invisible controls, not longer than ``limit``.
    """
    raw = text if isinstance(text, str) else str(text)
    if len(raw) > 20 * limit:
        raw = raw[: 10 * limit] + raw[-10 * limit :]
    kept = raw
    if not (raw.isascii() and raw.isprintable()):
        kept = "".join(" " if c in "\n\r\t\v\f\u2028\u2029" else c for c in raw if visible(c))
    line = " ".join(kept.split())
    if len(line) <= limit:
        return line
    tail = limit // 4
    return f"{line[: limit - tail - 1].rstrip()}{ELLIPSIS}{line[-tail:].lstrip()}"


def visible(character: str) -> bool:
    """Say whether a character may be shown.

    Not a control, not a format character, not half a surrogate pair, not private use.
    """
    if character in "\n\r\t\v\f\u2028\u2029":
        return True
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def label(name: str) -> str:
    """Turn an identifier into words: ``western_mediation`` is ``Western mediation``, ``csto`` is ``CSTO``."""
    if name == "nature":
        return "Chance"
    words = [spoken(w) for w in clean(name).replace("_", " ").replace(".", ": ").split(" ")]
    text = " ".join(w for w in words if w)
    return text[:1].upper() + text[1:]


def spoken(word: str) -> str:
    """Write one word of an identifier the way it is spelt in prose."""
    if word in PROPER:
        return word.capitalize()
    return word.upper() if word.lower() in ACRONYMS else word


def phrase(about: str, name: str, limit: int = LONGEST) -> str:
    """Give what a thing is called in prose: its ``about`` without the final stop, or its name in words.

    One that is too long ends with a clause, if it has any; the rest is an ellipsis.
    """
    whole = clean(about, 8 * limit).rstrip(".").strip()
    if len(whole) > limit:
        ends = [whole.rfind(stop, limit // 4, limit - 1) for stop in (": ", "; ", ", ", " (")]
        whole = f"{whole[: max(ends)]} {ELLIPSIS}" if max(ends) > 0 else clean(whole, limit)
    text = whole or clean(label(name), limit)
    return text[:1].upper() + text[1:]


def inside(text: str) -> str:
    """Lower the first letter of a phrase that starts with an ordinary word, to set it inside a sentence."""
    first, _, _ = text.partition(" ")
    ordinary = first.lower() in ORDINARY
    return text[:1].lower() + text[1:] if ordinary else text


def running(text: str) -> str:
    """Lower the first letter of a phrase that runs on in a sentence, unless it is a name's."""
    first = text.partition(" ")[0]
    owner = first.removesuffix("'s").removesuffix("\u2019s")
    known = owner != first or owner.lower() in PROPER
    lower = text[1:2].islower() or first == "A"
    return text if known or not lower else text[:1].lower() + text[1:]


ORDINARY = frozenset(
    [
        "a",
        "an",
        "the",
        "it",
        "its",
        "their",
        "this",
        "these",
        "some",
        "any",
        "no",
        "one",
        "two",
        "both",
        "each",
        "all",
    ]
)

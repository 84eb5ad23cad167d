"""How names are spelt: as a scenario's texts write them, else as initials, places and states are known.

A scenario's own texts come first: how they write a name, with or without an article, and which words they
write with a capital inside a sentence (`Spelling`, `spell_as`).

An identifier is written in small letters: ``united_kingdom``. Where no text of the scenario spells a name,
one word of a place is known by itself (`PROPER`), and a state or a body by all its words together (`NAMES`),
which alone may be common words. Such a name has each word with a capital but the small ones, wherever it
stands in an identifier: ``united_kingdom_troops`` is "United Kingdom troops".
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bystander.errors import bare_name
from bystander.harmless import spaced

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

INITIALS = """
    asean au bri cis csto eaeu eccas ecowas eu gcc idp idps igad nato ngo oas osce saarc sadc sco uk un us usa
"""
ACRONYMS = frozenset(INITIALS.split())
PLACES = """
    ababa afghan afghanistan africa african aires albania algeria almaty america american angola arabia
    argentina armenia armenian asia astana australia austria azerbaijan azerbaijani azeri bahrain baku
    bangladesh batken beijing belarus belarusian belgium benin bhutan bishkek bolivia bosnia botswana brazil
    brunei bulgaria burkina burundi cambodia cameroon canada caucasus chile china chinese colombia comoros
    congo croatia cuba cyprus czechia delhi denmark dhabi djibouti dushanbe ecuador egypt eritrea estonia
    eswatini ethiopia europe european faso ferghana fiji finland france french gabon gambia georgia georgian
    germany ghana greece grenada guatemala guinea guyana haiti honduras hungary iceland india indian
    indonesia iran iranian iraq ireland israel italy jamaica japan jordan kazakh kazakhstan kenya korea
    kosovo kremlin kuwait kyrgyz kyrgyzstan lanka laos latvia lebanon leone lesotho liberia libya lithuania
    lumpur luxembourg macedonia madagascar malawi malaysia maldives malta mauritania mauritius mexico
    moldova mongolia montenegro morocco moscow mozambique myanmar namibia nepal netherlands nicaragua niger
    nigeria norway oman osh pakistan pamir pamirs panama paraguay penh peru philippines poland portugal
    qatar romania russia russian rwanda saudi senegal serbia seychelles singapore slovakia slovenia somalia
    soviet spain sri sudan suriname sweden switzerland syria taiwan tajik tajikistan tanzania tashkent
    thailand togo tonga tunisia turkey turkish turkmen turkmenistan uganda ukraine ukrainian uruguay uzbek
    uzbekistan vanuatu venezuela vietnam western yemen yerevan zambia zealand zimbabwe
"""
PROPER = frozenset(PLACES.split())
WITH_ARTICLE = """
    african union, arab league, central african republic, cook islands, czech republic, dominican republic,
    european union, gulf cooperation council, holy see, islamic state, ivory coast, marshall islands,
    organization of american states, ottoman empire, russian empire, russian federation, security council,
    solomon islands, soviet union, un security council, union of soviet socialist republics,
    united arab emirates, united arab republic, united kingdom, united nations, united states,
    united states of america, warsaw pact
"""
WITHOUT = """
    antigua and barbuda, bosnia and herzegovina, cape verde, costa rica, east germany, east
    pakistan, east timor, el salvador, equatorial guinea, great britain, guinea bissau, hong kong,
    new zealand, north korea, north macedonia, north vietnam, north yemen, papua new guinea, puerto
    rico, republika srpska, saint kitts and nevis, saint lucia, saint vincent and the grenadines,
    san marino, sao tome and principe, saudi arabia, south africa, south korea, south ossetia, south
    sudan, south vietnam, south yemen, trinidad and tobago, vatican city, west bank, west germany,
    western sahara
"""


def _split(names: str) -> list[str]:
    return [" ".join(name.split()) for name in names.split(",")]


NAMES = dict.fromkeys(_split(WITH_ARTICLE), True) | dict.fromkeys(_split(WITHOUT), False)
"""Names of several words, and whether they have an article."""
SMALL = frozenset(["and", "of", "the"])
LONGEST_NAME = max(name.count(" ") for name in NAMES) + 1
_NAME = re.compile(rf"\b(?:{'|'.join(sorted(NAMES, key=len, reverse=True))})\b", re.IGNORECASE)


def _spelt(name: str) -> str:
    return " ".join(
        w if w in SMALL else w.upper() if w in ACRONYMS else w.capitalize() for w in name.lower().split(" ")
    )


SPELT = frozenset(map(_spelt, NAMES))


def with_names(text: str) -> str:
    """Spell the names in the words of an identifier."""
    return _NAME.sub(lambda found: _spelt(found[0]), text)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How texts write names; of which owners they speak with an article, and of which in small letters.

    ``proper`` are, in small letters, the names of owners and the words that they write with a capital inside
    a sentence; ``peoples`` what people of an owner may be called.
    """

    scenarios: tuple[Scenario, ...]
    names: Mapping[str, str]
    articles: Mapping[str, bool]
    common: frozenset[str] = frozenset()
    proper: frozenset[str] = frozenset()
    peoples: frozenset[str] = frozenset()


_PLAIN = Spelling((), MappingProxyType({}), MappingProxyType({}))
_SPELT: ContextVar[Spelling] = ContextVar("spelt", default=_PLAIN)


def spelling() -> Spelling:
    """Return how names are spelt in what is said."""
    return _SPELT.get()


def spell_as(*scenarios: Scenario) -> None:
    """Let `label` write names of scenarios as their own texts write them.

    Where its texts have "Boko Haram" more often than "boko haram", ``boko_haram`` is "Boko Haram"; of
    spellings that differ in the first letter alone, which may begin a sentence, there is nothing to learn.
    Marks and apostrophes count for nothing in finding a name, and are kept: ``cote_divoire`` is "Côte
    d'Ivoire" and ``vietnam`` "Việt Nam". Holds for what is said from here on, in this thread or task.
    """
    known = _SPELT.get().scenarios
    if len(known) != len(scenarios) or any(a is not b for a, b in zip(known, scenarios, strict=True)):
        _SPELT.set(_spelling(scenarios))


def has_article(owner: str) -> bool | None:
    """Say whether an owner is spoken of with an article, by the scenario's texts or as a name that is known.

    None if neither tells.
    """
    return _SPELT.get().articles.get(owner, NAMES.get(owner.replace("_", " ")))


def is_common(owner: str) -> bool:
    """Say whether the scenario's texts write an owner's name in small letters, as they do common words."""
    return owner in _SPELT.get().common


def is_spelt(name: str) -> bool:
    """Say whether the scenario's texts spell an identifier with a capital at each word: "Buenos Aires"."""
    return all(word[:1].isupper() for word in _SPELT.get().names.get(name, "-").split(" "))


def _is_short_for(name: str, about: str) -> bool:
    """Say whether a name is made of initials: it has no vowel, or what it stands for begins with them."""
    initials = "".join(word[0] for word in _WORD.findall(about) if word[0].isupper()).lower()
    bare = name.isalpha() and len(name) > 1
    return bare and (not set(name) & set("aeiouy") or (len(name) > 2 and initials == name))


def _is_of_a_kind(name: str, about: str) -> bool:
    """Say whether a name of several words ends with what the owner is said to be: "the French accord"."""
    _, several, last = name.rpartition("_")
    return bool(several) and last in _WORD.findall(about)


def _spelling(scenarios: tuple[Scenario, ...]) -> Spelling:
    parts = [{kind: getattr(each, kind) for kind in (*_NAMED, *_TOLD)} for each in scenarios]
    told = [text for each in scenarios for text in (each.title, each.question, each.about)]
    told += [text for each in parts for text in _texts(each.values())]
    wanted: dict[str, list[str]] = {}
    for name in {name for each in parts for kind in _NAMED for name in each[kind]}:
        wanted.setdefault(name.replace("_", ""), []).append(name)
    longest = 2 + max((name.count("_") for names in wanted.values() for name in names), default=0)
    seen: dict[str, Counter[str]] = {}
    articles: dict[str, Counter[bool]] = {}
    lower: dict[str, Counter[bool]] = {}
    stretches = [stretch for text in told for stretch in _stretches(text)]
    for before, bare, words in (run for stretch in stretches for run in _runs(stretch, wanted, longest)):
        for name in wanted[bare]:
            if all(word[0].isupper() for word in words) or name.count("_") in _gaps(words):
                spelt = " ".join(words)
                seen.setdefault(name, Counter())[spelt[0].upper() + spelt[1:]] += 1
                if before or spelt[0].islower():
                    lower.setdefault(name, Counter())[spelt[0].islower()] += 1
                if before:
                    articles.setdefault(name, Counter())[before == "the"] += 1
    most = {name: counts.most_common(1)[0][0] for name, counts in seen.items()}
    names = {name: spelt for name, spelt in most.items() if _is_more_than(spelt)}
    abouts = {n: body.about for each in parts for kind in _OWNERS for n, body in each[kind].items()}
    owners = abouts.keys() - PROPER
    names |= {n: n.upper() for n in owners - seen.keys() if _is_short_for(n, abouts[n])}
    told_of = {name: counts[True] > counts[False] for name, counts in articles.items() if name in owners}
    common = frozenset(
        name for name, counts in lower.items() if name in owners and counts[True] > counts[False]
    )
    own = abouts.keys() - common
    peoples = frozenset(people for name in own for people in _peoples(name))
    proper = _proper(stretches)
    kinds = {n for n in owners - told_of.keys() if spaced(n) not in NAMES and _is_of_a_kind(n, abouts[n])}
    told_of |= dict.fromkeys(kinds, True)
    common |= {n for n in kinds - names.keys() if n.partition("_")[0] not in PROPER | proper | peoples}
    proper |= own - common
    return Spelling(scenarios, MappingProxyType(names), MappingProxyType(told_of), common, proper, peoples)


def _peoples(name: str) -> Iterator[str]:
    """Give what people of a country may be called: Nigerians, Chinese, Tajiks."""
    for stem in {name, name.removesuffix("stan").removesuffix("i"), name.removesuffix("a")}:
        ends = ("n", "an", "ian", "i") if stem == name else ("",) if name.endswith("stan") else ("e", "ese")
        yield from (stem + end + many for end in ends for many in ("", "s"))


def _proper(stretches: Iterable[list[str]]) -> frozenset[str]:
    """Give the words that texts write with a capital wherever no sentence or clause begins with them."""
    seen: dict[str, Counter[bool]] = {}
    for word in (word for stretch in stretches for word in stretch[1:] if word[0].isalpha()):
        seen.setdefault(_OWNED.sub("", word).lower(), Counter())[word[0].isupper()] += 1
    return frozenset(word for word, counts in seen.items() if counts[True] > counts[False])


_WORD = re.compile(r"[^\W_]+(?:['\u2019\u02bc][^\W_]+)*")
_OWNED = re.compile(r"['\u2019]s$")


def _stretches(text: str) -> Iterator[list[str]]:
    """Give the words of a text that only spaces or hyphens part."""
    words: list[str] = []
    end = 0
    whole = unicodedata.normalize("NFC", text)
    for found in _WORD.finditer(whole):
        if words and whole[end : found.start()].strip(" \n\t-"):
            yield words
            words = []
        end = found.end()
        words.append(found[0])
    yield words


def _runs(stretch: list[str], wanted: Container[str], longest: int) -> Iterator[tuple[str, str, list[str]]]:
    """Give runs of words that are wanted bare, and of owned things the owner: word before, bare, words."""
    bares = [bare_name(word) for word in stretch]
    for end in range(1, len(stretch) + 1):
        bare = ""
        owner = _OWNED.sub("", stretch[end - 1])
        for start in reversed(range(max(0, end - longest), end)):
            bare = bares[start] + bare
            before = stretch[start - 1].lower() if start else ""
            if bare in wanted:
                yield before, bare, stretch[start:end]
            if owner != stretch[end - 1] and (own := bare.removesuffix("s")) in wanted:
                yield before, own, [*stretch[start : end - 1], owner]


def _gaps(words: list[str]) -> tuple[int, int]:
    """Count the gaps between words, without and with those at apostrophes."""
    return len(words) - 1, len(words) - 1 + sum(len(re.findall(r"['\u2019\u02bc]", word)) for word in words)


def _is_more_than(spelt: str) -> bool:
    """Say whether a spelling has more to it than a capital at its beginning: others, marks, apostrophes."""
    tail = spelt[1:]
    return tail.lower() != tail.upper() and bare_name(spelt) != (spelt[0].lower() + tail).replace(" ", "")


_NAMED = ("actors", "institutions", "variables", "facts", "parameters")
_OWNERS = ("actors", "institutions")
_TOLD = (
    "sources", "hazards", "outcomes", "asks", "judgements", "measures", "rivals", "events", "calendar",
    "clauses",
)  # fmt: skip


def _texts(bodies: Iterable[Any]) -> Iterator[str]:
    """Give what parts of a scenario say of themselves, and their parts of themselves."""
    for body in bodies:
        if isinstance(body, Mapping):
            yield from _texts(body.values())
        elif not isinstance(body, str):
            yield from (getattr(body, key, None) or "" for key in ("about", "says"))
            yield from _texts(
                getattr(body, key, {}) for key in ("interests", "actions", "decisions", "claims")
            )

"""Names that are spelt with capitals whatever a scenario says: initials, places, states of several words.

An identifier is written in small letters: ``united_kingdom``. Where no text of the scenario spells a name,
one word of a place is known by itself (`PROPER`), and a state or a body by all its words together (`NAMES`),
which alone may be common words. Such a name has each word with a capital but the small ones, wherever it
stands in an identifier: ``united_kingdom_troops`` is "United Kingdom troops".
"""

from __future__ import annotations

import re

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

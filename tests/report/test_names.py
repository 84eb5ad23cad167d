import unicodedata
from contextvars import copy_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bystander.report.words.numbers import clean, label, phrase, spell_as
from bystander.report.words.sentences import subject
from bystander.scenario import read_text

OVERRIDE = "\u202etxt.exe\u202c"


def test_names_become_words():
    assert label("western_mediation") == "Western mediation"
    assert label("csto") == "CSTO"
    assert label("tajik_standing") == "Tajik standing"
    assert label("nature") == "Chance"
    assert phrase("  The alliance\nsends troops. ", "x") == "The alliance sends troops"
    assert phrase("", "kyrgyz_dead") == "Kyrgyz dead"


CALL = """
bystander: 1
title: A call to the Ruritanian Union
question: "Does the RU come, or the Boko League?"
as_of: 2024-01-01
horizon: 60 days
variables: {front: {levels: [quiet, war], start: war}, street: {levels: [calm, angry], start: calm}}
actors:
  ru: {about: "The RU", acts: daily, discount: 50% per year}
  boko_league: {acts: daily, discount: 50% per year}
hazards:
  peace: {about: "The front: Street parties", when: front == war, every: 1 week, then: {front: quiet}}
outcomes: {peace: {about: "Peace at the front", ever: front == quiet}}
"""


def test_names_are_written_as_the_texts_of_the_scenario_write_them():
    def told():
        spell_as(read_text(CALL))
        return [label(name) for name in ("ru", "boko_league", "boko_league.front", "front", "street")]

    said = copy_context().run(told)
    assert said == ["RU", "Boko League", "Boko League: front", "Front", "Street"]
    assert label("ru") == "Ru", "what one scenario writes holds for that one alone"


def said_of(name, text, say):
    """How an owner of some name is called in a scenario with some text."""

    def told():
        spell_as(read_text(CALL.replace("boko_league:", f"{name}:").replace("the Boko League", text)))
        return say(name)

    return copy_context().run(told)


SPELT = {
    ("viet_nam", "War on Việt Nam."): "Việt Nam",
    ("vietnam", "Việt Nam is at war."): "Việt Nam",
    ("vietnam", "Vie\u0323\u0302t Nam is at war."): "Việt Nam",
    ("peru", "Perú y Ecuador"): "Perú",
    ("peru", "Peru, and once Perú; Peru"): "Peru",
    ("da_nang", "ships at Đà Nẵng"): "Đà Nẵng",
    ("cote_divoire", "troops for Côte d'Ivoire"): "Côte d'Ivoire",
    ("cote_d_ivoire", "troops for Côte d\u2019Ivoire's north"): "Côte d\u2019Ivoire",
    ("qachas_nek", "From Qacha's Nek"): "Qacha's Nek",
    ("qachas_nek", "Qacha's Nek's hill"): "Qacha's Nek",
    ("boko_haram", "Boko Haram's men"): "Boko Haram",
    ("boko_haram", "Boko-Haram"): "Boko Haram",
    ("elite", "the élite"): "Élite",
    ("now_here", "Now, Here"): "Now here",
    ("nowhere", "now here"): "Nowhere",
    ("guerre", "la guerre"): "Guerre",
}


@pytest.mark.parametrize(("name", "text"), SPELT)
def test_marks_and_apostrophes_of_a_name_are_kept(name, text):
    assert said_of(name, text, label) == SPELT[name, text]


ARTICLES = {
    ("soviet_union", "They count on the Soviet Union."): "The Soviet Union",
    ("soviet_union", "Soviet Union goes."): "Soviet Union",
    ("soviet_union", "Of Soviet Union, not the Soviet Union, but Soviet Union."): "Soviet Union",
    ("sadc", "Will SADC send troops?"): "SADC",
    ("sadc", "rather: SADC sends troops"): "The SADC",
    ("china", "What the China of Deng wants"): "China",
    ("pact", "What the pact covers"): "The Pact",
}


@pytest.mark.parametrize(("name", "text"), ARTICLES)
def test_an_owner_has_an_article_where_the_texts_give_it_one(name, text):
    assert said_of(name, text, subject) == ARTICLES[name, text]


def test_states_and_bodies_of_other_regions_have_their_names():
    assert [label(n) for n in ("gcc", "saudi_arabia", "burkina_faso", "south_africa")] == [
        "GCC", "Saudi Arabia", "Burkina Faso", "South Africa",
    ]  # fmt: skip


def test_marks_that_reverse_the_line_are_removed():
    assert clean(OVERRIDE) == "txt.exe"
    assert clean("a\u200bb\u2066c\u2069\x00\x1b[31m") == "abc[31m"


def test_names_of_ten_thousand_letters_stay_legible_at_both_ends():
    shown = clean("a" * 9_990 + " the end", 80)
    assert len(shown) <= 80
    assert shown.startswith("aaaa")
    assert shown.endswith("the end")
    assert "\u2026" in shown


@given(st.text(max_size=500), st.integers(8, 200))
def test_whatever_is_cleaned_is_one_short_visible_line(text, limit):
    shown = clean(text, limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") for c in shown)
    assert clean(shown, limit) == shown

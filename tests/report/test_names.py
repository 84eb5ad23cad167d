import unicodedata
from contextvars import Context, copy_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bystander.report.words.account import told_move
from bystander.report.words.asks import is_clause, set_in
from bystander.report.words.expressions import words
from bystander.report.words.names import spell_as
from bystander.report.words.numbers import clean, foreseen, label, phrase, running
from bystander.report.words.reasons import obstacle
from bystander.report.words.sentences import number_of, party, subject
from bystander.scenario import read_scenario, read_text

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


NIGERIA = 'nigeria: {about: "A power, at odds with the Wagner men", acts: daily, discount: 50% per year}'
PEOPLES = CALL.replace("ru: {about", f"{NIGERIA}\n  ru: {{about").replace("boko_league:", "tajikistan:")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Nigerians in trouble there", "Nigerians in trouble there"),
        ("Nigerian oil", "Nigerian oil"),
        ("Tajiks abroad", "Tajiks abroad"),
        ("Wagner men abroad", "Wagner men abroad"),
        ("Kazakh wheat", "Kazakh wheat"),
        ("Flight and trouble next door", "flight and trouble next door"),
        ("Street parties", "street parties"),
        ("Powers at odds", "powers at odds"),
        ("Its own war", "its own war"),
        ("Beijing sells bonds", "\u201cBeijing sells bonds\u201d"),
    ],
)
def test_a_reason_keeps_its_names_inside_a_sentence(text: str, said: str) -> None:
    def told() -> str:
        spell_as(read_text(PEOPLES))
        return set_in(text)

    assert copy_context().run(told) == said
    untold = Context().run(running, "Nigerians in trouble")  # whatever scenario was told before this test
    assert untold == "nigerians in trouble", "what no scenario tells is not known"


def test_names_are_written_as_the_texts_of_the_scenario_write_them():
    def told():
        spell_as(read_text(CALL))
        return [label(name) for name in ("ru", "boko_league", "boko_league.front", "front", "street")]

    said = copy_context().run(told)
    assert said == ["RU", "Boko League", "Boko League: front", "Front", "Street"]
    assert label("ru") == "Ru", "what one scenario writes holds for that one alone"


@pytest.mark.parametrize(
    ("name", "head", "inside", "noun"),
    [
        ("united_kingdom", "The United Kingdom", "the United Kingdom", "United Kingdom"),
        ("soviet_union", "The Soviet Union", "the Soviet Union", "Soviet Union"),
        ("european_union", "The European Union", "the European Union", "European Union"),
        ("costa_rica", "Costa Rica", "Costa Rica", "Costa Rica"),
        ("papua_new_guinea", "Papua New Guinea", "Papua New Guinea", "Papua New Guinea"),
        ("north_korea", "North Korea", "North Korea", "North Korea"),
        (
            "bosnia_and_herzegovina",
            "Bosnia and Herzegovina",
            "Bosnia and Herzegovina",
            "Bosnia and Herzegovina",
        ),
        ("un_security_council", "The UN Security Council", "the UN Security Council", "UN Security Council"),
        ("united_kingdom_troops", "United Kingdom troops", "United Kingdom troops", "United Kingdom troops"),
        ("north_front", "North front", "North front", "north front"),
        ("trade_union", "Trade union", "Trade union", "trade union"),
    ],
)
def test_a_state_known_by_several_words_is_spelt_where_no_text_spells_it(name, head, inside, noun):
    def told():
        return subject(name), party(name), words(name), running(label(name))

    assert Context().run(told) == (head, inside, noun, noun)
    assert Context().run(label, f"{name}.send_troops") == f"{Context().run(label, name)}: send troops"


TOWNS = CALL.replace("street: {levels", "buenos_aires: {about: Quiet in Buenos Aires, levels")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("buenos_aires", "Buenos Aires"),
        ("boko_league", "Boko League"),
        ("front", "front"),
    ],
)
def test_a_name_of_a_place_keeps_its_capital_inside_a_sentence(name, said):
    def told():
        spell_as(read_text(TOWNS))
        return words(name)

    assert copy_context().run(told) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vote: us", "the vote of the US"),
        ("vote: russia", "the vote of Russia"),
        ("no mandate", "no mandate"),
    ],
)
def test_whose_vote_stops_a_body_is_said_with_its_article(text, said):
    assert obstacle(text) == said


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
    ("pact", "What the pact covers"): "The pact",
}


@pytest.mark.parametrize(("name", "text"), ARTICLES)
def test_an_owner_has_an_article_where_the_texts_give_it_one(name, text):
    assert said_of(name, text, subject) == ARTICLES[name, text]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("guarantors", "what the guarantors do", "the guarantors are not expected to"),
        ("rebel_groups", "what the rebel groups do", "the rebel groups are not expected to"),
        ("street_class", "what the street class does", "the street class is not expected to"),
        ("bad_news", "what the bad news does", "the bad news is not expected to"),
        ("alliance", "what the alliance does", "the alliance is not expected to"),
        ("united_states", "what the United States do", "the United States is not expected to"),
        ("hamas", "what Hamas does", "Hamas is not expected to"),
        ("brussels", "nobody", "Brussels is not expected to"),
    ],
)
def test_an_owner_who_is_several_has_a_verb_of_the_plural(name, text, said):
    def told(owner):
        return f"{party(owner)} {foreseen(0.1, number_of(owner).verb)}"

    assert said_of(name, text, told) == said


def test_capitals_of_two_words_keep_both():
    names = ("buenos_aires", "addis_ababa", "phnom_penh", "kuala_lumpur", "abu_dhabi", "new_delhi")
    assert [label(name) for name in names] == [
        "Buenos Aires", "Addis Ababa", "Phnom Penh", "Kuala Lumpur", "Abu Dhabi", "New Delhi",
    ]  # fmt: skip


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


@pytest.mark.parametrize(
    ("name", "about", "said"),
    [
        ("cplp", "The Community of Portuguese Language Countries", "CPLP"),
        ("oau", "The Organisation of African Unity", "Oau"),
        ("oau", "Organisation of African Unity", "OAU"),
        ("kgb", "", "KGB"),
        ("kgb", "What the Kgb wants", "Kgb"),
        ("court", "The highest judges", "Court"),
    ],
)
def test_initials_are_capitals(name, about, said):
    def told():
        spell_as(read_text(CALL.replace("boko_league: {", f'{name}: {{about: "{about}", ')))
        return label(name)

    assert copy_context().run(told) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the ousted government, or what the ousted want", "the ousted"),
        ("an ousted man", "ousted"),
        ("the Ousted", "the Ousted"),
        ("nobody", "Ousted"),
    ],
)
def test_an_owner_written_in_small_letters_is_so_inside_a_sentence(text, said):
    assert said_of("ousted", text, party) == said
    assert said_of("ousted", text, subject)[0].isupper()


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Beijing sells bonds", True),
        ("Beijing's help over missiles is lost", True),
        ("The street threatens a neighbour", True),
        ("The market of the south suffers", True),
        ("A guarantor that guarantees nothing", False),
        ("Fear of losses, paid once when troops are sent", False),
        ("Monitors, per unit of will beyond an envoy", False),
        ("Soldiers and smugglers in the Amazon", False),
        ("Dead civilians a day", False),
        ("What it takes to escalate", False),
        ("", False),
    ],
)
def test_a_whole_sentence_is_quoted_inside_another(text, whole):
    assert is_clause(text) is whole
    assert set_in(text).startswith("\u201c") is whole


@pytest.mark.parametrize(
    ("toy", "owner", "said"),
    [
        ("toys/un-security-council", "un_security_council", "UN Security Council"),
        ("toys/csto", "csto", "CSTO"),
        ("toys/osce", "osce", "OSCE"),
        ("toys/sco", "sco", "SCO"),
    ],
)
def test_a_body_of_the_library_is_spelt_as_its_title(toy, owner, said):
    spell_as(read_scenario(toy))
    assert label(owner) == said
    assert party(owner).removeprefix("the ") == said


@pytest.mark.parametrize(
    ("name", "about", "said"),
    [
        ("french_accord", "The military accord with the French", "the French accord"),
        ("eastern_rebels", "All rebels of the east", "the eastern rebels"),
        ("eastern_rebels", "Whoever is in arms there", "Eastern rebels"),
        ("santa_rosa", "The government in Santa Rosa", "Santa Rosa"),
    ],
)
def test_an_owner_called_after_what_it_is_has_an_article(name, about, said):
    """The rest of a sentence and "through the French accord" call it the same."""

    def told():
        text = CALL.replace("boko_league: {", f"{name}: {{about: {about}, ")
        spell_as(read_text(text.replace("the Boko League", "the French")))
        return party(name)

    assert copy_context().run(told) == said


@pytest.mark.parametrize(
    ("phrased", "said"),
    [
        ("Boko troops leave", "Boko troops leave"),
        ("Boko's troops leave", "Boko's troops leave"),
        ("Troops of Boko leave", "troops of Boko leave"),
        ("French troops leave", "French troops leave"),
    ],
)
def test_a_move_that_begins_with_a_name_keeps_its_capital_after_its_owner(phrased, said):
    def told():
        scenario = read_text(
            CALL.replace(
                "boko_league: {", f'boko: {{actions: {{go: {{about: "{phrased}", then: {{front: quiet}}}}}}, '
            ).replace("the Boko League", "anyone, Boko or the French,")
        )
        spell_as(scenario)
        return told_move(scenario, "boko.go"), words("boko")

    assert copy_context().run(told) == (f"Boko: {said}", "Boko")

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bystander.report.words.numbers import clean, label, phrase

OVERRIDE = "\u202etxt.exe\u202c"


def test_names_become_words():
    assert label("western_mediation") == "Western mediation"
    assert label("csto") == "CSTO"
    assert label("tajik_standing") == "Tajik standing"
    assert label("nature") == "Chance"
    assert phrase("  The alliance\nsends troops. ", "x") == "The alliance sends troops"
    assert phrase("", "kyrgyz_dead") == "Kyrgyz dead"


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

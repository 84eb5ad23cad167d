import dataclasses
import io
import re
import unicodedata

import pytest
from rich.console import Console

from bystander.report.terminal import show_assessment
from reference.assessments import ferghana, kazakhstan
from reference.hostile_texts import hostile_assessment


def shown(assessment, width=80, colour=False):
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=colour, color_system="standard" if colour else None
    )
    show_assessment(assessment, console)
    return out.getvalue()


@pytest.mark.parametrize("make", [ferghana, kazakhstan, hostile_assessment])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_console(make, width):
    for line in shown(make(), width).splitlines():
        assert sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) <= width


def test_a_log_has_no_colours_and_says_the_same():
    plain = shown(ferghana())
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", shown(ferghana(), colour=True)) == plain


def test_the_parts_come_in_order_with_the_numbers_of_the_assessment():
    text = shown(ferghana())
    numbers = [int(n) for n in re.findall(r"^(\d)\. ", text, re.M)]
    assert numbers == [2, 3, 4, 5, 6, 7, 8]
    assert re.search(r"A battle on the scale of September 2022\s+likely\s+58%", text)
    assert re.search(r"Kyrgyz dead\s+71 people\s+38\u2013124\s+62", text)
    assert "fails" in text
    assert "holds" in text


@pytest.mark.parametrize(
    ("shocks", "said"),
    [
        ("control", "Choices depart from habit at a cost (shocks: control)."),
        ("private", "Private reasons move choices and are worth something to whoever has them"),
        ("noise", "Private reasons move choices and are worth nothing (shocks: noise)."),
    ],
)
def test_part_eight_names_the_convention_in_force(shocks, said):
    base = ferghana()
    told = shown(dataclasses.replace(base, solve=dataclasses.replace(base.solve, shocks=shocks)), 120)
    eighth = re.split(r"^8\. ", told, flags=re.M)[1]
    assert said in eighth
    assert eighth.count("(shocks: ") == told.count("(shocks: ") == eighth.count(f"(shocks: {shocks})")


def test_hostile_text_cannot_move_the_cursor_or_style_the_line():
    text = shown(hostile_assessment())
    assert "\x1b" not in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", text)
    assert "alert(1)" in text

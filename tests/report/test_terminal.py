import dataclasses
import io
import re
import unicodedata

import pytest
from rich.console import Console

from bystander.assessment.result import DRAWS, FIRST_ORDER
from bystander.report.terminal import show_assessment
from bystander.report.words.confidence import ranges_over
from bystander.report.words.numbers import percent
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


def test_a_column_of_words_has_room_beside_long_headings_of_numbers():
    base = ferghana()
    long = "The army of a neighbour enters it all"
    outcomes = tuple(dataclasses.replace(each, about=long) for each in base.outcomes)
    told = shown(dataclasses.replace(base, outcomes=outcomes))
    sixth = re.split(r"^[67]\. ", told, flags=re.M)[1]
    words = {word for m in base.measures for word in m.about.split()}
    torn = [line.split()[0] for line in sixth.splitlines() if re.match(r"\S{1,6}$", line.strip())]
    assert long not in sixth
    assert "enters it" in sixth
    assert all(word in words for word in torn)


@pytest.mark.parametrize(("sweeps", "said"), [(1, "1 sweep."), (2, "2 sweeps."), (1200, "1,200 sweeps.")])
def test_one_sweep_is_one(sweeps, said):
    base = ferghana()
    told = shown(dataclasses.replace(base, solve=dataclasses.replace(base.solve, sweeps=sweeps)), 120)
    assert f", {said}" in told


@pytest.mark.parametrize(
    ("starts", "said"), [(1, "A search from one starting point "), (4, "A search from 4 starting points ")]
)
def test_one_start_is_one(starts, said):
    base = ferghana()
    assert said in shown(dataclasses.replace(base, solve=dataclasses.replace(base.solve, starts=starts)), 120)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (DRAWS, "38 more have no solution and were left out."),
        (FIRST_ORDER, "38 more make a chance exceed 1 or a rate negative and were left out."),
    ],
)
def test_draws_left_out_are_told_by_what_was_done_with_them(how, said):
    """To first order nothing is solved: what is left out are worlds that cannot be."""
    base = ferghana()
    ranges = dataclasses.replace(base.ranges, how=how, draws=162, failed=38)
    assert said in ranges_over(dataclasses.replace(base, ranges=ranges))


def test_averages_over_solved_draws_are_told_where_they_are_others_than_the_numbers_shown():
    base = ferghana()
    first, *rest = (o for o in base.outcomes if o.headline and o.kind == "probability")
    far, near = 1.0 - first.estimate.value, rest[0].estimate.value + 0.01
    mean = {first.name: far, rest[0].name: near}
    outcomes = tuple(
        dataclasses.replace(o, estimate=dataclasses.replace(o.estimate, mean=mean.get(o.name)))
        for o in base.outcomes
    )
    ranges = dataclasses.replace(base.ranges, how=DRAWS)
    said = ranges_over(dataclasses.replace(base, outcomes=outcomes, ranges=ranges))
    assert f"{percent(far)}." in said.partition("Averaged over these draws, other than above: ")[2]
    assert percent(near) not in said.partition("Averaged")[2]
    assert "Averaged" not in ranges_over(base)


def test_where_nothing_is_asked_it_is_said_how_to_ask():
    asked = ferghana()
    silent = dataclasses.replace(asked, asks=())
    first = next(r for r in asked.responses if r.move != "any")
    assert f"asks: {{first: why does {first.owner} not {first.move}}}" in " ".join(shown(silent).split())
    assert "No question is asked" not in shown(dataclasses.replace(silent, responses=()))


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

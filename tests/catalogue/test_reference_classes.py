"""Habits of the library beside what is counted of many conflicts, where the data are at hand.

The data are not shipped: ``BYSTANDER_DATA`` names a folder with ``mie_v1_0.csv`` (Militarized Interstate
Events 1.0, Gibler & Miller 2024) and ``icb1_v14_crisis.csv`` (International Crisis Behavior 14, Brecher and
others). Counts are of conflicts of two states since 1946 by least numbers of dead; a spell of fighting ends
with a week without use of force; a crisis counts with its first and last day known. Of 29 of the 122 mediated
crises the day of the first mediation is not known: rates are raised by that share.
"""

import csv
import os
from collections import defaultdict
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from bystander.scenario.read import read_scenario

FORCE, DEAD, HALF_A_YEAR, MONTH, WEEK = 4, 25, 180, 30, 7
MEDIATED, BY_STATES = "4.0", ("5.0", "6.0")
FOLDER = os.environ.get("BYSTANDER_DATA", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="BYSTANDER_DATA names no folder with data")


def rows(name):
    with (Path(FOLDER) / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def whole(text):
    return int(float(text)) if text else -1


def day(row, *names):
    """Return a day, None where it is not known to the day."""
    try:
        return date(*(whole(row[name]) for name in names))
    except ValueError:
        return None


@cache
def uses_of_force():
    """Return by conflict and pair of states its uses of force: first day, last day, least number of dead."""
    found = defaultdict(list)
    for row in rows("mie_v1_0.csv"):
        first = day(row, "styear", "stmon", "stday")
        if first and whole(row["hostlev"]) >= FORCE:
            dead = sum(max(whole(row[side]), 0) for side in ("fatalmin1", "fatalmin2"))
            last = day(row, "endyear", "endmon", "endday") or first
            pair = sorted((row["ccode1"], row["ccode2"]))
            found[row["micnum"], *pair].append((first, last, dead))
    return [sorted(each) for each in found.values() if min(each)[0].year >= 1946]


@cache
def spells():
    """Return the lengths of spells of fighting with a use of force that left more than 25 dead, in days."""
    lengths = []
    for uses in uses_of_force():
        ends = np.maximum.accumulate([last.toordinal() for _, last, _ in uses])
        gaps = np.array([u[0].toordinal() for u in uses][1:]) - ends[:-1] > WEEK
        places = np.concatenate([[0], np.cumsum(gaps)])
        for _, group in groupby(zip(places, uses, ends, strict=True), key=lambda each: each[0]):
            held = list(group)
            if max(use[2] for _, use, _ in held) > DEAD:
                lengths.append(held[-1][2] - held[0][1][0].toordinal() + 1)
    return np.array(lengths)


@cache
def crises():
    """Return of each crisis its length and, where states mediated, the days until they began, else None."""
    found, undated, dated = [], 0, 0
    for row in rows("icb1_v14_crisis.csv"):
        first, last = (day(row, f"yr{end}", f"mo{end}", f"da{end}") for end in ("trig", "term"))
        if not first or not last or first.year < 1946:
            continue
        if not (row["mediate"] == MEDIATED and row["medwho"] in BY_STATES):
            found.append((max((last - first).days, 1), None))
            continue
        began = day(row, "yrmedst", "momedst", "damedst")
        undated, dated = undated + (began is None), dated + (began is not None)
        if began and began >= first:
            found.append(((began - first).days + 0.5, (began - first).days))
    return found, (dated + undated) / dated


def mediations(until=10**6):
    """Return how often states began to mediate up to some day of a crisis, and in how many days at risk."""
    found, _ = crises()
    return sum(d is not None and d < until for _, d in found), sum(min(n, until) for n, _ in found)


@pytest.fixture(scope="module")
def numbers():
    """Return the library's numbers, per day."""
    return {
        **read_scenario("toys/escalation-ladder").parameter_values(),
        **read_scenario("toys/mediation").parameter_values(),
    }


def test_clashes_grow_as_often_as_the_library_says(numbers):
    small = [uses for uses in uses_of_force() if uses[0][2] <= DEAD]
    grew = sum(any(u[2] > DEAD and (u[0] - uses[0][0]).days <= MONTH for u in uses) for uses in small)
    share = 2 * numbers["clash_grows"] / (2 * numbers["clash_grows"] + numbers["clash_subsides"])
    low, high = stats.beta.interval(0.95, grew + 0.5, len(small) - grew + 0.5)
    assert len(small) > 1000
    assert low < share < high


def test_half_of_spells_of_fighting_are_as_short_as_over_a_line(numbers):
    rate, lengths = numbers["battle_pause"] + numbers["battle_exhausts"], spells()
    short = int((lengths <= np.log(2) / rate).sum())
    low, high = stats.beta.interval(0.95, short + 0.5, len(lengths) - short + 0.5)
    assert low < 0.5 < high
    beyond = float((lengths > MONTH + 1).mean())
    assert np.exp(-rate * (MONTH + 1)) < beyond < np.exp(-rate / 6 * (MONTH + 1)), "between a line and land"


def test_states_mediate_as_often_as_the_library_says(numbers):
    offers, accepted = 2 * numbers["offer_habit"], numbers["accept_habit"]
    rate = offers * accepted / (accepted + numbers["offer_lapses"])
    count, days = mediations()
    low, high = stats.gamma.interval(0.95, count + 0.5, scale=crises()[1] / days)
    assert low < rate < high
    early, at_risk = mediations(WEEK)
    assert 2 < early / at_risk * crises()[1] / rate < 8, "much more often in the first week"


def grown_after(fatal):
    """Count small uses of force, outside of half a year after a large one, by fatal ones of the month before.

    Returns how many had at least ``fatal`` of these (none, if 0), and after how many a large one came within
    a month.
    """
    count = grew = 0
    for uses in uses_of_force():
        large = [(first, last) for first, last, dead in uses if dead > DEAD]
        for first, _, dead in uses:
            since = [(first - last).days for began, last in large if began <= first]
            if dead > DEAD or any(days <= HALF_A_YEAR for days in since):
                continue
            before = sum(0 < u[2] <= DEAD and 0 < (first - u[0]).days <= MONTH for u in uses)
            if before >= fatal if fatal else not before:
                count += 1
                grew += any(0 <= (began - first).days <= MONTH for began, _ in large)
    return grew, count


def test_clashes_feed_on_fatal_ones_and_not_tenfold():
    """A month with two fatal clashes ends in heavy fighting three to four times as often as one with none."""
    quiet, shelled = grown_after(0), grown_after(2)
    low, high = (stats.beta.ppf(p, shelled[0] + 0.5, shelled[1] - shelled[0] + 0.5) for p in (0.025, 0.975))
    usual = quiet[0] / quiet[1]
    assert quiet[1] > 3000
    assert 1.5 * usual < low
    assert high < 10 * usual

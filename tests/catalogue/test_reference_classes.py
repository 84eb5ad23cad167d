"""Habits of the library beside what is counted of many conflicts, where the data are at hand.

The data are not shipped: ``BYSTANDER_DATA`` names a folder with ``mie_v1_0.csv`` (Militarized Interstate
Events 1.0, Gibler & Miller 2024), ``icb1_v14_crisis.csv`` and ``icb2_v14_actor.csv`` (International Crisis
Behavior 14, Brecher and others). Counts are of conflicts of two states since 1946 by least numbers of dead; a
spell of fighting ends with a week without use of force; a crisis counts with its first and last day known. Of
29 of the 122 mediated crises the day of the first mediation is not known: rates are raised by that share. A
spell belongs to the crisis of both states that is nearest to it in time, within a month.
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

MOBILISED, FORCE, DEAD, YEAR, HALF_A_YEAR, MONTH, WEEK = 10, 4, 25, 365, 180, 30, 7
LAND, GRAVE, EXISTENCE = 3, 5, 6
"""Values at stake: threats to territory, of grave damage, to existence (ICB's GRAVTY)."""
LESS_THAN_MOBILISED = {"a threat": 1, "a show of force": 7, "an alert": 8, "a border violation": 12}
"""MIE's codes of acts."""
NO_STATE, LAST_YEAR = 990, 2014
"""ICB's least code of an actor that is no state; the last year that MIE covers."""
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
    return {key: sorted(each) for key, each in found.items() if min(each)[0].year >= 1946}


@cache
def by_pair():
    """Return the uses of force of each two states, whatever conflict they belong to."""
    found = defaultdict(list)
    for (_, *pair), uses in uses_of_force().items():
        found[frozenset(map(int, pair))] += uses
    return found


def small_and_large(pair):
    """Return on which days two states made small uses of force, and from when to when large ones."""
    uses = by_pair().get(pair, [])
    small = [begun for begun, _, dead in uses if dead <= DEAD]
    return small, [(begun, ended) for begun, ended, dead in uses if dead > DEAD]


def fought_lately(day, large):
    """Say whether there was heavy fighting on a day or in the half year before."""
    return any(begun <= day and (day - ended).days < HALF_A_YEAR for begun, ended in large)


def clashed_before(day, small):
    """Say whether there was a small use of force in the month before a day."""
    return any(0 < (day - begun).days <= MONTH for begun in small)


def outright(pair):
    """Return the days on which heavy fighting of two states broke out with no smaller use of force before."""
    small, large = small_and_large(pair)
    begun = sorted({first for first, _ in large})
    before = {day: [use for use in large if use[0] < day] for day in begun}
    return [day for day in begun if not fought_lately(day, before[day]) and not clashed_before(day, small)]


@cache
def spells():
    """Return spells of fighting with a use of force that left more than 25 dead: states, first day, days."""
    found = []
    for (_, *pair), uses in uses_of_force().items():
        ends = np.maximum.accumulate([last.toordinal() for _, last, _ in uses])
        gaps = np.array([u[0].toordinal() for u in uses][1:]) - ends[:-1] > WEEK
        places = np.concatenate([[0], np.cumsum(gaps)])
        for _, group in groupby(zip(places, uses, ends, strict=True), key=lambda each: each[0]):
            held = list(group)
            if max(use[2] for _, use, _ in held) > DEAD:
                first = held[0][1][0]
                found.append((frozenset(map(int, pair)), first, int(held[-1][2]) - first.toordinal() + 1))
    return found


@cache
def what_was_at_stake():
    """Return of each crisis its states, first and last day, and what was at stake for each that had one."""
    found = defaultdict(lambda: (set(), [], {}))
    for row in rows("icb2_v14_actor.csv"):
        states, days, stakes = found[row["crisno"]]
        states |= {whole(row["cracid"]), whole(row["trigent"])}
        stakes[whole(row["cracid"])] = whole(row["gravty"])
        for end, unknown in (("trig", "1"), ("term", "28")):
            known = {f"{part}{end}": row[f"{part}{end}"] for part in ("yr", "mo", "da")}
            known |= {f"da{end}": unknown} if whole(known[f"da{end}"]) < 1 else {}
            if (each := day(known, *known)) is not None:
                days.append(each)
    return [(states, min(days), max(days), stakes) for states, days, stakes in found.values() if days]


def at_stake(states, first, length):
    """Return what was at stake for two states that fight, nothing where there was no crisis of both."""
    near = [
        (max((begun - first).days - length, (first - ended).days, 0), stakes)
        for among, begun, ended, stakes in what_was_at_stake()
        if states <= among
    ]
    gap, stakes = min(near, key=lambda each: each[0], default=(MONTH + 1, {}))
    return {stakes[state] for state in states if state in stakes} if gap <= MONTH else None


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


@cache
def crises_of_two():
    """Count clashes in crises of two states, by whether land or existence is at stake, and what came of them.

    Crises without heavy fighting in the half year before are followed until there is some or they end: days,
    small uses of force, crises, those in which heavy fighting came within a month of one, and those in which
    it came with none in the month before.
    """
    found = {True: np.zeros(5, int), False: np.zeros(5, int)}
    lengths = {row["crisno"]: tuple(day(row, f"yr{e}", f"mo{e}", f"da{e}") for e in ("trig", "term"))
               for row in rows("icb1_v14_crisis.csv")}  # fmt: skip
    stakes = defaultdict(set)
    for row in rows("icb2_v14_actor.csv"):
        pair = frozenset((whole(row["cracid"]), whole(row["trigent"])))
        if len(pair) == 2 and all(0 < each < NO_STATE for each in pair):
            stakes[row["crisno"], pair].add(whole(row["gravty"]))
    for (number, pair), threats in stakes.items():
        first, last = lengths[number]
        if not first or not last or not 1946 <= first.year <= LAST_YEAR:
            continue
        small, large = small_and_large(pair)
        if fought_lately(first, large):
            continue
        grew = min((begun for begun, _ in large if first < begun <= last), default=None)
        end = grew or last
        within = [begun for begun in small if first <= begun <= end]
        after = grew is not None and any((grew - begun).days <= MONTH for begun in within)
        outright = grew is not None and not clashed_before(grew, small)
        counted = max((end - first).days, 1), len(within), 1, after, outright
        found[bool(threats & {LAND, GRAVE, EXISTENCE})] += counted
    return found


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
    small = [uses for uses in uses_of_force().values() if uses[0][2] <= DEAD]
    grew = sum(any(u[2] > DEAD and (u[0] - uses[0][0]).days <= MONTH for u in uses) for uses in small)
    share = 2 * numbers["clash_grows"] / (2 * numbers["clash_grows"] + numbers["clash_subsides"])
    low, high = stats.beta.interval(0.95, grew + 0.5, len(small) - grew + 0.5)
    assert len(small) > 1000
    assert low < share < high


def test_half_of_spells_of_fighting_are_as_short_as_over_a_line(numbers):
    rate = numbers["battle_pause"] + numbers["battle_exhausts"]
    lengths = np.array([length for *_, length in spells()])
    short = int((lengths <= np.log(2) / rate).sum())
    low, high = stats.beta.interval(0.95, short + 0.5, len(lengths) - short + 0.5)
    assert low < 0.5 < high
    beyond = float((lengths > MONTH + 1).mean())
    assert np.exp(-rate * (MONTH + 1)) < beyond < np.exp(-rate / 6 * (MONTH + 1)), "between a line and land"


def test_fighting_over_land_lasts_three_times_as_long_as_over_a_line_and_a_quarter_of_it_six_times(numbers):
    """Where territory or existence is threatened; fighting varies more than any one rate of ending has it."""
    line = np.log(2) / (numbers["battle_pause"] + numbers["battle_exhausts"])
    kinds = [(at_stake(*spell), spell[-1]) for spell in spells()]
    over_land = sorted(n for kind, n in kinds if kind and kind & {LAND, GRAVE, EXISTENCE})
    over_less = [n for kind, n in kinds if not (kind and kind & {LAND, GRAVE, EXISTENCE})]
    low, high = (over_land[int(stats.binom.ppf(p, len(over_land), 0.5)) - 1] for p in (0.025, 0.975))
    assert len(over_land) > 100
    assert np.median(over_less) <= line < low < 3 * line < high < 6 * line
    longest = float(np.quantile(over_land, 0.75))
    assert 3 * line * 2 < longest < 6 * line * 2 * 1.1


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
    for uses in uses_of_force().values():
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


@pytest.mark.parametrize(
    ("over_land", "days", "boldness", "counted"), [(True, 48, 0.7, (33, 327)), (False, 116, 0.0, (11, 217))]
)
def test_in_a_crisis_clashes_are_as_frequent_and_grow_as_often_as_a_coder_is_told(
    numbers, over_land, days, boldness, counted
):
    at_risk, clashes, crises, grew, _ = crises_of_two()[over_land]
    assert (grew, clashes) == counted
    low, high = stats.gamma.interval(0.95, clashes + 0.5, scale=1 / at_risk)
    assert crises > 100
    assert low < 1 / days < high
    grows = 2 * numbers["clash_grows"] * np.exp(boldness)
    low, high = stats.beta.interval(0.95, grew + 0.5, clashes - grew + 0.5)
    assert low < grows / (grows + numbers["clash_subsides"]) < high


def test_over_land_clashes_grow_more_readily_than_without_a_crisis(numbers):
    _, clashes, _, grew, _ = crises_of_two()[True]
    usual = 2 * numbers["clash_grows"] / (2 * numbers["clash_grows"] + numbers["clash_subsides"])
    assert usual < stats.beta.ppf(0.025, grew + 0.5, clashes - grew + 0.5)


def test_heavy_fighting_begins_outright_as_often_as_the_library_says(numbers):
    """Over land as over less: an attack asks for no clash before it."""
    days, outright = np.array([each[[0, 4]] for each in crises_of_two().values()]).T
    assert (int(days.sum()), int(outright.sum())) == (40_755, 20)
    assert 2 * numbers["attack_habit"] == pytest.approx(outright.sum() / days.sum(), rel=0.01)
    for at_risk, count in zip(days, outright, strict=True):
        low, high = stats.gamma.interval(0.95, count + 0.5, scale=1 / at_risk)
        assert low < 2 * numbers["attack_habit"] < high


@cache
def followed_by_heavy_fighting(action):
    """Count days of a kind of act, no heavy fighting of the two in the half year before, and what came of it.

    Returns how many were followed by heavy fighting within a month, and how many there were.
    """
    found = set()
    for row in rows("mie_v1_0.csv"):
        first = day(row, "styear", "stmon", "stday")
        if first and first.year >= 1946 and whole(row["action"]) == action:
            found.add((frozenset((whole(row["ccode1"]), whole(row["ccode2"]))), first))
    count = grew = 0
    for pair, first in found:
        _, large = small_and_large(pair)
        if not fought_lately(first, large):
            count += 1
            grew += any(0 < (begun - first).days <= MONTH for begun, _ in large)
    return grew, count


def test_who_has_mobilised_begins_as_often_as_a_coder_is_told(numbers):
    """A side with boldness 1.5 beside one with none, in a crisis with a clash every seven weeks."""
    grew, count = followed_by_heavy_fighting(MOBILISED)
    low, high = stats.beta.interval(0.95, grew + 0.5, count - grew + 0.5)
    odds = 1.0 + np.exp(1.5)
    grows = odds * numbers["clash_grows"] / (odds * numbers["clash_grows"] + numbers["clash_subsides"])
    chance = 1.0 - np.exp(-MONTH * (odds * numbers["attack_habit"] + grows / 48))
    assert count > 60
    assert low < chance < high
    assert chance == pytest.approx(grew / count, rel=0.2)


@pytest.mark.parametrize("action", LESS_THAN_MOBILISED)
def test_nothing_less_than_that_is_followed_by_heavy_fighting_as_often(action):
    grew, count = followed_by_heavy_fighting(LESS_THAN_MOBILISED[action])
    assert count > 300
    assert 0.02 <= round(grew / count, 2) <= 0.03


@cache
def outright_on_hot_fronts():
    """Count outbreaks and pair-years, within a year of a use of force, not half a year after a large one."""
    last_day, years, count = date(LAST_YEAR, 12, 31).toordinal(), 0.0, 0
    for pair, uses in by_pair().items():
        days = [(begun.toordinal(), ended.toordinal(), dead) for begun, ended, dead in uses]
        hot = {day for _, last, _ in days for day in range(last + 1, min(last + YEAR, last_day) + 1)}
        for begun, last, dead in days:
            hot -= set(range(begun, last + HALF_A_YEAR + 1)) if dead > DEAD else set()
        years += len(hot) / 365.25
        count += sum(day.toordinal() - 1 in hot for day in outright(pair))
    return count, years


def test_outside_of_crises_attacks_are_as_much_rarer_as_a_coder_is_told(numbers):
    count, years = outright_on_hot_fronts()
    low, high = stats.gamma.interval(0.95, count + 0.5, scale=1 / years)
    assert years > 1000
    assert low < 0.27 * 2 * numbers["attack_habit"] * 365.25 < high


def test_where_nobody_expects_war_a_side_attacks_once_in_200_years_or_less():
    """Among some 250 pairs of neighbours, a round guess, since 1946: twice as many sides."""
    attacks = sum(len(outright(pair)) for pair in by_pair())
    assert attacks == 129
    assert 2 * 250 * (LAST_YEAR + 1 - 1946) / attacks > 200

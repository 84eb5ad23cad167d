"""The brief is two pages, whatever the scenario says, and everything on them is in the assessment."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from bystander.assessment.assess import assess
from bystander.report.brief import LISTS, Brief, brief_html, brief_of, brief_pdf, shortened, write_brief
from bystander.report.words.confidence import Confidence, Ground
from bystander.report.words.numbers import percent
from bystander.scenario import read_scenario, read_text
from bystander.scenario.claims import sources_used
from reference.assessments import ferghana
from reference.hostile_texts import hostile_assessment, hostile_scenario


@pytest.fixture(scope="module")
def brief():
    return brief_of(ferghana(), read_scenario("templates/border"))


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_it_is_two_pages_and_the_same_bytes_again(brief, paper):
    made = brief_pdf(brief, paper=paper)
    assert pages(made) == 2
    assert made == brief_pdf(brief, paper=paper)


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_it_is_two_pages_however_much_there_is_to_say(paper):
    long = "A sentence that says rather a lot and goes on for longer than it ought to. " * 9
    many = tuple(long for _ in range(12))
    told = brief_of(hostile_assessment(), hostile_scenario())
    grounds = tuple(Ground(long[:200], False) for _ in range(6))
    full = replace(
        told,
        title=long[:260],
        question=long[:260],
        dated=long[:200],
        confidence=Confidence("low", grounds),
        verdict=long[:300],
        **dict.fromkeys(("answer", "assumptions", "changes", "indicators", "falsifiers", "sources"), many),
    )
    assert pages(brief_pdf(full, paper=paper)) == 2


def test_nothing_hangs_over_the_edge(brief, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler reads the PDF back")
    path = tmp_path / "brief.pdf"
    path.write_bytes(brief_pdf(brief))
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    first, second = text.split("\f")[:2]
    for heading in ("Answer", "Key judgements", "Confidence"):
        assert heading in first
    for heading in ("What would change it", "Indicators to watch", "What would prove it wrong", "Sources"):
        assert heading in second
    assert brief.made[:20] in second


def test_every_percentage_is_in_the_assessment(brief):
    assessment = ferghana()
    known = {percent(o.estimate.value) for o in assessment.outcomes if o.kind == "probability"}
    for judgement in brief.judgements:
        number = judgement.number.partition(" (")[0]
        assert judgement.word == "expected" or number in known
    for line in brief.falsifiers:
        assert re.search(r"\(given ([^)]*)\)", line)[1] in known


def test_what_to_watch_is_told_with_how_often_it_comes_on_average(brief):
    assert brief.indicators
    for line in brief.indicators:
        assert re.search(
            r" \(from [^()]+ to [^()]+\), on average ([\d.,]+ times?|once in [\d.,]+ such crises)$", line
        ), line


def test_hostile_texts_are_escaped_and_shortened(tmp_path):
    scenario = hostile_scenario()
    made = brief_html(brief_of(hostile_assessment(), scenario))
    assert "<script" not in made
    assert "http-equiv" in made
    assert pages(write_brief(hostile_assessment(), scenario, tmp_path / "b.pdf").read_bytes()) == 2


def test_texts_end_at_a_whole_sentence():
    assert shortened("One. Two three four five six.", 12) == "One. Two \u2026"
    assert shortened("One two three. Four five.", 16) == "One two three."
    assert shortened("short") == "short"
    assert set(LISTS) <= set(Brief.__dataclass_fields__)


def test_only_sources_that_something_used_cites_are_listed(tmp_path):
    file = tmp_path / "crisis.yaml"
    file.write_text(CITING, encoding="utf-8")
    scenario = read_scenario(file)
    assert sources_used(scenario) == {"press": 2, "used": 1}
    assert brief_of(ferghana(), scenario).sources == ("Press (2024-01-01)", "Used (2024-01-01)")


CITING = """\
bystander: 1
title: A quarrel
as_of: 2024-01-01
horizon: 30 days
sources:
  idle: {title: Idle, kind: news, date: 2024-01-01}
  used: {title: Used, kind: news, date: 2024-01-01}
  press: {title: Press, kind: news, date: 2024-01-01, claims: {P1: {kind: mechanism, says: They quarrel}}}
facts:
  pace: {says: Once in ten days, source: used, value: 10 days, date: 2024-01-01}
  seen: {says: They were seen, source: press, date: 2024-01-01}
  idle: {says: Nobody asks, source: idle, value: 3 people, date: 2024-01-01}
  aside: {says: Nobody uses it, source: idle, value: 3 days, date: 2024-01-01}
variables:
  front: {levels: {calm: calm, war: war}, start: calm}
parameters:
  pace: {value: 1 / fact.pace, because: [seen]}
  unused: {value: 1 / fact.aside, because: [aside]}
hazards:
  war: {when: front == calm, rate: pace, then: {front: war}, because: ["press#P1"]}
outcomes:
  war: {ever: front == war}
"""


DAYS = """
bystander: 1
title: Days
as_of: 2024-01-01
horizon: until 2024-12-31
CALENDAR
variables:
  front: {levels: [quiet, clash], start: quiet}
  fleet: {levels: 0 to 150, start: 0}
hazards:
  incident: {when: front == quiet, every: 900 years, then: {front: clash}}
  arrives: {when: fleet < 150, every: 1 day, then: {fleet: fleet + 1}}
outcomes:
  soon: {about: Soon, ever: front == clash, within: until 2024-03-31}
  late: {about: Late, ever: front == clash}
  first: {about: First, before: {first: front == clash, than: fleet == 9}}
"""


@pytest.mark.parametrize("calendar", ["", "calendar: {vote: {date: 2024-02-02, then: {fleet: 0}}}"])
def test_what_would_prove_it_wrong_has_its_own_day(calendar):
    scenario = read_text(DAYS.replace("CALENDAR", calendar), "days.yaml")
    told = brief_of(assess(scenario, starts=0, ranges=False), scenario).falsifiers
    assert any(line.startswith("If it comes about by 31 March 2024: Soon") for line in told)
    assert any(line.startswith("If it comes about by 31 December 2024: Late") for line in told)
    assert not any("First" in line for line in told)


LAST = """  soon: {about: Soon, at: front == clash, within: until 2024-03-31}
  later: {about: Later, at: front == clash, given: fleet > 3, within: 30 days}
"""


def test_what_is_asked_of_one_day_is_proved_wrong_on_that_day_alone():
    text = DAYS.replace("CALENDAR", "").replace("  late:", f"{LAST}  late:")
    text = text.replace("  soon: {about: Soon, ever: front == clash, within: until 2024-03-31}\n", "")
    scenario = read_text(text, "days.yaml")
    told = brief_of(assess(scenario, starts=0, ranges=False), scenario).falsifiers
    assert any(line.startswith("If it is so on 31 March 2024: Soon") for line in told)
    assert any(line.startswith("If it is so a month after the day on which ") for line in told)
    assert any(line.startswith("If it comes about by 31 December 2024: Late") for line in told)


def test_a_source_that_two_files_name_is_listed_once():
    desk = "{title: Events, date: 2024-01-01, publisher: A desk}"
    sources = f"sources:\n  one: {desk}\n  two: {desk}\n  three: {{title: Others}}\n"
    facts = "facts:\n" + "".join(f"  {s}: {{says: So it is, source: {s}}}\n" for s in ("one", "two", "three"))
    text = DAYS.replace("CALENDAR", sources + facts)
    for hazard, fact in (("incident", "one, three"), ("arrives", "two")):
        text = text.replace(f"  {hazard}: {{", f"  {hazard}: {{because: [{fact}], ")
    scenario = read_text(text, "days.yaml")
    assert len(sources_used(scenario)) == 3
    told = brief_of(assess(scenario, starts=0, ranges=False), scenario).sources
    assert sorted(told) == ["Events (A desk, 2024-01-01)", "Others"]

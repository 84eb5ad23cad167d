"""One file: valid, closed to the outside, the same bytes each time, whatever a scenario says."""

import base64
import dataclasses
import hashlib
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from bystander.assessment.assess import assess
from bystander.cli.main import run_command
from bystander.equilibrium.reasons import ANSWERED
from bystander.report.figures.why import obstacles
from bystander.report.page.parts import arrange, obstacle_rows, weighed
from bystander.report.page.rows import EDGE, HEIGHT, Trail, measure_rows
from bystander.report.page.write import render, write_report
from bystander.report.words.numbers import in_short
from bystander.report.words.reasons import shares, stopping
from bystander.report.words.sentences import plain
from bystander.scenario import read_scenario
from reference.assessments import ferghana
from reference.hostile_texts import hostile_assessment, hostile_scenario
from reference.maps import FERGHANA

SCENARIO = read_scenario("templates/border").model_copy(update={"map": FERGHANA})
PAGE = render(ferghana(), SCENARIO)
HOSTILE = render(hostile_assessment(), hostile_scenario())
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Reader(HTMLParser):
    """Reads tags with their attributes and checks that they nest."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), f"attribute twice in <{tag}>"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)


@pytest.fixture(scope="module", params=["plain", "hostile"])
def page(request):
    return PAGE if request.param == "plain" else HOSTILE


def test_tags_nest_and_ids_are_unique(page):
    reader = Reader(page)
    assert not reader.open
    ids = [a["id"] for _, a in reader.tags if a.get("id")]
    assert len(ids) == len(set(ids))


def test_html5_parsers_find_nothing_wrong(page):
    html5lib = pytest.importorskip("html5lib", reason="html5lib reads HTML the way browsers do")
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(page)
    assert parser.errors == []


def test_links_within_the_page_lead_somewhere(page):
    reader = Reader(page)
    ids = {a["id"] for _, a in reader.tags if a.get("id")}
    for tag, attributes in reader.tags:
        target = attributes.get("href") or ""
        if tag == "a" and target.startswith("#"):
            assert target[1:] in ids, target


def test_nothing_is_fetched(page):
    for tag, attributes in Reader(page).tags:
        assert tag not in ("link", "iframe", "object", "embed", "img", "base", "form", "audio", "video"), tag
        assert "src" not in attributes
        assert not any(name.startswith("on") for name in attributes), attributes
        address = attributes.get("href") or ""
        assert re.match(r"(#|data:text/csv|https?://|$)", address), address
        assert tag == "a" or not address
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    assert not re.findall(r"url\((?!data:font/woff2)", style.group(1))
    assert "@import" not in style.group(1)


def test_the_only_script_is_the_one_the_policy_names(page):
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    assert len(scripts) == page.lower().count("<script") == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policy = next(
        a["content"] for t, a in Reader(page).tags if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]


def test_the_same_input_gives_the_same_bytes():
    assert render(ferghana(), SCENARIO) == PAGE


def test_the_eight_parts_come_in_order_after_an_opening():
    ids = re.findall(r'<section id="([^"]+)"', PAGE)
    assert ids == ["summary", *(f"part-{k}" for k in range(1, 9)), *(f"appendix-{k}" for k in "abcd")]


def test_it_is_small_enough_to_send():
    assert len(PAGE.encode()) < 1_500_000
    assert len(HOSTILE.encode()) < 1_500_000


def test_every_figure_has_caption_alternative_and_data():
    figures = re.findall(r"<figure .*?</figure>", PAGE, re.S)
    assert [re.match(r'<figure id="([^"]+)"', f).group(1) for f in figures] == [
        "figure-map",
        "figure-ladder",
        "figure-frontier",
    ]
    for figure in figures:
        assert re.search(r"<figcaption><bdi>.+?</bdi>", figure, re.S)
        assert re.search(r'role="img" aria-label="[^"]{20,}', figure)
        assert 'download="' in figure
        assert "data:text/csv" in figure


def test_every_table_can_be_saved():
    for name in ("outcomes", "curves", "responses", "reasons", "blocked", "measures", "judgements"):
        assert f'download="{name}.csv"' in PAGE


def test_every_outcome_has_its_course_in_its_row():
    curved = [o for o in ferghana().outcomes if len(o.curve) > 1]
    assert PAGE.count('<svg class="spark"') == len(curved) > 5
    outcome = next(o for o in curved if o.kind == "probability" and o.estimate.value > 0.5)
    row = re.search(rf'<tr id="outcome-{outcome.name.replace("_", "[-_]")}">.*?</tr>', PAGE, re.S).group()
    end = float(re.search(r'cy="([\d.]+)"', row).group(1))
    assert end == pytest.approx(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * outcome.estimate.value, abs=0.06)


def test_every_reason_has_bars():
    reasons = re.findall(r'<article class="why".*?</article>', PAGE, re.S)
    assert len(reasons) > 3
    assert all('class="beam' in reason for reason in reasons)


def test_measures_in_the_report_are_those_of_the_verb_to_the_digit(capsys):
    scenario = read_scenario("templates/border")
    assert run_command(["measures", "templates/border", "--starts", "0", "--json"]) == 0
    packages = json.loads(capsys.readouterr().out)["packages"]
    told = {
        p["parts"][0][0]: {e["outcome"]: e for e in p["effects"]} for p in packages if len(p["parts"]) == 1
    }
    assessment = assess(scenario, starts=0)
    measured = weighed(assessment)
    rows = measure_rows(assessment, measured, Trail(scenario))
    assert rows
    assert measured
    abouts = {m.about: name for name, m in scenario.measures.items()}
    for row in rows:
        for outcome, (before, after, _, _) in zip(measured, row.effects, strict=True):
            effect = told[abouts[row.what]][outcome.name]
            assert before == in_short(effect["before"], outcome.estimate.unit)
            assert after == in_short(effect["after"], outcome.estimate.unit)


def test_a_remedy_is_told_with_its_opponents_and_their_reasons():
    scenario = read_scenario("crises/ferghana-2022")
    page = arrange(ferghana(), scenario, Trail(scenario))
    assert {(o.who, o.move) for o in page.opposed} == {
        ("Russia", "obstruct the other power's mediation"),
        ("China", "obstruct the other power's mediation"),
    }
    for opponent in page.opposed:
        assert opponent.why == ("Another power mediates next door",)
        assert {"C58", "C21"} <= {link.text for link in opponent.cites}
    assert 'id="opponents"' in render(ferghana(), scenario)
    assert 'id="opponents"' not in PAGE


def test_reasons_stand_in_their_groups_and_their_words_are_explained():
    groups = re.findall(r'<h3 class="group">(.*?)</h3>', PAGE)
    assert groups
    order = ["Those who stand by", "Those who step in", "Those in the fight"]
    assert groups == [g for g in order if g in groups]
    assert "What some terms mean" in PAGE
    assert "what it is worth to decide later" in PAGE


def test_numbers_lead_to_parameter_fact_and_source():
    assert 'href="#parameter-rally"' in PAGE
    assert 'href="#fact-last_battle_killed"' in PAGE
    assert 'href="#source-desk"' in PAGE
    assert "free: nothing is cited for it" in PAGE


def test_decompositions_add_up_as_shown():
    for table in re.findall(r'<table class="rows terms">.*?</table>', PAGE, re.S):
        numbers = [
            float(n.replace("\u2212", "-"))
            for n in re.findall(r'<td class="n">([+\u2212]?[\d.]+)</td>', table)
        ]
        assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=1e-9)


def test_it_reads_without_a_scenario_and_with_next_to_nothing(tmp_path):
    parts = (
        "outcomes",
        "responses",
        "reasons",
        "tolls",
        "measures",
        "judgements",
        "sensitivities",
        "rungs",
        "steps",
    )
    bare = dataclasses.replace(ferghana(), focus="", **dict.fromkeys(parts, ()))
    for assessment in (ferghana(), bare):
        path = write_report(assessment, None, tmp_path / "deep" / "report.html")
        assert not Reader(path.read_text(encoding="utf-8")).open
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["report.html"]


def test_progress_is_told_and_never_goes_back():
    told = []
    render(ferghana(), None, progress=lambda step, share: told.append((step, share)))
    shares = [s for _, s in told]
    assert shares == sorted(shares)
    assert shares[-1] <= 1
    assert any("figures" in step for step, _ in told)


def test_hostile_text_is_shown_as_text_and_stays_legible():
    reader = Reader(HOSTILE)
    text = "".join(reader.text)
    assert "<script>alert" in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u0000-\u0008\u001b]", HOSTILE)
    assert max(len(word) for word in text.split()) < 2_000
    assert "javascript:" not in " ".join(a.get("href") or "" for _, a in reader.tags)


def test_a_page_of_kept_answers_loads_nothing_that_solves() -> None:
    """An unchanged scenario is told again without compiled kernels: they take half a second to load."""
    rooms = "bystander.report.page.write, bystander.report.words.sentences"
    loads = f"import sys, {rooms}; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    "cut", [(0.8149, 0.161, 0.0119, 0.0112), (0.335, 0.335, 0.165, 0.165), (0.5, 0.5, 0.0, 0.0)]
)
def test_what_stops_a_body_is_told_alike_in_the_table_and_in_the_sentence(cut):
    blocked = tuple(zip((ANSWERED, "vote: russia", "vote: china", "vote: kazakhstan"), cut, strict=True))
    reason = dataclasses.replace(next(r for r in ferghana().reasons if r.blocked), blocked=blocked)
    rows = obstacle_rows(reason)
    said = dict(shares(reason))
    assert sum(value for *_, value in rows) == 100
    assert rows[0][2] == said[ANSWERED]
    assert sum(value for name, _, value in rows if name.startswith("the vote of")) == said["vote"]


FIVE = ("vote: russia", "vote: china", "vote: kazakhstan", "vote: kyrgyzstan", "vote: uzbekistan")


@pytest.mark.parametrize(
    "cut",
    [
        (0.1149, 0.1148, 0.0845, 0.0844, 0.0844),
        (0.1166, 0.1166, 0.0166, 0.0166, 0.0166),
        (0.2, 0.2, 0.2, 0.2, 0.1949),
        (0.115, 0.115, 0.113),
    ],
)
def test_a_vote_has_one_number_in_sentence_table_and_figure(cut):
    blocked = (("no mandate", 0.9 - sum(cut)), *zip(FIVE, cut, strict=False))
    row = dataclasses.replace(
        next(r for r in ferghana().reasons if r.blocked), blocked=blocked, probability=0.1
    )
    told = plain(stopping(row))
    alone = dict(re.findall(r"(\w+)\u2019s (?:no counts )?for (\d+)%", told))
    others = re.findall(r"others for (\d+)%", told)
    named = [(name.rpartition(" ")[2], f"{value}") for name, _, value in obstacle_rows(row)]
    each = {name: value for name, value in named if f"vote: {name.lower()}" in FIVE}
    assert len(alone) >= 2
    assert list(each.values()) == sorted(each.values(), key=int, reverse=True) or len(set(cut)) < len(cut)
    assert alone.items() <= each.items()
    assert sum(map(int, each.values())) == sum(map(int, [*alone.values(), *others]))
    drawn = obstacles(ferghana(), row)
    assert drawn is not None
    assert all(f"{name} {shown}" in drawn.alt for name, shown, _ in obstacle_rows(row))

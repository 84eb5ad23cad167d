"""Records in, out, and refused."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import linalg

from bystander.cli.main import run_command
from bystander.errors import Mark, QueryError, ScenarioError
from bystander.evidence.checking import known_by, outside, record_problems
from bystander.evidence.likelihood import Likelihood
from bystander.evidence.reading import parse_record, read_record
from bystander.evidence.record import DATES, read_span
from bystander.evidence.tables import parse_table
from bystander.evidence.writing import record_as_csv, record_as_yaml, write_record
from bystander.scenario import read_text
from evidence.chains import chain_scenario

WHOLE = """record: 1
title: The border
about: Clashes, and who answered
start: long run
from: 2021-04-01
until: 2022-10-15
sources:
  press: {title: A paper, url: "https://example.org/a"}
  other: {title: Another}
classes:
  fighting: [tajikistan.escalate, kyrgyzstan.*]
  outbreak: {moves: "*", from: front == clash, into: "front in [battle, war]"}
readings:
  visit: {quiet: {quiet: 0.9, clash: 0.1}, clash: {clash: 1}}
coverage:
  - {of: fighting, from: 2021-04-01, until: 2022-08-31, listed: 0.95, source: press, says: Listed}
regimes:
  war: {from: 2022-02-24, set: {war_in_ukraine: "1"}, says: War}
observations:
  shots: {on: 2022-07-14, move: fighting, source: [press, other], confidence: high, claim: C01, says: "A, b"}
  again: {on: 2022-07-14, move: fighting, source: press}
  noon: {on: "2022-07-16 14:30", move: outbreak, source: press}
  spring: {from: 2022-03-01, until: 2022-05-31, move: fighting, source: press}
  june: {on: 2022-06, move: outbreak, source: press}
  street: {on: 2022-05-18, level: {front: [quiet, clash], pamirs: unrest}, error: 5%, source: press}
  looked: {on: 2022-05-20, level: {front: clash}, error: visit, source: press}
  perhaps: {on: 2022-08-20, move: outbreak, perhaps: true, source: press}
  count: {from: 2022-09-01, until: 2022-09-30, of: fighting, count: 2..3, source: press}
  dead: {from: 2022-09-14, until: 2022-09-20, of: outbreak, toll: 90..150, each: 20, law: geometric}
"""


def test_writing_and_reading_are_inverse(tmp_path):
    record = parse_record(WHOLE, "border.yaml")
    for ending in ("yaml", "csv"):
        path = write_record(record, tmp_path / f"border.{ending}")
        again = read_record(path)
        assert again.observations == record.observations
        assert again.windows == record.windows
        assert again.classes == record.classes
        assert again.readings == record.readings
        assert (again.start, again.begin, again.end, again.regimes) == (
            record.start,
            record.begin,
            record.end,
            record.regimes,
        )
    assert record_as_yaml(parse_record(record_as_yaml(record))) == record_as_yaml(record)


@pytest.mark.parametrize("ending", ["yaml", "csv"])
@pytest.mark.parametrize(
    "lines",
    [
        "observations: {a: {on: '2022-09-14 14:30', move: x, precision: hour}}",
        "observations: {a: {on: 2022-09-14, move: x, precision: hour}}",
        "observations: {a: {on: '2022-09-14 12:00', move: x}, b: {on: '2022-09-14 00:00', move: y}}",
        "observations: {a: {between: ['2022-09-14 10:00', '2022-09-14 12:00'], move: x}}",
        "from: '2022-09-14 10:00'\nuntil: '2022-09-20 12:00'\nobservations: {a: {on: 2022-09-15, move: x}}",
        "coverage: [{of: x, from: '2022-09-14 12:00', until: '2022-09-20 12:00', listed: 33.3%}]",
        "observations: {a: {on: 2022-09-14, move: x, precision: month}, b: {on: 2022, move: y}}",
        "observations: {a: {on: 0900-09-15, move: x}, b: {on: 9999-12-31, move: x}}",
        "observations: {a: {on: 2022-09-15, move: x, says: \"= a, 'b'; c\\nd\\te\", claim: [C1, C2]}}",
        "sources: {s: {title: 'A; b', url: u, date: 2022-01-01, says: hello}}\nuntil: 2022-01-01",
        "classes: {'yes': [a.b], 'on': {moves: [c.d], from: f == q, into: 'f in [a, b]'}}\nuntil: 2022-01-01",
    ],
)
def test_what_is_written_is_read_equal(lines, ending, tmp_path):
    record = parse_record(f"record: 1\ntitle: t\n{lines}\n", "t.yaml")
    again = read_record(write_record(record, tmp_path / f"t.{ending}"))
    assert again == record


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("start: {front: {quiet: 60%, clash: 40%}}", "chances of levels"),
        ("regimes: {w: {from: 2022-01-01, disable: [x]}}", "moves or measures of a regime"),
    ],
)
def test_a_table_loses_nothing_without_a_word(lines, says, tmp_path):
    record = parse_record(f"record: 1\ntitle: t\n{lines}\nuntil: 2022-10-01\n", "t.yaml")
    assert read_record(write_record(record, tmp_path / "t.yaml")) == record
    with pytest.raises(QueryError, match=says):
        write_record(record, tmp_path / "t.csv")


def test_elapsed_records_are_written_too():
    text = "record: 1\ntitle: t\nobservations:\n  a: {on: 3.5 years, level: {stage: on}, subject: one}\n"
    record = parse_record(text)
    again = parse_table(record_as_csv(record))
    assert not record.dated
    assert again.observations[0].begin == record.observations[0].begin == 3.5 * 365.25


def test_dates_and_their_precision():
    mark = Mark("x")
    assert read_span("1970-01-02", mark) == (1.0, 2.0, "day")
    assert read_span("1970-01-02 06:00", mark) == (1.25, 1.25, "minute")
    assert read_span("1970", mark) == (0.0, 365.0, "year")
    assert read_span("1972-02", mark) == (761.0, 790.0, "month")
    assert read_span("1970-01-05", mark, "week") == (4.0, 11.0, "week")
    two = parse_record(WHOLE).observations[:2]
    assert [each.begin % 1 for each in two] == pytest.approx([1 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("x: {on: 2022-13-01, move: a}", "not a date"),
        ("x: {on: 2022-09-14}", "one kind"),
        ("x: {on: 2022-09-14, move: a, level: {b: c}}", "one kind"),
        ("x: {move: a}", "does not say when"),
        ("x: {on: 2022-09-14, mvoe: a}", "there is no key"),
        ("x: {on: 2022-09-14, move: a, confidence: hihg}", "confidence"),
        ("x: {on: 2022-09-14, level: {a: b}, error: 120%}", "no probability"),
        ("x: {on: 2022-09-14, level: {a: b}, error: table}", "table of readings"),
        ("x: {from: 2022-09-14, until: 2022-09-10, of: a, count: 2}", "no time"),
        ("x: {from: 2022-09-14, until: 2022-09-20, of: a, count: 5..2}", "less to more"),
        ("x: {from: 2022-09-14, until: 2022-09-20, of: a, count: 20000000}", "is over 10,000,000"),
        ("x: {from: 2022-09-14, until: 2022-09-20, of: a, toll: 5}", "what a move costs"),
        ("x: {from: 2022-09-14, until: 2022-09-20, of: a, toll: 5%, each: 3}", "a share of nothing"),
        ("x: {from: 2022-09-14, until: 2022-09-20, of: a, toll: 5, each: 3 percent}", "a share of nothing"),
        ('x: {from: 2022-09-14, until: 2022-09-20, of: a, toll: "1,5", each: 3}', "decimals with a point"),
        ("x: {on: 2022-09-14, move: a, source: nobody}", "no source"),
        ("x: {on: 3 years, move: a}\n  y: {on: 2022-09-14, move: a}", "mixes dates"),
        ("x: [1, 2]", "mapping"),
        ("x: {on: 2022-09-00, move: a}", "'2022-09-00' is not a date"),
        ("x: {on: 2022-00, move: a}", "is not a date"),
        ("x: {on: 0000-01-01, move: a}", "is not a date"),
        ('x: {on: "2022-09-14 14:30:75", move: a}', "is not a date"),
        ('x: {on: "2022-09-14T14:30+05:00", move: a}', "is not a date"),
        ("x: {on: 2022-09-14, move: a, perhaps: maybe}", "perhaps is yes or no, not 'maybe'"),
        ("x: {on: 2022-09-14, level: {a: b}, perhaps: yes}", "perhaps: means nothing"),
        ("x: {on: 2022-09-14, move: a, error: 5%}", "error: means nothing"),
        ("x: {on: 2022-09-14, move: a, of: b}", "of: means nothing"),
        ("x: {from: 2022-09-14, until: 2022-09-20, of: a, count: 2, each: 7}", "each: means nothing"),
        ("x: {from: 2022-09-14, until: 2022-09-20, of: a, count: 2, law: geometric}", "law: means nothing"),
        ("x: {on: 2022-09-14, between: [2022-09-01, 2022-09-03], move: a}", "by on and between at once"),
        ("x: {on: 2022-09-14, until: 2022-09-20, move: a}", "by on and until at once"),
        ("x: {between: [2022-09-01, 2022-09-03], move: a, precision: month}", "precision: means nothing"),
        ("x: {on: 2022-09-14, level: {a: []}}", "at which levels a was read"),
        ("x: {on: 2022-09-14, level: {a: [b, b]}}", "each of them once"),
        ("x: {from: 2022-09-14, until: 2022-09-20, of: a, toll: 3.5, each: 2}", "no whole number"),
        ("x: {from: 2022-09-14, until: 2022-09-20, of: a, toll: 9, each: 0.0001}", "more than 10,000 moves"),
        ("x: {on: 2022-09-14, move: a, subject: p}\n  y: {on: 2022-09-15, move: a}", "names no subject"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(line, says):
    with pytest.raises(ScenarioError, match=says) as caught:
        parse_record(f"record: 1\ntitle: t\nobservations:\n  {line}\n", "bad.yaml")
    assert all(problem.mark.file == "bad.yaml" and problem.mark.line for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("coverage: [{of: a, from: 2022-06-01, until: 2022-03-01}]", "ends before it begins"),
        ("regimes: {war: {from: 2022-02-24, set: [a, 1]}}", "set: is a mapping"),
        ("readings: [visit]", "readings: is a mapping"),
        ("readings: {visit: [well]}", "visit: is a mapping"),
        ("start: [front]", "start: is a mapping"),
        ("classes: {a: }", "'a' names no moves"),
        ("for: crises/ferghana-2022", "no key of a record 'for'"),
        ("from: 2022-03-01\nuntil: 2022-01-01", "ends before it begins"),
        ("classes: {a: {into: 'front == = war'}}", "'=' has no meaning"),
    ],
)
def test_nothing_of_a_section_is_passed_over(line, says):
    with pytest.raises(ScenarioError, match=says):
        parse_record(f"record: 1\ntitle: t\n{line}\nobservations: {{x: {{on: 2022-03-01, move: a}}}}\n")


@pytest.mark.parametrize(
    "lines",
    [
        "from: 2022-01-01\nuntil: 2022-02-30",
        "from: 2022-13-01\nuntil: 2021-02-01",
        "coverage: [{of: a, from: 2022-01-01, until: 2022-02-30}]",
        "regimes: {war: {from: 2022-02-30, set: {a: 1}}}",
        "observations: {x: {on: 2022-02-30, move: a}}",
        "observations: {x: {between: [2022-01-01, 2022-02-30], move: a}}",
        "observations: {x: {from: 2022-01-01, until: 2022-02-30, of: a, count: 1}}",
        "observations: {x: {from: 2022-01-01, until: 2022-02-30, of: a, toll: 9, each: 3}}",
    ],
)
def test_a_date_that_is_none_is_complained_of_once(lines):
    """What is not known to come first is not said to come last."""
    seen = "" if "observations" in lines else "\nobservations: {y: {on: 2022-01-01, move: a}}"
    with pytest.raises(ScenarioError) as caught:
        parse_record(f"record: 1\ntitle: t\n{lines}{seen}\n")
    assert [problem.message for problem in caught.value.problems] == [
        f"'{'2022-13-01' if '13' in lines else '2022-02-30'}' is not a date"
    ]


def test_every_record_that_the_manual_shows_is_sound():
    pages = sorted((Path(__file__).parents[2] / "docs").rglob("*.md"))
    blocks = [block for page in pages for block in YAML_BLOCK.findall(page.read_text(encoding="utf-8"))]
    shown = [block for block in blocks if block.startswith("record: 1\n")]
    assert shown
    for block in shown:
        assert not record_problems(parse_record(block))


@pytest.mark.parametrize("text", ["True", "YES", "true"])
def test_yes_is_read_however_it_is_written(text):
    record = parse_record(
        f"record: 1\ntitle: t\nobservations: {{x: {{on: 2022-03-01, move: a, perhaps: {text}}}}}"
    )
    assert record.observations[0].perhaps


@pytest.mark.parametrize(
    ("text", "end"), [("9999", 2932897.0), ("9999-12", 2932897.0), ("2024-02", 19783.0), ("2023-02", 19417.0)]
)
def test_every_month_and_year_has_an_end(text, end):
    assert read_span(text, Mark("x"))[1] == end


@pytest.mark.parametrize("text", ["2022-09", "2022", "2022-09-20 14:00", "2022-09-31", "soon"])
def test_what_was_known_is_asked_of_a_day(text):
    with pytest.raises(ScenarioError, match=r"is not a (day|date)"):
        known_by(parse_record(WHOLE), text)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_is_read_whatever_separates_its_cells(mark):
    rows = [["kind", "on", "what", "is"], ["level", "2022-01-01", '"front; help"', '"quiet; none"']]
    record = parse_table("\n".join(mark.join(row) for row in rows) + "\n")
    assert record.observations[0].levels == {"front": ("quiet",), "help": ("none",)}


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        (["count,2022-01-01,2022-01-31,a,3,", "count,2022-02-01,2022-02-28,a,2,"], []),
        (["count,2022-01-01,2022-01-31,a,3,", "count,2022-01-15,2022-02-28,a,2,"], ["double-observation"]),
        (["move,2022-01-20,,a,,", "count,2022-01-01,2022-01-31,a,3,"], ["double-observation"]),
        (["move,2022-01-20,,b,,", "count,2022-01-01,2022-01-31,a,3,"], []),
        (["count,2022-01-01,2022-01-31,a,3,p", "move,2022-01-20,,a,,q"], []),
        (["count,2022-01-01,2022-01-31,a,3,p", "coverage,2022-01-01,2022-02-01,a,,q"], []),
        (
            ["count,2022-01-01,2022-01-31,a,3,p", "coverage,2022-01-01,2022-02-01,a,,p"],
            ["double-observation"],
        ),
        (["count,2022-01-01,2022-01-31,a,3,p", "coverage,2022-01-01,2022-02-01,a,,"], ["double-observation"]),
        (["move,2022-01-01 10:00,,a,,", "move,2022-01-01 10:00,,a,,"], ["double-observation"]),
        (["move,2022-01-01 10:00,,a,,", "move,2022-01-01 10:05,,a,,"], []),
    ],
)
def test_what_is_counted_is_not_listed_too(lines, refused):
    table = "kind,on,until,what,is,subject\n" + "\n".join(lines) + "\n"
    found = [problem.check for problem in record_problems(parse_table(table))]
    assert [check for check in found if check == "double-observation"] == refused


@pytest.mark.parametrize("subjects", [1, 3_000])
def test_a_long_record_is_looked_through_once(subjects):
    lines = [f"o{n},p{n % subjects},move,{n} days,a" for n in range(30_000)]
    record = parse_table("name,subject,kind,on,what\n" + "\n".join(lines) + "\n")
    looked = 0

    class Counting(tuple):
        def __iter__(self):
            nonlocal looked
            looked += 1
            return super().__iter__()

    assert not record_problems(replace(record, observations=Counting(record.observations)))
    assert looked < 20


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("on,what\n2022-01-01,a\n", "needs each of the columns"),
        ("kind,on,what,colour\nmove,2022-01-01,a,red\n", "no column 'colour'"),
        ("kind,on,what\nmove,2022-01-01\n", "2 cells(.|\n)*eave a cell empty"),
        ("kind\ton\twhat\nmove\t2022-01-01\ta\tb\n", "4 cells(.|\n)*that hold a tab"),
        ("kind,on,what\nfly,2022-01-01,a\n", "kind of row"),
        ('kind,on,what\nmove,2022-01-01,"a\n', "no CSV row"),
        ("kind,on,what,name\nclass,,a,c\nclass,,b,c\n", "class 'c' is given twice"),
        ("kind,on,what\nclass,,a\n", "class has no name"),
        ("kind,on,what,is\nrecord,,title,A\nrecord,,title,B\n", "'title' is given twice"),
        ("kind,on,what,is\nrecord,,untill,2022-01-01\n", "Did you mean 'until'"),
        ("kind,on,what,is,name\nclass,,a,to front == clash,c\n", "'to front == clash' cannot be read"),
        ("kind,on,what,is,name\nregime,2022-01-01,,heat,r\n", "'heat' cannot be read"),
        ("kind,on,what,is,name\nregime,2022-01-01,,a=1; a=2,r\n", "'a' is given twice"),
        ("kind,on,what,is\nmove,2022-01-01,a,perhap\n", "means nothing of a move"),
        ("kind,on,what,is\nlevel,2022-01-01,a; a,x; y\n", "named twice"),
        ("kind,on,what,is,name\nreading,,x,x=0.7; y=0.7,r\n", "sum to 1.4"),
        ("kind,on,what,is,name\nreading,,x,x=1,r\nreading,,x,y=1,r\n", "given twice"),
        ("kind,on,what,error\nmove,2022-01-01,a,0.1\n", "in the column error means nothing"),
        ("kind,on,what,until\nclass,,a,2022-01-01\n", "in the column until means nothing"),
        ("kind,on,what,name,source\nsource,,A,a,\nmove,2022-01-01,x,m,b\n", "no source 'b'"),
    ],
)
def test_tables_that_are_none(text, says):
    with pytest.raises(ScenarioError, match=says):
        parse_table(text, "bad.csv")


YAML_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
MEANT = (
    "from: front == clash, into:",
    'set: {war_in_ukraine: "1"}',
    "listed: 0.95",
    "error: 5%",
    "count: 2..3",
)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (MEANT[0], "from: P(war) > 1%, into:", "asks the process, which only a judgement can do"),
        (MEANT[0], "from: 1/0 > 1, into:", "divides by zero"),
        (MEANT[0], "from: 3, into:", "is a condition, not the number '3'"),
        (MEANT[0], "from: -front, into:", "is a condition, not the number '-front'"),
        (MEANT[0], "from: 2022-01-01, into:", "'2022-01-01' is a date"),
        ('moves: "*"', "moves: []", "'outbreak' names no moves"),
        (MEANT[1], "set: {war_in_ukraine: 1/0}", "divides by zero"),
        (MEANT[1], "set: {war_in_ukraine: P(war)}", "asks the process"),
        (MEANT[1], "set: {war_in_ukraine: 2022-01-01}", "'2022-01-01' is a date"),
        (MEANT[1], "set: {war_in_ukraine: 'x; y'}", "has no meaning in an expression"),
        (MEANT[2], "listed: 2022-01-01", "listed is a plain number, not '2022-01-01'"),
        (MEANT[2], "listed: P(war)", "write 0.05 or 5%"),
        (MEANT[3], "error: 1/0", "error is a plain number, not '1/0'"),
        (MEANT[4], "count: 1/0", "count is a plain number, not '1/0'"),
        ('url: "https://example.org/a"', "date: some day", "'some day' is not a date"),
    ],
)
def test_what_means_nothing_in_a_record_is_refused_once_at_its_line(old, new, says):
    assert WHOLE.count(old) == 1, old
    with pytest.raises(ScenarioError, match=says) as caught:
        parse_record(WHOLE.replace(old, new), "border.yaml")
    (problem,) = caught.value.problems
    assert problem.fix
    assert problem.mark.line == WHOLE[: WHOLE.index(old)].count("\n") + 1


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b[2J", "\x0b", "\x7f", "\x9b"])
@pytest.mark.parametrize(
    "row", ["{}a,move,2022-01-01,m,", "a,move,2022-01-01,{}m,", "a,move,2022-01-01,m,sa{}ys"]
)
def test_no_cell_holds_what_a_terminal_obeys(tmp_path, character, row):
    place = tmp_path / "record.csv"
    place.write_text(f"name,kind,on,what,says\n{row.format(character)}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=f"control character U[+]00{ord(character[0]):02X}") as caught:
        read_record(place)
    assert caught.value.problems[0].mark.line == 2


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a,class,,m,from P(x) > 1", "asks the process"),
        ("a,regime,2022-01-01,,x=1/0", "divides by zero"),
        (",record,,from,some day", "'some day' is not a date"),
        ("s,source,some day,A,u", "'some day' is not a date"),
    ],
)
def test_a_row_that_means_nothing_is_named(row, says):
    with pytest.raises(ScenarioError, match=says) as caught:
        parse_table(f"name,kind,on,what,is\nb,move,2022-01-02,m,\n{row}\n", "bad.csv")
    assert [problem.mark.line for problem in caught.value.problems] == [3]


@pytest.mark.parametrize(
    ("written", "fix"),
    [("on_off", "write nature.on_off"), ("nature.of", "name its moves in classes:"), ("nature.on_off", "")],
)
def test_a_hazard_written_without_its_owner_is_told_its_whole_name(written, fix):
    scenario = chain_scenario(("off", "on"), {("off", "on"): "1 per day", ("on", "off"): "1 per day"})
    scenario = scenario.model_copy(update={"hazards": {"on_off": next(iter(scenario.hazards.values()))}})
    rows = f"name,kind,on,what,is\na,class,,{written},\nb,move,1971-01-02,a,\n"
    told = [p for p in record_problems(parse_table(rows, "t.csv"), scenario) if p.check == "unbound-class"]
    assert [each.fix for each in told] == [fix] * bool(fix)


def test_a_class_whose_condition_a_scenario_has_no_words_for_is_told():
    scenario = chain_scenario(("off", "on"), {("off", "on"): "1 per day"}, start="off")
    rows = "name,kind,on,what,is\na,class,,nature.*,into front == wra\nb,move,1971-01-02,a,\n"
    (told,) = (p for p in record_problems(parse_table(rows, "t.csv"), scenario) if p.check == "unbound-class")
    assert (told.severity, told.mark.line) == ("warning", 2)
    assert "'front == wra' means nothing here" in told.message


def test_a_regime_that_the_scenario_cannot_take_is_told_by_its_row():
    rows = "name,kind,on,what,is\nr,regime,2022-01-01,,q_off_on=hot\n,move,2022-01-02,nature.*,\n"
    scenario = chain_scenario(("off", "on"), {("off", "on"): "1 per day"}, start="off")
    with pytest.raises(QueryError, match=r"t\.csv:2:1: error: Nothing is called 'hot'"):
        Likelihood(scenario, parse_table(rows, "t.csv")).value({})


@pytest.mark.parametrize(
    ("line", "of", "ends"),
    [
        ("{on: 2022-09, move: north.shoot}", "north.shoot", "2022-09-01"),
        ("{on: 2022-09, move: north.shoot}", "*", "2022-09-01"),
        ("{on: 2022-09, move: north.shoot}", "north", "2022-09-01"),
        ("{on: 2022-09, move: north.shoot}", "any", "2022-09-01"),
        ("{on: 2022-09, move: north.shoot}", "'*.shoot'", "2022-09-01"),
        ("{on: 2022-09, move: 'north.*'}", "'*.shoot'", "2022-09-01"),
        ("{on: 2022-09, move: any}", "south.talk", "2022-09-01"),
        ("{on: 2022-09, move: north.shoot}", "south.talk", "2022-09-21"),
        ("{on: 2022-09, move: north.shoot, subject: x}", "{of: '*', subject: y}", "2022-09-21"),
        ("{on: 2022-09, move: north.shoot, subject: x}", "{of: '*', subject: x}", "2022-09-01"),
        ("{on: 2022, move: north.shoot}", "north.shoot", None),
        ("{on: 2022-09-19, precision: week, move: north.shoot}", "north.shoot", "2022-09-19"),
        ("{on: 2022-09-14, precision: week, move: north.shoot}", "north.shoot", "2022-09-21"),
        ("{between: [2022-09-15, 2022-09-21], move: north.shoot}", "north.shoot", "2022-09-15"),
        ("{between: [2022-09-15, 2022-09-20], move: north.shoot}", "north.shoot", "2022-09-21"),
        ("{on: 2022-09-20, move: north.shoot}", "north.shoot", "2022-09-21"),
        ("{on: 2022-09-21, move: north.shoot}", "north.shoot", "2022-09-21"),
    ],
)
def test_silence_does_not_count_where_a_move_may_have_come_by_the_day(line, of, ends):
    """A move of September is not known on the 20th; nor, then, is it known that none had come."""
    window = of[1:-1] if of[0] == "{" else f"of: {of}"
    text = (
        "record: 1\ntitle: t\nclasses: {any: '*'}\n"
        f"coverage: [{{{window}, from: 2022-03-01, until: 2022-12-31}}]\nobservations: {{x: {line}}}\n"
    )
    cut, _ = known_by(parse_record(text.replace("of: *", "of: '*'"), "r.yaml"), "2022-09-20")
    assert [each.end for each in cut.windows] == ([] if ends is None else [read_span(ends, Mark())[0]])
    assert all(each.end <= read_span("2022-09-21", Mark())[0] for each in cut.observations)


BORDER = """\
bystander: 1
title: A border
as_of: 2024-01-01
horizon: 1 year
variables: {front: {levels: [quiet, clash], start: quiet}}
parameters: {flare: 2 per year}
hazards:
  incident: {when: front == quiet, rate: flare, then: {front: clash}}
  calm: {when: front == clash, every: 5 days, then: {front: quiet}}
outcomes: {clash: {ever: front == clash}}
"""
TURNING = """\
record: 1
title: Shots
start: {front: quiet}
from: 2023-01-01
until: 2023-12-01
regimes:
  peace: {from: 2023-03-01}
  war: {from: 2023-06-01, CHANGE}
observations:
  march: {on: 2023-03-11, move: nature.incident}
  autumn: {on: 2023-11-11, level: {front: quiet}}
"""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("disable: [nature.shoot]", "There is no move called 'nature.shoot'"),
        ("enable: [incident]", "There is no move called 'incident'"),
        ("measures: [talks]", "There is no measure or rival called 'talks'"),
        ("set: {flare: 1 people}", "must be a rate"),
        ("set: {flare: 1 per}", "ends after 'per'"),
        ("set: {flare: -1 per year}", "From 'war' on: 'nature.incident' has the rate -0.00273785"),
    ],
)
def test_what_a_regime_says_that_the_scenario_cannot_take_is_told_at_its_line(tmp_path, capsys, change, says):
    """By `check` as by whoever weighs it."""
    (tmp_path / "border.yaml").write_text(BORDER + "record: shots.yaml\n", encoding="utf-8")
    (tmp_path / "shots.yaml").write_text(TURNING.replace("CHANGE", change), encoding="utf-8")
    for verb in (["check"], ["run", "--no-report"], ["record", str(tmp_path / "shots.yaml"), "--scenario"]):
        assert run_command([*verb, str(tmp_path / "border.yaml")]) == 2
        told = " ".join(capsys.readouterr().err.split())
        assert says in told, told
        assert "shots.yaml:8:3" in told.replace(" ", ""), told


@pytest.mark.parametrize("change", ["disable: [nature.incident]", "set: {flare: 0 per year}"])
def test_a_regime_may_close_the_way_to_where_the_history_stands(change):
    """The next regime keeps the situations of the one before: quiet and clash, with no way to a clash."""
    scenario = read_text(BORDER, "border.yaml")
    turns = TURNING.replace("CHANGE", change)
    value = Likelihood(scenario, parse_record(turns, "shots.yaml")).value({})
    rate, calm, begin, seen, war = 2 / 365.25, 1 / 5, 69.5, 0.0, 151.0
    process = np.array([[-rate, rate], [calm, -calm]])
    before = linalg.expm(process * begin)[0, 0] * rate
    after = np.array([seen, 1.0]) @ linalg.expm(process * (war - begin))
    ends = after[0] + after[1] * (1.0 - math.exp(-calm * (314.5 - war)))
    assert value == pytest.approx(math.log(before * ends), rel=1e-9)


def test_a_record_of_nothing_is_refused():
    """It would start a scenario on the first day that there is."""
    assert [problem.message for problem in record_problems(parse_table("kind,on,what\n"))] == [
        "the record observes nothing"
    ]
    assert not record_problems(parse_table("kind,on,what,is\nrecord,,until,2022-03-01\n"))


def test_a_table_that_is_not_utf8_is_refused(tmp_path: Path):
    (tmp_path / "bad.csv").write_bytes(b"kind,on,what\nmove,2022-01-01,caf\xe9\n")
    with pytest.raises(ScenarioError, match="not UTF-8"):
        read_record(tmp_path / "bad.csv")


@pytest.mark.parametrize(
    ("lines", "place", "says"),
    [
        (
            "observations: {a: {on: 2023-03-11, level: {front: [quiet, clahs]}}}",
            "3:16",
            "Did you mean 'clash'?",
        ),
        ("observations: {a: {on: 2023-03-11, level: {front: [quiet, war]}}}", "3:16", "'war' is not a level"),
        ("observations: {a: {on: 2023-03-11, level: {front: clahs}}}", "3:16", "Did you mean 'clash'?"),
        ("observations: {a: {on: 2023-03-11, starts: {front: [quite]}}}", "3:16", "Did you mean 'quiet'?"),
        (
            "classes: {shots: {moves: '*', into: front == clash}}\n"
            "observations: {a: {on: 2023-03-11, move: shotz}}",
            "4:16",
            "Did you mean 'shots'?",
        ),
        (
            "classes: {shots: {moves: '*', into: front == clash}}\n"
            "observations: {a: {on: 2023-03-11, move: shots}}\n"
            "coverage: [{of: shot, from: 2023-03-01, until: 2023-03-11}]",
            "5:12",
            "Did you mean 'shots'?",
        ),
        ("start: {front: clahs}\nuntil: 2023-03-11", "3:8", "Did you mean 'clash'?"),
        ("start: {front: war}\nuntil: 2023-03-11", "3:8", "There is: quiet, clash."),
        ("start: {front: {quiet: 60%, clahs: 40%}}\nuntil: 2023-03-11", "3:8", "Did you mean 'clash'?"),
        ("start: {frnt: clash}\nuntil: 2023-03-11", "3:8", "Did you mean 'front'?"),
        ("start: {front: [quiet, clash]}\nuntil: 2023-03-11", "3:16", "chances of levels are a mapping"),
        (
            "readings: {seen: {quiet: {quiet: 90%, clahs: 10%}}}\n"
            "observations: {a: {on: 2023-03-11, level: {front: clash}, error: seen}}",
            "4:16",
            "Did you mean 'clash'?",
        ),
        (
            "readings: {seen: {qiet: {quiet: 90%, clash: 10%}}}\n"
            "observations: {a: {on: 2023-03-11, level: {front: clash}, error: seen}}",
            "4:16",
            "Did you mean 'quiet'?",
        ),
        ("kind,on,what,is\nlevel,2023-03-11,front,quiet|clahs", "2:1", "Did you mean 'clash'?"),
        ("kind,on,what,is\nrecord,,start,front=clahs\nlevel,2023-03-11,front,quiet", "2:1", "mean 'clash'?"),
        ("kind,on,what,is\nrecord,,start,long\nlevel,2023-03-11,front,quiet", "2:1", "'long' cannot be read"),
    ],
)
@pytest.mark.parametrize("verb", [["check"], ["run", "--no-report"], ["record", "RECORD", "--scenario"]])
def test_a_misspelt_level_or_class_is_refused_at_its_place(verb, lines, place, says, tmp_path, capsys):
    """By every verb that reads the record, and however it is written down."""
    table = lines.startswith("kind")
    record = tmp_path / f"shots.{'csv' if table else 'yaml'}"
    record.write_text(lines if table else f"record: 1\ntitle: t\n{lines}\n", encoding="utf-8")
    (tmp_path / "border.yaml").write_text(f"{BORDER}record: {record.name}\n", encoding="utf-8")
    assert (
        run_command([*(str(record) if w == "RECORD" else w for w in verb), str(tmp_path / "border.yaml")])
        == 2
    )
    told = " ".join(capsys.readouterr().err.split())
    assert says in told, told
    assert f"{record.name}:{place}" in told.replace(" ", ""), told


def test_levels_of_another_scenario_are_set_aside_and_said():
    lines = "a: {on: 2023-03-11, level: {front: [sea, air]}}, b: {on: 2023-03-11, level: {front: quiet}}"
    record = parse_record(f"record: 1\ntitle: t\nobservations: {{{lines}}}\n", "r.yaml")
    likelihood = Likelihood(read_text(BORDER, "border.yaml"), record)
    likelihood.value({})
    assert likelihood.lacking == (("a", "front has no level sea or air"),)


SCENARIO = """bystander: 1
title: t
as_of: 2022-10-15
horizon: 1 year
settings:
  shocks: private
sources: {fp: {title: t, claims: {C07: {kind: fact, says: Sixty-two dead}}}}
facts: {toll: {says: Sixty-two dead, source: "fp#C07", value: 62 people, date: 2022-09}}
variables: {front: {levels: [quiet, clash], start: quiet}}
parameters: {flare: {value: 2 per year, because: [toll]EXTRA}}
hazards: {incident: {when: front == quiet, rate: flare, then: {front: clash}}}
"""


def checks(observations, scenario=SCENARIO):
    record = parse_record(f"record: 1\ntitle: t\nobservations:\n{observations}\n", "r.yaml")
    found = record_problems(record, read_text(scenario.replace("EXTRA", "")))
    return [problem.check for problem in found if problem.severity == "error"]


def test_double_use_is_refused_by_name_unless_learnt():
    line = "  battle: {on: 2022-09-16, move: nature.incident, claim: C07}"
    assert checks(line) == ["double-use"]
    assert checks(line, SCENARIO.replace("EXTRA", ", learnt: [toll]")) == []
    assert checks("  battle: {on: 2021-09-16, move: nature.incident, claim: C07}") == []
    derived = SCENARIO.replace("2 per year, because: [toll]", "fact.toll / (31 people) * (1 per year)")
    assert checks(line, derived) == ["double-use"]


def test_leakage_is_refused_and_cut_aloud():
    late = "  late: {on: 2022-10-16, move: nature.incident}"
    assert checks(late) == ["leakage"]
    record = parse_record(f"record: 1\ntitle: t\nobservations:\n  a: {{on: 2022-10-01, move: x}}\n{late}\n")
    cut, left = known_by(record, "2022-10-15")
    assert [each.name for each in cut.observations] == ["a"]
    assert left == 1
    assert record.when(cut.end) == "2022-10-16"


LATE = {
    "observations: {a: {between: [2022-10-14, 2022-10-20], move: x}}": "'a' is of 2022-10-20",
    "observations: {a: {on: 2022-10-17, move: x}}": "'a' is of 2022-10-17",
    "observations: {a: {on: 2022-10, move: x}}": "'a' is of 2022-10-31",
    "coverage: [{of: x, from: 2022-10-01, until: 2022-10-20}]": "the coverage of x goes on to 2022-10-20",
    "observations: {a: {on: 2022-10-15, move: x}}": "",
}


@pytest.mark.parametrize("line", LATE)
def test_what_is_late_is_told_by_its_last_day_and_how_to_read_on(line):
    record = parse_record(f"record: 1\ntitle: t\n{line}\n")
    then = read_text(SCENARIO.replace("EXTRA", "")).model_copy(update={"as_of": "2022-10-15"})
    told = [str(each) for each in record_problems(record, then) if each.check == "leakage"]
    assert len(told) == bool(LATE[line])
    assert all(LATE[line] in each and f"--as-of {LATE[line][-10:]}" in each for each in told)


@pytest.mark.parametrize(("key", "severity"), [("because", ["error"]), ("learnt", ["warning"]), ("", [])])
def test_a_later_fact_is_refused_as_a_reason_and_said_where_a_number_was_learnt_from_it(key, severity):
    text = SCENARIO.replace("date: 2022-09}", "date: 2022-11}").replace("as_of: 2022-10", "as_of: 2022-12")
    text = text.replace(", because: [toll]EXTRA", f", {key}: [toll]" if key else "")
    record = parse_record(
        "record: 1\ntitle: t\nobservations:\n  a: {on: 2022-10-01, move: nature.incident}\n"
    )
    then = read_text(text).model_copy(update={"as_of": "2022-10-15"})
    told = [each for each in record_problems(record, then) if each.check == "leakage"]
    assert [each.severity for each in told] == severity
    assert all("2022-11" in str(each) and "--as-of 2022-11" in str(each) for each in told)


def test_one_event_told_twice():
    twice = "  a: {on: 2022-09-16, move: nature.incident, claim: C1}\n"
    twice += "  b: {on: 2022-09-16, move: nature.incident, claim: C1}"
    assert checks(twice) == ["double-observation"]
    counted = "  a: {on: 2022-09-16, move: nature.incident}\n"
    counted += "  b: {from: 2022-09-01, until: 2022-09-30, of: nature.incident, count: 2}"
    assert checks(counted) == ["double-observation"]


@pytest.mark.parametrize("count", [2, 15, 20, 63, 64, 400])
def test_windows_that_overlap_are_weighed_or_refused_at_once(count):
    """Each doubles what there is to follow; 64 of them overflow a whole number of the machine."""
    lines = ", ".join(f"x{i}: {{on: 2023-01, move: nature.incident}}" for i in range(count))
    text = f"record: 1\ntitle: t\nstart: {{front: quiet}}\nobservations: {{{lines}}}\n"
    scenario = read_text(BORDER, "border.yaml")
    likelihood = Likelihood(scenario, parse_record(text, "r.yaml"))
    if count > 2:
        with pytest.raises(QueryError, match=f"nature.incident in {count} windows at once"):
            likelihood.value({})
    else:
        assert math.isfinite(likelihood.value({}))


@pytest.mark.parametrize(
    "text",
    [
        "kind,name,on,what\nmove,a,2022-01-02,nature.*,,,\n",
        "kind,name,on,what,,\nmove,a,2022-01-02,nature.*,,\n,,,,,\n",
        "Kind;Name;On;What;\r\nMove;a;2022-01-02;nature.*;\r\n",
    ],
)
def test_what_a_spreadsheet_adds_at_the_end_of_a_row_is_nothing(text):
    (found,) = parse_table(text, "t.csv").observations
    assert (found.name, found.of) == ("a", "nature.*")


def test_dates_as_a_refusal_writes_them_are_dates() -> None:
    for day in re.findall(r"'?2022[-0-9]*(?: [0-9:]+')?", DATES):
        assert parse_record(f"record: 1\ntitle: t\nobservations:\n  x: {{on: {day}, move: a}}\n").observations


def test_a_record_ends_on_its_last_day() -> None:
    span = "from: 2022-01-01\nuntil: 2022-03-31\n"
    text = f"record: 1\ntitle: t\n{span}observations:\n  x: {{on: 2022-04-02, move: a}}\n"
    (problem,) = outside(parse_record(text))
    assert problem.message.endswith("2022-01-01 to 2022-03-31")


@pytest.mark.parametrize("listed", ["0%", "0", "0.0"])
def test_coverage_of_which_nothing_is_listed_is_no_coverage(listed):
    """What is seen all the same had the likelihood of what is seen outside all coverage."""
    text = WHOLE.replace("listed: 0.95", f"listed: {listed}")
    table = record_as_csv(parse_record(WHOLE, "border.yaml")).replace(",0.95,", f",{listed},")
    assert f",{listed}," in table
    for read, written in ((parse_record, text), (parse_table, table)):
        with pytest.raises(ScenarioError, match="nothing is listed"):
            read(written, "border")

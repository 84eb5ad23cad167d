"""Files of events: read, refused or accounted for; editions that correct each other; records by rules."""

import os
import resource
from pathlib import Path

import pytest

from bystander.cli.main import run_command
from bystander.errors import QueryError, ScenarioError
from bystander.evidence.editions import EVERYWHERE, EventStore
from bystander.evidence.events import FIELDS, EventMapping, read_events
from bystander.evidence.mapping import EventRule, EventRules, read_rules, record_of_events
from bystander.evidence.reading import read_record
from bystander.evidence.record import Record, day_number
from bystander.evidence.writing import write_record

UCDP = (
    "id,date_start,date_end,date_prec,side_a,side_b,country,best,low,high,type_of_violence,"
    "where_coordinates\n"
)
FIRST = UCDP + (
    "1,2022-09-14,2022-09-14,1,Kyrgyzstan,Tajikistan,Kyrgyzstan,4,3,5,1,Bulak-Bashy\n"
    "2,2022-09-16,2022-09-17,1,Kyrgyzstan,Tajikistan,Kyrgyzstan,63,60,90,1,Batken\n"
    "3,2022-09-16,2022-09-16,1,Kyrgyzstan,Tajikistan,Tajikistan,87,,,1,Isfara\n"
)
FILES = {
    "ucdp": (FIRST, 3, "2022-09-14"),
    "acled": (
        "event_id_cnty,event_date,actor1,actor2,fatalities,event_type,sub_event_type,country,notes,source\n"
        "KGZ1,14 September 2022,A,B,2,Battles,Armed clash,Kyrgyzstan,Shots,Paper\n",
        1,
        "2022-09-14",
    ),
    "icb": (
        "icb1,crisno,crisname,break,viol,yrtrig,motrig,datrig\nICB1,7,X,1.0,2.0,1999.0,8.0,\n",
        1,
        "1999-08-01",
    ),
    "icb-actor": (
        "icb2,crisno,cracno,actor,trigent,triggr,majres,crisname,yrtrig,motrig,datrig\n"
        "ICB2,7,9,KYR,UZB,9,8,X,1999,8,94\n",
        1,
        "1999-08-01",
    ),
    "mie": (
        "micnum,eventnum,ccode1,ccode2,stmon,stday,styear,action,hostlev,fatalmin1,fatalmax1,fatalmin2,fatalmax2\n"
        "2,1,703,702,5,-9,2002,7,3,0,1,2,3\n",
        1,
        "2002-05-01",
    ),
    "mid": ("dispnum,ccode1,ccode2,year,hostlev1,hiact1\n3561,703,702,2003,4,17\n", 1, "2003-01-01"),
    "gdelt": (
        "iso3,country,week,n_events,n_material_conflict\nKGZ,Kyrgyzstan,2015-01-05,246,34\n",
        1,
        "2015-01-05",
    ),
    "views": ("month_id,month,country_id,name,fatalities_sb\n457,2018-01,1,Guyana,0\n", 1, "2018-01-01"),
}


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "events.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("name", FILES)
def test_files_are_recognised_and_read(name: str, tmp_path: Path) -> None:
    text, count, day = FILES[name]
    rows, account = read_events(write(tmp_path, text))
    found = list(rows)
    assert (account.mapping, account.read, account.rows) == (name, count, count)
    assert not account.dropped
    assert found[0][FIELDS.index("begin")] == day_number(day)


def test_missing_is_not_zero(tmp_path: Path) -> None:
    rows, _ = read_events(write(tmp_path, FIRST))
    assert list(rows)[2][FIELDS.index("low")] is None


def test_every_dropped_row_is_accounted_for(tmp_path: Path) -> None:
    rows = [
        "1,2022-09-14,,1,A,B,K,1,1,1,1,x,, ",
        ",2022-09-14,,1,A,B,K,1,1,1,1,x",
        "2,,,1,A,B,K,1,1,1,1,x",
        "3,04/05/2022,,1,A,B,K,1,1,1,1,x",
        "4,25/05/2022,,1,A,B,K,1,1,1,1,x",
        "5,2022-02-30,,1,A,B,K,1,1,1,1,x",
        "6,20220914,,1,A,B,K,many,1,1,1,x",
        "7,2022-09-14,,1,A,B,K,1,5,1,1,x",
        "8,2022-09-14,,1,A,B",
        "1,2022-09-14,,1,A,B,K,1,1,1,1,x",
        '9,2022/9/14,,1,"=cmd()",B,K,1,1,1,1,x',
        "10,soon,,1,A,B,K,1,1,1,1,x",
    ]
    raw = (UCDP + "\n".join(rows) + "\n").encode() + b"11,2022-09-14,,1,caf\xe9,B,K,1,1,1,1,x\n"
    found, account = read_events(write(tmp_path, raw))
    kept = list(found)
    assert [row[0] for row in kept] == ["1", "4", "9"]
    assert account.rows == account.read + sum(account.dropped.values()) == 13
    assert len(account.dropped) == 10
    assert kept[2][FIELDS.index("side_a")] == "=cmd()"


@pytest.mark.parametrize(
    ("begin", "end", "last"),
    [
        ("15,2,1897", "-9,2,1897", "1897-02-28"),
        ("15,2,1897", "-9,-9,1897", "1897-12-31"),
        ("15,2,1897", "-9,12,1897", "1897-12-31"),
        ("-9,2,1897", "-9,3,1897", "1897-03-31"),
        ("15,2,1897", "16,2,1897", "1897-02-16"),
        ("15,2,1897", "14,2,1897", None),
        ("15,2,1897", "-9,1,1897", None),
    ],
)
def test_an_end_that_is_known_to_the_month_or_year_is_its_last_day(tmp_path, begin, end, last) -> None:
    head = "micnum,eventnum,ccode1,ccode2,stday,stmon,styear,endday,endmon,endyear,action,hostlev\n"
    found, account = read_events(write(tmp_path, f"{head}2,1,703,702,{begin},{end},7,3\n"))
    ends = [row[FIELDS.index("finish")] for row in found]
    assert ends == ([] if last is None else [day_number(last)])
    assert list(account.dropped) == (["an end before the beginning"] if last is None else [])


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="none of ucdp"):
        read_events(write(tmp_path, "a,b,c\n1,2,3\n"))
    with pytest.raises(ScenarioError, match="no CSV header"):
        read_events(write(tmp_path, b"\xff\xfe\x00bad\n"))
    for text in ("id,year\r1,2022\r", "id,year\r1,2022\n"):
        with pytest.raises(ScenarioError, match="carriage return"):
            read_events(write(tmp_path, text.encode()))
    with pytest.raises(QueryError, match="cannot be read"):
        read_events(tmp_path / "nothing.csv")


def test_any_csv_by_a_mapping(tmp_path: Path) -> None:
    mine = EventMapping("mine", (), {"id": ("n",), "begin": ("when",), "best": ("dead",)}, day_first=True)
    rows, account = read_events(write(tmp_path, "n,when,dead\nx,04/05/2022,3\n"), mine)
    assert [row[1] for row in rows] == [day_number("2022-05-04")]
    assert account.mapping == "mine"


def test_editions_update_and_withdraw(tmp_path: Path) -> None:
    with EventStore(tmp_path / "events.duckdb") as store:
        one = store.take("ucdp", "25.1", read_events(write(tmp_path, FIRST))[0])
        assert (one.added, one.updated, one.withdrawn) == (3, 0, 0)
        second = FIRST.replace(",63,60,90,", ",59,59,90,").replace(
            "1,2022-09-14,2022-09-14", "4,2022-09-15,2022-09-15"
        )
        two = store.take("ucdp", "25.2", read_events(write(tmp_path, second))[0])
        assert (two.added, two.updated, two.unchanged, two.withdrawn) == (1, 1, 1, 0)
        assert ("2", "best", "63.0", "59.0") in two.changes
        third = UCDP + second.split("\n")[3] + "\n"
        three = store.take("ucdp", "25.3", read_events(write(tmp_path, third))[0], [EVERYWHERE])
        assert (three.unchanged, three.withdrawn, three.withdrawn_ids) == (1, 1, ("2",))
        assert [row["id"] for row in store.rows()] == ["1", "4", "3"]
        assert store.write_parquet(tmp_path / "events.parquet").stat().st_size > 0
        with pytest.raises(QueryError, match="no column"):
            store.rows({"colour": ["red"]})
    with EventStore(tmp_path / "events.duckdb") as again:
        assert len(again.rows({"dataset": ["ucdp"]})) == 3


HELD = (
    "1,2022-09-14,,1,A,B,Kyrgyzstan,1,1,1,1,x\n2,2022-09-16,,1,A,B,Kyrgyzstan,1,1,1,1,x\n"
    "3,2022-09-15,,1,A,C,Tajikistan,1,1,1,1,x\n4,2022-09-15,,1,A,D,,1,1,1,1,x\n"
    "5,2022-12-01,,1,A,B,Kyrgyzstan,1,1,1,1,x\n"
)
KYRGYZ = "7,2022-09-14,,1,A,B,Kyrgyzstan,1,1,1,1,x\n8,2022-09-17,,1,A,B,Kyrgyzstan,1,1,1,1,x\n"


@pytest.mark.parametrize(
    ("rows", "covers", "withdrawn", "kept"),
    [
        (KYRGYZ, (), {"1", "2"}, ("A and D", "Tajikistan")),
        (KYRGYZ, ("tajikistan",), {"1", "2", "3"}, ("A and D",)),
        (KYRGYZ, (EVERYWHERE,), {"1", "2", "3", "4"}, ()),
        (KYRGYZ + "9,2022-09-15,,1,A,D,,1,1,1,1,x\n", (), {"1", "2", "4"}, ("Tajikistan",)),
        ("9,2022-09-15,,1,A,C,Tajikistan,1,1,1,1,x\n", (), {"3"}, ("A and D",)),
        ("", (), set(), ()),
        ("", (EVERYWHERE,), set(), ()),
    ],
)
def test_an_edition_withdraws_only_what_it_covers(tmp_path, rows, covers, withdrawn, kept) -> None:
    with EventStore(tmp_path / "events.duckdb") as store:
        store.take("ucdp", "1", read_events(write(tmp_path, UCDP + HELD))[0])
        report = store.take("ucdp", "2", read_events(write(tmp_path, UCDP + rows))[0], covers)
        assert (set(report.withdrawn_ids), report.kept_of) == (withdrawn, kept)
        assert {row["id"] for row in store.rows()} >= {"1", "2", "3", "4", "5"} - withdrawn


def test_totals_of_a_country_end_where_its_rows_end(tmp_path: Path) -> None:
    """A file in which one country ends earlier says nothing of its later weeks."""
    head = "iso3,country,week,n_events,n_material_conflict\n"
    weeks = ("2015-01-05", "2015-01-12", "2015-01-19", "2015-01-26")
    rows = [f"{iso},{iso},{week},9,3\n" for iso in ("KGZ", "TJK") for week in weeks]
    with EventStore(tmp_path / "events.duckdb") as store:
        store.take("gdelt", "1", read_events(write(tmp_path, head + "".join(rows)))[0])
        shorter = head + "".join([rows[0], rows[2], *rows[4:]])
        report = store.take("gdelt", "2", read_events(write(tmp_path, shorter))[0])
        assert report.withdrawn_ids == ("KGZ-2015-01-12",)


@pytest.mark.timeout(3600 if os.environ.get("BYSTANDER_NIGHT") else 300)
def test_a_long_file_is_read_and_kept_and_every_row_accounted_for(tmp_path: Path) -> None:
    """Rows of five styles of date, some dropped for three reasons; two million of them at night."""
    count = 2_000_000 if os.environ.get("BYSTANDER_NIGHT") else 30_000
    styles = (
        "2022-09-14",
        "20220914",
        "2022/9/14",
        "14 September 2022",
        "25/09/2022",
        "2022-02-30",
        "soon",
        "",
    )
    path = tmp_path / "long.csv"
    with path.open("w", encoding="utf-8") as stream:
        stream.write(UCDP)
        stream.writelines(
            f"{k},{styles[k % 8]},,1,A,B,Kyrgyzstan,{k % 7},{k % 7},{k % 7},1,x\n" for k in range(count)
        )
    with EventStore(tmp_path / "events.duckdb") as store:
        rows, account = read_events(path)
        report = store.take("ucdp", "1", rows)
    assert report.added == account.read
    assert account.rows == count
    assert account.read == count * 5 // 8
    assert sum(account.dropped.values()) == count - account.read
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4e6  # kilobytes


def test_events_become_a_record_by_rules(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        "title: Clashes\ndataset: ucdp\nsource: UCDP GED\nfrom: 2022-01-01\nuntil: 2022-12-31\nlisted: 80%\n"
        "classes:\n  fighting: {side_b: [Tajikistan], at_least: 10}\n  clash: "
        "{side_b: [Tajikistan], below: 10}\n"
    )
    with EventStore(tmp_path / "events.duckdb") as store:
        store.take("ucdp", "25.1", read_events(write(tmp_path, FIRST))[0])
        record = record_of_events(store.rows(), read_rules(tmp_path / "rules.yaml"))
    assert [(each.of, record.when(each.begin)) for each in record.observations] == [
        ("clash", "2022-09-14"),
        ("fighting", "2022-09-16"),
    ]
    assert "events 2, 3" in record.observations[1].says
    assert {window.of for window in record.windows} == {"fighting", "clash"}


ROWS = {
    "ucdp": (
        "id,date_start,date_end,date_prec,type_of_violence,side_a,side_b,country,low,best,high\n",
        "{n},{begin},{finish},{code},1,A,B,Kyrgyzstan,1,{best},9\n",
    ),
    "acled": (
        "event_id_cnty,event_date,time_precision,event_type,actor1,country,fatalities\n",
        "{n},{begin},{code},Battles,A,Kyrgyzstan,{best}\n",
    ),
    "gdelt": (
        "iso3,country,week,n_events,n_material_conflict\n",
        "KGZ{n},Kyrgyzstan,{begin},100,{best}\n",
    ),
    "views": (
        "month_id,month,country_id,name,country,fatalities_sb\n",
        "{n},{begin},150,Kyrgyzstan,Kyrgyzstan,{best}\n",
    ),
}  # fmt: skip
RULES = "title: t\ndataset: {data}\nfrom: 2022-01-01\nuntil: 2022-12-31\nclasses: {{fight: {{{rule}}}}}\n"


def record_from(folder: Path, data: str, rows: list[dict[str, object]], rules: str = "") -> Record:
    head, line = ROWS[data]
    given = {"finish": "", "code": 1, "best": 3}
    text = head + "".join(line.format(n=n, **(given | row)) for n, row in enumerate(rows, 1))
    (folder / "rules.yaml").write_text(rules or RULES.format(data=data, rule="at_least: 0"), encoding="utf-8")
    with EventStore(folder / "events.duckdb") as store:
        store.take(data, "1", read_events(write(folder, text))[0])
        return record_of_events(store.rows(), read_rules(folder / "rules.yaml"))


@pytest.mark.parametrize(
    ("data", "row", "window"),
    [
        ("ucdp", {"begin": "2022-03-05", "finish": "2022-03-05", "code": 1}, ("2022-03-05", "2022-03-05")),
        ("ucdp", {"begin": "2022-03-05", "finish": "2022-03-09", "code": 2}, ("2022-03-05", "2022-03-10")),
        ("ucdp", {"begin": "2022-04-01", "finish": "2022-04-30", "code": 4}, ("2022-04-01", "2022-05-01")),
        ("ucdp", {"begin": "2022-04-11", "finish": "", "code": 4}, ("2022-04-01", "2022-05-01")),
        ("ucdp", {"begin": "2022-01-01", "finish": "2022-12-31", "code": 5}, ("2022-01-01", "2023-01-01")),
        ("acled", {"begin": "2022-03-05", "code": 1}, ("2022-03-05", "2022-03-05")),
        ("acled", {"begin": "2022-03-05", "code": 2}, ("2022-03-02", "2022-03-09")),
        ("acled", {"begin": "2022-03-16", "code": 3}, ("2022-03-01", "2022-04-01")),
        ("gdelt", {"begin": "2022-03-07", "best": 2}, ("2022-03-07", "2022-03-14")),
        ("views", {"begin": "2022-03", "best": 1}, ("2022-03-01", "2022-04-01")),
        ("gdelt", {"begin": "2022-03-07", "best": 0}, None),
        ("views", {"begin": "2022-03", "best": 0}, None),
        ("ucdp", {"begin": "2021-03-05", "finish": "2021-03-05"}, None),
    ],
)
def test_an_event_is_dated_no_more_precisely_than_the_data_set_says(
    tmp_path: Path, data: str, row: dict[str, object], window: tuple[str, str] | None
) -> None:
    record = record_from(tmp_path, data, [row])
    assert [(record.when(each.begin), record.when(each.end)) for each in record.observations] == (
        [window] if window else []
    )
    for ending in ("yaml", "csv"):
        again = read_record(write_record(record, tmp_path / f"again.{ending}"))
        assert again.observations == record.observations


@pytest.mark.parametrize(
    ("code", "dates"),
    [("9", 0), ("x", 0), ("-1", 0), ("3.0", 7), ("Week", 7), ("", 0.0), ("NA", 0.0), ("month", 31)],
)
def test_a_precision_that_nobody_knows_costs_its_own_row(tmp_path: Path, code: str, dates: float) -> None:
    rows = [{"begin": "2022-03-01", "code": code}, {"begin": "2022-04-05"}]
    first, *others = record_from(tmp_path, "ucdp", rows).observations
    known = bool(others)
    assert known == (code not in ("9", "x", "-1"))
    assert not known or first.end - first.begin == dates
    events, account = read_events(tmp_path / "events.csv")
    assert len(list(events)) == 1 + known
    assert sum(account.dropped.values()) == 1 - known


def test_a_precision_kept_by_an_earlier_edition_is_refused() -> None:
    event = {"id": "1", "dataset": "ucdp", "begin": 1.0, "finish": None, "precision": "9", "best": 3.0}
    rules = EventRules("t", "ucdp", "", (EventRule("fight", {}),))
    with pytest.raises(QueryError, match=r"precision of event 1 is '9'.*Correct it in the file"):
        record_of_events([event], rules)


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (RULES.format(data="ucdp", rule="contry: [K]"), "Did you mean 'country'"),
        (RULES.format(data="ucdp", rule="country: {a: b}"), "one text is wanted"),
        (RULES.format(data="ucdp", rule="at_least: 9, below: 3"), "room for no number"),
        (RULES.format(data="ucdp", rule="at_least: -3"), "room for no number"),
        (RULES.format(data="ucdp", rule="at_least: 5%"), "a share of nothing"),
        (RULES.format(data="ucdp", rule="below: 2 percent"), "a share of nothing"),
        (RULES.format(data="ucdp", rule="").replace("{}", "everything"), "does not say which events"),
        (RULES.format(data="", rule="best: 1"), "no data set is named"),
        (RULES.format(data="ucdp", rule="best: 1") + "listed: 0%\n", "nothing is listed"),
        (RULES.format(data="ucdp", rule="best: 1").replace("until: 2022-12-31\n", ""), "together"),
        (RULES.format(data="ucdp", rule="best: 1").replace("2022-12-31", "2021-12-31"), "a later one"),
        (RULES.format(data="ucdp", rule="best: 1").replace("fight", "'big fight'"), "cannot be the name"),
    ],
)
def test_rules_that_sort_nothing_are_refused(tmp_path: Path, rules: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        record_from(tmp_path, "ucdp", [{"begin": "2022-03-05"}], rules)


def test_a_store_without_the_data_set_says_what_it_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record_from(tmp_path, "ucdp", [{"begin": "2022-03-05"}, {"begin": "2021-03-05"}])
    asked = ["events", "--store", str(tmp_path / "events.duckdb"), "-o", str(tmp_path / "out.csv")]
    assert run_command([*asked, "--rules", str(tmp_path / "rules.yaml")]) == 0
    assert "1 observations of 1 of 2 events" in capsys.readouterr().out
    (tmp_path / "rules.yaml").write_text(RULES.format(data="udcp", rule="best: 1"), encoding="utf-8")
    assert run_command([*asked, "--rules", str(tmp_path / "rules.yaml")]) == 2
    assert "holds no events of 'udcp'" in " ".join(capsys.readouterr().err.split())


EVENT = "{n},2022-03-05,,1,1,{side},B,K,1,1,1\n"


@pytest.mark.parametrize(
    ("sides", "kept", "dropped"),
    [
        ([b"A", b"caf\xe9", b"A", b"A"], ["1", "3", "4"], {"bytes that are not UTF-8": 1}),
        ([b'"a\nb\xe9\nc"', b"A", b"A"], ["2", "3"], {"bytes that are not UTF-8": 3}),
        ([b"A", b'"open', b"A", b"A", b"A"], ["1"], {"a quote that is never closed": 4}),
        ([b"A", b'"two\nlines"', b"A"], ["1", "2", "3"], {}),
        ([b"A", b'"' + b"x" * 250_000, b"A", b"A"], ["1", "3", "4"], {"no CSV row": 1}),
    ],
)
def test_every_line_is_accounted_for(
    tmp_path: Path, sides: list[bytes], kept: list[str], dropped: dict[str, int]
) -> None:
    lines = [
        EVENT.format(n=n, side="SIDE").encode().replace(b"SIDE", side) for n, side in enumerate(sides, 1)
    ]
    rows, account = read_events(write(tmp_path, ROWS["ucdp"][0].encode() + b"".join(lines)))
    assert [row[0] for row in rows] == kept
    assert dict(account.dropped) == dropped
    assert account.rows == account.read + sum(account.dropped.values())


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_file_is_read_whatever_separates_its_cells(tmp_path: Path, mark: str) -> None:
    text = ROWS["ucdp"][0] + EVENT.format(n=1, side="A")
    rows, _ = read_events(write(tmp_path, text.replace(",", mark)))
    assert [row[0] for row in rows] == ["1"]


def test_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="two columns are called best"):
        read_events(write(tmp_path, ROWS["ucdp"][0].replace("high", "high,best") + "x\n"))


@pytest.mark.parametrize(
    ("toll", "best"), [('"1,063"', 1063.0), ('"1,063,000"', 1063000.0), ('"1,06"', None), ("1 063", None)]
)
def test_thousands_in_tolls_are_read_and_other_commas_are_not(tmp_path: Path, toll: str, best: float) -> None:
    text = UCDP + f"1,2022-09-14,2022-09-14,1,K,T,K,{toll},,,1,B\n"
    (tmp_path / "events.csv").write_text(text, encoding="utf-8")
    rows, account = read_events(tmp_path / "events.csv")
    read = [row[FIELDS.index("best")] for row in rows]
    assert read == ([] if best is None else [best])
    assert account.read == len(read)


def test_a_store_that_fails_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "foreign.duckdb").write_text("no store")
    with pytest.raises(QueryError, match="cannot be opened as an event store"):
        EventStore(tmp_path / "foreign.duckdb")
    import duckdb

    says = "cannot be used as an event store: IO Error"
    with pytest.raises(QueryError, match=says), EventStore(tmp_path / "full.duckdb"):
        raise duckdb.IOException("IO Error: no space left on device\nmore")


@pytest.mark.parametrize("text", [None, "", "a,b\n"])
def test_what_cannot_be_read_leaves_no_store_behind(tmp_path, monkeypatch, capsys, text) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "some.csv").write_text(text)
    assert run_command(["events", "some.csv", "--store", "mine.duckdb"]) == 2
    assert "some.csv" in capsys.readouterr().err
    assert not (tmp_path / "mine.duckdb").exists()

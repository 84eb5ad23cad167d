"""What users did is on disk before it is answered, and a broken file is set aside, never overwritten."""

import os
import signal
import subprocess
import sys

import pytest

from bystander.app.desk import (
    LONG,
    MOST_BYTES,
    MOST_DESKS,
    MOST_STEPS,
    Desk,
    Pin,
    Variant,
    Workbook,
    understood,
)
from bystander.errors import QueryError


def test_pins_and_desks_outlive_the_program(tmp_path):
    path = tmp_path / "x.workbook.json"
    book = Workbook(path)
    book.pin(Pin("one", Variant({"a": "1 per day"}, ["help"]), {"y": 0.5, "withheld": None}, "a hash"))
    book.put_desk("tabtabtab", Desk([Variant(), Variant({"a": "2 per day"})], 1))
    again = Workbook(path)
    assert [pin.name for pin in again.pins] == ["one"]
    assert again.pins[0].variant == Variant({"a": "1 per day"}, ["help"])
    assert again.pins[0].answers == {"y": 0.5, "withheld": None}
    desk, own = again.desk("tabtabtab")
    assert (own, desk.place, desk.history[1].sets) == (True, 1, {"a": "2 per day"})
    lent, own = again.desk("anothertab")
    assert not own
    assert lent.history == desk.history


def test_pins_keep_their_place_and_can_be_taken_away(tmp_path):
    book = Workbook(tmp_path / "x.json")
    for name in "abc":
        book.pin(Pin(name, Variant()))
    book.pin(Pin("b", Variant({"p": "1"})))
    assert [pin.name for pin in book.pins] == ["a", "b", "c"]
    book.unpin("a")
    book.unpin("nobody")
    assert [pin.name for pin in Workbook(book.path).pins] == ["b", "c"]


def test_two_servers_of_one_folder_lose_nothing_of_each_other(tmp_path):
    one, other = Workbook(tmp_path / "x.json"), Workbook(tmp_path / "x.json")
    one.pin(Pin("first", Variant({"p": "1"})))
    other.pin(Pin("second", Variant({"p": "2"})))
    one.put_desk("deskofone", Desk([Variant({"p": "3"})]))
    other.put_desk("deskofother", Desk([Variant({"p": "4"})]))
    other.unpin("first")
    for book in (one, other, Workbook(one.path)):
        assert [pin.name for pin in book.pins] == ["second"]
        assert [book.desk(name)[1] for name in ("deskofone", "deskofother")] == [True, True]
    one.path.unlink()
    one.pin(Pin("third", Variant()))
    assert [pin.name for pin in other.pins] == ["second", "third"], "what is gone is still held"


def test_sizes_are_bounded(tmp_path):
    book = Workbook(tmp_path / "x.json")
    with pytest.raises(QueryError):
        book.pin(Pin("x" * 200, Variant()))
    with pytest.raises(QueryError):
        book.pin(Pin("x", Variant({str(n): "1" for n in range(1000)})))
    with pytest.raises(QueryError):
        book.put_desk("../../etc", Desk())
    book.put_desk("t" * 12, Desk([Variant() for _ in range(MOST_STEPS + 50)], MOST_STEPS + 49))
    assert len(book.desk("t" * 12)[0].history) == MOST_STEPS
    for n in range(MOST_DESKS + 5):
        book.put_desk(f"desknumber{n}", Desk([Variant()], 0))
    assert not book.desk("t" * 12)[1]


def test_what_is_kept_for_long_stays_small(tmp_path):
    book = Workbook(tmp_path / "x.json")
    long = Variant({f"p{n}": "v" * 190 for n in range(390)})
    for n in range(MOST_DESKS):
        book.put_desk(f"desknumber{n}", Desk([long] * 20 + [Variant({"last": "1"})], 20))
    held = book.desk("desknumber0")[0]
    assert held.history[held.place] == Variant({"last": "1"})
    assert len(held.history) > 2
    assert book.path.stat().st_size < MOST_DESKS * MOST_BYTES
    for pin in (
        Pin("x", Variant(measures=["m" * 1000])),
        Pin("x", Variant(), {"o" * 1000: 1.0}),
        Pin("x", Variant(), {f"o{n}": 1.0 for n in range(1000)}),
    ):
        with pytest.raises(QueryError):
            book.pin(pin)


@pytest.mark.parametrize(
    "damage",
    [b"{ not json", b"", b"\xff\xfe", b'{"pins":' * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b"[]"],
)
def test_a_broken_file_is_set_aside(tmp_path, damage):
    path = tmp_path / "x.workbook.json"
    path.write_bytes(damage)
    book = Workbook(path)
    assert book.pins == []
    aside = [p for p in tmp_path.iterdir() if "unreadable" in p.name]
    assert aside[0].read_bytes() == damage


def test_a_kill_in_the_midst_of_edits_loses_none_that_was_answered(tmp_path):
    path = tmp_path / "x.workbook.json"
    code = (
        "import sys\nfrom pathlib import Path\nfrom bystander.app.desk import Desk, Variant, Workbook\n"
        f"book = Workbook(Path({str(path)!r}))\nn = 0\n"
        "while True:\n"
        "    book.put_desk('tabtabtab', Desk([Variant({'a': str(n)})], 0))\n"
        "    print(n, flush=True)\n    n += 1\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    answered = [process.stdout.readline() for _ in range(30)]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    answered += process.stdout.read().splitlines()
    kept = int(Workbook(path).desk("tabtabtab")[0].history[0].sets["a"])
    assert kept >= int(answered[-1])


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("draws", b'{"draws": -3}', "10 to 1,000 draws, not -3"),
        ("draws", b'{"draws": 9}', "10 to 1,000 draws, not 9"),
        ("draws", b'{"draws": 1000000000}', "10 to 1,000 draws, not 1,000,000,000"),
        ("measures", b'{"upTo": -1}', "1 to 3 measures, not -1"),
        ("measures", b'{"upTo": 0}', "1 to 3 measures, not 0"),
        ("measures", b'{"upTo": 4}', "1 to 3 measures, not 4"),
    ],
)
def test_a_number_out_of_its_bounds_is_refused_with_them(kind, options, said):
    with pytest.raises(QueryError, match=said):
        understood(options, LONG[kind])
    for low in (
        (b'{"draws": 10}', b'{"draws": 1000}') if kind == "draws" else (b'{"upTo": 1}', b'{"upTo": 3}')
    ):
        assert understood(low, LONG[kind])

"""A ledger holds what was written, in order, whatever happens to the process that writes or the file."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bystander.errors import InputError, QueryError
from bystander.forecast.ledger import GENESIS, add_to_ledger, read_ledger

WRITER = """
import sys
from bystander.forecast.ledger import add_to_ledger
for i in range(100_000):
    add_to_ledger(sys.argv[1], "forecast", [(f"{sys.argv[2]}-{i}", {"p": i / 7})])
    print(i, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "ledger.jsonl"
    for i in range(4):
        add_to_ledger(file, "forecast", [(f"q{i}", {"probability": i / 3, "says": "Žž — ß"})])
    return file


def test_what_was_written_is_read(path: Path) -> None:
    ledger = read_ledger(path)
    assert [entry.says["probability"] for entry in ledger.of_kind("forecast")] == [0, 1 / 3, 2 / 3, 1]
    assert read_ledger(path, head=ledger.head[:12]) == ledger
    assert read_ledger(path.with_name("none")).head == GENESIS


def test_any_changed_byte_is_found(path: Path) -> None:
    sound = path.read_bytes()
    chance = random.Random(3)
    for place in chance.sample(range(len(sound)), 150):
        changed = bytearray(sound)
        changed[place] ^= 1 << chance.randrange(7)
        path.write_bytes(bytes(changed))
        with pytest.raises(InputError, match="damaged"):
            read_ledger(path)
        with pytest.raises(InputError, match="damaged"):
            add_to_ledger(path, "forecast", [("new", {})])
        assert path.read_bytes() == bytes(changed)


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (0, 1, 3), (1, 2, 3), (0, 1, 1, 2, 3)])
def test_lines_moved_removed_or_repeated_are_found(path: Path, order: tuple[int, ...]) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[i] for i in order))
    with pytest.raises(InputError, match="damaged"):
        read_ledger(path)


def test_lines_cut_off_are_found_by_the_head(path: Path) -> None:
    head = read_ledger(path).head
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert len(read_ledger(path).entries) == 3
    with pytest.raises(InputError, match="lines are missing"):
        read_ledger(path, head=head)


def test_nothing_is_said_twice_and_all_or_nothing_is_added(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(QueryError, match="'q1' is there already"):
        add_to_ledger(path, "forecast", [("new", {}), ("q1", {})])
    assert path.read_bytes() == before
    assert len(add_to_ledger(path, "resolution", [("q1", {"happened": True})]).entries) == 5


@pytest.mark.parametrize(
    "text", ["", "\n", "{}\n", "[[[[" * 9000 + "\n", json.dumps({"entry": 1}) + "\n", "\xff\n", "null\n"]
)
def test_what_is_no_ledger_is_refused(path: Path, text: str) -> None:
    path.write_bytes(text.encode("latin-1"))
    if not text:
        assert not read_ledger(path).entries
        return
    with pytest.raises(InputError, match="damaged"):
        read_ledger(path)


@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Two writers at once, killed together: every acknowledged entry is there, and the chain holds."""
    path = tmp_path / "ledger.jsonl"
    chance = random.Random(11)
    kept = 0
    for round_ in range(4):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(path), f"{round_}{who}"], stdout=subprocess.PIPE, text=True
            )
            for who in "ab"
        ]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "0\n"
        time.sleep(chance.random() * 0.2)
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        acknowledged = sum(1 + len(writer.communicate()[0].splitlines()) for writer in writers)
        entries = len(read_ledger(path).entries)
        assert kept + acknowledged <= entries <= kept + acknowledged + 2
        kept = entries

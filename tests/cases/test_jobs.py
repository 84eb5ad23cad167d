"""Many scenarios: the same answers whoever computes them, and failures that are answers."""

import hashlib
import os

import pytest

from bystander.cases import jobs
from bystander.cases.changes import Change
from bystander.cases.jobs import answer_change, answer_changes
from bystander.cases.store import Store, key_of
from policy.border import base, border


@pytest.mark.parametrize("many", [0, 100])
def test_workers_change_nothing(monkeypatch, many):
    changes = [Change(sets={"will": will}) for will in (0.1, 0.7, 1.0, 1.3, 2.0)]
    alone = answer_changes(base(), changes, store=Store(None), workers=1)
    monkeypatch.setattr(jobs, "SMALL", 0)
    monkeypatch.setattr(jobs, "MANY", many)
    together = answer_changes(base(), changes, store=Store(None), workers=2)
    assert together.complete
    assert together.answers == alone.answers


def test_rough_answers_are_near_and_say_how_near():
    changes = [Change(draw={"will": will}) for will in (0.3, 0.9, 1.5)]
    sharp = answer_changes(base(), changes, store=Store(None))
    rough = answer_changes(base(), changes, store=Store(None), rough=True)
    for one, two in zip(sharp.answers, rough.answers, strict=True):
        assert one.verdicts.keys() == two.verdicts.keys()
        for name, value in one.outcomes.items():
            assert two.outcomes[name] == pytest.approx(value, rel=1e-3, abs=1e-4)
            assert two.errors[name] > 0.0


def test_what_cannot_be_solved_is_an_answer():
    answers = answer_change(base(), Change(sets={"loss": "3 people"}))
    assert not answers.solved
    assert "loss" in answers.failure
    done = answer_changes(base(), [Change(sets={"loss": "3 people"}), Change()], store=Store(None))
    assert [a.solved for a in done.answers] == [False, True]


def test_equal_changes_have_one_name():
    one = Change(measures=(("hotline", ""), ("envoy", "strong")), enable=("b.c", "a.b"))
    two = Change(measures=(("envoy", "strong"), ("hotline", "")), enable=("a.b", "b.c"))
    assert one.to_json() == two.to_json()
    assert one.to_json() != one.under({"will": 1.0}).to_json()
    assert key_of("a", "b") != key_of("ab", "")


def test_draws_come_before_measures():
    world = Change(measures=(("hotline", ""),), draw={"flare": 0.03})
    assert world.apply(border()).parameters["flare"].value.value == pytest.approx(0.015)
    asked = Change(measures=(("hotline", ""),), sets={"flare": "12 per year"})
    assert asked.apply(border()).parameters["flare"].value.value == pytest.approx(12 / 365.25)


def numbers(kept):
    return {str(name): float(value) for name, value in kept.items()}


KEY = "abcdef"
DAMAGE = {
    "cut short": lambda path, text: path.write_text(text[:-3]),
    "empty": lambda path, text: path.write_text(""),
    "one digit": lambda path, text: path.write_text(text.replace("1.0", "2.0")),
    "one letter": lambda path, text: path.write_text(text.replace("x", "y")),
    "no sum": lambda path, text: path.write_text(text.split("\n")[1]),
    "not text": lambda path, text: path.write_bytes(b"\xff\xfe" * 50),
    "brackets": lambda path, text: path.write_text(store_text("[" * 200_000)),
    "another shape": lambda path, text: path.write_text(store_text('["x", 1.0]')),
    "another kind": lambda path, text: path.write_text(store_text("3")),
    "another's entry": lambda path, text: path.write_text(store_text('{"x": 1.0}', "other")),
    "a link": lambda path, text: (path.rename(path.with_suffix(".old")), path.symlink_to("/etc/hostname")),
    "a pipe": lambda path, text: (path.unlink(), os.mkfifo(path)),
    "a folder": lambda path, text: (path.unlink(), path.mkdir()),
}


def store_text(text, key=KEY):
    told = hashlib.sha256(f"{key}\0{text}".encode()).hexdigest()
    return f"{told}\n{text}"


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_answer_is_dropped_and_made_again(damage, tmp_path):
    store = Store(tmp_path)
    store.put(KEY, {"x": 1.0})
    assert Store(tmp_path).get(KEY, numbers) == {"x": 1.0}
    (path,) = tmp_path.rglob("*.json")
    DAMAGE[damage](path, path.read_text())
    assert Store(tmp_path).get(KEY, numbers) is None
    assert not path.is_file()
    Store(tmp_path).put(KEY, {"x": 1.0})
    assert (Store(tmp_path).get(KEY, numbers) == {"x": 1.0}) == (damage != "a folder")
    assert store.get(KEY, numbers) == {"x": 1.0}


def test_a_place_that_cannot_be_written_is_no_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    store = Store(blocked)
    store.put(KEY, {"x": 1.0})
    assert store.get(KEY, numbers) == {"x": 1.0}

"""Part 4 on the terminal tells what becomes of a move without its reasons once."""

from dataclasses import replace

import pytest

from bystander.assessment.assess import assess
from bystander.cli.terminal import answers
from bystander.report.terminal import answer, reasons
from bystander.report.words.asks import detail
from bystander.report.words.decomposition import MEANINGS, TAKEN, WEIGHED
from bystander.report.words.reasons import lines, within_a_month
from bystander.report.words.sentences import plain
from bystander.scenario import read_scenario
from reference.assessments import ferghana


@pytest.fixture(scope="module")
def border():
    return assess(read_scenario("templates/border"), starts=1)


def test_reasons_taken_away_are_told_once(border, monkeypatch) -> None:
    monkeypatch.setattr(answers, "_width", 1000)
    with answers.capture() as shown:
        reasons(border, answers)
    asked = border.asks[0]
    assert asked.reasons
    assert plain(detail(asked, border.given, border.held)) in shown.get()
    assert shown.get().count("taken away alone, everyone adapting: ") == 1


def test_where_nothing_is_told_before_a_reason_tells_it_itself(border) -> None:
    first = next(r for r in border.reasons if f"{r.owner}.{r.move}" == border.asks[0].moves[0].move)
    told = [plain(line) for line in lines(first, border)]
    assert any("each taken away alone" in line for line in told)
    assert not any("each taken away alone" in plain(line) for line in lines(first, border, taken=False))


def test_reasons_asked_for_one_by_one_explain_only_what_they_tell(border, monkeypatch) -> None:
    monkeypatch.setattr(answers, "_width", 1000)
    with answers.capture() as shown:
        answer(border.reasons, answers, read_scenario("templates/border"), border, border.asks)
    assert "each taken away alone" not in shown.get()
    assert (MEANINGS[TAKEN] in shown.get(), MEANINGS[WEIGHED] in shown.get()) == (False, True)


@pytest.mark.parametrize(
    ("possible", "said"),
    [
        (0.03, "It can be made 3% of the time; at each opportunity it is "),
        (0.49, "It can be made 49% of the time; at each opportunity it is "),
        (0.5, "At each opportunity it is "),
        (1.0, "At each opportunity it is "),
    ],
)
def test_a_chance_at_an_opportunity_says_how_seldom_there_is_one(possible, said) -> None:
    """Likely at each weekly opportunity and unlikely within a month: the opportunities are few."""
    known = ferghana()
    plain_moves = [r for r in known.reasons if not r.blocked and not r.voter]
    move = next(r for r in plain_moves if within_a_month(known, r)[1] is not None)
    told = plain(lines(replace(move, possible=possible), known)[-1])
    assert told.startswith(said)


@pytest.mark.parametrize(
    ("order", "short"),
    [("aab", 1), ("aba", 0), ("aaa", 2)],
)
def test_the_same_stops_it_is_said_of_the_paragraph_before(border, monkeypatch, order, short) -> None:
    monkeypatch.setattr(answers, "_width", 1000)
    body = next(r for r in border.reasons if r.blocked)
    owners = {"a": body, "b": next(r for r in border.reasons if not r.blocked and not r.voter)}
    monkeypatch.setattr(
        "bystander.report.terminal.bystanders_first", lambda _: [owners[letter] for letter in order]
    )
    with answers.capture() as shown:
        reasons(border, answers)
    assert shown.get().count("The same stops it.") == short

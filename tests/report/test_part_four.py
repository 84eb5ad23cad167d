"""Part 4 on the terminal tells what becomes of a move without its reasons once."""

import pytest

from bystander.assessment.assess import assess
from bystander.cli.terminal import answers
from bystander.report.terminal import reasons
from bystander.report.words.asks import detail
from bystander.report.words.reasons import lines
from bystander.report.words.sentences import plain
from bystander.scenario import read_scenario


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

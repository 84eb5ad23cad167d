"""An argument that made the table beats those that know no mechanism; one that did not, does not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bystander.cases.store import Store
from bystander.cases.templates import CaseTable, read_table, read_template
from bystander.cli.main import run_command
from bystander.errors import QueryError
from bystander.evidence import pooled_table
from bystander.evidence.learning import Posterior
from bystander.evidence.pooled_table import PooledLikelihood
from bystander.forecast import table_scores
from bystander.forecast.scores import Example, base_rate_of, by_column, logistic_of, sum_of_signs
from bystander.forecast.table_scores import BASE, COIN, HABIT, LEARNT, ask_about, leave_out
from cases.asking import HEAD, TEMPLATE, drawn, write


def test_the_argument_that_made_the_table_comes_first(tmp_path: Path) -> None:
    table = drawn(tmp_path, 300, (4.0, 2.0, 10.0))
    found = leave_out(table, "organisation", store=Store(None))
    helped = {score.forecaster: score for score in found.scores if score.observed == "helped"}
    assert helped[COIN].log.mean == pytest.approx(np.log(2))
    assert helped[LEARNT].against_base.told == "better"
    assert helped[LEARNT].log.mean < helped[BASE].log.mean - 0.05
    assert helped[LEARNT].log.mean < helped[HABIT].log.mean
    assert helped[LEARNT].log.mean < helped["without war_cost"].log.mean
    assert {"sum of signs", "logistic regression", "rate by clause"} <= set(helped)
    assert all(len(score.rows) == 300 for score in helped.values())
    assert len(found.fits) == 4


def test_what_is_done_is_kept_and_the_rest_is_done_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted after two groups it says what it has; asked again it does the other two."""
    table = drawn(tmp_path, 40, (4.0, 2.0, 10.0))
    whole = leave_out(table, "organisation", store=Store(None))
    store, work, done = Store(tmp_path / "store"), table_scores._work, []

    def impatient(learner: object, fold: object) -> object:
        if len(done) == 2:
            done.clear()
            raise KeyboardInterrupt
        done.append(fold)
        return work(learner, fold)  # type: ignore[arg-type]

    monkeypatch.setattr(table_scores, "_work", impatient)
    part = leave_out(table, "organisation", store=store)
    assert (list(part.fits), part.groups, part.ended) == (["org0", "org1"], 4, "interrupted")
    assert {len(score.rows) for score in part.scores if score.observed == "helped"} == {20}
    again = leave_out(table, "organisation", store=Store(tmp_path / "store"))
    assert (len(done), again.ended) == (2, "")
    assert again.scores == whole.scores
    assert leave_out(table, "organisation", store=Store(tmp_path / "store")).scores == whole.scores
    assert len(done) == 2


def test_plain_forecasters_do_not_see_what_is_not_known_before(tmp_path: Path) -> None:
    template = TEMPLATE.replace("yes: [troops],", "yes: [troops], before: [at_war],")
    rows = "".join(f"r{i},org{i % 2},{'yes' if i % 3 else 'no'},{i % 2},troops\n" for i in range(9))
    table = read_table(write(tmp_path, HEAD + rows, template))
    found = {s.forecaster for s in leave_out(table, "organisation", store=Store(None)).scores}
    assert "rate by clause" in found
    assert "rate by at_war" not in found


def test_rows_learnt_from_are_not_asked_about(tmp_path: Path) -> None:
    table = drawn(tmp_path, 20, (2.0, 1.0, 1.0))
    known = table.only({row.name: number < 15 for number, row in enumerate(table.rows)})
    found = ask_about(known, table, store=Store(None))
    assert {name for score in found.scores for name in score.rows} <= {f"r{i}" for i in range(15, 20)}
    with pytest.raises(QueryError, match=r"learnt from.*--leave-out"):
        ask_about(table, known)
    unseen = [replace(row, name=f"new {row.name}", cells={**row.cells, "answer": ""}) for row in table.rows]
    with pytest.raises(QueryError, match="nothing to score"):
        ask_about(known, replace(table, rows=tuple(unseen)))
    with pytest.raises(QueryError, match="no column 'continent'"):
        leave_out(table, "continent")
    with pytest.raises(QueryError, match="Did you mean 'organisation'"):
        leave_out(table, "organization")
    with pytest.raises(QueryError, match="'answer' says what came"):
        leave_out(table, "answer")
    assert read_table(table.template).rows == table.rows


def test_rows_are_asked_about_in_parts_that_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = drawn(tmp_path, 24, (2.0, 1.0, 1.0))
    known = table.only({row.name: number < 12 for number, row in enumerate(table.rows)})
    whole = ask_about(known, table, store=Store(None))
    monkeypatch.setattr(table_scores, "PART", 5)
    work, done = table_scores._ask_part, []

    def impatient(learner: object, part: CaseTable) -> object:
        if len(done) == 2:
            done.clear()
            raise KeyboardInterrupt
        done.append(tuple(row.name for row in part.rows))
        return work(learner, part)  # type: ignore[arg-type]

    monkeypatch.setattr(table_scores, "_ask_part", impatient)
    with pytest.raises(KeyboardInterrupt):
        ask_about(known, table, store=Store(tmp_path / "store"))
    again = ask_about(known, table, store=Store(tmp_path / "store"))
    assert done == [("r22", "r23")]
    for one, two in zip(again.scores, whole.scores, strict=True):
        assert one.forecaster == two.forecaster
        assert one.rows == pytest.approx(two.rows, rel=1e-7)


def test_the_shipped_start_is_where_learning_ends() -> None:
    """With motives removed, which is the quicker of the two: no slope is left that a climb would follow."""
    table = read_table(read_template("studies/requests-for-help"))
    section = table.template.section
    likelihood = PooledLikelihood(table, section.learn, fixed=dict.fromkeys(section.motives, 0.0))
    begin = section.begin_by_habit
    z = likelihood.coordinates.points([begin[name] for name in likelihood.names])
    _, slope = Posterior(likelihood, likelihood.coordinates).with_slope(z)
    assert np.abs(slope).max() < 0.03


def test_plain_forecasters_in_closed_form() -> None:
    examples = [Example({"c": "a"}, 0)] * 3 + [Example({"c": "b"}, 1)] * 1
    assert base_rate_of(examples, 2)({})[0] == pytest.approx(3.5 / 5)
    assert by_column(examples, 2, "c")({"c": "a"})[0] == pytest.approx((3 + 0.7) / 4)
    assert by_column(examples, 2, "c")({"c": "new"})[0] == pytest.approx(0.7)
    for forecaster in (logistic_of(examples, ["c"]), sum_of_signs(examples, {"c": {"a": 1}})):
        assert forecaster({"c": "a"})[0] > 0.7 > 0.5 > forecaster({"c": "b"})[0]
        assert forecaster({"c": "a"}).sum() == pytest.approx(1.0)


def test_regression_against_its_own_equations() -> None:
    """At the optimum the penalised score is zero."""
    random = np.random.default_rng(2)
    examples = [Example({"c": str(random.integers(3))}, int(random.integers(2))) for _ in range(40)]
    forecast = logistic_of(examples, ["c"])
    missed = np.array([forecast(e.cells)[0] - (e.answer == 0) for e in examples])
    assert abs(missed.mean()) < 1e-2


@pytest.mark.parametrize("call", [["cases"], ["cases", "--leave-out", "organisation"], ["score"]])
@pytest.mark.parametrize("stopped", [False, True])
def test_a_search_that_did_not_settle_is_said_by_every_verb(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    call: list[str],
    stopped: bool,
) -> None:
    monkeypatch.setenv("BYSTANDER_CACHE", str(tmp_path / "cache"))
    if stopped:
        monkeypatch.setattr(pooled_table, "ROUGHLY", (0, 0.03))
        monkeypatch.setattr(pooled_table, "CLOSELY", (0, 2e-3))
    drawn(tmp_path, 12, (4.0, 2.0, 10.0))
    (tmp_path / "more.csv").write_text("answer,at_war,clause,case_id\ntroops,1,yes,n1\n", encoding="utf-8")
    template = str(tmp_path / "help.yaml")
    verb, *rest = call
    what = [str(tmp_path / "more.csv"), "--template", template] if verb == "score" else [template]
    assert run_command([verb, *what, *rest]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert ("The search did not settle" in told and "`begin:` under" in told) is stopped


def test_a_file_from_elsewhere_is_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other columns, another order, other codes, other groups; what is missing is counted, once."""
    monkeypatch.setenv("BYSTANDER_CACHE", str(tmp_path / "cache"))
    drawn(tmp_path, 30, (4.0, 2.0, 10.0))
    more = tmp_path / "more.csv"
    more.write_text("why,answer,at_war,clause,case_id\n,Troops,1.0,YES,n1\n,none,,no,n2\n", encoding="utf-8")
    call = ["score", str(more), "--template", str(tmp_path / "help.yaml")]
    assert run_command(call) == 0
    told = capsys.readouterr()
    assert "asked about 2." in told.out
    assert "'the argument' goes by what was learnt" in " ".join(told.out.split())
    assert "at_war is not known for n2: war is taken to be 0." in told.err
    more.write_text("answer,at_war,clause,case_id\ntroops,1,often,n1\nboats,0,no,n2\n", encoding="utf-8")
    assert run_command(call) == 2
    told = capsys.readouterr()
    assert "more.csv:2:1: error: In row n1, 'often' in clause" in told.err
    assert "more.csv:3:1: error: In row n2, 'boats' in answer" in told.err
    assert not told.out

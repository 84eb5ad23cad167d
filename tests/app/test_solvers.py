"""One queue: tasks are done in the order asked, and each can be taken out of it at any moment."""

import asyncio
import contextlib
import io
import subprocess
import threading

import pytest

from bystander.app.solvers import Solver, SolverEndedError, StoppedError, read_message, write_message
from bystander.errors import BystanderError

TEXT = (
    "bystander: 1\ntitle: t\nas_of: 2024-01-01\nhorizon: 1 year\nvariables: {s: {levels: [a, b], start: a}}\n"
)
ASKED = {"source": "t.yaml", "text": TEXT}


def with_solver(act):
    async def go():
        solver = Solver()
        solver.start()
        try:
            return await asyncio.wait_for(act(solver), 120.0)
        finally:
            solver.close()

    return asyncio.run(go())


async def outcome(answer):
    try:
        return "done" if b"sound" in await answer else "?"
    except StoppedError:
        return "stopped"


def test_tasks_are_done_in_the_order_asked_though_awaited_in_another():
    order = []

    async def act(solver):
        async def one(name, answer):
            await answer
            order.append(name)

        asked = [(name, solver.ask("check", ASKED, name=name)) for name in "abcd"]
        assert solver.asked == ("a", "b", "c", "d")
        await asyncio.gather(*(one(*each) for each in reversed(asked)))
        assert solver.asked == ()

    with_solver(act)
    assert order == ["a", "b", "c", "d"]


@pytest.mark.parametrize("stopped", ["a", "b", "abcd"])
@pytest.mark.parametrize("moment", ["at once", "when they wait", "under way"])
def test_what_is_stopped_is_not_done_and_the_others_are(stopped, moment):
    """Even in the moment between being asked and having its turn."""

    async def act(solver):
        answers = {name: solver.ask("check", ASKED, name=name) for name in "abcd"}
        tasks = {name: asyncio.ensure_future(outcome(answer)) for name, answer in answers.items()}
        if moment != "at once":
            await asyncio.sleep(0)
        if moment == "under way":
            await asyncio.sleep(0.05)
        for name in stopped:
            solver.stop(name)
        return {name: await task for name, task in tasks.items()}

    found = with_solver(act)
    assert found == {name: "stopped" if name in stopped else "done" for name in "abcd"}


def test_stopping_what_just_ended_does_not_end_the_next():
    """The answer has come, and its task has not been told so yet."""

    async def act(solver):
        told = threading.Event()
        converse = solver._converse

        def conversing(*given):
            answer = converse(*given)
            told.set()
            return answer

        solver._converse = conversing
        tasks = [asyncio.ensure_future(outcome(solver.ask("check", ASKED, name=name))) for name in "ab"]
        while not told.is_set():
            await asyncio.sleep(0)
            told.wait(0.01)  # the loop is held: nobody hears that the answer has come
        solver.stop("a")
        return [await task for task in tasks]

    assert with_solver(act) == ["done", "done"]


def test_who_leaves_the_queue_lets_the_others_pass():
    async def act(solver):
        tasks = [asyncio.ensure_future(outcome(solver.ask("check", ASKED, name=name))) for name in "abc"]
        await asyncio.sleep(0.01)
        tasks[0].cancel()
        tasks[1].cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tasks[0]
        return await tasks[2], solver.asked

    assert with_solver(act) == ("done", ())


def test_withdrawing_leaves_what_is_being_done():
    async def act(solver):
        tasks = [asyncio.ensure_future(outcome(solver.ask("check", ASKED, name=name))) for name in "ab"]
        await asyncio.sleep(0.01)
        for name in "ab":
            solver.withdraw(name)
        return [await task for task in tasks]

    assert with_solver(act) == ["done", "stopped"]


def test_a_task_that_is_refused_lets_the_next_pass():
    async def act(solver):
        first = solver.ask("nothing", {})
        second = solver.ask("check", ASKED)
        with pytest.raises(BystanderError):
            await first
        return await outcome(second)

    assert with_solver(act) == "done"


def test_a_message_that_is_cut_short_is_an_end_wherever_it_is_cut():
    """The process may be killed while it writes its answer."""
    pipe = io.BytesIO()
    write_message(pipe, ["answer", b"{}" * 40])
    whole = pipe.getvalue()
    for length in range(len(whole)):
        with pytest.raises(EOFError):
            read_message(io.BytesIO(whole[:length]))
    assert read_message(io.BytesIO(whole)) == ["answer", b"{}" * 40]


def test_where_no_process_can_be_started_the_task_fails_with_a_message(monkeypatch):
    def refuse(*_, **__):
        raise OSError(12, "Cannot allocate memory")

    async def act():
        solver = Solver()
        monkeypatch.setattr(subprocess, "Popen", refuse)
        with pytest.raises(SolverEndedError, match="try again"):
            await solver.ask("check", ASKED)
        return solver.asked

    assert asyncio.run(act()) == ()


RATED = TEXT + (
    "parameters: {pace: {value: 1 per year}}\n"
    "hazards: {go: {when: s == a, rate: pace, then: {s: b}}}\noutcomes: {o: {ever: s == b}}\n"
)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"sets": {"pace": "1 week"}}, "the new value of pace: The new value must be a rate"),
        ({"sets": {"pace": "three cows"}}, "the new value of pace"),
        ({"sets": {"pase": "1"}}, "There is no parameter 'pase' in t."),
        ({"measures": ["none"]}, "There is no measure 'none'"),
    ],
)
def test_what_is_refused_is_refused_in_words_of_the_page(tmp_path, asked, said):
    (tmp_path / "t.yaml").write_text(RATED)

    async def act(solver):
        with pytest.raises(BystanderError) as refused:
            await solver.ask("variant", {"source": str(tmp_path / "t.yaml"), "variant": asked}, name="v")
        return str(refused.value)

    told = with_solver(act)
    assert told.startswith(said)
    assert not any(word in told for word in ("--", "input:", "error:", "Traceback"))

"""Ranges cover everything once, in order, whatever the threads; and nothing hangs."""

import os
import threading

import pytest

from bystander.numerics.workers import ranges, run_ranges, thread_count


@pytest.mark.parametrize(("size", "parts"), [(10, 3), (7, 7), (5, 8), (0, 1), (1000, 16)])
def test_ranges_cover_every_row_once(size, parts):
    cut = ranges(size, parts)
    assert [row for low, high in cut for row in range(low, high)] == list(range(size))
    assert max(high - low for low, high in cut) - min(high - low for low, high in cut) <= 1


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_results_come_in_the_order_of_the_ranges(monkeypatch, threads):
    monkeypatch.setenv("BYSTANDER_THREADS", threads)
    assert thread_count() == int(threads)
    assert run_ranges(lambda low, high: (low, high), ranges(100, 13)) == list(ranges(100, 13))


def test_a_task_may_cut_its_own_work_into_ranges(monkeypatch):
    monkeypatch.setenv("BYSTANDER_THREADS", "3")

    def inner(low, high):
        return sum(run_ranges(lambda a, b: sum(range(a + low, b + low)), ranges(high - low, 4)))

    assert sum(run_ranges(inner, ranges(1000, 20))) == sum(range(1000))


def test_an_error_in_a_helper_reaches_the_caller(monkeypatch):
    monkeypatch.setenv("BYSTANDER_THREADS", "2")
    caller = threading.get_ident()
    both_here = threading.Barrier(2, timeout=10)

    def task(low, high):
        both_here.wait()
        if threading.get_ident() != caller:
            raise ArithmeticError("in the helper")
        return low

    with pytest.raises(ArithmeticError, match="in the helper"):
        run_ranges(task, ranges(2, 2))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own(monkeypatch):
    monkeypatch.setenv("BYSTANDER_THREADS", "2")
    run_ranges(lambda low, high: low, ranges(8, 8))
    child = os.fork()
    if child == 0:
        fine = run_ranges(lambda low, high: low, ranges(8, 8)) == list(range(8))
        os._exit(0 if fine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

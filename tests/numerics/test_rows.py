"""Rows: what compiled code does with them is what plain Python does."""

import numpy as np
import pytest

from bystander.numerics.jit import kernel
from bystander.numerics.rows import (
    distance,
    exp_list,
    exp_row,
    exponent_row,
    floor_row,
    larger,
    load_row,
    load_single,
    log_row,
    max_row,
    smaller,
    store_row,
    store_single,
    sum_row,
    two_to,
)

WIDTHS = (1, 2, 4, 8, 12)


@kernel(borrow=True)
def everything(a, b, single, number, lanes, out, sums):
    first, second = load_row(a, 1, lanes), load_row(b, 2, lanes)
    store_row(out, 0, first + second)
    store_row(out, 1, first - number)
    store_row(out, 2, number * second)
    store_row(out, 3, first / second)
    store_row(out, 4, larger(first, second))
    store_row(out, 5, smaller(first, second))
    store_row(out, 6, distance(first, second))
    store_row(out, 7, floor_row(first))
    store_row(out, 8, two_to(floor_row(first)))
    store_row(out, 9, exponent_row(distance(second, first) + 0.1))
    store_single(single, 1, first)
    store_row(out, 10, load_single(single, 0, lanes) + load_single(single, 1, lanes))
    sums[0] = sum_row(first)
    sums[1] = max_row(second)


@pytest.mark.parametrize("width", WIDTHS)
def test_compiled_rows_do_what_arrays_do(width):
    random = np.random.default_rng(width)
    a, b = random.normal(size=(3, width)) * 9, random.normal(size=(4, width)) * 9
    single = random.normal(size=(2, width)).astype(np.float32)
    answers = []
    for function in (everything, everything.py_func):
        out, sums, narrow = np.zeros((11, width)), np.zeros(2), single.copy()
        function(a, b, narrow, 1.5, (0,) * width, out, sums)
        answers.append((out, sums, narrow))
    for compiled, plain in zip(*answers, strict=True):
        np.testing.assert_allclose(compiled, plain, rtol=1e-15)


def test_rows_are_read_from_any_contiguous_array():
    flat = np.arange(12.0)
    np.testing.assert_array_equal(load_row(flat, 2, (0,) * 4), [8, 9, 10, 11])


@kernel(borrow=True)
def both(z, x, lanes, exps, logs):
    store_row(exps, 0, exp_row(load_row(z, 0, lanes)))
    store_row(logs, 0, log_row(load_row(x, 0, lanes)))


def both_plainly(z, x, lanes, exps, logs):
    exps[:] = exp_row.py_func(z)
    logs[:] = log_row.py_func(x)


@pytest.mark.parametrize("form", [both, both_plainly], ids=["compiled", "plain"])
def test_exp_and_log_have_the_stated_accuracy(form):
    random = np.random.default_rng(1)
    z = np.concatenate(
        [random.uniform(-700, 700, 2000), random.normal(size=2000), [0.0, -0.0, 700.0, -700.0]]
    )
    x = np.concatenate([np.exp(random.uniform(-700, 700, 2000)), random.uniform(0.5, 2, 2002), [1.0, 2.0]])
    exps, logs = np.empty_like(z), np.empty_like(z)
    for start in range(0, len(z), 4):
        part = slice(start, start + 4)
        form(z[part].copy(), x[part].copy(), (0,) * 4, exps[part], logs[part])
    exact = np.exp(z.astype(np.longdouble))
    assert float(np.abs(exps / exact - 1).max()) < 5e-16
    exact = np.log(x.astype(np.longdouble))
    assert float((np.abs(logs - exact) / (1 + np.abs(exact))).max()) < 5e-16


def test_exp_is_cut_off_where_stated_and_keeps_nan():
    exps, logs = np.empty(4), np.empty(4)
    both(np.array([1e9, -np.inf, np.nan, 701.0]), np.ones(4), (0,) * 4, exps, logs)
    assert exps[0] == exps[3] == pytest.approx(np.exp(700.0))
    assert exps[1] == pytest.approx(np.exp(-700.0))
    assert np.isnan(exps[2])
    np.testing.assert_array_equal(logs, 0.0)


def test_lists_are_exponentiated_row_by_row():
    z, out = np.linspace(-3, 3, 16), np.zeros(16)
    exp_list(z, 9, out)
    np.testing.assert_allclose(out[:9], np.exp(z[:9]), rtol=1e-15)

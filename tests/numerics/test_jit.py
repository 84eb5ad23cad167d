"""Compiled kernels: cached where that is possible, compiled again where it is not, never an error."""

import os
import subprocess
import sys

import numpy as np
import pytest

from bystander.numerics.jit import kernel

SOURCE = """\
from bystander.numerics.jit import kernel

@kernel
def double(x: float) -> float:
    return {factor} * x

if __name__ == "__main__":
    print(double(21.0), sum(double.stats.cache_hits.values()))
"""


def run(folder, cache, factor="2.0"):
    script = folder / "doubling.py"
    script.write_text(SOURCE.format(factor=factor))
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stderr == ""
    value, hits = done.stdout.split()
    return float(value), int(hits)


def test_the_second_run_finds_what_the_first_compiled(tmp_path):
    assert run(tmp_path, tmp_path / "cache") == (42.0, 0)
    assert run(tmp_path, tmp_path / "cache") == (42.0, 1)


def test_changed_code_is_compiled_again(tmp_path):
    run(tmp_path, tmp_path / "cache")
    assert run(tmp_path, tmp_path / "cache", "3.0") == (63.0, 0)


def test_damaged_cache_files_are_replaced(tmp_path):
    cache = tmp_path / "cache"
    run(tmp_path, cache)
    for file in cache.rglob("*.nb*"):
        file.write_bytes(b"not a cache file")
    assert run(tmp_path, cache) == (42.0, 0)
    assert run(tmp_path, cache) == (42.0, 1)


def test_a_cache_that_cannot_be_made_is_done_without(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    assert run(tmp_path, tmp_path / "file" / "cache")[0] == 42.0


def test_the_function_as_written_stays_at_hand():
    @kernel
    def halve(x):
        return x / 2.0

    assert halve.py_func(3.0) == halve(3.0) == 1.5


def test_dividing_by_zero_follows_numpy():
    @kernel
    def divide(x, y):
        return x / y

    assert divide(1.0, 0.0) == np.inf
    assert np.isnan(divide(0.0, 0.0))
    with pytest.raises(ZeroDivisionError):
        divide.py_func(1.0, 0.0)

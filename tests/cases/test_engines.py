"""The same results in this process, in many, and on a scheduler; nothing finished is lost by deaths."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bystander.cases.engines import DIED, LOST, OUT_OF_TIME, check_address, run_tasks, using_scheduler
from bystander.errors import QueryError
from cases import tasks

posix = pytest.mark.skipif(os.name != "posix", reason="kills by signal")
PAYLOADS = {f"k{i}": i for i in range(8)}


def collect(
    task: Any, shared: Any, payloads: dict[str, Any] = PAYLOADS, **how: Any
) -> tuple[str, dict[str, Any]]:
    found: dict[str, Any] = {}
    return run_tasks(task, shared, payloads, found.__setitem__, **how), found


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A real scheduler with two workers, each a process."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as made:
        yield made.scheduler_address


def test_every_engine_gives_the_same_numbers(cluster: str) -> None:
    here = collect(tasks.square, 0.1, workers=1)
    assert here[0] == ""
    assert collect(tasks.square, 0.1, workers=2) == here
    with using_scheduler(cluster):
        assert collect(tasks.square, 0.1) == here


def test_threads_give_the_same_numbers_and_end_for_the_same_reasons() -> None:
    here = collect(tasks.square, 0.1, workers=1)
    assert collect(tasks.square, 0.1, workers=2, threads=True) == here
    assert collect(tasks.square, 1.0, workers=2, threads=True, deadline=time.monotonic() - 1.0) == (
        OUT_OF_TIME,
        {},
    )
    with pytest.raises(ArithmeticError, match="cannot be done"):
        collect(tasks.fails, None, workers=2, threads=True)


def test_each_task_on_a_thread_has_that_thread_alone() -> None:
    _, found = collect(tasks.threads_there, None, workers=2, threads=True)
    assert set(found.values()) == {1}


@posix
def test_a_worker_that_dies_costs_nothing_that_was_finished(cluster: str, tmp_path: Path) -> None:
    right = ("", {key: i * i for key, i in PAYLOADS.items()})
    assert collect(tasks.dies_once, str(tmp_path / "pool"), workers=2) == right
    with using_scheduler(cluster):
        assert collect(tasks.dies_once, str(tmp_path / "dask")) == right


@posix
def test_what_always_kills_its_worker_is_given_up_and_the_rest_kept() -> None:
    ended, found = collect(tasks.always_dies, None, workers=2)
    assert ended == DIED
    assert "k3" not in found
    assert all(found[key] == PAYLOADS[key] for key in found)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_workers_end_with_whoever_asked_for_them(tmp_path: Path) -> None:
    code = "from cases import tasks; from bystander.cases.engines import run_tasks; "
    code += f"run_tasks(tasks.waits, {str(tmp_path)!r}, {{'a': 1, 'b': 2}}, print, workers=2)"
    paths = os.pathsep.join(sys.path)
    asking = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": paths})
    within(60.0, lambda: len(list(tmp_path.iterdir())) == 2)
    workers = [int(path.name) for path in tmp_path.iterdir()]
    assert all(is_running(worker) for worker in workers)
    asking.kill()
    asking.wait()
    within(30.0, lambda: not any(is_running(worker) for worker in workers))


def within(seconds: float, holds: Callable[[], bool]) -> None:
    """Wait until something holds, and fail if it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(process: int) -> bool:
    """Tell whether a process is there and not merely waiting to be buried."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@posix
def test_a_scheduler_that_dies_is_told_and_what_was_finished_is_kept() -> None:
    pytest.importorskip("distributed")
    code = (
        "import os, time\nfrom distributed import LocalCluster\nif __name__ == '__main__':\n"
        "    made = LocalCluster(n_workers=1, threads_per_worker=1, processes=False, protocol='tcp',"
        " dashboard_address=None, host='127.0.0.1')\n"
        "    print(made.scheduler_address, flush=True)\n    time.sleep(100)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        assert process.stdout is not None
        address, found = process.stdout.readline().strip(), dict[str, Any]()

        def keep(key: str, result: Any) -> None:
            found[key] = result
            if len(found) == 2:
                process.kill()

        with using_scheduler(address):
            assert run_tasks(tasks.square, 0.1, {f"k{i}": i for i in range(40)}, keep) == LOST
    assert 2 <= len(found) < 40


def test_errors_of_a_task_are_its_own(cluster: str) -> None:
    with pytest.raises(ArithmeticError, match="cannot be done"):
        collect(tasks.fails, None, workers=2)
    with using_scheduler(cluster), pytest.raises(ArithmeticError, match="cannot be done"):
        collect(tasks.fails, None)


def test_nothing_is_begun_after_the_deadline() -> None:
    late = time.monotonic() - 1.0
    assert collect(tasks.square, 1.0, workers=1, deadline=late) == (OUT_OF_TIME, {})
    assert collect(tasks.square, 1.0, workers=2, deadline=late) == (OUT_OF_TIME, {})
    assert collect(tasks.square, 1.0, {}) == ("", {})


@pytest.mark.parametrize(
    "address",
    ["localhost:8786", "http://localhost:8786", "tcp://", "tcp://host", "tcp://host:99999", "tcp://h:1/x"],
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(QueryError, match="no scheduler"):
        check_address(address)


def test_nobody_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("bystander.cases.engines.WAIT_SECONDS", 0.2)
    with using_scheduler("tcp://127.0.0.1:9"), pytest.raises(QueryError, match="answers at"):
        collect(tasks.square, 1.0)

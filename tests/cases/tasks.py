"""Tasks that other processes can be told to run."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

from bystander.numerics.workers import thread_count


def square(shared: float, payload: float) -> float:
    """A number that depends on both."""
    return shared * float(np.exp(payload)) ** 2


def dies_once(shared: str, payload: int) -> int:
    """Kill the process the first time that payload 3 comes."""
    if payload == 3 and not (marker := Path(shared)).exists():
        marker.write_text("died")
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return payload * payload


def always_dies(shared: Any, payload: int) -> int:
    """Kill the process whenever payload 3 comes."""
    if payload == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return payload


def fails(shared: Any, payload: int) -> int:
    """Raise an error of the task's own."""
    raise ArithmeticError(f"{payload} cannot be done")


def threads_there(_: object, __: int) -> int:
    """Return how many threads a task is given."""
    return thread_count()


def waits(shared: str, payload: int) -> int:
    """Write down the process that works, and work for longer than anyone looks on."""
    (Path(shared) / str(os.getpid())).touch()
    time.sleep(600.0)
    return payload

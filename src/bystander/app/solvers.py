"""Processes that solve, so that the server only ever waits.

A *solver* is one spawned process that does one task at a time, in the order asked; the others stand in its
queue, out of which they can be taken again. It keeps the cases it has solved, tells how far it has come, and
can be stopped: stopping ends the process, since a linear solve listens to nobody, and the next task starts
another. Whatever a task keeps in the store survives that. A process that ends by itself (out of memory, a
crash) fails its task with a message, and the next task starts another process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import msgspec

from bystander.errors import NO_PLACE, BystanderError, InputError

Tell = Callable[[str, float], None]
NICE = 10
HEAD = struct.Struct("<I")
IGNORING = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
COMMAND = "from bystander.app.solvers import main; main()"
"""The interrupt key is its parent's to answer, from before the first import."""


class SolverEndedError(BystanderError):
    """The process that was solving ended before it answered."""


class StoppedError(SolverEndedError):
    """The task was stopped, or taken out of the queue."""


@dataclass(eq=False)
class InLine:
    """A task's place in the queue of a solver.

    Attributes
    ----------
    first
        Set when its turn has come, or it is to wait no longer.
    begun, stopped
        Whether the process was given it, and whether it is wanted no more.
    """

    name: str
    first: asyncio.Event = field(default_factory=asyncio.Event)
    begun: bool = False
    stopped: bool = False


class Solver:
    """One process that solves; see the module.

    Parameters
    ----------
    patient
        Whether its work may wait: it then runs at low priority and on one thread, so that others stay quick.
    """

    def __init__(self, *, patient: bool = False) -> None:
        self._patient = patient
        self._queue: list[InLine] = []
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Return the process, started if none is running."""
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        settings = dict(os.environ)
        if self._patient:
            settings |= {"BYSTANDER_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "BYSTANDER_PATIENT": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"{IGNORING}; {COMMAND}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=settings,
        )
        return self._process

    def ask(
        self, task: str, asked: dict[str, Any], tell: Tell | None = None, name: str = ""
    ) -> Awaitable[bytes]:
        """Put a task into the queue, at once; what is returned is to be awaited, and is its answer, JSON.

        Parameters
        ----------
        name
            What it is stopped by; else the task itself.

        Raises
        ------
        SolverEndedError
            If the process ended, by itself or because it was stopped.
        BystanderError
            If the task was refused; the message says why.
        """
        place = InLine(name or task)
        self._queue.append(place)
        return self._answer(place, task, asked, tell)

    async def _answer(self, place: InLine, task: str, asked: dict[str, Any], tell: Tell | None) -> bytes:
        loop = asyncio.get_running_loop()

        def told(step: str, share: float) -> None:
            if tell is not None:
                loop.call_soon_threadsafe(tell, step, share)

        try:
            if self._queue[0] is not place:
                await place.first.wait()
            if place.stopped:
                raise StoppedError("Stopped.")
            place.begun = True
            return await asyncio.to_thread(self._converse, place, task, asked, told)
        except asyncio.CancelledError:
            self._take_out(place)
            raise
        finally:
            self._queue.remove(place)
            if self._queue:
                self._queue[0].first.set()

    def _converse(self, place: InLine, task: str, asked: dict[str, Any], tell: Tell) -> bytes:
        process = None
        try:
            process = self.start()
            assert process.stdin is not None
            assert process.stdout is not None
            if place.stopped:
                raise EOFError
            write_message(process.stdin, [task, asked])
            while True:
                kind, *rest = read_message(process.stdout)
                if kind == "step":
                    tell(*rest)
                elif kind == "answer":
                    return bytes(rest[0])
                else:
                    raise BystanderError(str(rest[0]))
        except (EOFError, OSError, ValueError) as error:
            if self._process is process:
                self._process = None
            if process is not None:
                _end(process)
            if place.stopped:
                raise StoppedError("Stopped.") from error
            raise SolverEndedError(
                "The process that was solving ended unexpectedly, perhaps for want of memory. Your work is "
                "saved, and another process has taken its place: try again."
            ) from error

    @property
    def asked(self) -> tuple[str, ...]:
        """Names of what is being done, first, and of what waits."""
        return tuple(place.name for place in self._queue)

    def withdraw(self, name: str) -> None:
        """Take what has this name out of the queue, unless it is being done."""
        for place in self._queue:
            if place.name == name and not place.begun:
                self._take_out(place)

    def stop(self, name: str) -> None:
        """Stop what has this name, or take it out of the queue; nothing of that name is no fault."""
        for place in self._queue:
            if place.name == name:
                self._take_out(place)

    def _take_out(self, place: InLine) -> None:
        """Let a task be done no further; the process that is at it ends before the next one has its turn."""
        place.stopped = True
        place.first.set()
        if place.begun and self._process is not None:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5.0)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def write_message(pipe: BinaryIO | Any, message: list[Any]) -> None:
    """Write a message: its length in four bytes, then itself as MessagePack."""
    body = msgspec.msgpack.encode(message)
    pipe.write(HEAD.pack(len(body)) + body)
    pipe.flush()


def read_message(pipe: BinaryIO | Any) -> list[Any]:
    """Read a message.

    Raises
    ------
    EOFError
        If the other side is gone, be it in the middle of a message.
    """
    head = pipe.read(HEAD.size)
    if len(head) < HEAD.size:
        raise EOFError
    size = HEAD.unpack(head)[0]
    body = pipe.read(size)
    if len(body) < size:
        raise EOFError
    found: list[Any] = msgspec.msgpack.decode(body)
    return found


def main() -> None:
    """Do tasks until nobody asks any more: the whole life of a solver's process."""
    if os.environ.get("BYSTANDER_PATIENT"):
        with contextlib.suppress(OSError, AttributeError):
            os.nice(NICE)
    questions = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints, prints where errors go
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()
    from bystander.app import tasks

    while True:
        try:
            task, asked = read_message(questions)
            write_message(answers, _done(tasks, task, asked, answers))
        except (EOFError, OSError):
            return


def _done(tasks: Any, task: str, asked: dict[str, Any], answers: BinaryIO) -> list[Any]:
    last = [0.0]

    def tell(step: str, share: float) -> None:
        now = time.monotonic()
        if now - last[0] > 0.05:
            last[0] = now
            write_message(answers, ["step", step, share])

    try:
        return ["answer", tasks.do(task, asked, tell)]
    except (BystanderError, MemoryError) as error:
        return ["refused", _why(error) or "There is not enough memory for this."]
    except Exception as error:  # a fault of ours is told as one, and the page stays alive
        return ["refused", f"This could not be answered ({type(error).__name__}: {error})."]


def _why(error: Exception) -> str:
    """Say why something was refused, with the place where there is one."""
    if not isinstance(error, InputError):
        return str(error)
    told = (
        ("" if p.mark == NO_PLACE else f"{p.mark}: ", p.message, f" {p.fix}" if p.fix else "")
        for p in error.problems
    )
    return "\n".join("".join(parts) for parts in told)


def _follow(parent: int) -> None:
    """End this process when its parent is gone, whatever it is doing."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)

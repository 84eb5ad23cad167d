"""Stopping when asked: at once, from the first moment, and without passing a part for the whole.

The interrupt key raises `KeyboardInterrupt` where Python is running, and whatever can end early with what it
has does so (`bystander.cases.jobs`). That a part was shown must not go unsaid, so the interruption is
remembered here and decides the exit code. Compiled code cannot be interrupted; it holds no lock, though, so a
thread that waits for the key ends the program when the rest of it has not answered within `PATIENCE`. Nothing
is lost by that: files and kept answers are written whole or not at all. A second press ends it at once.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Any

INTERRUPTED = 130
PATIENCE = 1.5
ENDED = b"Interrupted; what was finished is kept.\n"


class Interruption:
    """The interrupt key from now on: whether it was pressed, and what happens then."""

    def __init__(self) -> None:
        self.pressed = threading.Event()
        self.noticed = threading.Event()

    def listen(self) -> None:
        """Take over the interrupt key, unless this process was started to ignore it, as in the background."""
        if threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            return
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, self._notice)
        threading.Thread(target=self._watch, args=(reading, os.getpid()), daemon=True).start()

    def _notice(self, number: int, frame: FrameType | None) -> Any:
        """Answer the key, in the main thread, between two instructions of Python."""
        del number, frame
        if self.noticed.is_set():
            end_at_once()
        self.pressed.set()
        self.noticed.set()
        raise KeyboardInterrupt

    def _watch(self, reading: int, process: int) -> None:
        """Wait for the key, then for its answer; end the program if none comes."""
        while (pressed := os.read(reading, 1)) and os.getpid() == process:
            if pressed[0] == signal.SIGINT:
                self.pressed.set()
                if not self.noticed.wait(PATIENCE):
                    end_at_once()


def end_at_once() -> None:
    """End the program without looking back."""
    os.write(2, ENDED)
    os._exit(INTERRUPTED)

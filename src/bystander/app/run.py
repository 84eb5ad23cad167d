"""Serving: one port of the loopback, one study, one address to open."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bystander.errors import MissingExtraError, QueryError

if TYPE_CHECKING:
    import uvicorn

    from bystander.app.guard import Guard
    from bystander.app.server import Study

WAITING = 64


def serve_study(
    source: str,
    folder: Path,
    *,
    port: int = 0,
    browser: bool = True,
    record: str = "",
    tell: Callable[[str], None] = print,
) -> None:
    """Serve a scenario on the loopback until interrupted, which ends it as any other work.

    Parameters
    ----------
    port
        0 for any that is free.
    browser
        Whether to open one.
    record
        The record that the date moves over; the scenario's own where none is named.
    tell
        Told the address once it answers.

    Raises
    ------
    MissingExtraError
        If the libraries of the app are not installed.
    QueryError
        If the port is taken.
    """
    try:
        import uvicorn  # noqa: F401  (told missing before anything is begun)

        from bystander.app.guard import Guard
        from bystander.app.server import Study, make_app
    except ImportError as error:
        raise MissingExtraError(
            "The app needs Starlette, uvicorn and msgspec. Install them with: pip install 'bystander[app]'"
        ) from error
    study = Study(source, folder, record)
    study.quick.start()  # it takes a second to be ready for questions
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(("127.0.0.1", port))
        door.listen(WAITING)  # who comes as soon as the address is told waits, and is not sent away
    except OSError as error:
        door.close()
        raise QueryError(
            f"Port {port} cannot be used: {error.strerror}. Choose another with --port, or leave it out."
        ) from error
    guard = Guard(make_app(study), port=door.getsockname()[1])
    server = _host(guard, study)
    try:
        with server.capture_signals():  # an event loop that is interrupted half made ends in disorder
            tell(guard.address)
            if browser:
                threading.Timer(0.3, webbrowser.open, (guard.address,)).start()
            server.run(sockets=[door])
    finally:
        study.close()
        door.close()


def _host(guard: Guard, study: Study) -> uvicorn.Server:
    """Return a server that ends in order, whatever asks it to."""
    import uvicorn

    class Host(uvicorn.Server):
        """Ends what open pages still wait for; what is cut off by that is no error."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Answer a terminal that goes away as the interrupt key is: when nothing is half done."""
            hangup = getattr(signal, "SIGHUP", signal.SIGTERM)
            with super().capture_signals():
                before = signal.getsignal(hangup)
                if callable(before):
                    signal.signal(hangup, self.handle_exit)
                try:
                    yield
                finally:
                    signal.signal(hangup, before)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            study.hang_up()
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            await super().shutdown(sockets)

    return Host(
        uvicorn.Config(
            guard,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            ws="none",
        )
    )

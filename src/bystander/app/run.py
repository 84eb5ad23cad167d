"""Serving: one port of the loopback, one study, one address to open; and who may ask.

Admitted are pages that this server opened, on this machine, and nobody else.

Every request must name this server as its host (which defeats rebinding of names), carry no foreign origin,
and hold the token that was in the opened address. The first visit trades the token for a cookie that scripts
cannot read and other sites cannot send, and leaves the address without it. Whatever changes something must
also say so in a header that a foreign form cannot set. Bodies are bounded while they are read.

The page may load from here only: no inline script or style, no other address, no frame around it.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import secrets
import signal
import socket
import threading
import webbrowser
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from bystander.errors import MissingExtraError, QueryError

if TYPE_CHECKING:
    import uvicorn

    from bystander.app.server import Study

WAITING = 64
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 4_000_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
ASKING = b"x-bystander"
SAFE = ("GET", "HEAD")


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

        from bystander.app.run import Guard
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


class Guard:
    """Lets through what may be asked, and refuses the rest with a sentence."""

    def __init__(self, app: App, *, port: int, token: str = "") -> None:
        self._app = app
        self.port = port
        self.token = token or secrets.token_urlsafe(24)
        self._hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost")}
        self._origins = {b"http://" + host for host in self._hosts}
        self._cookie = f"bystander_{port}"

    @property
    def address(self) -> str:
        """The address to open, with the token in it."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        refusal = self._refusal(scope, headers)
        if refusal:
            await _say(send, *refusal)
        elif scope["path"] == "/" and self._offered(scope):
            baked = f"{self._cookie}={self.token}; HttpOnly; SameSite=Strict; Path=/"
            await _say(send, 303, "", {"location": "/", "set-cookie": baked})
        elif not self._known(headers):
            told = "This page belongs to another session. Open the address that bystander serve printed."
            await _say(send, 403, told)
        else:
            await self._app(scope, _bounded(receive), _guarded(send))

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        if headers.get(b"host") not in self._hosts:
            return 421, "This server answers for 127.0.0.1 only."
        origin = headers.get(b"origin")
        if origin is not None and origin not in self._origins:
            return 403, "Requests from other sites are refused."
        if headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
            return 403, "Requests from other sites are refused."
        if scope["method"] not in SAFE and headers.get(ASKING) != b"1":
            return 403, "Only the page itself may change something."
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MOST_BYTES:
            return 413, f"At most {MOST_BYTES:,} bytes are read."
        return None

    def _offered(self, scope: Scope) -> bool:
        try:
            asked = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=8).get("token", [""])
        except ValueError:  # more of them than anyone asks with
            return False
        return hmac.compare_digest(asked[0].encode(), self.token.encode())

    def _known(self, headers: dict[bytes, bytes]) -> bool:
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get(b"cookie", b"").decode("latin-1"))
        except CookieError:
            return False
        held = cookies.get(self._cookie)
        return held is not None and hmac.compare_digest(held.value.encode(), self.token.encode())


async def _say(send: Send, status: int, text: str, more: dict[str, str] | None = None) -> None:
    headers = {**HEADERS, "content-type": "text/plain; charset=utf-8", **(more or {})}
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": text.encode()})


def _guarded(send: Send) -> Send:
    """Return a send that gives every answer the headers of `HEADERS`."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            held = {name.lower() for name, _ in message["headers"]}
            more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in held]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sending


def _bounded(receive: Receive) -> Receive:
    """Return a receive that ends a body which is longer than it said it would be."""
    read = 0

    async def receiving() -> MutableMapping[str, Any]:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MOST_BYTES:
            return {"type": "http.disconnect"}
        return message

    return receiving

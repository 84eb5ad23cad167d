"""Who may ask: this machine's own page with the token; and the address told is one that answers."""

import asyncio
import socket
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bystander.app.run import MOST_BYTES, Guard, serve_study


async def echo(request):
    return PlainTextResponse(f"{len(await request.body())}")


GUARD = Guard(
    Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST"])]), port=8000, token="t" * 30
)
KNOWN = {"cookie": f"bystander_8000={'t' * 30}"}
ASKING = {**KNOWN, "x-bystander": "1"}


def ask(method="GET", path="/api/page", host="127.0.0.1:8000", body=b"", **headers):
    async def go():
        transport = httpx.ASGITransport(app=GUARD)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, path, content=body, headers=headers)

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ({}, 403),
        ({"cookie": "bystander_8000=wrong"}, 403),
        ({"cookie": "bystander_8001=" + "t" * 30}, 403),
        ({"host": "evil.example:8000", **KNOWN}, 421),
        ({"host": "127.0.0.1:8001", **KNOWN}, 421),
        ({"origin": "http://evil.example", **KNOWN}, 403),
        ({"origin": "http://127.0.0.1:8001", **KNOWN}, 403),
        ({"origin": "null", **KNOWN}, 403),
        ({"sec-fetch-site": "cross-site", **KNOWN}, 403),
        ({"method": "POST", **KNOWN}, 403),
        ({"method": "POST", "body": b"x" * (MOST_BYTES + 1), **ASKING}, 413),
        ({"path": "/?token=wrong"}, 403),
        ({"path": "/?token=%FF%00"}, 403),
        ({"path": "/?" + "&".join(f"a{n}=1" for n in range(50))}, 403),
        ({"path": "/?" + "&".join(f"a{n}=1" for n in range(50)), **KNOWN}, 200),
        (KNOWN, 200),
        ({"origin": "http://127.0.0.1:8000", "method": "POST", "body": b"abc", **ASKING}, 200),
        ({"host": "localhost:8000", **KNOWN}, 200),
    ],
)
def test_only_the_page_itself_is_answered(case, status):
    assert ask(**case).status_code == status


def test_a_token_is_traded_for_a_cookie_that_scripts_cannot_read():
    answer = ask(path=f"/?token={'t' * 30}")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_every_answer_forbids_what_the_page_does_not_need():
    policy = ask(**KNOWN).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_a_body_longer_than_it_said_is_cut_off():
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"x" * 3_000_000, "more_body": True}

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"127.0.0.1:8000"), (b"x-bystander", b"1"), (b"cookie", KNOWN["cookie"].encode())]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/a",
        "query_string": b"",
        "headers": headers,
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "raw_path": b"/a",
    }
    with pytest.raises(Exception, match=r"(?s).*"):
        asyncio.run(asyncio.wait_for(GUARD(scope, receive, send), 5))
    assert not any(message.get("status") == 200 for message in sent)


class ToldError(Exception):
    """Raised to go no further than telling."""


def test_who_comes_as_soon_as_the_address_is_told_is_not_sent_away(tmp_path):
    pytest.importorskip("uvicorn")

    def come(address):
        place = urlsplit(address)
        with socket.create_connection((place.hostname, place.port), timeout=5):
            raise ToldError

    with pytest.raises(ToldError):
        serve_study("templates/border", tmp_path, port=0, browser=False, record="", tell=come)

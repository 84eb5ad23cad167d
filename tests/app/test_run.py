"""The address that is told is one that answers."""

import socket
from urllib.parse import urlsplit

import pytest

pytest.importorskip("uvicorn")

from bystander.app.run import serve_study


class ToldError(Exception):
    """Raised to go no further than telling."""


def test_who_comes_as_soon_as_the_address_is_told_is_not_sent_away(tmp_path):
    def come(address):
        place = urlsplit(address)
        with socket.create_connection((place.hostname, place.port), timeout=5):
            raise ToldError

    with pytest.raises(ToldError):
        serve_study("templates/border", tmp_path, port=0, browser=False, record="", tell=come)

"""The program knows its own version, which stands on every assessment."""

from importlib.metadata import version

import pytest

from bystander.origins import own_version


def test_the_version_is_the_one_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_version() == version("bystander")

    def missing(name: str) -> str:
        from importlib.metadata import PackageNotFoundError

        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", missing)
    assert own_version() == "0+unknown"

"""Files are written whole or not at all."""

import stat
from pathlib import Path

import pytest

from bystander.errors import QueryError
from bystander.files import write_whole


def test_writes_text_and_bytes_and_makes_folders(tmp_path: Path) -> None:
    assert write_whole(tmp_path / "a" / "b.txt", "Фергана\n").read_bytes() == "Фергана\n".encode()
    assert write_whole(tmp_path / "a" / "b.txt", b"\x00\xff").read_bytes() == b"\x00\xff"
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["b.txt"]


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_whole(tmp_path / "report.html", "old")

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bystander.files.os.fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["report.html"]


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    written = write_whole(tmp_path / "written", "")
    assert stat.S_IMODE(written.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_a_folder_in_the_way_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(QueryError, match="taken"):
        write_whole(tmp_path / "taken" / "report.html", "x")

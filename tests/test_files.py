"""Files written whole, through links and pipes but never over them; folders that are private or not used."""

import os
import select
import stat
import threading
from pathlib import Path

import pytest

from bystander.errors import FullError, QueryError
from bystander.files import (
    as_safe_as_its_source,
    ending_of,
    is_file_place,
    is_folder_place,
    private_folder,
    read_plain,
    write_whole,
)


def test_a_link_stays_and_what_it_names_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to("target")
    assert write_whole(link, "new") == link
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "target"]


def test_a_link_to_nothing_makes_the_file_it_names(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("later/target")
    write_whole(link, "new")
    assert (tmp_path / "later" / "target").read_text() == "new"


def test_a_pipe_is_written_through_where_someone_reads(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    with pytest.raises(QueryError, match="nobody reads"):
        write_whole(pipe, "lost")
    handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(handle, True)

    def listen() -> None:
        select.select([handle], [], [], 30.0)
        with open(handle, "rb") as file:  # noqa: PTH123
            read.append(file.read())

    reader = threading.Thread(target=listen)
    reader.start()
    write_whole(pipe, "x" * 200_000)
    reader.join()
    assert read == [b"x" * 200_000]
    assert stat.S_ISFIFO(pipe.lstat().st_mode)


def test_a_full_device_is_a_refusal_and_an_empty_one_takes_all() -> None:
    write_whole("/dev/null", "gone")
    with pytest.raises(FullError, match="No space") as refused:
        write_whole("/dev/full", "x")
    assert refused.value.exit_code == 1


def test_a_reader_who_has_enough_is_no_refusal(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    threading.Timer(0.2, os.close, (reading,)).start()
    with pytest.raises(BrokenPipeError):
        write_whole(pipe, "x" * 1_000_000)


@pytest.mark.parametrize("path", ["", ".", "a\0b", "x" * 300, "file/below", "loop"])
def test_what_is_no_place_for_a_file_is_refused(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(QueryError):
        write_whole(tmp_path / path if path else tmp_path, "x")
    assert (tmp_path / "file").read_text() == "kept"


def test_it_can_be_told_before_writing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    assert is_file_place(tmp_path / "new" / "report.html") == ""
    assert is_file_place(tmp_path / "file") == ""
    assert "folder" in is_file_place(tmp_path)
    assert "not a folder" in is_file_place(tmp_path / "file" / "below")


@pytest.mark.parametrize("ending", ["/", "/.", "//"])
def test_a_text_that_names_a_folder_is_no_place_for_a_file(ending: str, tmp_path: Path) -> None:
    named = f"{tmp_path}/new{ending}"
    assert "names a folder" in is_file_place(named)
    with pytest.raises(QueryError, match="names a folder"):
        write_whole(named, "x")
    assert is_folder_place(named) == ""
    assert not list(tmp_path.iterdir())


def test_only_plain_files_of_bounded_size_are_read(tmp_path: Path) -> None:
    plain, link, pipe = tmp_path / "plain", tmp_path / "link", tmp_path / "pipe"
    plain.write_bytes(b"abc")
    link.symlink_to(plain)
    os.mkfifo(pipe)
    assert read_plain(plain, 3) == b"abc"
    assert read_plain(plain, 2) is None
    assert [read_plain(path, 9) for path in (link, pipe, tmp_path, tmp_path / "absent")] == [None] * 4


def test_a_private_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert private_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)
    assert private_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_others_could_write_to_is_not_private(tmp_path: Path) -> None:
    for mode in (0o777, 0o775, 0o1777):
        open_to_all = tmp_path / oct(mode)
        open_to_all.mkdir()
        open_to_all.chmod(mode)
        assert not private_folder(open_to_all)
    (tmp_path / "link").symlink_to(tmp_path / "own")
    (tmp_path / "own").mkdir(mode=0o700)
    assert not private_folder(tmp_path / "link")
    below = tmp_path / oct(0o777) / "below"
    assert not private_folder(below), "its parent may be renamed by anyone"
    (tmp_path / "file").write_text("")
    assert not private_folder(tmp_path / "file")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give folders away")
def test_a_folder_of_another_user_is_not_private(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, 12345, 12345)
    assert not private_folder(theirs)
    beside = tmp_path / "__pycache__"
    beside.mkdir()
    os.chown(beside, 12345, 12345)
    assert not as_safe_as_its_source(beside)


def test_compiled_code_beside_its_source_is_as_safe_as_that(tmp_path: Path) -> None:
    beside = tmp_path / "__pycache__"
    beside.mkdir(mode=0o755)
    assert as_safe_as_its_source(beside)
    beside.chmod(0o777)
    assert not as_safe_as_its_source(beside)
    tmp_path.chmod(0o777)
    assert as_safe_as_its_source(beside)
    tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("path", "ending"),
    [("x.CSV", ".csv"), ("a.b/x.Json", ".json"), ("x.csv.GZ", ".gz"), ("x", ""), (".csv", "")],
)
def test_capitals_make_no_other_ending(path: str, ending: str) -> None:
    assert ending_of(path) == ending_of(Path(path)) == ending

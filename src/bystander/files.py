"""Files that are written whole or not at all, read only where they are plain, kept only where they are safe.

A file is written beside its destination under another name, flushed, and renamed over it: whoever reads the
destination sees the old contents or the new, never a part, and a run that is stopped leaves nothing behind
but, at worst, a hidden file. A link is followed, so that the file it names is replaced and the link stays;
pipes and terminals are written through; anything else that is no file is refused.

A *private* folder belongs to whoever runs the program and can be entered by no one else. What a program would
trust on sight, such as compiled code, is kept in one or not at all.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from bystander.errors import FullError, QueryError

WRITTEN_THROUGH = ("/dev/", "/proc/")
LONGEST_NAME = 255
"""Bytes of the name of a file or a folder, on every system that is in use."""
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def write_whole(path: str | os.PathLike[str], content: str | bytes, *, mode: int | None = None) -> Path:
    """Write a file atomically, making its folder if there is none.

    Parameters
    ----------
    path
        Where the file goes; an existing file is replaced and keeps its permissions. A link stays a link, and
        what it leads to is replaced. A pipe or a terminal is written through.
    content
        Text (written as UTF-8 with newlines as they are) or bytes.
    mode
        Permissions; those of the file that is replaced, or the usual ones, if None.

    Raises
    ------
    QueryError
        If the folder cannot be made or written to, or the path is no place for a file.
    BrokenPipeError
        If whoever read the pipe had enough of it.
    """
    if why := _is_named_as_folder(path):
        raise QueryError(f"{os.fspath(path)} cannot be written: {why}.")
    path = Path(path)
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    temporary = ""
    try:
        if _is_written_through(path):
            _write_through(path, data)
            return path
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".part", delete=False
        ) as file:
            temporary = file.name
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(_mode_of(target) if mode is None else mode)
        Path(temporary).replace(target)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise not_written(path, error) from error
    except ValueError as error:
        raise QueryError(f"{str(path)!r} is not the name of a file.") from error
    finally:
        if temporary:
            with suppress(OSError):
                Path(temporary).unlink()
    return path


@contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """Keep other processes that do the same from a file while it is read and written anew.

    By a file beside it that the operating system locks, and frees when a process dies.

    Raises
    ------
    QueryError
        If that cannot be made.
    """
    path = Path(os.path.realpath(path))
    lock = path.with_name(f".{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise not_written(path, error) from error
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        fcntl.flock(handle, fcntl.LOCK_EX)


def not_written(path: Path, error: OSError) -> QueryError:
    """Say why a file cannot be written."""
    refusal = FullError if error.errno in FULL else QueryError
    return refusal(f"{path} cannot be written: {error.strerror or error}.")


def not_put_together() -> FullError:
    """Say that a library could not write the file of its own of which the contents are taken."""
    return FullError(
        f"The file cannot be put together in {tempfile.gettempdir()}, which may be full. Name another folder "
        "for temporary files: TMPDIR=folder."
    )


def ending_of(path: str | os.PathLike[str]) -> str:
    """Return what a file's name ends in, ``.csv`` also where ``.CSV`` was typed; "" without an ending."""
    return Path(path).suffix.lower()


def is_file_place(path: str | os.PathLike[str]) -> str:
    """Return why a file cannot go to a path, as far as can be told without writing; "" if it can."""
    if why := _is_named_as_folder(path):
        return why
    path = Path(path)
    try:
        if _is_written_through(path):
            return ""
        if path.is_dir():
            return "it is a folder"
        folder = next(parent for parent in Path(os.path.realpath(path)).parents if parent.exists())
        if not folder.is_dir():
            return f"{folder} is not a folder"
        for name in Path(os.path.realpath(path)).relative_to(folder).parts:
            if len(os.fsencode(name)) > LONGEST_NAME:
                return os.strerror(errno.ENAMETOOLONG)
        return "" if os.access(folder, os.W_OK) else f"{folder} may not be written to"
    except (OSError, ValueError, QueryError) as error:
        return getattr(error, "strerror", None) or str(error)


def is_kept_place(path: str | os.PathLike[str]) -> str:
    """Return why a file that is read and added to cannot be kept at a path; "" if it can."""
    if why := is_file_place(path):
        return why
    path = Path(path)
    if not path.exists():
        return ""
    if not path.is_file():
        return "it is no plain file, and what is kept there could not be read again"
    return "" if os.access(path, os.R_OK | os.W_OK) else "it may not be read and written"


def _is_named_as_folder(path: str | os.PathLike[str]) -> str:
    """Say so where a text ends as only the name of a folder does; a `Path` no longer knows."""
    if os.fspath(path).endswith(("/", f"{os.sep}.", "/.", os.sep)):
        return "it names a folder; add the name of a file"
    return ""


def is_folder_place(path: str | os.PathLike[str]) -> str:
    """Return why files cannot go into a folder, there already or to be made; "" if they can."""
    return is_file_place(Path(path) / "file")


def read_plain(path: str | os.PathLike[str], most: int) -> bytes | None:
    """Return the contents of a plain file of this user, None for anything else or anything larger.

    Links, pipes and devices are not followed or opened for reading; nothing here waits.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags)
    except (OSError, ValueError):
        return None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > most or not _is_own(found):
            return None
        with open(handle, "rb", closefd=False) as file:
            data = file.read(most + 1)
        return data if len(data) <= most else None
    except OSError:
        return None
    finally:
        os.close(handle)


def private_folder(folder: Path) -> bool:
    """Make a folder that is private, or say False where that cannot be had.

    It must be no link, belong to this user, and have been closed to others' writing all along; then it is
    closed to their reading too. Where folders have no owners, on Windows, a folder of the user's is taken.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            return False
        if hasattr(os, "geteuid"):
            if found.st_uid != os.geteuid() or found.st_mode & WRITABLE_BY_OTHERS:
                return False
            if any(_is_open_to_all(parent) for parent in Path(os.path.realpath(folder)).parents):
                return False
            if found.st_mode & 0o077:
                folder.chmod(0o700)
        return _takes_files(folder)
    except OSError:
        return False


def as_safe_as_its_source(folder: Path) -> bool:
    """Say whether a folder of compiled code beside its source can be written to, but by nobody else.

    Nobody, that is, who could not as well write the source.
    """
    try:
        found, source = folder.lstat(), folder.parent.stat()
        if not stat.S_ISDIR(found.st_mode):
            return False
        if hasattr(os, "geteuid"):
            wider = found.st_mode & ~source.st_mode & WRITABLE_BY_OTHERS
            if wider or found.st_uid not in (os.geteuid(), source.st_uid):
                return False
        return _takes_files(folder)
    except OSError:
        return False


def leave_unwritten(stream: TextIO) -> None:
    """Let what a stream has still to write go nowhere, so that ending does not complain once more."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _takes_files(folder: Path) -> bool:
    with tempfile.TemporaryFile(dir=folder):
        return True


def _is_open_to_all(folder: Path) -> bool:
    """Say whether anyone may rename what lies in a folder."""
    mode = folder.stat().st_mode
    return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX


def _is_own(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _is_written_through(path: Path) -> bool:
    try:
        kind = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.S_ISREG(kind):
        return str(path.absolute()).startswith(WRITTEN_THROUGH)
    if stat.S_ISFIFO(kind) or stat.S_ISCHR(kind):
        return True
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    raise QueryError(f"{path} cannot be written: it is neither a file nor a pipe.")


def _write_through(path: Path, data: bytes) -> None:
    """Write to a pipe or terminal that someone reads; a pipe without a reader is refused, not waited for."""
    try:
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "nobody reads this pipe") from None
        raise
    with open(handle, "wb") as file:  # noqa: PTH123  (an open handle, not a path)
        os.set_blocking(handle, True)
        file.write(data)


def _mode_of(target: Path) -> int:
    """Return the permissions of the file that is replaced, or those of a new one."""
    try:
        return stat.S_IMODE(target.stat().st_mode) & 0o777
    except OSError:
        return 0o666 & ~_umask()


def _umask() -> int:
    """Return the permission bits that new files of this process go without."""
    mask = os.umask(0)
    os.umask(mask)
    return mask

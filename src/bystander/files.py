"""Files that are written whole or not at all.

A file is written beside its destination under another name, flushed, and renamed over it: whoever reads the
destination sees the old contents or the new, never a part, and a run that is stopped leaves nothing behind
but, at worst, a hidden file.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from bystander.errors import QueryError


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a file atomically, making its folder if there is none.

    Parameters
    ----------
    path
        Where the file goes; an existing file is replaced.
    content
        Text (written as UTF-8 with newlines as they are) or bytes.

    Returns
    -------
    Path
        The path written.

    Raises
    ------
    QueryError
        If the folder cannot be made or written to.
    """
    path = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        ) as file:
            temporary = file.name
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except OSError as error:
        raise QueryError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        if temporary:
            with suppress(OSError):
                Path(temporary).unlink()
    return path


def _umask() -> int:
    """Return the permission bits that new files of this process go without."""
    mask = os.umask(0)
    os.umask(mask)
    return mask

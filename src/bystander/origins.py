"""Where the program comes from: its version, and never the folder one happens to work in.

A scenario is often a file in a folder that others have filled. Python puts the current folder first on the
path it imports from when a program is started with ``-m`` or ``-c``, or where ``PYTHONPATH`` has an empty
entry; a file called ``numpy.py`` beside a scenario would then run. The doors therefore leave the current
folder out of the path before anything else is imported, and processes started from here get that path and no
other.

What cannot be helped from inside: ``python -m bystander`` looks for ``bystander`` itself in the current
folder before a line of this program runs. The command ``bystander``, and ``python -P -m bystander``, do not.
"""

from __future__ import annotations

import os
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120


def leave_out_the_current_folder() -> None:
    """Import nothing more from the current folder, in this process and in Python processes it starts."""
    sys.path[:] = safe_path()
    os.environ["PYTHONSAFEPATH"] = "1"


def safe_path() -> list[str]:
    """Return the path that modules are imported from, absolute, without the current folder.

    The folder stays where it is the one that holds this program or Python's own modules.
    """
    try:
        here = os.path.realpath(os.getcwd())  # noqa: PTH109
    except OSError:
        here = ""
    needed = {os.path.realpath(HERE), os.path.realpath(os.path.dirname(os.__file__))}  # noqa: PTH120
    found = [os.path.abspath(entry) for entry in sys.path if entry]  # noqa: PTH100
    return [entry for entry in found if (real := os.path.realpath(entry)) != here or real in needed]


def own_version() -> str:
    """Return the installed version of Bystander."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("bystander")
    except PackageNotFoundError:
        return "0+unknown"

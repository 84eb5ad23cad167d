"""Compiled kernels: one typed door to Numba.

``@kernel`` compiles a function over arrays and numbers to machine code, without the interpreter lock, and
keeps the result on disk so that the second run of the program starts at once. Division by zero follows NumPy
(infinity or NaN, no exception). ``fast=True`` also lets the compiler reorder sums and fuse multiply-add,
which turns sums into vector instructions; leave it off where the order of a sum is part of the algorithm, or
use ``fuse=True`` for fused multiply-add alone.

Kernels start no threads: a kernel works on a range of rows and releases the interpreter lock, so that its
caller may give ranges to its own threads. Results therefore never depend on the number of threads.

Where compiled code is kept: ``NUMBA_CACHE_DIR`` if set, else ``__pycache__`` beside the source, else the
user's cache directory, else a directory for temporary files, else nowhere. A cache that cannot be written or
read is never an error: the kernel is compiled again.

The undecorated function stays available as ``kernel_function.py_func``.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar, cast, overload

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)

FUSE = {"contract"}
REORDER = {"contract", "reassoc", "nsz", "arcp"}


class Kernel(Protocol[P, R_co]):
    """A compiled function and the Python function it was compiled from."""

    py_func: Callable[..., Any]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Run the compiled code."""
        ...


def _writable(directory: Path) -> bool:
    """Say whether a file can be created in a directory, creating the directory if need be."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return True
    except OSError:
        return False


def choose_cache_directory() -> str | None:
    """Return a directory for compiled code when the place beside the source cannot be written, else None."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        if _writable(Path(given)):
            return given
    elif _writable(Path(__file__).parent / "__pycache__"):
        return None
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    for directory in (home / "bystander" / "kernels", Path(tempfile.gettempdir()) / "bystander-kernels"):
        if _writable(directory):
            return str(directory)
    return None


_directory = choose_cache_directory()
if _directory is not None:
    os.environ["NUMBA_CACHE_DIR"] = _directory
elif "NUMBA_CACHE_DIR" in os.environ:
    del os.environ["NUMBA_CACHE_DIR"]

import numba  # noqa: E402  (reads NUMBA_CACHE_DIR when first imported)
from numba.core.caching import FunctionCache  # noqa: E402


def _digest(directory: Path) -> str:
    """Hash the sources that hold kernels, here and in a given folder: compiled code depends on them all."""
    digest = hashlib.sha256()
    for folder in sorted({Path(__file__).parent, directory}):
        for source in sorted(folder.glob("*.py")):
            text = source.read_bytes()
            if b"@kernel" in text or b"@intrinsic" in text or b"overload(" in text:
                digest.update(text)
    return digest.hexdigest()


_digest_once = lru_cache(maxsize=None)(_digest)


class _ForgivingCache(FunctionCache):
    """A function cache that knows which sources its code came from, and takes any failure for "not cached".

    Numba looks only at the file of the function itself: a change in a kernel it calls would go unnoticed.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        source = Path(function.__code__.co_filename)
        self._cache_file._source_stamp = (
            _digest_once(source.parent) + hashlib.sha256(source.read_bytes()).hexdigest()
        )

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(Exception):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:
            with suppress(Exception):
                self._cache_file.flush()  # type: ignore[no-untyped-call]
            return None


@overload
def kernel(function: Callable[P, R_co], /) -> Kernel[P, R_co]: ...
@overload
def kernel(
    *, fast: bool = False, fuse: bool = False, inline: bool = False, borrow: bool = False
) -> Callable[[Callable[P, R_co]], Kernel[P, R_co]]: ...
def kernel(
    function: Any = None,
    /,
    *,
    fast: bool = False,
    fuse: bool = False,
    inline: bool = False,
    borrow: bool = False,
) -> Any:
    """Compile a function to machine code on its first call with each combination of argument types.

    Parameters
    ----------
    function
        A function of arrays and numbers, written in the subset of Python that Numba compiles.
    fast
        Allow sums to be reordered and multiply-add to be fused. Infinities and NaNs keep their meaning.
    fuse
        Allow multiply-add to be fused, and nothing else.
    inline
        Compile the function into its callers, for the pieces of inner loops.
    borrow
        Use arrays without counting references to them. The function may then not make or return arrays, and
        calls of other kernels cost nothing but the call: counting takes longer than a short loop over a row.

    Returns
    -------
    Kernel
        The compiled function; ``.py_func`` is the function as written.
    """
    flags = REORDER if fast else FUSE if fuse else False
    if function is None:
        return lambda wrapped: _compile(wrapped, flags, inline, borrow)
    return _compile(function, flags, inline, borrow)


def _compile(
    function: Callable[..., Any], flags: set[str] | bool, inline: bool, borrow: bool
) -> Kernel[..., Any]:
    counting: dict[str, Any] = {"_nrt": False} if borrow else {}
    dispatcher: Any = numba.njit(
        nogil=True, error_model="numpy", fastmath=flags, forceinline=inline, **counting
    )(function)
    with suppress(RuntimeError, OSError):
        dispatcher._cache = _ForgivingCache(function)
    return cast("Kernel[..., Any]", dispatcher)

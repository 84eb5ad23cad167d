"""Compiled kernels: one typed door to Numba.

``@kernel`` compiles a function over arrays and numbers to machine code, without the interpreter lock, and
keeps the result on disk so that the second run of the program starts at once. Division by zero follows NumPy
(infinity or NaN, no exception). ``fast=True`` also lets the compiler reorder sums and fuse multiply-add,
which turns sums into vector instructions; leave it off where the order of a sum is part of the algorithm, or
use ``fuse=True`` for fused multiply-add alone.

Kernels start no threads: a kernel works on a range of rows and releases the interpreter lock, so that its
caller may give ranges to its own threads. Results therefore never depend on the number of threads.

Compiled code is trusted on sight: reading it back runs it. It is kept in ``NUMBA_CACHE_DIR`` if set, else in
``__pycache__`` beside the source, else in the user's cache directory, else in a folder for temporary files;
but only where nobody else can write (`bystander.files.private_folder`), else nowhere. A cache that cannot be
written or read is never an error: the kernel is compiled again. Numba's own ``.numba_config.yaml``, which it
would read from the current folder, is not looked at.

A kernel is compiled again for every combination of element type, memory order and writability of its
arguments. Frozen objects hold read-only arrays, fresh results are writable: handing both to kernels through
`read_only` keeps it to one compilation.

The undecorated function stays available as ``kernel_function.py_func``.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray

from bystander.files import as_safe_as_its_source, private_folder

Array = NDArray[Any]


def read_only(array: Array, kind: type[np.generic]) -> Array:
    """Return a contiguous read-only view with the given element type; a copy only where it must be one."""
    view = np.ascontiguousarray(array, dtype=kind).view()
    view.flags.writeable = False
    return view


P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)

FUSE = {"contract"}
REORDER = {"contract", "reassoc", "nsz", "arcp"}


class Kernel(Protocol[P, R_co]):
    """A compiled function and the Python function it was compiled from."""

    py_func: Callable[..., Any]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Run the compiled code."""


def choose_cache_directory() -> str | None:
    """Return a private directory for compiled code, None where it is kept beside the source or nowhere."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        if private_folder(Path(given)):
            return given
    elif _beside(Path(__file__).parent):
        return None
    user = str(os.geteuid()) if hasattr(os, "geteuid") else "user"
    places = [Path(tempfile.gettempdir()) / f"bystander-kernels-{user}"]
    with suppress(RuntimeError):
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
        places.insert(0, home / "bystander" / "kernels")
    return next((str(place) for place in places if private_folder(place)), None)


def _beside(source: Path) -> bool:
    """Say whether compiled code may be kept in ``__pycache__`` beside the source."""
    folder = source / "__pycache__"
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
    return as_safe_as_its_source(folder)


_directory = choose_cache_directory()
if _directory is not None:
    os.environ["NUMBA_CACHE_DIR"] = _directory
elif "NUMBA_CACHE_DIR" in os.environ:
    del os.environ["NUMBA_CACHE_DIR"]


@contextmanager
def _without_configuration() -> Iterator[None]:
    """Import Numba inside so that a ``.numba_config.yaml`` in the current folder says nothing."""
    modules: dict[str, Any] = sys.modules
    reader = modules.get("yaml")
    modules["yaml"] = None  # the module is then taken for absent
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "A Numba config file is found")
            yield
    finally:
        del modules["yaml"]
        if reader is not None:
            modules["yaml"] = reader
        if "numba.core.config" in modules:  # not where the interrupt key came before
            modules["numba.core.config"]._config_fname = ""


with _without_configuration():
    import numba  # reads NUMBA_CACHE_DIR when first imported
    from numba.core.caching import FunctionCache


@cache
def _trusted(folder: Path) -> bool:
    """Say whether compiled code that lies in a folder may be run."""
    return as_safe_as_its_source(folder) if folder.name == "__pycache__" else private_folder(folder)


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
        if not _trusted(Path(self.cache_path)):
            raise RuntimeError(self.cache_path)
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

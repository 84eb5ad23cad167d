"""Random streams named by their purpose.

A stream is the Philox counter generator seeded by ``SeedSequence(entropy=seed, spawn_key=digest(names))``:
the same seed and names always give the same numbers, different names give independent ones, and adding a use
of chance somewhere changes no other stream. There is no global generator. Salmon, Moraes, Dror & Shaw 2011
(counter-based generators).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator


def key(*names: str | int) -> tuple[int, ...]:
    """Hash names to four 32-bit words, the same on every machine and in every run."""
    digest = blake2b("\x1f".join(str(name) for name in names).encode(), digest_size=16).digest()
    return tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))


def stream(seed: int, *names: str | int) -> Generator:
    """Return the stream of random numbers that belongs to a purpose, e.g. ``stream(0, "ensemble", 17)``."""
    import numpy as np

    return np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy=seed, spawn_key=key(*names))))

"""``list`` and ``show``: the catalogue."""

from __future__ import annotations

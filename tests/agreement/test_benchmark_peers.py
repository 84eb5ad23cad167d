"""The peers of the benchmarks find our numbers: Storm and QuantEcon, in every phase they are asked in.

Each needs its optional library; skipped where absent.
"""

from pathlib import Path

import pytest
from benchmarks.cells import US, measure
from benchmarks.peers import PEERS, asked
from benchmarks.register import FAMILIES
from benchmarks.shelf import Shelf

DIGITS = {"storm": 1e-7, "storm gmm++": 1e-5, "quantecon": 1e-9}
CELLS = [(phase, who) for phase, peers in PEERS.items() for who in peers if who in DIGITS]


@pytest.mark.parametrize("family", ["tiny", "crisis-1e3"])
@pytest.mark.parametrize(("phase", "who"), CELLS)
def test_peers_find_the_same_numbers(phase: str, who: str, family: str, tmp_path: Path) -> None:
    library = "quantecon" if who == "quantecon" else "stormpy"
    pytest.importorskip(library, reason=f"{library}, the peer to agree with, is not installed")
    measure(family, phase, US, tmp_path)
    row = asked(who, phase, Shelf(tmp_path, FAMILIES[family]))
    assert row["differs by"] < DIGITS[who]

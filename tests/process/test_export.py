"""The text of both formats, for a process of three situations."""

import numpy as np
import pytest

from bystander.errors import QueryError
from bystander.process.chain import make_chain
from bystander.process.export import drn, prism_labels, prism_rewards, prism_transitions
from reference.processes import process

CHAIN = process([[(0, 2.0, [(0.25, 1), (0.75, 2)])], [(0, 2.0, [(0.5, 0), (0.5, 0)])], []])
WAR = np.array([False, True, True])


def test_drn() -> None:
    text = "".join(drn(make_chain(CHAIN), {"war": WAR}, {"dead": np.array([0.0, 10.0, 0.1])}))
    head, body = text.split("@model\n")
    assert head.splitlines() == [
        "@type: CTMC",
        "@parameters",
        "",
        "@reward_models",
        "dead",
        "@nr_states",
        "3",
        "@nr_choices",
        "3",
    ]
    assert body.splitlines() == [
        "state 0 !2 [0] init",
        "\taction 0",
        "\t\t1 : 0.5",
        "\t\t2 : 1.5",
        "state 1 !2 [10] war",
        "\taction 0",
        "\t\t0 : 2",
        "state 2 !0 [0.10000000000000001] war",
        "\taction 0",
        "\t\t2 : 0",
    ]


def test_prism() -> None:
    chain = make_chain(CHAIN)
    assert "".join(prism_transitions(chain)) == "3 3\n0 1 0.5\n0 2 1.5\n1 0 2\n"
    assert prism_labels(chain, {"war": WAR}) == '0="init" 1="deadlock" 2="war"\n0: 0\n1: 2\n2: 1 2\n'
    assert prism_rewards(chain, np.array([0.0, 2.5, 0.0])) == "3 1\n1 2.5\n"


@pytest.mark.parametrize(("name", "mask"), [("init", WAR), ("two words", WAR), ("war", WAR[:2])])
def test_labels_that_cannot_be_written_are_refused(name: str, mask: np.ndarray) -> None:
    with pytest.raises(QueryError, match="label"):
        prism_labels(make_chain(CHAIN), {name: mask})

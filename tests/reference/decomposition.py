"""An actor's value taken apart everywhere: the plain twin of what reasons add up where they are asked."""

from dataclasses import dataclass

import numpy as np

from bystander.equilibrium.decompose import Term, discounted, terms_of
from bystander.equilibrium.response import respond


@dataclass(frozen=True)
class Decomposition:
    """Flows and totals ``(N, R)`` of each term, and how far the totals are from adding up to the value."""

    terms: tuple[Term, ...]
    flows: np.ndarray
    totals: np.ndarray
    gap: float


def decompose(equilibrium, actor):
    """Decompose the value of an actor, given by its name, in every situation."""
    response = respond(equilibrium)
    i = equilibrium.game.actors.index(actor)
    terms, flows = terms_of(response, i)
    totals = discounted(response, i).solve(flows)
    gap = float(np.abs(totals.sum(axis=1) - response.values[:, i]).max())
    return Decomposition(terms, flows, totals, gap)

"""Every combination of votes, one after the other: the definition, for up to a dozen members."""

from itertools import product

import numpy as np

from bystander.numerics.votes import tally


def adoption_by_enumeration(yes, weights, quota):
    """Sum the probabilities of all combinations whose yes weight reaches the quota."""
    total = 0.0
    for votes in product((0, 1), repeat=len(yes)):
        chance = np.prod([y if v else 1 - y for y, v in zip(yes, votes, strict=True)])
        if sum(w for w, v in zip(weights, votes, strict=True) if v) >= quota:
            total += chance
    return total


def adoption_given(yes, weights, quota, fixed):
    """Adoption probability when the members in ``fixed`` vote as given there."""
    yes = [fixed.get(m, y) for m, y in enumerate(yes)]
    return adoption_by_enumeration(yes, weights, quota)


def pivot_and_without_by_enumeration(yes, weights, quota, member):
    """Chance that one member decides, and that the proposal passes against it."""
    against = adoption_given(yes, weights, quota, {member: 0.0})
    return adoption_given(yes, weights, quota, {member: 1.0}) - against, against


def joint_by_enumeration(yes, weights, quota, m, k):
    """Mixed second difference of the adoption probability in the votes of two members."""
    if m == k:
        return 0.0
    return sum(
        sign * adoption_given(yes, weights, quota, {m: a, k: b})
        for a, b, sign in ((1.0, 1.0, 1), (1.0, 0.0, -1), (0.0, 1.0, -1), (0.0, 0.0, 1))
    )


def count_votes(yes, weights, quota):
    """Adoption, and ``(n,)`` each chances of deciding and of being passed over, as the kernel counts them."""
    n = len(yes)
    pivot, without = np.empty(n), np.empty(n)
    before, after = np.empty((n + 1, quota + 1)), np.empty((n + 1, quota + 1))
    adoption = tally(yes, np.asarray(weights, np.int32), quota, before, after, pivot, without)
    return adoption, pivot, without


def weight_of_others(yes, weights, left_out=()):
    """Distribution of the yes weight of all but those left out, one cell for each weight, nothing lumped."""
    cells = np.zeros(int(np.sum(weights)) + 1)
    cells[0] = 1.0
    for m, (y, w) in enumerate(zip(yes, weights, strict=True)):
        if m not in left_out:
            moved = np.zeros_like(cells)
            moved[w:] = cells[: len(cells) - w]
            cells = (1.0 - y) * cells + y * moved
    return cells


def joint_from_cells(yes, weights, quota, m, k):
    """Mixed second difference of the adoption probability: passing counted with both, either and none."""
    cells = weight_of_others(yes, weights, (m, k))
    one, other = sorted((int(weights[m]), int(weights[k])))
    both = cells[max(quota - one - other, 0) : max(quota - other, 0)].sum()
    return both - cells[max(quota - one, 0) : max(quota, 0)].sum()

"""Where branches went in a generator."""

import numpy as np

from bystander.numerics.generators import collect
from bystander.process.chain import find_entries


def test_branches_find_the_entries_they_add_to() -> None:
    start = np.array([0, 4, 6, 7])
    targets = np.array([2, 1, 0, 2, 0, 2, 1], np.int32)
    rates = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 0.0, 6.0])
    generator = collect(start, targets, rates)
    found = find_entries(start, targets, generator)
    assert found.tolist()[2] == -1  # stays where it is
    assert found.tolist()[5] == -1  # of rate 0
    summed = np.bincount(found[found >= 0], rates[found >= 0])
    np.testing.assert_allclose(summed, generator.rates)
    np.testing.assert_array_equal(generator.indices[found[found >= 0]], targets[found >= 0])

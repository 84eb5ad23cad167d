"""Extrapolated answers know how far off they may be."""

import numpy as np

from bystander.numerics.bounds import Romberg


def test_answers_that_agree_by_chance_are_not_taken():
    """What a drawn game answered in 1, 2, 4, ... pieces: the fourth extrapolation is off by 2.8e-4."""
    drawn = [255.53209659, 255.73577807, 255.82486098, 255.84952378, 255.85565132, 255.85717319]
    drawn += [255.85755291, 255.85764779]
    smooth = [1.0 + 0.3 / 4.0**level + 0.1 / 16.0**level for level in range(8)]
    for raw, exact, tolerance in ((drawn, 255.8576792, 1e-7), (smooth, 1.0, 1e-9)):
        table = Romberg(tolerance)
        found = next(filter(None, (table.add(np.array([answer])) for answer in raw)))
        assert abs(found.value[0] - exact) <= found.error <= tolerance * exact

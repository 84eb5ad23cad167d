r"""How likely a record is, given what every branch of a game does: the forward filter, and its adjoint.

With :math:`\alpha` the row vector of what is known (scaled to sum to one, the logarithms :math:`c_k` of the
scales kept), each step of the timeline is a linear map, and

.. math:: \log L = \sum_k c_k .

Every :math:`c_k` belongs to something: an observation, or the silence of what is covered. They are the log
chances (densities, per day, for moves at a moment) of each thing given all before it, so that what is listed
as surprise adds up to the log-likelihood.

Backwards, :math:`\beta` is scaled to :math:`\alpha \cdot \beta = 1`; then :math:`\alpha \circ \beta` is
the chance of each situation given the whole record (*smoothing*), and the derivative of :math:`\log L` in
each branch's rate is read off the pair integrals of the stretches and the products of the leaps
(`bystander.evidence.arcs`). The vectors before each step are kept as long as they fit `MEMORY`; beyond, only
some are, and stretches are followed again (Griewank & Walther 2008, chapter 12).

Chains of few situations take one kernel for all subjects (`bystander.numerics.small_chains`).

References: Baum, Petrie, Soules & Weiss (1970); Jackson (2011), J. Stat. Software 38(8), for the observation
schemes; Griewank & Walther (2008).
"""

from __future__ import annotations

from collections.abc import Sequence

from bystander.evidence.few import run_few
from bystander.evidence.layout import Filtered, LaidRecord
from bystander.evidence.walking import Walk
from bystander.game.arrays import Float


def run_filter(
    laid: LaidRecord,
    rates: Sequence[Float],
    starts: Sequence[Float],
    *,
    slopes: bool = False,
    courses: bool = False,
) -> Filtered:
    """Filter all histories of a record.

    Parameters
    ----------
    rates
        For each regime ``(B,)`` the rate of every branch, per day.
    starts
        For each regime ``(N,)`` where histories begin that do not say so.
    slopes, courses
        Whether derivatives, and smoothed chances at every step, are wanted.
    """
    if laid.few:
        return run_few(laid, rates, starts, slopes=slopes, courses=courses)
    return Walk(laid, rates, starts, slopes, courses).all()

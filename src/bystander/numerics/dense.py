r"""Small dense linear systems in a fixed order of operations.

*Elimination*: ``P A = L U`` by Gaussian elimination with partial pivoting, row after row, zeros skipped.

*Least squares*: the minimum of :math:`|f - D \theta|` from the Gram matrix ``D^T D`` of columns scaled to
length 1, by Cholesky's method with the largest pivot first (the same as QR with column pivoting). It ends
where the largest pivot left, the squared length of what a column adds to those taken, falls to the cutoff:
such columns say nothing and get theta = 0.

Libraries do this faster for large matrices, but in an order that depends on the processor and on its
number of threads, and start threads of their own. Here a result depends on the numbers alone, up to whether
the processor fuses a product and a sum. Cost: :math:`2 n^3 / 3` operations at most.

Reference: Golub & Van Loan (2013), Matrix Computations, 4th ed., sections 3.4 and 5.4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.jit import kernel

Float = NDArray[np.float64]
Int64 = NDArray[np.int64]


@kernel(fuse=True)
def factorise(matrix: Float, rows: Int64) -> int:
    """Overwrite a square matrix by its factors, L below the diagonal; return the sign of its determinant.

    ``rows`` is filled with the row each row of the factors came from. A singular matrix gives 0.
    """
    n = len(matrix)
    sign = 1
    for i in range(n):
        rows[i] = i
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(matrix[i, k]) > abs(matrix[best, k]):
                best = i
        if not abs(matrix[best, k]) > 0.0:
            return 0
        if best != k:
            for j in range(n):
                matrix[k, j], matrix[best, j] = matrix[best, j], matrix[k, j]
            rows[k], rows[best] = rows[best], rows[k]
            sign = -sign
        pivot = matrix[k, k]
        if pivot < 0.0:
            sign = -sign
        for i in range(k + 1, n):
            if matrix[i, k] != 0.0:
                factor = matrix[i, k] / pivot
                matrix[i, k] = factor
                for j in range(k + 1, n):
                    matrix[i, j] -= factor * matrix[k, j]
    return sign


@kernel(fuse=True)
def substitute(factors: Float, rows: Int64, right: Float) -> Float:
    """Solve a system whose matrix `factorise` has overwritten, for one right-hand side ``(n,)``."""
    n = len(factors)
    x = np.empty(n)
    for i in range(n):
        total = right[rows[i]]
        for j in range(i):
            total -= factors[i, j] * x[j]
        x[i] = total
    for back in range(n):
        i = n - 1 - back
        total = x[i]
        for j in range(i + 1, n):
            total -= factors[i, j] * x[j]
        x[i] = total / factors[i, i]
    return x


@kernel(fuse=True)
def least_squares(gram: Float, right: Float, cutoff: float) -> Float:
    """Solve ``gram theta = right`` by as many columns as say something; see the module.

    Parameters
    ----------
    gram
        ``(k, k)`` products of the columns; columns of length 0 get theta = 0.
    right
        ``(k,)`` products of the columns with what is to be met.
    cutoff
        Of a squared length, for columns of length 1.
    """
    k = len(right)
    theta = np.zeros(k)
    scale = np.zeros(k)
    for i in range(k):
        if gram[i, i] > 0.0:
            scale[i] = 1.0 / np.sqrt(gram[i, i])
    left = np.ones(k)
    taken = np.empty(k, np.int64)
    free = scale > 0.0
    lower = np.zeros((k, k))
    met = np.zeros(k)
    count = 0
    while count < k:
        best = -1
        for i in range(k):
            if free[i] and (best < 0 or left[i] > left[best]):
                best = i
        if best < 0 or not left[best] > cutoff:
            break
        free[best] = False
        pivot = np.sqrt(left[best])
        for i in range(k):
            if free[i]:
                product = gram[i, best] * scale[i] * scale[best]
                for c in range(count):
                    product -= lower[i, c] * lower[best, c]
                lower[i, count] = product / pivot
                left[i] -= lower[i, count] ** 2
        product = right[best] * scale[best]
        for c in range(count):
            product -= lower[best, c] * met[c]
        met[count] = product / pivot
        lower[best, count] = pivot
        taken[count] = best
        count += 1
    for back in range(count):
        c = count - 1 - back
        total = met[c]
        for later in range(c + 1, count):
            total -= lower[taken[later], c] * theta[taken[later]]
        theta[taken[c]] = total / lower[taken[c], c]
    for i in range(k):
        theta[i] *= scale[i]
    return theta

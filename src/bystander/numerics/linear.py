r"""Linear systems: small dense ones in a fixed order of operations, discounted ones with many right sides.

*Elimination*: ``P A = L U`` by Gaussian elimination with partial pivoting, row after row, zeros skipped.

*Least squares*: the minimum of :math:`|f - D \theta|` from the Gram matrix ``D^T D`` of columns scaled to
length 1, by Cholesky's method with the largest pivot first (the same as QR with column pivoting). It ends
where the largest pivot left, the squared length of what a column adds to those taken, falls to the cutoff:
such columns say nothing and get theta = 0.

Libraries do this faster for large matrices, but in an order that depends on the processor and on its
number of threads, and start threads of their own. Here a result depends on the numbers alone, up to whether
the processor fuses a product and a sum. Cost: :math:`2 n^3 / 3` operations at most.

Reference: Golub & Van Loan (2013), Matrix Computations, 4th ed., sections 3.4 and 5.4.

What is solved
--------------
With many right sides, ``A X = B`` or ``A^T X = B`` for a sparse square ``A = diag(d) - W`` given by its
diagonal ``d > 0`` and its off-diagonal weights ``W`` in compressed rows, and ``B`` of shape ``(N, R)``. With
``W`` the rates of a Markov jump process and ``d = rho + exit rate`` this is ``(rho I - Q) X = B``: column r
of X is the expected total, discounted at rate rho, of a reward that flows at rate ``B[:, r]``. The transposed
system gives discounted expected occupancy, hence adjoints. The same routine solves the Jacobian of the
equilibrium, whose weights have both signs.

Method
------
BiCGSTAB (van der Vorst 1992) on the system preconditioned from both sides by the two triangles of
A (symmetric Gauss-Seidel), with Eisenstat's (1981) identity: with rows scaled so that ``A = I - L - U``,
``(I-L)^-1 A (I-U)^-1 z = t + (I-L)^-1 (z - g t)`` where ``t = (I-U)^-1 z`` (``g = 1``), so one preconditioned
product costs one pass over the entries of A. All columns of a block advance together, each with its own
coefficients, so one pass over A serves the block; blocks are dealt to threads.

Vectors and entries are read from memory more often than they are computed with, so those that only say in
which direction to go (all but X, B and the entries used for the residual) are kept in single precision.
Every restart begins from the true residual in double precision and gains at most a factor of 1e4.

Up to `DIRECT_SIZE` rows a sparse LU factorisation (SuperLU) is used instead, and up to `RESCUE_SIZE` rows
where the iteration does not converge: factors of a process over several variables fill in, and 1,000 rows
already take 50 to 300 times as long as iterating does.

Accuracy
--------
A column is done when the largest entry of its true residual is at most ``tolerance`` times the largest entry
of B's column, or at the rounding level ``8 eps (|A| |X|)``, whichever is larger. For a discounted process the
error of X is then at most ``max |residual| / min rho`` (A^-1 is positive with row sums at most 1 / min rho).

Where it fails
--------------
Singular systems (no discounting and no absorption), and matrices with signs so mixed that BiCGSTAB stagnates:
the answer then has ``converged = False`` and the largest relative residual; nothing is raised here, callers
decide.

References: van der Vorst (1992), SIAM J. Sci. Stat. Comput. 13, 631; Eisenstat (1981), same journal 2, 1;
Saad (2003), *Iterative Methods for Sparse Linear Systems*, 2nd ed., sections 7.4 and 9.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bystander.numerics import krylov as triangles_of
from bystander.numerics.jit import kernel, read_only
from bystander.numerics.krylov import Triangles, bicgstab
from bystander.numerics.rows import WIDTHS, width_for
from bystander.numerics.workers import ranges, run_ranges

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


Array = NDArray[Any]

DIRECT_SIZE = 100
RESCUE_SIZE = 1200
BLOCK = WIDTHS[-1]


@dataclass(frozen=True, slots=True)
class LinearSolution:
    """Solution of a linear system and how good it is.

    Attributes
    ----------
    x
        ``(N, R)``.
    residual
        Largest entry of ``|B - A X|`` over the largest entry of ``|B|``, worst column.
    iterations
        Products with A, worst block; 0 for a direct solve.
    converged
        Whether every column met its tolerance.
    """

    x: Array
    residual: float
    iterations: int
    converged: bool


class System(NamedTuple):
    """A matrix ready for any number of solves: compressed rows of W, the diagonal, and triangles if large."""

    indptr: Array
    indices: Array
    weights: Array
    diagonal: Array
    triangles: Triangles | None


def solve(
    indptr: Array,
    indices: Array,
    weights: Array,
    diagonal: Array,
    right: Array,
    *,
    transpose: bool = False,
    tolerance: float = 1e-11,
    limit: int = 2000,
    start: Array | None = None,
) -> LinearSolution:
    """Solve ``(diag(diagonal) - W) X = right`` or its transpose; see `prepare` and `solve_prepared`."""
    system = prepare(indptr, indices, weights, diagonal, transpose=transpose)
    return solve_prepared(system, right, tolerance=tolerance, limit=limit, start=start)


def prepare(
    indptr: Array, indices: Array, weights: Array, diagonal: Array, *, transpose: bool = False
) -> System:
    """Make ``diag(diagonal) - W`` or its transpose ready to be solved.

    Parameters
    ----------
    indptr, indices, weights
        W in compressed rows, ``(N + 1,)``, ``(E,)``, ``(E,)``. Duplicates add up; entries on the diagonal are
        allowed.
    diagonal
        ``(N,)``.
    """
    indptr, indices = read_only(indptr, np.int64), read_only(indices, np.int32)
    weights, diagonal = read_only(weights, np.float64), read_only(diagonal, np.float64)
    if transpose:
        return prepare(*triangles_of.transpose(indptr, indices, weights, len(diagonal)), diagonal)
    large = len(diagonal) > DIRECT_SIZE
    triangles = triangles_of.split(indptr, indices, weights, diagonal) if large else None
    return System(indptr, indices, weights, diagonal, triangles)


def solve_prepared(
    system: System, right: Array, *, tolerance: float = 1e-11, limit: int = 2000, start: Array | None = None
) -> LinearSolution:
    """Solve a system.

    Parameters
    ----------
    right
        ``(N, R)`` or ``(N,)``.
    tolerance
        Relative to the largest entry of each column of ``right``.
    limit
        Products with A before giving up.
    start
        First guess, same shape as ``right``.
    """
    flat = right.ndim == 1
    b = np.ascontiguousarray(right[:, None] if flat else right, dtype=np.float64)
    if not b.size:
        return LinearSolution(np.zeros(right.shape), 0.0, 0, True)
    answer = None
    if system.triangles is not None:
        x0 = np.zeros_like(b) if start is None else np.array(start, dtype=np.float64).reshape(b.shape)
        answer = _solve_in_blocks(system.triangles, b, x0, tolerance, limit)
    if answer is None or not (answer.converged or len(b) > RESCUE_SIZE):
        x, residual = _solve_directly(*system[:4], b)
        answer = LinearSolution(x, residual, 0, bool(residual <= max(tolerance, 1e-9)))
    if flat:
        return LinearSolution(answer.x[:, 0], answer.residual, answer.iterations, answer.converged)
    return answer


def assembled(indptr: Array, indices: Array, weights: Array, diagonal: Array) -> Any:
    """Return ``diag(diagonal) - W`` as a sparse matrix of SciPy, rows compressed."""
    from scipy import sparse

    n = len(diagonal)
    return sparse.diags_array(diagonal) - sparse.csr_array((weights, indices, indptr), shape=(n, n))


def _solve_directly(
    indptr: Array, indices: Array, weights: Array, diagonal: Array, b: Array
) -> tuple[Array, float]:
    from scipy.sparse.linalg import splu

    matrix = assembled(indptr, indices, weights, diagonal).tocsc()
    try:
        factors = splu(matrix)
    except RuntimeError:  # SuperLU's word for a singular matrix
        return np.full_like(b, np.nan), np.inf
    x = factors.solve(b)
    x += factors.solve(b - matrix @ x)
    scale = np.maximum(np.abs(b).max(axis=0), np.finfo(float).tiny)
    return np.ascontiguousarray(x), float((np.abs(b - matrix @ x).max(axis=0) / scale).max(initial=0.0))


def blocks(columns: int) -> tuple[tuple[int, int], ...]:
    """Deal columns to blocks for two threads: pairs of full ones, and a narrower pair of what is left."""
    full = columns // (2 * BLOCK) * 2 * BLOCK
    wide = [(low, low + BLOCK) for low in range(0, full, BLOCK)]
    rest = columns - full
    if not rest:
        return tuple(wide)
    narrow = ranges(rest, max(-(-rest // BLOCK), min(rest, 2)))
    return (*wide, *((full + low, full + high) for low, high in narrow))


def _solve_in_blocks(
    triangles: Triangles, b: Array, x0: Array, tolerance: float, limit: int
) -> LinearSolution:
    parts = blocks(b.shape[1])

    def run(low: int, high: int) -> tuple[Array, float, int]:
        width = width_for(high - low)
        right, x = np.zeros((len(b), width)), np.zeros((len(b), width))
        right[:, : high - low], x[:, : high - low] = b[:, low:high], x0[:, low:high]
        residual, products = bicgstab(
            triangles, (0,) * width, right.reshape(-1), x.reshape(-1), tolerance, limit
        )
        return x[:, : high - low], residual, products

    done = run_ranges(run, parts)
    x = np.empty_like(b)
    for (low, high), (block, _, _) in zip(parts, done, strict=True):
        x[:, low:high] = block
    residual = max(r for _, r, _ in done)
    return LinearSolution(x, abs(residual), max(k for _, _, k in done), bool(residual >= 0.0))

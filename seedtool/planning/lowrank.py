"""A difference as the product of two thin matrices: what a short training moves is of low rank.

In the metric of a matrix's sensitivity, D = Σ_r g_r Δ_r H Δ_rᵀ, the nearest
product of rank k is the truncated singular value decomposition of G^½ Δ H^½ (Eckart and
Young, 1936; in this metric Wang et al., "SVD-LLM", arXiv 2403.07378). Its factors are
rounded to two steps, the right one with error feedback, the left one fitted to the right
as rounded; rank and steps are those of least D + λ·bits. Written by the codec ``pca``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import feedback, integers
from seedtool.codecs import pca
from seedtool.codecs.base import Coded, coded_bytes
from seedtool.floats import F32
from seedtool.planning.shaping import RATE_WEIGHT, Form, Shape
from seedtool.seed import SCALE_MAX, SCALE_MIN

RANK_MAX = 128
OVERSAMPLING, POWERS = 16, 2  # of the randomised decomposition
SEED = 0
FINENESS = 2.0 ** np.arange(-1, 4, 0.5)  # of steps, over that of least D + λ·bits for one term
FIRST = 3  # of them that is tried
FAINT = 0.5  # bits per row or column, of the fewer; a term worth no more rounds to zero
AT_ONE_TERM = 1.74  # √(6·RATE_WEIGHT/ln 2), where D is a step's square over 12
TABLE_BITS = 16  # a symbol
REACH = 1 << 14  # largest integer of a factor

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Metric:
    """What makes a square's sum of D: rows over ``row`` [out], columns times ``inverse`` [in, in].

    ``upper`` is what ``inverse`` is the inverse of; None for the identity.
    """

    row: F64
    upper: F32 | None
    inverse: F64 | None

    @classmethod
    def of(cls, shape: Shape) -> Metric:
        inverse = None if shape.upper is None else np.linalg.inv(shape.upper.astype(np.float64))
        return cls(shape.row.astype(np.float64), shape.upper, inverse)

    def turn(self, rows: npt.NDArray[Any]) -> F64:
        """Rows of a matrix [any, in] as they count."""
        return np.asarray(rows if self.inverse is None else rows @ self.inverse, np.float64)

    def whiten(self, matrix: npt.NDArray[Any]) -> F64:
        """The matrix [out, in] whose energy is D of the one given."""
        return self.turn(matrix / self.row[:, None])


@dataclass(frozen=True)
class Terms:
    """The first terms of a matrix in its metric, most worth first, and the whole's energy.

    ``left`` [out, k], ``right`` [k, in]: float64, each term's worth shared evenly.
    """

    metric: Metric
    left: F64
    right: F64
    energy: float

    def worth(self, scale: float) -> Terms:
        """Those terms, one at least, that may be worth their bits at λ = ``scale``."""
        worth = np.square(np.sum(np.square(self.right), axis=1))
        least = price(scale) * FAINT * min(len(self.left), self.right.shape[1])
        count = max(1, int(np.sum(worth > least)))
        return replace(self, left=self.left[:, :count], right=self.right[:count])


@dataclass(frozen=True)
class Product:
    """A difference coded as a product, what it decodes to (float32), and D of its errors.

    Of rank 0 it is no difference at all, for no bytes.
    """

    coded: Coded
    values: F32
    loss: float
    rank: int

    def cost(self, scale: float) -> float:
        """D + λ·bits."""
        return self.loss + price(scale) * 8 * coded_bytes(self.coded)


@dataclass(frozen=True)
class _Rounded:
    """Factors as integers, with the steps that they are multiples of, and D + λ·bits."""

    left: I32
    right: I32
    steps: tuple[float, float]
    cost: float


def price(scale: float) -> float:
    """λ: what a bit is worth in D where weights of cost 1 have the step ``scale``."""
    return RATE_WEIGHT * scale**2


def decompose(form: Form, shape: Shape) -> Terms:
    """At most RANK_MAX terms by random projection (Halko, Martinsson and Tropp, 2011)."""
    metric = Metric.of(shape)
    white = metric.whiten(form.matrix)
    rank = min(RANK_MAX, *white.shape)
    width = min(rank + OVERSAMPLING, *white.shape)
    drawn = np.random.default_rng(SEED).standard_normal((white.shape[1], width))
    basis = np.linalg.qr(white @ drawn)[0]
    for _ in range(POWERS):
        basis = np.linalg.qr(white @ np.linalg.qr(white.T @ basis)[0])[0]
    u, worth, v = np.linalg.svd(basis.T @ white, full_matrices=False)
    root = np.sqrt(worth[:rank])
    energy = float(np.sum(np.square(white)))
    return Terms(metric, (basis @ u[:, :rank]) * root, root[:, None] * v[:rank], energy)


def code(form: Form, terms: Terms, scale: float) -> Product:
    """The product of least D + λ·bits at λ = ``scale``, or none."""
    nothing = Product(Coded({}, ()), np.zeros(form.shape, np.float32), terms.energy, 0)
    strongest = float(np.sum(np.square(terms.left[:, 0])))
    if not strongest > 0 or min(form.matrix.shape) < 2 or not pca.holds(form.matrix):
        return nothing
    row, upper = terms.metric.row, terms.metric.upper
    spread = 1.0 if upper is None else float(np.exp(np.log(np.diag(upper)).mean()))
    height = float(np.mean(row**-2.0)) ** -0.5
    step = AT_ONE_TERM * scale / np.sqrt(strongest)
    best = _search(terms.worth(scale), step * height, step * spread, scale)
    if best is None or not SCALE_MIN <= best.steps[0] * best.steps[1] <= SCALE_MAX:
        return nothing
    product = np.float32(best.steps[0] * best.steps[1])
    values = (best.left @ best.right.astype(np.float64) * np.float64(product)).astype(np.float32)
    left, right = (best.right.T, best.left.T) if form.flipped else (best.left, best.right)
    coded = pca.encode_integers(left, right, product)
    loss = float(np.sum(np.square(terms.metric.whiten(form.matrix - values))))
    made = Product(coded, form.back(values), loss, best.left.shape[1])
    return min(made, nothing, key=lambda p: p.cost(scale))


def _search(terms: Terms, step: float, other: float, scale: float) -> _Rounded | None:
    """The cheapest of FINENESS, found by going on while it gets cheaper."""
    best: _Rounded | None = None
    for way, start in ((1, FIRST), (-1, FIRST - 1)):
        for at in range(start, len(FINENESS) if way > 0 else -1, way):
            made = _round(terms, step * FINENESS[at], other * FINENESS[at], scale)
            if made is None or (best and made.cost >= best.cost):
                break
            best = made
    return best


def _round(terms: Terms, step: float, other: float, scale: float) -> _Rounded | None:
    """The factors at steps of the left and the right one, cut to the rank that costs least."""
    row = terms.metric.row[:, None]
    right = _round_right(terms, other)
    if right is None:
        return None
    white = terms.metric.turn(right) * other
    gram = white @ white.T
    met = terms.right @ white.T
    fitted = terms.left @ met @ np.linalg.pinv(gram, hermitian=True)
    exact = fitted * row / step
    if max(float(np.abs(exact).max()), float(np.abs(right).max())) > REACH:
        return None
    left = np.rint(exact).astype(np.int32)
    low = left * step / row
    met = np.sum((terms.left.T @ low) * met, axis=0)
    both = (low.T @ low) * gram
    best: tuple[float, int] | None = None
    for rank in _ranks(len(right)):
        loss = terms.energy - 2 * float(met[:rank].sum()) + float(both[:rank, :rank].sum())
        cost = loss + price(scale) * (_bits(left[:, :rank]) + _bits(right[:rank]))
        if best is None or cost < best[0]:
            best = cost, rank
    assert best
    return _Rounded(left[:, : best[1]], right[: best[1]], (step, other), best[0])


def _ranks(most: int) -> list[int]:
    """Some up to ``most``, an eighth apart."""
    found = [1]
    while found[-1] < most:
        found.append(min(found[-1] + 1 + found[-1] // 8, most))
    return found


def _round_right(terms: Terms, step: float) -> I32 | None:
    """The right factor as integers, each column making good for those before.

    None if some would lie out of REACH.
    """
    upper = terms.metric.upper
    plain = (terms.right if upper is None else terms.right @ upper).astype(np.float32)
    if not float(np.abs(plain).max()) <= REACH * step:
        return None
    if upper is None:
        nearest: I32 = np.rint(plain / step).astype(np.int32)
        return nearest
    # A trellis of one state has the even points alone.
    steps = np.full(plain.shape, step / 2, np.float32)
    reach = int(min(2 * REACH, 2 * np.abs(plain).max() / step)) + 8
    free = np.zeros((1, 2 * reach + 1), np.float32)
    made = feedback.quantise(plain, steps, upper, None, free, 1, slice(0, plain.shape[1]))
    return (made.points.T // 2).astype(np.int32)


def _bits(points: I32) -> float:
    span = int(points.max()) - int(points.min()) + 1
    return integers.entropy(points) * points.size + TABLE_BITS * span

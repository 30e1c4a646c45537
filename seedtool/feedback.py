"""Error feedback: each column of a matrix makes good for the errors of the columns before it.

With x the inputs of a layer and H = E[x xᵀ], the error of its outputs is
ΔW H ΔWᵀ. Columns are coded in order, and what each misses is spread over
those to come as the Cholesky factor of H⁻¹ says (Frantar et al., "GPTQ",
arXiv 2210.17323, after Hassibi and Stork, "Optimal brain surgeon", 1993). Here every
state of each row's trellis carries its own errors (per-survivor processing;
Raheli et al., 1995), as what a column should be depends on the path to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedtool import accelerator, viterbi
from seedtool.floats import F32
from seedtool.scaleclasses import U8

BLOCK = 64  # columns whose paths stay open; after it each row's best is taken
ROWS_AT_ONCE = 256
DAMPING = 0.02  # of the mean diagonal of H, added to it
THIN = 0.1  # more of it for each column that an input of the sample stands for
FAR = np.float32(1e30)

I16 = npt.NDArray[np.int16]


def factor(moment: npt.NDArray[np.floating], positions: int = 0) -> F32:
    """The upper triangular U with H⁻¹ = Uᵀ U, float32, of a damped H (columns x columns).

    ``positions``: inputs that H is the mean over, 0 if it is exact. Of few it is damped
    more, as shrinking a covariance by the columns over the inputs is best (Ledoit and Wolf,
    2004): directions that were not seen aren't thought to be free.
    """
    h = moment.astype(np.float64)
    count = len(h)
    mean = float(np.trace(h)) / count or 1.0
    h[np.diag_indices(count)] += damping(count, positions) * mean
    # The Cholesky factor of H reversed, inverted and reversed again is U.
    lower = np.linalg.cholesky(h[::-1, ::-1])
    upper = np.triu(np.linalg.inv(lower)[::-1, ::-1])
    return np.ascontiguousarray(upper).astype(np.float32)


def damping(columns: int, positions: int) -> float:
    """What is added to the diagonal of H, over its mean."""
    return DAMPING + (THIN * columns / positions if positions else 0.0)


@dataclass(frozen=True)
class Quantised:
    """Grid points, coded columns x rows, and what all columns were to be, rows x columns."""

    points: I16
    targets: F32


def quantise(
    weights: F32,
    steps: F32,
    upper: F32,
    classes: U8 | None,
    rates: F32,
    states: int,
    coded: slice,
) -> Quantised:
    """Points of the first columns, ``coded``, each row one lane that starts in state 0.

    ``weights`` and ``steps``: rows x columns; ``classes`` the same in uint8, or None;
    ``rates``: classes x (2*reach + 1), what a point costs in squares of a step.
    """
    points = np.empty((coded.stop, weights.shape[0]), np.int16)
    targets = np.empty_like(weights)
    for at in range(0, len(weights), ROWS_AT_ONCE):
        rows = slice(at, at + ROWS_AT_ONCE)
        some = _Rows(weights[rows], steps[rows], None if classes is None else classes[rows])
        points[:, rows], targets[rows] = some.run(upper, rates, states, coded.stop)
    return Quantised(points, targets)


class _Rows:
    """Some rows on their way through all columns."""

    def __init__(self, weights: F32, steps: F32, classes: U8 | None) -> None:
        self.left = np.array(weights.T, order="C")  # columns x rows, what they are to be by now
        self.steps = np.ascontiguousarray(steps.T)
        self.classes = None if classes is None else np.ascontiguousarray(classes.T)

    def run(self, upper: F32, rates: F32, states: int, columns: int) -> tuple[I16, F32]:
        rows = self.left.shape[1]
        points = np.empty((columns, rows), np.int16)
        targets = np.empty((rows, len(self.left)), np.float32)
        reach = np.int32(rates.shape[1] // 2)
        state = np.zeros(rows, np.intp)
        for at in range(0, columns, BLOCK):
            block = slice(at, min(at + BLOCK, columns))
            place = np.full((1, 1), reach)
            if self.classes is not None:
                place = self.classes[block].astype(np.int32) * rates.shape[1] + reach
            points[block], errors, state = _block(
                self.left[block],
                self.steps[block],
                upper[block, block],
                rates.reshape(-1),
                place,
                state,
                states,
            )
            made = points[block] * self.steps[block]
            targets[:, block] = (made + errors * np.diag(upper)[block, None]).T
            self.left[block.stop :] -= upper[block, block.stop :].T @ errors
        targets[:, columns:] = self.left[columns:].T
        return points, targets


def _block(
    left: F32,
    steps: F32,
    upper: F32,
    rates: F32,
    place: npt.NDArray[np.int32],
    state: npt.NDArray[np.intp],
    states: int,
) -> tuple[I16, F32, npt.NDArray[np.intp]]:
    """Points and errors of a block, columns x rows, and the state that each row ends in."""
    columns, rows = left.shape
    before, subset = viterbi.predecessors(states)
    kernels = accelerator.kernels()
    if kernels is not None:
        return kernels.feed_back(left, steps, upper, rates, place, state, before, subset)
    lane = np.arange(rows)
    cost = np.full((states, rows), FAR)
    cost[state, lane] = 0
    wanted = np.repeat(left[:, None], states, axis=1)  # of each column by now, by state
    errors = np.empty((columns, states, rows), np.float32)
    taken = np.empty((columns, states, rows), np.float32)
    total = np.empty((2, states, rows), np.float32)
    ways = np.empty((columns, states, rows), np.int32)
    for c in range(columns):
        target = wanted[c] / steps[c]
        best, point = _nearest(target, rates, place[c % len(place)])
        for way in (0, 1):
            came = before[:, way]
            np.add(cost[came], best[subset[:, way] >> 1, came], out=total[way])
        second = total[1] < total[0]
        cost = np.minimum(total[0], total[1])
        came = np.where(second, before[:, 1:], before[:, :1])
        branch = np.where(second, subset[:, 1:], subset[:, :1]) >> 1
        index = ways[c] = came * rows + lane
        taken[c] = point[branch, came, lane]
        errors[c] = (target.take(index) - taken[c]) * (steps[c] / upper[c, c])
        later = wanted[c + 1 :]
        later[:] = later.reshape(len(later), states * rows).take(index, axis=1)
        later -= upper[c, c + 1 :, None, None] * errors[c]
    last = np.argmin(cost, axis=0)
    return *_trace(taken, errors, ways, last * rows + lane), last


def _trace(
    taken: F32, errors: F32, ways: npt.NDArray[np.int32], index: npt.NDArray[np.intp]
) -> tuple[I16, F32]:
    """Points and errors on the way to ``index``, the place of each row's last state."""
    points = np.empty((len(taken), taken.shape[2]), np.int16)
    missed = np.empty(points.shape, np.float32)
    for c in range(len(taken) - 1, -1, -1):
        points[c] = taken[c].take(index)
        missed[c] = errors[c].take(index)
        index = ways[c].take(index)
    return points, missed


def _nearest(target: F32, rates: F32, place: npt.NDArray[np.int32]) -> tuple[F32, F32]:
    """For each branch and state the cheaper of the nearest point and the one inwards of it."""
    states = len(target)
    kind = (np.arange(states) & 1).astype(np.float32)[:, None]
    subset = np.stack([kind, kind + 2])
    four = np.float32(4)
    near = np.rint((target - subset) / four) * four + subset
    inner = near - four * np.sign(near)
    near_cost = rates.take(near.astype(np.int32) + place, mode="clip") + np.square(near - target)
    inner_cost = rates.take(inner.astype(np.int32) + place, mode="clip") + np.square(inner - target)
    return np.minimum(near_cost, inner_cost), np.where(inner_cost < near_cost, inner, near)

"""Entropies of quantised weights, alone and given what stands beside them.

All are of counts, with the correction of Miller and Madow ("Note on the bias of information
estimates", 1955) for what few samples leave out.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

FAR = 255  # an index further out counts as this
OCTAVES, BINS = 2, 24  # scale classes an octave, and in all
LOUD = 12  # the largest context of neighbours
COEFFICIENT = 8.0  # bits of a number of a low-rank factor


def quantised(matrix: F32, step: float) -> Ints:
    """Indices of the nearest points of a uniform grid, none further than FAR."""
    found: Ints = np.clip(np.rint(matrix / step), -FAR, FAR).astype(np.int64)
    return found


def order_0(indices: Ints) -> float:
    """Bits an index."""
    return conditional(indices, np.zeros_like(indices))


def conditional(indices: Ints, context: Ints) -> float:
    """Bits an index where its ``context`` (0 or more, of the same shape) is known."""
    if not indices.size:
        return 0.0
    width = 2 * FAR + 1
    counts = np.bincount((context * width + indices + FAR).reshape(-1))
    counts = np.concatenate([counts, np.zeros(-counts.size % width, counts.dtype)])
    table = counts.reshape(-1, width)
    used = table > 0
    share = table / np.maximum(table.sum(1, keepdims=True), 1)
    bits = -float(np.sum(table[used] * np.log2(share[used])))
    missed = int(used.sum()) - int(used.any(1).sum())
    return (bits + missed / (2 * math.log(2))) / indices.size


def scales(power: F64) -> Ints:
    """Classes of rows or columns by the logarithm of their power: half an octave each."""
    tiny = max(float(power.max(initial=0.0)) * 1e-9, 1e-300)
    found = np.rint(0.5 * OCTAVES * np.log2(np.maximum(power, tiny)))
    classes: Ints = np.clip(found - found.max() + BINS - 1, 0, BINS - 1).astype(np.int64)
    return classes


def neighbours(indices: Ints) -> Ints:
    """How large the indices to the left and above are together, 0 to LOUD."""
    size = np.abs(indices)
    beside = np.zeros_like(size)
    beside[:, 1:] += size[:, :-1]
    beside[1:] += size[:-1]
    found: Ints = np.minimum(beside, LOUD)
    return found


def magnitudes(indices: Ints) -> Ints:
    """How large each index is, 0 to LOUD."""
    found: Ints = np.minimum(np.abs(indices), LOUD)
    return found


def low_rank_gain(matrix: F32, distortion: float) -> tuple[float, int]:
    """Bits a weight that the best low-rank part would save at that error, and its rank.

    A weight of a Gaussian residual takes ½ log2(variance / error); the factors' numbers
    take COEFFICIENT bits each. 0 and rank 0 where none pays.
    """
    rows, columns = matrix.shape
    wide = matrix if rows < columns else matrix.T
    exact = wide.astype(np.float64)
    power = np.maximum(np.linalg.eigvalsh(exact @ exact.T)[::-1], 0.0)
    left = np.concatenate([[power.sum()], power.sum() - np.cumsum(power)]) / matrix.size
    rate = 0.5 * np.log2(np.maximum(left, distortion) / distortion)
    cost = COEFFICIENT * (rows + columns) / matrix.size * np.arange(len(left))
    best = int(np.argmin(rate + cost))
    return float(rate[0] - rate[best] - cost[best]), best

"""Vectors (biases, norms, small tensors): mantissas cut to what they are worth, then lossless.

A step for all elements suits no running variance; a float's own precision
suits all of them, and the lossless codec drops mantissa bits that are zero.
"""

from __future__ import annotations

import math

import numpy as np

from seedtool.calibration.sensitivity import Sensitivity
from seedtool.floats import F32

MANTISSA = 23  # bits of a float32
LEAST = 2
UNKNOWN = 10  # bits kept where nothing is known of what they matter
SIGN_AND_EXPONENT = 4  # bits, about, once coded
UNIFORM = 1 / 24  # mean square of the error over that of the value, times 4^bits


def element_costs(sensitivity: Sensitivity, shape: tuple[int, ...]) -> F32:
    """What a square of each element's error costs, float32 of ``shape``, each alone."""
    rows, columns = sensitivity.rows, sensitivity.columns
    if rows.shape == shape:
        return rows
    if columns is None:
        costs = np.broadcast_to(rows[:, None], (len(rows), math.prod(shape) // len(rows)))
    else:
        own = np.diagonal(columns, axis1=1, axis2=2)
        costs = rows[:, None] * np.repeat(own, len(rows) // len(own), axis=0)
    made: F32 = (costs.T if sensitivity.transposed else costs).reshape(shape)
    return made


def is_worthless(values: F32, weight: F32 | None, bits: int, price: float) -> bool:
    """Whether a difference costs less left out than coded, a bit costing ``price``."""
    if weight is None:
        return False
    lost = float(np.sum(weight * np.square(values, dtype=np.float64)))
    return lost <= price * (bits + SIGN_AND_EXPONENT) * values.size


def bits_worth(values: F32, weight: F32 | None, scale: float) -> int:
    """Mantissa bits at which another bit saves as much divergence as at any matrix's weight.

    ``weight``: what a square of an element's error costs, float32 of its shape; None if unknown.
    ``scale``: the step of a weight of cost 1.
    """
    if weight is None:
        return UNKNOWN
    cost = float(np.mean(weight.astype(np.float64) * np.square(values, dtype=np.float64)))
    if not cost > 0:
        return LEAST
    wished = 0.5 * math.log2(UNIFORM / 0.25 * cost / scale**2)
    return int(min(max(math.ceil(wished), LEAST), MANTISSA))


def round_mantissa(values: F32, bits: int) -> F32:
    """Finite float32 values rounded to ``bits`` of mantissa, half to even."""
    shift = np.uint32(MANTISSA - bits)
    if not shift:
        return values
    words = np.ascontiguousarray(values).view(np.uint32)
    even = (words >> shift) & np.uint32(1)
    half = np.uint32((1 << (int(shift) - 1)) - 1)
    rounded = ((words + half + even) >> shift << shift).view(np.float32)
    made: F32 = np.where(np.isfinite(rounded), rounded, values)
    return made

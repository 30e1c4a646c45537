"""Piecewise-linear maps in float64, one rounding an operation (SPEC 8.2)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


def slopes(knots: F64, values: F64) -> F64:
    """(v[j+1] - v[j]) / (k[j+1] - k[j]), and 0 where two knots are the same."""
    width = np.diff(knots)
    return np.divide(np.diff(values), width, out=np.zeros_like(width), where=width > 0)


def interpolate(x: F64, knots: F64, values: F64, slope: F64) -> F64:
    """v[j] + (x - k[j]) * slope[j] with the last knot k[j] <= x, of all but the last knot.

    ``knots`` and ``values`` ascend; ``x`` is not below the first knot.
    """
    at = np.searchsorted(knots[1:-1], x, side="right")
    out: F64 = x - knots[at]
    out *= slope[at]
    out += values[at]
    return out

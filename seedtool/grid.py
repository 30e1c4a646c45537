"""Steps by row and column as bytes: float32 numbers with three mantissa bits (SPEC 6.6).

Steps follow what their rows and columns need, and 6 % more or less is no loss.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seedtool.floats import F32
from seedtool.seed import SCALE_MAX, SCALE_MIN

LOW, HIGH = 27 << 3, 227 << 3  # 2^-100 and 2^100, as float32 bits >> 20

Codes = npt.NDArray[np.uint32]


def codes_of(steps: npt.NDArray[np.floating]) -> Codes:
    """The upper 12 bits of each step as float32, rounded; at most 255 below the largest."""
    bits = np.clip(steps, SCALE_MIN, SCALE_MAX).astype(np.float32).view(np.uint32)
    codes: Codes = (bits + np.uint32(1 << 19)) >> np.uint32(20)
    lowest = np.uint32(max(int(codes.max()) - 255, LOW))
    return np.maximum(codes, lowest, out=codes)


def steps_of(codes: Codes) -> F32:
    """The steps that codes stand for, exactly."""
    return (codes << np.uint32(20)).view(np.float32)

"""Images as integer coefficients of cosines, and those back into pixels, exactly.

The discrete cosine transform of type II (Ahmed, Natarajan and Rao 1974) over height, width
and channels. Its basis is rounded to integers, so that the inverse is a sum of integers
below 2^53, which float64 holds in whatever order it is summed.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from seedtool.errors import MalformedError

SIDE_MAX = 512
PRECISION = 11  # bits after the point of a basis
EXACT = 1 << 53

F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]


@cache
def basis(size: int) -> F64:
    """[frequency, place] for ``size`` places: integers, 2^PRECISION times orthonormal cosines.

    Each is the integer nearest to its real value, and none of those lies so near to a half that
    a cosine in float64 could round it wrongly (up to SIDE_MAX; the tests look at all).
    """
    made: F64 = np.rint(exact(size))
    made.setflags(write=False)
    return made


def exact(size: int) -> F64:
    """The basis before rounding."""
    frequency, place = np.arange(size)[:, None], np.arange(size)
    # Reduced in integers, so that no angle is over a turn.
    angle = (2 * place + 1) * frequency % (4 * size) / (2.0 * size)
    norm = np.where(frequency == 0, 1.0, np.sqrt(2.0)) / np.sqrt(size)
    made: F64 = np.cos(np.pi * angle) * norm * (1 << PRECISION)
    return made


def forward(pixels: npt.NDArray[np.generic]) -> F64:
    """Coefficients, float64 in units of a pixel's step: [n, height, width] or with channels."""
    made = pixels.astype(np.float64)
    for axis in range(1, made.ndim):
        norm = basis(made.shape[axis]) / (1 << PRECISION)
        made = np.moveaxis(np.moveaxis(made, axis, -1) @ norm.T, -1, axis)
    return made


def inverse(coefficients: F64) -> U8:
    """Pixels of integer coefficients, clipped to 0..255; MalformedError if they are too large."""
    bound = float(np.max(np.abs(coefficients), initial=0))
    for size in coefficients.shape[1:]:
        bound *= float(np.max(np.abs(basis(size)).sum(axis=0)))
    if not bound < EXACT / 2:
        raise MalformedError("examples: a coefficient is too large")
    made = coefficients
    for axis in range(1, made.ndim):
        made = np.moveaxis(np.moveaxis(made, axis, -1) @ basis(made.shape[axis]), -1, axis)
    shift = PRECISION * (made.ndim - 1)
    # Half of 2^shift is added as an integer, so that the quotient is rounded once, downwards.
    pixels = np.floor((made + (1 << shift - 1)) / (1 << shift))
    return np.clip(pixels, 0, 255).astype(np.uint8)

"""Vectors (biases, norms, small tensors): mantissas cut to what they are worth, or one step.

A step for all elements suits no running variance; a float's own precision
suits all of them, and the lossless codec drops mantissa bits that are zero. Biases
of like size take fewer bytes as integers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seedtool import codecs, container
from seedtool.calibration.sensitivity import Sensitivity
from seedtool.codecs.base import FALLBACK, Coded, NotCodableError, Params
from seedtool.floats import F32, from_float32, to_float32
from seedtool.seed import SCALE_MAX, SCALE_MIN, Entry, Section

MANTISSA = 23  # bits of a float32
LEAST = 2
UNKNOWN = 10  # bits kept where nothing is known of what they matter
SIGN_AND_EXPONENT = 4  # bits, about, once coded
STEP = 1.74  # of integers, over the step of a weight of cost 1: √(6·RATE_WEIGHT/ln 2)
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


@dataclass(frozen=True)
class Rounded:
    """A vector as ``codec`` holds it, and the float32 ``values`` that this decodes to."""

    codec: str
    coded: Coded
    values: F32

    def cost(self, values: F32, weight: F32, price: float) -> float:
        """Divergence by what it lost of ``values``, and its bytes at ``price`` a bit."""
        lost = float(np.sum(weight * np.square(values - self.values, dtype=np.float64)))
        fields = {"codec": self.codec, "params": self.coded.params}
        section = Section("tensor", fields, self.coded.parts)
        return lost + price * 8 * container.stored_size(section)


def rounded(
    entry: Entry,
    values: F32,
    weight: F32 | None,
    scale: float,
    price: float,
    *,
    by_data: bool,
) -> Rounded:
    """A vector at the precision that λ = ``scale`` is worth, the cheaper of both ways.

    ``weight``: as for :func:`bits_worth`; ``price``: of a bit. What was not told ``by_data`` says
    nothing of a channel that is small and matters: then each element has its own precision.
    """
    shorter = round_mantissa(values, bits_worth(values, weight, scale))
    coded = codecs.load(FALLBACK).encode(entry, from_float32(shorter, entry.dtype), None)
    floats = Rounded(FALLBACK, coded, shorter)
    if weight is None or not by_data or not np.all(np.isfinite(values)):
        return floats
    mean = float(np.mean(weight, dtype=np.float64))
    stepped = _stepped(entry, values, scale * STEP / math.sqrt(mean)) if mean > 0 else None
    if stepped and stepped.cost(values, weight, price) < floats.cost(values, weight, price):
        return stepped
    return floats


def _stepped(entry: Entry, values: F32, step: float) -> Rounded | None:
    """The vector as integers, times a step; None for what can't be."""
    if not SCALE_MIN <= step <= SCALE_MAX:
        return None
    codec = codecs.load("quant")
    try:
        coded = codec.encode(entry, from_float32(values, entry.dtype), codec.Options(step=step))
    except NotCodableError:
        return None
    parts = [part.data for part in coded.parts]
    back = codec.decode(entry, Params(coded.params, entry.name), parts)
    return Rounded("quant", coded, to_float32(back, entry.dtype))


def bits_worth(values: F32, weight: F32 | None, scale: float) -> int:
    """Mantissa bits at which another bit saves as much divergence as at any matrix's weight.

    ``weight``: what a square of an element's error costs, float32 of its shape; None if unknown.
    ``scale``: the step of a weight of cost 1.
    """
    if weight is None:
        return UNKNOWN
    finite = np.where(np.isfinite(values), values, 0)
    cost = float(np.mean(weight.astype(np.float64) * np.square(finite, dtype=np.float64)))
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
    # ascontiguousarray has made a scalar an array of one.
    made: F32 = np.where(np.isfinite(rounded), rounded, values).reshape(values.shape)
    return made

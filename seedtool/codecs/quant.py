"""``quant``: uniform quantisation and interleaved rANS (SPEC 6.6).

value = step * index, one step for the tensor or one a row; indices coded with
a stored integer table, so decoding is exact everywhere. The encoder picks the
step for a target of entropy bits per weight, and may widen the zero bin
(dead zone; Sullivan, "Efficient scalar quantization", 1996). Steps of rows are
float32 with three mantissa bits, so one takes a byte before zstd: they follow
the RMS of their rows, and 6 % more or less is no loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import grid, integers
from seedtool.codecs import base
from seedtool.codecs.base import Array, Buffers, Coded, NotCodableError, Params
from seedtool.errors import MalformedError, UsageError
from seedtool.floats import CODABLE, F32, from_float32, to_float32
from seedtool.seed import SCALE_MAX, SCALE_MIN, Entry, Part

SAMPLE = 1 << 17  # weights that the search for a step looks at


@dataclass(frozen=True)
class Options:
    """``bits``: entropy per weight to aim at; ``step`` overrides it.

    ``per_row``: a step for each row, proportional to the row's RMS.
    ``deadzone``: width of the zero bin in steps, 1 (none) to 2.
    """

    bits: float = 4.0
    step: float = 0.0
    per_row: bool = False
    deadzone: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.bits <= 16:
            raise UsageError(f"bits must lie in 0..16, not {self.bits}")
        if self.step and not SCALE_MIN <= self.step <= SCALE_MAX:
            raise UsageError(f"step must lie in 2^-100..2^100, not {self.step}")
        if not 1 <= self.deadzone <= 2:
            raise UsageError(f"deadzone must lie in 1..2, not {self.deadzone}")


class Codec(base.Codec):
    Options = Options

    def accepts(self, entry: Entry) -> bool:
        return entry.dtype in CODABLE

    def encode(self, entry: Entry, data: Array, options: Any) -> Coded:
        values = to_float32(data, entry.dtype).reshape(base.rows_of(entry), base.columns_of(entry))
        if not np.all(np.isfinite(values)):
            raise NotCodableError("holds NaN or infinity")
        scale, factor = _steps(values, options)
        if len(scale) == 1:
            steps = np.clip(factor * scale, SCALE_MIN, SCALE_MAX).astype(np.float32)
            params, parts = integers.encode(quantise(values, steps, options.deadzone).reshape(-1))
            params["step"] = float(steps[0])
        else:
            codes = grid.codes_of(factor * scale)
            indices = quantise(values, grid.steps_of(codes), options.deadzone)
            params, parts = integers.encode(indices.reshape(-1))
            params["steps"] = int(codes.min())
            offsets = (codes - codes.min()).astype(np.uint8)
            parts = (*parts, Part(offsets.tobytes()))
        coded = Coded(params, parts)
        base.check_size(coded, entry)
        return coded

    def decode(self, entry: Entry, params: Params, parts: Buffers) -> Array:
        base.check_accepted(self, entry, "quant")
        if params.has("step"):
            step = params.scale("step")
            values = integers.decode(params, parts, entry.size, step)
            return from_float32(values, entry.dtype).reshape(entry.shape)
        low = params.integer("steps", grid.LOW, grid.HIGH)
        rows = base.rows_of(entry)
        if not parts:
            raise MalformedError("quant: the steps are missing")
        codes = base.view(parts[-1], "|u1", rows, "quant: steps").astype(np.uint32) + np.uint32(low)
        if np.any(codes > grid.HIGH):
            raise MalformedError("quant: a step is over 2^100")
        values = integers.decode(params, parts[:-1], entry.size, np.float32(1))
        matrix = values.reshape(rows, base.columns_of(entry))
        with np.errstate(over="ignore"):
            np.multiply(matrix, grid.steps_of(codes)[:, None], out=matrix)
        return from_float32(values, entry.dtype).reshape(entry.shape)


def quantise(values: F32, steps: F32, deadzone: float) -> npt.NDArray[np.int32]:
    """Indices of ``values`` (rows x columns) for one step a row or one in all, as int32."""
    with np.errstate(over="ignore"):
        scaled = values / steps[:, None]
    if not np.max(np.abs(scaled), initial=0) <= integers.LARGEST:
        raise NotCodableError("spans more than 2^30 steps")
    if deadzone == 1:
        np.rint(scaled, out=scaled)
    else:
        magnitude = np.floor(np.abs(scaled) + np.float32(1 - deadzone / 2))
        scaled = np.copysign(magnitude, scaled)
    indices: npt.NDArray[np.int32] = scaled.astype(np.int32)
    return indices


def _steps(values: F32, options: Options) -> tuple[npt.NDArray[np.float64], float]:
    """The relative steps, one or one a row, and what to multiply them by."""
    if not values.size:
        return np.ones(1), 1.0
    power = np.mean(np.square(values, dtype=np.float64), axis=1)
    if not options.per_row:
        power = np.mean(power, keepdims=True)
    scale = np.sqrt(np.where(power > 0, power, np.max(power) or 1.0))
    if options.step:
        return scale, options.step / float(np.sqrt(np.mean(scale**2)))
    return scale, _search(values, scale, options)


def _search(values: F32, scale: npt.NDArray[np.float64], options: Options) -> float:
    """The step, in units of the row's RMS, at which the entropy is what was asked."""
    unit = (values / scale[:, None]).astype(np.float32).reshape(-1)
    unit = unit[:: max(1, unit.size // SAMPLE)]
    if not np.any(unit):
        return 1.0
    low, high = -20.0, 6.0
    one = np.ones(1, np.float32)
    for _ in range(22):
        middle = (low + high) / 2
        indices = quantise(unit[None, :], one * np.float32(2.0**middle), options.deadzone)
        if integers.entropy(indices) > options.bits:
            low = middle
        else:
            high = middle
    return float(2.0**high)

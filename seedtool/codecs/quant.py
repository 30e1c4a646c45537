"""``quant``: uniform quantisation and interleaved rANS (SPEC 6.5).

value = step * index, one step for the tensor or one a row; indices coded with
a stored integer table, so decoding is exact everywhere. The encoder picks the
step for a target of entropy bits per weight, and may widen the zero bin
(dead zone; Sullivan, "Efficient scalar quantization", 1996).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import rans
from seedtool.codecs import base
from seedtool.codecs.base import Array, Buffers, Coded, NotCodableError, Params
from seedtool.errors import MalformedError, UsageError
from seedtool.floats import CODABLE, F32, from_float32, to_float32
from seedtool.seed import SCALE_MAX, SCALE_MIN, Entry, Part

SAMPLE = 1 << 17  # weights that the search for a step looks at
INDEX_MAX = 1 << 30


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
        steps = _steps(values, options)
        indices = quantise(values, steps, options.deadzone).reshape(-1)
        params, parts = code_integers(indices)
        if options.per_row:
            return Coded(params, (*parts, Part(steps.astype("<f4").tobytes())))
        return Coded({**params, "step": float(steps[0])}, parts)

    def decode(self, entry: Entry, params: Params, parts: Buffers) -> Array:
        if params.has("step"):
            step = params.scale("step")
            return from_float32(
                decode_integers(params, parts, entry.size, step), entry.dtype
            ).reshape(entry.shape)
        rows = base.rows_of(entry)
        if not parts:
            raise MalformedError("quant: the steps are missing")
        steps = base.view(parts[-1], "<f4", rows, "quant: steps").astype(np.float32)
        base.check_scales(steps, "quant: steps")
        values = decode_integers(params, parts[:-1], entry.size, np.float32(1))
        values = values.reshape(rows, base.columns_of(entry))
        values *= steps[:, None]
        return from_float32(values, entry.dtype).reshape(entry.shape)


def quantise(values: F32, steps: npt.NDArray[np.float32], deadzone: float) -> npt.NDArray[np.int32]:
    """Indices of ``values`` (rows x columns) for one step a row or one in all, as int32."""
    scaled = values / steps[:, None]
    if np.max(np.abs(scaled), initial=0) > INDEX_MAX:
        raise NotCodableError("spans more than 2^30 steps")
    if deadzone == 1:
        return np.rint(scaled, out=scaled).astype(np.int32)
    magnitude = np.floor(np.abs(scaled) + np.float32(1 - deadzone / 2))
    return np.copysign(magnitude, scaled).astype(np.int32)


def entropy(indices: npt.NDArray[np.int32]) -> float:
    """Order-0 entropy in bits per index."""
    low = int(indices.min(initial=0))
    if int(indices.max(initial=0)) - low > 1 << 24:
        return 24.0
    counts = np.bincount(indices.reshape(-1) - low)
    share = counts[counts > 0] / indices.size
    return float(-(share * np.log2(share)).sum())


def _steps(values: F32, options: Options) -> npt.NDArray[np.float32]:
    spread = np.sqrt(np.mean(np.square(values, dtype=np.float64), axis=1))
    scale = spread if options.per_row else np.sqrt(np.mean(spread**2, keepdims=True))
    scale = np.where(scale > 0, scale, 1.0)
    if options.step:
        factor = options.step / float(np.sqrt(np.mean(scale**2)))
    else:
        factor = _search(values, scale, options)
    return np.clip(factor * scale, SCALE_MIN, SCALE_MAX).astype(np.float32)


def _search(values: F32, scale: npt.NDArray[np.float64], options: Options) -> float:
    """The step, in units of the row's RMS, at which the entropy is what was asked."""
    unit = (values / scale[:, None]).astype(np.float32).reshape(-1)
    unit = unit[:: max(1, unit.size // SAMPLE)]
    if not unit.size or not np.any(unit):
        return 1.0
    low, high = -20.0, 6.0
    one = np.ones(1, np.float32)
    for _ in range(22):
        middle = (low + high) / 2
        indices = quantise(unit[None, :], one * np.float32(2.0**middle), options.deadzone)
        if entropy(indices) > options.bits:
            low = middle
        else:
            high = middle
    return float(2.0**high)


def code_integers(indices: npt.NDArray[np.int32]) -> tuple[dict[str, Any], tuple[Part, ...]]:
    """Integers as (params, parts): table, words and, if any, escapes (SPEC 6.4)."""
    low, high = (int(indices.min()), int(indices.max())) if indices.size else (0, 0)
    escapes = np.empty(0, np.int32)
    if high - low >= rans.SYMBOLS_MAX:
        centre = int(np.median(indices))
        low, high = centre - rans.SYMBOLS_MAX // 2 + 1, centre + rans.SYMBOLS_MAX // 2 - 1
        outside = (indices < low) | (indices > high)
        escapes = indices[outside]
        symbols = np.where(outside, high + 1, indices).astype(np.int64) - low
    else:
        symbols = indices - low
    counts = np.bincount(symbols, minlength=1) if symbols.size else np.ones(1, np.int64)
    table = rans.normalise(counts)
    short = symbols.astype(np.uint16)
    share = counts[counts > 0] / max(symbols.size, 1)
    lanes = rans.lanes_for(symbols.size, float(-(share * np.log2(share)).sum()))
    words, tail = rans.encode(short, table, lanes)
    params = {"lanes": lanes, "low": low, "tail": tail}
    parts = (Part(table.astype("<u2").tobytes()), Part(words.astype("<u2").tobytes(), packed=True))
    if escapes.size:
        parts = (*parts, Part(escapes.astype("<i4").tobytes()))
    return params, parts


def decode_integers(params: Params, parts: Buffers, count: int, step: np.float32) -> F32:
    """``count`` coded integers, each times ``step``, as float32 (SPEC 6.4)."""
    lanes = params.integer("lanes", 1, rans.LANES_MAX)
    low = params.integer("low", -INDEX_MAX, INDEX_MAX)
    tail = params.integer("tail", 0, count)
    params.done()
    if len(parts) not in (2, 3):
        raise MalformedError(f"quant: {len(parts)} parts of coded integers, not 2 or 3")
    symbols = memoryview(parts[0]).nbytes // 2
    if not 1 <= symbols <= rans.SYMBOLS_MAX:
        raise MalformedError("quant: a table of no or too many symbols")
    table = base.view(parts[0], "<u2", symbols, "quant: table").astype(np.uint16)
    words = base.view(parts[1], "<u2", memoryview(parts[1]).nbytes // 2, "quant: words")
    alphabet = np.arange(low, low + symbols, dtype=np.int64).astype(np.float32) * step
    if len(parts) == 2:
        return rans.decode(words, table, lanes, tail, count, alphabet)
    alphabet[-1] = np.nan
    values: F32 = rans.decode(words, table, lanes, tail, count, alphabet)
    escaped = np.flatnonzero(np.isnan(values))
    raw = base.view(parts[2], "<i4", escaped.size, "quant: escapes")
    values[escaped] = raw.astype(np.float32) * step
    return values
